"""The pump's log: merged by identity, in the pump's own order, whatever its clock shows."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.course.facts import EventFact, Gap, ProgrammeFact, Segment
from bridge.course.fold import News
from bridge.course.panel import SummaryFact
from bridge.course.remarks import Finding
from tests.course.building import continuous, course, drugs, every, export, found, left, only
from tests.course.test_fold import IMPLANT, RECOVERY_ROW, STALL_ROW, STEPPED

Body = dict[str, Any]
AUTUMN = datetime(2025, 10, 27, 12, tzinfo=UTC)


def row(number: str | None, at: str, code: str) -> Body:
    return {"at": at, "code": code, "text": "X", **({"number": number} if number else {})}


def begun(programme: Body | None = None) -> Body:
    first = left("2025-10-20T10:10", programme or continuous(), drugs=drugs())
    return export("2025-10-20T10:00", first, end="2025-10-20T10:20", update="completed")


def looked(*rows: Body, start: str = "2025-10-26T12:00", infusing: bool | None = None, **more: Any) -> Body:
    return export(start, found(more.pop("programme", continuous()), infusing=infusing), update="none",
                  events=list(rows), **more)  # fmt: skip


# --- overlapping and repeated reports --------------------------------------------------------------------------------


def test_logs_that_overlap_tell_of_a_row_once() -> None:
    rows = [row(str(n), f"2025-10-2{n}T10:00", "alarm-silenced") for n in range(1, 6)]
    life = course(begun(), looked(*rows[:3], start="2025-10-24T12:00"), looked(*rows), as_of=AUTUMN)
    assert [fact.event.number.value for fact in every(life, EventFact)] == ["1", "2", "3", "4", "5"]


def test_a_report_printed_again_changes_nothing_and_the_operator_is_told() -> None:
    look = looked(row("1", "2025-10-21T10:00", "alarm-silenced"))
    again = {**look, "session": {**look["session"], "reported": "2025-10-27T09:00"}}
    once, twice = course(begun(), look, as_of=AUTUMN), course(begun(), look, again, as_of=AUTUMN)
    (told,) = [one for one in every(twice, Finding) if one.code == "report-reprinted"]
    assert told.audience == "operator"
    assert len(every(twice, EventFact)) == 1
    assert [s.status for s in every(twice, Segment)] == [s.status for s in every(once, Segment)]
    assert "report-reprinted" not in [one.code for one in every(once, Finding)]


def test_reports_that_disagree_are_not_called_repeated() -> None:
    codes = [
        f.code for f in every(course(begun(), looked(infusing=True), looked(infusing=False), as_of=AUTUMN), Finding)
    ]
    assert "report-reprinted" not in codes
    assert "exports-disagree" in codes


# --- the pump's own order (architecture: order within a pump follows the pump) ---------------------------------------


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_rows_within_a_day_follow_the_numbers_of_the_pump(order: tuple[int, ...]) -> None:
    """The clock was set back by an hour between 6 and 7: the recovery at 9:40 follows the stall at 10:10."""
    rows = [
        row("5", "2025-10-22T09:00", "alarm-silenced"),
        row("6", "2025-10-22T10:10", "clock-changed"),
        row("7", "2025-10-22T09:40", "motor-stall"),
    ]
    life = course(begun(), looked(*(rows[n] for n in order)), as_of=AUTUMN)
    assert [fact.event.number.value for fact in every(life, EventFact)] == ["5", "6", "7"]
    assert only(life, Gap).start.printed == "2025-10-22 09:40"


@pytest.mark.parametrize("numbers", [("499", "1"), ("7", "6")])
def test_a_pump_that_counts_anew_is_followed_by_its_clock(numbers: tuple[str, str]) -> None:
    """A lower number long after, or lower by a hundred and more, is no sign of a clock that was set."""
    later = "2025-10-22T10:00" if numbers[0] == "499" else "2025-10-24T10:00"
    rows = [row(numbers[0], "2025-10-22T09:00", "motor-stall"), row(numbers[1], later, "motor-stall-recovered")]
    life = course(begun(), looked(*rows), as_of=AUTUMN)
    assert [fact.event.number.value for fact in every(life, EventFact)] == list(numbers)
    assert only(life, Gap).closed


def test_in_the_hour_shown_twice_a_recovery_follows_its_stall() -> None:
    rows = [row("7", "2025-10-26T01:50", "motor-stall"), row("8", "2025-10-26T01:10", "motor-stall-recovered")]
    life = course(begun(), looked(*rows[::-1]), as_of=AUTUMN)
    gap = only(life, Gap)
    assert (gap.closed, gap.start.utc, gap.end.utc) == (
        True, datetime(2025, 10, 26, 0, 50, tzinfo=UTC), datetime(2025, 10, 26, 1, 10, tzinfo=UTC),
    )  # fmt: skip
    assert (gap.start.fhir, gap.end.fhir) == ("2025-10-26", "2025-10-26")


# --- clocks and summer time (scenario 14) ----------------------------------------------------------------------------


def test_a_session_printed_in_the_hour_shown_twice_goes_out_with_its_date() -> None:
    clocks = {"pump": "2025-10-26T00:30:00", "programmer": "2025-10-26T01:30:00"}
    look = looked(start="2025-10-26T01:30", infusing=True, clocks=clocks, programme=STEPPED)
    life = course(begun(STEPPED), look, as_of=AUTUMN)
    summary = every(life, SummaryFact)[1]
    read = summary.source.read
    assert (read.fhir, read.ambiguous, read.printed) == ("2025-10-26", True, "2025-10-26 01:30")
    assert str(summary.clock_offset.quantity) == "-3600 s"
    steps = only(life, ProgrammeFact).programme.steps
    assert [step.start.value for step in steps] == [0, 360, 420, 1320]  # by the pump's clock, not moved


def test_a_stated_offset_makes_the_hour_shown_twice_certain() -> None:
    for offset, utc in (("+01:00", 0), ("+00:00", 1)):
        life = course(begun(), looked(start=f"2025-10-26T01:30{offset}", infusing=True), as_of=AUTUMN)
        read = every(life, SummaryFact)[1].source.read
        assert (read.ambiguous, read.utc) == (False, datetime(2025, 10, 26, utc, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [("2025-03-29T22:00", "2025-03-30T10:00", 11), ("2025-10-25T22:00", "2025-10-26T10:00", 13)],
)
def test_time_that_passes_over_a_change_of_offset_is_counted_in_utc(start: str, end: str, hours: int) -> None:
    day = datetime.fromisoformat(end) + timedelta(hours=1)
    first = left("2025-03-20T10:10", continuous("240.00", "0.120"), drugs=drugs())
    log = [row("7", start, "motor-stall"), row("8", end, "motor-stall-recovered")]
    life = course(
        export("2025-03-20T10:00", first, update="completed", end="2025-03-20T10:20"),
        looked(*log, start=day.isoformat(timespec="minutes"), programme=continuous("240.00", "0.120")), as_of=AUTUMN,
    )  # fmt: skip
    gap = only(life, Gap)
    assert (gap.end.utc - gap.start.utc, str(gap.not_delivered.quantity)) == (
        timedelta(hours=hours), f"{10 * hours}.0 ug",
    )  # fmt: skip


def test_a_printed_time_in_the_hour_that_spring_leaves_out_is_not_certain() -> None:
    life = course(begun(), looked(row("7", "2025-10-26T01:30", "motor-stall")), as_of=AUTUMN)
    assert only(life, Gap).start.fhir == "2025-10-26"
    spring = export("2025-03-30T01:30", found(continuous()), update="none")
    assert only(course(spring), ProgrammeFact).found.fhir == "2025-03-30"


# --- a newer export that cannot be read (scenario 23) ----------------------------------------------------------------


def test_from_the_time_of_an_unreadable_newer_export_on_nothing_is_known() -> None:
    news = (News("ab" * 32, datetime(2025, 3, 4, 9)),)
    life = course(IMPLANT, as_of=datetime(2025, 3, 5, tzinfo=UTC), news=news)
    segment = only(life, Segment)
    assert (segment.status, segment.reason, segment.end) == ("unknown", "newer-export-unreadable", None)
    (told,) = [one for one in every(life, Finding) if one.code == "newer-export-unreadable"]
    assert (told.audience, told.since.fhir) == ("ward", "2025-03-04T09:00:00+00:00")


# --- stalls (scenario 10) --------------------------------------------------------------------------------------------


def test_what_a_stall_withheld_is_at_most_what_its_log_says() -> None:
    stall = looked({**STALL_ROW, "at": "2025-10-22T14:02"}, start="2025-10-22T17:30", infusing=False)
    rows = ({**STALL_ROW, "at": "2025-10-22T14:02"}, {**RECOVERY_ROW, "at": "2025-10-23T16:02"})
    life = course(begun(), stall, looked(*rows, infusing=True), as_of=AUTUMN)
    (told,) = [one for one in every(life, Finding) if one.code == "delivery-interrupted"]
    assert "26 h by its log: at most 433.3 micrograms of the programmed dose" in told.text
    assert len(every(life, Gap)) == 1
    assert str(only(life, Gap).not_delivered.quantity) == "433.3 ug"
