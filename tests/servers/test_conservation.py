"""Every export that was acknowledged is an obligation, and each is met: in the chart, taken back, or in quarantine."""

from __future__ import annotations

import base64
import hashlib
import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.accept import Receipt
from bridge.fhir_json import read
from tests.bench.exports import lives
from tests.hospital import JOURNEY, journey
from tests.servers.faulty import (
    FaultyServer,
    cut,
    error_after_commit,
    html,
    lost_answer,
    refuse,
    running_faulty,
    slow_answer,
    status,
)
from tests.servers.journey import PERSON, Clinic, sha, untrue

FAULTS = (
    lost_answer(),
    error_after_commit(),
    cut(),
    html(),
    refuse(),
    status(500),
    status(503),
    status(409),
    status(401),
)


def inputs(seed: int) -> list[bytes]:
    """Good exports, bad ones and the same again, in random order."""
    good = [path.read_bytes() for path in journey("**/*.json")]
    good += [one.content for life in lives(4, 5, seed) for one in life]
    bad = [path.read_bytes() for path in sorted(JOURNEY.parent.glob("bad/*/export.*"))]
    chance = random.Random(seed)
    found = [*good, *chance.sample(bad, 8), *chance.sample(good, 8)]
    chance.shuffle(found)
    return found


def taken(clinic: Clinic, server: FaultyServer, exports: list[bytes], chance: random.Random) -> list[Receipt]:
    """Take exports in a few at a time and apply between, while the server fails and a person withdraws."""
    receipts: list[Receipt] = []
    while exports:
        some, exports = exports[:6], exports[6:]
        receipts += clinic.take(*some)
        server.fail(chance.choice(FAULTS), method=chance.choice(("", "PUT|POST")), at=chance.randint(1, 9))
        server.fail(slow_answer(0.01), at=chance.randint(1, 30))
        clinic.run(large=True)
        clinic.clock.advance(timedelta(seconds=31))
    return receipts


@pytest.fixture(params=[(seed, kind) for seed in range(4) for kind in ("transactions", "singly")], ids=str)
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Clinic, FaultyServer, int]]:
    seed, kind = request.param
    can = {"checks_references": True, "transactions": kind == "transactions"}
    with running_faulty(**can) as server, Clinic(tmp_path, server.base_url, "conserve") as clinic:
        yield clinic, server, seed


def test_every_acknowledged_export_is_met(scene: tuple[Clinic, FaultyServer, int]) -> None:
    clinic, server, seed = scene
    chance, exports = random.Random(seed), inputs(seed)
    receipts = taken(clinic, server, exports, chance)
    accepted = sorted({receipt.sha256 for receipt in receipts if receipt.outcome == "accepted"})
    withdrawn = set(chance.sample(accepted, 3))
    for sha256 in withdrawn:
        clinic.site.store.withdraw(sha256, *PERSON, clinic.clock.now())
    server.heal()
    settled(clinic)

    sums = Counter(receipt.outcome for receipt in receipts)
    assert sum(sums.values()) == len(exports)
    assert sums["quarantined"] == len({row.sha256 for row in clinic.site.store.quarantined()})
    assert untrue(clinic) == []
    standing, gone = documents(server)
    contents = {sha(content): hash_of(content) for content in exports}
    assert standing == Counter(contents[one] for one in accepted if one not in withdrawn)
    assert gone <= {contents[one] for one in withdrawn}
    assert clinic.site.store.parked() == []


def settled(clinic: Clinic) -> None:
    for _ in range(20):
        clinic.clock.advance(timedelta(minutes=1))
        clinic.run(large=True)
    assert clinic.site.store.due("charts") == 0


def hash_of(content: bytes) -> str:
    return base64.b64encode(hashlib.sha1(content).digest()).decode()


def documents(server: FaultyServer) -> tuple[Counter[str], set[str]]:
    """The exports that the server has documents of, by hash: those that stand, and those taken back."""
    found = [read(body) for body in server.stored("DocumentReference")]
    hashes = [(one["content"][0]["attachment"]["hash"], one["status"] == "entered-in-error") for one in found]
    return Counter(hash for hash, back in hashes if not back), {hash for hash, back in hashes if back}
