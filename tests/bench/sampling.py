"""A sampling profiler of a few lines: where this process spends its time, without slowing it as cProfile does.

Every few milliseconds the stack is noted, of processor time or (`wall`) of the clock, where waiting for the disk counts
too; a function's share is the share of samples in which it stands anywhere on the stack. Main thread only; nothing is
known of other processes.
"""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Samples:
    """How often each function was seen on the stack (`inside`), and at its top (`own`)."""

    def __init__(self) -> None:
        self.count = 0
        self.inside: Counter[str] = Counter()
        self.own: Counter[str] = Counter()

    def take(self, _signal: int, frame: FrameType | None) -> None:
        """Note one stack."""
        self.count += 1
        seen: set[str] = set()
        while frame is not None:
            seen.add(_name(frame))
            if len(seen) == 1:
                self.own[_name(frame)] += 1
            frame = frame.f_back
        self.inside.update(seen)

    def report(self, most: int = 25) -> str:
        """The functions with the largest shares."""
        lines = [f"{self.count} samples"]
        for title, found in (("inside", self.inside), ("own", self.own)):
            rows = [f"  {share * 100 / self.count:5.1f} %  {name}" for name, share in found.most_common(most)]
            lines += [f"{title}:", *rows]
        return "\n".join(lines)


def _name(frame: FrameType) -> str:
    place = "/".join(frame.f_code.co_filename.split("/")[-2:])
    return f"{place}:{frame.f_code.co_name}"


@contextmanager
def sampled(seconds: float = 0.002, *, wall: bool = False) -> Iterator[Samples]:
    """Sample the block; works in the main thread only."""
    timer, number = (signal.ITIMER_REAL, signal.SIGALRM) if wall else (signal.ITIMER_PROF, signal.SIGPROF)
    samples = Samples()
    before = signal.signal(number, samples.take)
    signal.setitimer(timer, seconds, seconds)
    try:
        yield samples
    finally:
        signal.setitimer(timer, 0)
        signal.signal(number, before)
