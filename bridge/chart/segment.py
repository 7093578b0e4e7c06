"""A segment of delivery as a MedicationAdministration: one programme over one interval that the pump's record supports.

Promises: running is `in-progress` without an end and says when it was last confirmed; `completed` and `stopped` have
their end; `unknown` has its reason and no end that nobody knows; no dosage where the dose is not known, and never a
rate of 0. A bridge, and a line that clears without one, carry the old mixture with a dose that is said to be
calculated; what the pump accounted for a bridge is an Observation. Two active drugs or more leave as flow, each dose an
Observation. Which drug leaves a line of unknown volume is not said.
"""

from __future__ import annotations

from collections.abc import Iterator

from bridge.chart import delivered, line, rate
from bridge.chart.delivered import Delivered
from bridge.chart.elements import cited, concept, confirmed, exports, named, period, quantity, reckoned, route
from bridge.chart.line import after_priming
from bridge.chart.medication import drug_concept, element
from bridge.chart.observations import Seen, observation
from bridge.chart.resource import Resource, Trace
from bridge.chart.sheet import Sheet
from bridge.chart.wording import CALCULATED, NOT_RECORDED, amount, day_words, drug_name, mixture_words, said, span
from bridge.course.facts import OPEN, Derived, Segment
from bridge.fhir_json import Json
from bridge.interrogation import Drug
from bridge.terms.table import display

_STATUS = {"running": "in-progress", "completed": "completed", "stopped": "stopped", "unknown": "unknown"}
_BEGAN = {
    "motor-stall-recovered": " (end of the motor stall)",
    "pump-started": " (the pump was started again)",
    "bridge-ended": " (end of the bridge bolus)",
    "line-cleared": " (by calculation the drug before the change had left tubing and catheter)",
    "refill": " (filling of the reservoir)",
    "found-infusing": " (found infusing again)",
}
_OPEN_REASONS = (
    "too-old", "past-dry-date", "newer-export-unreadable", "newer-export-in-future", "exports-disagree",
    "not-read-since", "line-volume-unknown", "not-measured",
    "newer-pump-implanted",
)  # fmt: skip


def is_written(sheet: Sheet, fact: Segment) -> bool:
    """Whether the destination takes this segment: one without an end only where it takes open ones."""
    return sheet.binding.open_segment or fact.status in ("completed", "stopped") or fact.end is not None


def segment(sheet: Sheet, fact: Segment, page: str) -> Iterator[Resource]:
    """A segment, and the Observations that belong to it."""
    if not is_written(sheet, fact):
        return
    if not sheet.sends("delivery"):
        yield _observed(sheet, fact, page)
        yield from _beside(sheet, fact, page)
        return
    body: Json = {}
    if fact.status in ("running", "unknown"):
        body["extension"] = [confirmed(fact.last_confirmed)]
    body["status"] = _STATUS[fact.status]
    if fact.status in ("stopped", "unknown"):
        body["statusReason"] = [_reason(fact)]
    body |= administered(sheet)
    body |= line.either(sheet, fact) if fact.line == "unknown" else element(sheet, fact.mixture)
    body[sheet.dialect.GIVEN] = period(fact.start, None if fact.status == "running" else fact.end)
    if fact.programme and sheet.sends("programme"):
        body["request"] = sheet.reference("programme", fact.programme)
    dosage, said_dose, traces = _dosage(sheet, fact)
    body["note"] = [{"time": fact.last_confirmed.fhir, "text": _note(fact)}]
    body |= {"dosage": dosage} if dosage else {}
    yield sheet.resource(
        "delivery", fact.discriminator, page, _words(fact, said_dose, page), body,
        rests_on=_rests_on(fact), traces=traces,
    )  # fmt: skip
    yield from _beside(sheet, fact, page)


def _beside(sheet: Sheet, fact: Segment, page: str) -> Iterator[Resource]:
    """The Observations that belong to a segment."""
    yield from _accounted(sheet, fact, page) if fact.bridge else _each_dose(sheet, fact, page)
    yield from line.each_dose(sheet, fact, page)


