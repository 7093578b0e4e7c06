"""Primings: a volume that fills tubing and catheter, and how much of it found neither of them empty.

Promises: a priming is never a dose; what it was too much by is reckoned only where both volumes are known. Source:
rules, arithmetic 6, and traps: the recall of 2016-17 on the tubing's volume, and that of 2013 on priming boluses.
"""

from __future__ import annotations

import dataclasses
from decimal import Decimal

from bridge.course import line
from bridge.course.bridging import content, new_on_old
from bridge.course.clocks import Instant
from bridge.course.devices import family
from bridge.course.facts import Derived, Mixture, PrimingFact
from bridge.course.programmes import primary_concentration
from bridge.course.segments import lose_segment
from bridge.course.state import Turn
from bridge.families.table import recalls_for
from bridge.interrogation import Bolus, stated
from bridge.quantity import EXACT, Quantity, plain, rounded

_RECALL = "priming-bolus-2013"
_LAST_DIGIT = Decimal("0.001")  # volumes are printed to it


def prime(turn: Turn, at: Instant, bolus: Bolus, discriminator: str, fill: str | None) -> None:
    """Take one priming: its fact, and what it leaves of an old mixture in the line."""
    volume = stated(bolus.volume) if bolus.volume is not None and not bolus.volume.bound else None
    primed, mixture = volume.to("mL").value if volume else None, content(turn)
    excess, dose = _excess(turn, primed, mixture)
    turn.emit(PrimingFact(
        discriminator, turn.source, at, bolus.volume, fill, mixture, excess, dose, _uncertain(turn),
    ))  # fmt: skip
    _moves(turn, primed)


def _moves(turn: Turn, primed: Decimal | None) -> None:
    """A priming pushes the old mixture on: no more of it is left than was not primed away."""
    known, segment = turn.state.line, turn.state.segment
    if known is None:
        return
    if segment is not None and segment.line == "clearing":
        lose_segment(turn, "line-volume-unknown")
    elif not new_on_old(turn):
        left = EXACT.subtract(known.left, primed) if known.left is not None and primed is not None else None
        gone = left is not None and left <= 0
        turn.change(line=None if gone else dataclasses.replace(known, left=left, session=turn.source.session))


def _excess(turn: Turn, primed: Decimal | None, mixture: Mixture | None) -> tuple[Derived | None, Derived | None]:
    """What was primed above what was empty, and its dose: of a new pump on an older catheter the tubing is empty."""
    tubing, inner = _tubing(turn), Decimal(0) if new_on_old(turn) else line.catheter_volume(turn.state.catheter)
    if primed is None or tubing is None or inner is None:
        return None, None
    over = EXACT.subtract(primed, EXACT.add(tubing, inner))
    if over < _LAST_DIGIT:
        return None, None
    value = rounded(over, 4)
    said = f"{primed} mL - {tubing} mL of tubing" + (f" - {inner} mL of catheter" if inner else "")
    concentration = primary_concentration(mixture)
    return Derived(Quantity(value, "mL"), f"{said} = {plain(value)} mL"), _dose(over, concentration)


def _dose(over: Decimal, concentration: Quantity | None) -> Derived | None:
    if concentration is None:
        return None
    value = rounded(EXACT.multiply(over, concentration.value), 1)
    return Derived(Quantity(value, "ug"), f"{over} mL x {concentration.value} ug/mL = {value} ug")


def _tubing(turn: Turn) -> Decimal | None:
    """The tubing's volume: as stated, or the family's where that is smaller (0.140 mL since the card's update)."""
    pump = turn.state.pump
    shown, known = line.tubing_volume(pump), family(pump)
    model = (stated(pump.model.reading) or "") if pump else ""
    facts = known.stated("tubing-volume", model=model) if known else ()
    volumes = [fact.quantity.to("mL").value for fact in facts] + ([shown] if shown is not None else [])
    return min(volumes) if volumes else None


def _uncertain(turn: Turn) -> str | None:
    """Why delivery after a priming is uncertain, in the words of the recall of 2013; None for other pumps."""
    pump = turn.state.pump
    if pump is None:
        return None
    found = recalls_for(stated(pump.manufacturer.reading), stated(pump.model.reading))
    return next((recall.what for recall in found if recall.key == _RECALL), None)
