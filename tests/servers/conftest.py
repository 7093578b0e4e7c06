"""The one HAPI server that a test run shares: started by the first test that asks, stopped at the end.

Tests that use it carry `pytest.mark.server`. Under pytest-xdist every worker would start a server of its own, so run
them in one process: `pytest -m server -n0` (or `-p no:xdist`).
"""

import os
from collections.abc import Iterator

import pytest

from tests.servers.hapi_server import HapiServer, running_hapi
from tests.servers.maven import ServerUnavailable


@pytest.fixture(scope="session")
def hapi() -> Iterator[HapiServer]:
    """Yield the running server; where it cannot be had, skip (fail if PUMPBRIDGE_REQUIRE_ALL is 1)."""
    try:
        with running_hapi() as server:
            yield server
    except ServerUnavailable as unavailable:
        give_up(unavailable.reason)


def give_up(reason: str) -> None:
    """Skip, or fail where the run must be complete."""
    if os.environ.get("PUMPBRIDGE_REQUIRE_ALL") == "1":
        pytest.fail(f"a real server is not to be had: {reason}", pytrace=False)
    pytest.skip(f"a real server is not to be had: {reason}")
