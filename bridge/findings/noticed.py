"""The findings of a course, page by page: what the bridge noticed and did not repair.

Promises: pure, and a page's findings come from that page and the programme in force after it, so that a sealed page
keeps its findings whatever is read later.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from bridge.course.facts import (
    Course,
    Finding,
    Gap,
    IncompleteFact,
    LateStopFact,
    NewsFact,
    Page,
    ProgrammeFact,
    SessionFact,
)
from bridge.findings import delivery, programme, sessions


def noticed(course: Course, *, calculated: bool = True) -> Course:
    """The course with its findings as facts of their pages; without `calculated`, none tells a derived number."""
    pages = course.pages
    followers = [_programme_after(pages[number:]) for number in range(1, len(pages) + 1)]
    return dataclasses.replace(
        course,
        pages=tuple(
            Page(page.position, (*page.facts, *_of(page, follower, calculated)))
            for page, follower in zip(pages, followers, strict=True)
        ),
    )


def _of(page: Page, follower: ProgrammeFact | None, calculated: bool) -> Iterator[Finding]:
    yield from programme.unseen_change(page, follower)
    for fact in page.facts:
        if isinstance(fact, Gap):
            yield from delivery.interrupted(fact, calculated)
        elif isinstance(fact, LateStopFact):
            yield from delivery.logged_late(fact)
        elif isinstance(fact, IncompleteFact):
            yield from sessions.not_completed(fact)
        elif isinstance(fact, SessionFact):
            yield from sessions.contradictions(fact)
        elif isinstance(fact, NewsFact):
            yield from sessions.news(fact)


def _programme_after(pages: tuple[Page, ...]) -> ProgrammeFact | None:
    for page in pages:
        for fact in page.facts:
            if isinstance(fact, ProgrammeFact):
                return fact
    return None
