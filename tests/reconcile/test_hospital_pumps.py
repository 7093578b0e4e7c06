"""Hospital pumps from message to folder: what a message costs, and whom it concerns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge import charting, reconcile
from bridge.course.infusion_facts import HospitalPumpFact
from bridge.fhir_json import read
from bridge.lane import BLOCKED
from bridge.store.protocol import OPEN_PAGE, Held
from tests.adapters.hl7_messages import NOBODY, PATIENT
from tests.course.bedside_messages import OTHER, Source, clock, sent
from tests.hospital import Hospital, journey

STOP = Source(status="not-delivering", why="paused", segment="3.94")


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    """A hospital at a quarter past ten."""
    with Hospital(tmp_path, now=clock("10:15")) as made:
        yield made


def statuses(hospital: Hospital, course: int = 1) -> list[str]:
    """The administrations of a course, the oldest first."""
    found = hospital.standing(course, "MedicationAdministration")
    return [str(one["status"]) for one in sorted(found, key=lambda one: str(one["effectivePeriod"]["start"]))]


def begun(hospital: Hospital) -> None:
    """An infusion that began at 10:15 is charted."""
    hospital.take(sent("10:15", Source(), event="START"))
    hospital.apply()
    assert statuses(hospital) == ["in-progress"]


def test_an_infusion_is_charted_confirmed_and_stopped(hospital: Hospital) -> None:
    begun(hospital)
    hospital.clock.advance(timedelta(minutes=45))
    hospital.take(sent("11:00", STOP, event="STOP"))
    hospital.apply()
    assert statuses(hospital) == ["stopped"]
    assert hospital.plan() == []


def test_a_sudden_end_forgets_nobody_who_waits_in_the_lane(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(hospital)
    store = hospital.site.store
    hospital.take(sent("10:16", Source("3.00"), event="START", patient=OTHER))
    store.park("charts", 2, BLOCKED, "", now=hospital.clock.now())
    with monkeypatch.context() as sudden, pytest.raises(KeyboardInterrupt):
        sudden.setattr(reconcile, "free", _ends)
        hospital.apply()
    assert [row.code for row in store.parked("charts")] == [BLOCKED]
    hospital.reopen()
    hospital.apply()
    assert statuses(hospital, 2) == ["in-progress"]


def _ends(*given: Any) -> None:
    raise KeyboardInterrupt


def test_a_confirmation_within_the_interval_plans_nothing_and_one_after_it_does(hospital: Hospital) -> None:
    begun(hospital)
    hospital.take(sent("10:20", Source()))
    assert hospital.apply().courses == {"unchanged": 1}
    hospital.clock.advance(timedelta(minutes=20))
    hospital.take(sent("10:31", Source()))
    assert hospital.apply().amended >= 1


def test_several_messages_that_wait_are_one_plan(hospital: Hospital) -> None:
    begun(hospital)
    hospital.clock.advance(timedelta(minutes=30))
    hospital.take(*(sent(f"10:{minute}", Source(f"{minute}.00")) for minute in range(16, 40)))
    assert hospital.apply().courses == {"applied": 1}
    assert len(statuses(hospital)) == 25


def test_what_is_not_heard_of_for_an_hour_is_unknown_without_a_message(hospital: Hospital) -> None:
    begun(hospital)
    assert hospital.site.store.next_wake("charts") == clock("11:15")
    hospital.clock.advance(timedelta(minutes=60))
    hospital.apply()
    assert statuses(hospital) == ["unknown"]


def test_of_messages_that_all_lie_in_the_future_the_clinic_is_told_and_nothing_is_charted(hospital: Hospital) -> None:
    hospital.take(sent("12:00", Source(), event="START"), sent("12:30", Source()))
    hospital.apply()
    (issue,) = hospital.chart(1).values()
    assert (issue["resourceType"], issue["code"]["coding"][0]["code"]) == ("DetectedIssue", "future-session")
    (device,) = [one for one in hospital.chart(0).values() if "hospital-pump" in str(one.get("type"))]
    assert issue["implicated"] == [{"reference": f"Device/{device['id']}"}]
    hospital.clock.advance(timedelta(hours=2, minutes=15))
    hospital.apply()
    assert statuses(hospital) == ["in-progress"]
    assert hospital.standing(1, "DetectedIssue") == []


def test_the_site_says_how_old_a_message_may_be(tmp_path: Path) -> None:
    text = "[current]\ninfusion_max_age_minutes = 180\ninfusion_interval_minutes = 5"
    with Hospital(tmp_path, extra=text, now=clock("10:15")) as hospital:
        begun(hospital)
        assert hospital.site.store.next_wake("charts") == clock("13:15")


def test_a_late_event_amends_the_chart_to_what_it_would_have_been(tmp_path: Path) -> None:
    messages = [
        sent("10:15", Source(), event="START"), sent("10:20", Source("7.00")), sent("10:25", Source("7.00")),
        sent("10:18", Source(status="transitioning", segment="0.26"), event="STOP"),
        sent("10:18", Source("7.00"), event="START"),
    ]  # fmt: skip
    charts = []
    for number, order in enumerate((messages, messages[:2] + messages[:1:-1], sorted(messages, key=len))):
        folder = tmp_path / str(number)
        folder.mkdir()
        with Hospital(folder, now=clock("10:30")) as hospital:
            for message in order:
                hospital.take(message)
                hospital.apply(large=True)
            found = hospital.standing(1, "MedicationAdministration")
            charts.append(sorted((one["id"], one["status"], str(one["effectivePeriod"])) for one in found))
    assert charts[0] == charts[1] == charts[2]
    assert [status for _, status, _ in sorted(charts[0], key=lambda one: one[2])] == ["completed", "in-progress"]


def test_when_a_pump_goes_to_another_patient_the_first_ones_chart_ends_before_the_next_begins(
    hospital: Hospital,
) -> None:
    begun(hospital)
    hospital.clock.advance(timedelta(minutes=10))
    hospital.take(sent("10:25", Source(), patient=OTHER))
    assert hospital.apply().courses == {"applied": 2}
    assert (statuses(hospital, 1), statuses(hospital, 2)) == (["unknown"], ["in-progress"])
    hospital.take(sent("10:26", Source("6.00"), patient=OTHER))
    assert hospital.apply().courses == {"applied": 1}
    assert hospital.site.store.parked() == []


def stood(hospital: Hospital) -> dict[str, Any]:
    """What stands at the destination of all courses, without what belongs to plans."""
    found = {f"{one['resourceType']}/{one['id']}": one for course in (1, 2) for one in hospital.chart(course).values()}
    of_plans = ("Provenance", "DetectedIssue")
    return {
        name: one for name, one in found.items()
        if one["resourceType"] not in of_plans and one.get("status") != "entered-in-error"
    }  # fmt: skip


def test_a_late_message_of_another_patient_parts_the_stay_and_is_charted_at_its_own(tmp_path: Path) -> None:
    first, late, last = sent("10:15", Source(), event="START"), sent("10:20", Source("2.00"), patient=OTHER), sent(
        "10:30", Source()
    )  # fmt: skip
    charts = []
    for number, order in enumerate(((first, last, late), (first, late, last), (late, last, first))):
        folder = tmp_path / str(number)
        folder.mkdir()
        with Hospital(folder, now=clock("10:40")) as hospital:
            for message in order:
                hospital.take(message)
                assert hospital.apply(large=True).courses.keys() == {"applied"}
            assert hospital.plan() == []
            assert hospital.site.store.parked() == []
            assert not hospital.site.reconciler("charts").verify()
            charts.append(stood(hospital))
    assert charts[0] == charts[1] == charts[2]
    given = sorted((one["subject"]["identifier"]["value"], one["effectivePeriod"]["start"][11:16], one["status"])
                   for one in charts[0].values() if one["resourceType"] == "MedicationAdministration")  # fmt: skip
    assert given == [
        ("0048213", "10:15", "unknown"), ("0048213", "10:30", "in-progress"), ("0073311", "10:20", "unknown"),
    ]  # fmt: skip
    uses = sorted((one["subject"]["identifier"]["value"], one["timingPeriod"].get("end", "")[11:16])
                  for one in charts[0].values() if one["resourceType"] == "DeviceUseStatement")  # fmt: skip
    assert uses == [("0048213", ""), ("0048213", "10:20"), ("0073311", "10:30")]


def test_a_late_message_of_another_patient_says_what_the_chart_had_said(hospital: Hospital) -> None:
    begun(hospital)
    hospital.clock.advance(timedelta(minutes=45))
    hospital.take(sent("10:59", Source()), sent("11:00", STOP, event="STOP"))
    hospital.apply()
    assert statuses(hospital) == ["stopped"]
    hospital.take(sent("10:40", Source("2.00"), patient=OTHER))
    planned = [entry for outcome in hospital.plan() if outcome.plan for entry in outcome.plan.entries]
    (note,) = [read(entry.body) for entry in planned if entry.type == "DetectedIssue"]
    assert "5.25 mL/hour, 2 Mar 2026 10:15 to 11:00" in note["text"]["div"]
    hospital.apply()
    assert (statuses(hospital, 1), statuses(hospital, 2)) == (["unknown", "stopped"], ["unknown"])


def test_a_pump_at_nobody_is_kept_and_nobody_has_to_act(hospital: Hospital) -> None:
    hospital.take(sent("10:10", Source(), patient=NOBODY))
    hospital.site.store.rouse("charts", hospital.clock.now())
    hospital.apply()
    assert hospital.site.store.parked() == []
    assert hospital.site.store.course(1).live == 1
    assert hospital.rows(1) == []


def test_a_message_that_names_nobody_makes_what_ran_unknown_and_a_later_one_changes_nothing(hospital: Hospital) -> None:
    begun(hospital)
    hospital.clock.advance(timedelta(minutes=10))
    hospital.take(sent("10:20", Source(), patient=NOBODY))
    hospital.apply()
    assert statuses(hospital) == ["unknown"]
    hospital.take(sent("10:21", Source(), patient=NOBODY))
    assert hospital.apply().courses == {}
    hospital.take(sent("10:22", Source()))
    hospital.apply()
    assert statuses(hospital) == ["in-progress"]


def test_a_message_does_not_look_at_the_implanted_pump_of_its_patient(hospital: Hospital) -> None:
    hospital.take(*journey())
    hospital.apply(large=True)
    before = {row.course: row.change for row in hospital.site.store.courses()}
    patient = hospital.site.store.course(1).patient
    hospital.take(sent("10:15", Source(), patient=f"PID|||{patient}^^^MRN^MR||Example^Ada||19610412|F"))
    hospital.apply()
    assert {row.course: row.change for row in hospital.site.store.courses() if row.course in before} == before
    assert statuses(hospital, max(before) + 1) == ["in-progress"]


def test_what_cannot_be_folded_becomes_unknown_by_its_own_bytes(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(hospital)

    def fails(*_: Any, **__: Any) -> Any:
        raise OverflowError("a fault of ours")

    monkeypatch.setattr(charting, "fold", fails)
    hospital.clock.advance(timedelta(minutes=30))
    hospital.take(sent("10:45", Source("7.00")))
    hospital.apply()
    assert statuses(hospital) == ["in-progress"]
    hospital.clock.advance(timedelta(minutes=30))
    hospital.apply()
    (one,) = hospital.standing(1, "MedicationAdministration")
    assert one["status"] == "unknown"
    assert "whether it still runs is not known" in one["text"]["div"]


class Counted:
    """How many interrogations are read for folding, and how many statements the store runs."""

    def __init__(self, hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
        self.hospital = hospital
        self.read = self.statements = 0
        store, held = hospital.site.store, hospital.site.store.held

        def counting(course: int, *places: str) -> list[Held]:
            found = held(course, *places)
            self.read += len(found)
            return found

        monkeypatch.setattr(store, "held", counting)
        store._database.set_trace_callback(self._one_more)  # type: ignore[attr-defined]

    def _one_more(self, _: str) -> None:
        self.statements += 1

    def of(self, message: bytes) -> tuple[int, int]:
        """What one message costs."""
        self.read = self.statements = 0
        self.hospital.take(message)
        self.hospital.apply()
        return self.read, self.statements


@pytest.mark.parametrize("patients", [1, 2])
def test_the_hundredth_message_costs_what_the_tenth_did(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch, patients: int
) -> None:
    """Counted, not timed: what is read to fold one message is that message, whatever came before it."""
    begun(hospital)
    if patients == 2:
        hospital.take(sent("09:00", Source(), patient=OTHER))
        hospital.apply()
    hospital.clock.advance(timedelta(minutes=15))
    counted, costs = Counted(hospital, monkeypatch), []
    for second in range(60):
        counted.of(sent(f"10:{16 + second // 6}:{second % 6 * 10:02}", Source()))
        costs.append(counted.of(sent(f"10:{16 + second // 6}:{second % 6 * 10 + 5:02}", Source())))
    assert {read for read, _ in costs} == {1}
    assert costs[-1][1] <= costs[9][1] + 2


def test_a_message_that_cannot_be_read_makes_what_ran_unknown_and_the_ward_is_told(hospital: Hospital) -> None:
    begun(hospital)
    hospital.clock.advance(timedelta(minutes=10))
    (receipt,) = hospital.take(sent("10:20", Source("5,25")))
    assert receipt.outcome == "quarantined"
    hospital.apply()
    assert statuses(hospital) == ["unknown"]
    (flag,) = hospital.standing(1, "Flag")
    assert "could not be used" in flag["code"]["text"]
    hospital.take(sent("10:21", Source()))
    hospital.apply()
    assert statuses(hospital) == ["in-progress"]
    assert [flag["status"] for flag in hospital.standing(1, "Flag")] in ([], ["inactive"])


@pytest.mark.parametrize("at_once", [1, 2, 7, 1000])
def test_a_long_course_is_folded_in_parts_and_is_the_same(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """Messages of one moment and those that lie in the future included; a re-sent one is in one part with the first."""
    rates = (Source(f"{minute % 3}.50") for minute in range(40))
    hospital.take(*(sent(f"09:{minute:02}", rate, number="1") for minute, rate in enumerate(rates)))
    hospital.take(*(sent(f"09:{minute:02}", Source(f"{minute % 3}.50"), number="2") for minute in (3, 6, 7)))
    hospital.take(sent("09:20", Source("2.50"), event="START"), sent("09:25", Source(), patient=OTHER))
    hospital.take(*(sent(f"{hour}:00", Source()) for hour in (11, 12, 13)))
    row, place = hospital.site.store.course(1), hospital.site.reconciler("charts").planner.place
    store, now = hospital.site.store, hospital.clock.now()
    whole, _ = charting.folded(store, row, None, now, place.fold)
    monkeypatch.setattr(charting, "MESSAGES", at_once)
    parts, after = charting.folded(store, row, None, now, place.fold)
    assert (parts.course, after) == (whole.course, "")
    assert parts.states[-1] == whole.states[-1]


def test_what_a_pump_told_of_others_is_read_in_parts_too(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """A pump whose messages go to and fro between two patients: what is held of the other one is bounded as well."""
    patients = (PATIENT, OTHER)
    hospital.take(*(sent(f"09:{minute:02}", Source(), patient=patients[minute % 2]) for minute in range(60)))
    row, place = hospital.site.store.course(1), hospital.site.reconciler("charts").planner.place
    store, now, most = hospital.site.store, hospital.clock.now(), list[int]()
    whole, _ = charting.folded(store, row, None, now, place.fold)
    elsewhere = store.elsewhere

    def counting(course: int, *places: str) -> Any:
        others, unnamed = elsewhere(course, *places)
        most.append(len(others))
        return others, unnamed

    monkeypatch.setattr(store, "elsewhere", counting)
    monkeypatch.setattr(charting, "MESSAGES", 5)
    parts, _ = charting.folded(store, row, None, now, place.fold)
    assert parts.course == whole.course
    assert sum(isinstance(fact, HospitalPumpFact) for page in parts.course.pages for fact in page.facts) == 30
    assert (len(most), max(most)) == (6, 6)  # as many as there are messages in a part, and one


@pytest.mark.parametrize("changed", [{}, {"zone": "Asia/Tokyo"}, {"infusion_max_age": timedelta(hours=3)}])
def test_nothing_is_folded_on_from_what_other_settings_folded(hospital: Hospital, changed: dict[str, Any]) -> None:
    hospital.take(*(sent(f"09:{minute:02}", Source()) for minute in range(0, 50, 5)))
    hospital.apply()
    row, place = hospital.site.store.course(1), hospital.site.reconciler("charts").planner.place
    _, after = charting.folded(
        hospital.site.store, row, OPEN_PAGE, hospital.clock.now(), replace(place.fold, **changed)
    )
    assert (after == "") is bool(changed)
