// Generated from the pinned tables by scripts/guide_codes.py (`make guide`); do not edit.

CodeSystem: BolusKindSystem
Id: bolus-kind
Title: "Whose bolus it is"
Description: "Whose bolus it is."
* ^caseSensitive = true
* ^content = #complete
* ^experimental = true
* #clinician "Clinician bolus"
* #patient "Patient bolus"
* #loading "Loading dose"
* #unspecified "Bolus"

CodeSystem: DeviceKindSystem
Id: device-kind
Title: "What a device is"
Description: "What a device is."
* ^caseSensitive = true
* ^content = #complete
* ^experimental = true
* #implanted-pump "Implanted programmable infusion pump"
* #implanted-constant-flow-pump "Implanted constant-flow infusion pump"
* #hospital-pump "Hospital infusion pump"
* #intrathecal-catheter "Intrathecal catheter"
* #clinician-programmer "Clinician programmer"
* #bridge-software "Bridge software"

CodeSystem: DevicePropertySystem
Id: device-property
Title: "What is fixed in a device"
Description: "What is fixed in a device."
* ^caseSensitive = true
* ^content = #complete
* ^experimental = true
* #reservoir-capacity "Reservoir capacity"
* #tubing-volume "Internal tubing volume"
* #catheter-length "Catheter length as implanted"
* #catheter-trimmed "Catheter length trimmed off"
* #catheter-volume "Catheter volume"
* #catheter-tip "Catheter tip level"

CodeSystem: DocumentSystem
Id: document
Title: "What a document is"
Description: "What a document is."
* ^caseSensitive = true
* ^content = #complete
* ^experimental = true
* #pump-session-report "Pump programmer session report"

CodeSystem: FindingSystem
Id: finding
Title: "What the bridge noticed and did not repair"
Description: "What the bridge noticed and did not repair."
* ^caseSensitive = true
* ^content = #complete
* ^experimental = true
* #chart-amended "Chart amended"
* #delivery-interrupted "Delivery interrupted"
* #as-found-differs "Programme found is not the one left"
* #stop-logged-late "Stop of the pump logged late"
* #session-not-completed "Programming session not completed"
* #update-contradicts "Session states no update, and an update"
* #update-unreadable "Whether the pump was updated cannot be read"
* #as-left-misdated "State as left is misdated"
* #reservoir-emptied "Reservoir emptied and not filled"
* #time-not-recorded "Something done without a usable time"
* #boluses-at-one-instant "Different boluses at one instant"
* #session-before-implant "Session before the date of implant"
* #future-session "Session in the future"
* #serial-on-two-patients "One pump on two patients"
* #exports-disagree "Exports of one session disagree"
* #newer-export-unreadable "Newer export cannot be read"
* #step-repeated "Step of a part of the day now in every hour"
* #dose-change-unexplained "Daily dose doubled or halved without a stated reason"
* #dose-triangle "Flow, dose and concentration disagree"
* #bolus-triangle "Volume, dose and concentration of a bolus disagree"
* #step-sum "Steps do not make the daily dose"
* #periodic-sum "Repeated boluses do not make the daily dose"
* #dose-outside-limits "Daily dose outside the limits of the pump"
* #dose-change-large "Daily dose changed by more than 30 %"
* #value-disputed "What is fixed in the pump is stated differently"
* #units-thousandfold "Values differ by a factor of a thousand"
* #decimal-thousand "Decimal mark that may separate thousands"
* #milligrams-beside-micrograms "Daily doses in milligrams and in micrograms"
* #date-future "Date later than its session"
* #date-before-implant "Date before the implant"
* #explant-date-unusable "Date of explant that cannot be one"
* #concentration-changed-without-bridge "Concentration changed without a bridge"
* #residue-dilutes "Residue dilutes the new filling"
* #priming-excess "Priming larger than the empty tubing and catheter"
* #patient-bolus-not-allowed "Patient bolus with a drug for which the guide excludes it"
* #tubing-volume-against-software "Tubing volume is not that of the current software"
* #past-dry-date "Reservoir dry, or past the earliest time of it"
* #pocket-fill "Less in the reservoir than was filled in"
* #not-delivering "By its volumes the pump delivered hardly anything"
* #under-delivery "Less has left the reservoir than was programmed"
* #over-infusion "More has left the reservoir than was programmed"
* #residual-large-again "Large residual volume at two fillings in a row"
* #stall-without-recovery "Motor stall without a recorded recovery"
* #stopped-long "Pump stopped for more than 48 hours"
* #refill-missed "Refill-by date passed without a filling"
* #residual-impossible "Residual volume that cannot be"
* #forecast-disagrees "Stated reservoir date is not the one of the programme"
* #fill-above-capacity "More filled in than the reservoir holds"
* #volume-above-capacity "Reservoir volume above the capacity"
* #alarm-above-fill "Alarm volume above the volume filled in"
* #refill-date-unchanged "Refill-by date unchanged after a filling"
* #refill-soon-due "Refill due within 14 days"
* #report-reprinted "Session reported again"
* #pump-reset "Reset or critical memory error of the pump"
* #end-of-service "End of service of the pump"
* #mri-without-interrogation "MRI scan without a later interrogation"
* #memory-error "Memory error of the pump that is not critical"
* #eri-reached "Elective replacement indicator reached"
* #eri-to-eos-short "End of service soon after the replacement indicator"
* #replace-by-contradicts "Replace-by date contradicts what else is stated"
* #pump-recalled "Recall that may concern the pump"
* #patient-changed "Patient named otherwise than before"
* #pump-replaced-not-stated "Newer pump implanted, and no explant stated"
* #two-pumps-in-patient "Two pumps are read in one patient"
* #clocks-differ "Clock of the pump is not that of the programmer"
* #clock-never-set "Clock of the pump never set"
* #log-gap "Log of the pump is not whole"
* #event-unknown "Log row of unknown meaning"
* #date-order "Stated dates in an impossible order"

CodeSystem: FlagSystem
Id: flag
Title: "What a flag warns of"
Description: "What a flag warns of."
* ^caseSensitive = true
* ^content = #complete
* ^experimental = true
* #intrathecal-pump-present "Intrathecal pump present"

CodeSystem: HowKnownSystem
Id: how-known
Title: "How a value is known"
Description: "How a value is known."
* ^caseSensitive = true
* ^content = #complete
* ^experimental = true
* #calculated "Calculated by the pump from its programme, not measured"
* #sensed "Sensed by the pump"
* #aspirated "Aspirated by the clinician, entered at the programmer"
* #entered "Entered by the clinician at the programmer"
* #entered-at-pump "Entered by a clinician at the pump"
* #reported "Reported by the pump"
* #setting "Programmed setting, read from the pump"
* #derived "Calculated by pumpbridge, not the pump"

CodeSystem: InfusingStatusSystem
Id: infusing-status
Title: "Whether a pump infuses"
Description: "Whether a pump infuses."
* ^caseSensitive = true
* ^content = #complete
* ^experimental = true
* #infusing "Infusing"
* #not-infusing "Not infusing"

CodeSystem: InfusionModeSystem
Id: infusion-mode
Title: "How a programme runs"
Description: "How a programme runs."
* ^caseSensitive = true
* ^content = #complete
* ^experimental = true
* #simple-continuous "Simple continuous"
* #flex "Flex"
* #periodic-bolus "Periodic bolus"
* #minimum-rate "Minimum rate"
* #constant-flow "Constant flow (set by the maker)"
* #stopped "Stopped"

CodeSystem: InfusionReadingSystem
Id: infusion-reading
Title: "What a hospital infusion pump states"
Description: "What a hospital infusion pump states."
* ^caseSensitive = true
* ^content = #complete
* ^experimental = true
* #pump-status "Status of the pump"
* #mode "Mode of the pump"
* #current-flow "Current flow of the line"
* #active-sources "Sources that deliver now"
* #patient-weight "Patient weight as set at the pump"
* #care-area "Care area of the drug library"
* #library "Drug library"
* #library-version "Version of the drug library"
* #battery "Charge of the battery"
* #battery-time "Time left on battery"
* #delivery-status "Delivery status of the source"
* #not-delivering "Why the source does not deliver"
* #programme-mode "Delivery mode of the source"
* #rate "Flow of the source"
* #dose-rate "Dose rate"
* #volume-to-infuse "Volume to be infused"
* #volume-remaining "Volume still to be infused"
* #volume-delivered "Volume delivered"
* #volume-delivered-segment "Volume delivered in this segment"
* #volume-delivered-total "Volume delivered since the counter was reset"
* #dose-to-infuse "Dose to be infused"
* #dose-remaining "Dose still to be infused"
* #dose-delivered "Dose delivered"
* #dose-delivered-segment "Dose delivered in this segment"
* #dose-delivered-total "Dose delivered since the counter was reset"
* #bolus "Dose of one bolus"
* #time-remaining "Time until the volume to be infused is infused"
* #lockout "Time that must pass between two patient doses"
* #patient-doses-given "Patient doses given"
* #patient-doses-attempted "Patient doses asked for"

CodeSystem: ProcedureSystem
Id: procedure
Title: "What was done to a pump"
Description: "What was done to a pump."
* ^caseSensitive = true
* ^content = #complete
* ^experimental = true
* #pump-implant "Implantation of intrathecal pump"
* #pump-explant "Removal of intrathecal pump"
* #reservoir-fill "Filling of pump reservoir"
* #programming "Programming of pump"
* #pump-use "Infusion pump in use"

CodeSystem: PumpAlarmSystem
Id: pump-alarm
Title: "Alarms of an implanted pump"
Description: "Alarms of an implanted pump."
* ^caseSensitive = true
* ^content = #complete
* ^experimental = true
* #none "No alarm"
* #motor-stall "Motor stall"
* #pump-stopped "Pump stopped"
* #low-reservoir "Low reservoir"
* #empty-reservoir "Empty reservoir"
* #eri-reached "Elective replacement indicator reached"
* #end-of-service "End of service reached"
* #memory-error "Pump memory error"
* #low-battery-reset "Low battery reset"
* #other "Other alarm"

CodeSystem: PumpEventSystem
Id: pump-event
Title: "Rows of a pump's log that are no alarm"
Description: "Rows of a pump's log that are no alarm."
* ^caseSensitive = true
* ^content = #complete
* ^experimental = true
* #motor-stall-recovered "Motor stall recovered"
* #pump-started "Pump started"
* #alarm-silenced "Alarm silenced"
* #bolus-denied "Patient bolus denied"
* #clock-changed "Pump clock changed"
* #mri-detected "Magnetic field of an MRI detected"
* #other "Other event"

