"""VERB 1: whole or refused, known twice, receipts after the commit (numbers: invariants of accept.py)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.session_json import ADAPTER as SESSION_JSON
from bridge import accept as verb
from bridge.accept import Receipt, Settings, accept, accept_many, patient_key, retry
from bridge.adapter import Adapter
from bridge.errors import StoreError
from bridge.store.open import open_store
from bridge.store.protocol import Found, NewExport, Outcome
from bridge.store.sqlite import SqliteStore
from tests.unit.made_adapters import Broken, Greedy, Plain

NOW = datetime(2025, 6, 20, 12, tzinfo=UTC)
MRN = "https://hospital.invalid/sid/mrn"
NHS = "https://fhir.nhs.uk/Id/nhs-number"
SETTINGS = Settings("Europe/London", MRN, {"MRN": MRN, "Hospital number": MRN, "NHS": NHS}, 10_000)
ADAPTERS: dict[str, Adapter] = {"plain": Plain(), "broken": Broken()}
JOURNEY = sorted((Path(__file__).parents[2] / "fixtures" / "journey").rglob("*.json"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """An empty store."""
    opened = open_store(tmp_path / "store.db", ("real", "simulated"))
    yield opened
    opened.close()


def export(content: bytes | str | Any, oversize: int = 0) -> NewExport:
    """An export with these bytes; other things become a PLAIN one."""
    if not isinstance(content, bytes | str):
        content = f"PLAIN {json.dumps(content)}"
    data = content.encode() if isinstance(content, str) else content
    return NewExport(hashlib.sha256(data).hexdigest(), data, "a.json", "inbox", NOW, oversize)


def accepted(store: SqliteStore, content: Any, settings: Settings = SETTINGS) -> Receipt:
    """The receipt of one export."""
    return accept(export(content), ADAPTERS, store, settings)


def courses_of(store: SqliteStore, receipt: Receipt) -> tuple[int, ...]:
    """Where what was accepted went."""
    standing = store.standing(receipt.sha256)
    assert standing is not None
    return standing.courses


def test_an_accepted_export_is_in_its_course(store: SqliteStore) -> None:
    receipt = accepted(store, {"patient": "0048213", "label": "MRN", "programmer": "P1"})
    assert (receipt.outcome, courses_of(store, receipt), receipt.code) == ("accepted", (1,), "")
    row = store.course(1)
    assert (row.patient, row.patient_system, row.pump.serial) == ("0048213", MRN, "ZX000417")
    (held,) = store.held(1)
    assert held.sha1 == hashlib.sha1(b'PLAIN {"patient": "0048213", "label": "MRN", "programmer": "P1"}').hexdigest()
    assert held.position == "20250512T090000Z 2025-05-12 10:00/1"
    assert store.programmers() == ["programmer|||CP-1|P1|"]


def test_the_receipt_comes_after_the_commit(store: SqliteStore) -> None:
    """Invariant 1."""

    class Full(SqliteStore):
        def add(self, items: Sequence[tuple[NewExport, Found]]) -> list[Outcome]:
            raise StoreError("the disk is full", code="store-full")

    store.__class__ = Full
    receipts: list[Receipt] = []
    with pytest.raises(StoreError):
        receipts.extend(accept_many([export({}), export({"serial": "2"})], ADAPTERS, store, SETTINGS))
    assert receipts == []


def test_the_same_bytes_are_known(store: SqliteStore) -> None:
    """Invariant 3."""
    first, second = accepted(store, {}), accepted(store, {})
    assert (first.outcome, second.outcome, courses_of(store, second), second.code) == ("accepted", "known", (1,), "")
    assert accepted(store, "PLAIN  {}").outcome == "accepted"
    assert len(store.held(1)) == 2


def test_the_same_bytes_twice_in_one_group(store: SqliteStore) -> None:
    """Invariant 3."""
    receipts = accept_many([export({}), export({})], ADAPTERS, store, SETTINGS)
    assert [r.outcome for r in receipts] == ["accepted", "known"]


def test_a_refusal_names_code_place_and_remedy(store: SqliteStore) -> None:
    """Invariant 2."""
    accepted(store, {"serial": "ZX000417"})
    receipt = accepted(store, {"refuse": "", "serial": "ZX000417"})
    assert receipt == Receipt(
        receipt.sha256, "quarantined", "unit-missing", "/pump/capacity", "export it again"
    )  # fmt: skip
    (row,) = store.quarantined()
    assert (row.message, row.local) == ("no unit", datetime(2025, 5, 12, 10))
    assert [m.sha256 for m in store.markers(store.course(1).pump)] == [receipt.sha256]


def test_quarantined_bytes_stay_quarantined_until_retry(store: SqliteStore) -> None:
    """Invariant 3."""
    refused = export({"refuse": "", "serial": "ZX000417"})
    accept(refused, ADAPTERS, store, SETTINGS)
    again = accept(refused, ADAPTERS, store, SETTINGS)
    assert (again.outcome, again.code, again.remedy) == ("known", "unit-missing", "export it again")
    assert retry(store.kept(refused.sha256), ADAPTERS, store, SETTINGS).outcome == "quarantined"

    class Newer(Plain):
        def read(self, content: bytes) -> Any:
            return super().read(b"PLAIN {}")

    receipt = retry(store.kept(refused.sha256), {"plain": Newer()}, store, SETTINGS)
    assert (receipt.outcome, courses_of(store, receipt), receipt.code) == ("accepted", (1,), "")
    assert store.count_quarantined() == 0


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("nothing of ours", "format-unknown"),
        ("", "export-empty"),
        (" \n", "export-empty"),
        ("PLAIN {}" + " " * 10_000, "export-too-large"),
        ("BROKEN ZX000417", "adapter-failed"),
        ("BROKEN EMPTY", "adapter-failed"),
        ('PLAIN {"serial": ""}', "pump-unidentified"),
        ("PLAIN not json", "adapter-failed"),
        ('PLAIN {"zone": "Mars/Olympus"}', "adapter-failed"),
    ],
)
def test_what_cannot_be_represented(store: SqliteStore, content: str, code: str) -> None:
    """Invariants 2 and 4."""
    receipts = list(accept_many([export(content), export({})], ADAPTERS, store, SETTINGS))
    assert [(r.outcome, r.code) for r in receipts] == [("quarantined", code), ("accepted", "")]
    assert receipts[0].remedy


def test_two_adapters_for_one_file(store: SqliteStore) -> None:
    receipt = accept(export({}), {"plain": Plain(), "greedy": Greedy()}, store, SETTINGS)
    assert (receipt.outcome, receipt.code) == ("quarantined", "format-ambiguous")


def test_no_text_of_a_foreign_error_is_kept(store: SqliteStore, capsys: pytest.CaptureFixture[str]) -> None:
    """Invariant 4."""
    receipt = accepted(store, "BROKEN with a patient in it")
    row = store.quarantined_one(receipt.sha256)
    said = capsys.readouterr()
    for text in (row.message, row.remedy, str(receipt), said.err, said.out):
        assert "Ada" not in text
        assert "0048213" not in text
    assert "KeyError" in row.message


def test_a_file_above_the_limit_is_refused_unread(store: SqliteStore) -> None:
    receipt = accept(export("", oversize=30_000), ADAPTERS, store, SETTINGS)
    assert (receipt.outcome, receipt.code) == ("quarantined", "export-too-large")
    assert "export_bytes" in receipt.remedy


@pytest.mark.parametrize(
    ("fields", "patient", "system"),
    [
        ({"patient": "0048213", "label": "MRN"}, "0048213", MRN),
        ({"patient": "0048213", "label": "Hospital number"}, "0048213", MRN),
        ({"patient": "0048213", "label": MRN}, "0048213", MRN),
        ({"patient": "943 476 5919", "label": "NHS"}, f"{NHS}#943 476 5919", NHS),
        ({"patient": "77", "label": "Clinic card"}, "Clinic card#77", "Clinic card"),
        ({"patient": "77"}, "#77", ""),
        ({}, "", ""),
        ({"patient": "", "label": "MRN"}, "", ""),
    ],
)
def test_the_patient_is_the_one_that_is_stated(
    store: SqliteStore, fields: dict[str, str], patient: str, system: str
) -> None:
    """Invariant 5."""
    accepted(store, fields)
    row = store.course(1)
    assert (row.patient, row.patient_system) == (patient, system)


def test_only_what_states_no_patient_follows_a_link(store: SqliteStore) -> None:
    """Invariant 5."""
    accepted(store, {"start": "2025-05-01 10:00"})
    store.link(store.course(1).pump, "0048213", MRN, "Dr A", "seen", NOW)
    accepted(store, {"start": "2025-05-02 10:00"})
    accepted(store, {"start": "2025-05-03 10:00", "patient": ""})
    accepted(store, {"start": "2025-05-04 10:00", "patient": "99", "label": "MRN"})
    assert {r.patient: r.live for r in store.courses()} == {"0048213": 2, "": 1, "99": 1}


def test_the_key_of_a_patient() -> None:
    assert patient_key("1", MRN, MRN) == "1"
    assert patient_key("1", NHS, MRN) == f"{NHS}#1"
    assert patient_key("", "", MRN) == ""


def test_several_interrogations_go_to_their_courses(store: SqliteStore) -> None:
    receipt = accepted(store, [{"serial": "A"}, {"serial": "B"}])
    assert courses_of(store, receipt) == (1, 2)


def test_groups_are_one_commit_each(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verb, "GROUP_ITEMS", 3)
    sizes: list[int] = []
    add = store.add

    def counted(items: Sequence[tuple[NewExport, Found]]) -> list[Outcome]:
        sizes.append(len(items))
        return add(items)

    monkeypatch.setattr(store, "add", counted)
    exports = [export({"serial": str(n)}) for n in range(8)]
    assert len(list(accept_many(exports, ADAPTERS, store, SETTINGS, group_seconds=60.0))) == 8
    assert sizes == [3, 3, 2]
    assert len(list(accept_many(exports, ADAPTERS, store, SETTINGS, group_seconds=0.0))) == 8
    assert list(accept_many([], ADAPTERS, store, SETTINGS)) == []


def test_a_receipt_is_given_as_soon_as_its_group_is_committed(store: SqliteStore) -> None:
    taken: list[str] = []

    def exports() -> Iterable[NewExport]:
        for name in ("a", "b"):
            taken.append(name)
            yield export({"serial": name})

    receipts = accept_many(exports(), ADAPTERS, store, SETTINGS, group_seconds=0.0)
    assert next(receipts).outcome == "accepted"
    assert taken == ["a"]


def test_the_fixture_journey_is_accepted_twice(store: SqliteStore) -> None:
    exports = [
        NewExport(hashlib.sha256(p.read_bytes()).hexdigest(), p.read_bytes(), p.name, "cli", NOW) for p in JOURNEY
    ]
    settings = Settings("Europe/London", MRN, {"MRN": MRN})
    first = list(accept_many(exports, {"session_json": SESSION_JSON}, store, settings))
    assert len(first) >= 8
    assert {r.outcome for r in first} == {"accepted"}
    again = list(accept_many(exports, {"session_json": SESSION_JSON}, store, settings))
    assert {r.outcome for r in again} == {"known"}
    assert [r.sha256 for r in again] == [r.sha256 for r in first]
