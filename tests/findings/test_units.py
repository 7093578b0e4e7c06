"""Findings on units: for the operator, reported and not repaired."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.chart.write import write
from bridge.course.facts import Segment
from tests.chart.given import BINDING
from tests.course.building import continuous, course, drugs, every, found, left, q
from tests.findings.test_dose import SOON, findings, given, visit


def stated(daily: tuple[str, str], flow: str, concentration: tuple[str, str], name: str = "baclofen") -> dict[str, Any]:
    """A session with flow in mL/day, dose and concentration in any units."""
    programme = {
        "mode": "simple-continuous",
        "flow": q(flow, "mL/day"),
        "doses": [{"drug": name, "daily": q(*daily)}],
    }
    return visit(
        1, left("2025-04-01T09:10+01:00", programme, drugs=[{"name": name, "concentration": q(*concentration)}])
    )


@pytest.mark.parametrize(
    ("daily", "concentration", "count"),
    [
        (("0.4", "mg/day"), ("2.0", "mg/mL"), 0),
        (("0.4", "mg/day"), ("2000", "mg/mL"), 1),
        (("0.4", "mcg/day"), ("2000", "mcg/mL"), 1),
        (("400", "mg/day"), ("2000", "mcg/mL"), 1),
        (("40", "mcg/day"), ("2000", "mcg/mL"), 0),
    ],
)
def test_a_factor_of_a_thousand_is_a_unit_error(
    daily: tuple[str, str], concentration: tuple[str, str], count: int
) -> None:
    body = stated(daily, "0.200", concentration)
    assert [one.audience for one in findings("units-thousandfold", body)] == ["operator"] * count
    assert findings("decimal-thousand", body) == []


def test_it_is_reported_and_not_repaired() -> None:
    body = stated(("0.4", "mg/day"), "0.200", ("2000", "mg/mL"))
    (segment,) = every(course(body, as_of=SOON), Segment)
    assert str(segment.mixture.drugs[0].concentration.value) == "2000 mg/mL"
    assert len(findings("dose-triangle", body)) == 1
    written = [resource.key for resource in write(course(body, as_of=SOON), BINDING)]
    assert not [key for key in written if key.startswith("units-thousandfold")]
    assert [key for key in written if key.startswith("dose-triangle")]


@pytest.mark.parametrize(
    ("value", "unit", "name", "code"),
    [
        ("2000", "mcg/mL", "baclofen", ""),
        ("50", "mcg/mL", "baclofen", ""),
        ("1500", "mg/mL", "baclofen", ""),
        ("2000", "mg/mL", "morphine", ""),
        ("500", "mg/mL", "Baclofen", "units-thousandfold"),
        ("0.5", "mcg/mL", "baclofen", "units-thousandfold"),
        ("2.000", "mcg/mL", "baclofen", "decimal-thousand"),
    ],
)
def test_a_thousand_times_a_strength_that_is_sold(value: str, unit: str, name: str, code: str) -> None:
    drug = [{"name": name, "concentration": q(value, unit)}]
    body = visit(1, left("2025-04-01T09:10+01:00", {"mode": "simple-continuous"}, drugs=drug))
    raised = [one.code for kind in ("units-thousandfold", "decimal-thousand") for one in findings(kind, body)]
    assert raised == ([code] if code else [])


@pytest.mark.parametrize(
    ("daily", "code"),
    [("1.000", "decimal-thousand"), ("1.0", "units-thousandfold"), ("1.00", "units-thousandfold"), ("1000.000", "")],
)
def test_a_mark_before_three_digits_may_separate_thousands(daily: str, code: str) -> None:
    body = stated((daily, "mcg/day"), "0.500", ("2000", "mcg/mL"))
    raised = [one.code for kind in ("units-thousandfold", "decimal-thousand") for one in findings(kind, body)]
    assert raised == ([code] if code else [])


@pytest.mark.parametrize(("dose", "count"), [("0.400", 1), ("0.401", 0), ("400000", 1)])
def test_a_dose_that_moved_by_exactly_a_thousand(dose: str, count: int) -> None:
    after = {"mode": "simple-continuous", "doses": [{"drug": "baclofen", "daily": q(dose, "mcg/day")}]}
    assert len(findings("units-thousandfold", given(1, continuous()), visit(5, found(after)))) == count


def test_one_drug_in_two_units_in_one_report() -> None:
    milligrams = {**continuous(), "doses": [{"drug": "Baclofen", "daily": q("0.4000", "mg/day")}]}
    two = visit(5, found(milligrams), left("2025-04-05T09:10+01:00", continuous(), drugs=drugs()))
    (one,) = findings("milligrams-beside-micrograms", two)
    assert one.audience == "operator"
    assert "baclofen 0.4000 milligrams/day and 400.00 micrograms/day" in one.text


def test_two_drugs_in_their_own_units_are_no_mixture_of_units() -> None:
    mixed = {
        **continuous("300.00", "0.200"),
        "doses": [
            {"drug": "baclofen", "daily": q("300.00", "mcg/day")},
            {"drug": "morphine", "daily": q("1.00", "mg/day")},
        ],
    }
    body = visit(5, found(mixed), left("2025-04-05T09:10+01:00", mixed, drugs=drugs("1500")))
    assert findings("milligrams-beside-micrograms", body) == []
