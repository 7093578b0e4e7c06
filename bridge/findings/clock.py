"""Findings on clocks and on the order of stated dates, for the operator.

Source: rules, traps (pump clock never set, daylight saving, travel; flex steps shift with the clock; refill-by before
refill), scenario 14. Two clocks read by people or by telemetry may be some minutes apart: five are let pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from bridge.course.clocks import words
from bridge.course.remarks import Finding, SessionFact
from bridge.findings.finding import finding
from bridge.interrogation import Interrogation, Moment, Reservoir, stated
from bridge.quantity import EXACT, plain, rounded

CALCULATED = "Calculated by pumpbridge, not the pump."
APART = 300  # seconds
HOUR = 3600
A_YEAR = timedelta(days=365)
_EPOCHS = (1970, 1980, 1990, 2000)  # the years with which clocks that nobody has set begin


def offset(fact: SessionFact) -> Iterator[Finding]:
    """The pump's clock is more than five minutes from the programmer's, or whole hours from it on the wall."""
    clocks = fact.interrogation.clocks
    pump, programmer = stated(clocks.pump), stated(clocks.programmer)
    if pump is None or programmer is None or "day" in (pump.precision, programmer.precision) or _unset(fact, pump):
        return
    wall = int((pump.local - programmer.local).total_seconds())
    true = wall + _between_zones(pump, programmer)
    seconds = true if abs(true) > APART else wall
    hours = _whole_hours(seconds)
    if abs(true) <= APART and not hours:
        return
    said = f"At the same instant the pump's clock read {_at(pump)} and the programmer's {_at(programmer)}"
    text = f"{said}: the pump's is {_amount(seconds)}. {CALCULATED}{_saving(hours)}{_steps(fact)}"
    yield finding(
        "clocks-differ", fact.discriminator, fact.source, text, plain=f"{said}.{_saving(hours)}{_steps(fact)}",
        evidence=(("summary", fact.discriminator),),
    )  # fmt: skip


def _between_zones(pump: Moment, programmer: Moment) -> int:
    """What the stated offsets of both clocks account for, in seconds."""
    if pump.offset_minutes is None or programmer.offset_minutes is None:
        return 0
    return (programmer.offset_minutes - pump.offset_minutes) * 60


def _whole_hours(seconds: int) -> int:
    """How many whole hours the two are apart, within five minutes; 0: none."""
    hours = (abs(seconds) + HOUR // 2) // HOUR
    return hours if abs(abs(seconds) - hours * HOUR) <= APART else 0


def _at(moment: Moment) -> str:
    minutes = moment.offset_minutes
    if minutes is None:
        return words(moment.local)
    return f"{words(moment.local)} ({'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02})"


def _amount(seconds: int) -> str:
    minutes = plain(rounded(EXACT.divide(Decimal(abs(seconds)), Decimal(60)), 2))
    return f"{minutes} min {'ahead' if seconds > 0 else 'behind'}"


def _saving(hours: int) -> str:
    what = {0: "", 1: " A whole hour: daylight saving, or another zone, may not have been set."}
    return what.get(hours, f" {hours} whole hours: another zone may be set.")


def _steps(fact: SessionFact) -> str:
    modes = [stated(state.programme.mode) for state in fact.interrogation.channel.states if state.programme]
    return " The steps of a flex day run by the pump's clock and shift with it." if "flex" in modes else ""


def never_set(fact: SessionFact) -> Iterator[Finding]:
    """The pump's clock stands in a year with which an unset clock begins, more than a year before the session."""
    pump = stated(fact.interrogation.clocks.pump)
    if pump is not None and _unset(fact, pump):
        reads = words(pump.local, day_only=pump.precision == "day")
        text = (
            f"In the session of {fact.source.start.words} the pump's clock read {reads}: it was never set, or was "
            "reset. Times by this clock, in the log and of the steps of a flex day, tell nothing."
        )
        yield finding("clock-never-set", fact.discriminator, fact.source, text)


def _unset(fact: SessionFact, moment: Moment) -> bool:
    start = _session_day(fact.interrogation)
    return start is not None and moment.local.year in _EPOCHS and start - moment.local > A_YEAR


def _session_day(interrogation: Interrogation) -> datetime | None:
    moment = stated(interrogation.session.start)
    return moment.local if moment else None


def order(fact: SessionFact) -> Iterator[Finding]:
    """A refill-by, low or empty date before the last filling, an empty before a low one, an end before its start."""
    reservoir = fact.interrogation.channel.reservoir or Reservoir()
    low, empty, by = stated(reservoir.low_date), stated(reservoir.empty_date), stated(reservoir.refill_by)
    filled = _filled(fact)
    said = [
        f"the {name}, {words(day)}, is before the filling of {words(filled)}"
        for name, day in (("refill-by date", by), ("low reservoir date", low), ("empty date", empty))
        if day is not None and filled is not None and day < filled
    ]
    if low is not None and empty is not None and empty < low:
        said.append(f"the empty date, {words(empty)}, is before the low reservoir date, {words(low)}")
    said += _end_before_start(fact)
    if said:
        text = f"In the session of {fact.source.start.words}: {'; '.join(said)}."
        yield finding("date-order", fact.discriminator, fact.source, text, evidence=(("summary", fact.discriminator),))


def _end_before_start(fact: SessionFact) -> list[str]:
    """The session's end, where it is before its start by what the pump's record prints."""
    session = fact.interrogation.session
    start, end = stated(session.start), stated(session.end)
    if start is None or end is None:
        return []
    begun, ended = (one.local - timedelta(minutes=one.offset_minutes or 0) for one in (start, end))
    one_clock = (start.offset_minutes is None) == (end.offset_minutes is None)
    too_early = one_clock and ended < begun and "day" not in (start.precision, end.precision)
    return [f"its end, {words(end.local)}, is before its start and is not used"] if too_early else []


def _filled(fact: SessionFact) -> date | None:
    """The day of the last filling: this session's, else the one known before."""
    days = [at.local.date() for refill in fact.interrogation.channel.refills if (at := stated(refill.filled_at))]
    if days:
        return max(days)
    fill = fact.before.fill
    return datetime.fromisoformat(fill.at.printed).date() if fill else None
