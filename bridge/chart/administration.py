"""What a destination shows of an administration, whichever type tells it: whether it runs, its state and its dosage.

An administration is a MedicationAdministration, or the Observation that tells it where none is taken (delivered.py):
that one has the administration's state and reason as components. Promises: pure; bytes are canonical ones.
"""

from __future__ import annotations

from typing import Any

from bridge.chart.elements import named
from bridge.fhir_json import Json

_DEED = "MedicationAdministration"
_STATES = b"/CodeSystem/medication-admin-status"  # only Observations of administrations use these codes
_RUNS = b'{"code":"in-progress","display":"In Progress","system":"http://terminology.hl7.org' + _STATES
_IN_ERROR = b'"status":"entered-in-error"'  # what was taken back keeps its components
_STATE, _REASON = "delivery-state", "delivery-reason"
_OF_AGE = ("status", "statusReason", "text", "note")


def is_administration(resource_type: str, body: bytes) -> bool:
    """Whether a resource tells of something that was given."""
    return resource_type == _DEED or (resource_type == "Observation" and _STATES in body)


def runs(resource_type: str, body: bytes) -> bool:
    """Whether it tells of something that is given now."""
    if resource_type == _DEED:
        return b'"status":"in-progress"' in body
    return resource_type == "Observation" and _RUNS in body and _IN_ERROR not in body


def state(body: Json) -> str:
    """The status that it has as an administration; '' for an Observation of anything else."""
    if body.get("resourceType") == _DEED:
        return str(body.get("status", ""))
    codings = [coding for row in _rows(body, _STATE) for coding in row["valueCodeableConcept"]["coding"]]
    return str(codings[0]["code"]) if codings else ""


def view(body: Json) -> Json:
    """An administration's status, reasons, dosage and category, as a MedicationAdministration has them."""
    if body.get("resourceType") == _DEED:
        return body
    error = body.get("status") == "entered-in-error"
    dosage = {
        _code(row): _said(row) for row in body.get("component", ()) if _code(row) not in (_STATE, _REASON, "drug")
    }
    return {
        **body,
        "status": "entered-in-error" if error else state(body),
        "statusReason": [row["valueCodeableConcept"] for row in _rows(body, _REASON)],
        "dosage": dosage | ({_code(body): body["valueQuantity"]} if "valueQuantity" in body else {}),
        "category": next((one for one in body.get("category", ()) if _is_of_administrations(one)), {}),
    }


def apart_from_age(body: Json) -> Json:
    """What of it does not change when it becomes too old to be called running."""
    kept = {name: value for name, value in body.items() if name not in _OF_AGE}
    if body.get("resourceType") == "Observation":
        kept["component"] = [row for row in body.get("component", ()) if _code(row) not in (_STATE, _REASON)]
    return kept


def made_unknown(body: Json, reason: Json, div: str) -> Json:
    """The same as unknown, with its reason and narrative."""
    made: Json = {}
    of_deed = body.get("resourceType") == _DEED
    for name, value in body.items():
        made[name] = {**value, "div": div} if name == "text" else value
        if name == "status" and of_deed:
            made |= {"status": "unknown", "statusReason": [reason]}
        if name == "component" and not of_deed:
            made["component"] = [new for row in value for new in _aged(row, reason)]
    return made


def _aged(row: Json, reason: Json) -> list[Json]:
    if _code(row) == _REASON:
        return []
    if _code(row) != _STATE:
        return [row]
    why = {"code": named(_REASON), "valueCodeableConcept": reason}
    return [{**row, "valueCodeableConcept": named("state:unknown")}, why]


def _rows(body: Json, code: str) -> list[Json]:
    return [row for row in body.get("component", ()) if _code(row) == code]


def _code(row: Json) -> str:
    """Our own code of a component or an Observation, which says what its value is: the last of its codings."""
    codings = row.get("code", {}).get("coding") or [{}]
    return str(codings[-1].get("code", ""))


def _said(row: Json) -> Any:
    return next((value for name, value in row.items() if name.startswith("value")), None)


def _is_of_administrations(concept: Json) -> bool:
    systems = [str(one.get("system", "")) for one in concept.get("coding", ())]
    return any(system.endswith(("medication-admin-category", "medication-admin-location")) for system in systems)
