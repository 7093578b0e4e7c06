"""Infusions of hospital pumps: the rules by their numbers in bridge/course/infusions.py and hospital_pump.py."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.course.fold import News, Settings
from bridge.course.hospital_pump import Elsewhere
from bridge.course.infusion_facts import HospitalPumpFact, Infusion, InfusionEvent, InfusionReading
from bridge.course.pages import Page
from bridge.course.remarks import NewsFact
from bridge.course.sessions import Report
from tests.adapters.hl7_messages import NOBODY
from tests.course.bedside_messages import (
    OTHER,
    Source,
    clock,
    course,
    fixture,
    folded,
    infusions,
    lines,
    told,
)
from tests.course.building import ZONE, every, only

STOPPED = Source(status="not-delivering", why="paused", segment="3.94")
PASSES = Source(status="transitioning", segment="3.94")
BOLUS = Source("100", "clinician")


def start(at: str, *sources: Source) -> Report:
    """A START of the first source."""
    return told(at, *(sources or (Source(),)), event="START")


# --- 1. events ------------------------------------------------------------------------------------------------------


def test_start_opens_and_stop_ends_as_recorded_by_the_pump() -> None:
    (one,) = infusions(course(start("10:15"), told("11:00", STOPPED, event="STOP")))
    assert (one.start_certainty, one.end_certainty, one.status, one.reason) == (
        "recorded", "recorded", "stopped", "stopped",
    )  # fmt: skip
    assert (one.start.utc, one.end and one.end.utc) == (clock("10:15"), clock("11:00"))
    assert one.stated_reason is not None
    assert one.stated_reason.reading.text == "pump-stopped-paused"


def test_the_kept_messages_make_a_stopped_and_a_completed_infusion() -> None:
    assert lines(course(*fixture("event-start", "event-stop"))) == ["1.1.2 5.25 mL/h 10:15-11:15 stopped stopped"]
    complete = course(*fixture("event-start", "event-complete"))
    assert lines(complete) == ["1.1.2 5.25 mL/h 10:15-19:55 completed volume-infused"]
    assert infusions(complete)[0].volume.reading.text == "50.00 mL"  # type: ignore[union-attr]


def test_an_infusion_says_what_the_pump_said_of_it_and_where() -> None:
    message = told("10:15", Source(), event="START", weight="70.0")
    (one,) = infusions(course(message))
    cited = (one.drug, one.concentration, one.rate, one.weight, one.kind, one.label)
    assert [told_.reading.text for told_ in cited if told_] == [
        "Norepinephrine", "80.0 ug/mL", "5.25 mL/h", "70.0 kg", "MDC_DEV_PUMP_INFUSATE_SOURCE_PRIMARY", "Primary",
    ]  # fmt: skip
    assert one.exports == (message.sha256,)


def test_what_a_start_does_not_state_is_filled_in_from_what_follows() -> None:
    bare = told("10:15", Source("", drug="", strength=""), event="START")
    (one,) = infusions(course(bare, told("10:20", Source())))
    assert one.start_certainty == "recorded"
    assert (one.drug and one.drug.reading.text, one.rate and one.rate.reading.text) == ("Norepinephrine", "5.25 mL/h")


def test_a_start_told_twice_opens_one_infusion() -> None:
    again = told("10:15", Source(total="1.00"), event="START", number="2")
    assert lines(course(start("10:15"), again)) == ["1.1.2 5.25 mL/h 10:15-open unknown too-old"]


def test_amounts_stand_only_on_an_infusion_whose_start_was_told() -> None:
    stop = told("11:35", Source(status="not-delivering", why="paused", segment="8.31"), event="STOP")
    bridged = infusions(course(start("10:00"), stop))
    assert [one.volume.reading.text for one in bridged if one.volume] == ["8.31 mL"]
    began, seen = infusions(course(start("10:00"), told("11:30", Source()), stop, as_of="11:40"))
    assert (began.status, began.reason, seen.start_certainty, seen.status) == (
        "unknown", "too-old", "inferred", "stopped",
    )  # fmt: skip
    assert (began.volume, seen.volume, seen.dose) == (None, None, None)
    kept = every(course(start("10:00"), told("11:30", Source()), stop), InfusionReading)
    assert ("volume-delivered-segment", "8.31 mL") in {(one.code, one.reading.text) for one in kept}


def test_a_stop_of_which_no_start_is_known_is_kept_as_an_event() -> None:
    made = course(told("11:00", STOPPED, event="STOP"))
    assert infusions(made) == []
    assert only(made, InfusionEvent).told.kind.value == "delivery-stop"


@pytest.mark.parametrize("other", [{"drug": "Propofol"}, {"strength": "160.0"}, {"rate": "7.00"}])
def test_a_stop_of_another_drug_strength_or_rate_gives_no_amount_to_what_ran(other: dict[str, str]) -> None:
    stop = told("10:40", Source(status="not-delivering", segment="1.50", **other), event="STOP")
    made = course(told("10:00", Source(), event="START"), told("10:10", Source()), stop)
    assert lines(made) == ["1.1.2 5.25 mL/h 10:00-10:10? completed another-run"]
    assert infusions(made)[0].volume is None
    assert len(every(made, InfusionEvent)) == 1


def test_a_stop_that_counts_less_than_was_seen_is_of_another_run() -> None:
    stop = told("10:40", Source(status="not-delivering", segment="0.50"), event="STOP")
    made = course(start("10:00"), told("10:30", Source(segment="2.62")), stop)
    assert lines(made) == ["1.1.2 5.25 mL/h 10:00-open unknown counted-anew"]
    assert len(every(made, InfusionEvent)) == 1


@pytest.mark.parametrize("slow", [Source("1.00", segment="3.50"), Source("1.00", status="kvo", segment="3.50")])
def test_the_rate_of_what_is_complete_says_nothing_of_what_ran(slow: Source) -> None:
    """It may keep the vein open from then on."""
    event = "STOP" if slow.status == "kvo" else "COMP"
    (one,) = infusions(course(start("10:00"), told("10:40", slow, event=event)))
    assert (one.end and one.end.utc, one.end_certainty) == (clock("10:40"), "recorded")
    assert one.volume is not None


def test_a_second_event_of_one_end_that_tells_of_another_drug_adds_nothing_to_it() -> None:
    first = told("11:00", Source(status="not-delivering"), event="COMP")
    again = told("11:00", Source(drug="Propofol", status="not-delivering", segment="50.00"), event="STOP")
    made = course(start("10:15"), first, again)
    assert infusions(made)[0].volume is None
    assert len(every(made, InfusionEvent)) == 1


def test_a_stop_that_states_a_rate_of_zero_ends_what_ran() -> None:
    made = course(
        told("10:00", Source(), event="START"), told("10:40", Source("0", status="not-delivering"), event="STOP")
    )
    assert lines(made) == ["1.1.2 5.25 mL/h 10:00-10:40 stopped stopped"]


def test_what_was_seen_for_a_moment_and_what_starts_in_it_have_two_names() -> None:
    made = course(told("10:00", Source(), event="PATIENT"), told("10:00", Source("7.00"), event="START"))
    names = [one.discriminator for one in infusions(made)]
    assert len(set(names)) == len(names) == 2


def test_a_start_over_one_that_runs_ends_it_when_it_was_last_seen() -> None:
    made = course(start("10:15"), told("10:20", Source()), start("10:30", Source("7.00")), as_of="10:40")
    assert lines(made) == [
        "1.1.2 5.25 mL/h 10:15-10:20? completed another-run", "1.1.2 7.00 mL/h 10:30-open in-progress",
    ]  # fmt: skip


def test_the_source_of_an_event_without_a_place_is_the_active_one() -> None:
    made = course(start("10:15"), told("11:00", STOPPED, event="STOP"))
    assert infusions(made)[0].address == "1.1.2"


# --- 2. what completes and what stops -------------------------------------------------------------------------------


def test_a_change_of_rate_is_two_infusions_and_the_first_is_completed() -> None:
    made = course(
        start("10:15"), told("11:00", PASSES, event="STOP"), start("11:00", Source("7.00")), as_of="11:30"
    )  # fmt: skip
    assert lines(made) == [
        "1.1.2 5.25 mL/h 10:15-11:00 completed new-settings", "1.1.2 7.00 mL/h 11:00-open in-progress",
    ]  # fmt: skip


def test_a_stop_with_a_start_at_the_same_moment_is_a_change_of_rate_whatever_it_says() -> None:
    made = course(start("10:15"), told("11:00", STOPPED, event="STOP"), start("11:00", Source("7.00")), as_of="11:30")
    assert lines(made)[0] == "1.1.2 5.25 mL/h 10:15-11:00 completed new-settings"


def test_a_start_a_second_after_a_stop_is_a_restart() -> None:
    made = course(start("10:15"), told("11:00", STOPPED, event="STOP"), start("11:00:01"), as_of="11:30")
    assert lines(made)[0] == "1.1.2 5.25 mL/h 10:15-11:00 stopped stopped"


def test_what_ended_waits_on_the_open_page_until_a_later_moment_is_told_of() -> None:
    ended = course(start("10:15"), told("11:00", STOPPED, event="STOP"))
    assert [page.position for page in ended.pages if infusions_on(page)] == ["~"]
    later = course(start("10:15"), told("11:00", STOPPED, event="STOP"), told("11:01", STOPPED))
    assert [page.position[:16] for page in later.pages if infusions_on(page)] == ["20260302T110100Z"]


def infusions_on(page: Page) -> bool:
    """Whether a page tells of an infusion."""
    return any(isinstance(fact, Infusion) for fact in page.facts)


def test_a_bolus_in_an_infusion_is_a_part_of_what_it_interrupts() -> None:
    made = course(
        start("10:15"),
        told("11:00", PASSES, event="STOP"),
        told("11:00", BOLUS, Source(status=""), event="START", of="clinician"),
        told("11:05", Source("100", "clinician", status="transitioning", segment="8.33"), event="COMP"),
        start("11:05"),
        as_of="11:30",
    )
    assert lines(made) == [
        "1.1.2 5.25 mL/h 10:15-11:00 completed passed-on",
        "1.1.4 100 mL/h 11:00-11:05 completed volume-infused",
        "1.1.2 5.25 mL/h 11:05-open in-progress",
    ]
    background, bolus, resumed = infusions(made)
    assert (bolus.bolus, bolus.part_of) == (True, background.discriminator)
    assert (background.part_of, resumed.part_of, resumed.bolus) == (None, None, False)


def test_a_bolus_beside_an_infusion_that_goes_on_is_a_part_of_it() -> None:
    made = course(start("10:15"), told("11:00", BOLUS, event="START"), told("11:01", BOLUS, Source()), as_of="11:02")
    background, bolus = infusions(made)
    assert bolus.part_of == background.discriminator
    assert {one.status for one in (background, bolus)} == {"in-progress"}


def test_a_bolus_of_its_own_is_a_part_of_nothing() -> None:
    made = course(start("10:15"), told("10:30", STOPPED, event="STOP"), told("11:00", BOLUS, event="START"))
    assert infusions(made)[1].part_of is None


def test_a_piggyback_lets_the_primary_pass_on() -> None:
    switches = Source(status="not-delivering", why="switching-source")
    second = Source("200", "secondary", drug="Cefazolin", strength="")
    made = course(
        start("10:15"), told("11:00", switches, event="STOP"), told("11:00", second, event="START"), as_of="11:10"
    )  # fmt: skip
    assert lines(made) == [
        "1.1.2 5.25 mL/h 10:15-11:00 completed passed-on", "1.1.3 200 mL/h 11:00-open in-progress",
    ]  # fmt: skip
    assert infusions(made)[1].part_of is None


# --- 3. snapshots ---------------------------------------------------------------------------------------------------


def test_what_is_only_seen_begins_when_it_was_first_seen() -> None:
    (one,) = infusions(course(told("10:00", Source()), told("10:10", Source()), as_of="10:11"))
    assert (one.start.utc, one.start_certainty, one.status) == (clock("10:00"), "inferred", "in-progress")


def test_another_rate_ends_what_was_seen_when_it_was_last_seen() -> None:
    made = course(told("10:00", Source()), told("10:10", Source()), told("10:20", Source("6.00")), as_of="10:25")
    assert lines(made) == [
        "1.1.2 5.25 mL/h 10:00?-10:10? completed another-run", "1.1.2 6.00 mL/h 10:20?-open in-progress",
    ]  # fmt: skip


@pytest.mark.parametrize("other", [Source(drug="Propofol"), Source(strength="160.0"), Source("5.26")])
def test_another_drug_strength_or_rate_is_another_infusion(other: Source) -> None:
    assert len(infusions(course(told("10:00", Source()), told("10:10", other)))) == 2


@pytest.mark.parametrize("same", [Source("5.250"), Source(drug="norepinephrine"), Source("", drug="", strength="")])
def test_other_digits_of_one_value_and_what_is_not_stated_change_nothing(same: Source) -> None:
    assert len(infusions(course(told("10:00", Source()), told("10:10", same)))) == 1


def test_what_is_seen_not_to_deliver_ended_when_it_was_last_seen_with_the_stated_reason() -> None:
    made = course(told("10:00", Source()), told("10:10", STOPPED), as_of="10:20")
    (one,) = infusions(made)
    assert lines(made) == ["1.1.2 5.25 mL/h 10:00?-10:00? stopped not-delivering"]
    assert one.stated_reason is not None
    assert one.stated_reason.reading.text == "pump-stopped-paused"


def test_a_line_that_does_not_infuse_stops_what_it_does_not_name() -> None:
    made = course(told("10:00", Source()), told("10:10", infuses=False))
    assert lines(made) == ["1.1.2 5.25 mL/h 10:00?-10:00? stopped not-delivering"]


def test_a_count_that_fell_shows_that_it_was_stopped_in_between() -> None:
    seen = [told(at, Source(segment=count)) for at, count in (("10:00", "9.80"), ("10:15", "10.21"), ("10:30", "0.12"))]
    first, second = infusions(course(*seen, as_of="10:40"))
    assert (first.status, first.reason, first.end, first.last_confirmed.utc) == (
        "unknown", "counted-anew", None, clock("10:15"),
    )  # fmt: skip
    assert (second.status, second.start.utc, second.start_certainty) == ("in-progress", clock("10:30"), "inferred")


def test_a_source_that_is_not_seen_while_another_delivers_is_unknown() -> None:
    made = course(told("10:00", Source()), told("10:10", Source("200", "secondary")), told("10:20", Source()))
    assert lines(made)[0] == "1.1.2 5.25 mL/h 10:00?-open unknown source-gone"
    assert len(lines(made)) == 3  # what is seen again afterwards began again


def test_a_source_in_transition_says_neither() -> None:
    made = course(told("10:00", Source()), told("10:10", Source(status="transitioning")), as_of="10:20")
    assert lines(made) == ["1.1.2 5.25 mL/h 10:00?-open in-progress"]
    assert infusions(made)[0].last_confirmed.utc == clock("10:00")


def test_a_line_in_transition_says_nothing_of_its_sources() -> None:
    made = course(told("10:00", Source()), told("10:10", STOPPED, infuses="transitioning"), as_of="10:20")
    assert lines(made) == ["1.1.2 5.25 mL/h 10:00?-open in-progress"]
    assert infusions(course(told("10:00", Source(), infuses="transitioning"))) == []


def test_a_source_that_contradicts_its_line_says_neither() -> None:
    made = course(told("10:00", Source()), told("10:10", Source(), infuses=False), as_of="10:20")
    assert infusions(made)[0].last_confirmed.utc == clock("10:00")


@pytest.mark.parametrize("number", range(3))
def test_a_snapshot_never_contradicts_an_event_of_the_same_moment(number: int) -> None:
    seen = (Source("7.00"), Source(status="not-delivering"), Source(drug="Propofol"))[number]
    made = course(start("10:15"), told("10:15", seen), as_of="10:20")
    assert lines(made) == ["1.1.2 5.25 mL/h 10:15-open in-progress"]
    stopped = course(start("10:00"), told("10:15", STOPPED, event="STOP"), told("10:15", Source()), as_of="10:20")
    assert lines(stopped) == ["1.1.2 5.25 mL/h 10:00-10:15 stopped stopped"]


def test_a_pump_that_keeps_the_vein_open_delivers() -> None:
    kvo = Source("1.00", status="kvo")
    assert lines(course(told("10:00", kvo, infuses=True), as_of="10:01")) == ["1.1.2 1.00 mL/h 10:00?-open in-progress"]


def test_events_and_snapshots_together_make_one_infusion() -> None:
    made = course(
        start("10:15"), *(told(f"10:{minute}", Source()) for minute in range(20, 60, 5)),
        told("11:00", STOPPED, event="STOP"),
    )  # fmt: skip
    assert lines(made) == ["1.1.2 5.25 mL/h 10:15-11:00 stopped stopped"]


def test_two_lines_run_each_for_itself() -> None:
    made = course(
        told("10:00", Source()), told("10:01", Source("2.00"), vmd=2), told("10:02", infuses=False), as_of="10:05"
    )  # fmt: skip
    assert lines(made) == [
        "1.1.2 5.25 mL/h 10:00?-10:00? stopped not-delivering", "1.2.2 2.00 mL/h 10:01?-open in-progress",
    ]  # fmt: skip


def test_a_pump_without_power_ends_what_ran_with_its_reason() -> None:
    off = Source(status="not-delivering", why="powered-off")
    (one,) = infusions(course(told("10:00", Source()), told("10:10", off)))
    assert (one.status, one.reason, one.end_certainty) == ("stopped", "powered-off", "inferred")


def test_the_kept_message_of_a_pump_that_is_switched_off_ends_what_ran() -> None:
    """Its terms are a vendor's own: the event names power, and a row that the bridge has no field for says OFF."""
    (off,) = fixture("power-off")
    on = told("22:15", Source())
    (one,) = infusions(course(on, off))
    assert (one.status, one.reason) == ("stopped", "powered-off")
    assert one.stated_reason is not None
    assert one.stated_reason.export == off.sha256


