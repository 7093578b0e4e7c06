"""Sessions that contradict themselves: a stop after the state as left, times that cannot be, rows that stand twice."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.chart.write import write
from bridge.course.facts import BolusFact, FillFact, Gap, ProgrammeFact, ProgrammingFact, Segment
from bridge.course.forecast import ForecastFact
from bridge.course.pages import Course
from bridge.course.panel import SummaryFact
from bridge.course.remarks import Finding
from tests.chart.given import bound
from tests.course.building import continuous, course, drugs, every, export, found, left, only, q

NEW = continuous("330.00", "0.165")
FIRST = export(
    "2025-03-03T10:00+00:00",
    left("2025-03-03T10:35+00:00", continuous(), drugs=drugs()),
    end="2025-03-03T10:52+00:00",
    update="completed",
    refills=[{"filled_at": "2025-03-03T10:15+00:00", "filled": q("40.0", "mL"), "drugs": drugs()}],
)
BOLUS = {
    "kind": "clinician",
    "start": "2025-05-12T11:36+01:00",
    "end": "2025-05-12T11:46+01:00",
    "outcome": "complete",
    "dose": q("25.00", "mcg"),
}


def second(*, at: str | None = "2025-05-12T11:36+01:00", update: Any = "completed", **parts: Any) -> dict[str, Any]:
    """A session of half an hour that reprograms the pump, or as it is asked."""
    states = (parts.pop("found", found(continuous())), parts.pop("left", left(at or "", parts.pop("new", NEW))))
    if at is None:
        del states[1]["at"]
    if update is not None:
        parts["update"] = update
    return export("2025-05-12T11:24+01:00", *states, end="2025-05-12T11:51+01:00", **parts)


def event(code: str, at: str = "2025-05-12T11:40+01:00") -> dict[str, str]:
    """A row of the log, without a number."""
    return {"at": at, "code": code}


def codes(told: Course) -> list[str]:
    """The codes of all findings."""
    return [fact.code for fact in every(told, Finding)]


def text(told: Course, code: str) -> str:
    """The text of the one finding of a code that the open page or a session's own page has."""
    found_texts: list[str] = [fact.text for fact in every(told, Finding) if fact.code == code]
    return found_texts[0]


def running(told: Course) -> list[Segment]:
    """What runs by the open page."""
    return [fact for fact in every(told, Segment, open_page=True) if fact.status == "running"]


# --- 1. an event after the state as left -----------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["motor-stall", "pump-stopped"])
@pytest.mark.parametrize("at", ["2025-05-12T11:40+01:00", "2025-05-12T18:00+01:00"])
@pytest.mark.parametrize("new", [NEW, continuous()], ids=["another programme", "the same programme"])
def test_a_stop_after_the_state_as_left_stands(code: str, at: str, new: dict[str, Any]) -> None:
    told = course(FIRST, second(new=new, events=[event(code, at)]))
    gap = only(told, Gap)
    assert (gap.closed, gap.reason) == (False, code)
    assert gap.last_confirmed.utc >= gap.start.utc
    assert gap.noticed.utc >= gap.start.utc
    assert running(told) == []
    assert [one.until for one in every(told, Finding) if one.code == "delivery-interrupted"] == [None]
    assert every(told, SummaryFact)[-1].infusing is None


def test_a_stop_after_the_end_of_its_session_is_over_when_a_later_one_finds_the_pump_running() -> None:
    later = export("2025-05-12T13:00+01:00", found(NEW), update="none")
    told = course(FIRST, second(events=[event("motor-stall", "2025-05-12T18:00+01:00")]), later)
    assert not any(gap.closed for gap in every(told, Gap)), "that session began before the stop"
    last = export("2025-05-14T09:00+01:00", found(NEW), update="none")
    told = course(FIRST, second(events=[event("motor-stall", "2025-05-12T18:00+01:00")]), last)
    (gap,) = (one for one in every(told, Gap) if one.closed)
    assert gap.read_closed.utc > gap.start.utc


@pytest.mark.parametrize("new", [NEW, continuous()], ids=["another programme", "the same programme"])
def test_an_empty_reservoir_after_the_state_as_left_makes_what_runs_unknown(new: dict[str, Any]) -> None:
    told = course(FIRST, second(new=new, events=[event("empty-reservoir")]))
    assert running(told) == []
    assert every(told, Segment)[-1].reason == "reservoir-empty"


def test_a_stall_that_is_over_within_the_session_is_followed_by_one_segment() -> None:
    recovered = event("motor-stall-recovered", "2025-05-12T11:45+01:00")
    told = course(FIRST, second(events=[event("motor-stall"), recovered]))
    (segment,) = running(told)
    assert (segment.began, segment.start.printed) == ("motor-stall-recovered", "2025-05-12 11:45")


