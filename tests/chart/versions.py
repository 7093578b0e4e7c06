"""Where each element of R4 stands in R5: a table of its own, written from the two standards and not from the bridge.

By it a chart in R4 says what its course must say in R5, leaf by leaf, and a chart in R5 may say nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Leaf = tuple[str, Any]
RELATED = "https://pumpbridge.invalid/StructureDefinition/related-device"
WHERE_GIVEN = "http://terminology.hl7.org/CodeSystem/medication-admin-"  # R4: category, R5: location; the same codes

MOVED: dict[str, tuple[tuple[str, str], ...]] = {
    "Device": (
        (r"^type\b", "type[0]"),
        (r"^deviceName\[0\]\.name$", "name[0].value"),
        (r"^deviceName\[0\]\.type$", "name[0].type"),
        (r"^property\[(\d+)\]\.valueQuantity\[0\]", r"property[\1].valueQuantity"),
        (r"^property\[(\d+)\]\.valueCode\[0\]", r"property[\1].valueCodeableConcept"),
    ),
    "DeviceUseStatement": ((r"^subject\b", "patient"), (r"^device\.", "device.reference.")),
    "DocumentReference": (
        (r"^masterIdentifier\b", "identifier[1]"),
        (r"^context\.period\b", "period"),
        (r"^context\.related\[0\]", "extension[0].valueReference"),
    ),
    "Medication": (
        (r"^ingredient\[(\d+)\]\.itemCodeableConcept\b", r"ingredient[\1].item.concept"),
        (r"^ingredient\[(\d+)\]\.strength\b", r"ingredient[\1].strengthRatio"),
    ),
    "MedicationRequest": (
        (r"^reportedBoolean$", "reported"),
        (r"^performer\b", "supportingInformation[0]"),
        (r"^medicationReference\b", "medication.reference"),
        (r"^medicationCodeableConcept\b", "medication.concept"),
        (r"^dosageInstruction\[(\d+)\]\.asNeededBoolean$", r"dosageInstruction[\1].asNeeded"),
    ),
    "MedicationAdministration": (
        (r"^effectivePeriod\b", "occurencePeriod"),
        (r"^category\b", "category[0]"),
        (r"^medicationReference\b", "medication.reference"),
        (r"^medicationCodeableConcept\b", "medication.concept"),
        (r"^performer\[0\]\.actor\b", "performer[0].actor.reference"),
        (r"^device\[0\]", "device[0].reference"),
        (r"^contained\[0\]\.ingredient\[0\]\.itemCodeableConcept\b", "contained[0].ingredient[0].item.concept"),
        (r"^contained\[0\]\.ingredient\[0\]\.strength\b", "contained[0].ingredient[0].strengthRatio"),
    ),
    "Procedure": ((r"^performedDateTime$", "occurrenceDateTime"), (r"^usedReference\[0\]", "used[0].reference")),
    "DetectedIssue": ((r"^patient\b", "subject"),),
    "Provenance": ((r"^reason\[0\]", "authorization[0].concept"),),
    "Organization": ((r"^telecom\b", "contact[0].telecom"),),
}


def in_r5(kind: str, element: str) -> str:
    """An element of an R4 resource of that type as R5 has it."""
    for pattern, place in MOVED.get(kind, ()):
        element = re.sub(pattern, place, element)
    return element


def leaves(value: Any, element: str = "") -> Iterator[Leaf]:
    """Every value of a resource with where it stands; numbers with their digits."""
    if isinstance(value, dict):
        for name, below in value.items():
            yield from leaves(below, f"{element}.{name}" if element else name)
    elif isinstance(value, list | tuple):
        for n, below in enumerate(value):
            yield from leaves(below, f"{element}[{n}]")
    else:
        yield element, value if isinstance(value, bool | str) else str(value)


def stands(body: Any, element: str) -> bool:
    """Whether there is something at an element, a leaf or more."""
    return any(re.match(rf"{re.escape(element)}($|[.\[])", one) for one, _ in leaves(body))


def expected(body: dict[str, Any]) -> set[Leaf]:
    """What an R4 resource says, as R5 must say it."""
    kind = body["resourceType"]
    found = {(in_r5(kind, element), value) for element, value in leaves(body)}
    if kind == "Device":
        return _device(body, found)
    if kind == "DeviceUseStatement":
        return {("resourceType", "DeviceUsage") if one == ("resourceType", kind) else one for one in found}
    if kind == "MedicationAdministration":
        place = "category[0].coding[0].system"
        assert (place, f"{WHERE_GIVEN}category") in found
        return found - {(place, f"{WHERE_GIVEN}category")} | {(place, f"{WHERE_GIVEN}location")}
    if kind == "DocumentReference":
        found.add(("extension[0].url", RELATED))
    return found


def _device(body: dict[str, Any], found: set[Leaf]) -> set[Leaf]:
    """A name that is a model's is the model number in R5; the other one is displayed; the patient stands elsewhere."""
    names = body.get("deviceName", [])
    if names and names[0]["type"] == "user-friendly-name":
        kept = {("name[0].display", True)}
    else:
        kept = set()
        found = {(element, value) for element, value in found if not element.startswith("name[0]")}
    assert [name["name"] for name in names if name["type"] == "model-name"] in ([], [body.get("modelNumber")])
    gone = ("patient.", "deviceName[")
    return kept | {(element, value) for element, value in found if not element.startswith(gone)}
