"""Findings on boluses: dose, volume and concentration that cannot be one bolus.

Source: dose = volume x concentration, held together within half a unit of the printed digits, as for flow and daily
dose. A bridge and a priming are not compared: their volumes hold what was in the line before.
"""

from __future__ import annotations

from collections.abc import Iterator

from bridge.course.remarks import Finding, SessionFact
from bridge.findings.agreement import drugs_of
from bridge.findings.finding import finding
from bridge.findings.printed import bounds, printed, told
from bridge.interrogation import Bolus, Drug, stated
from bridge.quantity import EXACT, Quantity, plain, rounded

_LABEL = "Calculated by pumpbridge, not the pump."


def contradictions(fact: SessionFact) -> Iterator[Finding]:
    """Boluses whose dose is not volume x concentration, by any concentration that the line may have held."""
    said = [words for bolus in fact.interrogation.channel.boluses if (words := _said(fact, bolus))]
    if said:
        head = f"In the session of {fact.source.start.words}: "
        numbers, plainly = (" ".join(dict.fromkeys(parts)) for parts in zip(*said, strict=True))
        yield finding(
            "bolus-triangle", fact.discriminator, fact.source, f"{head}{numbers} {_LABEL}", plain=f"{head}{plainly}",
            evidence=(("summary", fact.discriminator),),
        )  # fmt: skip


def _said(fact: SessionFact, bolus: Bolus) -> tuple[str, str] | None:
    dose, volume, strengths = printed(bolus.dose), printed(bolus.volume), _strengths(fact, bolus)
    if dose is None or volume is None or not strengths or stated(bolus.kind) not in ("clinician", "patient"):
        return None
    if any(bounds(dose, "ug").meets(bounds(volume, "mL").times(bounds(one, "ug/mL"))) for one in strengths):
        return None
    made = EXACT.multiply(volume.to("mL").value, strengths[0].to("ug/mL").value)
    text = f"a {stated(bolus.kind)} bolus of {told(dose)} in {told(volume)} at {told(strengths[0])} does not agree"
    text += " within the printed digits"
    return f"{text}: volume and concentration make {plain(rounded(made, 1))} micrograms.", f"{text}."


def _strengths(fact: SessionFact, bolus: Bolus) -> list[Quantity]:
    """Every concentration of its drug that may have been in the line: as found, as left, and before."""
    states = fact.interrogation.channel.states
    lists = [drugs_of(fact, state) for state in states] or [fact.before.mixture.drugs if fact.before.mixture else ()]
    lists += [fact.before.mixture.drugs] if fact.before.mixture else []
    found = [printed(one.concentration) for drugs in lists if (one := _drug(drugs, stated(bolus.drug))) is not None]
    return list({(one.value, one.unit): one for one in found if one is not None}.values())


def _drug(drugs: tuple[Drug, ...], name: str | None) -> Drug | None:
    """The drug of that name, else the primary one."""
    named = [drug for drug in drugs if name and (stated(drug.name) or "").lower() == name.lower()]
    return next(iter(named or drugs), None)