CodeSystem: PumpObservationSystem
Id: pump-observation
Title: "What is known of an implanted pump"
Description: "What is known of an implanted pump."
* ^caseSensitive = true
* ^content = #complete
* ^experimental = true
* #pump-summary "Intrathecal pump summary"
* #drug "Drug"
* #drug-concentration "Drug concentration in the pump"
* #programmed-daily-dose "Programmed daily dose"
* #programmed-flow "Programmed flow"
* #infusion-mode "Infusion mode"
* #infusing-status "Pump infusing status"
* #active-alarm "Alarm in force"
* #reservoir-volume "Reservoir volume"
* #reservoir-volume-sensed "Reservoir volume sensed"
* #reservoir-volume-aspirated "Reservoir volume aspirated"
* #fill-volume "Volume filled into the reservoir"
* #priming-volume "Priming volume"
* #delivered-ratio "Volume gone over volume expected to be gone"
* #dose-not-delivered "Programmed dose not delivered"
* #delivered-dose "Dose of the drug before a change of concentration"
* #bridge-volume "Volume of the bridge bolus"
* #bridge-accounted "Bridge bolus as the pump accounted it"
* #bolus-dose "Bolus dose"
* #low-reservoir-date "Low reservoir alarm date"
* #empty-date "Empty reservoir date"
* #refill-by-date "Refill by"
* #replace-by-date "Replace pump by"
* #last-refill "Last refill"
* #last-change "Last change of programme, old to new"
* #months-to-eri "Time to elective replacement indicator"
* #eri-status "Elective replacement indicator"
* #clock-offset "Pump clock minus programmer clock"
* #catheter-tip "Catheter tip level"
* #reservoir-volume-derived "Reservoir volume expected by the programme"
* #low-reservoir-date-derived "Low reservoir alarm date by the programme"
* #empty-date-derived "Empty reservoir date by the programme"
* #refill-by-derived "Refill-by date by the programme"
* #observed-flow "Flow observed between two fillings"
* #observed-daily-dose "Daily dose at the observed flow"
* #pump-identity "Pump"
* #can-be-interrogated "Can be interrogated"
* #end-of-service-status "End of service"
* #update-status "Update of the pump in this session"
* #last-mri "Last MRI in the pump's log"
* #last-concentration-change "Last change of drug or concentration, old to new"
* #catheter-model "Catheter model"
* #catheter-implanted "Catheter implanted or revised"
* #whom-to-call "Whom to call"
* #alarm-event "Pump alarm"
* #pump-event "Pump event"
* #pump-delivery "Delivery by the pump"
* #pump-bolus "Bolus by the pump"
* #delivery-amount "Dose"
* #delivery-flow "Flow"
* #delivery-dose-rate "Dose rate"
* #delivery-state "State of the delivery"
* #delivery-reason "Why it ended or is not known"
* #pump-programme "Programme of the pump"
* #finding-severity "Severity of the finding"

CodeSystem: StopReasonSystem
Id: stop-reason
Title: "Why a delivery ended"
Description: "Why a delivery ended."
* ^caseSensitive = true
* ^content = #complete
* ^experimental = true
* #new-programme "Ended by a new programme"
* #refill "Ended by a filling of the reservoir"
* #bridge "Ended by a bridge bolus"
* #bridge-ended "Bridge bolus ended"
* #line-cleared "The drug before the change had left tubing and catheter by calculation"
* #motor-stall "Motor stall recorded by the pump"
* #pump-stopped "Stop recorded by the pump"
* #not-delivering "Not delivering any more by a later message"
* #powered-off "Pump switched off"
* #explanted "Pump explanted"
* #bolus-cancelled "Bolus cancelled"

CodeSystem: TagSystem
Id: tag
Title: "Marks of a resource"
Description: "Marks of a resource."
* ^caseSensitive = true
* ^content = #complete
* ^experimental = true
* #simulated "Simulated data: no real patient or pump"

CodeSystem: UnknownReasonSystem
Id: unknown-reason
Title: "Why it is not known whether a delivery still runs, or how it went"
Description: "Why it is not known whether a delivery still runs, or how it went."
* ^caseSensitive = true
* ^content = #complete
* ^experimental = true
* #programme-differs "Another programme was found at the next reading"
* #as-found-not-stated "The next report does not state the programme as found"
* #session-not-completed "A programming session did not complete"
* #found-not-infusing "Found not infusing at the next reading"
* #reservoir-empty "The pump recorded an empty reservoir"
* #too-old "Not confirmed for longer than the configured age"
* #past-dry-date "Past the earliest date on which the reservoir runs dry"
* #newer-export-unreadable "A newer export could not be read"
* #newer-export-in-future "A newer export states a time in the future"
* #newer-pump-implanted "A newer pump was implanted"
* #exports-disagree "Exports of one session contradict each other"
* #counted-anew "The pump counts the volume of another run since"
* #source-gone "A later message of the line tells of other sources only"
* #another-patient "The pump reports another patient since"
* #patient-changed "The pump tells of a change of the patient"
* #newer-message-unnamed "A newer message of this pump names no patient"
* #value-unreadable "What the pump states of its delivery cannot be read"
* #as-left-misdated "The state as left is dated at a time that its session cannot explain"
* #update-contradicts "A session states that nothing was updated and that something was"
* #update-unreadable "Whether the pump was updated cannot be read"
* #reservoir-emptied "The reservoir was emptied, and no filling is told of"
* #delivery-doubtful "Volumes at the next filling do not agree with it"
* #stop-logged-late "The pump's log tells later of an earlier stop"
* #line-volume-unknown "How long the drug before the change stays in tubing and catheter is not known"
* #not-read-since "Not read since the drug before the change was due to have left tubing and catheter"
* #not-measured "What this pump gives is measured at its next filling only"
* #end-not-recorded "When it ended is NOT RECORDED"
* #outcome-not-recorded "How it ended is NOT RECORDED"

CodeSystem: UpdateStatusSystem
Id: update-status
Title: "Whether a session updated the pump"
Description: "Whether a session updated the pump."
* ^caseSensitive = true
* ^content = #complete
* ^experimental = true
* #none "No update of the pump"
* #completed "Update completed"
* #not-completed "UPDATE DID NOT COMPLETE"

CodeSystem: Hl7v2TermSystem
Id: hl7v2-term
Title: "Our own terms in HL7 version 2 (99PBR)"
Description: "Our own terms in HL7 version 2 (99PBR)."
* ^caseSensitive = true
* ^content = #complete
* ^experimental = true
* #report-kind "report: kind of export"
* #session-start "session: start of the session by the programmer's clock"
* #session-end "session: end of the session by the programmer's clock"
* #session-number "session: the pump's own number of the session"
* #session-type "session: what was done"
* #session-update "session: whether the pump was updated, and whether that completed"
* #session-revision "session: revision of this report; a higher one corrects a lower one"
* #session-reported "session: when the report was generated"
* #clocks-pump "clocks: the pump's clock"
* #clocks-programmer "clocks: the programmer's clock at the same instant"
* #clocks-host "clocks: the exporting computer's clock"
* #clocks-zone "clocks: IANA zone of the programmer's clock, such as Europe/London"
* #pump-manufacturer "pump: manufacturer"
* #pump-model "pump: model number"
* #pump-serial "pump: serial number, leading zeros kept"
* #pump-udi "pump: UDI as printed (human readable form)"
* #pump-firmware "pump: firmware version"
* #pump-capacity "pump: reservoir capacity"
* #pump-tubing-volume "pump: internal tubing volume shown by the programmer"
* #pump-implanted "pump: date of implant"
* #pump-explanted "pump: date of explant"
* #catheter-manufacturer "catheter: manufacturer"
* #catheter-model "catheter: model number"
* #catheter-serial "catheter: serial number"
* #catheter-length "catheter: length as implanted"
* #catheter-trimmed "catheter: length trimmed off"
* #catheter-volume "catheter: inner volume"
* #catheter-tip "catheter: level of the tip, such as T10"
* #catheter-implanted "catheter: date of implant or revision"
* #programmer-manufacturer "programmer: manufacturer"
* #programmer-model "programmer: model number"
* #programmer-serial "programmer: serial number"
* #programmer-software "programmer: application version"
* #line-name "line: channel name; an implanted pump has none"
* #state-tag "state: which state this is"
* #state-at "state: since when, or when it was observed, by the programmer's clock"
* #state-infusing "state: whether the pump states that it is infusing"
* #state-volume "state: reservoir volume; `how` says calculated or sensed"
* #state-programme-mode "state programme: infusion mode"
* #state-programme-flow "state programme: programmed flow"
* #state-programme-dose-drug "state programme dose: drug name"
* #state-programme-dose-daily "state programme dose: programmed daily dose"
* #state-programme-step-start "state programme step: start of the step, minutes after midnight by the pump's clock"
* #state-programme-step-end "state programme step: end of the step; 24:00 is the end of the day"
* #state-programme-step-dose "state programme step: dose of the primary drug in this step"
* #state-programme-step-rate "state programme step: rate of the primary drug in this step"
* #state-programme-periodic-dose "state programme periodic: dose of one bolus"
* #state-programme-periodic-interval "state programme periodic: time from one bolus to the next"
* #state-programme-periodic-duration "state programme periodic: how long one bolus takes"
* #state-drug-name "state drug: drug name"
* #state-drug-concentration "state drug: concentration in the reservoir"
* #state-drug-lot "state drug: lot number"
* #bolus-kind "bolus: kind of bolus"
* #bolus-number "bolus: the pump's own event number"
* #bolus-start "bolus: start by the programmer's clock"
* #bolus-end "bolus: end by the programmer's clock, where it has ended"
* #bolus-outcome "bolus: how it ended"
* #bolus-drug "bolus: drug name"
* #bolus-dose "bolus: dose as delivered, by the pump"
* #bolus-programmed "bolus: dose as programmed"
* #bolus-volume "bolus: volume"
* #bolus-duration "bolus: how long it takes"
* #bolus-remaining "bolus: volume still to come"
* #refill-aspirated-at "refill: when the reservoir was emptied"
* #refill-filled-at "refill: when the reservoir was filled"
* #refill-expected "refill: volume that the pump expected to find"
* #refill-aspirated "refill: volume aspirated"
* #refill-filled "refill: volume filled"
* #refill-drug-name "refill drug: drug name"
* #refill-drug-concentration "refill drug: concentration in the reservoir"
* #refill-drug-lot "refill drug: lot number"
* #event-number "event: the pump's own event number"
* #event-at "event: when, by the clock that the log states"
* #event-code "event: which event"
* #event-text "event: the event's printed words"
* #event-severity "event: severity"
* #reservoir-alarm-volume "reservoir: low reservoir alarm volume"
* #reservoir-low-date "reservoir: low reservoir alarm date"
* #reservoir-empty-date "reservoir: date on which the pump expects to be empty"
* #reservoir-refill-by "reservoir: refill by"
* #patient-control-dose "patient control: dose of one patient bolus"
* #patient-control-duration "patient control: how long one takes"
* #patient-control-lockout "patient control: time that must pass between two"
* #patient-control-per-day "patient control: most boluses a day"
* #patient-control-given "patient control: boluses given since the last session"
* #patient-control-denied "patient control: requests denied since the last session"
* #alarm-status "whether any alarm is in force"
* #alarm-code "alarm: which alarm"
* #alarm-text "alarm: the alarm's printed words"
* #alarm-severity "alarm: severity"
* #alarm-silenced "alarm: silenced"
* #longevity-eri "longevity: elective replacement indicator reached"
* #longevity-months-to-eri "longevity: time to the elective replacement indicator"
* #longevity-replace-by "longevity: replace pump by"
* #longevity-end-of-service "longevity: end of service reached"
* #state "a state of the pump; the row names the channel that holds it"
* #bolus "a bolus; the row names the channel that holds it"
* #refill "an emptying and filling of the reservoir; the row names the channel that holds it"
* #event "a row of the pump's event log; the row names the channel that holds it"
* #alarm "an alarm in force at the session; the row names the channel that holds it"
* #interrogation "OBR-4: what one interrogation of an implanted pump says"
* #delivery "OBR-4: a delivery begins or ends"
* #delivery-began "why a delivery began"
* #delivery-ended "why a delivery ended"
* #delivery-bridge "that the delivery replaces the background after a change of concentration"

