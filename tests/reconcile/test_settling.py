"""What a hospital pump says right after it was charted gathers for a moment, and nothing else waits for that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bridge.fhir_json import read
from bridge.reconcile import Tally
from tests.adapters.hl7_messages import NOBODY, PATIENT
from tests.course.bedside_messages import OTHER, Source, clock, sent
from tests.hospital import Hospital, journey

STOP = Source(status="not-delivering", why="paused", segment="3.94")


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    """A hospital at a quarter past ten, where an infusion has just been charted by the daemon."""
    with Hospital(tmp_path, now=clock("10:15")) as made:
        made.take(sent("10:15", Source(), event="START"))
        assert turn(made).courses == {"applied": 2}  # and what courses share: a first message waits for nothing
        yield made


def turn(hospital: Hospital, seconds: float = 0) -> Tally:
    """A turn of the daemon, so much later."""
    hospital.clock.advance(timedelta(seconds=seconds))
    hospital.site.store.wake("charts", hospital.clock.now())
    return hospital.site.reconciler("charts", settles=True).run(apply=True)


def statuses(hospital: Hospital, course: int = 1) -> list[str]:
    """The administrations of a course, the oldest first."""
    found = hospital.standing(course, "MedicationAdministration")
    return [str(one["status"]) for one in sorted(found, key=lambda one: str(one["effectivePeriod"]["start"]))]


def test_messages_gather_into_one_plan(hospital: Hospital) -> None:
    for second in range(3):
        hospital.take(sent(f"10:15:{second + 1:02}", Source(f"{second + 6}.00")))
        assert turn(hospital, 0.5).courses == {}
    assert hospital.site.store.due("charts") == 1
    assert turn(hospital, 0.6).courses == {"applied": 1}
    assert len(statuses(hospital)) == 4
    hospital.take(sent("10:15:09", STOP, event="STOP"))
    assert turn(hospital, 1.9).courses == {}
    assert turn(hospital, 0.2).courses == {"applied": 1}
    assert "in-progress" not in statuses(hospital)


def test_after_a_while_the_next_message_waits_for_nothing(hospital: Hospital) -> None:
    hospital.clock.advance(timedelta(seconds=3))
    hospital.take(sent("10:15:03", STOP, event="STOP"))
    assert turn(hospital).courses == {"applied": 1}


def test_no_message_makes_those_before_it_wait_longer(hospital: Hospital) -> None:
    """A pump that never stops talking is charted every two seconds all the same."""
    plans = 0
    for tenth in range(100):
        hospital.take(sent(f"10:15:{tenth // 10:02}", Source(f"{tenth % 9 + 1}.{tenth:02}")))
        plans += turn(hospital, 0.1).courses.get("applied", 0)
    assert 4 <= plans <= 6


def test_what_comes_while_it_is_charted_gathers_too(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    hospital.clock.advance(timedelta(seconds=3))
    hospital.take(sent("10:15:03", Source("7.00")))
    store = hospital.site.store
    save = store.save_plan

    def meanwhile(*given: Any, **named: Any) -> None:
        save(*given, **named)
        hospital.take(sent("10:15:04", Source("8.00")))

    monkeypatch.setattr(store, "save_plan", meanwhile)
    assert turn(hospital).courses == {"applied": 1}
    monkeypatch.undo()
    assert turn(hospital, 1.9).courses == {}
    assert turn(hospital, 0.2).courses == {"applied": 1}


def test_who_asks_now_is_answered_now(hospital: Hospital) -> None:
    """`apply` and `plan` are of people: all that is due is planned."""
    hospital.take(sent("10:15:01", Source("7.00")))
    assert turn(hospital).courses == {}
    assert [outcome.status for outcome in hospital.plan()] == ["planned"]
    assert hospital.apply().courses == {"applied": 1}
    hospital.take(sent("10:15:02", Source("8.00")))
    assert hospital.apply().courses == {"applied": 1}
    assert hospital.site.store.resting("charts", hospital.clock.now()) == []


def test_what_gathers_does_not_rest_after_a_failure(hospital: Hospital) -> None:
    hospital.take(sent("10:15:01", Source("7.00")))
    assert hospital.site.store.due("charts") == 1
    assert hospital.site.store.resting("charts", hospital.clock.now()) == []


def test_what_goes_wrong_for_a_patient_is_mended_at_once(hospital: Hospital) -> None:
    """The pump went to another patient, or a person takes an export away: that waits for nothing."""
    hospital.take(sent("10:15:01", Source("7.00")))
    hospital.take(sent("10:15:02", Source(), patient=OTHER))
    assert turn(hospital).courses == {"applied": 2}
    assert (statuses(hospital)[-1], statuses(hospital, 2)) == ("unknown", ["in-progress"])
    receipt = hospital.take(sent("10:15:03", Source("9.00"), patient=OTHER))[0]
    assert turn(hospital).courses == {}
    hospital.site.store.withdraw(receipt.sha256, "ward", "wrong", hospital.clock.now())
    assert turn(hospital).courses
    assert statuses(hospital, 2) == ["in-progress"]


def test_a_message_that_names_nobody_waits_no_longer(hospital: Hospital) -> None:
    nobody = sent("10:15:01", Source()).replace(sent("10:15:01", Source()).split(b"\r")[1], NOBODY.encode())
    hospital.take(nobody)
    turn(hospital, 2.1)
    assert statuses(hospital) == ["unknown"]


def test_implanted_pumps_wait_for_nothing(hospital: Hospital) -> None:
    first, second = list(journey())[:2]
    hospital.take(first)
    assert turn(hospital).courses
    hospital.take(second)
    assert turn(hospital).courses


def test_a_site_may_want_each_message_at_once(tmp_path: Path) -> None:
    with Hospital(tmp_path, extra="[current]\ninfusion_settle_seconds = 0", now=clock("10:15")) as hospital:
        for second in range(3):
            hospital.take(sent(f"10:15:{second:02}", Source(f"{second + 5}.00")))
            assert turn(hospital).courses.get("applied")


@pytest.mark.parametrize("seed", range(6))
def test_any_order_and_any_turns_give_one_chart(seed: int, tmp_path: Path) -> None:
    """Shuffled, with turns of the daemon and of a person at any moment between; in the end as from one plan."""
    dice = Random(seed)
    rates = ("5.25", "7.00", "8.00")
    messages = [
        sent(f"10:{minute:02}", Source(dice.choice(rates)), patient=OTHER if minute > 30 else PATIENT)
        for minute in range(1, 45, 4)
    ] + [sent("10:26", STOP, event="STOP"), sent("10:28", Source("5.25"), event="START")]
    charts: list[list[tuple[str, ...]]] = []
    for way in ("at once", "in turns", "in turns", "in turns"):
        folder = tmp_path / f"{len(charts)}"
        folder.mkdir()
        with Hospital(folder, now=clock("10:50")) as hospital:
            for message in dice.sample(messages, len(messages)) if way == "in turns" else messages:
                hospital.take(message)
                if way == "in turns" and dice.random() < 0.7:
                    turns: list[Callable[[], Tally]] = [partial(turn, hospital, after) for after in (0, 0.3, 1.1, 2.5)]
                    dice.choice([hospital.apply, *turns])()
            turn(hospital, 2.1)
            assert hospital.site.store.due("charts") == 0
            charts.append(stands(hospital))
    assert charts[0]
    assert charts[1:] == charts[:1] * 3


def stands(hospital: Hospital) -> list[tuple[str, ...]]:
    """What stands at the destination, without what belongs to plans."""
    courses = sorted(row.course for row in hospital.site.store.courses())
    found = [
        (hospital.site.store.course(course).patient, one["resourceType"], one["id"], str(one))
        for course in courses
        for one in (read(row.confirmed) for row in hospital.rows(course) if row.confirmed)
        if one["resourceType"] not in ("Provenance", "DetectedIssue") and one.get("status") != "entered-in-error"
    ]
    return sorted(found)
