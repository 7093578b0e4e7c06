"""The forecast against rules, arithmetic 4 (both columns of a worked table) and the scenarios."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from bridge.course.clocks import Instant
from bridge.course.fold import fold
from bridge.course.forecast import ForecastFact, Foreseen
from bridge.course.sessions import Report
from tests.course.building import SETTINGS, continuous, course, drugs, every, export, found, left, q, report

UTC_CLOCK: dict[str, Any] = {"clocks": {"zone": "UTC"}}


def filled(
    at: str,
    volume: str,
    concentration: str,
    daily: str,
    *,
    alarm: str | None = "2",
    flow: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A session that fills the reservoir and programmes the pump at one instant."""
    programme: dict[str, Any] = {
        "mode": "simple-continuous",
        "doses": [{"drug": "baclofen", "daily": q(daily, "mcg/day")}],
    }
    if flow:
        programme["flow"] = q(flow, "mL/day")
    reservoir = {"alarm_volume": q(alarm, "mL")} if alarm else {}
    reservoir |= more.pop("stated", {})
    refill = {"filled_at": at, "filled": q(volume, "mL"), "drugs": drugs(concentration)}
    parts: dict[str, Any] = {**UTC_CLOCK, **({"reservoir": reservoir} if reservoir else {}), **more}
    state = left(at, programme, drugs=drugs(concentration))
    return export(at, state, refills=[refill], update="completed", **parts)


def forecast(*bodies: dict[str, Any]) -> ForecastFact:
    """The forecast of the newest session."""
    last: ForecastFact = every(course(*bodies), ForecastFact)[-1]
    return last


def dates(fact: ForecastFact) -> dict[tuple[str, str], str]:
    """Each date in UTC, by what it is of and which patient boluses are taken."""
    return {(one.kind, one.taken): f"{one.at.utc:%Y-%m-%d %H:%M}" for one in fact.dates}


# fill, alarm, C, D, low date, empty date: start 2025-01-06 00:00 UTC
TABLE = [
    ("40", "2", "2000", "400", "2025-07-15 00:00", "2025-07-25 00:00"),
    ("40", "4", "2000", "400", "2025-07-05 00:00", "2025-07-25 00:00"),
    ("20", "2", "2000", "400", "2025-04-06 00:00", "2025-04-16 00:00"),
    ("20", "2", "2000", "1000", "2025-02-11 00:00", "2025-02-15 00:00"),
    ("40", "2", "2000", "1000", "2025-03-23 00:00", "2025-03-27 00:00"),
    ("20", "2", "500", "250", "2025-02-11 00:00", "2025-02-15 00:00"),
    ("20", "2", "1000", "250", "2025-03-19 00:00", "2025-03-27 00:00"),
    ("20", "2", "2000", "250", "2025-05-30 00:00", "2025-06-15 00:00"),
    ("40", "2", "2000", "494.9", "2025-06-08 13:35", "2025-06-16 15:34"),
]


@pytest.mark.parametrize(("fill", "alarm", "strength", "daily", "low", "empty"), TABLE)
def test_every_row_of_the_worked_table_to_the_minute(
    fill: str, alarm: str, strength: str, daily: str, low: str, empty: str
) -> None:
    fact = forecast(filled("2025-01-06 00:00", fill, strength, daily, alarm=alarm))
    assert dates(fact) == {("low", ""): low, ("empty", ""): empty}
    assert fact.dates_because == ""


def test_the_printed_flow_with_fewer_digits_is_no_input() -> None:
    fact = forecast(filled("2025-01-06 00:00", "40", "2000", "494.9", flow="0.247"))
    assert dates(fact)["low", ""] == "2025-06-08 13:35"


def test_dose_flow_and_concentration_that_disagree_give_no_forecast() -> None:
    fact = forecast(filled("2025-01-06 00:00", "40", "2000", "494.9", flow="0.250"))
    assert (fact.residual, fact.dates) == (None, ())
    assert "contradicts" in fact.residual_because
    assert "contradicts" in fact.dates_because


def test_scenario_1_expected_residual_after_70_days() -> None:
    first = filled("2025-01-06 00:00", "40.0", "2000", "400.00", flow="0.200")
    second = export("2025-03-17 00:00", found(continuous()), **UTC_CLOCK)
    fact = forecast(first, second)
    assert fact.residual is not None
    assert str(fact.residual.quantity) == "26.0000 mL"
    assert fact.residual.arithmetic == "40.0 mL - (400.00 ug/d / 2000 ug/mL) x 70 d = 26.0000 mL"
    assert dates(fact) == {("low", ""): "2025-07-15 00:00", ("empty", ""): "2025-07-25 00:00"}


