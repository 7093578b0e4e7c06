"""The kept charts: one canonical resource a line; of some courses in R5 too.

`python -m tests.chart.golden` writes them anew; a person reads the difference before it is kept.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path

from bridge.chart.resource import Resource
from bridge.fhir_json import canonical

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "chart"
R5_FOLDER = FOLDER.with_name("chart_r5")
IN_R5 = ("stall-over", "two-drugs", "boluses", "explanted", "infusions")


def lines(chart: Iterable[Resource]) -> bytes:
    """A chart as it is kept."""
    return b"[\n" + b",\n".join(canonical(resource.body) for resource in chart) + b"\n]\n"


def main() -> None:
    """Write every case."""
    from bridge.chart.write import write
    from tests.chart.cases import CASES

    for folder in (FOLDER, R5_FOLDER):
        folder.mkdir(parents=True, exist_ok=True)
    for name, case in CASES.items():
        course, binding = case()
        (FOLDER / f"{name}.json").write_bytes(lines(write(course, binding)))
        if name in IN_R5:
            in_r5 = write(course, dataclasses.replace(binding, fhir="R5"))
            (R5_FOLDER / f"{name}.json").write_bytes(lines(in_r5))


if __name__ == "__main__":
    main()
