"""What every decision verb says once it is stored: its number, and which plans follow from it."""

from __future__ import annotations

from bridge.cli.output import courses, document, line
from bridge.cli.setting import destinations
from bridge.site import Site


def say(site: Site, number: int, what: str, as_json: bool) -> None:
    """Print a stored decision and how many courses it left to be planned at each destination."""
    found = {name: site.store.backlog(name) for name in destinations(site.config, None)}
    if as_json:
        document({"decision": number, "what": what, "due": {name: backlog.due for name, backlog in found.items()}})
        return
    line(f"decision {number} is stored: {what}")
    for name, backlog in found.items():
        count = courses(backlog.due, "due" in backlog.shared)
        line(f"  {name}: {count} to be planned; see `pumpbridge plan --to {name}`")
