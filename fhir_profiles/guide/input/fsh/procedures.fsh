// Procedure: what was done to the pump.

Invariant: us-core-7
Description: "What was done, or is being done, says when. Source: US Core."
Severity: #error
Expression: "(status = 'completed' or status = 'in-progress') implies performed.exists()"

Profile: PumpProcedure
Parent: Procedure
Id: pump-procedure
Title: "What was done to a pump"
Description: "An implant, an explant, a filling of the reservoir or a programming, where an export states it."
* insert Ours
* status 1..1
* status MS
* insert KindOf(code, $ProcedureSystem, Procedures)
* code 1..1
* insert OfPatient(subject)
* performed[x] MS
* performed[x] only dateTime
* focalDevice 1..1
* focalDevice MS
* focalDevice.manipulated only Reference(Device)
* usedReference MS
* usedReference only Reference(Medication)
* note MS
* obeys us-core-7
