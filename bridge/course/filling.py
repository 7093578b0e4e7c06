"""A filling of the reservoir: what was expected, aspirated and filled in, and whether these agree with the programme.

Source of the ratio: the label defines over-infusion as more than 14.5 % above what was programmed (safety alert Hong
Kong 1016, 2014); the bound below is our mirror of it. A ratio says something only where the two residual volumes
differ by more than 1 mL (pump of 20 mL) or 2 mL (40 mL): the discrepancy of consequence of Maino 2017. The capacity of
the pump not known: no verdict.
"""

from __future__ import annotations

import dataclasses
from decimal import Decimal

from bridge.course import bridging
from bridge.course.clocks import Instant
from bridge.course.devices import family
from bridge.course.facts import Derived, Doubt, FillFact, Known, Mixture, PumpFact
from bridge.course.found import as_reading
from bridge.course.plausible import is_emptying
from bridge.course.programmes import same, states_something
from bridge.course.revisions import Doubtful
from bridge.course.segments import end_segment, lose_segment, open_segment
from bridge.course.state import Turn
from bridge.interrogation import Reading, Refill, stated
from bridge.quantity import EXACT, Quantity, rounded

OVER = Decimal("1.145")
UNDER = Decimal("0.855")
FLOORS = {Decimal(20): Decimal(1), Decimal(40): Decimal(2)}
"""By the capacity in mL: the difference in mL that a verdict needs to exceed."""
_MEASURED = ("sensed", "aspirated")


def fill(turn: Turn, at: Instant, refill: Refill) -> None:
    """Take one filling; one that an earlier report told of changes nothing.

    An emptying alone is none: the last filling stays, but what is left from then on cannot be reckoned from it.
    """
    if is_emptying(refill):
        turn.change(fill=None, tally=None)
        return
    discriminator = turn.named("fill", at)
    if not turn.is_new("fill", discriminator, at):
        return
    drugs = refill.drugs or (turn.left.drugs if turn.left else ())
    known = turn.state.mixture
    mixture = Mixture(drugs, turn.export) if drugs else (stated(known.reading) if known else None)
    fact = _fact(turn, at, refill, discriminator, mixture)
    turn.emit(fact)
    if turn.state.filled_at is not None and at.utc < turn.state.filled_at:
        return  # an older filling that is told of only now: what is in the reservoir came later
    _doubt(turn, fact)
    if mixture is not None:
        old = bridging.content(turn)
        turn.change(mixture=Known(as_reading(mixture), turn.export, turn.read))
        bridging.changed(turn, at, old)
    moment = refill.filled_at or refill.aspirated_at
    text, where = (moment.text, moment.where) if moment else ("", "")
    turn.change(fill=fact, last_fill=Known(Reading(at, text, where), turn.export, turn.read))
    turn.change(filled_on=turn.session.position, filled_at=at.utc, filled_as=discriminator, dry_over=0)
    if not _programmes(turn):
        _refill_splits(turn, at, mixture)


def _fact(turn: Turn, at: Instant, refill: Refill, discriminator: str, mixture: Mixture | None) -> FillFact:
    before = turn.state.fill
    before = before if before is not None and before.at.utc < at.utc else None
    capacity, reservoir = capacity_of(turn.state.pump), turn.channel.reservoir or turn.state.reservoir
    ratio, doubt = _judged(before, refill, capacity)
    return FillFact(
        discriminator=discriminator,
        source=turn.source,
        at=at,
        filled=refill.filled,
        mixture=mixture,
        expected=refill.expected,
        aspirated=refill.aspirated,
        aspirated_at=turn.instant(refill.aspirated_at),
        ratio=ratio,
        previous=before.discriminator if before else None,
        span_start=before.at if before else None,
        doubt=doubt,
        doubt_before=before.doubt if before else None,
        held=before.filled if before else None,
        capacity=capacity,
        alarm_volume=reservoir.alarm_volume if reservoir else None,
        measured_after=_measured_after(turn, at),
    )


