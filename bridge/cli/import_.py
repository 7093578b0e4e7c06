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
from bridge.cli.output import counted, courses, document, line, progress, table
from bridge.cli.setting import destinations, site_of
from bridge.daemon import Signals
from bridge.errors import EXIT_DONE, EXIT_PARKED, EXIT_QUARANTINED, ExportError, UsageError
from bridge.export import files, read_export
from bridge.reconcile import Consent
from bridge.site import Site
from bridge.store.protocol import Backlog, NewExport

app = verb()
SOURCE = "import"
GROUP_SECONDS = 0.05
"""Nobody waits for the receipt of one file of many: fewer commits."""
_OUTCOMES = ("accepted", "already known", "quarantined", "refused")


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one file."""

    file: str
    sha256: str
    outcome: str
    code: str = ""
    message: str = ""
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

    It ends with sums that add up: files = accepted + already known + quarantined + refused. Refused is what cannot be
    opened at all, and a link, pipe or device in a folder (a folder counts as one file). What lies in quarantine since
    before counts as quarantined. Nothing of either is used, and the other files go on. Status 4:
    something is in quarantine or was refused; with --apply also 5 and 6, as `apply` has them.
    """
    at = instant(as_of)
    if to is not None and not apply:
        raise UsageError("--to needs --apply", where="--to", remedy="add --apply, or leave --to out")
    if at is not None and not apply:
        raise UsageError("--as-of needs --apply", where="--as-of", remedy="add --apply, or leave --as-of out")
    with site_of(config) as site:
        names = destinations(site.config, to) if apply or site.config.destinations else ()
        live = [name for name in names if site.config.destination_named(name).mode == "live"]
        applying.refuse_as_of(site, live, at)
        refused: list[Row] = []
        named = list(dict.fromkeys(files(paths, lambda error: refused.append(_refused(error)))))
        with applying.ready(site, config, live, at, len(named) if apply else 0) as team:
            with Signals() as signals:
                rows = [*_accepted(site, named, refused, source, signals), *refused]
            done = None
            if apply and not signals.stopped():
                beside = [name for name in names if name not in live]
                done = applying.carry_out(site, config, live, Consent(), at, beside=beside, team=team)
        _tell(site, rows, done, names, as_json)
    later = applying.status(done or applying.Applied(stopped=signals.stopped()))
    return EXIT_QUARANTINED if any(row.code for row in rows) and later in (EXIT_DONE, EXIT_PARKED) else later


def _accepted(site: Site, named: list[Path], refused: list[Row], source: str, signals: Signals) -> Iterator[Row]:
    """Accept every file, in groups of one commit; what cannot be opened at all is refused under its own name."""
    opened: list[str] = []

    def exports(limit: int) -> Iterator[NewExport]:
        for file in named:
            if signals.stopped():
                return
            try:
                export = read_export(file, source, site.clock.now(), limit)
            except ExportError as error:
                refused.append(_refused(error))
                advance(1)
                continue
            opened.append(str(file))
            yield export

    settings = settings_of(site.config)
    with progress("importing", len(named)) as advance:
        receipts = accept_many(
            exports(settings.export_bytes), site.adapters, site.store, settings, group_seconds=GROUP_SECONDS
        )
        for number, receipt in enumerate(receipts):
            advance(1)
            yield _row(site, opened[number], receipt)


def _refused(error: ExportError) -> Row:
    return Row(error.where, "", "refused", error.code, error.message, error.where, error.remedy)


def _row(site: Site, file: str, receipt: Receipt) -> Row:
    """What became of one file; one that lies in quarantine since an earlier time counts there, as it is shown."""
    outcome = "quarantined" if receipt.code else "already known" if receipt.outcome == "known" else receipt.outcome
    message = site.store.quarantined_one(receipt.sha256).message if receipt.code else ""
    return Row(file, receipt.sha256[:12], outcome, receipt.code, message, receipt.where, receipt.remedy)


def _tell(site: Site, rows: list[Row], done: applying.Applied | None, names: tuple[str, ...], as_json: bool) -> None:
    counts = {name: sum(row.outcome == name for row in rows) for name in _OUTCOMES}
    waiting = {name: site.store.backlog(name) for name in names}
    if as_json:
        document(_facts(rows, counts, done, waiting))
        return
    bad = [row for row in rows if row.code]
    for title in ("In quarantine", "Refused"):
        some = [row for row in bad if (row.outcome == "refused") == (title == "Refused")]
        cells = [(row.file, row.sha256, row.code, row.message, row.where, row.remedy) for row in some]
        if cells:
            table(("file", "sha256", "code", "reason", "place", "remedy"), cells, title=title)
    sums = [f"{count} {name}" for name, count in counts.items() if count or name != "refused"]
    line(f"{counted(len(rows), 'file')} = {' + '.join(sums)}")
    if done is not None:
        applying.show(site, done)
    for name, backlog in waiting.items():
        left = {
            _LEFT[word]: courses(getattr(backlog, word), word in backlog.shared)
            for word in _LEFT
            if _any(backlog, word)
        }
        if left:
            said = ", ".join(f"{count} {what}" for what, count in left.items())
            line(f"{name}: {said}; see `pumpbridge plan --to {name}`")


_LEFT = {"due": "to be planned", "waiting": "waiting for a person", "parked": "parked"}
"""What is still to be done at a destination, in words."""


def _any(backlog: Backlog, word: str) -> bool:
    return bool(getattr(backlog, word)) or word in backlog.shared


def _facts(
    rows: list[Row], counts: dict[str, int], done: applying.Applied | None, waiting: dict[str, Backlog]
) -> dict[str, Any]:
    plain = {name.replace("already ", ""): count for name, count in counts.items()}
    left = {name: _left(backlog) for name, backlog in waiting.items()}
    found: dict[str, Any] = {"files": len(rows), **plain, "waiting": left, "rows": rows}
    return found if done is None else {**found, "apply": applying.facts(done)}


def _left(backlog: Backlog) -> dict[str, Any]:
    numbers = {what: getattr(backlog, word) for word, what in _LEFT.items()}
    return {**numbers, "shared": [_LEFT[word] for word in backlog.shared]}
