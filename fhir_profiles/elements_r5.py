"""The elements that the bridge writes in R5 (5.0.0): the tables of elements.py, with what R5 spells differently.

The notation is that of elements.py; `CodeableReference{A}` is a concept, or a reference to an A. Source: the R5
StructureDefinitions. What is not named here is the same in both versions, so a type that is added there is here too.
"""

from __future__ import annotations

from collections.abc import Mapping

from fhir_profiles import elements

ADDED = "DeviceUsage,DeviceAssociation"
REMOVED = ("DeviceUseStatement", "Communication")


def _spelled(tables: Mapping[str, str], name: str, *changes: tuple[str, str]) -> str:
    """One line of the R4 tables with elements replaced; raises ValueError where R4 has none of that name."""
    line = f" {tables[name]} "
    for old, new in changes:
        if line.count(old) != 1:
            raise ValueError(f"{name}: {old!r} does not stand once in its line")
        line = line.replace(old, new)
    return line.strip()


VALUE_SETS = elements.VALUE_SETS | {
    "device-status": "active inactive entered-in-error",
    "device-name-r5": "registered-name user-friendly-name patient-reported-name",
    "device-usage-status": "active completed not-done entered-in-error intended stopped on-hold",
    "request-status": "active on-hold ended cancelled completed entered-in-error stopped draft unknown",
    "issue-status": "preliminary final entered-in-error mitigated",
    "entity-role": "revision quotation source instantiates removal",
}

_D = elements.DATATYPES
_GONE = ("Communication.payload", "Device.deviceName", "DocumentReference.context")

DATATYPES = {
    **{name: line for name, line in _D.items() if name not in _GONE},
    "Attachment": _spelled(_D, "Attachment", (" size:unsignedInt ", " size:integer64 ")),
    "Dosage": _spelled(
        _D, "Dosage",
        (" asNeeded[x]:boolean|CodeableConcept ", " asNeeded:boolean asNeededFor*:CodeableConcept "),
        (" maxDosePerPeriod:", " maxDosePerPeriod*:"),
    ),
    "Device.udiCarrier": _spelled(_D, "Device.udiCarrier", (" issuer:", " issuer!:")),
    "Device.name": "value!:string type!:code{device-name-r5} display:boolean",
    "Device.property": "type!:CodeableConcept value[x]!:Quantity|CodeableConcept|string|boolean|integer|Range",
    "Medication.ingredient": "item!:CodeableReference{Medication} isActive:boolean strength[x]:Ratio",
    "MedicationAdministration.performer": _spelled(
        _D, "MedicationAdministration.performer", (" actor!:Reference{", " actor!:CodeableReference{")
    ),
    "DocumentReference.relatesTo": _spelled(
        _D, "DocumentReference.relatesTo", (" code!:code{document-relation} ", " code!:CodeableConcept ")
    ),
    "DocumentReference.content": "attachment!:Attachment",
    "Organization.contact": (
        "purpose:CodeableConcept telecom*:ContactPoint address:Address organization:Reference{Organization} "
        "period:Period"
    ),
}  # fmt: skip

CONTAINED = elements.CONTAINED | {
    "Infusate.ingredient": "item!:CodeableReference{Medication} strength[x]!:Ratio",
}

RESOURCE = elements.RESOURCE

_R = {
    name: line.replace("DeviceUseStatement", ADDED)
    for name, line in elements.RESOURCES.items()
    if name not in REMOVED
}  # fmt: skip
_STAFF = "Practitioner,PractitionerRole"

