"""What faults of a server do to charts: nothing is lost, nothing is doubled, and the ledger says what is there."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.course.building import continuous, drugs, export, left
from tests.hospital import journey
from tests.servers.faulty import (
    Fault,
    FaultyServer,
    cut,
    error_after_commit,
    html,
    lost_answer,
    refuse,
    running_faulty,
    slow,
    slow_answer,
    status,
)
from tests.servers.journey import Clinic, Reader, untrue

KINDS: dict[str, dict[str, Any]] = {
    "ours": {},
    "ours singly": {"transactions": False},
    "theirs": {"update_create": False},
    "theirs singly": {"update_create": False, "transactions": False},
}
PATIENCE = 0.4
COMMONS_AND_COURSES = 3


def clinic_at(server: FaultyServer, folder: Path, **settings: Any) -> Clinic:
    return Clinic(folder, server.base_url, "faulty", **{"timeout_seconds": PATIENCE, **settings})


@pytest.fixture(params=KINDS)
def server(request: pytest.FixtureRequest) -> Iterator[FaultyServer]:
    with running_faulty(checks_references=True, **KINDS[request.param]) as running:
        yield running


@pytest.fixture
def clinic(server: FaultyServer, tmp_path: Path) -> Iterator[Clinic]:
    with clinic_at(server, tmp_path) as made:
        made.take(*journey("0[15]*.json"))
        yield made


def begun(patient: str, serial: str, **parts: Any) -> dict[str, Any]:
    """An implant session of a small pump."""
    person = {"identifier": patient, "system": "MRN"}
    pump = {"manufacturer": "Invented Pumps", "model": "IP-40", "serial": serial}
    state = left("2025-03-03T10:30+00:00", continuous(), drugs=drugs())
    at = "2025-03-03T10:00+00:00"
    return export(at, state, end="2025-03-03T10:40+00:00", update="completed", patient=person, pump=pump, **parts)


def until_settled(clinic: Clinic, rounds: int = 40) -> list[tuple[str, str]]:
    """Run again and again, each time a minute later, until nothing is due; what was said on the way."""
    said: list[tuple[str, str]] = []
    for _ in range(rounds):
        said += clinic.said()
        if not clinic.site.store.due("charts"):
            return said
        clinic.clock.advance(timedelta(minutes=1))
    return [*said, ("never", "settled")]


def true_now(clinic: Clinic) -> None:
    """Everything is there once, and the ledger knows it."""
    assert untrue(clinic, Reader(clinic.url)) == []
    assert [row.code for row in clinic.site.store.parked()] == []
    assert len(list(clinic.site.store.courses())) + 1 == len({row.course for row in clinic.ledger()})


ONCE: dict[str, Fault] = {
    "lost answer": lost_answer(),
    "500 after commit": error_after_commit(),
    "503 after commit": error_after_commit(503),
    "cut": cut(),
    "refused connection": refuse(),
    "HTML": html(),
    "HTML that says 200": html(200),
    "slow answer": slow_answer(PATIENCE + 0.2),
    "slow": slow(PATIENCE + 0.2),
    "500": status(500),
    "502": status(502),
    "429": status(429, 1),
    "409": status(409),
}


@pytest.mark.parametrize("fault", ONCE)
@pytest.mark.parametrize("at", [1, 2, 3])
def test_one_fault_is_survived(clinic: Clinic, server: FaultyServer, fault: str, at: int) -> None:
    rule = server.fail(ONCE[fault], method="PUT|POST", path="^(?!.*_search)", at=at)
    said = until_settled(clinic)
    assert rule.hits == 1
    assert {status for status, _ in said} <= {"applied", "unreachable"}, said
    true_now(clinic)
