"""The tally of one reservoir filling, kept from session to session, and the forecast that each session makes from it.

Promises: only what the course charts as having run is counted, and only with a flow, a volume and an end that are
known; anything else makes the sum unknown until the next filling, with the reason. Then the volume that the pump
states is where the dates start from, and there is no expected residual. Source: rules, arithmetic 2 and 4.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from decimal import Decimal

from bridge.course import forecast, line
from bridge.course.clocks import Instant
from bridge.course.facts import BolusFact, Derived, FillFact, Gap, Known, Mixture, PrimingFact, ProgrammeFact, Segment
from bridge.course.forecast import Cited, Flow, ForecastFact, PerDay, Tally, Term
from bridge.course.plausible import is_emptying
from bridge.course.programmes import daily_dose, primary_concentration
from bridge.course.remarks import LateStopFact
from bridge.course.state import State, Turn
from bridge.families.table import family_of
from bridge.interrogation import PatientControl, Programme, Reading, stated
from bridge.quantity import EXACT, Quantity

_UNKNOWN = "what was delivered since {at} is not known"
NOT_FILLED = "the volume that was filled in is NOT RECORDED"


def reckon(turn: Turn, before: State) -> None:
    """Count what this session tells to have left the reservoir, and seal its forecast."""
    reservoir = turn.channel.reservoir
    if reservoir is not None and stated(reservoir.alarm_volume) is not None:
        turn.change(alarm_volume=Known(reservoir.alarm_volume, turn.export, turn.read))  # type: ignore[arg-type]
    tally = turn.state.tally
    for fact in turn.facts:
        tally = _counted(turn, tally, fact)
    tally = _patient_boluses(turn, before, _past_line(turn, before, _unplaced(turn, before, tally)))
    turn.change(tally=_emptied(turn, _resumed(turn.state.segment, tally)))
    turn.emit(_forecast(turn))


def _emptied(turn: Turn, tally: Tally | None) -> Tally | None:
    """Nothing is left of a filling that was drawn off without another one."""
    refills = turn.channel.refills
    drawn_off = bool(refills) and all(map(is_emptying, refills))
    return _lost(tally, "the reservoir was emptied, and no filling is told of") if tally and drawn_off else tally


# --- what has left ---------------------------------------------------------------------------------------------------


def _counted(turn: Turn, tally: Tally | None, fact: object) -> Tally | None:
    if isinstance(fact, FillFact):
        return _begun(fact) if tally is None or fact.at.utc >= tally.start.utc else tally
    if tally is None or tally.unknown:
        return tally
    if isinstance(fact, Segment):
        return _ran(turn, tally, fact)
    if isinstance(fact, PrimingFact) and fact.at.utc >= tally.start.utc:
        return _gone(tally, fact.volume, "priming", ("priming-volume", fact.discriminator), fact.source.exports)
    if isinstance(fact, BolusFact) and fact.start.utc >= tally.start.utc:
        return _given(tally, fact)
    if isinstance(fact, LateStopFact) and fact.at.utc >= tally.start.utc:
        return _lost(tally, f"the stop of {fact.at.words} was logged late")
    if isinstance(fact, Gap) and ((fact.closed and fact.end is None) or tally.waits):
        return _lost(tally, f"when the pump infused again after {fact.start.words} is NOT RECORDED")
    return tally


def _begun(fact: FillFact) -> Tally:
    volume = stated(fact.filled) if fact.filled and not fact.filled.bound else None
    if fact.filled is None or volume is None:
        return Tally(fact.at, fact.at, Decimal(0), "", unknown=NOT_FILLED)
    named = ("fill-volume", fact.discriminator)
    filled = Cited(fact.source.exports[0], fact.filled.where, fact.filled.text, named)
    amount = volume.to("mL").value
    return Tally(fact.at, fact.at, amount, f"{amount} mL", inputs=(filled,))


def _lost(tally: Tally, why: str) -> Tally:
    return dataclasses.replace(tally, unknown=why)


def _ran(turn: Turn, tally: Tally, segment: Segment) -> Tally:
    end = segment.end
    if turn.state.unmeasured is not None or (end is not None and end.utc <= tally.start.utc):
        return tally
    if segment.reason == "line-volume-unknown" and segment.start.utc >= tally.counted.utc:
        return dataclasses.replace(tally, counted=segment.start, waits=True)
    if end is None or segment.status == "unknown":
        return _lost(tally, _UNKNOWN.format(at=segment.last_confirmed.words))
    if segment.bridge:
        term = _bridge(turn, segment, end)
    else:
        flow = flow_of(segment.settings, _in_reservoir(segment))
        start = max(segment.start.utc, tally.start.utc)
        term = forecast.run(flow, start, end.utc) if flow else None
    if term is None:
        return _lost(tally, f"what left the reservoir from {segment.start.words} on cannot be reckoned")
    return dataclasses.replace(forecast.less(tally, term), counted=end)


def _unplaced(turn: Turn, before: State, tally: Tally | None) -> Tally | None:
    """A bridge that is told of for the first time and that no segment stands for took a volume that is not counted."""
    new = [seen for seen in turn.state.deliveries_seen if seen.startswith("bridge ")]
    known = [seen for seen in before.deliveries_seen if seen.startswith("bridge ")]
    segments = [turn.state.segment, *(fact for fact in turn.facts if isinstance(fact, Segment))]
    if tally is None or set(new) <= set(known) or any(one is not None and one.bridge for one in segments):
        return tally
    return _lost(tally, "what a bridge bolus of this session took is not known")


def _past_line(turn: Turn, before: State, tally: Tally | None) -> Tally | None:
    """While it was not known which mixture left the line, the reservoir lost its volume by the programme all the same.

    Counted once a session finds that programme still running.
    """
    segment = turn.state.segment
    if tally is None or tally.unknown or not tally.waits or tally.start != (before.tally or tally).start:
        return tally
    if segment is None or before.tally is None or not before.tally.waits:
        return tally if turn.state.gap is None else _lost(tally, "the pump does not infuse, as read")
    flow = flow_of(segment.settings, segment.mixture) if segment.start.utc == turn.start.utc else None
    if flow is None:
        return _lost(tally, _UNKNOWN.format(at=tally.counted.words))
    counted = forecast.less(tally, forecast.run(flow, tally.counted.utc, segment.start.utc))
    return dataclasses.replace(counted, counted=segment.start, waits=False)


def _resumed(segment: Segment | None, tally: Tally | None) -> Tally | None:
    """What runs counts from its own start: before it nothing ran, or what ran has been counted."""
    if tally is None or segment is None or segment.start.utc <= tally.counted.utc:
        return tally
    return dataclasses.replace(tally, counted=segment.start)


def _in_reservoir(segment: Segment) -> Mixture | None:
    """The mixture that the programme was set for: while a line clears, another one leaves the catheter."""
    return segment.line_other if segment.line == "clearing" else segment.mixture


def _bridge(turn: Turn, segment: Segment, end: Instant) -> Term | None:
    """A bridge takes its volume, whatever drug it was; of a cancelled one what the line has lost by its end."""
    volume = stated(segment.bridge_volume)
    if volume is None:
        return None
    whole = volume.to("mL").value
    if segment.status == "completed":
        return Term(whole, f"{whole} mL (bridge bolus)")
    held = turn.state.line
    if held is None or held.left is None or not held.cancelled or held.since.utc != end.utc:
        return None
    given = EXACT.subtract(whole, held.left)
    return Term(given, f"{forecast.volume_words(given)} mL (bridge bolus, cancelled)")


def _given(tally: Tally, bolus: BolusFact) -> Tally:
    name = f"{bolus.kind} bolus"
    if bolus.outcome == "complete" and stated(bolus.volume) is not None:
        return _gone(tally, bolus.volume, name, None, bolus.source.exports)
    dose = stated(bolus.dose) if bolus.outcome in ("complete", "cancelled") else None
    strength = primary_concentration(bolus.mixture)
    if dose is None or strength is None or not strength.value:
        return _lost(tally, f"the volume of the {name} of {bolus.start.words} is NOT RECORDED")
    amount = dose.to("ug").value
    volume = EXACT.divide(amount, strength.value)
    return forecast.less(tally, Term(volume, f"{amount} ug / {strength.value} ug/mL ({name})"))


def _gone(
    tally: Tally,
    reading: Reading[Quantity] | None,
    name: str,
    charted: tuple[str, str] | None,
    exports: tuple[str, ...],
) -> Tally:
    volume = stated(reading) if reading and not reading.bound else None
    if reading is None or volume is None:
        return _lost(tally, f"the volume of a {name} is NOT RECORDED")
    amount = volume.to("mL").value
    told = forecast.less(tally, Term(amount, f"{amount} mL ({name})"))
    cited = Cited(exports[0], reading.where, reading.text, charted)
    return dataclasses.replace(told, inputs=(*told.inputs, cited)[: forecast.TERMS])


def _patient_boluses(turn: Turn, before: State, tally: Tally | None) -> Tally | None:
    """Boluses that the pump only counts: as many as it says, of the size that was allowed until this session."""
    old = before.programme
    control = old.patient_control if old else None
    if tally is None or tally.unknown or old is None or control is None or not stated(control.per_day):
        return tally
    if before.tally is None or tally.start != before.tally.start:
        return tally  # filled in this session: what was taken before it is of no concern
    told = turn.channel.patient_control
    count = stated(told.given) if told else None
    rows = [one for one in turn.facts if isinstance(one, BolusFact) and one.kind == "patient"]
    if count is None and rows:
        return tally
    size = _bolus_volume(control, old.mixture)
    if count is None or size is None:
        return _lost(tally, "how many patient boluses were taken, or of which volume, is NOT RECORDED")
    uncounted = count - len(rows)
    if uncounted <= 0:
        return tally
    volume = EXACT.multiply(size.volume, Decimal(uncounted))
    return forecast.less(tally, Term(volume, f"{uncounted} x {size.words} (patient boluses)"))


# --- flows -----------------------------------------------------------------------------------------------------------


def flow_of(programme: Programme, mixture: Mixture | None) -> Flow | None:
    """The flow of a programme: its daily dose over the concentration, else as stated; None where they disagree."""
    value = line.flow(programme, mixture)
    if not value or stated(programme.mode) == "stopped":
        return None
    dose, strength, said = daily_dose(programme), primary_concentration(mixture), stated(programme.flow)
    if dose is not None and strength is not None:
        return Flow(value, f"{dose.value} ug/d / {strength.value} ug/mL")
    assert said is not None, "a flow is reckoned, or stated"
    return Flow(value, f"{said.value} mL/h x 24 h/d" if said.unit == "mL/h" else f"{said.to('mL/d').value} mL/d")


def _bolus_volume(control: PatientControl, mixture: Mixture | None) -> PerDay | None:
    dose, strength = stated(control.dose), primary_concentration(mixture)
    if dose is None or strength is None or not strength.value:
        return None
    amount = dose.to("ug").value
    return PerDay(EXACT.divide(amount, strength.value), f"{amount} ug / {strength.value} ug/mL")


def _allowed(programme: ProgrammeFact) -> tuple[PerDay | None, str]:
    """What patient boluses take a day if all are taken; and why that is not known, where some are allowed."""
    control = programme.patient_control
    count = stated(control.per_day) if control else None
    if control is None or count == 0:
        return None, ""
    size = _bolus_volume(control, programme.mixture)
    if count is None or size is None:
        return None, "what patient boluses take in a day is NOT RECORDED"
    return PerDay(EXACT.multiply(size.volume, Decimal(count)), f"{count} x {size.words}"), ""


# --- the forecast of a session ---------------------------------------------------------------------------------------


def _forecast(turn: Turn) -> ForecastFact:
    state, reservoir = turn.state, turn.channel.reservoir
    fact = ForecastFact(
        turn.source.session, turn.source, turn.read,
        stated_low=reservoir.low_date if reservoir else None, stated_empty=reservoir.empty_date if reservoir else None,
    )  # fmt: skip
    running, why = _running(state)
    residual, because = _residual(state, running, turn.read, why)
    start, why_not = _start(turn) if not why else (None, why)
    if start is None or running is None:
        return dataclasses.replace(
            fact, residual=residual, residual_because=because, dates_because=why_not or why,
            inputs=state.tally.inputs if residual and state.tally else (),
        )  # fmt: skip
    extra, unclear = _allowed(state.programme) if state.programme else (None, "")
    thresholds = () if unclear else tuple(_thresholds(turn))
    dates, missing = forecast.foresee(start, running, thresholds, extra, turn.read, _zone(turn))
    missing = missing or unclear
    if state.alarm_volume is None and state.unmeasured is None:
        missing = missing or "the low reservoir alarm volume is NOT RECORDED"
    inputs = (*start.inputs, *_settings(state.programme), *forecast.cited(state.alarm_volume))
    return dataclasses.replace(
        fact, residual=residual, residual_because=because, dates=dates, dates_because=missing, inputs=inputs
    )


def _running(state: State) -> tuple[Flow | None, str]:
    """The flow of what runs at the reading; else why there is nothing to reckon with."""
    if state.pump is not None and state.pump.explant_session is not None:
        return None, "the pump has been explanted"
    if state.gap is not None:
        return None, "the pump does not infuse, as read"
    if state.unmeasured is not None:
        return _expected(state)
    waits = state.segment is None and state.tally is not None and state.tally.waits
    runs = state.segment is not None and state.segment.status == "running"
    if state.programme is None or not (runs or waits):
        return None, "what the pump delivers since then is not known"
    if state.boluses:
        return None, "a bolus was running at the reading"
    flow = flow_of(state.programme.programme, state.programme.mixture)
    return flow, "" if flow else "the flow is NOT RECORDED, or contradicts dose and concentration"


def _expected(state: State) -> tuple[Flow | None, str]:
    """The flow that a constant-flow pump is expected to have: as observed between fillings, else as stated."""
    seen, programme = state.observed, state.programme
    if seen is not None:
        return Flow(seen.exact, f"observed flow {seen.flow.arithmetic.rpartition(' = ')[0]}"), ""
    flow = flow_of(programme.programme, programme.mixture) if programme else None
    return flow, "" if flow else "no flow has been observed yet, and none is stated"


def _residual(state: State, running: Flow | None, at: Instant, why: str) -> tuple[Derived | None, str]:
    if state.unmeasured is not None:
        return None, "what leaves this pump is measured at its fillings only"
    if state.tally is None or state.tally.unknown:
        return None, state.tally.unknown if state.tally else "no filling is known"
    if state.segment is not None and (running is None or state.segment.bridge):
        return None, why or "a bridge bolus was running at the reading"
    if running is None and state.gap is None:
        return None, why
    return forecast.residual(state.tally, running, at)


def _start(turn: Turn) -> tuple[Tally | None, str]:
    """What the dates are reckoned from: the tally of the filling, or the volume that the pump states at the reading."""
    tally, segment = turn.state.tally, turn.state.segment
    if tally is not None and not tally.unknown:
        if segment is not None and segment.bridge:
            return _past_bridge(tally, segment, turn.state.bridge_until)
        return tally, ""
    if segment is not None and segment.bridge:
        return None, "a bridge bolus was running at the reading"
    volume = _stated_volume(turn)
    if volume is None or volume.value is None:
        return None, tally.unknown if tally else "neither a filling nor a volume is known"
    amount = volume.value.to("mL").value
    cited = Cited(turn.export, volume.where, volume.text, ("reservoir-volume", turn.source.session))
    return Tally(turn.read, turn.read, amount, f"{amount} mL as read", inputs=(cited,)), ""


def _past_bridge(tally: Tally, segment: Segment, until: Instant | None) -> tuple[Tally | None, str]:
    volume = stated(segment.bridge_volume)
    if until is None or volume is None:
        return None, "when the bridge bolus ends is NOT RECORDED"
    amount = volume.to("mL").value
    return dataclasses.replace(forecast.less(tally, Term(amount, f"{amount} mL (bridge bolus)")), counted=until), ""


def _stated_volume(turn: Turn) -> Reading[Quantity] | None:
    """The volume that the last state of this session gives, where it is no mere bound."""
    state = turn.left or turn.found
    return state.volume if state and state.volume and not state.volume.bound else None


def _thresholds(turn: Turn) -> Iterator[tuple[forecast.DateKind, Decimal]]:
    alarm, pump = turn.state.alarm_volume, turn.state.pump
    level = stated(alarm.reading) if alarm and not alarm.reading.bound else None
    if level is not None:
        yield "low", level.to("mL").value
    yield "empty", Decimal(0)
    if pump is None:
        return
    model = stated(pump.model.reading) or ""
    family = family_of(stated(pump.manufacturer.reading), model)
    refill = family.fact("refill-volume", model=model) if family else None
    if refill is not None:
        yield "refill-by", refill.quantity.to("mL").value


def _settings(programme: ProgrammeFact | None) -> tuple[Cited, ...]:
    """Where dose, concentration and flow of what runs are stated."""
    if programme is None:
        return ()
    settings, export = programme.programme, programme.export
    readings = [settings.doses[0].daily if settings.doses else None, settings.flow]
    found = [Cited(export, one.where, one.text) for one in readings if one is not None and export]
    mixture = programme.mixture
    strength = mixture.drugs[0].concentration if mixture and mixture.drugs else None
    if mixture is not None and strength is not None:
        found.append(Cited(mixture.export, strength.where, strength.text))
    return tuple(found)


def _zone(turn: Turn) -> str:
    return stated(turn.interrogation.clocks.zone) or turn.site_zone
