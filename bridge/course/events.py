"""The pump's log: new rows merged over overlapping logs, and what they do to delivery.

Promises: a row is known by its number, code and printed time together, for pumps reuse numbers; rows are taken in the
order of their instants, but of rows within a day of each other in that of the pump's own numbers: its clock may have
been set, or show an hour twice. A stop ends the segment and opens a gap; only its own kind of recovery closes it. A
stop that cannot be placed makes what runs unknown. One from before what runs began revises what was charted since the
last filling (revisions.py), or makes it unknown where its recovery is not recorded: nothing is guessed about it.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

from bridge.course import bridging, dry
from bridge.course.clocks import Instant, second_reading
from bridge.course.facts import EventFact, Gap, Segment
from bridge.course.remarks import LateStopFact
from bridge.course.revisions import Stopped
from bridge.course.segments import close_gap, end_segment, lose_segment, open_gap, open_segment
from bridge.course.state import A_DAY, EVENTS_REMEMBERED, Turn
from bridge.interrogation import Event, stated

Row = tuple[Instant, str, str, Event]  # instant, identity, discriminator, event

ANEW = 100
_STOPS = {"motor-stall": "motor-stall", "pump-stopped": "pump-stopped"}
_ENDS = {"motor-stall-recovered": "motor-stall", "pump-started": "pump-stopped"}


def new_rows(turn: Turn) -> list[Row]:
    """The rows that no earlier log told of, in order; rows without a readable time are left out."""
    seen, rows = set(turn.state.events_seen), list[Row]()
    within: dict[str, int] = {}
    for event in turn.channel.events:
        at = turn.within(event.at)
        if at is None:
            continue
        number, code = stated(event.number), stated(event.code) or "other"
        place = f"{number or ''}|{code}|{at.printed}"
        within[place] = within.get(place, 0) + 1
        identity = place if within[place] == 1 or number else f"{place}#{within[place]}"
        if identity not in seen:
            seen.add(identity)
            rows.append((at, identity, _named(turn, number, code, at, within[place]), event))
    return in_sequence(rows)


def in_sequence(rows: list[Row]) -> list[Row]:
    """Rows by their instants, but by the pump's own numbers where these say otherwise within a day.

    Source: order within a pump follows the pump. Further apart, or with a number that is lower by 100 or more, the pump
    has begun to count anew.
    """
    ordered: list[Row] = []
    for row in sorted(rows, key=lambda row: (row[0].utc, _rank(row[3]), row[1])):
        place = len(ordered)
        while place and _precedes(row, ordered[place - 1]):
            place -= 1
        ordered.insert(place, row)
    return _resolved(ordered)


def _precedes(row: Row, other: Row) -> bool:
    """Whether a row goes before one that is not later by the clock: the pump gave it a lower number about then."""
    number, least = _rank(row[3]), _rank(other[3]) - ANEW
    return max(0, least) < number < least + ANEW and row[0].utc - other[0].utc < A_DAY


def _resolved(rows: list[Row]) -> list[Row]:
    """In the hour that a clock shows twice, a row that follows a later one was printed the second time."""
    for number in range(1, len(rows)):
        at, latest = rows[number][0], rows[number - 1][0].utc
        if at.ambiguous and at.utc < latest:
            rows[number] = (second_reading(at), *rows[number][1:])
    return rows


def _named(turn: Turn, number: str | None, code: str, at: Instant, ordinal: int) -> str:
    if number is None:
        return f"{code} {at.printed}" + (f"/{ordinal}" if ordinal > 1 else "")
    reused = any(identity.startswith(f"{number}|") for identity in turn.state.events_seen)
    return f"event {number} {at.printed}" if reused else f"event {number}"


def _rank(event: Event) -> int:
    number = stated(event.number) or ""
    return int(number) if number.isascii() and number.isdigit() else 0


def take(turn: Turn, row: Row) -> None:
    """One row: its fact, and what it does to the running segment or the open gap."""
    at, identity, discriminator, event = row
    if identity in turn.state.events_seen:
        return
    turn.change(events_seen=(*turn.state.events_seen, identity)[-EVENTS_REMEMBERED:])
    turn.emit(EventFact(discriminator, turn.source, at, event))
    bridging.settle(turn, at)
    code = stated(event.code)
    if code != "empty-reservoir":
        dry.past(turn, at)
    if code in _STOPS:
        _stopped(turn, at, discriminator, event)
    elif code in _ENDS:
        _recovered(turn, at, discriminator, event)
    elif code == "empty-reservoir" and turn.state.segment and turn.state.segment.start.utc <= at.utc:
        lose_segment(turn, "reservoir-empty")


def unplaced(turn: Turn) -> None:
    """A row that may be a stop and cannot be placed in time, or read: what runs is not known any more."""
    for event in turn.channel.events:
        code = stated(event.code)
        if (event.code is not None and code is None) or (code in _STOPS and turn.within(event.at) is None):
            lose_segment(turn, "value-unreadable")


def _stopped(turn: Turn, at: Instant, discriminator: str, event: Event) -> None:
    late, gap = _is_late(turn, at), turn.state.gap
    if gap is not None and not late:
        return
    if late:
        until = _recovery(turn, at, event)
        _logged_late(turn, at, until, discriminator, event)
        if gap is not None or until is not None:
            return
        stopped = lose_segment(turn, "stop-logged-late")
    else:
        stopped = end_segment(turn, at, "stopped", _reason(event))
        if stopped is not None and stopped.bridge:
            turn.change(held_back=True)
    programme = turn.state.programme
    open_gap(
        turn,
        Gap(
            discriminator=discriminator,
            source=turn.source,
            start=at,
            reason=_reason(event),
            last_confirmed=_seen(turn, at),
            programme=programme.discriminator if programme else None,
            settings=programme.programme if programme else None,
            number=stated(event.number),
            segment_before=stopped.discriminator if stopped else None,
            sources=(turn.export,),
            noticed=_seen(turn, at),
        ),
    )


def _seen(turn: Turn, at: Instant) -> Instant:
    """When the session read a stop: at its start, or at its end what came later, and no earlier than it was."""
    if at.utc <= turn.start.utc:
        return turn.start
    return max(at, turn.read, key=lambda instant: instant.utc)


def _is_late(turn: Turn, at: Instant) -> bool:
    """Whether a stop lies before what runs or does not run now began, or contradicts what was charted."""
    segment, gap, claimed = turn.state.segment, turn.state.gap, turn.state.claimed_until
    if segment is not None:
        return at.utc < segment.start.utc
    if gap is not None and gap.reason != "found-not-infusing":
        return at.utc < gap.start.utc
    return claimed is not None and at.utc < claimed


def _logged_late(turn: Turn, at: Instant, until: Instant | None, discriminator: str, event: Event) -> None:
    """A stop from before what runs: since the last filling it revises what was charted; before it, only a finding."""
    segment, code = turn.state.segment, stated(event.code) or ""
    fact = LateStopFact(discriminator, turn.source, at, code, segment.discriminator if segment else "", until)
    if turn.state.filled_at is None or at.utc < turn.state.filled_at:
        turn.emit(dataclasses.replace(fact, sealed=True))
        if _clock_is_wrong(turn):
            lose_segment(turn, "stop-logged-late")
        return
    turn.emit(fact)
    stop = Stopped(turn.state.filled_on, turn.source, discriminator, _reason(event), at, until)
    turn.revisions.append(stop)
    if until is None:
        return
    if segment is not None:
        (piece,) = stop.revised(segment)  # it began after the stop
        turn.change(segment=piece)
        if piece.status == "unknown":
            lose_segment(turn, "stop-logged-late")
    turn.emit(_past_gap(turn, at, until, discriminator, event))


def _clock_is_wrong(turn: Turn) -> bool:
    """Whether the pump's clock is more than a day off: a row that it dates may be of any time since the last one."""
    pump, programmer = (
        stated(clock) for clock in (turn.interrogation.clocks.pump, turn.interrogation.clocks.programmer)
    )
    return pump is not None and programmer is not None and abs(pump.local - programmer.local) > A_DAY


