"""What tubing and catheter hold after a change of concentration: the old mixture, until its volume has left.

Source: rules, arithmetic 5 to 10: the old mixture leaves at the flow of the new programme, so each drug's dose is flow
x its old concentration (D x C_old / C_new), for volume / flow (V_br x C_new / D days). A sharp front is an
approximation. Promises: volumes are stated, never reckoned from a length; where volume, flow or steps are not known,
which mixture leaves is unknown until the next interrogation. Must not know findings, and opens no segments.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from bridge.course.clocks import Instant, later
from bridge.course.facts import CatheterFact, Derived, Known, Mixture, PumpFact, Segment
from bridge.course.programmes import daily_dose, delivered, flow_per_day, primary_concentration
from bridge.interrogation import Programme, stated
from bridge.quantity import EXACT, Quantity, plain, rounded

_DAY = Decimal(86400)
_LONGEST = timedelta(days=60)  # a line of 0.4 mL at the least flow that is programmed


@dataclass(frozen=True, slots=True)
class Line:
    """The mixture before a change, still in tubing and catheter: `left` mL at `since`, unrounded (None: not known).

    `origin` is the session of the change, `changed` its instant; `session` the one in which `left` was last learnt;
    `cancelled` says that a bridge was begun and is not known to have run to its end; `warned`, that a finding was made.
    """

    old: Mixture
    new: Mixture
    left: Decimal | None
    since: Instant
    origin: str
    changed: Instant
    session: str
    cancelled: bool = False
    warned: bool = False


def volume(pump: PumpFact | None, catheter: CatheterFact | None) -> Decimal | None:
    """V_br = tubing + catheter in mL, both as stated; None where one is not known. Source: rules, arithmetic 7."""
    tubing, inner = _ml(pump.tubing_volume if pump else None), _ml(catheter.volume if catheter else None)
    return EXACT.add(tubing, inner) if tubing is not None and inner is not None else None


def catheter_kept(pump: PumpFact | None, catheter: CatheterFact | None) -> bool:
    """Whether the catheter is older than the pump: then a new pump's tubing alone is primed. Source: scenario 12."""
    new = stated(pump.implanted.reading) if pump and pump.implanted else None
    old = stated(catheter.implanted.reading) if catheter and catheter.implanted else None
    return new is not None and old is not None and old < new


def catheter_volume(catheter: CatheterFact | None) -> Decimal | None:
    """V_cat in mL as stated."""
    return _ml(catheter.volume if catheter else None)


def tubing_volume(pump: PumpFact | None) -> Decimal | None:
    """V_tube in mL as stated."""
    return _ml(pump.tubing_volume if pump else None)


def _ml(known: Known[Quantity] | None) -> Decimal | None:
    quantity = stated(known.reading) if known and not known.reading.bound else None
    return quantity.to("mL").value if quantity else None


def flow(programme: Programme, mixture: Mixture | None) -> Decimal | None:
    """The flow in mL/d, unrounded: daily dose over concentration, else as stated; None where the two disagree.

    Source: rules, arithmetic 1, with half a unit of the last printed digit of each as tolerance.
    """
    shown = flow_per_day(programme, mixture)
    dose, concentration = daily_dose(programme), primary_concentration(mixture)
    if dose is None or concentration is None or not concentration.value:
        return shown or None
    exact = EXACT.divide(dose.value, concentration.value)
    said = stated(programme.flow)
    if said is not None and shown is not None:
        room = EXACT.add(_half(shown), EXACT.divide(_half(dose.value), concentration.value))
        room = EXACT.multiply(room, Decimal(24)) if said.unit == "mL/h" else room
        if abs(EXACT.subtract(shown, exact)) > room:
            return None
    return exact or None


def _half(value: Decimal) -> Decimal:
    exponent = value.as_tuple().exponent
    return Decimal(5).scaleb((exponent if isinstance(exponent, int) else 0) - 1)


def emptied_at(programme: Programme, mixture: Mixture, start: Instant, left: Decimal) -> Instant | None:
    """When a volume has left at the flow of a programme; None where flow or steps do not tell."""
    rate = flow(programme, mixture)
    if rate is None or left <= 0:
        return None
    if stated(programme.mode) == "flex":
        return _by_steps(programme, mixture, start, left)
    if delivered(programme, start, later(start, timedelta(days=1))) is None and daily_dose(programme) is not None:
        return None
    seconds = EXACT.divide(EXACT.multiply(left, _DAY), rate)
    return later(start, timedelta(seconds=int(seconds))) if seconds < _LONGEST.total_seconds() else None


