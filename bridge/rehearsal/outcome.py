"""What came of a rehearsal: the server, the steps, what stays there, and whether the bridge can work with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bridge import __version__
from bridge.errors import EXIT_DONE, EXIT_PARKED, EXIT_UNREACHABLE, DestinationError
from bridge.rehearsal.cleaning import Left
from bridge.rehearsal.step import Part, Step

Verdict = Literal["passed", "failed", "stopped", "not reached"]
EXIT_STOPPED = 130


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A rehearsal that has ended."""

    url: str
    software: str
    software_version: str
    said_by: str
    namespace: str
    patient: str
    begun: datetime
    ended: datetime
    steps: tuple[Step, ...]
    left: tuple[Left, ...]
    kept: bool = False
    stopped: str = ""
    unreachable: bool = False
    no_answer: DestinationError | None = None  # to the very first question: no step was done
    bridge: str = __version__

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.ended - self.begun).total_seconds()

    @property
    def missed(self) -> list[Step]:
        """The needed steps that did not pass."""
        return [step for step in self.steps if step.needed and step.result != "passed"]

    @property
    def verdict(self) -> Verdict:
        """Passed: every needed step did."""
        if self.unreachable:
            return "not reached"
        if self.stopped:
            return "stopped"
        return "failed" if self.missed else "passed"

    @property
    def status(self) -> int:
        """The exit status."""
        known = {"passed": EXIT_DONE, "failed": EXIT_PARKED, "not reached": EXIT_UNREACHABLE, "stopped": EXIT_STOPPED}
        return known[self.verdict] if "time was over" not in self.stopped else EXIT_PARKED

    def of(self, part: Part) -> Sequence[Step]:
        """The steps of one part."""
        return [step for step in self.steps if step.part == part]
