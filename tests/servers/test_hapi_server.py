"""How the real server is built and started, with stand-ins for Java and Maven: reasons, bounds, and no second build."""

import time
from pathlib import Path

import pytest

from tests.servers import hapi_server
from tests.servers.hapi_server import running_hapi
from tests.servers.maven import ServerUnavailable, stamp_of

READY = "echo READY http://127.0.0.1:1/fhir; exec sleep 600"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that is searched for programs before the system's own, with an empty build beside it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(hapi_server, "TARGET", tmp_path / "target")
    return folder


def stand_in(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")
    path.chmod(0o755)


def reason(within: float = 10.0) -> str:
    with pytest.raises(ServerUnavailable) as unavailable, running_hapi(start_seconds=within):
        pass
    return unavailable.value.reason


def test_missing_programs_are_named(programs: Path) -> None:
    assert reason() == "java is not installed"
    stand_in(programs, "java", "exit 0")
    assert reason() == "mvn is not installed"


def test_a_failed_build_gives_the_first_error_of_maven_and_is_tried_again(programs: Path) -> None:
    stand_in(programs, "java", READY)
    stand_in(programs, "mvn", "echo '[ERROR] Could not transfer artifact'; echo '[ERROR] more'; exit 1")
    assert reason() == "mvn failed with 1: [ERROR] Could not transfer artifact"
    stand_in(programs, "mvn", "exit 0")
    with running_hapi() as server:
        assert server.base_url == "http://127.0.0.1:1/fhir"


def test_what_is_built_is_not_built_again(programs: Path) -> None:
    stand_in(programs, "java", READY)
    stand_in(programs, "mvn", f"echo build >> {programs / 'builds'}")
    for _ in range(2):
        with running_hapi():
            pass
    stamp_of(hapi_server.TARGET).write_text("of other sources")
    with running_hapi():
        pass
    assert (programs / "builds").read_text() == "build\nbuild\n"


def test_a_server_that_dies_while_starting_says_why(programs: Path) -> None:
    stand_in(programs, "mvn", "exit 0")
    stand_in(programs, "java", "echo 'Caused by: no memory' >&2; echo '  at somewhere' >&2; exit 1")
    assert reason() == "the server ended while starting: Caused by: no memory"


def test_a_server_that_never_is_ready_is_ended(programs: Path) -> None:
    stand_in(programs, "mvn", "exit 0")
    stand_in(programs, "java", "exec sleep 600")
    began = time.monotonic()
    assert reason(within=1.0) == "the server was not ready within 1 s"
    assert time.monotonic() - began < 5
