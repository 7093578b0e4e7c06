"""A port that HL7 messages come to: many connections, each kept open, each with many messages.

1. A message is acknowledged after the commit of its bytes and of what was read of them; where nothing was committed,
   nothing is answered and the connection ends: the sender sends again.
2. A connection that is silent, sends half a frame, something else or too much, or does not read its answers is ended
   after a limit. The listener and the other connections go on.
3. Each connection has one thread, which only waits; what it reads it gives to the one writer. It reads on after it has
   answered: a sender that floods waits for itself.
"""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from bridge.clock import Clock
from bridge.errors import ConfigError, ExportError
from bridge.log import get
from bridge.sources.mllp_writer import Answers, Writer
from bridge.store.protocol import NewExport
from bridge.wire.acks import Head, Verdict, answers
from bridge.wire.mllp import FrameError, Framer

log = get(__name__)
PIECE = 65_536
TICK = 0.25
LINGER = 1.0
MAX_REFUSED = 100  # refused messages in a row: then this is no sender of pumps' messages


@dataclass(frozen=True, slots=True)
class Limits:
    """When a connection is ended, in seconds and bytes."""

    message_bytes: int = 1_000_000
    idle: float = 600.0
    frame: float = 30.0  # from the first byte of a frame to its last
    answer: float = 10.0  # until the other side has read an acknowledgement
    connections: int = 64


@dataclass(frozen=True, slots=True)
class Port:
    """Where one listener stands."""

    name: str
    host: str
    port: int
    send_ack: bool = True
    cert: Path | None = None
    key: Path | None = None
    client_ca: Path | None = None

    def tls(self) -> ssl.SSLContext | None:
        """The TLS of the port, or None; raises ConfigError where its files cannot be used."""
        if self.cert is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(self.cert, self.key)
            if self.client_ca is not None:
                context.load_verify_locations(self.client_ca)
                context.verify_mode = ssl.CERT_REQUIRED
        except (OSError, ssl.SSLError):
            raise ConfigError(
                "the certificate, its key or the client authorities cannot be used", where=f"[[mllp]] {self.name}",
                code="config-mllp-tls", remedy="correct tls_cert, tls_key and tls_client_ca: PEM, key and chain",
            ) from None  # fmt: skip
        return context


