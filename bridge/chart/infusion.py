"""An infusion of a hospital pump as a MedicationAdministration: one source, one drug, concentration and rate.

Promises: what the pump states leaves as stated, in its own units; a dose by weight is never multiplied or divided by a
weight. `dosage.rate` is the flow, which every pump states and which rests on no weight and no concentration typed at
the pump; the dose rate stands beside it as an extension, or in its place where no flow is stated. `dosage.dose` is the
dose of this very segment by the pump's count, else its volume. No route: pumps do not state one. Open and unknown
infusions say when they were last confirmed; a stopped pump is never a rate of 0.
"""

from __future__ import annotations

from collections.abc import Iterator

from bridge.chart import delivered
from bridge.chart.delivered import Delivered
from bridge.chart.dialect import Dialect
from bridge.chart.elements import concept, confirmed, exact, extension, kept, named, period
from bridge.chart.infusion_words import (
    certainty,
    drug_words,
    infused,
    plain_term,
    settings,
    source_kind,
    story,
    value_of,
)
from bridge.chart.resource import Resource, Trace
from bridge.chart.sheet import Sheet
from bridge.chart.wording import NOT_RECORDED, readable
from bridge.course.infusion_facts import Infusion, Told
from bridge.fhir_json import Json
from bridge.interrogation import Moment
from bridge.quantity import Quantity
from bridge.terms.table import display

_REASONS = {"stopped": "reason:pump-stopped"}
_BOLUSES = (("loading", "loading"), ("clinician", "clinician"), ("patient", "patient"), ("pca", "patient"))
_DRUG = "drug"  # the id of what is contained


def infusion(sheet: Sheet, fact: Infusion, page: str) -> Iterator[Resource]:
    """One infusion; one without an end only where the destination takes open ones."""
    if not (sheet.binding.open_segment or fact.end is not None):
        return
    if not sheet.sends("delivery"):
        yield _observed(sheet, fact, page)
        return
    traces = list[Trace]()
    body: Json = {"extension": marks} if (marks := _extensions(sheet, fact)) else {}
    body |= _medication(sheet.dialect, fact, traces)
    if fact.part_of is not None and sheet.binding.open_segment:
        body["partOf"] = [sheet.reference("delivery", fact.part_of)]
    body["status"] = fact.status
    if fact.status in ("stopped", "unknown"):
        body["statusReason"] = [_reason(sheet, fact, traces)]
    given, pump = sheet.dialect.GIVEN, sheet.dialect.referred(sheet.reference("pump"))
    category = _category(sheet)
    body |= {"category": sheet.dialect.several(category), "subject": sheet.subject}
    body |= {given: period(fact.start, fact.end), "device": [pump]}
    traces += [*_cited(f"{given}.start", fact.began), *_cited(f"{given}.end", fact.ended)]
    body |= _request(sheet, fact, traces)
    body["note"] = [{"time": fact.last_confirmed.fhir, "text": _note(fact)}]
    body |= {"dosage": dosage} if (dosage := _dosage(sheet, fact, traces)) else {}
    yield sheet.resource(
        "bolus" if fact.bolus else "delivery", fact.discriminator, page, f"{_head(fact)}{story(fact)}", body,
        rests_on=fact.exports, traces=tuple(traces),
    )  # fmt: skip


def _observed(sheet: Sheet, fact: Infusion, page: str) -> Resource:
    """The infusion as an Observation, where no administration is taken."""
    reason = _reason(sheet, fact, []) if fact.status in ("stopped", "unknown") else None
    kind = [mark for mark in _extensions(sheet, fact) if "valueCodeableConcept" in mark]
    return delivered.infused(sheet, fact, page, f"{_head(fact)}{story(fact)}", Delivered(
        fact.status, fact.start, fact.end, {"time": fact.last_confirmed.fhir, "text": _note(fact)}, fact.source,
        reason=reason, last_confirmed=fact.last_confirmed if fact.end is None else None, category=_category(sheet),
        drugs=delivered.drug_of(fact, infused(fact), _strength(fact.concentration)), extensions=tuple(kind),
        rests_on=fact.exports,
    ))  # fmt: skip


def _category(sheet: Sheet) -> Json:
    return concept("Hospital infusion pump, as recorded by the pump", sheet.dialect.INPATIENT)


def _head(fact: Infusion) -> str:
    return f"{display(f'bolus:{_bolus_kind(fact)}')}: " if fact.bolus else ""


def _note(fact: Infusion) -> str:
    read = fact.last_confirmed.words
    return f"As recorded by the pump up to {read}; nobody at the bedside has confirmed it.{certainty(fact)}"


def _extensions(sheet: Sheet, fact: Infusion) -> list[Json]:
    found: list[Json] = []
    if fact.bolus:
        kind = named(f"bolus:{_bolus_kind(fact)}")
        found.append(extension("bolus-kind", valueCodeableConcept=kind))
    if fact.end is None:
        found.append(confirmed(fact.last_confirmed))
    return found


