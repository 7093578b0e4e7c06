"""One good resource of each type, made new on each call, and the means to break one in one place."""

import copy
from decimal import Decimal
from typing import Any

BASE = "https://site.example"
UCUM = "http://unitsofmeasure.org"
DROP = object()
TOKEN = "0123456789abcdef0123456789abcdef01234567"


def pump() -> dict[str, Any]:
    return {"reference": "Device/pb-1"}


def patient() -> dict[str, Any]:
    return {"reference": "Patient/p-1"}


def quantity(value: str, unit: str, code: str) -> dict[str, Any]:
    return {"value": Decimal(value), "unit": unit, "system": UCUM, "code": code}


def concept(code: str, text: str, system: str = f"{BASE}/CodeSystem/thing") -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": text}], "text": text}


def extension(name: str, **value: Any) -> dict[str, Any]:
    return {"url": f"{BASE}/StructureDefinition/{name}", **value}


def div(text: str) -> str:
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{text}</div>'


def resource(kind: str, **elements: Any) -> dict[str, Any]:
    return {
        "resourceType": kind,
        "id": f"pb-{TOKEN}",
        "meta": {"profile": [f"{BASE}/StructureDefinition/{kind}"]},
        "text": {"status": "generated", "div": div(f"A {kind} of the pump, 100 micrograms/day &amp; more.")},
        "identifier": [{"system": f"{BASE}/sid/key", "value": TOKEN}],
        **elements,
    }


def device() -> dict[str, Any]:
    good = resource(
        "Device",
        status="active",
        manufacturer="Maker",
        modelNumber="M-1",
        serialNumber="007",
        deviceName=[{"name": "M-1", "type": "model-name"}],
        udiCarrier=[{"deviceIdentifier": "0123", "carrierHRF": "(01)0123", "entryType": "manual"}],
        type=concept("69985", "MDC_DEV_PUMP_INFUS_MDS", "urn:iso:std:iso:11073:10101"),
        version=[{"type": {"text": "Firmware"}, "value": "1.2"}],
        property=[{"type": concept("capacity", "Capacity"), "valueQuantity": [quantity("40.0", "mL", "mL")]}],
        patient=patient(),
        contact=[{"system": "phone", "value": "+44 1632 960000", "use": "work"}],
        note=[{"time": "2025-03-03", "text": "As read from the pump."}],
    )
    good["identifier"].append({"system": f"{BASE}/sid/serial", "value": "007"})
    return good


def device_use_statement() -> dict[str, Any]:
    return resource(
        "DeviceUseStatement",
        status="active",
        subject=patient(),
        device=pump(),
        timingPeriod={"start": "2025-03"},
        derivedFrom=[{"reference": "Procedure/pb-2"}],
    )


def medication() -> dict[str, Any]:
    strength = {"numerator": quantity("2000.0", "micrograms", "ug"), "denominator": quantity("1", "mL", "mL")}
    ingredient = {"itemCodeableConcept": {"text": "Baclofen"}, "isActive": True, "strength": strength}
    return resource("Medication", code={"text": "Baclofen 2000.0 micrograms/mL"}, ingredient=[ingredient])


def step(time: str, hours: str, dose: str) -> dict[str, Any]:
    repeat = {
        "boundsPeriod": {"start": "2025-05-12T12:40:00+01:00"},
        "duration": Decimal(hours),
        "durationUnit": "h",
        "frequency": 1,
        "period": Decimal(1),
        "periodUnit": "d",
        "timeOfDay": [time],
    }
    doses = [{"doseQuantity": quantity(dose, "micrograms", "ug")}]
    return {"sequence": 1, "text": "By the pump's clock", "timing": {"repeat": repeat}, "doseAndRate": doses}


def medication_request() -> dict[str, Any]:
    return resource(
        "MedicationRequest",
        status="active",
        intent="plan",
        reportedBoolean=True,
        medicationReference={"reference": "Medication/pb-3"},
        subject=patient(),
        authoredOn="2025-05-12T12:40:00+01:00",
        dosageInstruction=[step("06:00:00", "16", "240.00"), step("22:00:00", "8", "90.00")],
    )


