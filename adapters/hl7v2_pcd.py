"""HL7 version 2 messages of infusion pumps: PCD-01 (ORU^R01), PCD-04 (ORU^R40), PCD-10 (ORU^R42) and their like.

Promises: one interrogation per line of a pump and stated time; a message is read whole or refused whole. A term that is
not in bridge/terms/mdc.csv, or that the model has no field for, is kept as it was printed. Units are those stated.
An interrogation is named by the line, its events and the pump's stated time, never by MSH-10: the same report under
another message number is the same report. What is read and what is not: adapters/hl7v2_pcd.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from adapters import hl7v2_implant, hl7v2_message
from adapters.hl7v2_events import event_of, happenings
from adapters.hl7v2_identity import pump_of, system_id
from adapters.hl7v2_rows import NAMING, Line, Row, Said, lines_of, rows_of
from adapters.hl7v2_values import MAX_TEXT, cleaned, coded, moment, quantity, refusal, term_stated, words
from bridge.adapter import Hint
from bridge.errors import ExportError
from bridge.hospital import Happening, Infusion, Source, Unread
from bridge.interrogation import (
    Channel,
    Drug,
    Interrogation,
    Moment,
    PatientStated,
    Programme,
    Reading,
    Session,
    State,
    built,
    proven,
)
from bridge.quantity import dimension_of
from bridge.wire import er7
from bridge.wire.er7 import Message, Segment

MAX_TIMES = 300  # of a line in one message: each is an interrogation
_FLOWS = ("flow per day", "flow per hour")


@dataclass(frozen=True, slots=True)
class Head:
    """What a message says of all its lines."""

    kind: Reading[str]
    simulated: Reading[bool] | None
    number: Reading[str]
    profile: Reading[str] | None
    patient: PatientStated
    message: Message


class Told(NamedTuple):
    """When a line said something, and the OBR that it stands under: whose order it is, and whether it corrects."""

    at: Reading[Moment]
    under: Segment


class Hl7v2Pcd:
    """The adapter."""

    name = "hl7v2_pcd"
    version = "1"
    media_type = "x-application/hl7-v2+er7"

    def recognises(self, content: bytes) -> bool:
        """Whether the content sets out to be HL7 version 2, of whatever type."""
        return er7.recognises(content)

    def read(self, content: bytes) -> tuple[Interrogation, ...]:
        """The interrogations of a message, a frame or a batch; raises ExportError."""
        return tuple(found for message in er7.read(content) for found in _interrogations(message))

    def hint(self, content: bytes) -> Hint | None:
        """Pump and time of a whole message that is refused; a cut one may still have had another pump to name."""
        if not er7.recognises(content):
            return None
        try:
            messages = er7.read(content)
            line = lines_of(rows_of(messages[0], taken_back=True))[0]
            pump = pump_of(line, messages[0])
            at = next((row.at.value.local for row in (*line.own, *line.shared) if row.at and row.at.value), None)
        except ExportError:
            return None
        return Hint(Interrogation(pump=pump).pump_identity, at)


def _interrogations(message: Message) -> list[Interrogation]:
    """What a message says; raises ExportError where it is nothing but the names of devices."""
    if hl7v2_implant.is_ours(message):
        return [hl7v2_implant.interrogation(message)]
    head = _head(message)
    found = [read for line in lines_of(rows_of(message)) for read in _of_line(line, head)]
    if not found:
        raise refusal("nothing-stated", "the message names devices and states nothing of them", message.header.place())
    return found


def _head(message: Message) -> Head:
    return Head(
        hl7v2_message.kind_of(message),
        hl7v2_message.simulated(message),
        hl7v2_message.control_id(message),
        hl7v2_message.profile(message),
        hl7v2_message.patient(message),
        message,
    )


def _of_line(line: Line, head: Head) -> Iterator[Interrogation]:
    """One interrogation for each time that the line's rows were taken at."""
    events = happenings(line, head.kind.text.endswith("R40"))
    plain = [row for row in (*line.own, *line.shared) if not row.said.is_event]
    times: dict[Moment, Reading[Moment]] = {}
    last: Reading[Moment] | None = None
    for at in (*(event.at for event in events), *(row.at for row in plain if row.said.is_dated)):
        if at is None:
            raise _no_time(head)
        if at is not last and at.value is not None:
            last = times.setdefault(at.value, at)
    if len(times) > MAX_TIMES:
        raise refusal("list-too-long", f"a line has rows of more than {MAX_TIMES} times", head.message.header.place())
    for value, at in times.items():
        yield _interrogation(
            line,
            head,
            Told(at, _under(line, at, value)),
            [row.said for row in plain if _is_of(row.at, at, value) or not row.said.is_dated],
            [event for event in events if _is_of(event.at, at, value)],
        )


def _under(line: Line, at: Reading[Moment], value: Moment) -> Segment:
    """The OBR of what a line says at a time: of its own rows before those of the whole pump, of values before names."""
    rows = [row for row in (*line.own, *line.shared) if _is_of(row.at, at, value)]
    return next((row for row in rows if row.said.is_dated), rows[0]).obr


def _is_of(stated: Reading[Moment] | None, at: Reading[Moment], value: Moment) -> bool:
    return stated is at or (stated is not None and stated.value == value)


def _no_time(head: Head) -> ExportError:
    where = next((obr.place(7) for obr in head.message.named("OBR")), head.message.header.place())
    return refusal("session-start-missing", "neither OBR-7 nor OBX-14 says when it was", where)


