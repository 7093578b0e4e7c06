"""A noisy line: what comes of a frame on its way, by a seed.

Garbage before it, a byte lost, the frame twice, a byte changed so that its sum does not fit, or nothing at all.
Promises: the same seed and frames give the same bytes; most frames arrive whole.
"""

from __future__ import annotations

import random

ONE_IN = 6
"""How often something happens to a frame."""


class Noise:
    """Damages frames; without a seed it damages none."""

    def __init__(self, seed: int | None = None) -> None:
        self._chance = random.Random(f"line {seed}") if seed is not None else None
        self.damaged = 0

    def carried(self, frame: bytes) -> bytes:
        """What arrives of a frame."""
        chance = self._chance
        if chance is None or chance.randrange(ONE_IN):
            return frame
        self.damaged += 1
        place = chance.randrange(len(frame))
        kind = chance.randrange(5)
        if kind == 0:
            return bytes(chance.randrange(256) for _ in range(chance.randrange(1, 20))) + frame
        if kind == 1:
            return frame[:place] + frame[place + 1 :]
        if kind == 2:
            return frame + frame
        if kind == 3:
            return frame[:place] + bytes([frame[place] ^ (1 << chance.randrange(8))]) + frame[place + 1 :]
        return b""
