"""What people decide: what every store must do."""

from __future__ import annotations

import pytest

from bridge.errors import UsageError
from bridge.store.protocol import Store
from tests.store.conformance.steps import HERE, put, with_commons_done
from tests.store.samples import (
    ADA,
    BEN,
    MRN,
    NOW,
    OTHER_PUMP,
    PUMP,
    filed,
    later,
    new,
    refusal,
)


class DecisionsConformance:
    """What people decide."""

    def test_withdrawn_is_not_live(self, store: Store) -> None:
        with_commons_done(store)
        sha = put(store, "a", filed(1))
        put(store, "b", filed(2))
        number = store.withdraw(sha, "Dr A", "printed with the wrong head", later(1))
        assert [h.session for h in store.held(1)] == ["2025-01-03 10:00/1"]
        last = store.changes(1, 0)[-1]
        assert (last.cause, last.export, last.decision, last.position[:8]) == ("decision", sha, number, "20250102")
        decision = store.decision(number)
        assert (decision.kind, decision.export, decision.actor, decision.decided) == ("withdraw", sha, "Dr A", later(1))
        assert store.decisions() == [decision]
        standing = store.standing(sha)
        assert standing is not None
        assert standing.withdrawn
        with pytest.raises(UsageError, match="export-withdrawn"):
            store.withdraw(sha, "Dr A", "again", NOW)

    def test_a_decision_needs_an_actor_a_reason_and_an_export(self, store: Store) -> None:
        sha = put(store, "a", filed(1))
        with pytest.raises(UsageError, match="decision-unsigned"):
            store.withdraw(sha, " ", "why", NOW)
        with pytest.raises(UsageError, match="decision-unsigned"):
            store.withdraw(sha, "Dr A", "", NOW)
        with pytest.raises(UsageError, match="export-unknown"):
            store.withdraw("0" * 64, "Dr A", "why", NOW)
        cut = put(store, "cut", refusal())
        with pytest.raises(UsageError, match="export-not-accepted"):
            store.withdraw(cut, "Dr A", "why", NOW)
        assert len(store.held(1)) == 1
        assert store.decisions() == []

    def test_assigned_is_another_patients(self, store: Store) -> None:
        sha = put(store, "a", filed(1))
        put(store, "b", filed(2))
        store.assign(sha, BEN, MRN, "Dr A", "wrong head", NOW)
        assert [(r.patient, r.live) for r in store.courses()] == [(ADA, 1), (BEN, 1)]
        assert [h.sha256 for h in store.held(2)] == [sha]
        assert store.changes(1, 0)[-2].position[:8] == "20250102"
        with pytest.raises(UsageError, match="assigned-already"):
            store.assign(sha, BEN, MRN, "Dr A", "again", NOW)
        with pytest.raises(UsageError, match="patient-missing"):
            store.assign(sha, "", MRN, "Dr A", "nobody", NOW)

    def test_superseded_is_not_live_while_what_corrects_it_stands(self, store: Store) -> None:
        old, right = put(store, "old", filed(1)), put(store, "new", filed(1))
        number = store.supersede(old, right, "Dr A", "typed wrong", NOW)
        (held,) = store.held(1)
        assert (held.sha256, held.supersedes) == (right, (old,))
        assert [c.decision for c in store.changes(1, 2)] == [number, number]
        with pytest.raises(UsageError, match="supersede-itself"):
            store.supersede(old, old, "Dr A", "why", NOW)
        with pytest.raises(UsageError, match="export-superseded"):
            store.supersede(old, right, "Dr A", "why", NOW)
        before = store.course(1).change
        store.withdraw(right, "Dr A", "not the right one after all", NOW)
        assert [(h.sha256, h.supersedes) for h in store.held(1)] == [(old, ())]
        assert [(c.cause, c.position[:8]) for c in store.changes(1, before)] == [("decision", "20250102")] * 2
        standing = store.standing(old)
        assert standing is not None
        assert not standing.superseded

    def test_only_what_nothing_else_supersedes_comes_back(self, store: Store) -> None:
        old, second, third = (put(store, text, filed(1)) for text in ("old", "second", "third"))
        store.supersede(old, second, "Dr A", "typed wrong", NOW)
        store.supersede(second, third, "Dr A", "typed wrong again", NOW)
        store.withdraw(third, "Dr A", "another pump's", NOW)
        assert [(h.sha256, h.supersedes) for h in store.held(1)] == [(second, (old,))]
        store.withdraw(second, "Dr A", "another pump's too", NOW)
        assert [(h.sha256, h.supersedes) for h in store.held(1)] == [(old, ())]
        store.withdraw(old, "Dr A", "and this one", NOW)
        assert (store.held(1), store.course(1).live) == ([], 0)

    def test_what_is_assigned_away_supersedes_nothing_there(self, store: Store) -> None:
        old, right = put(store, "old", filed(1)), put(store, "new", filed(1))
        store.supersede(old, right, "Dr A", "typed wrong", NOW)
        store.assign(right, BEN, MRN, "Dr A", "another patient's", NOW)
        assert [(h.sha256, h.supersedes) for h in store.held(1)] == [(old, ())]
        assert [(h.sha256, h.supersedes) for h in store.held(2)] == [(right, ())]
        assert [(r.patient, r.live) for r in store.courses()] == [(ADA, 1), (BEN, 1)]
        store.assign(old, BEN, MRN, "Dr A", "this one too", NOW)
        store.supersede(old, right, "Dr A", "typed wrong", NOW)
        assert [(h.sha256, h.supersedes) for h in store.held(2)] == [(right, (old,))]

    def test_what_comes_back_follows_the_link_of_its_pump(self, store: Store) -> None:
        old, right = (put(store, text, filed(1, patient="", system="", stated=False)) for text in ("old", "new"))
        store.supersede(old, right, "Dr A", "typed wrong", NOW)
        store.link(PUMP, ADA, MRN, "Dr A", "seen", NOW)
        store.withdraw(right, "Dr A", "not the right one", NOW)
        assert {r.patient: [h.sha256 for h in store.held(r.course)] for r in store.courses()} == {"": [], ADA: [old]}

    def test_link_gives_unnamed_exports_their_patient(self, store: Store) -> None:
        unnamed = put(store, "a", filed(1, patient="", system="", stated=False))
        stated = put(store, "b", filed(2, patient=BEN))
        store.link(PUMP, ADA, MRN, "Dr A", "seen", NOW)
        by_patient = {r.patient: [h.sha256 for h in store.held(r.course)] for r in store.courses()}
        assert by_patient == {"": [], BEN: [stated], ADA: [unnamed]}
        store.link(PUMP, BEN, MRN, "Dr A", "seen again", NOW)
        assert {h.sha256 for h in store.held(2)} == {unnamed, stated}

    def test_link_leaves_what_was_assigned(self, store: Store) -> None:
        unnamed = put(store, "a", filed(1, patient="", system="", stated=False))
        store.assign(unnamed, ADA, MRN, "Dr A", "seen", NOW)
        store.link(PUMP, BEN, MRN, "Dr A", "seen", NOW)
        assert [h.sha256 for r in store.courses() if r.patient == ADA for h in store.held(r.course)] == [unnamed]

    def test_link_wakes_every_course_of_the_pump(self, store: Store) -> None:
        put(store, "a", filed(1))
        put(store, "b", filed(2, patient=BEN))
        before = [store.course(c).change for c in (1, 2)]
        store.link(PUMP, ADA, MRN, "Dr A", "seen", NOW)
        assert all(store.changes(c, b)[-1].cause == "decision" for c, b in zip((1, 2), before, strict=True))
        with pytest.raises(UsageError, match="pump-unknown"):
            store.link(OTHER_PUMP, ADA, MRN, "Dr A", "seen", NOW)

    def test_dropped_does_not_matter_any_more(self, store: Store) -> None:
        put(store, "a", filed(1))
        cut = put(store, "cut", refusal())
        store.drop(cut, "Dr A", "a test print", NOW)
        assert store.known(cut) == "dropped"
        assert store.markers(PUMP) == []
        assert store.changes(1, 0)[-1].cause == "decision"
        assert store.quarantined() == []
        with pytest.raises(UsageError, match="not-quarantined"):
            store.drop(cut, "Dr A", "again", NOW)
        assert store.readd(new("cut"), [filed(2)]) == "accepted"

    def test_a_permission_is_remembered(self, store: Store) -> None:
        number = store.record("accept-mapping", HERE, "Dr A", "checked", NOW)
        assert store.decision(number).subject == HERE

    def test_reading_again_changes_only_what_reads_differently(self, store: Store) -> None:
        sha = put(store, "a", filed(1, number=1))
        put(store, "b", filed(2, number=2))
        before = store.course(1).change
        assert store.reread(sha, [filed(1, number=1)], NOW) == 0
        assert store.changes(1, before) == []
        assert store.reread(sha, [filed(1, number=1, revision=3)], NOW) == 1
        assert [(c.cause, c.position[:8]) for c in store.changes(1, before)][-1] == ("reread", "20250102")
        assert store.course(1).live == 2
        with pytest.raises(UsageError, match="reread-differs"):
            store.reread(sha, [filed(1), filed(2)], NOW)

    def test_reading_again_may_find_another_pump(self, store: Store) -> None:
        sha = put(store, "a", filed(1))
        assert store.reread(sha, [filed(1, pump=OTHER_PUMP)], NOW) == 1
        assert [(r.pump.serial, r.live) for r in store.courses()] == [(PUMP.serial, 0), (OTHER_PUMP.serial, 1)]

    def test_reading_again_leaves_what_people_decided(self, store: Store) -> None:
        sha = put(store, "a", filed(1))
        gone = put(store, "b", filed(2))
        store.assign(sha, BEN, MRN, "Dr A", "wrong head", NOW)
        store.withdraw(gone, "Dr A", "wrong", NOW)
        store.reread(sha, [filed(1, revision=2)], NOW)
        store.reread(gone, [filed(2, revision=2)], NOW)
        assert [(r.patient, r.live) for r in store.courses()] == [(ADA, 0), (BEN, 1)]
