"""A pump's life as a person writes it: TOML, read whole or refused with the place of what is wrong.

Promises: numbers keep their digits (no float is made of them); an unknown key is refused; times carry an offset.
Keys: docs/reference/simulator-scripts.md.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bridge.errors import UsageError
from bridge.quantity import EXACT
from bridge.simulator.boluses import PatientControl
from bridge.simulator.faults import ACTS, Fault
from bridge.simulator.kinds import KINDS, Identity, Kind, Person
from bridge.simulator.life import ZONE, Implant, Visit
from bridge.simulator.programmer import Orders
from bridge.simulator.pump import FOREVER
from bridge.simulator.regimen import (
    Drug,
    Mixture,
    Periodic,
    Regimen,
    Step,
    constant_flow,
    continuous,
    flex,
    minimum,
    periodic,
    stopped,
)

TYPES = ("interrogation", "adjust", "refill", "explant")
DROPS = ("", "stopped", "old", "new")
MINUTE = timedelta(minutes=1)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Script:
    """One pump's life: what is implanted, what befalls it, the visits, and until when it is lived."""

    implant: Implant
    faults: tuple[Fault, ...]
    visits: tuple[Visit, ...]
    until: datetime | None


class Table:
    """A table of the script that is taken apart key by key; what is left over is refused."""

    def __init__(self, content: dict[str, Any], where: str) -> None:
        self._rest, self.where = dict(content), where

    def take(self, name: str, kind: type[T] | tuple[type[T], ...], default: T | None = None) -> T:
        """The value of a key; raises UsageError where it is missing, or of another kind."""
        value = self._rest.pop(name, default)
        right = isinstance(value, kind) and not (isinstance(value, bool) and kind is not bool)
        if not right:
            raise self.wrong(name, "is missing" if value is None else "is of the wrong kind")
        return value  # type: ignore[no-any-return]

    def has(self, name: str) -> bool:
        """Whether a key is there still."""
        return name in self._rest

    def number(self, name: str, default: Decimal | None = None) -> Decimal:
        """A number above zero, with its digits."""
        found = Decimal(self.take(name, (int, Decimal), default))  # type: ignore[arg-type]
        if not found.is_finite() or found <= 0:
            raise self.wrong(name, "is not above zero")
        return found

    def count(self, name: str, default: int | None = None, least: int = 0) -> int:
        """A whole number."""
        found: int = self.take(name, int, default)
        if found < least:
            raise self.wrong(name, f"is below {least}")
        return found

    def time(self, name: str, default: datetime | None = None) -> datetime:
        """An instant with its offset, in UTC, to the second."""
        found: datetime = self.take(name, datetime, default)
        if found.tzinfo is None:
            raise self.wrong(name, "has no offset: write one, such as 2024-01-08T09:00:00Z")
        return found.astimezone(UTC).replace(microsecond=0)

    def one_of(self, name: str, codes: tuple[str, ...], default: str | None = None) -> str:
        """One of some words."""
        found: str = self.take(name, str, default)
        if found not in codes:
            raise self.wrong(name, f"is none of {', '.join(filter(None, codes))}")
        return found

    def tables(self, name: str) -> Iterator[Table]:
        """The tables of a list."""
        for number, item in enumerate(self.take(name, list, []), 1):
            if not isinstance(item, dict):
                raise self.wrong(name, "is not a list of tables")
            yield Table(item, f"{self.where}{name} {number}: ")

    def table(self, name: str) -> Table:
        """A table, empty where it is not there."""
        return Table(self.take(name, dict, {}), f"{self.where}{name}: ")

    def done(self) -> None:
        """Refuse what was not taken."""
        if self._rest:
            raise self.wrong(next(iter(self._rest)), "is not known here")

    def wrong(self, name: str, what: str) -> UsageError:
        """The error for a key."""
        remedy = "see docs/reference/simulator-scripts.md"
        return UsageError(f"{name} {what}", where=f"{self.where}{name}", code="script-wrong", remedy=remedy)


