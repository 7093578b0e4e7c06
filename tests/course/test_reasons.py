"""Why there is no forecast, or only a part of one: in whole sentences, since that is all a reader gets in its place."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.course.facts import BolusFact
from bridge.course.remarks import Finding
from tests.course.building import continuous, course, every, export, found, q
from tests.course.test_forecast import UTC_CLOCK, filled, forecast

FILLED = filled("2025-01-06 00:00", "40.0", "2000", "400.00", flow="0.200")
BOLUS: dict[str, Any] = {"kind": "clinician", "dose": q("20", "mcg"), "volume": q("0.0100", "mL")}


def read(at: str, **parts: Any) -> dict[str, Any]:
    """An interrogation that changes nothing."""
    state = parts.pop("state", found(continuous(), infusing=parts.pop("infusing", True)))
    return export(at, state, update="none", **UTC_CLOCK, **parts)


def test_a_bolus_that_runs_at_the_reading() -> None:
    running = {**BOLUS, "start": "2025-01-15T23:55", "outcome": "running"}
    assert forecast(FILLED, read("2025-01-16 00:00", boluses=[running])).dates_because == (
        "a bolus was running at the reading"
    )


@pytest.mark.parametrize("control", [{"dose": q("10", "mcg")}, {"per_day": 4}])
def test_patient_boluses_of_unknown_size_or_number(control: dict[str, Any]) -> None:
    fact = forecast(FILLED, read("2025-01-16 00:00", patient_control=control))
    assert fact.dates_because == "what patient boluses take in a day is NOT RECORDED"
    assert {one.taken for one in fact.dates} <= {"", "none"}


def test_a_stop_whose_end_nobody_recorded() -> None:
    stopped = {"number": "7", "at": "2025-01-10T06:00", "code": "pump-stopped"}
    fact = forecast(FILLED, read("2025-01-12 00:00", infusing=False, events=[stopped]), read("2025-01-16 00:00"))
    assert fact.residual is None
    assert fact.residual_because == "when the pump infused again after 10 Jan 2025 06:00 is NOT RECORDED"


def test_a_bolus_without_its_time_hides_none_that_has_one() -> None:
    timed = {**BOLUS, "start": "2025-01-15T12:00", "end": "2025-01-15T12:05", "outcome": "complete"}
    life = course(FILLED, read("2025-01-16 00:00", boluses=[BOLUS, timed]))
    assert [one.start.fhir for one in every(life, BolusFact)] == ["2025-01-15T12:00:00+00:00"]


def test_a_mode_that_is_not_recorded_is_told_so() -> None:
    other = read("2025-01-16 00:00", state=found({"doses": [{"drug": "baclofen", "daily": q("500.00", "mcg/day")}]}))
    text = " ".join(one.text for one in every(course(FILLED, other), Finding) if one.code == "as-found-differs")
    assert "500.00 micrograms/day, mode NOT RECORDED" in text
