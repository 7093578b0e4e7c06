"""Courses that are planned, stored, sent and recorded at once keep every promise that one by itself keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.destinations import folder
from bridge.errors import Bug, ParkedError
from bridge.planning import Planner
from bridge.sending import Sender
from bridge.store.protocol import COMMONS, StoredPlan
from bridge.store.sqlite import SqliteStore
from tests.course.building import continuous, drugs, export, found, left
from tests.hospital import Hospital

PUMPS = 40
THIRD = 3


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    with Hospital(tmp_path) as made:
        made.take(*(begun(number) for number in range(PUMPS)))
        yield made


def begun(number: int) -> dict[str, Any]:
    pump = {"manufacturer": "Invented Pumps", "model": "IP-40", "serial": f"TX{number:06d}"}
    patient = {"identifier": f"{number:07d}", "system": "MRN"}
    at = "2025-03-03T10:30+00:00"
    first = export("2025-03-03T10:00+00:00", left(at, continuous(), drugs=drugs()), end=at, update="completed")
    return {**first, "pump": {**first["pump"], **pump}, "patient": patient}


def confirmed(hospital: Hospital) -> dict[str, str]:
    """What the ledger says is there, without what belongs to plans: they have ids of their own."""
    rows = [row for course in hospital.site.store.courses() for row in hospital.rows(course.course)]
    assert {row.state for row in rows} <= {"confirmed"}
    return {row.key: row.confirmed_hash for row in rows if row.page}


def once(
    place: type, name: str, error: BaseException, at: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let a method fail one time, when its arguments are such."""
    real, left_over = getattr(place, name), [error]

    def fails(self: Any, *given: Any, **named: Any) -> Any:
        if left_over and at(*given, **named):
            raise left_over.pop()
        return real(self, *given, **named)

    monkeypatch.setattr(place, name, fails)


