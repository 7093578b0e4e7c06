"""What comes true by time alone, or by a later session that still shows it: conditions that nobody states.

Kinds: past-dry-date (the reservoir may have run dry, or the pump says that it has), stopped-long, refill-soon-due (over
with the day itself), refill-missed (from then on), stall-without-recovery. The open page shows one from its instant
on; the session that ends it seals it. One that turns out to have been over before its instant never held, and is not
kept. Sources: rules, alarms, arithmetic 4; scenarios 9 and 11; refills are planned at least a week before the date.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from bridge.course.clocks import Instant, instant, told_at
from bridge.course.facts import EventFact, Gap
from bridge.course.remarks import Condition
from bridge.course.state import State, Turn
from bridge.interrogation import Moment, stated

DRY, STOPPED, STALLED = "past-dry-date", "stopped-long", "stall-without-recovery"
SOON, MISSED = "refill-soon-due", "refill-missed"
KINDS = (DRY, STOPPED, SOON, MISSED, STALLED)
LONG = timedelta(hours=48)
AHEAD = timedelta(days=14)
_STATED_STOPS = ("pump-stopped", "found-not-infusing")


def dry_name(state: State) -> str:
    """What tells one running dry from another: the filling that ran out, and how often it turned out not to have."""
    name = f"dry {state.filled_as}".rstrip()
    return f"{name}/{state.dry_over + 1}" if state.dry_over else name


def coming(state: State, zone: str) -> tuple[Condition, ...]:
    """What holds from an instant on, if no session says otherwise; what a session found to hold is in the state."""
    held = {_same(one) for one in state.conditions}
    made = (_dry(state, zone), _stopped(state, zone), _soon(state, zone), _missed(state, zone))
    told = (one for one in made if one is not None and _same(one) not in held)
    return tuple(one for one in told if not _before_implant(state, one))


def _before_implant(state: State, one: Condition) -> bool:
    """Whether it would have begun before the pump was implanted, by a reckoning: it says nothing of this patient."""
    day = stated(state.pump.implanted.reading) if state.pump and state.pump.implanted else None
    return day is not None and not _by_pump(one) and datetime.fromisoformat(one.since.printed).date() < day


def _same(one: Condition) -> tuple[str, str]:
    """What makes two conditions one: the date that a filling is due by, else the discriminator."""
    return one.kind, dict(one.told)["by"] if one.kind in (SOON, MISSED) else one.discriminator


def stated_dry(turn: Turn) -> None:
    """A reservoir that the pump says to be empty on a day may be so from its beginning, by the clock there.

    Source: law on old news (past the earliest dry date). The instant keeps its offset: a stated day is told as a day.
    """
    reservoir = turn.channel.reservoir
    day = stated(reservoir.empty_date) if reservoir else None
    if day is None:
        return
    zone = ZoneInfo(stated(turn.interrogation.clocks.zone) or turn.site_zone)
    begins = datetime.combine(day, time(0, 0), zone)
    if turn.state.dry_at is None or begins <= turn.state.dry_at:
        fixed = timezone(begins.utcoffset() or timedelta(0))
        turn.change(dry_at=begins.astimezone(fixed), dry_stated=True)


def _dry(state: State, zone: str) -> Condition | None:
    if state.dry_at is None or state.last_source is None or state.gap is not None or _is_out(state):
        return None
    read = state.last_source.read
    basis = "stated" if state.dry_stated else "calculated"
    since = _day(state.dry_at, read) if state.dry_stated else told_at(read, state.dry_at, zone)
    return Condition(DRY, dry_name(state), state.last_source, since, read, (("basis", basis),))


def _day(dry: datetime, read: Instant) -> Instant:
    return Instant(dry.astimezone(UTC), f"{dry:%Y-%m-%d}", f"{dry:%Y-%m-%d %H:%M}", read.source)


def _stopped(state: State, zone: str) -> Condition | None:
    gap = state.gap
    if gap is None or gap.reason not in _STATED_STOPS:
        return None
    since = told_at(gap.start, gap.start.utc + LONG, zone)
    began = "found" if gap.reason == "found-not-infusing" else "stated"
    told, places = (("at", gap.start.words), ("began", began)), (("gap", gap.discriminator),)
    return Condition(STOPPED, gap.discriminator, gap.source, since, gap.last_confirmed, told, places)


def _soon(state: State, zone: str) -> Condition | None:
    day = stated(state.reservoir.refill_by) if state.reservoir else None
    if day is None or state.last_source is None or _is_out(state):
        return None
    if datetime.fromisoformat(state.last_source.read.printed).date() > day:
        return None  # it was over when the pump was read
    since = instant(Moment(datetime.combine(day, time(0, 0)) - AHEAD, "day"), None, zone)
    told = (("by", day.isoformat()),)
    name = f"refill by {day.isoformat()}, {state.last_source.session}"  # a date may be taken back and stated again
    return Condition(SOON, name, state.last_source, since, state.last_source.read, told, due=_day_after(day, zone))


def _missed(state: State, zone: str) -> Condition | None:
    """The refill-by date has passed, and no filling since it was stated is known."""
    day = stated(state.reservoir.refill_by) if state.reservoir else None
    if day is None or state.last_source is None or _is_out(state):
        return None
    if datetime.fromisoformat(state.last_source.read.printed).date() > day:
        return None  # the reading that stated it was later: what it meant is not known
    told = (("by", day.isoformat()),)
    return Condition(
        MISSED, day.isoformat(), state.last_source, _day_after(day, zone), state.last_source.read, told
    )  # fmt: skip


def _day_after(day: date, zone: str) -> Instant:
    return instant(Moment(datetime.combine(day, time(0, 0)) + timedelta(days=1), "day"), None, zone)


def _is_out(state: State) -> bool:
    return state.pump is not None and state.pump.explant_session is not None


# --- a session --------------------------------------------------------------------------------------------------------


def settle(turn: Turn, before: State) -> None:
    """At the end of a session: what began since the last one, what it still shows, and what it ended."""
    others = tuple(one for one in turn.state.conditions if one.kind not in KINDS)
    kept: list[Condition] = []
    for one in _held(turn, before):
        end = _end(turn, before, one)
        if one.due is not None and one.due.utc <= turn.start.utc and (end is None or end.utc > one.due.utc):
            end = one.due
        if end is None:
            kept.append(dataclasses.replace(one, last_read=turn.read))
        elif end.utc >= one.since.utc or _by_pump(one):
            turn.emit(_over(turn, before, one, end))
            if one.discriminator == dry_name(turn.state):
                turn.change(dry_over=turn.state.dry_over + 1)
    turn.change(conditions=(*others, *kept))


def _over(turn: Turn, before: State, one: Condition, end: Instant) -> Condition:
    """A condition with its end: what the pump said of itself did hold, whatever a later session tells of before it."""
    until = max(end, one.since, key=lambda instant: instant.utc)
    filled = one.kind == DRY and turn.state.fill is not None and _filled(turn, before) and end == turn.state.fill.at
    told = (*one.told, *((("over", "filled"),) if filled else ()))
    return dataclasses.replace(one, told=told, until=until, last_read=turn.read, source=turn.source)


def _filled(turn: Turn, before: State) -> bool:
    return turn.state.filled_as != before.filled_as and turn.state.fill is not None


def _held(turn: Turn, before: State) -> list[Condition]:
    """What held when the session began, or began in it by the pump's own word; each once, the earliest first."""
    found = [one for one in turn.state.conditions if one.kind in KINDS]
    found += [one for one in coming(before, turn.site_zone) if one.since.utc <= turn.start.utc]
    found += _stalled(turn, before)
    held = {_same(one): one for one in reversed(found)}
    for one in _emptied(turn, before):
        known = held.get(_same(one), one)
        held[_same(one)] = known if _by_pump(known) else _since_before(one, known)
    return [one for one in held.values() if not _before_implant(turn.state, one)]


