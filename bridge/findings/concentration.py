"""Findings on a change of concentration: no bridge covers it, or what was left in the reservoir dilutes what came.

Sources: rules, arithmetic 7 and 8 (without a bridge the old mixture leaves tubing and catheter at the flow of the new
programme: D x C_old / C_new for V_br x C_new / D days); scenarios 8, 17, 18 and 20. Nothing is advised.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from bridge.course.facts import days
from bridge.course.programmes import drug_parts
from bridge.course.remarks import Condition, Finding, SessionFact
from bridge.findings.finding import finding
from bridge.interrogation import Drug, Programme, Refill, stated
from bridge.quantity import EXACT, Quantity, plain, rounded

_LABEL = "Calculated by pumpbridge, not the pump."


def unbridged(condition: Condition) -> Iterator[Finding]:
    """The concentration changed and no bridge covers it: open while the old mixture leaves the line, ended after."""
    told = dict(condition.told)
    said = f"{_what(condition, told)} {_first(told)}"
    yield finding(
        "concentration-changed-without-bridge", condition.discriminator, condition.source,
        f"{said} {_how_much(condition, told)}", plain=f"{said} {_plainly(condition)}", since=condition.since,
        until=condition.until, evidence=condition.places, implicated=(("pump", ""), *condition.places),
    )  # fmt: skip


def _what(condition: Condition, told: dict[str, str]) -> str:
    change = "the mixture in the reservoir was changed"
    if "old" in told and "new" in told:
        change = f"the concentration was changed from {told['old']} to {told['new']} micrograms/mL"
    bridge = "no bridge bolus is reported"
    if "cancelled" in told:
        bridge = "the bridge bolus did not run to its end, as far as is reported"
    filled = "" if "filled" in told or "cancelled" in told else " (no filling is reported either)"
    return f"As of {condition.since.words} {change}, and {bridge}{filled}."


def _first(told: dict[str, str]) -> str:
    """Which way: to a higher concentration too little is delivered until the line has cleared, to a lower too much."""
    which = "of another strength or kind than programmed"
    if "factor" in told:
        which = "an overdose" if Decimal(told["factor"]) > 1 else "too low a dose"
    return f"What it held before leaves tubing and catheter first, at the new flow: {which} until it has left."


def _how_much(condition: Condition, told: dict[str, str]) -> str:
    if "given" not in told or "hours" not in told:
        return _plainly(condition)
    times = f" ({told['factor']} times)" if "factor" in told else ""
    end = condition.until or condition.due
    until = f", until {end.words}" if end else ""
    instead = f"{told['given']} instead of {told['programmed']} micrograms/day intrathecal{times}"
    return f"{instead} for {days(Decimal(told['hours']))} h{until}. {_LABEL}"


def _plainly(condition: Condition) -> str:
    if condition.until is not None:
        return f"It was over by {condition.until.words}."
    return "How long that takes is NOT RECORDED."


# --- a residue ------------------------------------------------------------------------------------------------------


def residue(fact: SessionFact) -> Iterator[Finding]:
    """Something of another concentration was left when the reservoir was filled: the stated one may be wrong."""
    for ordinal, refill in enumerate(fact.interrogation.channel.refills, 1):
        old, new = _before(fact), _after(fact, refill)
        if len(old) != 1 or len(new) != 1:
            continue
        strengths = _strengths(old[0], new[0])
        left, filled = _left_over(fact, refill), stated(refill.filled)
        if strengths is None or left is None or filled is None:
            continue
        text = _mixed(fact, left, filled.to("mL").value, *strengths)
        head = (
            f"At the filling of the session of {fact.source.start.words} the reservoir was not empty: what was left "
            f"had {plain(strengths[0])}, what was filled in {plain(strengths[1])} micrograms/mL. The stated "
            "concentration may be wrong."
        )
        name = fact.discriminator if ordinal == 1 else f"{fact.discriminator} {ordinal}"
        yield finding(
            "residue-dilutes", name, fact.source, f"{head} {text} {_LABEL}", plain=head,
            evidence=(("summary", fact.discriminator),),
        )  # fmt: skip


def _before(fact: SessionFact) -> tuple[Drug, ...]:
    found = fact.interrogation.channel.state("as-found")
    if found is not None and found.drugs:
        return found.drugs
    return fact.before.mixture.drugs if fact.before.mixture else ()


def _after(fact: SessionFact, refill: Refill) -> tuple[Drug, ...]:
    left = fact.interrogation.channel.state("as-left")
    return refill.drugs or (left.drugs if left is not None else ())


def _strengths(old: Drug, new: Drug) -> tuple[Decimal, Decimal] | None:
    """Both concentrations of one drug, where they differ."""
    (name, before), (other, after) = drug_parts(old), drug_parts(new)
    if before is None or after is None or before == after or (name and other and name != other):
        return None
    return before, after


def _left_over(fact: SessionFact, refill: Refill) -> Decimal | None:
    """What was left: all that was expected where nothing was aspirated, else the volume as left above the filling.

    That less was aspirated than was expected says nothing: the pump may have delivered more.
    """
    expected, aspirated, filled = stated(refill.expected), stated(refill.aspirated), stated(refill.filled)
    if expected is not None and aspirated is not None and not aspirated.value and expected.value > 0:
        return expected.to("mL").value
    left = fact.interrogation.channel.state("as-left")
    volume = stated(left.volume) if left is not None else None
    if volume is None or filled is None or aspirated is not None:
        return None
    over = EXACT.subtract(volume.to("mL").value, filled.to("mL").value)
    return over if over > 0 else None


def _mixed(fact: SessionFact, left: Decimal, filled: Decimal, old: Decimal, new: Decimal) -> str:
    drug = EXACT.add(EXACT.multiply(left, old), EXACT.multiply(filled, new))
    mixed = EXACT.divide(drug, EXACT.add(left, filled))
    shown = plain(rounded(mixed, 1))
    text = (
        f"({left} mL x {plain(old)} + {filled} mL x {plain(new)}) / {EXACT.add(left, filled)} mL = {shown} "
        "micrograms/mL"
    )
    dose = _dose(fact, mixed, new)
    return f"{text}{dose}."


def _dose(fact: SessionFact, mixed: Decimal, new: Decimal) -> str:
    left = fact.interrogation.channel.state("as-left")
    programme: Programme | None = left.programme if left is not None else None
    if programme is None or not programme.doses:
        return ""
    daily = stated(programme.doses[0].daily)
    if daily is None or not new:
        return ""
    rate = EXACT.divide(daily.to("ug/d").value, new)
    given = Quantity(rounded(EXACT.multiply(rate, mixed), 1), "ug/d")
    instead = plain(daily.to("ug/d").value)
    return f"; at {plain(rounded(rate, 4))} mL/d {plain(given.value)} instead of {instead} micrograms/day"
