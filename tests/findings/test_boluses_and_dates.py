"""Boluses that do not agree, volumes that no reservoir holds, explants that cannot be, resets and memory errors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.course.facts import BolusFact, PresenceFact, Segment
from bridge.course.pages import Course
from bridge.course.remarks import Finding
from tests.course.building import continuous, course, drugs, every, export, found, left, only, q
from tests.findings.test_dose import SOON, findings, given, visit

PUMP = {"manufacturer": "Invented Pumps", "model": "IP-40", "serial": "TX000001", "implanted": "2025-03-01"}
FIRST = given(1, continuous(), pump=PUMP)


def bolus(**more: Any) -> dict[str, Any]:
    return {
        "kind": "clinician", "start": "2025-04-05T09:10+01:00", "end": "2025-04-05T09:20+01:00", "outcome": "complete",
        "drug": "baclofen", "dose": q("25.00", "mcg"), "volume": q("0.0125", "mL"), **more,
    }  # fmt: skip


def given_at(day: int, **parts: Any) -> dict[str, Any]:
    return visit(day, found(continuous(), drugs=drugs()), **parts)


@pytest.mark.parametrize(
    ("row", "count"),
    [
        (bolus(dose=q("250.0", "mcg")), 1), (bolus(), 0), (bolus(dose=q("25.2", "mcg")), 1),
        (bolus(dose=q("25.1", "mcg")), 0), (bolus(kind="bridge", dose=q("250.0", "mcg")), 0),
    ],
)  # fmt: skip
def test_dose_volume_and_concentration_of_a_bolus(row: dict[str, Any], count: int) -> None:
    assert len(findings("bolus-triangle", FIRST, given_at(5, boluses=[row]))) == count


@pytest.mark.parametrize(
    ("flow", "dose", "count"), [("0.000", "400.00", 1), ("0.200", "400.00", 0), ("0.000", "0.00", 0)]
)
def test_a_flow_of_zero_is_held_against_the_dose(flow: str, dose: str, count: int) -> None:
    body = visit(5, found(continuous(dose, flow), drugs=drugs()))
    assert len(findings("dose-triangle", body)) == count
    assert findings("units-thousandfold", body) == []


@pytest.mark.parametrize(("volume", "count"), [("400.0", 1), ("40.1", 1), ("40.0", 0)])
def test_no_reservoir_holds_more_than_its_capacity(volume: str, count: int) -> None:
    pump = {**PUMP, "capacity": q("40", "mL")}
    body = visit(5, found(continuous(), volume=q(volume, "mL", "calculated")), pump=pump)
    assert len(findings("volume-above-capacity", FIRST, body)) == count


# --- explants --------------------------------------------------------------------------------------------------------


def explanted(day: str, *states: dict[str, Any], **parts: Any) -> Course:
    body = visit(5, *states or (found(continuous()),), pump={**PUMP, "explanted": day}, **parts)
    return course(FIRST, body, as_of=SOON)


@pytest.mark.parametrize(
    ("day", "usable"),
    [
        ("2099-04-01", False), ("2025-04-07", False), ("2025-02-01", False),
        ("2025-04-06", True), ("2025-04-05", True), ("2025-04-03", True),
    ],
)  # fmt: skip
def test_an_explant_that_cannot_be_ends_nothing(day: str, usable: bool) -> None:
    life = explanted(day)
    told = [one for one in every(life, Finding) if one.code == "explant-date-unusable"]
    assert (len(told), only(life, PresenceFact).until is not None) == (int(not usable), usable)
    running = [one for one in every(life, Segment, open_page=True) if one.status == "running"]
    assert len(running) == int(not usable)


def test_an_explant_before_a_programme_that_was_set_since_ends_nothing() -> None:
    life = explanted("2025-04-03", found(continuous()), left("2025-04-05T09:10+01:00", continuous("300.00", "0.150")))
    assert [one.code for one in every(life, Finding)].count("explant-date-unusable") == 1
    assert only(life, PresenceFact).until is None


def test_a_session_of_type_explant_is_one_whatever_its_date() -> None:
    life = explanted("2099-04-01", type="explant")
    assert [one.code for one in every(life, Finding)].count("explant-date-unusable") == 1
    assert only(life, PresenceFact).until is not None
    assert all(one.end is None or one.end.utc < SOON for one in every(life, Segment))


def test_a_session_that_ends_before_it_starts_is_charted_without_its_end() -> None:
    body = {**FIRST, "session": {**FIRST["session"], "end": "2025-04-01T08:00+01:00"}}
    (one,) = findings("date-order", body)
    assert "its end, 1 Apr 2025 08:00, is before its start" in one.text
    assert findings("date-order", FIRST) == []


# --- resets and memory errors ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "severity", "raised"),
    [
        ("low-battery-reset", "critical", "pump-reset"), ("memory-error", "critical", "pump-reset"),
        ("memory-error", None, "pump-reset"), ("memory-error", "non-critical", "memory-error"),
        ("alarm-silenced", "critical", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("where", ["log", "alarm"])
def test_a_reset_and_a_memory_error_are_told(code: str, severity: str | None, raised: str | None, where: str) -> None:
    row = {"code": code, "text": "X", **({"severity": severity} if severity else {})}
    if where == "alarm" and code == "alarm-silenced":
        row["code"] = "low-reservoir"
    log = {"events": [{**row, "number": "9", "at": "2025-04-04T10:00+01:00"}]}
    parts: dict[str, Any] = log if where == "log" else {"alarm_status": "active", "alarms": [row]}
    life = course(FIRST, given_at(5, **parts), as_of=SOON)
    told = {one.code for one in every(life, Finding)} & {"pump-reset", "memory-error"}
    assert told == ({raised} if raised else set())
    over = course(FIRST, given_at(5, **parts), given_at(6, alarm_status="none"), as_of=SOON)
    assert [one for one in every(over, Finding, open_page=True) if one.audience == "ward"] == []


def test_a_drug_that_is_listed_twice_is_one_drug() -> None:
    twice = visit(5, found(continuous(), drugs=[*drugs(), {**drugs("2000")[0], "name": "Baclofen"}]))
    life = course(FIRST, twice, as_of=SOON)
    assert "concentration-changed-without-bridge" not in {one.code for one in every(life, Finding)}
    (segment,) = every(life, Segment, open_page=True)
    assert (segment.status, segment.mixture.is_admixture) == ("running", False)


# --- a bolus and a bridge that were last read running ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "due"), [("30", datetime(2025, 4, 5, 8, 40, tzinfo=UTC)), (None, None), ("9e9", None)]
)
def test_a_bolus_last_read_running_is_not_running_for_ever(minutes: str | None, due: datetime | None) -> None:
    """Over by its stated duration; without one, once its reading is too old."""
    row = bolus(outcome="running", **({"duration": q(minutes.replace("e9", "0" * 9), "min")} if minutes else {}))
    row.pop("end")
    body = given_at(5, boluses=[row])
    limit = due or datetime(2025, 4, 5, 8, 0, tzinfo=UTC) + timedelta(days=200)
    for as_of, outcome in ((limit - timedelta(minutes=1), "running"), (limit, None)):
        assert only(course(FIRST, body, as_of=as_of), BolusFact).outcome == outcome
    if due:
        assert course(FIRST, body, as_of=due - timedelta(minutes=1)).next_change == due


def test_a_bridge_of_an_absurd_duration_has_no_end() -> None:
    row = {**bolus(kind="bridge", outcome="running"), "duration": q("999999999999999", "h")}
    row.pop("end")
    body = visit(
        5, found(continuous()), left("2025-04-05T09:12+01:00", continuous(), drugs=drugs("500.0")), boluses=[row]
    )
    again = export("2025-04-10T09:00+01:00", found(continuous()), update="none")
    assert course(FIRST, body, again, as_of=SOON).pages
