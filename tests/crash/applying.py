"""Processes that apply a clinic's plans until they are killed: `python -m tests.crash.applying` forks them on demand.

One process imports everything once and forks a child for each line that it reads: a configuration and an instant. It
answers with the child's id, and with how it ended once it is asked by an empty line. It has no threads and no store of
its own, so that nothing is shared by the children.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from bridge import log
from bridge.clock import FixedClock
from bridge.config import load
from bridge.site import open_site
from fhir_profiles.structure import Structure
from tests.servers.journey import Clinic, Row

ROOT = Path(__file__).parents[2]
LEASE = timedelta(minutes=11)
KILLED = -signal.SIGKILL


def apply(config: Path, now: datetime) -> None:
    """Apply everything that is due."""
    with open_site(load(config), FixedClock(now)) as site:
        site.register()
        site.reconciler("charts").run(apply=True)


def main() -> None:
    """Fork a child for each line."""
    log.configure("critical")
    Structure().check({"resourceType": "Flag"})  # imports what every first check would import
    for line in sys.stdin:
        config, now = line.rstrip("\n").split("\t")
        child = os.fork()
        if not child:
            apply(Path(config), datetime.fromisoformat(now))
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        sys.stdin.readline()
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()


class Nursery:
    """Where the processes come from; a context manager that leaves none behind."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.crash.applying"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.communicate()

    def start(self, clinic: Clinic) -> int:
        """Let a process apply what is due in a clinic, after every lease of those before it; answers its id."""
        clinic.clock.advance(LEASE)
        return int(self._asked(f"{clinic.folder / 'pumpbridge.toml'}\t{clinic.clock.now().isoformat()}\n"))

    def kill(self, child: int) -> int:
        """Kill it, and answer how it ended."""
        os.kill(child, signal.SIGKILL)  # not reaped yet, so the id is still its own
        return int(self._asked("\n"))

    def _asked(self, line: str) -> str:
        assert self.process.stdin is not None, "asked for as a pipe"
        assert self.process.stdout is not None, "asked for as a pipe"
        self.process.stdin.write(line)
        self.process.stdin.flush()
        return self.process.stdout.readline()


def killed(clinic: Clinic, kills: int, moment: Callable[[], Callable[[], bool]], *, courses: int = 2) -> int:
    """Kill so many processes at work, each as soon as what `moment` gives for it is so.

    Each has finished so many courses at the most. Answers how many of them had something under way.
    """
    caught = 0
    with Nursery() as nursery:
        for _ in range(kills):
            left, has_come = clinic.site.store.due("charts") - courses, moment()
            child = nursery.start(clinic)
            assert wait(lambda left=left, has_come=has_come: has_come() or clinic.site.store.due("charts") <= left)
            assert nursery.kill(child) == KILLED
            caught += "sending" in {row.state for row in clinic.ledger()}
    return caught


def soon_after_begin(clinic: Clinic, seconds: float) -> Callable[[], bool]:
    """Whether so many seconds have passed since a plan began, or one that had begun was finished."""
    asked = "SELECT coalesce(sum(begun), 0), count(finished) FROM plan"
    before, since = clinic.asked(asked), list[float]()

    def has_come() -> bool:
        if not since and clinic.asked(asked) != before:
            since.append(time.monotonic())
        return bool(since) and time.monotonic() - since[0] >= seconds

    return has_come


def resumed(clinic: Clinic) -> list[tuple[str, str]]:
    """Go on as after a restart, until nothing is due."""
    said: list[tuple[str, str]] = []
    while clinic.site.store.due("charts"):
        clinic.clock.advance(LEASE)
        said += clinic.said()
    return said


def unaccounted(before: dict[str, Row], rows: Iterable[Row]) -> list[str]:
    """Resources that have another version than their changes account for: 1, and one more where `before` was other."""
    wanted = {row.key: 1 + (row.key in before and before[row.key].confirmed != row.confirmed) for row in rows}
    return [f"{row.key} has version {row.version}" for row in rows if row.version != str(wanted[row.key])]


def wait(done: Callable[[], bool], seconds: float = 60.0) -> bool:
    """Wait until something is so, or until so many seconds have passed; answers whether it is so."""
    until = time.monotonic() + seconds
    while not (found := done()) and time.monotonic() < until:
        time.sleep(0.002)
    return found


if __name__ == "__main__":
    main()
