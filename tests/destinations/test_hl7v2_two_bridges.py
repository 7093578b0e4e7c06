"""One bridge tells another by HL7 v2: what the first takes back holds at the second no more, and nobody has to act."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.wire.mllp import framed
from tests.destinations.hl7v2_receiving import Receiver
from tests.destinations.test_hl7v2_journey import place, session
from tests.hospital import Hospital
from tests.sources.mllp_serving import serving

BEN = "0051777"
SYSTEM = "https://hospital.invalid/sid/mrn"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as one:
        yield one


@pytest.fixture
def first(tmp_path: Path, receiver: Receiver) -> Iterator[Hospital]:
    """The bridge that tells."""
    with bridge(tmp_path / "first", place(receiver)) as made:
        yield made


@pytest.fixture
def second(tmp_path: Path) -> Iterator[Hospital]:
    """The bridge that is told, with a folder of charts."""
    with bridge(tmp_path / "second") as made:
        yield made


@contextmanager
def bridge(folder: Path, destination: str = "") -> Iterator[Hospital]:
    folder.mkdir()
    with Hospital(folder, destination) as made:
        yield made


def told(first: Hospital, receiver: Receiver, *, minutes: int = 10) -> list[bytes]:
    """What the first bridge tells now, some minutes after what it told before."""
    before = len(receiver.told)
    first.clock.advance(timedelta(minutes=minutes))
    assert set(first.apply(large=True).courses) <= {"applied", "unchanged"}
    return [framed(content) for content in receiver.told[before:]]


def hear(second: Hospital, messages: list[bytes]) -> None:
    """Let the second bridge take messages in, and chart them."""
    receipts = second.take(*messages)
    assert {receipt.outcome for receipt in receipts} <= {"accepted"}
    second.clock.advance(timedelta(minutes=10))
    second.apply(large=True)
    assert second.site.store.parked() == []


def daily(second: Hospital, course: int = 1) -> list[str]:
    """The daily doses of what runs by the chart of a course, or ran."""
    found = second.standing(course, "MedicationAdministration")
    return [str(one["dosage"]["rateQuantity"]["value"]) for one in found]


def standing(second: Hospital, course: int = 1) -> set[str]:
    """The types of what stands of a course; Provenance stays, and what was in error says so."""
    kinds = {one["resourceType"] for one in second.chart(course).values()} - {"Provenance"}
    return {kind for kind in kinds if second.standing(course, kind)}


def test_what_is_withdrawn_there_stands_here_no_more(first: Hospital, second: Hospital, receiver: Receiver) -> None:
    kept, wrong = first.take(session("2025-03-03"), session("2025-05-05", "500.00", before="400.00"))
    hear(second, told(first, receiver))
    assert sorted(daily(second)) == ["400.00", "500.00"]
    first.site.store.withdraw(wrong.sha256, "a nurse", "a test print", first.clock.now())
    (back,) = told(first, receiver)
    hear(second, [back])
    assert daily(second) == ["400.00"]
    assert second.plan() == []
    assert [held.session for held in second.site.store.held(1)] == ["2025-03-03 10:00+00:00/1"]
    first.site.store.withdraw(kept.sha256, "a nurse", "this one too", first.clock.now())
    hear(second, told(first, receiver))
    assert standing(second) == set()


def test_what_is_assigned_to_another_patient_there_is_here(
    first: Hospital, second: Hospital, receiver: Receiver
) -> None:
    (receipt,) = first.take(session("2025-03-03"))
    hear(second, told(first, receiver))
    first.site.store.assign(receipt.sha256, BEN, SYSTEM, "a nurse", "the wrong head", first.clock.now())
    hear(second, told(first, receiver))
    assert (standing(second, 1), daily(second, 2)) == (set(), ["400.00"])
    assert [course.live for course in second.site.store.courses()] == [0, 1]


def test_what_is_told_again_after_it_was_taken_back_holds(
    first: Hospital, second: Hospital, receiver: Receiver
) -> None:
    (receipt,) = first.take(session("2025-03-03"))
    messages = told(first, receiver)
    first.site.store.withdraw(receipt.sha256, "a nurse", "wrong pump", first.clock.now())
    messages += told(first, receiver)
    first.take(session("2025-03-03", "450.00"))
    messages += told(first, receiver)
    assert len(messages) == 3
    hear(second, messages[:1])
    hear(second, messages[1:2])
    assert standing(second) == set()
    hear(second, messages[2:])
    assert daily(second) == ["450.00"]


def test_in_whatever_order_they_come(first: Hospital, receiver: Receiver, tmp_path: Path) -> None:
    _, wrong = first.take(session("2025-03-03"), session("2025-05-05", "500.00", before="400.00"))
    messages = told(first, receiver)
    first.site.store.withdraw(wrong.sha256, "a nurse", "a test print", first.clock.now())
    messages += told(first, receiver)
    charts: list[Any] = []
    for number, order in enumerate(itertools.permutations(messages)):
        with bridge(tmp_path / str(number)) as second:
            for message in order:
                hear(second, [message])
            charts.append((daily(second), sorted(standing(second)), second.site.store.course(1).live))
    assert all(chart == charts[0] for chart in charts)
    assert charts[0][0] == ["400.00"]


def test_a_person_may_withdraw_what_takes_back(first: Hospital, second: Hospital, receiver: Receiver) -> None:
    (receipt,) = first.take(session("2025-03-03"))
    hear(second, told(first, receiver))
    first.site.store.withdraw(receipt.sha256, "a nurse", "wrong pump", first.clock.now())
    (back,) = told(first, receiver)
    (taken,) = second.take(back)
    second.apply(large=True)
    assert standing(second) == set()
    second.site.store.withdraw(taken.sha256, "a nurse", "it was right", second.clock.now())
    second.apply(large=True)
    assert daily(second) == ["400.00"]


def test_a_real_listener_acknowledges_what_takes_back(tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    with serving(tmp_path / "second") as second, bridge(tmp_path / "first") as first:
        port = second.address[1]
        first.write_config(
            f'kind = "hl7v2"\nhost = "127.0.0.1"\nport = {port}\nenvironment = "test"\naccept_simulated = true\n'
            'timeout_seconds = 5\nstart_horizon = 2020-01-01\nmode = "live"'
        )
        first.reopen()
        (receipt,) = first.take(session("2025-03-03"))
        first.apply()
        assert [course.live for course in second.store.courses()] == [1]
        first.site.store.withdraw(receipt.sha256, "a nurse", "wrong pump", first.clock.now())
        first.clock.advance(timedelta(minutes=1))
        first.apply()
        assert first.site.store.parked() == []
        assert [course.live for course in second.store.courses()] == [0]
        (course,) = second.store.courses()
        assert second.store.markers(course.pump) == []
