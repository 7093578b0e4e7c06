"""The one thread of what comes over MLLP: it reads, commits and answers; many connections, groups of one commit each.

1. Whoever submitted a message hears of it after the commit, in the order of submitting; or hears None: nothing was
   committed, nothing may be acknowledged.
2. A message number (MSH-10, with MSH-3 and MSH-4) that comes again with other content within a day is refused; the same
   content is known, and has the same receipt. Senders that count from 1 each day are not refused for ever.
3. It reads and commits, and computes nothing else. After a failure of the store it takes nothing more, and every
   connection ends.
4. Sockets are looked at while messages are read, between two of them, and never waited for with one unread.

It is one thread, because two of one interpreter spend a fifth of a message on handing over; while a commit is waited
for, nobody could be answered anyway.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bridge.accept import GROUP_ITEMS, Receipt, accept_groups, log_together
from bridge.errors import BridgeError, Bug
from bridge.log import get
from bridge.sources.inbox import Parts
from bridge.sources.mllp_sockets import Sockets
from bridge.store.protocol import Intake, NewExport, Refusal

log = get(__name__)
REPEATED_WITHIN = timedelta(days=1)
REMEMBERED = 10_000
TICK = 0.25
TOGETHER = 0.005
"""So long the first message of a group waits for those of other senders: a small part of what a commit takes."""

Open = Callable[[], AbstractContextManager[Parts]]


class Sender(Protocol):
    """Who submits messages, and hears of them."""

    def told(self, receipt: Receipt | None) -> None:
        """What became of the oldest one that nothing was told of yet."""

    def go_on(self) -> None:
        """All of one commit was told."""


class Attended(Protocol):
    """A port of this thread."""

    def look(self, now: float) -> None:
        """See whose time is over."""

    def end_all(self, code: str) -> None:
        """End every connection at once."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """One message on its way, and who hears of it."""

    export: NewExport
    sender: Sender


class Numbers:
    """Which content each message number stood for lately."""

    def __init__(self, store: Intake) -> None:
        self._store = store
        self._recent: OrderedDict[tuple[str, str], tuple[str, datetime]] = OrderedDict()  # SHA-256, and when

    def refused(self, export: NewExport) -> Refusal | None:
        """Why a new export is refused for its number alone; else it is remembered under it."""
        if not export.name:
            return None
        key, since = (export.source, export.name), export.received - REPEATED_WITHIN
        recent = self._recent.get(key)
        before = recent[0] if recent and recent[1] >= since else self._store.accepted_as(*key, since)
        if before is not None and before != export.sha256:
            return Refusal(
                "message-number-repeated", "this message number came before, with other content", "MSH[1]-10",
                "let the sender number each message anew; `quarantine retry` reads it all the same", None, None,
            )  # fmt: skip
        self._recent[key] = (export.sha256, export.received)
        if len(self._recent) > REMEMBERED:
            self._recent.popitem(last=False)
        return None

    def forget(self, export: NewExport) -> None:
        """A refused message has no claim on its number: the sender may correct it."""
        recent = self._recent.get((export.source, export.name))
        if recent is not None and recent[0] == export.sha256:
            del self._recent[export.source, export.name]


class Writer:
    """The thread; `open_parts` gives it a store of its own."""

    def __init__(self, open_parts: Open) -> None:
        self.failure: BridgeError | None = None
        self.news = threading.Event()
        self._sockets: Sockets | None = None
        self.listeners: set[Attended] = set()
        self._open = open_parts
        self._submitted: deque[Submitted] = deque()
        self._stopping = False
        self._lately = 1
        self._looks = 0.0
        self._thread = threading.Thread(target=self._run, name="mllp", daemon=True)

    @property
    def sockets(self) -> Sockets:
        """What the thread polls."""
        assert self._sockets is not None, "it was started"
        return self._sockets

    def start(self) -> None:
        """Begin to take messages."""
        self._sockets = Sockets()
        self._thread.start()

    def stop(self) -> None:
        """Commit what was submitted, then end."""
        self._stopping = True
        if self._thread.is_alive():
            self.sockets.ring()
            self._thread.join(30)

    def submit(self, export: NewExport, sender: Sender) -> None:
        """Give it a message, in its own thread; the sender is told its receipt, or None."""
        self._submitted.append(Submitted(export, sender))

    def _run(self) -> None:
        try:
            with self._open() as parts:
                self._serve(parts)
        except BridgeError as error:
            self.failure = error
            log.error("mllp_writer_failed", code=error.code)
        except Exception as error:
            self.failure = Bug(f"the writer of messages failed ({type(error).__name__})")
            log.error("mllp_writer_failed", error_type=type(error).__name__)
        finally:
            self._end()

    def _serve(self, parts: Parts) -> None:
        numbers = Numbers(parts.store)
        while not self._stopping or self._submitted:
            self.sockets.poll(0 if self._submitted else TICK)
            self._look()
            if self._submitted:
                self._take(parts, numbers)

    def _look(self) -> None:
        """Let the ports end what is over; what had come by now was read before."""
        now = time.monotonic()
        if now < self._looks:
            return
        self._looks = now + TICK
        for listener in list(self.listeners):
            listener.look(now)

    def _take(self, parts: Parts, numbers: Numbers) -> None:
        """One group: each message is read as it comes, while the others are on their way; then one commit."""
        batch: list[Submitted] = []
        told = 0
        try:
            for receipts in accept_groups(
                self._exports(batch), parts.adapters, parts.store, parts.settings,
                group_seconds=TOGETHER, refused=numbers.refused, told=log_together,
            ):  # fmt: skip
                committed = batch[told : told + len(receipts)]
                told += len(receipts)
                self._tell(committed, receipts, numbers)
        finally:
            self._tell_none(batch[told:])
        self._lately = len(batch)

    def _tell(self, committed: Sequence[Submitted], receipts: Sequence[Receipt], numbers: Numbers) -> None:
        for submitted, receipt in zip(committed, receipts, strict=True):
            if receipt.code:
                numbers.forget(submitted.export)
            submitted.sender.told(receipt)
        for sender in dict.fromkeys(submitted.sender for submitted in committed):
            sender.go_on()
        if any(receipt.outcome != "known" for receipt in receipts):
            self.news.set()

    def _tell_none(self, left: Sequence[Submitted]) -> None:
        for submitted in left:
            submitted.sender.told(None)
            submitted.sender.go_on()

    def _exports(self, batch: list[Submitted]) -> Iterator[NewExport]:
        """What was submitted, up to one group; `batch` gets each before it is given out.

        Where several came together last time, so many are waited for a moment: each sends on when it is answered.
        """
        until = time.monotonic() + TOGETHER
        while len(batch) < GROUP_ITEMS:
            while not self._submitted:
                left = until - time.monotonic()
                self.sockets.poll(left if left > 0 and len(batch) < self._lately else 0)
                if not self._submitted and (left <= 0 or len(batch) >= self._lately):
                    return
            submitted = self._submitted.popleft()
            batch.append(submitted)
            yield submitted.export

    def _end(self) -> None:
        """Nothing more is taken: whoever waits is told so."""
        self.sockets.end_asking()
        self._tell_none(self._submitted)
        self._submitted.clear()
        for listener in list(self.listeners):
            listener.end_all("not-committed" if self.failure else "stopping")
        self.sockets.close()
