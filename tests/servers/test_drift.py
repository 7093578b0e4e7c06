"""A resource of ours that somebody else changed or deleted: found, parked, and overwritten by a person's word only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.hospital import JOURNEY, journey
from tests.servers.faulty import running_faulty
from tests.servers.journey import HAPI, KINDS, PERSON, Clinic, Reader, Row, clinic_before, sha, untrue

THEIRS = [{"text": "a note of theirs"}]


@dataclass
class Scene:
    """A clinic whose first exports of two pumps are applied, and the server behind it."""

    clinic: Clinic

    @property
    def server(self) -> Reader:
        """Who reads that server, and writes to it as somebody else."""
        return self.clinic.server

    def row(self, kind: str, patient: str = "0048213") -> Row:
        """The first confirmed resource of a type in a patient's chart."""
        course = self.clinic.course_of(patient)
        return next(row for row in self.clinic.ledger(notes=False) if (row.course, row.type) == (course, kind))

    def verified(self) -> list[tuple[int, str, str, str]]:
        """What looking at the server found."""
        outcomes = self.clinic.reconciler().verify()
        return [(one.course, one.status, one.code, one.detail) for one in outcomes]

    def retried(self, row: Row, **consent: Any) -> list[tuple[str, str]]:
        """What becomes of a row's course once it is let go on."""
        self.clinic.site.store.unpark("charts", row.course)
        return self.clinic.said(**consent)


@pytest.fixture(params=["ours", "ours singly", "theirs", HAPI])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    with clinic_before(request, tmp_path) as clinic:
        clinic.take(*journey("0[15]*.json"))
        assert clinic.said() == [("applied", "")] * 3
        yield Scene(clinic)


def test_what_a_plan_said_of_itself_is_looked_at_too(scene: Scene) -> None:
    course = scene.row("Observation").course
    (row,) = [row for row in scene.clinic.ledger() if (row.course, row.type) == (course, "Provenance")]
    assert scene.verified() == []
    scene.server.edit(row.reference, policy=["https://policy.invalid"])
    ((found, status, code, detail),) = scene.verified()
    assert (found, status, code) == (course, "parked", "contested")
    assert f"{row.ours} was changed there: Provenance.policy" in detail
    assert scene.retried(row) == [("parked", "contested")]
    assert scene.retried(row, mend=frozenset({row.ours})) == [("applied", "")]
    assert "policy" not in scene.server.get(row.reference)
    assert scene.verified() == []
    assert untrue(scene.clinic) == []


def test_an_edit_is_found_parked_and_overwritten_with_consent_only(scene: Scene) -> None:
    row = scene.row("Observation")
    scene.server.edit(row.reference, note=THEIRS)
    ((course, status, code, detail),) = scene.verified()
    assert (course, status, code) == (row.course, "parked", "contested")
    assert f"{row.ours} was changed there: Observation.note" in detail
    assert "theirs" not in detail

    assert scene.clinic.said() == []
    assert scene.retried(row) == [("parked", "contested")]
    scene.clinic.take(JOURNEY / "02-ada-refill.json", JOURNEY / "06-bram-refill.json")
    assert sorted(scene.clinic.said()) == [("applied", ""), ("parked", "contested")]
    assert scene.server.get(row.reference)["note"] == THEIRS
    assert scene.retried(row, mend=frozenset({"Observation/another"})) == [("parked", "contested")]

    assert scene.retried(row, mend=frozenset({row.ours})) == [("applied", "")]
    assert untrue(scene.clinic) == []
    assert scene.verified() == []


def test_their_entered_in_error_is_never_undone(scene: Scene) -> None:
    row = scene.row("MedicationAdministration")
    scene.server.edit(row.reference, status="entered-in-error")
    assert [found[:3] for found in scene.verified()] == [(row.course, "parked", "contested")]
    for _ in range(2):
        assert scene.retried(row, mend=frozenset({row.ours})) == [("parked", "contested")]
    assert scene.server.get(row.reference)["status"] == "entered-in-error"


def test_a_deleted_resource_comes_back_with_consent_only(scene: Scene) -> None:
    row = scene.row("Flag")
    notes = [one for one in scene.clinic.ledger() if one.type == "Provenance" and one.course == row.course]
    for one in (*notes, row):
        scene.server.delete(one.reference)
    ((course, status, code, detail),) = scene.verified()
    assert (course, status, code) == (row.course, "parked", "contested")
    assert f"{row.ours} was deleted there" in detail
    assert scene.retried(row) == [("parked", "contested")]
    assert scene.server.held([row.reference]) == {}
    assert scene.retried(row, mend=frozenset({row.ours})) == [("parked", "contested")]

    assert scene.retried(row, mend=frozenset(one.ours for one in (*notes, row))) == [("applied", "")]
    assert scene.verified() == []
    back = next(one for one in scene.clinic.ledger() if one.key == row.key)
    assert scene.server.get(back.reference)["status"] == "active"


