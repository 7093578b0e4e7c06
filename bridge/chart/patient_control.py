"""What the patient may trigger, as one more dosage instruction of the programme: on request, within limits."""

from __future__ import annotations

from bridge.chart.dialect import Dialect
from bridge.chart.elements import cited, exact, quantity
from bridge.chart.resource import Trace
from bridge.chart.wording import said
from bridge.fhir_json import Json
from bridge.interrogation import PatientControl, stated


def words(control: PatientControl) -> str:
    """Patient boluses of 10.00 micrograms, at most 6 a day, not within 60 minutes of the last."""
    parts = [f"patient boluses of {said(control.dose)}"]
    most = stated(control.per_day)
    parts += [f"at most {most} a day"] if most is not None else []
    parts += [f"each over {said(control.duration)}"] if control.duration else []
    parts += [f"not within {said(control.lockout)} of the last"] if control.lockout else []
    return ", ".join(parts)


def instruction(dialect: Dialect, control: PatientControl, bounds: Json) -> Json:
    """The dosage instruction: as needed, with dose and most a day where the pump states them."""
    text = words(control)
    row: Json = {"text": f"On the patient's request: {text}, intrathecal", dialect.AS_NEEDED: True}
    repeat = dict(bounds)
    most = stated(control.per_day)
    if most is not None and most > 0:
        repeat |= {"frequency": 1, "frequencyMax": most, "period": 1, "periodUnit": "d"}
    if repeat:
        row["timing"] = {"repeat": repeat}
    dose = exact(control.dose)
    if dose is not None and dose.value > 0:
        row["doseAndRate"] = [{"doseQuantity": quantity(dose)}]
    return row


def traces(index: int, export: str | None, control: PatientControl) -> tuple[Trace, ...]:
    """Where the instruction's values were printed."""
    place = f"dosageInstruction[{index}]"
    return (
        *cited(f"{place}.doseAndRate[0].doseQuantity", export, control.dose),
        *cited(f"{place}.timing.repeat.frequencyMax", export, control.per_day),
    )
