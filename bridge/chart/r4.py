"""How FHIR R4 (4.0.1) spells what R5 spells differently: see dialect.py."""

from __future__ import annotations

from bridge.fhir_json import Json

USE = "use"
USER = "subject"
ASSOCIATES = False
GIVEN = "effectivePeriod"
DONE = "performedDateTime"
CONCERNED = "patient"
AS_NEEDED = "asNeededBoolean"
MEDICATION = "medicationCodeableConcept"
INGREDIENT = "itemCodeableConcept"
STRENGTH = "strength"
COMMUNITY = "category-community"
INPATIENT = "category-inpatient"
QUANTITY = "valueQuantity[0]"
CODE = "valueCode[0]"


def several(concept: Json) -> Json | list[Json]:
    """One."""
    return concept


def referred(reference: Json) -> Json:
    """The reference."""
    return reference


def device_names(model: str, in_words: str = "") -> Json:
    """Names with what kind of name each is."""
    friendly = [{"name": in_words, "type": "user-friendly-name"}] if in_words else []
    return {"deviceName": [*friendly, {"name": model, "type": "model-name"}]}


def software_name(name: str) -> Json:
    """A user-friendly name."""
    return {"deviceName": [{"name": name, "type": "user-friendly-name"}]}


def measured(quantity: Json) -> Json:
    """One of several that R4 would take."""
    return {"valueQuantity": [quantity]}


def coded(concept: Json) -> Json:
    """One of several that R4 would take."""
    return {"valueCode": [concept]}


def in_patient(subject: Json) -> Json:
    """The patient, on the Device."""
    return {"patient": subject}


def telecom(points: list[Json]) -> Json:
    """On the organisation."""
    return {"telecom": points}


def used(reference: Json) -> Json:
    """A reference."""
    return {"usedReference": [reference]}


def ingredient(item: Json, strength: Json | None) -> Json:
    """Item and strength."""
    return {INGREDIENT: item, **({STRENGTH: strength} if strength is not None else {})}


def medication(reference: Json) -> Json:
    """A reference."""
    return {"medicationReference": reference}


def medication_named(concept: Json) -> Json:
    """A concept."""
    return {MEDICATION: concept}


def reported(pump: Json) -> Json:
    """The pump as performer."""
    return {"reportedBoolean": True, "performer": pump}


def document(identifier: Json, period: Json, pump: Json) -> Json:
    """A master identifier, and a context."""
    return {"masterIdentifier": identifier, "context": {"period": period, "related": [pump]}}


def document_identifiers(identifier: Json) -> tuple[Json, ...]:
    """None: it is the master identifier."""
    return ()


def size(count: int) -> int | str:
    """A number."""
    return count


def decided(why: Json) -> Json:
    """A reason."""
    return {"reason": [why]}
