"""The rules of each type beyond its elements, as a table: R4's invariants, US Core's, and the profiles' own (itp-).

A rule sees a value whose structure holds. Names: R4 and US Core constraints keep theirs; `itp-` are the rules of the
intrathecal pump profiles; the others say what they are about. A retracted resource (entered-in-error) keeps its last
content, so rules that look at a running or ended status do not meet it.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from decimal import Decimal
from typing import Any

from fhir_profiles import panel, pinned, units
from fhir_profiles.grammar import decoded, is_after
from fhir_profiles.narrative import XHTML
from fhir_profiles.problem import Json
from fhir_profiles.shapes import Rule
from fhir_profiles.steps import do_not_cover_a_day

LAST_CONFIRMED = "/StructureDefinition/last-confirmed"
BOLUS_KIND = "/StructureDefinition/bolus-kind"
DOSE_RATE = "/StructureDefinition/dose-rate"
ORDERS = frozenset({"order", "original-order", "reflex-order", "filler-order", "instance-order"})
IN_ERROR = "entered-in-error"
_IMPLANTED = ("clinician", "patient")  # an implanted pump says whose bolus it is
_DAY = len("2025-01-01")
_PERFORMED = {"performedDateTime", "performedPeriod", "occurrenceDateTime", "occurrencePeriod"}


def extensions(value: Json, name: str) -> list[Json]:
    """The extensions of an element whose url ends with `name` (older charts have the base of their site)."""
    return [extension for extension in value.get("extension", ()) if extension["url"].endswith(name)]


def _has_value(value: Json) -> bool:
    return any(name.startswith("value") for name in value)


def _period_reversed(period: Json) -> bool:
    return is_after(period.get("start", ""), period.get("end", ""))


def _half_ratio(ratio: Json) -> bool:
    if "numerator" in ratio or "denominator" in ratio:
        return not ("numerator" in ratio and "denominator" in ratio)
    return "extension" not in ratio


def _hash_differs(attachment: Json) -> bool:
    content = decoded(attachment["data"]) if "data" in attachment else None
    if content is None:
        return False
    sha1 = b64encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode()
    stated = int(attachment.get("size", len(content))), attachment.get("hash", sha1)
    return stated != (len(content), sha1)


def _rates(dosage: Json) -> list[Any]:
    ratio = dosage.get("rateRatio", {})
    stated = (dosage.get("rateQuantity"), ratio.get("numerator"), ratio.get("denominator"))
    return [quantity["value"] for quantity in stated if quantity and "value" in quantity]


def _same_code(observation: Json) -> bool:
    if not _has_value(observation):
        return False
    own = _codings(observation["code"])
    return any(own & _codings(component["code"]) for component in observation.get("component", ()))


def _codings(concept: Json) -> set[tuple[str, str]]:
    return {(coding["system"], coding["code"]) for coding in concept.get("coding", ())}


def _unanswered(observation: Json) -> bool:
    answered = _has_value(observation) or "dataAbsentReason" in observation
    return not (answered or "component" in observation or "hasMember" in observation)


def _absent_and_present(value: Json) -> bool:
    return "dataAbsentReason" in value and _has_value(value)


def _given(administration: Json) -> Json:
    """When it was given; R5 spells the element so."""
    found: Json = administration.get("effectivePeriod") or administration["occurencePeriod"]
    return found


def _open(administration: Json) -> bool:
    status = administration["status"]
    return status == "in-progress" or (status == "unknown" and "end" not in _given(administration))


def _unconfirmed(administration: Json) -> bool:
    stated = len(extensions(administration, LAST_CONFIRMED))
    return stated != 1 if _open(administration) else stated > 1


def _gap_unconfirmed(observation: Json) -> bool:
    period = observation.get("effectivePeriod")
    return (
        period is not None
        and "start" in period
        and "end" not in period
        and len(extensions(observation, LAST_CONFIRMED)) != 1
    )


def _bolus_kind_wrong(administration: Json) -> bool:
    kinds = extensions(administration, BOLUS_KIND)
    codes = [coding["code"] for kind in kinds for coding in kind.get("valueCodeableConcept", {}).get("coding", ())]
    known = ("clinician", "patient", "loading", "unspecified") if _of_hospital_pump(administration) else _IMPLANTED
    return len(kinds) > 1 or (bool(kinds) and (len(codes) != 1 or codes[0] not in known))


def _strength(ingredient: Json) -> Json:
    found: Json = ingredient.get("strength") or ingredient.get("strengthRatio") or {}
    return found


def _not_a_concentration(ingredient: Json) -> bool:
    strength = _strength(ingredient)
    if "numerator" not in strength:
        return False
    above, below = strength["numerator"], strength["denominator"]
    return above.get("code") not in ("ug", "mg") or below.get("code") != "mL" or below.get("value") != Decimal(1)


def _not_as_stated(ingredient: Json) -> bool:
    """Whether what a hospital pump gives is no amount in 1 mL or 1 L: units are those stated. Source: `rat-1`, UCUM."""
    strength = _strength(ingredient)
    if not {"numerator", "denominator"} <= strength.keys():
        return True
    below = strength["denominator"]
    return below.get("code") not in ("mL", "L") or below.get("value") != Decimal(1)


def _of_hospital_pump(administration: Json) -> bool:
    """Whether a hospital pump gave it: the category that FHIR has for what is given in a hospital; several in R5."""
    category = administration.get("category", ())
    concepts = [category] if isinstance(category, dict) else category
    return any(code == "inpatient" for concept in concepts for _, code in _codings(concept))


def _contained_loose(administration: Json) -> bool:
    """Whether what is contained is not what the medication refers to. Source: R4 dom-3 and ref-1."""
    contained = [f"#{one['id']}" for one in administration.get("contained", ())]
    medication = administration.get("medicationReference") or administration.get("medication", {}).get("reference", {})
    literal = medication.get("reference", "")
    return contained != ([literal] if literal.startswith("#") else [])


def _dose_rate_wrong(dosage: Json) -> bool:
    """Whether the dose rate beside a flow is not one amount a time, or stands twice, or beside no flow."""
    rates = extensions(dosage, DOSE_RATE)
    units = [rate.get("valueQuantity", {}).get("code", "") for rate in rates]
    flow = dosage.get("rateQuantity", {}).get("code", "").partition("/")[0]
    return bool(rates) and (len(rates) > 1 or "/" not in units[0] or flow not in ("mL", "uL", "L"))


def _serial_elsewhere(device: Json) -> bool:
    serial = device.get("serialNumber")
    return serial is not None and [i["value"] for i in device["identifier"]].count(serial) != 1


def _unkeyed(resource: Json) -> bool:
    tags = resource.get("meta", {}).get("tag", ())
    named = tags if resource["resourceType"] == "Provenance" else resource["identifier"]
    return len([one for one in named if one["system"].endswith("/sid/key")]) != 1


def _half_simulated(resource: Json) -> bool:
    meta = resource.get("meta", {})
    tagged = any(t["code"] == "simulated" and t["system"].endswith("/CodeSystem/tag") for t in meta.get("tag", ()))
    labelled = any(s["code"] == "HTEST" and s["system"].endswith("/v3-ActReason") for s in meta.get("security", ()))
    return tagged != labelled


def _patch_version(meta: Json) -> bool:
    return any(url.partition("|")[2].count(".") > 1 for url in meta.get("profile", ()))


def _retracted_unsaid(resource: Json) -> bool:
    head = f'<div xmlns="{XHTML}">Entered in error'
    return _in_error(resource) and not resource["text"]["div"].startswith(head)


def _in_error(resource: Json) -> bool:
    """Whether it was taken back; the status of an R5 DeviceAssociation is a concept."""
    status = resource.get("status")
    return status == IN_ERROR or (isinstance(status, dict) and any(code == IN_ERROR for _, code in _codings(status)))


def _attachments(document: Json) -> list[Json]:
    return [content["attachment"] for content in document["content"]]


def _unmeasured(document: Json) -> bool:
    return any(not {"contentType", "hash", "size"} <= a.keys() for a in _attachments(document))


def _without_content(document: Json) -> bool:
    kept = document["status"] != IN_ERROR
    return kept and any("data" not in a and "url" not in a for a in _attachments(document))


def _retracted_content(document: Json) -> bool:
    return document["status"] == IN_ERROR and any("data" in a or "url" in a for a in _attachments(document))


def _extension_unclear(extension: Json) -> bool:
    return _has_value(extension) == ("extension" in extension)


RESOURCE_RULES = (
    Rule("identity", "identifier", "must hold exactly one key of ours (on a Provenance: as a tag)", _unkeyed),
    Rule(
        "htest",
        "meta",
        "simulated data carries the tag `simulated` and the label HTEST, real data neither",
        _half_simulated,
    ),
    Rule("retracted", "text.div", 'what is entered in error says so first: "Entered in error"', _retracted_unsaid),
)

RULES: dict[str, tuple[Rule, ...]] = {
    "Meta": (Rule("profile-version", "profile", "may not carry a patch version", _patch_version),),
    "Coding": (Rule("pinned", "code", "is not in the pinned tables, or not by that display", pinned.unpinned),),
    "Period": (Rule("per-1", "", "ends before it starts", _period_reversed),),
    "Quantity": (
        Rule("qty-3", "code", "has a code without a system", lambda q: "code" in q and "system" not in q),
        Rule("mcg", "unit", 'says "mcg"', units.mcg_in_unit),
        Rule("ucum", "code", "has no UCUM unit that a pump chart may hold", units.unknown_unit),
        Rule("unit-text", "unit", "is not what its code means", units.contradicting_unit),
    ),
    "Ratio": (Rule("rat-1", "", "has a numerator or a denominator alone, or neither", _half_ratio),),
    "Attachment": (
        Rule("att-1", "contentType", "is missing beside data", lambda a: "data" in a and "contentType" not in a),
        Rule("att-hash", "hash", "or size is not that of the data", _hash_differs),
    ),
    "ContactPoint": (
        Rule("cpt-2", "system", "is missing beside a value", lambda c: "value" in c and "system" not in c),
    ),
    "Extension": (Rule("ext-1", "", "has a value and extensions, or neither", _extension_unclear),),
    "Timing.repeat": (
        Rule(
            "tim-1", "durationUnit", "is missing beside duration", lambda t: "duration" in t and "durationUnit" not in t
        ),
        Rule("tim-2", "periodUnit", "is missing beside period", lambda t: "period" in t and "periodUnit" not in t),
        Rule("tim-4", "duration", "is negative", lambda t: t.get("duration", 0) < 0),
        Rule("tim-5", "period", "is negative", lambda t: t.get("period", 0) < 0),
    ),
    "MedicationAdministration.dosage": (
        Rule(
            "mad-1", "", "has neither a dose nor a rate", lambda d: not d.keys() & {"dose", "rateRatio", "rateQuantity"}
        ),
        Rule("itp-4", "rate[x]", "is not above 0: a stopped pump is no rate", lambda d: any(v <= 0 for v in _rates(d))),
        Rule("pump-dose-rate", "extension", "is not one amount a time beside a flow", _dose_rate_wrong),
    ),
    "Infusate.ingredient": (Rule("pump-strength", "strength", "is not an amount in 1 mL or 1 L", _not_as_stated),),
    "Medication.ingredient": (Rule("itp-med", "strength", "is not ug or mg in 1 mL", _not_a_concentration),),
    "Observation.component": (
        Rule("obs-6", "dataAbsentReason", "stands beside a value", _absent_and_present),
        Rule(
            "pocd-obs-1",
            "value[x]",
            "is absent without a reason",
            lambda c: not _has_value(c) and "dataAbsentReason" not in c,
        ),
    ),
    "Device": (
        Rule("itp-dev-1", "serialNumber", "is not the value of exactly one identifier", _serial_elsewhere),
        Rule("us-core-udi", "udiCarrier", "may be there once only", lambda d: len(d.get("udiCarrier", ())) > 1),
    ),
    "MedicationRequest": (
        Rule("itp-intent", "intent", "is neither plan nor order", lambda r: r["intent"] not in ("plan", "order")),
        Rule(
            "us-core-21",
            "requester",
            "is missing on an order",
            lambda r: r["intent"] in ORDERS and "requester" not in r,
        ),
        Rule("itp-7", "dosageInstruction", "has steps that do not cover the day once", do_not_cover_a_day),
    ),
    "MedicationAdministration": (
        Rule(
            "itp-status",
            "status",
            "is one that the bridge never writes",
            lambda a: a["status"] in ("on-hold", "not-done"),
        ),
        Rule("itp-start", "effectivePeriod.start", "must be there", lambda a: "start" not in _given(a)),
        Rule(
            "itp-1",
            "effectivePeriod.end",
            "must be there once completed or stopped",
            lambda a: a["status"] in ("completed", "stopped") and "end" not in _given(a),
        ),
        Rule(
            "itp-2",
            "effectivePeriod.end",
            "may not be there while in progress",
            lambda a: a["status"] == "in-progress" and "end" in _given(a),
        ),
        Rule(
            "itp-3",
            "statusReason",
            "must say why it stopped",
            lambda a: a["status"] == "stopped" and "statusReason" not in a,
        ),
        Rule("itp-confirmed", "extension", "must say once when it was last confirmed", _unconfirmed),
        Rule(
            "itp-5",
            "dosage.dose",
            "may be there only once completed or stopped",
            lambda a: a["status"] in ("in-progress", "unknown") and "dose" in a.get("dosage", {}),
        ),
        Rule(
            "itp-6",
            "partOf",
            "is for a bolus: its kind is missing",
            lambda a: "partOf" in a and not extensions(a, BOLUS_KIND),
        ),
        Rule("itp-bolus", "extension", "must say once that a bolus is a clinician's or a patient's", _bolus_kind_wrong),
        Rule("ref-1", "medicationReference", "is not to what is contained", _contained_loose),
        Rule(
            "pump-route",
            "dosage.route",
            "may not be there: a hospital pump states none",
            lambda a: _of_hospital_pump(a) and "route" in a.get("dosage", {}),
        ),
    ),
    "Procedure": (
        Rule(
            "us-core-7",
            "performed[x]",
            "must be there",
            lambda p: p["status"] in ("completed", "in-progress") and not p.keys() & _PERFORMED,
        ),
    ),
    "Observation": (
        Rule(
            "itp-obs-status",
            "status",
            "is one that the bridge never writes",
            lambda o: o["status"] in ("registered", "cancelled", "unknown"),
        ),
        Rule(
            "us-core-1",
            "effectiveDateTime",
            "is coarser than a day",
            lambda o: len(o.get("effectiveDateTime", "")) in range(1, _DAY),
        ),
        Rule("us-core-2", "value[x]", "is absent without a reason", _unanswered),
        Rule("obs-6", "dataAbsentReason", "stands beside a value", _absent_and_present),
        Rule("itp-derived", "code.text", "must say, of what is calculated alone, that it is", panel.derived_unsaid),
        Rule("itp-told", "status", "is preliminary for what may still run, and for nothing else", panel.told_as_over),
        Rule("itp-panel", "component", "lacks a row of a summary, stated or not", panel.panel_short),
        Rule("obs-7", "value[x]", "stands beside a component of the same code", _same_code),
        Rule("itp-confirmed", "extension", "must say once when it was last confirmed", _gap_unconfirmed),
    ),
    "Communication": (
        Rule(
            "com-status",
            "status",
            "is one that the bridge never writes",
            lambda c: c["status"] not in ("in-progress", "completed", "unknown", IN_ERROR),
        ),
    ),
    "DetectedIssue": (
        Rule(
            "dis-evidence",
            "evidence",
            "and implicated are both missing",
            lambda i: not i.keys() & {"evidence", "implicated"},
        ),
    ),
    "DocumentReference": (
        Rule("doc-measured", "content", "needs content type, hash and size", _unmeasured),
        Rule("us-core-6", "content", "has neither data nor url", _without_content),
        Rule("doc-retracted", "content", "still holds the content that was retracted", _retracted_content),
    ),
}
