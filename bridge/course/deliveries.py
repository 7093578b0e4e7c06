"""What happened in and between sessions by the pump's own account: log rows, fillings, boluses, programming.

Promises: items are taken in the order of their instants; what overlapping reports repeat is told once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from bridge.course import events
from bridge.course.clocks import Instant, later
from bridge.course.facts import (
    BolusFact,
    Derived,
    FillFact,
    Gap,
    Known,
    Mixture,
    PrimingFact,
    ProgrammeFact,
    ProgrammingFact,
    Segment,
)
from bridge.course.found import as_reading, other_drugs
from bridge.course.programmes import primary_concentration, same, states_something, unreadable, words
from bridge.course.segments import close_gap, end_segment, open_gap, open_segment
from bridge.course.state import Turn
from bridge.interrogation import Bolus, Programme, Reading, Refill, stated
from bridge.interrogation import State as PumpState
from bridge.quantity import EXACT, Quantity, rounded

Item = tuple[Instant, int, Callable[[], None]]


def before_session(turn: Turn) -> None:
    """The new log rows up to the start of the session."""
    for row in events.new_rows(turn):
        if row[0].utc <= turn.start.utc:
            events.take(turn, row)
    events.unplaced(turn)


def in_session(turn: Turn) -> None:
    """What was done in the session, in the order of its instants."""
    items: list[Item] = []
    for row in events.new_rows(turn):
        items.append((row[0], 0, _later(events.take, turn, row)))
    for refill in turn.channel.refills:
        filled_at = turn.within(refill.filled_at) or turn.within(refill.aspirated_at) or turn.start
        items.append((filled_at, 1, _later(_fill, turn, filled_at, refill)))
    for bolus in turn.channel.boluses:
        began = turn.within(bolus.start) or turn.start
        rank = 4 if stated(bolus.kind) == "bridge" else 3
        items.append((began, rank, _later(_bolus, turn, began, bolus)))
    left = turn.left
    if left is not None and states_something(left.programme):
        at = turn.within(left.at) or turn.read
        items.append((at, 2, _later(_programming, turn, at)))
    running = turn.state.boluses
    for _, _, take in sorted(items, key=lambda item: (item[0].utc, item[1])):
        take()
    _forget(turn, running)


def _later(act: Callable[..., None], *arguments: object) -> Callable[[], None]:
    return lambda: act(*arguments)


# --- the reservoir -------------------------------------------------------------------------------------------------


def _fill(turn: Turn, at: Instant, refill: Refill) -> None:
    discriminator = turn.named("fill", at)
    if not turn.is_new("fill", discriminator, at):
        return
    drugs = refill.drugs or (turn.left.drugs if turn.left else ())
    known = turn.state.mixture
    mixture = Mixture(drugs, turn.export) if drugs else (stated(known.reading) if known else None)
    before = turn.state.fill
    fact = FillFact(
        discriminator=discriminator,
        source=turn.source,
        at=at,
        filled=refill.filled,
        mixture=mixture,
        expected=refill.expected,
        aspirated=refill.aspirated,
        aspirated_at=turn.instant(refill.aspirated_at),
        ratio=_ratio(before, refill),
        previous=before.discriminator if before else None,
        span_start=before.at if before else None,
    )
    turn.emit(fact)
    if mixture is not None:
        turn.change(mixture=Known(as_reading(mixture), turn.export, turn.read))
    moment = refill.filled_at or refill.aspirated_at
    text, where = (moment.text, moment.where) if moment else ("", "")
    turn.change(fill=fact, last_fill=Known(Reading(at, text, where), turn.export, turn.read))
    if not _programmes(turn):
        _refill_splits(turn, at, mixture)


def _programmes(turn: Turn) -> bool:
    left, known = turn.left, turn.state.programme
    if left is None or left.programme is None or not states_something(left.programme):
        return False
    return known is None or not same(left.programme, known.programme) or known.start is None


def _refill_splits(turn: Turn, at: Instant, mixture: Mixture | None) -> None:
    programme = turn.state.programme
    if programme is not None and mixture is not None:
        turn.change(programme=dataclasses.replace(programme, mixture=mixture))
    if turn.state.segment is not None and turn.state.segment.start.utc < at.utc:
        end_segment(turn, at, "completed", "refill")
        open_segment(turn, at, "refill", turn.named("segment", at))


def _ratio(before: FillFact | None, refill: Refill) -> Derived | None:
    filled = stated(before.filled) if before else None
    expected, aspirated = stated(refill.expected), stated(refill.aspirated)
    if filled is None or expected is None or aspirated is None:
        return None
    gone = EXACT.subtract(filled.to("mL").value, aspirated.to("mL").value)
    due = EXACT.subtract(filled.to("mL").value, expected.to("mL").value)
    if due <= 0:
        return None
    ratio = rounded(EXACT.divide(gone, due), 3)
    text = f"({filled.value} - {aspirated.value}) / ({filled.value} - {expected.value}) = {gone} / {due} = {ratio}"
    return Derived(Quantity(ratio, "1"), text)


# --- boluses -------------------------------------------------------------------------------------------------------


def _bolus(turn: Turn, at: Instant, bolus: Bolus) -> None:
    kind = stated(bolus.kind) or ""
    shared = "bolus" if kind in ("clinician", "patient") else kind
    discriminator = turn.named(shared, at, stated(bolus.number))
    new = turn.is_new(shared, discriminator, at)
    if kind == "priming" and new:
        turn.emit(PrimingFact(discriminator, turn.source, at, bolus.volume, _fill_of_session(turn)))
    elif kind == "bridge" and new:
        _bridge(turn, at, bolus, discriminator)
    elif kind in ("clinician", "patient"):
        _given(turn, _bolus_fact(turn, at, bolus, discriminator), new)


def _fill_of_session(turn: Turn) -> str | None:
    fill = turn.state.fill
    return fill.discriminator if fill is not None and fill.source.session == turn.source.session else None


def _given(turn: Turn, fact: BolusFact, new: bool) -> None:
    """Seal a bolus that is over; keep one that runs open; a report that repeats a known one changes nothing."""
    waiting = {known.discriminator: known for known in turn.state.boluses}
    if not new and fact.discriminator not in waiting:
        return
    waiting.pop(fact.discriminator, None)
    if fact.outcome == "running":
        waiting[fact.discriminator] = fact
    else:
        turn.emit(fact)
    turn.change(boluses=tuple(waiting.values()))


def _not_before(start: Instant, end: Instant | None) -> Instant | None:
    return end if end is not None and end.utc >= start.utc else None


def _forget(turn: Turn, running: tuple[BolusFact, ...]) -> None:
    """A bolus that ran at an earlier reading and of which this session says nothing: how it ended is not known."""
    for fact in running:
        if fact in turn.state.boluses:
            turn.emit(dataclasses.replace(fact, outcome=None))
            turn.change(boluses=tuple(other for other in turn.state.boluses if other != fact))


def _bolus_fact(turn: Turn, at: Instant, bolus: Bolus, discriminator: str) -> BolusFact:
    known = turn.state.mixture
    return BolusFact(
        discriminator=discriminator,
        source=turn.source,
        kind="patient" if stated(bolus.kind) == "patient" else "clinician",
        start=at,
        end=_not_before(at, turn.within(bolus.end)),
        outcome=stated(bolus.outcome),
        dose=bolus.dose,
        programmed=bolus.programmed,
        volume=bolus.volume,
        mixture=stated(known.reading) if known else None,
        background=None,
    )


def _bridge(turn: Turn, at: Instant, bolus: Bolus, discriminator: str) -> None:
    """A bridge replaces the background: the old mixture leaves the line; its dose is volume x old concentration."""
    background = turn.state.segment
    programme = turn.state.programme
    if background is None or programme is None:
        return
    old = _old_mixture(turn)
    until = _not_before(at, turn.instant(bolus.end)) or _after(at, stated(bolus.duration))
    cancelled = stated(bolus.outcome) == "cancelled"
    turn.change(segment=None)
    if background.start.utc < at.utc:
        turn.change(segment=background)
        end_segment(turn, at, "completed", "bridge")
    segment = Segment(
        discriminator=f"{discriminator}/bridge",
        source=turn.source,
        programme=programme.discriminator,
        settings=programme.programme,
        export=turn.export,
        mixture=old,
        start=at,
        began="bridge",
        last_confirmed=turn.read,
        bridge=True,
        bridge_volume=bolus.volume,
        bridge_dose=None if cancelled else _old_drug(bolus, old),
        bridge_accounted=bolus.dose,
    )
    turn.change(segment=segment, bridge_until=until)
    if cancelled:
        end_segment(turn, _not_before(at, turn.instant(bolus.end)) or at, "stopped", "bridge-ended")
        turn.change(held_back=True)
    elif stated(bolus.outcome) == "complete" and until is not None and until.utc <= turn.read.utc:
        end_segment(turn, until, "completed", "bridge-ended")
        open_segment(turn, until, "bridge-ended", f"{until.printed}/bridge-ended")


def _old_mixture(turn: Turn) -> Mixture | None:
    for fact in turn.facts:
        if isinstance(fact, Segment) and fact.reason in ("new-programme", "refill"):
            return fact.mixture
    return None


def _old_drug(bolus: Bolus, old: Mixture | None) -> Derived | None:
    volume, concentration = stated(bolus.volume), primary_concentration(old)
    if volume is None or concentration is None:
        return None
    dose = rounded(EXACT.multiply(volume.to("mL").value, concentration.value), 1)
    text = f"{volume.to('mL').value} mL x {concentration.value} ug/mL = {dose} ug of the drug before the change"
    return Derived(Quantity(dose, "ug"), text)


def _after(at: Instant, duration: Quantity | None) -> Instant | None:
    if duration is None:
        return None
    minutes = duration.value if duration.unit == "min" else EXACT.multiply(duration.value, Decimal(60))
    return later(at, timedelta(minutes=int(minutes)))


# --- programming ---------------------------------------------------------------------------------------------------


def _programming(turn: Turn, at: Instant) -> None:
    left = turn.left
    assert left is not None, "in_session asked"
    assert left.programme is not None, "states_something said so"
    known = turn.state.programme
    changed = known is not None and other_drugs(left.drugs, known.mixture) and not turn.channel.refills
    equal = known is not None and same(left.programme, known.programme) and not changed
    if known is not None and known.start is not None and equal and not unreadable(left.programme):
        return
    mixture = _left_mixture(turn)
    discriminator = turn.named("programme", at)
    if not turn.is_new("programme", discriminator, at):
        discriminator = f"{discriminator} of {turn.source.session}"
    turn.change(held_back=False)
    old = known.programme if known else None
    if known is not None:
        turn.emit(dataclasses.replace(known, ended="replaced", end=at, source=turn.source))
    if _halts(left, left.programme):
        end_segment(turn, at, "stopped", "pump-stopped")
    else:
        end_segment(turn, at, "completed", "new-programme")
    fact = ProgrammeFact(
        discriminator, turn.source, left.programme, mixture, at, turn.read,
        prior=known.discriminator if known else None, export=turn.export,
    )  # fmt: skip
    turn.change(programme=fact)
    turn.emit(ProgrammingFact(discriminator, turn.source, at, old, left.programme))
    _note_change(turn, at, old, left.programme, left.at)
    _run(turn, at, discriminator)


def _run(turn: Turn, at: Instant, discriminator: str) -> None:
    left, programme = turn.left, turn.state.programme
    assert left is not None, "a programming has an as-left state"
    assert programme is not None, "just set"
    if _halts(left, programme.programme):
        gap = Gap(
            discriminator, turn.source, at, "pump-stopped", turn.read, discriminator, programme.programme,
            sources=(turn.export,), noticed=turn.read,
        )  # fmt: skip
        if turn.state.gap is None:
            open_gap(turn, gap)
        return
    resumed = open_segment(turn, at, "programming", discriminator)
    close_gap(turn, at, number=None, resumed=resumed)


def _halts(left: PumpState, programme: Programme) -> bool:
    """Whether the pump was left not infusing: by its programme, or as it states of itself."""
    return stated(left.infusing) is False or stated(programme.mode) == "stopped"


def _left_mixture(turn: Turn) -> Mixture | None:
    left, known = turn.left, turn.state.mixture
    if left is not None and left.drugs:
        mixture = Mixture(left.drugs, turn.export)
        turn.change(mixture=Known(as_reading(mixture), turn.export, turn.read))
        return mixture
    return stated(known.reading) if known else None


def _note_change(turn: Turn, at: Instant, old: Programme | None, new: Programme, cited: object) -> None:
    text = f"{at.words}: first programme, {words(new)}"
    if old is not None:
        text = f"{at.words}: from {words(old)}, to {words(new)}"
    printed, where = (cited.text, cited.where) if isinstance(cited, Reading) else ("", "")
    turn.change(last_change=Known(Reading(text, printed, where), turn.export, turn.read))
