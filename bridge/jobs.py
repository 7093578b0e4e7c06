"""What reconcilers are told and what they tell: jobs, reports of single courses, and their sums.

Promises: what crosses from one process to another are plain sums and codes; no plan and no patient does.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bridge import log
from bridge.plan import counts, is_sent
from bridge.reconcile import Consent, Outcome
from bridge.store.protocol import COMMONS


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
    unsent: int = 0


Tell = Callable[[Report], None]


@dataclass(slots=True)
class Sums:
    """What a run did at all its destinations; `open` are the courses that a person should see, by their place.

    `applied` and `unchanged` count courses; `shared` says whether what they share was applied, too. `unsent` counts
    what the ledger keeps as never sent.
    """

    applied: int = 0
    unchanged: int = 0
    shared: bool = False
    created: int = 0
    amended: int = 0
    retracted: int = 0
    unsent: int = 0
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
            self.unsent += report.unsent
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


def report_of(destination: str, outcome: Outcome) -> Report:
    """An outcome without its plan."""
    entries = outcome.plan.entries if outcome.plan else ()
    sums = {str(action): count for action, count in counts(entries).items()}
    unsent = sum(not is_sent(entry) for entry in entries)
    return Report(destination, outcome.course, outcome.status, outcome.code, outcome.detail, **sums, unsent=unsent)
