"""The one thread that commits what comes over MLLP: many connections, groups of one commit each.

1. Whoever submitted a message hears of it after the commit, in the order of submitting; or hears None: nothing was
   committed, nothing may be acknowledged.
2. A message number (MSH-10, with MSH-3 and MSH-4) that comes again with other content within a day is refused; the same
   content is known, and has the same receipt. Senders that count from 1 each day are not refused for ever.
3. It reads and commits, and computes nothing else. After a failure of the store it takes nothing more.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from queue import Empty, SimpleQueue

from bridge.accept import GROUP_ITEMS, Receipt, accept_many
from bridge.errors import BridgeError, Bug
from bridge.log import get
from bridge.sources.inbox import Parts
from bridge.store.protocol import Intake, NewExport, Refusal

log = get(__name__)
REPEATED_WITHIN = timedelta(days=1)
REMEMBERED = 10_000
TOGETHER = 0.005
"""So long the first message of a group waits for those of other senders: a small part of what a commit takes."""

Answers = SimpleQueue[Receipt | None]
Open = Callable[[], AbstractContextManager[Parts]]


@dataclass(frozen=True, slots=True)
class Submitted:
    """One message on its way, and where its receipt is waited for."""

    export: NewExport
    answers: Answers


class Numbers:
    """Which content each message number stood for lately."""

    def __init__(self, store: Intake) -> None:
        self._store = store
        self._recent: OrderedDict[tuple[str, str], NewExport] = OrderedDict()

    def refused(self, export: NewExport) -> Refusal | None:
        """Why a new export is refused for its number alone; else it is remembered under it."""
        if not export.name:
            return None
        key, since = (export.source, export.name), export.received - REPEATED_WITHIN
        recent = self._recent.get(key)
        before = recent.sha256 if recent and recent.received >= since else self._store.accepted_as(*key, since)
        if before is not None and before != export.sha256:
            return Refusal(
                "message-number-repeated", "this message number came before, with other content", "MSH[1]-10",
                "let the sender number each message anew; `quarantine retry` reads it all the same", None, None,
            )  # fmt: skip
        self._recent[key] = export
        if len(self._recent) > REMEMBERED:
            self._recent.popitem(last=False)
        return None

    def forget(self, export: NewExport) -> None:
        """A refused message has no claim on its number: the sender may correct it."""
        recent = self._recent.get((export.source, export.name))
        if recent is not None and recent.sha256 == export.sha256:
            del self._recent[export.source, export.name]


class Writer:
    """The thread; `open_parts` gives it a store of its own."""

    def __init__(self, open_parts: Open) -> None:
        self.failure: BridgeError | None = None
        self.news = threading.Event()
        self._open = open_parts
        self._queue: SimpleQueue[Submitted | None] = SimpleQueue()
        self._ended = False
        self._lately = 1
        self._gate = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="mllp-writer", daemon=True)

    def start(self) -> None:
        """Begin to take messages."""
        self._thread.start()

    def submit(self, export: NewExport, answers: Answers) -> None:
        """Give it a message; its receipt, or None, comes to `answers`."""
        with self._gate:
            if not self._ended:
                self._queue.put(Submitted(export, answers))
                return
        answers.put(None)

    def stop(self) -> None:
        """Commit what was submitted, then end."""
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join(30)

    def _run(self) -> None:
        try:
            with self._open() as parts:
                numbers = Numbers(parts.store)
                while (first := self._queue.get()) is not None:
                    self._take(first, parts, numbers)
        except BridgeError as error:
            self.failure = error
            log.error("mllp_writer_failed", code=error.code)
        except Exception as error:
            self.failure = Bug(f"the writer of messages failed ({type(error).__name__})")
            log.error("mllp_writer_failed", error_type=type(error).__name__)
        finally:
            self._drain()

    def _take(self, first: Submitted, parts: Parts, numbers: Numbers) -> None:
        """One group: each message is read as it comes, while the others are on their way; then one commit."""
        batch: list[Submitted] = []
        told = 0
        exports = self._exports(first, batch)
        try:
            for receipt in accept_many(
                exports, parts.adapters, parts.store, parts.settings, group_seconds=TOGETHER, refused=numbers.refused
            ):
                submitted = batch[told]
                told += 1
                if receipt.code:
                    numbers.forget(submitted.export)
                submitted.answers.put(receipt)
                if receipt.outcome != "known":
                    self.news.set()
        finally:
            for submitted in batch[told:]:
                submitted.answers.put(None)
        self._lately = len(batch)

    def _exports(self, first: Submitted, batch: list[Submitted]) -> Iterator[NewExport]:
        """What waits, up to one group; `batch` gets each before it is given out.

        Where several came together last time, so many are waited for a moment: each sends on when it is answered.
        """
        following: Submitted | None = first
        until = time.monotonic() + TOGETHER
        while following is not None:
            batch.append(following)
            yield following.export
            if len(batch) == GROUP_ITEMS:
                return
            try:
                following = self._queue.get(block=len(batch) < self._lately, timeout=max(0.0, until - time.monotonic()))
            except Empty:
                return
        self._queue.put(None)

    def _drain(self) -> None:
        """Nothing more is taken: whoever waits is told so."""
        with self._gate:
            self._ended = True
        while True:
            try:
                left = self._queue.get_nowait()
            except Empty:
                return
            if left is not None:
                left.answers.put(None)
