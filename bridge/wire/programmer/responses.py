"""The responses of a programmer, decoded: from the payload of a frame to what it states, its lines still bytes.

Promises: a payload that does not fit its kind raises ExportError (`frame-unreadable`); nothing is guessed, no line
is interpreted. The encoder of responses is not here: only a simulated programmer answers.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from bridge.errors import ExportError
from bridge.wire.programmer.requests import Identify, ReadClocks, ReadEvents, ReadSection, ReadStatus, Request
from bridge.wire.programmer.tables import (
    CLOCKS_HEAD,
    ERROR_HEAD,
    EVENTS_HEAD,
    IDENTITY_HEAD,
    MAX_LINE,
    MAX_WINDOW,
    SECTION_HEAD,
    STATUS_BODY,
    VERSION,
    Answer,
)
from bridge.wire.serial_frames import Frame

MAX_PAGES = 256


@dataclass(frozen=True, slots=True)
class Identity:
    """Which reading the programmer holds: of which pump, what is in it, how many events."""

    version: int
    window: int
    token: int
    sections: int
    events: int
    oldest: int
    newest: int
    events_crc: int
    lines: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of one section."""

    token: int
    code: int
    page: int
    pages: int
    crc: int
    lines: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """STATUS1, ALARM1 and ALARM2."""

    token: int
    status: int
    alarms: int
    silenced: int


@dataclass(frozen=True, slots=True)
class Events:
    """All events of the log with after < number <= through."""

    token: int
    after: int
    through: int
    lines: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks at the instant of the reading."""

    token: int
    lines: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """The programmer's error: its code and its words."""

    code: int
    words: str


Response: TypeAlias = Identity | Page | Words | Events | Clocks | Refusal


def decode(frame: Frame) -> Response:
    """What a frame states; raises ExportError where its payload does not fit its kind, or the kind is no response."""
    reader = _READERS.get(frame.kind)
    if reader is None:
        raise _unreadable(f"a frame of kind {frame.kind:02X} is no response")
    try:
        return reader(frame.payload)
    except struct.error:
        raise _unreadable(f"a frame of kind {frame.kind:02X} is too short") from None


def answers(response: Response, request: Request) -> bool:
    """Whether a response is one to this request: of its kind, and of the same page or range."""
    match request, response:
        case _, Refusal():
            return True
        case (Identify(), Identity()) | (ReadStatus(), Words()) | (ReadClocks(), Clocks()):
            return True
        case ReadSection(), Page():
            return (request.code, request.page) == (response.code, response.page)
        case ReadEvents(), Events():
            return request.after == response.after
    return False


def _identity(payload: bytes) -> Identity:
    stated: tuple[Any, ...] = (*IDENTITY_HEAD.unpack_from(payload), _lines(payload[IDENTITY_HEAD.size :]))
    found = Identity(*stated)
    if found.version != VERSION:
        raise _unreadable("the programmer speaks another version of the protocol")
    if not 1 <= found.window <= MAX_WINDOW or found.oldest > found.newest or (found.events == 0) != (found.newest == 0):
        raise _unreadable("the programmer's IDENTITY contradicts itself")
    return found


def _page(payload: bytes) -> Page:
    token, code, page, pages, crc = SECTION_HEAD.unpack_from(payload)
    if not page < pages <= MAX_PAGES:
        raise _unreadable("a page of a section has an impossible number")
    return Page(token, code, page, pages, crc, _lines(payload[SECTION_HEAD.size :]))


def _words(payload: bytes) -> Words:
    token, status, alarms, silenced, crc = STATUS_BODY.unpack(payload)
    if zlib.crc32(payload[4:16]) != crc:
        raise _unreadable("the sum of the status words does not fit")
    return Words(token, status, alarms, silenced)


def _events(payload: bytes) -> Events:
    token, after, through, count = EVENTS_HEAD.unpack_from(payload)
    lines = _lines(payload[EVENTS_HEAD.size :])
    if len(lines) != count or through <= after:
        raise _unreadable("a page of the event log contradicts itself")
    return Events(token, after, through, lines)


def _clocks(payload: bytes) -> Clocks:
    token, crc = CLOCKS_HEAD.unpack_from(payload)
    if zlib.crc32(payload[CLOCKS_HEAD.size :]) != crc:
        raise _unreadable("the sum of the clocks does not fit")
    return Clocks(token, _lines(payload[CLOCKS_HEAD.size :]))


def _refusal(payload: bytes) -> Refusal:
    (code,) = ERROR_HEAD.unpack_from(payload)
    return Refusal(code, payload[ERROR_HEAD.size :].decode("utf-8", "replace"))


def _lines(content: bytes) -> tuple[bytes, ...]:
    """The lines of a page, each with its line feed."""
    if content and not content.endswith(b"\n"):
        raise _unreadable("a page does not end with a whole line")
    lines = tuple(line + b"\n" for line in content[:-1].split(b"\n")) if content else ()
    if any(len(line) > MAX_LINE for line in lines):
        raise _unreadable(f"a line has more than {MAX_LINE} bytes")
    return lines


def _unreadable(message: str) -> ExportError:
    remedy = "capture again; if it comes back, the programmer speaks another protocol"
    return ExportError(message, code="frame-unreadable", where="the line", remedy=remedy)


_READERS: dict[int, Callable[[bytes], Response]] = {
    Answer.IDENTITY: _identity,
    Answer.SECTION: _page,
    Answer.STATUS: _words,
    Answer.EVENTS: _events,
    Answer.CLOCKS: _clocks,
    Answer.ERROR: _refusal,
}