def segment() -> dict[str, Any]:
    return resource(
        "MedicationAdministration",
        status="in-progress",
        extension=[extension("last-confirmed", valueDateTime="2025-05-12T12:55:00+01:00")],
        medicationReference={"reference": "Medication/pb-3"},
        subject=patient(),
        effectivePeriod={"start": "2025-05-12T12:40:00+01:00"},
        request={"reference": "MedicationRequest/pb-4"},
        device=[pump()],
        performer=[{"actor": pump()}],
        note=[{"time": "2025-05-12T12:55:00+01:00", "text": "As read from the pump."}],
        dosage={"text": "330.00 micrograms in 24 h", "rateRatio": rate()},
    )


def rate() -> dict[str, Any]:
    return {"numerator": quantity("330.00", "micrograms", "ug"), "denominator": quantity("24", "hours", "h")}


def bolus() -> dict[str, Any]:
    kind = concept("clinician", "Clinician bolus", f"{BASE}/CodeSystem/bolus-kind")
    good = segment()
    del good["request"]
    good |= {
        "status": "completed",
        "extension": [extension("bolus-kind", valueCodeableConcept=kind)],
        "partOf": [{"reference": "MedicationAdministration/pb-5"}],
        "effectivePeriod": {"start": "2025-05-12T12:40:00+01:00", "end": "2025-05-12T11:50:00Z"},
        "dosage": {
            "dose": quantity("25.00", "micrograms", "ug"),
            "rateQuantity": quantity("150", "micrograms/h", "ug/h"),
        },
    }
    return good


def stopped() -> dict[str, Any]:
    period = {"start": "2025-05-12T12:40:00+01:00", "end": "2025-06-18T14:02:00+01:00"}
    good = segment() | {"status": "stopped", "effectivePeriod": period, "statusReason": [{"text": "Motor stall"}]}
    del good["extension"]
    return good


def infusion() -> dict[str, Any]:
    strength = {"numerator": quantity("80.0", "micrograms", "ug"), "denominator": quantity("1", "mL", "mL")}
    drug = {"itemCodeableConcept": {"text": "Norepinephrine"}, "strength": strength}
    code = {"text": "Norepinephrine 80.0 micrograms/mL"}
    dose_rate = extension("dose-rate", valueQuantity=quantity("0.100", "micrograms/kg/minute", "ug/kg/min"))
    good = segment() | {
        "contained": [{"resourceType": "Medication", "id": "drug", "code": code, "ingredient": [drug]}],
        "category": concept(
            "inpatient", "Inpatient", "http://terminology.hl7.org/CodeSystem/medication-admin-category"
        ),
        "medicationReference": {"reference": "#drug"},
        "request": {"type": "MedicationRequest", "identifier": {"system": f"{BASE}/sid/order", "value": "PO-7731"}},
        "dosage": {
            "extension": [dose_rate],
            "text": "5.25 mL/hour",
            "rateQuantity": quantity("5.25", "mL/hour", "mL/h"),
        },
    }
    del good["performer"]
    return good


def loading_dose() -> dict[str, Any]:
    kind = concept("loading", "Loading dose", f"{BASE}/CodeSystem/bolus-kind")
    good = infusion()
    good["extension"].append(extension("bolus-kind", valueCodeableConcept=kind))
    return good | {"partOf": [{"reference": "MedicationAdministration/pb-5"}]}


def procedure() -> dict[str, Any]:
    return resource(
        "Procedure",
        status="completed",
        code=concept("reservoir-fill", "Filling of pump reservoir"),
        subject=patient(),
        performedDateTime="2025-05-12T12:38:00+01:00",
        focalDevice=[{"manipulated": pump()}],
        usedReference=[{"reference": "Medication/pb-3"}],
    )


def observation() -> dict[str, Any]:
    return resource(
        "Observation",
        status="final",
        category=[concept("therapy", "Therapy")],
        code=concept("reservoir-volume", "Reservoir volume"),
        subject=patient(),
        effectiveDateTime="2025-05-12T12:55:00+01:00",
        valueQuantity=quantity("40.0", "mL", "mL"),
        device=pump(),
        derivedFrom=[{"reference": "DocumentReference/pb-6"}],
    )


def summary() -> dict[str, Any]:
    good = observation()
    del good["valueQuantity"]
    absent = {"coding": [{"system": "http://terminology.hl7.org/x", "code": "unknown"}], "text": "NOT RECORDED"}
    good["component"] = [
        {"code": concept("tip", "Catheter tip"), "valueString": "T10"},
        {"code": concept("refill-by", "Refill by"), "dataAbsentReason": absent},
    ]
    return good


