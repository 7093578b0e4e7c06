"""Courses of hospital pumps: a pump goes from patient to patient, and only whom a message concerns changes."""

from __future__ import annotations

import dataclasses

from bridge.hospital import Infusion
from bridge.identity import PumpIdentity
from bridge.interrogation import Channel
from bridge.store.protocol import OPEN_PAGE, Filed, Store
from tests.store.conformance.steps import HERE, ME, claim, done, put, with_commons_done
from tests.store.samples import ADA, BEN, MRN, NOW, OTHER_PUMP, PUMP, filed, later, plan, refusal

CARL = "0060001"


def at(day: int, patient: str = ADA, pump: PumpIdentity = PUMP) -> Filed:
    """A session of a hospital pump on one day; patient '': it names nobody."""
    made = filed(day, patient=patient, system=MRN if patient else "", pump=pump, stated=bool(patient))
    told = dataclasses.replace(made.interrogation, channels=(Channel(infusion=Infusion()),))
    return dataclasses.replace(made, interrogation=told)


def changed(store: Store, seen: dict[int, int]) -> dict[int, str]:
    """The courses that changed since, each with the first position."""
    found = {number: [c.position for c in store.changes(number, change)] for number, change in seen.items()}
    return {number: min(positions) for number, positions in found.items() if positions}


def seen(store: Store) -> dict[int, int]:
    """How far each course is."""
    return {row.course: row.change for row in store.courses()}


