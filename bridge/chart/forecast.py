"""What the bridge reckons of the reservoir, as Observations of its own: residual, dates, and the observed flow.

Promises: device = the bridge, every code's text says that it is calculated, and each is derived from what was stated;
none is written where the site has switched calculated values off; a stated date stands beside it and is not replaced.
Every date says that it is a calculation, as the pump's own alarm may be: a reservoir can be dry before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bridge.chart.elements import reckoned
from bridge.chart.medication import drug_concept
from bridge.chart.observations import Seen, is_single, observation
from bridge.chart.resource import Resource, Trace
from bridge.chart.sheet import Sheet
from bridge.chart.wording import CALCULATED, amount, day, drug_name
from bridge.course.facts import Derived
from bridge.course.forecast import Cited, DateKind, ForecastFact, Foreseen, ObservedFlow, Taken
from bridge.fhir_json import Json
from bridge.interrogation import Drug, Reading
from bridge.terms.table import display

RESIDUAL = "reservoir-volume-derived"
KINDS: dict[DateKind, str] = {
    "low": "low-reservoir-date-derived",
    "empty": "empty-date-derived",
    "refill-by": "refill-by-derived",
}
TAKEN: dict[Taken, str] = {
    "": "",
    "none": ", if no patient bolus is taken",
    "all": ", if every patient bolus that is allowed is taken",
}
_NAMES: dict[Taken, str] = {"": "", "none": " no bolus taken", "all": " all boluses taken"}
_UNITS = (
    (re.compile(r"\bug\b"), "micrograms"),
    (re.compile(r"/d\b"), "/day"),
    (re.compile(r"/h\b"), "/hour"),
    (re.compile(r"(?<=[0-9] )d\b"), "days"),
    (re.compile(r"(?<=[0-9] )h\b"), "hours"),
    (re.compile(r"(?<=[0-9.] )s\b"), "seconds"),
)
DRY_BEFORE = (
    "Such a date, and the alarm of a pump that does not measure its reservoir, follows from the programme: a pump that "
    "gives more than programmed is dry before it"
)


def forecast(sheet: Sheet, fact: ForecastFact, page: str) -> Iterator[Resource]:
    """The expected residual and the dates, as of one reading."""
    if not sheet.binding.calculated:
        return
    if fact.residual is not None:
        yield _residual(sheet, fact, fact.residual, page)
    for one in fact.dates:
        yield _date(sheet, fact, one, page)


def members(sheet: Sheet, fact: ForecastFact | None, observed: ObservedFlow | None) -> list[Json]:
    """References to what the panel of the same session names as calculated."""
    if not sheet.binding.calculated:
        return []
    names: list[tuple[str, str]] = []
    if fact is not None:
        names += [(RESIDUAL, fact.discriminator)] if fact.residual else []
        names += [(KINDS[one.kind], _name(fact, one)) for one in fact.dates]
    if observed is not None:
        names.append(("observed-flow", observed.discriminator))
        names += [("observed-daily-dose", _dose_name(observed, n)) for n in range(1, len(observed.doses) + 1)]
    return [sheet.reference(*name) for name in names]


def _name(fact: ForecastFact, one: Foreseen) -> str:
    return f"{fact.discriminator}{_NAMES[one.taken]}"


def _residual(sheet: Sheet, fact: ForecastFact, residual: Derived, page: str) -> Resource:
    label = display(RESIDUAL)
    text = f"{label}: {amount(residual.quantity)}, {fact.at.words}. {CALCULATED}: {spelt(residual.arithmetic)}."
    return observation(sheet, RESIDUAL, fact.discriminator, page, Seen(
        text, fact.source, fact.at, derived=residual, how="derived", about=f"{label}. {CALCULATED}", focus=True,
        derived_from=_derived_from(sheet, fact), rests_on=_exports(fact.inputs),
        traces=(*reckoned("valueQuantity", residual), *_inputs("valueQuantity", fact.inputs)),
    ))  # fmt: skip


def _date(sheet: Sheet, fact: ForecastFact, one: Foreseen, page: str) -> Resource:
    kind = KINDS[one.kind]
    label = f"{display(kind)}{TAKEN[one.taken]}"
    told = f"{one.at.words}, as of the reading of {fact.at.words}. {CALCULATED}: {spelt(one.arithmetic)}"
    text = f"{label}: {told}. {DRY_BEFORE}."
    how = Trace("valueDateTime", None, "", "", one.arithmetic)
    return observation(sheet, kind, _name(fact, one), page, Seen(
        text, fact.source, fact.at, value={"valueDateTime": one.at.fhir}, how="derived",
        about=f"{label}. {DRY_BEFORE}. {CALCULATED}", focus=True, device=sheet.bridge,
        derived_from=_derived_from(sheet, fact), rests_on=_exports(fact.inputs),
        traces=(how, *_inputs("valueDateTime", fact.inputs)),
    ))  # fmt: skip


def _derived_from(sheet: Sheet, fact: ForecastFact) -> tuple[Json, ...]:
    """The Observations that chart its inputs; where there is none here, the session's own export."""
    names = [one.charted for one in fact.inputs if one.charted is not None]
    written = [name for name in dict.fromkeys(names) if sheet.binding.single_values or not is_single(name[0])]
    if not written:
        return (sheet.reference("document", fact.source.exports[0]),)
    return tuple(sheet.reference(*name) for name in written)


