"""The daemon: one process takes exports in, others keep the charts true, until it is told to stop.

1. Intake computes no chart: it accepts, wakes the reconcilers, and looks after them.
2. SIGTERM and SIGINT end it within seconds: nothing new is begun; what was begun is finished, or resumed at the next
   start.
3. A destination that goes away is logged once, and once when it is back; meanwhile it is asked ever more rarely.
4. A reconciler that dies is started again, ever more slowly; an error of configuration ends the daemon.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random

from bridge import log
from bridge.accept import Receipt, accept_many, settings_of
from bridge.config import Config
from bridge.errors import BridgeError, ConfigError
from bridge.jobs import Job, Report, report_of
from bridge.listening import Messages
from bridge.log import get
from bridge.members import PATIENCE, Line, Member
from bridge.reconcile import Outcome, Reconciler
from bridge.retry import delay
from bridge.site import Site
from bridge.sources.inbox import Folders, Inbox, Parts
from bridge.sources.serial_polling import NAME, SerialPorts, Watched
from bridge.store.protocol import Store
from bridge.workers import cores

TICK = 0.25
REST = 0.5
NICENESS = 5
"""Reconcilers stand back by so much where processors are short: a sender waits for its answer, a chart for nobody."""

_log = get(__name__)


def run(site: Site, file: Path, *, level: log.Level = "info", json_log: bool = False) -> None:
    """Keep every chart true until a signal says stop; raises ConfigError where there is nothing to do."""
    jobs = shares(site.config, file, level, json_log)
    inbox = _inbox(site)
    with Signals() as signals, _serial_ports(site) as ports, Messages(site) as messages:
        watch = Watch()
        crew = [Post(job) for job in jobs]
        _log.info("daemon_started", process=len(crew), count=len(site.config.destinations))
        try:
            _keep(site, inbox, ports, messages, crew, watch, signals)
        finally:
            _stopped(crew, watch)
    _log.info("daemon_stopped", signal=signals.name)


def shares(config: Config, file: Path, level: log.Level, json_log: bool) -> list[Job]:
    """The work of each process: one destination, so that one that hangs holds up no other; cores - 1, or one each."""
    names = [destination.name for destination in config.destinations]
    if not names:
        raise ConfigError(
            "no destination is configured", code="config-no-destination", remedy="add a [[destination]] table"
        )
    count = max(cores() - 1, len(names))
    return [
        Job(file, (names[n % len(names)],), task="bridge.daemon:keep_true", level=level, json_log=json_log)
        for n in range(count)
    ]


# --- the process that takes in ---------------------------------------------------------------------------------------


class Signals:
    """Notes the signals that end the daemon; a context manager that puts the handlers back."""

    def __init__(self) -> None:
        self.name = ""
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Signals:
        for number in (signal.SIGTERM, signal.SIGINT):
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _note(self, number: int, _: object) -> None:
        self.name = signal.Signals(number).name

    def stopped(self) -> bool:
        """Whether one has come."""
        return bool(self.name)


@dataclass(slots=True)
class Watch:
    """Which destinations do not answer now, so that each is logged once when it goes and once when it returns."""

    lost: dict[str, str] = field(default_factory=dict)

    def tell(self, report: Report) -> None:
        """Note what became of a course."""
        name = report.destination
        if report.status in ("unreachable", "paused") and name not in self.lost:
            self.lost[name] = report.code
            _log.warning("destination_lost", destination=name, code=report.code)
        elif report.status == "applied" and name in self.lost:
            del self.lost[name]
            _log.info("destination_returned", destination=name)


class Post:
    """One place in the crew: the process that holds it, and when the next one may."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.falls = 0
        self.next_start = 0.0
        self.member: Member | None = Member(job)
        self.since = time.monotonic()

    def look_after(self, watch: Watch) -> None:
        """Hear it; start it again where it has ended. Raises ConfigError that it ended with."""
        if self.member is not None:
            self.member.hear(watch.tell)
            if not self.member.alive:
                self._fallen(self.member.failure)
        elif time.monotonic() >= self.next_start:
            self.member, self.since = Member(self.job), time.monotonic()

    def _fallen(self, error: BridgeError | None) -> None:
        assert self.member is not None, "only who was there can fall"
        self.member.end(time.monotonic())
        self.member = None
        if isinstance(error, ConfigError):
            raise error
        self.falls = 1 if time.monotonic() - self.since > 600 else self.falls + 1
        seconds = delay(self.falls, Random(), first=1.0)
        self.next_start = time.monotonic() + seconds
        _log.error("reconciler_ended", code=error.code if error else "ended", attempt=self.falls, seconds=seconds)


