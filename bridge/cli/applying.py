"""Applying as `apply` and `import --apply` do it: with a progress bar, stoppable, and with sums at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from bridge.cli.options import EXIT_STOPPED
from bridge.cli.output import counted, courses, line, note, progress, table
from bridge.cli.plan_view import waits_words
from bridge.cli.remedies import with_remedy
from bridge.cli.resting import Resting, resting
from bridge.cli.setting import course_words
from bridge.config import find
from bridge.daemon import Signals
from bridge.errors import EXIT_DONE, EXIT_PARKED, EXIT_UNREACHABLE, UsageError
from bridge.jobs import Job, Report, Sums
from bridge.members import Team
from bridge.reconcile import Consent
from bridge.site import Site
from bridge.store.protocol import COMMONS, ParkedRow, PlanRow
from bridge.workers import apply_all, worth


@dataclass(frozen=True, slots=True)
class Waiting:
    """The plans of one destination that wait for a person for one reason, and what lets them through."""

    destination: str
    reason: str
    courses: int
    shared: bool
    remedy: str


@dataclass(slots=True)
class Applied:
    """What a run did, and what it had to leave."""

    sums: Sums = field(default_factory=Sums)
    waiting: list[Waiting] = field(default_factory=list)
    resting: list[Resting] = field(default_factory=list)
    stopped: bool = False


def refuse_as_of(site: Site, names: Sequence[str], as_of: datetime | None) -> None:
    """Raises UsageError where a chart that people rely on would be written as of another instant."""
    production = [name for name in names if site.config.destination_named(name).environment == "production"]
    if as_of is not None and production:
        raise UsageError(
            "a production destination is made true for now, never as of another instant", where=production[0],
            code="as-of-production",
            remedy="leave --as-of out; `plan --as-of` shows another instant, and --to names a test destination",
        )  # fmt: skip


def carry_out(
    site: Site, config: Path | None, names: Sequence[str], consent: Consent, as_of: datetime | None = None,
    *, beside: Sequence[str] = (), team: Team | None = None,
) -> Applied:  # fmt: skip
    """Make these destinations true; `beside` are others whose waiting plans are named, and which nothing is sent to.

    `team` are processes that got ready for this while something else was done.
    """
    due = sum(site.store.due(name) for name in names)
    job = _job(config, names, consent, as_of)
    with Signals() as signals, progress("applying", due or None) as advance:
        sums = apply_all(site, job, stop=signals.stopped, on_report=lambda report: advance(1), team=team)
    rows = [row for name in (*names, *beside) for row in site.store.waiting(name) if row.waits and not row.begun]
    _open(site, names, sums, rows)
    return Applied(sums, _grouped(rows), resting(site, names), signals.stopped())


def ready(site: Site, config: Path | None, names: Sequence[str], as_of: datetime | None, courses: int) -> Team:
    """Processes that get ready to apply what so many exports may change, without any consent.

    They are forked where that is safe: therefore the site is closed before, and opens its store again when it is used.
    """
    count = worth(courses)
    if count:
        site.close()
    return Team(_job(config, names, Consent(), as_of), count, fork=True)


def _job(config: Path | None, names: Sequence[str], consent: Consent, as_of: datetime | None) -> Job:
    return Job(find(config), tuple(names), consent, as_of)


def _open(site: Site, names: Sequence[str], sums: Sums, waiting: list[PlanRow]) -> None:
    """Add to the sums what was parked, waits or rests since an earlier run, and say of each why."""
    for row in (row for name in names for row in site.store.parked(name)):
        sums.open.setdefault((row.destination, row.course), _parked(row))
    for plan in waiting:
        if plan.destination in names:
            found = Report(plan.destination, plan.course, "waiting", plan.waits)
            sums.open.setdefault((plan.destination, plan.course), found)
    for name in names:
        for course, until in site.store.resting(name, site.clock.now()):
            words = f"it rests after a failure, not tried again before {until:%Y-%m-%d %H:%M:%S}Z"
            sums.open.setdefault((name, course), Report(name, course, "resting", "", words))
    for place, report in sums.open.items():
        if not report.detail:
            words = waits_words(report.code) if report.status == "waiting" else report.code or report.status
            sums.open[place] = replace(report, detail=words)
    sums.open.update({at: replace(one, detail=with_remedy(one.code, one.detail)) for at, one in sums.open.items()})


def _parked(row: ParkedRow) -> Report:
    """A course that was parked before, and is not true yet either."""
    return Report(row.destination, row.course, "parked", row.code, row.detail)


def _grouped(rows: list[PlanRow]) -> list[Waiting]:
    found: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        found.setdefault((row.destination, row.waits), []).append(row.course)
    return [
        Waiting(name, why, len(waits) - (COMMONS in waits), COMMONS in waits, waits_words(why))
        for (name, why), waits in found.items()
    ]


def facts(applied: Applied) -> dict[str, Any]:
    """What a run did, for --json."""
    sums = applied.sums
    return {
        "applied": sums.applied,
        "shared": sums.shared,
        "unchanged": sums.unchanged,
        "confirmed": sums.confirmed,
        "created": sums.created,
        "amended": sums.amended,
        "retracted": sums.retracted,
        "unsent": sums.unsent,
        "waits": [asdict(one) for one in applied.waiting],
        "resting": [asdict(one) for one in applied.resting],
        "open": list(sums.open.values()),
    }


def show(site: Site, applied: Applied) -> None:
    """The sums for people, and every course that is not true yet with its reason."""
    sums = applied.sums
    line(
        f"{counted(sums.confirmed, 'write')} confirmed in {courses(sums.applied, sums.shared)}: "
        f"{sums.created} created, {sums.amended} amended, {sums.retracted} retracted; {sums.unchanged} true already"
    )
    if sums.unsent:
        line(f"{sums.unsent} kept as not sent: too late to be told, or from when on a receiver is told")
    if sums.open:
        rows = [_row(site, report) for report in sums.open.values()]
        table(("destination", "course", "about", "status", "code", "detail"), rows, title="Not true yet")
    for waits in applied.waiting:
        line(f"{waits.destination}: {courses(waits.courses, waits.shared)} waiting ({waits.reason}): {waits.remedy}")
    for rests in applied.resting:
        line(f"{rests.destination}: {rests}")


def _row(site: Site, report: Report) -> tuple[object, ...]:
    about = course_words(site.store.course(report.course))
    return report.destination, report.course, about, report.status, report.code, report.detail


def status(applied: Applied) -> int:
    """The exit status: stopped, unreachable (or left alone for a while), parked, or done."""
    if applied.stopped:
        note("stopped before the end; run it again to go on")
        return EXIT_STOPPED
    if applied.resting or applied.sums.of("unreachable", "paused", "resting"):
        return EXIT_UNREACHABLE
    return EXIT_PARKED if applied.sums.of("parked") else EXIT_DONE
