"""What a session finds: whether the programme is the one that was left, and whether the pump infuses.

Source: as found and as left are two states; as-left that is not the next as-found is an unseen change, and the interval
between is unknown. As found is taken from as left only where the session states that nothing was updated.
"""

from __future__ import annotations

import dataclasses

from bridge.course.facts import Gap, Known, Mixture, ProgrammeFact
from bridge.course.programmes import drug_key, drug_parts, same, states_something, unreadable
from bridge.course.segments import (
    close_gap,
    confirm_segment,
    lose_segment,
    open_gap,
    open_segment,
)
from bridge.course.state import Turn
from bridge.interrogation import Drug, Reading, stated


def compare(turn: Turn) -> None:
    """Take the programme as found: confirm the one in force, or note the unseen change.

    Where the state as left is misdated, what ran since the previous reading is not known.
    """
    _take_found(turn)
    if turn.misdated:
        lose_segment(turn, "as-left-misdated")


def _take_found(turn: Turn) -> None:
    found = turn.found
    if found is None or not states_something(found.programme):
        _not_stated(turn)
        return
    _finish_incomplete(turn)
    known = turn.state.programme
    assert found.programme is not None, "states_something said so"
    changed = known is not None and other_drugs(found.drugs, known.mixture)
    mixture = found_mixture(turn)
    if known is not None and not changed and same(found.programme, known.programme):
        if unreadable(found.programme):
            lose_segment(turn, "value-unreadable")
        return
    if known is not None:
        _unseen_change(turn, known)
    fact = ProgrammeFact(
        discriminator=f"found {turn.named('found', turn.start)}",
        source=turn.source,
        programme=found.programme,
        mixture=mixture,
        start=None,
        found=turn.start,
        prior=known.discriminator if known else None,
        export=turn.export,
        was=known.programme if known else None,
        was_mixture=known.mixture if known else None,
    )
    turn.change(programme=fact)


def other_drugs(drugs: tuple[Drug, ...], known: Mixture | None) -> bool:
    """Whether stated drugs are not those known: another name or concentration of the same number of drugs."""
    if not drugs or known is None or not known.drugs:
        return False
    return drug_key(Mixture(drugs, "")) != drug_key(known) and not _less_stated(drugs, known)


def _less_stated(drugs: tuple[Drug, ...], known: Mixture) -> bool:
    """Whether a name or concentration is missing on one side and nothing that both state differs."""
    if len(drugs) != len(known.drugs):
        return False
    pairs = [(drug_parts(a), drug_parts(b)) for a, b in zip(drugs, known.drugs, strict=True)]
    return all(x == y for a, b in pairs for x, y in zip(a, b, strict=True) if x is not None and y is not None)


def says_less(drugs: tuple[Drug, ...], known: Mixture | None) -> bool:
    """Whether drugs are those known, a name or concentration not being mentioned; an unreadable one is mentioned."""
    if known is None or len(drugs) != len(known.drugs) or drug_key(Mixture(drugs, "")) == drug_key(known):
        return False
    readings = [reading for drug in drugs for reading in (drug.name, drug.concentration) if reading is not None]
    if any(stated(reading) is None for reading in readings):
        return False
    pairs = [(drug_parts(a), drug_parts(b)) for a, b in zip(drugs, known.drugs, strict=True)]
    return all(x is None or x == y for a, b in pairs for x, y in zip(a, b, strict=True))


def found_mixture(turn: Turn) -> Mixture | None:
    """The drugs in the reservoir as found: stated now, else as known so far."""
    found, known = turn.found, stated(turn.state.mixture.reading) if turn.state.mixture else None
    if found is not None and found.drugs and not says_less(found.drugs, known):
        mixture = Mixture(found.drugs, turn.export)
        turn.change(mixture=Known(as_reading(mixture), turn.export, turn.start))
        return mixture
    return known


def as_reading(mixture: Mixture) -> Reading[Mixture]:
    """A mixture as one reading, cited at its first drug."""
    first = mixture.drugs[0].concentration or mixture.drugs[0].name
    return Reading(mixture, first.text if first else "", first.where if first else "")


def infusing(turn: Turn) -> None:
    """After the log was read: what the pump states of itself at the start, and the confirmation it gives."""
    found = turn.found
    runs = stated(found.infusing) if found else None
    if found is not None and found.infusing is not None and runs is None:
        lose_segment(turn, "value-unreadable")
    if runs is False:
        _found_not_infusing(turn)
    elif runs is True and turn.state.gap is not None and turn.state.gap.start.utc <= turn.start.utc:
        resumed = open_segment(turn, turn.start, "found-infusing", f"found {turn.start.printed}")
        close_gap(turn, None, number=None, resumed=resumed)
    if turn.state.gap is not None:
        gap = turn.state.gap
        sources = (*gap.sources, turn.export) if turn.export not in gap.sources else gap.sources
        confirmed = max(gap.last_confirmed, turn.start, key=lambda instant: instant.utc)
        turn.change(gap=dataclasses.replace(gap, last_confirmed=confirmed, sources=sources[-8:]))
    elif found is not None and states_something(found.programme) and runs is not False:
        confirm_segment(turn, turn.start)


def _found_not_infusing(turn: Turn) -> None:
    if turn.state.gap is not None:
        return
    before = turn.state.segment
    lose_segment(turn, "found-not-infusing")
    programme = turn.state.programme
    open_gap(
        turn,
        Gap(
            discriminator=f"found {turn.start.printed}",
            source=turn.source,
            start=turn.start,
            reason="found-not-infusing",
            last_confirmed=turn.start,
            programme=programme.discriminator if programme else None,
            settings=programme.programme if programme else None,
            segment_before=before.discriminator if before else None,
            sources=(turn.export,),
            noticed=turn.start,
        ),
    )


def _not_stated(turn: Turn) -> None:
    if turn.left is not None and states_something(turn.left.programme):
        lose_segment(turn, "as-found-not-stated")


def _unseen_change(turn: Turn, known: ProgrammeFact) -> None:
    lose_segment(turn, "programme-differs", differs=turn.start)
    turn.emit(dataclasses.replace(known, ended="replaced-unknown", next_found=turn.start, source=known.source))
    turn.change(last_fill=None, last_change=None, fill=None, dry_at=None)


def _finish_incomplete(turn: Turn) -> None:
    incomplete = turn.state.incomplete
    if incomplete is not None:
        turn.emit(dataclasses.replace(incomplete, until=turn.read))
        turn.change(incomplete=None)