# --- 4. old news ----------------------------------------------------------------------------------------------------


def test_what_was_not_confirmed_for_longer_than_the_site_allows_is_unknown() -> None:
    message = told("10:00", Source())
    assert folded([message], "10:59").course.next_change == clock("11:00")
    (one,) = infusions(course(message, as_of="11:00"))
    assert (one.status, one.reason, one.end, one.last_confirmed.utc) == ("unknown", "too-old", None, clock("10:00"))
    longer = Settings(ZONE, timedelta(days=200), timedelta(hours=3))
    assert infusions(folded([message], "12:59", settings=longer).course)[0].status == "in-progress"


def test_seeing_it_again_does_not_bridge_a_time_of_which_nothing_is_known() -> None:
    made = course(told("10:00", Source()), told("12:00", Source()), as_of="12:10")
    assert lines(made) == [
        "1.1.2 5.25 mL/h 10:00?-open unknown too-old", "1.1.2 5.25 mL/h 12:00?-open in-progress",
    ]  # fmt: skip


def test_the_pumps_own_stop_bridges_it() -> None:
    made = course(start("10:15"), told("10:20", Source()), told("18:00", STOPPED, event="STOP"))
    assert lines(made) == ["1.1.2 5.25 mL/h 10:15-18:00 stopped stopped"]
    (one,) = infusions(made)
    assert one.unheard_since is not None
    assert one.unheard_since.utc == clock("10:20")
    (soon,) = infusions(course(start("10:15"), told("11:15", STOPPED, event="STOP")))
    assert soon.unheard_since is None


