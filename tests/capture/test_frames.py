"""The deframer: whatever the line does to the bytes, a frame that is whole comes out once, and nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.wire.serial_frames import Deframer, Frame, Noise, Piece, crc16
from tests.capture.answering import frame

PAYLOADS = st.binary(max_size=1024)
FRAMES = st.builds(frame, st.integers(0, 255), st.integers(0, 255), PAYLOADS)
# Noise that holds no sync, so that what follows it is certainly a frame of its own.
STRAY = st.binary(max_size=60).map(lambda noise: noise.replace(b"\xa5", b"\x00"))


def heard(content: bytes, splits: list[int]) -> list[Piece]:
    deframer, pieces, start = Deframer(), [], 0
    for end in [*sorted(min(split, len(content)) for split in splits), len(content)]:
        pieces += deframer.feed(content[start:end])
        start = end
    return [*pieces, *deframer.silent()]


def frames_in(pieces: list[Piece]) -> list[bytes]:
    return [piece.raw for piece in pieces if isinstance(piece, Frame)]


@given(st.lists(st.tuples(STRAY, FRAMES), max_size=6), STRAY, st.lists(st.integers(0, 4000), max_size=12))
def test_frames_come_out_whatever_stands_between_them_and_however_the_bytes_are_split(
    parts: list[tuple[bytes, bytes]], after: bytes, splits: list[int]
) -> None:
    pieces = heard(b"".join(noise + whole for noise, whole in parts) + after, splits)
    assert frames_in(pieces) == [whole for _, whole in parts]


@given(st.binary(max_size=3000), st.lists(st.integers(0, 3000), max_size=12))
def test_every_byte_comes_out_once_and_in_order(content: bytes, splits: list[int]) -> None:
    assert b"".join(piece.raw for piece in heard(content, splits)) == content


@given(st.lists(st.one_of(FRAMES, st.binary(max_size=40)), max_size=5), st.lists(st.integers(0, 3000), max_size=12))
def test_how_bytes_are_split_makes_no_difference(parts: list[bytes], splits: list[int]) -> None:
    content = b"".join(parts)
    assert frames_in(heard(content, splits)) == frames_in(heard(content, []))


@given(FRAMES, st.integers(0, 10_000), st.integers(1, 255), FRAMES)
def test_a_changed_byte_costs_its_frame_and_not_the_next(first: bytes, place: int, change: int, second: bytes) -> None:
    place %= len(first)
    damaged = first[:place] + bytes((first[place] ^ change,)) + first[place + 1 :]
    found = frames_in(heard(damaged + second, []))
    assert found.count(first) <= (first == second)
    assert found[-1:] == [second]


@given(FRAMES, st.integers(1, 2000), FRAMES)
def test_a_cut_frame_costs_itself_and_not_the_next(first: bytes, cut: int, second: bytes) -> None:
    found = frames_in(heard(first[: max(0, len(first) - cut)] + second, []))
    assert found[-1:] == [second]


@given(FRAMES, st.binary(min_size=1, max_size=20), FRAMES)
def test_noise_inside_a_frame_costs_it_and_not_the_next(first: bytes, noise: bytes, second: bytes) -> None:
    middle = len(first) // 2
    assert frames_in(heard(first[:middle] + noise + first[middle:] + second, []))[-1:] == [second]


def test_a_frame_that_came_twice_is_two_frames() -> None:
    whole = frame(3, 0x83, b"words")
    assert frames_in(heard(whole + whole, [])) == [whole, whole]


def test_a_lying_length_does_not_swallow_the_frames_behind_it() -> None:
    liar = b"\xa5\x5a\x03\xe8\x00\x81"  # claims 1000 bytes that never come
    behind = frame(1, 0x82, b"page") + frame(2, 0x82, b"page")
    deframer = Deframer()
    assert frames_in(deframer.feed(liar + behind)) == []
    assert deframer.pending.startswith(liar)
    pieces = deframer.silent()
    assert pieces[0] == Noise(liar, "cut")
    assert b"".join(frames_in(pieces)) == behind
    assert deframer.pending == b""


@pytest.mark.parametrize(
    ("content", "damage"),
    [
        (b"\x00\x01hello", "stray"),
        (b"\xa5", "stray"),
        (b"\xa5\x5a\x04\x01\x00\x81", "length"),
        (frame(0, 0x81, b"abc")[:-1] + b"\x00", "crc"),
        (frame(0, 0x81, b"abc")[:-1], "cut"),
        (b"\xa5\x5a\x00", "cut"),
    ],
)
def test_noise_says_what_was_wrong_with_it(content: bytes, damage: str) -> None:
    assert [(piece.raw, getattr(piece, "damage", "")) for piece in heard(content, [])] == [(content, damage)]


def test_a_frame_gives_its_parts() -> None:
    (found,) = heard(frame(7, 0x82, b"page"), [])
    assert found == Frame(7, 0x82, b"page", frame(7, 0x82, b"page"))


def test_the_sum_is_the_one_that_the_document_names() -> None:
    assert crc16(b"123456789") == 0x29B1


def test_the_largest_frame_and_one_byte_more() -> None:
    assert len(frames_in(heard(frame(0, 0x82, bytes(1024)), []))) == 1
    assert frames_in(heard(frame(0, 0x82, bytes(1025)), [])) == []
