"""The same scenarios through a store and a destination: exports come one by one, and what is there is amended.

What a destination holds after each moment is what the pure chart of that moment says: nothing doubled, nothing left.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.chart.resource import Resource
from tests.hospital import Hospital
from tests.scenarios import short
from tests.scenarios.folders import NAMES, scenario

SEVERAL = [name for name in NAMES if len(scenario(name).moments) > 1 and not name.startswith("12")]


def held(hospital: Hospital) -> list[str]:
    """The short form of what the destination holds, without what is entered in error."""
    found = [
        Resource(key, "", "", body)
        for key, body in hospital.chart(1).items()
        if body.get("status") != "entered-in-error"
    ]
    return short.chart(tuple(found))


@pytest.mark.parametrize("name", SEVERAL)
def test_a_destination_holds_what_the_chart_of_the_moment_says(name: str, tmp_path: Path) -> None:
    case = scenario(name)
    with Hospital(tmp_path, now=case.moments[0].as_of) as hospital:
        for at in case.moments:
            hospital.clock.advance(at.as_of - hospital.clock.now())
            hospital.take(*(case.exports[one] for one in at.read))
            hospital.apply(large=True)
            if "chart" in at.expected:
                assert held(hospital) == sorted(at.expected["chart"])


@pytest.mark.parametrize("name", SEVERAL[:6])
def test_importing_twice_changes_nothing(name: str, tmp_path: Path) -> None:
    case = scenario(name)
    last = case.moments[-1]
    with Hospital(tmp_path, now=last.as_of) as hospital:
        hospital.take(*(case.exports[one] for one in last.read))
        hospital.apply(large=True)
        before = {row.key: (row.version, row.confirmed) for row in hospital.rows(1)}
        receipts = hospital.take(*(case.exports[one] for one in last.read))
        assert {receipt.outcome for receipt in receipts} == {"known"}
        hospital.apply(large=True)
        assert {row.key: (row.version, row.confirmed) for row in hospital.rows(1)} == before
        assert before