CodeSystem: PrintedSynchromedSystem
Id: printed-synchromed
Title: "Events and alarms in print, SynchroMed"
Description: "Events and alarms in print, SynchroMed."
* ^caseSensitive = true
* ^content = #complete
* ^experimental = true
* #"ALARM SILENCED" "Alarm silenced"
* #"CRITICAL MEMORY ERROR" "Critical memory error"
* #"EMPTY RESERVOIR" "Empty reservoir"
* #"EMPTY RESERVOIR OCCURRED" "Empty reservoir occurred"
* #"END OF SERVICE" "End of service"
* #"END OF SERVICE OCCURRED" "End of service occurred"
* #ERI "Eri"
* #"ERI OCCURRED" "Eri occurred"
* #"LOW BATTERY RESET" "Low battery reset"
* #"LOW RESERVOIR" "Low reservoir"
* #"LOW RESERVOIR OCCURRED" "Low reservoir occurred"
* #"MOTOR STALL" "Motor stall"
* #"MOTOR STALL OCCURRED" "Motor stall occurred"
* #"MOTOR STALL RECOVERY OCCURRED" "Motor stall recovery occurred"
* #"MRI DETECTED" "Mri detected"
* #"NON-CRITICAL MEMORY ERROR" "Non-critical memory error"
* #"PATIENT BOLUS DENIED" "Patient bolus denied"
* #"PUMP CLOCK CHANGED" "Pump clock changed"
* #"PUMP STARTED" "Pump started"
* #"PUMP STOPPED" "Pump stopped"
* #"PUMP STOPPED OVER 48 HOURS" "Pump stopped over 48 hours"

CodeSystem: PrintedPrometraSystem
Id: printed-prometra
Title: "Events and alarms in print, Prometra"
Description: "Events and alarms in print, Prometra."
* ^caseSensitive = true
* ^content = #complete
* ^experimental = true
* #"ALARM SILENCED" "Alarm silenced"
* #"BOLUS DENIED" "Bolus denied"
* #"CLOCK CHANGED" "Clock changed"
* #"EMPTY RESERVOIR" "Empty reservoir"
* #"END OF SERVICE" "End of service"
* #"FLOW STARTED" "Flow started"
* #"FLOW STOPPED" "Flow stopped"
* #"LOW BATTERY RESET" "Low battery reset"
* #"LOW RESERVOIR" "Low reservoir"
* #"MEMORY ERROR" "Memory error"
* #"REPLACEMENT INDICATOR" "Replacement indicator"

CodeSystem: PrintedMedstreamSystem
Id: printed-medstream
Title: "Events and alarms in print, MedStream"
Description: "Events and alarms in print, MedStream."
* ^caseSensitive = true
* ^content = #complete
* ^experimental = true
* #"ALARM SILENCED" "Alarm silenced"
* #"BATTERY LOW" "Battery low"
* #"CLOCK CHANGED" "Clock changed"
* #"EMPTY RESERVOIR" "Empty reservoir"
* #"END OF SERVICE" "End of service"
* #"LOW RESERVOIR" "Low reservoir"
* #"MEMORY ERROR" "Memory error"
* #"PUMP STARTED" "Pump started"
* #"PUMP STOPPED" "Pump stopped"

CodeSystem: MdcUsedSystem
Id: mdc-used
Title: "Terms of IEEE 11073-10101 that charts use; public through NIST's RTMMS"
Description: "Terms of IEEE 11073-10101 that charts use; public through NIST's RTMMS."
* ^caseSensitive = true
* ^url = "urn:iso:std:iso:11073:10101"
* ^content = #fragment
* ^experimental = true
* #69985 "MDC_DEV_PUMP_INFUS_MDS"
* #531976 "MDC_ID_PROD_SPEC_FW"
* #157760 "MDC_CONC_DRUG"
* #157924 "MDC_RATE_DOSE"
* #157784 "MDC_FLOW_FLUID_PUMP"
* #184519 "MDC_PUMP_INFUSING_STATUS"
* #69984 "MDC_DEV_PUMP_INFUS"
* #69986 "MDC_DEV_PUMP_INFUS_VMD"
* #70049 "MDC_DEV_PUMP_INFUS_LVP_MDS"
* #70050 "MDC_DEV_PUMP_INFUS_LVP_VMD"
* #70053 "MDC_DEV_PUMP_INFUS_SYRINGE_MDS"
* #70054 "MDC_DEV_PUMP_INFUS_SYRINGE_VMD"
* #70057 "MDC_DEV_PUMP_INFUS_PCA_MDS"
* #70058 "MDC_DEV_PUMP_INFUS_PCA_VMD"
* #126978 "MDC_DEV_PUMP_INFUS_CHAN_DELIVERY"
* #126977 "MDC_DEV_PUMP_INFUS_CHAN_SOURCE"
* #70067 "MDC_DEV_PUMP_DELIVERY_INFO"
* #70071 "MDC_DEV_PUMP_INFUSATE_SOURCE_PRIMARY"
* #70075
* #70079
* #70083
* #65577 "MDC_MOC_BATTERY"
* #158014 "MDC_FLOW_FLUID_PUMP_CURRENT"
* #157884 "MDC_VOL_FLUID_TBI"
* #157872 "MDC_VOL_FLUID_TBI_REMAIN"
* #157864 "MDC_VOL_FLUID_DELIV"
* #157992 "MDC_VOL_FLUID_DELIV_SEGMENT"
* #157993 "MDC_VOL_FLUID_DELIV_TOTAL"
* #157816 "MDC_DOSE_DRUG_BOLUS"
* #157999 "MDC_DOSE_DRUG_TBI"
* #158000 "MDC_DOSE_DRUG_TBI_REMAIN"
* #158001 "MDC_DOSE_DRUG_DELIV_TOTAL"
* #158002 "MDC_DOSE_DRUG_DELIV"
* #158003 "MDC_DOSE_DRUG_DELIV_SEGMENT"
* #157916 "MDC_TIME_PD_REMAIN"
* #157989 "MDC_TIME_PCA_LOCKOUT"
* #157990
* #157991
* #68063 "MDC_ATTR_PT_WEIGHT"
* #67996 "MDC_ATTR_VAL_BATT_CHARGE"
* #67976 "MDC_ATTR_TIME_BATT_REMAIN"
* #184508 "MDC_PUMP_STAT"
* #184504 "MDC_PUMP_MODE"
* #158016 "MDC_PUMP_ACTIVE_SOURCES"
* #158005 "MDC_PUMP_CURRENT_DELIVERY_STATUS"
* #158006 "MDC_PUMP_NOT_DELIVERING_REASON"
* #158008 "MDC_PUMP_PROGRAM_DELIVERY_MODE"
* #158012 "MDC_PUMP_SOURCE_CHANNEL_LABEL"
* #184514 "MDC_DRUG_NAME_LABEL"
* #184330 "MDC_DRUG_NAME_TYPE"
* #184516
* #184517 "MDC_PUMP_DRUG_LIBRARY_VERSION"
* #184520 "MDC_PUMP_DRUG_LIBRARY_NAME"
* #67880 "MDC_ATTR_ID_MODEL"
* #67972 "MDC_ATTR_SYS_ID"
* #68487 "MDC_ATTR_EVT_COND"
* #68488 "MDC_ATTR_EVT_SOURCE"
* #196616 "MDC_EVT_ALARM"
* #68480 "MDC_ATTR_ALERT_SOURCE"
* #68481 "MDC_ATTR_EVENT_PHASE"
* #68482 "MDC_ATTR_ALARM_STATE"
* #68483 "MDC_ATTR_ALARM_INACTIVATION_STATE"
* #68484 "MDC_ATTR_ALARM_PRIORITY"
* #68485 "MDC_ATTR_ALERT_TYPE"
* #68546 "MDC_ATTR_ALERT_TEXT"
* #197288 "MDC_EVT_PUMP_DELIV_START"
* #197292 "MDC_EVT_PUMP_DELIV_COMP"
* #196940 "MDC_EVT_FLUID_LINE_OCCL"
* #196802 "MDC_EVT_BATT_LO"
* #196670 "MDC_EVT_PUMP_GENERAL_ALARM"
* #263762 "MDC_DIM_MILLI_L"
* #263763 "MDC_DIM_MICRO_L"
* #263890 "MDC_DIM_MILLI_G"
* #263891 "MDC_DIM_MICRO_G"
* #263892 "MDC_DIM_NANO_G"
* #264306 "MDC_DIM_MILLI_G_PER_ML"
* #264307 "MDC_DIM_MICRO_G_PER_ML"
* #265266 "MDC_DIM_MILLI_L_PER_HR"
* #265280 "MDC_DIM_X_L_PER_DAY"
* #265523 "MDC_DIM_MICRO_G_PER_HR"
* #265555 "MDC_DIM_MICRO_G_PER_DAY"
* #265554 "MDC_DIM_MILLI_G_PER_DAY"
* #264320 "MDC_DIM_SEC"
* #264352 "MDC_DIM_MIN"
* #264384 "MDC_DIM_HR"
* #264416 "MDC_DIM_DAY"
* #262688 "MDC_DIM_PERCENT"
* #262656 "MDC_DIM_DIMLESS"

