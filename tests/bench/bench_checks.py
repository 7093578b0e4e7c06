"""`checks.py` on every resource of charts, one core: at least 2,000 resources a second; beside it, fhir.resources.

What is checked are the charts of the journey's exports, read from JSON as a user of `validate` has them, each resource
by itself. The library checks the same resources in the same run: the ratio says what the tables of ours save.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from bridge.adapter import find
from bridge.cli.offline import charts, given
from bridge.fhir_json import Json, canonical, read
from fhir_profiles.checks import check
from fhir_profiles.structure import Structure, library
from tests.bench.measure import Report, Result, alternated, asked, conditions, median_of
from tests.hospital import JOURNEY, NOW

ZONE = "Europe/London"
PER_SECOND = 2_000.0
RESOURCES = 4_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and answer the exit status."""
    given_now = asked(arguments, __doc__ or "")
    count = given_now.size(RESOURCES, 200)
    bodies = resources(count)
    report = Report("bench_checks", given_now, conditions(given_now, resources=count, kinds=len(kinds(bodies))))
    library()
    structure = Structure(always=True)
    tasks = {"ours": lambda run: rate(bodies, check), "library": lambda run: rate(bodies, structure.check)}
    runs = alternated(tasks, given_now.runs)
    report.add(median_of("resources checked by our rules", runs["ours"], "a second", at_least=PER_SECOND))
    report.add(median_of("the same by fhir.resources", runs["library"], "a second"))
    ratio = median(ours / theirs for ours, theirs in zip(runs["ours"], runs["library"], strict=True))
    report.add(Result("our rules, in times of fhir.resources", ratio, "times"))
    return report.close()


def resources(count: int) -> list[Json]:
    """So many resources of the journey's charts, repeated, each read from its bytes."""
    paths: list[Path] = sorted(JOURNEY.glob("*.json"))
    contents = [canonical(one.body) for one in charts(given(paths, find(()), ZONE), ZONE, NOW)]
    return [read(contents[number % len(contents)]) for number in range(count)]


def kinds(bodies: Sequence[Json]) -> set[str]:
    """The types among them."""
    return {body["resourceType"] for body in bodies}


def rate(bodies: Sequence[Json], checked: Callable[[Json], Sequence[object]]) -> float:
    """Resources a second; each must be found good."""
    begun = time.perf_counter()
    wrong = sum(bool(checked(body)) for body in bodies)
    elapsed = time.perf_counter() - begun
    if wrong:
        raise RuntimeError(f"{wrong} resources break a rule")
    return len(bodies) / elapsed


def test_checks() -> None:
    assert main([]) == 0


if __name__ == "__main__":
    sys.exit(main())
