// Flag and DetectedIssue: what the ward must see, and what the bridge noticed.

Invariant: dis-evidence
Description: "A finding names what it rests on or what it concerns."
Severity: #error
Expression: "evidence.exists() or implicated.exists()"

RuleSet: FlagOfOurs
* insert Ours
* status 1..1
* status MS
* category 1..1
* code 1..1
* code MS
* code.coding 1..1
* code.text 1..1
* insert OfPatient(subject)
* period MS
* author 1..1
* author only Reference(Device)

Profile: PumpPresent
Parent: Flag
Id: pump-present
Title: "There is an intrathecal pump"
Description: "The one static Flag: there is a pump, that an abrupt stop can be fatal, and whom to call."
* insert FlagOfOurs
* category = $flag#safety
* code = $FlagSystem#intrathecal-pump-present

Profile: PumpFlag
Parent: Flag
Id: pump-flag
Title: "An alarm in force, or what the ward must know"
Description: "One Flag a cause. Its text carries the time of the reading; what is over is inactive with its end, never gone."
* insert FlagOfOurs
* extension contains http://hl7.org/fhir/StructureDefinition/flag-detail named detail 0..1 MS
* category = $flag#clinical
* code from FlagCodes (required)

RuleSet: IssueOfOurs
* insert Ours
* status 1..1
* status MS
* code 1..1
* code MS
* code.coding 1..1
* severity 1..1
* severity MS
* insert OfPatient(patient)
* author 1..1
* author only Reference(Device)
* implicated MS
* evidence MS
* detail 1..1
* detail MS
* obeys dis-evidence

Profile: PumpFinding
Parent: DetectedIssue
Id: pump-finding
Title: "What the bridge noticed"
Description: "A contradiction or a danger that the bridge noticed and did not repair: preliminary while it is open, final once it is over."
* insert IssueOfOurs
* code from Findings (required)
* identified[x] 1..1
* identified[x] only Period
* identified[x] MS

Profile: ChartAmendment
Parent: DetectedIssue
Id: chart-amendment
Title: "The chart said otherwise"
Description: "That a chart said something from one plan to another which it takes back now; it belongs to the plan."
* insert IssueOfOurs
* code = $Finding#chart-amended
* identified[x] 1..1
* identified[x] only dateTime
* identified[x] MS
