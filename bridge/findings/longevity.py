"""Findings on the end of the pump's life: what it states of it, and statements that contradict each other.

Sources: replacement indicator and end of service as the pump states them (rules, alarms); normally at least 90 days lie
between them, fewer in pumps with the battery film fault (families); replace-by dates that the 8870 software displayed
wrongly (recall Z-1338-2012). No end of service is computed from an age.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date, datetime
from decimal import ROUND_CEILING, Decimal

from bridge.course.clocks import words
from bridge.course.remarks import Condition, Finding, SessionFact
from bridge.families.facts import Fact
from bridge.families.table import family_of, recalls_for
from bridge.findings.finding import finding
from bridge.interrogation import Longevity, stated
from bridge.quantity import EXACT, Quantity, plain, rounded

CALCULATED = "Calculated by pumpbridge, not the pump."
BEFORE = 1  # months: a printed number of months is rounded
AFTER = 1 + 3  # and a replace-by date may be that of the end of service, about three months after the indicator
RECALL = "Z-1338-2012"
A_DAY = Decimal(86400)


def over(fact: Condition) -> Iterator[Finding]:
    """The end of service, while it is stated, and whether it came early. Source: rules, alarms, a critical alarm."""
    how = f"on {fact.since.words}" if _told(fact, "how") == "event" else f"as read {fact.since.words}"
    text = f"The pump states that the end of its service is reached, {how}; last read {fact.last_read.words}."
    yield _of(fact, "end-of-service", text)
    yield from _early(fact)


def replacement(fact: Condition) -> Iterator[Finding]:
    """The elective replacement indicator, while it is stated. Source: rules, alarms, a non-critical alarm."""
    how = f"on {fact.since.words}" if _told(fact, "how") == "event" else f"as read {fact.since.words}"
    text = f"The pump states that its elective replacement indicator is reached, {how}; last read "
    yield _of(fact, "eri-reached", f"{text}{fact.last_read.words}.")


def _early(fact: Condition) -> Iterator[Finding]:
    """End of service sooner after the replacement indicator than the family states. Source: families, 90 days."""
    earliest = _told(fact, "eri-not-before")
    least = _least(fact)
    if not earliest or least is None:
        return
    seconds = Decimal(int((fact.since.utc - datetime.fromisoformat(earliest)).total_seconds()))
    days = EXACT.divide(seconds, A_DAY)
    if days >= least.quantity.to("d").value:
        return
    reached = f"on {_told(fact, 'eri')}" if _told(fact, "eri-how") == "event" else f"as first read {_told(fact, 'eri')}"
    text = f"The replacement indicator was reached {reached}, the end of service by {fact.since.words}"
    usual = f"For this model {least.quantity.value:f} days at least are stated ({least.source}, {least.date})."
    yield _of(
        fact, "eri-to-eos-short", f"{text}: at most {plain(rounded(days, 2))} days between. {CALCULATED} {usual}",
        plain=f"{text}. {usual}",
    )  # fmt: skip


def _least(fact: Condition) -> Fact | None:
    model = _told(fact, "model")
    family = family_of(_told(fact, "manufacturer"), model)
    return family.fact("eri-to-eos-minimum", model=model) if family else None


def _of(fact: Condition, code: str, text: str, plain: str | None = None) -> Finding:
    return finding(
        code, fact.discriminator, fact.source, text, since=fact.since, until=fact.until, evidence=fact.places,
        plain=plain,
    )  # fmt: skip


def _told(fact: Condition, name: str) -> str:
    return dict(fact.told).get(name, "")


# --- the replace-by date ---------------------------------------------------------------------------------------------


def contradictions(fact: SessionFact) -> Iterator[Finding]:
    """A replace-by date before the implant, or that the months remaining contradict. Source: recall Z-1338-2012."""
    longevity = fact.interrogation.longevity or Longevity()
    day = stated(longevity.replace_by)
    if day is None:
        return
    said = [one for one in (_before_implant(fact, day), _against_months(fact, longevity, day)) if one]
    if said:
        whole, unlabelled = (" ".join(parts) for parts in zip(*said, strict=True))
        yield finding(
            "replace-by-contradicts", fact.discriminator, fact.source, f"{whole}{_recall(fact)}",
            plain=f"{unlabelled}{_recall(fact)}", evidence=(("summary", fact.discriminator),),
        )  # fmt: skip


def _before_implant(fact: SessionFact, day: date) -> tuple[str, str] | None:
    known = fact.pump.implanted if fact.pump else None
    implanted = stated(known.reading) if known else None
    if implanted is None or day > implanted:
        return None
    text = f"The replace-by date, {words(day)}, is not later than the implant, {words(implanted)}."
    return text, text


def _against_months(fact: SessionFact, longevity: Longevity, day: date) -> tuple[str, str] | None:
    reading = longevity.months_to_eri
    months = stated(reading)
    if reading is None or months is None or reading.bound:
        return None
    read = datetime.fromisoformat(fact.source.read.printed).date()
    first, last = _months(months, read)
    if first <= day <= last:
        return None
    text = f"The replace-by date, {words(day)}, does not agree with {plain(months.value)} months to elective "
    text += f"replacement as read {words(read)}"
    return f"{text}, which leads to between {words(first)} and {words(last)}. {CALCULATED}", f"{text}."


def _months(months: Quantity, read: date) -> tuple[date, date]:
    """The first and the last day that a replace-by date can have."""
    least, most = int(months.value), int(months.value.to_integral_value(ROUND_CEILING))
    return _later(read, least - BEFORE), _later(read, most + AFTER)


def _later(day: date, months: int) -> date:
    """The day some months later or earlier; the last of the month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        return date.min if year < date.min.year else date.max
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _recall(fact: SessionFact) -> str:
    pump = fact.pump
    names = (stated(pump.manufacturer.reading), stated(pump.model.reading)) if pump else (None, None)
    told = (f"{one.number}, {one.source} ({one.date})" for one in recalls_for(*names) if one.number == RECALL)
    return "".join(f" Wrong replace-by dates were recalled: {one}." for one in told)
