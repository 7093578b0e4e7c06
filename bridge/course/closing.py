"""The end of a session: alarms in force, an update that did not complete, an explant, and when the reservoir is dry."""

from __future__ import annotations

import dataclasses
from datetime import datetime, time, timedelta
from decimal import Decimal

from bridge.course import resets
from bridge.course.clocks import Instant
from bridge.course.facts import AlarmFact, EventFact, Gap, UpdateDoubt
from bridge.course.lasting import DRY, dry_name, dry_since
from bridge.course.plausible import is_emptying
from bridge.course.programmes import flow_per_day, states_something
from bridge.course.remarks import IncompleteFact
from bridge.course.segments import (
    close_gap,
    confirm_segment,
    end_segment,
    lose_segment,
    open_gap,
    open_segment,
)
from bridge.course.state import Turn
from bridge.interrogation import Alarm, Moment, Reading, stated
from bridge.quantity import EXACT, Quantity

_GAP_ALARMS = ("motor-stall", "pump-stopped")
STOPPING = (*_GAP_ALARMS, "empty-reservoir")


def close(turn: Turn) -> None:
    """Take the end of the session."""
    if turn.in_doubt is not None:
        _not_known(turn, turn.in_doubt)
    else:
        _as_left(turn)
    _patient_control(turn)
    _alarms(turn)
    resets.follow(turn)
    if turn.state.pump is not None and turn.state.pump.explant_session == turn.source:
        _explanted(turn)
    _withheld(turn)
    _dry(turn)


def _as_left(turn: Turn) -> None:
    """What the pump states of itself as left holds whatever its programme: stopped ends, running resumes."""
    left = turn.left
    if left is None:
        return
    at, runs = turn.left_at, stated(left.infusing)
    if left.infusing is not None and runs is None:
        lose_segment(turn, "value-unreadable")
    elif runs is False and turn.state.gap is None:
        _left_stopped(turn, at)
    elif runs is True and turn.state.segment is None:
        _left_running(turn, at)
    if states_something(left.programme):
        confirm_segment(turn, turn.read)


def _left_stopped(turn: Turn, at: Instant) -> None:
    before = end_segment(turn, at, "stopped", "pump-stopped")
    programme = turn.state.programme
    name = programme.discriminator if programme else None
    settings = programme.programme if programme else None
    gap = Gap(
        f"left {at.printed}", turn.source, at, "pump-stopped", turn.read, name, settings, sources=(turn.export,),
        segment_before=before.discriminator if before else None, noticed=turn.read,
    )  # fmt: skip
    open_gap(turn, gap)


def _left_running(turn: Turn, at: Instant) -> None:
    """Running as left, while nothing ran: from then on the programme in force, if it is known since when.

    What the log tells from then on comes after it: a pump that was left running and then stalled does not run.
    """
    if _stopped_since(turn, at) or _was_emptied(turn):
        return
    programme = turn.state.programme
    if programme is None or programme.start is None or stated(programme.programme.mode) == "stopped":
        return
    resumed = open_segment(turn, at, "left-infusing", f"left {at.printed}")
    if resumed is not None:
        close_gap(turn, at, number=None, resumed=resumed, left=True)


def _stopped_since(turn: Turn, at: Instant) -> bool:
    """Whether a stop, or an empty reservoir, is told of from an instant on; as left without a time, in the session."""
    left, gap = turn.left, turn.state.gap
    dated = left is not None and turn.within(left.at) is not None and not turn.misdated
    since = at.utc if dated else turn.start.utc
    told = (fact for fact in turn.facts if isinstance(fact, EventFact) and fact.at.utc >= since)
    return (gap is not None and gap.start.utc > at.utc) or any(stated(row.event.code) in STOPPING for row in told)


def _was_emptied(turn: Turn) -> bool:
    """Whether this session emptied the reservoir, and tells of no filling."""
    refills = turn.channel.refills
    return bool(refills) and all(is_emptying(refill) for refill in refills)


def _withheld(turn: Turn) -> None:
    """Exports that dispute delivery, and an observation that the pump does not infuse: what runs is not known."""
    if any(path.startswith("/channels") for path in turn.session.disputed):
        lose_segment(turn, "exports-disagree")
    if _was_emptied(turn):
        lose_segment(turn, "reservoir-emptied")
    observed = turn.channel.state("observed")
    if observed is not None and stated(observed.infusing) is False:
        lose_segment(turn, "found-not-infusing")


