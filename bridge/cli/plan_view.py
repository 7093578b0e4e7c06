"""Plans as people read them: a course's causes, then what it creates (+), amends (~) and retracts (-)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bridge.chart.capability import Departure
from bridge.cli.differing import Shown, shown, sides
from bridge.cli.output import counted, courses, line
from bridge.cli.remedies import with_remedy
from bridge.cli.setting import course_words
from bridge.store.protocol import COMMONS, Decision, ParkedRow, Store, StoredPlan

_SIGNS = {"create": ("+", "green"), "amend": ("~", "yellow"), "retract": ("-", "red")}
_WAITS = {
    "held": "the destination is held: `pumpbridge apply` sends it",
    "shadow": 'the destination is a shadow: nothing is sent there until its mode is "held" or "live"',
    "mapping": "the mapping changed: `pumpbridge apply --accept-mapping` sends it",
    "large": "it is large and nobody decided it: `pumpbridge apply --accept-large` sends it",
}


def waits_words(waits: str) -> str:
    """Why a plan waits for a person, and what lets it through."""
    return _WAITS.get(waits, waits)


@dataclass(frozen=True, slots=True)
class CourseView:
    """One course's plan; `waits` is '' or why a person must let it through."""

    course: int
    about: str
    causes: tuple[str, ...]
    decision: str
    waits: str
    entries: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class ParkedView:
    """A course that has no plan that could be applied, and why."""

    course: int
    about: str
    code: str
    detail: str


@dataclass(slots=True)
class Sums:
    """What the plans of one destination do together; `shared`: what courses share, which is no course, changes too."""

    courses: int = 0
    shared: bool = False
    create: int = 0
    amend: int = 0
    retract: int = 0

    def add(self, view: CourseView) -> None:
        """Count one course."""
        self.courses += view.course != COMMONS
        self.shared |= view.course == COMMONS
        for entry in view.entries:
            setattr(self, entry.action, getattr(self, entry.action) + 1)

    @property
    def empty(self) -> bool:
        """Whether there is no plan at all."""
        return not self.courses and not self.shared

    def __str__(self) -> str:
        counts = f"{self.create} to create, {self.amend} to amend, {self.retract} to retract"
        return f"{counts}, in {courses(self.courses, self.shared)}"


def summed(sums: Sums, parked: int, rests: str) -> str:
    """The sums in words; that a destination is true is said only where nothing is parked and nothing rests."""
    stuck = [f"{counted(parked, 'course')} parked (see `pumpbridge parked list`)"] if parked else []
    stuck += [rests] if rests else []
    if not sums.empty:
        return "; ".join([str(sums), *stuck])
    if stuck:
        return f"nothing to apply now, but the destination is not true: {'; '.join(stuck)}"
    return "nothing to do: the destination is true already"


def course_view(store: Store, plan: StoredPlan) -> CourseView:
    """One plan with what it changes."""
    rows = store.rows(plan.destination, plan.course, [entry.key for entry in plan.entries])
    decision = _decision_words(store.decision(plan.decision)) if plan.decision else ""
    about = course_words(store.course(plan.course))
    return CourseView(plan.course, about, plan.causes, decision, plan.waits, tuple(shown(plan.entries, rows)))


def _decision_words(decision: Decision) -> str:
    return f"{decision.kind}, decision {decision.number} of {decision.actor}: {decision.reason}"


def parked_view(store: Store, row: ParkedRow) -> ParkedView:
    """One parked course."""
    return ParkedView(row.course, course_words(store.course(row.course)), row.code, with_remedy(row.code, row.detail))


def show_destination(name: str, mode: str, place: str, as_of: datetime | None) -> None:
    """The heading of one destination."""
    at = f", as of {as_of:%Y-%m-%d %H:%M}Z" if as_of else ""
    line(f"{name} ({mode}): {place}{at}", "bold")


def show_departures(departures: Iterable[Departure]) -> None:
    """What of a chart the destination is not sent as it is, and why."""
    for departure in departures:
        line(f"  {departure}")


def show_course(view: CourseView) -> None:
    """One course's plan, entry by entry."""
    line(f"  course {view.course}: {view.about}")
    because = f" ({view.decision})" if view.decision else ""
    line(f"    because: {', '.join(view.causes)}{because}")
    if view.waits:
        line(f"    waits: {waits_words(view.waits)}", "yellow")
    for entry in view.entries:
        _show_entry(entry)


def _show_entry(entry: Shown) -> None:
    sign, style = _SIGNS[entry.action]
    line(f"    {sign} {entry.action} {entry.resource} [{entry.cause}]", style)
    line(f"        {entry.what}")
    for change in entry.changes:
        line("        {}: {} -> {}".format(change.element, *sides(change)))


def show_parked(views: Iterable[ParkedView]) -> None:
    """The parked courses, each with its reason."""
    for view in views:
        line(f"  course {view.course}: {view.about}")
        line(f"    parked: {view.code}: {view.detail}", "yellow")
