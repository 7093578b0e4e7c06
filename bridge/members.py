"""Reconcilers as processes: how they are started, told, heard and ended, and their own side of it.

1. A process that is told to stop finishes the course that it is at, gives its leases back and leaves.
2. Its standard input is its lifeline: a byte wakes it, the end of it stops it; so none outlives its parent.
3. What it says on its standard output are plain sums and codes.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from typing import Any

from bridge import log
from bridge.charting import get_ready
from bridge.config import load
from bridge.errors import BridgeError, Bug, ConfigError, StoreError
from bridge.forked import Forked, may_fork
from bridge.jobs import Job, Report, Tell
from bridge.site import open_site

SPEAKS_EVERY = 0.2
PATIENCE = 8.0

Stop = Callable[[], bool]


class Member:
    """One process at work for this one; one that is `held` gets ready, and works once it is told to go.

    `fork`: it may be this process forked, where that is safe; what is loaded here is loaded there then.
    """

    def __init__(self, job: Job, *, held: bool = False, fork: bool = False) -> None:
        self._process = Forked(main) if fork and may_fork() else _spawned()
        assert self._process.stdin is not None, "asked for as a pipe"
        assert self._process.stdout is not None, "asked for as a pipe"
        self._cue, self._said = self._process.stdin, self._process.stdout
        os.set_blocking(self._said.fileno(), False)
        self._job = job
        self._rest = b""
        self.failure: BridgeError | None = None
        if not held:
            self.go()

    def go(self) -> None:
        """Give it its job."""
        self._cue.write(self._job.dump())
        os.set_blocking(self._cue.fileno(), False)

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


def _spawned() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-c", "from bridge.members import main; main()"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)


_KINDS: dict[int, type[BridgeError]] = {kind.exit_status: kind for kind in (ConfigError, StoreError)}


def _failure(exit_status: int, message: str, where: str, remedy: str, code: str) -> BridgeError:
    return _KINDS.get(exit_status, Bug)(message, where=where, remedy=remedy, code=code)


class Team:
    """Processes that get ready for a job at once and begin it when told; a context manager that leaves none behind."""

    def __init__(self, job: Job, size: int, *, fork: bool = False) -> None:
        self._job, self._size, self._fork = job, size, fork
        self._members: list[Member] = []

    def __enter__(self) -> Team:
        self._members = [Member(self._job, held=True, fork=self._fork) for _ in range(self._size)]
        return self

    def go(self, count: int) -> None:
        """So many begin the job, the others leave."""
        for member in self._members[:count]:
            member.go()
        for member in self._members[count:]:
            member.stop()

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
    get_ready()
    text = _first_line()
    if not text:
        return  # held, and not needed
    job = Job.load(text)
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
