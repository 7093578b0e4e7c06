"""Conditions: what lasts from one session to another, and what a session is compared with.

Promises: a condition begins once, is confirmed by sessions that still show it, and ends on the page of the session
that ends it; an open one stands on the open page. Must not know findings or words.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime

from bridge.course.clocks import Instant
from bridge.course.remarks import Before, Condition
from bridge.course.state import State, Turn
from bridge.interrogation import stated


def begin(turn: Turn, condition: Condition) -> None:
    """A condition holds from now on; one of the same kind and discriminator that is open already stays as it is."""
    names = {(one.kind, one.discriminator) for one in turn.state.conditions}
    if (condition.kind, condition.discriminator) not in names:
        turn.change(conditions=(*turn.state.conditions, condition))


def confirm(turn: Turn, kind: str) -> None:
    """This session still shows every open condition of a kind."""
    turn.change(
        conditions=tuple(
            dataclasses.replace(one, last_read=turn.read) if one.kind == kind else one for one in turn.state.conditions
        )
    )


def end(turn: Turn, kind: str, at: Instant, which: Callable[[Condition], bool] = lambda _: True) -> None:
    """Every open condition of a kind (those that `which` says) is over since an instant: sealed on this page."""
    over = [one for one in turn.state.conditions if one.kind == kind and which(one)]
    for one in over:
        turn.emit(dataclasses.replace(one, until=at, last_read=turn.read, source=turn.source))
    turn.change(conditions=tuple(one for one in turn.state.conditions if one not in over))


def opened(turn: Turn, kind: str) -> tuple[Condition, ...]:
    """The open conditions of a kind."""
    return tuple(one for one in turn.state.conditions if one.kind == kind)


def standing(state: State, as_of: datetime) -> tuple[Condition, ...]:
    """The open conditions as the open page shows them: one that is over by itself has its end."""
    return tuple(as_of_now(one, as_of) for one in state.conditions)


def as_of_now(one: Condition, as_of: datetime) -> Condition:
    """A condition with its end, where it is over by itself."""
    return dataclasses.replace(one, until=one.due) if one.due is not None and one.due.utc <= as_of else one


def before(state: State) -> Before:
    """What is known when a session begins."""
    return Before(
        last_read=state.last_read,
        pump=state.pump,
        patient=state.patient,
        programme=state.programme,
        mixture=stated(state.mixture.reading) if state.mixture else None,
        fill=state.fill,
        gap=state.gap,
        reservoir=state.reservoir,
        longevity=state.longevity,
    )


def remember(turn: Turn) -> None:
    """What this session states of reservoir and longevity: the next one is compared with it.

    Dates from before a filling that this session tells of hold no longer.
    """
    reservoir, longevity = turn.channel.reservoir, turn.interrogation.longevity
    known, fill = turn.state.reservoir, turn.state.fill
    if known is not None and fill is not None and fill.source.session == turn.source.session:
        known = dataclasses.replace(known, low_date=None, empty_date=None, refill_by=None)
    turn.change(reservoir=reservoir or known, longevity=longevity or turn.state.longevity)
