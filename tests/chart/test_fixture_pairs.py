"""Any two exports of one pump make one chart: no key stands twice, whatever the two sessions have in common."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import pytest

from bridge.adapter import find
from bridge.cli.offline import Given, charts, given
from bridge.errors import BridgeError

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
ZONE = "Europe/Berlin"


def _pumps() -> dict[str, list[Given]]:
    """The exports of all fixtures by their pump; what is kept because it cannot be read is left out."""
    adapters = find()
    pumps: dict[str, list[Given]] = defaultdict(list)
    for file in sorted(FIXTURES.glob("*/*/export.*")) + sorted((FIXTURES / "journey").glob("*.json")):
        try:
            found = given([file], adapters, ZONE)
        except BridgeError:
            continue
        for one in found:
            pumps[str(one.filed.pump)].append(one)
    return pumps


PAIRS = [
    pytest.param(list(pair), id=f"{number}-{place}")
    for number, (_, exports) in enumerate(sorted(_pumps().items()))
    for place, pair in enumerate(combinations(exports, 2))
]


@pytest.mark.parametrize("pair", PAIRS)
def test_two_exports_of_one_pump_make_a_chart(pair: list[Given]) -> None:
    made = charts(pair, ZONE, datetime(2026, 6, 1, tzinfo=UTC))
    assert len({resource.key for resource in made}) == len(made) > 0


def test_sessions_of_one_minute_are_among_them() -> None:
    """Two sessions with one start and different numbers, and one row of the log in both."""
    pair = [
        f for f in (FIXTURES / "synchromed_report").glob("*/export.txt") if f.parent.name in ("cancelled", "pending")
    ]
    exports = given(sorted(pair), find(), ZONE)
    made = charts(exports, ZONE, datetime(2026, 6, 1, tzinfo=UTC))
    assert len(exports) == 2
    assert sum(one.key.startswith("alarm-event|") for one in made) == 1
