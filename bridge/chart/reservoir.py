"""Volumes of a filling as Observations: expected, aspirated, filled in, the ratio of the two; and a priming.

Promises: what the pump calculated, what was aspirated and what was typed have codes of their own; typed values name the
programmer as their device; a priming is a volume to fill tubing and catheter and never a dose.
"""

from __future__ import annotations

from collections.abc import Iterator

from bridge.chart.line import after_priming
from bridge.chart.observations import Seen, observation
from bridge.chart.resource import Resource
from bridge.chart.sheet import Sheet
from bridge.chart.wording import CALCULATED, day, plainly, said
from bridge.course.facts import Derived, FillFact, PrimingFact
from bridge.fhir_json import Json
from bridge.terms.table import display


def volumes(sheet: Sheet, fact: FillFact, page: str) -> Iterator[Resource]:
    """What the pump expected, what was aspirated and what was filled in, each where it is stated; and the ratio."""
    part_of = sheet.reference("fill", fact.discriminator)
    typed_at = sheet.shared("Device", fact.source.programmer) if fact.source.programmer else None
    for kind, seen in (
        ("reservoir-volume-expected", _expected(fact, part_of)),
        ("reservoir-volume-aspirated", _aspirated(fact, part_of, typed_at)),
        ("fill-volume", _filled(fact, part_of, typed_at)),
    ):
        if seen is not None:
            yield observation(sheet, kind, fact.discriminator, page, seen)
    if fact.ratio is not None and sheet.binding.calculated:
        yield _ratio(sheet, fact, fact.ratio, page)


def _expected(fact: FillFact, part_of: Json) -> Seen | None:
    if fact.expected is None:
        return None
    at, shown = fact.source.start, said(fact.expected)
    return Seen(
        f"Reservoir volume: {shown} expected, calculated by the pump before the refill, {at.words}.",
        fact.source, at, reading=fact.expected, how=fact.expected.how or "calculated",
        codes=("reservoir-volume",), part_of=part_of,
    )  # fmt: skip


def _aspirated(fact: FillFact, part_of: Json, typed_at: Json | None) -> Seen | None:
    if fact.aspirated is None:
        return None
    at = fact.aspirated_at or fact.at
    return Seen(
        f"Reservoir volume aspirated: {said(fact.aspirated)}, {at.words}.",
        fact.source, at, reading=fact.aspirated, how="aspirated", part_of=part_of, focus=True, device=typed_at,
    )  # fmt: skip


def _filled(fact: FillFact, part_of: Json, typed_at: Json | None) -> Seen | None:
    if fact.filled is None:
        return None
    return Seen(
        f"Volume filled into the reservoir: {said(fact.filled)}, {fact.at.words}.",
        fact.source, fact.at, reading=fact.filled, how=fact.filled.how or "typed", part_of=part_of, focus=True,
        device=typed_at,
    )  # fmt: skip


def _ratio(sheet: Sheet, fact: FillFact, ratio: Derived, page: str) -> Resource:
    end = fact.aspirated_at or fact.at
    start = fact.span_start or end
    basis = [sheet.reference("fill-volume", fact.previous)] if fact.previous else []
    basis += [sheet.reference(f"reservoir-volume-{kind}", fact.discriminator) for kind in ("expected", "aspirated")]
    label = display("delivered-ratio")
    text = f"{label}: {plainly(ratio.quantity.value)}, {day(start)} to {day(end)}. {CALCULATED}: {ratio.arithmetic}."
    return observation(sheet, "delivered-ratio", fact.discriminator, page, Seen(
        text, fact.source, start, until=end, derived=ratio, how="derived", about=f"{label}. {CALCULATED}",
        focus=True, derived_from=tuple(basis),
    ))  # fmt: skip


def priming(sheet: Sheet, fact: PrimingFact, page: str) -> Iterator[Resource]:
    """A priming: a volume."""
    part_of = sheet.reference("fill", fact.fill) if fact.fill else None
    purpose = "to fill the pump's tubing and catheter"
    text = f"Priming volume: {said(fact.volume)} {purpose}, {fact.at.words}; not a dose to the patient."
    text += f" {after_priming(fact.at)}" if fact.uncertain else ""
    how = (fact.volume.how if fact.volume else None) or "reported"
    yield observation(sheet, "priming-volume", fact.discriminator, page, Seen(
        text, fact.source, fact.at, reading=fact.volume, how=how, part_of=part_of,
    ))  # fmt: skip
