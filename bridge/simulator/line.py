"""The line of a simulated pump, tubing and catheter: what enters pushes out what was there first, without mixing.

Promises: the volume in the line never changes. A line that was never primed holds nothing, which leaves it first. Must
not know rates or times.
"""

from __future__ import annotations

from collections import deque
from decimal import Decimal

from bridge.simulator.regimen import ZERO, Mixture


class Line:
    """What is in tubing and catheter, nearest to the tip first; None is nothing."""

    def __init__(self, volume: Decimal) -> None:
        self.volume = volume
        self._parts: deque[tuple[Mixture | None, Decimal]] = deque([(None, volume)])

    @property
    def at_the_tip(self) -> Mixture | None:
        """What leaves next."""
        return self._parts[0][0]

    @property
    def to_change(self) -> Decimal | None:
        """How much leaves before something else does; None where it is all the same."""
        return self._parts[0][1] if len(self._parts) > 1 else None

    def holds_only(self, mixture: Mixture) -> bool:
        """Whether what leaves next is what enters, with nothing else between."""
        return len(self._parts) == 1 and _same(self._parts[0][0], mixture)

    def push(self, mixture: Mixture, volume: Decimal) -> list[tuple[Mixture | None, Decimal]]:
        """What leaves while so much enters, in order."""
        if volume <= 0:
            return []
        last, held = self._parts[-1]
        if _same(last, mixture):
            self._parts[-1] = (mixture, held + volume)
        else:
            self._parts.append((mixture, volume))
        return self._leave(volume)

    def _leave(self, volume: Decimal) -> list[tuple[Mixture | None, Decimal]]:
        gone: list[tuple[Mixture | None, Decimal]] = []
        while volume > ZERO:
            mixture, held = self._parts[0]
            if held > volume:
                self._parts[0] = (mixture, held - volume)
                gone.append((mixture, volume))
                break
            self._parts.popleft()
            gone.append((mixture, held))
            volume -= held
        return gone


def _same(one: Mixture | None, other: Mixture) -> bool:
    """Of one kind; a new lot of the same is no change."""
    return one is not None and one.drugs == other.drugs
