"""What people ask: what every store must do."""

from __future__ import annotations

import pytest

from bridge.errors import UsageError
from bridge.interrogation import dump
from bridge.store.protocol import Store
from tests.store.conformance.steps import put
from tests.store.samples import (
    BEN,
    NOW,
    OTHER_PUMP,
    PUMP,
    filed,
    later,
    new,
    refusal,
)


class ReportsConformance:
    """What people ask."""

    def test_pumps(self, store: Store) -> None:
        put(store, "a", filed(1), received=later(1))
        put(store, "b", filed(5), received=later(2))
        put(store, "c", filed(3, patient=BEN), received=later(3))
        put(store, "d", filed(3, pump=OTHER_PUMP))
        put(store, "cut", refusal())
        first, second = store.pumps()
        assert (first.pump, first.simulated, first.courses, first.exports) == (PUMP, False, (1, 2), 3)
        assert (first.last_session, first.last_received, first.quarantined) == ("2025-01-06 10:00", later(3), 1)
        assert (second.pump, second.exports) == (OTHER_PUMP, 1)

    def test_exports_are_found_by_the_start_of_their_hash(self, store: Store) -> None:
        shas = [put(store, f"{n}", filed(n)) for n in range(30)]
        assert store.find_export(shas[3][:12].upper()) == shas[3]
        for wrong, code in (("zz12", "export-name"), ("12", "export-name"), ("0123456789ab", "export-unknown")):
            with pytest.raises(UsageError, match=code):
                store.find_export(wrong)
        assert list(store.accepted()) == sorted(shas)

    def test_an_ambiguous_start_is_refused(self, store: Store) -> None:
        texts: dict[str, str] = {}
        n = 0
        while (start := new(f"{n}").sha256[:4]) not in texts:
            texts[start] = f"{n}"
            n += 1
        put(store, texts[start], filed(1))
        put(store, f"{n}", filed(2))
        with pytest.raises(UsageError, match="export-ambiguous"):
            store.find_export(start)

    def test_exports_of_a_course(self, store: Store) -> None:
        second, first = put(store, "b", filed(2)), put(store, "a", filed(1))
        number = store.withdraw(second, "Dr A", "wrong", NOW)
        rows = store.exports_of(1)
        assert [(r.sha256, r.withdrawn, r.places[0].started) for r in rows] == [
            (first, None, "2025-01-02 10:00"), (second, number, "2025-01-03 10:00"),
        ]  # fmt: skip
        assert store.export(first) == rows[0]
        assert rows[0].places[0].schema_version == 1
        assert [dump(i) for i in store.interrogations(first)] == [dump(filed(1).interrogation)]
        with pytest.raises(UsageError, match="export-unknown"):
            store.export("0" * 64)
        with pytest.raises(UsageError, match="not-quarantined"):
            store.quarantined_one(first)
