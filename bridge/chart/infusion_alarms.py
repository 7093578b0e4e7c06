"""An alarm of a hospital pump: an Observation that it was raised, and a Flag while it is in force.

Promises: the alarm's own words and its priority in words; what is over is inactive with its end, never gone; where
nothing newer is known of it the Flag is inactive without an end, because whether it is over is not known. A start that
was never told is no start. Nobody is told whom to call: the pump stands in the ward.
"""

from __future__ import annotations

from collections.abc import Iterator

from bridge.chart import told
from bridge.chart.elements import coded, named
from bridge.chart.infusion_words import REASONS, alarm_words, on_line
from bridge.chart.observations import status
from bridge.chart.resource import Resource, Trace
from bridge.chart.sheet import Sheet
from bridge.chart.wording import NOT_RECORDED, span
from bridge.course.infusion_facts import InfusionAlarm
from bridge.fhir_json import Json
from bridge.interrogation import stated
from bridge.terms.table import coding, display, mdc_coding


def alarm(sheet: Sheet, fact: InfusionAlarm, page: str) -> Iterator[Resource]:
    """The Observation that it was raised, and its Flag."""
    codings = [_coding(sheet, fact)]
    yield _raised(sheet, fact, page, {"coding": codings, "text": alarm_words(fact.told)})
    yield _flag(sheet, fact, page, codings)


def _coding(sheet: Sheet, fact: InfusionAlarm) -> Json:
    term = stated(fact.told.term)
    known = mdc_coding(term) if term is not None else None
    return known or coding("alarm:other")


def _raised(sheet: Sheet, fact: InfusionAlarm, page: str, value: Json) -> Resource:
    """That it was raised; one whose start was never told stands at the time of the newest report of it."""
    at = fact.since or fact.last_told
    body: Json = {
        "status": status(fact.source),
        "category": [coded("category-therapy")],
        "code": named("alarm-event"),
        "subject": sheet.subject,
        "effectiveDateTime": at.fhir,
        "valueCodeableConcept": value,
        "method": named("how:reported"),
        "device": sheet.reference("pump"),
    }
    if basis := sheet.cited([fact.export]):
        body["derivedFrom"] = basis
    when = at.words if fact.since else f"its start is {NOT_RECORDED}, reported {at.words}"
    text = f"{display('alarm-event')}: {value['text']}{on_line(fact.line)}, {when}."
    return sheet.resource(
        "alarm-event", fact.discriminator, page, text, body, rests_on=_exports(fact),
        traces=_traces(fact, "valueCodeableConcept"),
    )  # fmt: skip


def _flag(sheet: Sheet, fact: InfusionAlarm, page: str, codings: list[Json]) -> Resource:
    text = _text(fact)
    period = {"start": fact.since.fhir} if fact.since else {}
    period |= {"end": fact.until.fhir} if fact.until else {}
    if not sheet.sends("alarm-flag"):
        return told.flag(
            sheet, "alarm-flag", fact.discriminator, page, text, {"coding": codings}, period,
            over=fact.status != "in-force", rests_on=_exports(fact), traces=_traces(fact, "code"),
        )  # fmt: skip
    body: Json = {
        "status": "active" if fact.status == "in-force" else "inactive",
        "category": [coded("flag-clinical")],
        "code": {"coding": codings, "text": text},
        "subject": sheet.subject,
    }
    body |= {"period": period} if period else {}
    body["author"] = sheet.bridge
    return sheet.resource(
        "alarm-flag", fact.discriminator, page, text, body, rests_on=_exports(fact), traces=_traces(fact, "code"),
    )  # fmt: skip


def _text(fact: InfusionAlarm) -> str:
    words = f"{alarm_words(fact.told)}{on_line(fact.line)}"
    since = f"since {fact.since.words}" if fact.since else f"its start is {NOT_RECORDED}"
    if fact.status == "in-force":
        return f"Infusion pump alarm: {words}, {since}, as reported {fact.last_told.words}."
    if fact.until is not None:
        when = span(fact.since, fact.until) if fact.since else f"until {fact.until.words}"
        return f"Infusion pump alarm over: {words}, {when}."
    why = f" ({REASONS[fact.reason]})" if fact.reason else ""
    last = f"last reported {fact.last_told.words}; whether it is over is not known{why}"
    return f"Infusion pump alarm: {words}, {since}, {last}."


def _exports(fact: InfusionAlarm) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*fact.source.exports, fact.export)))


def _traces(fact: InfusionAlarm, element: str) -> tuple[Trace, ...]:
    told_by = fact.told.text or fact.told.term
    return (Trace(element, fact.export, told_by.where, told_by.text),) if told_by else ()