def _past_gap(turn: Turn, at: Instant, until: Instant, discriminator: str, event: Event) -> Gap:
    """A stop that was over before what runs began; which programme it interrupted is not asked any more."""
    return Gap(
        discriminator=discriminator,
        source=turn.source,
        start=at,
        reason=_reason(event),
        last_confirmed=turn.read,
        programme=None,
        number=stated(event.number),
        closed=True,
        end=until,
        read_closed=turn.read,
        sources=(turn.export,),
        noticed=turn.start,
        no_dose_because="which programme it interrupted is not known",
    )


def _reason(event: Event) -> Literal["motor-stall", "pump-stopped"]:
    return "motor-stall" if stated(event.code) == "motor-stall" else "pump-stopped"


def _recovery(turn: Turn, at: Instant, event: Event) -> Instant | None:
    """When, by the same log, this stop was over: the first recovery of its kind from then on."""
    kind = _STOPS[stated(event.code) or ""]
    ends = [turn.within(other.at) for other in turn.channel.events if _ENDS.get(stated(other.code) or "") == kind]
    return min((end for end in ends if end is not None and end.utc >= at.utc), key=lambda i: i.utc, default=None)


def _recovered(turn: Turn, at: Instant, discriminator: str, event: Event) -> None:
    gap, kind = turn.state.gap, _ENDS[stated(event.code) or ""]
    if gap is None or at.utc < gap.start.utc or gap.reason not in (kind, "found-not-infusing"):
        return
    code = stated(event.code) or ""
    resumed = _older(turn, at, code, discriminator) or open_segment(turn, at, code, discriminator)
    close_gap(turn, at, number=stated(event.number), resumed=resumed)


def _older(turn: Turn, at: Instant, began: str, discriminator: str) -> Segment | None:
    """What ran again before the programme was found changed: the one of before, and how long it ran is not known."""
    programme = turn.state.programme
    if programme is None or programme.was is None or programme.prior is None or programme.start is not None:
        return None
    if programme.found.utc != turn.start.utc or at.utc >= turn.start.utc or stated(programme.was.mode) == "stopped":
        return None
    older = Segment(
        discriminator=discriminator,
        source=turn.source,
        programme=programme.prior,
        settings=programme.was,
        mixture=programme.was_mixture,
        start=at,
        began=began,
        last_confirmed=at,
        status="unknown",
        certainty="unknown",
        reason="programme-differs",
        differs_found=turn.start,
    )
    turn.emit(older)
    return older
