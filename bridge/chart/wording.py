"""How values are said where people read: units in words, what is missing said so, the printed text kept beside.

Promises: "micrograms" and "intrathecal", never "mcg" or "IT"; an absent value reads NOT RECORDED, an unreadable or
disputed one NOT USABLE with its printed text; a value whose unit was shifted is followed by what was printed. Plain
text only: escaping belongs to the narrative. Must not know FHIR.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from bridge.chart.resource import Centre
from bridge.course.clocks import Instant
from bridge.course.clocks import words as date_words
from bridge.course.facts import Known, Mixture, Source
from bridge.course.programmes import MODE_WORDS
from bridge.interrogation import Alarm, Drug, Event, Programme, Reading, Step, stated
from bridge.quantity import Quantity
from bridge.terms.table import display

T = TypeVar("T")
NOT_RECORDED = "NOT RECORDED"
CALCULATED = "Calculated by pumpbridge, not the pump"

# dimension base unit by unit: what leaves the house, and how people read it
BASE = {"mg": "ug", "g": "ug", "uL": "mL", "mg/mL": "ug/mL", "mg/d": "ug/d", "mg/h": "ug/h", "uL/d": "mL/d", "mm": "cm"}
UNIT_WORDS = {
    "ug": "micrograms", "ug/mL": "micrograms/mL", "ug/d": "micrograms/day", "ug/h": "micrograms/hour", "mL": "mL",
    "mL/d": "mL/day", "mL/h": "mL/hour", "cm": "cm", "d": "days", "h": "hours", "min": "minutes", "s": "seconds",
    "mo": "months", "%": "%", "1": "",
}  # fmt: skip
_PARTS = {
    "ng": "nanograms", "ug": "micrograms", "mg": "milligrams", "g": "grams", "U": "units",
    "[iU]": "international units", "m[iU]": "milli-international units", "mmol": "millimoles",
    "meq": "milliequivalents", "uL": "microlitres", "mL": "mL", "L": "L", "kg": "kg",
}  # fmt: skip
_PER = {"kg": "kg", "mL": "mL", "L": "L", "min": "minute", "h": "hour", "d": "day"}
_BOUNDS = {"<": "less than ", ">": "more than "}


def in_base(quantity: Quantity) -> Quantity:
    """The quantity in the unit of its dimension that leaves the house, shifted exactly."""
    unit = BASE.get(quantity.unit)
    return quantity if unit is None else quantity.to(unit)


def amount(quantity: Quantity) -> str:
    """A quantity for people: 400.00 micrograms/day."""
    base = in_base(quantity)
    return f"{base.value:f} {UNIT_WORDS[base.unit]}".rstrip()


@lru_cache(maxsize=128)
def unit_words(unit: str) -> str:
    """A unit for people: micrograms/kg/minute; what an implanted pump does not state is made of its parts' words."""
    first, *per = unit.split("/")
    known = UNIT_WORDS.get(unit)
    return known if known is not None else "/".join([_PARTS[first], *(_PER[part] for part in per)])


def as_stated(quantity: Quantity) -> str:
    """A quantity for people in the unit it was stated in: 0.100 micrograms/kg/minute."""
    return f"{quantity.value:f} {unit_words(quantity.unit)}".rstrip()


def told(reading: Reading[Quantity] | None) -> str:
    """A stated quantity for people in its own unit, with its bound, or why there is none."""
    if reading is None or reading.value is None:
        return missing(reading)
    return f"{_BOUNDS.get(reading.bound or '', '')}{as_stated(reading.value)}"


# What an export prints may not be read again as our words; the trace keeps it letter by letter.
_ABBREVIATED = re.compile(
    r"(?<![A-Za-z])(?P<dose>(?i:mcg))(?![A-Za-z])|(?<![A-Za-z])(?P<no>(?i:mri?[ -]safe))(?![A-Za-z])"
    r"|(?<![\w-])(?:(?P<route>IT)|(?P<ok>OK|Ok))(?![\w-])",
    re.ASCII,
)
_SPELT = {"dose": "micrograms", "route": "intrathecal"}


def readable(text: str) -> str:
    """A text for people without what may be misread: abbreviations spelt out, reassurances left out."""
    lower = text.lower()
    if "mcg" not in lower and "safe" not in lower and "IT" not in text and "ok" not in lower:
        return text  # most texts, and finding that out is cheaper than the search
    return _ABBREVIATED.sub(lambda found: _SPELT.get(found.lastgroup or "", "[...]"), text)


def printed(reading: Reading[T]) -> str:
    """The printed text on one line, for people."""
    return readable(" ".join(reading.text.split()))


def missing(reading: Reading[T] | None) -> str:
    """Why there is no value: NOT RECORDED, or NOT USABLE with what was printed."""
    if reading is None:
        return NOT_RECORDED
    return f'NOT USABLE (printed as "{printed(reading)}")'


def said(reading: Reading[Quantity] | None) -> str:
    """A stated quantity for people, with its bound, and its printed text where the unit was shifted."""
    if reading is None or reading.value is None:
        return missing(reading)
    shifted = reading.value.unit in BASE
    beside = f" (printed as {printed(reading)})" if shifted else ""
    return f"{_BOUNDS.get(reading.bound or '', '')}{amount(reading.value)}{beside}"


def said_as(reading: Reading[T] | None, show: Callable[[T], str]) -> str:
    """Any other stated value for people."""
    return missing(reading) if reading is None or reading.value is None else show(reading.value)


def day(at: Instant) -> str:
    """The day of an instant: 12 May 2025."""
    return date_words(datetime.fromisoformat(at.printed), day_only=True)


def day_words(value: date) -> str:
    """A stated date: 7 Sep 2025."""
    return date_words(value)


