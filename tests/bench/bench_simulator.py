"""`pumpbridge simulate hospital`: 1,000 pumps over 5 years, about 20,000 exports, in under a minute on two cores.

The time is that of the whole command, its start included; each run writes a folder of its own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.bench.measure import Report, asked, command, conditions, median_of

TARGET = 60.0
YEARS = 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and answer the exit status."""
    given = asked(arguments, __doc__ or "")
    pumps = given.size(1_000, 20)
    report = Report("bench_simulator", given, conditions(given, pumps=pumps, years=YEARS))
    made = [_made(given.folder / f"run-{run}", pumps, given.seed) for run in range(given.runs)]
    report.add(median_of(f"simulate hospital --pumps {pumps}", [one[0] for one in made], "s", at_most=TARGET))
    report.add(median_of("exports", [one[1] for one in made], "exports"))
    report.add(median_of("rate", [one[1] / one[0] for one in made], "exports/s"))
    return report.close()


def _made(folder: Path, pumps: int, seed: int) -> tuple[float, float]:
    """The seconds that one run took, and how many exports it wrote."""
    folder.mkdir()
    options = ("--pumps", str(pumps), "--years", str(YEARS), "--seed", str(seed), "--out", "exports", "--json")
    done = command(("simulate", "hospital", *options), folder)
    return done.seconds, float(json.loads(done.said)["exports"])


def test_simulator() -> None:
    assert main([]) == 0


if __name__ == "__main__":
    sys.exit(main())
