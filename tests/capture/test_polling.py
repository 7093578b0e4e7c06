"""The ports of a site: asked in threads, captured once a reading, logged when they go and when they return."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapters.serial_capture import ADAPTER
from bridge.clock import FixedClock
from bridge.sources.serial_polling import SerialPorts, Watched, reading_in
from bridge.sources.serial_port import Patience
from bridge.store.protocol import NewExport
from tests.capture.answering import PUMP, SECTIONS, Reading, error
from tests.capture.peer import Peer, on_pty, on_socket

CLOCK = FixedClock(datetime(2025, 6, 2, 8, 11, 30, tzinfo=UTC))
QUICK = Patience(silence=0.4, gap=0.05, busy=0.05, total=5.0)
ENOUGH = 20.0


def watched(name: str, port: str) -> Watched:
    return Watched(name, port, 115_200, every=0.05, settle=0.01, longest=0.1)


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + ENOUGH
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)


def taken(ports: SerialPorts, count: int) -> list[NewExport]:
    found: list[NewExport] = []

    def enough() -> bool:
        found.extend(ports.captures())
        return len(found) >= count

    until(enough)
    return found


def test_a_reading_is_captured_once_however_often_it_is_asked_for() -> None:
    peer = Peer(Reading())
    with on_pty(peer) as name, SerialPorts([watched("clinic-2", name)], CLOCK, QUICK) as ports:
        (export,) = taken(ports, 1)
        asked = len(peer.heard)
        until(lambda: len(peer.heard) > asked + 2)
        assert list(ports.captures()) == []
        peer.reading = Reading(token=77)
        (second,) = taken(ports, 1)
    assert (export.source, export.name, export.received) == ("clinic-2", "capture.txt", CLOCK.now())
    assert ADAPTER.read(export.content)
    assert second.sha256 != export.sha256


def test_a_reading_that_an_earlier_process_captured_is_left_alone() -> None:
    peer = Peer(Reading())
    with on_pty(peer) as name:
        port = watched("clinic-2", name)
        with SerialPorts([port], CLOCK, QUICK) as ports:
            (export,) = taken(ports, 1)
        asked = len(peer.heard)
        kept = {"clinic-2": export.content}
        with SerialPorts([port], CLOCK, QUICK, kept.get) as ports:
            until(lambda: len(peer.heard) > asked + 2)
            assert list(ports.captures()) == []
            peer.reading = Reading(token=77)
            (second,) = taken(ports, 1)
    assert second.sha256 != export.sha256


def test_what_is_no_whole_transcript_names_no_reading() -> None:
    with on_pty(Peer(Reading())) as name, SerialPorts([watched("a", name)], CLOCK, QUICK) as ports:
        (export,) = taken(ports, 1)
    found = reading_in(export.content)
    assert found is not None
    assert found.token == Reading().token
    assert reading_in(export.content[:-20]) is None
    assert reading_in(b"something else") is None
    assert reading_in(None) is None


def test_two_ports_do_not_wait_for_each_other() -> None:
    silent, other = Peer(Reading(), lambda number, request, answer: b""), Peer(Reading())
    with on_pty(silent) as first, on_pty(other) as second:
        both = [watched("silent", first), watched("speaks", second)]
        with SerialPorts(both, CLOCK, replace(QUICK, silence=5.0)) as ports:
            began = time.monotonic()
            assert [export.source for export in taken(ports, 1)] == ["speaks"]
            assert time.monotonic() - began < 5.0


def test_a_port_that_goes_and_returns_is_logged_once_each(tmp_path: Path) -> None:
    port = tmp_path / "ttyUSB0"
    with capture_logs() as lines:
        peer = Peer(Reading())
        with on_pty(peer) as name, SerialPorts([watched("clinic-2", str(port))], CLOCK, QUICK) as ports:
            until(lambda: bool(lines))
            time.sleep(0.3)
            port.symlink_to(name)
            taken(ports, 1)
            until(lambda: len(lines) > 1)
    told = [(line["event"], line.get("code")) for line in lines]
    assert told == [("serial_port_lost", "port-missing"), ("serial_port_returned", None)]
    assert {line["source"] for line in lines} == {"clinic-2"}


@pytest.mark.parametrize("code", [1, 5])
def test_a_programmer_that_has_nothing_to_say_yet_is_no_fault(code: int) -> None:
    ready: list[bool] = []
    peer = Peer(Reading(), lambda number, request, answer: answer if ready else error(request[4], code))
    quick = replace(QUICK, total=0.3)
    with capture_logs() as lines, on_socket(peer) as name, SerialPorts([watched("a", name)], CLOCK, quick) as ports:
        until(lambda: len(peer.heard) > 3)
        assert list(ports.captures()) == []
        ready.append(True)
        taken(ports, 1)
    assert lines == []


def test_a_capture_that_fails_is_no_export() -> None:
    other = Reading(token=9, sections={**SECTIONS, "pump": (*PUMP[:2], "serial | JX300100")})
    seen: list[int] = []

    def swap(number: int, request: bytes, answer: bytes) -> bytes:
        seen.append(number)
        return other.answer(request) if number == 5 else answer

    with on_socket(Peer(Reading(), swap)) as name, SerialPorts([watched("a", name)], CLOCK, QUICK) as ports:
        (export,) = taken(ports, 1)
    (found,) = ADAPTER.read(export.content)
    assert found.pump_identity.serial == "JX300099"


def test_it_ends_at_once_while_a_port_is_silent() -> None:
    with on_socket(Peer(Reading(), lambda number, request, answer: b"")) as name:
        ports = SerialPorts([watched("a", name)], CLOCK, replace(QUICK, silence=60, total=600))
        with ports:
            time.sleep(0.1)
            began = time.monotonic()
        assert time.monotonic() - began < 4
        assert not any(thread.is_alive() for thread in ports._threads)
