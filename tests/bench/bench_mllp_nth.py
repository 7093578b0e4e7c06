"""What accepting the n-th message of one pump costs: flat within 20 % from the 10th to the 100,000th.

A store with a destination takes 100,000 messages of one pump through the writer's own verbs: is the number known, is
the content known, read it, commit it. Then its next ones are taken singly, each with a commit of its own, in turns
with the 10th messages of as many young pumps in the same store: so what else the machine does meanwhile falls on both.
Nothing is charted meanwhile: that is another benchmark's.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from statistics import median

from bridge import log
from bridge.accept import GROUP_ITEMS, accept_many
from bridge.adapter import find
from bridge.clock import SystemClock
from bridge.sources.mllp_writer import Numbers
from bridge.store.open import open_store
from bridge.store.protocol import NewExport, Store
from tests.bench.bench_mllp import frame_of
from tests.bench.measure import Report, Result, asked, conditions
from tests.sources.mllp_serving import FINGERPRINTS, SETTINGS

FLAT = 1.2
YOUNG = 10


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds that one message took, by the clock and of the processor."""

    waited: float
    used: float


class Taking:
    """A store that takes messages as the writer does."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._numbers = Numbers(store)
        self._adapters = find()
        self._clock = SystemClock()

    def take(self, exports: Sequence[NewExport]) -> Cost:
        """Accept some in one commit; raises where one is not accepted."""
        begun, used = time.perf_counter(), time.process_time()
        receipts = list(
            accept_many(
                exports, self._adapters, self._store, SETTINGS, group_seconds=3600, refused=self._numbers.refused
            )
        )
        cost = Cost(1000 * (time.perf_counter() - begun), 1000 * (time.process_time() - used))
        if any(receipt.outcome != "accepted" for receipt in receipts):
            raise RuntimeError(f"not accepted: {receipts[0]}")
        return cost

    def exports(self, name: str, numbers: Iterable[int]) -> Iterator[NewExport]:
        """Messages of one pump by their numbers."""
        for number in numbers:
            frame = frame_of(name, number, pumps=1)
            yield NewExport(hashlib.sha256(frame).hexdigest(), frame, f"{name}|{number}", "ward", self._clock.now())

    def take_all(self, name: str, numbers: range) -> None:
        """The same for many, as many in one commit as there may be."""
        for start in range(numbers.start, numbers.stop, GROUP_ITEMS):
            self.take(list(self.exports(name, range(start, min(start + GROUP_ITEMS, numbers.stop)))))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and answer the exit status."""
    given = asked(arguments, __doc__ or "")
    log.configure("error")
    many, samples = given.size(100_000, 300), given.size(201, 5)
    report = Report("bench_mllp_nth", given, conditions(given, messages=many, samples=samples))
    with closing(open_store(given.folder / "store.sqlite", FINGERPRINTS)) as store:
        store.register("folder", "mapping", SystemClock().now())
        taking = Taking(store)
        taking.take_all("old", range(many - 1))
        old, young = window(taking, many - 1, samples)
    _tell(report, many, old, young)
    return report.close()


def window(taking: Taking, before: int, samples: int) -> tuple[list[Cost], list[Cost]]:
    """What the next messages of the old pump cost and, in turns, the 10th of young ones."""
    old, young = [], []
    for number in range(samples):
        taking.take_all(f"young{number}", range(YOUNG - 1))
        (tenth,) = taking.exports(f"young{number}", [YOUNG - 1])
        (following,) = taking.exports("old", [before + number])
        if number % 2:
            old.append(taking.take([following]))
            young.append(taking.take([tenth]))
        else:
            young.append(taking.take([tenth]))
            old.append(taking.take([following]))
    return old, young


def _tell(report: Report, many: int, old: list[Cost], young: list[Cost]) -> None:
    for words, part in (("with its commit", "waited"), ("of the processor", "used")):
        first, then = (median(getattr(cost, part) for cost in costs) for costs in (young, old))
        report.add(Result(f"10th message, {words}", first, "ms"))
        report.add(Result(f"{many:,}th message, {words}", then, "ms"))
        report.add(Result(f"{many:,}th over 10th, {words}", then / first, "", at_most=FLAT))


def test_mllp_nth() -> None:
    assert main([]) == 0


if __name__ == "__main__":
    sys.exit(main())
