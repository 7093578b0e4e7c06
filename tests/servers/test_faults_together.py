"""Several courses at one FHIR server at once: what one of them is told holds for all, and nobody waits for nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.destinations.fhir_server import TOGETHER
from tests.servers.faulty import running_faulty, status
from tests.servers.journey import KINDS, Clinic, implant, untrue

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
