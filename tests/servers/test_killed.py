"""kill -9 at 50 random moments of applying to the real server: each resource is there once, and none is older."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench.exports import lives
from tests.crash.applying import killed, resumed, soon_after_begin, unaccounted
from tests.servers.hapi_server import HapiServer
from tests.servers.journey import Clinic, Row, untrue

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.crash]

SEED = 20250620
KILLS, PUMPS = 25, 27  # a round; there are two
LONGEST = 0.25


def moment(clinic: Clinic, chance: random.Random) -> Callable[[], bool]:
    """Mostly while something is sent, else at any time."""
    seconds = chance.uniform(0.0, LONGEST)
    if chance.random() < 0.8:
        return soon_after_begin(clinic, seconds)
    until = time.monotonic() + seconds
    return lambda: time.monotonic() >= until


def test_killed_fifty_times(hapi: HapiServer, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    first, second = zip(*([one.content for one in life] for life in lives(PUMPS, 2, 41)), strict=True)
    with Clinic(tmp_path, hapi.base_url, "killed", shared=True) as clinic:
        before: dict[str, Row] = {}
        caught = 0
        for exports in (first, second):
            clinic.take(*exports)
            caught += killed(clinic, KILLS, lambda: moment(clinic, chance), courses=1)
            assert {status for status, _ in resumed(clinic)} <= {"applied"}
            assert untrue(clinic) == []
            assert unaccounted(before, clinic.ledger()) == []
            before = {row.key: row for row in clinic.ledger()}
        assert caught >= KILLS / 2
