"""`pumpbridge findings [PUMP]`: what the bridge noticed and did not repair, over all pumps or of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import typer

from bridge.cli import finding_list
from bridge.cli.course_facts import finding as facts_of
from bridge.cli.folding import looked, rows_of, site_to_read
from bridge.cli.options import AsOfOption, ConfigOption, JsonOption, instant, verb
from bridge.cli.output import Facts, counted, document, line, progress
from bridge.cli.setting import pump_named
from bridge.course.remarks import Finding
from bridge.plot.timeline import of_kind
from bridge.store.protocol import CourseRow

app = verb()
Found = tuple[CourseRow, Finding]


@app.command()
def findings(
    pump: Annotated[
        str | None,
        typer.Argument(metavar="PUMP", help="Only this pump: its serial number, or MANUFACTURER|MODEL|SERIAL."),
    ] = None,
    audience: Annotated[
        Literal["ward", "clinic", "operator"] | None, typer.Option(help="Only what these people should know.")
    ] = None,
    only_open: Annotated[bool, typer.Option("--open", help="Only what has no end.")] = False,
    as_of: AsOfOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what was noticed and not repaired, the newest first.

    What is for the operator stands only here, and is never sent. The list names patients. Status 0, whatever is found:
    a finding is no failure of the bridge. The column `remedy` names the section of the reference that says what the
    finding means, where the rule is from and whom to call.
    """
    at = instant(as_of)
    with site_to_read(config) as site:
        rows = rows_of(site, pump_named(site.store, pump) if pump is not None else None)
        found = list[Found]()
        with progress("folding", len(rows)) as advance:
            for one in looked(site, rows, at or site.clock.now()):
                found += [(one.row, fact) for fact in of_kind(one.course, Finding)]
                advance(1)
    chosen = sorted(_chosen(found, audience, only_open), key=_newest, reverse=True)
    if as_json:
        document({"courses": len(rows), "findings": [_facts(*one) for one in chosen]})
    else:
        _show(chosen, len(rows))


def _chosen(found: list[Found], audience: str | None, only_open: bool) -> Iterator[Found]:
    for row, fact in found:
        if audience in (None, fact.audience) and not (only_open and fact.until):
            yield row, fact


def _newest(one: Found) -> tuple[object, ...]:
    row, fact = one
    return fact.source.read.utc, fact.since.utc, fact.code, row.course


def _facts(row: CourseRow, fact: Finding) -> Facts:
    pump = {"manufacturer": row.pump.manufacturer, "model": row.pump.model, "serial": row.pump.serial}
    about = {"course": row.course, "pump": pump, "patient": row.patient or None, "simulated": row.simulated}
    return {**about, **facts_of(fact)}


def _show(chosen: list[Found], courses: int) -> None:
    finding_list.show([(_about(row), fact) for row, fact in chosen])
    line(f"{counted(len(chosen), 'finding')} in {counted(courses, 'course')}")


def _about(row: CourseRow) -> str:
    return f"pump {row.pump.serial}, patient {row.patient or 'none stated'}"
