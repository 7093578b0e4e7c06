"""The panel: what somebody in an emergency must read in minutes, in one Observation (rules, the panel)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bridge.chart.resource import Resource
from bridge.chart.write import write
from bridge.fhir_json import canonical
from fhir_profiles.checks import check
from tests.chart.given import CENTRE, bound
from tests.course.building import continuous, course, drugs, export, found, left, q

PUMP = {
    "manufacturer": "Medtronic", "model": "8637-40", "serial": "TX000417", "capacity": q("40", "mL"),
}  # fmt: skip
CATHETER = {"model": "IC-114", "tip": "T10", "implanted": "2024-11-02"}
AT, NEXT = "2025-01-06T10:00", "2025-03-17T10:00"
WHOM = f"{CENTRE.name}, {CENTRE.phone}"


def first(**more: Any) -> dict[str, Any]:
    """A filling with 500 micrograms/mL that programmes the pump."""
    parts: dict[str, Any] = {
        "update": "completed", "pump": PUMP, "catheter": CATHETER,
        "refills": [{"filled_at": AT, "filled": q("40.0", "mL"), "drugs": drugs("500.0")}],
        "reservoir": {"alarm_volume": q("2.0", "mL"), "low_date": "2025-03-25", "empty_date": "2025-03-27"},
    }  # fmt: skip
    return export(AT, left(AT, continuous("250.00", "0.500"), drugs=drugs("500.0")), **{**parts, **more})


def second(**more: Any) -> dict[str, Any]:
    """A refill with another concentration, after an MRI that the log tells of."""
    parts: dict[str, Any] = {
        "update": "completed", "pump": PUMP, "alarm_status": "none",
        "refills": [{"filled_at": NEXT, "filled": q("40.0", "mL"), "drugs": drugs("2000.0")}],
        "events": [{"number": "11", "at": "2025-02-10T14:02", "code": "mri-detected"}],
        "longevity": {"eri": False, "end_of_service": False, "months_to_eri": q("40", "months")},
    }  # fmt: skip
    states = (found(continuous("250.00", "0.500")), left(NEXT, continuous(), drugs=drugs("2000.0")))
    return export(NEXT, *states, **{**parts, **more})


def panels(*bodies: dict[str, Any], **binding: Any) -> list[Resource]:
    """The panels of a course, the newest last."""
    chart = write(course(*bodies), bound(attachment=lambda sha256: None, **binding))
    return sorted((one for one in chart if one.key.startswith("summary|")), key=lambda one: one.page)


def words(panel: Resource) -> str:
    """Its narrative."""
    return re.sub("<[^>]+>", "", panel.body["text"]["div"])


def rows(panel: Resource) -> dict[str, Any]:
    """Its components by our own code: the value, or why there is none."""
    found_rows = {}
    for one in panel.body["component"]:
        value = next((one[name] for name in one if name.startswith("value")), one.get("dataAbsentReason"))
        found_rows[one["code"]["coding"][-1]["code"]] = value
    return found_rows


@pytest.mark.parametrize(
    "point",
    [
        "as read 17 Mar 2025 10:00",
        "Pump Medtronic SynchroMed II 8637-40, serial TX000417, reservoir 40 mL; can be interrogated (8840",
        "Baclofen 2000.0 micrograms/mL intrathecal, 400.00 micrograms/day (0.200 mL/day), simple continuous",
        "Last refill: 17 Mar 2025 10:00",
        "Last change: 17 Mar 2025 10:00: from 250.00 micrograms/day, simple continuous, to 400.00 micrograms/day",
        "Last change of drug or concentration: 17 Mar 2025 10:00, from baclofen 500.0 micrograms/mL to baclofen 2000.0",
        "low reservoir alarm date NOT RECORDED",
        "empty reservoir date NOT RECORDED",
        "Refill by: NOT RECORDED",
        "Calculated by pumpbridge, not the pump: low reservoir alarm 23 Sep 2025 11:00; empty 3 Oct 2025 11:00",
        "gives more than programmed is dry before it",
        "Infusing; alarm: none; update in this session completed",
        "40 months to elective replacement; end of service: not reached",
        "Last MRI in the pump's log: 10 Feb 2025 14:02",
        "Catheter IC-114 (report of 6 Jan 2025), tip T10 (report of 6 Jan 2025), implanted or revised 2 Nov 2024",
        "A normal interrogation does not exclude catheter failure (published case: PubMed 38435163)",
        f"Centre: {WHOM}",
    ],
)
def test_one_panel_says_all_eight_points_in_words(point: str) -> None:
    assert point in words(panels(first(), second())[-1])


def test_its_components_hold_what_is_stated() -> None:
    found_rows = rows(panels(first(), second())[-1])
    assert found_rows["pump-identity"] == "Medtronic SynchroMed II 8637-40, serial TX000417, reservoir 40 mL"
    assert found_rows["can-be-interrogated"] is True
    assert found_rows["last-mri"] == "2025-02-10T14:02:00+00:00"
    assert found_rows["update-status"]["text"] == "Update completed"
    assert (found_rows["eri-status"], found_rows["end-of-service-status"]) == (False, False)
    assert (found_rows["catheter-model"], found_rows["catheter-implanted"]) == ("IC-114", "2024-11-02")
    assert found_rows["whom-to-call"] == WHOM
    assert found_rows["last-concentration-change"].startswith("17 Mar 2025 10:00, from baclofen 500.0")


def test_what_is_missing_says_so_and_nothing_is_assumed() -> None:
    found_rows = rows(panels(export("2025-01-06T10:00", found(continuous())))[0])
    for code in (
        "can-be-interrogated", "update-status", "low-reservoir-date", "empty-date", "refill-by-date", "last-mri",
        "last-refill", "last-concentration-change", "eri-status", "end-of-service-status", "catheter-model",
        "catheter-tip", "catheter-implanted", "active-alarm",
    ):  # fmt: skip
        assert found_rows[code]["text"] == "NOT RECORDED", code


def test_a_calculated_date_is_a_member_and_no_component() -> None:
    before = panels(first(), second())[0]
    assert rows(before)["low-reservoir-date"] == "2025-03-25"
    text = words(before)
    assert "low reservoir alarm date 25 Mar 2025; empty reservoir date 27 Mar 2025" in text
    assert "Calculated by pumpbridge, not the pump: low reservoir alarm 23 Mar 2025 10:00" in text
    assert len(before.body["hasMember"]) == 2
    assert not any("Calculated" in one["code"]["text"] for one in before.body["component"])


def test_where_calculated_values_are_off_it_names_none() -> None:
    for panel in panels(first(), second(), calculated=False):
        assert "alculated by pumpbridge" not in canonical(panel.body).decode()
        assert "hasMember" not in panel.body


def test_an_update_that_did_not_complete_is_said_and_nothing_is_told_of_the_programme() -> None:
    panel = panels(first(), export("2025-02-01T10:00", found(continuous("250.00", "0.500")), update="not-completed",
                                   pump=PUMP))[-1]  # fmt: skip
    assert "UPDATE IN THIS SESSION DID NOT COMPLETE" in words(panel)
    assert "programme NOT RECORDED" in words(panel)
    assert "no date cannot" not in words(panel)
    assert "no date can be calculated (what the pump delivers since then is not known)" in words(panel)


def test_a_report_without_a_programme_shows_the_one_last_read_with_its_date() -> None:
    log = export("2025-02-01T10:00", pump=PUMP, events=[{"number": "3", "at": "2025-01-20T10:00", "code": "other"}])
    panel = panels(first(), log)[-1]
    assert "250.00 micrograms/day (0.500 mL/day), simple continuous (report of 6 Jan 2025)" in words(panel)
    (trace,) = [one for one in panel.traces if one.where.endswith("/daily") or "daily" in one.where]
    assert trace.export is not None
    assert trace.export in panel.rests_on


def test_a_drug_found_changed_is_told_as_found() -> None:
    other = export(NEXT, found(continuous("250.00", "0.500"), drugs=drugs("1000.0")), pump=PUMP)
    assert "Last change of drug or concentration: found changed 17 Mar 2025 10:00" in words(panels(first(), other)[-1])


def test_an_end_of_service_is_said_in_capitals() -> None:
    panel = panels(first(longevity={"end_of_service": True}))[0]
    assert "end of service: REACHED" in words(panel)


@pytest.mark.parametrize("calculated", [True, False])
def test_the_profiles_rules_hold(calculated: bool) -> None:
    for panel in panels(first(), second(), calculated=calculated):
        assert not check(panel.body)
