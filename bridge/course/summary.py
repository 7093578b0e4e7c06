"""The panel of one interrogation: what it states, completed from the course as of that interrogation.

Source: what an export does not state comes from the course with its report's date; last refill and last change are
unknown once as-found is not the last as-left (the fold has forgotten them then).
"""

from __future__ import annotations

from decimal import Decimal

from bridge.course.clocks import Instant
from bridge.course.facts import Derived, EventFact, Known
from bridge.course.forecast import ForecastFact
from bridge.course.found import other_drugs
from bridge.course.panel import MixtureChange, SummaryFact
from bridge.course.remarks import SessionFact
from bridge.course.scans import tells_of_mri
from bridge.course.state import Turn
from bridge.interrogation import Longevity, Programme, Reading, Reservoir, State, stated
from bridge.quantity import Quantity


def summarise(turn: Turn) -> SummaryFact:
    """The summary fact of this session, taken at its end."""
    _remember(turn)
    channel = turn.channel
    state = _last_state(turn)
    reservoir = channel.reservoir or Reservoir()
    longevity = turn.interrogation.longevity or Longevity()
    tip = turn.state.catheter.tip if turn.state.catheter else None
    programme, read, export = _programme(turn, state)
    return SummaryFact(
        discriminator=turn.source.session,
        source=turn.source,
        programme=programme,
        programme_read=read,
        programme_export=export,
        mixture=turn.state.mixture,
        infusing=_infusing(turn, state),
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
        pump=turn.state.pump,
        catheter=turn.state.catheter,
        update=turn.interrogation.session.update,
        end_of_service=longevity.end_of_service,
        last_mri=turn.state.last_mri,
        last_mixture=turn.state.last_mixture,
        forecast=next((fact for fact in turn.facts if isinstance(fact, ForecastFact)), None),
        observed=turn.state.observed,
    )


def _infusing(turn: Turn, state: State | None) -> Reading[bool] | None:
    """Whether it infuses as the session states, unless the log tells of a stop since: a pump that stalled does not."""
    runs = state.infusing if state else None
    return None if stated(runs) is True and turn.state.gap is not None else runs


def _remember(turn: Turn) -> None:
    """The last scan that the log tells of, and the last change of what is in the reservoir."""
    scans = [fact for fact in turn.facts if isinstance(fact, EventFact) and tells_of_mri(fact)]
    known = turn.state.last_mri
    for fact in scans:
        if fact.event.at is not None and (known is None or fact.at.utc > (stated(known.reading) or fact.at).utc):
            known = Known(Reading(fact.at, fact.event.at.text, fact.event.at.where), turn.export, turn.read)
    turn.change(last_mri=known, last_mixture=_mixture_change(turn) or turn.state.last_mixture)


def _mixture_change(turn: Turn) -> MixtureChange | None:
    """From what was in the reservoir when the session began, to what is in it at its end."""
    before = next((fact.before.mixture for fact in turn.facts if isinstance(fact, SessionFact)), None)
    now = stated(turn.state.mixture.reading) if turn.state.mixture else None
    if before is None or now is None or not other_drugs(now.drugs, before):
        return None
    fill, seen = turn.state.fill, turn.found.drugs if turn.found else ()
    filled = fill is not None and fill.source.session == turn.source.session
    found = other_drugs(seen, before)
    at = turn.start if found else fill.at if fill is not None and filled else turn.read
    return MixtureChange(at, before, now, turn.export, turn.read, found)


def _last_state(turn: Turn) -> State | None:
    if turn.in_doubt is not None:
        return None
    return turn.left or turn.found or turn.channel.state("as-left")


def _programme(turn: Turn, state: State | None) -> tuple[Programme | None, Instant | None, str | None]:
    """The programme that the session states; else the one in force, when it was last read and what says it.

    None after an update that did not complete: nothing is known until a session states it again.
    """
    if state is not None and state.programme is not None:
        return state.programme, None, None
    known, segment = turn.state.programme, turn.state.segment
    if known is None or turn.in_doubt is not None or turn.state.incomplete is not None:
        return None, None, None
    read = segment.last_confirmed if segment is not None and segment.programme == known.discriminator else known.found
    return known.programme, read, known.export


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