CodeSystem: AtcUsedSystem
Id: atc-used
Title: "Codes of ATC that charts use"
Description: "Codes of ATC that charts use."
* ^caseSensitive = true
* ^url = "http://www.whocc.no/atc"
* ^content = #fragment
* ^experimental = true
* #M03BX01 "baclofen"

ValueSet: Units
Id: unit
Title: "Units that a chart of a pump may hold"
Description: "UCUM units of charts; rule `ucum` holds every quantity to them."
* ^experimental = true
* ^copyright = "UCUM codes are used under the UCUM licence, unchanged."
* http://unitsofmeasure.org#%
* http://unitsofmeasure.org#1
* http://unitsofmeasure.org#L
* http://unitsofmeasure.org#L/d
* http://unitsofmeasure.org#L/h
* http://unitsofmeasure.org#U
* http://unitsofmeasure.org#U/h
* http://unitsofmeasure.org#U/kg/h
* http://unitsofmeasure.org#U/mL
* http://unitsofmeasure.org#[iU]
* http://unitsofmeasure.org#[iU]/h
* http://unitsofmeasure.org#[iU]/kg
* http://unitsofmeasure.org#[iU]/kg/h
* http://unitsofmeasure.org#[iU]/mL
* http://unitsofmeasure.org#[iU]/min
* http://unitsofmeasure.org#a
* http://unitsofmeasure.org#cm
* http://unitsofmeasure.org#d
* http://unitsofmeasure.org#g
* http://unitsofmeasure.org#g/L
* http://unitsofmeasure.org#g/d
* http://unitsofmeasure.org#g/h
* http://unitsofmeasure.org#g/mL
* http://unitsofmeasure.org#h
* http://unitsofmeasure.org#kg
* http://unitsofmeasure.org#mL
* http://unitsofmeasure.org#mL/d
* http://unitsofmeasure.org#mL/h
* http://unitsofmeasure.org#mL/min
* http://unitsofmeasure.org#m[iU]
* http://unitsofmeasure.org#m[iU]/kg/min
* http://unitsofmeasure.org#m[iU]/mL
* http://unitsofmeasure.org#m[iU]/min
* http://unitsofmeasure.org#meq
* http://unitsofmeasure.org#meq/L
* http://unitsofmeasure.org#meq/h
* http://unitsofmeasure.org#meq/mL
* http://unitsofmeasure.org#mg
* http://unitsofmeasure.org#mg/L
* http://unitsofmeasure.org#mg/d
* http://unitsofmeasure.org#mg/h
* http://unitsofmeasure.org#mg/kg
* http://unitsofmeasure.org#mg/kg/d
* http://unitsofmeasure.org#mg/kg/h
* http://unitsofmeasure.org#mg/kg/min
* http://unitsofmeasure.org#mg/mL
* http://unitsofmeasure.org#mg/min
* http://unitsofmeasure.org#min
* http://unitsofmeasure.org#mm
* http://unitsofmeasure.org#mmol
* http://unitsofmeasure.org#mmol/L
* http://unitsofmeasure.org#mmol/h
* http://unitsofmeasure.org#mmol/kg/h
* http://unitsofmeasure.org#mmol/mL
* http://unitsofmeasure.org#mo
* http://unitsofmeasure.org#ng
* http://unitsofmeasure.org#ng/h
* http://unitsofmeasure.org#ng/kg/h
* http://unitsofmeasure.org#ng/kg/min
* http://unitsofmeasure.org#ng/mL
* http://unitsofmeasure.org#ng/min
* http://unitsofmeasure.org#s
* http://unitsofmeasure.org#uL
* http://unitsofmeasure.org#uL/d
* http://unitsofmeasure.org#uL/h
* http://unitsofmeasure.org#ug
* http://unitsofmeasure.org#ug/L
* http://unitsofmeasure.org#ug/d
* http://unitsofmeasure.org#ug/h
* http://unitsofmeasure.org#ug/kg
* http://unitsofmeasure.org#ug/kg/d
* http://unitsofmeasure.org#ug/kg/h
* http://unitsofmeasure.org#ug/kg/min
* http://unitsofmeasure.org#ug/mL
* http://unitsofmeasure.org#ug/min

Invariant: ucum
Description: "A value has a UCUM unit that a chart of a pump may hold."
Severity: #error
Expression: "value.empty() or (system = 'http://unitsofmeasure.org' and '|%|1|L|L/d|L/h|U|U/h|U/kg/h|U/mL|[iU]|[iU]/h|[iU]/kg|[iU]/kg/h|[iU]/mL|[iU]/min|a|cm|d|g|g/L|g/d|g/h|g/mL|h|kg|mL|mL/d|mL/h|mL/min|m[iU]|m[iU]/kg/min|m[iU]/mL|m[iU]/min|meq|meq/L|meq/h|meq/mL|mg|mg/L|mg/d|mg/h|mg/kg|mg/kg/d|mg/kg/h|mg/kg/min|mg/mL|mg/min|min|mm|mmol|mmol/L|mmol/h|mmol/kg/h|mmol/mL|mo|ng|ng/h|ng/kg/h|ng/kg/min|ng/mL|ng/min|s|uL|uL/d|uL/h|ug|ug/L|ug/d|ug/h|ug/kg|ug/kg/d|ug/kg/h|ug/kg/min|ug/mL|ug/min|'.contains('|' & code & '|'))"

Invariant: unit-text
Description: "The words beside a unit mean what its code means; a plain number has none."
Severity: #error
Expression: "'|%|1|L|L/d|L/h|U|U/h|U/kg/h|U/mL|[iU]|[iU]/h|[iU]/kg|[iU]/kg/h|[iU]/mL|[iU]/min|a|cm|d|g|g/L|g/d|g/h|g/mL|h|kg|mL|mL/d|mL/h|mL/min|m[iU]|m[iU]/kg/min|m[iU]/mL|m[iU]/min|meq|meq/L|meq/h|meq/mL|mg|mg/L|mg/d|mg/h|mg/kg|mg/kg/d|mg/kg/h|mg/kg/min|mg/mL|mg/min|min|mm|mmol|mmol/L|mmol/h|mmol/kg/h|mmol/mL|mo|ng|ng/h|ng/kg/h|ng/kg/min|ng/mL|ng/min|s|uL|uL/d|uL/h|ug|ug/L|ug/d|ug/h|ug/kg|ug/kg/d|ug/kg/h|ug/kg/min|ug/mL|ug/min|'.contains('|' & code & '|').not() or '|%=%|%=percent|1=|L=L|L/d=L/day|L/h=L/hour|U=units|U/h=units/hour|U/kg/h=units/kg/hour|U/mL=units/mL|[iU]=international units|[iU]/h=international units/hour|[iU]/kg=international units/kg|[iU]/kg/h=international units/kg/hour|[iU]/mL=international units/mL|[iU]/min=international units/minute|a=year|a=years|cm=centimeters|cm=centimetres|cm=cm|d=day|d=days|g=g|g=gram|g=grams|g/L=grams/L|g/d=grams/day|g/h=grams/hour|g/mL=grams/mL|h=h|h=hour|h=hours|kg=kg|mL=mL|mL=milliliters|mL=millilitres|mL/d=mL per day|mL/d=mL/day|mL/d=millilitres/day|mL/h=mL per hour|mL/h=mL/h|mL/h=mL/hour|mL/h=millilitres/hour|mL/min=mL/minute|m[iU]=milli-international units|m[iU]/kg/min=milli-international units/kg/minute|m[iU]/mL=milli-international units/mL|m[iU]/min=milli-international units/minute|meq=milliequivalents|meq/L=milliequivalents/L|meq/h=milliequivalents/hour|meq/mL=milliequivalents/mL|mg=mg|mg=milligram|mg=milligrams|mg/L=milligrams/L|mg/d=mg/day|mg/d=milligrams per day|mg/d=milligrams/day|mg/h=mg/h|mg/h=mg/hour|mg/h=milligrams per hour|mg/h=milligrams/hour|mg/kg=milligrams/kg|mg/kg/d=milligrams/kg/day|mg/kg/h=milligrams/kg/hour|mg/kg/min=milligrams/kg/minute|mg/mL=mg/mL|mg/mL=milligrams per mL|mg/mL=milligrams/mL|mg/min=milligrams/minute|min=min|min=minute|min=minutes|mm=millimeters|mm=millimetres|mm=mm|mmol=millimoles|mmol/L=millimoles/L|mmol/h=millimoles/hour|mmol/kg/h=millimoles/kg/hour|mmol/mL=millimoles/mL|mo=month|mo=months|ng=nanograms|ng/h=nanograms/hour|ng/kg/h=nanograms/kg/hour|ng/kg/min=nanograms/kg/minute|ng/mL=nanograms/mL|ng/min=nanograms/minute|s=s|s=second|s=seconds|uL=microliters|uL=microlitres|uL/d=microliters/day|uL/d=microlitres per day|uL/d=microlitres/day|uL/h=microlitres/hour|ug=microgram|ug=micrograms|ug/L=micrograms/L|ug/d=micrograms per day|ug/d=micrograms/day|ug/h=micrograms per hour|ug/h=micrograms/h|ug/h=micrograms/hour|ug/kg=micrograms/kg|ug/kg/d=micrograms/kg/day|ug/kg/h=micrograms/kg/hour|ug/kg/min=micrograms/kg/minute|ug/mL=micrograms per mL|ug/mL=micrograms/mL|ug/min=micrograms/minute|'.contains('|' & code & '=' & unit & '|')"

