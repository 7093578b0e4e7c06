"""The pump, its catheter and its patient as known so far: each value from the newest report that states it."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

from bridge.course.facts import CatheterFact, Known, PatientFact, PumpFact
from bridge.course.state import A_DAY, Turn
from bridge.families.facts import Family
from bridge.families.table import family_of
from bridge.interrogation import Catheter, Reading, stated

_IDENTITY = ("manufacturer", "model", "serial")
_PUMP = ("udi", "firmware", "capacity", "tubing_volume", "implanted", "explanted")
_CATHETER = ("manufacturer", "model", "serial", "length", "trimmed", "volume", "tip", "implanted")


def learn(turn: Turn) -> None:
    """Update what is known of the pump, the patient and the catheter from this session."""
    _learn_pump(turn)
    _learn_patient(turn)
    if turn.interrogation.catheter is not None:
        _learn_catheter(turn, turn.interrogation.catheter)


def family(pump: PumpFact | None) -> Family | None:
    """The family of a pump by its stated manufacturer and model; None where it is not listed."""
    if pump is None:
        return None
    return family_of(stated(pump.manufacturer.reading), stated(pump.model.reading))


def _learn_pump(turn: Turn) -> None:
    pump, before = turn.interrogation.pump, turn.state.pump
    new: dict[str, Any] = {name: _known(turn, getattr(pump, name)) for name in _PUMP}
    new = {name: value for name, value in new.items() if value is not None}
    if before is None:
        identity: dict[str, Any] = {
            name: _known(turn, getattr(pump, name)) for name in ("manufacturer", "model", "serial")
        }
        fact = PumpFact(**identity, **new)
    else:
        fact = dataclasses.replace(before, **new)
    if stated(pump.implanted) is not None and fact.implant_session is None:
        fact = dataclasses.replace(fact, implant_session=turn.source)
    usable = _usable(turn, fact)
    if not usable:
        fact = dataclasses.replace(fact, explanted=before.explanted if before else None)
        _withhold(turn)
    if (usable and stated(pump.explanted) is not None) or stated(turn.interrogation.session.type) == "explant":
        fact = dataclasses.replace(fact, explant_session=turn.source)
    if _contradicts(fact):
        fact = dataclasses.replace(fact, explanted=None)
    turn.change(pump=fact, simulated=turn.interrogation.is_simulated)


def _contradicts(fact: PumpFact) -> bool:
    """Whether an explant is dated before the implant: then its date says nothing."""
    implanted = stated(fact.implanted.reading) if fact.implanted else None
    explanted = stated(fact.explanted.reading) if fact.explanted else None
    return implanted is not None and explanted is not None and explanted < implanted


def _usable(turn: Turn, fact: PumpFact) -> bool:
    """Whether the explant date that this session states can be one: else the pump is taken to be where it was.

    Not where it lies more than a day after the reading, before the implant, or before a programme that was set since.
    """
    day = stated(turn.interrogation.pump.explanted)
    if day is None:
        return True
    read, left = turn.read, turn.left
    set_at = [turn.state.programme.start if turn.state.programme else None]
    set_at += [turn.instant(left.at) or read] if left is not None and left.programme is not None else []
    last = max((datetime.fromisoformat(at.printed).date() for at in set_at if at is not None), default=day)
    return last <= day <= datetime.fromisoformat(read.printed).date() + A_DAY and not _contradicts(fact)


def _withhold(turn: Turn) -> None:
    """The session without its explant date, for all that is folded after it."""
    told = turn.interrogation
    without = dataclasses.replace(told, pump=dataclasses.replace(told.pump, explanted=None))
    turn.session = dataclasses.replace(turn.session, interrogation=without)


def _learn_patient(turn: Turn) -> None:
    patient, before = turn.interrogation.patient, turn.state.patient or PatientFact()
    family, born = stated(patient.family) or before.family, stated(patient.birth_date) or before.birth_date
    number, system = stated(patient.identifier), stated(patient.system)
    if number is None:
        number, system = before.identifier, before.system
    if family or born or number:
        turn.change(patient=PatientFact(family, born, number, system))


def _learn_catheter(turn: Turn, catheter: Catheter) -> None:
    new: dict[str, Any] = {name: _known(turn, getattr(catheter, name)) for name in _CATHETER}
    new = {name: value for name, value in new.items() if value is not None}
    if not new:
        return
    before = turn.state.catheter
    serial = stated(catheter.serial)
    if before is not None and serial and before.serial and stated(before.serial.reading) != serial:
        turn.emit(dataclasses.replace(before, replaced=turn.read))  # ended, not retracted
        before = None
    if before is None:
        before = CatheterFact(serial or "catheter")
    turn.change(catheter=dataclasses.replace(before, **new))


def _known(turn: Turn, reading: Reading[Any] | None) -> Known[Any] | None:
    if reading is None or reading.value is None:
        return None
    return Known(reading, turn.export, turn.read)
