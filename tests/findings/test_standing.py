"""What is for the ward is said of now: of the newest session, never of back-filled history."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.chart.write import write
from bridge.course.facts import OPEN
from bridge.course.fold import fold
from bridge.course.pages import Course
from bridge.course.remarks import Finding
from bridge.course.state import dump_state, load_state
from bridge.findings.noticed import noticed, on_page
from tests.chart.given import BINDING
from tests.course.building import SETTINGS, continuous, folded, found, report
from tests.findings.test_dose import given, visit

AS_OF = datetime(2025, 4, 20, tzinfo=UTC)
FIRST = given(1, continuous())
DOUBLED = visit(5, found(continuous("800.00", "0.400")))
CONFIRMED = visit(9, found(continuous("800.00", "0.400")))
CODE = "dose-change-unexplained"


def life(*bodies: dict[str, Any], moved: Mapping[str, Any] | None = None) -> Course:
    return noticed(folded(*bodies, as_of=AS_OF).course, audiences=moved)


def placed(course: Course, code: str = CODE) -> list[tuple[str, str, str | None]]:
    """Where findings of a code stand: page (its day), audience, end."""
    return [
        (page.position[:8], fact.audience, fact.until.fhir if fact.until else None)
        for page in course.pages
        for fact in page.facts
        if isinstance(fact, Finding) and fact.code == code
    ]


def flags(course: Course, code: str = CODE) -> list[str]:
    return [r.body["status"] for r in write(course, BINDING) if r.key.startswith("finding-flag|") and code in r.key]


def test_a_finding_of_the_newest_session_stands_on_the_open_page_and_is_a_flag() -> None:
    course = life(FIRST, DOUBLED)
    assert placed(course) == [(OPEN, "ward", None)]
    assert flags(course) == ["active"]


def test_the_next_session_seals_it_with_its_end_on_its_own_page() -> None:
    course = life(FIRST, DOUBLED, CONFIRMED)
    assert placed(course) == [("20250409", "ward", "2025-04-09T09:00:00+01:00")]
    assert flags(course) == ["inactive"]


@pytest.mark.parametrize("order", list(itertools.permutations((FIRST, DOUBLED, CONFIRMED))))
def test_a_session_that_is_back_filled_raises_no_flag(order: tuple[dict[str, Any], ...]) -> None:
    assert flags(life(*order)) == ["inactive"]


def test_when_the_newest_session_is_taken_back_the_one_before_speaks_again() -> None:
    assert flags(life(FIRST, DOUBLED)) == ["active"]
    assert flags(life(FIRST, CONFIRMED)) == ["active"]
    assert flags(life(FIRST)) == []


@pytest.mark.parametrize("known", [1, 2, 3])
def test_a_checkpoint_remembers_what_stands(known: int) -> None:
    bodies = (FIRST, DOUBLED, CONFIRMED)
    whole = folded(*bodies, as_of=AS_OF)
    base = load_state(dump_state(whole.states[known - 1][1]))
    tail = [report(body) for body in bodies if report(body).position > base.position]
    again = fold(tail, AS_OF, SETTINGS, patient="0000017", notice=on_page, base=base)
    assert again.course.pages == whole.course.pages[known:]
    assert placed(noticed(again.course)) == [row for row in placed(noticed(whole.course)) if row[0] > base.position]


@pytest.mark.parametrize(
    ("audience", "sealed"),
    [("clinic", [("20250405", "clinic", None)]), ("operator", [("20250405", "operator", None)]), ("off", [])],
)
def test_a_finding_that_the_site_moved_stands_on_its_own_page(audience: str, sealed: list[Any]) -> None:
    for bodies in ((FIRST, DOUBLED), (FIRST, DOUBLED, CONFIRMED)):
        course = life(*bodies, moved={CODE: audience})
        assert placed(course) == sealed
        assert flags(course) == []


def test_a_finding_that_the_site_moved_to_the_ward_is_said_of_now_too() -> None:
    moved, wrong = {"dose-triangle": "ward"}, given(1, continuous("300.00", "0.200"))
    after = visit(5, found(continuous("300.00", "0.200")))
    assert flags(life(wrong, moved=moved), "dose-triangle") == ["active"]
    assert sorted(flags(life(wrong, after, moved=moved), "dose-triangle")) == ["active", "inactive"]


def test_a_finding_is_charted_once_wherever_it_stands() -> None:
    for moved in ({}, {CODE: "clinic"}, {"dose-triangle": "ward"}):
        keys = [resource.key for resource in write(life(FIRST, DOUBLED, CONFIRMED, moved=moved), BINDING)]
        assert len(keys) == len(set(keys))
        assert len([key for key in keys if key.startswith(f"{CODE}|")]) == 1
