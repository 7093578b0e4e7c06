"""The OBX rows of a message by their place in the pump (OBX-4): which line, which source, which event, and when.

Promises: places are compared as numbers (1.1.2.10 follows 1.1.2.9); a `0` is an anonymous level. A line is a VMD, or a
delivery channel where a VMD has several. A row's time is its own (OBX-14), else that of its OBR; rows of one line that
were taken at different times are never told as of one time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from adapters.hl7v2_values import MEMO, SHORT, moment, refusal
from bridge.errors import ExportError
from bridge.interrogation import Moment, Reading
from bridge.terms import mdc
from bridge.terms.mdc import Term
from bridge.wire.er7 import Coding, Message, Segment, components

# What holds for the pump or the source until it is stated otherwise: shared by all times of a line.
LASTING = frozenset({
    "model", "system_id", "serial", "firmware", "library", "library_version", "care_area", "patient_weight",
    "source.label", "source.drug", "source.concentration",
})  # fmt: skip
NAMING = frozenset({"model", "system_id", "serial", "firmware"})
EVENTS = ("MDC_EVT_", "MDCX_EVT_")  # how the names of events begin
DELIVERS = frozenset({"status", "current_flow"})
Place = tuple[int, ...]
MAX_ROWS = 5_000  # of a message: two hundred pumps that state all that they can
_LEVELS = re.compile(r"[0-9]{1,8}(?:\.[0-9]{1,8}){0,5}", re.ASCII)


@dataclass(slots=True, eq=False)
class Said:
    """What one OBX says by itself: made once for a row that comes again, and never changed."""

    obx: Segment
    code: str
    refid: str
    term: Term | None
    field: str  # the field of the model that the term states; '' where there is none
    place: Place
    at: Reading[Moment] | None
    status: str
    has_value: bool
    is_device: bool  # whether the row names a device or a part of one
    is_alert: bool  # whether OBX-3 itself names an event, as in some alarm messages
    is_event: bool  # whether the row tells of an event or is a facet of one
    is_dated: bool  # whether the row says something of a moment
    value: Any = None  # its value as a reading, once somebody has asked for it


@dataclass(slots=True, eq=False)
class Row:
    """One OBX in its message: what it says, the OBR that it stands under, and its time.

    The time is settled once all rows of the OBR are known.
    """

    said: Said
    obr: Segment
    at: Reading[Moment] | None


@dataclass
class Line:
    """One line of a pump: where it is, its own rows, and those of the pump that it belongs to."""

    address: str
    vmd: Place
    own: list[Row] = field(default_factory=list)
    shared: list[Row] = field(default_factory=list)

    @cached_property
    def naming(self) -> tuple[Said, ...]:
        """The rows that may name the pump, the nearest to the line first: its VMD's, then the pump's."""
        near = sorted(_naming(self.own), key=lambda said: said.place[2:4])
        return *near, *_naming(self.shared)


def _naming(rows: Iterable[Row]) -> list[Said]:
    return [row.said for row in rows if row.said.is_device or row.said.field in NAMING]


def rows_of(message: Message, *, taken_back: bool = False) -> list[Row]:
    """The OBX rows in order, each under its OBR; raises ExportError where one is missing, misplaced or doubled.

    Rows that take back what was sent are refused, unless they are asked for: they still name the pump.
    """
    found: list[Row] = []
    obr: Segment | None = None
    seen: set[tuple[int, str, str]] = set()
    for segment in message.segments:
        if segment.name == "OBR":
            obr = segment
        elif segment.name == "OBX":
            if obr is None:
                raise refusal("segment-order", "an OBX stands before any OBR", segment.place())
            said = _said(segment)
            if said.status in ("D", "W") and not taken_back:
                remedy = "find the export that it concerns, and `pumpbridge withdraw` it"
                raise refusal("message-takes-back", "a row takes back what was sent", segment.place(11), remedy)
            key = (obr.number, segment.raw(4), said.code if said.code not in ("", "0") else said.refid)
            if key in seen:
                raise refusal("field-repeated", "one term stands twice at one place of the pump", segment.place(3))
            seen.add(key)
            found.append(Row(said, obr, said.at))
            if len(found) > MAX_ROWS:
                raise refusal("list-too-long", f"a message has more than {MAX_ROWS} rows", segment.place())
    if not found:
        raise refusal("segment-missing", "there is no OBX", message.header.place())
    return _timed(found)


def _said(obx: Segment) -> Said:
    if obx.meant is None:
        obx.meant = _read(obx)
    found: Said = obx.meant
    return found


def _read(obx: Segment) -> Said:
    raw, where, status, has_value = obx.raw(3), obx.raw(4), obx.text(11), bool(obx.raw(5))
    named = (_known(raw, obx.coding) if len(raw) <= SHORT else None) or _named(obx.components(3), obx.place(3))
    place = (_known_place(where) if len(where) <= SHORT else ()) or _place(obx.text(4))
    term, field = named.term, named.field
    is_alert = not field and (named.refid.startswith(EVENTS) or (term is not None and term.kind == "event"))
    is_device = (term is not None and term.kind == "device") or (status == "X" and not has_value)
    return Said(
        obx, named.code, named.refid, term, field, place, moment(obx, 14), status, has_value, is_device, is_alert,
        is_event=is_alert or field.startswith("event."), is_dated=not is_device and field not in LASTING,
    )  # fmt: skip


class Named(NamedTuple):
    """What OBX-3 names: number and name as stated, the row of the table, and what the model has for it."""

    code: str
    refid: str
    term: Term | None
    field: str


def _named(stated: Sequence[str], where: str) -> Named:
    """The term of a row; raises ExportError where there is none, or number and name contradict each other."""
    code, refid, system = (*stated, "", "")[:3]
    if not code and not refid:
        raise refusal("segment-missing", "a row without a term", where)
    if refid and not code.isdigit() and code.startswith("MDC"):
        code, refid = refid if refid.isdigit() else "", code
    term = mdc.term(code, refid, where) if system in ("MDC", "") else None
    states = term.field if term and term.kind in ("metric", "text") else ""
    return Named(code, refid, term, states)


@lru_cache(MEMO)
def _known(raw: str, coding: Coding) -> Named | None:
    """None for what is refused: the place of a refusal is its own."""
    try:
        return _named(components(raw, coding), "")
    except ExportError:
        return None


def _place(text: str) -> Place:
    """The four levels and the facet; () where this is no place in a pump."""
    if not _LEVELS.fullmatch(text):
        return ()
    numbers = tuple(map(int, text.split(".")))
    return numbers + (0,) * (4 - len(numbers))


_known_place = lru_cache(MEMO)(_place)  # of a field as sent: where it is digits and points, it is the text too


def _timed(rows: Sequence[Row]) -> list[Row]:
    """The rows with the time that holds for them."""
    under: dict[int, list[Row]] = {}
    for row in rows:
        under.setdefault(row.obr.number, []).append(row)
    for mine in under.values():
        at = moment(mine[0].obr, 7) or _only_time(mine)
        for row in mine:
            row.at = row.at or at
    return [row for mine in under.values() for row in mine]


def _only_time(rows: Sequence[Row]) -> Reading[Moment] | None:
    """The one time of an OBR's rows where OBR-7 states none: the event's, or the only one there is."""
    for some in ([row for row in rows if row.said.field.startswith("event.")], rows):
        stated = {row.at.value: row.at for row in some if row.at is not None}
        if len(stated) == 1:
            return next(iter(stated.values()))
    return None


def lines_of(rows: Iterable[Row]) -> list[Line]:
    """The lines of the pumps of a message, in the order of their places."""
    parts: dict[Place, list[Row]] = {}
    shared: dict[int, list[Row]] = {}
    for row in rows:
        place = row.said.place
        if not place or place[1:3] == (0, 0):
            shared.setdefault(place[0] if place else 1, []).append(row)
        else:
            parts.setdefault(place[:2], []).append(row)
    lines = [line for vmd in sorted(parts) for line in _lines(vmd, parts[vmd])]
    for mds in sorted(shared):
        under = [line for line in lines if line.vmd[0] == mds]
        if not under:
            lines.append(under_it := Line(f"{mds}", (mds, 0)))
            under = [under_it]
        for line in under:
            line.shared += shared[mds]
    return lines


def _lines(vmd: Place, rows: list[Row]) -> Iterator[Line]:
    delivering = sorted({row.said.place[2] for row in rows if row.said.place[2] and _delivers(row)})
    name = ".".join(map(str, vmd))
    if len(delivering) < 2:
        yield Line(name, vmd, rows)
        return
    for number, first in enumerate(delivering):
        end = delivering[number + 1] if number + 1 < len(delivering) else None
        low = first if number else 1
        own = [row for row in rows if low <= row.said.place[2] and (end is None or row.said.place[2] < end)]
        yield Line(f"{name}.{first}", vmd, own, [row for row in rows if not row.said.place[2]])


def _delivers(row: Row) -> bool:
    """Whether the row shows that its channel is a delivery channel."""
    if row.said.term is not None and row.said.term.kind == "device":
        return row.said.term.field == "delivery"
    return row.said.field in DELIVERS
