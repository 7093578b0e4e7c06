"""What every decision verb says once it is stored: its number, and which plans follow from it."""

from __future__ import annotations

from bridge.cli.output import counted, document, line
from bridge.cli.setting import destinations
from bridge.site import Site


def say(site: Site, number: int, what: str, as_json: bool) -> None:
    """Print a stored decision and how many courses it left to be planned at each destination."""
    due = {name: site.store.due(name) for name in destinations(site.config, None)}
    if as_json:
        document({"decision": number, "what": what, "due": due})
        return
    line(f"decision {number} is stored: {what}")
    for name, count in due.items():
        line(f"  {name}: {counted(count, 'course')} to be planned; see `pumpbridge plan --to {name}`")