RESOURCES = {
    **_R,
    "Device": _spelled(
        _R, "Device",
        (" statusReason*:CodeableConcept distinctIdentifier:string ", " displayName:string "),
        (" deviceName*:Device.deviceName ", " name*:Device.name "),
        (" type!:CodeableConcept ", " category*:CodeableConcept type+:CodeableConcept "),
        (" patient:Reference{Patient} ", " "),
    ),
    "DeviceUsage": (
        "identifier+:Identifier status!:code{device-usage-status} patient!:Reference{Patient} "
        "derivedFrom*:Reference{Procedure,Observation,DocumentReference} timing[x]!:Period|dateTime "
        f"dateAsserted:dateTime informationSource:Reference{{{_STAFF},Patient,RelatedPerson,Organization}} "
        "device!:CodeableReference{Device} note*:Annotation"
    ),
    "DeviceAssociation": (
        "identifier+:Identifier device!:Reference{Device} category*:CodeableConcept status!:CodeableConcept "
        "statusReason*:CodeableConcept subject!:Reference{Patient} period:Period"
    ),
    "Medication": _spelled(
        _R, "Medication",
        (" manufacturer:Reference{Organization} form:CodeableConcept amount:Ratio ",
         " marketingAuthorizationHolder:Reference{Organization} doseForm:CodeableConcept totalVolume:Quantity "),
    ),
    "MedicationRequest": _spelled(
        _R, "MedicationRequest",
        (" reported[x]:boolean|Reference{Organization,Practitioner} ", " reported:boolean "),
        (" medication[x]!:Reference{Medication}|CodeableConcept ", " medication!:CodeableReference{Medication} "),
        (f" performer:Reference{{{_STAFF},Organization,Device}} ", f" performer*:Reference{{{_STAFF},Organization}} "),
        (" performerType:CodeableConcept ", " performerType:CodeableConcept device*:CodeableReference{} "),
        (" reasonCode*:CodeableConcept ", " reason*:CodeableReference{} "),
        (" detectedIssue*:Reference{DetectedIssue} ", " "),
    ),
    "MedicationAdministration": _spelled(
        _R, "MedicationAdministration",
        (" category:CodeableConcept ", " category*:CodeableConcept "),
        (" medication[x]!:Reference{Medication,#}|CodeableConcept ", " medication!:CodeableReference{Medication,#} "),
        (" context:Reference{Encounter,EpisodeOfCare} ", " encounter:Reference{Encounter} "),
        (" effective[x]!:Period ", " occurence[x]!:Period recorded:dateTime "),  # so it is spelled in R5 (one r)
        (" reasonCode*:CodeableConcept ", " reason*:CodeableReference{} "),
        (" device+:Reference{Device} ", " device+:CodeableReference{Device} "),
    ),
    "Procedure": _spelled(
        _R, "Procedure",
        (" category:CodeableConcept ", " category*:CodeableConcept "),
        (" performed[x]:dateTime|Period ", " occurrence[x]:dateTime|Period recorded:dateTime "),
        (" reasonCode*:CodeableConcept ", " reason*:CodeableReference{} "),
        (" complication*:CodeableConcept ", " complication*:CodeableReference{} "),
        (" usedReference*:Reference{Device,Medication} usedCode*:CodeableConcept ",
         " used*:CodeableReference{Device,Medication} "),
    ),
    "DetectedIssue": _spelled(
        _R, "DetectedIssue",
        (" status!:code{observation-status} ", " status!:code{issue-status} category*:CodeableConcept "),
        (" patient!:Reference{Patient} ", " subject!:Reference{Patient} encounter:Reference{Encounter} "),
    ),
    "DocumentReference": _spelled(
        _R, "DocumentReference",
        (" masterIdentifier!:Identifier ", " "),
        (f" authenticator:Reference{{{_STAFF},Organization}} ", " "),
        (" context:DocumentReference.context ", " context*:Reference{Encounter,EpisodeOfCare} period:Period "),
    ),
    "Provenance": _spelled(
        _R, "Provenance",
        (" reason*:CodeableConcept ", " authorization*:CodeableReference{} patient:Reference{Patient} "),
    ),
    "Organization": _spelled(
        _R, "Organization", (" telecom*:ContactPoint address*:Address ", " contact*:Organization.contact ")
    ),
}  # fmt: skip
