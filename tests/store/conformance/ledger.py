"""What is sent and confirmed: what every store must do."""

from __future__ import annotations

import pytest

from bridge.errors import Bug
from bridge.store.protocol import OPEN_PAGE, Settled, Store
from tests.store.conformance.steps import HERE, ME, claim, put, with_commons_done
from tests.store.samples import (
    NOW,
    entry,
    filed,
    later,
    plan,
)


class LedgerConformance:
    """What is sent and confirmed."""

    def prepared(self, store: Store) -> int:
        store.register(HERE, "m1", NOW)
        put(store, "a", filed(1))
        return store.course(1).change

    def test_a_row_is_written_before_its_request(self, store: Store) -> None:
        change = self.prepared(store)
        one = plan(1, entry("k1"), entry("k2", page="p2"), covers=change)
        store.save_plan(one, sending=True)
        assert store.is_begun("plan-1")
        rows = store.ledger(HERE, 1)
        assert [(r.key, r.state, r.in_flight_hash, r.confirmed_hash) for r in rows] == [
            ("k1", "sending", entry("k1").hash, ""), ("k2", "sending", entry("k2").hash, ""),
        ]  # fmt: skip
        assert [r.key for r in store.ledger(HERE, 1, after="p1")] == ["k2"]

    def test_a_plan_is_kept_as_it_was_made(self, store: Store) -> None:
        change = self.prepared(store)
        one = plan(
            1, entry("k2"), entry("k1"), covers=change, waits="held", next_change=later(5), repaged=(("k9", "p9"),),
            causes=("late", "new"),
        )  # fmt: skip
        store.save_plan(one, sending=False)
        assert store.plan(HERE, 1) == one
        assert not store.is_begun("plan-1")
        assert store.ledger(HERE, 1) == []
        store.begin(one)
        assert store.is_begun("plan-1")
        assert {r.state for r in store.ledger(HERE, 1)} == {"sending"}

    def test_a_confirmed_row_has_the_bytes_of_the_plan(self, store: Store) -> None:
        change = self.prepared(store)
        one = plan(1, entry("k1", '{"v":"18.00"}'), covers=change)
        store.save_plan(one, sending=True)
        store.settle(HERE, "plan-1", [Settled("k1", "confirmed", "7", "Observation/55")], later(1))
        row = store.rows(HERE, 1, ["k1", "none"])["k1"]
        assert (row.state, row.version, row.server_id, row.confirmed) == (
            "confirmed",
            "7",
            "Observation/55",
            b'{"v":"18.00"}',
        )
        assert (row.confirmed_hash, row.in_flight_hash) == (one.entries[0].hash, "")
        assert (row.plan, row.cause, row.patient, row.confirmed_at) == ("plan-1", "new", "Patient/1", later(1))
        store.finish(one, later(2))
        assert store.plan(HERE, 1) is None
        assert store.ledger(HERE, 1)[0].confirmed == b'{"v":"18.00"}'

    def test_a_refused_row_keeps_what_was_confirmed(self, store: Store) -> None:
        change = self.prepared(store)
        store.save_plan(plan(1, entry("k1"), covers=change), sending=True)
        store.settle(HERE, "plan-1", [Settled("k1", "confirmed", "1", "")], NOW)
        store.save_plan(plan(1, entry("k1", '{"a":2}', page="p2"), id="plan-2", covers=change), sending=True)
        during = store.ledger(HERE, 1)[0]
        assert (during.state, during.page, during.confirmed, during.version) == ("sending", "p1", b'{"a":1}', "1")
        store.settle(HERE, "plan-2", [Settled("k1", "in_doubt", "", "")], NOW)
        assert store.ledger(HERE, 1)[0].in_flight_hash == entry("k1", '{"a":2}').hash
        store.settle(HERE, "plan-2", [Settled("k1", "contested", "9", "", "changed there")], NOW)
        row = store.ledger(HERE, 1)[0]
        assert (row.state, row.detail, row.confirmed, row.version) == ("contested", "changed there", b'{"a":1}', "1")
        assert row.in_flight_hash == ""
        store.adopt_version(HERE, 1, "k1", "9", "")
        assert store.ledger(HERE, 1)[0].version == "9"

    def test_beginning_again_leaves_what_is_settled(self, store: Store) -> None:
        change = self.prepared(store)
        one = plan(1, entry("k1"), entry("k2"), covers=change)
        store.save_plan(one, sending=True)
        store.settle(HERE, "plan-1", [Settled("k1", "confirmed", "1", "")], NOW)
        store.begin(one)
        assert [(r.key, r.state) for r in store.ledger(HERE, 1)] == [("k1", "confirmed"), ("k2", "sending")]

    def test_a_replaced_plan_is_gone(self, store: Store) -> None:
        change = self.prepared(store)
        store.save_plan(plan(1, entry("k1"), covers=change), sending=True)
        second = plan(1, entry("k2"), id="plan-2", covers=change)
        store.save_plan(second, sending=False)
        assert store.plan(HERE, 1) == second
        with pytest.raises(Bug):
            store.settle(HERE, "plan-1", [Settled("k1", "confirmed", "1", "")], NOW)

    def test_retracted_rows_keep_the_bytes_that_say_so(self, store: Store) -> None:
        change = self.prepared(store)
        store.save_plan(plan(1, entry("k1"), covers=change), sending=True)
        store.settle(HERE, "plan-1", [Settled("k1", "confirmed", "1", "")], NOW)
        gone = entry("k1", '{"status":"entered-in-error"}', action="retract", cause="decision")
        store.save_plan(plan(1, gone, id="plan-2", covers=change), sending=True)
        store.settle(HERE, "plan-2", [Settled("k1", "retracted", "2", "")], NOW)
        row = store.ledger(HERE, 1)[0]
        assert (row.state, row.confirmed, row.cause) == ("retracted", gone.body, "decision")

    def test_a_page_that_moved_moves_when_the_plan_is_finished(self, store: Store) -> None:
        change = self.prepared(store)
        store.save_plan(plan(1, entry("k1"), covers=change), sending=True)
        store.settle(HERE, "plan-1", [Settled("k1", "confirmed", "1", "")], NOW)
        store.finish(plan(1, id="plan-2", covers=change, repaged=(("k1", OPEN_PAGE),)), NOW)
        assert [r.key for r in store.ledger(HERE, 1, after="p9")] == ["k1"]

    def test_an_answer_to_what_was_never_sent_is_our_bug(self, store: Store) -> None:
        change = self.prepared(store)
        store.save_plan(plan(1, entry("k1"), covers=change), sending=True)
        with pytest.raises(Bug):
            store.settle(HERE, "plan-1", [Settled("other", "confirmed", "1", "")], NOW)
        with pytest.raises(Bug):
            store.settle(HERE, "no-plan", [], NOW)

    def test_destinations_have_ledgers_of_their_own(self, store: Store) -> None:
        change = self.prepared(store)
        store.register("ehr", "m1", NOW)
        store.save_plan(plan(1, entry("k1"), covers=change), sending=True)
        assert store.ledger("ehr", 1) == []
        assert store.state("ehr", 1).applied == 0

    def test_waiting_plans_are_listed_with_their_counts(self, store: Store) -> None:
        change = self.prepared(store)
        entries = (entry("a"), entry("b"), entry("c", action="retract", cause="decision"))
        store.save_plan(plan(1, *entries, covers=change, waits="held"), sending=False)
        (row,) = store.waiting(HERE)
        assert (row.destination, row.course, row.id, row.waits, row.begun) == (HERE, 1, "plan-1", "held", False)
        assert row.counts == (("create", "new", 2), ("retract", "decision", 1))
        assert [r.id for r in store.waiting()] == ["plan-1"]

    def test_a_resource_is_found_by_type_and_id(self, store: Store) -> None:
        change = self.prepared(store)
        store.save_plan(plan(1, entry("k1"), covers=change), sending=True)
        ((destination, course, row),) = store.rows_of("Observation", "pb-k1")
        assert (destination, course, row.key) == (HERE, 1, "k1")
        assert store.rows_of("Device", "pb-k1") == []

    def test_a_skipped_content_is_remembered(self, store: Store) -> None:
        with_commons_done(store)
        put(store, "a", filed(1))
        claim(store)
        store.park(HERE, 1, "refused", "422")
        store.release(HERE, 1, ME)
        store.skip(HERE, 1, "k1", "abc", "Dr A", "known there", NOW)
        assert store.skipped(HERE, 1) == {"k1": "abc"}
        assert store.parked() == []
        assert claim(store) == [1]
