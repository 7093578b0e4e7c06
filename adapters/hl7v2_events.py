"""Events and alarms of a message: which rows belong to one, and what it is.

Promises: START, STOP and COMP are told apart by their verified numbers or by their names; an event that is not known
keeps its term as stated and is `other`. An event of the whole pump belongs to the line that its source names, else to
every line of that pump.
"""

from __future__ import annotations

from collections.abc import Sequence

from adapters.hl7v2_rows import EVENTS, Line, Row, Said
from adapters.hl7v2_values import coded, refusal, term_stated, whole, words
from bridge.hospital import Happening
from bridge.interrogation import Event, Reading, proven
from bridge.terms import mdc
from bridge.wire.er7 import Segment

MAX_EVENTS = 200  # of a line in one message
FACETS = ("source", "phase", "state", "inactivation", "priority", "type", "text")
_FLAGS = {"priority": ("PN", "PL", "PM", "PH", "PI", "PU"), "type": ("SP", "ST", "SA")}


def _begins(row: Row) -> bool:
    return row.said.field in ("event.term", "event.alarm") or row.said.is_alert


def happenings(line: Line, alarm: bool) -> list[Happening]:
    """The events that concern a line, in the order of the message; `alarm`: the message is an alarm report."""
    found: list[Happening] = []
    every = (*line.shared, *line.own)
    under: dict[int, list[Row]] = {}
    for row in every:
        if row.said.is_event and row.said.status != "X":
            under.setdefault(row.obr.number, []).append(row)
    obrs = {row.obr.number: row.obr for row in every}
    for number, obr in sorted(obrs.items()):
        mine = under.get(number, [])
        starts, others = [row for row in mine if _begins(row)], [row for row in mine if not _begins(row)]
        if len(found) + len(starts) > MAX_EVENTS:
            raise refusal("list-too-long", f"a message has more than {MAX_EVENTS} events of a line", obr.place())
        for start in starts:
            facets = [row for row in others if len(starts) == 1 or row.said.place[:4] == start.said.place[:4]]
            if _concerns(line, start, facets):
                found.append(_happening(obr, start, facets, alarm))
        if not starts and obr.text(4, 2).startswith(EVENTS):
            found.append(_named_by_order(obr, line, mine, alarm))
    return found


def _concerns(line: Line, start: Row, facets: Sequence[Row]) -> bool:
    """Whether an event of the whole pump is of this line: its source may name another."""
    if start.said.place[1:2] not in ((), (0,)):
        return True
    for row in facets:
        parts = row.said.obx.text(5).split(".")
        if row.said.field == "event.source" and len(parts) > 2 and all(part.isdigit() for part in parts):
            return int(parts[1]) in (0, line.vmd[1])
    return True


def _happening(obr: Segment, start: Row, facets: Sequence[Row], alarm: bool) -> Happening:
    said, obx = start.said, start.said.obx
    named = said.is_alert
    term = term_stated(obx) if named else coded(obx)
    text = _facet(facets, "text") or (whole(obx, 5) if named else None)
    known = said.term if named else mdc.term(obx.text(5, 1), obx.text(5, 2), obx.place(5))
    if known is None and not named and term is not None:
        known = mdc.term("", term.text, term.where)
    kind = known.field if known is not None and known.kind == "event" else "other"
    if kind == "other" and (alarm or said.field == "event.alarm"):
        kind = "alarm"
    where = obx.place(3 if named else 5)
    return Happening(
        number=words(obr, 3),
        parent=words(obr, 29, 2) or words(obr, 29, 1),
        kind=proven(kind, term.text if term else kind, where),
        term=term,
        at=start.at,
        source=_facet(facets, "source"),
        phase=_facet(facets, "phase"),
        state=_facet(facets, "state"),
        inactivation=_facet(facets, "inactivation"),
        priority=_facet(facets, "priority") or _flag(said, "priority"),
        type=_facet(facets, "type") or _flag(said, "type"),
        text=text,
    )


def _named_by_order(obr: Segment, line: Line, facets: Sequence[Row], alarm: bool) -> Happening:
    """An event that only OBR-4 names."""
    term = words(obr, 4, 2)
    assert term is not None, "looked at before"
    at = next((row.at for row in (*line.own, *line.shared) if row.obr.number == obr.number), None)
    return Happening(
        number=words(obr, 3),
        parent=words(obr, 29, 2) or words(obr, 29, 1),
        kind=proven("alarm" if alarm else "other", term.text, term.where),
        term=term,
        at=at,
        source=_facet(facets, "source"),
        phase=_facet(facets, "phase"),
        text=_facet(facets, "text"),
    )


def _facet(facets: Sequence[Row], name: str) -> Reading[str] | None:
    return next((found for row in facets if row.said.field == f"event.{name}" and (found := coded(row.said.obx))), None)


def _flag(said: Said, name: str) -> Reading[str] | None:
    """Priority and type may stand as flags in OBX-8 of the alarm's first row."""
    for flag in said.obx.repetitions(8):
        if flag.strip() in _FLAGS[name]:
            return proven(flag.strip(), flag.strip(), said.obx.place(8))
    return None


def event_of(happening: Happening) -> Event:
    """The same as a row of the pump's event log, for whoever reads only these."""
    term = happening.term or happening.kind
    assert term is not None, "every event has a kind"
    phase = f" {happening.phase.text}" if happening.phase else ""
    words_said = f": {happening.text.text}" if happening.text else ""
    return Event(
        number=happening.number,
        at=happening.at,
        code=proven("other", term.text, term.where),
        text=proven(f"{term.text}{phase}{words_said}"[:2000], f"{term.text}{phase}{words_said}"[:2000], term.where),
    )
