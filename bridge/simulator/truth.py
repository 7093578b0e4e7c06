"""What a simulated pump really did: every stretch in which something left it, and every interval in which nothing did.

No export says this; it is what charts are compared with. Promises: stretches and stills of the background follow each
other without gap or overlap; a dose between two instants is exact. Instants in UTC, volumes in mL, doses in ug.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext

from bridge.quantity import EXACT
from bridge.simulator.regimen import SECOND, ZERO, Mixture, Regimen

BACKGROUND, BOLUS, BRIDGE, PRIMING = "background", "bolus", "bridge", "priming"
STALLED, STOPPED, EMPTY, END_OF_SERVICE = "stall", "stopped", "empty", "end-of-service"


@dataclass(frozen=True, slots=True)
class Stretch:
    """An interval in which something left the line: by a regimen on the pump's clock, or at a constant rate.

    `mixture` is what left the tip (None: nothing that was ever filled in), `factor` what really left over what was
    programmed, `offset` the pump's clock less UTC, `rate` in mL a second.
    """

    kind: str
    start: datetime
    end: datetime
    mixture: Mixture | None
    factor: Decimal
    regimen: Regimen | None = None
    offset: timedelta = timedelta()
    rate: Decimal = ZERO

    def volume(self, start: datetime, end: datetime) -> Decimal:
        """What left between two instants, as far as they lie in the stretch."""
        start, end = max(start, self.start), min(end, self.end)
        if end <= start:
            return ZERO
        seconds = (end - start) // SECOND
        if self.regimen is None:
            return self.rate * seconds * self.factor
        wall = start.astimezone(UTC).replace(tzinfo=None) + self.offset
        return self.regimen.volume(wall, seconds) * self.factor

    def dose(self, drug: str, start: datetime, end: datetime) -> Decimal:
        """What of a drug left between two instants."""
        drugs = self.mixture.drugs if self.mixture else ()
        concentration = sum((one.concentration for one in drugs if one.name == drug), ZERO)
        return self.volume(start, end) * concentration if concentration else ZERO


@dataclass(frozen=True, slots=True)
class Still:
    """An interval in which the pump did not infuse, and why."""

    start: datetime
    end: datetime
    reason: str


@dataclass(slots=True)
class Truth:
    """The whole of it, as it grows."""

    stretches: list[Stretch] = field(default_factory=list)
    stills: list[Still] = field(default_factory=list)

    def ran(self, stretch: Stretch) -> None:
        """Something left; the same that goes on makes one stretch."""
        last = self.stretches[-1] if self.stretches else None
        if last is not None and last.regimen is not None and dataclasses.replace(last, end=stretch.end) == (
            dataclasses.replace(stretch, start=last.start)
        ) and last.end == stretch.start:  # fmt: skip
            self.stretches[-1] = dataclasses.replace(last, end=stretch.end)
        else:
            self.stretches.append(stretch)

    def stood(self, start: datetime, end: datetime, reason: str) -> None:
        """Nothing left."""
        last = self.stills[-1] if self.stills else None
        if last is not None and last.end == start and last.reason == reason:
            self.stills[-1] = dataclasses.replace(last, end=end)
        else:
            self.stills.append(Still(start, end, reason))

    def dose(self, drug: str, start: datetime, end: datetime, kinds: Iterable[str] = (BACKGROUND, BRIDGE)) -> Decimal:
        """What of a drug left the tip between two instants, by these kinds of delivery."""
        with localcontext(EXACT):
            return sum((one.dose(drug, start, end) for one in self._of(kinds, start, end)), ZERO)

    def volume(self, start: datetime, end: datetime, kinds: Iterable[str] = (BACKGROUND, BRIDGE, BOLUS)) -> Decimal:
        """What left between two instants."""
        with localcontext(EXACT):
            return sum((one.volume(start, end) for one in self._of(kinds, start, end)), ZERO)

    def stood_still(self, start: datetime, end: datetime) -> timedelta:
        """For how long nothing left between two instants."""
        spans = (min(end, one.end) - max(start, one.start) for one in self.stills)
        return sum((span for span in spans if span > timedelta()), timedelta())

    def _of(self, kinds: Iterable[str], start: datetime, end: datetime) -> Iterator[Stretch]:
        wanted = set(kinds)
        return (one for one in self.stretches if one.kind in wanted and one.start < end and one.end > start)
