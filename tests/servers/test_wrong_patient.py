"""An export that was another patient's: whatever a person decides, no running segment stays with the wrong one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.fhir_json import Json
from bridge.identity import PumpIdentity
from tests.bench.exports import lives
from tests.course.building import continuous, drugs, export, found, left
from tests.servers.faulty import Seen, running_faulty
from tests.servers.hapi_server import HapiServer
from tests.servers.journey import Clinic, Reader, reader, sha, untrue

PLACES = ["faulty", pytest.param("hapi", marks=[pytest.mark.server, pytest.mark.slow])]
ADA, BEN = "0000017", "0000018"
PUMP = PumpIdentity("Invented Pumps", "IP-40", "TX000001")
WHO = ("B. Invented", "printed for the wrong patient")


@pytest.fixture(params=PLACES)
def clinic(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Clinic]:
    if request.param == "hapi":
        hapi: HapiServer = request.getfixturevalue("hapi")
        with Clinic(tmp_path, hapi.base_url, f"wrong-{sha(request.node.name.encode())[:12]}") as made:
            yield made
    else:
        with running_faulty(checks_references=True) as server, Clinic(tmp_path, server.base_url, "w") as made:
            yield made


def server_of(clinic: Clinic) -> Reader:
    return reader(clinic) if len(clinic.name) > 1 else Reader(clinic.url)


def implant(patient: str | None = ADA, *, simulated: bool = False) -> bytes:
    start = "2025-03-03T10:00+00:00"
    state = left("2025-03-03T10:30+00:00", continuous(), drugs=drugs())
    body = export(start, state, end="2025-03-03T10:40+00:00", update="completed")
    return said(body, patient, simulated)


def visit(month: int, dose: str, patient: str | None = ADA, *, simulated: bool = False) -> bytes:
    """A session that finds the first programme running and leaves another."""
    start, end = f"2025-{month:02d}-03T10:00+01:00", f"2025-{month:02d}-03T10:40+01:00"
    body = export(
        start,
        found(),
        left(start.replace("10:00", "10:30"), continuous(dose), drugs=drugs()),
        end=end,
        update="completed",
    )
    return said(body, patient, simulated)


def said(body: Json, patient: str | None, simulated: bool) -> bytes:
    who = {"patient": {"identifier": patient, "system": "MRN"}} if patient else {}
    kept = {name: part for name, part in body.items() if name != "patient"}
    return json.dumps({**kept, "simulated": simulated, **who}).encode()


def segments(clinic: Clinic, patient: str) -> dict[str, str]:
    """The status of each administration of a patient, on the server, by id."""
    courses = {row.course for row in clinic.site.store.courses() if row.patient == patient}
    rows = [row for row in clinic.ledger() if row.course in courses and row.type == "MedicationAdministration"]
    held = server_of(clinic).held(row.reference for row in rows)
    return {reference: str(body["status"]) for reference, body in held.items()}


def running(clinic: Clinic, patient: str) -> list[str]:
    return [reference for reference, status in segments(clinic, patient).items() if status == "in-progress"]


def assign(clinic: Clinic, export: bytes, patient: str) -> None:
    clinic.site.store.assign(sha(export), patient, clinic.mrn, *WHO, clinic.clock.now())


def in_error(clinic: Clinic, patient: str) -> bool:
    """Whether everything of a patient that can be taken back says so on the server."""
    courses = {row.course for row in clinic.site.store.courses() if row.patient == patient}
    rows = [row for row in clinic.ledger(notes=False) if row.course in courses]
    held = server_of(clinic).held(row.reference for row in rows)
    return bool(rows) and {body["status"] for body in held.values()} == {"entered-in-error"}


def test_a_withdrawn_only_export_leaves_nothing_standing(clinic: Clinic) -> None:
    clinic.take(implant())
    clinic.run()
    assert len(running(clinic, ADA)) == 1
    clinic.site.store.withdraw(sha(implant()), *WHO, clinic.clock.now())
    assert clinic.said() == [("applied", "")]
    assert running(clinic, ADA) == []
    assert in_error(clinic, ADA)
    assert untrue(clinic, server_of(clinic)) == []


def test_a_withdrawn_newest_export_leaves_its_own_segment_in_error(clinic: Clinic) -> None:
    clinic.take(implant(), visit(5, "300.00"))
    clinic.run()
    (wrong,) = running(clinic, ADA)
    clinic.site.store.withdraw(sha(visit(5, "300.00")), *WHO, clinic.clock.now())
    clinic.run()
    assert segments(clinic, ADA)[wrong] == "entered-in-error"
    assert len(running(clinic, ADA)) == 1
    assert untrue(clinic, server_of(clinic)) == []


def test_an_assigned_export_takes_new_ids_with_its_patient(clinic: Clinic) -> None:
    clinic.take(implant())
    clinic.run()
    assign(clinic, implant(), BEN)
    assert clinic.said() == [("applied", "")] * 2
    assert running(clinic, ADA) == []
    assert in_error(clinic, ADA)
    assert len(running(clinic, BEN)) == 1
    theirs = {row.id for row in clinic.ledger(notes=False) if row.course == clinic.course_of(ADA)}
    bens = {row.id for row in clinic.ledger(notes=False) if row.course == clinic.course_of(BEN)}
    assert not theirs & bens
    assert untrue(clinic, server_of(clinic)) == []


def test_a_life_assigned_export_by_export_ends_with_one_running_segment(clinic: Clinic) -> None:
    life = [implant(), visit(5, "300.00"), visit(6, "350.00")]
    clinic.take(*life)
    clinic.run()
    for one in life[:-1]:
        assign(clinic, one, BEN)
        assert {code for _, code in clinic.said()} == {"serial-on-two-patients"}
    assign(clinic, life[-1], BEN)
    assert clinic.said() == [("applied", "")] * 2
    assert running(clinic, ADA) == []
    assert in_error(clinic, ADA)
    assert len(running(clinic, BEN)) == 1
    assert untrue(clinic, server_of(clinic)) == []


def test_an_export_printed_for_another_parks_both_and_is_given_back(clinic: Clinic) -> None:
    clinic.take(implant())
    clinic.run()
    clinic.take(visit(5, "300.00", BEN))
    assert clinic.said() == [("parked", "serial-on-two-patients")] * 2
    assign(clinic, visit(5, "300.00", BEN), ADA)
    assert sorted(clinic.said()) == [("applied", ""), ("unchanged", "")]
    assert segments(clinic, BEN) == {}
    assert len(running(clinic, ADA)) == 1
    assert clinic.site.store.parked() == []
    assert untrue(clinic, server_of(clinic)) == []


def test_a_pump_linked_anew_leaves_the_first_patient(clinic: Clinic) -> None:
    clinic.take(implant(None))
    assert clinic.said()[-1] == ("parked", "patient-not-stated")
    for patient in (ADA, BEN):
        clinic.site.store.link(PUMP, patient, clinic.mrn, *WHO, clinic.clock.now())
        clinic.run()
        assert len(running(clinic, patient)) == 1
    assert running(clinic, ADA) == []
    assert in_error(clinic, ADA)
    assert untrue(clinic, server_of(clinic)) == []


# --- on the wire -----------------------------------------------------------------------------------------------------


def most_running(requests: Iterable[Seen]) -> int:
    """How many administrations ran at once on the server, at most, going by what it was sent."""
    status: dict[str, str] = {}
    most = 0
    for seen in requests:
        if seen.method == "PUT" and seen.path.startswith("/MedicationAdministration/"):
            status[seen.path] = seen.json()["status"]
            most = max(most, list(status.values()).count("in-progress"))
    return most


def one_by_one(folder: Path, decide: Any) -> int:
    with running_faulty(transactions=False) as server, Clinic(folder, server.base_url, "wire") as clinic:
        decide(clinic)
        assert untrue(clinic, Reader(server.base_url)) == []
        return most_running(server.requests)


def test_a_wrong_patients_segment_ends_before_the_right_ones_begins(tmp_path: Path) -> None:
    def decide(clinic: Clinic) -> None:
        clinic.take(implant(simulated=True))
        clinic.run()
        assign(clinic, implant(simulated=True), BEN)
        clinic.run()

    assert one_by_one(tmp_path, decide) == 1


@pytest.mark.parametrize("seed", range(4))
def test_a_pump_never_runs_twice_on_the_wire(tmp_path: Path, seed: int) -> None:
    def decide(clinic: Clinic) -> None:
        (life,) = lives(1, 10, seed)
        for one in life:
            begun = datetime.strptime(one.name[-18:], "%Y%m%dT%H%M.json").replace(tzinfo=UTC)
            clinic.clock.advance(begun + timedelta(days=1) - clinic.clock.now())
            clinic.take(one.content)
            clinic.run(large=True)
        for one in (life[6], life[3], life[9]):
            clinic.site.store.withdraw(sha(one.content), *WHO, clinic.clock.now())
            clinic.run()

    assert one_by_one(tmp_path, decide) == 1
