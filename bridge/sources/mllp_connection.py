"""One sender of HL7 messages, until it goes or is ended.

1. It never waits: it takes what has come, sends what can be sent, and says what it wants to be told of next.
2. Its messages are answered in their order, each after its commit. While one is under way it reads on, up to some
   messages and bytes; while its answers are not read, it reads nothing.
3. What ends it is logged by a code, and never reaches another connection. Before it is ended for what it sent, its
   answers go out, and what it still sends is read away: else the end would overtake them.
"""

from __future__ import annotations

import hashlib
import socket
import ssl
import time
from collections import deque
from threading import Event
from typing import Protocol

from bridge.accept import Receipt
from bridge.clock import Clock
from bridge.errors import ExportError
from bridge.log import get
from bridge.sources.mllp_port import Limits, Port
from bridge.sources.mllp_sockets import READ, WRITE, Do, Sockets
from bridge.sources.mllp_writer import Writer
from bridge.store.protocol import NewExport
from bridge.wire.acks import Head, Verdict, answers
from bridge.wire.mllp import FrameError, Framer

log = get(__name__)
PIECE = 65_536
LINGER = 1.0
MAX_REFUSED = 100  # refused messages in a row: then this is no sender of pumps' messages; so many are under way at most


class Ended(Exception):
    """A connection is to be ended, and why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Listening(Protocol):
    """The port that it came to."""

    port: Port
    limits: Limits
    writer: Writer
    clock: Clock
    stopping: Event

    @property
    def sockets(self) -> Sockets:
        """What it is watched by."""

    def gone(self, connection: Connection) -> None:
        """It has ended."""


class Connection:
    """One sender; what is public is called by the thread of the sockets, and raises nothing."""

    def __init__(self, listener: Listening, connected: socket.socket, host: str) -> None:
        self.host = host
        self._listener, self._limits, self._sockets = listener, listener.limits, listener.sockets
        self._socket = connected
        self._framer = Framer(listener.limits.message_bytes)
        self._under_way: deque[tuple[bytes, Head]] = deque()
        self._bytes_under_way = 0
        self._unsent = bytearray()
        self._is_greeting = isinstance(connected, ssl.SSLSocket)
        self._has_left = False  # frames that were not looked at: too many are under way
        self._is_at_end = False  # the other side sends no more
        self._fault: FrameError | None = None
        self._last, self._lingers = "", False  # the code that it ends with once its answers are sent
        self._lingers_until, self._read_away = 0.0, 0
        self._watched = self._wanted = 0  # `_wanted` by TLS alone, instead of what we want
        self._refused = self._taken = 0
        self._quiet_since = self._opened = time.monotonic()
        self._unsent_since = 0.0
        self._is_over = False

    # --- what the thread calls -------------------------------------------------------------------------------------

    def ready(self) -> None:
        """Something can be read or written; also the first call."""
        self._wanted = 0
        self._safely(self._go)

    def told(self, receipt: Receipt | None) -> None:
        """The oldest message under way is committed; or, for None, it is not, nor is any after it."""
        self._safely(lambda: self._answer(receipt))

    def go_on(self) -> None:
        """All that a commit had for it was told."""
        self._quiet_since = self._opened = time.monotonic()
        self._safely(self._go_on)

    def look(self, now: float) -> None:
        """End it where its patience is over."""
        self._safely(lambda: self._patience(now))

    def stop(self) -> None:
        """Take nothing more, and end after what is under way."""
        if self._is_greeting or self._lingers_until:
            self.end("stopping")
        self._safely(self._go_on)

    def end(self, code: str) -> None:
        """Close it, whatever it is at."""
        if self._is_over:
            return
        self._is_over = True
        self._sockets.watch(self._socket, 0, self.ready)
        self._socket.close()
        tell = log.info if code in ("closed", "stopping") else log.warning
        tell("mllp_connection_ended", source=self._listener.port.name, code=code, count=self._taken)
        self._listener.gone(self)

    def _safely(self, do: Do) -> None:
        try:
            if not self._is_over:
                do()
        except Ended as ended:
            self.end(ended.code)
        except OSError:
            self.end("lost")
        except Exception as error:
            log.error("mllp_connection_failed", source=self._listener.port.name, error_type=type(error).__name__)
            self.end("failed")

    # --- reading -----------------------------------------------------------------------------------------------------

    def _go(self) -> None:
        if self._is_greeting and not self._greeted():
            self._watch()
        elif self._lingers_until:
            self._linger()
        else:
            self._read()
            self._go_on()

    def _greeted(self) -> bool:
        """Whether the TLS handshake is over; raises Ended where it never will be."""
        assert isinstance(self._socket, ssl.SSLSocket), "only TLS greets"
        try:
            self._socket.do_handshake()
        except ssl.SSLWantReadError:
            self._wanted = READ
        except ssl.SSLWantWriteError:
            self._wanted = WRITE
        except OSError:
            raise Ended("tls-refused") from None
        else:
            self._is_greeting = False
            self._quiet_since = time.monotonic()
        return not self._is_greeting

    @property
    def _has_room(self) -> bool:
        return len(self._under_way) < MAX_REFUSED - self._refused and self._bytes_under_way < PIECE

    @property
    def _reads(self) -> bool:
        """Whether it wants more of the other side now."""
        is_done = self._is_at_end or self._fault or self._last or self._listener.stopping.is_set()
        return not (is_done or self._has_left or self._unsent) and self._has_room

    def _read(self) -> None:
        while self._reads:
            piece = self._received()
            if piece is None:
                return
            if not piece:
                self._is_at_end = True
                return
            was_open = self._framer.is_open
            completed = self._take(piece)
            self._quiet_since = time.monotonic()
            if completed or not was_open:  # what is open now has begun with this piece
                self._opened = self._quiet_since
            if not self._holds_more():
                return

    def _received(self) -> bytes | None:
        """What has come; None where nothing has, b'' at the end."""
        try:
            return self._socket.recv(PIECE)
        except ssl.SSLWantWriteError:
            self._wanted = WRITE
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        return None

    def _holds_more(self) -> bool:
        """Whether TLS holds bytes that the socket shows nobody any more."""
        return isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0

    def _take(self, piece: bytes) -> bool:
        """Submit the frames that the piece completes while there is room; whether there was one."""
        before, self._has_left = len(self._under_way), False
        try:
            for frame in self._framer.feed(piece):
                self._submit(frame)
                if not self._has_room:
                    self._has_left = True
                    break
        except FrameError as error:
            self._fault = error
        return len(self._under_way) > before

    def _submit(self, frame: bytes) -> None:
        head, now = Head(frame), self._listener.clock.now()
        self._under_way.append((frame, head))
        self._bytes_under_way += len(frame)
        sha256 = hashlib.sha256(frame).hexdigest()
        self._listener.writer.submit(NewExport(sha256, frame, head.name, self._listener.port.name, now), self)

    # --- answering ---------------------------------------------------------------------------------------------------

    def _answer(self, receipt: Receipt | None) -> None:
        if receipt is None:
            self._under_way.clear()
            self._last = "not-committed"
            return
        frame, head = self._under_way.popleft()
        self._bytes_under_way -= len(frame)
        self._taken += 1
        self._refused = self._refused + 1 if receipt.code else 0
        verdict = Verdict(receipt.code, receipt.where, receipt.remedy)
        self._say(b"".join(answers(frame, verdict, self._listener.clock.now(), head)))

    def _say(self, content: bytes) -> None:
        if self._listener.port.send_ack:
            self._unsent += content

    def _refuse(self, error: ExportError) -> None:
        """Answer what is no whole frame, as far as its head says whom to answer."""
        frame = self._framer.pending
        if Head(frame).name:
            verdict = Verdict(error.code, error.where, error.remedy)
            self._say(b"".join(answers(frame, verdict, self._listener.clock.now())))

    def _go_on(self) -> None:
        """Send what is answered, take what had no room, and end where nothing is left to do."""
        self._send()
        if self._has_left and self._has_room and not self._unsent and not self._last:
            self._take(b"")
        if not self._under_way and not self._last:
            self._last = self._reason()
            self._send()
        if self._last and not self._under_way and not self._unsent:
            self._finish()
        elif self._reads and self._holds_more():
            self._read()
            self._go_on()
        else:
            self._watch()

    def _reason(self) -> str:
        """Why it ends now that nothing is under way; '' where it goes on."""
        if self._refused >= MAX_REFUSED:
            self._lingers = True
            return "too-many-refused"
        if self._fault is not None:
            self._lingers = True
            self._refuse(self._fault)
            return self._fault.code
        if self._listener.stopping.is_set():
            return "stopping"
        if self._is_at_end and not self._has_left:
            return "half-frame" if self._framer.is_open else "closed"
        return ""

    def _send(self) -> None:
        try:
            while self._unsent:
                del self._unsent[: self._socket.send(self._unsent)]
            self._unsent_since = 0.0
        except ssl.SSLWantReadError:
            self._wanted = READ
        except (BlockingIOError, ssl.SSLWantWriteError):
            pass
        if self._unsent and not self._unsent_since:
            self._unsent_since = time.monotonic()

    # --- waiting and ending ------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """Say what to be told of next."""
        wanted = READ if self._reads or self._is_greeting or self._lingers_until else 0
        events = self._wanted or wanted | (WRITE if self._unsent else 0)
        if events != self._watched and not self._is_over:
            self._watched = events
            self._sockets.watch(self._socket, events, self.ready)

    def _patience(self, now: float) -> None:
        limits, quiet = self._limits, now - self._quiet_since
        if self._lingers_until:
            if now > self._lingers_until:
                raise Ended(self._last)
        elif self._is_greeting:
            if quiet > limits.answer:
                raise Ended("tls-refused")
        elif self._unsent_since:
            if now - self._unsent_since > limits.answer:
                raise Ended("answers-not-read")
        elif not self._under_way and quiet > limits.idle:
            raise Ended("silent")
        elif not self._under_way and self._framer.is_open and now - self._opened > limits.frame:
            raise Ended("half-frame")

    def _finish(self) -> None:
        if not self._lingers:
            raise Ended(self._last)
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            raise Ended(self._last) from None
        self._lingers_until, self._read_away = time.monotonic() + LINGER, self._limits.message_bytes
        self._watch()

    def _linger(self) -> None:
        """Read on for a moment: where bytes were left unread, the end of the connection takes our answer with it."""
        piece = self._received()
        self._read_away -= len(piece or b"")
        if piece == b"" or self._read_away <= 0:
            raise Ended(self._last)
        self._watch()