class Ended(Exception):
    """A connection is to be ended, and why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Listener:
    """One port; `start` listens, `stop` ends every connection within a second or two."""

    def __init__(self, port: Port, limits: Limits, writer: Writer, clock: Clock) -> None:
        self.port, self.limits, self.writer, self.clock = port, limits, writer, clock
        self.stopping = threading.Event()
        self._tls = port.tls()
        self._socket: socket.socket | None = None
        self._threads: set[threading.Thread] = set()
        self._lock = threading.Lock()

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        assert self._socket is not None, "it listens"
        found = self._socket.getsockname()
        return str(found[0]), int(found[1])

    def start(self) -> None:
        """Listen; raises ConfigError where the port cannot be had."""
        family = socket.AF_INET6 if ":" in self.port.host else socket.AF_INET
        try:
            self._socket = socket.create_server((self.port.host, self.port.port), family=family, backlog=128)
        except OSError as error:
            raise ConfigError(
                f"the port cannot be listened at: {error.strerror}", where=f"[[mllp]] {self.port.name}",
                code="config-mllp-port", remedy="end the other program at this port, or name another port",
            ) from None  # fmt: skip
        self._socket.settimeout(TICK)
        self._begin(self._accept, "mllp-accept")
        log.info("mllp_listening", source=self.port.name)

    def stop(self) -> None:
        """End: no new connection, and each connection after what it is at."""
        self.stopping.set()
        if self._socket is not None:
            self._socket.close()
        until = time.monotonic() + 5
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _begin(self, task: object, name: str) -> None:
        assert callable(task), "a thread does something"
        thread = threading.Thread(target=self._whole, args=(task,), name=name, daemon=True)
        with self._lock:
            self._threads.add(thread)
        thread.start()

    def _whole(self, task: object) -> None:
        assert callable(task), "a thread does something"
        try:
            task()
        finally:
            with self._lock:
                self._threads.discard(threading.current_thread())

    def _accept(self) -> None:
        assert self._socket is not None, "it listens"
        while not self.stopping.is_set():
            try:
                connected, _ = self._socket.accept()
            except TimeoutError:
                continue
            except OSError:
                if self.stopping.wait(TICK):  # too many open files: later there may be fewer
                    return
                continue
            with self._lock:
                full = len(self._threads) > self.limits.connections
            if full:
                connected.close()
                log.warning("mllp_connection_refused", source=self.port.name, code="too-many-connections")
                continue
            self._begin(Connection(self, connected).run, "mllp-connection")

    def wrapped(self, connected: socket.socket) -> socket.socket:
        """The connection, in TLS where the port asks for it; raises Ended."""
        connected.settimeout(self.limits.answer)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls is None:
            return connected
        try:
            return self._tls.wrap_socket(connected, server_side=True)
        except (ssl.SSLError, OSError):
            raise Ended("tls-refused") from None


class Connection:
    """One sender, until it goes or is ended."""

    def __init__(self, listener: Listener, connected: socket.socket) -> None:
        self._listener = listener
        self._limits = listener.limits
        self._socket = connected
        self._framer = Framer(listener.limits.message_bytes)
        self._answers: Answers = SimpleQueue()
        self._refused = 0
        self._taken = 0

    def run(self) -> None:
        """Take messages and answer them; whatever ends it is logged by a code."""
        code = "closed"
        try:
            self._socket = self._listener.wrapped(self._socket)
            self._serve()
        except Ended as ended:
            code = ended.code
        except OSError:
            code = "lost"
        finally:
            self._socket.close()
        tell = log.info if code in ("closed", "stopping") else log.warning
        tell("mllp_connection_ended", source=self._listener.port.name, code=code, count=self._taken)

    def _serve(self) -> None:
        quiet_since = opened = time.monotonic()
        while not self._listener.stopping.is_set():
            piece = self._received()
            now = time.monotonic()
            if piece == b"":
                raise Ended("half-frame" if self._framer.is_open else "closed")
            if piece is None:
                self._patience(now, quiet_since, opened)
                continue
            was_open = self._framer.is_open
            completed = self._take(piece)
            quiet_since = time.monotonic()
            if completed or not was_open:  # what is open now has begun with this piece
                opened = quiet_since
            self._patience(quiet_since, quiet_since, opened)
        raise Ended("stopping")

    def _received(self) -> bytes | None:
        """What has come; None where nothing came for a moment."""
        self._socket.settimeout(TICK)
        try:
            return self._socket.recv(PIECE)
        except (TimeoutError, ssl.SSLWantReadError):
            return None

    def _patience(self, now: float, quiet_since: float, opened: float) -> None:
        if now - quiet_since > self._limits.idle:
            raise Ended("silent")
        if self._framer.is_open and now - opened > self._limits.frame:
            raise Ended("half-frame")

    def _take(self, piece: bytes) -> int:
        """Answer every frame that the piece completes; how many there were. Raises Ended."""
        completed = 0
        for group in self._submitted(piece):
            self._send(b"".join(self._answered(frame, head) for frame, head in group))
            completed += len(group)
            if self._refused >= MAX_REFUSED:
                self._let_answers_arrive()
                raise Ended("too-many-refused")
        return completed

    def _submitted(self, piece: bytes) -> Iterator[list[tuple[bytes, Head]]]:
        """The frames that the piece completes, so many at a time; ends the connection after what is none."""
        group: list[tuple[bytes, Head]] = []
        try:
            for frame in self._framer.feed(piece):
                group.append((frame, head := Head(frame)))
                self._listener.writer.submit(self._export(frame, head), self._answers)
                if len(group) == MAX_REFUSED:
                    yield group
                    group = []
        except FrameError as error:
            yield group
            self._send(self._refusal(self._framer.pending, error))
            self._let_answers_arrive()
            raise Ended(error.code) from None
        yield group

    def _let_answers_arrive(self) -> None:
        """Read on for a moment: where bytes were left unread, the end of the connection takes our answer with it."""
        until, left = time.monotonic() + LINGER, self._limits.message_bytes
        self._socket.shutdown(socket.SHUT_WR)
        while left > 0 and time.monotonic() < until and not self._listener.stopping.is_set():
            piece = self._received()
            if piece == b"":
                return
            left -= len(piece or b"")

    def _export(self, frame: bytes, head: Head) -> NewExport:
        now = self._listener.clock.now()
        return NewExport(hashlib.sha256(frame).hexdigest(), frame, head.name, self._listener.port.name, now)

    def _answered(self, frame: bytes, head: Head) -> bytes:
        """The acknowledgements of a frame, once it is committed; raises Ended where it is not."""
        receipt = self._answers.get()
        if receipt is None:
            raise Ended("not-committed")
        self._taken += 1
        self._refused = self._refused + 1 if receipt.code else 0
        verdict = Verdict(receipt.code, receipt.where, receipt.remedy)
        return b"".join(answers(frame, verdict, self._listener.clock.now(), head))

    def _refusal(self, head: bytes, error: ExportError) -> bytes:
        """The answer to what is no whole frame, as far as its head says whom to answer."""
        if not Head(head).name:
            return b""
        verdict = Verdict(error.code, error.where, error.remedy)
        return b"".join(answers(head, verdict, self._listener.clock.now()))

    def _send(self, content: bytes) -> None:
        """Write all of it; raises Ended where the other side does not read."""
        if not content or not self._listener.port.send_ack:
            return
        self._socket.settimeout(self._limits.answer)
        try:
            self._socket.sendall(content)
        except TimeoutError:
            raise Ended("answers-not-read") from None
