"""Reconcilers as processes: many courses at once, each made true by one process under a lease.

1. A process that is told to stop finishes the course that it is at, gives its leases back and leaves.
2. Its standard input is its lifeline: a byte wakes it, the end of it stops it; so none outlives its parent.
3. What it says on its standard output are plain sums and codes; no plan and no patient crosses.
4. Little work is done by the calling process alone: another one costs more to start than it would do.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from bridge import log
from bridge.config import load
from bridge.errors import BridgeError, Bug, ConfigError, StoreError
from bridge.plan import counts
from bridge.reconcile import Consent, Outcome
from bridge.site import Site, open_site
from bridge.store.protocol import COMMONS, Store

WORTH = 40
"""So many courses are worth a process of their own."""
IMPATIENT = 30
"""A rest that ends within so many seconds is our own: who applies now need not wait for it."""
SPEAKS_EVERY = 0.2
PATIENCE = 8.0

Stop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one course, as it crosses from one process to another."""

    destination: str
    course: int
    status: str
    code: str = ""
    detail: str = ""
    create: int = 0
    amend: int = 0
    retract: int = 0


Tell = Callable[[Report], None]


@dataclass(slots=True)
class Sums:
    """What a run did at all its destinations; `open` are the courses that a person should see, by their place.

    `applied` and `unchanged` count courses; `shared` says whether what they share was applied, too.
    """

    applied: int = 0
    unchanged: int = 0
    shared: bool = False
    created: int = 0
    amended: int = 0
    retracted: int = 0
    open: dict[tuple[str, int], Report] = field(default_factory=dict)

    @property
    def confirmed(self) -> int:
        """How many writes the destinations have confirmed."""
        return self.created + self.amended + self.retracted

    def add(self, report: Report) -> None:
        """Count one report; the newest of a course holds."""
        place = (report.destination, report.course)
        self.open.pop(place, None)
        if report.status == "applied":
            self.applied += report.course != COMMONS
            self.shared |= report.course == COMMONS
            self.created += report.create
            self.amended += report.amend
            self.retracted += report.retract
        elif report.status == "unchanged":
            self.unchanged += report.course != COMMONS
        else:
            self.open[place] = report

    def of(self, *statuses: str) -> list[Report]:
        """The open courses of these statuses."""
        return [report for report in self.open.values() if report.status in statuses]


@dataclass(frozen=True, slots=True)
class Job:
    """What one process is to do; `task` is `module:function` of what it runs."""

    config: Path
    destinations: tuple[str, ...]
    consent: Consent = field(default_factory=Consent)
    as_of: datetime | None = None
    task: str = "bridge.workers:apply_share"
    level: log.Level = "error"
    json_log: bool = False

    def dump(self) -> bytes:
        """The job as one line."""
        return json.dumps(asdict(self), default=_plain).encode() + b"\n"

    @classmethod
    def load(cls, text: bytes) -> Job:
        """The job from its line."""
        given: dict[str, Any] = json.loads(text)
        consent = given.pop("consent")
        consent["mend"] = frozenset(consent["mend"])
        given["config"], given["destinations"] = Path(given["config"]), tuple(given["destinations"])
        given["as_of"] = datetime.fromisoformat(given["as_of"]) if given["as_of"] else None
        return cls(consent=Consent(**consent), **given)


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    return value.isoformat() if isinstance(value, datetime) else str(value)


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0))


def report_of(destination: str, outcome: Outcome) -> Report:
    """An outcome without its plan."""
    found = counts(outcome.plan.entries) if outcome.plan else {}
    sums = {str(action): count for action, count in found.items()}
    return Report(destination, outcome.course, outcome.status, outcome.code, outcome.detail, **sums)


# --- applying, by this process and others ----------------------------------------------------------------------------