ValueSet: CodesOfOthers
Id: codes-of-others
Title: "Codes of others that a chart may hold"
Description: "Every code of another system that leaves the house; each was verified, and docs/reference/terms names its source. A resource with another code of these systems is refused before it is planned."
* ^experimental = true
* http://terminology.hl7.org/CodeSystem/v3-ActReason#HTEST "test health data"
* http://terminology.hl7.org/CodeSystem/observation-category#therapy "Therapy"
* http://terminology.hl7.org/CodeSystem/medication-admin-category#community "Community"
* http://terminology.hl7.org/CodeSystem/medication-admin-category#inpatient "Inpatient"
* http://terminology.hl7.org/CodeSystem/flag-category#clinical "Clinical"
* http://terminology.hl7.org/CodeSystem/flag-category#safety "Safety"
* http://terminology.hl7.org/CodeSystem/data-absent-reason#unknown "Unknown"
* http://terminology.hl7.org/CodeSystem/data-absent-reason#error "Error"
* http://terminology.hl7.org/CodeSystem/provenance-participant-type#assembler "Assembler"
* http://terminology.hl7.org/CodeSystem/provenance-participant-type#author "Author"
* http://terminology.hl7.org/CodeSystem/provenance-participant-type#informant "Informant"
* http://snomed.info/sct#72607000 "Intrathecal route"
* http://terminology.hl7.org/CodeSystem/v2-0162#IT "Intrathecal"
* http://snomed.info/sct#387342009 "Baclofen"
* http://www.whocc.no/atc#M03BX01 "baclofen"
* urn:iso:std:iso:11073:10101#69985 "MDC_DEV_PUMP_INFUS_MDS"
* urn:iso:std:iso:11073:10101#531976 "MDC_ID_PROD_SPEC_FW"
* urn:iso:std:iso:11073:10101#157760 "MDC_CONC_DRUG"
* urn:iso:std:iso:11073:10101#157924 "MDC_RATE_DOSE"
* urn:iso:std:iso:11073:10101#157784 "MDC_FLOW_FLUID_PUMP"
* urn:iso:std:iso:11073:10101#184519 "MDC_PUMP_INFUSING_STATUS"
* http://terminology.hl7.org/CodeSystem/medication-admin-status#in-progress "In Progress"
* http://terminology.hl7.org/CodeSystem/medication-admin-status#completed "Completed"
* http://terminology.hl7.org/CodeSystem/medication-admin-status#stopped "Stopped"
* http://terminology.hl7.org/CodeSystem/medication-admin-status#unknown "Unknown"
* http://terminology.hl7.org/CodeSystem/communication-category#alert "Alert"
* http://hl7.org/fhir/deviceassociation-status#implanted "Implanted"
* http://hl7.org/fhir/deviceassociation-status#explanted "Explanted"
* http://hl7.org/fhir/deviceassociation-status#unknown "Unknown"
* http://hl7.org/fhir/deviceassociation-status#entered-in-error "Entered in Error"
* http://terminology.hl7.org/CodeSystem/medication-admin-location#community "Community"
* http://terminology.hl7.org/CodeSystem/medication-admin-location#inpatient "Inpatient"
* urn:iso:std:iso:11073:10101#69984 "MDC_DEV_PUMP_INFUS"
* urn:iso:std:iso:11073:10101#69986 "MDC_DEV_PUMP_INFUS_VMD"
* urn:iso:std:iso:11073:10101#70049 "MDC_DEV_PUMP_INFUS_LVP_MDS"
* urn:iso:std:iso:11073:10101#70050 "MDC_DEV_PUMP_INFUS_LVP_VMD"
* urn:iso:std:iso:11073:10101#70053 "MDC_DEV_PUMP_INFUS_SYRINGE_MDS"
* urn:iso:std:iso:11073:10101#70054 "MDC_DEV_PUMP_INFUS_SYRINGE_VMD"
* urn:iso:std:iso:11073:10101#70057 "MDC_DEV_PUMP_INFUS_PCA_MDS"
* urn:iso:std:iso:11073:10101#70058 "MDC_DEV_PUMP_INFUS_PCA_VMD"
* urn:iso:std:iso:11073:10101#126978 "MDC_DEV_PUMP_INFUS_CHAN_DELIVERY"
* urn:iso:std:iso:11073:10101#126977 "MDC_DEV_PUMP_INFUS_CHAN_SOURCE"
* urn:iso:std:iso:11073:10101#70067 "MDC_DEV_PUMP_DELIVERY_INFO"
* urn:iso:std:iso:11073:10101#70071 "MDC_DEV_PUMP_INFUSATE_SOURCE_PRIMARY"
* urn:iso:std:iso:11073:10101#70075
* urn:iso:std:iso:11073:10101#70079
* urn:iso:std:iso:11073:10101#70083
* urn:iso:std:iso:11073:10101#65577 "MDC_MOC_BATTERY"
* urn:iso:std:iso:11073:10101#158014 "MDC_FLOW_FLUID_PUMP_CURRENT"
* urn:iso:std:iso:11073:10101#157884 "MDC_VOL_FLUID_TBI"
* urn:iso:std:iso:11073:10101#157872 "MDC_VOL_FLUID_TBI_REMAIN"
* urn:iso:std:iso:11073:10101#157864 "MDC_VOL_FLUID_DELIV"
* urn:iso:std:iso:11073:10101#157992 "MDC_VOL_FLUID_DELIV_SEGMENT"
* urn:iso:std:iso:11073:10101#157993 "MDC_VOL_FLUID_DELIV_TOTAL"
* urn:iso:std:iso:11073:10101#157816 "MDC_DOSE_DRUG_BOLUS"
* urn:iso:std:iso:11073:10101#157999 "MDC_DOSE_DRUG_TBI"
* urn:iso:std:iso:11073:10101#158000 "MDC_DOSE_DRUG_TBI_REMAIN"
* urn:iso:std:iso:11073:10101#158001 "MDC_DOSE_DRUG_DELIV_TOTAL"
* urn:iso:std:iso:11073:10101#158002 "MDC_DOSE_DRUG_DELIV"
* urn:iso:std:iso:11073:10101#158003 "MDC_DOSE_DRUG_DELIV_SEGMENT"
* urn:iso:std:iso:11073:10101#157916 "MDC_TIME_PD_REMAIN"
* urn:iso:std:iso:11073:10101#157989 "MDC_TIME_PCA_LOCKOUT"
* urn:iso:std:iso:11073:10101#157990
* urn:iso:std:iso:11073:10101#157991
* urn:iso:std:iso:11073:10101#68063 "MDC_ATTR_PT_WEIGHT"
* urn:iso:std:iso:11073:10101#67996 "MDC_ATTR_VAL_BATT_CHARGE"
* urn:iso:std:iso:11073:10101#67976 "MDC_ATTR_TIME_BATT_REMAIN"
* urn:iso:std:iso:11073:10101#184508 "MDC_PUMP_STAT"
* urn:iso:std:iso:11073:10101#184504 "MDC_PUMP_MODE"
* urn:iso:std:iso:11073:10101#158016 "MDC_PUMP_ACTIVE_SOURCES"
* urn:iso:std:iso:11073:10101#158005 "MDC_PUMP_CURRENT_DELIVERY_STATUS"
* urn:iso:std:iso:11073:10101#158006 "MDC_PUMP_NOT_DELIVERING_REASON"
* urn:iso:std:iso:11073:10101#158008 "MDC_PUMP_PROGRAM_DELIVERY_MODE"
* urn:iso:std:iso:11073:10101#158012 "MDC_PUMP_SOURCE_CHANNEL_LABEL"
* urn:iso:std:iso:11073:10101#184514 "MDC_DRUG_NAME_LABEL"
* urn:iso:std:iso:11073:10101#184330 "MDC_DRUG_NAME_TYPE"
* urn:iso:std:iso:11073:10101#184516
* urn:iso:std:iso:11073:10101#184517 "MDC_PUMP_DRUG_LIBRARY_VERSION"
* urn:iso:std:iso:11073:10101#184520 "MDC_PUMP_DRUG_LIBRARY_NAME"
* urn:iso:std:iso:11073:10101#67880 "MDC_ATTR_ID_MODEL"
* urn:iso:std:iso:11073:10101#67972 "MDC_ATTR_SYS_ID"
* urn:iso:std:iso:11073:10101#68487 "MDC_ATTR_EVT_COND"
* urn:iso:std:iso:11073:10101#68488 "MDC_ATTR_EVT_SOURCE"
* urn:iso:std:iso:11073:10101#196616 "MDC_EVT_ALARM"
* urn:iso:std:iso:11073:10101#68480 "MDC_ATTR_ALERT_SOURCE"
* urn:iso:std:iso:11073:10101#68481 "MDC_ATTR_EVENT_PHASE"
* urn:iso:std:iso:11073:10101#68482 "MDC_ATTR_ALARM_STATE"
* urn:iso:std:iso:11073:10101#68483 "MDC_ATTR_ALARM_INACTIVATION_STATE"
* urn:iso:std:iso:11073:10101#68484 "MDC_ATTR_ALARM_PRIORITY"
* urn:iso:std:iso:11073:10101#68485 "MDC_ATTR_ALERT_TYPE"
* urn:iso:std:iso:11073:10101#68546 "MDC_ATTR_ALERT_TEXT"
* urn:iso:std:iso:11073:10101#197288 "MDC_EVT_PUMP_DELIV_START"
* urn:iso:std:iso:11073:10101#197292 "MDC_EVT_PUMP_DELIV_COMP"
* urn:iso:std:iso:11073:10101#196940 "MDC_EVT_FLUID_LINE_OCCL"
* urn:iso:std:iso:11073:10101#196802 "MDC_EVT_BATT_LO"
* urn:iso:std:iso:11073:10101#196670 "MDC_EVT_PUMP_GENERAL_ALARM"
* urn:iso:std:iso:11073:10101#263762 "MDC_DIM_MILLI_L"
* urn:iso:std:iso:11073:10101#263763 "MDC_DIM_MICRO_L"
* urn:iso:std:iso:11073:10101#263890 "MDC_DIM_MILLI_G"
* urn:iso:std:iso:11073:10101#263891 "MDC_DIM_MICRO_G"
* urn:iso:std:iso:11073:10101#263892 "MDC_DIM_NANO_G"
* urn:iso:std:iso:11073:10101#264306 "MDC_DIM_MILLI_G_PER_ML"
* urn:iso:std:iso:11073:10101#264307 "MDC_DIM_MICRO_G_PER_ML"
* urn:iso:std:iso:11073:10101#265266 "MDC_DIM_MILLI_L_PER_HR"
* urn:iso:std:iso:11073:10101#265280 "MDC_DIM_X_L_PER_DAY"
* urn:iso:std:iso:11073:10101#265523 "MDC_DIM_MICRO_G_PER_HR"
* urn:iso:std:iso:11073:10101#265555 "MDC_DIM_MICRO_G_PER_DAY"
* urn:iso:std:iso:11073:10101#265554 "MDC_DIM_MILLI_G_PER_DAY"
* urn:iso:std:iso:11073:10101#264320 "MDC_DIM_SEC"
* urn:iso:std:iso:11073:10101#264352 "MDC_DIM_MIN"
* urn:iso:std:iso:11073:10101#264384 "MDC_DIM_HR"
* urn:iso:std:iso:11073:10101#264416 "MDC_DIM_DAY"
* urn:iso:std:iso:11073:10101#262688 "MDC_DIM_PERCENT"
* urn:iso:std:iso:11073:10101#262656 "MDC_DIM_DIMLESS"

