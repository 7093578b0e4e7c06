"""Sends a simulated ward's messages over MLLP, and reads what is answered.

Promises: one message at a time, each in the order in which it was sent; the next one goes when the receiver has
answered. An answer for another message, none in time, or a closed line ends it: what was sent until then is said.
"""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from bridge.errors import DestinationError, UsageError
from bridge.simulator.ward.traffic import Sent
from bridge.wire import er7
from bridge.wire.mllp import Framer, framed

ANSWER_BYTES = 100_000
PATIENCE = 30.0
TAKEN = ("AA", "CA")


@dataclass(slots=True)
class Answers:
    """What was answered: how many were taken, and how many refused by which code."""

    taken: int = 0
    refused: Counter[str] = field(default_factory=Counter)


def address_of(text: str) -> tuple[str, int]:
    """Host and port; raises UsageError."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise UsageError("this is no host and port", where=f"--send {text}", remedy="write HOST:PORT")
    return host.strip("[]"), int(port)


def send(
    messages: Iterable[Sent], address: tuple[str, int], speed: int = 0, sent: Callable[[Sent], None] = lambda one: None
) -> Answers:
    """Send them all; `speed` is how much faster than real time (0: as fast as they are answered)."""
    found, pace = Answers(), Pace(speed)
    with _connected(address) as line:
        receiver = Receiver(line)
        for one in messages:
            pace.wait(one.at)
            code = receiver.asked(one)
            if code in TAKEN:
                found.taken += 1
            else:
                found.refused[code] += 1
            sent(one)
    return found


def _connected(address: tuple[str, int]) -> socket.socket:
    try:
        line = socket.create_connection(address, timeout=PATIENCE)
    except OSError as error:
        raise DestinationError(
            f"nobody answers there: {error.strerror or error}", where=f"--send {address[0]}:{address[1]}",
            code="receiver-unreachable", remedy="see that the receiver listens, and that host and port are right",
        ) from None  # fmt: skip
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return line


class Pace:
    """Keeps the pace of the ward's own time."""

    def __init__(self, speed: int) -> None:
        self._speed = speed
        self._first: datetime | None = None
        self._begun = 0.0

    def wait(self, at: datetime) -> None:
        """Wait until it is time for a message."""
        if not self._speed:
            return
        if self._first is None:
            self._first, self._begun = at, time.monotonic()
        due = (at - self._first).total_seconds() / self._speed
        time.sleep(max(0.0, due - (time.monotonic() - self._begun)))


class Receiver:
    """Asked over one connection."""

    def __init__(self, line: socket.socket) -> None:
        self._line, self._framer = line, Framer(ANSWER_BYTES)

    def asked(self, one: Sent) -> str:
        """Send a message and answer MSA-1 of its acknowledgement; raises DestinationError."""
        where = f"message {one.number}"
        try:
            self._line.sendall(framed(one.content))
            frame = self._frame(where)
        except TimeoutError:
            raise _silent("there was no acknowledgement in time", where) from None
        except OSError as error:
            raise _silent(f"the connection was lost: {error.strerror or error}", where) from None
        stated = er7.read(frame)[0].named("MSA")
        if not stated or stated[0].text(2) != one.number:
            raise _silent("the acknowledgement is not of this message", where)
        return stated[0].text(1)

    def _frame(self, where: str) -> bytes:
        while True:
            piece = self._line.recv(65_536)
            if not piece:
                raise _silent("the receiver closed the connection", where)
            for frame in self._framer.feed(piece):
                return frame


def _silent(message: str, where: str) -> DestinationError:
    remedy = "look for the message in the receiver's log; whether it was taken is not known"
    return DestinationError(message, where=where, code="receiver-silent", remedy=remedy)
