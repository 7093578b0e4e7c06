"""What simulated hospital pumps can run: fluids, strengths, and the ranges in which a simulated nurse sets them.

Flows are whole hundredths of mL/h and volumes whole hundredths of mL, as pumps set them. A dose rate is set, and the
pump makes the flow of it: dose rate (times weight) over concentration, to the hundredth. Ranges are only for variety.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from bridge.quantity import EXACT

PRIMARY, SECONDARY, CLINICIAN = "primary", "secondary", "clinician"
HUNDREDTHS = 100
KVO_FLOW = 100
"""The flow that keeps a vein open: 1.00 mL/h."""


@dataclass(frozen=True, slots=True)
class Fluid:
    """What a bag or a syringe holds; strength per mL in `unit`, which a plain fluid has none of."""

    name: str
    strength: Decimal | None = None
    unit: str = ""

    @property
    def per_ml(self) -> str:
        """The unit of its strength."""
        return f"{self.unit}/mL"


@dataclass(frozen=True, slots=True)
class Therapy:
    """One entry of a drug library: the fluid, how it is set, and in which steps and range; volumes in mL.

    With `rate_unit` doses are set, in whole steps of `step`; without it flows are, `step` in mL/h. `bolus` is the
    volume of a clinician's bolus in hundredths of mL; `secondary` is what may run piggyback.
    """

    fluid: Fluid
    device: str
    volumes: tuple[int, ...]
    step: Decimal
    least: int
    most: int
    rate_unit: str = ""
    bolus: int = 0
    secondary: Fluid | None = None
    keeps_open: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """What one source is set to: flow and volume to be infused in hundredths; volume 0 is without an end."""

    fluid: Fluid
    flow: int
    volume: int
    dose_rate: Decimal | None = None
    rate_unit: str = ""
    weight: Decimal | None = None
    order: str = ""
    keeps_open: bool = False


LVP, SYRINGE = "LVP", "SYRINGE"
VANCOMYCIN = Fluid("Vancomycin", Decimal("5.0"), "mg")
CEFTRIAXONE = Fluid("Ceftriaxone", Decimal("20.0"), "mg")
THERAPIES = (
    Therapy(Fluid("Ringer's lactate"), LVP, (500, 1000), Decimal(5), 8, 30, secondary=VANCOMYCIN, keeps_open=True),
    Therapy(Fluid("Sodium chloride 0.9 %"), LVP, (500,), Decimal(5), 4, 25, secondary=CEFTRIAXONE, keeps_open=True),
    Therapy(
        Fluid("Norepinephrine", Decimal("16.0"), "ug"), LVP, (250,), Decimal("0.01"), 2, 30, rate_unit="ug/kg/min"
    ),
    Therapy(Fluid("Heparin", Decimal(50), "[iU]"), LVP, (500,), Decimal(50), 12, 36, rate_unit="[iU]/h"),
    Therapy(Fluid("Amiodarone", Decimal("1.8"), "mg"), LVP, (500,), Decimal("0.1"), 3, 10, rate_unit="mg/min"),
    Therapy(Fluid("Insulin human", Decimal("1.0"), "[iU]"), SYRINGE, (50,), Decimal("0.5"), 1, 12, rate_unit="[iU]/h"),
    Therapy(
        Fluid("Propofol", Decimal(10), "mg"), SYRINGE, (50,), Decimal("0.1"), 5, 35, rate_unit="mg/kg/h", bolus=200
    ),
    Therapy(
        Fluid("Fentanyl", Decimal(50), "ug"), SYRINGE, (50,), Decimal(5), 5, 30, rate_unit="ug/h", bolus=100
    ),
    Therapy(
        Fluid("Norepinephrine", Decimal(80), "ug"), SYRINGE, (50,), Decimal("0.01"), 2, 40, rate_unit="ug/kg/min"
    ),
)  # fmt: skip


def flow_of(dose_rate: Decimal, unit: str, fluid: Fluid, weight: Decimal) -> int:
    """The flow that gives a dose rate, in hundredths of mL/h, rounded as the pump rounds; at least one."""
    assert fluid.strength is not None, "only a drug has a dose rate"
    an_hour = dose_rate * (60 if unit.endswith("/min") else 1) * (weight if "/kg" in unit else 1)
    flow = EXACT.divide(an_hour * HUNDREDTHS, fluid.strength).quantize(Decimal(1), ROUND_HALF_EVEN, EXACT)
    return max(1, int(flow))


def dosed(therapy: Therapy, steps: int, volume: int, weight: Decimal, order: str) -> Settings:
    """A therapy set to so many steps of its range; the weight is set where the dose is by weight."""
    setting = therapy.step * steps
    if not therapy.rate_unit:
        return Settings(therapy.fluid, int(setting * HUNDREDTHS), volume, order=order, keeps_open=therapy.keeps_open)
    flow = flow_of(setting, therapy.rate_unit, therapy.fluid, weight)
    stated = weight if "/kg" in therapy.rate_unit else None
    return Settings(therapy.fluid, flow, volume, setting, therapy.rate_unit, stated, order, therapy.keeps_open)
