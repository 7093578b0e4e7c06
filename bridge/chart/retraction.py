"""Taking a resource back: its last confirmed content with the status `entered-in-error`, under its id.

Whatever version of FHIR it is of: the body says it. The status of a DeviceAssociation (R5) is a concept.

Promises: nothing is deleted; what was said stays readable below the words "Entered in error"; a document loses its data
and url and keeps hash and size; the given body is not changed. A Provenance and an Organization cannot be taken back.
"""

from __future__ import annotations

from typing import Any

from bridge.chart.elements import coded
from bridge.errors import Bug
from bridge.fhir_json import Json

ENTERED = "entered-in-error"
HEADING = "Entered in error: "
_DIV = '<div xmlns="http://www.w3.org/1999/xhtml">'

# Every type that a chart holds and that FHIR lets say so in `status`; each of their value sets has the code.
RETRACTABLE = frozenset(
    (
        "Communication",
        "DetectedIssue",
        "Device",
        "DeviceAssociation",
        "DeviceUsage",
        "DeviceUseStatement",
        "DocumentReference",
        "Flag",
        "Medication",
        "MedicationAdministration",
        "MedicationRequest",
        "Observation",
        "Procedure",
    )
)


def retracted(body: Json) -> Json:
    """The body as entered in error; raises Bug for a type that has no such status."""
    if body.get("resourceType") not in RETRACTABLE:
        raise Bug(f"a {body.get('resourceType')} cannot be entered in error")
    of_concept = body["resourceType"] == "DeviceAssociation"
    status = coded("association:entered-in-error") if of_concept else ENTERED
    found = {**body, "status": status, "text": _headed(body.get("text"))}
    if found["resourceType"] == "DocumentReference":
        found["content"] = [_emptied(content) for content in body.get("content", ())]
    return found


def is_retracted(body: Json) -> bool:
    """Whether a resource, ours or theirs, says that it was entered in error."""
    status = body.get("status")
    codings = (status.get("coding") or ()) if isinstance(status, dict) else ()
    return status == ENTERED or any(coding.get("code") == ENTERED for coding in codings)


def _headed(text: Any) -> Json:
    div = str((text or {}).get("div", f"{_DIV}</div>"))
    opening, mark, rest = div.partition(">")
    said = rest if rest.startswith(HEADING) else f"{HEADING}{rest}"
    return {**(text or {"status": "generated"}), "div": f"{opening}{mark}{said}"}


def _emptied(content: Json) -> Json:
    attachment = {name: value for name, value in content.get("attachment", {}).items() if name not in ("data", "url")}
    return {**content, "attachment": attachment}
