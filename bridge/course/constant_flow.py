"""A pump whose flow its maker has set: it has no telemetry, so what it gave is known between two fillings only.

Source: rules, constant flow: observed flow = (volume filled - volume withdrawn) / days between; dose = observed flow x
concentration. Promises: no segment of such a pump is ever recorded or running. From a filling on, what leaves is
unmeasured (`unknown`, on the open page); once the next filling says what was withdrawn, that interval is one inferred
segment without a dose, and flow and dose are derived facts beside it. The maker's flow and a dose that a person wrote
down are settings: neither becomes a delivery.
"""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal

from bridge.course.clocks import Instant
from bridge.course.facts import Derived, FillFact, Mixture, ProgrammeFact, Segment, SegmentReason
from bridge.course.forecast import DAY, ObservedFlow, elapsed_words
from bridge.course.state import State, Turn
from bridge.families.table import family_of
from bridge.interrogation import Programme, Reading, stated
from bridge.quantity import EXACT, Quantity, rounded

MODE = "constant-flow"


def is_constant(turn: Turn) -> bool:
    """Whether the pump's flow is set by its maker: by its mode as stated, or by its family."""
    programme = turn.state.programme
    mode = stated(programme.programme.mode) if programme else None
    if mode is not None or turn.state.unmeasured is not None:
        return mode in (None, MODE)
    pump = turn.state.pump
    family = family_of(stated(pump.manufacturer.reading), stated(pump.model.reading)) if pump else None
    return family is not None and family.has_telemetry is False


def settle(turn: Turn, before: State) -> None:
    """What this session's fillings tell of the interval before each, and what is unmeasured from the last one on."""
    if not is_constant(turn):
        return
    last = before.fill  # what waits for its measure is what ran from it on
    for fill in [fact for fact in turn.facts if isinstance(fact, FillFact)]:
        if last is not None and fill.at.utc <= last.at.utc:
            continue  # an older filling, told of only now
        if last is not None:
            _between(turn, last, fill)
        last = fill
    out = turn.state.pump is not None and turn.state.pump.explant_session is not None
    if out and turn.state.unmeasured is not None:
        turn.emit(turn.state.unmeasured)
    turn.change(unmeasured=None if out or last is None else _unmeasured(turn, last))


def _between(turn: Turn, last: FillFact, fill: FillFact) -> None:
    open_one = turn.state.unmeasured
    segment = open_one if open_one is not None and open_one.start == last.at else _unmeasured(turn, last)
    end = fill.aspirated_at or fill.at
    seen = _observed(turn, segment, last, fill, end)
    if seen is None:
        contradicts = stated(last.filled) is not None and stated(fill.aspirated) is not None
        reason: SegmentReason = "delivery-doubtful" if contradicts else "not-measured"
        turn.emit(dataclasses.replace(segment, reason=reason, source=fill.source, last_confirmed=last.at))
        return
    turn.emit(
        dataclasses.replace(
            segment, status="completed", certainty="inferred", reason="refill", end=end, source=fill.source,
            last_confirmed=end,
        )
    )  # fmt: skip
    turn.emit(seen)
    turn.change(observed=seen)


def _unmeasured(turn: Turn, fill: FillFact) -> Segment:
    """What leaves from a filling on: which drug is known, how much of it is not."""
    programme = _in_force(turn, fill)
    mode = programme.programme.mode if programme else None
    return Segment(
        discriminator=f"{fill.discriminator}/constant-flow",
        source=fill.source,
        programme=programme.discriminator if programme else "",
        settings=Programme(mode=mode),
        mixture=fill.mixture,
        start=fill.at,
        began="refill",
        last_confirmed=fill.at,
        certainty="unknown",
        status="unknown",
        reason="not-measured",
        export=fill.source.exports[0],
    )


def _in_force(turn: Turn, fill: FillFact) -> ProgrammeFact | None:
    """The programme that the segment names: one that was known to be set when the reservoir was filled."""
    programme = turn.state.programme
    since = programme.start or programme.found if programme else None
    return programme if since is not None and since.utc <= fill.at.utc else None


def _observed(turn: Turn, segment: Segment, last: FillFact, fill: FillFact, end: Instant) -> ObservedFlow | None:
    """The flow between two fillings; None where a volume is missing, or where nothing has left."""
    filled, withdrawn, seconds = _millilitres(last.filled), _millilitres(fill.aspirated), _elapsed(last.at, end)
    if filled is None or withdrawn is None or seconds <= 0 or withdrawn >= filled:
        return None
    gone = EXACT.subtract(filled, withdrawn)
    exact = EXACT.divide(EXACT.multiply(gone, DAY), seconds)
    flow = rounded(exact, 4)
    told = f"({filled} mL - {withdrawn} mL) / {elapsed_words(seconds)}"
    return ObservedFlow(
        discriminator=fill.discriminator,
        source=fill.source,
        start=last.at,
        end=end,
        segment=segment.discriminator,
        filled=last.discriminator,
        flow=Derived(Quantity(flow, "mL/d"), f"{told} = {flow} mL/d"),
        exact=exact,
        doses=doses(exact, told, last.mixture),
        mixture=last.mixture,
    )


def doses(exact: Decimal, told: str, mixture: Mixture | None) -> tuple[tuple[str, Derived], ...]:
    """Each drug's dose: flow x its own concentration. Source: rules, arithmetic 10."""
    rows = []
    for drug in mixture.drugs if mixture else ():
        strength = stated(drug.concentration) if drug.concentration and not drug.concentration.bound else None
        if strength is None:
            continue
        per_ml = strength.to("ug/mL").value
        value = rounded(EXACT.multiply(exact, per_ml), 1)
        text = f"{told} x {per_ml} ug/mL = {value} ug/d"
        rows.append((stated(drug.name) or "", Derived(Quantity(value, "ug/d"), text)))
    return tuple(rows)


def _millilitres(reading: Reading[Quantity] | None) -> Decimal | None:
    volume = stated(reading) if reading is not None and not reading.bound else None
    return volume.to("mL").value if volume else None


def _elapsed(start: Instant, end: Instant) -> Decimal:
    """Seconds between two instants; whole days where only the day of either is stated."""
    if len(start.fhir) == 10 or len(end.fhir) == 10:
        days = date.fromisoformat(end.fhir[:10]) - date.fromisoformat(start.fhir[:10])
        return EXACT.multiply(Decimal(days.days), DAY)
    return Decimal(int((end.utc - start.utc).total_seconds()))