def test_where_an_infusion_began_and_ended_is_cited() -> None:
    began, seen, stop = start("10:15"), told("10:20", Source()), told("10:40", STOPPED, event="STOP")
    (one,) = infusions(course(began, seen, stop))
    assert [(cited.export, cited.reading.text) for cited in (one.began, one.ended) if cited] == [
        (began.sha256, "20260302101500+0000"), (stop.sha256, "20260302104000+0000"),
    ]  # fmt: skip
    (gone,) = infusions(course(began, seen, told("10:40", infuses=False)))
    assert gone.ended is not None
    assert (gone.ended.export, gone.ended.reading.text) == (seen.sha256, "20260302102000+0000")
    assert seen.sha256 in gone.exports
    (runs,) = infusions(course(began, seen, as_of="10:30"))
    assert runs.ended is None


def test_a_confirmation_is_told_at_the_interval_and_exactly_once_it_is_old() -> None:
    messages = [told(f"10:{minute:02}", Source()) for minute in range(0, 20)]
    assert infusions(course(*messages, as_of="10:20"))[0].last_confirmed.utc == clock("10:15")
    assert infusions(course(*messages, as_of="12:00"))[0].last_confirmed.utc == clock("10:19")


def test_a_newer_message_that_cannot_be_read_makes_it_unknown() -> None:
    bad = News("f" * 64, clock("10:20").replace(tzinfo=None))
    made = folded([told("10:00", Source())], "10:30", news=(bad,)).course
    assert [one.reason for one in infusions(made)] == ["newer-export-unreadable"]
    assert only(made, NewsFact).kind == "unreadable"