def test_a_forecast_says_its_arithmetic_and_its_inputs() -> None:
    fact = forecast(filled("2025-01-06 00:00", "40.0", "2000", "400.00", flow="0.200"))
    low = fact.dates[0]
    assert low.arithmetic == (
        "6 Jan 2025 00:00 + (40.0 mL - 2 mL) / (400.00 ug/d / 2000 ug/mL) = 190 d later, truncated to the minute"
    )
    assert [one.text for one in fact.inputs] == ["40.0 mL", "400.00 mcg/day", "0.200 mL/day", "2000 mcg/mL", "2 mL"]
    assert fact.inputs[0].charted == ("fill-volume", "2025-01-06 00:00/1")


def test_scenario_4_expected_residual_before_a_refill() -> None:
    first = filled("2025-01-10 00:00", "20.0", "2000", "360")
    second = export("2025-03-20 00:00", found({**continuous("360", "0.180")}), **UTC_CLOCK)
    fact = forecast(first, second)
    assert fact.residual is not None
    assert str(fact.residual.quantity) == "7.5800 mL"


@pytest.mark.parametrize(
    ("volume", "strength", "daily", "start", "end", "left_over"),
    [
        ("40", "2000", "1000", "2025-01-01 00:00", "2025-03-02 00:00", "10.0000"),  # scenario 5
        ("20", "500", "180", "2025-01-01 00:00", "2025-02-20 00:00", "2.0000"),  # scenario 6
    ],
)
def test_scenarios_5_and_6_expected_residual(
    volume: str, strength: str, daily: str, start: str, end: str, left_over: str
) -> None:
    second = export(end, found({"mode": "simple-continuous", "doses": [{"daily": q(daily, "mcg/day")}]}), **UTC_CLOCK)
    fact = forecast(filled(start, volume, strength, daily), second)
    assert fact.residual is not None
    assert f"{fact.residual.quantity.value}" == left_over


def test_scenario_9_and_16_a_forecast_stays_as_of_its_reading_and_speaks_of_the_programme() -> None:
    fact = forecast(filled("2025-02-03 00:00", "20", "2000", "500"))
    assert dates(fact) == {("low", ""): "2025-04-16 00:00", ("empty", ""): "2025-04-24 00:00"}
    # Scenario 16: at a true flow of 7/30 mL/d the pump is dry on day 171.43; no forecast can know that.
    steady = forecast(filled("2025-01-06 00:00", "40", "2000", "400"))
    assert dates(steady)["low", ""] > "2025-06-26 10:17"


def test_scenario_15_prometra_refill_date_with_no_and_with_all_patient_boluses() -> None:
    morphine = [{"name": "morphine", "concentration": q("25", "mg/mL")}]
    programme = {"mode": "simple-continuous", "doses": [{"drug": "morphine", "daily": q("6.25", "mg/day")}]}
    at = "2025-01-06 00:00"
    body = export(
        at, left(at, programme, drugs=morphine), update="completed",
        refills=[{"filled_at": at, "filled": q("20.0", "mL"), "drugs": morphine}],
        patient_control={"dose": q("0.25", "mg"), "per_day": 6},
        pump={"manufacturer": "Flowonix", "model": "13827", "serial": "TX000009"}, **UTC_CLOCK,
    )  # fmt: skip
    found_dates = dates(forecast(body))
    assert found_dates["refill-by", "none"] == "2025-03-15 00:00"  # 68.0 days
    assert found_dates["refill-by", "all"] == "2025-03-01 20:07"  # 17 / 0.31 = 54.838 days
    assert ("low", "none") not in found_dates  # no alarm volume is stated, and none is assumed


def test_scenario_19_the_prime_is_in_the_forecast() -> None:
    prime = {"kind": "priming", "start": "2025-01-06 00:00", "volume": q("0.340", "mL"), "outcome": "complete"}
    fact = forecast(filled("2025-01-06 00:00", "20", "2000", "400", boluses=[prime]))
    assert dates(fact)["low", ""] == "2025-04-04 07:12"
    assert "0.340 mL (priming)" in fact.dates[0].arithmetic


# --- what makes it unknown -------------------------------------------------------------------------------------------


