// Device: the implanted pump, its catheter, the programmer, the hospital's pump, the bridge itself.

Invariant: itp-dev-1
Description: "The serial number is the value of exactly one identifier."
Severity: #error
Expression: "serialNumber.exists() implies identifier.where(value = %resource.serialNumber).count() = 1"

RuleSet: DeviceOfOurs
* insert Ours
* status 1..1
* status MS
* type 1..1
* type MS
* deviceName MS
* manufacturer MS
* modelNumber MS
* serialNumber MS
* obeys itp-dev-1

RuleSet: FixedProperties
// What is fixed in it; what changes is an Observation.
* property MS
* property.type.coding 1..1
* property.type from DeviceProperties (required)
* insert Measured(property.valueQuantity)

Profile: ImplantedPump
Parent: Device
Id: implanted-pump
Title: "Implanted pump"
Description: "An implanted intrathecal infusion pump, programmable or of constant flow. One that stands still is not inactive; one that was explanted is."
* insert DeviceOfOurs
* insert KindOf(type, $DeviceKind, ImplantedPumps)
* type.coding contains mdc 1..1 MS
* type.coding[mdc].system 1..1
* type.coding[mdc].system = $mdc (exactly)
* type.coding[mdc].code 1..1
* type.coding[mdc].code = #69985
* udiCarrier 0..1
* udiCarrier MS
* udiCarrier ^comment = "Rule us-core-udi. A UDI whose device identifier cannot be read for sure is an identifier."
* udiCarrier.deviceIdentifier 1..1
* udiCarrier.carrierHRF MS
* manufacturer 1..1
* modelNumber 1..1
* serialNumber 1..1
* deviceName 1..*
* version MS
* insert FixedProperties
* insert OfPatient(patient)
* contact MS
* note MS
* parent 0..0

Profile: IntrathecalCatheter
Parent: Device
Id: intrathecal-catheter
Title: "Intrathecal catheter"
Description: "The catheter of an implanted pump, with the pump as its parent."
* insert DeviceOfOurs
* insert KindOf(type, $DeviceKind, Catheters)
* insert FixedProperties
* udiCarrier 0..1
* insert OfPatient(patient)
* parent 1..1
* parent MS
* parent only Reference(Device)

Profile: ClinicianProgrammer
Parent: Device
Id: clinician-programmer
Title: "Clinician programmer"
Description: "The programmer that read an implanted pump; several patients' charts share it."
* insert DeviceOfOurs
* insert KindOf(type, $DeviceKind, Programmers)
* udiCarrier 0..1
* version MS
* patient 0..0
* parent 0..0

Profile: HospitalPump
Parent: Device
Id: hospital-pump
Title: "Hospital infusion pump"
Description: "An infusion pump of the hospital, for one patient after another; nothing that changes while it runs stands in it."
* insert DeviceOfOurs
* insert KindOf(type, $DeviceKind, HospitalPumps)
* type.coding contains mdc 0..* MS
* type.coding[mdc].system 1..1
* type.coding[mdc].system = $mdc (exactly)
* type.coding[mdc].code 1..1
* type.coding[mdc] from MdcDeviceKind (required)
* udiCarrier 0..1
* manufacturer 1..1
* modelNumber 1..1
* deviceName 1..*
* patient 0..0
* parent 0..0

Profile: BridgeSoftware
Parent: Device
Id: bridge-software
Title: "The bridge"
Description: "The software that keeps the chart, with its version; the author of findings, and the device of what it reckoned."
* insert DeviceOfOurs
* insert KindOf(type, $DeviceKind, BridgeKinds)
* udiCarrier 0..1
* deviceName 1..*
* version 1..*
* version MS
* owner 1..1
* owner MS
* owner only Reference(Organization)
* patient 0..0
* parent 0..0

Profile: PumpUse
Parent: DeviceUseStatement
Id: pump-use
Title: "Use of a pump"
Description: "That this patient has, or had, this pump: an implanted one since its implant, a hospital's from the first message that names the patient."
* insert Ours
* status 1..1
* status MS
* insert OfPatient(subject)
* timing[x] 1..1
* timing[x] only Period
* timing[x] MS
* timing[x] ^comment = "A pump whose implant nobody recorded has the reason for it here (data-absent-reason)."
* device 1..1
* device MS
* device only Reference(Device)
* derivedFrom only Reference(Procedure)