def _observed(sheet: Sheet, fact: Segment, page: str) -> Resource:
    """The segment as an Observation, where no administration is taken."""
    dosage, said_dose, traces = _dosage(sheet, fact)
    is_open = fact.status in ("running", "unknown")
    return delivered.observed(sheet, "delivery", fact.discriminator, page, _words(fact, said_dose, page), Delivered(
        _STATUS[fact.status], fact.start, None if fact.status == "running" else fact.end,
        {"time": fact.last_confirmed.fhir, "text": _note(fact)}, fact.source,
        reason=_reason(fact) if fact.status in ("stopped", "unknown") else None,
        last_confirmed=fact.last_confirmed if is_open else None, dosage=dosage, category=at_home(sheet),
        drugs=delivered.drugs(fact.mixture, line.either_words(fact) if fact.line == "unknown" else ""),
        calculated=fact.bridge or fact.line is not None, rests_on=_rests_on(fact), traces=traces,
    ))  # fmt: skip


def at_home(sheet: Sheet) -> Json:
    """The category of what an implanted pump gives."""
    return concept("Implanted pump at home, not a ward administration", sheet.dialect.COMMUNITY)


def administered(sheet: Sheet) -> Json:
    """What every administration by a pump has: who it is given to, by what, and that it is none of a ward's."""
    pump = sheet.dialect.referred(sheet.reference("pump"))
    return {
        "category": sheet.dialect.several(at_home(sheet)),
        "subject": sheet.subject,
        "performer": [{"actor": pump}],
        "device": [pump],
    }


def _rests_on(fact: Segment) -> tuple[str, ...]:
    return exports([fact.export], fact.source.exports, [fact.mixture.export if fact.mixture else None])


# --- words ---------------------------------------------------------------------------------------------------------


def _words(fact: Segment, said_dose: str, page: str) -> str:
    return f"{said_dose}{_course(fact, past=page != OPEN)}.{_certainty(fact)}"


def _reason(fact: Segment) -> Json:
    if fact.reason is None:
        return {"text": NOT_RECORDED}
    found = named(f"reason:{fact.reason}")
    if fact.reason == "programme-differs" and fact.differs_found is not None:
        when = f"Another programme was found on {fact.differs_found.words}; when it changed is not known"
        return {**found, "text": when}
    return {**found, "text": _why(fact)} if fact.newer_pump else found


def _why(fact: Segment) -> str:
    """The reason in words; that a newer pump was implanted, with its day."""
    words = display(f"reason:{fact.reason}")
    return f"{words} on {day_words(fact.newer_pump)}" if fact.newer_pump else words


def _course(fact: Segment, *, past: bool) -> str:
    """When it ran and how it ended; `past`: a session after it tells that it is over, or does not support it."""
    began = _BEGAN.get(fact.began, "")
    if fact.status == "running":
        return f", running since {fact.start.words}{began}; last confirmed {fact.last_confirmed.words}"
    if fact.end is not None and fact.status != "unknown":
        return f", {span(fact.start, fact.end)}; {_ended(fact)}"
    until = f", to {fact.end.words}" if fact.end else ""
    since = f", since {fact.start.words}{began}{until}, last confirmed {fact.last_confirmed.words}"
    why = "" if fact.reason is None else f" ({_lower(_why(fact))})"
    still = f"how long it ran is {NOT_RECORDED}"
    if fact.reason in _OPEN_REASONS and not (past and fact.reason == "past-dry-date"):
        still = "whether it still runs is not known"
    if fact.reason == "delivery-doubtful":
        still = "whether it was delivered is not known"
    return f"{since}; {still}{why}"


def _ended(fact: Segment) -> str:
    if fact.reason is None:
        return "ended"
    if fact.reason == "motor-stall":
        return "stopped by a motor stall"
    return _lower(display(f"reason:{fact.reason}"))


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _certainty(fact: Segment) -> str:
    if fact.certainty == "inferred":
        return " Inferred from the reports, not recorded by the pump."
    if fact.reason == "delivery-doubtful":
        return " Whether it was delivered as programmed is not known."
    return " What ran after it was last confirmed is not known." if fact.certainty == "unknown" else ""


def _note(fact: Segment) -> str:
    primed = f" {after_priming(fact.primed)}" if fact.primed else ""
    return f"{note(fact.last_confirmed.words)}{_certainty(fact)}{primed}"


def note(read: str) -> str:
    """What every administration says of itself."""
    return f"As read from the pump on {read}; not a ward administration."


