"""`pumpbridge --help` under 0.4 s: heavy imports are lazy. Where it is over, the slowest imports are shown."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.measure import PUMPBRIDGE, Report, alternated, asked, command, conditions, median_of

TARGET = 0.4


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and answer the exit status."""
    given = asked(arguments, __doc__ or "")
    report = Report("bench_help", given, conditions(given))
    command(("--help",), given.folder)  # compiled and in the page cache from here on
    tasks = {"help": lambda run: command(("--help",), given.folder).seconds, "python": lambda run: _bare(given.folder)}
    runs = alternated(tasks, given.runs)
    report.add(median_of("pumpbridge --help", runs["help"], "s", at_most=TARGET))
    report.add(median_of("reference: python -c pass", runs["python"], "s"))
    if not report.results[0].met:
        print(slowest_imports(given.folder))
    return report.close()


def _bare(folder: Path) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], cwd=folder, check=True)
    return time.perf_counter() - begun


def slowest_imports(folder: Path, most: int = 15) -> str:
    """The imports that take longest with all that they import."""
    timed = [PUMPBRIDGE[0], "-X", "importtime", *PUMPBRIDGE[1:], "--help"]
    said = subprocess.run(timed, cwd=folder, capture_output=True, text=True, check=True).stderr
    rows = [line.removeprefix("import time:").split("|") for line in said.splitlines() if line.startswith("import")]
    found = sorted(((int(row[1]), row[2].strip()) for row in rows if row[1].strip().isdigit()), reverse=True)
    return "\n".join(f"  {micros / 1000:7.1f} ms  {name}" for micros, name in found[:most])


def test_help() -> None:
    assert main([]) == 0


if __name__ == "__main__":
    sys.exit(main())
