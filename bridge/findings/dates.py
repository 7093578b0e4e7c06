"""Findings on dates, for the operator: later than the session that reports them, or before the pump was implanted.

Source: the traps of printed dates (day and month exchanged, a pump clock that was never set, a wrong programmer
clock). Clocks of pump and programmer may be a day apart. The session's own date has findings of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from bridge.course.clocks import words
from bridge.course.remarks import Finding, SessionFact
from bridge.findings.finding import finding
from bridge.interrogation import Moment, Reading, stated

_SHOWN = 3
A_DAY = timedelta(days=1)
Dated = tuple[str, date]


def in_future(fact: SessionFact) -> Iterator[Finding]:
    """Dates of what has happened that are more than a day later than the session."""
    last = max(_day(fact.interrogation.session.start), _day(fact.interrogation.session.end)) + A_DAY
    late = [one for one in (*_happened(fact), *_of_things(fact)) if one[1] > last]
    yield from _told(fact, "date-future", late, "later than the session that reports them")


def before_implant(fact: SessionFact) -> Iterator[Finding]:
    """Dates of what the pump did, or of its explant, before the day of its implant."""
    known = fact.pump.implanted if fact.pump else None
    implanted = stated(known.reading) if known else None
    if implanted is None or fact.before_implant is not None:
        return
    explanted = stated(fact.interrogation.pump.explanted)
    dates = [*_happened(fact), *([("explant of the pump", explanted)] if explanted else [])]
    early = [one for one in dates if one[1] < implanted]
    yield from _told(fact, "date-before-implant", early, f"before the day of implant, {words(implanted)}")


def explant(fact: SessionFact) -> Iterator[Finding]:
    """An explant date that cannot be one, and is not used: the pump is taken to be in the patient as before."""
    day, used = stated(fact.interrogation.pump.explanted), fact.pump.explanted if fact.pump else None
    if day is None or (used is not None and stated(used.reading) == day):
        return
    text = (
        f"The report of {fact.source.start.words} dates the explant of the pump {words(day)}. That is later than the "
        "report, before the implant, or before a programme that was set since: the date is not used."
    )
    yield finding("explant-date-unusable", fact.discriminator, fact.source, text)


def _told(fact: SessionFact, code: str, dates: list[Dated], what: str) -> Iterator[Finding]:
    if not dates:
        return
    shown = "; ".join(f"{name}, {words(day)}" for name, day in dates[:_SHOWN])
    more = f"; and {len(dates) - _SHOWN} more" if len(dates) > _SHOWN else ""
    text = f"The report of {fact.source.start.words} has dates {what}: {shown}{more}."
    yield finding(code, fact.discriminator, fact.source, text)


def _day(reading: Reading[Moment] | None) -> date:
    moment = stated(reading)
    return moment.local.date() if moment else date.min


def _happened(fact: SessionFact) -> Iterator[Dated]:
    """What the pump and its log say has happened, with its day."""
    channel = fact.interrogation.channel
    rows = [(f"log row {stated(row.number) or 'without number'}", row.at) for row in channel.events]
    rows += [("emptying of the reservoir", one.aspirated_at) for one in channel.refills]
    rows += [("filling of the reservoir", one.filled_at) for one in channel.refills]
    rows += [(f"bolus ({stated(one.kind) or 'kind not stated'})", one.start) for one in channel.boluses]
    yield from ((name, _day(at)) for name, at in rows if stated(at) is not None)


def _of_things(fact: SessionFact) -> Iterator[Dated]:
    catheter, patient = fact.interrogation.catheter, fact.interrogation.patient
    days = (
        ("implant of the catheter", catheter.implanted if catheter else None),
        ("explant of the pump", fact.interrogation.pump.explanted),
        ("date of birth", patient.birth_date),
    )
    yield from ((name, day) for name, reading in days if (day := stated(reading)) is not None)
