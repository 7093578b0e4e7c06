"""The infusions of a hospital pump: when a source of a line delivers with one drug, concentration and rate.

1. START opens an infusion, STOP and COMP end it, as recorded by the pump. A change of rate is STOP and START: two.
2. It is completed where its volume is infused or another programme follows (the pump says that it passes on, or a
   START of its line stands at the same moment), stopped where it ends early, with the reason as stated.
3. A message that only shows the state opens what it sees first, confirms what it sees again, and ends what it sees no
   more, or with other settings, when that was last seen: inferred. It never contradicts an event of the same moment.
   Where the pump counts less of a segment than before, it began another: what became of the first is unknown.
4. What was not confirmed for longer than the site allows is not bridged by seeing it again: it may have stopped.
5. The volume and dose of an infusion are those stated of this segment with its end, and only where its start was told:
   what was first seen later holds only a part of them. None is calculated from totals.
6. An end that states another drug, concentration or rate, or a smaller count, is not that of what is known to run: that
   one was over before, and the end is kept as an event, with its volume. (The rate of what is complete or keeps the
   vein open, and a rate of 0, say nothing of what ran.)
7. An end by the pump's own event bridges a time without messages; the infusion then says that its end rests on the
   event alone.

Source: IHE Patient Care Device, Infusion Pump Event Communication, clinical scenarios. Must not know FHIR.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from bridge.course.bedside import Bedside
from bridge.course.delivering import Glimpse, Seen, is_active, is_bolus, line_of, passes_on
from bridge.course.infusion_facts import Certainty, Infusion, InfusionReason, Told
from bridge.course.ward import Passing, Running
from bridge.errors import ExportError
from bridge.hospital import Happening, Source
from bridge.quantity import Quantity
from bridge.reading import Reading

_SUBSTANCE = ("drug", "concentration")
_RATES = ("rate", "dose_rate")
_SETTINGS = (*_SUBSTANCE, *_RATES)
_FILLED = (*_SETTINGS, "kind", "label", "mode", "weight", "volume_to_infuse", "dose_to_infuse", "order")
_STARTS, _ENDS = "delivery-start", ("delivery-stop", "delivery-complete")


def follow(beside: Bedside) -> list[Happening]:
    """Begin, confirm and end infusions by what a session tells; answers the delivery events that fit none."""
    events = [event for event in beside.told.events if event.kind is not None]
    ends = [event for event in events if event.kind is not None and event.kind.value in _ENDS]
    unfit = [event for event in ends if not _end(beside, event)]
    for event in events:
        if event.kind is not None and event.kind.value == _STARTS:
            _start(beside, event)
    glimpse = beside.glimpse
    for one in glimpse.seen:
        if not _has_acted(beside, one.address):
            _look(beside, one, glimpse)
    _look_away(beside, glimpse)
    return unfit


def end_all(beside: Bedside, line: str, reason: InfusionReason, stated: Told[str] | None) -> None:
    """Nothing of a line, or of the whole pump, delivers any more: it has no power."""
    for run in _of_line(beside, line):
        beside.seen_ended(run, "stopped", reason, stated_reason=stated)


def lose_all(beside: Bedside, reason: InfusionReason) -> None:
    """What becomes of all that runs is not known."""
    for run in list(beside.running.values()):
        beside.lose(run, reason)
    beside.passing.clear()


# --- events -------------------------------------------------------------------------------------------------------


def _start(beside: Bedside, event: Happening) -> None:
    address, source = _whose(beside, event)
    beside.acted.append(address)
    _passed_on(beside, address)
    run = beside.running.get(address)
    if run is not None and run.infusion.start.utc == beside.moment and run.infusion.start_certainty == "recorded":
        _confirm(beside, run, source)
        return
    if run is not None:
        beside.seen_ended(run, "completed", "another-run")
    _open(beside, address, source, "recorded")


def _passed_on(beside: Bedside, address: str) -> None:
    """What ended at this moment on this line went over into what starts now."""
    line = line_of(beside.told)
    for number, one in enumerate(beside.ended):
        own = one.address == address
        on_line = not one.bolus and beside.covers(line, one)
        passed = one.reason == "passed-on" or (one.reason == "stopped" and (own or on_line))
        if passed and (own or one.status == "stopped"):
            reason: InfusionReason = "new-settings" if own else "passed-on"
            beside.ended[number] = dataclasses.replace(one, status="completed", reason=reason)


def _end(beside: Bedside, event: Happening) -> bool:
    """End what a STOP or COMP tells of; False where nothing that is known ends by it."""
    address, source = _whose(beside, event)
    beside.acted.append(address)
    run = beside.running.get(address)
    infused = event.kind is not None and event.kind.value == "delivery-complete"
    infused = infused or (source is not None and _is_complete(source.not_delivering))
    if run is None:
        return _told_again(beside, address, source, infused)
    if source is not None and _is_over_before(beside, run, source, infused):
        return False
    passes = passes_on(source)
    reason: InfusionReason = "volume-infused" if infused else "passed-on" if passes else "stopped"
    if not infused and not passes and source is not None and _is_off(source.not_delivering):
        reason = "powered-off"
    infusion = _filled(beside, run.infusion, source)
    ended = beside.end(
        dataclasses.replace(run, infusion=infusion), "stopped" if reason in ("stopped", "powered-off") else "completed",
        reason, **_of_segment(infusion, _end_stated(beside, source)),
    )  # fmt: skip
    if not ended.bolus:
        beside.passing.append(Passing(ended.line, ended.discriminator, beside.moment, passes))
    return True


def _is_over_before(beside: Bedside, run: Running, source: Source, infused: bool) -> bool:
    """Whether an end is that of a later run of its source; then what is known to run was over before."""
    if _is_of_another(run.infusion, source, infused):
        beside.seen_ended(run, "completed", "another-run")
    elif _counts_anew(run, source):
        beside.lose(run, "counted-anew")
    else:
        return False
    return True


def _is_of_another(infusion: Infusion, source: Source, infused: bool) -> bool:
    """Whether an end states another drug, concentration or rate than those of an infusion."""
    if any(_is_other(getattr(infusion, name), getattr(source, name)) for name in _SUBSTANCE):
        return True
    if infused or (source.status is not None and source.status.text.endswith("-kvo")):
        return False
    rates = ((getattr(infusion, name), getattr(source, name)) for name in _RATES)
    return any(_is_other(known, now) and now.value.value for known, now in rates)


def _told_again(beside: Bedside, address: str, source: Source | None, infused: bool) -> bool:
    """A second event of the same end: it may state what the first did not."""
    for number, one in enumerate(beside.ended):
        if one.address == address and not (source is not None and _is_of_another(one, source, infused)):
            stated = _of_segment(one, _end_stated(beside, source))
            new = {name: value for name, value in stated.items() if getattr(one, name) is None}
            beside.ended[number] = dataclasses.replace(one, **new)
            return True
    return False


def _of_segment(infusion: Infusion, stated: dict[str, Any]) -> dict[str, Any]:
    """What is stated with an end, without the amounts where the infusion began before it was first seen."""
    whole = infusion.start_certainty == "recorded"
    return {name: value for name, value in stated.items() if whole or name not in ("volume", "dose")}


def _end_stated(beside: Bedside, source: Source | None) -> dict[str, Any]:
    if source is None:
        return {}
    found = {
        "volume": beside.cite(source.volume_delivered_segment),
        "dose": beside.cite(source.dose_delivered_segment),
        "stated_reason": beside.cite(source.not_delivering),
    }
    return {name: value for name, value in found.items() if value is not None}


def _whose(beside: Bedside, event: Happening) -> tuple[str, Source | None]:
    """The source that an event is of: by its stated place, the only one stated, the active one, the one that runs."""
    told = beside.told
    by_place = {one.address.text: one for one in told.sources if one.address is not None}
    place = _source_place(event.source.text) if event.source else None
    if place is not None:
        return place, by_place.get(place)
    found = (
        list(by_place.values()) if len(by_place) == 1 else [one for one in by_place.values() if is_active(one, told)]
    )
    if len(found) == 1 and found[0].address is not None:
        return found[0].address.text, found[0]
    runs = _of_line(beside, line_of(told))
    if len(runs) == 1:
        return runs[0].infusion.address, by_place.get(runs[0].infusion.address)
    return line_of(told), None


def _source_place(text: str) -> str | None:
    parts = text.split(".")
    if len(parts) < 3 or not all(part.isdigit() for part in parts) or not int(parts[2]):
        return None
    return ".".join(str(int(part)) for part in parts[:3])


# --- what is only seen --------------------------------------------------------------------------------------------


def _look(beside: Bedside, one: Seen, glimpse: Glimpse) -> None:
    run = beside.running.get(one.address)
    if one.delivers is False and run is not None:
        _seen_stopped(beside, run, one.why)
    elif one.delivers and run is None:
        _open(beside, one.address, one.source, "inferred")
    elif one.delivers and run is not None:
        if beside.is_lost(run):
            beside.lose(run, "too-old")
            _open(beside, one.address, one.source, "inferred")
        elif _counts_anew(run, one.source):
            beside.lose(run, "counted-anew")
            _open(beside, one.address, one.source, "inferred")
        elif _differs(beside, run.infusion, one.source):
            beside.seen_ended(run, "completed", "another-run")
            _open(beside, one.address, one.source, "inferred")
        else:
            _confirm(beside, run, one.source)


def _look_away(beside: Bedside, glimpse: Glimpse) -> None:
    """What the message does not name: stopped with its line, or gone where another source is seen instead."""
    named = {one.address for one in glimpse.seen}
    is_snapshot = not beside.told.events
    for run in _of_line(beside, glimpse.line):
        if run.infusion.address in named or _has_acted(beside, run.infusion.address):
            continue
        if glimpse.stopped:
            _seen_stopped(beside, run, glimpse.why)
        elif is_snapshot and glimpse.delivering:
            beside.seen_ended(run, "unknown", "source-gone")


def _seen_stopped(beside: Bedside, run: Running, why: Reading[str] | None) -> None:
    stated = beside.cite(why)
    if _is_complete(why):
        beside.seen_ended(run, "completed", "volume-infused", stated_reason=stated)
    else:
        beside.seen_ended(run, "stopped", "powered-off" if _is_off(why) else "not-delivering", stated_reason=stated)


def _is_complete(why: Reading[str] | None) -> bool:
    return why is not None and why.text.endswith("complete")


def _is_off(why: Reading[str] | None) -> bool:
    return why is not None and why.text.endswith("powered-off")


def _has_acted(beside: Bedside, address: str) -> bool:
    """Whether an event of this moment told of this source, or of its line where no source is named."""
    return any(one == address or one.startswith(f"{address}.") or address.startswith(f"{one}.") for one in beside.acted)


def _of_line(beside: Bedside, line: str) -> list[Running]:
    return [run for run in beside.running.values() if beside.covers(line, run.infusion)]


# --- one infusion -------------------------------------------------------------------------------------------------


def _open(beside: Bedside, address: str, source: Source | None, certainty: Certainty) -> None:
    line, bolus = line_of(beside.told), is_bolus(source, beside.told)
    part_of = _background(beside, line, address) if bolus else None
    if not bolus:
        beside.passing = [one for one in beside.passing if one.line != line]
    blank = Infusion(
        discriminator=beside.named(address), line=line, address=address, source=beside.source, latest=beside.source,
        start=beside.at, start_certainty=certainty, last_confirmed=beside.at, bolus=bolus, part_of=part_of,
        began=beside.stated_at,
    )  # fmt: skip
    beside.run(_filled(beside, blank, source), _counted(source))


def _background(beside: Bedside, line: str, address: str) -> str | None:
    """The infusion beside which, or in whose midst, a bolus is given."""
    beside_it = [run.infusion for run in _of_line(beside, line)] + [one for one in beside.before if one.line == line]
    for one in beside_it:
        if not one.bolus and one.address != address:
            return one.discriminator
    passing = [one for one in beside.passing if one.line == line and (one.stated or one.at == beside.moment)]
    return passing[-1].discriminator if passing else None


def _confirm(beside: Bedside, run: Running, source: Source | None) -> None:
    """It still runs; what was not stated of it before is now. Its `last_confirmed` moves at the interval."""
    infusion = _filled(beside, run.infusion, source)
    if infusion is not run.infusion or beside.moment - infusion.last_confirmed.utc >= beside.interval:
        infusion = dataclasses.replace(infusion, last_confirmed=beside.at, latest=beside.source)
    beside.running[infusion.address] = Running(infusion, beside.at, _counted(source) or run.counted, beside.stated_at)


def _counted(source: Source | None) -> Quantity | None:
    told = source.volume_delivered_segment if source is not None else None
    return told.value if told is not None else None


def _counts_anew(run: Running, source: Source | None) -> bool:
    """Whether the pump counts less of this segment than before: it is another one, whatever its settings."""
    now, before = _counted(source), run.counted
    return now is not None and before is not None and now.unit == before.unit and now.value < before.value


def _filled(beside: Bedside, infusion: Infusion, source: Source | None) -> Infusion:
    """The infusion with what was not stated of it so far."""
    new: dict[str, Any] = {
        name: Told(reading, beside.export)
        for name, reading in _stated(beside, source)
        if getattr(infusion, name) is None and reading is not None and reading.value is not None
    }
    return dataclasses.replace(infusion, **new) if new else infusion


def _stated(beside: Bedside, source: Source | None) -> Iterator[tuple[str, Reading[Any] | None]]:
    told = beside.told
    if source is not None:
        for name in (*_SETTINGS, "kind", "label", "mode", "volume_to_infuse", "dose_to_infuse"):
            yield name, getattr(source, name)
    if source is None or (source.rate is None and len(told.sources) == 1):
        yield "rate", _set_flow(beside)
    yield "weight", told.patient_weight
    yield "order", told.order


def _set_flow(beside: Bedside) -> Reading[Quantity] | None:
    """The flow of the line as the rate of its only source, where it is not a measured one: that never stands still."""
    flow = beside.told.current_flow
    if flow is None or flow.how == "sensed" or flow.value is None or not flow.value.value:
        return None
    return flow


def _differs(beside: Bedside, infusion: Infusion, source: Source | None) -> bool:
    """Whether drug, concentration or rate is another one than before; what either does not state differs in nothing."""
    return any(
        name in _SETTINGS and _is_other(getattr(infusion, name), reading) for name, reading in _stated(beside, source)
    )


def _is_other(known: Told[Any] | None, reading: Reading[Any] | None) -> bool:
    if known is None or reading is None or reading.value is None:
        return False
    before, now = known.reading.value, reading.value
    if isinstance(before, Quantity) and isinstance(now, Quantity):
        return not _equal(before, now)
    return bool(str(before).casefold() != str(now).casefold())


def _equal(one: Quantity, other: Quantity) -> bool:
    if one.unit == other.unit:
        return one.value == other.value
    try:
        return one.value == other.to(one.unit).value
    except ExportError:
        return False
