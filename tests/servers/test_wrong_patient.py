"""An export that was another patient's: whatever a person decides, no running segment stays with the wrong one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.identity import PumpIdentity
from tests.bench.exports import lives
from tests.course.building import continuous, drugs, export, found, left
from tests.servers.faulty import Seen, running_faulty
from tests.servers.journey import HAPI, PERSON, Clinic, clinic_before, implant, sha, untrue, written

ADA, BEN = "0000017", "0000018"
PUMP = PumpIdentity("Invented Pumps", "IP-40", "TX000001")
FIRST = implant(ADA, simulated=False)


@pytest.fixture(params=["ours", HAPI])
def clinic(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Clinic]:
    with clinic_before(request, tmp_path) as made:
        yield made


def visit(month: int, dose: str, patient: str = ADA) -> bytes:
    """A session that finds the first programme running and leaves another."""
    start, end = f"2025-{month:02d}-03T10:00+01:00", f"2025-{month:02d}-03T10:40+01:00"
    after = left(start.replace("10:00", "10:30"), continuous(dose), drugs=drugs())
    return written(export(start, found(), after, end=end, update="completed"), patient, simulated=False)


def segments(clinic: Clinic, patient: str) -> dict[str, str]:
    """The status of each administration of a patient, on the server, by id."""
    courses = {row.course for row in clinic.site.store.courses() if row.patient == patient}
    rows = [row for row in clinic.ledger() if row.course in courses and row.type == "MedicationAdministration"]
    held = clinic.server.held(row.reference for row in rows)
    return {reference: str(body["status"]) for reference, body in held.items()}


def running(clinic: Clinic, patient: str) -> list[str]:
    return [reference for reference, status in segments(clinic, patient).items() if status == "in-progress"]


def assign(clinic: Clinic, export: bytes, patient: str) -> None:
    clinic.site.store.assign(sha(export), patient, clinic.mrn, *PERSON, clinic.clock.now())


def in_error(clinic: Clinic, patient: str) -> bool:
    """Whether everything of a patient that can be taken back says so on the server."""
    courses = {row.course for row in clinic.site.store.courses() if row.patient == patient}
    rows = [row for row in clinic.ledger(notes=False) if row.course in courses]
    held = clinic.server.held(row.reference for row in rows)
    return bool(rows) and {body["status"] for body in held.values()} == {"entered-in-error"}


def test_a_withdrawn_only_export_leaves_nothing_standing(clinic: Clinic) -> None:
    clinic.take(FIRST)
    clinic.run()
    assert len(running(clinic, ADA)) == 1
    clinic.site.store.withdraw(sha(FIRST), *PERSON, clinic.clock.now())
    assert clinic.said() == [("applied", "")]
    assert running(clinic, ADA) == []
    assert in_error(clinic, ADA)
    assert untrue(clinic) == []


def test_a_withdrawn_newest_export_leaves_its_own_segment_in_error(clinic: Clinic) -> None:
    clinic.take(FIRST, visit(5, "300.00"))
    clinic.run()
    (wrong,) = running(clinic, ADA)
    clinic.site.store.withdraw(sha(visit(5, "300.00")), *PERSON, clinic.clock.now())
    clinic.run()
    assert segments(clinic, ADA)[wrong] == "entered-in-error"
    assert len(running(clinic, ADA)) == 1
    assert untrue(clinic) == []


def test_an_assigned_export_takes_new_ids_with_its_patient(clinic: Clinic) -> None:
    clinic.take(FIRST)
    clinic.run()
    assign(clinic, FIRST, BEN)
    assert clinic.said() == [("applied", "")] * 2
    assert running(clinic, ADA) == []
    assert in_error(clinic, ADA)
    assert len(running(clinic, BEN)) == 1
    theirs = {row.id for row in clinic.ledger(notes=False) if row.course == clinic.course_of(ADA)}
    bens = {row.id for row in clinic.ledger(notes=False) if row.course == clinic.course_of(BEN)}
    assert not theirs & bens
    assert untrue(clinic) == []


def test_a_life_assigned_export_by_export_ends_with_one_running_segment(clinic: Clinic) -> None:
    life = [FIRST, visit(5, "300.00"), visit(6, "350.00")]
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
    assert untrue(clinic) == []


def test_who_wins_a_segment_waits_until_the_loser_shows_it_no_more(clinic: Clinic) -> None:
    clinic.take(FIRST)
    clinic.run()
    (row,) = [row for row in clinic.ledger() if row.type == "MedicationAdministration"]
    clinic.server.edit(row.reference, note=[{"text": "a note of theirs"}])
    assign(clinic, FIRST, BEN)
    ada = clinic.course_of(ADA)
    found = clinic.run()
    assert [(one.status, one.code) for one in found] == [("parked", "contested"), ("parked", "lane-blocked")]
    assert f"course {ada} " in found[1].detail
    assert (running(clinic, ADA), running(clinic, BEN)) == ([row.reference], [])
    assert clinic.run() == []
    clinic.site.store.unpark("charts", ada)
    assert clinic.said(mend=frozenset({row.ours})) == [("applied", "")] * 2
    assert (running(clinic, ADA), len(running(clinic, BEN))) == ([], 1)
    assert clinic.site.store.parked() == []
    assert untrue(clinic) == []


def test_an_export_printed_for_another_parks_both_and_is_given_back(clinic: Clinic) -> None:
    clinic.take(FIRST)
    clinic.run()
    clinic.take(visit(5, "300.00", BEN))
    assert clinic.said() == [("parked", "serial-on-two-patients")] * 2
    assign(clinic, visit(5, "300.00", BEN), ADA)
    assert sorted(clinic.said()) == [("applied", ""), ("unchanged", "")]
    assert segments(clinic, BEN) == {}
    assert len(running(clinic, ADA)) == 1
    assert clinic.site.store.parked() == []
    assert untrue(clinic) == []


def test_a_pump_linked_anew_leaves_the_first_patient(clinic: Clinic) -> None:
    clinic.take(implant(None, simulated=False))
    assert clinic.said()[-1] == ("parked", "patient-not-stated")
    for patient in (ADA, BEN):
        clinic.site.store.link(PUMP, patient, clinic.mrn, *PERSON, clinic.clock.now())
        clinic.run()
        assert len(running(clinic, patient)) == 1
    assert running(clinic, ADA) == []
    assert in_error(clinic, ADA)
    assert untrue(clinic) == []


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
        assert untrue(clinic) == []
        return most_running(server.requests)


def test_a_wrong_patients_segment_ends_before_the_right_ones_begins(tmp_path: Path) -> None:
    def decide(clinic: Clinic) -> None:
        clinic.take(implant(ADA))
        clinic.run()
        assign(clinic, implant(ADA), BEN)
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
            clinic.site.store.withdraw(sha(one.content), *PERSON, clinic.clock.now())
            clinic.run()

    assert one_by_one(tmp_path, decide) == 1
