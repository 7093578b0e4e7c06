"""The requests that the bridge can put on a line: five, and each of them reads.

1. `encode` writes the five classes below and nothing else: no kind, no payload and no frame can be handed to it.
2. Nothing else in the bridge writes a frame to a line.

Source: docs/reference/serial-protocol.md; that the bridge only reads is a law of its own.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TypeAlias

from bridge.wire.programmer.tables import VERSION, Ask
from bridge.wire.serial_frames import HEAD, SYNC, Frame, crc16


@dataclass(frozen=True, slots=True)
class Identify:
    """Which reading the programmer holds, and of which pump."""


@dataclass(frozen=True, slots=True)
class ReadSection:
    """One page of one section."""

    token: int
    code: int
    page: int


@dataclass(frozen=True, slots=True)
class ReadStatus:
    """The status and alarm words."""

    token: int


@dataclass(frozen=True, slots=True)
class ReadEvents:
    """The events numbered after + 1 to after + count, as many as one page holds."""

    token: int
    after: int
    count: int

    @property
    def through(self) -> int:
        """The highest number that is asked for."""
        return self.after + self.count


@dataclass(frozen=True, slots=True)
class ReadClocks:
    """The clocks at the instant of the reading."""

    token: int


Request: TypeAlias = Identify | ReadSection | ReadStatus | ReadEvents | ReadClocks

_TOKEN = struct.Struct(">I")
_SECTION = struct.Struct(">IBH")
_EVENTS = struct.Struct(">IIH")


def encode(request: Request, sequence: int) -> bytes:
    """The frame of a request; raises TypeError for anything else, struct.error for a number that does not fit."""
    kind, payload = _spelled(request)
    body = HEAD.pack(len(payload), sequence, kind) + payload
    return SYNC + body + struct.pack(">H", crc16(body))


def _spelled(request: Request) -> tuple[Ask, bytes]:
    known = type(request)
    if known is Identify:
        return Ask.IDENTIFY, bytes((VERSION,))
    if isinstance(request, ReadSection) and known is ReadSection:
        return Ask.READ_SECTION, _SECTION.pack(request.token, request.code, request.page)
    if isinstance(request, ReadStatus) and known is ReadStatus:
        return Ask.READ_STATUS, _TOKEN.pack(request.token)
    if isinstance(request, ReadEvents) and known is ReadEvents:
        return Ask.READ_EVENTS, _EVENTS.pack(request.token, request.after, request.count)
    if isinstance(request, ReadClocks) and known is ReadClocks:
        return Ask.READ_CLOCKS, _TOKEN.pack(request.token)
    raise TypeError(f"{known.__name__} is not a request that reads")


def decode(frame: Frame) -> Request | None:
    """The request in a frame that was sent, or None where it is none of ours; for who reads a transcript."""
    try:
        return _understood(frame)
    except struct.error:
        return None


def _understood(frame: Frame) -> Request | None:
    match frame.kind:
        case Ask.IDENTIFY:
            return Identify() if frame.payload == bytes((VERSION,)) else None
        case Ask.READ_SECTION:
            return ReadSection(*_SECTION.unpack(frame.payload))
        case Ask.READ_STATUS:
            return ReadStatus(*_TOKEN.unpack(frame.payload))
        case Ask.READ_EVENTS:
            return ReadEvents(*_EVENTS.unpack(frame.payload))
        case Ask.READ_CLOCKS:
            return ReadClocks(*_TOKEN.unpack(frame.payload))
    return None