def _measured_after(turn: Turn, at: Instant) -> Reading[Quantity] | None:
    """What the session states to have been measured in the reservoir once it was filled."""
    left = turn.left
    since = turn.within(left.at) if left and not turn.misdated else None
    if left is None or left.volume is None or left.volume.how not in _MEASURED:
        return None
    return left.volume if since is not None and since.utc >= at.utc else None


def _programmes(turn: Turn) -> bool:
    left, known = turn.left, turn.state.programme
    if left is None or left.programme is None or not states_something(left.programme):
        return False
    return known is None or not same(left.programme, known.programme) or known.start is None


def _refill_splits(turn: Turn, at: Instant, mixture: Mixture | None) -> None:
    programme = turn.state.programme
    if programme is not None and mixture is not None:
        turn.change(programme=dataclasses.replace(programme, mixture=mixture))
    if turn.state.segment is not None and turn.state.segment.start.utc < at.utc:
        end_segment(turn, at, "completed", "refill")
        open_segment(turn, at, "refill", turn.named("segment", at))


# --- does what is gone agree with what was programmed? ---------------------------------------------------------------


def expected_residual(refill: Refill) -> Quantity | None:
    """The volume that ought to be left before a filling: what the pump states."""
    return stated(refill.expected)


def _judged(before: FillFact | None, refill: Refill, capacity: Quantity | None) -> tuple[Derived | None, Doubt | None]:
    """The volume gone over the volume expected to be gone since the previous filling, and whether that is doubtful."""
    filled = stated(before.filled) if before else None
    expected, aspirated = expected_residual(refill), stated(refill.aspirated)
    if filled is None or expected is None or aspirated is None:
        return None, None
    gone = EXACT.subtract(filled.to("mL").value, aspirated.to("mL").value)
    due = EXACT.subtract(filled.to("mL").value, expected.to("mL").value)
    if due <= 0:
        return None, None
    ratio = rounded(EXACT.divide(gone, due), 3)
    text = f"({filled.value} - {aspirated.value}) / ({filled.value} - {expected.value}) = {gone} / {due} = {ratio}"
    return Derived(Quantity(ratio, "1"), text), _verdict(gone, due, capacity)


def _verdict(gone: Decimal, due: Decimal, capacity: Quantity | None) -> Doubt | None:
    """Outside the bounds, which themselves are inside, and beyond the floor; the rounded ratio is no input."""
    floor = floor_of(capacity)
    if floor is None or abs(EXACT.subtract(gone, due)) <= floor:
        return None
    if gone > EXACT.multiply(due, OVER):
        return "over-infusion"
    return "under-delivery" if gone < EXACT.multiply(due, UNDER) else None


def capacity_of(pump: PumpFact | None) -> Quantity | None:
    """The capacity of a pump's reservoir: stated, else by its model; None where neither tells."""
    if pump is not None and pump.capacity is not None:
        return stated(pump.capacity.reading)
    known = family(pump)
    fact = known.fact("capacity", model=stated(pump.model.reading) or "") if known is not None and pump else None
    return fact.quantity if fact is not None else None


def floor_of(capacity: Quantity | None) -> Decimal | None:
    """The difference in mL above which volumes disagree; None where it is known for no pump of this capacity."""
    return FLOORS.get(capacity.to("mL").value) if capacity is not None else None


def _doubt(turn: Turn, fact: FillFact) -> None:
    """Nothing that was charted as dispensed since the previous filling can be told to have been."""
    if fact.doubt is None or fact.span_start is None:
        return
    turn.revisions.append(Doubtful(turn.state.filled_on, turn.source, fact.span_start.utc, fact.at.utc))


def still_doubted(turn: Turn) -> None:
    """At the end of the session: a segment that a doubtful filling did not end is doubted as the others are."""
    segment = turn.state.segment
    doubts = [one for one in turn.revisions if isinstance(one, Doubtful)]
    if segment is not None and any(one.since <= segment.start.utc < one.until for one in doubts):
        lose_segment(turn, "delivery-doubtful")
