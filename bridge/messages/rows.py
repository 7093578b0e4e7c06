"""What one interrogation says, as rows of a message: every leaf that it states, by our term and, where it holds, MDC's.

Promises: nothing that is stated is left out or changed: digits, units, bounds and times are those of the export; what
was unreadable is flagged INV. An MDC number stands only beside what holds now: a setting that was found, or that is
pending, must not be taken for the one in force. The same interrogation gives the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bridge.chart.resource import Trace
from bridge.fhir_json import Json
from bridge.interrogation import Interrogation, Leaf, Moment, Reading, State, all_fields_of, stated
from bridge.messages.message import LINE, LINE_ROW, PUMP, PUMP_ROW
from bridge.quantity import Quantity
from bridge.terms.local import SYSTEM, LocalTerm, by_path, local_terms

_OWN_CHANNEL = {"states": "state", "boluses": "bolus", "refills": "refill", "alarms": "alarm", "events": "event"}
_ELSEWHERE = ("patient", "simulated", "infusion", "telling")  # PID, MSH, OBR; hospital pumps have their own messages
_STATE = "channels.states"
_INFUSING = "state-infusing"


@dataclass(slots=True)
class Rows:
    """Rows as they are gathered, with where each came from; `export` is the one that is cited."""

    export: str | None = None
    at: Callable[[Moment], str] = lambda moment: ""
    rows: list[Json] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)
    channels: int = 0

    def open(self, name: str, mdc: str = "") -> str:
        """A channel of its own, named by its device row; answers its place."""
        self.channels += 1
        place = f"1.1.{self.channels}"
        self.rows.append({"place": f"{place}.0", "name": name, **({"mdc": mdc} if mdc else {})})
        return place

    def add(self, place: str, term: LocalTerm, told: Json, reading: Reading[Any] | None, mdc: bool, at: str) -> None:
        """One row of a term."""
        row = {"place": place, "name": term.name, **({"mdc": term.mdc} if mdc and term.mdc else {}), **told}
        if at:
            row["at"] = at
        if reading is not None:
            self.traces.append(Trace(f"rows[{len(self.rows)}].value", self.export, reading.where, reading.text))
        self.rows.append(row)


def interrogation_rows(told: Interrogation, into: Rows) -> None:
    """The rows of an interrogation: the pump's, the line's, then a channel for each state, bolus and other item."""
    into.rows += [PUMP_ROW]
    numbered = list(_walk(Interrogation, told, "", 0))
    for prefix, first in ((PUMP, None), (LINE, LINE_ROW)):
        into.rows += [first] if first else []
        for path, leaf, reading, _ in numbered:
            term = by_path()[path]
            if prefix == (PUMP if term.level == "pump" else LINE):
                into.add(f"{prefix}.{term.number}", term, value_of(leaf, reading, term, True), reading, True, "")
    now = current(told)
    for channel in told.channels[:1]:
        for name, one in _OWN_CHANNEL.items():
            for item in getattr(channel, name):
                _item(into, f"channels.{name}", one, item, item is now)


def item_rows(into: Rows, name: str, item: Any) -> None:
    """One item in a channel of its own, such as the bolus of a delivery event."""
    plural = next(group for group, one in _OWN_CHANNEL.items() if one == name)
    _item(into, f"channels.{plural}", name, item, True)


def current(told: Interrogation) -> State | None:
    """The state that holds after the session; None where its update did not complete, or none is stated."""
    if not told.channels or stated(told.session.update) == "not-completed":
        return None
    states = [told.channel.state(tag) for tag in ("as-left", "observed", "as-found")]
    return next((state for state in states if state is not None), None)


def _item(into: Rows, path: str, name: str, item: Any, holds: bool) -> None:
    is_state = path == _STATE
    place = into.open(name, "70067" if is_state and holds else "")
    since = stated(item.at) if is_state and holds else None
    at = into.at(since) if since is not None else ""
    for below, leaf, reading, index in _walk(type(item), item, path, 0):
        term = by_path()[below]
        behind = f".{index}" if index else ""
        into.add(f"{place}.{term.number}{behind}", term, value_of(leaf, reading, term, holds), reading, holds, at)


Found = tuple[str, Leaf, Reading[Any], int]


def _walk(group: type, value: Any, path: str, index: int) -> Iterator[Found]:
    """The leaves of a group with their paths; what has a channel of its own is left to it."""
    for part in all_fields_of(group):
        found = getattr(value, part.name)
        below = f"{path}.{part.name}" if path else part.name
        if found is None or part.name in _ELSEWHERE:
            continue
        if part.leaf is not None:
            yield below, part.leaf, found, index
        elif not part.many:
            yield from _walk(type(found), found, below, index)
        elif below == "channels" or part.name not in _OWN_CHANNEL:
            for number, item in enumerate(found[:1] if below == "channels" else found, 1):
                yield from _walk(type(item), item, below, 0 if below == "channels" else number)


def value_of(leaf: Leaf, reading: Reading[Any], term: LocalTerm, holds: bool) -> Json:
    """Type, value, unit and how it is known of one row."""
    how = {"how": reading.how} if reading.how else {}
    if reading.value is None:
        return {"kind": "ST", "value": reading.text, "flag": "INV", **how}
    return {**_value(leaf, reading, term, holds), **how}


def _value(leaf: Leaf, reading: Reading[Any], term: LocalTerm, holds: bool) -> Json:
    value = reading.value
    if isinstance(value, Quantity):
        bound = {"kind": "SN", "bound": reading.bound} if reading.bound else {"kind": "NM"}
        return {**bound, "value": f"{value.value:f}", "unit": value.unit}
    if isinstance(value, Moment):
        return {"kind": "DTM", "value": printed(value)}
    if leaf.kind in ("integer", "time-of-day"):
        return {"kind": "NM", "value": str(value), "unit": "1" if leaf.kind == "integer" else "min"}
    if isinstance(value, date):
        return {"kind": "DT", "value": f"{value:%Y%m%d}"}
    if term.name == _INFUSING:
        word = "infusing" if value else "not-infusing"
        return _coded(f"pump-status-{word}", "MDC") if holds else _coded(word)
    if leaf.kind == "boolean":
        return _coded("true" if value else "false")
    return _coded(str(value)) if leaf.kind == "code" else {"kind": "ST", "value": str(value)}


def _coded(code: str, system: str = SYSTEM) -> Json:
    return {"kind": "CWE", "value": code, "system": system}


def coded_row(into: Rows, place: str, name: str, code: str) -> None:
    """A row of one of our own terms beside the model, such as why a delivery ended."""
    term = local_terms()[name]
    into.add(f"{place}.{term.number}", term, _coded(code), None, False, "")


def printed(moment: Moment) -> str:
    """A printed time as HL7 writes it: as fine as it is, with its offset where it has one."""
    form = {"day": "%Y%m%d", "minute": "%Y%m%d%H%M", "second": "%Y%m%d%H%M%S"}[moment.precision]
    text = f"{moment.local:{form}}"
    if moment.offset_minutes is None:
        return text
    hours, minutes = divmod(abs(moment.offset_minutes), 60)
    return f"{text}{'-' if moment.offset_minutes < 0 else '+'}{hours:02}{minutes:02}"
