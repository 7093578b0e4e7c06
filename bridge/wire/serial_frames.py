"""The frames of the serial protocol as a receiver finds them: bytes in, frames and noise out.

1. Every byte that is fed comes out once, in order: in a frame, in noise, or it is still pending.
2. A frame is given only where its CRC fits; where it does not, one byte is dropped and the rest looked at again, so
   that a frame behind or inside a damaged one is found.
3. How the bytes are split between two readings of the line makes no difference.

Pure: no port, no clock; the caller says when the line has been silent. It writes no frame. Source:
docs/reference/serial-protocol.md.
"""

from __future__ import annotations

import binascii
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

SYNC = b"\xa5\x5a"
HEAD = struct.Struct(">HBB")  # length of the payload, sequence, kind
MAX_PAYLOAD = 1_024
OVERHEAD = len(SYNC) + HEAD.size + 2

Damage = Literal["stray", "length", "crc", "cut"]


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole frame and the bytes that it was."""

    sequence: int
    kind: int
    payload: bytes
    raw: bytes


@dataclass(frozen=True, slots=True)
class Noise:
    """Bytes of no frame, and what was wrong with the first of them that looked like one."""

    raw: bytes
    damage: Damage


Piece: TypeAlias = Frame | Noise


def crc16(content: bytes) -> int:
    """CRC-16/CCITT-FALSE: `123456789` gives 29B1."""
    return binascii.crc_hqx(content, 0xFFFF)


class Deframer:
    """Takes the bytes of one line as they come."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._noise = bytearray()
        self._damage: Damage = "stray"

    @property
    def pending(self) -> bytes:
        """What may be the beginning of a frame."""
        return bytes(self._pending)

    def feed(self, content: bytes) -> list[Piece]:
        """The frames and the noise that are whole with these bytes."""
        self._pending += content
        return list(self._pieces(silent=False))

    def silent(self) -> list[Piece]:
        """The line has been silent: a frame that has begun is given up; nothing is pending any more."""
        return list(self._pieces(silent=True))

    def _pieces(self, *, silent: bool) -> Iterator[Piece]:
        while self._aligned(silent=silent):
            frame = self._frame(silent=silent)
            if frame is None:
                break
            if isinstance(frame, Frame):
                yield from self._gathered()
                yield frame
                del self._pending[: len(frame.raw)]
            else:
                self._drop(1, frame)
        yield from self._gathered()

    def _aligned(self, *, silent: bool) -> bool:
        """Whether the pending bytes now begin with a sync; what stands before it is dropped."""
        place = self._pending.find(SYNC)
        if place < 0:
            half = not silent and self._pending.endswith(SYNC[:1])
            self._drop(len(self._pending) - half, "stray")
            return False
        self._drop(place, "stray")
        return True

    def _frame(self, *, silent: bool) -> Frame | Damage | None:
        """The frame at the beginning, what is wrong with it, or None while it is not all there."""
        head = self._pending[len(SYNC) : len(SYNC) + HEAD.size]
        if len(head) < HEAD.size:
            return "cut" if silent else None
        length, sequence, kind = HEAD.unpack(head)
        if length > MAX_PAYLOAD:
            return "length"
        raw = bytes(self._pending[: OVERHEAD + length])
        if len(raw) < OVERHEAD + length:
            return "cut" if silent else None
        if crc16(raw[len(SYNC) : -2]) != int.from_bytes(raw[-2:], "big"):
            return "crc"
        return Frame(sequence, kind, raw[len(SYNC) + HEAD.size : -2], raw)

    def _drop(self, count: int, damage: Damage) -> None:
        if count and self._damage == "stray":
            self._damage = damage
        self._noise += self._pending[:count]
        del self._pending[:count]

    def _gathered(self) -> Iterator[Noise]:
        if self._noise:
            yield Noise(bytes(self._noise), self._damage)
        self._noise.clear()
        self._damage = "stray"
