"""Soft pages at a destination: what a late measurement takes back is taken back there, in any order of arrival."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.fhir_json import read
from tests.course.test_soft_pages import AS_OF, DOUBTFUL, FIRST, LIFE, LIVES, LOOK
from tests.hospital import Hospital


def standing(hospital: Hospital) -> dict[str, tuple[str, bytes]]:
    """What the destination holds as true, with the page that it is kept under; the plans' own notes left out."""
    rows = [row for row in hospital.rows(1) if row.state == "confirmed" and row.page]
    return {row.key: (row.page, row.confirmed) for row in rows}


@pytest.fixture(scope="module")
def true_charts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, tuple[str, bytes]]]:
    """The chart of each life, folded from scratch."""
    charts = {}
    for name, life in LIVES.items():
        with Hospital(tmp_path_factory.mktemp("true"), now=AS_OF) as hospital:
            hospital.take(*life)
            hospital.apply(large=True)
            charts[name] = standing(hospital)
            assert charts[name]
    return charts


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", LIVES)
def test_a_destination_is_sent_the_same_in_any_order(
    name: str, seed: int, tmp_path: Path, true_charts: dict[str, dict[str, tuple[str, bytes]]]
) -> None:
    arrivals = list(LIVES[name])
    random.Random(seed).shuffle(arrivals)
    with Hospital(tmp_path, now=AS_OF) as hospital:
        for body in arrivals:
            hospital.take(body)
            hospital.apply(large=True)
        assert standing(hospital) == true_charts[name]


@pytest.mark.parametrize("name", LIVES)
def test_what_a_withdrawn_session_revised_is_as_it_was(name: str, tmp_path: Path) -> None:
    *life, last = LIVES[name]
    with Hospital(tmp_path, now=AS_OF) as hospital:
        hospital.take(*life)
        hospital.apply(large=True)
        before = standing(hospital)
        (receipt,) = hospital.take(last)
        hospital.apply(large=True)
        assert standing(hospital) != before
        hospital.site.store.withdraw(receipt.sha256, "Dr A", "wrong", AS_OF)
        hospital.apply(large=True)
        assert standing(hospital) == before


def test_what_was_charted_as_delivered_is_taken_back_with_a_note(tmp_path: Path) -> None:
    with Hospital(tmp_path, now=AS_OF) as hospital:
        hospital.take(*LIFE[:3])
        hospital.apply(large=True)
        hospital.take(DOUBTFUL)
        hospital.apply(large=True)
        notes = [read(row.confirmed) for row in hospital.site.store.notes("charts", 1)]
        given = hospital.standing(1, "MedicationAdministration")
    (note,) = [one for one in notes if one["resourceType"] == "DetectedIssue"]
    doubted = {f"MedicationAdministration/{one['id']}" for one in given if one["status"] == "unknown"}
    assert len(doubted) == 2
    assert doubted <= {one["reference"] for one in note["implicated"]}
    assert "90.00 micrograms" in note["detail"]


FOLDER = 'kind = "folder"\npath = "{0}"\nenvironment = "test"\naccept_simulated = true\n'
TWO = FOLDER.format("charts") + '[[destination]]\nname = "other"\n' + FOLDER.format("other")


def test_a_session_that_comes_true_by_time_does_so_at_each_destination(tmp_path: Path) -> None:
    with Hospital(tmp_path, TWO, now=datetime(2025, 1, 20, tzinfo=UTC)) as hospital:
        hospital.take(FIRST, LOOK)
        for name in ("charts", "other"):
            hospital.site.reconciler(name).run(apply=True)
        hospital.clock.advance(timedelta(days=20))
        documents = []
        for name in ("charts", "other"):
            hospital.site.store.wake(name, hospital.clock.now())
            hospital.site.reconciler(name).run(apply=True)
            documents.append(
                [row.key for row in hospital.site.store.ledger(name, 1) if row.type == "DocumentReference"]
            )
        assert len(documents[0]) == 2
        assert documents[1] == documents[0]