def test_they_make_the_charts_that_one_by_one_are_made(
    hospital: Hospital, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hospital.apply().courses == {"applied": PUMPS + 1}
    monkeypatch.setattr(folder.Folder, "together", 1)
    (tmp_path / "other").mkdir()
    with Hospital(tmp_path / "other") as other:
        other.take(*(begun(number) for number in range(PUMPS)))
        assert other.apply().courses == {"applied": PUMPS + 1}
        assert confirmed(hospital) == confirmed(other)
    assert not hospital.site.reconciler("charts").verify()


def test_they_cost_a_few_commits_together(hospital: Hospital) -> None:
    said: list[str] = []
    hospital.site.store._database.set_trace_callback(said.append)  # type: ignore[attr-defined]
    hospital.apply()
    hospital.site.store._database.set_trace_callback(None)  # type: ignore[attr-defined]
    assert said.count("COMMIT") < 2 * PUMPS


def test_each_is_stored_and_said_to_be_on_its_way_before_anything_is_written(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, seen = folder.Folder.send, set[str]()

    def send(self: folder.Folder, writes: Any, *, course: str, **more: Any) -> Any:
        seen.update(row.state for row in hospital.rows(int(course)))
        return real(self, writes, course=course, **more)

    monkeypatch.setattr(folder.Folder, "send", send)
    hospital.apply()
    assert seen == {"sending"}


def test_one_that_parks_leaves_the_others(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    error = ParkedError("it cannot be planned", code="check-failed", remedy="none")
    once(Planner, "linked", error, lambda row: row.course == THIRD, monkeypatch)
    tally = hospital.apply()
    assert tally.courses == {"applied": PUMPS, "parked": 1}
    assert [(outcome.course, outcome.code) for outcome in tally.outcomes] == [(THIRD, "check-failed")]


def test_one_that_cannot_be_stored_leaves_the_others(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    real = SqliteStore._save_plan

    def save_plan(self: SqliteStore, plan: StoredPlan, *given: Any) -> None:
        if plan.course == THIRD:
            raise Bug("it cannot be stored")
        real(self, plan, *given)

    monkeypatch.setattr(SqliteStore, "_save_plan", save_plan)
    tally = hospital.apply()
    assert tally.courses == {"applied": PUMPS, "parked": 1}
    assert [(outcome.course, outcome.code) for outcome in tally.outcomes] == [(THIRD, "bug")]
    assert hospital.rows(THIRD) == []


def test_one_whose_place_cannot_be_written_is_not_confirmed(
    hospital: Hospital, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.sending.delay", lambda *_: 0.0)
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts" / str(THIRD)).write_text("a file where its directory ought to be")
    tally = hospital.apply()
    assert {row.state for row in hospital.rows(THIRD)} == {"in_doubt"}
    assert tally.courses["applied"] < PUMPS + 1
    (tmp_path / "charts" / str(THIRD)).unlink()
    hospital.site.store.hurry("charts")
    hospital.apply()
    assert len({key.split("|")[4] for key in confirmed(hospital)}) == PUMPS
    assert not hospital.site.reconciler("charts").verify()


@pytest.mark.parametrize(
    ("place", "name", "at"),
    [
        (folder.Folder, "send", lambda *given, course, **_: course == str(THIRD)),
        (SqliteStore, "settle", lambda *given: given[0] == "charts" and given[2] and "|TX000002|" in given[2][0].key),
        (SqliteStore, "finish", lambda plan, *given: plan.course == THIRD),
    ],
    ids=["before a write", "before an answer is recorded", "before a plan is closed"],
)
def test_what_a_sudden_end_leaves_is_resumed(
    hospital: Hospital, place: type, name: str, at: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    once(place, name, KeyboardInterrupt(), at, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        hospital.apply()
    begun = [course.course for course in hospital.site.store.courses() if _is_open(hospital, course.course)]
    assert THIRD in begun
    hospital.reopen()
    tally = hospital.apply()
    assert set(tally.courses) == {"applied"}
    assert len({key.split("|")[4] for key in confirmed(hospital)}) == PUMPS
    assert not hospital.site.reconciler("charts").verify()


def _is_open(hospital: Hospital, course: int) -> bool:
    plan = hospital.site.store.plan("charts", course)
    return plan is not None and hospital.site.store.is_begun(plan.id)


def test_what_cannot_be_sent_plainly_goes_the_ordinary_way(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sender, "plainly", lambda self, plans: [])
    assert hospital.apply().courses == {"applied": PUMPS + 1}
    assert not hospital.site.reconciler("charts").verify()


def test_a_fault_of_ours_in_between_is_left_to_the_ordinary_way(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    once(folder.Folder, "send", ValueError("ours"), lambda *given, course, **_: course == str(THIRD), monkeypatch)
    assert hospital.apply().courses == {"applied": PUMPS + 1}
    assert not hospital.site.reconciler("charts").verify()


def test_courses_of_one_pump_go_one_after_another(tmp_path: Path) -> None:
    with Hospital(tmp_path) as hospital:
        hospital.take(*(begun(number) for number in range(PUMPS)))
        hospital.apply()
        other = {**begun(0), "patient": {"identifier": "0000999", "system": "MRN"}}
        hospital.take(other, *(seen(begun(number)) for number in range(1, PUMPS)))
        tally = hospital.apply()
        assert tally.courses == {"applied": PUMPS - 1, "parked": 2}
        assert {outcome.code for outcome in tally.outcomes} == {"serial-on-two-patients"}


def seen(first: dict[str, Any]) -> dict[str, Any]:
    """A later look at the same pump."""
    later = export("2025-04-01T09:00+01:00", found(continuous()), update="none")
    return {**later, "pump": first["pump"], "patient": first["patient"]}


def test_commons_goes_alone(hospital: Hospital) -> None:
    store = hospital.site.store
    assert store.claim_several("charts", "me", hospital.clock.now(), 60, (), 8) == [[COMMONS]]
