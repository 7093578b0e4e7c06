// Observation: the summary of a session, single values, what the bridge reckoned, events, what hospital pumps state.

Invariant: itp-obs-status
Description: "The bridge never writes registered, cancelled or unknown."
Severity: #error
Expression: "status != 'registered' and status != 'cancelled' and status != 'unknown'"

Invariant: us-core-1
Description: "An instant is known at least to its day. Source: US Core."
Severity: #error
Expression: "effective.start.exists() or effective.end.exists() or effective.toString().length() >= 10"

Invariant: us-core-2
Description: "What has no value says why, unless its components or members have them. Source: US Core."
Severity: #error
Expression: "value.exists() or dataAbsentReason.exists() or component.exists() or hasMember.exists()"

Invariant: itp-obs-confirmed
Description: "What has begun and not ended says once when it was last confirmed."
Severity: #error
Expression: "(effective.start.exists() and effective.end.empty()) implies extension.where(url = 'https://pumpbridge.invalid/StructureDefinition/last-confirmed').count() = 1"

Invariant: itp-derived
Description: "What the bridge reckoned says so in the words of its code, and only that."
Severity: #error
Expression: "method.coding.where(system = 'https://pumpbridge.invalid/CodeSystem/how-known' and code = 'derived').exists() = (code.text.exists() and code.text.contains('Calculated by pumpbridge, not the pump'))"

Invariant: itp-panel
Description: "A summary has a row for everything, also where nothing is stated: silence is never \"no alarm\"."
Severity: #error
Expression: "('pump-identity' | 'can-be-interrogated' | 'drug' | 'drug-concentration' | 'programmed-daily-dose' | 'programmed-flow' | 'infusion-mode' | 'infusing-status' | 'update-status' | 'active-alarm' | 'low-reservoir-date' | 'empty-date' | 'refill-by-date' | 'replace-by-date' | 'last-refill' | 'last-change' | 'last-concentration-change' | 'last-mri' | 'months-to-eri' | 'eri-status' | 'end-of-service-status' | 'catheter-model' | 'catheter-tip' | 'catheter-implanted' | 'whom-to-call').all($this in %resource.component.code.coding.code) and component.code.coding.where(code = 'reservoir-volume' or code = 'reservoir-volume-sensed' or code = 'reservoir-volume-aspirated').exists()"

Invariant: itp-code
Description: "One coding of ours says what it is; the pump's own term may stand beside it."
Severity: #error
Expression: "code.coding.where(system.startsWith('https://pumpbridge.invalid/CodeSystem/')).count() = 1"

Profile: ChartObservation
Parent: Observation
Id: chart-observation
Title: "Observation of a chart"
Description: "What all Observations of a chart have in common: how a value is known is in its code, and again in `method`."
* ^abstract = true
* insert Ours
* extension contains LastConfirmed named lastConfirmed 0..1 MS
* status 1..1
* status MS
* category 1..*
* category ^slicing.discriminator.type = #pattern
* category ^slicing.discriminator.path = "$this"
* category ^slicing.rules = #open
* category contains therapy 1..1 MS
* category[therapy] = $category#therapy
* code 1..1
* code MS
* insert OfPatient(subject)
* effective[x] 1..1
* effective[x] only dateTime or Period
* effective[x] MS
* value[x] MS
* value[x] only Quantity or CodeableConcept or string or dateTime
* dataAbsentReason MS
* method MS
* method from HowKnown (required)
* method.coding 1..1
* device 1..1
* device MS
* device only Reference(Device)
* hasMember only Reference(Observation)
* derivedFrom only Reference(Observation or DocumentReference)
* component obeys pocd-obs-1 and obs-6-row
* component.code.coding 1..*
* insert Measured(component.valueQuantity)
* obeys itp-obs-status and us-core-1 and us-core-2 and itp-obs-confirmed and itp-derived

