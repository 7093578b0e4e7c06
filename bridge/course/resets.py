"""Resets and memory errors: one that the log and an alarm in force both tell of is one condition.

Promises: the newest row before the alarm was first read, and every row of its kind while it is in force, are the
alarm's: its finding tells of them, and they raise none of their own. A row that no alarm tells of stands alone. Must
not know findings. Source: rules, alarms (a critical memory error is a critical alarm).
"""

from __future__ import annotations

import dataclasses
from typing import Literal

from bridge.course.clocks import Instant
from bridge.course.facts import AlarmFact, EventFact
from bridge.course.state import Turn
from bridge.interrogation import Reading, stated

CODES = ("low-battery-reset", "memory-error")
Kind = Literal["pump-reset", "memory-error"]


def kind(code: str, severity: Reading[str] | None) -> Kind:
    """What a row or an alarm of CODES tells of: a memory error is minor where it is said to be."""
    minor = code == "memory-error" and stated(severity) in ("non-critical", "information")
    return "memory-error" if minor else "pump-reset"


def follow(turn: Turn) -> None:
    """Give each alarm of a reset, open or over in this session, the new rows that tell of the same."""
    turn.change(alarms=tuple(_joined(turn, alarm) for alarm in turn.state.alarms))
    for place, fact in enumerate(turn.facts):
        if isinstance(fact, AlarmFact):
            turn.facts[place] = _joined(turn, fact)


def _joined(turn: Turn, alarm: AlarmFact) -> AlarmFact:
    code = stated(alarm.alarm.code) or ""
    if code not in CODES:
        return alarm
    told = kind(code, alarm.alarm.severity)
    rows = _of_the_same(turn, code, told, alarm)
    for place, fact in enumerate(turn.facts):
        if fact in rows:
            turn.facts[place] = dataclasses.replace(rows[rows.index(fact)], alarm=alarm.discriminator)
    since: Instant = min((alarm.since, *(row.at for row in rows)), key=lambda instant: instant.utc)
    return dataclasses.replace(
        alarm, rows=(*alarm.rows, *rows), since=since, finding=alarm.discriminator, finding_code=told
    )


def _of_the_same(turn: Turn, code: str, told: Kind, alarm: AlarmFact) -> list[EventFact]:
    """The new rows of an alarm's kind: while it was in force, and before that the newest, if none is known yet."""
    until = (alarm.until or turn.read).utc
    rows = [
        fact
        for fact in turn.facts
        if isinstance(fact, EventFact) and stated(fact.event.code) == code and fact.alarm is None
        and kind(code, fact.event.severity) == told and fact.at.utc <= until
    ]  # fmt: skip
    before = [row for row in rows if row.at.utc <= alarm.since.utc]
    first = before[-1:] if not alarm.rows else []
    return [*first, *(row for row in rows if row.at.utc > alarm.since.utc)]
