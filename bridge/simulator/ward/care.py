"""Who lies in a simulated ward, and what the nurses do at its pumps: by chance, from seeds.

Promises: only whole numbers are drawn; a bed's patients depend on the seed and the bed alone, what happens at a pump on
the seed and the pump alone. Several pumps stand at one bed. A nurse does one thing at a time, minutes apart.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from bridge.simulator.ward.library import (
    HUNDREDTHS,
    LVP,
    PRIMARY,
    SYRINGE,
    THERAPIES,
    Settings,
    Therapy,
    dosed,
)
from bridge.simulator.ward.pump import LOW, SECOND, SECONDS, Person, Pump

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PUMPS_A_BED = 3
FAMILIES = ("Beispiel", "Example", "Specimen", "Sample", "Invented", "Nobody", "Placeholder", "Musterfrau")
GIVEN = ("Kira", "Lars", "Mona", "Nils", "Olga", "Paul", "Quin", "Rosa", "Sven", "Thea")
BOLUS_FLOW = 30_000
"""300 mL/h, in hundredths."""


@dataclass(frozen=True, slots=True)
class Stay:
    """A patient in a bed."""

    person: Person
    since: datetime
    until: datetime


def stays(seed: int, bed: int, start: datetime) -> Iterator[Stay]:
    """The patients of a bed, one after the other."""
    chance = random.Random(f"bed {seed} {bed}")
    at, number = start, 0
    while True:
        at += chance.randrange(5, 90) * MINUTE
        until = at + chance.randrange(8, 97) * HOUR + chance.randrange(60) * MINUTE
        name = chance.randrange(len(FAMILIES)), chance.randrange(len(GIVEN))
        born = f"{chance.randrange(1935, 2005)}{chance.randrange(1, 13):02}17"
        weight = f"{chance.randrange(450, 1200) / Decimal(10):.1f}"
        identifier = f"8{seed % 100:02}{bed:05}{number:03}"
        yield Stay(Person(identifier, FAMILIES[name[0]], GIVEN[name[1]], born, weight), at, until)
        at, number = until, number + 1


@dataclass(slots=True)
class Nurse:
    """Whoever looks after one pump: `at` is when they come next, `act` what they then do."""

    pump: Pump
    seed: int
    number: int
    chance: random.Random = field(init=False)
    device: str = field(init=False)
    at: datetime = field(init=False)
    _stays: Iterator[Stay] = field(init=False)
    _stay: Stay = field(init=False)
    _therapy: Therapy = field(init=False)
    _orders: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(f"pump {self.seed} {self.number}")
        self.device = SYRINGE if self.chance.randrange(5) < 2 else LVP
        self._stays = stays(self.seed, self.number // PUMPS_A_BED, self.pump.now)
        self._stay, self._therapy = next(self._stays), THERAPIES[0]
        self.at = self._stay.since + self._minutes(1, 120)

    def _minutes(self, least: int, most: int) -> timedelta:
        return self.chance.randrange(60 * least, 60 * most) * SECOND

    def _one_in(self, count: int) -> bool:
        return self.chance.randrange(count) == 0

    def called(self) -> None:
        """The pump completed: somebody comes soon."""
        self.at = min(self.at, self.pump.now + self._minutes(1, 12))

    def act(self) -> None:
        """Do what is to be done now, and settle when to come again."""
        pump = self.pump
        self.at = pump.now + self._minutes(1, 15)
        if pump.now >= self._stay.until:
            self._discharge()
        elif pump.patient is None:
            self._begin()
        elif any(alarm.phase == "start" for alarm in pump.alarms.values()) and self._one_in(2):
            pump.silence(next(code for code, alarm in pump.alarms.items() if alarm.phase == "start"))
        elif pump.alarms:
            self._remedy()
        elif pump.active:
            self._attend()
        elif PRIMARY in pump.channels:
            self._after_a_stop()
        else:
            self._hang()

    # --- beginning and end --------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self.pump.switch_on(self._stay.person)
        self._therapy = self.chance.choice([one for one in THERAPIES if one.device == self.device])
        self.at = self.pump.now + self._minutes(1, 4)

    def _hang(self) -> None:
        """A new bag or syringe, at what was set before or anew."""
        pump, therapy = self.pump, self._therapy
        known = pump.channels.get(PRIMARY)
        volume = self.chance.choice(therapy.volumes) * HUNDREDTHS
        if known is not None and known.settings.volume:
            settings = dataclasses.replace(known.settings, volume=volume)
        else:
            settings = self._dosed(self.chance.randrange(therapy.least, therapy.most + 1), volume, anew=True)
        pump.load(PRIMARY, settings)
        pump.start(PRIMARY)
        self.at = pump.now + self._minutes(10, 180)

    def _dosed(self, steps: int, volume: int, *, anew: bool = False) -> Settings:
        self._orders += anew
        order = f"PO-{self.number:05}{self._orders:04}"
        return dosed(self._therapy, steps, volume, Decimal(self._stay.person.weight), order)

    def _discharge(self) -> None:
        """The patient leaves; the pump is switched off, or stands on without one for a while."""
        if self.pump.is_on:
            self.pump.switch_off()
        self._stay = next(self._stays)
        while self._stay.until <= self.pump.now + HOUR:
            self._stay = next(self._stays)
        self.at = max(self.pump.now, self._stay.since) + self._minutes(1, 120)
        if self._one_in(3):
            self.pump.switch_on(None)

    # --- while it stands ----------------------------------------------------------------------------------------------

    def _remedy(self) -> None:
        """What caused the alarm is mended; a bag that is empty is replaced, or the therapy is over."""
        pump = self.pump
        over = "end-of-infusion" in pump.alarms
        if "battery-low" in pump.alarms:
            pump.plug(True)
        pump.clear()
        if over:
            if pump.active:
                pump.stop()
            self._replace()
        elif not pump.active and pump.halted:
            pump.resume()
            self.at = pump.now + self._minutes(10, 180)

    def _replace(self) -> None:
        if self._one_in(4):
            self._therapy = self.chance.choice([one for one in THERAPIES if one.device == self.device])
            self.pump.unload()
            self.at = self.pump.now + self._minutes(10, 240)
        else:
            self._hang()

    def _after_a_stop(self) -> None:
        pump = self.pump
        if pump.halted in pump.channels and (pump.channels[pump.halted].remaining or pump.halted != PRIMARY):
            pump.resume()
            self.at = pump.now + self._minutes(10, 180)
        else:
            self._hang()

    # --- while it runs ------------------------------------------------------------------------------------------------

    def _attend(self) -> None:
        """One of the things that happen to a running infusion."""
        pump, running = self.pump, self.pump.running
        assert running is not None, "asked before"
        self.at = pump.now + self._minutes(10, 240)
        what = self.chance.randrange(100)
        whole = running.source == PRIMARY and running.settings.volume > 0
        if what < 40 and whole:
            self._titrate(running.settings)
        elif what < 55 and whole:
            self._extra()
        elif what < 68:
            pump.stop()
            self.at = pump.now + self._minutes(1, 25)
        elif what < 78:
            pump.alarm("occlusion" if self._one_in(2) else "air-in-line", stops=True)
            self.at = pump.now + self._minutes(1, 9)
        elif what < 90:
            pump.plug(not self.pump.plugged)
        elif what < 91:
            pump.fail()
            self.at = pump.now + self._minutes(10, 90)

    def _titrate(self, settings: Settings) -> None:
        therapy = self._therapy
        steps = self.chance.randrange(therapy.least, therapy.most + 1)
        new = dataclasses.replace(self._dosed(steps, settings.volume), order=settings.order)
        if new.flow != settings.flow:
            self.pump.change(new)

    def _extra(self) -> None:
        """A bolus, or a second bag, where the therapy has one."""
        pump, therapy = self.pump, self._therapy
        running = pump.running
        assert running is not None, "asked before"
        if therapy.bolus and running.remaining > 2 * therapy.bolus * SECONDS:
            pump.bolus(Settings(therapy.fluid, BOLUS_FLOW, therapy.bolus, order=running.settings.order))
        elif therapy.secondary is not None:
            flow, volume = self.chance.randrange(100, 251, 50) * HUNDREDTHS, self.chance.choice((100, 250))
            order = f"{running.settings.order}S"
            pump.piggyback(Settings(therapy.secondary, flow, volume * HUNDREDTHS, order=order))

    def looked_at(self) -> None:
        """What the pump notices by itself at a moment: a battery that is nearly empty."""
        if self.pump.is_on and not self.pump.plugged and self.pump.battery <= LOW:
            self.pump.alarm("battery-low")
            self.called()