def read(file: Path) -> Script:
    """The script in a file; raises UsageError with what is wrong in it."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the script cannot be read: {type(error).__name__}", where=str(file)) from None
    return parsed(text)


def parsed(text: str) -> Script:
    """The script in a text; raises UsageError with what is wrong in it."""
    try:
        root = Table(tomllib.loads(text, parse_float=Decimal), "")
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"the script is not TOML: {error}", where="--script", code="script-wrong") from None
    kind = KINDS[root.one_of("kind", tuple(KINDS), "synchromed-40")]
    implant = _implant(root, kind)
    faults = tuple(_fault(one) for one in root.tables("fault"))
    visits = tuple(_visits(root, kind, implant))
    until = root.time("until", FOREVER)
    root.done()
    return Script(implant, faults, visits, until if until < FOREVER else None)


def _implant(root: Table, kind: Kind) -> Implant:
    zone, serial = _zone(root), root.take("serial", str, f"{kind.serials}999000001")
    person, told = root.table("patient"), root.table("implant")
    who = Person(
        person.take("identifier", str, "9999000001"), person.take("family", str, "Specimen"),
        person.take("given", str, "Ada"), person.take("birth_date", str, "1980-01-17"),
    )  # fmt: skip
    person.done()
    mixture = Mixture((Drug(told.take("drug", str, "baclofen"), told.number("concentration")),), _lot(told))
    regimen = _regimen(told, kind, mixture.primary.concentration)
    if regimen is None:
        raise told.wrong("daily", "is missing")
    at = told.time("at")
    implant = Implant(
        Identity(kind, serial, "JC999000001", "JP999001", who), at, mixture, regimen,
        catheter=told.number("catheter", Decimal("0.180")), zone=zone,
        alarm_volume=told.number("alarm_volume", kind.alarm_volume) if kind.telemetry else None,
        control=_control(root), drift=timedelta(seconds=told.take("drift_seconds", int, 0)),
        clock_fast=timedelta(seconds=told.take("clock_fast_seconds", int, 0)),
        eri=told.time("eri", FOREVER), end_of_service=told.time("end_of_service", FOREVER),
    )  # fmt: skip
    told.done()
    return implant


def _zone(root: Table) -> str:
    name = root.take("zone", str, ZONE)
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise root.wrong("zone", "is no IANA time zone") from None


def _lot(told: Table) -> str:
    return told.take("lot", str, "INV-0001")


def _control(root: Table) -> PatientControl | None:
    if not root.has("patient_control"):
        return None
    told = root.table("patient_control")
    found = PatientControl(
        told.number("dose"), told.count("minutes", least=1), timedelta(hours=told.count("lockout_hours")),
        told.count("per_day", least=1),
    )  # fmt: skip
    told.done()
    return found


def _regimen(told: Table, kind: Kind, concentration: Decimal) -> Regimen | None:
    """The programme that a table states: steps, a periodic bolus, a daily dose or a mode; None: none of them."""
    if kind.set_flow is not None:
        return constant_flow(told.number("flow", kind.set_flow), concentration)
    if told.has("steps"):
        return flex(_steps(told), concentration)
    if told.has("periodic"):
        plan = told.table("periodic")
        interval, minutes = plan.count("interval_minutes", least=2), plan.count("minutes", least=1)
        dose = plan.number("dose")
        plan.done()
        if minutes >= interval:
            raise plan.wrong("minutes", "is not below interval_minutes")
        return periodic(Periodic(dose, interval, minutes), concentration)
    if told.has("daily"):
        return continuous(told.number("daily"), concentration)
    mode = told.one_of("mode", ("", "minimum-rate", "stopped"), "")
    modes = {"minimum-rate": minimum, "stopped": stopped}
    return modes[mode](concentration) if mode else None


def _steps(told: Table) -> tuple[Step, ...]:
    steps = []
    for row in told.tables("steps"):
        start, end = (_minute(row, row.take(name, str), name) for name in ("start", "end"))
        steps.append(Step(start, end or 1440, row.number("dose")))
        row.done()
    bounds = [0, *(step.end for step in steps)]
    if not steps or [step.start for step in steps] != bounds[:-1] or bounds[-1] != 1440:
        raise told.wrong("steps", "do not cover the day from 00:00 to 24:00 in order")
    return tuple(steps)


def _minute(row: Table, text: str, name: str) -> int:
    hours, _, minutes = text.partition(":")
    if not (hours.isdigit() and minutes.isdigit() and len(text) == 5 and int(minutes) < 60 and int(hours) <= 24):
        raise row.wrong(name, "is not a time such as 07:30")
    return int(hours) * 60 + int(minutes)


def _visits(root: Table, kind: Kind, implant: Implant) -> Iterator[Visit]:
    mixture, last = implant.mixture, implant.at
    for told in root.tables("visit"):
        at = told.time("at").replace(second=0)
        if at <= last:
            raise told.wrong("at", "is not later than the visit before it")
        last, type = at, told.one_of("do", TYPES, "interrogation")
        concentration = told.number("concentration", mixture.primary.concentration)
        fill = Mixture((Drug(mixture.primary.name, concentration),), _lot(told)) if type == "refill" else None
        mixture = fill or mixture
        orders = _orders(told, kind, mixture.primary.concentration, type, fill)
        yield Visit(at, orders, told.take("exported", bool, True))
        told.done()


def _orders(told: Table, kind: Kind, concentration: Decimal, type: str, fill: Mixture | None) -> Orders:
    regimen = _regimen(told, kind, concentration) if type in ("adjust", "refill") else None
    return Orders(
        type, fill, regimen, told.take("bridge", bool, True), _bolus(told),
        run=told.take("run", bool) if told.has("run") else None, dropped=told.one_of("dropped", DROPS, ""),
        sets_clock=told.take("sets_clock", bool, True),
    )  # fmt: skip


def _bolus(told: Table) -> tuple[Decimal, int] | None:
    if not told.has("bolus"):
        return None
    bolus = told.table("bolus")
    found = bolus.number("dose"), bolus.count("minutes", least=1)
    bolus.done()
    return found


def _fault(told: Table) -> Fault:
    at, kind = told.time("at"), told.one_of("kind", tuple(ACTS))
    until = told.time("until", FOREVER)
    if until <= at:
        raise told.wrong("until", "is not later than at")
    fault = Fault(
        at, kind, until if until < FOREVER else None,
        lag=told.count("lag_minutes", 0) * MINUTE, recovery_lag=told.count("recovery_lag_minutes", 0) * MINUTE,
        factor=told.number("factor", EXACT.create_decimal(1)),
        drift=timedelta(seconds=told.take("drift_seconds", int, 0)), mri=told.take("mri", bool, False),
    )  # fmt: skip
    told.done()
    return fault
