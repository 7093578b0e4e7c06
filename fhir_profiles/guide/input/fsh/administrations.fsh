// MedicationAdministration: a delivery and a bolus of an implanted pump, an infusion and a bolus of a hospital pump.

Invariant: itp-status
Description: "The bridge never writes on-hold or not-done: no administration spans an interval without delivery."
Severity: #error
Expression: "status != 'on-hold' and status != 'not-done'"

Invariant: itp-1
Description: "What is completed or stopped has its end."
Severity: #error
Expression: "(status = 'completed' or status = 'stopped') implies effective.end.exists()"

Invariant: itp-2
Description: "What is in progress has no end."
Severity: #error
Expression: "status = 'in-progress' implies effective.end.empty()"

Invariant: itp-3
Description: "What was stopped says why."
Severity: #error
Expression: "status = 'stopped' implies statusReason.exists()"

Invariant: itp-4
Description: "A rate is above 0: a stopped pump is no rate."
Severity: #error
Expression: "rate.value.all($this > 0) and rate.numerator.value.all($this > 0) and rate.denominator.value.all($this > 0)"

Invariant: itp-5
Description: "A dose stands only in what is over: completed, stopped, or since entered in error."
Severity: #error
Expression: "(status = 'in-progress' or status = 'unknown') implies dosage.dose.empty()"

Invariant: itp-6
Description: "Only a bolus is part of another administration."
Severity: #error
Expression: "partOf.exists() implies extension.where(url = 'https://pumpbridge.invalid/StructureDefinition/bolus-kind').exists()"

Invariant: itp-confirmed
Description: "What is open says once when it was last confirmed; what is not says it once at most."
Severity: #error
Expression: "((status = 'in-progress' or (status = 'unknown' and effective.end.empty())) implies extension.where(url = 'https://pumpbridge.invalid/StructureDefinition/last-confirmed').exists()) and extension.where(url = 'https://pumpbridge.invalid/StructureDefinition/last-confirmed').count() <= 1"

Invariant: itp-bolus
Description: "The bolus of an implanted pump is a clinician's or a patient's."
Severity: #error
Expression: "extension.where(url = 'https://pumpbridge.invalid/StructureDefinition/bolus-kind').value.coding.all(code = 'clinician' or code = 'patient')"

Invariant: pump-dose-rate
Description: "A dose rate beside a flow is one amount a time, and stands once."
Severity: #error
Expression: "extension.where(url = 'https://pumpbridge.invalid/StructureDefinition/dose-rate').exists() implies (extension.where(url = 'https://pumpbridge.invalid/StructureDefinition/dose-rate').count() = 1 and extension.where(url = 'https://pumpbridge.invalid/StructureDefinition/dose-rate').value.code.contains('/') and rate.code.matches('^(mL|uL|L)/.*$'))"

Profile: PumpAdministration
Parent: MedicationAdministration
Id: pump-administration
Title: "What a pump gave"
Description: "What the deliveries and boluses of all pumps have in common. A delivery is written only over an interval that the pump's own record supports; whether it arrived in the patient is not known."
* ^abstract = true
* insert Ours
* extension contains LastConfirmed named lastConfirmed 0..1 MS and BolusKind named bolusKind 0..1 MS
* status 1..1
* status MS
* statusReason MS
* statusReason from Reasons (preferred)
* category 1..1
* medication[x] MS
* medication[x] only CodeableConcept or Reference(Medication)
* insert OfPatient(subject)
* effective[x] only Period
* effective[x] MS
* effectivePeriod.start 1..1
* effectivePeriod.start ^comment = "Rule itp-start."
* device 1..1
* device MS
* device only Reference(Device)
* note 1..*
* dosage MS
* dosage obeys itp-4
* dosage.text 1..1
* insert Measured(dosage.dose)
* insert Measured(dosage.rateQuantity)
* insert Measured(dosage.rateRatio.numerator)
* insert Measured(dosage.rateRatio.denominator)
* obeys itp-status and itp-1 and itp-2 and itp-3 and itp-5 and itp-6 and itp-confirmed

RuleSet: OfImplant
// An implanted pump gives at home, and by one way.
* category = $given#community
* performer 1..1
* performer.actor only Reference(Device)
* request only Reference(MedicationRequest)
* dosage.route 1..1
* dosage.route from Routes (required)
* contained 0..0

RuleSet: OfHospitalPump
// A hospital pump states no route, and the drug by name; the order is the hospital's, by its number.
* category = $given#inpatient
* contained 0..1
* dosage.route 0..0
* dosage.route ^comment = "Rule pump-route."
* dosage.extension contains DoseRate named doseRate 0..1 MS and VolumeDelivered named volumeDelivered 0..1 MS
* dosage obeys pump-dose-rate
* request only Reference(MedicationRequest)
* medication[x] only CodeableConcept or Reference(Infusate)

Profile: PumpDelivery
Parent: PumpAdministration
Id: pump-delivery
Title: "Delivery by an implanted pump"
Description: "One segment: one programme over one interval that the pump's record supports. Running is `in-progress` without an end; a programme or a filling completes it; a stall, a stop or an explant stops it, with its reason; what nobody knows is `unknown`."
* insert OfImplant
* extension[bolusKind] 0..0
* partOf 0..0

Profile: PumpBolus
Parent: PumpAdministration
Id: pump-bolus
Title: "Bolus by an implanted pump"
Description: "A clinician's or a patient's bolus, with the dose that the pump says it delivered; part of its background only where it adds to it."
* insert OfImplant
* extension[bolusKind] 1..1
* partOf MS
* partOf only Reference(MedicationAdministration)
* obeys itp-bolus

Profile: Infusion
Parent: PumpAdministration
Id: infusion
Title: "Infusion by a hospital pump"
Description: "One source, one drug, concentration and rate, as the pump recorded it. The rate is the flow; the dose rate stands beside it, or in its place where no flow is stated."
* insert OfHospitalPump
* extension[bolusKind] 0..0
* partOf 0..0

Profile: InfusionBolus
Parent: PumpAdministration
Id: infusion-bolus
Title: "Bolus by a hospital pump"
Description: "A bolus or loading dose of a hospital pump, part of the infusion that it interrupts or adds to where that is known."
* insert OfHospitalPump
* extension[bolusKind] 1..1
* partOf MS
* partOf only Reference(MedicationAdministration)
