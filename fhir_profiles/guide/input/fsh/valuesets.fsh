// Value sets: which codes may stand where. Whole systems are included as they are; parts are named code by code.

ValueSet: BolusKinds
Id: bolus-kinds
Title: "Whose bolus it is"
Description: "Kinds of boluses."
* ^experimental = true
* include codes from system $BolusKind

ValueSet: ImplantedPumps
Id: implanted-pumps
Title: "Implanted pumps"
Description: "Kinds of implanted pumps."
* ^experimental = true
* $DeviceKind#implanted-pump
* $DeviceKind#implanted-constant-flow-pump

ValueSet: Catheters
Id: catheters
Title: "Catheters"
Description: "Kinds of catheters."
* ^experimental = true
* $DeviceKind#intrathecal-catheter

ValueSet: Programmers
Id: programmers
Title: "Programmers"
Description: "Kinds of programmers."
* ^experimental = true
* $DeviceKind#clinician-programmer

ValueSet: HospitalPumps
Id: hospital-pumps
Title: "Hospital pumps"
Description: "Kinds of hospital pumps."
* ^experimental = true
* $DeviceKind#hospital-pump

ValueSet: BridgeKinds
Id: bridge-kinds
Title: "Bridge software"
Description: "Kinds of bridge software."
* ^experimental = true
* $DeviceKind#bridge-software

ValueSet: DeviceProperties
Id: device-properties
Title: "What is fixed in a device"
Description: "Properties of pumps and catheters."
* ^experimental = true
* include codes from system $DeviceProperty

ValueSet: Drugs
Id: drugs
Title: "Drugs with a verified code"
Description: "Substances whose code was verified; any other drug leaves by its name alone."
* ^experimental = true
* $sct#387342009 "Baclofen"
* $atc#M03BX01 "baclofen"

ValueSet: Routes
Id: routes
Title: "Intrathecal"
Description: "The one way of an intrathecal pump."
* ^experimental = true
* $sct#72607000 "Intrathecal route"
* $route#IT "Intrathecal"

ValueSet: Reasons
Id: reasons
Title: "Why a delivery ended, or is not known"
Description: "Reasons of stopped and of unknown deliveries; what nobody recorded is text alone."
* ^experimental = true
* include codes from system $StopReason
* include codes from system $UnknownReason

ValueSet: Procedures
Id: procedures
Title: "What was done to a pump"
Description: "Procedures at a pump; that one is in use is a profile of its own."
* ^experimental = true
* include codes from system $ProcedureSystem
* exclude $ProcedureSystem#pump-use

ValueSet: HowKnown
Id: how-known-any
Title: "How a value is known"
Description: "All ways in which a value is known."
* ^experimental = true
* include codes from system $HowKnown

ValueSet: HowStated
Id: how-stated
Title: "How a stated value is known"
Description: "All ways but the bridge's own calculation."
* ^experimental = true
* include codes from system $HowKnown
* exclude $HowKnown#derived

ValueSet: HowCalculated
Id: how-calculated
Title: "Calculated by the bridge"
Description: "The one way of what the bridge reckoned."
* ^experimental = true
* $HowKnown#derived

ValueSet: SummaryCodes
Id: summary-codes
Title: "Summary of an interrogation"
Description: "The code of a summary."
* ^experimental = true
* $PumpObservation#pump-summary

ValueSet: PanelCodes
Id: panel-codes
Title: "Rows of a summary"
Description: "What the rows of a summary may be about."
* ^experimental = true
* include codes from system $PumpObservation
* $mdc#157760 "MDC_CONC_DRUG"
* $mdc#157924 "MDC_RATE_DOSE"
* $mdc#157784 "MDC_FLOW_FLUID_PUMP"
* $mdc#184519 "MDC_PUMP_INFUSING_STATUS"

ValueSet: VolumeCodes
Id: volume-codes
Title: "Volumes of a reservoir"
Description: "Codes of volumes."
* ^experimental = true
* $PumpObservation#reservoir-volume
* $PumpObservation#reservoir-volume-sensed
* $PumpObservation#reservoir-volume-aspirated
* $PumpObservation#fill-volume
* $PumpObservation#priming-volume
* $PumpObservation#bridge-volume

ValueSet: DoseCodes
Id: dose-codes
Title: "Doses as a pump states them"
Description: "Codes of doses."
* ^experimental = true
* $PumpObservation#programmed-daily-dose
* $PumpObservation#bolus-dose
* $PumpObservation#bridge-accounted

ValueSet: OutlookCodes
Id: outlook-codes
Title: "What a pump foresees"
Description: "Codes of what a pump foresees."
* ^experimental = true
* $PumpObservation#low-reservoir-date
* $PumpObservation#months-to-eri

ValueSet: InfusingCodes
Id: infusing-codes
Title: "Whether a pump infuses"
Description: "The code of it."
* ^experimental = true
* $PumpObservation#infusing-status

ValueSet: EventCodes
Id: event-codes
Title: "Rows of a pump's log"
Description: "An alarm, or another event."
* ^experimental = true
* $PumpObservation#alarm-event
* $PumpObservation#pump-event

ValueSet: HappeningCodes
Id: happening-codes
Title: "Alarms and events"
Description: "What may happen at a pump: our codes, and the verified terms of hospital pumps."
* ^experimental = true
* include codes from system $PumpAlarm
* include codes from system $PumpEvent
* include codes from valueset CodesOfOthers

ValueSet: CalculatedCodes
Id: calculated-codes
Title: "What the bridge reckons"
Description: "Codes of calculated values."
* ^experimental = true
* $PumpObservation#reservoir-volume-derived
* $PumpObservation#low-reservoir-date-derived
* $PumpObservation#empty-date-derived
* $PumpObservation#refill-by-derived
* $PumpObservation#observed-flow
* $PumpObservation#observed-daily-dose
* $PumpObservation#delivered-ratio
* $PumpObservation#delivered-dose
* $PumpObservation#dose-not-delivered

ValueSet: InfusionReadingCodes
Id: infusion-reading-codes
Title: "What a hospital pump states"
Description: "Codes of readings: ours, beside which the pump's own term may stand."
* ^experimental = true
* include codes from system $InfusionReading
* include codes from valueset MdcReading
* $PumpObservation#drug
* $PumpObservation#drug-concentration

ValueSet: FlagCodes
Id: flag-codes
Title: "Alarms and findings"
Description: "What a Flag may warn of: an alarm, or a finding."
* ^experimental = true
* include codes from system $PumpAlarm
* include codes from system $Finding
* include codes from valueset CodesOfOthers

ValueSet: Findings
Id: findings
Title: "Findings"
Description: "What the bridge may notice; that a chart was amended is no finding of a pump."
* ^experimental = true
* include codes from system $Finding
* exclude $Finding#chart-amended

ValueSet: Agents
Id: agents
Title: "Who took part in a plan"
Description: "The bridge put it together, a programmer informed it, a person decided it."
* ^experimental = true
* $participant#assembler
* $participant#informant
* $participant#author
