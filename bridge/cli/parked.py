"""`pumpbridge parked list|show|retry|skip`: courses whose plan is refused or contested wait here for a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from bridge.cli.differing import Changed, changes, sides
from bridge.cli.options import ActorOption, ConfigOption, JsonOption, ReasonOption, ToOption, decided_by, verb
from bridge.cli.output import counted, document, line, table
from bridge.cli.plan_view import CourseView, course_view, show_course
from bridge.cli.remedies import with_remedy
from bridge.cli.setting import course_words, site_of
from bridge.errors import EXIT_DONE, EXIT_PARKED, UsageError
from bridge.fhir_json import read
from bridge.site import Site
from bridge.store.protocol import LedgerRow, ParkedRow

app = verb()
CourseArgument = Annotated[int, typer.Argument(metavar="COURSE", help="Its number, as `parked list` gives it.")]
STUCK = ("refused", "contested", "blocked")


@dataclass(frozen=True, slots=True)
class Stuck:
    """One resource that is refused, or that somebody else changed; `theirs` is what they changed, where known."""

    resource: str
    state: str
    detail: str
    theirs: tuple[Changed, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A parked course with all that a person needs to decide."""

    destination: str
    course: int
    about: str
    code: str
    detail: str
    since: str
    stuck: tuple[Stuck, ...]
    plan: CourseView | None


@app.callback()
def parked() -> None:
    """List, show, retry or skip courses that wait for a person.

    A parked course is parked whole; the others go on.
    """


@app.command("list")
def list_(to: ToOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> int:
    """List what is parked; status 5 when there is something."""
    with site_of(config) as site:
        rows = [(row, course_words(site.store.course(row.course))) for row in site.store.parked(to)]
    if as_json:
        document({"parked": [{"about": about, **_facts(row)} for row, about in rows]})
    elif rows:
        cells = [(row.destination, row.course, about, row.code, row.since) for row, about in rows]
        table(("destination", "course", "about", "code", "since"), cells)
    else:
        line("nothing is parked")
    return EXIT_PARKED if rows else EXIT_DONE


def _facts(row: ParkedRow) -> dict[str, object]:
    names = ("destination", "course", "code", "detail", "since")
    return {**{name: getattr(row, name) for name in names}, "detail": with_remedy(row.code, row.detail)}


@app.command()
def show(course: CourseArgument, to: ToOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show why a course is parked: what is refused or contested, what they have there, and what we would write."""
    with site_of(config) as site:
        cases = [_case(site, row) for row in _rows(site, course, to)]
    if as_json:
        document({"parked": cases})
        return
    for case in cases:
        _show(case)


def _rows(site: Site, course: int, to: str | None) -> list[ParkedRow]:
    rows = [row for row in site.store.parked(to) if row.course == course]
    if not rows:
        raise UsageError(
            "this course is not parked", where=f"course {course}", code="not-parked", remedy="see `parked list`"
        )
    return rows


def _case(site: Site, row: ParkedRow) -> Case:
    plan = site.store.plan(row.destination, row.course)
    held = [one for one in site.store.ledger(row.destination, row.course) if one.state in STUCK]
    since = row.since.isoformat() if row.since else ""
    about = course_words(site.store.course(row.course))
    stuck = tuple(_stuck(site, row.destination, row.course, one) for one in held)
    view = course_view(site.store, plan) if plan else None
    detail = with_remedy(row.code, row.detail)
    return Case(row.destination, row.course, about, row.code, detail, since, stuck, view)


def _stuck(site: Site, destination: str, course: int, row: LedgerRow) -> Stuck:
    theirs: tuple[Changed, ...] = ()
    if row.state == "contested" and row.confirmed:
        identifier = (f"{site.config.site.base}/sid/key", row.id.rsplit("-", 1)[-1])
        there = site.destination(destination).look(row.type, row.id, identifier, str(course))
        if there is not None and there.body is not None:
            theirs = tuple(
                one for one in changes(read(row.confirmed), there.body) if not one.element.startswith("meta.")
            )
    return Stuck(f"{row.type}/{row.id}", row.state, row.detail, theirs)


def _show(case: Case) -> None:
    line(f"course {case.course} at {case.destination}: {case.about}", "bold")
    line(f"  {case.code}: {case.detail}", "yellow")
    for one in case.stuck:
        line(f"  {one.state}: {one.resource}: {one.detail}")
        for change in one.theirs:
            line("      {}: ours {}, theirs {}".format(change.element, *sides(change)))
    if case.plan is not None:
        show_course(case.plan)


@app.command()
def retry(
    course: Annotated[int | None, typer.Argument(metavar="COURSE", help="Only this one; else all.")] = None,
    to: ToOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let parked courses go on: they are planned again at the next `plan`, `apply` or by the daemon."""
    with site_of(config) as site:
        rows = site.store.parked(to) if course is None else _rows(site, course, to)
        for row in rows:
            site.store.unpark(row.destination, row.course)
    if as_json:
        document({"retried": [_facts(row) for row in rows]})
        return
    line(f"{counted(len(rows), 'course')} will be planned again; see `pumpbridge plan`")


@app.command()
def skip(
    course: CourseArgument,
    to: ToOption = None,
    actor: ActorOption = None,
    reason: ReasonOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Leave out what is refused or contested, and send the rest: until the chart changes these contents."""
    who, why = decided_by(actor, reason)
    with site_of(config) as site:
        left = [_skip(site, row, who, why) for row in _rows(site, course, to)]
    if as_json:
        document({"skipped": [{"destination": name, "resources": resources} for name, resources in left]})
        return
    for name, resources in left:
        line(f"{name}: {', '.join(resources)} left out until the chart changes it; see `pumpbridge plan --to {name}`")


def _skip(site: Site, row: ParkedRow, who: str, why: str) -> tuple[str, list[str]]:
    stuck = [one for one in site.store.ledger(row.destination, row.course) if one.state in ("refused", "contested")]
    if not stuck:
        raise UsageError(
            "no single resource of this course is refused or contested", where=f"course {row.course}",
            code="nothing-to-skip", remedy="see `parked show`: what parked it must be settled, then `parked retry`",
        )  # fmt: skip
    plan = site.store.plan(row.destination, row.course)
    wanted = {entry.key: entry.hash for entry in plan.entries} if plan else {}
    for one in stuck:
        content = wanted.get(one.key) or one.confirmed_hash
        site.store.skip(row.destination, row.course, one.key, content, who, why, site.clock.now())
    return row.destination, [f"{one.type}/{one.id}" for one in stuck]