ValueSet: MdcDeviceKind
Id: mdc-device-kind
Title: "Kinds of infusion pumps by IEEE 11073-10101"
Description: "The terms of devices by which hospital pumps name their kind."
* ^experimental = true
* urn:iso:std:iso:11073:10101#69984 "MDC_DEV_PUMP_INFUS"
* urn:iso:std:iso:11073:10101#69985 "MDC_DEV_PUMP_INFUS_MDS"
* urn:iso:std:iso:11073:10101#69986 "MDC_DEV_PUMP_INFUS_VMD"
* urn:iso:std:iso:11073:10101#70049 "MDC_DEV_PUMP_INFUS_LVP_MDS"
* urn:iso:std:iso:11073:10101#70050 "MDC_DEV_PUMP_INFUS_LVP_VMD"
* urn:iso:std:iso:11073:10101#70053 "MDC_DEV_PUMP_INFUS_SYRINGE_MDS"
* urn:iso:std:iso:11073:10101#70054 "MDC_DEV_PUMP_INFUS_SYRINGE_VMD"
* urn:iso:std:iso:11073:10101#70057 "MDC_DEV_PUMP_INFUS_PCA_MDS"
* urn:iso:std:iso:11073:10101#70058 "MDC_DEV_PUMP_INFUS_PCA_VMD"
* urn:iso:std:iso:11073:10101#126978 "MDC_DEV_PUMP_INFUS_CHAN_DELIVERY"
* urn:iso:std:iso:11073:10101#126977 "MDC_DEV_PUMP_INFUS_CHAN_SOURCE"
* urn:iso:std:iso:11073:10101#70067 "MDC_DEV_PUMP_DELIVERY_INFO"
* urn:iso:std:iso:11073:10101#70071 "MDC_DEV_PUMP_INFUSATE_SOURCE_PRIMARY"
* urn:iso:std:iso:11073:10101#65577 "MDC_MOC_BATTERY"

ValueSet: MdcReading
Id: mdc-reading
Title: "What hospital pumps state, by IEEE 11073-10101"
Description: "The terms under which hospital pumps state values; one whose name is not public leaves by its number alone."
* ^experimental = true
* urn:iso:std:iso:11073:10101#157784 "MDC_FLOW_FLUID_PUMP"
* urn:iso:std:iso:11073:10101#158014 "MDC_FLOW_FLUID_PUMP_CURRENT"
* urn:iso:std:iso:11073:10101#157760 "MDC_CONC_DRUG"
* urn:iso:std:iso:11073:10101#157924 "MDC_RATE_DOSE"
* urn:iso:std:iso:11073:10101#157884 "MDC_VOL_FLUID_TBI"
* urn:iso:std:iso:11073:10101#157872 "MDC_VOL_FLUID_TBI_REMAIN"
* urn:iso:std:iso:11073:10101#157864 "MDC_VOL_FLUID_DELIV"
* urn:iso:std:iso:11073:10101#157992 "MDC_VOL_FLUID_DELIV_SEGMENT"
* urn:iso:std:iso:11073:10101#157993 "MDC_VOL_FLUID_DELIV_TOTAL"
* urn:iso:std:iso:11073:10101#157816 "MDC_DOSE_DRUG_BOLUS"
* urn:iso:std:iso:11073:10101#157999 "MDC_DOSE_DRUG_TBI"
* urn:iso:std:iso:11073:10101#158000 "MDC_DOSE_DRUG_TBI_REMAIN"
* urn:iso:std:iso:11073:10101#158001 "MDC_DOSE_DRUG_DELIV_TOTAL"
* urn:iso:std:iso:11073:10101#158002 "MDC_DOSE_DRUG_DELIV"
* urn:iso:std:iso:11073:10101#158003 "MDC_DOSE_DRUG_DELIV_SEGMENT"
* urn:iso:std:iso:11073:10101#157916 "MDC_TIME_PD_REMAIN"
* urn:iso:std:iso:11073:10101#157989 "MDC_TIME_PCA_LOCKOUT"
* urn:iso:std:iso:11073:10101#157990
* urn:iso:std:iso:11073:10101#157991
* urn:iso:std:iso:11073:10101#68063 "MDC_ATTR_PT_WEIGHT"
* urn:iso:std:iso:11073:10101#67996 "MDC_ATTR_VAL_BATT_CHARGE"
* urn:iso:std:iso:11073:10101#67976 "MDC_ATTR_TIME_BATT_REMAIN"
* urn:iso:std:iso:11073:10101#184519 "MDC_PUMP_INFUSING_STATUS"
* urn:iso:std:iso:11073:10101#184508 "MDC_PUMP_STAT"
* urn:iso:std:iso:11073:10101#184504 "MDC_PUMP_MODE"
* urn:iso:std:iso:11073:10101#158016 "MDC_PUMP_ACTIVE_SOURCES"
* urn:iso:std:iso:11073:10101#158005 "MDC_PUMP_CURRENT_DELIVERY_STATUS"
* urn:iso:std:iso:11073:10101#158006 "MDC_PUMP_NOT_DELIVERING_REASON"
* urn:iso:std:iso:11073:10101#158008 "MDC_PUMP_PROGRAM_DELIVERY_MODE"
* urn:iso:std:iso:11073:10101#158012 "MDC_PUMP_SOURCE_CHANNEL_LABEL"
* urn:iso:std:iso:11073:10101#184514 "MDC_DRUG_NAME_LABEL"
* urn:iso:std:iso:11073:10101#184330 "MDC_DRUG_NAME_TYPE"
* urn:iso:std:iso:11073:10101#184516
* urn:iso:std:iso:11073:10101#184517 "MDC_PUMP_DRUG_LIBRARY_VERSION"
* urn:iso:std:iso:11073:10101#184520 "MDC_PUMP_DRUG_LIBRARY_NAME"
* urn:iso:std:iso:11073:10101#67880 "MDC_ATTR_ID_MODEL"
* urn:iso:std:iso:11073:10101#67972 "MDC_ATTR_SYS_ID"
* urn:iso:std:iso:11073:10101#531976 "MDC_ID_PROD_SPEC_FW"
* urn:iso:std:iso:11073:10101#68487 "MDC_ATTR_EVT_COND"
* urn:iso:std:iso:11073:10101#68488 "MDC_ATTR_EVT_SOURCE"
* urn:iso:std:iso:11073:10101#196616 "MDC_EVT_ALARM"
* urn:iso:std:iso:11073:10101#68480 "MDC_ATTR_ALERT_SOURCE"
* urn:iso:std:iso:11073:10101#68481 "MDC_ATTR_EVENT_PHASE"
* urn:iso:std:iso:11073:10101#68482 "MDC_ATTR_ALARM_STATE"
* urn:iso:std:iso:11073:10101#68483 "MDC_ATTR_ALARM_INACTIVATION_STATE"
* urn:iso:std:iso:11073:10101#68484 "MDC_ATTR_ALARM_PRIORITY"
* urn:iso:std:iso:11073:10101#68485 "MDC_ATTR_ALERT_TYPE"
* urn:iso:std:iso:11073:10101#68546 "MDC_ATTR_ALERT_TEXT"

Instance: printed-synchromed-to-event
InstanceOf: ConceptMap
Usage: #definition
Title: "Events and alarms in print, SynchroMed, and our codes"
Description: "What a report of a SynchroMed prints in its event log and of its alarms, by our codes of alarms and events."
* url = "https://pumpbridge.invalid/ConceptMap/printed-synchromed-to-event"
* name = "PrintedSynchromedToEvent"
* title = "Events and alarms in print, SynchroMed, and our codes"
* description = "What a report of a SynchroMed prints in its event log and of its alarms, by our codes of alarms and events."
* status = #active
* experimental = true
* version = "0.1.0"
* group[0].source = "https://pumpbridge.invalid/CodeSystem/printed-synchromed"
* group[0].target = "https://pumpbridge.invalid/CodeSystem/pump-alarm"
* group[0].element[0].code = #"CRITICAL MEMORY ERROR"
* group[0].element[0].target.code = #memory-error
* group[0].element[0].target.equivalence = #wider
* group[0].element[1].code = #"EMPTY RESERVOIR"
* group[0].element[1].target.code = #empty-reservoir
* group[0].element[1].target.equivalence = #wider
* group[0].element[2].code = #"EMPTY RESERVOIR OCCURRED"
* group[0].element[2].target.code = #empty-reservoir
* group[0].element[2].target.equivalence = #wider
* group[0].element[3].code = #"END OF SERVICE"
* group[0].element[3].target.code = #end-of-service
* group[0].element[3].target.equivalence = #wider
* group[0].element[4].code = #"END OF SERVICE OCCURRED"
* group[0].element[4].target.code = #end-of-service
* group[0].element[4].target.equivalence = #wider
* group[0].element[5].code = #ERI
* group[0].element[5].target.code = #eri-reached
* group[0].element[5].target.equivalence = #wider
* group[0].element[6].code = #"ERI OCCURRED"
* group[0].element[6].target.code = #eri-reached
* group[0].element[6].target.equivalence = #wider
* group[0].element[7].code = #"LOW BATTERY RESET"
* group[0].element[7].target.code = #low-battery-reset
* group[0].element[7].target.equivalence = #equivalent
* group[0].element[8].code = #"LOW RESERVOIR"
* group[0].element[8].target.code = #low-reservoir
* group[0].element[8].target.equivalence = #wider
* group[0].element[9].code = #"LOW RESERVOIR OCCURRED"
* group[0].element[9].target.code = #low-reservoir
* group[0].element[9].target.equivalence = #wider
* group[0].element[10].code = #"MOTOR STALL"
* group[0].element[10].target.code = #motor-stall
* group[0].element[10].target.equivalence = #wider
* group[0].element[11].code = #"MOTOR STALL OCCURRED"
* group[0].element[11].target.code = #motor-stall
* group[0].element[11].target.equivalence = #wider
* group[0].element[12].code = #"NON-CRITICAL MEMORY ERROR"
* group[0].element[12].target.code = #memory-error
* group[0].element[12].target.equivalence = #wider
* group[0].element[13].code = #"PUMP STOPPED"
* group[0].element[13].target.code = #pump-stopped
* group[0].element[13].target.equivalence = #wider
* group[0].element[14].code = #"PUMP STOPPED OVER 48 HOURS"
* group[0].element[14].target.code = #pump-stopped
* group[0].element[14].target.equivalence = #wider
* group[1].source = "https://pumpbridge.invalid/CodeSystem/printed-synchromed"
* group[1].target = "https://pumpbridge.invalid/CodeSystem/pump-event"
* group[1].element[0].code = #"ALARM SILENCED"
* group[1].element[0].target.code = #alarm-silenced
* group[1].element[0].target.equivalence = #equivalent
* group[1].element[1].code = #"MOTOR STALL RECOVERY OCCURRED"
* group[1].element[1].target.code = #motor-stall-recovered
* group[1].element[1].target.equivalence = #equivalent
* group[1].element[2].code = #"MRI DETECTED"
* group[1].element[2].target.code = #mri-detected
* group[1].element[2].target.equivalence = #equivalent
* group[1].element[3].code = #"PATIENT BOLUS DENIED"
* group[1].element[3].target.code = #bolus-denied
* group[1].element[3].target.equivalence = #equivalent
* group[1].element[4].code = #"PUMP CLOCK CHANGED"
* group[1].element[4].target.code = #clock-changed
* group[1].element[4].target.equivalence = #equivalent
* group[1].element[5].code = #"PUMP STARTED"
* group[1].element[5].target.code = #pump-started
* group[1].element[5].target.equivalence = #equivalent

