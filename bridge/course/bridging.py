"""Bridges and changes of concentration: what tubing and catheter hold, and what leaves them.

Promises: a bridge is a segment of the old mixture, its dose volume x old concentration; what is left in the line after
one that is missing or cancelled is followed until it has left; what cannot be followed is unknown until the next
interrogation finds the same programme. Source: rules, arithmetic 5 to 10; scenarios 7, 8, 12, 17 and 18.
"""

from __future__ import annotations

import dataclasses
from decimal import Decimal

from bridge.course import boluses, conditions, line
from bridge.course.clocks import Instant
from bridge.course.facts import Derived, Mixture, Segment
from bridge.course.found import other_drugs
from bridge.course.programmes import daily_dose, drug_parts, primary_concentration, same
from bridge.course.remarks import Condition
from bridge.course.segments import end_segment, lose_segment, open_segment
from bridge.course.state import Turn
from bridge.interrogation import Bolus, stated
from bridge.quantity import EXACT, Quantity, plain, rounded

UNBRIDGED = "concentration-changed-without-bridge"


# --- a change of concentration --------------------------------------------------------------------------------------


def content(turn: Turn) -> Mixture | None:
    """What the reservoir, and so the line, holds: as known so far, else as this session found it."""
    known, found = turn.state.mixture, turn.found
    if known is not None:
        return stated(known.reading)
    return Mixture(found.drugs, turn.export) if found is not None and found.drugs else None


def changed(turn: Turn, at: Instant, old: Mixture | None) -> None:
    """The reservoir holds another mixture than the line: what the line holds leaves first.

    A second change before the line has cleared leaves what is in it unknown.
    """
    new = stated(turn.state.mixture.reading) if turn.state.mixture else None
    if old is None or new is None or not other_drugs(new.drugs, old):
        return
    left = _volume(turn) if turn.state.line is None else None
    session = turn.source.session
    turn.change(line=line.Line(old, new, left, at, session, at, session))


def _volume(turn: Turn) -> Decimal | None:
    """V_br; of a new pump on the catheter of another one V_cat, for its tubing alone is primed (scenarios 12, 18)."""
    pump, catheter = turn.state.pump, turn.state.catheter
    return line.catheter_volume(catheter) if new_on_old(turn) else line.volume(pump, catheter)


def new_on_old(turn: Turn) -> bool:
    """Whether this session states the implant of a pump on a catheter that was there before."""
    pump = turn.state.pump
    first = pump is not None and pump.implant_session == turn.source
    return first and line.catheter_kept(pump, turn.state.catheter)


# --- a bridge -------------------------------------------------------------------------------------------------------


def bridge(turn: Turn, at: Instant, bolus: Bolus, discriminator: str) -> None:
    """A bridge replaces the background: the old mixture leaves the line; its dose is volume x old concentration."""
    background, programme, known = turn.state.segment, turn.state.programme, turn.state.line
    if background is None or programme is None or at.utc < background.start.utc:
        return  # told only after what follows it was charted: which of the two ran is left as it was said
    old = known.old if known else _old_mixture(turn)
    until = _end(turn, at, bolus) or boluses.lasting(at, stated(bolus.duration))
    turn.change(segment=None)
    if background.start.utc < at.utc:
        turn.change(segment=background)
        end_segment(turn, at, "completed", "bridge")
    volume = _ml(bolus)
    doses = line.whole(old, volume) if volume is not None else ()
    segment = Segment(
        discriminator=f"{discriminator}/bridge", source=turn.source, programme=programme.discriminator,
        settings=programme.programme, export=turn.export, mixture=old, start=at, began="bridge",
        last_confirmed=turn.read, bridge=True, bridge_volume=bolus.volume, bridge_accounted=bolus.dose,
        line_doses=doses, bridge_dose=_single(old, doses), primed=background.primed,
    )  # fmt: skip
    turn.change(segment=segment, bridge_until=until)
    known = turn.state.line
    if known is not None and volume is not None:
        turn.change(line=dataclasses.replace(known, left=volume))
    if stated(bolus.outcome) == "cancelled":
        _cancel(turn, bolus, _end(turn, at, bolus))
    elif stated(bolus.outcome) == "complete" and until is not None and until.utc <= turn.read.utc:
        _complete(turn, until)


