"""kill -9 while plans are applied, then resume: each resource is there once, none is missing, none is older."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.bench.exports import lives
from tests.crash.applying import Nursery, killed, resumed, unaccounted, wait
from tests.servers.capabilities import Capabilities
from tests.servers.faulty import Fault, FaultyServer, running_faulty, slow, slow_answer
from tests.servers.journey import KINDS, Clinic, Row, untrue

pytestmark = [pytest.mark.crash, pytest.mark.slow]

SEED = 20250620
KILLS, PUMPS = 12, 26
MOST = {"ours": 12, "ours singly": 45, "theirs": 12, "theirs singly": 45}  # requests before a kill


def rounds(pumps: int, seed: int) -> Iterable[list[bytes]]:
    """The first exports of some pumps, then the second of each."""
    return zip(*([one.content for one in life] for life in lives(pumps, 2, seed)), strict=True)  # type: ignore[return-value]


@pytest.mark.parametrize("kind", KINDS)
def test_killed_at_random_moments(tmp_path: Path, kind: str) -> None:
    chance = random.Random(f"{SEED} {kind}")
    can = {"checks_references": True, **KINDS[kind]}
    with running_faulty(**can) as server, Clinic(tmp_path, server.base_url, "crash", timeout_seconds=0.8) as clinic:
        before: dict[str, Row] = {}
        caught = 0
        for exports in rounds(PUMPS, 11):
            clinic.take(*exports)
            server.fail(slow_answer(0.004), times=None)
            caught += killed(clinic, KILLS, lambda: after(server, chance.randint(0, MOST[kind])))
            server.heal()
            assert wait(lambda: all(seen.status for seen in server.requests))  # nobody waits for it here: see Clinic
            assert {status for status, _ in resumed(clinic)} == {"applied"}
            assert untrue(clinic) == []
            assert unaccounted(before, clinic.ledger()) == []
            before = {row.key: row for row in clinic.ledger()}
        assert caught >= KILLS / 2


def after(server: FaultyServer, requests: int) -> Callable[[], bool]:
    """Whether the server has got so many more requests."""
    count = len(server.requests) + requests
    return lambda: len(server.requests) >= count


def killed_while(clinic: Clinic, has_come: Callable[[], bool]) -> None:
    """Let a process apply until something has come, and kill it there."""
    with Nursery() as nursery:
        child = nursery.start(clinic)
        assert wait(has_come)
        nursery.kill(child)


IN_FLIGHT: dict[str, Fault] = {
    "stored and not answered": slow_answer(0.3),
    "stored, and the answer lost": Fault("lost_answer", wait_after=0.3, ending="silent"),
    "stored while we look": slow(0.3),
    "never stored": Fault("never stored", works=False, wait_before=0.3, ending="silent"),
}


@pytest.mark.parametrize("kind", ["ours", "theirs"])
@pytest.mark.parametrize("fault", IN_FLIGHT)
@pytest.mark.parametrize("at", [1, 2])
def test_killed_between_begin_and_answer(tmp_path: Path, kind: str, fault: str, at: int) -> None:
    with running_faulty(**KINDS[kind]) as server, Clinic(tmp_path, server.base_url, "crash") as clinic:
        clinic.take(*next(iter(rounds(1, 11))))
        rule = server.fail(IN_FLIGHT[fault], method="POST", path="^/$", at=at)
        killed_while(clinic, lambda: rule.hits > 0)
        assert "sending" in {row.state for row in clinic.ledger()}
        resumed(clinic)
        assert wait(lambda: all(seen.status or seen.fault != "slow" for seen in server.requests))
        assert untrue(clinic) == []
        assert {row.version for row in clinic.ledger()} == {"1"}
        assert {row.state for row in clinic.ledger()} == {"confirmed"}


class Waits:
    """Sleeps as the sender would."""

    append = staticmethod(time.sleep)


def test_a_late_request_of_a_killed_process_never_overwrites_a_newer_plan(tmp_path: Path) -> None:
    first, second = rounds(1, 11)
    with running_faulty() as server, Clinic(tmp_path, server.base_url, "late", timeout_seconds=1.5) as clinic:
        clinic.slept = Waits()  # type: ignore[assignment]
        clinic.take(*first)
        rule = server.fail(slow(1.0), method="POST", path="^/$", at=2)
        killed_while(clinic, lambda: rule.hits > 0)
        clinic.take(*second)
        resumed(clinic)
        assert wait(lambda: all(seen.status for seen in server.requests))
        assert untrue(clinic) == []


def test_a_late_request_of_a_killed_process_makes_no_second_resource(tmp_path: Path) -> None:
    can = {"update_create": False, "transactions": False, "race_seconds": 0.7}
    with running_faulty(**can) as server, Clinic(tmp_path, server.base_url, "late", timeout_seconds=1.5) as clinic:
        clinic.slept = Waits()  # type: ignore[assignment]
        clinic.take(*next(iter(rounds(1, 11))))
        killed_while(clinic, lambda: any(seen.method == "PUT" for seen in server.requests))
        server.memory.can = Capabilities(update_create=False, transactions=False)
        resumed(clinic)
        assert wait(lambda: all(seen.status for seen in server.requests))
        assert untrue(clinic) == []
