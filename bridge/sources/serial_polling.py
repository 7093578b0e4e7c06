"""Serial ports that are asked again and again: a thread for each, which only waits; others take what it captured.

1. A thread never touches the store: whole captures wait in a queue until intake takes them.
2. A reading that was captured already is left alone, also by an earlier process: its token says so.
3. A port that goes is logged once, and once when it returns; meanwhile it is asked ever more rarely.
4. A programmer that is busy, holds no reading or took another one meanwhile is no fault: it is asked again soon.
"""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from bridge.clock import Clock
from bridge.errors import ExportError, PortError
from bridge.log import get
from bridge.retry import delay
from bridge.sources.serial_line import opened
from bridge.sources.serial_port import Captured, Patience, capture
from bridge.store.protocol import NewExport
from bridge.wire.programmer import transcript
from bridge.wire.programmer.responses import Identity, decode
from bridge.wire.serial_frames import Deframer, Frame

SOON = 15.0
LEAST = 1.0
NAME = "capture.txt"
WAITING = frozenset({"programmer-busy", "programmer-no-reading", "capture-pump-changed"})

log = get(__name__)


@dataclass(frozen=True, slots=True)
class Watched:
    """One port, and how often it is asked: seconds."""

    name: str
    port: str
    baud: int
    every: float
    settle: float
    longest: float


def reading_in(content: bytes | None) -> Identity | None:
    """Which reading a transcript is of; None where there is none, or it does not say."""
    try:
        entries = transcript.read(content).entries if content else ()
        heard = (entry.raw for entry in entries if entry.mark == transcript.RECEIVED)
        frames = (piece for raw in heard for piece in Deframer().feed(raw))
        answers = (decode(frame) for frame in frames if isinstance(frame, Frame))
        return next((answer for answer in answers if isinstance(answer, Identity)), None)
    except ExportError:
        return None


class SerialPorts:
    """The ports of a site; a context manager that leaves no thread behind."""

    def __init__(
        self, watched: Sequence[Watched], clock: Clock, patience: Patience | None = None,
        held: Callable[[str], bytes | None] = lambda source: None,
    ) -> None:  # fmt: skip
        """`held` answers the transcript that was accepted last from a port; it is asked here, and in no thread."""
        self._captures: queue.SimpleQueue[NewExport] = queue.SimpleQueue()
        self._stop = threading.Event()
        turns = [
            _Turns(one, clock, patience or Patience(), self._captures, self._stop, reading_in(held(one.name)))
            for one in watched
        ]
        self._threads = [threading.Thread(target=turn.run, name=turn.watched.name, daemon=True) for turn in turns]

    def __enter__(self) -> SerialPorts:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(5)

    def captures(self) -> Iterator[NewExport]:
        """What has been captured since the last look; never waits."""
        while True:
            try:
                yield self._captures.get_nowait()
            except queue.Empty:
                return


class _Turns:
    """The turns of one port, in its thread."""

    def __init__(
        self, watched: Watched, clock: Clock, patience: Patience, captures: queue.SimpleQueue[NewExport],
        stop: threading.Event, known: Identity | None,
    ) -> None:  # fmt: skip
        self.watched = watched
        self._clock, self._patience, self._captures, self._stop = clock, patience, captures, stop
        self._known = known
        self._failed = 0

    def run(self) -> None:
        """Ask until told to stop."""
        pause = 0.0
        while not self._stop.wait(pause):
            try:
                pause = self._turn()
            except Exception as error:
                name = type(error).__name__
                log.error("serial_port_failed", source=self.watched.name, error_type=name, exc_info=error)
                pause = self.watched.every

    def _turn(self) -> float:
        """Ask once; answers the seconds until the next time."""
        try:
            with opened(self.watched.port, self.watched.baud) as port:
                if self._failed and self._stop.wait(self.watched.settle):
                    return 0.0
                found = capture(port, self._clock, self._patience, known=self._known, stop=self._stop.is_set)
        except PortError as error:
            return self._lost(error.code)
        if found.error is not None and found.error.code not in WAITING:
            return 0.0 if self._stop.is_set() else self._lost(found.error.code)
        self._returned()
        if found.error is not None:
            return min(SOON, self.watched.every)
        self._keep(found)
        return self.watched.every

    def _keep(self, found: Captured) -> None:
        if not found.unchanged:
            sha256 = hashlib.sha256(found.transcript).hexdigest()
            self._captures.put(NewExport(sha256, found.transcript, NAME, self.watched.name, self._clock.now()))
        self._known = found.identity

    def _lost(self, code: str) -> float:
        if not self._failed:
            log.warning("serial_port_lost", source=self.watched.name, code=code)
        self._failed += 1
        return delay(self._failed, Random(), first=LEAST, most=self.watched.longest)

    def _returned(self) -> None:
        if self._failed:
            log.info("serial_port_returned", source=self.watched.name)
        self._failed = 0
