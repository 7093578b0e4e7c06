"""Flow, daily dose and concentration of one state of a session, brought together for whoever compares them.

Source: flow = dose / concentration, for each drug of a mixture with its own concentration. Pending settings are
neither found nor left, and a stopped pump keeps a dose that it does not deliver: neither is compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bridge.course.remarks import SessionFact
from bridge.findings.printed import Bounds, bounds, printed
from bridge.interrogation import Drug, Programme, Reading, State, stated
from bridge.quantity import Quantity

TAGS = {"as-found": "found", "as-left": "left", "observed": "observed"}
_HOURLY = frozenset(("simple-continuous", "constant-flow", "minimum-rate"))  # elsewhere mL/h is the flow of a moment


@dataclass(frozen=True, slots=True)
class Triangle:
    """Flow, dose and concentration of one drug as one state of a session gives them; `at` says which state."""

    at: str
    drug: str
    mode: str
    flow: Reading[Quantity]
    daily: Reading[Quantity]
    concentration: Reading[Quantity]

    @property
    def dose(self) -> Bounds:
        """What the printed daily dose can have been, in ug/d."""
        return bounds(_quantity(self.daily), "ug/d")

    @property
    def product(self) -> Bounds:
        """What flow times concentration can have been, in ug/d."""
        flow = _quantity(self.flow)
        a_day = bounds(flow, "mL/h").by(24) if flow.unit == "mL/h" else bounds(flow, "mL/d")
        return a_day.times(bounds(_quantity(self.concentration), "ug/mL"))

    @property
    def agrees(self) -> bool:
        """Whether the three can be one programme."""
        return self.dose.meets(self.product)


def _quantity(reading: Reading[Quantity]) -> Quantity:
    assert reading.value is not None, "only what is stated makes a triangle"
    return reading.value


def states(fact: SessionFact) -> Iterator[tuple[str, State, Programme]]:
    """The states of a session that hold a programme in force: found, left, observed."""
    for state in fact.interrogation.channel.states:
        at = TAGS.get(stated(state.tag) or "")
        if at and state.programme is not None and stated(state.programme.mode) != "stopped":
            yield at, state, state.programme


def triangles(fact: SessionFact) -> Iterator[Triangle]:
    """Every drug whose flow, dose and concentration are all three known."""
    for at, state, programme in states(fact):
        mode = stated(programme.mode) or ""
        flow = printed(programme.flow)
        if not flow or (flow.unit == "mL/h" and mode not in _HOURLY):
            continue
        drugs = drugs_of(fact, state)
        for number, dose in enumerate(programme.doses):
            drug = _drug(stated(dose.drug), number, drugs)
            name = stated(dose.drug) or (stated(drug.name) if drug else None) or "the drug"
            if drug and drug.concentration and dose.daily and programme.flow:
                parts = (programme.flow, dose.daily, drug.concentration)
                if all(printed(part) for part in parts):
                    yield Triangle(at, name, mode, *parts)


def drugs_of(fact: SessionFact, state: State) -> tuple[Drug, ...]:
    """The drugs in the reservoir in a state: stated there, as left also with the filling, else as known before."""
    if state.drugs:
        return state.drugs
    channel, found = fact.interrogation.channel, fact.interrogation.channel.state("as-found")
    if stated(state.tag) == "as-left":
        filled = next((refill.drugs for refill in reversed(channel.refills) if refill.drugs), ())
        if filled or (found and found.drugs):
            return filled or (found.drugs if found else ())
    return fact.before.mixture.drugs if fact.before.mixture else ()


def _drug(name: str | None, number: int, drugs: tuple[Drug, ...]) -> Drug | None:
    """The drug that a dose is of: by name where both are named, else the one in its place."""
    named = [drug for drug in drugs if name and (stated(drug.name) or "").lower() == name.lower()]
    if named:
        return named[0]
    placed = drugs[number] if number < len(drugs) else None
    return None if placed is None or (name and stated(placed.name)) else placed
