"""The pump's log: new rows merged over overlapping logs, and what they do to delivery.

Promises: a row is known by its number, code and printed time together, for pumps reuse numbers; rows are taken in the
order of their instants, and in the order of the log where these are equal. A stop ends the segment and opens a gap;
only its own kind of recovery closes it. A stop that cannot be placed, or that lies before the running segment began,
makes what runs unknown: nothing is guessed about it.
"""

from __future__ import annotations

from typing import Literal

from bridge.course.clocks import Instant
from bridge.course.facts import EventFact, Gap
from bridge.course.found import settle_bridge
from bridge.course.remarks import LateStopFact
from bridge.course.segments import close_gap, end_segment, lose_segment, open_gap, open_segment
from bridge.course.state import EVENTS_REMEMBERED, Turn
from bridge.interrogation import Event, stated

Row = tuple[Instant, str, str, Event]  # instant, identity, discriminator, event

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
    return sorted(rows, key=lambda row: (row[0].utc, _rank(row[3])))


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
    settle_bridge(turn, at)
    code = stated(event.code)
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
    segment = turn.state.segment
    if turn.state.gap is not None:
        return
    if segment is not None and at.utc < segment.start.utc:
        turn.emit(LateStopFact(discriminator, turn.source, at, stated(event.code) or "", segment.discriminator))
        if _over_before(turn, at, event, segment.start):
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
            last_confirmed=turn.start,
            programme=programme.discriminator if programme else None,
            settings=programme.programme if programme else None,
            number=stated(event.number),
            segment_before=stopped.discriminator if stopped else None,
            sources=(turn.export,),
            noticed=turn.start,
        ),
    )


def _reason(event: Event) -> Literal["motor-stall", "pump-stopped"]:
    return "motor-stall" if stated(event.code) == "motor-stall" else "pump-stopped"


def _over_before(turn: Turn, at: Instant, event: Event, before: Instant) -> bool:
    """Whether the same log tells that this stop was over before an instant."""
    kind = _STOPS[stated(event.code) or ""]
    for other in turn.channel.events:
        when = turn.within(other.at)
        if when is not None and _ENDS.get(stated(other.code) or "") == kind and at.utc <= when.utc <= before.utc:
            return True
    return False


def _recovered(turn: Turn, at: Instant, discriminator: str, event: Event) -> None:
    gap, kind = turn.state.gap, _ENDS[stated(event.code) or ""]
    if gap is None or at.utc < gap.start.utc or gap.reason not in (kind, "found-not-infusing"):
        return
    resumed = open_segment(turn, at, stated(event.code) or "", discriminator)
    close_gap(turn, at, number=stated(event.number), resumed=resumed)
