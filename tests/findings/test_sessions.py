"""Findings about sessions and delivery: each is raised, and what is all but the same does not raise it."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.course.fold import News
from bridge.course.remarks import Finding
from tests.course.building import continuous, course, drugs, every, found, left
from tests.findings.test_dose import SOON, findings, given, visit

PUMP = {"manufacturer": "Invented Pumps", "model": "IP-40", "serial": "TX000001"}
FIRST = given(1, continuous())
STALL = {"number": "7", "at": "2025-04-03T10:00", "code": "motor-stall", "text": "X"}
RECOVERY = {"number": "8", "at": "2025-04-03T11:00", "code": "motor-stall-recovered", "text": "X"}


@pytest.mark.parametrize(
    ("code", "body", "count"),
    [
        ("delivery-interrupted", visit(5, found(continuous(), infusing=False)), 1),
        ("delivery-interrupted", visit(5, found(continuous())), 0),
        ("as-found-differs", visit(5, found(continuous("400.01"))), 1),
        ("as-found-differs", visit(5, found(continuous("400.000", "0.20"))), 0),
        ("session-not-completed", visit(5, found(continuous()), update="not-completed"), 1),
        ("session-not-completed", visit(5, found(continuous()), update="completed"), 0),
        ("session-before-implant", visit(5, found(continuous()), pump={**PUMP, "implanted": "2025-04-06"}), 1),
        ("session-before-implant", visit(5, found(continuous()), pump={**PUMP, "implanted": "2025-04-01"}), 0),
        ("future-session", visit(21, found(continuous())), 1),
        ("future-session", visit(19, found(continuous())), 0),
    ],
)
def test_a_second_session_raises_it_or_does_not(code: str, body: dict[str, Any], count: int) -> None:
    assert len(findings(code, FIRST, body)) == count


def test_a_later_report_that_states_the_implant_tells_of_the_session_before_it() -> None:
    """The session itself could not know: the report that states the implant says so, once."""
    implanted = {**PUMP, "implanted": "2025-04-05"}
    second, third = (visit(day, found(continuous()), pump=implanted) for day in (5, 6))
    (one,) = findings("session-before-implant", FIRST, second, third)
    assert one.since.printed.startswith("2025-04-01")
    assert "(5 Apr 2025)" in one.text


@pytest.mark.parametrize(("other", "count"), [(continuous("300.00", "0.150"), 1), (continuous("400.000"), 0)])
def test_two_exports_of_one_session(other: dict[str, Any], count: int) -> None:
    assert len(findings("exports-disagree", FIRST, visit(5, found(continuous())), visit(5, found(other)))) == count


@pytest.mark.parametrize(("log", "count"), [([STALL, RECOVERY], 1), ([], 0)])
def test_a_stop_from_before_what_runs(log: list[dict[str, str]], count: int) -> None:
    new = continuous("500.00", "0.250")
    change = visit(4, found(continuous()), left("2025-04-04T09:10+01:00", new, drugs=drugs()))
    assert len(findings("stop-logged-late", FIRST, change, visit(6, found(new), events=log))) == count


@pytest.mark.parametrize(("day", "count"), [(2, 1), (1, 0)])
def test_an_export_that_cannot_be_read_counts_when_it_is_newer(day: int, count: int) -> None:
    newer = News("f" * 64, SOON.replace(tzinfo=None, month=4, day=day, hour=8))
    raised = [one.code for one in every(course(FIRST, as_of=SOON, news=(newer,)), Finding)]
    assert raised == ["newer-export-unreadable"] * count
