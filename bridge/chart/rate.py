"""What of a programme can be written as a rate, and how the rate is said.

Source: one rate fits; a constant programme is micrograms a day, any other is its daily dose per 24 h; several active
drugs leave as flow alone; a stopped pump is never a rate of 0. A value that is absent, unusable, zero or a bound is no
rate: then nothing is written.
"""

from __future__ import annotations

from bridge.chart.elements import cited, exact, quantity
from bridge.chart.resource import Trace
from bridge.chart.wording import NOT_RECORDED, capital, doses, mode, said
from bridge.course.facts import Mixture
from bridge.fhir_json import Json
from bridge.interrogation import Programme, stated
from bridge.quantity import Quantity

CONSTANT = ("simple-continuous", "minimum-rate", "constant-flow")
_DAY: Json = {"value": 24, "unit": "hours", "system": "http://unitsofmeasure.org", "code": "h"}


def is_constant(programme: Programme) -> bool:
    """Whether the programme runs at one rate by its stated mode."""
    return stated(programme.mode) in CONSTANT


def is_admixture(programme: Programme, mixture: Mixture | None) -> bool:
    """Whether there is more than one active drug."""
    return len(programme.doses) > 1 or (mixture is not None and mixture.is_admixture)


def written(programme: Programme, mixture: Mixture | None) -> Json:
    """The rate element of a programme: {rateQuantity} or {rateRatio}; empty where none can be written."""
    if stated(programme.mode) == "stopped":
        return {}
    if is_admixture(programme, mixture):
        flow = exact(programme.flow)
        return {"rateQuantity": quantity(flow)} if flow is not None and flow.value > 0 else {}
    daily = exact(programme.doses[0].daily) if programme.doses else None
    if daily is None or daily.value <= 0:
        return {}
    return {"rateQuantity": quantity(daily)} if is_constant(programme) else {"rateRatio": per_day(daily)}


def per_day(daily: Quantity) -> Json:
    """A daily dose as a ratio: micrograms per 24 hours."""
    dose = Quantity(daily.to("ug/d").value, "ug")
    return {"numerator": quantity(dose), "denominator": _DAY}


def traced(element: str, rate: Json, export: str | None, programme: Programme) -> tuple[Trace, ...]:
    """Where a written rate came from."""
    if "rateRatio" in rate:
        return cited(f"{element}.rateRatio.numerator", export, programme.doses[0].daily)
    if "rateQuantity" not in rate:
        return ()
    of_flow = len(programme.doses) != 1 or rate["rateQuantity"]["code"].startswith("mL")
    return cited(f"{element}.rateQuantity", export, programme.flow if of_flow else programme.doses[0].daily)


def manner(programme: Programme) -> str:
    """How it runs: simple continuous; in 4 steps; flex, steps NOT RECORDED."""
    if stated(programme.mode) == "flex":
        return f"in {len(programme.steps)} steps" if programme.steps else "flex"
    return mode(programme)


def sentence(programme: Programme, mixture: Mixture | None) -> str:
    """The drugs and their doses, the route and the manner: Baclofen 400.00 micrograms/day intrathecal, flex."""
    constant = is_constant(programme)
    flow = f", {said(programme.flow)}" if is_admixture(programme, mixture) and programme.flow else ""
    given = doses(programme, mixture, "" if constant else "micrograms in 24 h")
    return f"{capital(given)} intrathecal{flow}, {manner(programme)}"


def amounts(programme: Programme, mixture: Mixture | None) -> str:
    """What it gives, without its manner: 400.00 micrograms/day; of several drugs the flow, and each by its name."""
    unit = "" if is_constant(programme) else "micrograms in 24 h"
    if is_admixture(programme, mixture):
        flow = f"{said(programme.flow)}: " if programme.flow else ""
        return f"{flow}{doses(programme, mixture, unit)}"
    if not programme.doses or programme.doses[0].daily is None:
        return f"dose {NOT_RECORDED}"
    daily = said(programme.doses[0].daily)
    return daily.replace("micrograms/day", unit, 1) if unit else daily


def dosage_text(programme: Programme, mixture: Mixture | None) -> str:
    """The text of a dosage: 400.00 micrograms/day, simple continuous, intrathecal."""
    return f"{amounts(programme, mixture)}, {_steps_too(programme)}, intrathecal"


def _steps_too(programme: Programme) -> str:
    if stated(programme.mode) != "flex":
        return mode(programme)
    return f"{manner(programme)} (see the programme)" if programme.steps else f"flex, steps {NOT_RECORDED}"
