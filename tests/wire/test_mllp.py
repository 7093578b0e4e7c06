"""MLLP frames, byte by byte (numbers: invariants of bridge/wire/mllp.py)."""

from __future__ import annotations

import random

import pytest

from bridge.errors import Bug
from bridge.wire.mllp import FrameError, Framer, framed, unframed

ONE, TWO = framed(b"MSH|one\r"), framed(b"MSH|two\r")


def test_whatever_the_packets_the_frames_are_the_same() -> None:
    """Invariant 1."""
    content, chance = (ONE + TWO) * 20, random.Random(1)
    for _ in range(50):
        framer, found, place = Framer(1000), list[bytes](), 0
        while place < len(content):
            length = chance.choice((1, 2, 3, 7, 50, 400))
            found += framer.feed(content[place : place + length])
            place += length
        assert found == [ONE, TWO] * 20
        assert not framer.is_open


def test_a_frame_comes_out_with_its_last_byte_and_not_before() -> None:
    """Invariant 1."""
    framer = Framer(1000)
    for byte in ONE[:-1]:
        assert list(framer.feed(bytes([byte]))) == []
        assert framer.is_open
    assert list(framer.feed(ONE[-1:])) == [ONE]


def test_blanks_between_frames_are_dropped() -> None:
    """Invariant 2."""
    assert list(Framer(100).feed(b"\r\n" + ONE + b" \n" + TWO + b"\r")) == [ONE, TWO]


@pytest.mark.parametrize(
    "content",
    [b"MSH|no start", b"\x1c\r", b"\x0bMSH\x0bMSH\x1c\r", b"\x0bMSH\x1cX", b"\x0bMSH\x1c\x0b", b"\r\nx"],
)
def test_what_is_no_frame_is_refused_after_the_frames_before_it(content: bytes) -> None:
    """Invariant 2."""
    for packets in ([ONE + content], [ONE, *(bytes([byte]) for byte in content)]):
        framer, found = Framer(100), list[bytes]()
        with pytest.raises(FrameError) as caught:
            for packet in packets:
                for frame in framer.feed(packet):
                    found.append(frame)
        assert found == [ONE]
        assert (caught.value.code, bool(caught.value.remedy)) == ("frame-unreadable", True)


def test_a_frame_without_end_is_refused_at_the_limit() -> None:
    """Invariant 3."""
    framer = Framer(10_000)
    list(framer.feed(b"\x0b"))
    with pytest.raises(FrameError) as caught:
        for _ in range(1000):
            list(framer.feed(b"9" * 1000))
            assert len(framer.pending) <= 11_000
    assert caught.value.code == "export-too-large"
    assert list(Framer(len(ONE)).feed(ONE)) == [ONE]
    with pytest.raises(FrameError):
        list(Framer(len(ONE) - 1).feed(ONE))


def test_what_is_written_is_read() -> None:
    assert unframed(framed(b"MSH|x\r")) == b"MSH|x\r"
    with pytest.raises(Bug):
        framed(b"a\x1cb")