def test_a_state_as_left_without_a_time_is_no_record_of_a_new_start() -> None:
    told = course(FIRST, second(at=None, new=continuous(), events=[event("motor-stall")]))
    assert running(told) == []
    assert not only(told, Gap).closed


def test_running_as_left_after_a_stop_is_not_called_started_again() -> None:
    told = course(FIRST, second(new=continuous(), events=[event("pump-stopped", "2025-05-12T11:30+01:00")]))
    (segment,) = running(told)
    assert (segment.began, segment.start.printed) == ("left-infusing", "2025-05-12 11:36")


# --- 2. a stop without a start ---------------------------------------------------------------------------------------


def test_found_not_infusing_has_an_end_where_it_was_left_running_and_no_length_and_no_dose() -> None:
    told = course(FIRST, second(found=found(continuous(), infusing=False)))
    gap = only(told, Gap)
    assert (gap.closed, gap.end.printed, gap.not_delivered) == (True, "2025-05-12 11:36", None)
    said = text(told, "delivery-interrupted")
    assert "since when is NOT RECORDED. It was left infusing on 12 May 2025 11:36." in said
    assert not any(words in said for words in ("by its log", "recovery", "micrograms", " h "))
    assert [one.start.printed for one in running(told)] == ["2025-05-12 11:36"]


# --- 3. a misdated state as left -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "at", ["2025-04-12T11:36+01:00", "2025-02-01T11:36+00:00", "2099-05-12T11:36+01:00", "2025-05-11"]
)
def test_a_state_as_left_before_its_session_is_not_used(at: str) -> None:
    told = course(FIRST, second(at=at))
    assert "as-left-misdated" in codes(told)
    before, now = every(told, Segment)
    assert (before.status, before.reason, before.end) == ("unknown", "as-left-misdated", None)
    assert before.last_confirmed.printed == "2025-03-03 10:52"
    assert (now.status, now.start.printed) == ("running", "2025-05-12 11:51")


def test_a_misdated_state_as_left_of_a_session_that_does_not_say_completed_starts_nothing() -> None:
    told = course(FIRST, second(at="2025-04-12T11:36+01:00", update=None))
    assert "as-left-misdated" in codes(told)
    assert running(told) == []
    assert [fact.start for fact in every(told, ProgrammeFact, open_page=True)] == [None]


@pytest.mark.parametrize("at", ["2025-05-12T11:24+01:00", "2025-05-12T11:51+01:00", "2025-05-12"])
def test_a_state_as_left_within_its_session_is_used(at: str) -> None:
    told = course(FIRST, second(at=at))
    assert "as-left-misdated" not in codes(told)
    assert [one.status for one in every(told, Segment)] == ["completed", "running"]


# --- 4 and 5. updates that contradict, or cannot be read -------------------------------------------------------------


@pytest.mark.parametrize(
    "new", [left("2025-05-12T11:36+01:00", NEW), left("2025-05-12T11:36+01:00", continuous(), infusing=False)]
)
def test_no_update_and_another_state_as_left_contradict_each_other(new: dict[str, Any]) -> None:
    told = course(FIRST, second(update="none", left=new))
    assert "update-contradicts" in codes(told)
    assert every(told, Segment)[-1].reason == "update-contradicts"
    assert running(told) == [] == every(told, ProgrammeFact, open_page=True)
    assert every(told, SummaryFact)[-1].programme is None


@pytest.mark.parametrize(
    ("update", "new", "why"),
    [
        ("none", NEW, "A programming session contradicts itself about what it left in the pump"),
        ({"unreadable": "Compl?"}, NEW, "Whether a programming session updated the pump cannot be read"),
        ("not-completed", NEW, "A programming session did not complete"),
    ],
)
def test_the_programme_says_why_it_is_not_known_any_more(update: Any, new: dict[str, Any], why: str) -> None:
    told = course(FIRST, second(update=update, left=left("2025-05-12T11:36+01:00", new)))
    (request,) = (one.body for one in write(told, bound()) if one.key.startswith("programme|"))
    assert request["status"] == "unknown"
    assert request["statusReason"] == {"text": f"{why}: whether this programme is still in the pump is not known"}
    assert why[:1].lower() + why[1:] in request["text"]["div"]


def test_no_update_and_the_same_state_as_left_agree() -> None:
    told = course(FIRST, second(update="none", new=continuous()))
    assert not {"update-contradicts", "update-unreadable"} & set(codes(told))
    assert len(running(told)) == 1


