"""What a session states that cannot be so: times outside it, updates that contradict it, rows that stand twice.

Promises: pure, of one interrogation alone, so that the fold and the findings judge alike. A time without an offset is
taken at the offset of the session's start. Source: law 2, absent is absent: no time is put in the place of one.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from bridge.course.facts import Source
from bridge.course.programmes import same, states_something
from bridge.interrogation import Bolus, Interrogation, Moment, Reading, Refill, stated

A_DAY = timedelta(days=1)  # clocks of pump and programmer may be that far apart, not further
A_MINUTE = timedelta(minutes=1)  # what a time printed without seconds leaves open
_BOLUS = TypeAdapter(Bolus)


def is_usable(reading: Reading[Moment] | None, source: Source) -> bool:
    """Whether a time can be read and is one that the session can tell of: not a day or more after it."""
    moment = stated(reading)
    return moment is not None and _utc(moment, source) < _end(source) + A_DAY


def is_misdated(interrogation: Interrogation, source: Source) -> bool:
    """Whether the state as left is dated before the session, which reads the state as found, or a day after it."""
    session, left = interrogation.session, interrogation.channel.state("as-left")
    moment = stated(left.at) if left is not None else None
    if moment is None or stated(session.update) in ("none", "not-completed"):
        return False
    if moment.precision == "day":
        return not source.start.printed[:10] <= moment.local.date().isoformat() <= _next_day(source)
    at = _utc(moment, source)
    return at + A_MINUTE <= source.start.utc or at >= _end(source) + A_DAY


def contradicts_update(interrogation: Interrogation) -> bool:
    """Whether a session states that nothing was updated, and another state as left than as found."""
    found, left = interrogation.channel.state("as-found"), interrogation.channel.state("as-left")
    if stated(interrogation.session.update) != "none" or found is None or left is None:
        return False
    runs = (stated(found.infusing), stated(left.infusing))
    if None not in runs and runs[0] != runs[1]:
        return True
    if found.programme is None or left.programme is None:
        return False
    both = states_something(found.programme) and states_something(left.programme)
    return both and not same(found.programme, left.programme)


def is_emptying(refill: Refill) -> bool:
    """Whether the reservoir was emptied and nothing is said of a filling."""
    emptied = refill.aspirated is not None or refill.aspirated_at is not None
    return emptied and refill.filled is None and refill.filled_at is None


def distinct(boluses: tuple[Bolus, ...]) -> tuple[Bolus, ...]:
    """The boluses of one export, of rows that are equal in everything only the first."""
    if len(boluses) < 2:
        return boluses
    rows: dict[str, Bolus] = {}
    for bolus in boluses:
        rows.setdefault(_row(bolus), bolus)
    return tuple(rows.values())


def _row(bolus: Bolus) -> str:
    """What a row says, without the place where it says it."""
    parts = {name: part for name, part in _BOLUS.dump_python(bolus, mode="json").items() if part is not None}
    return repr([(name, {**part, "where": ""}) for name, part in sorted(parts.items())])


def at_one_instant(boluses: tuple[Bolus, ...]) -> list[tuple[Bolus, ...]]:
    """Boluses without numbers of the pump that begin at one instant and are not the same row, by that instant."""
    groups: dict[Any, list[Bolus]] = {}
    for bolus in distinct(boluses):
        start = stated(bolus.start)
        if start is not None and stated(bolus.number) is None and stated(bolus.kind) in ("clinician", "patient"):
            groups.setdefault(start, []).append(bolus)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def _utc(moment: Moment, source: Source) -> datetime:
    printed = datetime.fromisoformat(source.start.printed)
    offset = printed.replace(tzinfo=None) - source.start.utc.replace(tzinfo=None)
    if moment.offset_minutes is not None:
        offset = timedelta(minutes=moment.offset_minutes)
    return moment.local.replace(tzinfo=source.start.utc.tzinfo) - offset


def _end(source: Source) -> datetime:
    return max(source.start.utc, source.read.utc)


def _next_day(source: Source) -> str:
    return (datetime.fromisoformat(max(source.start.printed, source.read.printed)) + A_DAY).date().isoformat()