def test_a_stall_takes_nothing_and_an_open_one_leaves_no_date() -> None:
    first = filled("2025-05-01 00:00", "40", "2000", "400")
    stall = {"number": "7", "at": "2025-05-11 00:00", "code": "motor-stall"}
    over = {"number": "8", "at": "2025-05-13 00:00", "code": "motor-stall-recovered"}
    programme = {"mode": "simple-continuous", "doses": [{"drug": "baclofen", "daily": q("400", "mcg/day")}]}
    still = forecast(first, export("2025-05-12 00:00", found(programme, infusing=False), events=[stall], **UTC_CLOCK))
    assert still.residual is not None
    assert f"{still.residual.quantity.value}" == "38.0000"
    assert (still.dates, still.dates_because) == ((), "the pump does not infuse, as read")
    again = forecast(first, export("2025-05-21 00:00", found(programme), events=[stall, over], **UTC_CLOCK))
    assert again.residual is not None
    assert f"{again.residual.quantity.value}" == "36.4000"  # 10 d and 8 d at 0.2 mL/d
    assert dates(again)["low", ""] == "2025-11-09 00:00"  # two days later than without the stall


def test_an_unseen_change_leaves_the_residual_unknown_and_the_stated_volume_gives_the_dates() -> None:
    first = filled("2025-01-06 00:00", "40", "2000", "400")
    other = export("2025-02-05 00:00", found(continuous("500.00", "0.250")), reservoir={"alarm_volume": q("2", "mL")},
                   **UTC_CLOCK)  # fmt: skip
    fact = forecast(first, other)
    assert fact.residual is None
    assert "what was delivered since 6 Jan 2025 00:00 is not known" in fact.residual_because


def test_boluses_still_to_be_taken_count_from_the_reading_on() -> None:
    control = {"dose": q("100", "mcg"), "per_day": 4}
    first = filled("2025-01-06 00:00", "40", "2000", "400", patient_control=control)
    after = export("2025-01-16 00:00", found(continuous("400", "0.2")), patient_control={**control, "given": 0},
                   **UTC_CLOCK)  # fmt: skip
    found_dates = dates(forecast(first, after))
    assert found_dates["low", "none"] == "2025-07-15 00:00"
    assert found_dates["low", "all"] == "2025-04-16 00:00"  # 36 mL from 16 January at 0.2 + 0.2 mL/d: 90 d


def test_without_a_filling_the_stated_volume_gives_the_dates() -> None:
    at = "2025-01-06 00:00"
    state = left(at, continuous(), drugs=drugs("2000.0"), volume=q("12.0", "mL", "calculated"))
    fact = forecast(export(at, state, update="completed", reservoir={"alarm_volume": q("2.0", "mL")}, **UTC_CLOCK))
    assert (fact.residual, fact.residual_because) == (None, "no filling is known")
    assert dates(fact) == {("low", ""): "2025-02-25 00:00", ("empty", ""): "2025-03-07 00:00"}
    assert fact.inputs[0].charted == ("reservoir-volume", "2025-01-06 00:00/1")


def test_a_filling_whose_volume_is_not_recorded_gives_no_residual() -> None:
    body = filled("2025-01-06 00:00", "40", "2000", "400")
    del body["channels"][0]["refills"][0]["filled"]
    fact = forecast(body)
    assert fact.residual_because == "the volume that was filled in is NOT RECORDED"
    assert (fact.dates, fact.dates_because) == ((), "the volume that was filled in is NOT RECORDED")


def test_no_alarm_volume_no_low_date() -> None:
    fact = forecast(filled("2025-01-06 00:00", "40", "2000", "400", alarm=None))
    assert dates(fact) == {("empty", ""): "2025-07-25 00:00"}
    assert fact.dates_because == "the low reservoir alarm volume is NOT RECORDED"


def test_a_session_that_did_not_complete_leaves_no_forecast() -> None:
    first = filled("2025-01-06 00:00", "40", "2000", "400")
    fact = forecast(first, export("2025-02-05 00:00", found(continuous()), update="not-completed", **UTC_CLOCK))
    assert (fact.residual, fact.dates) == (None, ())
    assert "not known" in fact.dates_because


