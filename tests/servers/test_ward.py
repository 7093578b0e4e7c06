"""A day of a hospital pump before FHIR servers: out of order, one message after the other, and true at the end."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.fhir_json import read
from tests.servers.journey import HAPI, KINDS, Clinic, clinic_before, untrue
from tests.ward import DAY

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(params=[*KINDS, HAPI])
def clinic(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Clinic]:
    with clinic_before(request, tmp_path) as found:
        found.clock.advance(NOON - found.clock.now())
        yield found


def test_messages_out_of_order_end_as_one_import(clinic: Clinic) -> None:
    names = list(DAY)
    random.Random(3).shuffle(names)
    for name in names:
        assert {receipt.outcome for receipt in clinic.take(DAY[name])} == {"accepted"}
        assert {status for status, _ in clinic.said()} == {"applied"}
    assert clinic.said() == []
    assert untrue(clinic) == []
    given = [read(row.confirmed) for row in clinic.ledger() if row.type == "MedicationAdministration"]
    stands = sorted(body["status"] for body in given if body["status"] != "entered-in-error")
    assert stands == ["completed", "completed", "completed", "in-progress", "stopped"]


def test_the_pump_is_one_device_and_each_patient_has_a_use_of_it(clinic: Clinic) -> None:
    clinic.take(*DAY.values())
    clinic.run()
    rows = [row for row in clinic.ledger() if "hospital-pump" in row.key]
    assert [(row.type, row.course, row.state) for row in rows] == [("Device", 0, "confirmed")]
    uses = [read(row.confirmed) for row in clinic.ledger() if row.type == "DeviceUseStatement"]
    assert len({use["subject"]["reference"] for use in uses}) == 2
    assert {use["device"]["reference"] for use in uses} == {rows[0].ours}


def test_what_the_server_keeps_of_a_contained_drug_is_what_was_sent(clinic: Clinic) -> None:
    clinic.take(DAY["01-start"])
    clinic.run()
    (row,) = [row for row in clinic.ledger() if row.type == "MedicationAdministration"]
    there = clinic.server.get(row.reference)
    assert there["contained"][0]["ingredient"] == read(row.confirmed)["contained"][0]["ingredient"]
    assert there["medicationReference"]["reference"] == f"#{there['contained'][0]['id']}"
    version = there["meta"]["versionId"]
    clinic.take(DAY["01-start"])
    clinic.run()
    assert clinic.server.get(row.reference)["meta"]["versionId"] == version
