"""The elements that the bridge writes, as tables: R4 4.0.1, narrowed to what a pump's chart may hold.

One line a type. `name:type` is 0..1, `!` makes it 1..1, `*` 0..*, `+` 1..*; `name[x]:A|B` is a choice of types (at
most one, with `!` exactly one); `code{set}` has a required binding; `Reference{A,B}` may lead to these types only,
`Reference{}` to any; with `#` among them to a contained resource too. An element that is not here is refused: the
bridge does not write it. Every type takes `extension`, every resource the elements of RESOURCE.
"""

from __future__ import annotations

_STAFF = "Practitioner,PractitionerRole"
_PEOPLE = f"{_STAFF},Patient,RelatedPerson"
_WRITTEN = (
    "Device,DeviceUseStatement,Medication,MedicationRequest,MedicationAdministration,Procedure,Observation,Flag,"
    "DetectedIssue,DocumentReference,Organization,Communication"
)

VALUE_SETS = {
    "contact-system": "phone fax email pager url sms other",
    "contact-use": "home work temp old mobile",
    "address-use": "home work temp old billing",
    "identifier-use": "usual official temp secondary old",
    "narrative-status": "generated extensions additional empty",
    "comparator": "< <= >= >",
    "days": "mon tue wed thu fri sat sun",
    "time-units": "s min h d wk mo a",
    "device-status": "active inactive entered-in-error unknown",
    "device-name": "udi-label-name user-friendly-name patient-reported-name manufacturer-name model-name other",
    "udi-entry": "barcode rfid manual card self-reported unknown",
    "device-use-status": "active completed entered-in-error intended stopped on-hold",
    "medication-status": "active inactive entered-in-error",
    "request-status": "active on-hold cancelled completed entered-in-error stopped draft unknown",
    "request-intent": "proposal plan order original-order reflex-order filler-order instance-order option",
    "request-priority": "routine urgent asap stat",
    "administration-status": "in-progress not-done on-hold completed entered-in-error stopped unknown",
    "event-status": "preparation in-progress not-done on-hold stopped completed entered-in-error unknown",
    "observation-status": "registered preliminary final amended corrected cancelled entered-in-error unknown",
    "flag-status": "active inactive entered-in-error",
    "severity": "high moderate low",
    "document-status": "current superseded entered-in-error",
    "composition-status": "preliminary final amended entered-in-error",
    "document-relation": "replaces transforms signs appends",
    "entity-role": "derivation revision quotation source removal",
    "infusate-type": "Medication",
}

DATATYPES = {
    "Meta": "profile*:uri security*:Coding tag*:Coding",
    "Narrative": "status!:code{narrative-status} div!:xhtml",
    "Coding": "system!:uri version:string code!:code display:string userSelected:boolean",
    "CodeableConcept": "coding*:Coding text:text",
    "Identifier": "use:code{identifier-use} type:CodeableConcept system!:uri value!:string period:Period",
    "Period": "start:dateTime end:dateTime",
    "Quantity": "value:decimal comparator:code{comparator} unit:string system:uri code:code",
    "Ratio": "numerator:Quantity denominator:Quantity",
    "Range": "low:Quantity high:Quantity",
    "Annotation": f"author[x]:string|Reference{{{_PEOPLE},Organization}} time:dateTime text!:text",
    "Attachment": (
        "contentType:code language:code data:base64 url:uri size:unsignedInt hash:base64 title:string creation:dateTime"
    ),
    "ContactPoint": "system:code{contact-system} value:string use:code{contact-use} rank:positiveInt period:Period",
    "Address": (
        "use:code{address-use} text:string line*:string city:string district:string state:string postalCode:string "
        "country:string"
    ),
    "Extension": (
        "url!:uri value[x]:dateTime|date|CodeableConcept|Coding|code|string|uri|boolean|integer|decimal|Quantity|Ratio"
        "|Period|Identifier|Reference{}"
    ),
    "Timing": "event*:dateTime repeat:Timing.repeat code:CodeableConcept",
    "Timing.repeat": (
        "bounds[x]:Period|Range count:positiveInt duration:decimal durationUnit:code{time-units} "
        "frequency:positiveInt frequencyMax:positiveInt period:decimal periodUnit:code{time-units} "
        "dayOfWeek*:code{days} timeOfDay*:time"
    ),
    "Dosage": (
        "sequence:integer text:text additionalInstruction*:CodeableConcept patientInstruction:text timing:Timing "
        "asNeeded[x]:boolean|CodeableConcept site:CodeableConcept route:CodeableConcept method:CodeableConcept "
        "doseAndRate*:Dosage.doseAndRate maxDosePerPeriod:Ratio maxDosePerAdministration:Quantity"
    ),
    "Dosage.doseAndRate": "type:CodeableConcept dose[x]:Range|Quantity rate[x]:Ratio|Range|Quantity",
    "Device.udiCarrier": (
        "deviceIdentifier!:string issuer:uri jurisdiction:uri carrierAIDC:base64 carrierHRF:string "
        "entryType:code{udi-entry}"
    ),
    "Device.deviceName": "name!:string type!:code{device-name}",
    "Device.version": "type:CodeableConcept component:Identifier value!:string",
    "Device.property": "type!:CodeableConcept valueQuantity*:Quantity valueCode*:CodeableConcept",
    "Medication.ingredient": "item[x]!:CodeableConcept isActive:boolean strength:Ratio",
    "Medication.batch": "lotNumber:string expirationDate:dateTime",
    "MedicationAdministration.performer": f"function:CodeableConcept actor!:Reference{{{_PEOPLE},Device}}",
    "MedicationAdministration.dosage": (
        "text:text site:CodeableConcept route:CodeableConcept method:CodeableConcept dose:Quantity "
        "rate[x]:Ratio|Quantity"
    ),
    "Procedure.performer": f"function:CodeableConcept actor!:Reference{{{_PEOPLE},Organization,Device}}",
    "Procedure.focalDevice": "action:CodeableConcept manipulated!:Reference{Device}",
    "Observation.component": (
        "code!:CodeableConcept "
        "value[x]:Quantity|CodeableConcept|string|boolean|integer|Range|Ratio|time|dateTime|Period "
        "dataAbsentReason:CodeableConcept interpretation*:CodeableConcept"
    ),
    "Communication.payload": "contentString!:text",
    "DetectedIssue.evidence": "code*:CodeableConcept detail*:Reference{}",
    "DetectedIssue.mitigation": f"action!:CodeableConcept date:dateTime author:Reference{{{_STAFF}}}",
    "DocumentReference.relatesTo": "code!:code{document-relation} target!:Reference{DocumentReference}",
    "DocumentReference.content": "attachment!:Attachment format:Coding",
    "DocumentReference.context": (
        "encounter*:Reference{Encounter,EpisodeOfCare} event*:CodeableConcept period:Period "
        "facilityType:CodeableConcept practiceSetting:CodeableConcept sourcePatientInfo:Reference{Patient} "
        "related*:Reference{}"
    ),
    "Provenance.agent": (
        f"type:CodeableConcept role*:CodeableConcept who!:Reference{{{_PEOPLE},Device,Organization}} "
        "onBehalfOf!:Reference{Organization}"
    ),
    "Provenance.entity": "role!:code{entity-role} what!:Reference{} agent*:Provenance.agent",
}

