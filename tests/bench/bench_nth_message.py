"""What the n-th message of one hospital pump costs: flat within 20 % from the 10th to the 100,000th.

As bench_nth, with messages in place of interrogations: a pump reports every ten seconds (PCD-01, 15 segments), each
message is accepted, folded, checked, applied to the folder destination and confirmed, in this process. From the 100th,
10,000th and 100,000th on some are timed singly, in turns with the 10th messages of as many new pumps in the same store;
between those windows they are accepted and reconciled fifty at a time. The clock stands a second after each message.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from bridge import log
from bridge.clock import FixedClock
from bridge.config import load
from bridge.site import open_site
from tests.bench import site
from tests.bench.bench_delivered import FIRST, SECONDS_APART, fifteen
from tests.bench.bench_nth import YOUNG, Bench, tell
from tests.bench.exports import Export
from tests.bench.measure import Report, asked, conditions

OLD = 9_999


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and answer the exit status."""
    given = asked(arguments, __doc__ or "")
    log.configure("error")
    windows = (20, 40) if given.quick else (100, 10_000, 100_000)
    samples = given.size(61, 5)
    report = Report("bench_nth_message", given, conditions(given, messages=windows[-1], samples=samples))
    clock = FixedClock(datetime.fromtimestamp(FIRST, UTC))
    with open_site(load(site.made(given.folder / "site")), clock, new_store=True) as opened:
        opened.register()
        bench = Bench(opened, clock, timedelta(seconds=1))
        life, number = messages(OLD, windows[-1] + samples), 0
        for place, window in enumerate(windows):
            bench.take_all(islice(life, window - 1 - number))
            young = list(_young(bench, place * samples, samples))
            tell(report, "message", window, *bench.window(islice(life, samples), young))
            number = window - 1 + samples
    return report.close()


def messages(pump: int, count: int) -> Iterator[Export]:
    """The first messages of one pump."""
    for number in range(count):
        at = datetime.fromtimestamp(FIRST + SECONDS_APART * number, UTC).replace(tzinfo=None)
        yield Export(f"{pump}-{number}.hl7", fifteen(pump, number), at)


def _young(bench: Bench, first: int, samples: int) -> Iterator[Export]:
    """The 10th messages of as many pumps of their own, whose earlier ones are taken now."""
    for pump in range(first, first + samples):
        life = list(messages(pump, YOUNG))
        bench.take(life[:-1])
        yield life[-1]


def test_nth_message() -> None:
    assert main([]) == 0


if __name__ == "__main__":
    sys.exit(main())