def apply_all(
    site: Site, job: Job, *, processes: int | None = None, stop: Stop = lambda: False, on_report: Tell = lambda _: None
) -> Sums:
    """Make the job's destinations true: what is due, and the stored plans that its consent lets through.

    The calling process works too; beside it are as many as the work is worth, at most one a core in all.
    """
    sums = Sums()
    for name in job.destinations:
        site.store.hurry(name, site.clock.now(), IMPATIENT)
        site.store.wake(name, job.as_of or site.clock.now())

    def tell(report: Report) -> None:
        sums.add(report)
        on_report(report)

    with Team([job] * _others(site, job, processes)) as team:

        def heard(report: Report) -> None:
            tell(report)
            team.hear(tell)

        _apply(site, job, stop, heard)
        team.finish(tell, stop)
    return sums


def _others(site: Site, job: Job, processes: int | None) -> int:
    if processes is not None:
        return max(0, processes - 1)
    work = sum(site.store.due(name) + len(site.store.waiting(name)) for name in job.destinations)
    return max(0, min(cores() - 1, work // WORTH))


def _apply(site: Site, job: Job, stop: Stop, tell: Tell) -> None:
    for name in job.destinations:
        reconciler = site.reconciler(name, consent=job.consent, as_of=job.as_of)
        now = site.clock.now()
        if job.as_of is not None and job.as_of < now:
            reconciler.store = cast("Store", Past(site.store, now))

        def on_outcome(outcome: Outcome, name: str = name) -> None:
            tell(report_of(name, outcome))

        reconciler.run(apply=True, stop=stop, on_outcome=on_outcome)


class Past:
    """The store for a past instant.

    No checkpoint is used, as it may know more than was known then, and none is kept. A plan that waits until a time
    that is over by now waits until something changes: it would be planned again without end.
    """

    def __init__(self, store: Store, now: datetime) -> None:
        self._store, self._now = store, now

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def checkpoint(self, course: int, before: str) -> None:
        """None."""

    def save_checkpoints(self, *_: object) -> None:
        """Forgets them."""

    def defer(self, destination: str, course: int, until: datetime | None) -> None:
        """Defer a course; without end where that time is over."""
        self._store.defer(destination, course, until if until is not None and until > self._now else None)


def apply_share(site: Site, job: Job, line: Line) -> None:
    """The task of a process that helps `apply_all`."""
    _apply(site, job, line.stopped, line.tell)


# --- the parent's side -----------------------------------------------------------------------------------------------


class Member:
    """One process at work for this one."""

    def __init__(self, job: Job) -> None:
        command = [sys.executable, "-P", "-c", "from bridge.workers import main; main()"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        assert self._process.stdin is not None, "asked for as a pipe"
        assert self._process.stdout is not None, "asked for as a pipe"
        self._cue, self._said = self._process.stdin, self._process.stdout
        self._cue.write(job.dump())
        os.set_blocking(self._cue.fileno(), False)
        os.set_blocking(self._said.fileno(), False)
        self._rest = b""
        self.failure: BridgeError | None = None

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    @property
    def process_id(self) -> int:
        """Its number among processes."""
        return self._process.pid

    @property
    def said(self) -> int:
        """The file descriptor to wait at for what it says."""
        return self._said.fileno()

    def hear(self, tell: Tell) -> None:
        """Take in what it has said; a failure is kept."""
        while piece := self._said.read(65536):
            *lines, self._rest = (self._rest + piece).split(b"\n")
            for line in lines:
                self._take(json.loads(line), tell)
        if not self.alive and self._process.returncode and self.failure is None:
            self.failure = Bug(f"a reconciler process ended with status {self._process.returncode}")

    def _take(self, message: dict[str, Any], tell: Tell) -> None:
        for report in message.get("reports", ()):
            tell(Report(**report))
        if "failure" in message:
            self.failure = _failure(**message["failure"])

    def wake(self) -> None:
        """There may be something to do."""
        try:
            self._cue.write(b"w")
        except (BlockingIOError, BrokenPipeError, ValueError):
            pass  # it has been told already, or it is not there any more

    def stop(self) -> None:
        """Tell it to stop after the course that it is at."""
        self._cue.close()

    def end(self, until: float) -> None:
        """Wait for it until then; after that it is killed, and what it was at is resumed by the next who comes."""
        self.stop()
        try:
            self._process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.close()


_KINDS: dict[int, type[BridgeError]] = {kind.exit_status: kind for kind in (ConfigError, StoreError)}


def _failure(exit_status: int, message: str, where: str, remedy: str, code: str) -> BridgeError:
    return _KINDS.get(exit_status, Bug)(message, where=where, remedy=remedy, code=code)


class Team:
    """Some processes at work; a context manager that leaves none behind."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._jobs = jobs
        self._members: list[Member] = []

    def __enter__(self) -> Team:
        self._members = [Member(job) for job in self._jobs]
        return self

    def __exit__(self, *_: object) -> None:
        for member in self._members:
            member.stop()
        until = time.monotonic() + PATIENCE
        for member in self._members:
            member.end(until)

    def hear(self, tell: Tell) -> None:
        """Take in what the members have said; raises what one of them failed with."""
        for member in self._members:
            member.hear(tell)
            if member.failure is not None:
                raise member.failure

    def finish(self, tell: Tell, stop: Stop) -> None:
        """Wait until every member has done its work, or was told to stop and did."""
        until = float("inf")
        while (alive := [member for member in self._members if member.alive]) and time.monotonic() < until:
            if stop() and until == float("inf"):
                until = time.monotonic() + PATIENCE
                for member in alive:
                    member.stop()
            select.select([member.said for member in alive], [], [], 0.1)
            self.hear(tell)
        self.hear(tell)


# --- the process's own side ------------------------------------------------------------------------------------------


class Line:
    """How a process hears its parent and speaks to it."""

    def __init__(self, cue: int, voice: int) -> None:
        self._cue, self._voice = cue, voice
        self._ended = False
        self._reports: list[dict[str, Any]] = []
        self._spoke = time.monotonic()

    def stopped(self) -> bool:
        """Whether it is to stop: it was told so, or nobody is there any more."""
        self.rest(0.0)
        return self._ended

    def rest(self, seconds: float) -> None:
        """Wait so long, or until woken or told to stop."""
        if not self._ended and select.select([self._cue], [], [], seconds)[0]:
            self._ended = not os.read(self._cue, 4096)

    def end(self, *_: object) -> None:
        """To stop, as a signal says."""
        self._ended = True

    def tell(self, report: Report) -> None:
        """Say what became of a course; several are said at once."""
        self._reports.append(asdict(report))
        if time.monotonic() - self._spoke > SPEAKS_EVERY:
            self.flush()

    def flush(self) -> None:
        """Say what has not been said yet."""
        if self._reports:
            self._say({"reports": self._reports})
        self._reports, self._spoke = [], time.monotonic()

    def fail(self, error: BridgeError) -> None:
        """Say why it cannot go on."""
        names = ("exit_status", "message", "where", "remedy", "code")
        self._say({"failure": {name: getattr(error, name) for name in names}})

    def _say(self, message: dict[str, Any]) -> None:
        text = json.dumps(message).encode() + b"\n"
        try:
            while text:
                text = text[os.write(self._voice, text) :]
        except BrokenPipeError:
            self._ended = True


def main() -> None:
    """A process: read its job from standard input, do it, say what came of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    line = Line(0, os.dup(1))
    os.dup2(2, 1)
    signal.signal(signal.SIGTERM, line.end)
    job = Job.load(_first_line())
    log.configure(job.level, job.json_log)
    module, _, name = job.task.partition(":")
    try:
        with open_site(load(job.config)) as site:
            site.register()
            getattr(import_module(module), name)(site, job, line)
    except BridgeError as error:
        line.fail(error)
    except Exception as error:
        log.get(__name__).error("reconciler_failed", error_type=type(error).__name__, exc_info=error)
        line.fail(Bug(f"a reconciler process failed ({type(error).__name__})"))
    line.flush()


def _first_line() -> bytes:
    """The job, byte by byte: what follows it are cues."""
    text = b""
    while not text.endswith(b"\n") and (piece := os.read(0, 1)):
        text += piece
    return text
