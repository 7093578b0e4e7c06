"""forecast-disagrees: a stated reservoir date that the programme does not give, and what leaves it alone."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.course.pages import Course
from bridge.course.remarks import Finding
from bridge.findings.noticed import noticed
from tests.course.building import course, every, folded, q
from tests.course.test_forecast import filled

CODE = "forecast-disagrees"


def visit(low: str | None = None, empty: str | None = None, **more: Any) -> dict[str, Any]:
    """40 mL at 0.2 mL/d from 6 January: low on 15 July, empty on 25 July."""
    stated = {name: day for name, day in (("low_date", low), ("empty_date", empty)) if day}
    return filled("2025-01-06 00:00", "40", "2000", "400", stated=stated, **more)


def raised(made: Course) -> list[Finding]:
    return [one for one in every(made, Finding) if one.code == CODE]


@pytest.mark.parametrize(
    ("low", "empty", "count"),
    [
        ("2025-07-14", None, 0),
        ("2025-07-16", None, 0),
        ("2025-07-17", None, 1),
        ("2025-07-13", None, 1),
        (None, "2025-07-26", 0),
        (None, "2025-07-27", 1),
        ("2025-07-17", "2025-07-27", 1),
        (None, None, 0),
    ],
)
def test_more_than_one_day_off_is_a_finding_and_one_day_is_not(low: str | None, empty: str | None, count: int) -> None:
    assert len(raised(course(visit(low, empty)))) == count


def test_it_is_for_the_clinic_names_both_dates_and_replaces_none() -> None:
    (one,) = raised(course(visit("2025-07-17")))
    assert (one.audience, one.severity) == ("clinic", "moderate")
    assert one.text == (
        "The pump states the low reservoir alarm date 17 Jul 2025; by its programme it is 15 Jul 2025 00:00. "
        "Calculated by pumpbridge, not the pump. Neither date is replaced."
    )
    assert ("low-reservoir-date", "2025-01-06 00:00/1") in one.evidence


def test_with_patient_boluses_any_day_between_none_and_all_agrees() -> None:
    control = {"dose": q("100", "mcg"), "per_day": 2}  # all taken: 0.3 mL/d, 126.67 d, 12 May
    for low, count in (("2025-05-11", 0), ("2025-05-10", 1), ("2025-06-15", 0), ("2025-07-16", 0)):
        assert len(raised(course(visit(low, patient_control=control)))) == count, low


def test_without_calculated_values_there_is_none() -> None:
    assert not raised(noticed(folded(visit("2025-07-17")).course, calculated=False))


def test_without_a_forecast_there_is_none() -> None:
    body = visit("2025-07-17")
    del body["channels"][0]["states"][0]["drugs"]
    del body["channels"][0]["refills"][0]["drugs"]
    assert not raised(course(body))
