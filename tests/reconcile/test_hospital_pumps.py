"""Hospital pumps from message to folder: what a message costs, and whom it concerns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge import charting, reconcile
from bridge.lane import BLOCKED
from bridge.store.protocol import Held
from tests.adapters.hl7_messages import NOBODY
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
