"""A capture: asks a programmer for one reading until it is whole, and writes the transcript of what went over the line.

1. A capture is complete, or it ends with a PortError that says what was missing; it never mixes two readings.
2. What is lost is asked again, a few times; the event log goes on from where it was, never from its beginning.
3. It ends: a silence, a noise without end and a programmer that is always busy all have a limit.
4. The transcript holds every byte; its outcome is `complete` only where the capture is.

Source of the rules of the line: docs/reference/serial-protocol.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version

from bridge.clock import Clock
from bridge.errors import BridgeError, ExportError, PortError
from bridge.sources.serial_line import Port
from bridge.wire.programmer.exchange import SEQUENCES, Exchange
from bridge.wire.programmer.gathered import Gathered
from bridge.wire.programmer.requests import ReadEvents, Request
from bridge.wire.programmer.responses import Identity, Refusal, Response
from bridge.wire.programmer.tables import Fault
from bridge.wire.programmer.transcript import COMPLETE, NOISE, RECEIVED, SENT, Writer
from bridge.wire.serial_frames import Deframer, Frame, Piece

MOST_BYTES = 10_000_000
"""Whoever sends more is no programmer: its transcript would be no export any more."""
Progress = Callable[[float], None]
Stop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a capture waits: seconds, but `tries`: how often one request is sent in all.

    Twice as often once a programmer has answered at all: then it is the line that is bad.
    """

    silence: float = 1.0
    gap: float = 0.1
    busy: float = 0.5
    total: float = 120.0
    tries: int = 4


@dataclass(frozen=True, slots=True)
class Captured:
    """What a capture gave: the transcript, which reading it is of, and why it is not whole (None: it is)."""

    transcript: bytes
    identity: Identity | None
    error: BridgeError | None
    unchanged: bool = False


def capture(
    port: Port, clock: Clock, patience: Patience | None = None, *, known: Identity | None = None,
    on_progress: Progress = lambda share: None, stop: Stop = lambda: False,
) -> Captured:  # fmt: skip
    """Capture the reading that the programmer holds; one that is `known` already is left as it is (`unchanged`)."""
    writer = Writer(port.kind, clock.now(), version("pumpbridge"))
    run = _Run(port, writer, patience or Patience(), on_progress, stop)
    try:
        unchanged = run.until_whole(known)
    except (PortError, ExportError) as error:
        return Captured(writer.ended(error.code), run.gathered.identity, _of_the_port(error, port.name))
    return Captured(writer.ended("unchanged" if unchanged else COMPLETE), run.gathered.identity, None, unchanged)


def _of_the_port(error: BridgeError, name: str) -> PortError:
    return PortError(error.message, where=name, code=error.code, remedy=error.remedy)


