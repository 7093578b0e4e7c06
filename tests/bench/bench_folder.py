"""`import --apply` into the folder destination, all checks on, on two cores.

1,000 exports of one pump each (at least 20 resources each): at least 100 a second. 10,000: all processes together under
300 MB (PSS), and the rate within 20 %. The time is that of the whole command, its start included; each run has a store
and a folder of its own (kept to the end: see `workspace`), and runs of the two sizes take turns.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import site
from tests.bench.exports import one_pump_each
from tests.bench.measure import Finished, Report, Result, alternated, asked, command, conditions, median_of

RATE = 100.0
MEMORY_MB = 300.0
SAME = 0.8
RESOURCES = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and answer the exit status."""
    given = asked(arguments, __doc__ or "")
    small, large = given.size(1_000, 30), given.size(10_000, 60)
    report = Report("bench_folder", given, conditions(given, small=small, large=large))
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    for count in (small, large):
        (given.folder / str(count)).mkdir()
        site.with_inbox(given.folder / str(count), one_pump_each(count, given.seed, today))
    tasks = {
        "small": lambda run: imported(given.folder, small, run),
        "large": lambda run: imported(given.folder, large, run),
    }
    runs = alternated(tasks, given.runs)
    _tell(report, runs["small"], runs["large"], small, large)
    return report.close()


def imported(folder: Path, count: int, run: int) -> Finished:
    """One import of the exports of a size into a new site; raises where a chart is too small."""
    place = folder / f"site-{count}-{run}"
    site.made(place)
    files = str(folder / str(count) / "in")
    done = command(("import", files, "--apply", "--json"), place, memory=True)
    said = json.loads(done.said)
    charted = said["apply"]["created"]
    if said["accepted"] != count or charted < count * RESOURCES:
        raise RuntimeError(f"{said['accepted']} of {count} accepted, {charted} resources created")
    return done


def _tell(report: Report, small: list[Finished], large: list[Finished], few: int, many: int) -> None:
    rates = [few / done.seconds for done in small], [many / done.seconds for done in large]
    report.add(median_of(f"import --apply, {few} exports", rates[0], "exports/s", at_least=RATE))
    report.add(median_of(f"import --apply, {many} exports", rates[1], "exports/s"))
    first, second = report.results[-2:]
    report.add(Result("rate with the larger over the smaller number", second.value / first.value, "", at_least=SAME))
    peaks = [done.peak_mb for done in large]
    report.add(median_of(f"memory of all processes (PSS), {many} exports", peaks, "MB", at_most=MEMORY_MB))
    cpu = [1000 * done.cpu_seconds / many for done in large]
    report.add(median_of("processor time an export (for comparison)", cpu, "ms"))
    report.add(Result("rate over what one process parses", first.value / report.conditions["parse_per_s"], ""))


def test_folder() -> None:
    assert main([]) == 0


if __name__ == "__main__":
    sys.exit(main())
