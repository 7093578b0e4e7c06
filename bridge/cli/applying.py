"""Applying as `apply` and `import --apply` do it: with a progress bar, stoppable, and with sums at the end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from bridge.cli.options import EXIT_STOPPED
from bridge.cli.output import counted, line, note, progress, table
from bridge.cli.setting import course_words
from bridge.config import find
from bridge.daemon import Signals
from bridge.errors import EXIT_DONE, EXIT_PARKED, EXIT_UNREACHABLE
from bridge.reconcile import Consent
from bridge.site import Site
from bridge.store.protocol import ParkedRow
from bridge.workers import Job, Report, Sums, apply_all


def carry_out(
    site: Site, config: Path | None, names: Sequence[str], consent: Consent, as_of: datetime | None = None
) -> tuple[Sums, bool]:
    """Make these destinations true; answers the sums, and whether a signal ended it early."""
    due = sum(site.store.due(name) for name in names)
    job = Job(find(config), tuple(names), consent, as_of)
    with Signals() as signals, progress("applying", due or None) as advance:
        sums = apply_all(site, job, stop=signals.stopped, on_report=lambda report: advance(1))
    for row in (row for name in names for row in site.store.parked(name)):
        sums.open.setdefault((row.destination, row.course), _parked(row))
    return sums, signals.stopped()


def _parked(row: ParkedRow) -> Report:
    """A course that was parked before, and is not true yet either."""
    return Report(row.destination, row.course, "parked", row.code, row.detail)


def facts(sums: Sums) -> dict[str, Any]:
    """The sums for --json."""
    return {
        "applied": sums.applied,
        "unchanged": sums.unchanged,
        "confirmed": sums.confirmed,
        "created": sums.created,
        "amended": sums.amended,
        "retracted": sums.retracted,
        "open": list(sums.open.values()),
    }


def show(site: Site, sums: Sums) -> None:
    """The sums for people, and every course that is not true yet with its reason."""
    line(
        f"{counted(sums.confirmed, 'write')} confirmed in {counted(sums.applied, 'course')}: {sums.created} created, "
        f"{sums.amended} amended, {sums.retracted} retracted; {sums.unchanged} true already"
    )
    if sums.open:
        rows = [_row(site, report) for report in sums.open.values()]
        table(("destination", "course", "about", "status", "code", "detail"), rows, title="Not true yet")


def _row(site: Site, report: Report) -> tuple[object, ...]:
    about = course_words(site.store.course(report.course))
    return report.destination, report.course, about, report.status, report.code, report.detail


def status(sums: Sums, stopped: bool) -> int:
    """The exit status: stopped, unreachable, parked, or done."""
    if stopped:
        note("stopped before the end; run it again to go on")
        return EXIT_STOPPED
    if sums.of("unreachable", "paused"):
        return EXIT_UNREACHABLE
    return EXIT_PARKED if sums.of("parked") else EXIT_DONE
