"""What a simulated pump is programmed to do, and what leaves it between two readings of its clock.

Every regimen repeats: a day of the pump's clock (continuous, flex) or an interval since it was programmed (periodic).
Within one period it is a row of pieces of constant rate, so that years cost no more than an hour. Volumes in mL, doses
in ug, spans in whole seconds; all of it in the exact context of whoever calls. Must not know a pump.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal

DAY = 86_400
SECOND = timedelta(seconds=1)
ZERO = Decimal(0)
MIDNIGHT = datetime(2000, 1, 1)
MINIMUM_FLOW = Decimal("0.006")  # mL a day: the rate that keeps a catheter open


@dataclass(frozen=True, slots=True)
class Drug:
    """One drug in the reservoir; its concentration in ug/mL."""

    name: str
    concentration: Decimal


@dataclass(frozen=True, slots=True)
class Mixture:
    """What a reservoir was filled with: the primary drug first."""

    drugs: tuple[Drug, ...]
    lot: str = ""

    @property
    def primary(self) -> Drug:
        """The drug that doses are programmed by."""
        return self.drugs[0]


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a flex day: minutes after midnight by the pump's clock, and its dose of the primary drug in ug."""

    start: int
    end: int
    dose: Decimal


@dataclass(frozen=True, slots=True)
class Periodic:
    """A bolus repeated at an interval: dose in ug, times in minutes."""

    dose: Decimal
    interval: int
    duration: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a period with a constant rate: seconds from the period's start, and the volume that leaves in it."""

    start: int
    end: int
    volume: Decimal


@dataclass(frozen=True, slots=True)
class Regimen:
    """A programme at a concentration (ug/mL) of the primary drug; `daily` in ug; `since` is when, by
    the pump's clock, a periodic one was programmed."""

    mode: str
    daily: Decimal
    concentration: Decimal
    steps: tuple[Step, ...] = ()
    periodic: Periodic | None = None
    since: datetime = MIDNIGHT
    pieces: tuple[Piece, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pieces", tuple(self._pieces()))

    def _pieces(self) -> list[Piece]:
        if self.mode == "flex":
            return [Piece(60 * step.start, 60 * step.end, step.dose / self.concentration) for step in self.steps]
        if self.periodic is not None:
            on, whole = 60 * self.periodic.duration, 60 * self.periodic.interval
            return [Piece(0, on, self.periodic.dose / self.concentration), Piece(on, whole, ZERO)]
        return [Piece(0, DAY, self.flow)]

    @property
    def flow(self) -> Decimal:
        """The mean flow in mL a day."""
        return self.daily / self.concentration

    @property
    def period(self) -> int:
        """How long until it repeats, in seconds."""
        return self.pieces[-1].end

    @property
    def _of_a_period(self) -> Decimal:
        return sum((piece.volume for piece in self.pieces), ZERO)

    def volume(self, wall: datetime, seconds: int) -> Decimal:
        """What leaves in so many seconds from a reading of the pump's clock on."""
        if len(self.pieces) == 1:
            return self.pieces[0].volume * seconds / self.period
        begun = (wall - self._origin) // SECOND
        return self._until(begun + seconds) - self._until(begun)

    def seconds_to(self, volume: Decimal, wall: datetime) -> int | None:
        """How long until so much has left, rounded up to a whole second; None where that never happens."""
        whole = self._of_a_period
        if whole <= 0:
            return None
        begun = (wall - self._origin) // SECOND
        wanted = self._until(begun) + volume
        periods = int(wanted // whole)
        rest = wanted - periods * whole
        if rest == 0:
            periods, rest = periods - 1, whole
        return max(0, periods * self.period + self._within(rest) - begun)

    def _within(self, rest: Decimal) -> int:
        """The second of a period at which so much of its volume has left."""
        for piece in self.pieces:
            if piece.volume >= rest:
                share = rest * (piece.end - piece.start) / piece.volume
                return piece.start + int(share.to_integral_value(rounding=ROUND_CEILING))
            rest -= piece.volume
        return self.period

    def to_next_piece(self, wall: datetime) -> int:
        """Seconds until the rate changes next."""
        second = ((wall - self._origin) // SECOND) % self.period
        return next(piece.end for piece in self.pieces if second < piece.end) - second

    @property
    def _origin(self) -> datetime:
        return self.since if self.periodic is not None else MIDNIGHT

    def _until(self, elapsed: int) -> Decimal:
        periods, second = divmod(elapsed, self.period)
        total = periods * self._of_a_period
        for piece in self.pieces:
            if second >= piece.end:
                total += piece.volume
            elif second > piece.start:
                total += piece.volume * (second - piece.start) / (piece.end - piece.start)
        return total


def continuous(daily: Decimal, concentration: Decimal) -> Regimen:
    """The same flow all day."""
    return Regimen("simple-continuous", daily, concentration)


def flex(steps: tuple[Step, ...], concentration: Decimal) -> Regimen:
    """A day of steps, which cover it from midnight to midnight."""
    return Regimen("flex", sum((step.dose for step in steps), ZERO), concentration, steps)


def periodic(plan: Periodic, concentration: Decimal) -> Regimen:
    """A bolus at an interval, nothing between; the first one when it is programmed."""
    daily = plan.dose * 1440 / plan.interval
    return Regimen("periodic-bolus", daily, concentration, periodic=plan)


def minimum(concentration: Decimal) -> Regimen:
    """The flow that keeps the catheter open."""
    return Regimen("minimum-rate", MINIMUM_FLOW * concentration, concentration)


def stopped(concentration: Decimal) -> Regimen:
    """Programmed not to infuse."""
    return Regimen("stopped", ZERO, concentration)


def constant_flow(flow: Decimal, concentration: Decimal) -> Regimen:
    """The flow that the factory set, in mL a day."""
    return Regimen("constant-flow", flow * concentration, concentration)
