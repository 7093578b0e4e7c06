"""Findings on units, for the operator: a value that is a thousand times another one, milligrams beside micrograms.

Sources: the traps of printed units (milligrams for micrograms, "1.000" for a thousand) and the strengths in which
intrathecal baclofen is sold. A unit error is reported and never repaired: the values go out as they are stated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from bridge.course.remarks import Finding, SessionFact
from bridge.findings.agreement import Triangle, drugs_of, triangles
from bridge.findings.dose import changes
from bridge.findings.finding import finding
from bridge.findings.printed import printed, told
from bridge.interrogation import Drug, Reading, stated
from bridge.quantity import EXACT, Quantity, shifted

STRENGTHS = tuple(map(Decimal, (50, 500, 1000, 2000)))
"""Of intrathecal baclofen, in micrograms/mL. Source: labels in several countries."""

_THOUSANDS = re.compile(r"(?<![0-9.,])[1-9][0-9]{0,2}[.,][0-9]{3}(?![0-9.,])")
Said = tuple[str, bool]  # what is wrong; whether a mark printed in it may separate thousands


def thousandfold(fact: SessionFact) -> Iterator[Finding]:
    """Values that differ by a thousand; where the smaller is printed like 1.000, the mark may separate thousands."""
    said = [*_in_triangles(fact), *_in_strengths(fact), *_in_changes(fact)]
    for code, marked in (("units-thousandfold", False), ("decimal-thousand", True)):
        texts = dict.fromkeys(text for text, is_marked in said if is_marked == marked)
        if texts:
            head = f"In the session of {fact.source.start.words}: "
            yield finding(code, fact.discriminator, fact.source, head + " ".join(texts))


def _in_triangles(fact: SessionFact) -> Iterator[Said]:
    for one in triangles(fact):
        if one.agrees or not (one.flow.value and one.flow.value.value):
            continue  # of nothing, a thousand times is nothing: that is the triangle's own finding
        smaller = _thousandth(one)
        if smaller:
            parts = [told(reading.value) for reading in (one.flow, one.concentration, one.daily) if reading.value]
            yield (
                f"as {one.at}, flow {parts[0]}, concentration {parts[1]} and daily dose {parts[2]} of {one.drug} "
                "disagree by a factor of a thousand: one of them has the wrong unit.",
                _marked(smaller),
            )


def _thousandth(one: Triangle) -> tuple[Reading[Quantity], ...]:
    """The readings of which one is a thousand times too small for the rest; none where the factor is another."""
    if one.dose.by(1000).meets(one.product):
        return (one.daily,)
    return (one.flow, one.concentration) if one.product.by(1000).meets(one.dose) else ()


def _in_strengths(fact: SessionFact) -> Iterator[Said]:
    for state in fact.interrogation.channel.states:
        for drug in drugs_of(fact, state):
            concentration = printed(drug.concentration)
            if concentration is not None and drug.concentration is not None and _is_off(drug, concentration):
                small = concentration.to("ug/mL").value < STRENGTHS[0]
                yield (
                    f"baclofen at {told(concentration)} is a thousand times another strength than any that is sold: "
                    "its unit is wrong.",
                    small and _marked((drug.concentration,)),
                )


def _is_off(drug: Drug, concentration: Quantity) -> bool:
    value = concentration.to("ug/mL").value
    is_baclofen = "baclofen" in (stated(drug.name) or "").lower()
    return is_baclofen and any(shifted(value, exponent) in STRENGTHS for exponent in (3, -3))


def _in_changes(fact: SessionFact) -> Iterator[Said]:
    for change in changes(fact):
        if change.ratio in (1000, EXACT.divide(Decimal(1), Decimal(1000))):
            yield (
                f"the daily dose as {change.at} is exactly a thousand times another than before: its unit is wrong, or "
                "was.",
                False,
            )


def _marked(readings: Iterable[Reading[Any]]) -> bool:
    return any(_THOUSANDS.search(reading.text) for reading in readings)


def mixed(fact: SessionFact) -> Iterator[Finding]:
    """One drug's daily doses in milligrams in one place of the report and in micrograms in another."""
    units: dict[str, dict[str, str]] = {}
    for state in fact.interrogation.channel.states:
        for number, dose in enumerate(state.programme.doses if state.programme else ()):
            daily = stated(dose.daily)
            if daily is not None:
                name = (stated(dose.drug) or f"drug {number + 1}").lower()
                units.setdefault(name, {}).setdefault(daily.unit, told(daily))
    said = [f"{name} {' and '.join(by_unit.values())}" for name, by_unit in units.items() if len(by_unit) > 1]
    if said:
        text = f"In the session of {fact.source.start.words} daily doses stand in two units: {'; '.join(said)}."
        yield finding("milligrams-beside-micrograms", fact.discriminator, fact.source, text)
