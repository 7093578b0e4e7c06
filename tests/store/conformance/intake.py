"""Accepting: what every store must do."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from bridge.errors import Bug, UsageError
from bridge.interrogation import dump
from bridge.store.protocol import COMMONS, OPEN_PAGE, Store
from tests.store.conformance.steps import put, with_commons_done
from tests.store.samples import (
    ADA,
    BEN,
    NOW,
    OTHER_PUMP,
    PUMP,
    filed,
    later,
    new,
    refusal,
)


class IntakeConformance:
    """Accepting."""

    def test_an_export_is_there_whole(self, store: Store) -> None:
        item = filed(1)
        sha = put(store, "one", item)
        assert store.known(sha) == "accepted"
        assert store.content(sha) == b"one"
        held = store.held(1)
        assert [(h.sha256, h.session, h.position, h.size) for h in held] == [(sha, item.session, item.position, 3)]
        assert dump(held[0].interrogation) == dump(item.interrogation)

    def test_the_same_bytes_are_one_export(self, store: Store) -> None:
        export = new("one")
        assert store.add([(export, [filed(1)]), (export, [filed(1)])]) == ["accepted", "known"]
        before = store.course(1)
        assert store.add([(export, [filed(2)])]) == ["known"]
        assert store.course(1) == before

    def test_a_group_tells_when_each_source_was_heard_from_last(self, store: Store) -> None:
        ward = [new(f"ward {hour}", source="ward", received=later(hour)) for hour in (7, 9, 8)]
        store.add([*((export, [filed(1)]) for export in ward), (new("in", received=later(3)), refusal())])
        assert {row.source: row.received for row in store.sources()} == {"ward": later(9), "inbox": later(3)}
        store.add([(new("late", source="ward", received=later(5)), [filed(2)])])
        assert {row.source: row.received for row in store.sources()}["ward"] == later(9)

    def test_the_newest_accepted_export_of_a_name(self, store: Store) -> None:
        first, second = new("one"), replace(new("two", received=later(5)), name="one.json")
        bad = replace(new("bad", received=later(9)), name="one.json")
        store.add([(first, [filed(1)]), (second, [filed(2)]), (bad, refusal())])
        assert store.accepted_as("inbox", first.name, NOW) == second.sha256
        assert store.accepted_as("inbox", first.name, later(6)) is None
        assert store.accepted_as("elsewhere", first.name, NOW) is None
        assert store.accepted_as("inbox", "another", NOW) is None

    def test_the_same_content_in_other_bytes_is_another_export(self, store: Store) -> None:
        put(store, "one", filed(1))
        put(store, "one ", filed(1))
        assert len(store.held(1)) == 2

    def test_a_course_is_a_patient_and_a_pump_and_whether_simulated(self, store: Store) -> None:
        put(store, "a", filed(1))
        put(store, "b", filed(1, patient=BEN))
        put(store, "c", filed(1, pump=OTHER_PUMP))
        put(store, "d", filed(1, simulated=True))
        put(store, "e", filed(2))
        rows = list(store.courses())
        assert [(r.patient, r.pump.serial, r.simulated, r.live) for r in rows] == [
            (ADA, PUMP.serial, False, 2), (BEN, PUMP.serial, False, 1),
            (ADA, OTHER_PUMP.serial, False, 1), (ADA, PUMP.serial, True, 1),
        ]  # fmt: skip
        assert [r.course for r in store.courses(pump=OTHER_PUMP)] == [3]
        assert store.course_count() == 4

    def test_causes_name_what_came(self, store: Store) -> None:
        put(store, "a", filed(5, number=5))
        put(store, "b", filed(9, number=9))
        put(store, "c", filed(7, number=7))
        put(store, "d", filed(7, number=7, revision=2))
        put(store, "e", filed(7, number=7, revision=1))
        assert [c.cause for c in store.changes(1, 0)] == ["new", "new", "late", "corrected", "late"]
        assert [c.position[:8] for c in store.changes(1, 2)] == ["20250108"] * 3

    def test_reports_of_one_session_stand_at_its_least_position(self, store: Store) -> None:
        put(store, "late", filed(7, number=7))
        put(store, "next", filed(8, number=8))
        first = store.changes(1, 0)[-1].number
        early = put(store, "early", filed(6, number=7, revision=2))
        held = store.held(1)
        assert [h.position[:8] for h in held] == ["20250107", "20250107", "20250109"]
        assert len({h.position for h in held[:2]}) == 1
        assert store.changes(1, first)[0].position == held[0].position
        store.withdraw(early, "Dr A", "wrong", NOW)
        assert [h.position[:8] for h in store.held(1)] == ["20250108", "20250109"]
        assert store.changes(1, first + 1)[0].position[:8] == "20250107"

    def test_a_report_of_a_sealed_session_is_not_given_after_its_position(self, store: Store) -> None:
        put(store, "early", filed(6, number=7))
        put(store, "late", filed(7, number=7, revision=2))
        put(store, "next", filed(8, number=8))
        sealed = store.held(1)[0].position
        assert [h.session for h in store.held(1, after=sealed)] == ["session 8"]

    def test_several_interrogations_of_one_export(self, store: Store) -> None:
        sha = put(store, "two pumps", filed(1), filed(1, pump=OTHER_PUMP))
        standing = store.standing(sha)
        assert standing is not None
        assert standing.courses == (1, 2)
        store.withdraw(sha, "Dr A", "wrong", NOW)
        assert [r.live for r in store.courses()] == [0, 0]

    def test_a_refused_export_is_kept_with_its_reason(self, store: Store) -> None:
        sha = put(store, "cut", refusal())
        assert store.known(sha) == "quarantined"
        standing = store.standing(sha)
        assert standing is not None
        assert (standing.state, standing.code, standing.where) == ("quarantined", "unit-missing", "/pump/capacity")
        assert store.kept(sha).content == b"cut"
        assert [row.sha256 for row in store.quarantined()] == [sha]
        assert store.count_quarantined() == 1

    def test_a_refused_export_changes_the_courses_of_its_pump(self, store: Store) -> None:
        put(store, "a", filed(1))
        put(store, "b", filed(1, simulated=True))
        put(store, "c", filed(1, pump=OTHER_PUMP))
        sha = put(store, "cut", refusal(local=datetime(2025, 3, 1, 9)))
        assert [(c.cause, c.position) for c in store.changes(1, 0)][-1] == ("quarantine", OPEN_PAGE)
        assert store.changes(2, 0)[-1].cause == "quarantine"
        assert store.changes(3, 0)[-1].cause == "new"
        assert [(m.sha256, m.local) for m in store.markers(PUMP)] == [(sha, datetime(2025, 3, 1, 9))]
        assert store.markers(OTHER_PUMP) == []

    def test_an_export_that_reads_now_leaves_the_quarantine(self, store: Store) -> None:
        put(store, "a", filed(1))
        sha = put(store, "cut", refusal())
        assert store.add([(new("cut"), [filed(2)])]) == ["known"]
        assert store.readd(new("cut"), [filed(2)]) == "accepted"
        assert store.markers(PUMP) == []
        assert store.known(sha) == "accepted"
        assert [c.cause for c in store.changes(1, 0)] == ["new", "quarantine", "new", "quarantine"]
        assert store.readd(new("cut"), refusal()) == "known"

    def test_an_export_that_still_does_not_read_has_its_new_reason(self, store: Store) -> None:
        sha = put(store, "cut", refusal("unit-missing"))
        assert store.readd(new("cut"), refusal("number-unreadable", pump=OTHER_PUMP)) == "quarantined"
        assert store.quarantined_one(sha).code == "number-unreadable"
        assert store.markers(PUMP) == []
        assert [m.sha256 for m in store.markers(OTHER_PUMP)] == [sha]

    def test_a_file_above_the_limit_is_named_and_not_kept(self, store: Store) -> None:
        export = new("", oversize=3_000_000)
        assert store.add([(export, refusal("export-too-large", pump=None))]) == ["quarantined"]
        assert store.known(export.sha256) is None
        assert store.quarantined_one(export.sha256).size == 3_000_000
        with pytest.raises(UsageError, match="bytes-not-kept"):
            store.kept(export.sha256)
        assert store.add([(export, [filed(1)])]) == ["accepted"]

    def test_programmers_are_shared_and_make_commons_due(self, store: Store) -> None:
        with_commons_done(store)
        put(store, "a", filed(1, programmer="programmer||M|P|1|3.2"))
        put(store, "b", filed(2, programmer="programmer||M|P|1|3.2"))
        put(store, "c", filed(2, programmer="programmer||M|P|2|3.2", simulated=True))
        assert len(store.changes(COMMONS, 0)) == 2
        assert store.programmers() == ["programmer||M|P|1|3.2", "programmer||M|P|2|3.2"]
        assert store.programmers(simulated=True) == ["programmer||M|P|2|3.2"]
        assert store.programmers(simulated=False) == ["programmer||M|P|1|3.2"]

    def test_a_failing_group_leaves_nothing(self, store: Store) -> None:
        good, bad = new("good"), filed(1)
        object.__setattr__(bad, "session", None)
        with pytest.raises(Bug):
            store.add([(good, [filed(1)]), (new("bad"), [bad])])
        assert store.known(good.sha256) is None
        assert list(store.courses()) == []

    def test_sources_remember_their_last_new_export(self, store: Store) -> None:
        put(store, "a", filed(1))
        put(store, "b", filed(2), received=later(5))
        put(store, "c", filed(3), received=later(3))
        assert [(s.source, s.received) for s in store.sources()] == [("inbox", later(5))]
