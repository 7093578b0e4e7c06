"""`pumpbridge adapters`: what formats can be read, by which version of whose adapter."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from bridge.adapter import GROUP, OWN_DISTRIBUTION, Adapter, find
from bridge.cli.options import ConfigOption, JsonOption, verb
from bridge.cli.output import document, note, table
from bridge.cli.setting import allowed_adapters

app = verb()


@dataclass(frozen=True, slots=True)
class Listed:
    """One installed adapter."""

    name: str
    version: str
    media_type: str
    whose: str
    package: str
    in_use: bool


@app.command()
def adapters(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the adapters: what formats can be read, and whose they are.

    A third party's adapter is used only when [adapters] third_party names it.
    """
    allowed = allowed_adapters(config)
    loaded = find(allowed)
    found = [_listed(point, loaded) for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)]
    if as_json:
        document(found)
        return
    columns = ("adapter", "version", "media type", "whose", "package", "in use")
    table(columns, [(row.name, row.version, row.media_type, row.whose, row.package, row.in_use) for row in found])
    if any(not row.in_use for row in found):
        note("An adapter that is not in use is not loaded: name it in [adapters] third_party.")


def _listed(point: EntryPoint, loaded: dict[str, Adapter]) -> Listed:
    package = point.dist.name if point.dist else ""
    whose = "own" if package == OWN_DISTRIBUTION else "third party"
    adapter = loaded.get(point.name)
    if adapter is None:
        version = point.dist.version if point.dist else ""
        return Listed(point.name, version, "", whose, package, False)
    return Listed(point.name, adapter.version, adapter.media_type, whose, package, True)
