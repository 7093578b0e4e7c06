"""What became of courses at a destination: one outcome each, and the sums of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bridge.plan import counts
from bridge.store.protocol import StoredPlan

Status = Literal["unchanged", "planned", "applied", "waiting", "parked", "paused", "unreachable"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one course at one destination."""

    course: int
    status: Status
    plan: StoredPlan | None = None
    code: str = ""
    detail: str = ""


@dataclass(slots=True)
class Tally:
    """The sums of a run: courses by status, and resources created, amended and retracted by applied plans."""

    courses: dict[str, int] = field(default_factory=dict)
    created: int = 0
    amended: int = 0
    retracted: int = 0
    outcomes: list[Outcome] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Count one outcome; those that a person should see are kept."""
        self.courses[outcome.status] = self.courses.get(outcome.status, 0) + 1
        if outcome.status == "applied" and outcome.plan is not None:
            found = counts(outcome.plan.entries)
            self.created += found["create"]
            self.amended += found["amend"]
            self.retracted += found["retract"]
        if outcome.status not in ("applied", "unchanged"):
            self.outcomes.append(outcome)
