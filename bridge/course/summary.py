"""The panel of one interrogation: what it states, completed from the course as of that interrogation.

Source: what an export does not state comes from the course with its report's date; last refill and last change are
unknown once as-found is not the last as-left (the fold has forgotten them then).
"""

from __future__ import annotations

from decimal import Decimal

from bridge.course.facts import Derived, SummaryFact
from bridge.course.state import Turn
from bridge.interrogation import Longevity, Programme, Reservoir, State, stated
from bridge.quantity import Quantity


def summarise(turn: Turn) -> SummaryFact:
    """The summary fact of this session, taken at its end."""
    channel = turn.channel
    state = _last_state(turn)
    reservoir = channel.reservoir or Reservoir()
    longevity = turn.interrogation.longevity or Longevity()
    tip = turn.state.catheter.tip if turn.state.catheter else None
    return SummaryFact(
        discriminator=turn.source.session,
        source=turn.source,
        programme=_programme(turn, state),
        mixture=turn.state.mixture,
        infusing=state.infusing if state else None,
        alarm_status=channel.alarm_status,
        alarms=channel.alarms,
        volume=state.volume if state else None,
        low_date=reservoir.low_date,
        empty_date=reservoir.empty_date,
        refill_by=reservoir.refill_by,
        replace_by=longevity.replace_by,
        months_to_eri=longevity.months_to_eri,
        eri=longevity.eri,
        last_fill=turn.state.last_fill,
        last_change=turn.state.last_change,
        clock_offset=_clock_offset(turn),
        catheter_tip=tip,
    )


def _last_state(turn: Turn) -> State | None:
    if turn.update == "not-completed":
        return None
    return turn.left or turn.found or turn.channel.state("as-left")


def _programme(turn: Turn, state: State | None) -> Programme | None:
    if turn.update == "not-completed":
        return None
    if state is not None and state.programme is not None:
        return state.programme
    return None


def _clock_offset(turn: Turn) -> Derived | None:
    clocks = turn.interrogation.clocks
    pump, programmer = stated(clocks.pump), stated(clocks.programmer)
    if pump is None or programmer is None or "day" in (pump.precision, programmer.precision):
        return None
    if pump.offset_minutes is not None and programmer.offset_minutes is not None:
        shift = (programmer.offset_minutes - pump.offset_minutes) * 60
    else:
        shift = 0
    seconds = int((pump.local - programmer.local).total_seconds()) + shift
    text = f"{pump.local:%H:%M:%S} (pump) - {programmer.local:%H:%M:%S} (programmer) = {seconds} s"
    return Derived(_seconds(seconds), text)


def _seconds(count: int) -> Quantity:
    return Quantity(Decimal(count), "s")