Profile: PumpSummary
Parent: ChartObservation
Id: pump-summary
Title: "Summary of an interrogation"
Description: "One interrogation of an implanted pump as one panel that can be read alone. What this export does not state comes from the reports before it, and says their date; what nobody stated says so."
* insert KindOf(code, $PumpObservation, SummaryCodes)
* effective[x] only dateTime
* value[x] 0..0
* component 1..*
* component MS
* component.code from PanelCodes (required)
* hasMember MS
* obeys itp-panel

RuleSet: StatedByPump
// A value as the pump, or whoever sat at the programmer, stated it: never one that the bridge reckoned.
* method from HowStated (required)
* hasMember 0..0

Profile: PumpVolume
Parent: ChartObservation
Id: pump-volume
Title: "Volume of a reservoir"
Description: "A volume of the reservoir, of a filling, of a priming or of a bridge. A priming fills tubing and catheter, and is never a dose."
* insert KindOf(code, $PumpObservation, VolumeCodes)
* insert StatedByPump
* value[x] only Quantity
* insert Measured(valueQuantity)
* valueQuantity.code = #mL
* partOf MS

Profile: PumpDose
Parent: ChartObservation
Id: pump-dose
Title: "Dose as a pump states it"
Description: "A programmed daily dose, the dose of a bolus where its administration cannot hold it, or what the pump accounted for a bridge. A programmed dose is not a delivered one."
* insert KindOf(code, $PumpObservation, DoseCodes)
* insert StatedByPump
* value[x] only Quantity
* insert Measured(valueQuantity)
* partOf MS

Profile: PumpOutlook
Parent: ChartObservation
Id: pump-outlook
Title: "What a pump foresees"
Description: "The date of the low reservoir alarm and the time to replacement, as the pump calculated them."
* insert KindOf(code, $PumpObservation, OutlookCodes)
* insert StatedByPump
* value[x] only Quantity or dateTime
* insert Measured(valueQuantity)

Profile: PumpInfusingStatus
Parent: ChartObservation
Id: pump-infusing-status
Title: "Whether a pump infuses"
Description: "An interval in which an implanted pump did not infuse, preliminary while it lasts; or what a hospital pump states of itself at one instant. A stopped pump is never a rate of 0."
* insert KindOf(code, $PumpObservation, InfusingCodes)
* insert StatedByPump
* value[x] only CodeableConcept

Profile: PumpEventObserved
Parent: ChartObservation
Id: pump-event
Title: "Row of a pump's log"
Description: "An alarm that was raised, or another event, as the pump logged it or told it."
* insert KindOf(code, $PumpObservation, EventCodes)
* insert StatedByPump
* value[x] only CodeableConcept
* value[x] from HappeningCodes (preferred)

Profile: CalculatedValue
Parent: ChartObservation
Id: calculated-value
Title: "What the bridge reckoned"
Description: "An expected residue, a date by the programme, an observed flow, a dose that was not delivered: the device is the bridge, what it rests on is named, and the words say that it is calculated. It never stands in place of what was stated."
* insert KindOf(code, $PumpObservation, CalculatedCodes)
* value[x] 1..1
* value[x] only Quantity or dateTime
* insert Measured(valueQuantity)
* method 1..1
* method from HowCalculated (required)
* focus MS
* derivedFrom MS
* hasMember 0..0

Profile: InfusionReading
Parent: ChartObservation
Id: infusion-reading
Title: "What a hospital pump states"
Description: "One value in the unit that it was stated in, coded by our own code and, where its number is verified, by the pump's own term."
* code.coding ^slicing.discriminator.type = #value
* code.coding ^slicing.discriminator.path = "system"
* code.coding ^slicing.rules = #open
* code.coding contains mdc 0..1 MS
* code.coding[mdc].system 1..1
* code.coding[mdc].system = $mdc (exactly)
* code.coding[mdc].code 1..1
* code from InfusionReadingCodes (required)
* code.coding 1..2
* effective[x] only dateTime
* value[x] only Quantity or CodeableConcept or string
* insert Measured(valueQuantity)
* method from HowStated (required)
* component 0..1
* hasMember 0..0
* obeys itp-code