def _old_mixture(turn: Turn) -> Mixture | None:
    for fact in turn.facts:
        if isinstance(fact, Segment) and fact.reason in ("new-programme", "refill"):
            return fact.mixture
    return None


def _single(old: Mixture | None, doses: tuple[tuple[str, Derived], ...]) -> Derived | None:
    """The one dose that a dosage can hold: of a mixture none, each drug's dose stands by itself."""
    return doses[0][1] if len(doses) == 1 and old is not None and not old.is_admixture else None


def _ml(bolus: Bolus) -> Decimal | None:
    volume = stated(bolus.volume) if bolus.volume is not None and not bolus.volume.bound else None
    return volume.to("mL").value if volume else None


def _end(turn: Turn, at: Instant, bolus: Bolus) -> Instant | None:
    end = turn.instant(bolus.end)
    return end if end is not None and end.utc >= at.utc else None


def _complete(turn: Turn, until: Instant) -> None:
    end_segment(turn, until, "completed", "bridge-ended")
    open_segment(turn, until, "bridge-ended", f"{until.printed}/bridge-ended")


def _cancel(turn: Turn, bolus: Bolus, end: Instant | None) -> None:
    """A bridge that was cancelled: what it gave, and what is left to leave at the programme's flow (scenario 17)."""
    segment, until = turn.state.segment, turn.state.bridge_until
    assert segment is not None, "asked of a running bridge"
    given = _given(segment, bolus, end, until)
    doses = line.whole(segment.mixture, given[0]) if given else ()
    turn.change(segment=dataclasses.replace(
        segment, line_doses=doses, bridge_dose=_single(segment.mixture, doses),
        bridge_given=_volume_given(given) if given else None,
    ))  # fmt: skip
    known = turn.state.line
    if end is None:
        lose_segment(turn, "bridge-ended")
    else:
        end_segment(turn, end, "stopped", "bridge-ended")
    left = EXACT.subtract(given[1], given[0]) if given and end is not None else None
    if known is None or end is None:
        turn.change(held_back=True)
    if known is not None:
        rest = dataclasses.replace(known, left=left, session=turn.source.session, cancelled=True)
        turn.change(line=None if left is not None and left <= 0 else rest)
    if known is not None and end is not None:
        open_segment(turn, end, "bridge-ended", f"{end.printed}/bridge-ended")


def _given(
    segment: Segment, bolus: Bolus, end: Instant | None, until: Instant | None
) -> tuple[Decimal, Decimal, str] | None:
    """The volume given and the whole volume in mL, unrounded, and how: stated remainder, else its share of the time."""
    planned = stated(segment.bridge_volume) if segment.bridge_volume else None
    whole = planned.to("mL").value if planned else _ml(bolus)
    if whole is None:
        return None
    remaining = stated(bolus.remaining)
    if remaining is not None:
        rest = remaining.to("mL").value
        given = EXACT.subtract(whole, rest)
        return (given, whole, f"{whole} mL - {rest} mL still to come") if given >= 0 else None
    due = boluses.lasting(segment.start, stated(bolus.duration)) or until
    if end is None or due is None or due.utc <= segment.start.utc or end.utc > due.utc:
        return None
    run, length = _minutes(segment.start, end), _minutes(segment.start, due)
    if bolus.duration is None and due == end:
        return None
    given = EXACT.divide(EXACT.multiply(whole, run), length)
    return given, whole, f"{whole} mL x {run} min / {length} min"


