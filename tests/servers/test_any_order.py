"""Exports in any order, in any batches: the server ends with the chart that ordered import gives, byte for byte."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from bridge.fhir_json import read
from tests.bench.exports import lives
from tests.hospital import journey
from tests.servers.faulty import running_faulty
from tests.servers.hapi_server import HapiServer
from tests.servers.journey import Clinic, untrue

PUMPS, EACH, BATCHES = 50, 4, 5
NAME = "any-order"


def chart(clinic: Clinic) -> dict[str, bytes]:
    """What stands in the ledger, by key; what belongs to plans, and what was taken back, left out."""
    return {row.key: row.confirmed for row in clinic.ledger(notes=False) if row.state == "confirmed"}


def ordered(folder: Path, exports: list[bytes]) -> dict[str, bytes]:
    """The chart that one import in order gives."""
    with running_faulty() as server, Clinic(folder, server.base_url, NAME) as clinic:
        clinic.take(*exports)
        assert {status for status, _ in clinic.said()} == {"applied"}
        assert untrue(clinic) == []
        return chart(clinic)


def in_batches(exports: list[bytes], seed: int) -> list[list[bytes]]:
    """The exports in random order, in batches of random size."""
    chance = random.Random(seed)
    shuffled = chance.sample(exports, len(exports))
    cuts = sorted(chance.sample(range(1, len(exports)), BATCHES - 1))
    return [shuffled[start:end] for start, end in zip([0, *cuts], [*cuts, len(exports)], strict=True)]


def applied_in_batches(clinic: Clinic, batches: list[list[bytes]]) -> None:
    for batch in batches:
        assert {receipt.outcome for receipt in clinic.take(*batch)} == {"accepted"}
        assert {status for status, _ in clinic.said(large=True)} == {"applied"}


@pytest.mark.server
@pytest.mark.slow
def test_200_exports_of_50_pumps(hapi: HapiServer, tmp_path: Path) -> None:
    exports = [one.content for life in lives(PUMPS, EACH, 3) for one in life]
    expected = ordered(tmp_path / "ordered", exports)
    with Clinic(tmp_path / "random", hapi.base_url, NAME, shared=True) as clinic:
        applied_in_batches(clinic, in_batches(exports, 20))
        assert chart(clinic) == expected
        assert untrue(clinic) == []
        back = [row for row in clinic.ledger(notes=False) if row.state == "retracted"]
        assert {read(row.confirmed)["status"] for row in back} <= {"entered-in-error"}


@pytest.mark.parametrize("seed", range(6))
def test_long_lives_with_late_and_corrected_exports(tmp_path: Path, seed: int) -> None:
    journeys = [path.read_bytes() for path in journey("**/*.json")]
    exports = [*journeys, *(one.content for life in lives(3, 9, seed) for one in life)]
    expected = ordered(tmp_path / "ordered", exports)
    with running_faulty() as server, Clinic(tmp_path / "random", server.base_url, NAME) as clinic:
        applied_in_batches(clinic, in_batches(exports, seed))
        assert chart(clinic) == expected
        assert untrue(clinic) == []
