"""The real servers that a test run shares: each started by the first test that asks for it, stopped at the end.

Tests that use it carry `pytest.mark.server`. Under pytest-xdist every worker would start a server of its own, so run
them in one process: `pytest -m server -n0` (or `-p no:xdist`).
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from fhir_profiles.engine import process
from tests.servers.hapi_server import HapiServer, running_hapi
from tests.servers.maven import ServerUnavailable, ensure_built, program
from tests.servers.real_servers import running_medplum, running_sekmet
from tests.servers.shapes import Written, everything


@pytest.fixture(scope="session")
def hapi() -> Iterator[HapiServer]:
    """Yield HAPI."""
    yield from had(running_hapi())


@pytest.fixture(scope="session")
def sekmet() -> Iterator[HapiServer]:
    """Yield SEKMET."""
    yield from had(running_sekmet())


@pytest.fixture(scope="session")
def absolute() -> Iterator[HapiServer]:
    """Yield a SEKMET that makes every reference absolute when it answers."""
    yield from had(running_sekmet("absolute"))


@pytest.fixture(scope="session")
def medplum() -> Iterator[HapiServer]:
    """Yield Medplum's router over its memory."""
    yield from had(running_medplum())


@pytest.fixture(scope="session")
def engine_home() -> Path:
    """Return the folder of the built validator engine."""
    try:
        program("java")
        ensure_built(process.PROJECT, process.BUILT)
    except ServerUnavailable as unavailable:
        give_up(unavailable.reason)
    return process.BUILT


@pytest.fixture(scope="session")
def engine(engine_home: Path) -> Iterator[process.Engine]:
    """Yield the validator engine with our definitions."""
    with process.running(engine_home, definitions=[process.OURS]) as running:
        yield running


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Return every shape of resource that the bridge can write, for the validators."""
    return everything(tmp_path_factory.mktemp("written"))


def had(starting: AbstractContextManager[HapiServer]) -> Iterator[HapiServer]:
    """Yield the running server; where it cannot be had, skip (fail if PUMPBRIDGE_REQUIRE_ALL is 1)."""
    try:
        with starting as server:
            yield server
    except ServerUnavailable as unavailable:
        give_up(unavailable.reason)


def give_up(reason: str) -> None:
    """Skip, or fail where the run must be complete."""
    if os.environ.get("PUMPBRIDGE_REQUIRE_ALL") == "1":
        pytest.fail(f"a real server is not to be had: {reason}", pytrace=False)
    pytest.skip(f"a real server is not to be had: {reason}")
