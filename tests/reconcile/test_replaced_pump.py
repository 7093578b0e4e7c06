"""A pump that was replaced without a stated explant, at a destination: in any order, and taken back without a trace."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bridge import charting
from tests.course.building import export, found
from tests.course.test_replaced import NEW, OLD, at_10, look
from tests.hospital import Hospital

AFTER = datetime(2025, 5, 14, 8, tzinfo=UTC)
STALL = {"number": "7", "at": "2025-05-10T10:00", "code": "motor-stall", "text": "X"}
FILLED = at_10("2025-03-03", OLD)
STALLED = export("2025-05-11T10:00", found(None, infusing=False), update="none", pump=OLD, events=[STALL])
IMPLANT = at_10("2025-05-12", NEW, type="implant")
SIGNED = ("B. Invented", "asked the ward")
SYSTEM = "https://hospital.invalid/sid/mrn"


def course_of(hospital: Hospital, serial: str, patient: str = "0000017") -> int:
    (found,) = [c.course for c in hospital.site.store.courses() if c.pump.serial == serial and c.patient == patient]
    return found


def standing(hospital: Hospital) -> dict[str, bytes]:
    """What the destination holds of every course, without what is entered in error and what belongs to plans."""
    rows = [row for course in hospital.site.store.courses() for row in hospital.rows(course.course)]
    return {row.key: row.confirmed for row in rows if row.page and row.state == "confirmed"}


def old_delivery(hospital: Hospital) -> list[tuple[str, Any]]:
    given = hospital.standing(course_of(hospital, "TX000001"), "MedicationAdministration")
    return [(one["status"], one.get("statusReason", [{}])[0].get("text")) for one in given]


REPLACED = [("unknown", "A newer pump was implanted on 12 May 2025")]


def test_the_newer_pumps_export_makes_the_older_one_unknown(tmp_path: Path) -> None:
    with Hospital(tmp_path, now=AFTER) as hospital:
        hospital.take(FILLED)
        hospital.apply()
        assert [status for status, _ in old_delivery(hospital)] == ["in-progress"]
        hospital.take(IMPLANT)
        old = course_of(hospital, "TX000001")
        (plan,) = [one.plan for one in hospital.plan() if one.plan and one.plan.course == old]
        assert plan.causes == ("new",)
        hospital.apply()
        assert old_delivery(hospital) == REPLACED
        (segment,) = hospital.standing(old, "MedicationAdministration")
        assert "end" not in segment["effectivePeriod"]
        assert "a newer pump was implanted on 12 May 2025" in segment["text"]["div"]
        codes = {one["code"]["coding"][0]["code"] for one in hospital.standing(old, "DetectedIssue")}
        assert codes == {"pump-replaced-not-stated"}
        (flag,) = hospital.standing(old, "Flag")
        assert "A newer pump was implanted on 12 May 2025." in flag["code"]["text"]
        assert "TX000002" not in str(
            [one for one in hospital.chart(old).values() if one["resourceType"] != "Provenance"]
        )
        assert hospital.apply().courses == {}


def test_the_order_of_arrival_changes_nothing(tmp_path: Path) -> None:
    charts = []
    for number, order in enumerate(itertools.permutations((FILLED, STALLED, IMPLANT, look("2025-05-13", NEW)))):
        if number % 5 == 0:
            (tmp_path / str(number)).mkdir()
            with Hospital(tmp_path / str(number), now=AFTER) as hospital:
                for body in order:
                    hospital.take(body)
                    hospital.apply(large=True)
                charts.append(standing(hospital))
    assert len(charts) == 5
    assert all(one == charts[0] for one in charts)


def corrected(hospital: Hospital) -> None:
    """A later revision of the implant's report states another date: the newer pump is the older one."""
    body = at_10("2025-05-12", {**NEW, "implanted": "2017-05-12"}, type="implant", revision=2)
    hospital.take(body)


def withdrawn(hospital: Hospital) -> None:
    (row,) = hospital.site.store.exports_of(course_of(hospital, "TX000002"))
    hospital.site.store.withdraw(row.sha256, *SIGNED, hospital.clock.now())


def assigned(hospital: Hospital) -> None:
    (row,) = hospital.site.store.exports_of(course_of(hospital, "TX000002"))
    hospital.site.store.assign(row.sha256, "0000099", SYSTEM, *SIGNED, hospital.clock.now())


