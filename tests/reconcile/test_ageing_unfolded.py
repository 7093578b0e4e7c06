"""A course that cannot be folded: what was confirmed there becomes unknown by its age, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge import charting
from tests.course.building import export, found
from tests.reconcile.test_ageing import ADA, statuses
from tests.servers.faulty import FaultyServer, running_faulty
from tests.servers.journey import Clinic, implant, untrue, written


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with running_faulty(checks_references=True) as running:
        yield running


@pytest.fixture
def clinic(server: FaultyServer, tmp_path: Path) -> Iterator[Clinic]:
    with Clinic(tmp_path, server.base_url, "unfolded") as made:
        made.take(implant(ADA))
        made.run()
        yield made


def fails(*given: Any, **named: Any) -> Any:
    """A fold with a fault of ours."""
    raise OverflowError("date value out of range")


def test_what_runs_becomes_unknown_though_the_fold_fails(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic.take(written(export("2025-08-03T10:00+01:00", found()), ADA))
    monkeypatch.setattr(charting, "fold", fails)
    assert clinic.said() == [("parked", "bug")]
    assert statuses(clinic, ADA) == {"in-progress"}
    before = clinic.server.versions(row.reference for row in clinic.ledger())
    clinic.clock.advance(timedelta(days=60))
    assert clinic.said() == [("parked", "bug")]
    assert statuses(clinic, ADA) == {"unknown"}
    moved = {
        r for r, v in clinic.server.versions(row.reference for row in clinic.ledger()).items() if before.get(r) != v
    }
    assert sorted(reference.split("/")[0] for reference in moved) == ["MedicationAdministration", "Provenance"]
    (body,) = [b for r, b in clinic.server.held(row.reference for row in clinic.ledger()).items() if "Administr" in r]
    assert "running since" not in body["text"]["div"]
    assert "whether it still runs is not known" in body["text"]["div"]
    assert body["statusReason"][0]["coding"][0]["code"] == "too-old"
    clinic.clock.advance(timedelta(days=1))
    assert clinic.said() in ([], [("parked", "bug")])
    monkeypatch.undo()
    clinic.site.store.unpark(clinic.site.store.parked()[0].destination, clinic.course_of(ADA))
    clinic.said()
    assert untrue(clinic) == []
    assert statuses(clinic, ADA) == {"unknown"}
