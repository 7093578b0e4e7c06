"""A clinician's or patient's bolus as a MedicationAdministration.

Promises: `partOf` only where the family says that the bolus adds to its background; the dose is what the pump says it
delivered, never what was programmed; no dose while it runs or where its outcome is not known.
"""

from __future__ import annotations

from collections.abc import Iterator

from bridge.chart import delivered
from bridge.chart.delivered import Delivered
from bridge.chart.elements import cited, concept, confirmed, exact, exports, extension, named, period, quantity, route
from bridge.chart.medication import drug_concept, element
from bridge.chart.observations import Seen, first, observation
from bridge.chart.resource import Resource, Trace
from bridge.chart.segment import administered, at_home, note
from bridge.chart.sheet import Sheet
from bridge.chart.wording import NOT_RECORDED, capital, drug_name, joined, said, span
from bridge.course.facts import BolusFact
from bridge.fhir_json import Json
from bridge.interrogation import Drug
from bridge.terms.table import display

_STATUS = {"complete": "completed", "cancelled": "stopped", "running": "in-progress"}
_OUTCOMES = {"complete": "complete by the pump's report", "cancelled": "cancelled"}
_NO_END = "reason:end-not-recorded"
_REASONS = {"stopped": "reason:bolus-cancelled", "unknown": "reason:outcome-not-recorded"}


def bolus(sheet: Sheet, fact: BolusFact, page: str) -> Iterator[Resource]:
    """A bolus; its dose is an Observation where it cannot stand in the dosage."""
    status = _status(fact)
    if not sheet.sends("bolus"):
        yield from _observed(sheet, fact, page, status)
        return
    body: Json = {"extension": [_kind(sheet, fact)]}
    if status in ("in-progress", "unknown"):
        body["extension"].append(confirmed(fact.source.read))
    if fact.background and sheet.binding.open_segment:
        body["partOf"] = [sheet.reference("delivery", fact.background)]
    body["status"] = status
    if status in _REASONS:
        body["statusReason"] = [_reason(sheet, fact, status)]
    body |= administered(sheet) | element(sheet, fact.mixture)
    body[sheet.dialect.GIVEN] = period(fact.start, None if status == "in-progress" else fact.end)
    body["note"] = [{"time": fact.source.read.fhir, "text": note(fact.source.read.words)}]
    dosage, traces = _dosage(sheet, fact, status)
    body |= {"dosage": dosage} if dosage else {}
    yield sheet.resource(
        "bolus", fact.discriminator, page, _words(fact, status), body, rests_on=_rests_on(fact), traces=traces,
    )  # fmt: skip
    if not dosage and status != "in-progress":
        yield from _dose_alone(sheet, fact, page)


def _observed(sheet: Sheet, fact: BolusFact, page: str, status: str) -> Iterator[Resource]:
    """The bolus as an Observation, where no administration is taken; its dose beside it where it cannot stand in it."""
    dosage, traces = _dosage(sheet, fact, status)
    is_open = status in ("in-progress", "unknown")
    yield delivered.observed(sheet, "bolus", fact.discriminator, page, _words(fact, status), Delivered(
        status, fact.start, None if status == "in-progress" else fact.end,
        {"time": fact.source.read.fhir, "text": note(fact.source.read.words)}, fact.source,
        reason=_reason(sheet, fact, status) if status in _REASONS else None,
        last_confirmed=fact.source.read if is_open else None, dosage=dosage, drugs=delivered.drugs(fact.mixture),
        category=at_home(sheet), extensions=(_kind(sheet, fact),), rests_on=_rests_on(fact), traces=traces,
    ))  # fmt: skip
    if not dosage and status != "in-progress":
        yield from _dose_alone(sheet, fact, page)


def _rests_on(fact: BolusFact) -> tuple[str, ...]:
    return exports(fact.source.exports, [fact.mixture.export if fact.mixture else None])


def _status(fact: BolusFact) -> str:
    """As the pump states its outcome; what is over without a stated end cannot be called completed in R4's profile."""
    status = _STATUS.get(fact.outcome or "", "unknown")
    return "unknown" if status in ("completed", "stopped") and fact.end is None else status


def _kind(sheet: Sheet, fact: BolusFact) -> Json:
    kind = named(f"bolus:{fact.kind}")
    return extension("bolus-kind", valueCodeableConcept=kind)


def _reason(sheet: Sheet, fact: BolusFact, status: str) -> Json:
    if status == "unknown" and fact.outcome in ("complete", "cancelled"):
        return concept(f"{capital(_OUTCOMES[fact.outcome])}; when it ended is {NOT_RECORDED}", _NO_END)
    return named(_REASONS[status])


def _dosage(sheet: Sheet, fact: BolusFact, status: str) -> tuple[Json, tuple[Trace, ...]]:
    dose = exact(fact.dose)
    if dose is None or dose.value <= 0 or _several(fact) or status not in ("completed", "stopped"):
        return {}, ()
    text = f"{display(f'bolus:{fact.kind}')} {said(fact.dose)}, intrathecal"
    written = {"text": text, "route": route(), "dose": quantity(dose)}
    return written, cited("dosage.dose", first(fact.source), fact.dose)


def _several(fact: BolusFact) -> bool:
    return fact.mixture is not None and fact.mixture.is_admixture


def _words(fact: BolusFact, status: str) -> str:
    drugs = fact.mixture.drugs if fact.mixture else ()
    of = joined([drug_name(drug.name) for drug in drugs]) if drugs else f"drug {NOT_RECORDED}"
    parts = [f"{display(f'bolus:{fact.kind}')} of {of} {_amount(fact)} intrathecal"]
    parts += [said(fact.volume)] if fact.volume else []
    parts += [span(fact.start, fact.end) if fact.end else f"{fact.start.words}, its end is {NOT_RECORDED}"]
    if status == "in-progress":
        parts[-1] = f"running since {fact.start.words}; last confirmed {fact.source.read.words}"
    elif fact.outcome != "complete" or fact.end is None:
        parts += [_OUTCOMES.get(fact.outcome or "", f"how it ended is {NOT_RECORDED}")]
    parts += ["in addition to the programme"] if fact.background else []
    return f"{', '.join(parts)}."


def _amount(fact: BolusFact) -> str:
    if fact.dose is not None:
        return said(fact.dose)
    planned = f" (programmed: {said(fact.programmed)})" if fact.programmed else ""
    return f"delivered dose {NOT_RECORDED}{planned}"


def _dose_alone(sheet: Sheet, fact: BolusFact, page: str) -> Iterator[Resource]:
    """The dose where the administration cannot hold it: of several drugs a bolus states the primary one's."""
    if fact.dose is None or fact.dose.value is None:
        return
    drug = fact.mixture.drugs[0] if fact.mixture and fact.mixture.drugs else Drug()
    name = f"{drug_name(drug.name)}{' (primary drug)' if _several(fact) else ''}"
    text = f"Bolus dose, {name}: {said(fact.dose)}, {fact.start.words}."
    yield observation(sheet, "bolus-dose", fact.discriminator, page, Seen(
        text, fact.source, fact.start, until=fact.end, reading=fact.dose, how=fact.dose.how or "reported",
        about=f"Bolus dose, {name}", part_of=sheet.reference("bolus", fact.discriminator),
        drug=drug_concept(drug, first_only=True),
    ))  # fmt: skip
