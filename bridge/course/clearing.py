"""Opening and ending segments while tubing and catheter still hold the mixture before a change of concentration.

Promises: a segment that begins then is of the old mixture until that has left, or unknown; what has left is not counted
again after a stop or a new programme. Source: rules, arithmetic 7 to 10. Called by bridge/course/segments alone.
"""

from __future__ import annotations

import dataclasses

from bridge.course import line
from bridge.course.clocks import Instant
from bridge.course.facts import PrimingFact, Segment
from bridge.course.state import Turn
from bridge.interrogation import stated


def waits(turn: Turn) -> bool:
    """Whether this session already says that which mixture leaves is not known until the next interrogation."""
    known = turn.state.line
    told = any(isinstance(fact, Segment) and fact.line == "unknown" for fact in turn.facts)
    return known is not None and known.left is None and told


def opened(turn: Turn, segment: Segment) -> Segment:
    """The segment as it runs through the line; one that is unknown from its start is sealed at once."""
    segment = dataclasses.replace(segment, primed=_primed(turn))
    known = turn.state.line
    if known is None:
        turn.change(segment=segment)
        return segment
    if _bridge_follows(turn, segment.start):
        segment = dataclasses.replace(
            segment, line="clearing", mixture=known.old, line_other=known.new, certainty="inferred"
        )
        turn.change(segment=segment)
        return segment
    segment, until = line.through(known, segment)
    if until is None:
        turn.emit(segment)
        turn.change(segment=None, line=dataclasses.replace(known, left=None, session=turn.source.session))
    else:
        turn.change(segment=segment, bridge_until=until, line=dataclasses.replace(known, since=segment.start))
    return segment


def ended(turn: Turn, segment: Segment, end: Instant) -> None:
    """What has left until a segment's end; of a bridge that did not run to its end that is not known."""
    known, session = turn.state.line, turn.source.session
    if known is None:
        return
    if segment.line == "clearing" and segment.line_doses:
        turn.change(line=line.moved(known, segment, end, session))
    elif segment.bridge and segment.reason == "bridge-ended" and segment.status == "completed":
        turn.change(line=None)
    elif segment.bridge:
        turn.change(line=dataclasses.replace(known, left=None, session=session, cancelled=True))


def lost(turn: Turn, segment: Segment) -> None:
    """What ran became unknown: so does what is left in the line, unless by then all of it would have left."""
    known, until = turn.state.line, turn.state.bridge_until
    if known is None or not (segment.bridge or segment.line == "clearing"):
        return
    over = until is not None and until.utc <= turn.start.utc
    cancelled = known.cancelled or segment.bridge
    unknown = dataclasses.replace(known, left=None, session=turn.source.session, cancelled=cancelled)
    turn.change(line=None if over else unknown)


def _bridge_follows(turn: Turn, start: Instant) -> bool:
    """Whether this session tells of a bridge that begins at a segment's start or after it."""
    rows = [bolus for bolus in turn.channel.boluses if stated(bolus.kind) == "bridge"]
    return any((turn.within(bolus.start) or turn.start).utc >= start.utc for bolus in rows)


def _primed(turn: Turn) -> Instant | None:
    """The last priming of this session after which delivery is uncertain."""
    rows = [fact.at for fact in turn.facts if isinstance(fact, PrimingFact) and fact.uncertain]
    return rows[-1] if rows else None
