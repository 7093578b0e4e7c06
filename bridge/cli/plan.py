"""`pumpbridge plan`: the difference between the charts as they ought to be and what each destination has confirmed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer

from bridge.chart.capability import Departure
from bridge.cli.glance import glance
from bridge.cli.options import AsOfOption, ConfigOption, JsonOption, ToOption, instant, verb
from bridge.cli.output import document, line, note, problem, progress
from bridge.cli.plan_view import (
    CourseView,
    ParkedView,
    Sums,
    course_view,
    parked_view,
    show_course,
    show_departures,
    show_destination,
    show_parked,
    summed,
)
from bridge.cli.resting import Resting, resting
from bridge.cli.setting import destinations, site_of
from bridge.errors import EXIT_DONE, EXIT_PARKED, EXIT_PLAN_NOT_EMPTY, EXIT_UNREACHABLE, DestinationError
from bridge.reconcile import NOT_VERIFIABLE, Outcome, Reconciler
from bridge.site import Site
from bridge.store.protocol import ParkedRow

app = verb()
Show = Callable[[CourseView], None]


@app.command()
def plan(
    to: ToOption = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Also look whether somebody else changed what we wrote there.")
    ] = False,
    as_of: AsOfOption = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Leave with status 8 when the plan is not empty.")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> int:
    """Show what applying would create, amend and retract, and why.

    Nothing is sent. With --as-of it shows what would be at that instant, and keeps nothing of it. Status 5: something
    is parked; 6: the destination does not answer, or courses rest after a failure.
    """
    at = instant(as_of)
    with site_of(config) as site:
        found = [planned(site, name, at, verify=verify, quiet=as_json) for name in destinations(site.config, to)]
    if as_json:
        document({"as_of": at, "empty": all(one.sums.empty for one in found), "destinations": found})
    return _status(found, exit_code)


@dataclass(slots=True)
class Planned:
    """The plans of one destination; they are kept for --json only, otherwise each is shown and forgotten.

    `departures` are the types that it is not sent as they are.
    """

    name: str
    mode: str
    place: str
    reached: bool
    sums: Sums
    plans: list[CourseView]
    parked: list[ParkedView]
    resting: Resting | None = None
    unverified: str = ""
    departures: tuple[Departure, ...] = ()


def planned(site: Site, name: str, at: datetime | None, *, verify: bool = False, quiet: bool = False) -> Planned:
    """Plan what is due at one destination and show it, unless it is to be `quiet`."""
    settings = site.config.destination_named(name)
    found = Planned(name, settings.mode, settings.place, True, Sums(), [], [])
    if not quiet:
        show_destination(name, settings.mode, settings.place, at)
    for view in _views(site, name, at, verify, found):
        found.sums.add(view)
        if quiet:
            found.plans.append(view)
        else:
            show_course(view)
    found.departures = site.capability(name).departures
    if not quiet:
        show_parked(found.parked)
        show_departures(found.departures)
        rests = str(found.resting) if found.resting else ""
        said = summed(found.sums, len(found.parked), rests)
        line(f"  {said}" if found.reached else "  not known: the destination does not answer", "bold")
    return found


def _views(site: Site, name: str, at: datetime | None, verify: bool, found: Planned) -> Iterator[CourseView]:
    reconciler = site.reconciler(name)
    if verify:
        _verify(reconciler, found)
    if at is not None:
        yield from _at(site, name, at, found)
        return
    site.store.wake(name, site.clock.now())
    with progress("planning", site.store.due(name)) as advance:
        _note(reconciler.run(apply=False, on_outcome=lambda outcome: advance(1)).outcomes, found)
    for row in site.store.waiting(name):
        stored = site.store.plan(name, row.course)
        if stored is not None:
            yield course_view(site.store, stored)
    found.parked += [parked_view(site.store, row) for row in site.store.parked(name)]
    found.resting = next(iter(resting(site, [name])), None)


def _verify(reconciler: Reconciler, found: Planned) -> None:
    try:
        reconciler.verify()
    except DestinationError as error:
        if error.code == NOT_VERIFIABLE:
            found.unverified = "cannot be verified: it keeps what it was told and cannot be asked"
            note(f"{found.name}: {found.unverified}")
            return
        _note([Outcome(0, "unreachable", None, error.code, error.message)], found)


def _at(site: Site, name: str, at: datetime, found: Planned) -> Iterator[CourseView]:
    for outcome in glance(site, name, at):
        _note([outcome], found)
        if outcome.status == "parked":
            row = ParkedRow(name, outcome.course, outcome.code, outcome.detail, None)
            found.parked.append(parked_view(site.store, row))
        elif outcome.plan is not None and outcome.plan.entries:
            yield course_view(site.store, outcome.plan)


def _note(outcomes: list[Outcome], found: Planned) -> None:
    for outcome in outcomes:
        if outcome.status in ("paused", "unreachable") and found.reached:
            found.reached = False
            problem(DestinationError(outcome.detail or outcome.status, where=found.place, code=outcome.code))


def _status(found: list[Planned], exit_code: bool) -> int:
    if any(not one.reached or one.resting for one in found):
        return EXIT_UNREACHABLE
    if exit_code and any(not one.sums.empty for one in found):
        return EXIT_PLAN_NOT_EMPTY
    return EXIT_PARKED if any(one.parked for one in found) else EXIT_DONE