def _interrogation(
    line: Line, head: Head, told: Told, rows: Sequence[Said], events: Sequence[Happening]
) -> Interrogation:
    at = told.at
    infusion = _infusion(line, head, told.under, rows, events)
    session = {"start": at, "number": _number(line, at, events), "reported": _reported(rows, told.under, head)}
    channel = {
        "name": _only([source.label for source in infusion.sources]),
        "states": (_state(infusion, head, at),),
        "events": tuple(map(event_of, events)),
        "infusion": infusion,
    }
    stated = {
        "kind": head.kind,
        "simulated": head.simulated,
        "session": built(Session, session),
        "patient": head.patient,
        "pump": pump_of(line, head.message),
        "channels": (built(Channel, channel),),
    }
    return built(Interrogation, stated)


def _number(line: Line, at: Reading[Moment], events: Sequence[Happening]) -> Reading[str]:
    """What names the report: the line, its events with their phases, and the time as printed."""
    named = [text.text for event in events for text in (event.term, event.phase) if text]
    found = cleaned(" ".join([line.address, *named, at.text]), at.where)
    return proven(found, found, at.where)


def _reported(rows: Sequence[Said], under: Segment, head: Head) -> Reading[Moment] | None:
    """When the report was made, where it declares itself a correction: the later one then holds."""
    if any(said.status == "C" for said in rows) or under.text(25) == "C":
        return moment(head.message.header, 7)
    return None


def _infusion(line: Line, head: Head, under: Segment, rows: Sequence[Said], events: Sequence[Happening]) -> Infusion:
    told: dict[str, Any] = {}
    sources: dict[tuple[int, ...], dict[str, Any]] = {}
    unread: list[Unread] = []
    for said in rows:
        if said.is_device or not said.has_value or said.status == "X" or said.field in NAMING:
            continue
        name = said.field.removeprefix("source.")
        into = told
        if name != said.field:
            into = sources.setdefault(said.place[:3], {})
        if not name or name in into:
            unread.append(_unread(said))
        elif (found := _reading(said)) is not None:
            into[name] = found
    of_line = {
        "address": proven(line.address, line.address, (line.own or line.shared)[0].said.obx.place(4)),
        "device": _device(line.own) or _device(line.shared),
        "system_id": system_id(line.naming),
        "order": words(under, 2),
        "ordered": words(under, 4, 2) or words(under, 4, 1),
        "message": head.number,
        "profile": head.profile,
        "sources": tuple(_source(place, sources[place], line) for place in sorted(sources)),
        "events": tuple(events),
        "unread": tuple(unread),
    }
    return built(Infusion, of_line | told)


def _reading(said: Said) -> Any:
    """The value of a row that has a field, as a reading; None where it is empty."""
    if said.value is None:
        assert said.term is not None, "only a known term has a field"
        is_metric = said.term.kind == "metric"
        said.value = quantity(said.obx, said.term.dimension) if is_metric else coded(said.obx)
    return said.value


def _unread(said: Said) -> Unread:
    obx = said.obx
    where = obx.place(5)
    raw = obx.raw(5)
    text = f"{obx.text(2)} of {len(raw)} characters" if len(raw) > MAX_TEXT else cleaned(obx.plain(raw), where)
    told = {
        "term": term_stated(obx),
        "address": words(obx, 4),
        "value": proven(text, text, where) if text else None,
        "unit": words(obx, 6, 4) or words(obx, 6, 2) or words(obx, 6, 1),
    }
    return built(Unread, told)


def _device(rows: Sequence[Row]) -> Reading[str] | None:
    """The term of the pump's kind: the first device row that is no channel."""
    found = (row.said for row in rows if row.said.is_device and row.said.place[2:3] in ((), (0,)))
    return next((term_stated(said.obx) for said in found), None)


def _source(place: tuple[int, ...], told: dict[str, Any], line: Line) -> Source:
    rows = [row.said for row in (*line.own, *line.shared) if row.said.place[:3] == place]
    device = next((term_stated(said.obx) for said in rows if said.is_device), None)
    address = ".".join(map(str, place))
    return built(Source, {"address": proven(address, address, rows[0].obx.place(4)), "kind": device} | told)


def _state(infusion: Infusion, head: Head, at: Reading[Moment]) -> State:
    told = {
        "tag": proven("observed", head.kind.text, head.kind.where),
        "at": at,
        "infusing": _infusing(infusion.status),
        "programme": _programme(infusion),
        "drugs": _drugs(infusion.sources),
    }
    return built(State, told)


def _infusing(status: Reading[str] | None) -> Reading[bool] | None:
    """Whether it infuses, where the status says so; a pump in transition says neither."""
    if status is None or status.value is None:
        return None
    if status.value.endswith("not-infusing"):
        return proven(False, status.text, status.where)
    return proven(True, status.text, status.where) if status.value.endswith("status-infusing") else None


def _programme(infusion: Infusion) -> Programme | None:
    """The flow as the model of an implanted pump has it: the line's current one, else the only source's."""
    flow = infusion.current_flow or _only([source.rate for source in infusion.sources])
    if flow is None or (flow.value is not None and not _measures(flow.value.unit, *_FLOWS)):
        return None
    return built(Programme, {"flow": flow})


def _drugs(sources: Sequence[Source]) -> tuple[Drug, ...]:
    """The drug of the only source that names one."""
    named = [source for source in sources if source.drug is not None]
    if len(named) != 1:
        return ()
    strength = named[0].concentration
    fits = strength is not None and (strength.value is None or _measures(strength.value.unit, "concentration"))
    return (built(Drug, {"name": named[0].drug, "concentration": strength if fits else None}),)


def _measures(unit: str, *dimensions: str) -> bool:
    try:
        return dimension_of(unit) in dimensions
    except ExportError:
        return False


def _only(readings: Sequence[Reading[Any] | None]) -> Any:
    """The only reading there is; None where there is none, or several."""
    stated = [reading for reading in readings if reading is not None]
    return stated[0] if len(stated) == 1 else None


ADAPTER = Hl7v2Pcd()