def test_of_many_messages_that_cannot_be_read_one_is_told_of() -> None:
    bad = tuple(News(f"{number:064x}", clock("10:20").replace(tzinfo=None)) for number in range(20))
    assert len(every(folded([told("10:00", Source())], "10:30", news=bad).course, NewsFact)) == 1


# --- 5. volumes -----------------------------------------------------------------------------------------------------


def test_the_volume_of_an_infusion_is_the_one_stated_of_it_with_its_end() -> None:
    (one,) = infusions(course(start("10:15"), told("11:00", STOPPED, event="STOP")))
    assert one.volume is not None
    assert one.volume.reading.text == "3.94 mL"


def test_no_volume_is_calculated_from_two_totals() -> None:
    before = told("10:15", Source(total="10.00"), event="START")
    (one,) = infusions(course(before, told("11:00", Source(status="not-delivering", total="13.94"), event="STOP")))
    assert (one.volume, one.dose) == (None, None)


def test_a_second_report_of_an_end_adds_what_the_first_did_not_state() -> None:
    first = told("11:00", Source(status="not-delivering"), event="STOP")
    again = told("11:00", Source(status="not-delivering", segment="50.00"), event="COMP")
    (one,) = infusions(course(start("10:15"), first, again))
    assert one.volume is not None


