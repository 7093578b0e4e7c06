"""What is missing from the pump's log, or cannot be read in it: rows between two readings, halves of a stall, codes.

Promises: each session says it once, of the rows that are new in it; nothing is added or repaired. Pumps reuse numbers:
a number that falls, or jumps by more than a log can hold, begins a new count and is no gap. Source: rules, traps (log
gaps: stall without recovery, recovery without stall).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from bridge.course.clocks import Instant
from bridge.course.facts import EventFact, Gap
from bridge.course.remarks import LogFact
from bridge.course.state import EVENTS_REMEMBERED, State, Turn
from bridge.interrogation import Event, stated

_STALL, _RECOVERY = "motor-stall", "motor-stall-recovered"
_NUMBERED = re.compile(r" event ([0-9]+) ")


def review(turn: Turn, before: State) -> None:
    """Say what this session's new rows lack, compared with the log as read before; nothing where they lack nothing."""
    rows = [fact for fact in turn.facts if isinstance(fact, EventFact)]
    stalls, recoveries = _halves(rows, before)
    if turn.state.pump is None or turn.state.pump.explant_session != turn.source:
        stalls += [fact.start for fact in turn.facts if isinstance(fact, Gap) and _without_recovery(fact)]
    unknown = tuple(_words(fact.event) for fact in rows if stated(fact.event.code) in (None, "other"))
    fact = LogFact(
        turn.source.session, turn.source, before.last_read, tuple(_missing(turn, rows, before)),
        tuple({one.utc: one for one in stalls}.values()),
        tuple(recoveries), unknown,
    )  # fmt: skip
    if fact.missing or fact.stalls or fact.recoveries or fact.unknown:
        turn.emit(fact)


def _without_recovery(gap: Gap) -> bool:
    return gap.reason == _STALL and gap.closed and gap.end is None


def _words(event: Event) -> str:
    text = event.text.text if event.text else event.code.text if event.code else ""
    return " ".join(text.split())


# --- numbers ---------------------------------------------------------------------------------------------------------


def _missing(turn: Turn, rows: list[EventFact], before: State) -> Iterator[tuple[int, int]]:
    """The runs of numbers that no report told of, from the last one known; boluses are numbered with the rows."""
    last = next((number for known in reversed(before.events_seen) if (number := _number(known.split("|")[0]))), None)
    new = {number for fact in rows if last and (number := _number(stated(fact.event.number))) and number > last}
    if last is None or not new:
        return
    told = {number for bolus in turn.channel.boluses if (number := _number(stated(bolus.number)))}
    told |= {int(found[1]) for known in turn.state.deliveries_seen if (found := _NUMBERED.search(known))}
    known = sorted({last, *new, *(number for number in told if last < number < max(new))})
    for one, other in pairwise(known):
        if 1 < other - one <= EVENTS_REMEMBERED:
            yield one + 1, other - 1


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


# --- stalls ----------------------------------------------------------------------------------------------------------


def _halves(rows: list[EventFact], before: State) -> tuple[list[Instant], list[Instant]]:
    """Stalls that another one follows without a recovery, and recoveries that no stall precedes."""
    codes = (known.split("|")[1] for known in reversed(before.events_seen) if rows)
    stalled = next((code == _STALL for code in codes if code in (_STALL, _RECOVERY)), False)
    open_since = before.gap.start if before.gap and before.gap.reason == _STALL else None
    stalls, recoveries = list[Instant](), list[Instant]()
    for fact in rows:
        code = stated(fact.event.code)
        if code == _STALL:
            stalls += [open_since] if open_since else []
            stalled, open_since = True, fact.at
        elif code == _RECOVERY:
            recoveries += [] if stalled else [fact.at]
            stalled, open_since = False, None
    return stalls, recoveries