def test_an_edit_that_nobody_looked_for_is_not_overwritten(scene: Scene) -> None:
    row = scene.row("MedicationAdministration")
    scene.server.edit(row.reference, note=THEIRS)
    scene.clinic.take(JOURNEY / "02-ada-refill.json")
    assert scene.clinic.said() == [("parked", "contested")]
    assert scene.server.get(row.reference)["note"] == THEIRS
    assert scene.retried(row, mend=frozenset({row.ours})) == [("applied", "")]
    assert untrue(scene.clinic) == []


def test_an_edit_taken_back_by_its_author_is_no_drift(scene: Scene) -> None:
    row = scene.row("MedicationAdministration")
    before = scene.server.get(row.reference)
    scene.server.edit(row.reference, note=THEIRS)
    scene.server.put(before)
    assert scene.verified() == []
    scene.clinic.take(JOURNEY / "02-ada-refill.json")
    assert scene.clinic.said() == [("applied", "")]
    assert untrue(scene.clinic) == []


def test_what_a_person_leaves_to_them_stays_theirs_until_the_chart_changes_it(scene: Scene) -> None:
    row, clinic = scene.row("MedicationAdministration"), scene.clinic
    scene.server.edit(row.reference, note=THEIRS)
    clinic.take(JOURNEY / "02-ada-refill.json")
    assert clinic.said() == [("parked", "contested")]
    plan = clinic.site.store.plan("charts", row.course)
    assert plan is not None
    (hash,) = [entry.hash for entry in plan.entries if entry.key == row.key]
    clinic.site.store.skip("charts", row.course, row.key, hash, *PERSON, clinic.clock.now())
    assert clinic.said() == [("applied", "")]
    assert scene.server.get(row.reference)["note"] == THEIRS
    assert all(one.state == "confirmed" for one in clinic.ledger(notes=False) if one.key != row.key)

    clinic.site.store.withdraw(sha(JOURNEY / "02-ada-refill.json"), *PERSON, clinic.clock.now())
    assert clinic.said() == [("parked", "contested")]
    assert scene.server.get(row.reference)["note"] == THEIRS


def test_a_course_that_another_process_applies_is_left_to_it(scene: Scene) -> None:
    row, clinic = scene.row("Observation"), scene.clinic
    scene.server.edit(row.reference, note=THEIRS)
    clinic.site.store.claim_course("charts", row.course, "another", clinic.clock.now(), 600)
    assert scene.verified() == []
    clinic.site.store.release("charts", row.course, "another")
    assert [found[0] for found in scene.verified()] == [row.course]


def test_what_is_there_under_our_id_and_not_ours_is_not_overwritten(scene: Scene, tmp_path: Path) -> None:
    row, clinic = scene.row("Device"), scene.clinic
    scene.server.edit(row.reference, note=THEIRS)
    with Clinic(tmp_path / "again", clinic.url, clinic.name, shared=clinic.shared) as again:
        again.take(*journey("0[15]*.json"))
        assert sorted(again.said()) == [("applied", ""), ("applied", ""), ("parked", "contested")]
    assert scene.server.get(row.reference)["note"] == THEIRS


@pytest.mark.parametrize("kind", ["ours", "theirs"])
def test_where_the_server_keeps_no_versions_an_edit_is_found_by_what_it_says(kind: str, tmp_path: Path) -> None:
    with (
        running_faulty(keeps_versions=False, **KINDS[kind]) as server,
        Clinic(tmp_path, server.base_url, "clinic") as clinic,
    ):
        scene = Scene(clinic)
        clinic.take(*journey("0[15]*.json"))
        assert clinic.said() == [("applied", "")] * 3
        row = scene.row("Observation")
        assert row.version == ""
        assert scene.verified() == []
        scene.server.edit(row.reference, note=THEIRS)
        assert [found[:3] for found in scene.verified()] == [(row.course, "parked", "contested")]
        assert scene.retried(row) == [("parked", "contested")]
        assert scene.retried(row, mend=frozenset({row.ours})) == [("applied", "")]
        assert "note" not in scene.server.get(row.reference)
        assert scene.verified() == []