def _inbox(site: Site) -> Inbox | None:
    settings = site.config.inbox
    if settings is None:
        return None
    folders = Folders(settings.path, settings.done, settings.quarantine)
    folders.prepare()
    parts = Parts(site.adapters, site.store, settings_of(site.config), site.clock)
    return Inbox(folders, parts, settle_seconds=settings.settle_seconds)


def _serial_ports(site: Site) -> SerialPorts:
    watched = [
        Watched(one.name, one.port, one.baud, one.every_minutes * 60, one.settle_seconds, one.backoff_minutes * 60)
        for one in site.config.serial
    ]
    return SerialPorts(watched, site.clock, held=partial(_captured_last, site.store))


def _captured_last(store: Store, source: str) -> bytes | None:
    """The transcript that a serial port gave last, if it gave one."""
    sha256 = store.accepted_as(source, NAME, datetime.min.replace(tzinfo=UTC))
    return store.content(sha256) if sha256 is not None else None


def _keep(
    site: Site, inbox: Inbox | None, ports: SerialPorts, messages: Messages, crew: Sequence[Post], watch: Watch,
    signals: Signals,
) -> None:  # fmt: skip
    poll = site.config.inbox.poll_seconds if site.config.inbox else TICK
    next_scan = 0.0
    while not signals.stopped():
        if inbox is not None and time.monotonic() >= next_scan:
            inbox.scan(_waker(crew))
            next_scan = time.monotonic() + poll
        for receipt in accept_many(ports.captures(), site.adapters, site.store, settings_of(site.config)):
            _waker(crew)(receipt)
        if messages.check():
            _wake(crew)
        for post in crew:
            post.look_after(watch)
        time.sleep(min(TICK, poll))


def _waker(crew: Sequence[Post]) -> Callable[[Receipt], None]:
    def wake(receipt: Receipt) -> None:
        if receipt.outcome != "known":
            _wake(crew)

    return wake


def _wake(crew: Sequence[Post]) -> None:
    for post in crew:
        if post.member is not None:
            post.member.wake()


def _stopped(crew: Sequence[Post], watch: Watch) -> None:
    members = [post.member for post in crew if post.member is not None]
    for member in members:
        member.stop()
    until = time.monotonic() + PATIENCE
    while any(member.alive for member in members) and time.monotonic() < until:
        for member in members:
            member.hear(watch.tell)
        time.sleep(0.02)
    for member in members:
        member.end(until)


# --- a process that keeps charts true --------------------------------------------------------------------------------


class Turns:
    """The turns of one destination: at once while it answers, ever more rarely while it does not."""

    def __init__(self, name: str, apply: bool, line: Line) -> None:
        self._name, self._apply, self._line = name, apply, line
        self._reconciler: Reconciler | None = None
        self._taken = ""
        self._failed = 0
        self._next = 0.0

    def take(self, site: Site) -> None:
        """Do what is due, unless it is too early to ask again."""
        if time.monotonic() < self._next:
            return
        site.store.wake(self._name, site.clock.now())
        tally = self._current(site).run(apply=self._apply, stop=self._line.stopped, on_outcome=self._tell)
        if any(outcome.status in ("unreachable", "paused") for outcome in tally.outcomes):
            self._failed += 1
            self._next = time.monotonic() + delay(self._failed, Random(), first=1.0)
        elif tally.courses:
            self._failed = 0

    def _current(self, site: Site) -> Reconciler:
        """The reconciler for what the destination takes as it was last asked: `check` may have asked it since."""
        taken = site.store.taken(self._name)
        if self._reconciler is None or taken != self._taken:
            site.forget(self._name)
            self._reconciler, self._taken = site.reconciler(self._name, settles=True), taken
            # What was finished meanwhile by what it took before is due again.
            site.store.register(self._name, self._reconciler.place.mapping, site.clock.now())
        return self._reconciler

    def _tell(self, outcome: Outcome) -> None:
        self._line.tell(report_of(self._name, outcome))


def keep_true(site: Site, job: Job, line: Line) -> None:
    """The task of a reconciler process: apply what is live, plan what is held or a shadow, until stopped."""
    os.nice(NICENESS)
    turns = [Turns(name, site.config.destination_named(name).mode == "live", line) for name in job.destinations]
    while not line.stopped():
        for turn in turns:
            turn.take(site)
        line.flush()
        line.rest(REST)
