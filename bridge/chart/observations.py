"""Single Observations: values worth a trend, rows of the pump's log, intervals without delivery, derived values.

Promises: how a value is known is in its code and repeated in `method`; a value that the bridge calculated names the
bridge as its device, says so in its code's text and is left out where the destination takes none; `corrected` only
where a correction was declared; a priming is a volume and never a dose.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from bridge.chart.elements import (
    absent,
    bounded,
    cited,
    coded,
    concept,
    exports,
    extension,
    named,
    period,
    quantity,
    reckoned,
)
from bridge.chart.resource import Resource, Trace
from bridge.chart.sheet import Sheet
from bridge.chart.wording import (
    CALCULATED,
    HOW_SHORT,
    NOT_RECORDED,
    amount,
    capital,
    day_words,
    drug_name,
    event_words,
    said,
    span,
)
from bridge.course.clocks import Instant
from bridge.course.facts import Derived, EventFact, Gap, Source
from bridge.course.panel import SummaryFact
from bridge.fhir_json import Json
from bridge.interrogation import ALARM_CODES, Reading, stated
from bridge.quantity import Quantity
from bridge.terms.table import display


@dataclass(frozen=True, slots=True)
class Seen:
    """What one Observation says; `codes` and `about` default to the kind, `device` to the pump."""

    text: str
    source: Source
    at: Instant
    until: Instant | None = None
    lasting: bool = False
    reading: Reading[Quantity] | Reading[date] | None = None
    derived: Derived | None = None
    value: Json | None = None
    how: str | None = None
    codes: tuple[str, ...] = ()
    about: str = ""
    device: Json | None = None
    focus: bool = False
    part_of: Json | None = None
    derived_from: tuple[Json, ...] = ()
    drug: Json | None = None
    status: str | None = None
    export: str | None = None
    rests_on: tuple[str, ...] = ()
    extensions: tuple[Json, ...] = ()
    traces: tuple[Trace, ...] = ()


def observation(sheet: Sheet, kind: str, discriminator: str, page: str, seen: Seen) -> Resource:
    """One Observation."""
    codes = seen.codes or (kind,)
    body: Json = {"extension": list(seen.extensions)} if seen.extensions else {}
    if seen.part_of and not seen.part_of.get("reference", "").startswith("Observation/"):
        body["partOf"] = [seen.part_of]
    body["status"] = seen.status or status(seen.source)
    body["category"] = [coded("category-therapy")]
    body["code"] = concept(seen.about, *codes) if seen.about else named(*codes)
    body["subject"] = sheet.subject
    if seen.focus:
        body["focus"] = [sheet.reference("pump")]
    body |= _when(seen) | (seen.value or _value(seen))
    if seen.how:
        body["method"] = named(f"how:{seen.how}")
    body["device"] = seen.device or (sheet.bridge if seen.derived else sheet.reference("pump"))
    if basis := seen.derived_from or sheet.cited(seen.source.exports):
        body["derivedFrom"] = list(basis)
    if seen.drug:
        body["component"] = [{"code": named("drug"), "valueCodeableConcept": seen.drug}]
    return sheet.resource(
        kind, discriminator, page, seen.text, body,
        rests_on=exports([seen.export], seen.source.exports, seen.rests_on), traces=seen.traces or _traces(seen),
    )  # fmt: skip


def status(source: Source) -> str:
    """final, or corrected where the store holds a declared correction."""
    return "corrected" if source.corrected else "final"


def _when(seen: Seen) -> Json:
    if seen.value and "effectivePeriod" in seen.value:
        return {}
    if seen.lasting or seen.until is not None:
        return {"effectivePeriod": period(seen.at, seen.until)}
    return {"effectiveDateTime": seen.at.fhir}


def _value(seen: Seen) -> Json:
    if seen.derived is not None:
        return {"valueQuantity": quantity(seen.derived.quantity)}
    return stated_value(seen.reading)


def stated_value(reading: Reading[Quantity] | Reading[date] | None) -> Json:
    """The value[x] of a stated quantity or date, or why there is none."""
    if reading is None or reading.value is None:
        return {"dataAbsentReason": absent(reading)}
    if isinstance(reading.value, date):
        return {"valueDateTime": reading.value.isoformat()}
    return {"valueQuantity": bounded(reading)}


def _traces(seen: Seen) -> tuple[Trace, ...]:
    if seen.derived is not None:
        return reckoned("valueQuantity", seen.derived)
    if seen.reading is None:
        return ()
    element = "valueDateTime" if isinstance(seen.reading.value, date) else "valueQuantity"
    return cited(element, seen.export or first(seen.source), seen.reading)


def first(source: Source) -> str | None:
    """The export that a stated value of a session is cited from."""
    return source.exports[0] if source.exports else None


# --- values of one interrogation -------------------------------------------------------------------------------------

SINGLE = frozenset(("reservoir-volume", "programmed-daily-dose", "low-reservoir-date", "months-to-eri"))
"""Kinds that a destination gets only where it wants values singly."""


def is_single(kind: str) -> bool:
    """Whether a kind is one that a destination may not want singly."""
    return kind in SINGLE


_VOLUME_CODES = {"sensed": "reservoir-volume-sensed", "aspirated": "reservoir-volume-aspirated"}


def volume_code(reading: Reading[Quantity]) -> str:
    """The code of a reservoir volume: it says how the volume is known."""
    return _VOLUME_CODES.get(reading.how or "", "reservoir-volume")


def single_values(sheet: Sheet, fact: SummaryFact, page: str) -> Iterator[Resource]:
    """The values of one interrogation that are worth a trend, where the destination wants them singly."""
    if not sheet.binding.single_values:
        return
    if fact.volume is not None and fact.volume.value is not None:
        code = volume_code(fact.volume)
        about = "" if fact.volume.how else f"{display(code)}; how it is known is {NOT_RECORDED}"
        yield _single(sheet, "reservoir-volume", fact, page, fact.volume, fact.volume.how, (code,), about)
    if fact.programme_read is None:
        yield from _daily_doses(sheet, fact, page)
    if fact.low_date is not None and fact.low_date.value is not None:
        yield _single(sheet, "low-reservoir-date", fact, page, fact.low_date, fact.low_date.how or "calculated")
    if fact.months_to_eri is not None and fact.months_to_eri.value is not None:
        yield _single(sheet, "months-to-eri", fact, page, fact.months_to_eri, fact.months_to_eri.how or "reported")


def _daily_doses(sheet: Sheet, fact: SummaryFact, page: str) -> Iterator[Resource]:
    rows = fact.programme.doses if fact.programme else ()
    codes = ("mdc-dose-rate", "programmed-daily-dose")
    for n, dose in enumerate(rows, 1):
        if dose.daily is None or dose.daily.value is None:
            continue
        about = f"{display(codes[1])}, {drug_name(dose.drug)}" if len(rows) > 1 else ""
        how = dose.daily.how or "setting"
        ordinal = "" if n == 1 else f" dose {n}"
        yield _single(sheet, codes[1], fact, page, dose.daily, how, codes, about, ordinal)


def _single(
    sheet: Sheet,
    kind: str,
    fact: SummaryFact,
    page: str,
    reading: Reading[Quantity] | Reading[date],
    how: str | None,
    codes: tuple[str, ...] = (),
    about: str = "",
    ordinal: str = "",
) -> Resource:
    known = f", {HOW_SHORT[how]}" if how and HOW_SHORT[how] and kind != "months-to-eri" else ""
    shown = _shown(reading)
    text = f"{about or display(codes[-1] if codes else kind)}: {shown}{known}, {fact.source.read.words}."
    seen = Seen(text, fact.source, fact.source.read, reading=reading, how=how, codes=codes, about=about)
    return observation(sheet, kind, f"{fact.discriminator}{ordinal}", page, seen)


def _shown(reading: Reading[Quantity] | Reading[date]) -> str:
    if isinstance(reading.value, date):
        return day_words(reading.value)
    return said(reading)  # type: ignore[arg-type]


# --- the log, and intervals without delivery -------------------------------------------------------------------------


def event(sheet: Sheet, fact: EventFact, page: str) -> Iterator[Resource]:
    """One row of the pump's log: an alarm, or another event."""
    code = stated(fact.event.code) or "other"
    is_alarm = code in ALARM_CODES and code != "other"
    kind, prefix = ("alarm-event", "alarm:") if is_alarm else ("pump-event", "event:")
    words = event_words(fact.event, prefix)
    number = stated(fact.event.number)
    logged = f", event {number} of the pump's log" if number else ""
    value = {"valueCodeableConcept": concept(capital(words), prefix + code)}
    if fact.event.code is None and fact.event.text is None:
        value = {"dataAbsentReason": absent(None)}
    yield observation(sheet, "alarm-event", fact.discriminator, page, Seen(
        f"{display(kind)}: {words}, {fact.at.words}{logged}.", fact.source, fact.at, codes=(kind,),
        value=value, how="reported",
        traces=(
            *cited("valueCodeableConcept", first(fact.source), fact.event.code or fact.event.text),
            *cited("effectiveDateTime", first(fact.source), fact.event.at),
        ),
    ))  # fmt: skip


