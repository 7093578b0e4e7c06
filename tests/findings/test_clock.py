"""Clocks that disagree or were never set, and dates in an impossible order: raised, and at the boundary not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.course.building import continuous, found, left, q
from tests.findings.sessions import noticed_in, read

FLEX = {
    "mode": "flex",
    "doses": [{"drug": "baclofen", "daily": q("330.00", "mcg/day")}],
    "steps": [
        {"start": "00:00", "end": "12:00", "dose": q("165.00", "mcg")},
        {"start": "12:00", "end": "24:00", "dose": q("165.00", "mcg")},
    ],
}


def clocks(pump: str, programmer: str = "2025-05-12T09:00:00", **parts: Any) -> dict[str, Any]:
    """An interrogation with both clocks."""
    return read("05-12", clocks={"pump": pump, "programmer": programmer}, **parts)


# --- clocks-differ ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("pump", "by"), [("09:05:01", "5.02 min ahead"), ("08:54:00", "6 min behind")])
def test_more_than_five_minutes_is_for_the_operator(pump: str, by: str) -> None:
    (one,) = noticed_in("clocks-differ", clocks(f"2025-05-12T{pump}"))
    assert one.audience == "operator"
    assert f"the pump's is {by}. Calculated by pumpbridge, not the pump." in one.text
    assert "hour" not in one.text
    assert one.plain is not None
    assert by not in one.plain


@pytest.mark.parametrize("pump", ["09:05:00", "08:55:00", "09:00:00"])
def test_five_minutes_are_let_pass(pump: str) -> None:
    assert noticed_in("clocks-differ", clocks(f"2025-05-12T{pump}")) == []


def test_a_whole_hour_may_be_daylight_saving_and_shifts_the_steps() -> None:
    (one,) = noticed_in("clocks-differ", clocks("2025-05-12T08:02:00", state=found(FLEX)))
    assert "58 min behind" in one.text
    assert "A whole hour: daylight saving, or another zone, may not have been set." in one.text
    assert "The steps of a flex day run by the pump's clock and shift with it." in one.text
    (steady,) = noticed_in("clocks-differ", clocks("2025-05-12T08:02:00"))
    assert "flex" not in steady.text


def test_the_same_instant_in_winter_time_is_an_hour_on_the_wall() -> None:
    (one,) = noticed_in("clocks-differ", clocks("2025-05-12T08:00:00+00:00", "2025-05-12T09:00:00+01:00"))
    assert "60 min behind" in one.text
    assert "12 May 2025 08:00 (+00:00)" in one.text


def test_the_same_wall_time_of_two_zones_is_an_hour_apart() -> None:
    (one,) = noticed_in("clocks-differ", clocks("2025-05-12T09:00:00+00:00", "2025-05-12T09:00:00+01:00"))
    assert "60 min ahead" in one.text


def test_a_date_is_no_clock() -> None:
    assert noticed_in("clocks-differ", clocks("2025-05-11")) == []


# --- clock-never-set -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pump", ["1970-01-01T00:10", "2000-02-03T04:05", "1980-01-01"])
def test_a_clock_that_nobody_set(pump: str) -> None:
    (one,) = noticed_in("clock-never-set", clocks(pump))
    assert one.audience == "operator"
    assert "it was never set, or was reset" in one.text
    assert noticed_in("clocks-differ", clocks(pump)) == []


@pytest.mark.parametrize("pump", ["2024-01-01T00:00", "2001-01-01T00:00", "2025-05-12T09:00"])
def test_a_clock_that_is_merely_wrong_is_another_finding(pump: str) -> None:
    assert noticed_in("clock-never-set", clocks(pump)) == []


# --- date-order ------------------------------------------------------------------------------------------------------

FILL = {"filled_at": "2025-05-12T09:10+00:00", "filled": q("40.0", "mL")}


def filled(**reservoir: str) -> dict[str, Any]:
    """A filling on 12 May 2025 with the dates of the reservoir."""
    return read("05-12", refills=[FILL], reservoir=reservoir)


@pytest.mark.parametrize(
    ("reservoir", "words"),
    [
        ({"refill_by": "2025-05-11"}, "the refill-by date, 11 May 2025, is before the filling of 12 May 2025"),
        ({"low_date": "2025-05-11"}, "the low reservoir date, 11 May 2025, is before the filling of 12 May 2025"),
        ({"empty_date": "2025-05-11"}, "the empty date, 11 May 2025, is before the filling of 12 May 2025"),
        ({"low_date": "2025-09-02", "empty_date": "2025-09-01"}, "is before the low reservoir date, 2 Sep 2025"),
    ],
)
def test_dates_in_an_impossible_order(reservoir: dict[str, str], words: str) -> None:
    (one,) = noticed_in("date-order", filled(**reservoir))
    assert one.audience == "operator"
    assert words in one.text


def test_the_filling_known_before_counts() -> None:
    implant = read("05-12", refills=[FILL])
    assert len(noticed_in("date-order", implant, read("06-01", reservoir={"refill_by": "2025-05-11"}))) == 1
    assert noticed_in("date-order", implant, read("06-01", reservoir={"refill_by": "2025-05-20"})) == []


@pytest.mark.parametrize("day", ["2025-05-12", "2025-09-01"])
def test_the_day_of_the_filling_itself_is_not_before_it(day: str) -> None:
    assert noticed_in("date-order", filled(refill_by=day, low_date=day, empty_date=day)) == []


def test_without_a_filling_nothing_is_compared() -> None:
    unfilled = read("05-12", state=left("2025-05-12T09:10+00:00", continuous()), reservoir={"refill_by": "2020-01-01"})
    assert noticed_in("date-order", unfilled) == []