@pytest.mark.parametrize(
    ("bolus", "left_over"),
    [
        ({"outcome": "complete", "volume": q("0.10", "mL")}, "37.9000"),
        ({"outcome": "complete", "dose": q("100", "mcg")}, "37.9500"),
        ({"outcome": "cancelled", "dose": q("50", "mcg"), "volume": q("0.10", "mL")}, "37.9750"),
        ({"outcome": "complete"}, None),
        ({"volume": q("0.10", "mL")}, None),
    ],
)
def test_boluses_take_their_volume_or_make_the_rest_unknown(bolus: dict[str, Any], left_over: str | None) -> None:
    first = filled("2025-01-06 00:00", "40", "2000", "400")
    given = {"kind": "clinician", "start": "2025-01-10 00:00", "end": "2025-01-10 00:05", **bolus}
    fact = forecast(first, export("2025-01-16 00:00", found(continuous("400", "0.2")), boluses=[given], **UTC_CLOCK))
    assert (f"{fact.residual.quantity.value}" if fact.residual else None) == left_over


def test_patient_boluses_that_the_pump_only_counts() -> None:
    control = {"dose": q("50", "mcg"), "per_day": 4}
    first = filled("2025-01-06 00:00", "40", "2000", "400", patient_control=control)
    counted = {**control, "given": 8}
    after = export("2025-01-16 00:00", found(continuous("400", "0.2")), patient_control=counted, **UTC_CLOCK)
    fact = forecast(first, after)
    assert fact.residual is not None
    assert f"{fact.residual.quantity.value}" == "37.8000"  # 40 - 2 - 8 x 0.025
    silent = forecast(first, export("2025-01-16 00:00", found(continuous("400", "0.2")), **UTC_CLOCK))
    assert silent.residual_because == "how many patient boluses were taken, or of which volume, is NOT RECORDED"


def test_more_than_was_filled_in_is_no_residual() -> None:
    first = filled("2025-01-06 00:00", "20", "2000", "1000")
    state = found(continuous("1000", "0.5"), volume=q("1.0", "mL", "calculated"))
    fact = forecast(first, export("2025-03-06 00:00", state, **UTC_CLOCK))
    assert fact.residual_because == "by the programme more has left than was filled in"


def test_a_filling_of_earlier_that_is_told_late_changes_nothing() -> None:
    second = filled("2025-03-06 00:00", "40", "2000", "400")
    older = {"filled_at": "2025-01-06 00:00", "filled": q("20", "mL"), "drugs": drugs("2000")}
    told = export("2025-03-16 00:00", found(continuous("400", "0.2")), refills=[older], **UTC_CLOCK)
    fact = forecast(second, told)
    assert fact.residual is not None
    assert f"{fact.residual.quantity.value}" == "38.0000"


@pytest.mark.parametrize(
    ("volumes", "left_over"),
    [({"tubing_volume": q("0.140", "mL")}, "38.0000"), ({}, "38.0000")],
)
def test_a_line_of_unknown_volume_hides_the_drug_and_not_the_volume(volumes: dict[str, Any], left_over: str) -> None:
    pump = {"manufacturer": "Invented Pumps", "model": "IP-40", "serial": "TX000001", **volumes}
    before = filled("2025-01-06 00:00", "40", "500", "100", pump=pump)
    change = filled("2025-03-06 00:00", "40", "2000", "400", pump=pump)
    now = forecast(before, change)
    assert dates(now)["low", ""] == "2025-09-12 00:00"
    later = forecast(
        before, change, export("2025-03-16 00:00", found(continuous("400", "0.2")), pump=pump, **UTC_CLOCK)
    )
    assert later.residual is not None
    assert f"{later.residual.quantity.value}" == left_over
    assert dates(later)["low", ""] == "2025-09-12 00:00"


def test_a_bridge_takes_its_volume_and_the_dates_wait_for_its_end() -> None:
    # Scenario 7: 0.340 mL of the old drug in 20.4 h, then 0.1 mL/d: 37.66 mL to the alarm at 2 mL is 376.6 d.
    body = filled("2025-03-06 00:00", "40", "2000", "200", boluses=[{
        "kind": "bridge", "start": "2025-03-06 00:00", "volume": q("0.340", "mL"), "duration": q("20.4", "h"),
    }])  # fmt: skip
    before = filled("2025-01-06 00:00", "40", "500", "200")
    unplaced = forecast(before, body)  # without the state as found no segment is there for the bridge to replace
    assert (unplaced.dates, unplaced.dates_because) == ((), "what a bridge bolus of this session took is not known")
    body["channels"][0]["states"].insert(0, found(continuous("200", "0.4"), drugs=drugs("500")))
    now = forecast(before, body)
    assert dates(now)["low", ""] == "2026-03-18 10:48"
    assert now.residual_because == "a bridge bolus was running at the reading"
    over = forecast(before, body, export("2025-03-16 20:24", found(continuous("200", "0.1")), **UTC_CLOCK))
    assert over.residual is not None
    assert f"{over.residual.quantity.value}" == "38.6600"  # 40 - 0.34 - 10 d x 0.1 mL/d
    assert dates(over)["low", ""] == "2026-03-18 10:48"


