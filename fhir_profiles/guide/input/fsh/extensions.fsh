// Our own extensions.

Extension: LastConfirmed
Id: last-confirmed
Title: "Last confirmed"
Description: "When what is still open was last confirmed by what the pump said. Old news is not current: a running delivery, an interval without delivery or a dose that still runs carries it."
Context: MedicationAdministration, Observation
* value[x] only dateTime
* value[x] 1..1
* ^experimental = true

Extension: BolusKind
Id: bolus-kind
Title: "Whose bolus it is"
Description: "Whether a bolus is a clinician's or a patient's; of a hospital pump also a loading dose, or a bolus whose kind the pump does not state."
Context: MedicationAdministration, Observation
* value[x] only CodeableConcept
* value[x] 1..1
* valueCodeableConcept from BolusKinds (required)
* valueCodeableConcept.coding 1..1
* ^experimental = true

Extension: DoseRate
Id: dose-rate
Title: "Dose rate beside a flow"
Description: "The dose rate that a hospital pump states beside the flow of the same infusion, in the unit it stated; a dose by weight is never multiplied or divided by a weight."
Context: MedicationAdministration.dosage
* value[x] only Quantity
* value[x] 1..1
* insert Measured(valueQuantity)
* ^experimental = true

Extension: VolumeDelivered
Id: volume-delivered
Title: "Volume delivered in this segment"
Description: "The volume that a hospital pump counted in this very segment, where the dose that it counted stands in `dosage.dose`."
Context: MedicationAdministration.dosage
* value[x] only Quantity
* value[x] 1..1
* insert Measured(valueQuantity)
* ^experimental = true
