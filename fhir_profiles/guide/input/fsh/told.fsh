// What a server does not take in its own type is told as another one: never failing, and never as more than is known.

Invariant: itp-told
Description: "What runs, or is not known to have ended, is preliminary; what is over is not."
Severity: #error
Expression: "status = 'entered-in-error' or component.where(code.coding.where(code = 'delivery-state').exists()).value.coding.where(code = 'in-progress' or code = 'unknown').exists() = (status = 'preliminary')"

Invariant: com-status
Description: "An alert is in progress while it is in force, completed once it is over, unknown where nobody knows."
Severity: #error
Expression: "status = 'in-progress' or status = 'completed' or status = 'unknown' or status = 'entered-in-error'"

Profile: DeliveryTold
Parent: ChartObservation
Id: delivery-told
Title: "Delivery, where no MedicationAdministration is taken"
Description: "A delivery, a bolus or an infusion as an Observation: the value is its dose or its rate, the state that the administration would have stands as a component, and so do drug and concentration."
* extension contains BolusKind named bolusKind 0..1 MS
* code from DeliveryToldCodes (required)
* effective[x] only Period
* effectivePeriod.start 1..1
* value[x] only Quantity
* insert Measured(valueQuantity)
* method 1..1
* component 1..*
* component MS
* note 1..*
* hasMember 0..0
* obeys itp-told

Profile: WordsTold
Parent: ChartObservation
Id: words-told
Title: "A programme, a deed, a finding or a warning, where its own type is not taken"
Description: "What a MedicationRequest, a Procedure, a DetectedIssue, a Flag or a DeviceUseStatement would say, in its own words, under its own code; preliminary while it is open."
* code from WordsToldCodes (required)
* value[x] 1..1
* value[x] only string
* hasMember 0..0

Profile: UseTold
Parent: Procedure
Id: use-told
Title: "Use of a pump, where no DeviceUseStatement is taken"
Description: "That a patient has, or had, a pump, as a Procedure that lasts."
* insert Ours
* status 1..1
* status MS
* code 1..1
* code MS
* code = $ProcedureSystem#pump-use
* insert OfPatient(subject)
* performed[x] 1..1
* performed[x] MS
* performed[x] only Period
* focalDevice 1..1
* focalDevice MS
* focalDevice.manipulated only Reference(Device)
* obeys us-core-7

Profile: AlertTold
Parent: Communication
Id: alert-told
Title: "A warning to the ward, where no Flag is taken"
Description: "What a Flag would say, as an alert of the bridge: in progress while it is in force."
* insert Ours
* status 1..1
* status MS
* category 1..1
* category = http://terminology.hl7.org/CodeSystem/communication-category#alert
* insert OfPatient(subject)
* topic 1..1
* topic MS
* topic from WordsToldCodes (required)
* sender 1..1
* sender MS
* sender only Reference(Device)
* payload 1..*
* payload MS
* payload.content[x] only string
* obeys com-status

ValueSet: DeliveryToldCodes
Id: delivery-told-codes
Title: "What of a delivery is told"
Description: "A delivery or a bolus as such, or its dose, flow, dose rate or volume."
* ^experimental = true
* $PumpObservation#pump-delivery
* $PumpObservation#pump-bolus
* $PumpObservation#delivery-amount
* $PumpObservation#bolus-dose
* $PumpObservation#delivery-flow
* $PumpObservation#delivery-dose-rate
* $InfusionReading#volume-delivered-segment
* $mdc#157784 "MDC_FLOW_FLUID_PUMP"
* $mdc#157924 "MDC_RATE_DOSE"

ValueSet: WordsToldCodes
Id: words-told-codes
Title: "What is told in words"
Description: "A programme, a deed, a finding, an alarm, or that there is a pump."
* ^experimental = true
* $PumpObservation#pump-programme
* include codes from system $ProcedureSystem
* include codes from system $Finding
* include codes from system $PumpAlarm
* include codes from system $FlagSystem
* include codes from valueset CodesOfOthers
