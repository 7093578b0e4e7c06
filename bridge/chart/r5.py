"""How FHIR R5 (5.0.0) spells what R4 spells differently: see dialect.py.

What R5 has no element for: a Device's patient (a DeviceAssociation says it), a name that is a model's (the model number
is), a pump that performs a request (`performer` takes no Device: the pump supports the request), what a document is
related to (an extension of ours says it: the official validator refuses FHIR's own for elements of R4).
"""

from __future__ import annotations

from bridge.fhir_json import Json
from bridge.terms.table import CANONICAL

USE = "usage"
USER = "patient"
ASSOCIATES = True
GIVEN = "occurencePeriod"  # with one r: so R5 was published
DONE = "occurrenceDateTime"
CONCERNED = "subject"
AS_NEEDED = "asNeeded"
MEDICATION = "medication.concept"
INGREDIENT = "item.concept"
STRENGTH = "strengthRatio"
COMMUNITY = "location-community"
INPATIENT = "location-inpatient"
QUANTITY = "valueQuantity"
CODE = "valueCodeableConcept"
RELATED = f"{CANONICAL}/StructureDefinition/related-device"


def several(concept: Json) -> Json | list[Json]:
    """One of several."""
    return [concept]


def referred(reference: Json) -> Json:
    """The reference of a CodeableReference."""
    return {"reference": reference}


def device_names(model: str, in_words: str = "") -> Json:
    """The name that is displayed; R5 has no kind of name for a model, which has an element of its own."""
    return software_name(in_words) if in_words else {}


def software_name(name: str) -> Json:
    """The name that is displayed."""
    return {"name": [{"value": name, "type": "user-friendly-name", "display": True}]}


def measured(quantity: Json) -> Json:
    """The value."""
    return {QUANTITY: quantity}


def coded(concept: Json) -> Json:
    """The value."""
    return {CODE: concept}


def in_patient(subject: Json) -> Json:
    """Nothing: a DeviceAssociation says it."""
    return {}


def telecom(points: list[Json]) -> Json:
    """A contact of the organisation."""
    return {"contact": [{"telecom": points}]}


def used(reference: Json) -> Json:
    """A reference."""
    return {"used": [{"reference": reference}]}


def ingredient(item: Json, strength: Json | None) -> Json:
    """Item and strength."""
    return {"item": {"concept": item}, **({STRENGTH: strength} if strength is not None else {})}


def medication(reference: Json) -> Json:
    """A reference."""
    return {"medication": {"reference": reference}}


def medication_named(concept: Json) -> Json:
    """A concept."""
    return {"medication": {"concept": concept}}


def reported(pump: Json) -> Json:
    """The pump as what supports the request."""
    return {"reported": True, "supportingInformation": [pump]}


def document(identifier: Json, period: Json, pump: Json) -> Json:
    """The period on the document itself, and the pump that it is of."""
    return {"extension": [{"url": RELATED, "valueReference": pump}], "period": period}


def document_identifiers(identifier: Json) -> tuple[Json, ...]:
    """The identifier among the others."""
    return (identifier,)


def size(count: int) -> int | str:
    """An integer of 64 bits, which JSON has as a string."""
    return str(count)


def decided(why: Json) -> Json:
    """An authorisation: so R5 calls the reason."""
    return {"authorization": [{"concept": why}]}
