"""Segments and gaps: opening and closing what runs, and what does not.

Promises: no segment spans non-delivery; a segment is opened only at a start that the pump's record gives; what cannot
be supported becomes unknown, without an end and with the instant at which it was last confirmed.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime

from bridge.course import clearing
from bridge.course.clocks import Instant
from bridge.course.facts import Derived, Gap, Segment, SegmentReason, SegmentStatus
from bridge.course.programmes import delivered
from bridge.course.state import Turn
from bridge.interrogation import stated
from bridge.quantity import Quantity, rounded


def open_segment(turn: Turn, start: Instant, began: str, discriminator: str) -> Segment | None:
    """Start delivery of the programme in force; None where it is stopped or not known."""
    programme = turn.state.programme
    pump = turn.state.pump
    out = pump is not None and pump.explant_session is not None and pump.explant_session.start.utc <= start.utc
    if programme is None or stated(programme.programme.mode) == "stopped" or turn.state.held_back or out:
        return None
    if clearing.waits(turn) or stated(programme.programme.mode) == "constant-flow":
        return None
    segment = Segment(
        discriminator=discriminator,
        source=turn.source,
        programme=programme.discriminator,
        settings=programme.programme,
        mixture=programme.mixture,
        start=start,
        began=began,
        last_confirmed=max(start, turn.start, key=lambda i: i.utc),
        export=programme.export,
        certainty="inferred" if began == "found-infusing" else "recorded",
    )
    return clearing.opened(turn, segment)


def end_segment(turn: Turn, end: Instant, status: SegmentStatus, reason: SegmentReason) -> Segment | None:
    """Close the running segment at an instant that the pump's record gives, and seal it on this page."""
    segment = turn.state.segment
    if segment is None:
        return None
    if end.utc < segment.start.utc:
        return lose_segment(turn, reason)
    closed = dataclasses.replace(
        segment, end=end, status=status, reason=reason, last_confirmed=turn.read, source=turn.source
    )
    turn.emit(closed)
    clearing.ended(turn, closed, end)
    turn.change(segment=None, bridge_until=None, claimed_until=_claimed(turn, end))
    return closed


def lose_segment(turn: Turn, reason: SegmentReason, *, differs: Instant | None = None) -> Segment | None:
    """Close the running segment as unknown: no end, last confirmed as before, with the reason; sealed here."""
    segment = turn.state.segment
    if segment is None:
        return None
    lost = dataclasses.replace(
        segment, status="unknown", certainty="unknown", reason=reason, end=None, differs_found=differs
    )
    turn.emit(lost)
    clearing.lost(turn, segment)
    turn.change(segment=None, bridge_until=None, claimed_until=_claimed(turn, segment.last_confirmed))
    return lost


def _claimed(turn: Turn, until: Instant) -> datetime:
    before = turn.state.claimed_until
    return until.utc if before is None else max(before, until.utc)


def confirm_segment(turn: Turn, at: Instant) -> None:
    """The pump's record supports the running segment up to this instant."""
    segment = turn.state.segment
    if segment is not None and at.utc > segment.last_confirmed.utc:
        turn.change(segment=dataclasses.replace(segment, last_confirmed=at, source=turn.source))


def open_gap(turn: Turn, gap: Gap) -> None:
    """The pump does not infuse from here on."""
    turn.change(gap=gap)


def close_gap(
    turn: Turn, end: Instant | None, *, number: str | None, resumed: Segment | None, left: bool = False
) -> None:
    """The pump infuses again: close the open gap, with the dose that was not delivered where it can be reckoned.

    `left`: by what a session left in the pump. A gap whose start is not known has no dose, and its end where that is.
    """
    gap = turn.state.gap
    if gap is None:
        return
    end = end if end is None or end.utc >= gap.start.utc else None
    lost, because = None, "when it ended is NOT RECORDED"
    if gap.reason == "found-not-infusing":
        because = "when it stopped is NOT RECORDED"
    elif end is not None:
        lost, because = _not_delivered(gap, end)
    read = _over_by(turn, gap)
    closed = dataclasses.replace(
        gap,
        closed=True,
        end=end,
        recovered_number=number,
        read_closed=read,
        last_confirmed=read,
        segment_after=resumed.discriminator if resumed else None,
        sources=(*gap.sources, turn.export),
        not_delivered=lost,
        no_dose_because=None if lost else because,
        left_running=left,
        source=turn.source,
    )
    turn.emit(closed)
    turn.change(gap=None)


def _over_by(turn: Turn, gap: Gap) -> Instant:
    """When it was over at the latest: as of the reading; of a stop within the session, as of the session's end."""
    end = turn.instant(turn.interrogation.session.end)
    known = (one for one in (turn.read, end) if one is not None and one.utc >= gap.start.utc)
    return next(known, gap.start)


def _not_delivered(gap: Gap, end: Instant) -> tuple[Derived | None, str]:
    """What the programme that the gap interrupted would have given."""
    if gap.settings is None:
        return None, "which programme it interrupted is not known"
    if stated(gap.settings.mode) == "stopped":
        return None, "the pump was programmed not to infuse"
    found = delivered(gap.settings, gap.start, end)
    if found is None:
        return None, "the steps of the programme are NOT RECORDED"
    value = rounded(found[0], 1)
    text = f"programmed dose from {gap.start.words} to {end.words}, {found[1]} = {value} ug"
    return Derived(Quantity(value, "ug"), text), ""