def _since_before(one: Condition, known: Condition) -> Condition:
    """What the pump says, since it may have been so: by its date or a reckoning, where that was earlier."""
    if known.since.utc > one.since.utc:
        return one
    told = (*one.told, ("before", dict(known.told)["basis"]), ("from", known.since.words))
    return dataclasses.replace(one, since=known.since, told=told)


def _by_pump(one: Condition) -> bool:
    return ("basis", "pump") in one.told


def _emptied(turn: Turn, before: State) -> Iterator[Condition]:
    """The pump says that the reservoir is empty, in its log or by an alarm in force."""
    for fact in turn.facts:
        if isinstance(fact, EventFact) and stated(fact.event.code) == "empty-reservoir":
            later_fill = turn.state.filled_at is not None and fact.at.utc < turn.state.filled_at
            name = dry_name(before if later_fill else turn.state)
            if before.filled_at is None or fact.at.utc >= before.filled_at:
                yield _by_the_pump(turn, name, fact.at, "log", (("event", fact.discriminator),))
    for alarm in turn.channel.alarms:
        if stated(alarm.code) == "empty-reservoir":
            yield _by_the_pump(turn, dry_name(turn.state), turn.start, "alarm", ())


def dry_since(turn: Turn) -> Instant:
    """Since when the reservoir of an alarm in force is dry: by its date or the log where they tell, else as read."""
    name = dry_name(turn.state)
    told = [fact.at for fact in turn.facts if isinstance(fact, EventFact) and _tells(turn, fact)]
    told += [one.since for one in turn.state.conditions if (one.kind, one.discriminator) == (DRY, name)]
    if turn.state.filled_on != turn.session.position:
        told += [one.since for one in coming(turn.state, turn.site_zone) if one.kind == DRY]
    return min((*told, turn.start), key=lambda since: since.utc)


