"""Findings on doses: each is raised, and at its boundary it is not."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from bridge.course.remarks import Finding
from bridge.findings.printed import Bounds, bounds, printed
from bridge.interrogation import Reading
from bridge.quantity import Quantity
from tests.course.building import continuous, course, drugs, every, export, found, left, q

SOON = datetime(2025, 4, 20, tzinfo=UTC)
SYNCHROMED = {"manufacturer": "Medtronic", "model": "8637-40", "serial": "TX000001"}
"""A real model, for what is known of its family; the serial is invented."""


def visit(day: int, *states: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """A session of April 2025; updated where something is left."""
    updated = any(state["tag"] == "as-left" for state in states)
    parts.setdefault("update", "completed" if updated else "none")
    return export(f"2025-04-{day:02}T09:00+01:00", *states, end=f"2025-04-{day:02}T09:30+01:00", **parts)


def given(day: int, programme: dict[str, Any], concentration: str = "2000.0", **parts: Any) -> dict[str, Any]:
    """A session that leaves a programme."""
    return visit(day, left(f"2025-04-{day:02}T09:10+01:00", programme, drugs=drugs(concentration)), **parts)


def findings(code: str, *bodies: dict[str, Any]) -> list[Finding]:
    """The findings of a code in a course."""
    return [one for one in every(course(*bodies, as_of=SOON), Finding) if one.code == code]


def flex(*steps: tuple[str, str, str], daily: str | None = None) -> dict[str, Any]:
    """A flex day of steps with their rates in micrograms an hour."""
    doses = {"doses": [{"drug": "baclofen", "daily": q(daily, "mcg/day")}]} if daily else {}
    rows = [{"start": start, "end": end, "rate": q(rate, "mcg/h")} for start, end, rate in steps]
    return {"mode": "flex", **doses, "steps": rows}


MORNING = flex(("00:00", "06:00", "15"), ("06:00", "07:00", "60"), ("07:00", "24:00", "15"), daily="405")
HOURLY = flex(*((f"{hour:02}:00", f"{hour + 1:02}:00", "60") for hour in range(24)), daily="1440")


# --- step-repeated ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [HOURLY, flex(("00:00", "24:00", "60"), daily="1440"), continuous("1440", "0.720")])
def test_what_one_hour_had_every_hour_has_now(after: dict[str, Any]) -> None:
    (one,) = findings("step-repeated", given(1, MORNING), given(5, after, type="adjust"))
    assert (one.audience, one.severity, one.until) == ("ward", "high", None)
    assert "60 micrograms an hour ran for 1 h of the day and now run for 24 h" in one.text
    assert "the daily dose was 405 micrograms and is 1440. Calculated by pumpbridge, not the pump." in one.text
    assert one.plain is not None
    assert "405" not in one.plain


def test_a_dose_meant_for_one_hour_a_day_and_nothing_else() -> None:
    once = flex(("00:00", "06:00", "0"), ("06:00", "07:00", "60"), ("07:00", "24:00", "0"), daily="60")
    assert len(findings("step-repeated", given(1, once), given(5, HOURLY, type="adjust"))) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (MORNING, MORNING),
        (MORNING, flex(("00:00", "23:00", "60"), ("23:00", "24:00", "15"), daily="1395")),
        (MORNING, continuous("1464", "0.732")),
        (continuous("405", "0.2025"), HOURLY),
        (flex(("00:00", "12:00", "60"), ("12:00", "24:00", "1"), daily="732"), HOURLY),
        (flex(("06:00", "07:00", "60"), ("07:00", "06:00", "61"), daily="1463"), HOURLY),
    ],
)
def test_another_day_is_no_repeated_step(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert findings("step-repeated", given(1, before), given(5, after, type="adjust")) == []


def test_half_the_day_at_the_rate_is_the_boundary() -> None:
    half = flex(("00:00", "12:00", "60"), ("12:00", "24:00", "0"), daily="720")
    assert len(findings("step-repeated", given(1, half), given(5, HOURLY, type="adjust"))) == 1


def test_it_lasts_while_the_programme_does_though_the_pump_is_read_again() -> None:
    life = (given(1, MORNING), given(5, HOURLY, type="adjust"), visit(6, found(HOURLY)))
    assert [one.until for one in findings("step-repeated", *life)] == [None]
    (over,) = findings("step-repeated", *life, given(7, MORNING, type="adjust"))
    assert over.until is not None
    assert over.until.fhir == "2025-04-07T09:10:00+01:00"


@pytest.mark.parametrize(
    ("body", "end"),
    [
        (visit(7, found(continuous())), "2025-04-07T09:00:00+01:00"),
        (visit(7, found(HOURLY), update="not-completed"), "2025-04-07T09:30:00+01:00"),
        (visit(7, found(HOURLY), type="explant"), "2025-04-07T09:00:00+01:00"),
    ],
)
def test_a_programme_that_ends_otherwise_ends_it_too(body: dict[str, Any], end: str) -> None:
    (one,) = findings("step-repeated", given(1, MORNING), given(5, HOURLY, type="adjust"), body)
    assert one.until is not None
    assert one.until.fhir == end


# --- dose-change-unexplained, dose-change-large ----------------------------------------------------------------------


@pytest.mark.parametrize("dose", ["800.00", "200.00", "1440.00", "10.00"])
def test_a_dose_found_doubled_or_halved(dose: str) -> None:
    (one,) = findings("dose-change-unexplained", given(1, continuous()), visit(5, found(continuous(dose, "0.1"))))
    assert (one.audience, one.until, one.discriminator.endswith("found")) == ("ward", None, True)
    assert f"was 400 micrograms, as last read 1 Apr 2025 09:30, and is {dose[:-3]} micrograms" in one.text
    assert "No report says when or why it changed." in one.text


@pytest.mark.parametrize("purpose", ["refill", "adjust"])
def test_a_dose_left_doubled_whatever_the_session_was_for(purpose: str) -> None:
    twice = given(5, continuous("800", "0.400"), type=purpose)
    (one,) = findings("dose-change-unexplained", given(1, continuous()), twice)
    assert "gives no reason for it. That is 2 times it." in one.text
    assert findings("dose-change-large", given(1, continuous()), twice) == []


@pytest.mark.parametrize(("dose", "flow"), [("799.99", "0.400"), ("200.01", "0.100")])
def test_less_than_twice_is_large_and_not_unexplained(dose: str, flow: str) -> None:
    life = (given(1, continuous()), visit(5, found(continuous(dose, flow))))
    assert findings("dose-change-unexplained", *life) == []
    assert [one.audience for one in findings("dose-change-large", *life)] == ["clinic"]


@pytest.mark.parametrize(("dose", "count"), [("520.00", 0), ("520.01", 1), ("280.00", 0), ("279.99", 1)])
def test_thirty_per_cent_is_not_large_and_more_is(dose: str, count: int) -> None:
    life = (given(1, continuous()), given(5, continuous(dose, "0.2"), type="adjust"))
    assert len(findings("dose-change-large", *life)) == count


@pytest.mark.parametrize(
    "after",
    [
        visit(5, found(continuous())),
        visit(5, found({"mode": "stopped"}, infusing=False)),
        visit(5, found({**continuous(), "doses": [{"drug": "morphine", "daily": q("1000", "mcg/day")}]})),
        visit(5, found({"mode": "simple-continuous", "flow": q("0.200", "mL/day")})),
    ],
)
def test_what_cannot_be_compared_is_no_change(after: dict[str, Any]) -> None:
    codes = ("dose-change-unexplained", "dose-change-large")
    assert [one for code in codes for one in findings(code, given(1, continuous()), after)] == []


def test_a_day_of_steps_has_the_dose_of_its_steps() -> None:
    day = flex(("00:00", "12:00", "20"), ("12:00", "24:00", "10"))
    (one,) = findings("dose-change-unexplained", given(1, continuous("180", "0.090")), visit(5, found(day)))
    assert "was 180 micrograms" in one.text
    assert "is 360 micrograms" in one.text


# --- dose-triangle ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dose", "flow", "concentration", "agree"),
    [
        ("400.00", "0.200", "2000.0", True),
        ("494.9", "0.247", "2000", True),
        # 0.2005 x 2000.05 = 401.010025: 401.00 can have been up to 401.005, 401.02 down to 401.015
        ("401.00", "0.200", "2000.0", True),
        ("401.01", "0.200", "2000.0", True),
        ("401.02", "0.200", "2000.0", False),
        ("398.99", "0.200", "2000.0", True),
        ("398.98", "0.200", "2000.0", False),
        ("300.00", "0.200", "2000.0", False),
    ],
)
def test_three_values_agree_within_half_a_unit_of_their_last_digits(
    dose: str, flow: str, concentration: str, agree: bool
) -> None:
    assert bool(findings("dose-triangle", given(1, continuous(dose, flow), concentration))) is not agree


def test_bounds_that_touch_agree() -> None:
    dose, product = Bounds(Decimal("3.75"), Decimal("4.75")), Bounds(Decimal("0.75"), Decimal("3.75"))
    assert dose.meets(product)
    assert not Bounds(Decimal("3.7500001"), Decimal(9)).meets(product)


@pytest.mark.parametrize(
    ("value", "unit", "to", "low", "high"),
    [
        ("2.0", "mg/mL", "ug/mL", "1950", "2050"),
        ("2000", "ug/mL", "ug/mL", "1999.5", "2000.5"),
        ("0.200", "mL/d", "mL/d", "0.1995", "0.2005"),
        ("0", "ug/d", "ug/d", "0", "0.5"),
    ],
)
def test_the_last_digit_is_the_one_that_was_printed(value: str, unit: str, to: str, low: str, high: str) -> None:
    assert bounds(Quantity(Decimal(value), unit), to) == Bounds(Decimal(low), Decimal(high))


def test_a_bound_is_no_value_to_compare() -> None:
    assert printed(Reading(Quantity(Decimal(2), "mL"), "< 2 mL", "/x", bound="<")) is None


def test_each_drug_of_a_mixture_is_held_to_its_own_concentration() -> None:
    mixed = {
        **continuous("300.00", "0.200"),
        "doses": [
            {"drug": "morphine", "daily": q("1.00", "mg/day")},
            {"drug": "baclofen", "daily": q("300.00", "mcg/day")},
        ],
    }
    drug = [*drugs("1500"), {"name": "morphine", "concentration": q("5", "mg/mL")}]
    right = visit(1, left("2025-04-01T09:10+01:00", mixed, drugs=drug))
    other = [drug[0], {**drug[1], "concentration": q("7", "mg/mL")}]
    wrong = visit(1, left("2025-04-01T09:10+01:00", mixed, drugs=other))
    assert findings("dose-triangle", right) == []
    (one,) = findings("dose-triangle", wrong)
    assert "of morphine do not agree" in one.text
    assert "of baclofen" not in one.text


def test_a_stopped_pump_keeps_a_dose_that_it_does_not_deliver() -> None:
    halted = {**continuous("400.00", "0.000"), "mode": "stopped"}
    assert findings("dose-triangle", given(1, continuous()), visit(5, found(halted, infusing=False))) == []


def test_both_states_of_a_session_make_one_finding() -> None:
    body = visit(
        5,
        found(continuous("300.00", "0.200"), drugs=drugs()),
        left("2025-04-05T09:10+01:00", continuous("301.00", "0.200"), drugs=drugs()),
    )
    (one,) = findings("dose-triangle", body)
    assert "as found" in one.text
    assert "as left" in one.text


# --- step-sum, periodic-sum ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("daily", "agree"),
    [("405", True), ("405.0", True), ("393.0", True), ("392.9", False), ("417.0", True), ("417.1", False)],
)
def test_steps_make_the_daily_dose_within_their_digits(daily: str, agree: bool) -> None:
    # 23 h at 14.5 to 15.5 and 1 h at 59.5 to 60.5: 393.0 to 417.0
    day = flex(("00:00", "06:00", "15"), ("06:00", "07:00", "60"), ("07:00", "24:00", "15"), daily=daily)
    assert bool(findings("step-sum", given(1, day))) is not agree


def test_steps_with_doses_are_summed_as_doses() -> None:
    rows = [
        {"start": "00:00", "end": "12:00", "dose": q("100.0", "mcg")},
        {"start": "12:00", "end": "24:00", "dose": q("200.0", "mcg")},
    ]
    for daily, count in (("300.0", 0), ("300.2", 1), ("300.1", 0)):
        day = {"mode": "flex", "doses": [{"drug": "baclofen", "daily": q(daily, "mcg/day")}], "steps": rows}
        assert len(findings("step-sum", given(1, day))) == count


@pytest.mark.parametrize(
    ("daily", "interval", "agree"),
    [("180.00", ("2", "h"), True), ("180.06", ("120", "min"), True), ("180.07", ("2", "h"), False)],
)
def test_repeated_boluses_make_the_daily_dose(daily: str, interval: tuple[str, str], agree: bool) -> None:
    programme = {
        "mode": "periodic-bolus",
        "doses": [{"drug": "baclofen", "daily": q(daily, "mcg/day")}],
        "periodic": {"dose": q("15.00", "mcg"), "interval": q(*interval), "duration": q("5", "min")},
    }
    assert bool(findings("periodic-sum", given(1, programme))) is not agree


# --- dose-outside-limits ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dose", "concentration", "count"),
    [("96", "2000", 0), ("95", "2000", 1), ("24", "500", 0), ("12000", "500", 0), ("12001", "500", 1)],
)
def test_a_dose_that_the_pump_cannot_be_set_to(dose: str, concentration: str, count: int) -> None:
    programme = {"mode": "simple-continuous", "doses": [{"drug": "baclofen", "daily": q(dose, "mcg/day")}]}
    found_ = findings("dose-outside-limits", given(1, programme, concentration, pump=SYNCHROMED))
    assert len(found_) == count
    assert all("background knowledge that no document confirmed" in one.text for one in found_)


def test_of_an_unknown_family_and_of_minimum_rate_no_limit_is_known() -> None:
    low = {"mode": "simple-continuous", "doses": [{"drug": "baclofen", "daily": q("60", "mcg/day")}]}
    assert findings("dose-outside-limits", given(1, low)) == []
    assert findings("dose-outside-limits", given(1, {**low, "mode": "minimum-rate"}, pump=SYNCHROMED)) == []