def _not_known(turn: Turn, why: UpdateDoubt) -> None:
    """What the session left in the pump is not known until it is read again."""
    lose_segment(turn, why)
    programme = turn.state.programme
    if programme is not None:
        turn.emit(dataclasses.replace(programme, ended=why, source=programme.source))
        turn.change(programme=None)
    turn.change(last_change=None, dry_at=None)
    if why == "session-not-completed":
        turn.change(incomplete=IncompleteFact(turn.source.session, turn.source))


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
            kept.append(dataclasses.replace(_linked(turn, code, fact), last_read=turn.read, alarm=now.pop(code)))
        else:
            turn.emit(dataclasses.replace(fact, until=_over(turn, code), last_read=turn.read, source=turn.source))
    kept.extend(_opened(turn, code, alarm) for code, alarm in now.items())
    turn.change(alarms=tuple(kept))


def _opened(turn: Turn, code: str, alarm: Alarm) -> AlarmFact:
    if turn.state.gap is None and code in STOPPING:
        lose_segment(turn, "found-not-infusing")
    cause, since = _cause(turn, code)
    discriminator = cause if cause is not None and code in _GAP_ALARMS else f"{code} {turn.start.printed}"
    finding = DRY if code == "empty-reservoir" else "delivery-interrupted"
    return AlarmFact(discriminator, turn.source, alarm, since, turn.read, finding=cause, finding_code=finding)


def _cause(turn: Turn, code: str) -> tuple[str | None, Instant]:
    """The finding of an alarm's cause, and since when: an open gap, or a dry reservoir."""
    gap = turn.state.gap
    if gap is not None and code in _GAP_ALARMS and gap.reason == code:
        return gap.discriminator, gap.start
    if code == "empty-reservoir":
        return dry_name(turn.state), dry_since(turn)
    return None, turn.start


def _linked(turn: Turn, code: str, fact: AlarmFact) -> AlarmFact:
    """An alarm that is stated again with the cause that it has now: another stop, or another filling that ran out."""
    cause, since = _cause(turn, code)
    if fact.finding is None or cause is None or cause == fact.finding:
        return fact
    return dataclasses.replace(fact, finding=cause, since=since)


def _over(turn: Turn, code: str) -> Instant:
    ends = [fact.end for fact in turn.facts if isinstance(fact, Gap) and fact.reason == code and fact.end]
    return ends[-1] if ends else turn.start


def _dry(turn: Turn) -> None:
    """The earliest instant at which the reservoir is empty by volume over flow, or as known before (for law 6 only).

    The date that this session states is taken by lasting.stated_dry.

    A volume that this session does not state is the last one stated; a new flow is taken as having run since then, so
    that the instant is early rather than late.
    """
    _volume(turn)
    state, programme = turn.state, turn.state.programme
    known = state.dry_at if not _stated_volume(turn) else None
    dates = [known]
    if state.volume_ml is not None and state.volume_at is not None and programme is not None:
        flow = flow_per_day(programme.programme, programme.mixture)
        if flow:
            seconds = EXACT.multiply(EXACT.divide(state.volume_ml, flow), Decimal(86400))
            dry = state.volume_at + timedelta(seconds=min(int(seconds), 10**9))
            dates.append(dry.replace(second=0, microsecond=0))
    earliest = min((date for date in dates if date is not None), default=None)
    turn.change(dry_at=earliest, dry_stated=known is not None and earliest == known and state.dry_stated)


def _stated_volume(turn: Turn) -> tuple[Quantity, datetime] | None:
    """The volume that this session states last, and of when: as left, else as found where it was not filled since."""
    left = turn.channel.state("as-left")
    volume = stated(left.volume) if left else None
    if volume is not None:
        return volume, turn.read.utc
    volume = stated(turn.found.volume) if turn.found and not turn.channel.refills else None
    return (volume, turn.start.utc) if volume is not None else None


def _volume(turn: Turn) -> None:
    told, fill = _stated_volume(turn), turn.state.fill
    if told is not None:
        turn.change(volume_ml=told[0].to("mL").value, volume_at=told[1], dry_at=None)
    elif _was_emptied(turn):  # nothing of the filling is left, and no other is told of: there is nothing to run dry
        turn.change(volume_ml=None, volume_at=None, dry_at=None)
    elif fill is not None and fill.source.session == turn.source.session:
        filled = stated(fill.filled)
        turn.change(volume_ml=filled.to("mL").value if filled else None, volume_at=fill.at.utc, dry_at=None)
