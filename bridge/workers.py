"""Applying by this process and others: many courses at once, each made true by one process under a lease.

Little work is done by the calling process alone: another one costs more to start than it would do.
"""

from __future__ import annotations

import contextlib
import os

from bridge.jobs import Job, Report, Sums, Tell, report_of
from bridge.members import Line, Stop, Team
from bridge.reconcile import Outcome
from bridge.site import Site

WORTH = 40
"""So many courses are worth a process of their own."""
LOOKS, LOOKS_EVERY = 100, 0.05
"""How often a process that got ready early looks for its first course, and after how many seconds again."""


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0))


def apply_all(
    site: Site, job: Job, *, processes: int | None = None, stop: Stop = lambda: False,
    on_report: Tell = lambda _: None, team: Team | None = None,
) -> Sums:  # fmt: skip
    """Make the job's destinations true: what is due, and the stored plans that its consent lets through.

    The calling process works too; beside it are as many as the work is worth, at most one a core in all: those of
    `team`, which got ready for this very job, or new ones.
    """
    sums = Sums()
    for name in job.destinations:
        site.store.hurry(name)
        site.store.wake(name, job.as_of or site.clock.now())

    def tell(report: Report) -> None:
        sums.add(report)
        on_report(report)

    others = _others(site, job, processes)
    with contextlib.nullcontext(team) if team is not None else Team(job, others) as team:
        team.go(others)

        def heard(report: Report) -> None:
            tell(report)
            team.hear(tell)

        _apply(site, job, stop, heard)
        team.finish(tell, stop)
    return sums


def _others(site: Site, job: Job, processes: int | None) -> int:
    if processes is not None:
        return max(0, processes - 1)
    return worth(sum(site.store.due(name) + len(site.store.waiting(name)) for name in job.destinations))


def worth(courses: int) -> int:
    """How many processes beside the calling one so many courses are worth."""
    return max(0, min(cores() - 1, courses // WORTH))


def _apply(site: Site, job: Job, stop: Stop, tell: Tell) -> None:
    for name in job.destinations:
        reconciler = site.reconciler(name, consent=job.consent, as_of=job.as_of)

        def on_outcome(outcome: Outcome, name: str = name) -> None:
            tell(report_of(name, outcome))

        reconciler.run(apply=True, stop=stop, on_outcome=on_outcome)


def apply_share(site: Site, job: Job, line: Line) -> None:
    """The task of a process that helps `apply_all`; while what courses share is applied, nothing else is given out."""
    said: list[Report] = []

    def tell(report: Report) -> None:
        said.append(report)
        line.tell(report)

    for _ in range(LOOKS):
        _apply(site, job, line.stopped, tell)
        if said or line.stopped() or not any(site.store.due(name) for name in job.destinations):
            return
        line.rest(LOOKS_EVERY)
