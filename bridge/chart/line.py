"""What leaves tubing and catheter after a change of concentration: the dosage, the drug, each drug's calculated dose.

Promises: a dose here is calculated and says so; which of two mixtures leaves a line of unknown volume is not said.
"""

from __future__ import annotations

from collections.abc import Iterator

from bridge.chart import rate
from bridge.chart.elements import confirmed, quantity, reckoned, route
from bridge.chart.medication import drug_concept
from bridge.chart.observations import Seen, observation
from bridge.chart.resource import Resource, Trace
from bridge.chart.sheet import Sheet
from bridge.chart.wording import CALCULATED, amount, capital, drug_name, mixture_words
from bridge.course.clocks import Instant
from bridge.course.facts import Segment
from bridge.fhir_json import Json
from bridge.interrogation import Drug, Reading


def either(sheet: Sheet, fact: Segment) -> Json:
    """The medication where which of two mixtures leaves is not known."""
    return sheet.dialect.medication_named({"text": either_words(fact)})


def either_words(fact: Segment) -> str:
    """Both mixtures, and that it is not known which leaves."""
    return f"{capital(_both(fact))}: which of them leaves is not known"


def dosage(sheet: Sheet, fact: Segment) -> tuple[Json, str, tuple[Trace, ...]]:
    """What leaves at the programme's flow: the old mixture, its dose calculated; the words; where it came from."""
    if fact.line == "unknown":
        return {}, f"Intrathecal delivery of {_both(fact)}, which of them is not known", ()
    words = f"The drug before the change, {mixture_words(fact.mixture)}, leaves tubing and catheter first, intrathecal"
    doses = [dose for _, dose in fact.line_doses] if sheet.binding.calculated else []
    if len(doses) != 1 or rate.is_admixture(fact.settings, fact.mixture) or doses[0].quantity.value <= 0:
        return {}, words, ()
    label = f"{amount(doses[0].quantity)} ({CALCULATED})"
    text = f"{label}, intrathecal, until the drug before the change has left tubing and catheter"
    written = {"text": text, "route": route(), "rateQuantity": quantity(doses[0].quantity)}
    return written, f"{words}; {label}", reckoned("dosage.rateQuantity", doses[0])


def _both(fact: Segment) -> str:
    return f"{mixture_words(fact.line_other)} or {mixture_words(fact.mixture)}"


def each_dose(sheet: Sheet, fact: Segment, page: str) -> Iterator[Resource]:
    """The dose of each drug of an old mixture: volume of a bridge, or flow, x its own concentration."""
    several = rate.is_admixture(fact.settings, fact.mixture)
    if not several or not sheet.binding.calculated or not (fact.bridge or fact.line == "clearing"):
        return
    end = None if fact.status == "running" else fact.end
    what = "Dose of the bridge bolus" if fact.bridge else "Daily dose until tubing and catheter have cleared"
    for n, (name, dose) in enumerate(fact.line_doses, 1):
        drug = Reading(name, name, "") if name else None
        label = f"{what}, {drug_name(drug)}"
        text = f"{label}: {amount(dose.quantity)}, since {fact.start.words}. {CALCULATED}: {dose.arithmetic}."
        yield observation(sheet, "delivery-dose", f"{fact.discriminator} dose {n}", page, Seen(
            text=text, source=fact.source, at=fact.start, until=end, lasting=True, derived=dose, how="derived",
            part_of=sheet.reference("delivery", fact.discriminator), about=f"{label}. {CALCULATED}", focus=True,
            codes=("delivered-dose",),
            status=None if end else "preliminary",
            extensions=() if end else (confirmed(fact.last_confirmed),),
            drug=drug_concept(Drug(name=drug), first_only=True),
            derived_from=(sheet.reference("document", fact.source.exports[0]),),
        ))  # fmt: skip


def after_priming(at: Instant) -> str:
    """That delivery after a priming bolus is uncertain. Source: recall of priming boluses, 2013."""
    return f"Delivery uncertain after the priming of {at.words}: high during it, reduced afterwards (recall of 2013)."
