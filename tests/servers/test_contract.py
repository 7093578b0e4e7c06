"""What the bridge promises of a FHIR server, before three that others wrote: HAPI, SEKMET and Medplum's router.

Each is met twice: as it is, taking our ids, and behind a gateway that lets no client choose one, so that resources go
by our identifier. What is there is read from the server itself, resource by resource and element by element.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.fhir_json import Json, canonical, read
from tests.hospital import JOURNEY, journey
from tests.servers.faulty import lost_answer
from tests.servers.gateway import running_gateway
from tests.servers.hapi_server import HapiServer
from tests.servers.journey import (
    PERSON,
    REAL,
    Clinic,
    Row,
    clinic_at,
    clinic_before,
    entries,
    gateway_before,
    implant,
    moved,
    sha,
    untrue,
)

ADA, BRAM = "0048213", "0051177"
FIRST, SECOND = JOURNEY / "01-ada-implant.json", JOURNEY / "02-ada-refill.json"
THEIRS = [{"text": "a note of theirs"}]


@pytest.fixture(params=REAL)
def clinic(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Clinic]:
    with clinic_before(request, tmp_path) as made:
        yield made


@pytest.fixture(params=REAL)
def strict(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Clinic]:
    """A clinic that writes no Patient and takes nothing simulated."""
    with clinic_before(request, tmp_path, patient="match", accept_simulated=False) as made:
        yield made


@pytest.fixture(params=REAL)
def real(request: pytest.FixtureRequest) -> str:
    """The name of a real server."""
    return str(request.param)


def versions(clinic: Clinic) -> dict[str, str]:
    return clinic.server.versions(row.reference for row in clinic.ledger())


def applied(clinic: Clinic) -> set[str]:
    """Plan, then apply: what was planned is what moved on the server, and all of it is true; answers with it."""
    before = versions(clinic)
    outcomes = clinic.run(large=True)
    assert {outcome.status for outcome in outcomes} <= {"applied", "unchanged"}
    ours = {row.ours: row.reference for row in clinic.ledger()}
    planned = {ours[reference] for reference in entries(outcomes)}
    assert untrue(clinic) == []
    assert planned == moved(before, versions(clinic))
    return planned


def row_of(clinic: Clinic, kind: str, patient: str = ADA) -> Row:
    """The first resource of a type in a patient's chart."""
    course = clinic.course_of(patient)
    return next(row for row in clinic.ledger(notes=False) if (row.course, row.type) == (course, kind))


def retried(clinic: Clinic, row: Row, **consent: Any) -> list[tuple[str, str]]:
    clinic.site.store.unpark("charts", row.course)
    return clinic.said(**consent)


def test_created_amended_and_taken_back_and_nothing_else_moves(clinic: Clinic) -> None:
    clinic.take(*journey("0[57]*.json"))
    assert len(applied(clinic)) > 50
    assert {receipt.outcome for receipt in clinic.take(*journey("0[57]*.json"))} == {"known"}
    assert applied(clinic) == set()

    for step in ("late/*.json", "corrected/*.json"):
        clinic.take(*journey(step))
        assert applied(clinic)

    wrong = sha(JOURNEY / "07-bram-refill.json")
    corrected = sha(JOURNEY / "corrected" / "07-bram-refill-revision-2.json")
    for one in (wrong, corrected):
        clinic.site.store.withdraw(one, *PERSON, clinic.clock.now())
    back = applied(clinic)
    assert "retracted" in {row.state for row in clinic.ledger() if row.reference in back}
    assert applied(clinic) == set()
    assert clinic.reconciler().verify() == []


def lost_store(clinic: Clinic, folder: Path) -> Clinic:
    """The same clinic with an empty store."""
    known = {"shared": clinic.shared, "digits": clinic.digits, "behind": clinic.behind}
    return Clinic(folder / "again", clinic.url, clinic.name, **known)


def test_a_lost_store_finds_everything_there_and_moves_nothing(clinic: Clinic, tmp_path: Path) -> None:
    clinic.take(FIRST)
    applied(clinic)
    before, kept = versions(clinic), clinic.ledger(notes=False)
    with lost_store(clinic, tmp_path) as again:
        again.take(FIRST)
        assert again.said() == [("applied", "")] * 2
        assert [(row.key, row.reference, row.version) for row in again.ledger(notes=False)] == [
            (row.key, row.reference, row.version) for row in kept
        ]
    assert moved(before, versions(clinic)) == set()


def test_somebody_elses_edit_is_overwritten_by_a_persons_word_only(clinic: Clinic) -> None:
    clinic.take(FIRST)
    applied(clinic)
    row = row_of(clinic, "Observation")
    clinic.server.edit(row.reference, note=THEIRS)
    ((status, code, detail),) = [(one.status, one.code, one.detail) for one in clinic.reconciler().verify()]
    assert (status, code) == ("parked", "contested")
    assert f"{row.ours} was changed there: Observation.note" in detail
    assert retried(clinic, row) == [("parked", "contested")]
    assert clinic.server.get(row.reference)["note"] == THEIRS
    assert retried(clinic, row, mend=frozenset({row.ours})) == [("applied", "")]
    assert untrue(clinic) == []
    assert clinic.reconciler().verify() == []


def test_an_edit_that_nobody_looked_for_makes_our_version_stale_and_stays(clinic: Clinic) -> None:
    clinic.take(FIRST)
    applied(clinic)
    row = row_of(clinic, "MedicationAdministration")
    clinic.server.edit(row.reference, note=THEIRS)
    clinic.take(SECOND)
    assert clinic.said() == [("parked", "contested")]
    assert clinic.server.get(row.reference)["note"] == THEIRS
    assert retried(clinic, row, mend=frozenset({row.ours})) == [("applied", "")]
    assert untrue(clinic) == []


