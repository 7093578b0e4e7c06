"""Which Device a pump is, from the reconciler's side: what it asks for, and what parks its course."""

from __future__ import annotations

from pathlib import Path

from bridge.reconcile import PATIENT_PAUSE
from tests.course.building import continuous, drugs, export, left
from tests.hospital import Hospital
from tests.servers.faulty import FaultyServer, running_faulty

PATIENT = {"resourceType": "Patient", "id": "p1", "identifier": [
    {"system": "https://hospital.invalid/sid/mrn", "value": "0000017"}
]}  # fmt: skip
SETTINGS = 'mode = "live"\nopen_segment = "write"\ndevices = "match"'


def hospital(folder: Path, server: FaultyServer, extra: str = "") -> Hospital:
    made = Hospital(folder, f'kind = "fhir"\nurl = "{server.base_url}"\n{SETTINGS}\n{extra}')
    server.seed(PATIENT)
    made.take({**session("2025-03-03"), "simulated": False})
    return made


def session(day: str) -> dict[str, object]:
    at = left(f"{day}T10:30+00:00", continuous(), drugs=drugs())
    return export(f"{day}T10:00+00:00", at, end=f"{day}T10:50+00:00", update="completed")


def test_a_server_that_cannot_search_devices_parks(tmp_path: Path) -> None:
    by_reference = 'patient = "reference"'
    with running_faulty(searches=("_id", "patient")) as server, hospital(tmp_path, server, by_reference) as made:
        assert [o.code for o in made.apply().outcomes] == ["device-not-searchable"]
        assert server.stored("Observation") == []


def test_a_duplicate_that_was_removed_is_noticed_without_being_asked(tmp_path: Path) -> None:
    with running_faulty() as server, hospital(tmp_path, server) as made:
        twins = [{"resourceType": "Device", "id": id, "serialNumber": "TX000001", "identifier": [
            {"value": "TX000001"}]} for id in ("d1", "d2")]  # fmt: skip
        server.seed(*twins)
        assert [o.code for o in made.apply().outcomes] == ["device-ambiguous"]
        assert made.apply().courses == {}
        server.seed({**twins[1], "status": "entered-in-error"})
        made.clock.advance(PATIENT_PAUSE)
        assert made.apply().courses == {"applied": 1}
        (use,) = made.standing(1, "DeviceUseStatement")
        assert use["device"] == {"reference": "Device/d1"}


def test_a_new_export_changes_only_its_tail(tmp_path: Path) -> None:
    with running_faulty() as server, hospital(tmp_path, server) as made:
        server.seed({"resourceType": "Device", "id": "d1", "serialNumber": "TX000001", "identifier": [
            {"value": "TX000001"}]})  # fmt: skip
        made.apply()
        first = {row.key: row.version for row in made.rows(1)}
        made.take({**session("2025-04-03"), "simulated": False})
        assert made.apply().courses == {"applied": 1}
        later = {row.key: row.version for row in made.rows(1) if row.key in first}
        assert [key for key in later if key.startswith("summary") and later[key] != first[key]] == []
        assert all(use["device"] == {"reference": "Device/d1"} for use in made.standing(1, "DeviceUseStatement"))
