"""What comes true by time alone, or by a later session that still shows it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.chart.write import write
from bridge.course.facts import AlarmFact, Gap, Segment
from bridge.course.remarks import Condition, Finding
from bridge.course.state import dump_state, load_state
from tests.chart.given import bound
from tests.course.building import continuous, course, drugs, every, export, folded, found, left, only, q

Body = dict[str, Any]


def session(day: str, *, first: bool = False, fill: str | None = None, **more: Any) -> Body:
    """A session on 400 mcg/day at 2000 mcg/mL (0.2 mL/d): a filling with 20 mL lasts 100 days."""
    states = [] if first else [found(continuous(), infusing=more.pop("infusing", True))]
    if first or fill:
        states.append(left(f"{day}T09:20+00:00", continuous(), drugs=drugs()))
    refills = [{"filled_at": f"{fill}T09:10+00:00", "filled": q("20.0", "mL"), "drugs": drugs()}] if fill else []
    update = "completed" if len(states) > int(not first) else "none"
    end = f"{day}T09:30+00:00"
    return export(f"{day}T09:00+00:00", *states, end=end, update=update, refills=refills, **more)


def at(day: str, clock: str = "12:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC)


def conditions(*bodies: Body, as_of: datetime, kind: str, open_page: bool | None = None) -> list[Condition]:
    return [one for one in every(course(*bodies, as_of=as_of), Condition, open_page=open_page) if one.kind == kind]


def told(*bodies: Body, as_of: datetime, code: str) -> list[Finding]:
    return [one for one in every(course(*bodies, as_of=as_of), Finding) if one.code == code]


FIRST = session("2025-01-06", first=True, fill="2025-01-06")
LOOK = session("2025-02-01")


# --- running dry (scenarios 9 and 16; law on old news) ---------------------------------------------------------------


def test_past_its_earliest_dry_date_what_runs_is_unknown_and_the_ward_is_told() -> None:
    before = course(FIRST, LOOK, as_of=at("2025-04-16", "09:09"))
    assert only(before, Segment).status == "running"
    assert before.next_change == at("2025-04-16", "09:10")
    after = course(FIRST, LOOK, as_of=at("2025-04-16", "09:10"))
    assert (only(after, Segment).status, only(after, Segment).reason) == ("unknown", "past-dry-date")
    (one,) = [f for f in every(after, Finding, open_page=True) if f.code == "past-dry-date"]
    assert (one.audience, one.since.fhir, one.until) == ("ward", "2025-04-16T10:10:00+01:00", None)
    assert "Calculated by pumpbridge, not the pump" in one.text
    assert "2025" not in (one.plain or "").replace("1 Feb 2025", "")


def test_the_filling_that_ends_it_seals_it() -> None:
    filled = session("2025-04-20", fill="2025-04-20")
    (one,) = told(FIRST, LOOK, filled, as_of=at("2025-04-21"), code="past-dry-date")
    assert one.until is not None
    assert (
        "From 16 Apr 2025 10:10 until the filling of 20 Apr 2025 09:10 it is not known what was delivered." in one.text
    )
    assert (one.plain or "").endswith(
        "From then until the filling of 20 Apr 2025 09:10 it is not known what was delivered."
    )
    assert (one.since.fhir, one.until.fhir) == ("2025-04-16T10:10:00+01:00", "2025-04-20T09:10:00+00:00")
    assert conditions(FIRST, LOOK, filled, as_of=at("2025-04-21"), kind="past-dry-date", open_page=True) == []


def test_a_session_without_a_filling_leaves_it_open_since_the_same_instant() -> None:
    look = session("2025-04-20", infusing=None)
    (one,) = told(FIRST, LOOK, look, as_of=at("2025-04-21"), code="past-dry-date")
    assert (one.since.fhir, one.until) == ("2025-04-16T10:10:00+01:00", None)


def test_a_filling_from_before_the_date_that_is_told_of_later_means_that_it_never_ran_dry() -> None:
    late = session("2025-04-20", fill="2025-04-10")
    assert told(FIRST, LOOK, as_of=at("2025-04-19"), code="past-dry-date") != []
    assert told(FIRST, LOOK, late, as_of=at("2025-04-21"), code="past-dry-date") == []


def test_a_date_that_the_pump_states_is_not_called_calculated() -> None:
    look = session("2025-02-01", reservoir={"empty_date": "2025-03-01"})
    (one,) = told(FIRST, look, as_of=at("2025-03-02", "00:00"), code="past-dry-date")
    assert "Calculated" not in one.text
    assert one.plain is None


def test_a_reservoir_called_dry_twice_is_told_of_twice() -> None:
    """The stated date has passed; then the pump states what is left; then that has gone by too."""
    early = session("2025-02-01", reservoir={"empty_date": "2025-02-10"})
    sensed = export(
        "2025-02-20T09:00+00:00", found(continuous(), volume=q("10.0", "mL", "sensed")), update="none",
        reservoir={"empty_date": "2025-05-01"},
    )  # fmt: skip
    first, second = told(FIRST, early, sensed, as_of=at("2025-04-20"), code="past-dry-date")
    assert (first.since.fhir, first.until.fhir if first.until else "") == (
        "2025-02-10", "2025-02-20T09:00:00+00:00",
    )  # fmt: skip
    assert (second.since.fhir, second.until) == ("2025-04-11T10:00:00+01:00", None)
    assert first.discriminator != second.discriminator


def test_an_empty_reservoir_by_the_pump_is_one_cause_with_its_alarm_and_its_date() -> None:
    event = {"number": "8", "at": "2025-04-12T10:00", "code": "empty-reservoir", "text": "EMPTY"}
    alarm = {"code": "empty-reservoir", "text": "EMPTY RESERVOIR"}
    look = session("2025-04-14", infusing=None, events=[event], alarm_status="active", alarms=[alarm])
    life = course(FIRST, LOOK, look, as_of=at("2025-04-30"))
    (one,) = [f for f in every(life, Finding) if f.code == "past-dry-date"]
    assert one.since.fhir == "2025-04-12T10:00:00+01:00"
    assert "recorded an empty reservoir on 12 Apr 2025 10:00" in one.text
    assert (only(life, AlarmFact).finding, only(life, AlarmFact).finding_code) == (one.discriminator, "past-dry-date")


EMPTY: Body = {"alarm_status": "active", "alarms": [{"code": "empty-reservoir", "text": "EMPTY RESERVOIR"}]}


def test_an_alarm_of_an_empty_reservoir_is_not_said_to_be_since_a_calculated_time() -> None:
    life = course(FIRST, LOOK, session("2025-04-20", infusing=None, **EMPTY), as_of=at("2025-04-21"))
    (flag,) = [one for one in write(life, bound()) if one.key.startswith("alarm-flag|")]
    assert "Intrathecal pump alarm: empty reservoir, as read 20 Apr 2025 09:00. Call" in flag.body["text"]["div"]
    assert "16 Apr" not in flag.body["text"]["div"]


def test_what_ran_past_its_dry_date_is_not_said_to_run_still_once_it_was_read_again() -> None:
    filled = session("2025-04-20", fill="2025-04-20")
    now = write(course(FIRST, LOOK, as_of=at("2025-04-19")), bound())
    later = write(course(FIRST, LOOK, filled, as_of=at("2025-04-21")), bound())
    said = [next(one.body for one in chart if one.key.startswith("delivery|")) for chart in (now, later)]
    assert [one["statusReason"][0]["coding"][0]["code"] for one in said] == ["past-dry-date", "past-dry-date"]
    assert "whether it still runs is not known" in said[0]["text"]["div"]
    assert "whether it still runs is not known" not in said[1]["text"]["div"]
    assert "how long it ran is NOT RECORDED" in said[1]["text"]["div"]


def test_a_silent_session_after_the_filling_does_not_say_that_the_pump_recorded_it_anew() -> None:
    alarmed, filled = session("2025-04-20", infusing=None, **EMPTY), session("2025-04-21", fill="2025-04-21")
    (one,) = told(FIRST, LOOK, alarmed, filled, as_of=at("2025-04-22"), code="past-dry-date")
    assert (one.until.printed if one.until else "") == "2025-04-21 09:10"


def test_an_alarm_that_is_stated_again_after_a_filling_is_of_that_filling() -> None:
    alarmed, filled = session("2025-04-20", infusing=None, **EMPTY), session("2025-04-21", fill="2025-04-21", **EMPTY)
    life = course(FIRST, LOOK, alarmed, filled, as_of=at("2025-04-22"))
    flags = [one.body["status"] for one in write(life, bound()) if one.key.startswith("alarm-flag|")]
    assert sorted(flags) == ["active", "inactive"]
    (alarm,) = every(life, AlarmFact)
    assert alarm.finding == "dry 2025-04-21 09:10/1"


def test_an_alarm_holds_against_a_later_date() -> None:
    """The pump says that it is empty, whatever volume and flow make of it; past its date it said nothing yet."""
    alarm = {"code": "empty-reservoir", "text": "EMPTY RESERVOIR"}
    states: Body = {"reservoir": {"empty_date": "2025-05-30"}, "alarm_status": "active", "alarms": [alarm]}
    look = export(
        "2025-04-20T09:00+00:00", found(continuous(), infusing=None, volume=q("5.0", "mL", "calculated")),
        update="none", **states,
    )  # fmt: skip
    (one,) = told(FIRST, LOOK, look, as_of=at("2025-04-21"), code="past-dry-date")
    assert (one.since.fhir, one.until) == ("2025-04-16T10:10:00+01:00", None)
    assert one.text == (
        "The pump gave the alarm of an empty reservoir when it was read on 20 Apr 2025 09:00 (last read 20 Apr 2025 "
        "09:00). By its volume and flow it may have run dry on 16 Apr 2025 10:10 already. Calculated by pumpbridge, "
        "not the pump. Whether anything is delivered since then is not known."
    )
    assert (one.plain or "").endswith("Whether anything is delivered is not known.")
    assert "16 Apr" not in (one.plain or "")


def test_a_stated_empty_day_counts_from_its_beginning_by_the_clock_there() -> None:
    """The earliest instant of the day; the text keeps the day as it was stated."""
    body = session("2025-04-01", reservoir={"empty_date": "2025-04-10"}, clocks={"zone": "Europe/Berlin"})
    begins = datetime(2025, 4, 9, 22, tzinfo=UTC)
    before = course(FIRST, body, as_of=begins - timedelta(minutes=1))
    assert (only(before, Segment).status, before.next_change) == ("running", begins)
    after = course(FIRST, body, as_of=begins)
    assert only(after, Segment).reason == "past-dry-date"
    (one,) = [f for f in every(after, Finding, open_page=True) if f.code == "past-dry-date"]
    assert (one.since.fhir, one.since.utc) == ("2025-04-10", begins)
    assert "due to be empty by 10 Apr 2025, by the pump" in one.text


def test_a_reservoir_does_not_run_dry_before_the_pump_is_implanted() -> None:
    """By reckoning, that is: what an early session leads to says nothing once a report states the implant."""
    pump = {"manufacturer": "Invented Pumps", "model": "IP-40", "serial": "TX000001", "implanted": "2025-05-10"}
    later = export("2025-05-10T09:00+01:00", found(continuous()), update="none", pump=pump)
    assert told(FIRST, LOOK, as_of=at("2025-05-09"), code="past-dry-date") != []
    assert told(FIRST, LOOK, later, as_of=at("2025-05-11"), code="past-dry-date") == []


# --- stopped (rules, alarms; scenario 11) ----------------------------------------------------------------------------


def stopped(day: str, start: str) -> Body:
    row = {"number": "7", "at": start, "code": "pump-stopped", "text": "STOPPED"}
    return session(day, infusing=False, events=[row])


def test_a_stated_stop_of_more_than_48_hours_is_found_by_time() -> None:
    stop = stopped("2025-02-02", "2025-02-02T08:00")
    assert told(FIRST, stop, as_of=at("2025-02-04", "07:59"), code="stopped-long") == []
    assert course(FIRST, stop, as_of=at("2025-02-04", "07:59")).next_change == at("2025-02-04", "08:00")
    (one,) = told(FIRST, stop, as_of=at("2025-02-04", "08:00"), code="stopped-long")
    assert (one.audience, one.since.fhir) == ("clinic", "2025-02-04T08:00:00+00:00")


def test_the_recovery_that_ends_it_seals_it_and_an_early_one_unsays_it() -> None:
    stop = stopped("2025-02-02", "2025-02-02T08:00")
    for start, kept in (("2025-02-04T10:00", True), ("2025-02-03T10:00", False)):
        row = {"number": "8", "at": start, "code": "pump-started", "text": "STARTED"}
        again = session("2025-02-10", events=[row])
        found_ = told(FIRST, stop, again, as_of=at("2025-02-11"), code="stopped-long")
        assert [one.until.fhir for one in found_ if one.until] == (["2025-02-04T10:00:00+00:00"] if kept else [])


def test_a_stop_whose_start_is_not_recorded_is_at_least_since_it_was_found() -> None:
    look = session("2025-02-02", infusing=False)
    (one,) = told(FIRST, look, as_of=at("2025-02-04", "09:00"), code="stopped-long")
    assert "for more than 48 h, at least since it was found not infusing on 2 Feb 2025 09:00, as read" in one.text
    (over,) = told(FIRST, look, session("2025-02-10"), as_of=at("2025-02-11"), code="stopped-long")
    assert over.text == (
        "The pump was stopped for more than 48 h, at least since it was found not infusing on 2 Feb 2025 09:00."
    )
    stop = stopped("2025-02-02", "2025-02-02T08:00")
    (one,) = told(FIRST, stop, as_of=at("2025-02-04", "09:00"), code="stopped-long")
    assert "for more than 48 h, since 2 Feb 2025 08:00, as read" in one.text


def test_a_pump_found_not_infusing_whose_recovery_the_log_dates_has_an_end_and_no_length() -> None:
    row = {"number": "8", "at": "2025-02-03T10:00", "code": "pump-started", "text": "STARTED"}
    life = course(FIRST, session("2025-02-02", infusing=False), session("2025-02-10", events=[row]),
                  as_of=at("2025-02-11"))  # fmt: skip
    gap = only(life, Gap)
    assert (gap.end.printed, gap.not_delivered) == ("2025-02-03 10:00", None)
    (one,) = [f for f in every(life, Finding) if f.code == "delivery-interrupted"]
    assert one.text == (
        "The pump was found not infusing on 2 Feb 2025 09:00; since when is NOT RECORDED. It recorded recovery on "
        "3 Feb 2025 10:00 (event 8). How much dose was not delivered cannot be calculated: when it stopped is NOT "
        "RECORDED."
    )
    (status,) = [one for one in write(life, bound()) if one.key.startswith("infusing-status|")]
    assert status.body["effectivePeriod"] == {"start": "2025-02-02T09:00:00+00:00", "end": "2025-02-03T10:00:00+00:00"}
    assert "2 Feb 2025 09:00 to 3 Feb 2025 10:00, found not infusing" in status.body["text"]["div"]


def test_a_session_that_did_not_complete_is_no_stated_stop() -> None:
    broken = {**session("2025-02-02", fill="2025-02-02")}
    broken["session"] = {**broken["session"], "update": "not-completed"}
    assert told(FIRST, broken, as_of=at("2025-02-20"), code="stopped-long") == []


def test_a_stall_is_not_stopped_by_anyone() -> None:
    row = {"number": "7", "at": "2025-02-02T08:00", "code": "motor-stall", "text": "STALL"}
    stall = session("2025-02-02", infusing=False, events=[row])
    assert told(FIRST, stall, as_of=at("2025-02-20"), code="stopped-long") == []


# --- a stall that is read again (scenario 10) ------------------------------------------------------------------------


def test_a_stall_read_again_without_recovery_is_found_and_closed_by_its_recovery() -> None:
    row = {"number": "7", "at": "2025-02-02T08:00", "code": "motor-stall", "text": "STALL"}
    over = {"number": "8", "at": "2025-02-03T08:00", "code": "motor-stall-recovered", "text": "RECOVERED"}
    stall = session("2025-02-02", infusing=False, events=[row])
    again = session("2025-02-05", infusing=False, events=[row])
    assert told(FIRST, stall, as_of=at("2025-02-04"), code="stall-without-recovery") == []
    (one,) = told(FIRST, stall, again, as_of=at("2025-02-06"), code="stall-without-recovery")
    assert (one.audience, one.until) == ("clinic", None)
    closed = session("2025-02-07", events=[row, over])
    assert len(every(course(FIRST, stall, again, closed, as_of=at("2025-02-08")), Gap)) == 1
    assert told(FIRST, stall, closed, as_of=at("2025-02-08"), code="stall-without-recovery") == []


# --- the next filling ------------------------------------------------------------------------------------------------


def test_a_refill_is_soon_due_for_the_operator_14_days_ahead() -> None:
    look = session("2025-02-01", reservoir={"refill_by": "2025-03-20"})
    assert told(FIRST, look, as_of=at("2025-03-05", "23:59"), code="refill-soon-due") == []
    (one,) = told(FIRST, look, as_of=at("2025-03-06", "00:00"), code="refill-soon-due")
    assert (one.audience, one.since.fhir) == ("operator", "2025-03-06")
    assert one.text == (
        "The reservoir is to be refilled by 20 Mar 2025, a date that the pump's report states; from 6 Mar 2025 on that "
        "is 14 days away or less. Last read 1 Feb 2025 09:00."
    )


def test_a_date_that_is_taken_back_and_stated_again_is_told_of_twice() -> None:
    stated = [
        session(day, reservoir={"refill_by": by})
        for day, by in (("2025-03-10", "2025-03-20"), ("2025-03-11", "2025-04-20"), ("2025-03-12", "2025-03-20"))
    ]
    found_ = told(FIRST, *stated, as_of=at("2025-03-13"), code="refill-soon-due")
    assert len({one.discriminator for one in found_}) == len(found_) == 2


def test_a_filling_takes_its_old_date_with_it() -> None:
    look = session("2025-02-01", reservoir={"refill_by": "2025-03-20"})
    filled = session("2025-03-01", fill="2025-03-01")
    assert told(FIRST, look, filled, as_of=at("2025-03-21"), code="refill-soon-due") == []


# --- the fold's own promises -----------------------------------------------------------------------------------------

STOP = stopped("2025-02-02", "2025-02-02T08:00")
LIVES = [
    (FIRST, LOOK, session("2025-04-20", infusing=None), session("2025-04-25", fill="2025-04-25")),
    (FIRST, STOP, session("2025-02-10", infusing=False), session("2025-02-20")),
]


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("known", [1, 2, 3])
def test_a_checkpoint_gives_what_folding_from_scratch_gives(life: tuple[Body, ...], known: int) -> None:
    whole = folded(*life, as_of=at("2025-05-01"))
    base = load_state(dump_state(whole.states[known - 1][1]))
    tail = folded(*life[known:], as_of=at("2025-05-01"), base=base)
    assert tail.course.pages == whole.course.pages[known:]


@pytest.mark.parametrize("life", LIVES)
def test_next_change_names_every_instant_at_which_the_course_changes(life: tuple[Body, ...]) -> None:
    moment = at("2025-02-21")
    for _ in range(6):
        now = course(*life[:2], as_of=moment)
        if now.next_change is None:
            return
        before = course(*life[:2], as_of=now.next_change - timedelta(seconds=1))
        assert before.pages == now.pages
        moment = now.next_change
    pytest.fail("it never comes to rest")
