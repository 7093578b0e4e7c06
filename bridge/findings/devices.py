"""Findings on pump and catheter: a priming that was too large, a tubing volume that is out of date, a patient's bolus.

Sources: rules, arithmetic 6 (recall of 2016-17: internal tubing 0.199 mL, then 0.140 mL); the patient
therapy controller's guide, which excludes baclofen. What is known of a family comes from bridge/families alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from bridge.course.devices import family
from bridge.course.facts import PrimingFact
from bridge.course.remarks import Finding, SessionFact
from bridge.families.facts import Fact
from bridge.findings.finding import finding
from bridge.interrogation import stated
from bridge.quantity import plain

_LABEL = "Calculated by pumpbridge, not the pump."
_UPDATED = 2018  # the first year after the update of the programmer's card


def priming_excess(fact: PrimingFact) -> Iterator[Finding]:
    """More was primed than tubing and catheter had empty: the rest went on to the patient."""
    if fact.excess is None:
        return
    volume = plain(fact.excess.quantity.value)
    dose = f", {plain(fact.excess_dose.quantity.value)} micrograms" if fact.excess_dose else ""
    text = (
        f"The priming of {fact.at.words} was {volume} mL larger than the empty tubing and catheter{dose} "
        f"({fact.excess.arithmetic}). {_LABEL}"
    )
    yield finding(
        "priming-excess", fact.discriminator, fact.source, text, since=fact.at,
        plain=f"The priming of {fact.at.words} was larger than the empty tubing and catheter.",
        evidence=(("priming", fact.discriminator),),
    )  # fmt: skip


def tubing_volume(fact: SessionFact) -> Iterator[Finding]:
    """The programmer shows a tubing volume that its software no longer should: bridges and primings rest on it."""
    shown, known = stated(fact.interrogation.pump.tubing_volume), family(fact.pump)
    model = stated(fact.interrogation.pump.model) or ""
    facts = known.stated("tubing-volume", model=model) if known else ()
    if shown is None or not facts or int(fact.source.start.printed[:4]) < _UPDATED:
        return
    due = facts[-1]
    if shown.to("mL").value == due.quantity.to("mL").value:
        return
    text = (
        f"In the session of {fact.source.start.words} the programmer showed {shown.to('mL').value} mL for the internal "
        f"tubing; {due.quantity.value} mL is what it should show ({due.when}){_earlier(facts, fact)}. Primings and "
        "bridges are reckoned with it."
    )
    yield finding("tubing-volume-against-software", fact.discriminator, fact.source, text)


def _earlier(facts: tuple[Fact, ...], fact: SessionFact) -> str:
    """That the value shown is one of earlier software."""
    shown = stated(fact.interrogation.pump.tubing_volume)
    rows = [one.when for one in facts[:-1] if shown and one.quantity.to("mL").value == shown.to("mL").value]
    return f"; that value is of {rows[0]}" if rows else ""


def patient_bolus(fact: SessionFact) -> Iterator[Finding]:
    """Patient boluses, given or allowed, of a drug for which the family's guide does not allow them."""
    known = family(fact.pump)
    allowed = known.fact("patient-bolus-drugs") if known else None
    if allowed is None or not _patient_boluses(fact):
        return
    names = [name for name in _drugs(fact) if name.lower() not in allowed.texts]
    if not names:
        return
    text = (
        f"In the session of {fact.source.start.words} patient boluses are reported or set with "
        f"{' and '.join(names)} in the reservoir; the pump's guide allows them for {' and '.join(allowed.texts)} only."
    )
    yield finding(
        "patient-bolus-not-allowed", fact.discriminator, fact.source, text,
        evidence=(("summary", fact.discriminator),),
    )  # fmt: skip


def _patient_boluses(fact: SessionFact) -> bool:
    channel = fact.interrogation.channel
    given = any(stated(bolus.kind) == "patient" for bolus in channel.boluses)
    control = channel.patient_control
    return given or (control is not None and (control.dose is not None or bool(stated(control.given))))


def _drugs(fact: SessionFact) -> list[str]:
    """The names of the drugs in the reservoir: as left, else as found, else as known before."""
    channel = fact.interrogation.channel
    states = [channel.state(tag) for tag in ("as-left", "as-found", "observed")]
    drugs = next((state.drugs for state in states if state is not None and state.drugs), ())
    drugs = drugs or (fact.before.mixture.drugs if fact.before.mixture else ())
    return [name for drug in drugs if (name := stated(drug.name))]
