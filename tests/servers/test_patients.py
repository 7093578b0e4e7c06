"""Which Patient a chart is bound to: exactly one active one with the identifier and its system, or the course waits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.fhir_json import Json
from tests.hospital import JOURNEY
from tests.servers.journey import HAPI, Clinic, clinic_before, untrue

ADA = "0048213"
FIRST, SECOND = JOURNEY / "01-ada-implant.json", JOURNEY / "02-ada-refill.json"


@pytest.fixture(params=["ours", HAPI])
def clinic(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Clinic]:
    with clinic_before(request, tmp_path, patient="match") as made:
        yield made


def person(clinic: Clinic, name: str, *numbers: str, **more: Any) -> str:
    """Write a Patient with these numbers of the clinic's system; answers its reference."""
    id = f"{clinic.name}-{name}"
    identifiers = [{"system": clinic.mrn, "value": number} for number in numbers]
    clinic.server.put({"resourceType": "Patient", "id": id, "active": True, "identifier": identifiers, **more})
    return f"Patient/{id}"


def merged_into(reference: str) -> dict[str, Any]:
    return {"active": False, "link": [{"other": {"reference": reference}, "type": "replaced-by"}]}


def again(clinic: Clinic) -> list[tuple[str, str]]:
    clinic.site.store.unpark("charts", clinic.course_of(ADA))
    return clinic.said()


def bound_to(clinic: Clinic) -> set[str]:
    """The patients of what the server holds of Ada's course."""
    rows = [row for row in clinic.ledger() if row.course == clinic.course_of(ADA)]
    held = clinic.server.held(row.reference for row in rows)
    return {reference for body in held.values() if (reference := _subject(body))}


def _subject(body: Json) -> str:
    return str((body.get("subject") or body.get("patient") or {}).get("reference", ""))


def test_a_missing_patient_is_waited_for(clinic: Clinic) -> None:
    clinic.take(FIRST)
    assert clinic.said() == [("applied", ""), ("parked", "patient-not-found")]
    clinic.server.put({"resourceType": "Patient", "id": f"{clinic.name}-x", "identifier": [
        {"system": f"{clinic.mrn}/other", "value": ADA}, {"value": ADA}, {"system": clinic.mrn, "value": f"{ADA}0"}
    ]})  # fmt: skip
    assert again(clinic) == [("parked", "patient-not-found")]
    assert all(row.course == 0 for row in clinic.ledger())
    ada = person(clinic, "ada", ADA)
    assert again(clinic) == [("applied", "")]
    assert bound_to(clinic) == {ada}
    assert untrue(clinic) == []


def test_a_new_export_asks_again(clinic: Clinic) -> None:
    clinic.take(FIRST)
    assert clinic.said()[-1] == ("parked", "patient-not-found")
    assert clinic.said() == []
    ada = person(clinic, "ada", ADA)
    clinic.take(SECOND)
    assert clinic.said() == [("applied", "")]
    assert bound_to(clinic) == {ada}
    assert clinic.site.store.parked() == []


def test_of_two_patients_none_is_chosen(clinic: Clinic) -> None:
    one, two = person(clinic, "one", ADA), person(clinic, "two", ADA)
    clinic.take(FIRST)
    assert clinic.said()[-1] == ("parked", "patient-ambiguous")
    person(clinic, "two", ADA, active=False)
    assert again(clinic) == [("applied", "")]
    assert bound_to(clinic) == {one}
    assert one != two


def test_an_inactive_patient_is_no_person(clinic: Clinic) -> None:
    person(clinic, "ada", ADA, active=False)
    clinic.take(FIRST)
    assert clinic.said()[-1] == ("parked", "patient-inactive")
    ada = person(clinic, "ada", ADA)
    assert again(clinic) == [("applied", "")]
    assert bound_to(clinic) == {ada}


def test_a_merged_patient_waits_unless_the_survivor_has_the_number(clinic: Clinic) -> None:
    survivor = person(clinic, "survivor", "0099999")
    person(clinic, "ada", ADA, **merged_into(survivor))
    clinic.take(FIRST)
    assert clinic.said()[-1] == ("parked", "patient-merged")
    person(clinic, "survivor", "0099999", ADA)
    assert again(clinic) == [("applied", "")]
    assert bound_to(clinic) == {survivor}


def test_a_merge_changes_the_binding_and_no_id(clinic: Clinic) -> None:
    ada = person(clinic, "ada", ADA)
    clinic.take(FIRST, SECOND)
    assert clinic.said() == [("applied", "")] * 2
    before = {row.key: row for row in clinic.ledger(notes=False)}

    survivor = person(clinic, "survivor", "0099999", ADA)
    person(clinic, "ada", ADA, **merged_into(survivor))
    assert again(clinic) == [("applied", "")]
    after = {row.key: row for row in clinic.ledger(notes=False)}
    assert {key: row.id for key, row in after.items()} == {key: row.id for key, row in before.items()}
    assert {key: row.confirmed for key, row in after.items()} == {
        key: row.confirmed.replace(ada.encode(), survivor.encode()) for key, row in before.items()
    }
    assert {row.state for row in after.values()} == {"confirmed"}
    assert bound_to(clinic) == {survivor}
    assert untrue(clinic) == []
    assert again(clinic) == [("unchanged", "")]


def test_a_plan_that_waited_asks_again_who_its_patient_is(clinic: Clinic) -> None:
    ada = person(clinic, "ada", ADA)
    clinic.reconfigure(mode="held")
    clinic.take(FIRST)
    assert {code for _, code in clinic.said()} == {"held"}
    survivor = person(clinic, "survivor", ADA)
    person(clinic, "ada", ADA, **merged_into(survivor))
    clinic.clock.advance(timedelta(hours=1))
    assert clinic.said(held=True) == [("applied", "")] * 2
    assert bound_to(clinic) == {survivor}
    assert ada != survivor


def test_a_person_who_left_meanwhile_is_charted_no_more(clinic: Clinic) -> None:
    ada = person(clinic, "ada", ADA)
    clinic.take(FIRST)
    clinic.run()
    person(clinic, "ada", ADA, active=False)
    clinic.take(SECOND)
    before = untrue(clinic)
    assert clinic.said() == [("parked", "patient-inactive")]
    assert before == untrue(clinic) == []
    assert bound_to(clinic) == {ada}