def _by_steps(programme: Programme, mixture: Mixture, start: Instant, left: Decimal) -> Instant | None:
    low, high = 0, int(_LONGEST.total_seconds()) // 60
    if _gone(programme, mixture, start, later(start, _LONGEST)) is None:
        return None
    while low < high:
        middle = (low + high) // 2
        gone = _gone(programme, mixture, start, later(start, timedelta(minutes=middle)))
        if gone is None:
            return None
        low, high = (low, middle) if gone >= left else (middle + 1, high)
    return later(start, timedelta(minutes=low))


def _gone(programme: Programme, mixture: Mixture, start: Instant, end: Instant) -> Decimal | None:
    """The volume in mL that leaves in an interval, unrounded."""
    dose, concentration = delivered(programme, start, end), primary_concentration(mixture)
    if dose is not None and concentration is not None and concentration.value:
        return EXACT.divide(dose[0], concentration.value)
    rate = flow(programme, mixture)
    if rate is None or stated(programme.mode) == "flex":
        return None
    seconds = Decimal(int((end.utc - start.utc).total_seconds()))
    return EXACT.divide(EXACT.multiply(rate, seconds), _DAY)


# --- what a segment delivers while the line clears --------------------------------------------------------------------


def through(line: Line, segment: Segment) -> tuple[Segment, Instant | None]:
    """The segment as it leaves the line: the old mixture with derived doses, and until when; else unknown."""
    until = emptied_at(segment.settings, line.new, segment.start, line.left) if line.left else None
    rate = flow(segment.settings, line.new)
    if until is None or rate is None:
        lost = dataclasses.replace(
            segment, line="unknown", line_other=line.old, status="unknown", certainty="unknown",
            reason="line-volume-unknown", last_confirmed=segment.start,
        )  # fmt: skip
        return lost, None
    clearing = dataclasses.replace(
        segment, line="clearing", mixture=line.old, line_other=line.new, certainty="inferred",
        line_doses=_daily(segment.settings, line, rate),
    )  # fmt: skip
    return clearing, until


def _daily(programme: Programme, line: Line, rate: Decimal) -> tuple[tuple[str, Derived], ...]:
    """Each drug's dose a day: flow x its own concentration. Source: rules, arithmetic 8 and 10."""
    rows = []
    new, dose = primary_concentration(line.new), daily_dose(programme)
    for drug in line.old.drugs:
        strength = stated(drug.concentration)
        if strength is None:
            continue
        old = strength.to("ug/mL").value
        value = rounded(EXACT.multiply(rate, old), 1)
        text = f"{plain(rounded(rate, 4))} mL/d x {old} ug/mL = {value} ug/d"
        if new is not None and dose is not None:
            text = f"{dose.value} ug/d x {old} / {new.value} ug/mL = {value} ug/d"
        rows.append((stated(drug.name) or "", Derived(Quantity(value, "ug/d"), text)))
    return tuple(rows)


def moved(line: Line, segment: Segment, end: Instant, session: str) -> Line | None:
    """The line after a clearing segment that ended: what has left is gone; None once all has."""
    gone = _gone(segment.settings, line.new, segment.start, end)
    if line.left is None or gone is None:
        return dataclasses.replace(line, left=None, session=session)
    left = EXACT.subtract(line.left, gone)
    return dataclasses.replace(line, left=left, since=end, session=session) if left > 0 else None


def whole(mixture: Mixture | None, given: Decimal) -> tuple[tuple[str, Derived], ...]:
    """Each drug's dose in a volume in mL: volume x its own concentration. Source: rules, arithmetic 7 and 10."""
    rows = []
    for drug in mixture.drugs if mixture else ():
        strength = stated(drug.concentration)
        if strength is None:
            continue
        value = rounded(EXACT.multiply(given, strength.to("ug/mL").value), 1)
        said = f"{_said(given)} mL x {strength.to('ug/mL').value} ug/mL"
        text = f"{said} = {value} ug of the drug before the change"
        rows.append((stated(drug.name) or "", Derived(Quantity(value, "ug"), text)))
    return tuple(rows)


def _said(given: Decimal) -> str:
    """A volume with the digits it has, to four places at most."""
    exponent = given.as_tuple().exponent
    return f"{given:f}" if isinstance(exponent, int) and exponent >= -4 else f"{rounded(given, 4):f}"