def span(start: Instant, end: Instant) -> str:
    """An interval; the day is said once where both ends lie on it."""
    last = end.words
    if len(start.fhir) > 10 and len(end.fhir) > 10 and start.printed[:10] == end.printed[:10]:
        last = last.rsplit(" ", 1)[-1]
    return f"{start.words} to {last}"


def earlier(known: Known[T] | None, source: Source) -> str:
    """Where a value outlives its report: the date of that report in brackets, else nothing."""
    if known is None or known.export in source.exports:
        return ""
    return f" (report of {day(known.read)})"


def capital(text: str) -> str:
    """The text with a capital letter in front."""
    return text[:1].upper() + text[1:]


def centre(of: Centre) -> str:
    """Whom to call."""
    return f"{of.name}, {of.phone}" if of.phone else of.name


# --- drugs ---------------------------------------------------------------------------------------------------------

KNOWN_DRUGS = ("baclofen",)


def drug_name(name: Reading[str] | None) -> str:
    """The name of a drug: in lower case where it is one we know, else as printed."""
    said_name = said_as(name, lambda value: readable(" ".join(value.split())))
    lower = said_name.lower()
    return lower if lower in KNOWN_DRUGS else said_name


def drug_words(drug: Drug) -> str:
    """A drug with its concentration: baclofen 2000.0 micrograms/mL."""
    if drug.concentration is None:
        return f"{drug_name(drug.name)} (concentration {NOT_RECORDED})"
    return f"{drug_name(drug.name)} {said(drug.concentration)}"


def mixture_words(mixture: Mixture | None) -> str:
    """What is in the reservoir: baclofen 2000.0 micrograms/mL and morphine 5000 micrograms/mL."""
    return joined([drug_words(drug) for drug in mixture.drugs]) if mixture and mixture.drugs else f"drug {NOT_RECORDED}"


def joined(parts: list[str]) -> str:
    """One; one and two; one, two and three."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


# --- programmes ----------------------------------------------------------------------------------------------------


def mode(programme: Programme) -> str:
    """The mode of a programme in words."""
    if programme.mode is None:
        return f"mode {NOT_RECORDED}"
    return said_as(programme.mode, lambda code: MODE_WORDS.get(code, code))


def doses(programme: Programme, mixture: Mixture | None, unit: str = "") -> str:
    """Each drug with its daily dose: baclofen 400.00 micrograms/day; `unit` says it otherwise (micrograms in 24 h)."""
    if not programme.doses:
        return f"{_only_name(mixture)} dose {NOT_RECORDED}"
    rows = range(len(programme.doses))
    return joined([f"{_dose_name(programme, mixture, n)} {_daily(programme, n, unit)}" for n in rows])


def _daily(programme: Programme, index: int, unit: str) -> str:
    daily = programme.doses[index].daily
    if daily is None:
        return f"dose {NOT_RECORDED}"
    return said(daily).replace("micrograms/day", unit, 1) if unit else said(daily)


def _dose_name(programme: Programme, mixture: Mixture | None, index: int) -> str:
    name = programme.doses[index].drug
    if name is None and mixture is not None and index < len(mixture.drugs) and len(programme.doses) <= 1:
        name = mixture.drugs[index].name
    return drug_name(name) if name is not None else f"drug {NOT_RECORDED}"


def _only_name(mixture: Mixture | None) -> str:
    if mixture is None or not mixture.drugs:
        return f"drug {NOT_RECORDED}"
    return joined([drug_name(drug.name) for drug in mixture.drugs])


def programme_words(programme: Programme) -> str:
    """A programme in short, without its drug: 400.00 micrograms/day, simple continuous."""
    amounts = [said(dose.daily) if dose.daily else f"dose {NOT_RECORDED}" for dose in programme.doses]
    if not amounts and stated(programme.mode) == "stopped":
        return mode(programme)
    return f"{joined(amounts) if amounts else f'dose {NOT_RECORDED}'}, {mode(programme)}"


def clock_time(minutes: Reading[int] | None) -> str:
    """A time of day by the pump's clock: 06:00; the end of the day is 24:00."""
    return said_as(minutes, lambda value: f"{value // 60:02}:{value % 60:02}")


def step_words(step: Step) -> str:
    """One step of a flex day: 00:00 to 06:00 72.00 micrograms."""
    return f"{clock_time(step.start)} to {clock_time(step.end)} {step_amount(step)}"


def step_amount(step: Step) -> str:
    """What a step gives: its stated dose, else its stated rate."""
    return said(step.dose) if step.dose is not None or step.rate is None else said(step.rate)


# --- alarms and how a value is known --------------------------------------------------------------------------------


def alarm_words(alarm: Alarm) -> str:
    """An alarm with its severity: motor stall (critical)."""
    return _entry_words(alarm.code, alarm.text, alarm.severity, "alarm:")


def event_words(event: Event, prefix: str) -> str:
    """A row of the pump's log with its severity; `prefix` names the table it is coded in."""
    return _entry_words(event.code, event.text, event.severity, prefix)


def _entry_words(
    code: Reading[str] | None, text: Reading[str] | None, severity: Reading[str] | None, prefix: str
) -> str:
    value, grave = stated(code), stated(severity)
    if value is None or value == "other":
        said_text = f'"{printed(text)}"' if text is not None and printed(text) else missing(code)
    else:
        name = display(prefix + value)
        said_text = name[:1].lower() + name[1:]
    return f"{said_text} ({grave})" if grave and grave != "information" else said_text


HOW_SHORT = {
    "calculated": "calculated by the pump",
    "sensed": "sensed by the pump",
    "aspirated": "aspirated",
    "typed": "entered at the programmer",
    "reported": "reported by the pump",
    "setting": "",
}


def plainly(value: Decimal) -> str:
    """A derived number as it is."""
    return f"{value:f}"