_GAP_WORDS = {
    "motor-stall": "motor stall",
    "pump-stopped": "pump stopped",
    "found-not-infusing": "found not infusing, when it stopped is not known",
}


def gap(sheet: Sheet, fact: Gap, page: str) -> Iterator[Resource]:
    """An interval in which the pump did not infuse: preliminary while it lasts, final once it is over."""
    value = {"valueCodeableConcept": named("not-infusing")}
    confirmed = extension("last-confirmed", valueDateTime=fact.last_confirmed.fhir)
    lasting = {"effectivePeriod": period(fact.start, fact.end)}
    yield observation(sheet, "infusing-status", fact.discriminator, page, Seen(
        _gap_text(fact), fact.source, fact.start, value=value | lasting, how="reported",
        codes=("mdc-infusing", "infusing-status"), status=None if fact.closed else "preliminary",
        extensions=() if fact.closed and fact.end else (confirmed,), rests_on=fact.sources,
    ))  # fmt: skip
    if fact.not_delivered is not None and sheet.binding.calculated and fact.end is not None:
        yield _not_delivered(sheet, fact, fact.end, fact.not_delivered, page)


def _gap_text(fact: Gap) -> str:
    why = _GAP_WORDS[fact.reason]
    if not fact.closed:
        since = f"NOT INFUSING since {fact.start.words}, {why}"
        return f"Pump infusing status: {since}; last confirmed {fact.last_confirmed.words}."
    dose = f" How much dose that is cannot be calculated: {fact.no_dose_because}." if fact.no_dose_because else ""
    if fact.end is not None:
        return f"Pump infusing status: NOT INFUSING, {span(fact.start, fact.end)}, {why}.{dose}"
    over = f"over at the reading of {fact.read_closed.words}" if fact.read_closed else "over"
    since = f"NOT INFUSING since {fact.start.words}, {why}"
    return f"Pump infusing status: {since}; {over}, its end is {NOT_RECORDED}.{dose}"


def _not_delivered(sheet: Sheet, fact: Gap, end: Instant, dose: Derived, page: str) -> Resource:
    label = display("dose-not-delivered")
    text = f"{label}: at most {amount(dose.quantity)}, {span(fact.start, end)}. {CALCULATED}."
    return observation(sheet, "dose-not-delivered", fact.discriminator, page, Seen(
        text, fact.source, fact.start, until=end, derived=dose, how="derived", about=f"{label}. {CALCULATED}",
        focus=True, derived_from=(sheet.reference("infusing-status", fact.discriminator),), rests_on=fact.sources,
    ))  # fmt: skip