def _bolus_kind(fact: Infusion) -> str:
    """Whose bolus it is by the kind of its source, else by its label; unspecified where neither says."""
    words = f"{source_kind(value_of(fact.kind))} {value_of(fact.label) or ''}".lower()
    return next((kind for name, kind in _BOLUSES if name in words), "unspecified")


def _medication(dialect: Dialect, fact: Infusion, traces: list[Trace]) -> Json:
    """The drug as named; with its concentration it is a Medication inside, which nothing else refers to."""
    text = infused(fact)
    strength = _strength(fact.concentration)
    if strength is None:
        traces += _cited(dialect.MEDICATION, fact.drug)
        return dialect.medication_named({"text": text})
    ingredient = dialect.ingredient({"text": drug_words(fact.drug)}, strength)
    traces += _cited(f"contained[0].ingredient[0].{dialect.INGREDIENT}", fact.drug)
    traces += _cited(f"contained[0].ingredient[0].{dialect.STRENGTH}.numerator", fact.concentration)
    inside = {"resourceType": "Medication", "id": _DRUG, "code": {"text": text}, "ingredient": [ingredient]}
    return {"contained": [inside], **dialect.medication({"reference": f"#{_DRUG}"})}


def _strength(concentration: Told[Quantity] | None) -> Json | None:
    """A concentration as the amount in 1 mL or 1 L, digits and units as stated."""
    stated = exact(concentration.reading) if concentration is not None else None
    if stated is None:
        return None
    above, _, below = stated.unit.partition("/")
    return {"numerator": kept(Quantity(stated.value, above)), "denominator": _ONE[below]} if below in _ONE else None


_ONE: dict[str, Json] = {
    unit: {"value": 1, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit} for unit in ("mL", "L")
}


def _reason(sheet: Sheet, fact: Infusion, traces: list[Trace]) -> Json:
    if fact.reason is None:
        return {"text": NOT_RECORDED}
    name = _REASONS.get(fact.reason, f"reason:{fact.reason}")
    if fact.stated_reason is None:
        return named(name)
    traces += _cited("statusReason[0]", fact.stated_reason)
    return concept(f"{display(name)}: {plain_term(fact.stated_reason.reading)}", name)


def _request(sheet: Sheet, fact: Infusion, traces: list[Trace]) -> Json:
    """The order by the number that the pump states of it: the order itself is the hospital's."""
    number = value_of(fact.order)
    if not number:
        return {}
    traces += _cited("request.identifier.value", fact.order)
    identifier = {"system": f"{sheet.base}/sid/placer-order", "value": number}
    return {"request": {"type": "MedicationRequest", "identifier": identifier}}


# --- dosage --------------------------------------------------------------------------------------------------------


def _dosage(sheet: Sheet, fact: Infusion, traces: list[Trace]) -> Json:
    """The dosage: empty where neither a rate nor what was delivered can stand."""
    flow, dose_rate = _above_zero(fact.rate), _above_zero(fact.dose_rate)
    given = _given(sheet, fact, traces)
    if flow is None and dose_rate is None and "dose" not in given:
        return {}
    inside: list[Json] = given.pop("extension", [])
    body: Json = {"text": readable(settings(fact)), **given}
    if flow is not None and dose_rate is not None:
        inside.append(extension("dose-rate", valueQuantity=kept(dose_rate)))
        traces += _cited(f"dosage.extension[{len(inside) - 1}].valueQuantity", fact.dose_rate)
    if flow is not None or dose_rate is not None:
        body["rateQuantity"] = kept(flow or dose_rate)  # type: ignore[arg-type]
        traces += _cited("dosage.rateQuantity", fact.rate if flow is not None else fact.dose_rate)
    return body | ({"extension": inside} if inside else {})


def _given(sheet: Sheet, fact: Infusion, traces: list[Trace]) -> Json:
    """What the pump counted in this segment once it is over: its dose, and its volume where that is stated too."""
    if fact.status not in ("completed", "stopped"):
        return {}
    dose = exact(fact.dose.reading) if fact.dose is not None else None
    volume = exact(fact.volume.reading) if fact.volume is not None else None
    if dose is None:
        traces += _cited("dosage.dose", fact.volume) if volume is not None else ()
        return {"dose": kept(volume)} if volume is not None else {}
    traces += _cited("dosage.dose", fact.dose)
    if volume is None:
        return {"dose": kept(dose)}
    traces += _cited("dosage.extension[0].valueQuantity", fact.volume)
    return {"dose": kept(dose), "extension": [extension("volume-delivered", valueQuantity=kept(volume))]}


def _above_zero(one: Told[Quantity] | None) -> Quantity | None:
    """A stated rate that is one: neither a bound nor 0."""
    stated = exact(one.reading) if one is not None else None
    return stated if stated is not None and stated.value > 0 else None


def _cited(element: str, one: Told[str] | Told[Quantity] | Told[Moment] | None) -> tuple[Trace, ...]:
    """Where a value came from; nothing where nothing was stated."""
    return () if one is None else (Trace(element, one.export, one.reading.where, one.reading.text),)
