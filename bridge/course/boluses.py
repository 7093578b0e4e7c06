"""Boluses that ran at the last reading: until when their stated duration lets them run, and how old news of them gets.

Promises: one that was due to be over, or was read longer ago than the configured age, is not called running any more;
how it ended is not known until a session tells. Source: law on old news. Must not know how boluses are told apart.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from decimal import Decimal

from bridge.course.clocks import Instant, later
from bridge.course.facts import BolusFact
from bridge.course.state import State, Turn
from bridge.interrogation import stated
from bridge.quantity import EXACT, Quantity

LONGEST_MINUTES = 366 * 1440  # no bolus takes a year, and no line so long to clear: a longer duration is misprinted


def lasting(start: Instant, duration: Quantity | None) -> Instant | None:
    """The instant at which what began then is over by its duration; None where that is absent or cannot be one."""
    if duration is None:
        return None
    minutes = duration.value if duration.unit == "min" else EXACT.multiply(duration.value, Decimal(60))
    if not 0 < minutes <= LONGEST_MINUTES:
        return None
    return later(start, timedelta(minutes=int(minutes)))


def follow(turn: Turn, before: State) -> None:
    """Note until when each bolus that runs may run: by this session's word, else by an earlier one's."""
    known = {fact.discriminator: fact.due for fact in before.boluses}
    turn.change(boluses=tuple(
        dataclasses.replace(fact, due=_due(turn, fact) or known.get(fact.discriminator)) for fact in turn.state.boluses
    ))  # fmt: skip


def _due(turn: Turn, fact: BolusFact) -> Instant | None:
    rows = [row for row in turn.channel.boluses if stated(row.outcome) == "running" and stated(row.kind) == fact.kind]
    here = [row for row in rows if (turn.within(row.start) or turn.start).utc == fact.start.utc]
    ends = [end for row in here if (end := lasting(fact.start, stated(row.duration))) is not None]
    return max(ends, key=lambda end: end.utc, default=None)


def aged(
    state: State, as_of: datetime, age: timedelta, *, is_lost: bool = False
) -> tuple[list[BolusFact], list[datetime]]:
    """The boluses of the open page as of now, and the instants at which they become old news; lost: all of them are."""
    if is_lost:
        return [dataclasses.replace(fact, outcome=None) for fact in state.boluses], []
    limits = [(fact, fact.due.utc if fact.due else fact.source.read.utc + age) for fact in state.boluses]
    facts = [dataclasses.replace(fact, outcome=None) if limit <= as_of else fact for fact, limit in limits]
    return facts, [limit for _, limit in limits]
