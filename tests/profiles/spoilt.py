"""The invalid examples of the guide: each a valid one that is broken in one place, and which rule says so.

Columns: rule, by the name that checks.py gives it; example; place; what to; who sees it: both, `checks` or `engine`
alone, and then why. What the engine names otherwise than checks.py stands in ENGINE.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from bridge.fhir_json import Json
from fhir_profiles.claims import CANONICAL, profile_of
from tests.profiles.drawn import valid
from tests.profiles.good import DROP, altered, concept, div, quantity

SCT, MDC = "http://snomed.info/sct", "urn:iso:std:iso:11073:10101"
WORDS = "what people may misread is a matter of words, which no profile reads"
PLACE = "R4 lets a reference be absolute; that ours are relative keeps a chart movable, and only we look at it"
TIMES = "FHIRPath cannot add times of day: the profile looks at the sum of the steps alone"
TERMS = "the engine has no terminology server: it passes a made-up code of SNOMED CT without a word"
FRAGMENT = "the engine knows MDC as a fragment, of which it may not refuse an unknown code"
NARROW = "checks.py holds elements to what a type may have; what a kind must have is the profile's"
OPEN = "R4 has the element, and a profile that forbade what we do not write would forbid it to others"
SPELT = "the engine does not compare the display of a code with that of its own code system"


def coding(system: str, code: str, display: str) -> Json:
    """A coding."""
    return {"system": system, "code": code, "display": display}


CLINICAL = coding("http://terminology.hl7.org/CodeSystem/flag-category", "clinical", "Clinical")


Case = tuple[str, str, str, Any, str]
DELIVERY, RUNNING, BOLUS = "pump-delivery-stopped", "pump-delivery-in-progress", "pump-bolus-completed"
INFUSION, PROGRAMME, VOLUME = "infusion-stopped", "pump-programme-active-2", "pump-volume-fill-volume"
REPORT, FLAG, FINDING = "session-report-pump-session-report", "pump-flag-motor-stall", "pump-finding-as-found-differs"
PUMP, FILL, SUMMARY = "implanted-pump-active", "pump-procedure-reservoir-fill", "pump-summary-final"
CALCULATED, DRUG, PLAN = "calculated-value-observed-flow", "reservoir-drug-example", "plan-provenance-example"
PRESENT = "pump-present-intrathecal-pump-present"
UNDOSED, TOLD, ALERT = "pump-delivery-in-progress-2", "delivery-told-delivery-flow", "alert-told-in-progress"
STRENGTH, INSIDE = "ingredient.0.strength", "contained.0.ingredient.0.strength"
CONFIRMED = {"url": f"{CANONICAL}/StructureDefinition/last-confirmed", "valueDateTime": "2025-06-20"}
OURS = f"{CANONICAL}/CodeSystem/"
GIVEN, OBSERVED = "http://terminology.hl7.org/CodeSystem/medication-admin-category", f"{OURS}pump-observation"
LOADING = {
    "url": f"{CANONICAL}/StructureDefinition/bolus-kind",
    "valueCodeableConcept": concept("loading", "Loading dose", f"{OURS}bolus-kind"),
}
NO_RATE = {
    "url": f"{CANONICAL}/StructureDefinition/dose-rate", "valueQuantity": quantity("1", "milligrams", "mg")
}  # fmt: skip
AGAIN = {"code": concept("fill-volume", "Volume filled into the reservoir", OBSERVED), "valueString": "x"}
BOLUS_DOSE = {"system": OBSERVED, "code": "bolus-dose", "display": "Bolus dose"}
BOTH = "both"

CASES: list[Case] = [
    # Identity, simulation, retraction
    ("identity", FLAG, "identifier.0.system", "https://pumpbridge.invalid/sid/other", BOTH),
    ("identity", PLAN, "meta.tag.1.system", "https://pumpbridge.invalid/sid/other", BOTH),
    ("htest", FLAG, "meta.tag", DROP, BOTH),
    ("htest", PLAN, "meta.security", DROP, BOTH),
    ("retracted", "pump-delivery-entered-in-error", "text.div", div("A delivery."), BOTH),
    ("profile-version", FLAG, "meta.profile", [f"{CANONICAL}/StructureDefinition/pump-flag|0.1.0"], BOTH),
    ("doc-retracted", "session-report-entered-in-error", "content.0.attachment.url", "ni:///sha-256;AA", BOTH),
    # What must be there, and only once
    ("cardinality", FLAG, "text", DROP, BOTH),
    ("cardinality", FLAG, "code", DROP, BOTH),
    ("cardinality", FLAG, "identifier", DROP, BOTH),
    ("cardinality", VOLUME, "device", DROP, BOTH),
    ("cardinality", VOLUME, "subject", DROP, BOTH),
    ("cardinality", VOLUME, "effectiveDateTime", DROP, BOTH),
    ("cardinality", VOLUME, "valueString", "18", BOTH),
    ("cardinality", VOLUME, "status", DROP, BOTH),
    ("cardinality", DELIVERY, "device", DROP, BOTH),
    ("cardinality", DELIVERY, "medicationReference", DROP, BOTH),
    ("cardinality", INFUSION, f"{INSIDE}", DROP, BOTH),
    ("cardinality", "pump-procedure-pump-implant", "focalDevice.0.manipulated", DROP, BOTH),
    ("cardinality", "pump-use-active", "timingPeriod", DROP, BOTH),
    ("cardinality", FINDING, "severity", DROP, BOTH),
    ("cardinality", FINDING, "identifiedPeriod", DROP, BOTH),
    ("cardinality", REPORT, "masterIdentifier", DROP, BOTH),
    ("cardinality", PLAN, "agent.0.onBehalfOf", DROP, BOTH),
    ("cardinality", PUMP, "type", DROP, BOTH),
    ("itp-start", DELIVERY, "effectivePeriod.start", DROP, BOTH),
    ("us-core-udi", PUMP, "udiCarrier", [{"deviceIdentifier": "1"}, {"deviceIdentifier": "2"}], BOTH),
    ("element", FLAG, "severity", "high", BOTH),
    ("element", FLAG, "modifierExtension", [CONFIRMED], BOTH),
    ("element", FLAG, "implicitRules", "https://pumpbridge.invalid/rules", BOTH),
    ("element", VOLUME, "specimen", {"reference": "Specimen/s"}, f"checks {OPEN}"),
    # Types and codes of R4
    ("binding", DELIVERY, "status", "running", BOTH),
    ("binding", FINDING, "severity", "critical", BOTH),
    ("datatype", PROGRAMME, "reportedBoolean", "true", BOTH),
    ("decimal", VOLUME, "valueQuantity.value", "18.0", BOTH),
    ("date", VOLUME, "effectiveDateTime", "2025-05-12T12:55:00", BOTH),
    ("date", VOLUME, "effectiveDateTime", "2025-02-29", BOTH),
    ("id", FLAG, "id", "under_score", BOTH),
    ("empty", FINDING, "detail", "", BOTH),
    ("narrative", FLAG, "text.div", div("<script>alert(1)</script>"), BOTH),
    ("words", FLAG, "text.div", div("100 mcg/day"), f"checks {WORDS}"),
    ("words", FLAG, "code.text", "Pump OK", f"checks {WORDS}"),
    ("reference", FLAG, "subject", {"reference": "https://server.example/Patient/p-1"}, f"checks {PLACE}"),
    ("reference-target", FLAG, "subject", {"reference": "Group/g-1"}, BOTH),
    ("reference-target", DELIVERY, "device.0", {"reference": "Patient/p-1"}, BOTH),
    # Quantities
    ("per-1", DELIVERY, "effectivePeriod.start", "2031-01-01T00:00:00+00:00", BOTH),
    ("qty-3", VOLUME, "valueQuantity", {"unit": "mL", "code": "mL"}, BOTH),
    ("ucum", VOLUME, "valueQuantity", {"value": 18, "unit": "mL", "code": "ml/24h", "system": "urn:x"}, BOTH),
    ("ucum", CALCULATED, "valueQuantity", {"value": 18}, BOTH),
    ("unit-text", VOLUME, "valueQuantity.unit", "litres", BOTH),
    ("unit-text", DELIVERY, "dosage.rateRatio.numerator.unit", DROP, BOTH),
    ("mcg", CALCULATED, "valueQuantity", {"unit": "mcg/day"}, BOTH),
    ("rat-1", DRUG, f"{STRENGTH}.denominator", DROP, BOTH),
    ("itp-med", DRUG, f"{STRENGTH}.denominator.value", 2, BOTH),
    ("itp-med", DRUG, f"{STRENGTH}.numerator", quantity("2", "grams", "g"), BOTH),
    ("pump-strength", INFUSION, f"{INSIDE}.denominator", quantity("1", "kg", "kg"), BOTH),
    ("pump-strength", INFUSION, f"{INSIDE}.denominator.value", 2, BOTH),
    # Parts
    ("att-1", REPORT, "content.0.attachment.contentType", DROP, BOTH),
    ("att-hash", REPORT, "content.0.attachment.data", "cHVtcQ==", BOTH),
    ("cpt-2", PUMP, "contact.0.system", DROP, BOTH),
    ("ext-1", RUNNING, "extension.0.valueDateTime", DROP, BOTH),
    ("tim-1", PROGRAMME, "dosageInstruction.0.timing.repeat.durationUnit", DROP, BOTH),
    ("tim-2", PROGRAMME, "dosageInstruction.0.timing.repeat.periodUnit", DROP, BOTH),
    ("tim-4", PROGRAMME, "dosageInstruction.0.timing.repeat.duration", -1, BOTH),
    ("tim-5", PROGRAMME, "dosageInstruction.0.timing.repeat.period", -1, BOTH),
    ("obs-6", VOLUME, "dataAbsentReason", {"text": "unknown"}, BOTH),
    ("obs-6", SUMMARY, "component.0.dataAbsentReason", {"text": "unknown"}, BOTH),
    ("pocd-obs-1", SUMMARY, "component.0.valueString", DROP, BOTH),
    ("mad-1", DELIVERY, "dosage", {"text": "not known"}, BOTH),
    # Devices and use
    ("itp-dev-1", PUMP, "serialNumber", "7", BOTH),
    # Programmes
    ("itp-intent", PROGRAMME, "intent", "proposal", BOTH),
    ("us-core-21", PROGRAMME, "intent", "order", BOTH),
    ("itp-7", PROGRAMME, "dosageInstruction.0.timing.repeat.duration", 1, BOTH),
    ("itp-7", PROGRAMME, "dosageInstruction.0.timing.repeat.timeOfDay", ["05:30:00"], f"checks {TIMES}"),
    # Deliveries
    ("itp-status", DELIVERY, "status", "on-hold", BOTH),
    ("itp-status", DELIVERY, "status", "not-done", BOTH),
    ("itp-1", DELIVERY, "effectivePeriod.end", DROP, BOTH),
    ("itp-2", RUNNING, "effectivePeriod.end", "2031-01-01T00:00:00+00:00", BOTH),
    ("itp-3", DELIVERY, "statusReason", DROP, BOTH),
    ("itp-4", DELIVERY, "dosage.rateRatio.numerator.value", 0, BOTH),
    ("itp-5", RUNNING, "dosage.dose", quantity("1", "micrograms", "ug"), BOTH),
    ("itp-6", RUNNING, "partOf", [{"reference": "MedicationAdministration/pb-5"}], BOTH),
    ("itp-confirmed", RUNNING, "extension", DROP, BOTH),
    ("itp-confirmed", DELIVERY, "extension", [CONFIRMED, CONFIRMED], BOTH),
    ("itp-bolus", BOLUS, "extension.0", LOADING, BOTH),
    # Hospital pumps
    ("pump-route", INFUSION, "dosage.route", {"text": "intrathecal"}, BOTH),
    ("pump-dose-rate", INFUSION, "dosage.extension", [NO_RATE], BOTH),
    ("pump-dose-rate", INFUSION, "dosage.rateQuantity", quantity("1", "milligrams/hour", "mg/h"), BOTH),
    ("ref-1", INFUSION, "medicationReference.reference", "#other", BOTH),
    # Observations
    ("itp-obs-status", VOLUME, "status", "cancelled", BOTH),
    ("us-core-1", VOLUME, "effectiveDateTime", "2025-05", BOTH),
    ("us-core-2", VOLUME, "valueQuantity", DROP, BOTH),
    ("obs-7", VOLUME, "component", [AGAIN], BOTH),
    ("itp-confirmed", "pump-infusing-status-infusing-status", "extension", DROP, BOTH),
    ("itp-derived", CALCULATED, "code.text", "Observed flow", BOTH),
    ("itp-derived", VOLUME, "code.text", "Filled. Calculated by pumpbridge, not the pump", BOTH),
    ("itp-panel", SUMMARY, "component.0.code.coding.0", BOLUS_DOSE, BOTH),
    # What is told as another type
    ("itp-told", TOLD, "status", "final", BOTH),
    ("com-status", ALERT, "status", "stopped", BOTH),
    # Procedures, findings, documents
    ("us-core-7", FILL, "performedDateTime", DROP, BOTH),
    ("dis-evidence", "pump-finding-newer-export-unreadable", "implicated", DROP, BOTH),
    ("doc-measured", REPORT, "content.0.attachment.hash", DROP, BOTH),
    ("us-core-6", REPORT, "content.0.attachment.data", DROP, BOTH),
    # Codes
    ("pinned", FILL, "bodySite", [concept("1234567", "Back", SCT)], f"checks {TERMS}"),
    ("pinned", DRUG, "ingredient.0.itemCodeableConcept.coding.0.code", "387342008", f"checks {TERMS}"),
    ("pinned", PUMP, "version.0.type.coding.0.code", "531999", f"checks {FRAGMENT}"),
    ("pinned", PUMP, "type.coding.1.code", "implanted-heart", BOTH),
    ("pinned", FILL, "code.coding.0.display", "Filling", f"checks {SPELT}"),
    # What a kind must have
    ("kind", PUMP, "type.coding.0", coding(MDC, "69986", "MDC_DEV_PUMP_INFUS_VMD"), f"engine {NARROW}"),
    ("kind", UNDOSED, "category.coding.0", coding(GIVEN, "inpatient", "Inpatient"), f"engine {NARROW}"),
    ("kind", DELIVERY, "dosage.route", DROP, f"engine {NARROW}"),
    ("itp-bolus", BOLUS, "extension.0.valueCodeableConcept", {"text": "Clinician bolus"}, BOTH),
    ("itp-derived", VOLUME, "method.coding.0", {"system": f"{OURS}how-known", "code": "derived"}, BOTH),
    ("kind", VOLUME, "valueQuantity", quantity("18", "micrograms", "ug"), f"engine {NARROW}"),
    ("kind", PRESENT, "category.0.coding.0", CLINICAL, f"engine {NARROW}"),
    ("kind", "bridge-software-active", "owner", DROP, f"engine {NARROW}"),
    ("kind", "intrathecal-catheter-active", "parent", DROP, f"engine {NARROW}"),
    ("pinned", REPORT, "type.coding.0.code", "report", BOTH),
]  # fmt: skip

# How the engine names what it finds, where it is not by the rule's name; `structure` where its parser says so.
FEW, MANY, FIXED = "Validation_VAL_Profile_Minimum", "Validation_VAL_Profile_Maximum", "_DT_Fixed_Wrong"
INNER, PATTERN = "Reference_REF_CantMatchChoice", "TYPE_CHECKS_PATTERN_CC"
ENGINE = {
    "cardinality": FEW, "itp-start": FEW, "us-core-udi": MANY, "pump-route": MANY, "pump-strength": INNER, "kind": FEW,
    "element": MANY, "binding": "Terminology_TX_NoValid_16", "datatype": "structure", "decimal": "structure",
    "narrative": "txt-1", "reference-target": "Reference_REF_BadTargetType2",
    "id": "Resource_RES_ID_Malformed_Chars", "empty": "Type_Specific_Checks_DT_Primitive_NotEmpty",
    "date": "Type_Specific_Checks_DT_Primitive_Regex_Type", "att-hash": "TYPE_SPECIFIC_CHECKS_DT_ATT_HASH_MISMATCH",
    f"identity--{PLAN}": "identity-tag", f"obs-6--{SUMMARY}": "obs-6-row", f"element--{FLAG}": "structure",
    f"cardinality--{VOLUME}-4": "structure", f"cardinality--{INFUSION}": INNER,
    f"date--{VOLUME}-2": "Type_Specific_Checks_DT_DateTime_Valid", f"itp-bolus--{BOLUS}-2": FEW,
    "itp-confirmed--pump-infusing-status-infusing-status": "itp-obs-confirmed",
    f"pinned--{PUMP}-2": "Terminology_TX_NoValid_12", f"pinned--{REPORT}": PATTERN,
    f"kind--{PUMP}": FIXED, f"kind--{UNDOSED}": PATTERN, f"kind--{VOLUME}": FIXED, f"kind--{PRESENT}": PATTERN,
}  # fmt: skip


@cache
def names() -> dict[str, Case]:
    """Each case by the name of its file."""
    found: dict[str, Case] = {}
    for case in CASES:
        stem = f"{case[0]}--{case[1]}"
        found[stem if stem not in found else f"{stem}-{sum(name.startswith(stem) for name in found) + 1}"] = case
    return found


def spoilt() -> dict[str, Json]:
    """Every invalid example by name."""
    good = valid()
    return {name: altered(good[example], path, value) for name, (_, example, path, value, _) in names().items()}


def index() -> bytes:
    """What is wrong with each invalid example, and who sees it: a row each."""
    good = valid()
    rows = [_row(name, case, good[case[1]]) for name, case in names().items()]
    return ("[\n" + ",\n".join(json.dumps(row, sort_keys=True) for row in rows) + "\n]\n").encode()


def _row(name: str, case: Case, body: Json) -> dict[str, str]:
    rule, example, path, _, who = case
    seen, _, why = who.partition(" ")
    told = {"why": why} if why else {}
    if seen != "checks":
        told["engine"] = ENGINE.get(name, ENGINE.get(rule, rule))
    return {"file": f"{name}.json", "valid": f"{example}.json", "profile": str(profile_of(body)), "rule": rule,
            "changed": path, "seen": seen, **told}  # fmt: skip
