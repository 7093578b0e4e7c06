"""What a hospital pump states, each value as an Observation of its own, in the unit it was stated in.

Promises: coded by our own code and, where the pinned table has its number, by the pump's own term; how it is known is
said as stated; what the pump flags as not usable has no value and says so. The source that a value is of stands in its
code's text, the drug in a component. Volumes of a destination that wants no single values are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import get_args

from bridge.chart.elements import absent, coded, kept, named
from bridge.chart.infusion_words import happening_words, on_line, plain_term, source_words
from bridge.chart.observations import status
from bridge.chart.resource import Resource, Trace
from bridge.chart.sheet import Sheet
from bridge.chart.wording import printed, readable, told
from bridge.course.infusion_facts import InfusionEvent, InfusionReading, ReadingCode
from bridge.fhir_json import Json
from bridge.interrogation import Reading, stated
from bridge.quantity import Quantity
from bridge.terms.table import coding, display, mdc_coding, mdc_of_field

_CODES: dict[str, str] = {"status": "infusing-status", "drug": "drug", "concentration": "drug-concentration"}
_STATUSES = {"pump-status-infusing": "infusing", "pump-status-not-infusing": "not-infusing"}
_HOW = {"typed": "entered-at-pump"}
_FREE_TEXT = frozenset(("active-sources", "care-area", "library", "library-version"))
_OF_LINE = frozenset((
    "status", "pump-status", "mode", "current-flow", "active-sources", "patient-weight", "care-area", "library",
    "library-version", "battery", "battery-time",
))  # fmt: skip
_OWN_FIELD = {"delivery-status": "source.status", "programme-mode": "source.mode"}
CODES: tuple[str, ...] = get_args(ReadingCode)


def reading(sheet: Sheet, fact: InfusionReading, page: str) -> Iterator[Resource]:
    """One value, where the destination wants values singly."""
    if not sheet.binding.single_values:
        return
    body: Json = {"status": status(fact.source), "category": [coded("category-therapy")]}
    about = _about(fact)
    body["code"] = {"coding": _codings(fact.code), "text": about}
    body |= {"subject": sheet.subject, "effectiveDateTime": fact.at.fhir}
    body |= (value := _value(sheet, fact))
    if fact.reading.how:
        body["method"] = named(f"how:{_HOW.get(fact.reading.how, fact.reading.how)}")
    body["device"] = sheet.reference("pump")
    if basis := sheet.cited([fact.export]):
        body["derivedFrom"] = basis
    if fact.drug and fact.code != "drug":
        drug = {"text": readable(" ".join(fact.drug.split()))}
        body["component"] = [{"code": named("drug"), "valueCodeableConcept": drug}]
    yield sheet.resource(
        "infusion-reading", fact.discriminator, page, f"{about}: {_words(fact)}, {fact.at.words}.", body,
        rests_on=(fact.export,), traces=_traces(fact, next(iter(value))),
    )  # fmt: skip


def concept_of(code: str) -> str:
    """The concept of a reading in our own table."""
    return _CODES.get(code, f"reading:{code}")


def field_of(code: str) -> str:
    """The field by which the pinned table of the pump's terms knows a reading."""
    own = _OWN_FIELD.get(code)
    return own or (code if code in _OF_LINE else f"source.{code}").replace("-", "_")


@lru_cache(maxsize=256)
def _codings(code: str) -> list[Json]:
    stated_by = mdc_of_field(field_of(code))
    return [*([stated_by] if stated_by else []), coding(concept_of(code))]


def _about(fact: InfusionReading) -> str:
    words = display(concept_of(fact.code))
    if fact.address is None:
        return f"{words}{on_line(fact.line)}"
    return f"{words}, {source_words(fact.label, None, fact.address)}"


def _value(sheet: Sheet, fact: InfusionReading) -> Json:
    value = fact.reading.value
    if value is None or value == "":
        return {"dataAbsentReason": absent(fact.reading)}
    if isinstance(value, Quantity):
        bound = {"comparator": fact.reading.bound} if fact.reading.bound else {}
        return {"valueQuantity": {**kept(value), **bound}}
    if fact.code in _FREE_TEXT:
        return {"valueString": readable(value)}
    known = _STATUSES.get(value) if fact.code == "status" else None
    return {"valueCodeableConcept": named(known) if known else {"text": readable(value)}}


def _words(fact: InfusionReading) -> str:
    one: Reading[Quantity] | Reading[str] = fact.reading
    if fact.code in _FREE_TEXT or fact.code == "drug":
        return printed(one) if one.value else told(None)
    if isinstance(one.value, str):
        return plain_term(Reading(one.value, one.text, one.where))
    return told(one)  # type: ignore[arg-type]


def _traces(fact: InfusionReading, element: str) -> tuple[Trace, ...]:
    return (Trace(element, fact.export, fact.reading.where, fact.reading.text),)


# --- events that are no alarm ---------------------------------------------------------------------------------------


def event(sheet: Sheet, fact: InfusionEvent, page: str) -> Iterator[Resource]:
    """An event that is neither an alarm nor the start or end of an infusion that is known."""
    term = stated(fact.told.term)
    known = mdc_coding(term) if term is not None else None
    words = happening_words(fact.told)
    value = {"coding": [known or coding("event:other")], "text": words}
    body: Json = {
        "status": status(fact.source),
        "category": [coded("category-therapy")],
        "code": named("pump-event"),
        "subject": sheet.subject,
        "effectiveDateTime": fact.at.fhir,
        "valueCodeableConcept": value,
        "method": named("how:reported"),
        "device": sheet.reference("pump"),
    }
    if basis := sheet.cited([fact.export]):
        body["derivedFrom"] = basis
    told_by = fact.told.term or fact.told.text
    where = (Trace("valueCodeableConcept", fact.export, told_by.where, told_by.text),) if told_by else ()
    text = f"{display('pump-event')}: {words}{on_line(fact.line)}, {fact.at.words}."
    yield sheet.resource("alarm-event", fact.discriminator, page, text, body, rests_on=(fact.export,), traces=where)
