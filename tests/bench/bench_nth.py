"""What the n-th interrogation of one pump costs: flat within 20 % from the 10th to the 10,000th.

One pump lives through 10,000 interrogations (a look every six hours, refills and dose changes), each accepted, folded,
checked, applied to the folder destination and confirmed, in this process. From the 100th, 1,000th and 10,000th on some
are timed singly, in turns with the 10th interrogations of as many young pumps in the same store: so what else the
machine does meanwhile falls on both. Between those windows they are accepted and reconciled fifty at a time by the same
two verbs. The clock stands two hours after each session.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, timedelta
from itertools import islice
from statistics import median

from bridge import log
from bridge.accept import accept_many, settings_of
from bridge.clock import FixedClock
from bridge.config import load
from bridge.site import Site, open_site
from bridge.store.protocol import NewExport
from tests.bench import site
from tests.bench.exports import Export, one_long_life
from tests.bench.measure import Asked, Report, Result, asked, conditions
from tests.bench.sampling import sampled

FLAT = 1.2
YOUNG = 10
AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds that one interrogation took to be accepted, and to be confirmed."""

    accepted: float
    reconciled: float

    @property
    def whole(self) -> float:
        """Both."""
        return self.accepted + self.reconciled


class Bench:
    """A site, and the verbs as the benchmark calls them."""

    def __init__(self, opened: Site, clock: FixedClock, later: timedelta = timedelta(hours=2)) -> None:
        self.site, self.clock, self.later = opened, clock, later
        self.settings = settings_of(opened.config)
        self.reconciler = opened.reconciler("folder")

    def take(self, exports: Sequence[Export]) -> Cost:
        """Accept and reconcile; raises where something is not confirmed."""
        self.clock.advance(exports[-1].at.replace(tzinfo=UTC) + self.later - self.clock.now())
        items = [self._new(export) for export in exports]
        begun = time.perf_counter()
        receipts = list(accept_many(items, self.site.adapters, self.site.store, self.settings))
        between = time.perf_counter()
        tally = self.reconciler.run(apply=True)
        ended = time.perf_counter()
        if any(receipt.outcome != "accepted" for receipt in receipts) or tally.outcomes or not tally.courses:
            raise RuntimeError(f"not confirmed: {receipts[:1]} {tally.outcomes[:1]}")
        return Cost(between - begun, ended - between)

    def _new(self, export: Export) -> NewExport:
        digest = hashlib.sha256(export.content).hexdigest()
        return NewExport(digest, export.content, export.name, "bench", self.clock.now())

    def take_all(self, exports: Iterable[Export]) -> None:
        """The same for many, some at a time."""
        rest = iter(exports)
        while some := list(islice(rest, AT_ONCE)):
            self.take(some)

    def window(self, old: Iterable[Export], young: Iterable[Export]) -> tuple[list[Cost], list[Cost]]:
        """What the next ones of the old pump cost and, in turns, the 10th of young ones."""
        costs: tuple[list[Cost], list[Cost]] = ([], [])
        for number, pair in enumerate(zip(old, young, strict=True)):
            for which in (0, 1) if number % 2 else (1, 0):
                costs[which].append(self.take([pair[which]]))
        return costs


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and answer the exit status."""
    given = asked(arguments, __doc__ or "")
    log.configure("error")
    windows = (20, 40) if given.quick else (100, 1_000, 10_000)
    samples = given.size(61, 5)
    report = Report("bench_nth", given, conditions(given, interrogations=windows[-1], samples=samples))
    first = next(one_long_life(1, given.seed)).at.replace(tzinfo=UTC)
    clock = FixedClock(first)
    with open_site(load(site.made(given.folder / "site")), clock, new_store=True) as opened:
        opened.register()
        bench = Bench(opened, clock)
        life, number = one_long_life(windows[-1] + samples, given.seed), 0
        for window in windows:
            bench.take_all(islice(life, window - 1 - number))
            young = list(_young(bench, given, window, samples))
            with sampled() if given.profile else nullcontext() as profile:
                costs = bench.window(islice(life, samples), young)
            tell(report, "interrogation", window, *costs)
            number = window - 1 + samples
            if profile is not None:
                print(profile.report())
    return report.close()


def _young(bench: Bench, given: Asked, window: int, samples: int) -> Iterator[Export]:
    """The 10th interrogations of as many pumps of their own, whose earlier ones are taken now."""
    for number in range(samples):
        life = list(one_long_life(YOUNG, given.seed * 100_000 + window * 100 + number + 1))
        bench.take(life[:-1])
        yield life[-1]


def tell(report: Report, what: str, window: int, old: list[Cost], young: list[Cost]) -> None:
    """Report what the n-th of something cost, what the 10th did at that time, and the ratio."""
    first, then = (1000 * median(cost.whole for cost in costs) for costs in (young, old))
    parts = f"accept {_ms(old, 'accepted')} ms (10th: {_ms(young, 'accepted')}), "
    parts += f"reconcile {_ms(old, 'reconciled')} ms (10th: {_ms(young, 'reconciled')})"
    report.add(Result(f"10th {what}, at the time of the {window:,}th", first, "ms"))
    report.add(Result(f"{window:,}th {what}", then, "ms", note=parts))
    report.add(Result(f"{window:,}th over 10th", then / first, "", at_most=FLAT))


def _ms(costs: list[Cost], part: str) -> str:
    return f"{1000 * median(getattr(cost, part) for cost in costs):.2f}"


def test_nth() -> None:
    assert main([]) == 0


if __name__ == "__main__":
    sys.exit(main())
