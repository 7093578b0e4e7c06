"""`pumpbridge explain TYPE/ID [ELEMENT]`: from a value in a chart back to its place in an export, or its arithmetic."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer

from bridge.chart.resource import Resource, Trace
from bridge.charting import chart
from bridge.cli.differing import words
from bridge.cli.options import ConfigOption, JsonOption, verb
from bridge.cli.output import document, line, note, table
from bridge.cli.setting import course_words, site_of
from bridge.errors import UsageError
from bridge.fhir_json import Json, canonical, digest, read
from bridge.site import Site
from bridge.store.protocol import COMMONS, CourseRow, Decision, LedgerRow
from fhir_profiles.structure import Structure

app = verb()
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one element came from: a place in an export, or the arithmetic of a derived value."""

    element: str
    value: str
    text: str
    where: str
    export: str
    file: str
    arithmetic: str


@dataclass(frozen=True, slots=True)
class Explained:
    """A resource at one destination, and where its values came from."""

    destination: str
    course: int
    about: str
    state: str
    version: str
    confirmed_at: str
    cause: str
    detail: str
    current: bool
    says: str
    exports: tuple[dict[str, str], ...]
    decisions: tuple[dict[str, Any], ...]
    origins: tuple[Origin, ...]


@app.command()
def explain(
    resource: Annotated[str, typer.Argument(metavar="TYPE/ID", help="The resource, as a chart names it.")],
    element: Annotated[
        str | None, typer.Argument(metavar="ELEMENT", help="Only this element and what is below it.")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show where each value of a resource came from.

    A stated value leads to its place in an export and its printed text, a derived one to its arithmetic.
    """
    kind, _, id = resource.partition("/")
    with site_of(config) as site:
        found = [_explained(site, *place, element) for place in site.store.rows_of(kind, id)]
    if not found:
        raise UsageError(
            "no destination has had this resource from us", where=resource, code="resource-unknown",
            remedy="name it as TYPE/ID, as `plan` and the chart do",
        )  # fmt: skip
    if as_json:
        document({"resource": resource, "element": element, "destinations": found})
        return
    for one in found:
        _show(resource, one)


def _explained(site: Site, destination: str, course: int, row: LedgerRow, element: str | None) -> Explained:
    about = site.store.course(course)
    made = None if course == COMMONS else _made(site, destination, about, row)
    body = made.body if made else read(row.confirmed) if row.confirmed else {}
    traces = [trace for trace in made.traces if _within(trace.element, element)] if made else []
    return Explained(
        destination=destination,
        course=course,
        about=course_words(about),
        state=row.state,
        version=row.version,
        confirmed_at=row.confirmed_at.isoformat() if row.confirmed_at else "",
        cause=row.cause,
        detail=row.detail,
        current=made is not None and digest(canonical(made.body)) == row.confirmed_hash,
        says=words(body),
        exports=tuple(_export(site, sha256) for sha256 in _exports(made)),
        decisions=tuple(asdict(decision) for decision in _decisions(site, course)),
        origins=tuple(_origin(site, trace, body) for trace in traces),
    )


def _made(site: Site, destination: str, course: CourseRow, row: LedgerRow) -> Resource | None:
    """The resource as the chart makes it today, or None where the chart does not hold it any more."""
    place = site.place(destination)
    binding = place.binding(course.simulated, course.patient, _subject(row.patient))
    charted = chart(site.store, course, None, site.clock.now(), place.fold, binding, Structure())
    return next((resource for resource in charted.resources if resource.key == row.key), None)


def _subject(reference: str) -> Json:
    """The patient that the chart was bound to: `system|identifier`, or a literal reference."""
    system, split, value = reference.rpartition("|")
    if not split:
        return {"reference": reference}
    identifier = {"system": system, "value": value.removeprefix(f"{system}#")}
    return {"type": "Patient", "identifier": identifier if system else {"value": value}}


def _within(element: str, asked: str | None) -> bool:
    return asked is None or element == asked or element.startswith((f"{asked}.", f"{asked}["))


def _exports(made: Resource | None) -> list[str]:
    if made is None:
        return []
    return list(dict.fromkeys([*made.rests_on, *(trace.export for trace in made.traces if trace.export)]))


def _export(site: Site, sha256: str) -> dict[str, str]:
    row = site.store.export(sha256)
    readers = ", ".join(dict.fromkeys(f"{place.adapter} {place.adapter_version}" for place in row.places))
    return {"sha256": sha256, "file": row.name, "received": row.received.isoformat(), "read_by": readers}


def _decisions(site: Site, course: int) -> list[Decision]:
    numbers = {change.decision for change in site.store.changes(course, 0) if change.decision}
    return [site.store.decision(number) for number in sorted(numbers)]


def _origin(site: Site, trace: Trace, body: Json) -> Origin:
    file = site.store.export(trace.export).name if trace.export else ""
    value = _value(body, trace.element)
    return Origin(trace.element, value, trace.text, trace.where, trace.export or "", file, trace.arithmetic or "")


def _value(body: Any, element: str) -> str:
    """What stands at an element; a quantity with its unit."""
    for name, number in _STEP.findall(element):
        try:
            body = body[int(number)] if number else body[name]
        except (KeyError, IndexError, TypeError):
            return ""
    if isinstance(body, dict) and "value" in body:
        return f"{body['value']} {body.get('unit', body.get('code', ''))}".rstrip()
    return words({"text": {"div": str(body)}}) if not isinstance(body, dict | list) else "…"


def _show(resource: str, one: Explained) -> None:
    line(f"{resource} at {one.destination}: {one.state}, cause {one.cause or 'none'}", "bold")
    line(f"  {one.about}")
    line(f"  {one.says}")
    if one.detail:
        line(f"  {one.detail}", "yellow")
    for export in one.exports:
        line(f"  rests on {export['file']} ({export['sha256'][:12]}), read by {export['read_by']}")
    for decision in one.decisions:
        line(f"  decision {decision['number']}: {decision['kind']} by {decision['actor']}: {decision['reason']}")
    if one.origins:
        rows = [(o.element, o.value, o.arithmetic or o.text, o.where, o.file) for o in one.origins]
        table(("element", "value", "as printed, or how calculated", "place", "export"), rows)
    elif one.state == "retracted":
        note("it is in no chart any more: it was retracted, and says so at the destination")
    else:
        note("nothing in it, or in that element, is a value from an export")
    if not one.current and one.state == "confirmed" and one.course != COMMONS:
        note("the chart says it otherwise by now: see `pumpbridge plan`")