@pytest.mark.parametrize("taken_back", [corrected, withdrawn, assigned])
def test_what_is_taken_back_of_the_newer_pump_leaves_the_older_as_it_was(
    taken_back: Callable[[Hospital], None], tmp_path: Path
) -> None:
    with Hospital(tmp_path, now=AFTER) as hospital:
        hospital.take(FILLED, STALLED)
        hospital.apply()
        old = course_of(hospital, "TX000001")
        before = {row.key: row.confirmed for row in hospital.rows(old) if row.page}
        hospital.take(IMPLANT)
        hospital.apply()
        assert {row.key: row.confirmed for row in hospital.rows(old) if row.page} != before
        taken_back(hospital)
        hospital.apply(large=True)
        rows = [row for row in hospital.rows(old) if row.page and row.state == "confirmed"]
        assert {row.key: row.confirmed for row in rows} == before


def test_an_export_that_is_assigned_to_the_patient_replaces_his_pump(tmp_path: Path) -> None:
    with Hospital(tmp_path, now=AFTER) as hospital:
        hospital.take(FILLED, {**IMPLANT, "patient": {"identifier": "0000099", "system": "MRN"}})
        hospital.apply()
        assert [status for status, _ in old_delivery(hospital)] == ["in-progress"]
        (row,) = hospital.site.store.exports_of(course_of(hospital, "TX000002", "0000099"))
        hospital.site.store.assign(row.sha256, "0000017", SYSTEM, *SIGNED, hospital.clock.now())
        hospital.apply(large=True)
        assert old_delivery(hospital) == REPLACED


def test_a_stall_of_the_older_pump_stands_and_its_flag_is_not_in_force(tmp_path: Path) -> None:
    """Neither over nor current: inactive, without an end, with why."""
    with Hospital(tmp_path, now=AFTER) as hospital:
        hospital.take(FILLED, STALLED)
        hospital.apply()
        old = course_of(hospital, "TX000001")
        stall = [one for one in hospital.standing(old, "Flag") if "stall" in one["code"]["text"]]
        assert [one["status"] for one in stall] == ["active"]
        hospital.take(IMPLANT)
        hospital.apply()
        (flag,) = [one for one in hospital.standing(old, "Flag") if "stall" in one["code"]["text"]]
        assert flag["status"] == "inactive"
        assert "end" not in flag["period"]
        assert flag["code"]["text"].startswith("A newer pump was implanted on 12 May 2025. Of the one before it: ")
        issues = {one["code"]["coding"][0]["code"]: one["status"] for one in hospital.standing(old, "DetectedIssue")}
        assert issues["delivery-interrupted"] == "preliminary"


def test_a_reading_after_that_day_shows_that_both_are_there(tmp_path: Path) -> None:
    with Hospital(tmp_path, now=AFTER) as hospital:
        hospital.take(FILLED, IMPLANT)
        hospital.apply()
        assert old_delivery(hospital) == REPLACED
        hospital.take(look("2025-05-13", OLD))
        hospital.apply()
        assert [status for status, _ in old_delivery(hospital)] == ["in-progress"]
        old = course_of(hospital, "TX000001")
        codes = {one["code"]["coding"][0]["code"] for one in hospital.standing(old, "DetectedIssue")}
        assert codes == {"two-pumps-in-patient"}


def test_a_patient_with_one_pump_costs_one_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No other course's interrogations are read unless the patient has another pump."""
    read: list[int] = []
    with Hospital(tmp_path, now=AFTER) as hospital:
        stranger = {**IMPLANT, "patient": {"identifier": "0000099", "system": "MRN"}}
        hospital.take(FILLED, stranger)
        monkeypatch.setattr(charting, "_other", lambda _store, course, _since: read.append(course))
        hospital.apply()
        assert [c.course for c in hospital.site.store.courses()] == [1, 2]
    assert read == []


def test_the_question_is_answered_by_an_index(tmp_path: Path) -> None:
    with Hospital(tmp_path, now=AFTER) as hospital:
        store: Any = hospital.site.store
        for name in ("other_pumps", "beside"):
            steps = [
                row[3] for row in store._database.execute(f"EXPLAIN QUERY PLAN {store._query(name)}", {"course": 1})
            ]
            assert any("course_patient" in step for step in steps), steps
            assert not [step for step in steps if step.startswith("SCAN")], steps
