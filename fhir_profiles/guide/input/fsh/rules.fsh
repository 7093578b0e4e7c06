// The rules, named as fhir_profiles/rules.py names them, and what several profiles share. Written without ofType(), so
// that every engine reads them alike. Rules `ucum` and `unit-text` are generated from the table of units (codes.fsh).

Invariant: identity
Description: "Exactly one identifier is our key."
Severity: #error
Expression: "identifier.where(system.endsWith('/sid/key')).count() = 1"

Invariant: identity-tag
Description: "Exactly one tag is our key: a Provenance has no identifier in R4."
Severity: #error
Expression: "meta.tag.where(system.endsWith('/sid/key')).count() = 1"

Invariant: htest
Description: "Simulated data carries the tag `simulated` and the label HTEST, real data neither."
Severity: #error
Expression: "meta.tag.where(system.endsWith('/CodeSystem/tag') and code = 'simulated').exists() = meta.security.where(system.endsWith('/v3-ActReason') and code = 'HTEST').exists()"

Invariant: profile-version
Description: "A claimed profile carries no patch version."
Severity: #error
Expression: "meta.profile.where(matches('^[^|]*[|][^|]*[.][^|]*[.][^|]*$')).empty()"

Invariant: retracted
Description: "What is entered in error says so first: \"Entered in error\"."
Severity: #error
Expression: "(status.exists() and status = 'entered-in-error') implies text.`div`.startsWith('<div xmlns=\"http://www.w3.org/1999/xhtml\">Entered in error')"

Invariant: mcg
Description: "No unit says \"mcg\": it has been read as mg."
Severity: #error
Expression: "(unit & ' ' & code).lower().contains('mcg').not()"

Invariant: pocd-obs-1
Description: "What has no value says why. Source: the device profiles of HL7."
Severity: #error
Expression: "value.exists() or dataAbsentReason.exists()"

Invariant: obs-6-row
Description: "What has a value has no reason for having none. Rule obs-6, of a component: R4 has it of an Observation alone."
Severity: #error
Expression: "dataAbsentReason.empty() or value.empty()"

RuleSet: Measured(path)
// A quantity with a UCUM unit that is known here, and words that mean the same.
* {path} obeys mcg and ucum and unit-text

RuleSet: Known
// What a resource of ours always has.
* ^experimental = true
* id 1..1
* implicitRules 0..0
* text 1..1
* text MS
* obeys htest and profile-version

RuleSet: Ours
// What a resource of ours has that R4 lets be identified and retracted.
* insert Known
* modifierExtension 0..0
* identifier 1..*
* identifier MS
* identifier.system 1..1
* identifier.value 1..1
* obeys identity and retracted

RuleSet: OfPatient(element)
// Whose it is: the literal patient of this destination, or the hospital's number of the patient.
* {element} 1..1
* {element} MS
* {element} only Reference(Patient)

RuleSet: KindOf(path, system, valueset)
// One coding of our own says what it is; others may stand beside it.
* {path}.coding 1..*
* {path}.coding ^slicing.discriminator.type = #value
* {path}.coding ^slicing.discriminator.path = "system"
* {path}.coding ^slicing.rules = #open
* {path}.coding contains own 1..1 MS
* {path}.coding[own].system 1..1
* {path}.coding[own].system = {system} (exactly)
* {path}.coding[own].code 1..1
* {path}.coding[own] from {valueset} (required)
