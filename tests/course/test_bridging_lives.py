"""Lives made at random of refills, bridges, cancellations and stalls: what holds of every one of them."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from bridge.course.facts import Segment
from bridge.course.fold import fold
from bridge.course.remarks import Condition
from bridge.course.state import dump_state, load_state
from bridge.findings.noticed import on_page
from tests.course.building import SETTINGS, drugs, every, export, folded, found, left, q, report
from tests.course.test_bridging import CATHETER, CODE, PUMP, daily

LIVES = range(60)


class Life:
    """One pump's sessions, drawn from a seed."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.at = datetime(2025, 3, 3, 10, tzinfo=UTC)
        self.strength, self.dose, self.number = "500", "200", 0
        self.bridge: dict[str, Any] | None = None
        catheter = self.draw.choice([CATHETER, CATHETER, {"model": "IC-1"}])
        self.bodies = [self._session(left(self._in(20), daily("200"), drugs=drugs("500")), catheter=catheter)]
        for _ in range(self.draw.randint(2, 6)):
            self._next()

    def _in(self, minutes: float) -> str:
        return (self.at + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M+00:00")

    def _session(self, *states: dict[str, Any], update: str = "completed", **parts: Any) -> dict[str, Any]:
        given = {name: value for name, value in parts.items() if value}
        return export(self._in(0), *states, end=self._in(40), update=update, pump=PUMP, **given)

    def _next(self) -> None:
        hours = self.draw.choice([3, 10, 30, 90, 400])
        log = self._log(hours)
        self.at += timedelta(hours=hours)
        rows = self._told()
        state = found(daily(self.dose), drugs=drugs(self.strength))
        if self.draw.random() < 0.3:
            self.bodies.append(self._session(state, update="none", events=log, boluses=rows))
            return
        self.strength, self.dose = self.draw.choice(["500", "1000", "2000"]), self.draw.choice(["200", "200", "300"])
        if self.draw.random() < 0.4:
            rows.append(self._bridged())
        filled = {"filled_at": self._in(10), "filled": q("20.0", "mL"), "drugs": drugs(self.strength)}
        after = left(self._in(20), daily(self.dose), drugs=drugs(self.strength))
        update = self.draw.choice(["completed"] * 6 + ["not-completed"])
        self.bodies.append(self._session(state, after, update=update, events=log, boluses=rows, refills=[filled]))

    def _log(self, hours: int) -> list[dict[str, Any]]:
        """A stall, at times with its recovery, before the next session."""
        rows: list[dict[str, Any]] = []
        for code, share, chance in (("motor-stall", 0.3, 0.4), ("motor-stall-recovered", 0.6, 0.7)):
            if self.draw.random() > chance:
                break
            self.number += 1
            rows.append({"number": str(self.number), "at": self._in(60 * hours * share), "code": code})
        return rows

    def _told(self) -> list[dict[str, Any]]:
        """How the bridge of an earlier session ended, as this one may tell."""
        if self.bridge is None or self.draw.random() < 0.4:
            return []
        row = {**self.bridge, "outcome": self.draw.choice(["complete", "cancelled", "running"])}
        if row["outcome"] != "running" and self.draw.random() < 0.7:
            begun = datetime.fromisoformat(row["start"])
            row["end"] = (begun + timedelta(hours=self.draw.choice([1, 5, 20]))).strftime("%Y-%m-%dT%H:%M+00:00")
        return [row]

    def _bridged(self) -> dict[str, Any]:
        outcome = self.draw.choice(["running", "running", "complete", "cancelled"])
        self.bridge = {
            "kind": "bridge", "start": self._in(20), "duration": q(self.draw.choice(["1224", "600"]), "min"),
            "outcome": outcome, "volume": q("0.340", "mL"), "dose": q("680", "mcg"),
        }  # fmt: skip
        return self.bridge

    def as_of(self) -> datetime:
        return self.at + timedelta(hours=self.draw.choice([1, 30, 900]))


@pytest.mark.parametrize("seed", LIVES)
def test_no_two_segments_overlap_and_each_has_a_name_of_its_own(seed: int) -> None:
    life = Life(seed)
    course = folded(*life.bodies, as_of=life.as_of()).course
    segments: list[Segment] = every(course, Segment)
    names = [one.discriminator for one in segments]
    assert len(names) == len(set(names))
    ended = sorted((one.start.utc, one.end.utc) for one in segments if one.end is not None)
    assert all(first[1] <= second[0] for first, second in pairwise(ended))
    standing: list[Segment] = every(course, Segment, open_page=True)
    assert len(standing) <= 1
    assert all(end <= one.start.utc for one in standing for _, end in ended)


@pytest.mark.parametrize("seed", LIVES)
def test_a_change_without_a_bridge_is_told_once_and_ends(seed: int) -> None:
    life = Life(seed)
    course = folded(*life.bodies, as_of=life.as_of()).course
    told = [one for one in every(course, Condition) if one.kind == CODE]
    assert len({one.discriminator for one in told}) == len(told)
    assert all(one.until.utc >= one.since.utc for one in told if one.until)
    assert sum(one.until is None for one in told) <= 1


@pytest.mark.parametrize("seed", LIVES)
def test_order_and_checkpoints_change_nothing(seed: int) -> None:
    life = Life(seed)
    as_of = life.as_of()
    whole = folded(*life.bodies, as_of=as_of)
    assert folded(*reversed(life.bodies), as_of=as_of).course == whole.course
    for known in range(1, len(whole.states)):
        base = load_state(dump_state(whole.states[known - 1][1]))
        tail = [one for one in map(report, life.bodies) if one.position > base.position]
        again = fold(tail, as_of, SETTINGS, patient="0000017", notice=on_page, base=base)
        if again.reaches is None:
            assert again.course.pages == whole.course.pages[known:]
