"""Other pumps of one patient: whether a newer one was implanted since this one was read last, and no explant is stated.

Promises: nothing of it is kept in a State, so that what is withdrawn or corrected there leaves no trace here; nothing
is called explanted, and no end is invented.

1. The newer pump is the one with the later stated date of implant; one that states none counts from the day on which it
   was read first; on one day, the one that was read first later. A date later than the session that states it says
   nothing.
2. Read last on or before the day of the newer implant, a pump may be out: from the beginning of that day on, by the
   site's clock, what it does is not known. (Before and during the operation it is read on that day.)
3. Read after that day it is still there, and both are in one patient. A report of it that cannot be used shows as much,
   but no reading.

Source: rules, a pump that was replaced. Must not know what another pump does.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time

from bridge.course import devices
from bridge.course.clocks import Instant, instant
from bridge.course.facts import Known, PumpFact, Segment
from bridge.course.remarks import NewerPumpFact, NewsFact
from bridge.course.sessions import FUTURE_TOLERANCE, Report, sessions_of
from bridge.course.state import State, Turn
from bridge.interrogation import Moment, stated

NAME = "newer pump"


@dataclasses.dataclass(frozen=True, slots=True)
class OtherPump:
    """What is held of a patient's other pump: its state up to a session (None: nothing), and the reports after it."""

    base: State | None
    reports: tuple[Report, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class _Newer:
    """A newer pump: the day of its implant as stated, when it was read first, and whether an explant is stated."""

    day: date
    first: datetime
    known: Known[date]
    is_out: bool


def newer_pumps(
    state: State, others: Sequence[OtherPump], notes: Iterable[NewsFact], as_of: datetime, zone: str
) -> tuple[list[NewerPumpFact], list[datetime]]:
    """What is to be said of newer pumps on the open page, at most one fact a kind, and when that may change by time."""
    if not others or state.pump is None or state.last_read is None or state.pump.explant_session is not None:
        return [], []
    learned = [_learned(other, as_of, zone) for other in others]
    times = [at for _, later in learned for at in later]
    newer = sorted(
        (one for pump, _ in learned for one in _newer(state.pump, pump)), key=lambda one: (one.day, one.first)
    )
    read = max([_day(state.last_read), *(_day(note.at) for note in notes if note.kind == "unreadable" and note.at)])
    since = [one for one in newer if one.day >= read]
    begun = [one for one in since if _begins(one.day, zone).utc <= as_of]
    times += [_begins(one.day, zone).utc for one in since]
    together = [one for one in newer if one.day < _day(state.last_read) and not one.is_out]
    facts = [_fact(state, "instead", one, zone) for one in begun[:1]]
    return facts + [_fact(state, "beside", one, zone) for one in together[-1:]], times


def instead(facts: Iterable[NewerPumpFact]) -> NewerPumpFact | None:
    """The fact by which this pump may be out; None where nothing says so."""
    return next((fact for fact in facts if fact.kind == "instead"), None)


def not_known(segment: Segment, fact: NewerPumpFact) -> Segment:
    """What runs by the last reading, once a newer pump was implanted."""
    return dataclasses.replace(
        segment, status="unknown", certainty="unknown", reason="newer-pump-implanted", newer_pump=fact.implanted
    )


def _learned(other: OtherPump, as_of: datetime, zone: str) -> tuple[PumpFact | None, list[datetime]]:
    """The other pump by its sessions up to now, and when the sessions that lie in the future come true."""
    state, later = other.base or State(), list[datetime]()
    for session in sessions_of(other.reports):
        turn = Turn(state, session, zone)
        if turn.start.utc > as_of + FUTURE_TOLERANCE:
            later.append(turn.start.utc - FUTURE_TOLERANCE)
            continue
        devices.learn(turn)
        state = turn.state
    return state.pump, later


def _newer(pump: PumpFact, other: PumpFact | None) -> Iterator[_Newer]:
    known = other.implanted if other is not None else None
    day, own = _implanted(other), _implanted(pump) or _day(pump.serial.read)
    if other is not None and known is not None and day is not None:
        first = other.serial.read.utc
        if (day, first) > (own, pump.serial.read.utc):
            yield _Newer(day, first, known, other.explant_session is not None)


def _implanted(pump: PumpFact | None) -> date | None:
    """The stated day of implant, where the session that states it is not earlier."""
    known = pump.implanted if pump is not None else None
    day = stated(known.reading) if known else None
    return day if known is not None and day is not None and day <= _day(known.read) else None


def _day(at: Instant) -> date:
    return datetime.fromisoformat(at.printed).date()


def _begins(day: date, zone: str) -> Instant:
    return instant(Moment(datetime.combine(day, time(0, 0)), "day"), None, zone)


def _fact(state: State, kind: str, one: _Newer, zone: str) -> NewerPumpFact:
    assert state.last_source is not None, "asked only of a pump that was read"
    assert state.last_read is not None, "asked only of a pump that was read"
    exports = tuple(dict.fromkeys((*state.last_source.exports, one.known.export)))
    return NewerPumpFact(
        kind="instead" if kind == "instead" else "beside",
        discriminator=NAME,
        source=dataclasses.replace(state.last_source, exports=exports),
        implanted=one.day,
        since=_begins(one.day, zone),
        last_read=state.last_read,
        segment=state.segment.discriminator if state.segment else None,
    )
