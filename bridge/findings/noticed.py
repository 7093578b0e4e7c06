"""The findings of a course, page by page: what the bridge noticed and did not repair.

Promises: pure, and a page's findings come from that page and the programme in force after it, so that a sealed page
keeps its findings whatever is read later. What a site has moved to another audience, or switched off, is moved here.

1. What is for the ward is said of now. A finding of a session that has no end of its own stands on the open page while
   its session is the newest, and with its end on the next session's page: it is never without an end on a sealed page.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from bridge.course import facts, infusion_facts, remarks
from bridge.course.facts import OPEN, ProgrammeFact
from bridge.course.forecast import ForecastFact
from bridge.course.pages import Course, Page
from bridge.course.remarks import Finding
from bridge.findings import (
    bolus,
    clock,
    concentration,
    dates,
    delivery,
    devices,
    disputes,
    dose,
    forecast,
    log,
    longevity,
    mri,
    patient,
    plausible,
    programme,
    recalls,
    replaced,
    reservoir,
    sessions,
    units,
)
from bridge.terms.findings import Moved

Notice = Callable[[Any], Iterator[Finding]]

_NOTICES: dict[type, tuple[Notice, ...]] = {
    facts.Gap: (delivery.interrupted,),
    remarks.LateStopFact: (delivery.logged_late,),
    remarks.IncompleteFact: (sessions.not_completed,),
    ForecastFact: (forecast.disagrees,),
    remarks.SessionFact: (
        sessions.contradictions,
        sessions.read_before_implant,
        sessions.reprinted,
        reservoir.dates,
        reservoir.above_capacity,
        bolus.contradictions,
        dose.changed,
        dose.contradictions,
        dose.outside_limits,
        disputes.disputed,
        units.thousandfold,
        units.mixed,
        dates.in_future,
        dates.before_implant,
        dates.explant,
        concentration.residue,
        devices.tubing_volume,
        devices.patient_bolus,
        clock.offset,
        clock.never_set,
        clock.order,
        longevity.contradictions,
        patient.changed,
        plausible.misdated,
        plausible.contradicted,
        plausible.unreadable,
        plausible.at_one_instant,
        plausible.emptied,
        plausible.untimed,
    ),
    infusion_facts.MessageFact: (sessions.disagree, patient.renamed),
    remarks.NewsFact: (sessions.news,),
    remarks.NewerPumpFact: (replaced.newer_pump,),
    remarks.LogFact: (log.gaps, log.unknown),
    facts.EventFact: (log.reset,),
    facts.AlarmFact: (log.reset_in_force,),
    facts.PumpFact: (recalls.recalled,),
    facts.PrimingFact: (devices.priming_excess,),
    facts.FillFact: (reservoir.agreement, reservoir.volumes, reservoir.pocket),
}
"""What is noticed in each kind of fact; each function takes the fact alone."""

_LASTING: dict[str, Notice] = {
    "past-dry-date": reservoir.dry,
    "refill-soon-due": reservoir.soon,
    "refill-missed": reservoir.missed,
    "stopped-long": delivery.stopped_long,
    "stall-without-recovery": delivery.not_recovered,
    "concentration-changed-without-bridge": concentration.unbridged,
    "end-of-service": longevity.over,
    "eri-reached": longevity.replacement,
    "mri-without-interrogation": mri.unread,
}
"""What is said of each kind of condition."""


class Notices:
    """What is noticed on the pages of one course: the fold and then `noticed` ask of the same pages, looked at once.

    `mr_region` is the site's own, whose MR labelling is told; '': each region's.
    """

    def __init__(self, mr_region: str = "") -> None:
        self._mr_region = mr_region
        self._seen: dict[int, tuple[Page, ProgrammeFact | None, tuple[Finding, ...]]] = {}

    def __call__(self, page: Page, follower: ProgrammeFact | None) -> tuple[Finding, ...]:
        """What `on_page` says of a page, given the programme in force after it."""
        seen = self._seen.get(id(page))
        if seen is None or seen[1] != follower:  # a page that is kept here keeps its identity to itself
            seen = self._seen[id(page)] = page, follower, tuple(on_page(page, follower, self._mr_region))
        return seen[2]


def noticed(
    course: Course, *, calculated: bool = True, audiences: Moved | None = None, notices: Notices | None = None
) -> Course:
    """The course with its findings as facts of their pages.

    Without `calculated`, none tells a derived number. `audiences` gives a site's own audience for a code; "off": none.
    """
    pages = course.pages
    followers = _programmes_after(pages)
    moved, look = audiences or {}, notices or Notices()
    return dataclasses.replace(
        course,
        pages=tuple(
            Page(page.position, (*page.facts, *_of(page, look(page, follower), calculated, moved)))
            for page, follower in zip(pages, followers, strict=True)
        ),
    )


def _of(page: Page, found: Iterable[Finding], calculated: bool, moved: Moved) -> Iterator[Finding]:
    for finding in found:
        told = _told(finding, calculated, moved)
        if told and not (told.audience == "ward" and told.until is None and page.position != OPEN):
            yield told
    for fact in page.facts:
        if isinstance(fact, remarks.StandingFact):
            told = _told(dataclasses.replace(fact.finding, until=fact.until), calculated, moved)
            if told and told.audience == "ward":
                yield told


def _told(finding: Finding, calculated: bool, moved: Moved) -> Finding | None:
    audience = moved.get(finding.code, finding.audience)
    told = finding if calculated else _without_numbers(finding)
    return None if audience == "off" or told is None else dataclasses.replace(told, audience=audience)


def _without_numbers(finding: Finding) -> Finding | None:
    """The finding where derived values are switched off: its plain text; None where it has none."""
    if finding.plain is None:
        return finding
    evidence = tuple(name for name in finding.evidence if name[0] not in DERIVED)
    return dataclasses.replace(finding, text=finding.plain, evidence=evidence) if finding.plain else None


DERIVED = frozenset((
    "dose-not-delivered", "reservoir-volume-derived", "low-reservoir-date-derived", "empty-date-derived",
    "refill-by-derived", "observed-flow", "observed-daily-dose",
))  # fmt: skip
"""Kinds of evidence that are calculated."""


def on_page(page: Page, follower: ProgrammeFact | None, mr_region: str = "") -> Iterator[Finding]:
    """What is noticed on a page, for whomever, given the programme in force after it."""
    yield from dose.step_repeated(page)
    yield from programme.unseen_change(page, follower)
    for fact in page.facts:
        for notice in _NOTICES.get(type(fact), ()):
            yield from notice(fact)
        if isinstance(fact, remarks.Condition):
            yield from _LASTING[fact.kind](mri.in_region(fact, mr_region))


def _programmes_after(pages: tuple[Page, ...]) -> list[ProgrammeFact | None]:
    """For each page the first programme that a later page tells of."""
    found: list[ProgrammeFact | None] = []
    follower: ProgrammeFact | None = None
    for page in reversed(pages):
        found.append(follower)
        follower = next((fact for fact in page.facts if isinstance(fact, ProgrammeFact)), follower)
    return found[::-1]
