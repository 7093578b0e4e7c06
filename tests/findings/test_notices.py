"""A page is looked at once for the fold and the chart, and again where another programme follows it."""

from __future__ import annotations

import pytest

from bridge.course.facts import OPEN, ProgrammeFact
from bridge.course.pages import Page
from bridge.findings import noticed
from bridge.findings.noticed import Notices, on_page
from tests.course.building import continuous, export, folded, found, left

FIRST = export("2025-03-03T10:00+00:00", left("2025-03-03T10:20+00:00", continuous("400.00")), update="completed")
THEN = export("2025-04-03T10:00+01:00", found(continuous("500.00", "0.250")))


def pages() -> tuple[Page, ProgrammeFact]:
    """The page of a session that found another programme, and that programme, which follows it."""
    course = folded(FIRST, THEN).course
    follower = next(fact for fact in course.pages[-1].facts if isinstance(fact, ProgrammeFact))
    assert course.pages[-1].position == OPEN
    return course.pages[-2], follower


def test_another_follower_is_another_question() -> None:
    page, follower = pages()
    look = Notices()
    without, followed = look(page, None), look(page, follower)
    assert (without, followed) == (tuple(on_page(page, None)), tuple(on_page(page, follower)))
    assert without != followed


def test_the_same_question_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    page, follower = pages()
    asked: list[Page] = []
    monkeypatch.setattr(noticed, "on_page", lambda page, *_: asked.append(page) or ())
    look = Notices()
    assert look(page, follower) is look(page, follower)
    assert asked == [page]