Instance: printed-prometra-to-event
InstanceOf: ConceptMap
Usage: #definition
Title: "Events and alarms in print, Prometra, and our codes"
Description: "What a report of a Prometra prints in its event log and of its alarms, by our codes of alarms and events."
* url = "https://pumpbridge.invalid/ConceptMap/printed-prometra-to-event"
* name = "PrintedPrometraToEvent"
* title = "Events and alarms in print, Prometra, and our codes"
* description = "What a report of a Prometra prints in its event log and of its alarms, by our codes of alarms and events."
* status = #active
* experimental = true
* version = "0.1.0"
* group[0].source = "https://pumpbridge.invalid/CodeSystem/printed-prometra"
* group[0].target = "https://pumpbridge.invalid/CodeSystem/pump-alarm"
* group[0].element[0].code = #"EMPTY RESERVOIR"
* group[0].element[0].target.code = #empty-reservoir
* group[0].element[0].target.equivalence = #equivalent
* group[0].element[1].code = #"END OF SERVICE"
* group[0].element[1].target.code = #end-of-service
* group[0].element[1].target.equivalence = #equivalent
* group[0].element[2].code = #"FLOW STOPPED"
* group[0].element[2].target.code = #pump-stopped
* group[0].element[2].target.equivalence = #equivalent
* group[0].element[3].code = #"LOW BATTERY RESET"
* group[0].element[3].target.code = #low-battery-reset
* group[0].element[3].target.equivalence = #equivalent
* group[0].element[4].code = #"LOW RESERVOIR"
* group[0].element[4].target.code = #low-reservoir
* group[0].element[4].target.equivalence = #equivalent
* group[0].element[5].code = #"MEMORY ERROR"
* group[0].element[5].target.code = #memory-error
* group[0].element[5].target.equivalence = #equivalent
* group[0].element[6].code = #"REPLACEMENT INDICATOR"
* group[0].element[6].target.code = #eri-reached
* group[0].element[6].target.equivalence = #equivalent
* group[1].source = "https://pumpbridge.invalid/CodeSystem/printed-prometra"
* group[1].target = "https://pumpbridge.invalid/CodeSystem/pump-event"
* group[1].element[0].code = #"ALARM SILENCED"
* group[1].element[0].target.code = #alarm-silenced
* group[1].element[0].target.equivalence = #equivalent
* group[1].element[1].code = #"BOLUS DENIED"
* group[1].element[1].target.code = #bolus-denied
* group[1].element[1].target.equivalence = #equivalent
* group[1].element[2].code = #"CLOCK CHANGED"
* group[1].element[2].target.code = #clock-changed
* group[1].element[2].target.equivalence = #equivalent
* group[1].element[3].code = #"FLOW STARTED"
* group[1].element[3].target.code = #pump-started
* group[1].element[3].target.equivalence = #equivalent

Instance: printed-medstream-to-event
InstanceOf: ConceptMap
Usage: #definition
Title: "Events and alarms in print, MedStream, and our codes"
Description: "What a report of a MedStream prints in its event log and of its alarms, by our codes of alarms and events."
* url = "https://pumpbridge.invalid/ConceptMap/printed-medstream-to-event"
* name = "PrintedMedstreamToEvent"
* title = "Events and alarms in print, MedStream, and our codes"
* description = "What a report of a MedStream prints in its event log and of its alarms, by our codes of alarms and events."
* status = #active
* experimental = true
* version = "0.1.0"
* group[0].source = "https://pumpbridge.invalid/CodeSystem/printed-medstream"
* group[0].target = "https://pumpbridge.invalid/CodeSystem/pump-alarm"
* group[0].element[0].code = #"BATTERY LOW"
* group[0].element[0].target.code = #eri-reached
* group[0].element[0].target.equivalence = #equivalent
* group[0].element[1].code = #"EMPTY RESERVOIR"
* group[0].element[1].target.code = #empty-reservoir
* group[0].element[1].target.equivalence = #equivalent
* group[0].element[2].code = #"END OF SERVICE"
* group[0].element[2].target.code = #end-of-service
* group[0].element[2].target.equivalence = #equivalent
* group[0].element[3].code = #"LOW RESERVOIR"
* group[0].element[3].target.code = #low-reservoir
* group[0].element[3].target.equivalence = #equivalent
* group[0].element[4].code = #"MEMORY ERROR"
* group[0].element[4].target.code = #memory-error
* group[0].element[4].target.equivalence = #equivalent
* group[0].element[5].code = #"PUMP STOPPED"
* group[0].element[5].target.code = #pump-stopped
* group[0].element[5].target.equivalence = #equivalent
* group[1].source = "https://pumpbridge.invalid/CodeSystem/printed-medstream"
* group[1].target = "https://pumpbridge.invalid/CodeSystem/pump-event"
* group[1].element[0].code = #"ALARM SILENCED"
* group[1].element[0].target.code = #alarm-silenced
* group[1].element[0].target.equivalence = #equivalent
* group[1].element[1].code = #"CLOCK CHANGED"
* group[1].element[1].target.code = #clock-changed
* group[1].element[1].target.equivalence = #equivalent
* group[1].element[2].code = #"PUMP STARTED"
* group[1].element[2].target.code = #pump-started
* group[1].element[2].target.equivalence = #equivalent

