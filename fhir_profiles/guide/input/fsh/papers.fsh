// DocumentReference, Provenance, Organization: the export itself, where a plan's changes came from, the centre.

Invariant: doc-measured
Description: "A document has its content type, hash and size."
Severity: #error
Expression: "content.attachment.all(contentType.exists() and hash.exists() and size.exists())"

Invariant: us-core-6
Description: "A document has its bytes or the place of them, unless it was entered in error. Source: US Core."
Severity: #error
Expression: "status = 'entered-in-error' or content.attachment.all(data.exists() or url.exists())"

Invariant: doc-retracted
Description: "A document that was entered in error holds its content no more."
Severity: #error
Expression: "status = 'entered-in-error' implies content.attachment.all(data.empty() and url.empty())"

Profile: SessionReport
Parent: DocumentReference
Id: session-report
Title: "Export of a programmer"
Description: "The export itself: what it is, its hash and size, and its bytes where they are to be sent. SHA-256 is the master identifier, SHA-1 the attachment's hash, as R4 defines it."
* insert Ours
* masterIdentifier 1..1
* masterIdentifier MS
* masterIdentifier.system 1..1
* masterIdentifier.value 1..1
* status 1..1
* status MS
* type 1..1
* type MS
* type = $Document#pump-session-report
* insert OfPatient(subject)
* author only Reference(Device)
* content MS
* context MS
* obeys doc-measured and us-core-6 and doc-retracted

Profile: PlanProvenance
Parent: Provenance
Id: plan-provenance
Title: "Where a plan's changes came from"
Description: "One for each plan that was applied: what it changed, its cause, the exports it rests on, and who decided it where a person did. Its key stands as a tag."
* insert Known
* modifierExtension 0..0
* meta 1..1
* target MS
* recorded MS
* activity MS
* reason MS
* agent MS
* agent.type 1..1
* agent.type from Agents (required)
* agent.onBehalfOf 1..1
* agent.onBehalfOf only Reference(Organization)
* entity MS
* obeys identity-tag

Profile: PumpCentre
Parent: Organization
Id: pump-centre
Title: "Centre that looks after pumps"
Description: "The centre, as the site configured it: whom to call."
* insert Known
* modifierExtension 0..0
* identifier 1..*
* identifier MS
* identifier.system 1..1
* identifier.value 1..1
* active 1..1
* name 1..1
* name MS
* telecom MS
* obeys identity
