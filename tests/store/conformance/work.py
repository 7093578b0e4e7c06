"""What is due, and who has it: what every store must do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.errors import Bug
from bridge.store.protocol import COMMONS, Store
from tests.store.conformance.steps import HERE, ME, YOU, claim, done, put, with_commons_done
from tests.store.samples import (
    BEN,
    MRN,
    NOW,
    OTHER_PUMP,
    PUMP,
    entry,
    filed,
    later,
    plan,
)


class WorkConformance:
    """What is due, and who has it."""

    def test_commons_goes_before_everything(self, store: Store) -> None:
        put(store, "a", filed(1))
        assert store.register(HERE, "m1", NOW) == 2
        assert claim(store) == [COMMONS]
        assert claim(store, YOU) == []
        done(store, COMMONS)
        assert claim(store, YOU) == [1]

    def test_a_new_programmer_is_sent_before_its_course(self, store: Store) -> None:
        with_commons_done(store)
        put(store, "a", filed(1, programmer="programmer||M|P|1|3.2"))
        assert claim(store) == [COMMONS]
        assert claim(store, YOU) == []

    def test_deferred_commons_lets_courses_be_planned(self, store: Store) -> None:
        put(store, "a", filed(1))
        store.register(HERE, "m1", NOW)
        assert claim(store) == [COMMONS]
        store.defer(HERE, COMMONS, later(10))
        store.release(HERE, COMMONS, ME)
        assert claim(store) == []
        assert claim(store, minutes=11) == [COMMONS]
        store.park(HERE, COMMONS, "refused", "422")
        store.release(HERE, COMMONS, ME)
        assert claim(store, minutes=11) == [1]

    def test_a_lane_is_leased_to_one_owner(self, store: Store) -> None:
        with_commons_done(store)
        put(store, "a", filed(1))
        put(store, "b", filed(1, patient=BEN))
        put(store, "c", filed(1, pump=OTHER_PUMP))
        assert claim(store) == [1, 2]
        assert claim(store, YOU) == [3]
        assert claim(store, YOU) == []
        store.release(HERE, 1, ME)
        assert claim(store, YOU) == []
        store.release(HERE, 2, YOU)
        assert claim(store, YOU) == []
        store.release(HERE, 2, ME)
        assert claim(store, YOU) == [1, 2]

    def test_a_lease_expires(self, store: Store) -> None:
        with_commons_done(store)
        put(store, "a", filed(1))
        assert claim(store) == [1]
        assert claim(store, YOU, minutes=9) == []
        assert store.renew(HERE, ME, later(9), 600) == 1
        assert claim(store, YOU, minutes=11) == []
        assert claim(store, YOU, minutes=20) == [1]
        assert store.renew(HERE, ME, later(20), 600) == 0
        store.release(HERE, 1, ME)
        assert claim(store, ME, minutes=20) == []

    def test_one_course_can_be_claimed_by_name(self, store: Store) -> None:
        with_commons_done(store)
        put(store, "a", filed(1))
        put(store, "b", filed(1, patient=BEN))
        assert store.claim_course(HERE, 1, ME, NOW, 600)
        assert store.claim_course(HERE, 2, ME, NOW, 600)
        assert not store.claim_course(HERE, 2, YOU, NOW, 600)
        assert claim(store, YOU) == []
        assert store.claim_course(HERE, 2, YOU, later(11), 600)

    def test_the_loser_comes_before_the_winner(self, store: Store) -> None:
        with_commons_done(store)
        put(store, "b", filed(1, patient=BEN))
        wrong = put(store, "a", filed(1), received=later(1))
        put(store, "a2", filed(2), received=later(2))
        for course in claim(store):
            done(store, course)
        store.assign(wrong, BEN, MRN, "Dr A", "wrong head", later(3))
        assert claim(store) == [2, 1]

    def test_finished_is_not_due_and_remembers_how_far(self, store: Store) -> None:
        with_commons_done(store)
        put(store, "a", filed(1))
        assert store.state(HERE, 1).applied == 0
        assert claim(store) == [1]
        done(store, 1, next_change=later(60))
        state = store.state(HERE, 1)
        assert (state.applied, state.mapping, state.patient) == (store.course(1).change, "m1", "Patient/1")
        assert state.next_change == later(60)
        assert claim(store) == []
        assert store.due(HERE) == 0

    def test_what_changed_meanwhile_is_due_again(self, store: Store) -> None:
        with_commons_done(store)
        put(store, "a", filed(1))
        assert claim(store) == [1]
        seen = store.course(1).change
        put(store, "b", filed(2))
        done(store, 1, seen)
        assert [c.cause for c in store.changes(1, store.state(HERE, 1).applied)] == ["new"]
        assert claim(store) == [1]

    def test_time_makes_a_course_due_once(self, store: Store) -> None:
        with_commons_done(store)
        put(store, "a", filed(1))
        claim(store)
        done(store, 1, next_change=later(60))
        assert store.next_wake(HERE) == later(60)
        assert store.wake(HERE, later(59)) == 0
        assert store.wake(HERE, later(60)) == 1
        assert store.wake(HERE, later(60)) == 0
        assert store.next_wake(HERE) is None
        assert claim(store, minutes=60) == [1]

    def test_another_mapping_makes_everything_due(self, store: Store) -> None:
        put(store, "a", filed(1))
        with_commons_done(store)
        claim(store)
        done(store, 1)
        assert store.register(HERE, "m1", NOW) == 0
        assert store.register(HERE, "m2", NOW) == 2

    def test_what_a_process_of_another_mapping_finishes_is_due_again(self, store: Store) -> None:
        put(store, "a", filed(1))
        with_commons_done(store)
        claim(store)
        done(store, 1)
        assert store.register(HERE, "m2", NOW) == 2
        for course in (COMMONS, 1):  # by a process that began before
            assert claim(store) == [course]
            done(store, course)
        assert store.register(HERE, "m2", NOW) == 2
        for course in (COMMONS, 1):
            assert claim(store) == [course]
            done(store, course, mapping="m2")
        assert store.register(HERE, "m2", NOW) == 0

    def test_a_plan_of_another_mapping_is_planned_again(self, store: Store) -> None:
        put(store, "a", filed(1))
        with_commons_done(store)
        claim(store)
        done(store, 1)
        store.register(HERE, "m2", NOW)
        waiting = plan(1, entry("k"), covers=store.course(1).change, mapping="m2", waits="mapping")
        store.save_plan(waiting, sending=False)
        store.register(HERE, "m1", NOW)
        assert claim(store) == [COMMONS]
        done(store, COMMONS)
        assert claim(store) == [1]

    def test_a_deferred_course_rests_until_its_time_or_a_change(self, store: Store) -> None:
        with_commons_done(store)
        put(store, "a", filed(1))
        claim(store)
        store.defer(HERE, 1, later(5))
        store.release(HERE, 1, ME)
        assert claim(store, minutes=4) == []
        assert claim(store, minutes=5) == [1]
        store.defer(HERE, 1, None)
        store.release(HERE, 1, ME)
        assert store.due(HERE) == 0
        assert claim(store, minutes=50_000) == []
        put(store, "b", filed(2))
        assert claim(store) == [1]

    def test_who_is_in_a_hurry_ends_the_rests_of_courses(self, store: Store) -> None:
        with_commons_done(store)
        for text, pump in (("a", PUMP), ("b", OTHER_PUMP)):
            put(store, text, filed(1, pump=pump))
        for course, minutes in ((1, 0.4), (2, 10)):
            assert claim(store) == [course]
            store.defer(HERE, course, later(minutes))
            store.release(HERE, course, ME)
        assert store.resting(HERE, NOW) == [(1, later(0.4)), (2, later(10))]
        assert store.hurry(HERE) == 2
        assert store.resting(HERE, NOW) == []
        assert (claim(store), claim(store, YOU)) == ([1], [2])
        assert store.hurry(HERE) == 0

    def test_who_is_in_a_hurry_leaves_what_is_parked_or_planned(self, store: Store) -> None:
        with_commons_done(store)
        for text, pump in (("a", PUMP), ("b", OTHER_PUMP)):
            put(store, text, filed(1, pump=pump))
        assert (claim(store), claim(store)) == ([1], [2])
        store.park(HERE, 1, "patient-not-found", "no Patient")
        store.defer(HERE, 1, later(10))
        covers = store.course(2).change
        store.save_plan(plan(2, entry("k"), covers=covers, next_change=later(10)), sending=False)
        store.defer(HERE, 2, later(10))
        assert store.hurry(HERE) == 0

    def test_a_destination_that_asked_for_it_is_left_alone(self, store: Store) -> None:
        with_commons_done(store)
        put(store, "a", filed(1))
        assert store.rests_until(HERE) is None
        store.let_rest(HERE, later(10))
        store.let_rest(HERE, later(5))
        assert store.rests_until(HERE) == later(10)
        store.hurry(HERE)
        assert claim(store, minutes=9) == []
        assert claim(store, minutes=9, waits=("",)) == []
        assert claim(store, minutes=10) == [1]

    def test_what_a_destination_takes_is_kept(self, store: Store) -> None:
        assert store.taken("nowhere") == ""
        with_commons_done(store)
        assert store.taken(HERE) == ""
        store.keep_taken(HERE, '{"created":["Observation"]}')
        assert store.taken(HERE) == '{"created":["Observation"]}'

    def test_failures_are_counted_until_it_is_applied(self, store: Store) -> None:
        with_commons_done(store)
        put(store, "a", filed(1))
        assert claim(store) == [1]
        assert [store.failed(HERE, 1) for _ in range(3)] == [1, 2, 3]
        done(store, 1)
        assert store.failed(HERE, 1) == 1

    def test_what_is_parked_or_planned_does_not_rest(self, store: Store) -> None:
        with_commons_done(store)
        for text, pump in (("a", PUMP), ("b", OTHER_PUMP)):
            put(store, text, filed(1, pump=pump))
        assert (claim(store), claim(store)) == ([1], [2])
        store.park(HERE, 1, "patient-not-found", "no Patient")
        store.defer(HERE, 1, later(10))
        covers = store.course(2).change
        store.save_plan(plan(2, entry("k"), covers=covers, next_change=later(10)), sending=False)
        store.defer(HERE, 2, later(10))
        assert store.resting(HERE, NOW) == []

    def test_roused_is_everything_but_what_rests(self, store: Store) -> None:
        with_commons_done(store)
        for text, pump in (("a", PUMP), ("b", OTHER_PUMP)):
            put(store, text, filed(1, pump=pump))
        assert (claim(store), claim(store)) == ([1], [2])
        store.defer(HERE, 1, later(10))
        store.release(HERE, 1, ME)
        store.park(HERE, 2, "refused", "422")
        store.release(HERE, 2, ME)
        store.rouse(HERE, NOW)
        assert claim(store) == [COMMONS]
        done(store, COMMONS)
        assert (claim(store), claim(store)) == ([2], [])

    def test_what_came_during_a_lease_is_not_deferred(self, store: Store) -> None:
        with_commons_done(store)
        put(store, "a", filed(1))
        claim(store)
        put(store, "b", filed(2))
        store.park(HERE, 1, "refused", "422")
        store.defer(HERE, 1, None)
        store.release(HERE, 1, ME)
        assert claim(store) == [1]

    def test_a_parked_course_waits_for_a_person_or_a_change(self, store: Store) -> None:
        with_commons_done(store)
        put(store, "a", filed(1))
        claim(store)
        store.park(HERE, 1, "patient-not-found", "no Patient", now=later(1))
        store.release(HERE, 1, ME)
        assert store.state(HERE, 1).parked == "patient-not-found"
        assert [(p.destination, p.course, p.code, p.detail, p.since) for p in store.parked()] == [
            (HERE, 1, "patient-not-found", "no Patient", later(1))
        ]
        assert claim(store) == []
        store.unpark(HERE, 1)
        assert store.parked(HERE) == []
        assert claim(store) == [1]
        store.park(HERE, 1, "patient-not-found", "no Patient")
        done(store, 1)
        assert store.parked() == []

    def test_plans_that_wait_are_given_out_to_who_may_apply_them(self, store: Store) -> None:
        with_commons_done(store)
        for text, pump in (("a", PUMP), ("b", OTHER_PUMP)):
            put(store, text, filed(1, pump=pump))
        for course, waits in ((1, "held"), (2, "mapping")):
            assert claim(store) == [course]
            change = store.course(course).change
            store.save_plan(plan(course, entry("k"), id=f"p{course}", covers=change, waits=waits), sending=False)
            store.release(HERE, course, ME)
        assert store.backlog(HERE).waiting == 2
        assert claim(store) == []
        assert claim(store, waits=("", "held")) == [1]
        assert claim(store, waits=("", "held")) == []
        assert claim(store, waits=("mapping",)) == [2]

    def test_a_plan_that_was_only_planned_is_given_out_to_who_applies(self, store: Store) -> None:
        with_commons_done(store)
        put(store, "a", filed(1))
        claim(store)
        store.save_plan(plan(1, entry("k"), covers=store.course(1).change), sending=False)
        store.defer(HERE, 1, None)
        store.release(HERE, 1, ME)
        assert claim(store) == []
        assert claim(store, waits=("",)) == [1]
        store.park(HERE, 1, "refused", "422")
        store.release(HERE, 1, ME)
        assert claim(store, waits=("",)) == []

    def test_waiting_commons_goes_first_too(self, store: Store) -> None:
        put(store, "a", filed(1))
        store.register(HERE, "m1", NOW)
        for course in (COMMONS, 1):
            assert claim(store) == [course]
            change = store.course(course).change
            store.save_plan(plan(course, entry("k"), id=f"p{course}", covers=change, waits="held"), sending=False)
            store.release(HERE, course, ME)
        assert claim(store, waits=("held",)) == [COMMONS]

    def test_a_time_that_comes_while_a_plan_waits(self, store: Store) -> None:
        with_commons_done(store)
        put(store, "a", filed(1))
        claim(store)
        waiting = plan(1, entry("k"), covers=store.course(1).change, waits="held", next_change=later(30))
        store.save_plan(waiting, sending=False)
        store.release(HERE, 1, ME)
        assert claim(store, minutes=30) == []
        assert store.wake(HERE, later(30)) == 1
        assert claim(store, minutes=30) == [1]

    def test_backlog_names_the_oldest_export_that_is_not_applied(self, store: Store) -> None:
        with_commons_done(store)
        assert store.backlog(HERE).oldest_unapplied is None
        put(store, "a", filed(1), received=later(1))
        put(store, "b", filed(2), received=later(2))
        assert store.backlog(HERE).oldest_unapplied == later(1)
        assert store.backlog(HERE).due == 1
        claim(store)
        done(store, 1, store.changes(1, 0)[0].number)
        assert store.backlog(HERE).oldest_unapplied == later(2)
        claim(store)
        done(store, 1)
        assert store.backlog(HERE).oldest_unapplied is None
        assert store.backlog("nowhere").due == 0

    def test_plans_without_source_are_counted(self, store: Store) -> None:
        store.register(HERE, "m1", NOW)
        put(store, "a", filed(1))
        put(store, "b", filed(1, pump=OTHER_PUMP))
        store.save_plan(plan(1, entry("k"), causes=("time",)), sending=False)
        store.save_plan(plan(2, entry("k"), id="plan-2", causes=("time", "new")), sending=False)
        assert store.recent_unsourced(HERE, later(-60)) == 1
        assert store.recent_unsourced(HERE, later(1)) == 0

    def test_an_unregistered_destination_is_our_bug(self, store: Store) -> None:
        with pytest.raises(Bug):
            store.claim("nowhere", ME, NOW, 600)

    def test_finishing_gives_the_lease_back(self, store: Store) -> None:
        with_commons_done(store)
        put(store, "a", filed(1))
        claim(store)
        store.finish(plan(1, covers=store.course(1).change), NOW, YOU)
        assert not store.claim_course(HERE, 1, YOU, NOW, 600)
        store.finish(plan(1, covers=store.course(1).change), NOW, ME)
        assert store.claim_course(HERE, 1, YOU, NOW, 600)

    def test_several_lanes_are_leased_at_once(self, store: Store) -> None:
        with_commons_done(store)
        for number in range(9):
            put(store, f"{number}", filed(1, pump=replace(PUMP, serial=f"S{number}")))
        assert store.claim_several(HERE, ME, NOW, 600, (), 2) == [[1], [2]]
        assert store.claim_several(HERE, YOU, NOW, 600, (), 8) == [[3], [4]]  # a fourth of the nine that are due
        assert claim(store, YOU) == [5]
        assert store.claim_several(HERE, ME, NOW, 600, (), 1) == [[6]]

    def test_a_lane_of_several_courses_is_given_out_alone(self, store: Store) -> None:
        with_commons_done(store)
        put(store, "first", filed(1, pump=OTHER_PUMP))
        put(store, "a", filed(1))
        put(store, "b", filed(1, patient=BEN))
        for number in range(9):
            put(store, f"{number}", filed(1, pump=replace(PUMP, serial=f"S{number}")))
        assert store.claim_several(HERE, ME, NOW, 600, (), 8) == [[1]]
        assert store.claim_several(HERE, ME, NOW, 600, (), 8) == [[2, 3]]
        assert store.claim_several(HERE, ME, NOW, 600, (), 8) == [[4], [5], [6]]

    def test_commons_is_given_out_alone(self, store: Store) -> None:
        for number in range(9):
            put(store, f"{number}", filed(1, pump=replace(PUMP, serial=f"S{number}")))
        store.register(HERE, "m1", NOW)
        assert store.claim_several(HERE, ME, NOW, 600, (), 8) == [[COMMONS]]
        assert store.claim_several(HERE, YOU, NOW, 600, (), 8) == []
