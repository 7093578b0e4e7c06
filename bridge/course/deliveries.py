"""What happened in and between sessions by the pump's own account: log rows, fillings, boluses, programming.

Promises: items are taken in the order of their instants; what overlapping reports repeat is told once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from itertools import accumulate, takewhile

from bridge.course import bridging, events
from bridge.course.clocks import Instant
from bridge.course.devices import family
from bridge.course.facts import (
    BolusFact,
    Gap,
    Known,
    Mixture,
    ProgrammeFact,
    ProgrammingFact,
)
from bridge.course.filling import fill
from bridge.course.found import as_reading, other_drugs, says_less
from bridge.course.plausible import distinct
from bridge.course.priming import prime
from bridge.course.programmes import same, states_something, unreadable, words
from bridge.course.segments import close_gap, end_segment, lose_segment, open_gap, open_segment
from bridge.course.state import Turn
from bridge.interrogation import Bolus, Programme, Reading, stated
from bridge.interrogation import State as PumpState

Item = tuple[Instant, int, Callable[[], None]]


def before_session(turn: Turn) -> None:
    """The new log rows up to the start of the session."""
    for row in takewhile(lambda row: row[0].utc <= turn.start.utc, events.new_rows(turn)):
        events.take(turn, row)
    events.unplaced(turn)


def in_session(turn: Turn) -> None:
    """What was done in the session, in the order of its instants."""
    items: list[Item] = []
    rows = events.new_rows(turn)
    latest = accumulate((row[0] for row in rows), _latest)
    items += [(at, 0, _later(events.take, turn, row)) for at, row in zip(latest, rows, strict=True)]
    for refill in turn.channel.refills:
        filled_at = turn.within(refill.filled_at) or turn.within(refill.aspirated_at) or turn.day
        items.append((filled_at, 1, _later(fill, turn, filled_at, refill)))
    for bolus in distinct(turn.channel.boluses):
        began = turn.within(bolus.start)
        if began is None and stated(bolus.kind) not in ("bridge", "priming"):
            continue  # when it was given is NOT RECORDED: no administration (law 2)
        began = began or turn.day
        rank = 4 if stated(bolus.kind) == "bridge" else 3
        when = (turn.within(bolus.end) or turn.read) if bridging.runs(turn, bolus) else began
        items.append((when, rank, _later(_bolus, turn, began, bolus)))
    left = turn.left
    if left is not None and states_something(left.programme):
        items.append((turn.left_at, 2, _later(_programming, turn, turn.left_at)))
    running = turn.state.boluses
    for _, _, take in sorted(items, key=lambda item: (item[0].utc, item[1])):
        take()
    _forget(turn, running)


def _latest(one: Instant, other: Instant) -> Instant:
    return other if other.utc >= one.utc else one


def _later(act: Callable[..., None], *arguments: object) -> Callable[[], None]:
    return lambda: act(*arguments)


# --- boluses -------------------------------------------------------------------------------------------------------


def _bolus(turn: Turn, at: Instant, bolus: Bolus) -> None:
    kind = stated(bolus.kind) or ""
    shared = "bolus" if kind in ("clinician", "patient") else kind
    discriminator = turn.named(shared, at, stated(bolus.number))
    new = turn.is_new(shared, discriminator, at)
    if kind == "priming" and new:
        prime(turn, at, bolus, discriminator, _fill_of_session(turn))
    elif kind == "bridge" and new:
        bridging.bridge(turn, at, bolus, discriminator)
    elif kind == "bridge":
        bridging.tell(turn, bolus)
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


def _background(turn: Turn, at: Instant, *, patient: bool) -> str | None:
    """The segment that a bolus adds to, where the family says that it adds; unstated means no total."""
    segment, pump, known = turn.state.segment, turn.state.pump, family(turn.state.pump)
    if segment is None or pump is None or known is None or segment.start.utc > at.utc:
        return None
    fact = known.fact("patient-bolus-background" if patient else "clinician-bolus-background")
    return segment.discriminator if fact is not None and fact.text == "adds" else None


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
        background=_background(turn, at, patient=stated(bolus.kind) == "patient"),
    )


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
    mixture = _left_mixture(turn, at)
    discriminator = turn.named("programme", at)
    if not turn.is_new("programme", discriminator, at):
        discriminator = f"{discriminator} of {turn.source.session}"
    turn.change(held_back=False)
    old = known.programme if known else None
    if known is not None:
        turn.emit(dataclasses.replace(known, ended="replaced", end=at, source=turn.source))
    if turn.misdated:
        lose_segment(turn, "as-left-misdated")
    if _halts(left, left.programme):
        end_segment(turn, at, "stopped", "pump-stopped")
    else:
        end_segment(turn, at, "completed", "new-programme")
    known_start = not turn.misdated or turn.update == "completed"
    fact = ProgrammeFact(
        discriminator, turn.source, left.programme, mixture, at if known_start else None, turn.read,
        prior=known.discriminator if known else None, export=turn.export, was=old,
    )  # fmt: skip
    turn.change(programme=fact)
    turn.emit(ProgrammingFact(discriminator, turn.source, at, old, left.programme))
    _note_change(turn, at, old, left.programme, left.at)
    if known_start:
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
    if turn.state.gap is not None and turn.state.gap.start.utc > at.utc:
        return  # the stop came later
    resumed = open_segment(turn, at, "programming", discriminator)
    close_gap(turn, at, number=None, resumed=resumed, left=True)


def _halts(left: PumpState, programme: Programme) -> bool:
    """Whether the pump was left not infusing: by its programme, or as it states of itself."""
    return stated(left.infusing) is False or stated(programme.mode) == "stopped"


def _left_mixture(turn: Turn, at: Instant) -> Mixture | None:
    left, known = turn.left, stated(turn.state.mixture.reading) if turn.state.mixture else None
    if left is not None and left.drugs and not says_less(left.drugs, known):
        mixture, old = Mixture(left.drugs, turn.export), bridging.content(turn)
        turn.change(mixture=Known(as_reading(mixture), turn.export, turn.read))
        bridging.changed(turn, at, old)
        return mixture
    return known


def _note_change(turn: Turn, at: Instant, old: Programme | None, new: Programme, cited: object) -> None:
    text = f"{at.words}: first programme, {words(new)}"
    if old is not None:
        text = f"{at.words}: from {words(old)}, to {words(new)}"
    printed, where = (cited.text, cited.where) if isinstance(cited, Reading) else ("", "")
    turn.change(last_change=Known(Reading(text, printed, where), turn.export, turn.read))
