"""Programmes: whether two are the same, what a person reads of one, and what it delivers in an interval.

Source of the reckoning: dose = sum of steps, flow = dose over concentration, elapsed time in UTC; a derived value is
rounded once. Must not know sessions.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bridge.course.clocks import Instant
from bridge.course.facts import Mixture
from bridge.interrogation import Drug, Periodic, Programme, Reading, Step, stated
from bridge.quantity import EXACT, Quantity, plain, rounded

MODE_WORDS = {
    "simple-continuous": "simple continuous",
    "flex": "flex",
    "periodic-bolus": "periodic bolus",
    "minimum-rate": "minimum rate",
    "constant-flow": "constant flow, set by the maker",
    "stopped": "stopped",
}


def same(one: Programme, other: Programme) -> bool:
    """Whether two programmes are one, in everything that both of them state; 400.0 and 400.00 ug/d are the same."""
    pairs = [
        (stated(one.mode), stated(other.mode)),
        (_amount(one.flow), _amount(other.flow)),
        (_steps(one), _steps(other)),
    ]
    agree = all(a == b for a, b in pairs if a and b) and _same_doses(one, other)
    return agree and all(a == b for a, b in zip(_periodic(one), _periodic(other), strict=True) if a and b)


def unreadable(programme: Programme | None) -> bool:
    """Whether a part that decides delivery is stated and cannot be read (illegible, or disputed)."""
    if programme is None:
        return False
    periodic = programme.periodic or Periodic()
    readings: list[Reading[Any] | None] = [programme.mode, programme.flow, periodic.dose, periodic.interval]
    readings += [dose.daily for dose in programme.doses]
    readings += [part for step in programme.steps for part in (step.start, step.end, step.dose, step.rate)]
    return any(reading is not None and reading.value is None for reading in readings)


def drug_parts(drug: Drug) -> tuple[str | None, Decimal | None]:
    """Name in lower case and concentration in ug/mL, each None where it is not stated."""
    name, concentration = stated(drug.name), stated(drug.concentration)
    return name.lower() if name else None, concentration.to("ug/mL").value if concentration else None


def drug_key(mixture: Mixture) -> str:
    """What makes two mixtures one: names and concentrations, 2000 and 2000.0 ug/mL alike."""
    parts = [drug_parts(drug) for drug in mixture.drugs]
    rows = [f"{name or '?'} {f'{plain(amount)} ug/mL' if amount is not None else '?'}" for name, amount in parts]
    return " + ".join(sorted(rows))


def _same_doses(one: Programme, other: Programme) -> bool:
    """Doses by drug where both name their drugs, else in their order."""
    first, second = _doses(one), _doses(other)
    if not first or not second:
        return True
    if all(name for name, _ in (*first, *second)):
        return sorted(first, key=str) == sorted(second, key=str)
    return [amount for _, amount in first] == [amount for _, amount in second]


def _periodic(programme: Programme) -> tuple[object, ...]:
    periodic = programme.periodic or Periodic()
    return tuple(_amount(reading) for reading in (periodic.dose, periodic.interval, periodic.duration))


def states_something(programme: Programme | None) -> bool:
    """Whether a programme states a mode or a dose that can be read."""
    return programme is not None and bool(stated(programme.mode) or _doses(programme) or _amount(programme.flow))


def daily_dose(programme: Programme) -> Quantity | None:
    """The stated daily dose of the primary drug in ug/d, or None."""
    dose = stated(programme.doses[0].daily) if programme.doses else None
    return dose.to("ug/d") if dose else None


def flow_per_day(programme: Programme, mixture: Mixture | None) -> Decimal | None:
    """The flow in mL/d: stated, else daily dose over concentration; None where neither is stated."""
    flow = stated(programme.flow)
    if flow is not None:
        if flow.unit == "mL/h":
            return EXACT.multiply(flow.value, Decimal(24))
        return flow.to("mL/d").value
    dose, concentration = daily_dose(programme), primary_concentration(mixture)
    if dose is None or concentration is None or not concentration.value:
        return None
    return EXACT.divide(dose.value, concentration.value)


def primary_concentration(mixture: Mixture | None) -> Quantity | None:
    """The concentration of the primary drug in ug/mL, or None."""
    concentration = stated(mixture.drugs[0].concentration) if mixture and mixture.drugs else None
    return concentration.to("ug/mL") if concentration else None


def words(programme: Programme) -> str:
    """The programme in words: 400.00 micrograms/day, simple continuous."""
    dose = daily_dose(programme)
    said = f"{dose.value:f} micrograms/day" if dose else "dose NOT RECORDED"
    mode = MODE_WORDS.get(stated(programme.mode) or "", "mode NOT RECORDED")
    return mode if stated(programme.mode) == "stopped" and dose is None else f"{said}, {mode}"


def delivered(programme: Programme, start: Instant, end: Instant) -> tuple[Decimal, str] | None:
    """The primary drug's programmed dose in ug over an interval, unrounded, and how; None where steps do not tell.

    Steps run by the pump's wall clock: an interval over a change of offset is not reckoned.
    """
    mode, daily = stated(programme.mode), daily_dose(programme)
    seconds = Decimal(int((end.utc - start.utc).total_seconds()))
    if mode in ("simple-continuous", "minimum-rate", "constant-flow") and daily is not None:
        dose = EXACT.divide(EXACT.multiply(daily.value, seconds), Decimal(86400))
        return dose, f"{daily.value:f} ug/d x {seconds} s / 86400 s/d"
    if mode == "flex" and programme.steps and start.fhir[-6:] == end.fhir[-6:] and len(start.fhir) > 10:
        return _stepped(programme.steps, datetime.fromisoformat(start.printed), end.utc - start.utc)
    return None


def _stepped(steps: tuple[Step, ...], begin: datetime, elapsed: timedelta) -> tuple[Decimal, str] | None:
    finish, shares = begin + elapsed, []
    for step in steps:
        share = _over_days(step, begin, finish)
        if share is None:
            return None
        shares.append(share)
    told = [f"{clock(stated(step.start) or 0)} {rounded(share, 1)}" for step, share in zip(steps, shares, strict=True)]
    return sum(shares, Decimal(0)), "by steps: " + " + ".join(told)


def _over_days(step: Step, begin: datetime, finish: datetime) -> Decimal | None:
    day = begin.replace(hour=0, minute=0, second=0) - timedelta(days=1)  # a step may wrap past midnight
    total = Decimal(0)
    while day < finish:
        share = _share(step, day, begin, finish)
        if share is None:
            return None
        total = EXACT.add(total, share)
        day += timedelta(days=1)
    return total


def clock(minutes: int) -> str:
    """Minutes after midnight as a clock shows them."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _share(step: Step, day: datetime, begin: datetime, finish: datetime) -> Decimal | None:
    start, end, dose = stated(step.start), stated(step.end), step_dose(step)
    if start is None or end is None or dose is None:
        return None
    length = step_minutes(start, end)
    opened = day + timedelta(minutes=start)
    closed = opened + timedelta(minutes=length)
    overlap = (min(closed, finish) - max(opened, begin)).total_seconds()
    if overlap <= 0:
        return Decimal(0)
    return EXACT.divide(EXACT.multiply(dose, Decimal(int(overlap))), Decimal(60 * length))


