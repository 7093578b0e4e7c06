"""Alarms and other events of a hospital pump: an alarm from its start over its updates to its end.

1. The reports of one alarm are told by the number of the first (OBR-29, else OBR-3), else by term and line.
2. An alarm is in force until its end is told. Its end without a start is kept, its start is not known.
3. An event that is neither an alarm nor the start or end of an infusion is kept as told.

Source: IHE Patient Care Device, Alert Communication Management: phases and states. Must not know FHIR.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from bridge.course.bedside import Bedside
from bridge.course.delivering import line_of
from bridge.course.infusion_facts import InfusionAlarm, InfusionEvent, InfusionReason, Told
from bridge.course.infusions import end_all, lose_all
from bridge.hospital import Happening
from bridge.interrogation import stated

_AT_ONCE = ("tpoint", "start_and_end", "start-and-end")


def follow(beside: Bedside, alarms: tuple[InfusionAlarm, ...], unfit: Iterable[Happening]) -> tuple[InfusionAlarm, ...]:
    """The alarms in force after a session; what ended, and every other event, is sealed on its page."""
    for event in unfit:
        _keep(beside, alarms, event)
    for event in beside.told.events:
        kind = stated(event.kind)
        if kind == "alarm":
            alarms = _alarm(beside, alarms, event)
        elif kind == "other":
            _keep(beside, alarms, event)
            _act(beside, event)
    return alarms


def _alarm(beside: Bedside, alarms: tuple[InfusionAlarm, ...], event: Happening) -> tuple[InfusionAlarm, ...]:
    known = _known(beside, alarms, event)
    over = _is_over(event)
    if known is None:
        known = _first(beside, event, begins=not over or _phase(event) in _AT_ONCE)
    told = dataclasses.replace(
        known, source=beside.source, told=_kept(known.told, event), export=beside.export, last_told=beside.at
    )
    rest = tuple(one for one in alarms if one.discriminator != known.discriminator)
    if not over:
        return (*rest, told)
    beside.brief.append(told.discriminator)
    beside.turn.emit(dataclasses.replace(told, until=beside.at, status="ended"))
    return rest


def _first(beside: Bedside, event: Happening, *, begins: bool) -> InfusionAlarm:
    name = _named(beside, _number(event) or _term(event))
    since = beside.at if begins else None
    return InfusionAlarm(name, beside.source, line_of(beside.told), event, beside.export, since, beside.at)


def _named(beside: Bedside, what: str, alarms: tuple[InfusionAlarm, ...] = ()) -> str:
    """A discriminator: line, number or term, and the time as printed; an ordinal where one was named so before."""
    start = beside.turn.interrogation.session.start
    name = f"{line_of(beside.told)} {what} {start.text if start is not None else beside.at.printed}"
    return beside.unlike(name, {*beside.brief, *(one.discriminator for one in alarms)})


def _known(beside: Bedside, alarms: tuple[InfusionAlarm, ...], event: Happening) -> InfusionAlarm | None:
    """The alarm in force that a report is of."""
    number, line = _number(event), line_of(beside.told)
    for one in alarms:
        if one.line == line and number is not None and _number(one.told) == number:
            return one
    alike = [one for one in alarms if one.line == line and _term(one.told) == _term(event)]
    return alike[0] if len(alike) == 1 and _phase(event) != "start" else None


def _kept(before: Happening, event: Happening) -> Happening:
    """The newest report of an alarm, with what it does not repeat: number of the first report, words, priority."""
    names = ("number", "parent", "term", "priority", "type", "text", "source")
    old = {name: getattr(before, name) for name in names if getattr(event, name) is None}
    if before.parent is None and event.parent is None:
        old["number"] = before.number
    return dataclasses.replace(event, **old)


def _is_over(event: Happening) -> bool:
    phase = _phase(event)
    if phase is not None:
        return phase == "end" or phase in _AT_ONCE
    return stated(event.state) == "inactive"


def _phase(event: Happening) -> str | None:
    return (stated(event.phase) or "").lower() or None


def _number(event: Happening) -> str | None:
    return stated(event.parent) or stated(event.number)


def _term(event: Happening) -> str:
    return event.term.text if event.term is not None else ""


# --- other events -------------------------------------------------------------------------------------------------


def _keep(beside: Bedside, alarms: tuple[InfusionAlarm, ...], event: Happening) -> None:
    name = _named(beside, _term(event), alarms)
    beside.brief.append(name)
    line = line_of(beside.told)
    beside.turn.emit(InfusionEvent(name, beside.source, line, beside.at, event, beside.export))


def _act(beside: Bedside, event: Happening) -> None:
    """What an event that is no delivery means for what runs."""
    term = _term(event)
    if term.endswith(("PATIENT_CHANGE", "PATIENT_ID_CHANGE")):
        lose_all(beside, "patient-changed")
    elif "POWER" in term and (off := _says_off(beside)) is not None:
        end_all(beside, line_of(beside.told), "powered-off", off)


def _says_off(beside: Bedside) -> Told[str] | None:
    """The row by which a pump says that it is off: vendors have terms of their own for it."""
    for row in beside.told.unread:
        if row.value is not None and row.value.text.strip("^ ").upper() in ("OFF", "POWERED-OFF"):
            return Told(row.value, beside.export)
    status = beside.told.pump_status
    return Told(status, beside.export) if status is not None and status.text.endswith("-off") else None


def unknown(alarms: Iterable[InfusionAlarm], reason: InfusionReason) -> tuple[InfusionAlarm, ...]:
    """Alarms of which nothing is known any more."""
    return tuple(dataclasses.replace(one, status="unknown", reason=reason) for one in alarms)
