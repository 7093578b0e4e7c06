// What a server must offer so that a whole chart can be kept there. What it does not offer is sent otherwise or left
// out by a written plan (docs/guide.md), never by failing.

RuleSet: Kept(n, type, profile)
* rest.resource[{n}].type = #{type}
* rest.resource[{n}].supportedProfile[+] = "https://pumpbridge.invalid/StructureDefinition/{profile}"
* rest.resource[{n}].interaction[0].code = #read
* rest.resource[{n}].interaction[1].code = #update
* rest.resource[{n}].interaction[2].code = #search-type
* rest.resource[{n}].versioning = #versioned-update
* rest.resource[{n}].updateCreate = true
* rest.resource[{n}].searchParam[0].name = "_id"
* rest.resource[{n}].searchParam[0].type = #token

RuleSet: ByIdentifier(n)
* rest.resource[{n}].searchParam[1].name = "identifier"
* rest.resource[{n}].searchParam[1].type = #token

RuleSet: Also(n, profile)
* rest.resource[{n}].supportedProfile[+] = "https://pumpbridge.invalid/StructureDefinition/{profile}"

Instance: chart-server
InstanceOf: CapabilityStatement
Usage: #definition
Title: "A server that keeps charts"
Description: "What pumpbridge asks of a FHIR R4 server: to take the bridge's own ids (updateCreate), or an update conditional on our identifier in its place; a version that an update can name (If-Match); a search by identifier, answered from what is stored now. Transactions are used where they are offered."
* url = "https://pumpbridge.invalid/CapabilityStatement/chart-server"
* version = "0.1.0"
* name = "ChartServer"
* title = "A server that keeps charts"
* status = #active
* experimental = true
* date = "2026-11-23"
* publisher = "pumpbridge"
* description = "What pumpbridge asks of a FHIR R4 server: to take the bridge's own ids (updateCreate), or an update conditional on our identifier in its place; a version that an update can name (If-Match); a search by identifier, answered from what is stored now. Transactions are used where they are offered."
* kind = #requirements
* fhirVersion = #4.0.1
* format[0] = #json
* implementationGuide = "https://pumpbridge.invalid/ImplementationGuide/pumpbridge.intrathecal"
* rest.mode = #server
* rest.documentation = "Every write carries the version that it replaces (If-Match) and is made once: an answer that was lost is looked up before anything is sent again."
* rest.security.description = "TLS; SMART Backend Services, a client certificate or a token, as the destination is configured."
* rest.interaction[0].code = #transaction
* rest.interaction[0].documentation = "Where offered, what belongs together is sent as one."
* insert Kept(0, Device, implanted-pump)
* insert ByIdentifier(0)
* insert Also(0, intrathecal-catheter)
* insert Also(0, clinician-programmer)
* insert Also(0, hospital-pump)
* insert Also(0, bridge-software)
* insert Kept(1, DeviceUseStatement, pump-use)
* insert ByIdentifier(1)
* insert Kept(2, Medication, reservoir-drug)
* insert ByIdentifier(2)
* insert Kept(3, MedicationRequest, pump-programme)
* insert ByIdentifier(3)
* insert Kept(4, MedicationAdministration, pump-delivery)
* insert ByIdentifier(4)
* insert Also(4, pump-bolus)
* insert Also(4, infusion)
* insert Also(4, infusion-bolus)
* insert Kept(5, Procedure, pump-procedure)
* insert ByIdentifier(5)
* insert Kept(6, Observation, pump-summary)
* insert ByIdentifier(6)
* insert Also(6, pump-volume)
* insert Also(6, pump-dose)
* insert Also(6, pump-outlook)
* insert Also(6, pump-infusing-status)
* insert Also(6, pump-event)
* insert Also(6, calculated-value)
* insert Also(6, infusion-reading)
* insert Kept(7, Flag, pump-present)
* insert ByIdentifier(7)
* insert Also(7, pump-flag)
* insert Kept(8, DetectedIssue, pump-finding)
* insert ByIdentifier(8)
* insert Also(8, chart-amendment)
* insert Kept(9, DocumentReference, session-report)
* insert ByIdentifier(9)
* insert Kept(10, Organization, pump-centre)
* insert ByIdentifier(10)
* insert Kept(11, Provenance, plan-provenance)
* rest.resource[11].searchParam[1].name = "_tag"
* rest.resource[11].searchParam[1].type = #token
* rest.resource[11].documentation = "A Provenance has no identifier in R4: its key is a tag."
* rest.resource[12].type = #Patient
* rest.resource[12].interaction[0].code = #search-type
* rest.resource[12].searchParam[0].name = "identifier"
* rest.resource[12].searchParam[0].type = #token
* rest.resource[12].documentation = "A patient is found by identifier and its assigning system, and is never written."