class _Run:
    """One capture under way."""

    def __init__(self, port: Port, writer: Writer, patience: Patience, on_progress: Progress, stop: Stop) -> None:
        self.gathered = Gathered()
        self._port, self._writer, self._patience = port, writer, patience
        self._on_progress, self._stop = on_progress, stop
        self._deframer, self._exchange = Deframer(), Exchange()
        self._waiting: dict[Request, float] = {}
        self._tries: dict[object, int] = {}
        self._sequence = 0
        self._began = self._heard = time.monotonic()
        self._busy_until = 0.0
        self._sent: set[bytes] = set()
        self._any = self._echo = False
        self._bytes = 0

    def until_whole(self, known: Identity | None) -> bool:
        """Ask and hear until the capture is whole (False), or is of the reading that is known (True)."""
        while not self.gathered.confirmed:
            self._ask()
            self._hear()
            if known is not None and self.gathered.identity == known:
                return True
            self._lose_patience()
        self.gathered.check()
        return False

    def _ask(self) -> None:
        """Send what is wanted next, as far as the programmer's window goes."""
        now = time.monotonic()
        if now < self._busy_until:
            return
        window = self.gathered.identity.window if self.gathered.identity else 1
        for request in self.gathered.wanted(tuple(self._waiting)):
            if len(self._waiting) >= window:
                break
            frame = self._port.ask(request, self._sequence)
            self._exchange.sent(request, self._sequence)
            self._writer.add(self._offset(), SENT, frame)
            self._sent.add(frame)
            self._sequence = (self._sequence + 1) % SEQUENCES
            self._waiting[request] = now

    def _hear(self) -> None:
        content = self._port.hear()
        now = time.monotonic()
        if content:
            self._heard, self._any = now, True
            self._bytes += len(content)
            pieces = self._deframer.feed(content)
        else:
            pieces = self._deframer.silent() if now - self._heard > self._patience.gap else []
        for piece in pieces:
            self._take(piece)

    def _take(self, piece: Piece) -> None:
        if not isinstance(piece, Frame):
            self._writer.add(self._offset(), NOISE, piece.raw)
            return
        place = self._writer.add(self._offset(), RECEIVED, piece.raw)
        self._echo = self._echo or piece.raw in self._sent
        answered = self._exchange.received(piece)
        if answered is not None:
            self._answered(*answered, place)

    def _answered(self, request: Request, response: Response, place: int) -> None:
        before = list(self._waiting)
        self._waiting.pop(request, None)
        self._tries.pop(_name(request), None)
        if isinstance(response, Refusal):
            self._refused(response)
        else:
            self.gathered.take(response, place)
            self._on_progress(self.gathered.share)
        if request in before:
            # Answers come in the order of the requests: what was asked earlier will not be answered any more.
            self._lost(before[: before.index(request)])

    def _refused(self, refusal: Refusal) -> None:
        if refusal.code == Fault.BUSY:
            self._busy_until = time.monotonic() + self._patience.busy
            return
        raise _REFUSALS.get(refusal.code, _refusal_of)(refusal)

    def _lose_patience(self) -> None:
        """Count as lost what was not answered in time; raises PortError where enough is enough."""
        now = time.monotonic()
        if self._stop():
            raise _failed("capture-stopped", "the capture was stopped", "capture again")
        if now - self._began > self._patience.total or self._bytes > MOST_BYTES:
            raise self._given_up()
        silent = now - self._heard > self._patience.silence
        late = [
            request for request, sent in self._waiting.items()
            if now - sent > self._patience.silence * (1 if silent else 10)
        ]  # fmt: skip
        self._lost(late)

    def _lost(self, requests: list[Request]) -> None:
        for request in requests:
            name = _name(request)
            self._tries[name] = self._tries.get(name, 0) + 1
            del self._waiting[request]
            if self._tries[name] >= self._patience.tries * (2 if self.gathered.identity else 1):
                raise self._given_up()

    def _given_up(self) -> PortError:
        if time.monotonic() < self._busy_until + self._patience.silence:
            return _failed("programmer-busy", "the programmer is busy with a pump", "finish there, then capture again")
        if not self._any:
            return _failed(
                "port-silent", "nothing answers at this port",
                "switch the programmer on, look at the cable, and check the speed (--baud)",
            )  # fmt: skip
        if self.gathered.identity is None:
            return self._no_programmer()
        lacking = f"the capture is not whole; missing: {self.gathered.lacking()}"
        complaint = f" ({self._exchange.complaint})" if self._exchange.complaint else ""
        return _failed("capture-incomplete", lacking + complaint, "look at the cable, and capture again")

    def _no_programmer(self) -> PortError:
        if self._echo:
            message = "the line sends back what is sent: a loop, no programmer"
        elif self._exchange.complaint:
            message = self._exchange.complaint
        else:
            message = "what answers at this port does not speak as a programmer"
        remedy = "name the programmer's port, and check the speed (--baud)"
        return _failed("port-not-programmer", message, remedy)

    def _offset(self) -> int:
        return round((time.monotonic() - self._began) * 1000)


def _name(request: Request) -> object:
    """What a request is counted under: how many events it asks for depends on what has come since."""
    return ("events", request.after) if isinstance(request, ReadEvents) else request


def _refusal_of(refusal: Refusal) -> PortError:
    name = Fault(refusal.code).name if refusal.code in list(Fault) else f"code {refusal.code}"
    return _failed("programmer-refused", f"the programmer refused to answer: {name}", "capture again")


def _no_reading(_: Refusal) -> PortError:
    return _failed("programmer-no-reading", "the programmer holds no reading", "interrogate the pump, then capture")


def _stale(_: Refusal) -> PortError:
    message = "the programmer took another reading meanwhile: another pump, or the same one again"
    return _failed("capture-pump-changed", message, "leave the programmer alone, and capture again")


def _version(_: Refusal) -> PortError:
    message = "the programmer speaks another version of the protocol"
    return _failed("port-not-programmer", message, "use a version of the bridge that speaks it")


_REFUSALS: dict[int, Callable[[Refusal], PortError]] = {
    Fault.NO_READING: _no_reading,
    Fault.STALE_TOKEN: _stale,
    Fault.VERSION: _version,
}


def _failed(code: str, message: str, remedy: str) -> PortError:
    return PortError(message, code=code, remedy=remedy)
