// Names of systems, used in every file.

Alias: $own = https://pumpbridge.invalid/CodeSystem
Alias: $mdc = urn:iso:std:iso:11073:10101
Alias: $sct = http://snomed.info/sct
Alias: $atc = http://www.whocc.no/atc
Alias: $route = http://terminology.hl7.org/CodeSystem/v2-0162
Alias: $category = http://terminology.hl7.org/CodeSystem/observation-category
Alias: $given = http://terminology.hl7.org/CodeSystem/medication-admin-category
Alias: $flag = http://terminology.hl7.org/CodeSystem/flag-category
Alias: $absent = http://terminology.hl7.org/CodeSystem/data-absent-reason
Alias: $participant = http://terminology.hl7.org/CodeSystem/provenance-participant-type

Alias: $TagSystem = https://pumpbridge.invalid/CodeSystem/tag
Alias: $DeviceKind = https://pumpbridge.invalid/CodeSystem/device-kind
Alias: $DeviceProperty = https://pumpbridge.invalid/CodeSystem/device-property
Alias: $Document = https://pumpbridge.invalid/CodeSystem/document
Alias: $FlagSystem = https://pumpbridge.invalid/CodeSystem/flag
Alias: $ProcedureSystem = https://pumpbridge.invalid/CodeSystem/procedure
Alias: $PumpObservation = https://pumpbridge.invalid/CodeSystem/pump-observation
Alias: $InfusionReading = https://pumpbridge.invalid/CodeSystem/infusion-reading
Alias: $InfusionMode = https://pumpbridge.invalid/CodeSystem/infusion-mode
Alias: $InfusingStatus = https://pumpbridge.invalid/CodeSystem/infusing-status
Alias: $UpdateStatus = https://pumpbridge.invalid/CodeSystem/update-status
Alias: $PumpAlarm = https://pumpbridge.invalid/CodeSystem/pump-alarm
Alias: $PumpEvent = https://pumpbridge.invalid/CodeSystem/pump-event
Alias: $HowKnown = https://pumpbridge.invalid/CodeSystem/how-known
Alias: $StopReason = https://pumpbridge.invalid/CodeSystem/stop-reason
Alias: $UnknownReason = https://pumpbridge.invalid/CodeSystem/unknown-reason
Alias: $BolusKind = https://pumpbridge.invalid/CodeSystem/bolus-kind
Alias: $Finding = https://pumpbridge.invalid/CodeSystem/finding
