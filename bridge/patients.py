"""Which person a course belongs to at one destination: resolved again at each plan, never guessed.

Source: a patient is matched by identifier and its assigning system to exactly one active person; merged, inactive, none
or two park the course.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.destinations.protocol import Destination
from bridge.errors import ParkedError
from bridge.fhir_json import Json
from bridge.store.protocol import CourseRow

_WHY = {
    "none": ("patient-not-found", "no active Patient has this identifier there", "have the patient registered"),
    "many": ("patient-ambiguous", "more than one Patient has this identifier there", "have the duplicates merged"),
    "inactive": ("patient-inactive", "the Patient with this identifier is not active", "ask who keeps the index"),
    "merged": ("patient-merged", "the Patient with this identifier was merged into another", "`assign` the exports"),
}


@dataclass(frozen=True, slots=True)
class Linked:
    """The reference that goes into every subject, and its text for the ledger."""

    element: Json
    text: str


def link(row: CourseRow, how: str, destination: Destination) -> Linked:
    """Resolve the patient of a course (`how`: match, reference or create); raises ParkedError where it is not one."""
    if not row.patient:
        raise ParkedError(
            "the exports of this pump state no patient",
            code="patient-not-stated",
            remedy="`pumpbridge link PUMP PATIENT`",
        )
    if how == "reference":
        return Linked(_by_identifier(row), f"{row.patient_system}|{row.patient}")
    found = destination.find_patient(row.patient_system, _identifier(row))
    if found.status == "none" and how == "create":
        reference = destination.create_patient(row.patient_system, _identifier(row))
        return Linked({"reference": reference}, reference)
    if found.status != "one" or found.reference is None:
        code, why, remedy = _WHY[found.status]
        raise ParkedError(why, code=code, remedy=f"{remedy}, then `pumpbridge parked retry`")
    return Linked({"reference": found.reference}, found.reference)


def _identifier(row: CourseRow) -> str:
    """The identifier as stated: keys of other systems than the site's own carry their system before a `#`."""
    prefix = f"{row.patient_system}#"
    return row.patient.removeprefix(prefix)


def _by_identifier(row: CourseRow) -> Json:
    system = {"system": row.patient_system} if row.patient_system else {}
    return {"type": "Patient", "identifier": {**system, "value": _identifier(row)}}
