"""Whose chart it is at a FHIR server: exactly one active person, and never one whom the exports contradict."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.reconcile import PATIENT_PAUSE
from tests.course.building import continuous, drugs, export, left
from tests.hospital import Hospital
from tests.servers.faulty import FaultyServer, running_faulty

MRN = "https://hospital.invalid/sid/mrn"
STATED = {"identifier": "0000017", "system": "MRN", "family": "Müller-Lüdenscheidt", "birth_date": "1970-05-12"}


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with running_faulty() as running:
        yield running


def hospital(folder: Path, server: FaultyServer, patient: dict[str, str]) -> Hospital:
    made = Hospital(folder, f'kind = "fhir"\nurl = "{server.base_url}"\nmode = "live"\nopen_segment = "write"')
    at = left("2025-03-03T10:30+00:00", continuous(), drugs=drugs())
    body = export("2025-03-03T10:00+00:00", at, end="2025-03-03T10:50+00:00", update="completed")
    made.take({**body, "simulated": False, "patient": patient})
    return made


def person(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": "p1", "identifier": [{"system": MRN, "value": "0000017"}], **more}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"name": [{"family": "MULLER LUDENSCHEIDT"}], "birthDate": "1970-05-12"},
        {"name": [{"family": "Meier"}, {"family": "Müller-Lüdenscheidt"}], "birthDate": "1970"},
    ],
)
def test_what_does_not_contradict_is_matched(tmp_path: Path, server: FaultyServer, more: dict[str, Any]) -> None:
    server.seed(person(**more))
    with hospital(tmp_path, server, STATED) as made:
        assert made.apply().courses == {"applied": 2}
        (segment,) = made.standing(1, "MedicationAdministration")
        assert segment["subject"] == {"reference": "Patient/p1"}


@pytest.mark.parametrize("more", [{"name": [{"family": "Meier"}]}, {"birthDate": "1971-05-12"}])
def test_another_name_or_birth_date_vetoes(tmp_path: Path, server: FaultyServer, more: dict[str, Any]) -> None:
    server.seed(person(**more))
    with hospital(tmp_path, server, STATED) as made:
        assert [o.code for o in made.apply().outcomes] == ["patient-contradicts"]
        assert server.stored("MedicationAdministration") == []


def test_a_patient_who_was_missing_is_asked_for_again_by_itself(tmp_path: Path, server: FaultyServer) -> None:
    with hospital(tmp_path, server, STATED) as made:
        assert [o.code for o in made.apply().outcomes] == ["patient-not-found"]
        assert made.apply().courses == {}
        server.seed(person())
        made.clock.advance(PATIENT_PAUSE)
        assert made.apply().courses == {"applied": 1}
        assert made.site.store.parked("charts") == []


def test_a_label_nobody_configured_is_said_with_its_place_and_key_and_without_the_patient(
    tmp_path: Path, server: FaultyServer
) -> None:
    with hospital(tmp_path, server, {**STATED, "system": "Ward 7 number"}) as made:
        made.apply()
        (parked,) = made.site.store.parked("charts")
        assert parked.code == "patient-system-unknown"
        for named in ("patient/system", "`pumpbridge inspect FILE`", "[site.patient_systems]", "reread --apply"):
            assert named in parked.detail
        assert not [said for said in (*STATED.values(), "Ward 7") if said != "MRN" and said in parked.detail]
