"""Whatever a pump lives through, in whatever order it is told, withdrawals included: the chart is that of the end."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.course.building import continuous, q
from tests.course.test_soft_pages import changed, filled, looked, row
from tests.hospital import Hospital
from tests.reconcile.test_soft_pages import standing

AS_OF = datetime(2025, 12, 1, tzinfo=UTC)
PROGRAMMES = [continuous("90.00", "0.180"), continuous("100.00", "0.200"), continuous("120.00", "0.240")]
CODES = ("motor-stall", "motor-stall-recovered", "pump-stopped", "pump-started", "empty-reservoir", "alarm-silenced")
Body = dict[str, Any]


class Life:
    """Sessions of one pump, with fillings that agree or not, logs that overlap and lag, and changes nobody saw."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.day = datetime(2025, 1, 1)
        self.programme = self.chance.choice(PROGRAMMES)
        self.log: list[Body] = []

    def sessions(self) -> list[Body]:
        """All of them, in the order of the pump."""
        kinds = [self.filled, *self.chance.choices((self.filled, self.looked, self.changed), k=6)]
        return [kind(first=number == 0) for number, kind in enumerate(kinds)]

    def _next(self) -> tuple[str, Body]:
        self.day += timedelta(days=self.chance.randint(1, 20))
        for _ in range(self.chance.choice((0, 0, 1, 2))):
            at = self.day - timedelta(days=self.chance.randint(0, 30), hours=self.chance.randint(0, 20))
            self.log.append(row(str(len(self.log) + 1), f"{at:%Y-%m-%dT%H:%M}", self.chance.choice(CODES)))
        more: Body = {"events": self.chance.sample(self.log, len(self.log))} if self.log else {}
        if self.chance.random() < 0.3:
            by = self.day + timedelta(days=self.chance.randint(-5, 40))
            more["reservoir"] = {"refill_by": f"{by:%Y-%m-%d}", "alarm_volume": q("2.0", "mL")}
        return f"{self.day:%Y-%m-%d}", more

    def filled(self, *, first: bool) -> Body:
        day, more = self._next()
        was, self.programme = self.programme, self.chance.choice(PROGRAMMES)
        if first:
            return filled(day, programme=self.programme, **more)
        aspirated = self.chance.choice((None, "10.0", "19.0", "2.0"))
        return filled(day, "10.0", aspirated, was=was, programme=self.programme, **more)

    def looked(self, *, first: bool) -> Body:
        day, more = self._next()
        programme = self.chance.choice((self.programme, self.programme, PROGRAMMES[0]))
        return looked(day, programme=programme, infusing=self.chance.choice((True, None, False)), **more)

    def changed(self, *, first: bool) -> Body:
        day, _ = self._next()
        was, self.programme = self.programme, self.chance.choice(PROGRAMMES)
        return changed(day, was, self.programme)


@pytest.mark.parametrize("seed", range(8))
def test_the_chart_is_that_of_what_is_known_in_the_end(seed: int, tmp_path: Path) -> None:
    life = Life(seed).sessions()
    chance = random.Random(seed)
    arrivals = chance.sample(life, len(life))
    wrong = chance.choice(life[1:])
    for name in ("one by one", "at once"):
        (tmp_path / name).mkdir()
    with Hospital(tmp_path / "one by one", now=AS_OF) as hospital:
        for body in arrivals:
            (receipt,) = hospital.take(body)
            hospital.apply(large=True)
            if body is wrong:
                withdrawn = receipt.sha256
        hospital.site.store.withdraw(withdrawn, "Dr A", "wrong", AS_OF)
        hospital.apply(large=True)
        found = standing(hospital)
    with Hospital(tmp_path / "at once", now=AS_OF) as hospital:
        hospital.take(*(body for body in life if body is not wrong))
        hospital.apply(large=True)
        assert found == standing(hospital)
    assert found
