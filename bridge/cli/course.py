"""`pumpbridge course PUMP`: what happened to one pump in its patient, as of an instant, in tables and pictures."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from bridge.cli import infusion_tables
from bridge.cli.course_facts import facts
from bridge.cli.course_tables import head, tables
from bridge.cli.finding_list import columns
from bridge.cli.folding import Looked, looked, rows_of, site_to_read
from bridge.cli.options import AsOfOption, ConfigOption, JsonOption, instant, verb
from bridge.cli.output import document, line, note, progress
from bridge.cli.picture import keep, own_files
from bridge.cli.setting import pump_named
from bridge.config import find
from bridge.errors import UsageError
from bridge.plot.blocks import blocks
from bridge.plot.svg import svg
from bridge.plot.timeline import timeline
from bridge.site import Site
from bridge.store.protocol import CourseRow

app = verb()
WIDE = 100
"""Columns of a picture where nothing says how wide the terminal is."""


@app.command()
def course(
    pump: Annotated[
        str, typer.Argument(metavar="PUMP", help="The pump: its serial number, or MANUFACTURER|MODEL|SERIAL.")
    ],
    as_of: AsOfOption = None,
    patient: Annotated[
        str | None, typer.Option(metavar="ID", help="Only this patient's course, where the pump has several.")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--svg", metavar="FILE", help="Also write the picture of the course as SVG.")
    ] = None,
    plot: Annotated[bool, typer.Option("--plot", help="Also draw it here, as wide as the terminal.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what happened to one pump, in tables and as a picture.

    Of a hospital pump: its infusions and alarms at each patient, in tables.

    Segments, gaps, boluses, refills, alarms, findings and the forecast are folded from the stored exports as a chart
    is; nothing is written to the store, and no destination is asked. The tables name the patient, the picture does not.
    In the picture, what pumpbridge calculated is dashed and what is not known is hatched. With --as-of, it is known
    that there are exports of later sessions, as for `plan --as-of`.
    """
    with site_to_read(config) as site:
        found = _folded(site, _rows(site, pump, patient), instant(as_of) or site.clock.now())
    if picture is not None:
        keep(picture, _drawn(found), own_files(site.config, find(config)))
    if as_json:
        document({"courses": [_facts(one) for one in found]})
        return
    for number, one in enumerate(found):
        line() if number else None
        _show(one, plot)


def _facts(one: Looked) -> dict[str, Any]:
    more = infusion_tables.facts(one.course) if infusion_tables.is_hospital_pump(one.course) else {}
    return facts(one) | more


def _rows(site: Site, pump: str, patient: str | None) -> list[CourseRow]:
    rows = rows_of(site, pump_named(site.store, pump))
    chosen = [row for row in rows if patient in (None, row.patient, row.patient.rpartition("#")[2])]
    if chosen:
        return chosen
    if rows:
        raise UsageError(
            "this pump has no course of that patient", where="--patient", code="patient-unknown",
            remedy="see `pumpbridge pumps`",
        )  # fmt: skip
    raise UsageError(
        "no export of this pump counts", where="PUMP", code="pump-unknown", remedy="see `pumpbridge pumps`"
    )


def _folded(site: Site, rows: list[CourseRow], at: datetime) -> list[Looked]:
    found = list[Looked]()
    with progress("folding", len(rows)) as advance:
        for one in looked(site, rows, at):
            found.append(one)
            advance(1)
    return found


def _show(one: Looked, plot: bool) -> None:
    head(one)
    if infusion_tables.is_hospital_pump(one.course):
        note("a hospital pump is not drawn") if plot else None
        infusion_tables.tables(one.course)
        return
    shown = timeline(one.course, one.as_of, calculated=one.calculated) if plot else None
    if plot and shown is None:
        note("there is nothing to draw by then")
    if shown is not None:
        line()
        for row in blocks(shown, columns(WIDE), plain=not _knows_blocks()):
            line(row)
    tables(one)


def _knows_blocks() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def _drawn(found: list[Looked]) -> bytes:
    """The picture; raises UsageError for several courses, and for none to draw."""
    if len(found) > 1:
        raise UsageError(
            "this pump has several courses, and a picture shows one", where="--svg", code="course-ambiguous",
            remedy="add --patient",
        )  # fmt: skip
    if infusion_tables.is_hospital_pump(found[0].course):
        raise UsageError(
            "the picture is of an implanted pump, and this is a hospital pump", where="--svg", code="course-not-drawn",
            remedy="see its infusions in the tables, or with --json",
        )  # fmt: skip
    shown = timeline(found[0].course, found[0].as_of, calculated=found[0].calculated)
    if shown is None:
        raise UsageError(
            "there is nothing to draw by then", where="--as-of", code="course-empty", remedy="name a later instant"
        )
    return svg(shown).encode()