def step_minutes(start: int, end: int) -> int:
    """How long a step takes, in minutes; one that ends at or before its start wraps past midnight."""
    return (end - start) % 1440 or 1440


def step_dose(step: Step) -> Decimal | None:
    """The dose of a step in ug: stated, else its rate over its length."""
    dose, rate = stated(step.dose), stated(step.rate)
    if dose is not None:
        return dose.to("ug").value
    start, end = stated(step.start), stated(step.end)
    if rate is None or start is None or end is None:
        return None
    return EXACT.divide(EXACT.multiply(rate.to("ug/h").value, Decimal(step_minutes(start, end))), Decimal(60))


def _amount(reading: Reading[Quantity] | None) -> tuple[str, Decimal] | None:
    quantity = stated(reading)
    if quantity is None:
        return None
    base = {"mg/d": "ug/d", "uL/d": "mL/d", "mg": "ug", "mg/h": "ug/h"}.get(quantity.unit, quantity.unit)
    moved = quantity.to(base)
    return moved.unit, moved.value


def _doses(programme: Programme) -> list[tuple[str, tuple[str, Decimal]]]:
    rows = [((stated(dose.drug) or "").lower(), _amount(dose.daily)) for dose in programme.doses]
    return [(name, amount) for name, amount in rows if amount is not None]


def _steps(programme: Programme) -> tuple[object, ...]:
    """The steps in the order of the day; an end at 00:00 is 24:00."""
    rows = [(stated(step.start), stated(step.end) or 1440, step_dose(step)) for step in programme.steps]
    return tuple(sorted(rows, key=lambda row: (row[0] is None, row[0] or 0)))