def _minutes(start: Instant, end: Instant) -> Decimal:
    return Decimal(int((end.utc - start.utc).total_seconds()) // 60)


def _volume_given(given: tuple[Decimal, Decimal, str]) -> Derived:
    value = rounded(given[0], 4)
    return Derived(Quantity(value, "mL"), f"{given[2]} = {value} mL")


# --- what later sessions tell ----------------------------------------------------------------------------------------


def runs(turn: Turn, bolus: Bolus) -> bool:
    """Whether a row of this session is the bridge that runs."""
    segment, began = turn.state.segment, turn.instant(bolus.start)
    if segment is None or not segment.bridge or stated(bolus.kind) != "bridge" or began is None:
        return False
    return began.utc == segment.start.utc


def tell(turn: Turn, bolus: Bolus) -> None:
    """How a bridge of an earlier session ended, as this one states it."""
    segment = turn.state.segment
    if segment is None or not runs(turn, bolus):
        return
    end, outcome = _end(turn, segment.start, bolus), stated(bolus.outcome)
    if outcome == "cancelled":
        _cancel(turn, bolus, end)
    elif outcome == "complete" and end is not None:
        _complete(turn, end)
    elif outcome == "running":
        until = boluses.lasting(segment.start, stated(bolus.duration)) or turn.state.bridge_until
        turn.change(bridge_until=until, segment=dataclasses.replace(segment, last_confirmed=turn.read))


def settle(turn: Turn, at: Instant | None = None) -> None:
    """What was leaving the line and was due to be over by `at` (the start of the session), is over.

    Only where the session finds its programme in force; a bridge ends as the session tells, where it tells.
    """
    segment = turn.state.segment
    if segment is None:
        if at is None:  # the whole log is read
            _resume(turn)
        return
    if segment.start.utc > turn.start.utc or not (segment.bridge or segment.line == "clearing"):
        return
    moment = at or turn.start
    if segment.bridge and _told(turn, moment):
        if turn.state.segment is not None and not turn.state.segment.bridge:
            settle(turn, at)  # what was left of the bridge may have cleared since
        return
    if _bridged_late(turn, segment):
        return
    until = turn.state.bridge_until
    if until is None:
        if segment.bridge:
            lose_segment(turn, "as-found-not-stated")
            turn.change(held_back=True)
        return
    if until.utc <= moment.utc and until.utc <= turn.start.utc and _same_found(turn):
        if segment.bridge:
            _complete(turn, until)
        else:
            _cleared(turn, until)


def _told(turn: Turn, moment: Instant) -> bool:
    """Take what this session tells of the running bridge; whether nothing more is to be concluded about it now."""
    rows = [bolus for bolus in turn.channel.boluses if runs(turn, bolus)]
    if not rows or (stated(rows[0].outcome) == "complete" and rows[0].end is None):
        return False
    end = turn.instant(rows[0].end)
    if stated(rows[0].outcome) != "running" and (end is None or end.utc <= moment.utc):
        tell(turn, rows[0])
    return True


def _bridged_late(turn: Turn, segment: Segment) -> bool:
    """Whether this session is the first to tell of a bridge after the change: the line did not clear by itself."""
    starts = [turn.instant(bolus.start) for bolus in turn.channel.boluses if stated(bolus.kind) == "bridge"]
    return segment.line == "clearing" and any(at is not None and at.utc >= segment.start.utc for at in starts)


def _cleared(turn: Turn, until: Instant) -> None:
    """By calculation the old mixture has left: the new one since then."""
    end_segment(turn, until, "completed", "line-cleared")
    turn.change(line=None)
    conditions.end(turn, UNBRIDGED, until)
    open_segment(turn, until, "line-cleared", f"{until.printed}/line-cleared")


def _same_found(turn: Turn) -> bool:
    found, programme = turn.found, turn.state.programme
    return bool(found and found.programme and programme and same(found.programme, programme.programme))


def _resume(turn: Turn) -> None:
    """An interrogation that finds the same programme ends what was unknown of the line; what ran before stays so."""
    known, programme, found = turn.state.line, turn.state.programme, turn.found
    if known is None or known.left is not None or known.session == turn.source.session or turn.state.gap is not None:
        return
    if programme is None or programme.found.utc >= turn.start.utc or not _same_found(turn):
        return
    if found is not None and found.infusing is not None and stated(found.infusing) is not True:
        return
    turn.change(line=None, held_back=False)
    conditions.end(turn, UNBRIDGED, turn.start)
    open_segment(turn, turn.start, "found-infusing", f"found {turn.start.printed}")


# --- the finding that lasts while the line clears --------------------------------------------------------------------


def warn(turn: Turn) -> None:
    """At the end of a session: a change of concentration that no bridge covers lasts until the line has cleared."""
    known, segment, pump = turn.state.line, turn.state.segment, turn.state.pump
    out = pump is not None and pump.explant_session is not None
    if known is None or out or _constant(turn) or (segment is not None and segment.bridge):
        conditions.end(turn, UNBRIDGED, turn.start)
        return
    due = turn.state.bridge_until if segment is not None and segment.line == "clearing" else None
    open_ones = [one for one in turn.state.conditions if one.kind == UNBRIDGED]
    if not open_ones and (segment is not None or known.left is None):
        conditions.begin(turn, _condition(turn, known, due))
        turn.change(line=dataclasses.replace(known, warned=True))
    turn.change(conditions=tuple(
        dataclasses.replace(one, due=due, last_read=turn.read) if one.kind == UNBRIDGED else one
        for one in turn.state.conditions
    ))  # fmt: skip


def _constant(turn: Turn) -> bool:
    """Of a constant-flow pump only the concentration changes the dose: the old dose goes on until it has left."""
    programme = turn.state.programme
    return programme is not None and stated(programme.programme.mode) == "constant-flow"


def _condition(turn: Turn, known: line.Line, due: Instant | None) -> Condition:
    segment = turn.state.segment
    lasting = segment if segment is not None and segment.line == "clearing" else _unknown(turn)
    since = lasting.start if lasting else turn.start if known.warned else known.changed
    name = f"{known.origin} {turn.source.session}" if known.warned else known.origin
    places = (("segment", lasting.discriminator),) if lasting else ()
    told = _told_of(turn, known, lasting if due is not None else None, due)
    return Condition(UNBRIDGED, name, turn.source, since, turn.read, told, places, due=due)


def _unknown(turn: Turn) -> Segment | None:
    rows = [fact for fact in turn.facts if isinstance(fact, Segment) and fact.line]
    return rows[-1] if rows else None


def _told_of(
    turn: Turn, known: line.Line, clearing: Segment | None, due: Instant | None
) -> tuple[tuple[str, str], ...]:
    """The numbers of the finding by name: concentrations, programmed and given dose, factor, hours."""
    old, new = primary_concentration(known.old), primary_concentration(known.new)
    told = {"cancelled": "1"} if known.cancelled else {}
    names = [drug_parts(mixture.drugs[0])[0] for mixture in (known.old, known.new) if mixture.drugs]
    told |= {"filled": "1"} if any(refill for refill in turn.channel.refills) else {}
    if old is not None and new is not None and len(set(names)) == 1:
        told |= {"old": plain(old.value), "new": plain(new.value)}
        if new.value:
            told["factor"] = plain(rounded(EXACT.divide(old.value, new.value), 3))
    programme = turn.state.programme
    dose = daily_dose(programme.programme) if programme else None
    if dose is not None:
        told["programmed"] = f"{dose.value:f}"
    if clearing is not None and clearing.line_doses and due is not None:
        told["given"] = f"{clearing.line_doses[0][1].quantity.value:f}"
        told["hours"] = _hours(turn, known, clearing, due)
    return tuple(told.items())


def _hours(turn: Turn, known: line.Line, clearing: Segment, due: Instant) -> str:
    """Hours to two places: volume over flow of a constant programme, else as the steps of the day give it."""
    rate = line.flow(clearing.settings, known.new)
    if rate is not None and known.left is not None and stated(clearing.settings.mode) != "flex":
        return plain(rounded(EXACT.divide(EXACT.multiply(known.left, Decimal(24)), rate), 2))
    return plain(rounded(EXACT.divide(_minutes(clearing.start, due), Decimal(60)), 2))
