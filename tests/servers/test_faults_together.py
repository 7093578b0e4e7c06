"""Several courses at one FHIR server at once: what one of them is told holds for all, and nobody waits for nothing."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.destinations.fhir_server import TOGETHER
from bridge.store.protocol import COMMONS
from tests.servers.faulty import lost_answer, running_faulty, status
from tests.servers.journey import KINDS, Clinic, implant, untrue
from tests.servers.test_faults import Sleeper

PUMPS = 12  # of thirteen courses three are claimed at once


def many(clinic: Clinic) -> None:
    """So many pumps, each in a patient of its own."""
    clinic.take(*(implant(f"{number:07d}", f"TX{number:06d}") for number in range(PUMPS)))


@pytest.mark.parametrize("at", [2, 3])  # the first and the second of those that go together; commons were before them
def test_what_one_of_several_was_told_holds_for_all_of_them(tmp_path: Path, at: int) -> None:
    with (
        running_faulty(checks_references=True) as server,
        Clinic(tmp_path, server.base_url, "together") as clinic,
    ):
        many(clinic)
        server.fail(status(429, 300), method="POST", path="^/$", at=at)
        said = clinic.said()
        assert said[-1] == ("unreachable", "throttled")
        assert server.requests[-1].status == 429
        assert clinic.site.store.rests_until("charts") == clinic.clock.now() + timedelta(seconds=300)
        asked = len(server.requests)
        clinic.clock.advance(timedelta(seconds=240))
        clinic.site.store.hurry("charts")
        assert clinic.said() == []
        assert len(server.requests) == asked
        clinic.clock.advance(timedelta(seconds=61))
        clinic.said()
        assert untrue(clinic) == []


@pytest.mark.parametrize("at", [1, 2, 3])  # commons alone, and the first and the second of those that go together
def test_a_lost_create_is_waited_for_before_anything_is_looked_at_or_sent(tmp_path: Path, at: int) -> None:
    """It may land after what is newer, and no version would keep it from that."""
    with running_faulty() as server, Clinic(tmp_path, server.base_url, "together", timeout_seconds=30) as clinic:
        many(clinic)
        sleeper = Sleeper(server)
        clinic.slept = sleeper  # type: ignore[assignment]
        server.fail(lost_answer(), method="POST", path="^/$", at=at)
        assert clinic.said() == [("applied", "")] * (PUMPS + 1)
        lost = next(number for number, seen in enumerate(server.requests, 1) if seen.fault)
        assert [(round(seconds), asked) for seconds, asked in sleeper.waits] == [(30, lost)]
        assert untrue(clinic) == []


def test_a_plan_that_no_longer_holds_waits_for_its_lost_create_too(tmp_path: Path) -> None:
    with running_faulty() as server, Clinic(tmp_path, server.base_url, "together", timeout_seconds=30) as clinic:
        many(clinic)
        reconciler = clinic.reconciler()
        reconciler.sender._quiet_since = time.monotonic() - 1000  # at work for long
        sleeper = Sleeper(server)
        clinic.slept = sleeper  # type: ignore[assignment]
        server.fail(lost_answer(), method="POST", path="^/$", at=2)
        holds = reconciler._still_holds
        reconciler._still_holds = lambda plan: bool(plan.course == COMMONS and holds(plan))  # type: ignore[method-assign]
        reconciler.run(apply=True)
        lost = next(number for number, seen in enumerate(server.requests, 1) if seen.fault)
        assert (round(sleeper.waits[0][0]), sleeper.waits[0][1]) == (30, lost)


@pytest.mark.parametrize("kind", KINDS)
def test_several_go_together_only_where_each_write_can_be_looked_at(tmp_path: Path, kind: str) -> None:
    able: dict[str, Any] = KINDS[kind]
    with (
        running_faulty(checks_references=True, **able) as server,
        Clinic(tmp_path, server.base_url, "together") as clinic,
    ):
        many(clinic)
        destination = clinic.site.destination("charts")
        assert destination.together == 1
        destination.capabilities()
        assert destination.together == (TOGETHER if not able else 1)
        assert clinic.said() == [("applied", "")] * (PUMPS + 1)
        assert clinic.slept == []  # nobody waits for what an ended process may have sent: there was none
        assert untrue(clinic) == []
