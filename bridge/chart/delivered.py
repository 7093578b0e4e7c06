"""A delivery, a bolus or an infusion as an Observation, where a destination takes no MedicationAdministration.

Promises: the same values as the administration would have, at the same places in the exports; the state that it would
have stands as a component, so that an Observation of what runs, or is not known to run, is preliminary and never final;
what is open says when it was last confirmed; a value that the bridge calculated is the bridge's own, and says so; no
value where no dosage may stand. Must not know which destinations these are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bridge.chart.elements import absent, cited, coded, concept, confirmed, exact, kept, named, period, quantity
from bridge.chart.medication import drug_concept
from bridge.chart.observations import stated_value, status
from bridge.chart.resource import Resource, Trace
from bridge.chart.sheet import Sheet
from bridge.chart.wording import CALCULATED, drug_name
from bridge.course.clocks import Instant
from bridge.course.facts import Mixture, Source
from bridge.course.infusion_facts import Infusion, Told
from bridge.fhir_json import Json
from bridge.interrogation import Drug
from bridge.quantity import Quantity
from bridge.terms.table import display

Row = tuple[tuple[str, ...], str, Json, tuple[Trace, ...]]
"""One component: its codes, the words of its code, its value, and where that came from (below the component)."""

_OPEN = ("in-progress", "unknown")
_CODES = {
    "dose": ("delivery-amount",),
    "bolus": ("bolus-dose",),
    "flow": ("mdc-flow", "delivery-flow"),
    "dose-rate": ("mdc-dose-rate", "delivery-dose-rate"),
    "volume": ("reading:volume-delivered-segment",),
}


@dataclass(frozen=True, slots=True)
class Delivered:
    """What an administration would say: `state` and `reason` are its status, `dosage` holds its dose or its rate.

    `open_since` is when it was last confirmed, of what is not over or not known. `traces` are those of its dosage.
    """

    state: str
    start: Instant
    end: Instant | None
    note: Json
    source: Source
    reason: Json | None = None
    last_confirmed: Instant | None = None
    dosage: Json | None = None
    drugs: tuple[Row, ...] = ()
    calculated: bool = False
    category: Json | None = None
    extensions: tuple[Json, ...] = ()
    rests_on: tuple[str, ...] = ()
    traces: tuple[Trace, ...] = ()


def observed(sheet: Sheet, kind: str, discriminator: str, page: str, text: str, fact: Delivered) -> Resource:
    """The Observation of a delivery or a bolus of an implanted pump."""
    name, value = _value(kind, fact.dosage or {})
    rows = [*_state(fact.state, fact.reason), *fact.drugs]
    traces = [replace(trace, element="valueQuantity") for trace in fact.traces if value]
    return _resource(sheet, kind, discriminator, page, text, fact, _codes(kind, name), value, rows, traces)


def drugs(mixture: Mixture | None, words: str = "") -> tuple[Row, ...]:
    """Each drug of a mixture with its concentration; `words` where which drug it is is not known."""
    if words or mixture is None or not mixture.drugs:
        value: Json = {"valueCodeableConcept": {"text": words}} if words else {"dataAbsentReason": absent(None)}
        return ((("drug",), display("drug"), value, ()),)
    return tuple(row for drug in mixture.drugs for row in _drug(drug, mixture))


def _drug(drug: Drug, mixture: Mixture) -> Iterable[Row]:
    said = {"dataAbsentReason": absent(drug.name)}
    if drug.name is not None and drug.name.value is not None:
        said = {"valueCodeableConcept": drug_concept(drug, first_only=True)}
    yield ("drug",), display("drug"), said, cited("valueCodeableConcept", mixture.export, drug.name)
    codes = ("mdc-concentration", "drug-concentration")
    of = f", {drug_name(drug.name)}" if len(mixture.drugs) > 1 else ""
    strength = cited("valueQuantity", mixture.export, drug.concentration)
    yield codes, f"{display(codes[1])}{of}", stated_value(drug.concentration), strength


def _value(kind: str, dosage: Json) -> tuple[str, Json]:
    """What stands as value: a dose, a flow or a dose rate; a daily dose given unevenly is a dose rate of that day."""
    if "dose" in dosage:
        return "bolus" if kind == "bolus" else "dose", dosage["dose"]
    if "rateRatio" in dosage:
        return "dose-rate", quantity(Quantity(dosage["rateRatio"]["numerator"]["value"], "ug/d"))
    if "rateQuantity" in dosage:
        rate: Json = dosage["rateQuantity"]
        return _of_rate(rate["code"]), rate
    return "", {}


def _of_rate(unit: str) -> str:
    return "flow" if unit.partition("/")[0] in ("mL", "uL", "L") else "dose-rate"


def _codes(kind: str, name: str) -> tuple[str, ...]:
    return _CODES[name] if name else ("pump-bolus" if kind == "bolus" else "pump-delivery",)


def _state(state: str, reason: Json | None) -> Iterable[Row]:
    yield ("delivery-state",), display("delivery-state"), {"valueCodeableConcept": named(f"state:{state}")}, ()
    if reason is not None:
        yield ("delivery-reason",), display("delivery-reason"), {"valueCodeableConcept": reason}, ()


def _resource(
    sheet: Sheet, kind: str, discriminator: str, page: str, text: str, fact: Delivered, codes: tuple[str, ...],
    value: Json, rows: Sequence[Row], traces: Sequence[Trace],
) -> Resource:  # fmt: skip
    about = display("pump-bolus" if kind == "bolus" else "pump-delivery")
    label = about if display(codes[-1]) == about else f"{about}: {display(codes[-1]).lower()}"
    marks = [*fact.extensions, *([confirmed(fact.last_confirmed)] if fact.last_confirmed is not None else [])]
    body: Json = {"extension": marks} if marks else {}
    body |= {"status": "preliminary" if fact.state in _OPEN else status(fact.source)}
    body["category"] = [coded("category-therapy"), *([fact.category] if fact.category is not None else [])]
    body["subject"] = sheet.subject
    body["code"] = concept(f"{label}. {CALCULATED}" if fact.calculated and value else label, *codes)
    body["effectivePeriod"] = period(fact.start, fact.end)
    body |= {"valueQuantity": value} if value else {"dataAbsentReason": absent(None)}
    body |= {"note": [fact.note]}
    own = fact.calculated and bool(value)
    body["method"] = named("how:derived" if own else "how:reported")
    body["device"] = sheet.bridge if own else sheet.reference("pump")
    if basis := sheet.cited(fact.source.exports, always=own):
        body["derivedFrom"] = basis
    body["component"] = [{"code": concept(words, *names), **said} for names, words, said, _ in rows]
    placed = [
        replace(trace, element=f"component[{n}].{trace.element}") for n, row in enumerate(rows) for trace in row[3]
    ]
    return sheet.resource(
        kind, discriminator, page, text, body, rests_on=fact.rests_on, traces=(*traces, *placed),
    )  # fmt: skip


# --- hospital pumps -------------------------------------------------------------------------------------------------


def infused(sheet: Sheet, fact: Infusion, page: str, text: str, said: Delivered) -> Resource:
    """The Observation of an infusion or a bolus of a hospital pump, in the units that it states."""
    kind = "bolus" if fact.bolus else "delivery"
    told = [(name, one, amount) for name, one in _stated(fact, said.state) if (amount := exact(one.reading))]
    rows = [*_state(said.state, said.reason), *said.drugs]
    name, value, traces = "", dict[str, object](), tuple[Trace, ...]()
    for place, (each, one, amount) in enumerate(told):
        codes = _codes(kind, each)
        if place == 0:
            name, value, traces = each, kept(amount), _cited("valueQuantity", one)
        else:
            rows.append((codes, display(codes[-1]), {"valueQuantity": kept(amount)}, _cited("valueQuantity", one)))
    return _resource(sheet, kind, fact.discriminator, page, text, said, _codes(kind, name), value, rows, traces)


def _stated(fact: Infusion, state: str) -> Iterable[tuple[str, Told[Quantity]]]:
    """Rates above 0, and what was counted once it is over; the flow first, of a bolus its dose."""
    over = state in ("completed", "stopped")
    rates = [("flow", fact.rate), ("dose-rate", fact.dose_rate)]
    found = [(name, one) for name, one in rates if one is not None and _is_above_zero(one)]
    given = [("bolus" if fact.bolus else "dose", fact.dose), ("volume", fact.volume)] if over else []
    counted = [(name, one) for name, one in given if one is not None]
    return [*counted, *found] if fact.bolus else [*found, *counted]


def _is_above_zero(one: Told[Quantity]) -> bool:
    stated = exact(one.reading)
    return stated is not None and stated.value > 0


def drug_of(fact: Infusion, words: str, strength: Json | None) -> tuple[Row, ...]:
    """The drug as the pump names it, and its strength as an amount in 1 mL or 1 L where it states one."""
    named_by = _cited("valueCodeableConcept", fact.drug) if fact.drug is not None else ()
    found: tuple[Row, ...] = ((("drug",), display("drug"), {"valueCodeableConcept": {"text": words}}, named_by),)
    if strength is None or fact.concentration is None:
        return found
    codes = ("mdc-concentration", "drug-concentration")
    place = _cited("valueRatio.numerator", fact.concentration)
    return (*found, (codes, display(codes[1]), {"valueRatio": strength}, place))


def _cited(element: str, one: Told[str] | Told[Quantity]) -> tuple[Trace, ...]:
    return (Trace(element, one.export, one.reading.where, one.reading.text),)
