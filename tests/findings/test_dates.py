"""Findings on dates, and on what is fixed in a pump."""

from __future__ import annotations

from typing import Any

import pytest

from tests.course.building import continuous, found, q
from tests.findings.test_dose import findings, visit

PUMP = {"manufacturer": "Invented Pumps", "model": "IP-40", "serial": "TX000001"}


def row(at: str) -> dict[str, str]:
    return {"number": "7", "at": at, "code": "other", "text": "X"}


@pytest.mark.parametrize(
    ("parts", "count"),
    [
        ({"events": [row("2025-04-02T23:59")]}, 0),
        ({"events": [row("2025-04-03T00:00")]}, 1),
        ({"events": [row("2025-03-01T00:00")]}, 0),
        ({"catheter": {"implanted": "2025-05-04"}}, 1),
        ({"patient": {"identifier": "0000017", "system": "MRN", "birth_date": "2052-01-02"}}, 1),
        ({"patient": {"identifier": "0000017", "system": "MRN", "birth_date": "1952-01-02"}}, 0),
        ({"refills": [{"filled_at": "2026-04-01T09:05+01:00", "filled": q("40.0", "mL")}]}, 1),
    ],
)
def test_what_has_happened_is_not_later_than_its_report(parts: dict[str, Any], count: int) -> None:
    raised = findings("date-future", visit(1, found(continuous()), **parts))
    assert [one.audience for one in raised] == ["operator"] * count


def test_many_dates_make_one_finding_that_names_the_first() -> None:
    log = [{**row(f"2031-01-{day:02}T10:00"), "number": str(day)} for day in range(1, 6)]
    (one,) = findings("date-future", visit(1, found(continuous()), events=log))
    assert one.text.endswith("log row 1, 1 Jan 2031; log row 2, 2 Jan 2031; log row 3, 3 Jan 2031; and 2 more.")


@pytest.mark.parametrize(
    ("at", "implanted", "count"),
    [
        ("2000-01-01T00:10", "2025-03-03", 1),
        ("2025-03-02T23:59", "2025-03-03", 1),
        ("2025-03-03T00:00", "2025-03-03", 0),
        ("2000-01-01T00:10", None, 0),
        ("2000-01-01T00:10", "2025-04-02", 0),  # the session itself is before the implant: another finding says so
    ],
)
def test_what_the_pump_did_is_not_before_its_implant(at: str, implanted: str | None, count: int) -> None:
    pump = {**PUMP, **({"implanted": implanted} if implanted else {})}
    raised = findings("date-before-implant", visit(1, found(continuous()), events=[row(at)], pump=pump))
    assert [one.audience for one in raised] == ["operator"] * count


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            {"implanted": "2025-03-03"},
            {"implanted": "2025-03-30"},
            "date of implant 3 Mar 2025 (read 1 Apr 2025 09:00)",
        ),
        ({"capacity": q("40", "mL")}, {"capacity": q("20", "mL")}, "reservoir capacity 40 mL (read 1 Apr 2025 09:00)"),
        ({"capacity": q("40", "mL")}, {"capacity": q("40.0", "mL")}, ""),
        ({"capacity": q("40", "mL")}, {}, ""),
        ({}, {"capacity": q("40", "mL")}, ""),
    ],
)
def test_what_is_fixed_in_a_pump_is_stated_once(before: dict[str, Any], after: dict[str, Any], said: str) -> None:
    visits = (visit(day, found(continuous()), pump={**PUMP, **what}) for day, what in ((1, before), (5, after)))
    raised = findings("value-disputed", *visits)
    assert [one.audience for one in raised] == ["clinic"] * bool(said)
    assert all(said in one.text for one in raised)


def test_exports_of_one_session_that_disagree_are_not_told_twice() -> None:
    first = visit(1, found(continuous()), pump={**PUMP, "capacity": q("40", "mL")})
    two = [visit(5, found(continuous()), pump={**PUMP, "capacity": q(size, "mL")}) for size in ("20", "30")]
    assert len(findings("exports-disagree", first, *two)) == 1
    assert findings("value-disputed", first, *two) == []
