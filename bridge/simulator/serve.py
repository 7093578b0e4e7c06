"""A simulated programmer at a line: a pty, or a TCP port on the loopback interface alone.

Time in the pump passes faster than ours (or stands, at speed 0): each visit of the script is held when its time has
come, and then the programmer holds its reading. Where the script says until when, time stands from then on. Promises:
it ends by itself after the time it was given, or soon after SIGTERM or SIGINT; one reader at a time; it listens on
127.0.0.1 and nowhere else.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.errors import UsageError
from bridge.simulator.life import Life, Visit
from bridge.simulator.noise import Noise
from bridge.simulator.programmer import Document, Orders
from bridge.simulator.wire import Answerer
from bridge.wire.serial_frames import Deframer, Frame

LOOPBACK = "127.0.0.1"
PAUSE = 0.05
MILLISECOND = timedelta(milliseconds=1)
BITS_A_BYTE = 10
LIFETIME = timedelta(days=20 * 365)
"""No pump is simulated for longer."""
LOOKS = timedelta(days=30)
"""Once the script's visits are over, the pump is interrogated so often."""


@dataclass(frozen=True, slots=True)
class Line:
    """How a line is served: accelerated how often, at what baud (0: as fast as it goes), noisy by which seed."""

    speed: int = 1000
    baud: int = 115_200
    noise: int | None = None
    seconds: int | None = None


class Serving:
    """A programmer whose pump lives on while it answers."""

    def __init__(
        self, life: Life, visits: tuple[Visit, ...], line: Line, until: datetime | None = None,
        held: Callable[[datetime], None] = lambda at: None,
    ) -> None:  # fmt: skip
        self._life, self._visits, self._line = life, list(visits), line
        self._until, self._held = until, held
        self._answerer, self._noise, self._deframer = Answerer(), Noise(line.noise), Deframer()
        self._stopped = threading.Event()
        self._begun = time.monotonic()
        self._first = life.pump.now
        self.readings, self.answered = 0, 0
        self._hold(life.begin())

    def stop(self, *_: object) -> None:
        """Leave off as soon as may be; may be called from a signal's handler or another thread."""
        self._stopped.set()

    @property
    def over(self) -> bool:
        """Whether it was told to stop, or its time is up."""
        limit = self._line.seconds
        return self._stopped.is_set() or (limit is not None and time.monotonic() - self._begun >= limit)

    def tick(self) -> None:
        """Hold the visits whose time has come; of several, the last one's reading is kept."""
        passed = int((time.monotonic() - self._begun) * 1000) * self._line.speed
        now = self._first + min(passed, LIFETIME // MILLISECOND) * MILLISECOND
        if self._until is not None:
            now = min(now, self._until)
        while (visit := self._next()).at <= now:
            document = self._life.visit(visit)
            self._visits = self._visits[1:]
            self._hold(document)

    def _hold(self, document: Document) -> None:
        self._answerer.hold(document.body)
        self.readings += 1
        self._held(document.at)

    def _next(self) -> Visit:
        if self._visits:
            return self._visits[0]
        at: datetime = (self._life.pump.now + LOOKS).replace(second=0)
        return Visit(at, Orders())

    def answers(self, content: bytes) -> Iterator[bytes]:
        """What goes back over the line for bytes that came."""
        pieces = self._deframer.feed(content) if content else self._deframer.silent()
        for piece in pieces:
            if isinstance(piece, Frame):
                self.answered += 1
                yield self._noise.carried(self._answerer.answer(piece))

    def forget(self) -> None:
        """Another reader begins: what the last one left half asked is gone."""
        self._deframer = Deframer()

    def talk(self, receive: Callable[[], bytes], send: Callable[[bytes], object], fd: int) -> None:
        """Answer one reader until it leaves or all is over."""
        while not self.over:
            self.tick()
            ready, _, _ = select.select([fd], [], [], PAUSE)
            content = receive() if ready else b""
            if ready and not content:
                return
            for answer in self.answers(content):
                send(answer)
                if self._line.baud:
                    time.sleep(len(answer) * BITS_A_BYTE / self._line.baud)


@contextmanager
def stopping(serving: Serving) -> Iterator[None]:
    """SIGTERM and SIGINT end it while this lasts."""
    known = {number: signal.signal(number, serving.stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in known.items():
            signal.signal(number, handler)


def serve_port(serving: Serving, port: int, told: Callable[[str], None]) -> None:
    """Answer at a port of the loopback interface (0: any free one); `told` is called with its address."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError as error:
            remedy = "choose another one, or 0 for any"
            raise UsageError(f"port {port} cannot be had: {error.strerror}", where="--port", remedy=remedy) from None
        listener.listen(1)
        listener.settimeout(PAUSE)
        told(f"socket://{LOOPBACK}:{listener.getsockname()[1]}")
        while not serving.over:
            serving.tick()
            _accept(serving, listener)


def _accept(serving: Serving, listener: socket.socket) -> None:
    try:
        caller, _ = listener.accept()
    except TimeoutError:
        return
    with caller:
        serving.forget()
        caller.settimeout(5)
        try:
            serving.talk(lambda: caller.recv(4096), caller.sendall, caller.fileno())
        except OSError:
            return  # the reader went away in the middle: the next one may come


def serve_pty(serving: Serving, told: Callable[[str], None]) -> None:
    """Answer at a pty; `told` is called with the path that a reader opens."""
    ours, theirs = os.openpty()
    try:
        tty.setraw(theirs)
        told(os.ttyname(theirs))
        serving.talk(lambda: os.read(ours, 4096), lambda answer: os.write(ours, answer), ours)
    finally:
        os.close(ours)
        os.close(theirs)
