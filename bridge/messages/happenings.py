"""What is told when it happens: a delivery that begins or ends (PCD-10), an alarm that begins or is over (PCD-04).

Promises: only what the pump's own record dates; a delivery that became unknown has no end to tell of. A gap that a
segment borders is told by that segment, an alarm's row of the log by the alarm. The number of DELIV_STOP could not be
verified: it goes out by its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bridge.course.clocks import Instant
from bridge.course.facts import AlarmFact, BolusFact, EventFact, Gap, Mixture, Segment
from bridge.fhir_json import Json
from bridge.interrogation import ALARM_CODES, Alarm, Bolus, Event, Programme, Reading, State, stated
from bridge.messages.message import ALARM, DELIVERY, LINE_ROW, PUMP, PUMP_ROW
from bridge.messages.rows import Rows, coded_row, item_rows
from bridge.terms.local import SYSTEM

START, STOP, COMPLETE = "MDC_EVT_PUMP_DELIV_START", "MDC_EVT_PUMP_DELIV_STOP", "MDC_EVT_PUMP_DELIV_COMP"
_NUMBERS = {START: "197288", STOP: "", COMPLETE: "197292"}
_WORDS = {START: "delivery begins", STOP: "delivery ends", COMPLETE: "delivery is complete"}
_RUNS = {START: "infusing", STOP: "not-infusing", COMPLETE: "not-infusing"}


@dataclass(frozen=True, slots=True)
class Told:
    """One message about one instant; `discriminator` names it within its kind, `parent` the one that it ends."""

    type: str
    kind: str
    discriminator: str
    at: Instant
    title: str
    service: str
    rows: tuple[Json, ...]
    exports: tuple[str, ...]
    parent: str = ""


def segment(fact: Segment) -> Iterator[Told]:
    """A segment begins, where its start is recorded; it ends where it was completed or stopped."""
    background = "bridge" if fact.bridge else "background"
    rows = _state(fact.settings, fact.mixture)
    coded_row(rows, "1.1.1", "delivery-began", fact.began)
    if fact.certainty == "recorded":
        yield _delivery(START, f"segment {fact.discriminator}", fact.start, background, rows, fact.source.exports)
    if fact.status in ("completed", "stopped") and fact.end is not None:
        event = COMPLETE if fact.reason == "bridge-ended" else STOP
        ended = _state(fact.settings, fact.mixture)
        if fact.reason:
            coded_row(ended, "1.1.1", "delivery-ended", fact.reason)
        yield _delivery(event, f"segment {fact.discriminator}", fact.end, background, ended, fact.source.exports)


def gap(fact: Gap) -> Iterator[Told]:
    """Delivery stops and goes on, where no segment tells so."""
    if fact.segment_before is None and fact.reason != "found-not-infusing":
        rows = _state(fact.settings, None)
        coded_row(rows, "1.1.1", "delivery-ended", fact.reason)
        yield _delivery(STOP, f"gap {fact.discriminator}", fact.start, "background", rows, fact.source.exports)
    if fact.closed and fact.end is not None and fact.segment_after is None and not fact.left_running:
        rows = _state(fact.settings, None)
        coded_row(rows, "1.1.1", "delivery-began", f"{fact.reason}-over")
        yield _delivery(START, f"gap {fact.discriminator}", fact.end, "background", rows, fact.source.exports)


def bolus(fact: BolusFact) -> Iterator[Told]:
    """A bolus begins; it ends complete, or cancelled."""
    name = f"{fact.kind} bolus"
    yield _delivery(START, f"bolus {fact.discriminator}", fact.start, name, _bolus(fact), fact.source.exports)
    event = {"complete": COMPLETE, "cancelled": STOP}.get(fact.outcome or "")
    if event and fact.end is not None:
        yield _delivery(event, f"bolus {fact.discriminator}", fact.end, name, _bolus(fact), fact.source.exports)


def alarm(fact: AlarmFact) -> Iterator[Told]:
    """An alarm is in force; it is over."""
    rows = Rows()
    item_rows(rows, "alarm", fact.alarm)
    exports = fact.source.exports
    yield _alarm("start", fact.discriminator, fact.since, fact.alarm, rows, exports)
    if fact.until is not None:
        yield _alarm("end", fact.discriminator, fact.until, fact.alarm, rows, exports)


def logged(fact: EventFact) -> Iterator[Told]:
    """A row of the log that is an alarm, where no alarm in force tells of the same."""
    code = stated(fact.event.code)
    if fact.alarm is not None or code not in ALARM_CODES or code == "other":
        return
    rows = Rows()
    item_rows(rows, "event", fact.event)
    yield _alarm("start", f"log {fact.discriminator}", fact.at, fact.event, rows, fact.source.exports)


def _state(programme: Programme | None, mixture: Mixture | None) -> Rows:
    """The settings and the drug that the delivery has, in the message's first channel."""
    rows = Rows()
    item_rows(rows, "state", State(programme=programme, drugs=mixture.drugs if mixture else ()))
    return rows


def _bolus(fact: BolusFact) -> Rows:
    rows = Rows()
    kind: Reading[str] = Reading(fact.kind, fact.kind, "")
    item_rows(rows, "bolus", Bolus(kind=kind, dose=fact.dose, programmed=fact.programmed, volume=fact.volume))
    return rows


def _delivery(event: str, name: str, at: Instant, what: str, rows: Rows, exports: Sequence[str]) -> Told:
    told = {"place": f"{PUMP}.31", "mdc": "68487", "kind": "CWE", "value": _NUMBERS[event], "text": event}
    runs = {"place": "1.1.0.40", "mdc": "184519", "kind": "CWE", "value": f"pump-status-{_RUNS[event]}"}
    shown = (runs | {"system": "MDC"},) if what == "background" else ()  # beside a bolus it goes on
    phase = "start" if event == START else "end"
    return Told(
        DELIVERY, "delivery", f"{name} {phase}", at, f"{what[:1].upper()}{what[1:]}: {_WORDS[event]}", "delivery",
        (PUMP_ROW, told | {"system": "MDC"}, LINE_ROW, *shown, *rows.rows), tuple(exports),
    )  # fmt: skip


_PRIORITY = {"critical": "PH", "non-critical": "PL"}


def _alarm(phase: str, name: str, at: Instant, said: Alarm | Event, rows: Rows, exports: Sequence[str]) -> Told:
    """The facets of an alarm (PCD-04) beside its rows; a priority only where the pump states a severity."""
    code = stated(said.code) or "other"
    words = stated(said.text) or code
    facets: list[Json] = [
        _facet(1, "196616", code, SYSTEM),
        _facet(3, "68481", phase),
        _facet(4, "68482", "active" if phase == "start" else "inactive"),
    ]
    priority = _PRIORITY.get(stated(said.severity) or "")
    facets += [_facet(6, "68484", priority)] if priority else []
    facets += [_facet(7, "68485", "ST")]
    text = {"place": "1.1.0.41.8", "mdc": "68546", "kind": "ST", "value": words}
    return Told(
        ALARM, "alarm", f"{name} {phase}", at, f"Alarm {code}: {phase}", "alarm",
        (PUMP_ROW, LINE_ROW, *facets, text, *rows.rows), tuple(exports), f"{name} start" if phase == "end" else "",
    )  # fmt: skip


def _facet(number: int, mdc: str, value: str, system: str = "") -> Json:
    row = {"place": f"1.1.0.41.{number}", "mdc": mdc, "kind": "CWE" if system else "ST", "value": value}
    return row | ({"system": system} if system else {})
