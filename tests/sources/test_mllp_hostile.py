"""Senders that want to break the listener; meanwhile another one is served, and afterwards a new one is too."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from bridge.sources.mllp_connection import MAX_REFUSED
from bridge.sources.mllp_port import Limits
from bridge.sources.mllp_writer import Numbers
from bridge.store.open import open_store
from bridge.store.protocol import NewExport
from tests.adapters.hl7_messages import continuous, framed
from tests.hospital import NOW
from tests.sources.mllp_serving import FINGERPRINTS, QUICK, Client, Serving, code, serving

ORIGINAL = {"accept": "", "application": ""}
CONTENT = framed(continuous("EVIL", **ORIGINAL))
SLOWEST = 5.0
"""How long the other sender may wait for an answer on a busy machine; undisturbed it waits some milliseconds."""


@contextmanager
def another_served(running: Serving) -> Iterator[list[float]]:
    """Another sender at work all the while: a message after the other; how long each answer took."""
    took: list[float] = []
    stop = threading.Event()

    def work() -> None:
        with Client(running.address) as client:
            while not stop.is_set() or not took:
                number = len(took)
                at = f"20260302{number // 3600 % 24:02}{number // 60 % 60:02}{number % 60:02}+0000"
                began = time.monotonic()
                answer = client.ask(continuous(f"GOOD-{number}", at=at, **ORIGINAL))
                assert answer[1] == f"MSA|AA|GOOD-{number}"
                took.append(time.monotonic() - began)
                time.sleep(0.01)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield took
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()
    with Client(running.address) as client:
        assert code(client.ask(continuous("AFTER", at="20260303101500+0000", **ORIGINAL))) == "AA"


def poured(client: Client, content: bytes, most: int) -> int:
    """Send the same again and again until the other side has had enough; how many bytes it took."""
    client.socket.settimeout(2)
    sent = 0
    with suppress(OSError):
        while sent < most:
            client.send(content)
            sent += len(content)
    return sent


def a_field_without_end(client: Client) -> None:
    client.send(CONTENT[:200])
    assert poured(client, b"9" * 100_000, 100_000_000) < 40_000_000


def messages_without_a_start(client: Client) -> None:
    poured(client, CONTENT[1:], 5_000_000)


def messages_without_an_end(client: Client) -> None:
    poured(client, CONTENT[:-2], 5_000_000)


def ends_only(client: Client) -> None:
    poured(client, b"\x1c\r" * 1000, 5_000_000)


def tiny_frames(client: Client) -> None:
    poured(client, b"\x0b.\x1c\r" * 20_000, 5_000_000)


def returns_only(client: Client) -> None:
    poured(client, framed(continuous("EVIL", **ORIGINAL) + b"\r" * 150_000), 3_000_000)


def heads_of_returns(client: Client) -> None:
    poured(client, framed(b"MSH|^~\\&|" + b"\r\n" * 5_000 + b"X|\r"), 3_000_000)


def patients_of_tildes(client: Client) -> None:
    poured(client, framed(continuous("EVIL", **ORIGINAL).replace(b"0048213", b"~" * 150_000)), 3_000_000)


def noise(client: Client) -> None:
    poured(client, os.urandom(100_000), 5_000_000)


def a_reset_in_the_middle(client: Client) -> None:
    client.send(CONTENT[:500])
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")


def never_reads(client: Client) -> None:
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    poured(client, CONTENT * 50, 20_000_000)


HOSTILE: list[Callable[[Client], None]] = [
    a_field_without_end, messages_without_a_start, messages_without_an_end, ends_only, tiny_frames, returns_only,
    heads_of_returns, patients_of_tildes, noise, a_reset_in_the_middle, never_reads,
]  # fmt: skip


@pytest.mark.parametrize("act", HOSTILE, ids=lambda act: act.__name__)
def test_another_sender_is_served_meanwhile(act: Callable[[Client], None], tmp_path: Path) -> None:
    limits = Limits(message_bytes=200_000, idle=30, frame=2, answer=0.5, connections=8)
    with serving(tmp_path, limits) as running:
        with another_served(running) as took:
            for _ in range(3):
                with Client(running.address) as client:
                    act(client)
        assert max(took) < SLOWEST
        assert len(list(running.store.accepted())) >= len(took) + 1


def test_many_who_never_read_hold_up_nobody(tmp_path: Path) -> None:
    """Connection 1 and 2: four of them at once; nothing of them is read while their answers are not."""
    limits = Limits(message_bytes=200_000, idle=30, frame=5, answer=2, connections=32)
    with serving(tmp_path, limits) as running, another_served(running) as took:
        threads = [threading.Thread(target=_deaf, args=(running.address,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in threads)
    assert max(took) < SLOWEST


def _deaf(address: tuple[str, int]) -> None:
    with suppress(OSError), Client(address) as client:
        never_reads(client)


def resident() -> int:
    """The memory of this process, in bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_a_hundred_megabytes_in_one_field_need_no_memory(tmp_path: Path) -> None:
    """Eight senders of a field without end, at once: each is ended at the limit, and nothing of it is kept."""
    limits = Limits(message_bytes=1_000_000, idle=30, frame=10, answer=1)
    with serving(tmp_path, limits) as running:
        with Client(running.address) as client:
            assert code(client.ask(continuous("FIRST", **ORIGINAL))) == "AA"
        before, most = resident(), 0
        threads = [threading.Thread(target=_endless, args=(running.address,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            most = max(most, resident())
            time.sleep(0.01)
        assert most - before < 8 * 8_000_000
        assert len(list(running.store.accepted())) == 1


def _endless(address: tuple[str, int]) -> None:
    with Client(address) as client:
        a_field_without_end(client)


def test_a_message_somewhat_too_long_hears_that_it_is(tmp_path: Path) -> None:
    """A sender that writes all of it before it reads: its answer must not be lost with the connection."""
    content = framed(continuous("LONG", **ORIGINAL) + b"NTE|" + b"x" * 190_000 + b"\r" + b"NTE|" + b"x" * 150_000)
    with serving(tmp_path, QUICK) as running:
        for _ in range(10):
            with Client(running.address) as client:
                client.send(content)
                time.sleep(0.05)
                answer = client.answer()
                assert answer[1] == "MSA|AR|LONG"
                assert client.ended()


def test_a_packet_of_nonsense_fills_no_store(tmp_path: Path) -> None:
    """Thousands of refused frames in one packet: the connection ends after the first hundred of them."""
    with serving(tmp_path) as running, Client(running.address) as client:
        client.send(b"".join(framed(b"MSH|^~\\&|X||||||NO|%d|P|2.6\r" % number) for number in range(2_000)))
        answers = [code(client.answer()) for _ in range(MAX_REFUSED)]
        assert answers == ["AR"] * MAX_REFUSED
        assert client.ended()
        assert len(list(running.store.quarantined())) <= 2 * MAX_REFUSED


def test_a_frame_in_a_thousand_packets_between_others(tmp_path: Path) -> None:
    content = framed(continuous("SLOW", **ORIGINAL))
    with serving(tmp_path, Limits(idle=30, frame=20)) as running, another_served(running) as took:
        with Client(running.address) as client:
            for place in range(0, len(content), 2):
                client.send(content[place : place + 2])
                time.sleep(0.001)
            assert client.answer()[1] == "MSA|AA|SLOW"
        assert took


def test_a_pump_at_another_patient_is_another_course(tmp_path: Path) -> None:
    """No message is charted for whom the pump was at before; two patients in one message are refused."""
    first = continuous("P-1", **ORIGINAL)
    other = continuous("P-2", at="20260302111500+0000", **ORIGINAL).replace(b"0048213", b"0051377")
    twice = continuous("P-3", at="20260302121500+0000", **ORIGINAL)
    pid = next(segment for segment in twice.split(b"\r") if segment.startswith(b"PID"))
    twice = twice.replace(pid, pid + b"\r" + pid.replace(b"0048213", b"0051377"))
    with serving(tmp_path) as running, Client(running.address) as client:
        assert [code(client.ask(content)) for content in (first, other, twice)] == ["AA", "AA", "AE"]
        found = {(course.patient.rpartition("#")[2], course.pump.serial) for course in running.store.courses()}
        assert found == {("0048213", "LV70001"), ("0051377", "LV70001")}
        assert [row.code for row in running.store.quarantined()] == ["patients-several"]


def test_of_a_message_only_its_number_and_its_hash_are_remembered(tmp_path: Path) -> None:
    """Ten thousand numbers are remembered, and a message may be as long as the limit."""
    content = bytes(bytearray(100_000))
    with closing(open_store(tmp_path / "store.sqlite", FINGERPRINTS)) as store:
        numbers = Numbers(store)
        held = sys.getrefcount(content)
        for number in range(5):
            assert numbers.refused(NewExport("0" * 64, content, f"N-{number}", "pumps", NOW)) is None
        again = numbers.refused(NewExport("1" * 64, b"", "N-0", "pumps", NOW))
        assert again is not None
        assert sys.getrefcount(content) == held
