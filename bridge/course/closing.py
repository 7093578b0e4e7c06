"""The end of a session: alarms in force, an update that did not complete, an explant, and when the reservoir is dry."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from bridge.course.clocks import Instant
from bridge.course.facts import AlarmFact, Gap, IncompleteFact
from bridge.course.programmes import flow_per_day, states_something
from bridge.course.segments import close_gap, confirm_segment, end_segment, lose_segment
from bridge.course.state import Turn
from bridge.interrogation import Alarm, Moment, Reading, stated
from bridge.quantity import EXACT

_GAP_ALARMS = ("motor-stall", "pump-stopped")


def close(turn: Turn) -> None:
    """Take the end of the session."""
    if turn.update == "not-completed":
        _not_completed(turn)
    elif turn.left is not None and states_something(turn.left.programme):
        confirm_segment(turn, turn.read)
    _patient_control(turn)
    _alarms(turn)
    if turn.state.pump is not None and turn.state.pump.explant_session == turn.source:
        _explanted(turn)
    _dry(turn)


def _not_completed(turn: Turn) -> None:
    lose_segment(turn, "session-not-completed")
    programme = turn.state.programme
    if programme is not None:
        turn.emit(dataclasses.replace(programme, ended="session-not-completed", source=programme.source))
        turn.change(programme=None)
    turn.change(incomplete=IncompleteFact(turn.source.session, turn.source), last_change=None, dry_at=None)


def _patient_control(turn: Turn) -> None:
    """What the patient may trigger goes with the programme in force; a session that does not say leaves it as it is."""
    control, programme = turn.channel.patient_control, turn.state.programme
    if control is not None and programme is not None:
        turn.change(programme=dataclasses.replace(programme, patient_control=control, control_export=turn.export))


def _explanted(turn: Turn) -> None:
    day = stated(turn.interrogation.pump.explanted)
    at = turn.read
    if day is not None and day != datetime.fromisoformat(turn.start.printed).date():
        text = turn.interrogation.pump.explanted
        moment = Reading(Moment(datetime.combine(day, time(0, 0)), "day"), text.text if text else "", "")
        at = turn.instant(moment) or turn.read
    end_segment(turn, at, "stopped", "explanted")
    close_gap(turn, None, number=None, resumed=None)
    programme = turn.state.programme
    if programme is not None:
        turn.emit(dataclasses.replace(programme, ended="explanted", end=at))
        turn.change(programme=None)
    for alarm in turn.state.alarms:
        turn.emit(dataclasses.replace(alarm, until=turn.read, last_read=turn.read))
    turn.change(alarms=(), dry_at=None)


def _alarms(turn: Turn) -> None:
    """Alarms stated as in force stay or open; one that a session no longer states is over; silence changes nothing."""
    channel = turn.channel
    if stated(channel.alarm_status) is None and not channel.alarms:
        return
    now = {stated(alarm.code) or "other": alarm for alarm in channel.alarms}
    kept: list[AlarmFact] = []
    for fact in turn.state.alarms:
        code = stated(fact.alarm.code) or "other"
        if code in now:
            kept.append(dataclasses.replace(fact, last_read=turn.read, alarm=now.pop(code)))
        else:
            turn.emit(dataclasses.replace(fact, until=_over(turn, code), last_read=turn.read, source=turn.source))
    kept.extend(_opened(turn, code, alarm) for code, alarm in now.items())
    turn.change(alarms=tuple(kept))


def _opened(turn: Turn, code: str, alarm: Alarm) -> AlarmFact:
    gap = turn.state.gap
    rests_on = gap is not None and code in _GAP_ALARMS and gap.reason == code
    since = gap.start if gap is not None and rests_on else turn.start
    discriminator = gap.discriminator if gap is not None and rests_on else f"{code} {turn.start.printed}"
    return AlarmFact(discriminator, turn.source, alarm, since, turn.read, finding=discriminator if rests_on else None)


def _over(turn: Turn, code: str) -> Instant:
    ends = [fact.end for fact in turn.facts if isinstance(fact, Gap) and fact.reason == code and fact.end]
    return ends[-1] if ends else turn.start


def _dry(turn: Turn) -> None:
    """The earliest instant at which the reservoir is empty: stated date, or volume over flow (for law 6 only)."""
    dates = []
    reservoir = turn.channel.reservoir
    if reservoir is not None and (day := stated(reservoir.empty_date)) is not None:
        dates.append(datetime.combine(day, time(0, 0), UTC) + timedelta(days=1))
    state = turn.channel.state("as-left") or turn.found
    volume = stated(state.volume) if state else None
    programme = turn.state.programme
    if volume is not None and programme is not None:
        flow = flow_per_day(programme.programme, programme.mixture)
        if flow:
            days = EXACT.divide(volume.to("mL").value, flow)
            seconds = int(EXACT.multiply(days, Decimal(86400)))
            dates.append((turn.read.utc + timedelta(seconds=min(seconds, 10**9))).replace(microsecond=0))
    if dates:
        turn.change(dry_at=min(dates))
