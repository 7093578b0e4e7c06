"""Courses as the store holds them, folded for people to look at: for `course` and `findings`.

Promises: the same fold and the same findings as a chart's, always from scratch, because a person wants the whole of it;
nothing is written, neither a plan nor a checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bridge import log
from bridge.charting import folded
from bridge.config import load
from bridge.course.pages import Course
from bridge.errors import ConfigError, StoreError
from bridge.findings.noticed import Notices, noticed
from bridge.identity import PumpIdentity
from bridge.place import fold_settings
from bridge.site import Site, open_site
from bridge.store.protocol import CourseRow


@dataclass(frozen=True, slots=True)
class Looked:
    """One course with its findings, as of an instant; `calculated`: whether the site lets derived values be told."""

    row: CourseRow
    course: Course
    as_of: datetime
    calculated: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """A course that could not be folded, and why."""

    row: CourseRow
    error: Exception


def site_to_read(config: Path | None) -> Site:
    """The configured site, for looking: its store is not told of its destinations."""
    log.configure("error")
    return open_site(load(config))


def rows_of(site: Site, pump: PumpIdentity | None) -> list[CourseRow]:
    """The courses with exports that count: of one pump, or all."""
    return [row for row in site.store.courses(pump=pump) if row.live]


def looked(site: Site, rows: Iterable[CourseRow], as_of: datetime) -> Iterator[Looked]:
    """Each course, folded."""
    for row in rows:
        yield _look(site, row, as_of)


def looked_or_failed(site: Site, rows: Iterable[CourseRow], as_of: datetime) -> Iterator[Looked | Failed]:
    """Each course, folded; one that cannot be hides no other. What the store refuses is raised."""
    for row in rows:
        try:
            yield _look(site, row, as_of)
        except (StoreError, ConfigError):
            raise
        except Exception as error:
            yield Failed(row, error)


def _look(site: Site, row: CourseRow, as_of: datetime) -> Looked:
    config = site.config
    settings = fold_settings(config)
    calculated = config.calculated.enabled
    done, _ = folded(site.store, row, None, as_of, settings)
    notices = Notices(config.site.mr_region or "")
    told = noticed(done.course, calculated=calculated, audiences=site.audiences, notices=notices)
    return Looked(row, told, as_of, calculated)
