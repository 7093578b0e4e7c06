"""The answering side of the serial protocol: one document held as a reading, and the frame that answers each request.

Source: docs/reference/serial-protocol.md; its numbers stand in bridge/wire/programmer/tables.py. Promises: every answer
is of one reading; the same request of one token has the same answer; a frame that is no request of the protocol gets an
error, a damaged one nothing. It cannot be asked to change anything.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bridge.simulator.stated import Json
from bridge.wire.programmer.tables import (
    ALARM_BITS,
    CLOCKS_HEAD,
    ERROR_HEAD,
    EVENTS_HEAD,
    IDENTITY_HEAD,
    IDENTITY_KEYS,
    SECTION_HEAD,
    SECTIONS,
    STATUS_BITS,
    STATUS_BODY,
    VERSION,
    Answer,
    Ask,
    Fault,
    SectionKind,
)
from bridge.wire.serial_frames import HEAD, MAX_PAYLOAD, SYNC, Frame, crc16

WINDOW = 4
FIRST_TOKEN = 0x5EED0001
_TOKEN = struct.Struct(">I")
_PAGE = struct.Struct(">IBH")
_RANGE = struct.Struct(">IIH")


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.name)
        self.fault = fault


@dataclass(slots=True)
class Reading:
    """One document as the programmer holds it: sections in pages, the log by number, and the words."""

    token: int
    body: Json
    sections: dict[int, list[bytes]] = field(default_factory=dict)
    events: dict[int, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for section in SECTIONS:
            lines = list(_lines(_held(section, self.body)))
            if lines:
                self.sections[section.code] = _paged(lines, MAX_PAYLOAD - SECTION_HEAD.size)
        for event in self.body["channels"][0].get("events", []):
            self.events[int(event["number"])] = _line(event, ("number", "at", "code", "severity", "text"))

    def identity(self) -> bytes:
        """The payload of IDENTITY."""
        numbers = sorted(self.events)
        oldest, newest = (numbers[0], numbers[-1]) if numbers else (0, 0)
        crc = zlib.crc32(b"".join(self.events[number] for number in numbers))
        held = sum(1 << code for code in self.sections)
        head = IDENTITY_HEAD.pack(VERSION, WINDOW, self.token, held, len(numbers), oldest, newest, crc)
        pump = self.body["pump"]
        return head + b"".join(_lines({name: pump[name] for name in IDENTITY_KEYS}))

    def section(self, code: int, page: int) -> bytes:
        """The payload of SECTION."""
        if code not in self.sections:
            raise Refused(Fault.NO_SUCH_SECTION)
        pages = self.sections[code]
        if page >= len(pages):
            raise Refused(Fault.NO_SUCH_PAGE)
        crc = zlib.crc32(b"".join(pages))
        return SECTION_HEAD.pack(self.token, code, page, len(pages), crc) + pages[page]

    def status(self) -> bytes:
        """The payload of STATUS."""
        channel, alarms = self.body["channels"][0], 0
        runs = _infusing(channel.get("states", []))
        longevity = self.body.get("longevity", {})
        set_bits = {
            "infusing": runs is True, "stopped": runs is False, "simulated": self.body["simulated"],
            "eri": longevity.get("eri"), "end-of-service": longevity.get("end_of_service"),
        }  # fmt: skip
        for alarm in channel.get("alarms", []):
            alarms |= 1 << next(bit for bit, code in ALARM_BITS.items() if code == alarm["code"])
        words = (sum(1 << bit for bit, name in STATUS_BITS.items() if set_bits[name]), alarms, 0)
        return STATUS_BODY.pack(self.token, *words, zlib.crc32(struct.pack(">III", *words)))

    def log(self, after: int, count: int) -> bytes:
        """The payload of EVENTS: as many as fit, to the end of the range unless the page is full."""
        if count < 1:
            raise Refused(Fault.BAD_REQUEST)
        room, through, lines = MAX_PAYLOAD - EVENTS_HEAD.size, after + count, list[bytes]()
        for number in sorted(one for one in self.events if after < one <= after + count):
            line = self.events[number]
            if sum(map(len, lines)) + len(line) > room:
                through = max(one for one in self.events if one < number)
                break
            lines.append(line)
        if not lines:
            through = max(through, min((one for one in self.events if one > after), default=through + 1) - 1)
        return EVENTS_HEAD.pack(self.token, after, through, len(lines)) + b"".join(lines)

    def clocks(self) -> bytes:
        """The payload of CLOCKS."""
        lines = b"".join(_lines(self.body["clocks"]))
        return CLOCKS_HEAD.pack(self.token, zlib.crc32(lines)) + lines


def _infusing(states: list[Json]) -> bool | None:
    """What the newest state says: as left, else observed, else as found."""
    by_tag = {state["tag"]: state.get("infusing") for state in states}
    tag = next((tag for tag in ("as-left", "observed", "as-found") if tag in by_tag), "")
    return by_tag.get(tag)


def _held(section: SectionKind, body: Json) -> Any:
    """What a document states below the path of a section."""
    node: Any = body
    for part in filter(None, section.path.split("/")):
        node = (node[int(part) - 1] if isinstance(node, list) else node.get(part)) or {}
    return {name: node[name] for name in section.names if name in node} if section.names else node


def _lines(node: Any, path: str = "") -> Iterator[bytes]:
    """The lines of a group or list: key, value, unit, how."""
    items = enumerate(node, 1) if isinstance(node, list) else node.items()
    for name, value in items:
        key = f"{path}/{name}" if path else str(name)
        if isinstance(value, dict) and "value" in value:
            yield _line({"key": key, **value}, ("key", "value", "unit", "how"))
        elif isinstance(value, dict | list):
            yield from _lines(value, key)
        else:
            yield _line({"key": key, "value": value}, ("key", "value"))


def _line(cells: Json, names: tuple[str, ...]) -> bytes:
    texts = [str(cells.get(name, "")) for name in names]
    texts = [text.lower() if text in ("True", "False") else text for text in texts]
    return ("\t".join(texts).rstrip("\t") + "\n").encode()


def _paged(lines: list[bytes], room: int) -> list[bytes]:
    pages = [b""]
    for line in lines:
        if len(pages[-1]) + len(line) > room:
            pages.append(b"")
        pages[-1] += line
    return pages


class Answerer:
    """Answers requests from the reading that is held; `hold` takes a new one, with a new token."""

    def __init__(self) -> None:
        self.reading: Reading | None = None
        self._token = FIRST_TOKEN - 1

    def hold(self, body: Json) -> None:
        """The pump was interrogated: from now on everything is answered from this."""
        self._token = (self._token + 1) % 2**32
        self.reading = Reading(self._token, body)

    def answer(self, frame: Frame) -> bytes:
        """The frame that answers a frame."""
        try:
            kind, payload = self._answered(frame)
        except Refused as refused:
            words = refused.fault.name.lower().replace("_", " ")
            kind, payload = Answer.ERROR, ERROR_HEAD.pack(refused.fault) + words.encode()
        except struct.error:
            kind, payload = Answer.ERROR, ERROR_HEAD.pack(Fault.BAD_REQUEST) + b"bad request"
        return framed(frame.sequence, kind, payload)

    def _answered(self, frame: Frame) -> tuple[int, bytes]:
        if frame.kind not in tuple(Ask):
            raise Refused(Fault.UNKNOWN_KIND)
        if frame.kind == Ask.IDENTIFY and len(frame.payload) == 1 and frame.payload[0] != VERSION:
            raise Refused(Fault.VERSION)
        if self.reading is None:
            raise Refused(Fault.NO_READING)
        if frame.kind == Ask.IDENTIFY:
            return Answer.IDENTITY, self._identified(self.reading, frame.payload)
        token, *asked = _ASKED[frame.kind].unpack(frame.payload)
        if token != self.reading.token:
            raise Refused(Fault.STALE_TOKEN)
        answers: dict[int, Callable[..., bytes]] = {
            Ask.READ_SECTION: self.reading.section, Ask.READ_STATUS: self.reading.status,
            Ask.READ_EVENTS: self.reading.log, Ask.READ_CLOCKS: self.reading.clocks,
        }  # fmt: skip
        return frame.kind | 0x80, answers[frame.kind](*asked)

    def _identified(self, reading: Reading, payload: bytes) -> bytes:
        if len(payload) != 1:
            raise Refused(Fault.BAD_REQUEST)
        return reading.identity()


_ASKED: dict[int, struct.Struct] = {
    Ask.READ_SECTION: _PAGE, Ask.READ_STATUS: _TOKEN, Ask.READ_EVENTS: _RANGE, Ask.READ_CLOCKS: _TOKEN,
}  # fmt: skip


def framed(sequence: int, kind: int, payload: bytes) -> bytes:
    """A frame of the protocol."""
    inner = HEAD.pack(len(payload), sequence, kind) + payload
    return SYNC + inner + struct.pack(">H", crc16(inner))