# --- stays (hospital_pump 2) ----------------------------------------------------------------------------------------


def test_a_session_of_another_patient_ends_the_stay() -> None:
    other = told("10:30", Source(), patient=OTHER)
    made = course(told("10:00", Source()), as_of="10:31", elsewhere=Elsewhere((other,)))
    (one,) = infusions(made)
    assert (one.status, one.reason, one.end) == ("unknown", "another-patient", None)
    stay = only(made, HospitalPumpFact)
    assert (stay.until.utc, stay.ended) == (clock("10:30"), other.sha256)
    assert made.next_change is None


def test_a_pump_that_comes_back_begins_another_stay() -> None:
    away = Elsewhere((told("10:30", Source(), patient=OTHER),))
    made = course(told("10:00", Source()), told("10:45", Source()), as_of="10:50", elsewhere=away)
    assert lines(made) == [
        "1.1.2 5.25 mL/h 10:00?-open unknown another-patient", "1.1.2 5.25 mL/h 10:45?-open in-progress",
    ]  # fmt: skip
    stays = every(made, HospitalPumpFact)
    assert [stay.until is None for stay in stays] == [False, True]
    assert len({stay.discriminator for stay in stays}) == 2
    assert len([one for one in every(made, InfusionReading) if one.code == "rate"]) == 2  # all is said anew