class HospitalPumpsConformance:
    """Whom a message of a hospital pump concerns."""

    def test_a_course_knows_that_it_is_a_hospital_pumps(self, store: Store) -> None:
        put(store, "a", at(1))
        put(store, "b", filed(1, pump=OTHER_PUMP))
        assert [row.hospital for row in store.courses()] == [True, False]

    def test_a_report_of_an_implanted_pump_makes_it_one_of_those_folded_anew(self, store: Store) -> None:
        put(store, "a", at(1))
        before = seen(store)
        put(store, "b", filed(2))
        assert store.course(1).hospital is False
        assert changed(store, before)[1] == ""
        put(store, "c", at(3))
        assert store.course(1).hospital is False

    def test_it_is_beside_no_other_pump_of_its_patient(self, store: Store) -> None:
        put(store, "implant", filed(1, pump=OTHER_PUMP))
        before = seen(store)
        put(store, "a", at(1))
        put(store, "b", at(2))
        assert changed(store, before) == {}
        assert (store.other_pumps(1), store.other_pumps(2)) == ([], [])
        before = seen(store)
        put(store, "implant again", filed(5, pump=OTHER_PUMP))
        assert list(changed(store, before)) == [1]

    def test_two_patients_of_one_hospital_pump_are_no_contradiction(self, store: Store) -> None:
        put(store, "a", at(1))
        put(store, "b", at(2, BEN))
        assert store.patients_of_pump(PUMP) == ([], None)

    def test_the_first_session_of_another_patient_changes_the_one_before_it_and_no_later_one_does(
        self, store: Store
    ) -> None:
        put(store, "a", at(1))
        before = seen(store)
        put(store, "b", at(2, BEN))
        assert changed(store, before) == {1: at(2, BEN).position}
        before = seen(store)
        put(store, "c", at(3, BEN))
        assert list(changed(store, before)) == [2]
        before = seen(store)
        put(store, "d", at(4, CARL))
        assert sorted(changed(store, before)) == [2]

    def test_the_course_that_loses_its_pump_is_given_out_first(self, store: Store) -> None:
        with_commons_done(store)
        put(store, "a", at(1))
        assert claim(store) == [1]
        done(store, 1)
        put(store, "b", at(2, BEN))
        assert claim(store, ME) == [1, 2]
        assert store.state(HERE, 1).applied < store.course(1).change

    def test_a_session_that_comes_late_between_two_of_another_patient_changes_that_one_from_there_on(
        self, store: Store
    ) -> None:
        put(store, "a", at(1))
        put(store, "c", at(3))
        before = seen(store)
        put(store, "b", at(2, BEN))
        assert changed(store, before) == {1: at(2, BEN).position}
        before = seen(store)
        put(store, "b2", filed_later(2))
        assert list(changed(store, before)) == [2]

    def test_what_a_pump_told_of_others_is_the_first_of_each_time_that_it_was_away(self, store: Store) -> None:
        for day, patient in ((1, ADA), (2, BEN), (3, BEN), (4, CARL), (5, ADA), (6, ADA), (7, CARL), (8, BEN), (9, "")):
            put(store, f"day {day}", at(day, patient))
        others, unnamed = store.elsewhere(1)
        assert [one.position for one in others] == [at(2).position, at(7).position]
        assert unnamed is not None
        assert unnamed.position == at(9).position
        assert [one.position for one in store.elsewhere(1, at(5).position)[0]] == [at(7).position]
        assert [one.position for one in store.elsewhere(1, at(1).position)[0]] == [at(2).position, at(7).position]
        assert [one.position for one in store.elsewhere(1, until=at(5).position)[0]] == [at(2).position]
        assert store.elsewhere(2, at(8).position) == ([], unnamed)

    def test_of_messages_that_name_nobody_the_first_changes_the_course_that_has_the_pump(self, store: Store) -> None:
        put(store, "old", at(1, BEN))
        put(store, "a", at(2))
        before = seen(store)
        put(store, "n", at(3, ""))
        assert changed(store, before) == {2: OPEN_PAGE}
        before = seen(store)
        for day in (4, 5, 6):
            put(store, f"n{day}", at(day, ""))
        assert list(changed(store, before)) == [3]
        put(store, "b", at(7))
        before = seen(store)
        put(store, "n8", at(8, ""))
        assert sorted(changed(store, before)) == [2, 3]

    def test_a_pump_at_nobody_makes_no_work(self, store: Store) -> None:
        with_commons_done(store)
        put(store, "n", at(1, ""))
        assert store.due(HERE) == 0
        assert store.course(1).live == 1

    def test_a_message_that_cannot_be_read_changes_the_course_that_has_the_pump(self, store: Store) -> None:
        put(store, "a", at(1))
        put(store, "b", at(2, BEN))
        before = seen(store)
        put(store, "bad", refusal())
        assert changed(store, before) == {2: OPEN_PAGE}

    def test_what_is_withdrawn_changes_every_course_of_the_pump(self, store: Store) -> None:
        put(store, "a", at(1))
        wrong = put(store, "b", at(2, BEN))
        put(store, "c", at(3))
        before = seen(store)
        store.withdraw(wrong, "Nurse A", "wrong wristband", NOW)
        assert sorted(changed(store, before)) == [1, 2]
        assert store.elsewhere(1)[0] == []
        before = seen(store)
        put(store, "d", at(4, CARL))
        assert changed(store, before) == {1: at(4).position}

    def test_what_is_assigned_is_the_other_patients_from_then_on(self, store: Store) -> None:
        put(store, "a", at(1))
        wrong = put(store, "b", at(2))
        store.assign(wrong, BEN, MRN, "Nurse A", "wrong wristband", NOW)
        assert [row.hospital for row in store.courses()] == [True, True]
        assert [one.position for one in store.elsewhere(1)[0]] == [at(2).position]
        before = seen(store)
        put(store, "c", at(3, CARL))
        assert sorted(changed(store, before)) == [2]

    def test_a_pump_that_is_linked_gives_its_patient_what_names_nobody(self, store: Store) -> None:
        put(store, "n", at(1, ""))
        store.link(PUMP, ADA, MRN, "Nurse A", "asked the ward", NOW)
        assert [(row.patient, row.live, row.hospital) for row in store.courses()] == [("", 0, True), (ADA, 1, True)]

    def test_the_cost_of_a_message_does_not_grow_with_those_before_it(self, store: Store) -> None:
        """Counted in changes and reads, not in time."""
        for day in range(60):
            put(store, f"ben {day}", at(day, BEN))
        for day in range(60, 120):
            put(store, f"ada {day}", at(day))
        before = seen(store)
        put(store, "next", at(121))
        assert list(changed(store, before)) == [2]
        assert len(store.held(2, at(119).position)) == 1
        assert store.elsewhere(2, at(119).position) == ([], None)

    def test_courses_parked_in_a_lane_are_found_by_their_code(self, store: Store) -> None:
        with_commons_done(store)
        for day, patient in ((1, ADA), (2, BEN), (3, CARL)):
            put(store, f"day {day}", at(day, patient))
        store.park(HERE, 2, "lane-blocked", "", now=NOW)
        store.park(HERE, 3, "contested", "", now=NOW)
        assert store.parked_in_lane(HERE, 1, "lane-blocked") == [2]
        assert store.parked_in_lane(HERE, 2, "lane-blocked") == []

    def test_what_it_says_right_after_it_was_charted_gathers(self, store: Store) -> None:
        with_commons_done(store)
        put(store, "a", at(1))
        assert claim(store) == [1]
        done_until(store, 1, minutes=1)
        put(store, "b", at(2))
        assert (claim(store), claim(store, minutes=0.9)) == ([], [])
        assert (store.due(HERE), store.resting(HERE, NOW)) == (1, [])
        put(store, "c", at(3))
        assert claim(store, minutes=1) == [1]
        put(store, "d", at(4))
        done_until(store, 1, minutes=3, covers=store.course(1).change - 1)
        assert claim(store, minutes=2.9) == []
        store.settled(HERE)
        assert claim(store, minutes=1) == [1]

    def test_what_loses_or_is_due_or_another_pumps_gathers_nothing(self, store: Store) -> None:
        with_commons_done(store)
        put(store, "a", at(1))
        assert claim(store) == [1]
        done_until(store, 1, minutes=1)
        put(store, "b", at(2))
        put(store, "c", at(3, BEN))
        assert claim(store) == [1, 2]
        done_until(store, 1, minutes=1)
        done(store, 2)
        put(store, "d", at(4, BEN))
        assert claim(store) == [2]
        put(store, "implant", filed(1, pump=OTHER_PUMP))
        course = claim(store)[0]
        done_until(store, course, minutes=1)
        put(store, "implant again", filed(2, pump=OTHER_PUMP))
        assert claim(store) == [course]

    def test_who_is_in_a_hurry_waits_for_no_message(self, store: Store) -> None:
        with_commons_done(store)
        put(store, "a", at(1))
        assert claim(store) == [1]
        done_until(store, 1, minutes=1)
        put(store, "b", at(2))
        assert store.hurry(HERE) == 1
        put(store, "c", at(3))
        assert claim(store) == [1]


def filed_later(day: int) -> Filed:
    """A second session of Ben's on that day, after the first."""
    made = at(day, BEN)
    return dataclasses.replace(made, session="second", position=f"{made.position} second")


def done_until(store: Store, course: int, minutes: float, covers: int | None = None) -> None:
    """Finish a course, whose pump's messages gather from now on."""
    number = store.course(course).change if covers is None else covers
    store.finish(plan(course, covers=number), NOW, ME, settles=later(minutes))
    store.release(HERE, course, ME)
