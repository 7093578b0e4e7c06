"""One pump never runs twice at one destination: what a plan waits for in its lane.

A plan that begins a running segment waits while another course of the pump still shows one there, as when an export was
assigned to another patient and the course that loses it is parked. It goes on as soon as that course is applied.
"""

from __future__ import annotations

from bridge.ageing import runs
from bridge.chart import administration
from bridge.errors import ParkedError
from bridge.store.protocol import COMMONS, OPEN_PAGE, Store, StoredPlan

BLOCKED = "lane-blocked"
_BEFORE_OPEN = chr(ord(OPEN_PAGE) - 1)  # what runs stands on the open page: a shared pump has many courses


def refuse_second_segment(plan: StoredPlan, store: Store, destination: str) -> None:
    """Raises ParkedError `lane-blocked` where the plan begins to run what another course of the pump still runs."""
    if plan.course == COMMONS or not _begins(plan, store, destination):
        return
    for other in store.siblings(plan.course):
        if any(runs(row) for row in store.ledger(destination, other.course, _BEFORE_OPEN)):
            raise ParkedError(
                f"course {other.course} of the same pump still shows it as running there", code=BLOCKED,
                remedy=f"see `parked show {other.course}`; this course goes on by itself once that one is applied",
            )  # fmt: skip


def free(course: int, store: Store, destination: str) -> None:
    """All of a course is sent: what waited for it in its lane is due.

    Before its plan is finished: a process that ends in between does it again when it resumes the plan. Nobody takes
    what is due before the lease of the lane is over.
    """
    for other in store.parked_in_lane(destination, course, BLOCKED) if course != COMMONS else ():
        store.unpark(destination, other)


def _begins(plan: StoredPlan, store: Store, destination: str) -> bool:
    """Whether a segment runs by this plan that does not run there yet."""
    running = [e.key for e in plan.entries if e.action != "retract" and administration.runs(e.type, e.body)]
    there = store.rows(destination, plan.course, running) if running else {}
    return any(key not in there or not runs(there[key]) for key in running)
