"""Whether the Patients that a search found are exactly one active person; and a Patient for test servers.

Source of the rule: a patient is matched by identifier *and its assigning system*; `link` replaced-by is a merge. An
identifier that FHIR calls old (`use`), or whose period ended before today, is not his any more (R4, Identifier.use and
Identifier.period); a record that was merged away is recognised by it all the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date

from bridge.destinations.protocol import PatientMatch
from bridge.fhir_json import Json, canonical

UNDATED = date.min

_HTEST = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason",
    "code": "HTEST",
    "display": "test health data",
}


def matched(found: Iterable[Json], system: str, value: str, today: date = UNDATED) -> PatientMatch:
    """The match among Patients that really have this identifier; merged and inactive records are no persons."""
    named = [(one, _uses(one, system, value)) for one in found if one.get("resourceType") == "Patient"]
    patients = [
        one for one, uses in named if any(_replaced_by(one) is not None or _current(use, today) for use in uses)
    ]
    merged = [target for one in patients if (target := _replaced_by(one)) is not None]
    persons = [one for one in patients if _replaced_by(one) is None and one.get("active") is not False]
    if len(persons) == 1:
        return _one(persons[0])
    if persons:
        return PatientMatch("many")
    if merged:
        return PatientMatch("merged", merged[0] or None)
    return PatientMatch("inactive" if patients else "none")


def _one(person: Json) -> PatientMatch:
    names = person.get("name") or ()
    families = tuple(str(name["family"]) for name in names if name.get("family"))
    return PatientMatch("one", f"Patient/{person['id']}", str(person.get("birthDate") or ""), families)


def _uses(patient: Json, system: str, value: str) -> list[Json]:
    named = patient.get("identifier") or ()
    return [one for one in named if one.get("system", "") == system and one.get("value") == value]


def _current(identifier: Json, today: date) -> bool:
    """Whether it is his today; an end without a day lasts as long as its month or year."""
    ended = str((identifier.get("period") or {}).get("end") or "")[:10]
    return identifier.get("use") != "old" and (not ended or ended >= today.isoformat()[: len(ended)])


def _replaced_by(patient: Json) -> str | None:
    for link in patient.get("link") or ():
        if link.get("type") == "replaced-by":
            return str((link.get("other") or {}).get("reference", ""))
    return None


def new_patient(system: str, value: str) -> tuple[str, bytes]:
    """The id and body of a Patient on a test server: an identifier, labelled as test data, and nothing invented."""
    id = "pumpbridge-test-" + hashlib.sha256(f"{system}|{value}".encode()).hexdigest()[:40]
    identifier = {"system": system, "value": value} if system else {"value": value}
    body = {"resourceType": "Patient", "id": id, "meta": {"security": [_HTEST]}, "identifier": [identifier]}
    return id, canonical(body)