Instance: mdc-to-reading
InstanceOf: ConceptMap
Usage: #definition
Title: "MDC terms of hospital pumps, and our codes of readings"
Description: "By which of our codes a value leaves that a hospital pump states under a term of IEEE 11073-10101."
* url = "https://pumpbridge.invalid/ConceptMap/mdc-to-reading"
* name = "MdcToReading"
* title = "MDC terms of hospital pumps, and our codes of readings"
* description = "By which of our codes a value leaves that a hospital pump states under a term of IEEE 11073-10101."
* status = #active
* experimental = true
* version = "0.1.0"
* group[0].source = "urn:iso:std:iso:11073:10101"
* group[0].target = "https://pumpbridge.invalid/CodeSystem/infusion-reading"
* group[0].element[0].code = #184508
* group[0].element[0].display = "MDC_PUMP_STAT"
* group[0].element[0].target.code = #pump-status
* group[0].element[0].target.equivalence = #equivalent
* group[0].element[1].code = #184504
* group[0].element[1].display = "MDC_PUMP_MODE"
* group[0].element[1].target.code = #mode
* group[0].element[1].target.equivalence = #equivalent
* group[0].element[2].code = #158014
* group[0].element[2].display = "MDC_FLOW_FLUID_PUMP_CURRENT"
* group[0].element[2].target.code = #current-flow
* group[0].element[2].target.equivalence = #equivalent
* group[0].element[3].code = #158016
* group[0].element[3].display = "MDC_PUMP_ACTIVE_SOURCES"
* group[0].element[3].target.code = #active-sources
* group[0].element[3].target.equivalence = #equivalent
* group[0].element[4].code = #68063
* group[0].element[4].display = "MDC_ATTR_PT_WEIGHT"
* group[0].element[4].target.code = #patient-weight
* group[0].element[4].target.equivalence = #equivalent
* group[0].element[5].code = #184516
* group[0].element[5].target.code = #care-area
* group[0].element[5].target.equivalence = #equivalent
* group[0].element[6].code = #184520
* group[0].element[6].display = "MDC_PUMP_DRUG_LIBRARY_NAME"
* group[0].element[6].target.code = #library
* group[0].element[6].target.equivalence = #equivalent
* group[0].element[7].code = #184517
* group[0].element[7].display = "MDC_PUMP_DRUG_LIBRARY_VERSION"
* group[0].element[7].target.code = #library-version
* group[0].element[7].target.equivalence = #equivalent
* group[0].element[8].code = #67996
* group[0].element[8].display = "MDC_ATTR_VAL_BATT_CHARGE"
* group[0].element[8].target.code = #battery
* group[0].element[8].target.equivalence = #equivalent
* group[0].element[9].code = #67976
* group[0].element[9].display = "MDC_ATTR_TIME_BATT_REMAIN"
* group[0].element[9].target.code = #battery-time
* group[0].element[9].target.equivalence = #equivalent
* group[0].element[10].code = #158005
* group[0].element[10].display = "MDC_PUMP_CURRENT_DELIVERY_STATUS"
* group[0].element[10].target.code = #delivery-status
* group[0].element[10].target.equivalence = #equivalent
* group[0].element[11].code = #158006
* group[0].element[11].display = "MDC_PUMP_NOT_DELIVERING_REASON"
* group[0].element[11].target.code = #not-delivering
* group[0].element[11].target.equivalence = #equivalent
* group[0].element[12].code = #158008
* group[0].element[12].display = "MDC_PUMP_PROGRAM_DELIVERY_MODE"
* group[0].element[12].target.code = #programme-mode
* group[0].element[12].target.equivalence = #equivalent
* group[0].element[13].code = #157784
* group[0].element[13].display = "MDC_FLOW_FLUID_PUMP"
* group[0].element[13].target.code = #rate
* group[0].element[13].target.equivalence = #equivalent
* group[0].element[14].code = #157924
* group[0].element[14].display = "MDC_RATE_DOSE"
* group[0].element[14].target.code = #dose-rate
* group[0].element[14].target.equivalence = #equivalent
* group[0].element[15].code = #157884
* group[0].element[15].display = "MDC_VOL_FLUID_TBI"
* group[0].element[15].target.code = #volume-to-infuse
* group[0].element[15].target.equivalence = #equivalent
* group[0].element[16].code = #157872
* group[0].element[16].display = "MDC_VOL_FLUID_TBI_REMAIN"
* group[0].element[16].target.code = #volume-remaining
* group[0].element[16].target.equivalence = #equivalent
* group[0].element[17].code = #157864
* group[0].element[17].display = "MDC_VOL_FLUID_DELIV"
* group[0].element[17].target.code = #volume-delivered
* group[0].element[17].target.equivalence = #equivalent
* group[0].element[18].code = #157992
* group[0].element[18].display = "MDC_VOL_FLUID_DELIV_SEGMENT"
* group[0].element[18].target.code = #volume-delivered-segment
* group[0].element[18].target.equivalence = #equivalent
* group[0].element[19].code = #157993
* group[0].element[19].display = "MDC_VOL_FLUID_DELIV_TOTAL"
* group[0].element[19].target.code = #volume-delivered-total
* group[0].element[19].target.equivalence = #equivalent
* group[0].element[20].code = #157999
* group[0].element[20].display = "MDC_DOSE_DRUG_TBI"
* group[0].element[20].target.code = #dose-to-infuse
* group[0].element[20].target.equivalence = #equivalent
* group[0].element[21].code = #158000
* group[0].element[21].display = "MDC_DOSE_DRUG_TBI_REMAIN"
* group[0].element[21].target.code = #dose-remaining
* group[0].element[21].target.equivalence = #equivalent
* group[0].element[22].code = #158002
* group[0].element[22].display = "MDC_DOSE_DRUG_DELIV"
* group[0].element[22].target.code = #dose-delivered
* group[0].element[22].target.equivalence = #equivalent
* group[0].element[23].code = #158003
* group[0].element[23].display = "MDC_DOSE_DRUG_DELIV_SEGMENT"
* group[0].element[23].target.code = #dose-delivered-segment
* group[0].element[23].target.equivalence = #equivalent
* group[0].element[24].code = #158001
* group[0].element[24].display = "MDC_DOSE_DRUG_DELIV_TOTAL"
* group[0].element[24].target.code = #dose-delivered-total
* group[0].element[24].target.equivalence = #equivalent
* group[0].element[25].code = #157816
* group[0].element[25].display = "MDC_DOSE_DRUG_BOLUS"
* group[0].element[25].target.code = #bolus
* group[0].element[25].target.equivalence = #equivalent
* group[0].element[26].code = #157916
* group[0].element[26].display = "MDC_TIME_PD_REMAIN"
* group[0].element[26].target.code = #time-remaining
* group[0].element[26].target.equivalence = #equivalent
* group[0].element[27].code = #157989
* group[0].element[27].display = "MDC_TIME_PCA_LOCKOUT"
* group[0].element[27].target.code = #lockout
* group[0].element[27].target.equivalence = #equivalent
* group[0].element[28].code = #157990
* group[0].element[28].target.code = #patient-doses-given
* group[0].element[28].target.equivalence = #equivalent
* group[0].element[29].code = #157991
* group[0].element[29].target.code = #patient-doses-attempted
* group[0].element[29].target.equivalence = #equivalent
* group[1].source = "urn:iso:std:iso:11073:10101"
* group[1].target = "https://pumpbridge.invalid/CodeSystem/pump-observation"
* group[1].element[0].code = #184519
* group[1].element[0].display = "MDC_PUMP_INFUSING_STATUS"
* group[1].element[0].target.code = #infusing-status
* group[1].element[0].target.equivalence = #equivalent
* group[1].element[1].code = #184330
* group[1].element[1].display = "MDC_DRUG_NAME_TYPE"
* group[1].element[1].target.code = #drug
* group[1].element[1].target.equivalence = #equivalent
* group[1].element[2].code = #157760
* group[1].element[2].display = "MDC_CONC_DRUG"
* group[1].element[2].target.code = #drug-concentration
* group[1].element[2].target.equivalence = #equivalent

Instance: mdc-to-ucum
InstanceOf: ConceptMap
Usage: #definition
Title: "MDC units, and UCUM"
Description: "Units by term of IEEE 11073-10101 as UCUM."
* url = "https://pumpbridge.invalid/ConceptMap/mdc-to-ucum"
* name = "MdcToUcum"
* title = "MDC units, and UCUM"
* description = "Units by term of IEEE 11073-10101 as UCUM."
* status = #active
* experimental = true
* version = "0.1.0"
* group[0].source = "urn:iso:std:iso:11073:10101"
* group[0].target = "http://unitsofmeasure.org"
* group[0].element[0].code = #263762
* group[0].element[0].display = "MDC_DIM_MILLI_L"
* group[0].element[0].target.code = #mL
* group[0].element[0].target.equivalence = #equivalent
* group[0].element[1].code = #263763
* group[0].element[1].display = "MDC_DIM_MICRO_L"
* group[0].element[1].target.code = #uL
* group[0].element[1].target.equivalence = #equivalent
* group[0].element[2].code = #263890
* group[0].element[2].display = "MDC_DIM_MILLI_G"
* group[0].element[2].target.code = #mg
* group[0].element[2].target.equivalence = #equivalent
* group[0].element[3].code = #263891
* group[0].element[3].display = "MDC_DIM_MICRO_G"
* group[0].element[3].target.code = #ug
* group[0].element[3].target.equivalence = #equivalent
* group[0].element[4].code = #263892
* group[0].element[4].display = "MDC_DIM_NANO_G"
* group[0].element[4].target.code = #ng
* group[0].element[4].target.equivalence = #equivalent
* group[0].element[5].code = #264306
* group[0].element[5].display = "MDC_DIM_MILLI_G_PER_ML"
* group[0].element[5].target.code = #mg/mL
* group[0].element[5].target.equivalence = #equivalent
* group[0].element[6].code = #264307
* group[0].element[6].display = "MDC_DIM_MICRO_G_PER_ML"
* group[0].element[6].target.code = #ug/mL
* group[0].element[6].target.equivalence = #equivalent
* group[0].element[7].code = #265266
* group[0].element[7].display = "MDC_DIM_MILLI_L_PER_HR"
* group[0].element[7].target.code = #mL/h
* group[0].element[7].target.equivalence = #equivalent
* group[0].element[8].code = #265280
* group[0].element[8].display = "MDC_DIM_X_L_PER_DAY"
* group[0].element[8].target.code = #L/d
* group[0].element[8].target.equivalence = #equivalent
* group[0].element[9].code = #265523
* group[0].element[9].display = "MDC_DIM_MICRO_G_PER_HR"
* group[0].element[9].target.code = #ug/h
* group[0].element[9].target.equivalence = #equivalent
* group[0].element[10].code = #265555
* group[0].element[10].display = "MDC_DIM_MICRO_G_PER_DAY"
* group[0].element[10].target.code = #ug/d
* group[0].element[10].target.equivalence = #equivalent
* group[0].element[11].code = #265554
* group[0].element[11].display = "MDC_DIM_MILLI_G_PER_DAY"
* group[0].element[11].target.code = #mg/d
* group[0].element[11].target.equivalence = #equivalent
* group[0].element[12].code = #264320
* group[0].element[12].display = "MDC_DIM_SEC"
* group[0].element[12].target.code = #s
* group[0].element[12].target.equivalence = #equivalent
* group[0].element[13].code = #264352
* group[0].element[13].display = "MDC_DIM_MIN"
* group[0].element[13].target.code = #min
* group[0].element[13].target.equivalence = #equivalent
* group[0].element[14].code = #264384
* group[0].element[14].display = "MDC_DIM_HR"
* group[0].element[14].target.code = #h
* group[0].element[14].target.equivalence = #equivalent
* group[0].element[15].code = #264416
* group[0].element[15].display = "MDC_DIM_DAY"
* group[0].element[15].target.code = #d
* group[0].element[15].target.equivalence = #equivalent
* group[0].element[16].code = #262688
* group[0].element[16].display = "MDC_DIM_PERCENT"
* group[0].element[16].target.code = #%
* group[0].element[16].target.equivalence = #equivalent
* group[0].element[17].code = #262656
* group[0].element[17].display = "MDC_DIM_DIMLESS"
* group[0].element[17].target.code = #1
* group[0].element[17].target.equivalence = #equivalent

Instance: hl7v2-term-to-mdc
InstanceOf: ConceptMap
Usage: #definition
Title: "Our own terms in HL7 version 2, and MDC"
Description: "Where MDC has a verified number for what one of our own terms says of what is in force."
* url = "https://pumpbridge.invalid/ConceptMap/hl7v2-term-to-mdc"
* name = "Hl7v2TermToMdc"
* title = "Our own terms in HL7 version 2, and MDC"
* description = "Where MDC has a verified number for what one of our own terms says of what is in force."
* status = #active
* experimental = true
* version = "0.1.0"
* group[0].source = "https://pumpbridge.invalid/CodeSystem/hl7v2-term"
* group[0].target = "urn:iso:std:iso:11073:10101"
* group[0].element[0].code = #pump-firmware
* group[0].element[0].target.code = #531976
* group[0].element[0].target.equivalence = #equivalent
* group[0].element[1].code = #state-infusing
* group[0].element[1].target.code = #184519
* group[0].element[1].target.equivalence = #equivalent
* group[0].element[2].code = #state-programme-flow
* group[0].element[2].target.code = #157784
* group[0].element[2].target.equivalence = #equivalent
* group[0].element[3].code = #state-programme-dose-daily
* group[0].element[3].target.code = #157924
* group[0].element[3].target.equivalence = #equivalent
* group[0].element[4].code = #state-drug-name
* group[0].element[4].target.code = #184514
* group[0].element[4].target.equivalence = #equivalent
* group[0].element[5].code = #state-drug-concentration
* group[0].element[5].target.code = #157760
* group[0].element[5].target.equivalence = #equivalent
* group[0].element[6].code = #patient-control-lockout
* group[0].element[6].target.code = #157989
* group[0].element[6].target.equivalence = #equivalent
