"""A clinician's or patient's bolus as a MedicationAdministration.

Promises: `partOf` only where the family says that the bolus adds to its background; the dose is what the pump says it
delivered, never what was programmed; no dose while it runs or where its outcome is not known.
"""

from __future__ import annotations

from collections.abc import Iterator

from bridge.chart.elements import cited, exact, exports, extension, named, period, quantity, route
from bridge.chart.medication import drug_concept, element
from bridge.chart.observations import Seen, first, observation
from bridge.chart.resource import Resource, Trace
from bridge.chart.segment import administered, note
from bridge.chart.sheet import Sheet
from bridge.chart.wording import NOT_RECORDED, drug_name, joined, said, span
from bridge.course.facts import BolusFact
from bridge.fhir_json import Json
from bridge.terms.table import display

_STATUS = {"complete": "completed", "cancelled": "stopped", "running": "in-progress"}


def bolus(sheet: Sheet, fact: BolusFact, page: str) -> Iterator[Resource]:
    """A bolus, and its dose as an Observation where several drugs share the reservoir."""
    status = _STATUS.get(fact.outcome or "", "unknown")
    adds = fact.background if sheet.binding.open_segment else None
    kind = named(sheet.base, f"bolus:{fact.kind}")
    body: Json = {"extension": [extension(sheet.base, "bolus-kind", valueCodeableConcept=kind)]}
    if status in ("in-progress", "unknown"):
        confirmed = extension(sheet.base, "last-confirmed", valueDateTime=fact.source.read.fhir)
        body["extension"].append(confirmed)
    if adds:
        body["partOf"] = [sheet.reference("delivery", adds)]
    body["status"] = status
    if reason := _reason(status):
        body["statusReason"] = [named(sheet.base, reason)]
    body |= administered(sheet) | element(sheet, fact.mixture)
    body["effectivePeriod"] = _period(fact, status)
    body["note"] = [{"time": fact.source.read.fhir, "text": note(fact.source.read.words)}]
    dosage, traces = _dosage(sheet, fact, status)
    body |= {"dosage": dosage} if dosage else {}
    mixture_export = fact.mixture.export if fact.mixture else None
    yield sheet.resource(
        "bolus", fact.discriminator, page, _words(fact, status), body,
        rests_on=exports(fact.source.exports, [mixture_export]), traces=traces,
    )  # fmt: skip
    yield from _primary_dose(sheet, fact, page)


def _reason(status: str) -> str | None:
    return {"stopped": "reason:bolus-cancelled", "unknown": "reason:outcome-not-recorded"}.get(status)


def _period(fact: BolusFact, status: str) -> Json:
    over = status in ("completed", "stopped")
    return period(fact.start, None if status == "in-progress" else fact.end, end_unknown=over)


def _dosage(sheet: Sheet, fact: BolusFact, status: str) -> tuple[Json, tuple[Trace, ...]]:
    dose = exact(fact.dose)
    if dose is None or dose.value <= 0 or _several(fact) or status not in ("completed", "stopped"):
        return {}, ()
    text = f"{display(f'bolus:{fact.kind}')} {said(fact.dose)}, intrathecal"
    written = {"text": text, "route": route(sheet.base), "dose": quantity(dose)}
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
    parts += ["cancelled"] if status == "stopped" else []
    parts += [f"how it ended is {NOT_RECORDED}"] if status == "unknown" else []
    parts += ["in addition to the programme"] if fact.background else []
    return f"{', '.join(parts)}."


def _amount(fact: BolusFact) -> str:
    if fact.dose is not None:
        return said(fact.dose)
    planned = f" (programmed: {said(fact.programmed)})" if fact.programmed else ""
    return f"delivered dose {NOT_RECORDED}{planned}"


def _primary_dose(sheet: Sheet, fact: BolusFact, page: str) -> Iterator[Resource]:
    """Of several drugs in one reservoir a bolus states the primary one's dose: an Observation says so."""
    if not _several(fact) or fact.mixture is None or fact.dose is None or fact.dose.value is None:
        return
    drug = fact.mixture.drugs[0]
    name = drug_name(drug.name)
    text = f"Bolus dose, {name} (primary drug): {said(fact.dose)}, {fact.start.words}."
    yield observation(sheet, "bolus-dose", fact.discriminator, page, Seen(
        text, fact.source, fact.start, until=fact.end, reading=fact.dose, how=fact.dose.how or "reported",
        about=f"Bolus dose, {name}", part_of=sheet.reference("bolus", fact.discriminator),
        drug=drug_concept(sheet.base, drug, first_only=True),
    ))  # fmt: skip
