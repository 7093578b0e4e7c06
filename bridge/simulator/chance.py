"""What a simulated clinic decides, by chance: implants, faults, and what is done at the next visit.

Promises: only whole numbers are drawn, from one seeded generator a pump, so that the same seed and number give the same
life whatever is simulated beside it. Doses are whole hundredths of a microgram: what is printed is what is programmed.
People, serials and lots are invented.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bridge.simulator.boluses import PatientControl
from bridge.simulator.faults import Fault
from bridge.simulator.kinds import KINDS, Identity, Kind, Person
from bridge.simulator.life import Implant, Life, Visit
from bridge.simulator.programmer import Orders
from bridge.simulator.pump import FOREVER
from bridge.simulator.regimen import Drug, Mixture, Periodic, Regimen, Step, constant_flow, continuous, flex, periodic

FIRST = datetime(2020, 1, 6, 8, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
FAMILIES = ("Musterfrau", "Beispiel", "Example", "Specimen", "Sample", "Invented", "Nobody", "Placeholder")
GIVEN = ("Ada", "Bram", "Cleo", "Dina", "Emil", "Fara", "Gus", "Hedy", "Ivo", "Juno")
WEIGHTS = {"synchromed-20": 30, "synchromed-40": 40, "prometra-20": 12, "medstream-20": 8, "medstream-40": 5,
           "constant-flow-20": 5}  # fmt: skip
STRENGTHS = (500, 1000, 2000)
SOON = 21 * DAY
"""A visit that falls so long before the refill is due becomes the refill."""


@dataclass(slots=True)
class Clinic:
    """The decisions about one pump."""

    seed: int
    number: int
    until: datetime
    kinds: tuple[str, ...] = tuple(WEIGHTS)
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(f"pump {self.seed} {self.number}")

    def one_in(self, count: int) -> bool:
        """True once in so many times."""
        return self.chance.randrange(count) == 0

    # --- the implant --------------------------------------------------------------------------------------------------

    def implant(self) -> Implant:
        """Which pump, when, in whom, and what it runs first."""
        kind = KINDS[self.chance.choices(self.kinds, [WEIGHTS[name] for name in self.kinds])[0]]
        at = FIRST + self.chance.randrange(150) * DAY + self.chance.randrange(8 * 60) * MINUTE
        opioid = kind.name.startswith("prometra") and self.one_in(2)
        mixture = self.mixture("morphine" if opioid else "baclofen", 20_000 if opioid else self._strength(kind))
        eri = at + self.chance.randrange(2100, 2900) * DAY
        if self.one_in(30):
            eri = at + self.chance.randrange(700, 1500) * DAY
        if not kind.telemetry:
            eri = FOREVER - 200 * DAY
        return Implant(
            self._identity(kind), at, mixture, self.regimen(kind, mixture),
            catheter=Decimal(self.chance.randrange(150, 220, 5)).scaleb(-3),
            control=self._control(kind, mixture) if opioid else None,
            clock_fast=self.chance.randrange(-60, 61) * timedelta(seconds=1),
            drift=self.chance.randrange(-20, 21) * timedelta(seconds=1), eri=eri, end_of_service=eri + 120 * DAY,
        )  # fmt: skip

    def _identity(self, kind: Kind) -> Identity:
        number = f"{self.seed % 1000:03}{self.number:06}"
        name = FAMILIES[self.number % len(FAMILIES)]
        born = f"{1940 + self.number % 60}-{1 + self.number % 12:02}-17"
        person = Person(f"9{number}", name, GIVEN[self.number // 8 % len(GIVEN)], born)
        return Identity(kind, f"{kind.serials}{number}", f"JC{number}", f"JP{self.number % 8:06}", person)

    def _strength(self, kind: Kind) -> int:
        return self.chance.choice(STRENGTHS)

    def mixture(self, name: str, concentration: int) -> Mixture:
        """A filling of one drug, with a lot."""
        return Mixture((Drug(name, Decimal(concentration)),), f"INV-{self.chance.randrange(16**4):04X}")

    def regimen(self, kind: Kind, mixture: Mixture) -> Regimen:
        """A programme of a plausible flow: mostly continuous, else flex or periodic."""
        concentration = mixture.primary.concentration
        if kind.set_flow is not None:
            return constant_flow(kind.set_flow, concentration)
        flow = self.chance.randrange(120, 260, 5)  # in uL a day
        return self.of_flow(Decimal(flow).scaleb(-3), concentration)

    def of_flow(self, flow: Decimal, concentration: Decimal) -> Regimen:
        """A programme of a mean flow in mL a day."""
        daily = (flow * concentration).quantize(Decimal("0.01"))
        shape = self.chance.choices(("continuous", "flex", "periodic"), (70, 25, 5))[0]
        if shape == "flex":
            return flex(self._steps(daily), concentration)
        if shape == "periodic":
            return periodic(Periodic((daily / 4).quantize(Decimal("0.01")), 360, 20), concentration)
        return continuous(daily, concentration)

    def _steps(self, daily: Decimal) -> tuple[Step, ...]:
        bounds = [0, *sorted(self.chance.sample(range(60, 1440, 30), 2)), 1440]
        doses = [(daily * share / 10).quantize(Decimal("0.01")) for share in (3, 2)]
        return tuple(
            Step(start, end, dose)
            for start, end, dose in zip(bounds, bounds[1:], [*doses, daily - sum(doses)], strict=False)
        )

    def _control(self, kind: Kind, mixture: Mixture) -> PatientControl:
        dose = (mixture.primary.concentration / 100).quantize(Decimal("0.01"))
        return PatientControl(dose, 10, self.chance.choice((4, 6, 8)) * HOUR, self.chance.randrange(2, 5))

    # --- what befalls the pump ----------------------------------------------------------------------------------------

    def faults(self, implant: Implant) -> tuple[Fault, ...]:
        """What befalls it until the end; a pump without telemetry may only run fast or slow."""
        years = max(1, (self.until - implant.at) // (365 * DAY))
        kind = implant.identity.kind
        found = [one for _ in range(years) for one in self._of_a_year(implant.at, years, kind)]
        if implant.control is not None:
            found += list(self._requests(implant.at))
        return tuple(found)

    def _of_a_year(self, since: datetime, years: int, kind: Kind) -> Iterator[Fault]:
        at = since + self.chance.randrange(2, 365 * years) * DAY + self.chance.randrange(1440) * MINUTE
        if self.one_in(40):
            factor = Decimal(self.chance.choice((85, 90, 108, 120, 135))).scaleb(-2)
            yield Fault(at, "flow", at + self.chance.randrange(60, 300) * DAY, factor=factor)
        if not kind.telemetry:
            return
        if kind.name.startswith("synchromed") and self.one_in(5):
            yield self._stall(at)
        if self.one_in(60):
            yield Fault(at + 3 * DAY, "clock-lost")
        if self.one_in(100) and not kind.name.startswith("medstream"):
            yield Fault(at + 5 * DAY, "low-battery-reset")

    def _stall(self, at: datetime) -> Fault:
        """Mostly a scan: short, and sometimes logged hours late; else a motor that stands until it is replaced."""
        if self.one_in(10):
            return Fault(at, "stall")
        lag = self.chance.randrange(24) * HOUR if self.one_in(4) else timedelta()
        until = at + self.chance.randrange(20, 26 * 60) * MINUTE
        return Fault(at, "stall", until, lag=min(lag, until - at), recovery_lag=lag, mri=True)

    def _requests(self, since: datetime) -> Iterator[Fault]:
        at = since + DAY
        while at < self.until:
            yield Fault(at, "request")
            at += self.chance.randrange(60, 6 * 1440) * MINUTE

    # --- the next visit -----------------------------------------------------------------------------------------------

    def next_visit(self, life: Life) -> Visit | None:
        """When the pump is seen next, and what for; None: never again before the end."""
        pump, due = life.pump, life.programmer.refill_by()
        at = pump.now + self.chance.randrange(60, 170) * DAY + self.chance.randrange(600) * MINUTE
        if not pump.believes_infusing:
            at = pump.now + self.chance.randrange(3, 72) * HOUR
        elif due is not None and at > due - 10 * DAY:
            at = due - self.chance.randrange(2, 10) * DAY
            at += self.chance.randrange(10, 40) * DAY if self.one_in(40) else timedelta()
        at = max(at, pump.now + 30 * MINUTE).replace(second=0)
        return None if at >= self.until else Visit(at, Orders(), exported=not self.one_in(80))

    def orders(self, life: Life) -> Orders:
        """What is done at a visit, by what is due then."""
        pump, due = life.pump, life.programmer.refill_by()
        kind, content = life.implant.identity.kind, pump.reservoir.mixture
        assert content is not None, "an implanted pump was filled"
        worn = {"eri-reached", "end-of-service"} & set(pump.log.alarms)
        if (worn and self.one_in(2)) or ("motor-stall" in pump.log.alarms and self.one_in(3)):
            return Orders("explant")
        if not kind.telemetry or due is None or due < pump.now + SOON:
            return self._refill(life, kind, content)
        return self._other(life, content)

    def _refill(self, life: Life, kind: Kind, content: Mixture) -> Orders:
        regimen, name = life.pump.regimen, content.primary.name
        strength = int(content.primary.concentration)
        if name == "baclofen" and self.one_in(12) and kind.bridges:
            strength = self.chance.choice(STRENGTHS)
        mixture = self.mixture(name, strength)
        if kind.set_flow is not None:
            return Orders("refill", mixture)
        lost = regimen is None or regimen.mode in ("minimum-rate", "stopped") or not life.pump.believes_infusing
        daily = self._titrated(regimen.daily if regimen and not lost else Decimal(300))
        if strength != content.primary.concentration or lost or self.one_in(3):
            flow = max(Decimal("0.06"), min(Decimal("0.9"), daily / strength))
            return Orders("refill", mixture, self.of_flow(flow, Decimal(strength)), bridge=not self.one_in(6))
        return Orders("refill", mixture)

    def _titrated(self, daily: Decimal) -> Decimal:
        return daily * (100 + self.chance.choice((-10, -5, 5, 10))) / 100

    def _other(self, life: Life, content: Mixture) -> Orders:
        regimen, concentration = life.pump.regimen, content.primary.concentration
        lost = regimen is None or regimen.mode == "minimum-rate" or not life.pump.believes_infusing
        if not lost and self.one_in(2):
            return Orders()
        daily = self._titrated(regimen.daily if regimen and regimen.mode != "minimum-rate" else Decimal(300))
        flow = max(Decimal("0.06"), min(Decimal("0.9"), daily / concentration))
        new = self.of_flow(flow, concentration)
        if self.one_in(40):
            return Orders("adjust", regimen=new, dropped=self.chance.choice(("stopped", "old", "new")))
        bolus = (Decimal(self.chance.randrange(10, 60, 5)), 10) if self.one_in(5) else None
        return Orders("adjust", regimen=new, bolus=bolus)
