"""Boluses of a simulated pump: what runs beside or instead of the background, and what a patient may ask for.

Doses in ug of the primary drug, volumes in mL, times in whole minutes. Lockout counts from the start of the last bolus
given, the daily limit over the 24 hours before the request.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from bridge.simulator.regimen import SECOND, ZERO


@dataclass(slots=True)
class Bolus:
    """One bolus, bridge or priming: `end` is when it is due to be over; `dose` is by the pump's own account."""

    kind: str
    number: int
    start: datetime
    minutes: int
    volume: Decimal
    dose: Decimal
    programmed: Decimal
    drug: str
    outcome: str = "running"
    given: Decimal = ZERO
    ended: datetime | None = None

    @property
    def end(self) -> datetime:
        """When it is over."""
        return self.start + timedelta(minutes=self.minutes)

    @property
    def rate(self) -> Decimal:
        """mL a second while it runs."""
        return self.volume / (60 * self.minutes)

    def until(self, at: datetime) -> Decimal:
        """How much of it has been given by then, as programmed."""
        return min(self.volume, self.rate * max(0, (at - self.start) // SECOND))


@dataclass(slots=True)
class PatientControl:
    """What the patient may ask for, and what was asked since the last session."""

    dose: Decimal
    minutes: int
    lockout: timedelta
    per_day: int
    given: list[datetime] = field(default_factory=list)
    counted: int = 0
    denied: int = 0

    def allows(self, at: datetime) -> bool:
        """Whether a request is granted now."""
        day = [given for given in self.given if given > at - timedelta(days=1)]
        return len(day) < self.per_day and (not day or at >= day[-1] + self.lockout)

    def grant(self, at: datetime) -> None:
        """Note one that is given."""
        self.given = [*self.given, at][-self.per_day :]
        self.counted += 1

    def read(self) -> None:
        """A session has read the counts: they begin anew."""
        self.counted = self.denied = 0
