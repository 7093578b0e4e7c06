"""MRI scans that the pump's log tells of, and whether the pump was interrogated since.

Promises: a scan that no interrogation has followed is a condition, and the next interrogation after it ends it. An
interrogation that finds the motor still stalled does not settle it: the log may not show the recovery until a second
one. Source: rules, scans (MRI label and UK alert of 2008: stall and recovery are logged late; FDA 2017: MRI event
without later interrogation).
"""

from __future__ import annotations

import re
from datetime import datetime

from bridge.course import conditions
from bridge.course.facts import EventFact
from bridge.course.remarks import Condition
from bridge.course.state import A_DAY, Turn
from bridge.interrogation import stated

UNREAD = "mri-without-interrogation"
_STALLS = ("motor-stall", "motor-stall-recovered")
_MRI = re.compile(r"\b(?:MRI?|magnet(?:ic)?|magnetic resonance)\b", re.IGNORECASE)


def follow(turn: Turn) -> None:
    """Take the scans of this session's new log rows, and what this session settles of earlier ones."""
    pump = turn.state.pump
    if pump is not None and pump.explant_session is not None:
        conditions.end(turn, UNREAD, turn.read)
        return
    if _is_interrogation(turn):
        conditions.end(turn, UNREAD, turn.start, which=lambda one: one.since.utc <= _latest(turn))
    for fact in list(turn.facts):
        if isinstance(fact, EventFact) and tells_of_mri(fact) and not _settled(turn, fact):
            _begin(turn, fact)


def _is_interrogation(turn: Turn) -> bool:
    return stated(turn.interrogation.kind) in (None, "session")


def _latest(turn: Turn) -> datetime:
    """Up to when this session can tell of the pump: the log runs by the pump's clock where that is ahead."""
    pump = turn.instant(turn.interrogation.clocks.pump)
    return max(turn.start.utc, pump.utc) if pump else turn.start.utc


def tells_of_mri(fact: EventFact) -> bool:
    """Whether a row tells of an MRI scan: by its code, or a stall or recovery whose words name one."""
    code, text = stated(fact.event.code), stated(fact.event.text) or ""
    return code == "mri-detected" or (code in _STALLS and _MRI.search(text) is not None)


def _settled(turn: Turn, fact: EventFact) -> bool:
    return _is_interrogation(turn) and fact.at.utc <= _latest(turn) and not _still_stalled(turn, fact)


def _still_stalled(turn: Turn, fact: EventFact) -> bool:
    """Whether the pump has not been seen to run since this scan. Source: recovery up to a day late."""
    gap = turn.state.gap
    return gap is not None and gap.reason != "pump-stopped" and abs(gap.start.utc - fact.at.utc) <= A_DAY


def _begin(turn: Turn, fact: EventFact) -> None:
    """One condition a scan: rows within a day of one another tell of one scan."""
    if any(abs(one.since.utc - fact.at.utc) <= A_DAY for one in conditions.opened(turn, UNREAD)):
        return
    pump = turn.state.pump
    told = [("number", stated(fact.event.number) or "")]
    told += [("interrogated", turn.start.words)] if _is_interrogation(turn) and fact.at.utc <= _latest(turn) else []
    names = (("manufacturer", pump.manufacturer), ("model", pump.model)) if pump else ()
    told += [(name, stated(known.reading) or "") for name, known in names]
    conditions.begin(
        turn,
        Condition(
            UNREAD, fact.discriminator, turn.source, fact.at, turn.read, told=tuple(told),
            places=(("event", fact.discriminator),),
        ),
    )  # fmt: skip
