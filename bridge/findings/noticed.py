"""The findings of a course, page by page: what the bridge noticed and did not repair.

Promises: pure, and a page's findings come from that page and the programme in force after it, so that a sealed page
keeps its findings whatever is read later. What a site has moved to another audience, or switched off, is moved here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from bridge.course import facts, remarks
from bridge.course.facts import ProgrammeFact
from bridge.course.pages import Course, Page
from bridge.course.remarks import Finding
from bridge.findings import delivery, programme, sessions

Notice = Callable[[Any], Iterator[Finding]]
Moved = Mapping[str, Literal["ward", "clinic", "operator", "off"]]

_NOTICES: dict[type, tuple[Notice, ...]] = {
    facts.Gap: (delivery.interrupted,),
    remarks.LateStopFact: (delivery.logged_late,),
    remarks.IncompleteFact: (sessions.not_completed,),
    remarks.SessionFact: (sessions.contradictions,),
    remarks.NewsFact: (sessions.news,),
}
"""What is noticed in each kind of fact; each function takes the fact alone."""

_LASTING: dict[str, Notice] = {}
"""What is said of each kind of condition."""


def noticed(course: Course, *, calculated: bool = True, audiences: Moved | None = None) -> Course:
    """The course with its findings as facts of their pages.

    Without `calculated`, none tells a derived number. `audiences` gives a site's own audience for a code; "off": none.
    """
    pages = course.pages
    followers = [_programme_after(pages[number:]) for number in range(1, len(pages) + 1)]
    moved = audiences or {}
    return dataclasses.replace(
        course,
        pages=tuple(
            Page(page.position, (*page.facts, *_kept(_of(page, follower), calculated, moved)))
            for page, follower in zip(pages, followers, strict=True)
        ),
    )


def _kept(findings: Iterator[Finding], calculated: bool, moved: Moved) -> Iterator[Finding]:
    for finding in findings:
        audience = moved.get(finding.code, finding.audience)
        told = finding if calculated else _without_numbers(finding)
        if audience != "off" and told is not None:
            yield dataclasses.replace(told, audience=audience)


def _without_numbers(finding: Finding) -> Finding | None:
    """The finding where derived values are switched off: its plain text; None where it has none."""
    if finding.plain is None:
        return finding
    evidence = tuple(name for name in finding.evidence if name[0] not in DERIVED)
    return dataclasses.replace(finding, text=finding.plain, evidence=evidence) if finding.plain else None


DERIVED = frozenset(("dose-not-delivered",))
"""Kinds of evidence that are calculated."""


def _of(page: Page, follower: ProgrammeFact | None) -> Iterator[Finding]:
    yield from programme.unseen_change(page, follower)
    for fact in page.facts:
        for notice in _NOTICES.get(type(fact), ()):
            yield from notice(fact)
        if isinstance(fact, remarks.Condition):
            yield from _LASTING[fact.kind](fact)


def _programme_after(pages: tuple[Page, ...]) -> ProgrammeFact | None:
    for page in pages:
        for fact in page.facts:
            if isinstance(fact, ProgrammeFact):
                return fact
    return None