def gap() -> dict[str, Any]:
    good = observation()
    del good["effectiveDateTime"]
    good["effectivePeriod"] = {"start": "2025-06-18T14:02:00+01:00"}
    good["extension"] = [extension("last-confirmed", valueDateTime="2025-06-18T17:30:00+01:00")]
    return good


def flag() -> dict[str, Any]:
    return resource(
        "Flag", status="active", code=concept("stall", "Motor stall"), subject=patient(), period={"start": "2025-06-18"}
    )


def communication() -> dict[str, Any]:
    return resource(
        "Communication",
        status="in-progress",
        category=[concept("alert", "Alert")],
        subject=patient(),
        topic=concept("stall", "Motor stall"),
        about=[{"reference": "Observation/pb-7"}],
        sender={"type": "Device", "identifier": {"system": f"{BASE}/sid/key", "value": TOKEN}, "display": "pumpbridge"},
        payload=[{"contentString": "Intrathecal pump NOT INFUSING since 18 Jun 2025 13:02."}],
    )


def detected_issue() -> dict[str, Any]:
    return resource(
        "DetectedIssue",
        status="final",
        severity="high",
        code=concept("delivery-interrupted", "Delivery interrupted"),
        patient=patient(),
        identifiedPeriod={"start": "2025-06-18T17:30:00+01:00"},
        evidence=[{"detail": [{"reference": "Observation/pb-7"}]}],
        detail="Nothing was delivered for 26 h.",
    )


def document_reference() -> dict[str, Any]:
    attachment = {
        "contentType": "text/plain",
        "data": "cHVtcA==",
        "size": 4,
        "hash": "lMgZfowtAdgqNzyilKERfHWrOTo=",
        "title": "Session report",
    }
    return resource(
        "DocumentReference",
        status="current",
        masterIdentifier={"system": f"{BASE}/sid/export-sha256", "value": "ab" * 32},
        type=concept("session", "Session report"),
        subject=patient(),
        content=[{"attachment": attachment}],
    )


def provenance() -> dict[str, Any]:
    good = resource(
        "Provenance",
        target=[{"reference": "Observation/pb-7"}],
        recorded="2025-06-20T09:30:16.000+01:00",
        agent=[agent({"reference": "Device/pb-8"}), agent({"identifier": {"system": f"{BASE}/staff", "value": "N-1"}})],
        entity=[{"role": "source", "what": {"reference": "DocumentReference/pb-6"}}],
    )
    del good["identifier"]
    good["meta"]["tag"] = [{"system": f"{BASE}/sid/key", "code": TOKEN}]
    return good


def agent(who: dict[str, Any]) -> dict[str, Any]:
    return {"who": who, "onBehalfOf": {"reference": "Organization/pb-9"}}


def organization() -> dict[str, Any]:
    return resource("Organization", active=True, name="Clinic", telecom=[{"system": "phone", "value": "1"}])


GOOD = {
    "Device": device,
    "DeviceUseStatement": device_use_statement,
    "Medication": medication,
    "MedicationRequest": medication_request,
    "segment": segment,
    "stopped": stopped,
    "bolus": bolus,
    "infusion": infusion,
    "loading_dose": loading_dose,
    "Procedure": procedure,
    "Observation": observation,
    "summary": summary,
    "gap": gap,
    "Flag": flag,
    "Communication": communication,
    "DetectedIssue": detected_issue,
    "DocumentReference": document_reference,
    "Provenance": provenance,
    "Organization": organization,
}


def retracted(name: str) -> dict[str, Any]:
    """The same resource entered in error."""
    bad = GOOD[name]()
    bad["status"] = "entered-in-error"
    bad["text"]["div"] = div("Entered in error: it was another patient's.")
    if name == "DocumentReference":
        del bad["content"][0]["attachment"]["data"]
    return bad


def altered(good: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with one place (a.0.b) set to `value`, or left out for DROP."""
    changed = copy.deepcopy(good)
    at: Any = changed
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in way:
        at = at[part]
    if value is DROP:
        del at[last]
    else:
        at[last] = value
    return changed
