"""What is observed of a hospital pump: on change, and at the interval for what moves by itself."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from bridge.course.fold import Settings
from bridge.course.infusion_facts import InfusionReading
from bridge.course.pages import Course
from tests.course.bedside_messages import Source, clock, course, fixture, folded, told
from tests.course.building import ZONE, every


def said(made: Course, code: str) -> list[str]:
    """The texts that were observed of one code, in order."""
    return [one.reading.text for one in every(made, InfusionReading) if one.code == code]


def minutes(*totals: str, every_minutes: int = 1) -> Course:
    """Snapshots a minute apart, each with this total."""
    return course(
        *(
            told(f"10:{number * every_minutes:02}", Source(total=total), battery="90")
            for number, total in enumerate(totals)
        )
    )


def test_a_setting_is_observed_on_change() -> None:
    made = course(told("10:00", Source()), told("10:01", Source()), told("10:02", Source("6.00")))
    assert said(made, "rate") == ["5.25 mL/h", "6.00 mL/h"]
    assert (said(made, "drug"), said(made, "status")) == (["Norepinephrine"], ["pump-status-infusing"])


def test_a_volume_is_observed_at_the_interval() -> None:
    totals = [f"{number}.00" for number in range(32)]
    assert said(minutes(*totals), "volume-delivered-total") == ["0.00 mL", "15.00 mL", "30.00 mL"]


def test_the_interval_is_the_sites() -> None:
    often = Settings(ZONE, timedelta(days=200), infusion_interval=timedelta(minutes=1))
    messages = [told(f"10:{minute:02}", Source(total=f"{minute}.00")) for minute in range(5)]
    assert len(said(folded(messages, settings=often).course, "volume-delivered-total")) == 5


def test_what_does_not_move_is_observed_once() -> None:
    assert said(minutes(*["1.00"] * 40), "volume-delivered-total") == ["1.00 mL"]
    assert said(minutes(*["1.00"] * 40), "battery") == ["90 %"]


def test_where_an_infusion_begins_or_ends_what_moves_is_observed_too() -> None:
    stop = told("10:02", Source(status="not-delivering", total="1.35"), event="STOP")
    made = course(told("10:00", Source(total="1.00"), event="START"), told("10:01", Source(total="1.20")), stop)
    assert said(made, "volume-delivered-total") == ["1.00 mL", "1.35 mL"]


def test_a_message_that_says_nothing_new_leaves_a_page_without_facts() -> None:
    made = course(told("10:00", Source(total="1.00")), told("10:01", Source(total="1.10")))
    assert [len(page.facts) for page in made.pages[1:-1]] == [0]


def test_the_charge_of_the_battery_is_of_the_pump_and_observed_once_for_its_lines() -> None:
    made = course(told("10:00", Source(), battery="90"), told("10:00", Source(), battery="90", vmd=2))
    charges = [one for one in every(made, InfusionReading) if one.code == "battery"]
    assert [(one.line, one.address) for one in charges] == [("", None)]


def test_a_reading_says_what_when_and_where() -> None:
    message = told("10:00", Source(total="12.50"))
    one = next(one for one in every(course(message), InfusionReading) if one.code == "volume-delivered-total")
    assert (one.at.utc, one.export, one.label, one.drug) == (
        clock("10:00"),
        message.sha256,
        "Primary",
        "Norepinephrine",
    )
    assert (one.line, one.address, str(one.reading.value)) == ("1.1", "1.1.2", "12.50 mL")
    assert one.reading.where.startswith("OBX[")


def test_every_reading_of_a_page_has_a_name_of_its_own() -> None:
    found = every(course(*fixture("continuous"), told("11:00", Source("6.00"), battery="50")), InfusionReading)
    assert len({one.discriminator for one in found}) == len(found)


@pytest.mark.parametrize("code", ["current-flow", "time-remaining", "patient-weight", "dose-rate", "delivery-status"])
def test_the_kept_message_states_it(code: str) -> None:
    assert len(said(course(*fixture("continuous")), code)) == 1


def test_what_a_report_disagrees_on_is_observed_as_what_cannot_be_told() -> None:
    one, other = told("10:00", Source("5.25"), number="1"), told("10:00", Source("6.00"), number="2")
    (rate,) = [fact for fact in every(course(one, other), InfusionReading) if fact.code == "rate"]
    assert rate.reading.value is None
    assert dataclasses.replace(rate.reading, value=None) == rate.reading