def test_a_newer_message_that_names_nobody_makes_it_unknown_until_one_names_the_patient() -> None:
    nobody = told("10:30", Source(), patient=NOBODY)
    made = course(told("10:00", Source()), as_of="10:31", elsewhere=Elsewhere(unnamed=nobody))
    assert [one.reason for one in infusions(made)] == ["newer-message-unnamed"]
    named = [told("10:00", Source()), told("10:45", Source())]
    assert lines(course(*named, as_of="10:50")) == ["1.1.2 5.25 mL/h 10:00?-open in-progress"]


def test_an_event_that_the_patient_was_changed_makes_what_ran_unknown() -> None:
    made = course(told("10:00", Source()), told("10:10", event="PATIENT"), told("10:20", Source()), as_of="10:30")
    assert lines(made) == [
        "1.1.2 5.25 mL/h 10:00?-open unknown patient-changed", "1.1.2 5.25 mL/h 10:20?-open in-progress",
    ]  # fmt: skip
    assert only(made, InfusionEvent).told.term.text == "MDC_EVT_PATIENT_CHANGE"


def test_the_pump_is_known_by_what_it_states_of_itself() -> None:
    stay = only(course(told("10:00", Source())), HospitalPumpFact)
    assert (stay.serial.reading.text, stay.kind.reading.text) == ("LV70001", "MDC_DEV_PUMP_INFUS_LVP_VMD")
    assert stay.system_id.reading.text == "0011220000AB0001"