# What a hospital pump gives, as a Medication inside its administration: drug and concentration as stated.
CONTAINED = {
    "Infusate": "resourceType!:code{infusate-type} id!:id code!:CodeableConcept ingredient+:Infusate.ingredient",
    "Infusate.ingredient": "item[x]!:CodeableConcept strength!:Ratio",
}

RESOURCE = "resourceType!:code id!:id meta:Meta language:code text!:Narrative"

RESOURCES = {
    "Device": (
        "identifier+:Identifier udiCarrier*:Device.udiCarrier status!:code{device-status} "
        "statusReason*:CodeableConcept distinctIdentifier:string manufacturer:string manufactureDate:dateTime "
        "expirationDate:dateTime lotNumber:string serialNumber:string deviceName*:Device.deviceName modelNumber:string "
        "partNumber:string type!:CodeableConcept version*:Device.version property*:Device.property "
        "patient:Reference{Patient} owner:Reference{Organization} contact*:ContactPoint location:Reference{Location} "
        "url:uri note*:Annotation safety*:CodeableConcept parent:Reference{Device}"
    ),
    "DeviceUseStatement": (
        "identifier+:Identifier status!:code{device-use-status} subject!:Reference{Patient} "
        "derivedFrom*:Reference{Procedure,Observation,DocumentReference} timing[x]!:Period|dateTime "
        f"recordedOn:dateTime source:Reference{{{_PEOPLE}}} device!:Reference{{Device}} reasonCode*:CodeableConcept "
        "bodySite:CodeableConcept note*:Annotation"
    ),
    "Medication": (
        "identifier+:Identifier code!:CodeableConcept status:code{medication-status} "
        "manufacturer:Reference{Organization} form:CodeableConcept amount:Ratio ingredient*:Medication.ingredient "
        "batch:Medication.batch"
    ),
    "MedicationRequest": (
        "identifier+:Identifier status!:code{request-status} statusReason:CodeableConcept intent!:code{request-intent} "
        "category*:CodeableConcept priority:code{request-priority} "
        "reported[x]:boolean|Reference{Organization,Practitioner} medication[x]!:Reference{Medication}|CodeableConcept "
        "subject!:Reference{Patient} encounter:Reference{Encounter} supportingInformation*:Reference{} "
        "authoredOn:dateTime "
        f"requester:Reference{{{_PEOPLE},Organization,Device}} performer:Reference{{{_STAFF},Organization,Device}} "
        f"performerType:CodeableConcept recorder:Reference{{{_STAFF}}} reasonCode*:CodeableConcept "
        "basedOn*:Reference{CarePlan,MedicationRequest,ServiceRequest} groupIdentifier:Identifier "
        "courseOfTherapyType:CodeableConcept note*:Annotation dosageInstruction*:Dosage "
        "priorPrescription:Reference{MedicationRequest} detectedIssue*:Reference{DetectedIssue}"
    ),
    "MedicationAdministration": (
        "contained*:Infusate "
        "identifier+:Identifier partOf*:Reference{MedicationAdministration} status!:code{administration-status} "
        "statusReason*:CodeableConcept category:CodeableConcept medication[x]!:Reference{Medication,#}|CodeableConcept "
        "subject!:Reference{Patient} context:Reference{Encounter,EpisodeOfCare} supportingInformation*:Reference{} "
        "effective[x]!:Period performer*:MedicationAdministration.performer reasonCode*:CodeableConcept "
        "request:Reference{MedicationRequest} device+:Reference{Device} note*:Annotation "
        "dosage:MedicationAdministration.dosage"
    ),
    "Procedure": (
        "identifier+:Identifier basedOn*:Reference{CarePlan,ServiceRequest} partOf*:Reference{Procedure} "
        "status!:code{event-status} statusReason:CodeableConcept category:CodeableConcept code!:CodeableConcept "
        "subject!:Reference{Patient} encounter:Reference{Encounter} performed[x]:dateTime|Period "
        f"recorder:Reference{{{_PEOPLE}}} performer*:Procedure.performer location:Reference{{Location}} "
        "reasonCode*:CodeableConcept bodySite*:CodeableConcept outcome:CodeableConcept "
        "report*:Reference{DocumentReference} complication*:CodeableConcept note*:Annotation "
        "focalDevice*:Procedure.focalDevice usedReference*:Reference{Device,Medication} usedCode*:CodeableConcept"
    ),
    "Observation": (
        "identifier+:Identifier basedOn*:Reference{MedicationRequest,ServiceRequest,CarePlan} "
        "partOf*:Reference{MedicationAdministration,Procedure} status!:code{observation-status} "
        "category+:CodeableConcept code!:CodeableConcept subject!:Reference{Patient} focus*:Reference{} "
        "encounter:Reference{Encounter} effective[x]!:dateTime|Period issued:instant "
        f"performer*:Reference{{{_PEOPLE},Organization}} "
        "value[x]:Quantity|CodeableConcept|string|boolean|integer|Range|Ratio|time|dateTime|Period "
        "dataAbsentReason:CodeableConcept interpretation*:CodeableConcept note*:Annotation bodySite:CodeableConcept "
        "method:CodeableConcept device!:Reference{Device} hasMember*:Reference{Observation} "
        "derivedFrom*:Reference{DocumentReference,Observation} component*:Observation.component"
    ),
    "Flag": (
        "identifier+:Identifier status!:code{flag-status} category*:CodeableConcept code!:CodeableConcept "
        "subject!:Reference{Patient} period:Period encounter:Reference{Encounter} "
        f"author:Reference{{{_STAFF},Device,Organization,Patient}}"
    ),
    "Communication": (
        "identifier+:Identifier status!:code{event-status} category+:CodeableConcept subject!:Reference{Patient} "
        "topic!:CodeableConcept about*:Reference{} sent:dateTime "
        f"recipient*:Reference{{{_PEOPLE},Device,Organization}} sender!:Reference{{Device,Organization,{_STAFF}}} "
        "payload+:Communication.payload note*:Annotation"
    ),
    "DetectedIssue": (
        "identifier+:Identifier status!:code{observation-status} code:CodeableConcept severity!:code{severity} "
        f"patient!:Reference{{Patient}} identified[x]!:dateTime|Period author:Reference{{{_STAFF},Device}} "
        "implicated*:Reference{} evidence*:DetectedIssue.evidence detail:text reference:uri "
        "mitigation*:DetectedIssue.mitigation"
    ),
    "DocumentReference": (
        "masterIdentifier!:Identifier identifier+:Identifier status!:code{document-status} "
        "docStatus:code{composition-status} type!:CodeableConcept category*:CodeableConcept "
        f"subject!:Reference{{Patient}} date:instant author*:Reference{{{_PEOPLE},Organization,Device}} "
        f"authenticator:Reference{{{_STAFF},Organization}} custodian:Reference{{Organization}} "
        "relatesTo*:DocumentReference.relatesTo description:string securityLabel*:CodeableConcept "
        "content+:DocumentReference.content context:DocumentReference.context"
    ),
    "Provenance": (
        f"target+:Reference{{{_WRITTEN}}} occurred[x]:Period|dateTime recorded!:instant policy*:uri "
        "location:Reference{Location} reason*:CodeableConcept activity:CodeableConcept agent+:Provenance.agent "
        "entity*:Provenance.entity"
    ),
    "Organization": (
        "identifier+:Identifier active!:boolean type*:CodeableConcept name!:string alias*:string telecom*:ContactPoint "
        "address*:Address partOf:Reference{Organization}"
    ),
}