def spelt(arithmetic: str) -> str:
    """The arithmetic with its units in words: 400.00 micrograms/day / 2000 micrograms/mL."""
    for unit, said in _UNITS:
        arithmetic = unit.sub(said, arithmetic)
    return arithmetic


def _inputs(element: str, inputs: tuple[Cited, ...]) -> tuple[Trace, ...]:
    return tuple(Trace(element, one.export, one.where, one.text) for one in inputs)


def _exports(inputs: tuple[Cited, ...]) -> tuple[str, ...]:
    return tuple(one.export for one in inputs)


# --- the flow of a constant-flow pump ---------------------------------------------------------------------------------


def observed(sheet: Sheet, fact: ObservedFlow, page: str) -> Iterator[Resource]:
    """What left between two fillings as a flow, and each drug's dose by it."""
    if not sheet.binding.calculated:
        return
    basis = (
        sheet.reference("fill-volume", fact.filled),
        sheet.reference("reservoir-volume-aspirated", fact.discriminator),
    )
    yield _seen(sheet, "observed-flow", fact.discriminator, fact, fact.flow, "", basis, page)
    of_flow = (sheet.reference("observed-flow", fact.discriminator),)
    for n, (name, dose) in enumerate(fact.doses, 1):
        yield _seen(sheet, "observed-daily-dose", _dose_name(fact, n), fact, dose, name, of_flow, page)


def _dose_name(fact: ObservedFlow, number: int) -> str:
    return fact.discriminator if number == 1 else f"{fact.discriminator} dose {number}"


def _seen(
    sheet: Sheet,
    kind: str,
    name: str,
    fact: ObservedFlow,
    value: Derived,
    drug: str,
    basis: tuple[Json, ...],
    page: str,
) -> Resource:
    of = Reading(drug, drug, "") if drug else None
    label = f"{display(kind)}, {drug_name(of)}" if of else display(kind)
    told = f"{amount(value.quantity)}, {day(fact.start)} to {day(fact.end)}. {CALCULATED}: {spelt(value.arithmetic)}"
    text = f"{label}: {told}."
    return observation(sheet, kind, name, page, Seen(
        text, fact.source, fact.start, until=fact.end, derived=value, how="derived", about=f"{label}. {CALCULATED}",
        part_of=sheet.reference("delivery", fact.segment), focus=True, derived_from=basis,
        drug=drug_concept(Drug(name=of), first_only=True) if of else None,
    ))  # fmt: skip
