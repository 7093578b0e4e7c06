"""`pumpbridge import PATH…`: exports into the store, and with --apply from there into the charts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from bridge.accept import Receipt, accept_many, settings_of
from bridge.cli import applying
from bridge.cli.options import AsOfOption, ConfigOption, JsonOption, instant, verb
from bridge.cli.output import counted, document, line, progress, table
from bridge.cli.setting import destinations, site_of
from bridge.daemon import Signals
from bridge.errors import EXIT_DONE, EXIT_PARKED, EXIT_QUARANTINED, ExportError, UsageError
from bridge.export import files, read_export
from bridge.reconcile import Consent
from bridge.site import Site
from bridge.store.protocol import NewExport
from bridge.workers import Sums

app = verb()
SOURCE = "import"


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one file."""

    file: str
    sha256: str
    outcome: str
    code: str = ""
    where: str = ""
    remedy: str = ""


@app.command("import")
def import_(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Files, and folders with all that is in them.")],
    apply: Annotated[
        bool, typer.Option("--apply", help="Then make the charts true, held destinations left out.")
    ] = False,
    to: Annotated[str | None, typer.Option("--to", metavar="NAME", help="With --apply: only this destination.")] = None,
    source: Annotated[str, typer.Option(metavar="NAME", help="Where the exports come from, for `status`.")] = SOURCE,
    as_of: AsOfOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> int:
    """Accept exports into the store; with --apply, also make the charts true.

    It ends with sums that add up: files = accepted + already known + quarantined. Nothing of what is quarantined is
    used, and the other files go on.
    """
    at = instant(as_of)
    if to is not None and not apply:
        raise UsageError("--to needs --apply", where="--to", remedy="add --apply, or leave --to out")
    with site_of(config) as site:
        names = destinations(site.config, to) if apply or site.config.destinations else ()
        with Signals() as signals:
            rows = list(_accepted(site, paths, source, signals))
        stopped, sums = signals.stopped(), None
        if apply and not stopped:
            live = [name for name in names if site.config.destination_named(name).mode == "live"]
            sums, stopped = applying.carry_out(site, config, live, Consent(), at)
        _tell(site, rows, sums, names, as_json)
    later = applying.status(sums or Sums(), stopped)
    return EXIT_QUARANTINED if any(row.code for row in rows) and later in (EXIT_DONE, EXIT_PARKED) else later


def _accepted(site: Site, paths: list[Path], source: str, signals: Signals) -> Iterator[Row]:
    """Accept every file, in groups of one commit; a file that cannot be opened at all is refused under its own name."""
    named = list(dict.fromkeys(files(paths)))
    refused: list[Row] = []
    opened: list[str] = []

    def exports(limit: int) -> Iterator[NewExport]:
        for file in named:
            if signals.stopped():
                return
            try:
                export = read_export(file, source, site.clock.now(), limit)
            except ExportError as error:
                refused.append(Row(str(file), "", "quarantined", error.code, error.where, error.remedy))
                advance(1)
                continue
            opened.append(str(file))
            yield export

    settings = settings_of(site.config)
    with progress("importing", len(named)) as advance:
        receipts = accept_many(exports(settings.export_bytes), site.adapters, site.store, settings)
        for number, receipt in enumerate(receipts):
            advance(1)
            yield _row(opened[number], receipt)
    yield from refused


def _row(file: str, receipt: Receipt) -> Row:
    outcome = "already known" if receipt.outcome == "known" else receipt.outcome
    return Row(file, receipt.sha256[:12], outcome, receipt.code, receipt.where, receipt.remedy)


def _tell(site: Site, rows: list[Row], sums: Sums | None, names: tuple[str, ...], as_json: bool) -> None:
    counts = {name: sum(row.outcome == name for row in rows) for name in ("accepted", "already known", "quarantined")}
    waiting = {name: _waiting(site, name) for name in names}
    if as_json:
        document(_facts(rows, counts, sums, waiting))
        return
    bad = [row for row in rows if row.code]
    if bad:
        cells = [(row.file, row.sha256, row.code, row.where, row.remedy) for row in bad]
        table(("file", "sha256", "code", "place", "remedy"), cells, title="In quarantine")
    line(f"{counted(len(rows), 'file')} = " + " + ".join(f"{count} {name}" for name, count in counts.items()))
    if sums is not None:
        applying.show(site, sums)
    for name, found in waiting.items():
        said = [f"{counted(count, 'course')} {what}" for what, count in found.items() if count]
        if said:
            line(f"{name}: {', '.join(said)}; see `pumpbridge plan --to {name}`")


def _waiting(site: Site, name: str) -> dict[str, int]:
    """What is still to be done at a destination, in words."""
    backlog = site.store.backlog(name)
    return {"to be planned": backlog.due, "waiting for a person": backlog.waiting, "parked": backlog.parked}


def _facts(
    rows: list[Row], counts: dict[str, int], sums: Sums | None, waiting: dict[str, dict[str, int]]
) -> dict[str, Any]:
    plain = {name.replace("already ", ""): count for name, count in counts.items()}
    found: dict[str, Any] = {"files": len(rows), **plain, "waiting": waiting, "rows": rows}
    return found if sums is None else {**found, "apply": applying.facts(sums)}