# --- dosage --------------------------------------------------------------------------------------------------------


def _dosage(sheet: Sheet, fact: Segment) -> tuple[Json, str, tuple[Trace, ...]]:
    """The dosage (empty where none may stand), the words, and where it came from."""
    if fact.bridge:
        return _bridge_dosage(sheet, fact)
    if fact.line is not None:
        return line.dosage(sheet, fact)
    words = rate.sentence(fact.settings, fact.mixture)
    written = rate.written(fact.settings, fact.mixture)
    if not written:
        return {}, words, ()
    text = rate.dosage_text(fact.settings, fact.mixture)
    traces = rate.traced("dosage", written, fact.export, fact.settings)
    return {"text": text, "route": route(), **written}, words, traces


def _bridge_dosage(sheet: Sheet, fact: Segment) -> tuple[Json, str, tuple[Trace, ...]]:
    volume = f", {said(fact.bridge_volume)}" if fact.bridge_volume else f", volume {NOT_RECORDED}"
    if fact.bridge_given is not None and sheet.binding.calculated:
        volume += f", of which {amount(fact.bridge_given.quantity)} was given ({CALCULATED})"
    words = f"Bridge bolus of the drug before the change, {mixture_words(fact.mixture)}, intrathecal{volume}"
    dose = fact.bridge_dose if sheet.binding.calculated else None
    if dose is None:
        return {}, words, ()
    label = f"{amount(dose.quantity)} ({CALCULATED})"
    written = _bridge_amount(fact, dose)
    dosage = {"text": f"Bridge bolus: {label}, intrathecal", "route": route(), **written} if written else {}
    traces = reckoned(f"dosage.{next(iter(written))}", dose) if written else ()
    return dosage, f"{words}; {label}", traces


def _bridge_amount(fact: Segment, dose: Derived) -> Json:
    if dose.quantity.value <= 0:
        return {}
    if dose.quantity.dimension != "mass":
        return {"rateQuantity": quantity(dose.quantity)}
    return {"dose": quantity(dose.quantity)} if fact.status in ("completed", "stopped") else {}


# --- the Observations of a segment ----------------------------------------------------------------------------------


def _accounted(sheet: Sheet, fact: Segment, page: str) -> Iterator[Resource]:
    """What the pump states of a bridge: its volume, and the dose that it accounted."""
    place = sheet.reference("delivery", fact.discriminator)
    for kind, reading in (("bridge-volume", fact.bridge_volume), ("bridge-accounted", fact.bridge_accounted)):
        if reading is None or reading.value is None:
            continue
        after = "; the pump's account, not a dose to the patient" if kind == "bridge-accounted" else ""
        text = f"{display(kind)}: {said(reading)}, {fact.start.words}{after}."
        yield observation(
            sheet, kind, fact.discriminator, page,
            Seen(text=text, source=fact.source, at=fact.start, reading=reading, how="reported", part_of=place),
        )  # fmt: skip


def _each_dose(sheet: Sheet, fact: Segment, page: str) -> Iterator[Resource]:
    """The daily dose of each drug of a mixture: one rate cannot say them."""
    if fact.line is not None or not rate.is_admixture(fact.settings, fact.mixture):
        return
    place = sheet.reference("delivery", fact.discriminator)
    end = None if fact.status == "running" else fact.end
    for n, dose in enumerate(fact.settings.doses, 1):
        if dose.daily is None or dose.daily.value is None:
            continue
        name = drug_name(dose.drug)
        when = span(fact.start, end) if end else f"since {fact.start.words}"
        text = f"Programmed daily dose, {name}: {said(dose.daily)}, {when}."
        seen = Seen(
            text=text, source=fact.source, at=fact.start, until=end, lasting=True, reading=dose.daily,
            how=dose.daily.how or "setting", part_of=place, about=f"Programmed daily dose, {name}",
            codes=("mdc-dose-rate", "programmed-daily-dose"), export=fact.export,
            status=None if end else "preliminary",
            extensions=() if end else (confirmed(fact.last_confirmed),),
            drug=drug_concept(Drug(name=dose.drug), first_only=True),
            traces=cited("valueQuantity", fact.export, dose.daily),
        )  # fmt: skip
        yield observation(sheet, "delivery-dose", f"{fact.discriminator} dose {n}", page, seen)
