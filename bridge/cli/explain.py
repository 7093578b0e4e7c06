"""`pumpbridge explain TYPE/ID [ELEMENT]`: from a value in a chart back to its place in an export, or its arithmetic."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from decimal import Decimal
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
from bridge.plan import NOTES
from bridge.pumps import parted
from bridge.site import Site
from bridge.store.protocol import COMMONS, CourseRow, Decision, LedgerRow, PlanHead
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
class Plan:
    """The plan that a Provenance or an amendment note belongs to: when it was made, and why."""

    id: str
    recorded: str
    causes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """A resource at one destination, and where its values came from; `plan` where it speaks of one, not of a pump.

    `decisions` are those about the course; of what belongs to a plan, that plan's.
    """

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
    plan: Plan | None = None


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
        held = [_held(site, *place) for place in site.store.rows_of(kind, id)]
        if held and element is not None:
            _need_element(resource, element, held)
        found = [_explained(site, one, element) for one in held]
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


@dataclass(frozen=True, slots=True)
class Held:
    """A resource as one destination has it, and as the chart makes it today (None: it does not)."""

    destination: str
    course: CourseRow
    row: LedgerRow
    made: Resource | None
    body: Json


def _held(site: Site, destination: str, course: int, row: LedgerRow) -> Held:
    about = site.store.course(course)
    charted = course != COMMONS and row.page != NOTES
    made = _made(site, destination, about, row) if charted else None
    return Held(destination, about, row, made, made.body if made else read(row.confirmed) if row.confirmed else {})


def _need_element(resource: str, element: str, held: list[Held]) -> None:
    """Raises UsageError for an element that the resource has at no destination."""
    if any(_there(one.body, element) for one in held):
        return
    traced = [trace.element for one in held if one.made for trace in one.made.traces]
    names = dict.fromkeys([*(name for one in held for name in one.body), *traced])
    raise UsageError(
        "this resource has no such element", where=f"{resource} {element}", code="element-unknown",
        remedy=f"name one of: {', '.join(names)}",
    )  # fmt: skip


def _explained(site: Site, held: Held, element: str | None) -> Explained:
    destination, row, made, body = held.destination, held.row, held.made, held.body
    course = held.course.course
    head = site.store.plan_head(row.plan) if row.page == NOTES else None
    traces = [trace for trace in made.traces if _within(trace.element, element)] if made else []
    current = made is not None and digest(canonical(made.body)) == row.confirmed_hash
    return Explained(
        destination=destination,
        course=course,
        about=course_words(held.course),
        state=row.state,
        version=row.version,
        confirmed_at=row.confirmed_at.isoformat() if row.confirmed_at else "",
        cause=row.cause,
        detail=row.detail,
        current=current or row.page == NOTES,
        says=words(body),
        exports=tuple(_export(site, sha256) for sha256 in _exports(made)),
        decisions=tuple(
            asdict(one) for one in (_decided(site, head) if row.page == NOTES else _decisions(site, course))
        ),
        origins=tuple(_origin(site, trace, body) for trace in traces),
        plan=Plan(head.id, head.recorded.isoformat(), head.causes) if head else None,
    )


def _made(site: Site, destination: str, course: CourseRow, row: LedgerRow) -> Resource | None:
    """The resource as the chart makes it today, or None where the chart does not hold it any more."""
    place = site.place(destination)
    patient, pump = parted(row.patient)
    binding = place.binding(course.simulated, course.patient, _subject(patient), pump)
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


def _decided(site: Site, head: PlanHead | None) -> list[Decision]:
    """The decision that a plan carries out, where there is one."""
    return [site.store.decision(head.decision)] if head and head.decision else []


def _origin(site: Site, trace: Trace, body: Json) -> Origin:
    file = site.store.export(trace.export).name if trace.export else ""
    value = _value(body, trace.element)
    return Origin(trace.element, value, trace.text, trace.where, trace.export or "", file, trace.arithmetic or "")


def _at(body: Any, element: str) -> Any:
    """What stands at an element; raises LookupError where there is nothing."""
    for name, number in _STEP.findall(element):
        try:
            body = body[int(number)] if number else body[name]
        except TypeError:
            raise LookupError(element) from None
    return body


def _there(body: Json, element: str) -> bool:
    try:
        _at(body, element)
    except LookupError:
        return False
    return True


def _value(body: Json, element: str) -> str:
    """What stands at an element, as people read it; '' where there is nothing."""
    return _said(_at(body, element)) if _there(body, element) else ""


def _said(value: Any) -> str:
    """A value as people read it: a quantity with its unit, a code by its words, a reference by what it names."""
    if isinstance(value, list):
        return "; ".join(_said(item) for item in value)
    if not isinstance(value, dict):
        return words({"text": {"div": str(value)}})
    if isinstance(value.get("value"), Decimal | int):
        return f"{value['value']} {value.get('unit', value.get('code', ''))}".rstrip()
    if isinstance(value.get("coding"), list) and "text" not in value:
        return _said(value["coding"])
    named = next((value[name] for name in ("text", "display", "code", "reference", "value") if name in value), None)
    if named is not None and not isinstance(named, dict | list):
        return _said(named)
    return ", ".join(f"{name} {_said(item)}" for name, item in value.items())


def _show(resource: str, one: Explained) -> None:
    line(f"{resource} at {one.destination}: {one.state}, cause {one.cause or 'none'}", "bold")
    line(f"  {one.about}")
    line(f"  {one.says}")
    if one.detail:
        line(f"  {one.detail}", "yellow")
    for export in one.exports:
        line(f"  rests on {export['file']} ({export['sha256'][:12]}), read by {export['read_by']}")
    if one.plan:
        line(f"  belongs to the plan of {one.plan.recorded} ({one.plan.id}); because: {', '.join(one.plan.causes)}")
    for decision in one.decisions:
        line(f"  decision {decision['number']}: {decision['kind']} by {decision['actor']}: {decision['reason']}")
    if one.origins:
        rows = [(o.element, o.value, o.arithmetic or o.text, o.where, o.file) for o in one.origins]
        table(("element", "value", "as printed, or how calculated", "place", "export"), rows)
    elif one.plan:
        note("it says what that plan changed, and why; none of its values is from an export")
    elif one.state == "retracted":
        note("it is in no chart any more: it was retracted, and says so at the destination")
    else:
        note("nothing in it, or in that element, is a value from an export")
    if not one.current and one.state == "confirmed" and one.course != COMMONS:
        note("the chart says it otherwise by now: see `pumpbridge plan`")
