"""Alarms and other events of hospital pumps: the rules by their numbers in bridge/course/infusion_alarms.py."""

from __future__ import annotations

import dataclasses

from bridge.course.hospital_pump import Elsewhere
from bridge.course.infusion_facts import InfusionAlarm, InfusionEvent
from bridge.course.sessions import Report
from tests.adapters.hl7_messages import PATIENT, Rows, message, msh, obr, pump
from tests.chart.infusions import said
from tests.course.bedside_messages import (
    EVENTS,
    OTHER,
    Source,
    alarm,
    clock,
    course,
    fixture,
    reports,
    stamp,
    told,
)
from tests.course.building import every, only


def test_an_alarm_is_in_force_from_its_start_to_its_end() -> None:
    begun = course(alarm("start", "10:00"), as_of="10:05")
    one = only(begun, InfusionAlarm, open_page=True)
    assert (one.status, one.since.utc, one.until) == ("in-force", clock("10:00"), None)
    over = only(
        course(alarm("start", "10:00"), alarm("end", "10:02", state="inactive")), InfusionAlarm, open_page=False
    )
    assert (over.status, over.since.utc, over.until.utc) == ("ended", clock("10:00"), clock("10:02"))
    assert over.discriminator == one.discriminator


def test_the_kept_alarm_starts_and_ends() -> None:
    one = only(course(*fixture("alarm-start", "alarm-end")), InfusionAlarm)
    assert (one.status, one.told.text.value, one.told.priority.value) == ("ended", "Occlusion downstream", "PH")


def test_an_update_tells_what_the_alarm_is_by_now() -> None:
    update = alarm("update", "10:01", state="latched", words="")
    one = only(course(alarm("start", "10:00"), update, as_of="10:05"), InfusionAlarm)
    assert (one.told.state.value, one.told.text.value, one.since.utc) == ("latched", "Occlusion", clock("10:00"))
    assert (one.last_told.utc, one.export) == (clock("10:01"), update.sha256)


def test_two_alarms_of_one_kind_are_told_apart_by_their_numbers() -> None:
    made = course(
        alarm("start", "10:00", "A1"), alarm("start", "10:01", "A2"), alarm("end", "10:02", "A1"), as_of="10:05"
    )
    assert sorted(one.status for one in every(made, InfusionAlarm)) == ["ended", "in-force"]


def test_an_end_without_a_number_ends_the_only_alarm_of_its_kind() -> None:
    made = course(alarm("start", "10:00", ""), alarm("end", "10:02", ""))
    assert [one.status for one in every(made, InfusionAlarm)] == ["ended"]


def test_an_end_of_which_no_start_is_known_is_kept_without_one() -> None:
    one = only(course(alarm("end", "10:02")), InfusionAlarm)
    assert (one.status, one.since, one.until.utc) == ("ended", None, clock("10:02"))


def test_a_start_that_comes_late_gives_the_alarm_its_beginning() -> None:
    assert only(course(alarm("end", "10:02"), alarm("start", "10:00")), InfusionAlarm).since.utc == clock("10:00")


def test_a_number_that_is_used_again_names_another_alarm() -> None:
    made = course(alarm("start", "10:00"), alarm("end", "10:01"), alarm("start", "11:00"), as_of="11:01")
    assert len({one.discriminator for one in every(made, InfusionAlarm)}) == 2


def test_an_alarm_is_in_force_while_the_pump_is_heard_and_unknown_after() -> None:
    messages = (alarm("start", "10:00"), told("10:30", Source()))
    assert course(*messages, as_of="11:29").next_change == clock("11:30")
    assert only(course(*messages, as_of="11:29"), InfusionAlarm).status == "in-force"
    old = only(course(*messages, as_of="11:30"), InfusionAlarm)
    assert (old.status, old.reason, old.until) == ("unknown", "too-old", None)


