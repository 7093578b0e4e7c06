"""Synthetic exports in the session format, many and quickly: the same seed gives the same bytes.

Promises: the numbers of a pump agree with each other. What was delivered is what the programmes say, volumes are what
was filled less what was delivered, and as found always equals the last as left. People, maker and serials are invented
and every export says so. Masses are whole hundredths of a microgram, volumes whole microlitres, so that nothing is
rounded but what a pump would print rounded. Times are UTC (zone Atlantic/Reykjavik, no summer time), all before July
2025.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

Json = dict[str, Any]

ZONE = "Atlantic/Reykjavik"
FIRST = datetime(2022, 1, 10, 8, 0)
LAST = datetime(2025, 6, 30, 18, 0)
ALARM_VOLUME = 2_000
TUBING = 140
LOG_ROWS = 20
DAY = 24 * 60
BOUNDS = (0, 420, 540, 1260, DAY)
FAMILIES = ("Musterfrau", "Beispiel", "Example", "Specimen", "Sample", "Invented", "Nobody", "Placeholder")
GIVEN = ("Ada", "Bram", "Cleo", "Dina", "Emil", "Fara", "Gus", "Hedy", "Ivo", "Juno")


@dataclass(frozen=True, slots=True)
class Export:
    """One export: the name of its file, its bytes, and when its session began."""

    name: str
    content: bytes
    at: datetime


def one_pump_each(count: int, seed: int, until: datetime = LAST) -> Iterator[Export]:
    """Exports of as many pumps, each an implant in the month before `until` that yields a chart of 20 resources."""
    for number in range(count):
        chance = random.Random(f"one {seed} {number}")
        at = until - timedelta(minutes=chance.randrange(1 * DAY, 31 * DAY))
        yield Life(seed, number, chance, at).implant(plain=True)


def lives(pumps: int, per_pump: int, seed: int) -> Iterator[list[Export]]:
    """A list for each pump: its implant, then checks, refills, dose changes, flex, stalls and boluses, in order."""
    for number in range(pumps):
        chance = random.Random(f"life {seed} {number}")
        at = FIRST + timedelta(minutes=chance.randrange(180 * DAY))
        life = Life(seed, number, chance, at)
        mean = min(30 * DAY, int((LAST - at) / timedelta(minutes=1)) // (per_pump + 1))
        yield [life.implant(), *(life.visit(chance.randrange(mean // 3, mean * 4 // 3)) for _ in range(per_pump - 1))]


def one_long_life(count: int, seed: int, *, every_minutes: int = 360) -> Iterator[Export]:
    """Interrogations of one pump at an even pace: mostly looks, a refill when it is due, now and then a dose change."""
    life = Life(seed, 0, random.Random(f"long {seed}"), datetime(2018, 1, 8, 9, 0))
    yield life.implant()
    for number in range(2, count + 1):
        yield life.look(every_minutes, adjust=number % 100 == 0)


def write(exports: Iterable[Export], folder: Path) -> int:
    """Write each export to a file of its name; answers how many."""
    count = 0
    for export in exports:
        (folder / export.name).write_bytes(export.content)
        count += 1
    return count


@dataclass(frozen=True, slots=True)
class Regimen:
    """A programme: its flow in uL/day at a concentration in ug/mL, in steps or not."""

    flow: int
    concentration: int
    flex: bool

    @property
    def daily(self) -> int:
        """The daily dose in hundredths of a microgram: exact, since concentrations are multiples of ten."""
        return self.flow * self.concentration // 10

    @property
    def steps(self) -> tuple[int, ...]:
        """The dose of each step; they add up to the day's."""
        if not self.flex:
            return (self.daily,)
        parts = [self.daily * weight // 12 for weight in (3, 2, 5)]
        return (*parts, self.daily - sum(parts))

    def since_midnight(self, minute: int) -> int:
        """What is delivered from midnight to a minute of the day."""
        bounds = BOUNDS if self.flex else (0, DAY)
        spans = zip(self.steps, bounds[:-1], bounds[1:], strict=True)
        return sum(dose * min(max(minute - start, 0), end - start) // (end - start) for dose, start, end in spans)

    def delivered(self, start: datetime, end: datetime) -> int:
        """What is delivered between two instants, in hundredths of a microgram."""
        days = (end.date() - start.date()).days
        return days * self.daily + self.since_midnight(_minute(end)) - self.since_midnight(_minute(start))

    def written(self) -> Json:
        """The programme as an export states it."""
        daily = _q(_fixed(self.daily, 2), "mcg/day", "setting")
        stated: Json = {
            "mode": "flex" if self.flex else "simple-continuous",
            "flow": _q(_fixed(self.flow, 3), "mL/day", "setting"),
            "doses": [{"drug": "baclofen", "daily": daily}],
        }
        if self.flex:
            spans = zip(self.steps, BOUNDS[:-1], BOUNDS[1:], strict=True)
            stated["steps"] = [
                {"start": _clock(start), "end": _clock(end), "dose": _q(_fixed(dose, 2), "mcg", "setting")}
                for dose, start, end in spans
            ]
        return stated


@dataclass(slots=True)
class Life:
    """One pump from its implant on: what it is, what is in it, and what it runs."""

    seed: int
    number: int
    chance: random.Random
    at: datetime
    capacity: int = 20_000
    mass: int = 0  # what is in the reservoir by the pump's own reckoning, in hundredths of a microgram
    regimen: Regimen = Regimen(0, 1, False)
    infusing: bool = True
    events: int = 100
    log: list[Json] = field(default_factory=list)
    fixed: Json = field(default_factory=dict)
    implanted: datetime = FIRST
    before: datetime = FIRST

    def __post_init__(self) -> None:
        self.capacity = self.chance.choice((20_000, 40_000))
        self.implanted = self.at
        flow = self.chance.randrange(100, 260, 5)
        self.regimen = Regimen(flow, self.chance.choice((500, 1000, 2000)), self.chance.random() < 0.3)
        self.fixed = self._fixed()

    # --- sessions ---------------------------------------------------------------------------------------------------

    def implant(self, *, plain: bool = False) -> Export:
        """The first session: filled, primed, programmed, given a bolus; a plain one is filled and programmed only."""
        begun, catheter = self.at, self.chance.randrange(150, 220, 3)
        prime = TUBING + catheter
        self.mass = self._mass(self.capacity - prime)
        bolus = {
            "kind": "priming", "number": self._event(), "start": self._t(16), "end": self._t(27),
            "outcome": "complete", "drug": "baclofen", "volume": _q(_fixed(prime, 3), "mL", "setting"),
            "duration": _q("11", "min", "setting"),
        }  # fmt: skip
        lot = self._lot()
        refill = {"filled_at": self._t(7), "filled": self._filled(), "drugs": [self._drug(lot)]}
        if not plain:
            self._row(begun + timedelta(minutes=2), "clock-changed", "PUMP CLOCK SET", "information")
        self.at = begun + timedelta(minutes=27)
        left = self._state("as-left", lot=lot)
        channel = {"states": [left], "refills": [refill]}
        if not plain:
            channel["boluses"] = [bolus, self._given("clinician", self.at + timedelta(minutes=3), 10, 10)]
        return self._export("implant", begun, 44, channel, catheter=None if plain else self._catheter(catheter))

    def visit(self, minutes: int) -> Export:
        """The next session of a life: a refill when it is due, else what chance brings."""
        if not self.infusing:
            return self._recovery(min(minutes, self.chance.randrange(120, 2 * DAY)))
        self._pass(minutes)
        if self.volume < 6_000:
            return self._refill()
        acts = (self._check, self._adjust, self._bolus, self._patient_boluses, self._past_stall, self._stall)
        act = self.chance.choices(acts, (30, 25, 15, 12, 10, 8))[0]
        return act()

    def look(self, minutes: int, *, adjust: bool) -> Export:
        """The next session of an even life."""
        self._pass(minutes)
        if self.volume < 6_000:
            return self._refill()
        return self._adjust() if adjust else self._check()

    def _check(self) -> Export:
        return self._export("interrogation", self.at, 4, {"states": [self._state("as-found")]})

    def _refill(self) -> Export:
        begun, expected, lot = self.at, self.volume, self._lot()
        found = self._state("as-found")
        aspirated = max(0, expected - 100 * self.chance.randrange(0, 4))
        refill = {
            "aspirated_at": self._t(6), "filled_at": self._t(10),
            "expected": _q(_tenths(expected), "mL", "calculated"),
            "aspirated": _q(_tenths(aspirated), "mL", "aspirated"),
            "filled": self._filled(), "drugs": [self._drug(lot)],
        }  # fmt: skip
        self.at += timedelta(minutes=15)
        self.mass = self._mass(self.capacity)
        left = self._state("as-left", lot=lot)
        return self._export("refill", begun, 22, {"states": [found, left], "refills": [refill]})

    def _adjust(self) -> Export:
        begun, found = self.at, self._state("as-found")
        self._later(11)
        flow = self.regimen.flow + self.chance.choice((-15, -10, 10, 15))
        flex = self.regimen.flex if self.chance.random() < 0.8 else not self.regimen.flex
        self.regimen = Regimen(min(max(flow, 60), 300), self.regimen.concentration, flex)
        return self._export("adjust", begun, 16, {"states": [found, self._state("as-left")]})

    def _bolus(self) -> Export:
        begun, found = self.at, self._state("as-found")
        bolus = self._given("clinician", self.at + timedelta(minutes=3), 10, 10)
        self._later(14)
        left = self._state("as-left")
        return self._export("adjust", begun, 20, {"states": [found, left], "boluses": [bolus]})

    def _patient_boluses(self) -> Export:
        given = [self._given("patient", self._between(share), 5, 4) for share in (30, 70)]
        control = {
            "dose": given[0]["dose"] | {"how": "setting"}, "duration": _q("5", "min", "setting"),
            "lockout": _q("6", "h", "setting"), "per_day": 2, "given": 2, "denied": 0,
        }  # fmt: skip
        channel = {"states": [self._state("as-found")], "boluses": given, "patient_control": control}
        return self._export("interrogation", self.at, 4, channel)

    def _past_stall(self) -> Export:
        self._stalled(self._between(self.chance.randrange(40, 60)))
        self._recovered(self._between(self.chance.randrange(65, 90)))
        return self._check()

    def _stall(self) -> Export:
        self._stalled(self._between(self.chance.randrange(60, 90)))
        self.infusing = False
        alarm = {"code": "motor-stall", "text": "MOTOR STALL", "severity": "critical", "silenced": False}
        channel = {"states": [self._state("as-found")], "alarm_status": "active", "alarms": [alarm]}
        return self._export("interrogation", self.at, 4, channel)

    def _recovery(self, minutes: int) -> Export:
        self._pass(minutes)
        self._recovered(self.at - timedelta(minutes=20))
        self.infusing = True
        return self._check()

    # --- what passes ------------------------------------------------------------------------------------------------

    @property
    def volume(self) -> int:
        """What is in the reservoir, in uL."""
        return self.mass * 10 // self.regimen.concentration

    def _mass(self, volume: int) -> int:
        return volume * self.regimen.concentration // 10

    def _pass(self, minutes: int) -> None:
        """Time until the next session, less of it where the reservoir would run low before."""
        most = max(60, (self.volume - 3_000) * DAY // self.regimen.flow)
        self.before = self.at + timedelta(minutes=20)  # by then the last session is over
        self._later(max(60, min(minutes, most)))

    def _between(self, share: int) -> datetime:
        """An instant between the last session and this one, at so many hundredths of the way."""
        minutes = int((self.at - self.before) / timedelta(minutes=1)) * share // 100
        return self.before + timedelta(minutes=minutes)

    def _later(self, minutes: int) -> None:
        until = self.at + timedelta(minutes=minutes)
        self.mass -= self.regimen.delivered(self.at, until)
        self.at = until

    def _event(self) -> str:
        self.events += 1
        return f"{self.events:04d}"

    def _row(self, at: datetime, code: str, text: str, severity: str) -> None:
        row = {"number": self._event(), "at": f"{at:%Y-%m-%dT%H:%M}", "code": code, "text": text, "severity": severity}
        self.log = [*self.log, row][-LOG_ROWS:]

    def _stalled(self, at: datetime) -> None:
        self._row(at, "motor-stall", "MOTOR STALL OCCURRED", "critical")

    def _recovered(self, at: datetime) -> None:
        self._row(at, "motor-stall-recovered", "MOTOR STALL RECOVERED", "information")

    def _given(self, kind: str, start: datetime, minutes: int, volume: int) -> Json:
        dose = _q(_fixed(self._mass(volume), 2), "mcg", "reported")
        self.mass -= self._mass(volume)
        return {
            "kind": kind, "number": self._event(), "start": _moment(start),
            "end": _moment(start + timedelta(minutes=minutes)), "outcome": "complete", "drug": "baclofen",
            "dose": dose, "programmed": dose | {"how": "setting"},
            "volume": _q(_fixed(volume, 3), "mL", "calculated"), "duration": _q(str(minutes), "min", "setting"),
        }  # fmt: skip

    # --- what is written --------------------------------------------------------------------------------------------

    def _t(self, minutes: int) -> str:
        return _moment(self.at + timedelta(minutes=minutes))

    def _lot(self) -> str:
        return f"INV-{self.chance.randrange(16**4):04X}"

    def _drug(self, lot: str | None) -> Json:
        drug = {"name": "baclofen", "concentration": _q(f"{self.regimen.concentration}.0", "mcg/mL", "typed")}
        return drug | {"lot": lot} if lot else drug

    def _filled(self) -> Json:
        return _q(_tenths(self.capacity), "mL", "typed")

    def _state(self, tag: str, lot: str | None = None) -> Json:
        return {
            "tag": tag, "at": _moment(self.at), "infusing": self.infusing,
            "volume": _q(_tenths(self.volume), "mL", "calculated"),
            "programme": self.regimen.written(), "drugs": [self._drug(lot)],
        }  # fmt: skip

    def _catheter(self, volume: int) -> Json:
        return {
            "manufacturer": "Invented Pumps", "model": "IC-114", "serial": f"JC{self.seed:03d}{self.number:06d}",
            "length": _q("89.0", "cm", "typed"), "trimmed": _q("25.0", "cm", "typed"),
            "volume": _q(_fixed(volume, 3), "mL", "calculated"), "tip": self.chance.choice(("T8", "T10", "C7")),
            "implanted": f"{self.implanted:%Y-%m-%d}",
        }  # fmt: skip

    def _fixed(self) -> Json:
        """What every export of this pump repeats."""
        name = self.number
        patient = {
            "identifier": f"{self.seed:03d}{name:07d}", "system": "MRN", "family": FAMILIES[name % len(FAMILIES)],
            "given": GIVEN[name // 8 % len(GIVEN)], "birth_date": f"{1940 + name % 60}-{1 + name % 12:02d}-17",
        }  # fmt: skip
        pump = {
            "manufacturer": "Invented Pumps", "model": f"IP-{self.capacity // 1000}",
            "serial": f"JX{self.seed:03d}{name:07d}", "firmware": "2.14",
            "capacity": _q(str(self.capacity // 1000), "mL"), "tubing_volume": _q(_fixed(TUBING, 3), "mL"),
            "implanted": f"{self.implanted:%Y-%m-%d}",
        }  # fmt: skip
        programmer = {
            "manufacturer": "Invented Pumps", "model": "CP-1", "serial": f"JP{name % 8:06d}", "software": "3.2",
        }  # fmt: skip
        return {"patient": patient, "pump": pump, "programmer": programmer}

    def _export(self, kind: str, begun: datetime, minutes: int, channel: Json, catheter: Json | None = None) -> Export:
        ended = begun + timedelta(minutes=minutes)
        updates = kind in ("implant", "refill", "adjust")
        session = {
            "start": _moment(begun), "end": _moment(ended), "type": kind,
            "update": "completed" if updates else "none", "revision": 1,
            "reported": _moment(ended + timedelta(minutes=3)),
        }  # fmt: skip
        whole: Json = {"format": "pumpbridge-session", "version": "1", "kind": "session", "simulated": True}
        whole |= {"session": session, "clocks": self._clocks(begun)} | self.fixed
        whole |= {"catheter": catheter} if catheter else {}
        if self.log:
            channel = channel | {"events": self.log}
        whole["channels"] = [{"alarm_status": "none", **channel, "reservoir": self._reservoir()}]
        whole["longevity"] = self._longevity()
        name = f"{self.seed:03d}-{self.number:06d}-{begun:%Y%m%dT%H%M}.json"
        return Export(name, json.dumps(whole, indent=1).encode(), begun)

    def _clocks(self, begun: datetime) -> Json:
        slow = (begun - self.implanted).days // 10
        return {
            "pump": f"{begun - timedelta(seconds=slow):%Y-%m-%dT%H:%M:%S}",
            "programmer": f"{begun:%Y-%m-%dT%H:%M:%S}+00:00",
            "host": f"{begun + timedelta(seconds=4):%Y-%m-%dT%H:%M:%S}+00:00", "zone": ZONE,
        }  # fmt: skip

    def _reservoir(self) -> Json:
        flow = self.regimen.flow
        low = self.at + timedelta(minutes=max(0, self.volume - ALARM_VOLUME) * DAY // flow)
        empty = self.at + timedelta(minutes=self.volume * DAY // flow)
        return {
            "alarm_volume": _q(_tenths(ALARM_VOLUME), "mL", "setting"), "low_date": f"{low:%Y-%m-%d}",
            "empty_date": f"{empty:%Y-%m-%d}", "refill_by": f"{low - timedelta(days=4):%Y-%m-%d}",
        }  # fmt: skip

    def _longevity(self) -> Json:
        replace = self.implanted + timedelta(days=8 * 365 + 2)
        left = max(1, (replace - self.at).days * 12 // 365 - 1)
        months = _q(str(left), "months", "reported")
        return {"eri": False, "months_to_eri": months, "replace_by": f"{replace:%Y-%m-%d}", "end_of_service": False}


def _q(value: str, unit: str, how: str | None = None) -> Json:
    return {"value": value, "unit": unit, "how": how} if how else {"value": value, "unit": unit}


def _fixed(number: int, places: int) -> str:
    """A whole number of the last place as a decimal: 33000 with 2 places is 330.00."""
    whole, part = divmod(number, 10**places)
    return f"{whole}.{part:0{places}d}"


def _tenths(microlitres: int) -> str:
    """A volume as pumps print it: in mL to one place, half up."""
    return _fixed((microlitres + 50) // 100, 1)


def _minute(at: datetime) -> int:
    return at.hour * 60 + at.minute


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M}+00:00"
