"""A programmer at a serial port on the network (RFC 2217): a real server, and a real line behind it."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.serial_capture import ADAPTER
from bridge.clock import FixedClock
from bridge.errors import PortError
from bridge.sources.serial_line import opened
from bridge.sources.serial_polling import SerialPorts, Watched
from bridge.sources.serial_port import Patience, capture
from tests.capture.answering import Reading, log
from tests.capture.peer import Peer, on_pty
from tests.capture.rfc2217 import on_rfc2217, serving
from tests.cli.shell import COMMAND

CLOCK = FixedClock(datetime(2025, 6, 2, 8, 11, 30, tzinfo=UTC))
QUICK = Patience(silence=0.4, gap=0.05, busy=0.05, total=20.0, tries=4)


@contextmanager
def simulated(folder: Path) -> Iterator[str]:
    """`pumpbridge simulate programmer --pty --json`, its stdout a file; yields the path that it says."""
    said = folder / "said.json"
    with said.open("wb") as out:
        command = [*COMMAND, "simulate", "programmer", "--pty", "--json", "--speed", "0", "--baud", "0", "--for", "120"]
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL, cwd=folder)
    try:
        yield path_in(said)
    finally:
        process.terminate()
        process.wait(20)


def path_in(said: Path) -> str:
    """What the file says, as soon as it says it: whoever reads it may not have to wait until the process ends."""
    until = time.monotonic() + 30
    while not said.read_bytes().endswith(b"}\n"):
        assert time.monotonic() < until, "the path was not written in time"
        time.sleep(0.05)
    return str(json.loads(said.read_bytes())["answers_at"])


def test_capture_over_the_network_reads_what_it_reads_at_the_port(tmp_path: Path) -> None:
    """The command as a process, at another speed than the server's own; then the same port without the network."""
    with simulated(tmp_path) as device:
        with serving(device) as server:
            facts = captured(server.name, tmp_path / "network.txt", "--baud", "57600")
        assert (server.clients, server.speeds) == (1, [57_600])
        captured(device, tmp_path / "port.txt")
    assert facts["port"] == server.name
    transcript = (tmp_path / "network.txt").read_bytes()
    assert transcript.startswith(b"pumpbridge-capture\t1\tport=rfc2217\t")
    (over_network,), (at_port,) = ADAPTER.read(transcript), ADAPTER.read((tmp_path / "port.txt").read_bytes())
    assert over_network.pump_identity == at_port.pump_identity
    assert len(over_network.channels[0].events) == len(at_port.channels[0].events)


def captured(port: str, out: Path, *more: str) -> dict[str, object]:
    command = [*COMMAND, "capture", port, "--out", str(out), "--json", *more]
    done = subprocess.run(command, capture_output=True, timeout=120, cwd=out.parent)
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_every_byte_goes_through(tmp_path: Path) -> None:
    """A long log: pages and sums with 0xFF in them, which the network's protocol doubles."""
    doubled: list[int] = []

    def counted(number: int, request: bytes, answer: bytes) -> bytes:
        doubled.append(answer.count(0xFF))
        return answer

    with on_rfc2217(Peer(Reading(token=0xFFFE00FF, events=log(400)), counted)) as name, opened(name) as port:
        found = capture(port, CLOCK, QUICK)
    assert found.error is None
    assert sum(doubled) > 3
    (read,) = ADAPTER.read(found.transcript)
    assert len(read.channel.events) == 400


def test_a_server_that_goes_away_is_said(tmp_path: Path) -> None:
    with on_pty(Peer(Reading(events=log(400)), baud=57_600)) as device, serving(device) as server:
        threading.Timer(0.5, server.stopping.set).start()
        with opened(server.name) as port:
            found = capture(port, CLOCK, QUICK)
    assert found.error is not None
    assert found.error.code in ("port-gone", "capture-incomplete", "port-silent")


@pytest.mark.parametrize("says", [b"", b"SSH-2.0-none\r\n"], ids=["silent", "talks"])
def test_what_is_no_such_server_is_said_within_seconds(says: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            client, _ = listening.accept()
            with client:
                client.sendall(says)
                while client.recv(1024):
                    pass

        thread = threading.Thread(target=answer)
        thread.start()
        began = time.monotonic()
        with pytest.raises(PortError) as caught, opened(f"rfc2217://127.0.0.1:{listening.getsockname()[1]}"):
            pass
        assert time.monotonic() - began < 30
        assert caught.value.code == "port-unreachable"
        assert "socket://" in caught.value.remedy
        thread.join(20)


def test_a_watched_port_on_the_network_comes_back(tmp_path: Path) -> None:
    """The daemon's turns: captured once, left alone, and again once the programmer holds another reading."""
    peer = Peer(Reading())
    with on_pty(peer) as device, serving(device) as server:
        watched = Watched("clinic", server.name, 115_200, every=0.1, settle=0.1, longest=1.0)
        with SerialPorts([watched], CLOCK, QUICK) as ports:
            first = taken(ports)
            peer.reading = Reading(token=0x5EED0002, events=log(3))
            second = taken(ports)
    assert first != second
    assert server.clients > 1


def taken(ports: SerialPorts) -> bytes:
    until = time.monotonic() + 30
    while True:
        for export in ports.captures():
            return export.content
        assert time.monotonic() < until, "nothing was captured in time"
        time.sleep(0.05)
