"""`pumpbridge quarantine list|show|retry|drop`: exports that could not be read wait here for a person."""

from __future__ import annotations

from typing import Annotated

import typer

from bridge.accept import retry as accept_again
from bridge.accept import settings_of
from bridge.cli.decision import say
from bridge.cli.options import ActorOption, ConfigOption, JsonOption, ReasonOption, decided_by, verb
from bridge.cli.output import document, line, table
from bridge.cli.setting import export_named, site_of
from bridge.errors import EXIT_DONE, EXIT_QUARANTINED
from bridge.store.answers import QuarantineRow

app = verb()
ExportArgument = Annotated[str, typer.Argument(metavar="EXPORT", help="Its SHA-256 or the start of it, or its file.")]


@app.callback()
def quarantine() -> None:
    """List, show, retry or drop exports that could not be read.

    Nothing of them is used; while one waits, its pump counts as unknown from then on.
    """


@app.command("list")
def list_(config: ConfigOption = None, as_json: JsonOption = False) -> int:
    """List what is in quarantine, oldest first; status 4 when there is something."""
    with site_of(config) as site:
        rows = site.store.quarantined()
    if as_json:
        document({"quarantined": rows})
    elif rows:
        cells = [(row.sha256[:12], row.name, row.received, row.code, row.where, _pump(row)) for row in rows]
        table(("sha256", "file", "received", "code", "place", "pump"), cells)
    else:
        line("nothing is in quarantine")
    return EXIT_QUARANTINED if rows else EXIT_DONE


@app.command()
def show(export: ExportArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show why an export could not be read, and what to do."""
    with site_of(config) as site:
        row = site.store.quarantined_one(export_named(site.store, export))
    if as_json:
        document(row)
        return
    line(f"{row.name} ({row.sha256}), {row.size} bytes from {row.source}: {row.state}", "bold")
    facts = {"code": row.code, "reason": row.message, "place": row.where, "remedy": row.remedy, "pump": _pump(row)}
    for name, value in facts.items():
        line(f"  {name + ':':8} {value or 'not known'}")


def _pump(row: QuarantineRow) -> str:
    return f"{row.pump.manufacturer} {row.pump.model} {row.pump.serial}" if row.pump else ""


@app.command()
def retry(
    export: Annotated[str | None, typer.Argument(metavar="EXPORT", help="Only this one; else all.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> int:
    """Read exports again, with the adapters and the configuration of today; status 4 when one still cannot be read."""
    with site_of(config) as site:
        names = [export_named(site.store, export)] if export else [row.sha256 for row in site.store.quarantined()]
        for name in names:
            site.store.quarantined_one(name)
        settings = settings_of(site.config)
        receipts = [accept_again(site.store.kept(name), site.adapters, site.store, settings) for name in names]
    if as_json:
        document({"receipts": receipts})
    else:
        rows = [(receipt.sha256[:12], receipt.outcome, receipt.code, receipt.where) for receipt in receipts]
        table(("sha256", "outcome", "code", "place"), rows)
    return EXIT_QUARANTINED if any(receipt.code for receipt in receipts) else EXIT_DONE


@app.command()
def drop(
    export: ExportArgument,
    actor: ActorOption = None,
    reason: ReasonOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Declare that an export does not matter: its pump is not unknown because of it any more."""
    who, why = decided_by(actor, reason)
    with site_of(config) as site:
        sha256 = export_named(site.store, export)
        number = site.store.drop(sha256, who, why, site.clock.now())
        say(site, number, f"export {sha256[:12]} is dropped", as_json)