def test_an_alarm_of_a_pump_that_went_to_another_patient_is_unknown() -> None:
    away = Elsewhere((told("10:30", Source(), patient=OTHER),))
    one = only(course(alarm("start", "10:00"), as_of="10:31", elsewhere=away), InfusionAlarm)
    assert (one.status, one.reason) == ("unknown", "another-patient")
    back = course(alarm("start", "10:00"), told("10:45", Source()), as_of="10:50", elsewhere=away)
    assert only(back, InfusionAlarm, open_page=False).reason == "another-patient"


def test_an_alarm_neither_starts_nor_stops_an_infusion() -> None:
    alone = course(told("10:00", Source()), as_of="10:20")
    with_alarm = course(told("10:00", Source()), alarm("start", "10:10"), as_of="10:20")
    names = ("infusion", "InfusionAlarm")
    assert [type(fact).__name__ for fact in with_alarm.pages[-1].facts if type(fact).__name__ not in names] == [
        type(fact).__name__ for fact in alone.pages[-1].facts
    ]


def test_an_event_of_another_kind_is_kept_as_told() -> None:
    (off,) = fixture("power-off")
    event = only(course(off), InfusionEvent)
    assert (event.told.term.text, event.export) == ("MDCX_EVT_POWER_CHG", off.sha256)


def test_two_events_of_one_moment_have_two_names() -> None:
    (off,) = fixture("power-off")
    (channel,) = off.interrogation.channels
    assert channel.infusion is not None
    twice = dataclasses.replace(channel.infusion, events=channel.infusion.events * 2)
    told_twice = dataclasses.replace(
        off.interrogation, channels=(dataclasses.replace(channel, infusion=twice),)
    )  # fmt: skip
    made = course(dataclasses.replace(off, interrogation=told_twice))
    assert len({event.discriminator for event in every(made, InfusionEvent)}) == 2


def several(at: str, *names: str, number: str) -> Report:
    """One message that tells of several events."""
    segments = [msh("R42", f"M-{number}"), PATIENT]
    for count, name in enumerate(names):
        rows = pump(Rows()) if not count else Rows()
        rows.add("CWE", "68487^MDC_ATTR_EVT_COND", "1.1.0.3", f"{EVENTS[name]}^MDC", at=stamp(at))
        segments += [obr(stamp(at), f"R-{number}-{count}", "0^MDC_EVT_PUMP_DELIV^MDC"), *rows.rows]
    return reports(message(*segments))[-1]


def test_one_event_that_two_messages_of_one_second_tell_of_has_two_names() -> None:
    """They are two sessions: a session of a message is named by its events."""
    made = course(several("10:00", "PATIENT", number="1"), several("10:00", "PATIENT", "STOP", number="2"))
    names = [event.discriminator for event in every(made, InfusionEvent)]
    assert len(set(names)) == len(names) == 3


def test_an_event_and_an_alarm_of_one_term_have_two_names() -> None:
    (off,) = fixture("power-off")
    (channel,) = off.interrogation.channels
    assert channel.infusion is not None
    (event,) = channel.infusion.events
    raised = dataclasses.replace(event, kind=said("alarm"), number=None, parent=None, phase=said("start"))
    both = dataclasses.replace(channel.infusion, events=(raised, event))
    told_both = dataclasses.replace(off.interrogation, channels=(dataclasses.replace(channel, infusion=both),))
    made = course(dataclasses.replace(off, interrogation=told_both))
    names = [one.discriminator for kind in (InfusionEvent, InfusionAlarm) for one in every(made, kind)]
    assert len(set(names)) == len(names) == 2


def test_an_alarm_that_is_over_in_the_second_in_which_it_began_is_one_alarm() -> None:
    made = course(alarm("end", "10:00", state="inactive"), alarm("start", "10:00"))
    (one,) = every(made, InfusionAlarm)
    assert one.status == "ended"
    assert one.since is not None


def test_two_alarms_of_one_number_in_one_second_have_two_names() -> None:
    found = every(course(alarm("tpoint", "10:00"), alarm("end", "10:00", state="inactive")), InfusionAlarm)
    assert len({one.discriminator for one in found}) == len(found) == 2
