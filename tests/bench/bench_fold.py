"""The fold alone: a pump of 1,000 interrogations from scratch in under 1 s, and one more in under 10 ms.

The exports are read before, by their adapter; measured is what reconciling does before it writes a chart: from reports
to the course with its findings, and for one more from the bytes of the checkpoint to the bytes of the next one.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from adapters.session_json import ADAPTER
from bridge.course.fold import Folded, Settings, fold
from bridge.course.sessions import Report, placed
from bridge.course.state import State, dump_state, load_state
from bridge.findings.noticed import noticed, on_page
from bridge.interrogation import stated
from tests.bench.exports import ZONE, Export, one_long_life
from tests.bench.measure import Report as Results
from tests.bench.measure import alternated, asked, conditions, median_of

WHOLE_S = 1.0
ONE_MORE_MS = 10.0
SETTINGS = Settings(ZONE, timedelta(days=200))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and answer the exit status."""
    given = asked(arguments, __doc__ or "")
    count = given.size(1_000, 30)
    results = Results("bench_fold", given, conditions(given, interrogations=count))
    life = sorted(map(_report, one_long_life(count + 1, given.seed)), key=lambda report: report.position)
    known = folded(life[:-1])
    checkpoint = dump_state(known.states[-1][1])
    tasks = {"whole": partial(_whole, life[:-1]), "more": partial(_one_more, life[-1], checkpoint)}
    runs = alternated(tasks, given.runs)
    results.add(median_of(f"{count:,} interrogations from scratch", runs["whole"], "s", at_most=WHOLE_S))
    results.add(median_of("one more", runs["more"], "ms", at_most=ONE_MORE_MS))
    results.add(median_of("size of its checkpoint (for comparison)", [len(checkpoint) / 1000], "kB"))
    return results.close()


def folded(reports: Sequence[Report], base: State | None = None) -> Folded:
    """The fold of reports, and the findings of it."""
    as_of = _as_of(reports[-1])
    done = fold(reports, as_of, SETTINGS, patient="0000017", notice=on_page, base=base)
    noticed(done.course)
    return done


def _as_of(report: Report) -> datetime:
    start = stated(report.interrogation.session.start)
    assert start is not None, "every session of the life states its start"
    return start.local.replace(tzinfo=UTC) + timedelta(hours=2)


def _whole(reports: Sequence[Report], run: int) -> float:
    begun = time.perf_counter()
    folded(reports)
    return time.perf_counter() - begun


def _one_more(report: Report, checkpoint: bytes, run: int) -> float:
    begun = time.perf_counter()
    done = folded([report], load_state(checkpoint))
    dump_state(done.states[-1][1])
    return 1000 * (time.perf_counter() - begun)


def _report(export: Export) -> Report:
    (interrogation,) = ADAPTER.read(export.content)
    discriminator, position = placed(interrogation, ZONE)
    sha256, sha1 = (hashlib.new(name, export.content).hexdigest() for name in ("sha256", "sha1"))
    return Report(sha256, sha1, len(export.content), "application/json", discriminator, position, interrogation)


def test_fold() -> None:
    assert main([]) == 0


if __name__ == "__main__":
    sys.exit(main())
