"""Servers that do not take every type: the demonstration's journey through the product, read back from the server.

Each small server can do what a shipped CapabilityStatement says, and refuses everything else (405): see statements.py.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.chart import administration
from bridge.chart.capability import CapabilityPlan
from bridge.chart.sheet import KINDS, kind_of
from bridge.daemon import Turns
from bridge.errors import ConfigError
from bridge.fhir_json import Json, canonical, read
from bridge.members import Line
from tests.hospital import JOURNEY, NOW, Hospital, journey
from tests.servers.faulty import FaultyServer
from tests.servers.journey import PERSON, Clinic, implant, sha, untrue
from tests.servers.statements import NAMES, path_of, running_like, with_updates
from tests.ward import DAY

ADA = "0048213"
BEN = "0000018"


@pytest.fixture(params=NAMES)
def server(request: pytest.FixtureRequest) -> Iterator[FaultyServer]:
    with running_like(request.param) as running:
        yield running


@pytest.fixture
def clinic(server: FaultyServer, tmp_path: Path) -> Iterator[Clinic]:
    with Clinic(tmp_path, server.base_url, "clinic", patient="match") as made:
        made.take(*journey())
        for patient in {row.patient for row in made.site.store.courses()}:
            server.seed(person(made, patient))
        yield made


def person(clinic: Clinic, patient: str) -> Json:
    return {
        "resourceType": "Patient", "id": f"p{patient}", "active": True,
        "identifier": [{"system": clinic.mrn, "value": patient}],
    }  # fmt: skip


def plan_of(clinic: Clinic) -> CapabilityPlan:
    return clinic.site.place("charts").capability


def there(server: FaultyServer, *kinds: str) -> list[Json]:
    """What the server holds of these types."""
    return [read(body) for kind in kinds for body in server.stored(kind)]


def standing(clinic: Clinic, kind: str) -> list[Json]:
    """What the server holds of one of our kinds and is not entered in error."""
    rows = [row for row in clinic.ledger() if kind_of(row.key) == kind]
    found = clinic.server.held(row.reference for row in rows)
    return [body for body in found.values() if body["status"] != "entered-in-error"]


def test_the_whole_journey_is_there_and_nothing_is_refused(clinic: Clinic, server: FaultyServer) -> None:
    assert {status for status, _ in clinic.said()} <= {"applied", "unchanged"}
    assert untrue(clinic) == []
    assert [seen.path for seen in server.requests if seen.status in (404, 405) and seen.method != "GET"] == []
    assert clinic.run() == []
    taken = plan_of(clinic)
    for row in clinic.ledger():
        assert not row.course or row.type == taken.told_as(KINDS[kind_of(row.key)])
    native = {"delivery", "programme", "fill", "implant", "use", "summary", "pump-present", "document"}
    kinds = {kind_of(row.key) for row in clinic.ledger()}
    assert {kind for kind in native if taken.told_as(KINDS[kind])} <= kinds


def test_no_reference_is_loose(clinic: Clinic, server: FaultyServer) -> None:
    clinic.run()
    held = {f"{body['resourceType']}/{body['id']}" for body in there(server, *server.memory.can.types)}
    for row in clinic.ledger():
        body = clinic.server.get(row.reference)
        assert set(literal(body)) <= held, row.key


def literal(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from literal(item)


def test_what_runs_is_preliminary_with_its_rate_and_says_when_it_was_confirmed(clinic: Clinic) -> None:
    clinic.run()
    running = [one for one in standing(clinic, "delivery") if administration.state(one) == "in-progress"]
    assert running
    for body in running:
        assert body["status"] == "preliminary"
        assert "end" not in body["effectivePeriod"]
        assert body["valueQuantity"]["value"] > 0
        assert [one["url"].rpartition("/")[2] for one in body["extension"]] == ["last-confirmed"]
    ended = [one for one in standing(clinic, "delivery") if administration.state(one) == "completed"]
    assert ended
    assert {one["status"] for one in ended} == {"final"}


def test_late_corrected_and_withdrawn_exports_amend_and_retract_it(clinic: Clinic) -> None:
    clinic.run()
    for step in ("late/*.json", "corrected/*.json"):
        clinic.take(*journey(step))
        assert {status for status, _ in clinic.said()} == {"applied"}
        assert untrue(clinic) == []
    wrong = sha(JOURNEY / (JOURNEY / "withdrawn.txt").read_text().strip())
    clinic.site.store.withdraw(wrong, *PERSON, clinic.clock.now())
    assert {status for status, _ in clinic.said()} == {"applied"}
    assert untrue(clinic) == []
    retracted = [clinic.server.get(row.reference) for row in clinic.ledger() if row.state == "retracted"]
    assert retracted
    for body in retracted:
        assert body["status"] == "entered-in-error"
        assert "Entered in error" in body["text"]["div"]
    (note, *_) = standing(clinic, "amendment")
    assert note["resourceType"] == plan_of(clinic).told_as("DetectedIssue")
    assert clinic.run() == []


def test_an_export_of_another_patient_goes_to_him_and_blocks_nobody(server: FaultyServer, tmp_path: Path) -> None:
    with Clinic(tmp_path, server.base_url, "clinic", patient="match") as clinic:
        for patient in (ADA, BEN):
            server.seed(person(clinic, patient))
        wrong = implant(ADA)
        clinic.take(wrong)
        clinic.run()
        clinic.site.store.assign(sha(wrong), BEN, clinic.mrn, *PERSON, clinic.clock.now())
        assert clinic.said() == [("applied", "")] * 2
        assert clinic.site.store.parked() == []
        assert [one["status"] for one in standing(clinic, "delivery")] == ["preliminary"]
        assert untrue(clinic) == []


def test_a_day_of_a_hospital_pump_takes_nothing_back(server: FaultyServer, tmp_path: Path) -> None:
    """A bolus that is complete states its dose first, and its rate all the same."""
    with Clinic(tmp_path, server.base_url, "clinic", patient="match") as clinic:
        clinic.clock.advance(datetime(2026, 3, 2, 12, tzinfo=UTC) - clinic.clock.now())
        for patient in (ADA, "0073311"):
            server.seed(person(clinic, patient))
        for message in DAY.values():
            clinic.take(message)
            assert {status for status, _ in clinic.said()} <= {"applied", "unchanged"}
        assert standing(clinic, "bolus")
        assert standing(clinic, "amendment") == []


def test_a_lost_store_finds_everything_there_and_moves_nothing(clinic: Clinic, tmp_path: Path) -> None:
    clinic.run()
    rows = clinic.ledger(notes=False)
    before = clinic.server.versions(row.reference for row in rows)
    with Clinic(tmp_path / "again", clinic.url, clinic.name, patient="match") as again:
        again.take(*journey())
        assert {status for status, _ in again.said()} <= {"applied", "unchanged"}
        found = again.ledger(notes=False)
        assert [(row.key, row.confirmed, row.version) for row in found] == [
            (row.key, row.confirmed, row.version) for row in rows
        ]
    assert clinic.server.versions(row.reference for row in rows) == before


def test_what_is_too_old_to_be_called_running_is_said_so_of_a_parked_course(
    clinic: Clinic, server: FaultyServer
) -> None:
    clinic.run()
    course = clinic.course_of(ADA)
    running = [row for row in clinic.ledger() if row.course == course and administration.runs(row.type, row.confirmed)]
    assert running
    server.seed({**person(clinic, ADA), "active": False})
    clinic.clock.advance(timedelta(days=300))
    clinic.site.store.hurry("charts")
    outcomes = {outcome.course: outcome for outcome in clinic.run()}
    assert (outcomes[course].status, outcomes[course].code) == ("parked", "patient-inactive")
    for row in running:
        body = clinic.server.get(row.reference)
        assert administration.state(body) == "unknown"
        assert body["status"] == "preliminary"
        assert "whether it still runs is not known" in body["text"]["div"]


# --- when it is asked, and what a change does -------------------------------------------------------------------------


def test_it_is_asked_once_and_a_change_of_what_it_takes_waits_for_a_person(tmp_path: Path) -> None:
    with running_like("like-epic-r4") as server, Clinic(tmp_path, server.base_url, "clinic", patient="match") as clinic:
        clinic.take(implant(ADA))
        server.seed(person(clinic, ADA))
        assert {status for status, _ in clinic.said()} == {"applied", "unchanged"}
        clinic.reopen()
        clinic.run()
        asked = [seen for seen in server.requests if seen.path == "/metadata"]
        server.memory.can = replace(server.memory.can, read_only=(), statement=with_updates(server))
        clinic.reopen()
        assert clinic.run() == []
        clinic.site.learnt("charts")
        assert plan_of(clinic).sends("MedicationAdministration")
        assert ("waiting", "mapping") in clinic.said()
        assert ("applied", "") in clinic.said(mapping=True)
        assert untrue(clinic) == []
        kinds = {(kind_of(row.key), row.type): row.state for row in clinic.ledger()}
        assert kinds["delivery", "MedicationAdministration"] == "confirmed"
        assert kinds["delivery", "Observation"] == "retracted"
        assert clinic.run() == []
        assert len(asked) <= 2


def test_what_was_done_while_check_asked_is_planned_again_by_a_running_daemon(tmp_path: Path) -> None:
    with running_like("like-epic-r4") as server, Clinic(tmp_path, server.base_url, "clinic", patient="match") as clinic:
        clinic.take(implant(ADA))
        server.seed(person(clinic, ADA))
        with clinic.opened() as daemon, a_line() as line:
            turns = Turns("charts", True, line)
            turns.take(daemon)
            older = turns._current(daemon)
            server.memory.can = replace(server.memory.can, read_only=(), statement=with_updates(server))
            clinic.reopen()
            clinic.site.learnt("charts")
            assert clinic.site.store.due("charts") > 0
            older.run(apply=True)  # it had not looked for what is taken there yet
            turns.take(daemon)
            plan = clinic.site.store.plan("charts", 1)
            assert plan is not None
            assert plan.waits == "mapping"


@contextmanager
def a_line() -> Iterator[Line]:
    """How a process hears its parent, which says nothing."""
    hear, cue = os.pipe()
    try:
        yield Line(hear, cue)
    finally:
        os.close(hear)
        os.close(cue)


def test_a_plan_is_made_offline_and_nothing_is_sent_before_the_server_was_asked(tmp_path: Path) -> None:
    with running_like("like-epic-r4") as server:
        url = server.base_url
    with Clinic(tmp_path, url, "clinic", patient="reference") as clinic:
        clinic.take(implant(ADA))
        assert {outcome.status for outcome in clinic.run(apply=False)} == {"planned"}
        assert clinic.site.store.taken("charts") == ""
        assert {outcome.status for outcome in clinic.run()} == {"unreachable"}
        assert clinic.asked("SELECT count(*) FROM plan WHERE begun = 1") == [(0,)]


def test_a_statement_in_a_file_needs_no_server(tmp_path: Path) -> None:
    folder = 'kind = "folder"\npath = "charts"\nenvironment = "test"\naccept_simulated = true\ncapabilities = '
    place = f'{folder}"{path_of("like-epic-r4")}"'
    with Hospital(tmp_path, place, now=NOW) as hospital:
        hospital.take(implant(ADA))
        hospital.apply()
        (row,) = hospital.site.store.courses()
        types = {body["resourceType"] for body in hospital.chart(row.course).values()}
        assert types == {"Observation", "Procedure", "DocumentReference"}
        hospital.write_config(place.replace("like-epic-r4", "like-oracle-ddfs-r4"))
        hospital.reopen()
        assert ("waiting", "mapping") in [(one.status, one.code) for one in hospital.plan()]


def test_a_file_that_is_no_statement_or_takes_nothing_is_refused(tmp_path: Path) -> None:
    with Hospital(tmp_path) as hospital:
        for name, content in (("no.json", b"{}"), ("torn.json", b"{"), ("empty.json", canonical(nothing()))):
            (tmp_path / name).write_bytes(content)
            (tmp_path / name).chmod(0o600)
            hospital.write_config(f'kind = "folder"\npath = "charts"\ncapabilities = "{name}"')
            with pytest.raises(ConfigError) as refused:
                hospital.reopen()
            assert refused.value.code == "config-capabilities"
        hospital.write_config()


def nothing() -> Json:
    return {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": [{"mode": "server"}]}


def test_a_server_that_takes_nothing_of_a_chart_is_told_nothing_and_parks_nothing(tmp_path: Path) -> None:
    with running_like("like-epic-r4") as server, Clinic(tmp_path, server.base_url, "clinic", patient="match") as clinic:
        clinic.take(implant(ADA))
        server.seed(person(clinic, ADA))
        server.memory.can = replace(server.memory.can, statement={**nothing(), "software": {"name": "empty"}})
        assert clinic.said() == [("unreachable", "destination-takes-nothing")]
        assert clinic.site.store.taken("charts") == ""
        assert not [seen for seen in server.requests if seen.method in ("PUT", "POST")]


# --- what is explained ------------------------------------------------------------------------------------------------


def test_what_is_taken_back_is_explained_as_where_everything_is_taken(tmp_path: Path) -> None:
    """The same steps give the same notes, whichever type tells what was taken back."""
    folder = 'kind = "folder"\npath = "charts"\nenvironment = "test"\naccept_simulated = true'
    notes = [
        noted(tmp_path / "whole", folder),
        noted(tmp_path / "epic", f'{folder}\ncapabilities = "{path_of("like-epic-r4")}"'),
    ]
    assert notes[0]
    assert notes[0] == notes[1]


def noted(folder: Path, place: str) -> list[tuple[str, str]]:
    """Severity and words of every note after late, corrected and withdrawn exports."""
    folder.mkdir()
    with Hospital(folder, place, now=NOW) as hospital:
        for step in ("*.json", "late/*.json", "corrected/*.json"):
            hospital.take(*journey(step))
            hospital.apply()
        wrong = sha(JOURNEY / (JOURNEY / "withdrawn.txt").read_text().strip())
        hospital.site.store.withdraw(wrong, *PERSON, hospital.clock.now())
        hospital.apply()
        bodies = [read(file.read_bytes()) for file in (folder / "charts").rglob("*.json")]
    bodies = [body for body in bodies if "'chart-amended'" in str(body.get("code"))]
    return sorted((grave(body), str(body.get("detail") or body.get("valueString"))) for body in bodies)


def grave(body: Json) -> str:
    return str(body.get("severity") or body["component"][0]["valueString"])
