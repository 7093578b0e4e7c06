"""A programme as a MedicationRequest: a plan that was read from the pump, not an order.

Promises: one dosage instruction a step; step times are the pump's clock and say so; a programme that was found and
whose start nobody knows has none; a replaced one stops and is the new one's prior prescription.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from bridge.chart import patient_control, rate, told
from bridge.chart.elements import cited, exact, exports, period, quantity, route
from bridge.chart.medication import element
from bridge.chart.observations import first
from bridge.chart.resource import Resource, Trace
from bridge.chart.sheet import Sheet
from bridge.chart.wording import (
    NOT_RECORDED,
    capital,
    clock_time,
    doses,
    drug_name,
    mode,
    said,
    step_amount,
    step_words,
)
from bridge.course.facts import Mixture, ProgrammeFact
from bridge.fhir_json import Json
from bridge.interrogation import Periodic, Programme, Step, stated
from bridge.quantity import Quantity

_STATUS = {
    "replaced": "stopped",
    "replaced-unknown": "stopped",
    "explanted": "stopped",
    "session-not-completed": "unknown",
    "update-contradicts": "unknown",
    "update-unreadable": "unknown",
}
_DOUBTS = {
    "session-not-completed": "A programming session did not complete",
    "update-contradicts": "A programming session contradicts itself about what it left in the pump",
    "update-unreadable": "Whether a programming session updated the pump cannot be read",
}


def programme(sheet: Sheet, fact: ProgrammeFact, page: str) -> Iterator[Resource]:
    """A programme, in force or no more."""
    text, of = f"{_headed(fact)}: {_words(fact)}.", exports([fact.export], fact.source.exports)
    if not sheet.sends("programme"):
        yield told.programme(sheet, fact, page, text, _words(fact), _export(fact), of)
        return
    body: Json = {"status": _STATUS[fact.ended] if fact.ended else "active"}
    if fact.ended:
        body["statusReason"] = {"text": _why(fact)}
    body |= {"intent": "plan", **element(sheet, fact.mixture), "subject": sheet.subject}
    if fact.start is not None:
        body["authoredOn"] = fact.start.fhir
    instructions, traces = _instructions(sheet, fact)
    body |= sheet.dialect.reported(sheet.reference("pump")) | {"dosageInstruction": instructions}
    if fact.prior is not None:
        body["priorPrescription"] = sheet.reference("programme", fact.prior)
    yield sheet.resource("programme", fact.discriminator, page, text, body, rests_on=of, traces=traces)


def _export(fact: ProgrammeFact) -> str | None:
    """The export that states the programme; the source of a replaced one is the session that replaced it."""
    if fact.export is not None or fact.ended == "replaced":
        return fact.export
    return first(fact.source)


def _why(fact: ProgrammeFact) -> str:
    at = f" on {fact.end.words}" if fact.end else ""
    if fact.ended == "replaced":
        return f"Replaced by another programme{at}"
    if fact.ended == "explanted":
        return f"Pump explanted{at}"
    if fact.ended in _DOUBTS:
        return f"{_DOUBTS[fact.ended]}: whether this programme is still in the pump is not known"
    between = f" between {fact.source.read.words} and {fact.next_found.words}" if fact.next_found else ""
    return f"Replaced by another programme{between}; when is not known"


# --- words ---------------------------------------------------------------------------------------------------------


def _headed(fact: ProgrammeFact) -> str:
    if fact.start is None:
        return f"Programme found on {fact.found.words}"
    if fact.ended is None:
        return f"Programme since {fact.start.words}"
    return f"Programme from {fact.start.words}{f' to {fact.end.words}' if fact.end else ''}"


def _words(fact: ProgrammeFact) -> str:
    parts = [f"{doses(fact.programme, fact.mixture)} intrathecal, {_manner(fact.programme)}"]
    if stated(fact.programme.mode) == "stopped" and not fact.programme.doses:
        parts = ["stopped, the pump is programmed not to infuse"]
    parts += [f"flow {said(fact.programme.flow)}"] if fact.programme.flow else []
    parts += [patient_control.words(fact.patient_control)] if fact.patient_control else []
    parts += [f"its start is {NOT_RECORDED}"] if fact.start is None else []
    if fact.ended == "replaced-unknown" and fact.next_found:
        parts += [f"a different programme was found on {fact.next_found.words}, when it changed is not known"]
    elif fact.ended == "explanted" or fact.ended in _DOUBTS:
        why = _why(fact)
        parts += [why[:1].lower() + why[1:]]
    return "; ".join(parts)


def _manner(settings: Programme) -> str:
    if stated(settings.mode) == "flex":
        if not settings.steps:
            return f"flex; its steps are {NOT_RECORDED}"
        steps = "; ".join(step_words(step) for step in settings.steps)
        return f"flex in {len(settings.steps)} steps a day (times of the pump's clock): {steps}"
    if settings.periodic is not None:
        return f"{mode(settings)}: {_periodic_words(settings.periodic)}"
    return mode(settings)


def _periodic_words(periodic: Periodic) -> str:
    lasting = f", each over {said(periodic.duration)}" if periodic.duration else ""
    return f"{said(periodic.dose)} every {said(periodic.interval)}{lasting}"


# --- dosage instructions -------------------------------------------------------------------------------------------


def _instructions(sheet: Sheet, fact: ProgrammeFact) -> tuple[list[Json], tuple[Trace, ...]]:
    settings, several = fact.programme, rate.is_admixture(fact.programme, fact.mixture)
    bounds = {"boundsPeriod": period(fact.start, fact.end)} if fact.start else {}
    if _cover_a_day(settings.steps) and not several:
        rows = [_step(step, bounds) for step in settings.steps]
        traces = [trace for n, step in enumerate(settings.steps) for trace in _step_traces(n, step, _export(fact))]
    elif settings.periodic is not None and not several:
        rows = [_periodic(settings.periodic, bounds)]
        traces = list(cited("dosageInstruction[0].doseAndRate[0].doseQuantity", _export(fact), settings.periodic.dose))
    else:
        written = rate.written(settings, fact.mixture)
        rows = [_whole(settings, fact.mixture, written, bounds)]
        traces = list(rate.traced("dosageInstruction[0].doseAndRate[0]", written, _export(fact), settings))
    if fact.patient_control is not None:
        traces += patient_control.traces(len(rows), fact.control_export, fact.patient_control)
        rows.append(patient_control.instruction(sheet.dialect, fact.patient_control, bounds))
    return [{"sequence": n, "route": route(), **row} for n, row in enumerate(rows, 1)], tuple(traces)


def _cover_a_day(steps: tuple[Step, ...]) -> bool:
    """Whether each step begins where the one before ends, once round the day: only then has each a time of its own."""
    spans = sorted((begin, _length(begin, end)) for step in steps for begin, end in [_ends(step)] if begin >= 0)
    if not spans or len(spans) != len(steps):
        return False
    following = [begin for begin, _ in spans[1:]] + [spans[0][0] + 1440]
    return [begin + length for begin, length in spans] == following


def _ends(step: Step) -> tuple[int, int]:
    start, end = stated(step.start), stated(step.end)
    return (-1, -1) if start is None or end is None else (start, end)


def _length(start: int, end: int) -> int:
    return (end - start) % 1440 or 1440


def _whole(settings: Programme, mixture: Mixture | None, written: Json, bounds: Json) -> Json:
    timing = {"timing": {"repeat": bounds}} if bounds else {}
    if stated(settings.mode) == "stopped" and not settings.doses:
        return {"text": "Stopped: the pump is programmed not to infuse", **timing}
    text = f"{capital(mode(settings))}: {rate.amounts(settings, mixture)}, intrathecal"
    if stated(settings.mode) == "flex" and not settings.steps:
        text += f"; its steps are {NOT_RECORDED}"
    if settings.steps:
        steps = "; ".join(step_words(step) for step in settings.steps)
        text += f"; steps{_of_primary(settings, mixture)} by the pump's clock: {steps}"
    return {"text": text, **timing, **({"doseAndRate": [written]} if written else {})}


def _of_primary(settings: Programme, mixture: Mixture | None) -> str:
    if not rate.is_admixture(settings, mixture):
        return ""
    return f" of {drug_name(mixture.drugs[0].name) if mixture and mixture.drugs else 'the primary drug'}"


def _step(step: Step, bounds: Json) -> Json:
    text = f"Every day {clock_time(step.start)} to {clock_time(step.end)} by the pump's clock: {step_amount(step)}"
    row: Json = {"text": f"{text}, intrathecal", **_step_timing(step, bounds)}
    dose, speed = exact(step.dose), exact(step.rate)
    if dose is not None and dose.value > 0:
        row["doseAndRate"] = [{"doseQuantity": quantity(dose)}]
    elif dose is None and speed is not None and speed.value > 0:
        row["doseAndRate"] = [{"rateQuantity": quantity(speed)}]
    return row


def _step_timing(step: Step, bounds: Json) -> Json:
    start, end = _ends(step)
    length = _length(start, end)
    duration, unit = (length // 60, "h") if length % 60 == 0 else (length, "min")
    return {
        "timing": {
            "repeat": {
                **bounds,
                "duration": duration,
                "durationUnit": unit,
                "frequency": 1,
                "period": 1,
                "periodUnit": "d",
                "timeOfDay": [f"{start // 60:02}:{start % 60:02}:00"],
            }
        }
    }


def _step_traces(index: int, step: Step, export: str | None) -> tuple[Trace, ...]:
    place = f"dosageInstruction[{index}]"
    return (
        *cited(f"{place}.timing.repeat.timeOfDay[0]", export, step.start),
        *cited(f"{place}.doseAndRate[0].doseQuantity", export, step.dose),
        *cited(f"{place}.doseAndRate[0].rateQuantity", export, step.rate if step.dose is None else None),
    )


def _periodic(periodic: Periodic, bounds: Json) -> Json:
    repeat = {**bounds, **_every(exact(periodic.interval)), **_lasting(exact(periodic.duration))}
    row: Json = {"text": f"Bolus repeated: {_periodic_words(periodic)}, intrathecal"}
    if repeat:
        row["timing"] = {"repeat": repeat}
    dose = exact(periodic.dose)
    if dose is not None and dose.value > 0:
        row["doseAndRate"] = [{"doseQuantity": quantity(dose)}]
    return row


def _every(interval: Quantity | None) -> Json:
    usable = interval is not None and interval.value > Decimal(0)
    return {"frequency": 1, "period": interval.value, "periodUnit": interval.unit} if interval and usable else {}


def _lasting(duration: Quantity | None) -> Json:
    usable = duration is not None and duration.value > Decimal(0)
    return {"duration": duration.value, "durationUnit": duration.unit} if duration and usable else {}