def _tells(turn: Turn, fact: EventFact) -> bool:
    filled = turn.state.filled_at
    return stated(fact.event.code) == "empty-reservoir" and (filled is None or fact.at.utc >= filled)


def _by_the_pump(turn: Turn, name: str, since: Instant, how: str, places: tuple[tuple[str, str], ...]) -> Condition:
    told = (("basis", "pump"), ("how", how), ("at", since.words))
    return Condition(DRY, name, turn.source, since, turn.read, told, places)


def _stalled(turn: Turn, before: State) -> Iterator[Condition]:
    """A stall that an earlier session read, and that this one reads as not over."""
    gap = before.gap
    if gap is None or gap.reason != "motor-stall" or turn.state.gap is None:
        return
    if turn.state.gap.discriminator == gap.discriminator:
        places = (("gap", gap.discriminator),)
        told = (("at", gap.start.words),)
        yield Condition(STALLED, gap.discriminator, turn.source, turn.start, turn.read, told, places)


def _end(turn: Turn, before: State, one: Condition) -> Instant | None:
    """When this session ended a condition; None: it goes on."""
    if one.kind in (STOPPED, STALLED):
        return _gap_over(turn, one)
    if _filled(turn, before) and one.discriminator != dry_name(turn.state):
        return turn.state.fill.at if turn.state.fill else None
    if _is_out(turn.state):
        return turn.read
    if one.kind == SOON:
        named = _soon(turn.state, turn.site_zone)
        return None if named is not None and _same(named) == _same(one) else turn.read
    if one.kind == MISSED:
        now = turn.channel.reservoir
        by = stated(now.refill_by) if now else None
        return None if by is None or by.isoformat() == dict(one.told)["by"] else turn.read
    dry = turn.state.dry_at
    return None if _by_pump(one) or (dry is not None and dry <= turn.read.utc) else turn.read


def _gap_over(turn: Turn, one: Condition) -> Instant | None:
    gap = turn.state.gap
    if gap is not None and gap.discriminator == one.discriminator:
        return None
    ends = [fact.end for fact in turn.facts if isinstance(fact, Gap) and fact.discriminator == one.discriminator]
    return next((end for end in ends if end is not None), turn.read)
