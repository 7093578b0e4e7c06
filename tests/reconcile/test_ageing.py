"""A parked course: what runs there becomes unknown when it is too old, and nothing else of it goes out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.course.building import continuous, drugs, export, found, left
from tests.servers.faulty import FaultyServer, lost_answer, running_faulty, status
from tests.servers.journey import Clinic, implant, untrue, written

ADA, BEN = "0000017", "0000018"


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with running_faulty(checks_references=True) as running:
        yield running


@pytest.fixture
def clinic(server: FaultyServer, tmp_path: Path) -> Iterator[Clinic]:
    with Clinic(tmp_path, server.base_url, "ageing", patient="match", accept_simulated=False) as made:
        for number in (ADA, BEN):
            patient(made, number)
        made.take(implant(ADA, simulated=False))
        made.run()
        yield made


def patient(clinic: Clinic, number: str, *, active: bool = True) -> None:
    identifiers = [{"system": clinic.mrn, "value": number}]
    clinic.server.put({"resourceType": "Patient", "id": f"p{number}", "active": active, "identifier": identifiers})


def statuses(clinic: Clinic, number: str) -> set[str]:
    rows = [r for r in clinic.ledger() if r.course == clinic.course_of(number) and r.type == "MedicationAdministration"]
    return {str(body["status"]) for body in clinic.server.held(row.reference for row in rows).values()}


def test_what_runs_becomes_unknown_though_its_patient_is_not_found(clinic: Clinic) -> None:
    patient(clinic, ADA, active=False)
    before = clinic.server.versions(row.reference for row in clinic.ledger())
    clinic.clock.advance(timedelta(days=60))
    assert clinic.said() == [("parked", "patient-inactive")]
    assert statuses(clinic, ADA) == {"unknown"}
    after = clinic.server.versions(row.reference for row in clinic.ledger())
    moved = {reference for reference, version in after.items() if before.get(reference) != version}
    assert sorted(reference.split("/")[0] for reference in moved) == ["MedicationAdministration", "Provenance"]
    assert untrue(clinic) == []
    assert [row.code for row in clinic.site.store.parked()] == ["patient-inactive"]
    clinic.clock.advance(timedelta(days=60))
    assert clinic.said() == [("parked", "patient-inactive")]
    assert clinic.server.versions(row.reference for row in clinic.ledger()) == after

    patient(clinic, ADA)
    clinic.clock.advance(timedelta(hours=1))
    assert clinic.said()[0][0] in ("applied", "unchanged")
    assert statuses(clinic, ADA) == {"unknown"}
    assert untrue(clinic) == []


def test_what_runs_becomes_unknown_while_its_serial_is_in_two_patients(clinic: Clinic) -> None:
    clinic.take(implant(BEN, simulated=False))
    assert set(clinic.said()) == {("parked", "serial-on-two-patients")}
    assert statuses(clinic, ADA) == {"in-progress"}
    clinic.clock.advance(timedelta(days=60))
    assert clinic.said() == [("parked", "serial-on-two-patients")]
    assert statuses(clinic, ADA) == {"unknown"}
    assert statuses(clinic, BEN) == set()


def test_a_lost_answer_loses_nothing_and_doubles_nothing(clinic: Clinic, server: FaultyServer) -> None:
    patient(clinic, ADA, active=False)
    clinic.clock.advance(timedelta(days=60))
    server.fail(lost_answer(), method="POST", path="^/$", times=4)
    assert clinic.said() == [("parked", "patient-inactive")]
    assert statuses(clinic, ADA) == {"unknown"}
    assert untrue(clinic) == []


@pytest.mark.parametrize("transactions", [True, False])
def test_what_could_not_be_sent_is_sent_later(tmp_path: Path, transactions: bool) -> None:
    with (
        running_faulty(checks_references=True, transactions=transactions) as server,
        Clinic(tmp_path, server.base_url, "ageing", patient="match", accept_simulated=False) as clinic,
    ):
        patient(clinic, ADA)
        clinic.take(implant(ADA, simulated=False))
        clinic.run()
        patient(clinic, ADA, active=False)
        clinic.clock.advance(timedelta(days=60))
        server.fail(status(500), method="PUT|POST", path="^/$" if transactions else "^/Provenance", times=None)
        assert clinic.said() == [("unreachable", "no-answer")]
        server.heal()
        clinic.clock.advance(timedelta(minutes=10))
        assert clinic.said() == [("parked", "patient-inactive")]
        assert statuses(clinic, ADA) == {"unknown"}
        patient(clinic, ADA)
        clinic.clock.advance(timedelta(hours=1))
        assert clinic.said()[-1][0] == ("unchanged" if transactions else "applied")
        assert len([row for row in clinic.ledger() if row.type == "Provenance"]) == 2
        assert untrue(clinic) == []


def test_what_a_new_export_says_does_not_go_out_with_it(clinic: Clinic) -> None:
    after = left("2025-08-03T10:30+01:00", continuous("300.00"), drugs=drugs())
    newer = export("2025-08-03T10:00+01:00", found(), after, end="2025-08-03T10:40+01:00", update="completed")
    patient(clinic, ADA, active=False)
    clinic.take(written(newer, ADA, simulated=False))
    assert clinic.said() == [("parked", "patient-inactive")]
    assert statuses(clinic, ADA) <= {"in-progress", "unknown"}
    assert not any("300.00" in row.confirmed.decode() for row in clinic.ledger())


def test_what_somebody_else_changed_does_not_age(clinic: Clinic) -> None:
    (row,) = [r for r in clinic.ledger() if r.type == "MedicationAdministration"]
    clinic.server.edit(row.reference, status="on-hold")
    assert [outcome.code for outcome in clinic.reconciler().verify()] == ["contested"]
    clinic.clock.advance(timedelta(days=60))
    assert clinic.said() == [("parked", "contested")]
    assert statuses(clinic, ADA) == {"on-hold"}
