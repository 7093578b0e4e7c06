"""Charts in R5 where they go: a server of R5, a folder; a server of another version is sent nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.chart.retraction import is_retracted
from bridge.fhir_json import Json, read
from fhir_profiles.checks import TYPES_OF, check
from fhir_profiles.structure import Structure
from tests.hospital import Hospital, journey
from tests.servers.capabilities import R5_TYPES
from tests.servers.faulty import running_faulty
from tests.servers.journey import KINDS, PERSON, Clinic, sha, untrue
from tests.ward import DAY

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
R5: dict[str, Any] = {"fhir": "5.0.0", "types": R5_TYPES}


@contextmanager
def clinic_at_r5(folder: Path, **can: Any) -> Iterator[Clinic]:
    with (
        running_faulty(checks_references=True, **R5, **can) as server,
        Clinic(folder, server.base_url, "clinic", fhir_version="R5") as clinic,
    ):
        yield clinic


@pytest.mark.parametrize("kind", KINDS)
def test_the_whole_journey_in_r5(tmp_path: Path, kind: str) -> None:
    with clinic_at_r5(tmp_path, **KINDS[kind]) as clinic:
        for step in ("*.json", "late/*.json", "corrected/*.json"):
            clinic.take(*journey(step))
            assert {status for status, _ in clinic.said()} == {"applied"}
            assert untrue(clinic) == []
        for wrong in journey("*cleo*.json"):  # with every export of it, a whole course is taken back
            clinic.site.store.withdraw(sha(wrong), *PERSON, clinic.clock.now())
        assert {status for status, _ in clinic.said()} == {"applied"}
        assert untrue(clinic) == []
        assert clinic.run() == []
        assert clinic.reconciler().verify() == []
        bodies = sound(clinic)
    taken_back = {body["resourceType"] for body in bodies if is_retracted(body)}
    assert taken_back >= {"DeviceUsage", "DeviceAssociation", "Device", "DocumentReference", "MedicationAdministration"}
    assert {body["resourceType"] for body in bodies} == TYPES_OF["R5"] - {"Communication"}


def test_a_destination_that_goes_over_to_r5_is_asked_anew_what_it_takes(tmp_path: Path) -> None:
    with running_faulty() as four, running_faulty(**R5) as five, Clinic(tmp_path, four.base_url, "clinic") as clinic:
        clinic.run()
        assert clinic.site.place("charts").capability.departures == ()
        clinic.reconfigure(five.base_url, fhir_version="R5")
        clinic.take(*journey("01*.json"))
        clinic.run(mapping=True)
        assert clinic.site.place("charts").capability.departures == ()
        assert {"DeviceUsage", "DeviceAssociation"} <= {row.type for row in clinic.ledger()}


def test_a_server_of_r5_that_takes_nothing_of_r5_is_not_remembered(tmp_path: Path) -> None:
    with clinic_at_r5(tmp_path / "a") as clinic, running_faulty(fhir="5.0.0", types=("Communication",)) as server:
        clinic.reconfigure(server.base_url)
        clinic.take(*journey("01*.json"))
        assert {code for _, code in clinic.said()} == {"destination-takes-nothing"}
        assert clinic.site.store.taken("charts") == ""
        clinic.reopen()


def test_plans_say_the_same_of_themselves_in_both_versions(tmp_path: Path) -> None:
    found = [journeyed(tmp_path / "four", "R4"), journeyed(tmp_path / "five", "R5", **R5)]
    assert found[0] == found[1]
    assert found[0]["amendment", "confirmed"] > 0


def journeyed(folder: Path, version: str, **can: Any) -> Counter[tuple[str, str]]:
    """How many resources of each kind stand where after the journey, those aside that one version alone has."""
    with running_faulty(**can) as server, Clinic(folder, server.base_url, "clinic", fhir_version=version) as clinic:
        for step in ("*.json", "late/*.json", "corrected/*.json"):
            clinic.take(*journey(step))
            clinic.run()
        rows = [(row.key.partition("|")[0], row.state) for row in clinic.ledger()]
    return Counter((kind.replace("usage", "use"), state) for kind, state in rows if kind != "association")


def test_a_hospital_pumps_day_in_r5(tmp_path: Path) -> None:
    with clinic_at_r5(tmp_path) as clinic:
        clinic.clock.advance(NOON - clinic.clock.now())
        for content in DAY.values():
            clinic.take(content)
            clinic.said()
        assert untrue(clinic) == []
        assert clinic.run() == []
        given = [body for body in sound(clinic) if body["resourceType"] == "MedicationAdministration"]
    assert given
    assert all(body["occurencePeriod"]["start"] for body in given)


def sound(clinic: Clinic) -> list[Json]:
    """Everything that was confirmed, each in R5 by our rules and by the library."""
    structure = Structure(always=True)
    bodies: list[Json] = [read(row.confirmed) for row in clinic.ledger()]
    for body in bodies:
        assert (check(body, "R5"), structure.check(body, "R5")) == ((), ()), body["resourceType"]
    return bodies


@pytest.mark.parametrize(
    ("written", "can", "code"), [("R4", R5, "destination-not-r4"), ("R5", {}, "destination-not-r5")]
)
def test_a_server_of_the_other_version_is_sent_nothing(tmp_path: Path, written: str, can: Any, code: str) -> None:
    with (
        running_faulty(**can) as server,
        Clinic(tmp_path, server.base_url, "clinic", fhir_version=written) as clinic,
    ):
        clinic.take(*journey())
        assert {found for _, found in clinic.said()} == {code}
        assert {seen.method for seen in server.requests} == {"GET"}
        assert {row.confirmed for row in clinic.ledger()} <= {b""}


def test_what_is_running_ages_in_r5(tmp_path: Path) -> None:
    with clinic_at_r5(tmp_path) as clinic:
        clinic.take(*journey("0[12]*.json"))
        clinic.run()
        assert "in-progress" in states(clinic)
        clinic.clock.advance(timedelta(days=400))
        clinic.run()
        assert "in-progress" not in states(clinic)
        assert untrue(clinic) == []


def states(clinic: Clinic) -> set[str]:
    return {str(read(row.confirmed)["status"]) for row in clinic.ledger() if row.type == "MedicationAdministration"}


# --- a folder, and a change of version --------------------------------------------------------------------------------

FOLDER = 'kind = "folder"\npath = "charts"\nenvironment = "test"\naccept_simulated = true\nfhir_version = "{}"'


def test_another_version_is_a_mapping_change_that_waits_for_a_person(tmp_path: Path) -> None:
    with Hospital(tmp_path, FOLDER.format("R4")) as hospital:
        hospital.take(*journey())
        hospital.apply()
        before = there(tmp_path)
        hospital.write_config(FOLDER.format("R5"))
        hospital.reopen()
        assert {outcome.code for outcome in hospital.apply().outcomes} == {"mapping"}
        assert there(tmp_path) == before
        assert set(hospital.apply(mapping=True, large=True).courses) == {"applied"}
        assert hospital.apply().outcomes == []
        after = there(tmp_path)
    new = {name.partition("-")[0] for name in set(after) - set(before)}
    assert new == {"DeviceUsage", "DeviceAssociation", "Provenance"}  # and no note that anything was taken back
    for name, body in after.items():
        if name.startswith("DeviceUseStatement"):
            assert is_retracted(body)
            continue
        if not name.startswith(("Provenance", "Patient", "DetectedIssue")):  # a plan's notes stay as they were written
            assert check(body, "R5") == (), name


def there(folder: Path) -> dict[str, Json]:
    return {path.name: read(path.read_bytes()) for path in sorted((folder / "charts").rglob("*.json"))}
