"""The end of the pump's life as its reports state it: the elective replacement indicator, and the end of service.

Promises: each is a condition that begins with what a report states (longevity, alarm or log row) and ends only where a
later one states that it is not so, or with the explant: a report that is silent ends nothing. Nothing is computed from
an age. Source: rules, alarms (as the pump states them).
"""

from __future__ import annotations

import dataclasses

from bridge.course import conditions
from bridge.course.clocks import Instant
from bridge.course.facts import EventFact
from bridge.course.remarks import Condition
from bridge.course.state import Turn
from bridge.interrogation import Longevity, stated

ERI = "eri-reached"
END_OF_SERVICE = "end-of-service"
_FIELDS = {ERI: "eri", END_OF_SERVICE: "end_of_service"}


def follow(turn: Turn) -> None:
    """Take what this session states of both; an explanted pump has neither."""
    pump = turn.state.pump
    if pump is not None and pump.explant_session is not None:
        for kind in _FIELDS:
            conditions.end(turn, kind, turn.read)
        return
    for kind in _FIELDS:
        _take(turn, kind)
    if _said(turn, ERI) is False:
        turn.change(eri_denied=turn.read)
    _shared_flag(turn)


def _said(turn: Turn, kind: str) -> bool | None:
    longevity = turn.interrogation.longevity or Longevity()
    return stated(getattr(longevity, _FIELDS[kind]))


def _take(turn: Turn, kind: str) -> None:
    rows = [fact for fact in turn.facts if isinstance(fact, EventFact) and stated(fact.event.code) == kind]
    in_force = any(stated(alarm.code) == kind for alarm in turn.channel.alarms)
    said = _said(turn, kind)
    if said is False and not in_force:
        conditions.end(turn, kind, turn.read)
    elif rows or said or in_force:
        row = rows[0] if rows else None
        conditions.confirm(turn, kind)
        if not conditions.opened(turn, kind):
            conditions.begin(turn, _condition(turn, kind, row))


def _condition(turn: Turn, kind: str, row: EventFact | None) -> Condition:
    since = row.at if row else turn.read
    told = [("how", "event" if row else "read")]
    told += _eri_before(turn) if kind == END_OF_SERVICE else _not_before(turn, row)
    places = (("event", row.discriminator),) if row else (("summary", turn.source.session),)
    return Condition(
        kind, f"{kind} {since.printed}", turn.source, since, turn.read, told=(*told, *_pump(turn)), places=places
    )


def _not_before(turn: Turn, row: EventFact | None) -> list[tuple[str, str]]:
    """Before when the indicator was not reached: its row of the log, else the last report that denied it."""
    earliest: Instant | None = row.at if row else turn.state.eri_denied
    return [("not-before", earliest.utc.isoformat())] if earliest else []


def _eri_before(turn: Turn) -> list[tuple[str, str]]:
    """What is known of the replacement indicator when the end of service is stated."""
    reached = conditions.opened(turn, ERI)
    if not reached:
        return []
    told = dict(reached[0].told)
    names = [("eri", reached[0].since.words), ("eri-how", told["how"])]
    return [*names, *([("eri-not-before", told["not-before"])] if "not-before" in told else [])]


def _pump(turn: Turn) -> list[tuple[str, str]]:
    pump = turn.state.pump
    names = (("manufacturer", pump.manufacturer), ("model", pump.model)) if pump else ()
    return [(name, stated(known.reading) or "") for name, known in names]


def _shared_flag(turn: Turn) -> None:
    """The alarm of the end of service and its condition are one cause: the alarm names the condition."""
    for condition in conditions.opened(turn, END_OF_SERVICE):
        turn.change(
            alarms=tuple(
                dataclasses.replace(alarm, finding=condition.discriminator, finding_code=END_OF_SERVICE)
                if stated(alarm.alarm.code) == END_OF_SERVICE
                else alarm
                for alarm in turn.state.alarms
            )
        )
