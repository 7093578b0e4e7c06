"""`pumpbridge capture`: a file, the store or both; what was wrong, and what to do; and the daemon's serial ports."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.serial_capture import ADAPTER
from bridge.config import load
from bridge.errors import EXIT_PORT, EXIT_QUARANTINED, EXIT_USAGE, ExportError
from tests.capture.answering import SECTIONS, Reading, error, log
from tests.capture.peer import Peer, on_pty, on_socket
from tests.cli.shell import COMMAND, Shell


def test_a_capture_into_a_file(shell: Shell) -> None:
    with on_pty(Peer(Reading(events=log(60)))) as port:
        done = shell("capture", port, "--out", "one.txt")
    assert "pump Invented Pumps IP-40 JX300099" in done.out
    assert "13 sections, 60 events" in done.out
    file = shell.folder / "one.txt"
    assert file.stat().st_mode & 0o777 == 0o600
    (found,) = ADAPTER.read(file.read_bytes())
    assert len(found.channel.events) == 60
    inspected = shell.json("inspect", "one.txt")
    assert "400.00 mcg/day" in json.dumps(inspected)


def test_the_facts_as_one_document(shell: Shell) -> None:
    with on_socket(Peer(Reading())) as port:
        facts = shell.json("capture", port, "--out", "one.txt")
    content = (shell.folder / "one.txt").read_bytes()
    assert facts["pump"] == {"manufacturer": "Invented Pumps", "model": "IP-40", "serial": "JX300099"}
    assert (facts["port"], facts["file"], facts["events"]) == (port, "one.txt", 2)
    assert facts["sha256"] == hashlib.sha256(content).hexdigest()
    assert facts["sections"] == list(SECTIONS)
    assert "import" not in facts


def test_a_capture_into_the_store_and_its_file_again(site: Shell) -> None:
    with on_socket(Peer(Reading())) as port:
        facts = site.json("capture", port, "--import", "--out", "one.txt", "--source", "clinic-2")
    assert facts["import"]["outcome"] == "accepted"
    assert site.json("import", "one.txt")["known"] == 1
    assert "JX300099" in site("pumps").out
    assert "clinic-2" in site("status", "--json", status=None).out


def test_two_captures_of_one_reading_are_one_course_that_does_not_disagree(site: Shell) -> None:
    with on_socket(Peer(Reading())) as port:
        site("capture", port, "--import")
    with on_socket(Peer(Reading(page=200))) as port:
        site("capture", port, "--import")
    assert len(site.json("pumps")["pumps"]) == 1
    assert "exports-disagree" not in site("findings", "--json", status=None).out


def test_what_cannot_be_represented_is_quarantined(site: Shell) -> None:
    sections = {**SECTIONS, "session": ("number | 41",)}
    with on_socket(Peer(Reading(sections=sections))) as port:
        done = site("capture", port, "--import", status=EXIT_QUARANTINED)
    assert "session-start-missing" in done.out
    assert len(site.json("quarantine", "list", status=EXIT_QUARANTINED)["quarantined"]) == 1


def test_a_capture_needs_a_place_to_go_and_replaces_nothing(shell: Shell) -> None:
    assert "--import" in shell("capture", "/dev/null", status=EXIT_USAGE).err
    (shell.folder / "one.txt").write_text("mine")
    peer = Peer(Reading())
    with on_socket(peer) as port:
        assert "file-exists" in shell("capture", port, "--out", "one.txt", status=EXIT_USAGE).err
    assert peer.heard == []
    assert (shell.folder / "one.txt").read_text() == "mine"
    assert "file-unwritable" in shell("capture", "/dev/null", "--out", "no/one.txt", status=EXIT_USAGE).err


@pytest.mark.parametrize(
    ("port", "code", "status"),
    [
        ("/dev/no-such-port", "port-missing", EXIT_PORT),
        ("/dev/null", "port-not-serial", EXIT_PORT),
        ("socket://127.0.0.1:1", "port-unreachable", EXIT_PORT),
        ("spy:///dev/ttyUSB0", "port-name", EXIT_USAGE),
    ],
)
def test_a_port_that_cannot_be_used_leaves_no_file(shell: Shell, port: str, code: str, status: int) -> None:
    done = shell("capture", port, "--out", "one.txt", status=status)
    assert f"error {code}" in done.err
    assert "remedy:" in done.err
    assert list(shell.folder.iterdir()) == []


def test_what_came_of_a_capture_that_failed_can_be_looked_at_and_not_imported(site: Shell) -> None:
    other = Reading(token=9)
    swapped = Peer(Reading(), lambda number, request, answer: answer if number < 6 else other.answer(request))
    with on_socket(swapped) as port:
        done = site("capture", port, "--import", "--out", "one.txt", status=EXIT_PORT)
    assert "error capture-pump-changed" in done.err
    assert "cannot be imported" in done.err
    assert site.json("pumps")["pumps"] == []
    with pytest.raises(ExportError):
        ADAPTER.read((site.folder / "one.txt").read_bytes())
    rows = site.json("import", "one.txt", status=EXIT_QUARANTINED)["rows"]
    assert [row["code"] for row in rows] == ["capture-incomplete"]


def test_a_programmer_without_a_reading_says_what_to_do(shell: Shell) -> None:
    with on_socket(Peer(Reading(), lambda number, request, answer: error(request[4], 1))) as port:
        done = shell("capture", port, "--out", "one.txt", status=EXIT_PORT)
    assert "programmer-no-reading" in done.err
    assert "interrogate the pump" in done.err


@pytest.mark.slow
def test_a_capture_can_be_interrupted(shell: Shell) -> None:
    peer = Peer(Reading(), lambda number, request, answer: b"")
    with (
        on_socket(peer) as port,
        subprocess.Popen(
            [*COMMAND, "capture", port, "--out", "one.txt"], cwd=shell.folder, stderr=subprocess.PIPE, text=True
        ) as process,
    ):
        wait_for(lambda: bool(peer.heard))
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == EXIT_PORT
    assert "capture-stopped" in said


@pytest.mark.slow
def test_the_daemon_captures_what_a_programmer_holds(site: Shell) -> None:
    peer = Peer(Reading())
    with on_pty(peer) as port:
        add(
            site.folder / "pumpbridge.toml", f'\n[[serial]]\nname = "clinic-2"\nport = "{port}"\nevery_minutes = 0.01\n'
        )
        (serial,) = load(site.folder / "pumpbridge.toml").serial
        assert (serial.name, serial.port, serial.baud) == ("clinic-2", port, 115_200)
        with running(site) as stop:
            wait_for(lambda: "JX300099" in site("pumps").out)
            wait_for(lambda: len(peer.heard) > 25)
            stop()
        asked = len(peer.heard)
        with running(site) as stop:  # started again, it leaves alone what it has
            wait_for(lambda: len(peer.heard) > asked + 3)
            stop()
        assert {request[5] for request in peer.heard[asked:]} == {1}, "nothing but IDENTITY was asked for"
    (pump,) = site.json("pumps")["pumps"]
    assert pump["exports"] == 1
    assert {request[5] for request in peer.heard} <= {1, 2, 3, 4, 5}
    assert "clinic-2" in site("status", "--json", status=None).out


@contextmanager
def running(site: Shell) -> Iterator[Callable[[], None]]:
    """A daemon, and what stops it."""
    with subprocess.Popen([*COMMAND, "run", "--log-json"], cwd=site.folder, stderr=subprocess.PIPE) as process:

        def stop() -> None:
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0

        try:
            yield stop
        finally:
            process.kill()


def add(file: Path, text: str) -> None:
    file.write_text(file.read_text() + text)


def wait_for(true: object, seconds: float = 40.0) -> None:
    assert callable(true)
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.1)
