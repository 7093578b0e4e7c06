"""The demonstration's journey before the real server: after each step it holds what the ledger says, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.fhir_json import read
from bridge.ledger import compare
from tests.hospital import JOURNEY, journey
from tests.servers.hapi_server import HapiServer
from tests.servers.journey import PERSON, Clinic, entries, moved, sha, untrue

pytestmark = [pytest.mark.server, pytest.mark.slow]


@pytest.fixture
def clinic(hapi: HapiServer, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Clinic]:
    with Clinic(tmp_path, hapi.base_url, request.node.name.replace("_", "-"), shared=True) as made:
        yield made


def versions(clinic: Clinic) -> dict[str, str]:
    return clinic.server.versions(row.reference for row in clinic.ledger())


def applied(clinic: Clinic) -> tuple[set[str], set[str]]:
    """Plan, then apply: what was planned, and what moved on the server."""
    before = versions(clinic)
    planned = [outcome.plan for outcome in clinic.run(apply=False)]
    outcomes = clinic.run()
    assert [outcome.plan for outcome in outcomes] == planned
    assert untrue(clinic) == []
    return entries(outcomes), moved(before, versions(clinic))


def test_the_whole_journey(clinic: Clinic) -> None:
    clinic.take(*journey())
    planned, changed = applied(clinic)
    assert planned == changed
    assert len(planned) > 150

    assert {receipt.outcome for receipt in clinic.take(*journey())} == {"known"}
    assert applied(clinic) == (set(), set())

    for step in ("late/*.json", "corrected/*.json"):
        clinic.take(*journey(step))
        planned, changed = applied(clinic)
        assert planned == changed
        assert planned

    wrong = sha(JOURNEY / (JOURNEY / "withdrawn.txt").read_text().strip())
    clinic.site.store.withdraw(wrong, *PERSON, clinic.clock.now())
    planned, changed = applied(clinic)
    assert planned == changed
    assert {row.state for row in clinic.ledger() if row.reference in planned} == {"confirmed", "retracted"}
    assert applied(clinic) == (set(), set())


def test_another_site_of_the_same_configuration_plans_nothing(clinic: Clinic) -> None:
    clinic.take(*journey())
    applied(clinic)
    before = versions(clinic)
    clinic.reopen()
    assert clinic.take(*journey())
    assert clinic.run() == []
    assert moved(before, versions(clinic)) == set()
    assert clinic.reconciler().verify() == []


def test_a_lost_store_finds_everything_there_and_moves_nothing(clinic: Clinic, tmp_path: Path) -> None:
    clinic.take(*journey())
    clinic.run()
    kept = clinic.ledger(notes=False)
    before = versions(clinic)
    with Clinic(tmp_path / "again", clinic.url, clinic.name) as again:
        again.take(*journey())
        assert {status for status, _ in again.said()} == {"applied"}
        found = again.ledger(notes=False)
        assert [(row.key, row.confirmed, row.version) for row in found] == [
            (row.key, row.confirmed, row.version) for row in kept
        ]
    assert moved(before, versions(clinic)) == set()


def test_digits_and_words_come_back_as_sent(clinic: Clinic) -> None:
    clinic.take(*journey())
    clinic.run()
    rows = clinic.ledger()
    held = clinic.server.held(row.reference for row in rows)
    lost = [compare(read(row.confirmed), held[row.reference]).digits_lost for row in rows]
    assert sum(map(len, lost)) == 0
    sent = sum(row.confirmed.count(b'"value":40.0}') for row in rows)
    assert sent
    assert sum(str(held[row.reference]).count("Decimal('40.0')") for row in rows) == sent
