"""One MLLP connection to a receiver, kept open and made again: a frame goes out, a frame comes back.

1. What was never sent is `Unreached`; what may have arrived and was not answered is `Unanswered`.
2. After anything but a whole answer the connection is ended: an answer that comes too late is never read as another's.
3. Before a frame goes out the connection is looked at: one that was closed meanwhile, or speaks unasked, is made anew.
4. No wait is longer than its patience, whatever comes drop by drop.
"""

from __future__ import annotations

import select
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bridge.errors import BridgeError
from bridge.wire.mllp import FrameError, Framer

_LONGEST_ANSWER = 100_000
_REFUSES_WITHIN = 0.5
_REFUSED_BY_TLS = ("CERTIFICATE", "UNKNOWN_CA", "HANDSHAKE_FAILURE", "WRONG_VERSION")


class Unreached(BridgeError):
    """No connection: nothing of the message was sent."""

    default_code = "destination-unreachable"


class Unanswered(BridgeError):
    """The message may have arrived, and its answer did not come whole."""

    default_code = "no-answer"


@dataclass(frozen=True, slots=True)
class Address:
    """Where the receiver is, and how it is spoken to."""

    host: str
    port: int
    connect: float
    patience: float
    tls: bool = False
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


class Line:
    """The connection."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._context: ssl.SSLContext | None = None
        self._socket: socket.socket | None = None
        self._framer = Framer(_LONGEST_ANSWER)

    def close(self) -> None:
        """End it; the next message makes it anew."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def reach(self) -> None:
        """Have a connection; raises Unreached, with `destination-tls` where certificates are the reason."""
        if self._socket is not None and not self._is_quiet(self._socket):
            self.close()
        if self._socket is None:
            self._socket = self._connected()
            self._framer = Framer(_LONGEST_ANSWER)

    def ask(self, frame: bytes, is_answer: Callable[[bytes], bool]) -> bytes:
        """Send a frame and answer the first frame that is its answer; raises Unreached or Unanswered."""
        self.reach()
        assert self._socket is not None, "reached"
        until = time.monotonic() + self._address.patience
        try:
            self._socket.settimeout(self._address.patience)
            self._socket.sendall(frame)
            return self._answer(self._socket, is_answer, until)
        except (OSError, FrameError) as error:
            self.close()
            raise _lost(error) from None
        except BaseException:
            self.close()
            raise

    def _answer(self, connection: socket.socket, is_answer: Callable[[bytes], bool], until: float) -> bytes:
        while (left := until - time.monotonic()) > 0:
            connection.settimeout(left)
            piece = connection.recv(65_536)
            if not piece:
                raise ConnectionError("closed")
            for found in self._framer.feed(piece):
                if is_answer(found):
                    return found
        raise TimeoutError

    def _is_quiet(self, connection: socket.socket) -> bool:
        """Whether nothing waits to be read: neither an end nor what nobody asked for."""
        try:
            waiting = isinstance(connection, ssl.SSLSocket) and connection.pending() > 0
            return not waiting and not self._framer.is_open and not select.select([connection], [], [], 0)[0]
        except (OSError, ValueError):
            return False

    def _connected(self) -> socket.socket:
        address = self._address
        context = self._trusting() if address.tls else None
        try:
            plain = socket.create_connection((address.host, address.port), timeout=address.connect)
        except OSError as error:
            raise Unreached(f"no connection ({type(error).__name__})") from None
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is None:
            return plain
        try:
            secured = context.wrap_socket(plain, server_hostname=address.host)
            return _admitted(secured)
        except ssl.SSLError as error:
            plain.close()
            raise Unreached(f"TLS was not agreed on ({error.reason or 'ended'})", code="destination-tls") from None
        except OSError as error:
            plain.close()
            raise Unreached(f"no connection ({type(error).__name__})") from None

    def _trusting(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = _context(self._address)
        return self._context


def _context(address: Address) -> ssl.SSLContext:
    """Whom we trust and who we are; raises Unreached where a file cannot be read."""
    try:
        context = ssl.create_default_context(cafile=address.ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if address.certificate is not None:
            context.load_cert_chain(address.certificate, address.key)
    except (OSError, ssl.SSLError) as error:
        raise Unreached(f"a certificate file cannot be used ({type(error).__name__})", code="destination-tls") from None
    return context


def _admitted(connection: ssl.SSLSocket) -> ssl.SSLSocket:
    """The connection once the receiver has had time to refuse our certificate; raises SSLError where it does.

    With TLS 1.3 it says so after our side is done; a message that was sent by then would be in doubt.
    """
    connection.setblocking(False)
    try:
        if select.select([connection], [], [], _REFUSES_WITHIN)[0] and connection.recv(1) == b"":
            raise ssl.SSLError(1, "the receiver ended the connection")
    except ssl.SSLWantReadError:
        pass  # it has said something of TLS's own, and goes on
    except (ssl.SSLError, OSError):
        connection.close()
        raise
    return connection


def _lost(error: Exception) -> BridgeError:
    """What a failure after the connection was made means: with TLS 1.3 a refused certificate shows only then."""
    if isinstance(error, ssl.SSLError) and any(word in (error.reason or "").upper() for word in _REFUSED_BY_TLS):
        return Unreached(f"the receiver refused our certificate ({error.reason})", code="destination-tls")
    if isinstance(error, TimeoutError):
        return Unanswered("no answer in time", code="no-answer")
    if isinstance(error, FrameError):
        return Unanswered("the answer is no frame", code="answer-unreadable")
    return Unanswered("the connection ended before the answer", code="connection-cut")