def test_what_was_deleted_there_comes_back_by_a_persons_word_only(clinic: Clinic) -> None:
    clinic.take(FIRST)
    applied(clinic)
    notes = [row for row in clinic.ledger() if row.type == "Provenance" and row.course]
    row = row_of(clinic, "Observation")
    leaf = next(one for one in clinic.ledger(notes=False) if one.type == "Flag" and one.course == row.course)
    for one in (*notes, leaf):
        clinic.server.delete(one.reference)
    assert [(one.status, one.code) for one in clinic.reconciler().verify()] == [("parked", "contested")]
    assert retried(clinic, leaf) == [("parked", "contested")]
    assert retried(clinic, leaf, mend=frozenset(one.ours for one in (*notes, leaf))) == [("applied", "")]
    assert untrue(clinic) == []


def test_of_two_with_one_identifier_of_ours_none_is_written(clinic: Clinic, tmp_path: Path) -> None:
    clinic.take(FIRST)
    applied(clinic)
    row = row_of(clinic, "MedicationAdministration")
    twin = {key: value for key, value in clinic.server.get(row.reference).items() if key not in ("id", "meta")}
    status, body = clinic.server.call("POST", row.type, canonical(twin))
    assert status == 201
    twins = {row.reference, f"{row.type}/{read(body)['id']}"}
    before = clinic.server.versions(twins)
    with lost_store(clinic, tmp_path) as again:
        again.take(FIRST)
        if row.reference == row.ours:  # it goes by our id, and the other is nobody's
            assert again.said() == [("applied", "")] * 2
            return
        assert again.said() == [("applied", ""), ("parked", "several-match")]
        assert clinic.server.versions(twins) == before
        clinic.server.delete(next(iter(twins - {row.reference})))
        assert retried(again, row) == [("applied", "")]
        assert untrue(again) == ["2 Provenance are there, not 1"]  # that of the lost store's plan stays


# --- patients, types, origin -----------------------------------------------------------------------------------------


def person(clinic: Clinic, name: str, number: str, **more: Any) -> Json:
    """Write a Patient with this number of the clinic's system."""
    made = {
        "resourceType": "Patient", "id": f"{clinic.name}-{name}", "active": True,
        "identifier": [{"system": clinic.mrn, "value": number}], **more,
    }  # fmt: skip
    clinic.server.put(made)
    return made


def test_a_chart_waits_for_exactly_one_active_patient(strict: Clinic) -> None:
    real = implant(ADA, simulated=False)
    strict.take(real)
    assert strict.said() == [("applied", ""), ("parked", "patient-not-found")]
    course = strict.course_of(ADA)

    def again() -> list[tuple[str, str]]:
        strict.site.store.unpark("charts", course)
        return strict.said()

    person(strict, "other", BRAM)
    assert again() == [("parked", "patient-not-found")]
    ada, twin = person(strict, "ada", ADA), person(strict, "twin", ADA)
    assert again() == [("parked", "patient-ambiguous")]
    strict.server.put({**twin, "active": False})
    assert again() == [("applied", "")]
    administration = strict.server.get(row_of(strict, "MedicationAdministration").reference)
    assert administration["subject"]["reference"].endswith(f"Patient/{ada['id']}")
    assert untrue(strict) == []


def test_nothing_simulated_is_sent_where_it_is_not_wanted(strict: Clinic) -> None:
    strict.take(implant(ADA), implant(BRAM, "TX000002", simulated=False))
    person(strict, "bram", BRAM)
    assert sorted(strict.said()) == [("applied", ""), ("applied", ""), ("parked", "simulated-refused")]
    assert strict.server.count("MedicationAdministration", "") == 1
    assert all(row.id.startswith("pb-") for row in strict.ledger())
    assert untrue(strict) == []


MISSING = ("DeviceMetric", "Flag", "DetectedIssue", "DeviceUseStatement")


def test_a_type_that_it_does_not_take_is_told_otherwise_or_left_out_and_never_sent(
    request: pytest.FixtureRequest, tmp_path: Path, real: str
) -> None:
    with gateway_before(request, real, MISSING) as gateway, clinic_at(gateway, request, real, tmp_path) as clinic:
        clinic.take(*journey("01*.json"), *journey("03*.json"))
        assert len(applied(clinic)) > 30
        assert not {row.type for row in clinic.ledger()} & {*MISSING}
        assert {row.type for row in clinic.ledger()} >= {"MedicationAdministration", "Device", "Observation"}
        assert not [seen.path for seen in gateway.requests if seen.path.split("?")[0].split("/")[1] in MISSING]
        clinic.site.store.withdraw(sha(JOURNEY / "03-ada-stall.json"), *PERSON, clinic.clock.now())
        assert applied(clinic)
        assert clinic.reconciler().verify() == []


@pytest.mark.server
@pytest.mark.slow
def test_references_that_it_makes_absolute_are_nobodys_edit(
    absolute: HapiServer, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with (
        running_gateway(absolute.base_url, own_ids=True) as gateway,
        clinic_at(gateway, request, "sekmet theirs", tmp_path) as clinic,
    ):
        clinic.take(FIRST)
        gateway.fail(lost_answer(), method="POST", path="^/$", at=2)
        assert clinic.said() == [("applied", "")] * 2
        row = row_of(clinic, "MedicationAdministration")
        assert clinic.server.get(row.reference)["subject"]["reference"].startswith(f"{absolute.base_url}/Patient/")
        clinic.take(SECOND)
        assert clinic.said() == [("applied", "")]
        clinic.server.edit(row.reference, language="en")
        clinic.server.put({key: v for key, v in clinic.server.get(row.reference).items() if key != "language"})
        assert clinic.reconciler().verify() == []
        assert untrue(clinic) == []