def test_an_update_that_cannot_be_read_leaves_the_state_unknown() -> None:
    told = course(FIRST, second(update={"unreadable": "Compl?"}))
    assert '"Compl?"' in text(told, "update-unreadable")
    assert every(told, Segment)[-1].reason == "update-unreadable"
    assert running(told) == [] == every(told, ProgrammeFact, open_page=True)
    assert len(every(told, ProgrammingFact)) == 1


def test_the_next_reading_ends_the_doubt() -> None:
    later = export("2025-05-20T09:00+01:00", found(NEW), update="none")
    told = course(FIRST, second(update={"unreadable": "Compl?"}), later)
    assert [fact.start for fact in every(told, ProgrammeFact, open_page=True)] == [None]
    assert all(fact.until for fact in every(told, Finding, open_page=True) if fact.code == "update-unreadable")


# --- 6. rows that stand twice ----------------------------------------------------------------------------------------


def test_a_row_that_stands_twice_is_one_bolus() -> None:
    told = course(FIRST, second(boluses=[BOLUS, BOLUS]))
    assert len(every(told, BolusFact)) == 1
    assert not {"boluses-at-one-instant", "time-not-recorded"} & set(codes(told))


def test_two_boluses_at_one_instant_that_differ_are_kept_and_told() -> None:
    told = course(FIRST, second(boluses=[BOLUS, {**BOLUS, "dose": q("30.00", "mcg")}, BOLUS]))
    assert len(every(told, BolusFact)) == 2
    assert "clinician 25.00 micrograms; clinician 30.00 micrograms" in text(told, "boluses-at-one-instant")


def test_boluses_at_one_instant_with_numbers_of_the_pump_are_two() -> None:
    rows = [{**BOLUS, "number": "1"}, {**BOLUS, "number": "2", "dose": q("30.00", "mcg")}]
    told = course(FIRST, second(boluses=rows))
    assert len(every(told, BolusFact)) == 2
    assert "boluses-at-one-instant" not in codes(told)


# --- 7. times that are not recorded ----------------------------------------------------------------------------------


@pytest.mark.parametrize("start", [None, {"unreadable": "2025-0?-12"}, "2025-05-20T11:36+01:00"])
def test_a_bolus_without_a_usable_time_is_not_charted(start: Any) -> None:
    row = {name: value for name, value in BOLUS.items() if name not in ("start", "end")}
    told = course(FIRST, second(boluses=[{**row, "start": start} if start else row]))
    assert every(told, BolusFact) == []
    assert "clinician 25.00 micrograms" in text(told, "time-not-recorded")


def test_a_filling_without_a_time_has_the_day_of_the_session() -> None:
    told = course(FIRST, second(refills=[{"filled": q("40.0", "mL"), "drugs": drugs()}]))
    fill = every(told, FillFact)[-1]
    assert (fill.at.fhir, fill.at.words) == ("2025-05-12", "12 May 2025")
    assert "filling with 40.0 mL (time NOT RECORDED)" in text(told, "time-not-recorded")
    assert "reservoir-emptied" not in codes(told)


def test_a_programme_as_left_without_a_time_is_told() -> None:
    told = course(FIRST, second(at=None))
    assert "programme as left (since NOT RECORDED)" in text(told, "time-not-recorded")
    assert [one.start.printed for one in running(told)] == ["2025-05-12 11:51"]


# --- an emptying -----------------------------------------------------------------------------------------------------


def test_an_emptying_is_no_filling() -> None:
    row = {"aspirated_at": "2025-05-12T11:30+01:00", "aspirated": q("25.4", "mL", "aspirated")}
    told = course(FIRST, second(refills=[row]))
    assert len(every(told, FillFact)) == 1
    last = every(told, SummaryFact)[-1].last_fill
    assert last.reading.value.printed == "2025-03-03 10:15"
    assert every(told, ForecastFact)[-1].residual is None, "nothing is left to reckon with"
    assert "was emptied (aspirated: 25.4 mL)" in text(told, "reservoir-emptied")
    assert running(told) == []
    assert every(told, Segment)[-1].reason == "reservoir-emptied"


def test_what_was_drawn_off_runs_dry_no_more() -> None:
    row = {"aspirated_at": "2025-05-12T11:30+01:00", "aspirated": q("25.4", "mL", "aspirated")}
    later = datetime(2026, 8, 1, tzinfo=UTC)
    filled, drawn = course(FIRST, as_of=later), course(FIRST, second(refills=[row]), as_of=later)
    assert "past-dry-date" in {fact.code for fact in every(filled, Finding)}
    assert "past-dry-date" not in {fact.code for fact in every(drawn, Finding)}
