// Medication and MedicationRequest: what is in the reservoir, what a hospital pump gives, and what was programmed.

Invariant: itp-med
Description: "A concentration is micrograms or milligrams in 1 mL."
Severity: #error
Expression: "numerator.exists() implies ((numerator.code = 'ug' or numerator.code = 'mg') and denominator.code = 'mL' and denominator.value = 1)"

Invariant: pump-strength
Description: "What a hospital pump gives is an amount in 1 mL or 1 L, in the units that it stated."
Severity: #error
Expression: "numerator.exists() and denominator.exists() and (denominator.code = 'mL' or denominator.code = 'L') and denominator.value = 1"

Profile: ReservoirDrug
Parent: Medication
Id: reservoir-drug
Title: "Drug in the reservoir"
Description: "What is in the reservoir: each active drug with its concentration. It is keyed by its content, so two fillings of one drug are one Medication; lots are words of the filling."
* insert Ours
* code 1..1
* code MS
* ingredient 1..*
* ingredient MS
* ingredient.item[x] only CodeableConcept
* ingredient.itemCodeableConcept from Drugs (preferred)
* ingredient.itemCodeableConcept.text 1..1
* ingredient.isActive 1..1
* ingredient.strength MS
* ingredient.strength obeys itp-med
* insert Measured(ingredient.strength.numerator)
* insert Measured(ingredient.strength.denominator)

Profile: Infusate
Parent: Medication
Id: infusate
Title: "What a hospital pump gives"
Description: "The drug as named and its concentration as stated, inside the administration; nothing else refers to it."
* ^experimental = true
* id 1..1
* code 1..1
* code MS
* ingredient 1..1
* ingredient.item[x] only CodeableConcept
* ingredient.itemCodeableConcept.text 1..1
* ingredient.strength 1..1
* ingredient.strength MS
* ingredient.strength obeys pump-strength
* insert Measured(ingredient.strength.numerator)
* insert Measured(ingredient.strength.denominator)

Invariant: itp-intent
Description: "What was read from a pump is a plan; it is an order only where an order is known."
Severity: #error
Expression: "intent = 'plan' or intent = 'order'"

Invariant: us-core-21
Description: "An order says who asked for it. Source: US Core."
Severity: #error
Expression: "(intent = 'order' or intent = 'original-order' or intent = 'reflex-order' or intent = 'filler-order' or intent = 'instance-order') implies requester.exists()"

Invariant: itp-7
Description: "Daily steps last 24 hours together. That they follow each other without a gap is looked at before they are sent (fhir_profiles/steps.py): FHIRPath cannot add times."
Severity: #error
Expression: "dosageInstruction.timing.repeat.where(timeOfDay.exists() and dayOfWeek.empty()).exists() implies dosageInstruction.timing.repeat.where(timeOfDay.exists() and dayOfWeek.empty()).select(iif(durationUnit = 'h', duration * 60, iif(durationUnit = 'min', duration, 0))).aggregate($this + $total, 0) = 1440"

Profile: PumpProgramme
Parent: MedicationRequest
Id: pump-programme
Title: "Programme of a pump"
Description: "A programme as read from an implanted pump: a plan, reported, one dosage instruction a step; step times are the pump's clock. A programmed dose is not a delivered one."
* insert Ours
* status 1..1
* status MS
* statusReason MS
* intent 1..1
* reported[x] only boolean
* reported[x] MS
* medication[x] MS
* medication[x] only CodeableConcept or Reference(Medication)
* insert OfPatient(subject)
* authoredOn MS
* performer MS
* performer only Reference(Device)
* dosageInstruction MS
* dosageInstruction.text 1..1
* dosageInstruction.route MS
* dosageInstruction.route from Routes (required)
* insert Measured(dosageInstruction.doseAndRate.doseQuantity)
* insert Measured(dosageInstruction.doseAndRate.rateQuantity)
* insert Measured(dosageInstruction.doseAndRate.rateRatio.numerator)
* insert Measured(dosageInstruction.doseAndRate.rateRatio.denominator)
* priorPrescription MS
* obeys itp-intent and us-core-21 and itp-7
