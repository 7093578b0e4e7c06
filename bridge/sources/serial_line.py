"""A port of a programmer: opening it, sending requests, hearing bytes; why it cannot be opened, in words.

1. What leaves here is a request of `bridge.wire.programmer.requests`: there is no other way to write to the port.
2. A port is opened for one reader at a time, and never for a URL that would make the library open something else.
"""

from __future__ import annotations

import contextlib
import errno
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bridge.errors import PortError, UsageError
from bridge.wire.programmer.requests import Request, encode

if TYPE_CHECKING:
    from serial import Serial

BAUD = 115_200
TICK = 0.02
PIECE = 4_096
KINDS = ("socket", "rfc2217", "loop")

_URL = re.compile(r"([a-z0-9]+)://", re.IGNORECASE)
_REASONS = {
    errno.ENOENT: ("port-missing", "there is no such port", "plug the programmer in, or correct the name"),
    errno.EACCES: (
        "port-no-permission",
        "the port may not be opened",
        "let the user of the bridge open it (on most systems: add it to the group dialout)",
    ),
    errno.EPERM: ("port-no-permission", "the port may not be opened", "let the user of the bridge open it"),
    errno.EAGAIN: ("port-in-use", "another program has the port", "end that program, then capture again"),
    errno.EBUSY: ("port-in-use", "another program has the port", "end that program, then capture again"),
    errno.ENOTTY: ("port-not-serial", "this is no serial port", "name the programmer's port"),
}


def kind_of(name: str) -> str:
    """The kind of port that a name means; raises UsageError for a URL of another kind or one that is none."""
    match = _URL.match(name)
    if match is None:
        return "serial"
    kind = match[1].lower()
    if kind not in KINDS or (kind != "loop" and not _has_port(name)):
        raise UsageError(
            "this is no port", where="PORT", code="port-name",
            remedy="name a device such as /dev/ttyUSB0, socket://HOST:PORT or rfc2217://HOST:PORT",
        )  # fmt: skip
    return kind


def _has_port(name: str) -> bool:
    try:
        parts = urlsplit(name)
        return bool(parts.hostname and parts.port) and not parts.query and not parts.username
    except ValueError:
        return False


class Port:
    """An open port."""

    def __init__(self, name: str, kind: str, line: Serial) -> None:
        self.name, self.kind = name, kind
        self._line = line

    def ask(self, request: Request, sequence: int) -> bytes:
        """Send a request; answers the frame that left. Raises PortError where the port has gone."""
        frame = encode(request, sequence)
        with _told(self.name):
            self._line.write(frame)
        return frame

    def hear(self) -> bytes:
        """What has come, waiting up to 20 ms for something; b'' where nothing has. Raises PortError, as above."""
        with _told(self.name):
            heard = bytearray(self._line.read(1))
            while heard and len(heard) < PIECE and (waiting := self._line.in_waiting):
                heard += self._line.read(min(waiting, PIECE - len(heard)))
        return bytes(heard)

    def close(self) -> None:
        """Let go of the port."""
        socket = getattr(self._line, "_socket", None)
        self._line.close()
        if socket is not None:
            socket.close()  # the library leaves it open where the other side has gone first


@contextlib.contextmanager
def opened(name: str, baud: int = BAUD) -> Iterator[Port]:
    """The port of that name, closed in the end; raises PortError with the reason why it cannot be opened."""
    kind = kind_of(name)
    port = Port(name, kind, _opened(kind, name, baud))
    try:
        yield port
    finally:
        port.close()


def _opened(kind: str, name: str, baud: int) -> Serial:
    import serial  # here, so that a run that opens no port does not wait for it

    try:
        line = serial.serial_for_url(name, baud, timeout=TICK, do_not_open=True)
        if kind != "rfc2217":  # which the library bounds by itself, and by nothing else
            line.write_timeout = 5
        if kind == "serial":
            line.exclusive = True
        line.open()
        line.reset_input_buffer()
    except (OSError, ValueError) as error:
        raise _not_opened(kind, name, error) from None
    return line


def _not_opened(kind: str, name: str, error: Exception) -> PortError:
    if kind != "serial":
        message = "nobody answers there" if kind == "socket" else "no server of RFC 2217 answers there"
        remedy = "start the server of the port, or correct host and port"
        if kind == "rfc2217":
            remedy += "; where it passes bytes only, write socket://"
        return PortError(message, where=name, code="port-unreachable", remedy=remedy)
    number = getattr(error, "errno", None)
    if number is None:
        number = errno.ENOTTY if "configure port" in str(error) else 0
    code, message, remedy = _REASONS.get(
        number, ("port-unusable", "the port cannot be opened", "look at the cable and the port's name")
    )
    return PortError(message, where=name, code=code, remedy=remedy)


@contextlib.contextmanager
def _told(name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, TypeError):
        # The library's own errors are OSErrors. A port that was pulled out lets it trip over its own closed file.
        message, remedy = "the port went away", "plug the programmer in again, and capture again"
        raise PortError(message, where=name, code="port-gone", remedy=remedy) from None
