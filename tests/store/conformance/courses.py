"""What folding reads, and checkpoints: what every store must do."""

from __future__ import annotations

import pytest

from bridge.course.facts import OPEN
from bridge.errors import Bug
from bridge.identity import PumpIdentity
from bridge.plan import UNSOURCED as UNSOURCED_BY_PLAN
from bridge.store.protocol import OPEN_PAGE, Store
from bridge.store.rows import UNSOURCED
from tests.store.conformance.steps import put
from tests.store.samples import (
    ADA,
    BEN,
    MRN,
    NOW,
    OTHER_PUMP,
    PUMP,
    filed,
    new,
)


class CoursesConformance:
    """What folding reads, and checkpoints."""

    def test_the_open_page_has_one_position_everywhere(self) -> None:
        assert OPEN_PAGE == OPEN
        assert UNSOURCED == UNSOURCED_BY_PLAN

    def test_held_is_in_the_order_of_the_pump_whatever_the_order_of_arrival(self, store: Store) -> None:
        for day in (3, 1, 2):
            put(store, f"day {day}", filed(day))
        positions = [h.position for h in store.held(1)]
        assert positions == sorted(positions)
        assert [h.position for h in store.held(1, after=positions[0])] == positions[1:]

    def test_a_checkpoint_is_gone_when_something_before_it_changes(self, store: Store) -> None:
        for day in (1, 2, 3):
            put(store, f"day {day}", filed(day, number=day))
        at = [h.position for h in store.held(1)]
        change = store.course(1).change
        store.save_checkpoints(1, change, [(at[0], b"one"), (at[1], b"two"), (at[2], b"three")])
        assert store.checkpoint(1, OPEN_PAGE) == (at[2], b"three")
        assert store.checkpoint(1, at[2]) == (at[1], b"two")
        put(store, "day 3 again", filed(3, number=3, revision=2))
        assert store.checkpoint(1, OPEN_PAGE) == (at[1], b"two")
        put(store, "day 1 again", filed(1, number=1, revision=2))
        assert store.checkpoint(1, OPEN_PAGE) is None

    def test_a_checkpoint_of_an_older_state_is_not_kept(self, store: Store) -> None:
        put(store, "day 1", filed(1))
        change = store.course(1).change
        put(store, "day 2", filed(2))
        store.save_checkpoints(1, change, [(store.held(1)[0].position, b"old")])
        assert store.checkpoint(1, OPEN_PAGE) is None

    def test_checkpoints_are_thinned_out(self, store: Store) -> None:
        for day in range(100):
            put(store, f"day {day}", filed(day))
            row, newest = store.course(1), store.held(1)[-1].position
            store.save_checkpoints(1, row.change, [(newest, f"{day}".encode())])
        kept, before = [], OPEN_PAGE
        while (found := store.checkpoint(1, before)) is not None:
            kept.append(int(found[1]))
            before = found[0]
        assert kept == [99, 98, 96, 64, 32, 0]

    def test_points_of_a_whole_fold_are_thinned_by_sessions(self, store: Store) -> None:
        store.add([(new(f"day {day}"), [filed(day)]) for day in range(100)])
        held = store.held(1)
        points = [(held[n].position, f"{n}".encode()) for n in (31, 63, 95, 99)]
        store.save_checkpoints(1, store.course(1).change, points)
        kept, before = [], OPEN_PAGE
        while (found := store.checkpoint(1, before)) is not None:
            kept.append(int(found[1]))
            before = found[0]
        assert kept == [99, 95, 63, 31]

    def test_patients_of_a_pump(self, store: Store) -> None:
        put(store, "a", filed(1))
        put(store, "s", filed(1, patient=BEN, simulated=True))
        put(store, "n", filed(2, patient="", system="", stated=False))
        assert store.patients_of_pump(PUMP) == ([ADA], None)
        wrong = put(store, "b", filed(3, patient=BEN))
        assert store.patients_of_pump(PUMP) == ([ADA, BEN], None)
        store.link(PUMP, BEN, MRN, "Dr A", "seen", NOW)
        assert store.patients_of_pump(PUMP) == ([ADA, BEN], BEN)
        store.withdraw(wrong, "Dr A", "wrong", NOW)
        assert store.patients_of_pump(PUMP, simulated=True)[0] == [BEN]
        assert store.patients_of_pump(PUMP)[0] == [ADA, BEN]  # the unnamed export is Ben's by the link
        assert store.linked_patient(PUMP) == (BEN, MRN)
        assert store.linked_patient(OTHER_PUMP) is None

    def test_a_second_patient_changes_the_first_ones_course(self, store: Store) -> None:
        put(store, "a", filed(1))
        before = store.course(1).change
        wrong = put(store, "b", filed(2, patient=BEN))
        assert [(c.position, c.export) for c in store.changes(1, before)] == [(OPEN_PAGE, wrong)]
        before = store.course(1).change
        store.withdraw(wrong, "Dr A", "wrong", NOW)
        assert [c.cause for c in store.changes(1, before)] == ["decision"]

    def test_other_pumps_are_those_of_the_same_patient(self, store: Store) -> None:
        put(store, "a", filed(1))
        put(store, "another number system", filed(1, pump=OTHER_PUMP, system=f"{MRN}/other"))
        put(store, "another patient", filed(1, pump=OTHER_PUMP, patient=BEN))
        put(store, "a simulated pump", filed(1, pump=OTHER_PUMP, simulated=True))
        put(store, "nobody's", filed(1, pump=OTHER_PUMP, patient="", system="", stated=False))
        assert [store.other_pumps(row.course) for row in store.courses()] == [[], [], [], [], []]

    def test_what_happens_to_one_pump_changes_the_other_pumps_of_its_patient(self, store: Store) -> None:
        put(store, "old", filed(1))
        put(store, "a stranger's", filed(1, patient=BEN, pump=PumpIdentity("Invented Pumps", "IP-40", "ZX000419")))
        seen = store.course(1).change
        new_pump = put(store, "new", filed(5, pump=OTHER_PUMP))
        assert (store.other_pumps(1), store.other_pumps(3)) == ([3], [1])
        assert [(c.position, c.cause, c.export) for c in store.changes(1, seen)] == [(OPEN_PAGE, "new", new_pump)]
        for number, step in enumerate((
            lambda: store.assign(new_pump, BEN, MRN, "Dr A", "wrong head", NOW),
            lambda: store.assign(new_pump, ADA, MRN, "Dr A", "right head", NOW),
            lambda: store.withdraw(new_pump, "Dr A", "wrong", NOW),
        )):  # fmt: skip
            seen = store.course(1).change
            step()
            assert {(c.position, c.cause) for c in store.changes(1, seen)} == {(OPEN_PAGE, "decision")}
            assert store.other_pumps(1) == [[], [3], []][number]

    def test_a_pump_on_two_patients_is_nobodys_other_pump_until_it_is_linked(self, store: Store) -> None:
        put(store, "old", filed(1))
        put(store, "new", filed(5, pump=OTHER_PUMP))
        seen = store.course(1).change
        put(store, "new, on another", filed(6, pump=OTHER_PUMP, patient=BEN))
        assert store.other_pumps(1) == []
        assert [c.position for c in store.changes(1, seen)] == [OPEN_PAGE]
        seen = store.course(1).change
        store.link(OTHER_PUMP, ADA, MRN, "Dr A", "asked the ward", NOW)
        assert store.other_pumps(1) == [2]
        assert {c.cause for c in store.changes(1, seen)} == {"decision"}
        store.link(OTHER_PUMP, BEN, MRN, "Dr A", "asked again", NOW)
        assert store.other_pumps(1) == []

    def test_an_unknown_course_is_our_bug(self, store: Store) -> None:
        with pytest.raises(Bug):
            store.course(77)