def test_when_the_pump_was_heard_last_is_told_exactly() -> None:
    made = course(told("10:00", Source()), told("10:07", Source()))
    assert only(made, HospitalPumpFact).heard.utc == clock("10:07")
    assert only(made, HospitalPumpFact).source.read.utc == clock("10:00")


def test_a_message_from_the_future_is_not_folded_and_comes_true() -> None:
    early, late = told("10:00", Source()), told("12:00", STOPPED, event="STOP")
    made = course(early, late, as_of="10:30")
    assert [one.reason for one in infusions(made)] == ["newer-export-in-future"]
    assert made.next_change == clock("11:00")
    assert course(early, late, as_of="11:30").next_change == clock("11:50")


def test_of_messages_that_all_lie_in_the_future_only_the_pump_is_known() -> None:
    made = course(told("12:00", Source()), told("13:00", Source()), as_of="10:30")
    assert [type(fact).__name__ for fact in made.pages[-1].facts] == ["PatientFact", "AnnouncedPump", "NewsFact"]
    assert (len(made.pages), made.next_change) == (1, clock("11:50"))
    assert course(told("12:00", Source()), as_of="11:50").next_change == clock("13:00")


def test_two_messages_of_one_report_that_disagree_withhold_the_status() -> None:
    """A report is named by line and time: with two statuses, nothing is seen to deliver."""
    made = course(told("10:00", Source(), number="1"), told("10:00", Source(status="not-delivering"), number="2"))
    assert infusions(made) == []
