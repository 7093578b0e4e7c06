"""Which person a course belongs to at one destination: resolved again at each plan, never guessed.

Source: a patient is matched by identifier and its assigning system to exactly one active person; merged, inactive, none
or two park the course.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from bridge.course.facts import PatientFact
from bridge.destinations.protocol import Destination, PatientMatch
from bridge.errors import ParkedError
from bridge.fhir_json import Json
from bridge.store.protocol import CourseRow

_WHY = {
    "none": ("patient-not-found", "no active Patient has this identifier there", "have the patient registered"),
    "many": ("patient-ambiguous", "more than one Patient has this identifier there", "have the duplicates merged"),
    "inactive": ("patient-inactive", "the Patient with this identifier is not active", "ask who keeps the index"),
    "merged": ("patient-merged", "the Patient with this identifier was merged into another", "`assign` the exports"),
}


ASKED_AGAIN = frozenset({code for code, _, _ in _WHY.values()} | {"patient-contradicts"})
"""Codes that may have passed by themselves: whoever keeps the index may have acted."""


@dataclass(frozen=True, slots=True)
class Linked:
    """The reference that goes into every subject, and its text for the ledger."""

    element: Json
    text: str
    found: PatientMatch | None = None


def link(row: CourseRow, how: str, destination: Destination) -> Linked:
    """Resolve the patient of a course (`how`: match, reference or create); raises ParkedError where it is not one."""
    if not row.patient:
        raise ParkedError(
            "the exports of this pump state no patient",
            code="patient-not-stated",
            remedy="`pumpbridge link PUMP PATIENT`",
        )
    if ":" not in row.patient_system:
        raise ParkedError(
            "the exports name a patient identifier system (patient/system) that is not configured",
            code="patient-system-unknown",
            remedy='`pumpbridge inspect FILE` shows its label; add "LABEL" = "https://..." to '
            "[site.patient_systems], then `pumpbridge reread --apply`",
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
    return Linked({"reference": found.reference}, found.reference, found)


def confirmed_element(row: CourseRow, how: str, text: str) -> Json:
    """The reference that a chart was bound to, from its text in the ledger."""
    return _by_identifier(row) if how == "reference" else {"reference": text}


def _identifier(row: CourseRow) -> str:
    """The identifier as stated: keys of other systems than the site's own carry their system before a `#`."""
    prefix = f"{row.patient_system}#"
    return row.patient.removeprefix(prefix)


def _by_identifier(row: CourseRow) -> Json:
    system = {"system": row.patient_system} if row.patient_system else {}
    return {"type": "Patient", "identifier": {**system, "value": _identifier(row)}}


def refuse_contradiction(linked: Linked, stated: PatientFact | None) -> None:
    """Birth date and family name may veto a match, never choose one; raises ParkedError `patient-contradicts`.

    Compared is only what both state; names without case, accents, blanks and hyphens.
    """
    if linked.found is None or stated is None:
        return
    born = linked.found.birth_date
    other_day = born and stated.birth_date and not stated.birth_date.isoformat().startswith(born)
    families = {_plain(name) for name in linked.found.families}
    other_name = families and stated.family and _plain(stated.family) not in families
    if other_day or other_name:
        what = "birth date" if other_day else "family name"
        raise ParkedError(
            f"the Patient with this identifier there has another {what} than the exports state",
            code="patient-contradicts",
            remedy="compare both; `assign` the exports, or have the record there corrected",
        )


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in letters if letter.isalnum())
