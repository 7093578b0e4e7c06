"""`pumpbridge findings [PUMP]`: what the bridge noticed and did not repair, over all pumps or of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import typer

from bridge.cli import finding_list
from bridge.cli.course_facts import finding as facts_of
from bridge.cli.folding import Failed, looked_or_failed, rows_of, site_to_read
from bridge.cli.options import AsOfOption, ConfigOption, JsonOption, instant, verb
from bridge.cli.output import Facts, bug, counted, document, line, note, progress
from bridge.cli.setting import pump_named
from bridge.course.remarks import Finding
from bridge.errors import EXIT_BUG, EXIT_DONE
from bridge.plot.timeline import of_kind
from bridge.store.protocol import CourseRow

app = verb()
Found = tuple[CourseRow, Finding]
_REMEDY = "report it; the export that makes it fail can be taken out with `pumpbridge withdraw`"


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
) -> int:
    """List what was noticed and not repaired, the newest first.

    What is for the operator stands only here, and is never sent. The list names patients. Status 0, whatever is found:
    a finding is no failure of the bridge. The column `remedy` names the section of the reference that says what the
    finding means, where the rule is from and whom to call. A course that cannot be read through is listed as failed,
    after all others; then the status is 1.
    """
    at = instant(as_of)
    with site_to_read(config) as site:
        rows = rows_of(site, pump_named(site.store, pump) if pump is not None else None)
        found, failed = list[Found](), list[Failed]()
        with progress("folding", len(rows)) as advance:
            for one in looked_or_failed(site, rows, at or site.clock.now()):
                if isinstance(one, Failed):
                    failed.append(one)
                else:
                    found += [(one.row, fact) for fact in of_kind(one.course, Finding)]
                advance(1)
    chosen = sorted(_chosen(found, audience, only_open), key=_newest, reverse=True)
    if as_json:
        listed = {"courses": len(rows), "findings": [_facts(*one) for one in chosen]}
        document({**listed, **({"failed": [_about_failed(one) for one in failed]} if failed else {})})
    else:
        _show(chosen, len(rows))
    return _say_failed(failed)


def _about_failed(one: Failed) -> Facts:
    pump = {"manufacturer": one.row.pump.manufacturer, "model": one.row.pump.model, "serial": one.row.pump.serial}
    return {"course": one.row.course, "pump": pump, "patient": one.row.patient or None, "remedy": _REMEDY}


def _say_failed(failed: list[Failed]) -> int:
    """Each course that failed, with where it failed and the remedy; the exit status."""
    for one in failed:
        note(f"failed: course {one.row.course}: its findings are not in the list; {_REMEDY}")
        bug(one.error)
    return EXIT_BUG if failed else EXIT_DONE


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