def test_a_stop_that_is_logged_late_makes_the_sum_unknown() -> None:
    first = filled("2025-05-01 00:00", "40", "2000", "400")
    quiet = export("2025-05-11 00:00", found(continuous("400", "0.2")), **UTC_CLOCK)
    rows = [
        {"number": "7", "at": "2025-05-05 00:00", "code": "motor-stall"},
        {"number": "8", "at": "2025-05-06 00:00", "code": "motor-stall-recovered"},
        {"number": "9", "at": "2025-05-12 00:00", "code": "motor-stall"},
        {"number": "10", "at": "2025-05-12 02:00", "code": "motor-stall-recovered"},
    ]
    told = export("2025-05-21 00:00", found(continuous("400", "0.2")), events=rows[2:], **UTC_CLOCK)
    last = export("2025-05-31 00:00", found(continuous("400", "0.2")), events=rows, **UTC_CLOCK)
    assert forecast(first, quiet, told).residual is not None
    assert forecast(first, quiet, told, last).residual_because == "the stop of 5 May 2025 00:00 was logged late"


# --- what it must not depend on --------------------------------------------------------------------------------------


def test_it_does_not_move_with_time_and_from_a_checkpoint_it_is_the_same() -> None:
    bodies = [
        filled("2025-01-06 00:00", "40", "2000", "400"),
        export("2025-02-05 00:00", found(continuous("400", "0.2")), **UTC_CLOCK),
        export("2025-03-05 00:00", found(continuous("400", "0.2")), **UTC_CLOCK),
    ]
    reports: list[Report] = [report(body) for body in bodies]
    early, late = (
        fold(reports, datetime(2025, month, 20, tzinfo=UTC), SETTINGS, patient="0000017", notice=_nothing)
        for month in (3, 7)
    )
    of = [[f for page in one.course.pages for f in page.facts if isinstance(f, ForecastFact)] for one in (early, late)]
    assert of[0] == of[1]
    tail = fold(
        reports[1:], datetime(2025, 7, 20, tzinfo=UTC), SETTINGS, patient="0000017", notice=_nothing,
        base=late.states[0][1],
    )  # fmt: skip
    assert [f for page in tail.course.pages for f in page.facts if isinstance(f, ForecastFact)] == of[0][1:]


def _nothing(*_: object) -> tuple[()]:
    return ()


def test_elapsed_time_is_counted_in_utc_over_a_change_of_clocks() -> None:
    body = filled("2025-03-29 00:00", "20", "2000", "1000", clocks={"zone": "Europe/London"})
    (low,) = [one for one in forecast(body).dates if one.kind == "low"]
    assert isinstance(low, Foreseen)
    assert isinstance(low.at, Instant)
    assert low.at.fhir == "2025-05-04T01:00:00+01:00"
    assert low.at.words == "4 May 2025 01:00"
    assert date.fromisoformat(low.at.printed[:10]) == date(2025, 5, 4)


@pytest.mark.parametrize(("boluses", "head"), [(11, "40.0 mL - "), (12, "40.0 mL - 0.0200 mL (before) - ")])
def test_twelve_volumes_are_told_one_by_one_and_the_first_of_more_as_a_sum(boluses: int, head: str) -> None:
    given = [
        {"kind": "clinician", "number": str(n), "start": f"2025-01-07T{n:02}:00+00:00", "outcome": "complete",
         "end": f"2025-01-07T{n:02}:05+00:00", "dose": q("20", "mcg"), "volume": q("0.0100", "mL")}
        for n in range(1, boluses + 1)
    ]  # fmt: skip
    first = filled("2025-01-06 00:00", "40.0", "2000", "400.00", flow="0.200")
    fact = forecast(first, export("2025-01-16 00:00", found(continuous()), boluses=given, **UTC_CLOCK))
    assert fact.residual is not None
    assert fact.residual.arithmetic.startswith(head)
