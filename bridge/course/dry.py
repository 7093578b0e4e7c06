"""What ran when the reservoir may have run dry: no more is charted as delivered than was filled in.

Source: law on old news (past the earliest dry date nothing still runs), and law 4: a programme becomes a delivery only
over an interval that the pump's own record supports. A session read after that date supports it where the pump's own
volume is not zero, where the reservoir was filled before it, or where a rest was drawn off and no more than the
discrepancy of consequence (1 mL of a 20 mL pump, 2 mL of a 40 mL pump: Maino 2017) has been programmed since.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from bridge.course.clocks import Instant
from bridge.course.filling import FLOORS, capacity_of, floor_of
from bridge.course.programmes import flow_per_day
from bridge.course.segments import lose_segment
from bridge.course.state import Turn
from bridge.interrogation import stated
from bridge.quantity import EXACT

_DAY = Decimal(86400)


def past(turn: Turn, at: Instant) -> None:
    """What ran until an instant past the earliest dry date is not known, unless this session supports it."""
    dry, filled = turn.state.dry_at, turn.state.filled_at
    if dry is None or dry > at.utc or (filled is not None and filled >= dry):
        return
    if not (_pump_holds_more(turn) or _filled_before(turn, dry) or _rest_drawn_off(turn, dry)):
        lose_segment(turn, "past-dry-date")


def _pump_holds_more(turn: Turn) -> bool:
    found = turn.found
    volumes = [found.volume if found else None, *(refill.expected for refill in turn.channel.refills)]
    return any(volume is not None and volume.value is not None and volume.value.value > 0 for volume in volumes)


def _filled_before(turn: Turn, dry: datetime) -> bool:
    fillings = [turn.within(refill.filled_at) for refill in turn.channel.refills]
    return any(at is not None and at.utc < dry for at in fillings)


def _rest_drawn_off(turn: Turn, dry: datetime) -> bool:
    rests = [stated(refill.aspirated) for refill in turn.channel.refills]
    programme, segment = turn.state.programme, turn.state.segment
    flow = flow_per_day(programme.programme, segment.mixture) if programme and segment else None
    if flow is None or not any(rest is not None and rest.value > 0 for rest in rests):
        return False
    seconds = Decimal(int((turn.start.utc - dry).total_seconds()))
    floor = floor_of(capacity_of(turn.state.pump)) or min(FLOORS.values())
    return EXACT.divide(EXACT.multiply(flow, seconds), _DAY) <= floor
