"""What is in the reservoir as a Medication, keyed by its content.

Promises: one active ingredient a drug, its strength a ratio of micrograms to one millilitre with the printed digits;
2000 and 2000.0 are one drug; lots are not part of it, or two fillings of one drug would fight.
"""

from __future__ import annotations

from collections.abc import Iterator

from bridge.chart.elements import cited, concept, exact, quantity
from bridge.chart.resource import Resource
from bridge.chart.sheet import Sheet
from bridge.chart.wording import NOT_RECORDED, capital, drug_name, mixture_words
from bridge.course.facts import Mixture
from bridge.fhir_json import Json
from bridge.interrogation import Drug
from bridge.quantity import Quantity, plain

_CODES = {"baclofen": ("baclofen-sct", "baclofen-atc")}
_ML: Json = {"value": 1, "unit": "mL", "system": "http://unitsofmeasure.org", "code": "mL"}


def content(mixture: Mixture) -> str:
    """What a mixture is keyed by: its drugs with their concentrations in ug/mL, sorted."""
    return ", ".join(sorted(_content(drug) for drug in mixture.drugs))


def _content(drug: Drug) -> str:
    concentration = exact(drug.concentration)
    name = " ".join((drug.name.value or "").lower().split()) if drug.name else ""
    strength = plain(concentration.to("ug/mL").value) if concentration else "?"
    return f"{name or '?'} {strength} ug/mL"


def medication(sheet: Sheet, fact: Mixture, page: str) -> Iterator[Resource]:
    """One mixture."""
    text = f"{capital(mixture_words(fact))} intrathecal solution"
    body: Json = {
        "code": {"text": text},
        "ingredient": [_ingredient(sheet, drug) for drug in fact.drugs],
    }
    traces = [
        trace
        for n, drug in enumerate(fact.drugs)
        for trace in (
            *cited(f"ingredient[{n}].{sheet.dialect.INGREDIENT}", fact.export, drug.name),
            *cited(f"ingredient[{n}].{sheet.dialect.STRENGTH}.numerator", fact.export, drug.concentration),
        )
    ]
    yield sheet.resource("drug", content(fact), page, f"{text}.", body, rests_on=(fact.export,), traces=tuple(traces))


def element(sheet: Sheet, mixture: Mixture | None) -> Json:
    """The drug of an administration or a request."""
    if mixture is None or not mixture.drugs:
        return sheet.dialect.medication_named({"text": f"Drug {NOT_RECORDED}"})
    if not sheet.sends("drug"):
        return sheet.dialect.medication_named({"text": capital(mixture_words(mixture))})
    return sheet.dialect.medication(sheet.reference("drug", content(mixture)))


def drug_concept(drug: Drug, *, text: str = "", first_only: bool = False) -> Json:
    """A drug by name, coded where it is one we know."""
    name = drug_name(drug.name)
    codes = _CODES.get(name, ())
    return concept(text or capital(name), *(codes[:1] if first_only else codes))


def _ingredient(sheet: Sheet, drug: Drug) -> Json:
    concentration, strength = exact(drug.concentration), None
    if concentration is not None:
        amount = Quantity(concentration.to("ug/mL").value, "ug")
        strength = {"numerator": quantity(amount), "denominator": _ML}
    return {"isActive": True, **sheet.dialect.ingredient(drug_concept(drug), strength)}
