"""A capture over a real line (a pseudo-terminal, TCP) against a programmer that misbehaves in one way at a time."""

from __future__ import annotations

import errno
import random
import struct
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from adapters.serial_capture import ADAPTER
from bridge.clock import FixedClock
from bridge.errors import EXIT_PORT, ExportError, PortError, UsageError
from bridge.sources.serial_line import _REASONS, _not_opened, kind_of, opened
from bridge.sources.serial_port import Captured, Patience, capture
from tests.capture.answering import PUMP, SECTIONS, Reading, error, frame, log
from tests.capture.peer import Deal, Peer, on_pty, on_socket
from tests.capture.rfc2217 import on_rfc2217

CLOCK = FixedClock(datetime(2025, 6, 2, 8, 11, 30, tzinfo=UTC))
# Long enough that a busy machine is not taken for a silent line.
QUICK = Patience(silence=0.4, gap=0.05, busy=0.05, total=20.0, tries=4)
Line = Callable[[Peer], AbstractContextManager[str]]
LINES = pytest.mark.parametrize("line", [on_socket, on_pty, on_rfc2217], ids=["socket", "pty", "rfc2217"])


def captured(peer: Peer, line: Line = on_socket, patience: Patience = QUICK) -> Captured:
    with line(peer) as name, opened(name) as port:
        return capture(port, CLOCK, patience)


def numbers(found: Captured) -> object:
    """What was read, without the places: they are lines of the transcript, which retries move."""
    from tests.adapters.sessions import bare

    assert found.error is None, found.error
    (interrogation,) = ADAPTER.read(found.transcript)
    return bare(interrogation)


def only_reads(peer: Peer) -> bool:
    return {request[5] for request in peer.heard} <= {1, 2, 3, 4, 5}


PLAIN = numbers(captured(Peer(Reading())))


@LINES
def test_a_capture_is_whole_and_read(line: Line) -> None:
    peer = Peer(Reading())
    assert numbers(captured(peer, line)) == PLAIN
    assert only_reads(peer)


@LINES
def test_a_long_log_comes_whole_and_in_order(line: Line) -> None:
    found = captured(Peer(Reading(events=log(500))), line)
    (interrogation,) = ADAPTER.read(found.transcript)
    events = interrogation.channel.events
    assert [event.number.text for event in events if event.number] == [f"{n:05}" for n in range(1, 501)]


def test_a_log_with_holes_comes_whole() -> None:
    rows = (*log(3, 5), *log(40, 900), *log(2, 70_000))
    (interrogation,) = ADAPTER.read(captured(Peer(Reading(events=rows))).transcript)
    assert len(interrogation.channel.events) == 45


def test_small_pages_and_a_window_of_one() -> None:
    assert numbers(captured(Peer(Reading(page=120, window=1)))) == PLAIN


# --- a bad line ------------------------------------------------------------------------------------------------------


def lost(number: int, request: bytes, answer: bytes) -> bytes:
    return b"" if number % 5 == 0 else answer


def damaged(number: int, request: bytes, answer: bytes) -> bytes:
    return answer[:-3] + bytes((answer[-3] ^ 0x10,)) + answer[-2:] if number % 3 == 0 else answer


def cut(number: int, request: bytes, answer: bytes) -> bytes:
    return answer[: len(answer) // 2] if number % 5 == 0 else answer


def doubled(number: int, request: bytes, answer: bytes) -> bytes:
    return answer + answer


def with_garbage(number: int, request: bytes, answer: bytes) -> bytes:
    chance = random.Random(number)
    return chance.randbytes(9) + answer + b"\xa5\x5a\xa5" + chance.randbytes(5)


def with_garbage_inside(number: int, request: bytes, answer: bytes) -> bytes:
    return answer[:9] + b"\x00\xff" + answer[9:] if number % 5 == 0 else answer


def with_a_lying_length(number: int, request: bytes, answer: bytes) -> bytes:
    return b"\xa5\x5a\x03\x00\x00\x82" + answer if number % 5 == 0 else answer


def with_old_answers(number: int, request: bytes, answer: bytes) -> bytes:
    return frame(request[4] ^ 0x80, 0x83, bytes(20)) + answer


def with_an_answer_to_something_else(number: int, request: bytes, answer: bytes) -> bytes:
    return frame(request[4], 0x83, bytes(20)) + answer if request[5] == 2 else answer


def sometimes_busy(number: int, request: bytes, answer: bytes) -> bytes:
    return error(request[4], 5) if number in (1, 4, 9) else answer


@pytest.mark.parametrize(
    "deal",
    [
        lost, damaged, cut, doubled, with_garbage, with_garbage_inside, with_a_lying_length, with_old_answers,
        with_an_answer_to_something_else, sometimes_busy,
    ],
)  # fmt: skip
def test_a_bad_line_costs_time_and_changes_no_number(deal: Deal) -> None:
    peer = Peer(Reading(), deal)
    assert numbers(captured(peer)) == PLAIN
    assert only_reads(peer)


def test_the_log_goes_on_from_where_it_was() -> None:
    peer = Peer(Reading(events=log(200)), lost)
    found = captured(peer)
    assert found.error is None
    asked = [request for request in peer.heard if request[5] == 4]
    assert len(asked) < 2 * 200 // 8, "the log was read from its beginning again and again"


@pytest.mark.parametrize("seed", range(4))
def test_random_noise_changes_no_number_or_is_refused(seed: int) -> None:
    chance = random.Random(seed)

    def noisy(number: int, request: bytes, answer: bytes) -> bytes:
        if chance.random() < 0.25:
            place = chance.randrange(len(answer))
            return answer[:place] + chance.randbytes(chance.randrange(4)) + answer[place + chance.randrange(4) :]
        return answer

    found = captured(Peer(Reading(), noisy), patience=replace(QUICK, silence=0.15))
    if found.error is None:
        assert numbers(found) == PLAIN
    else:
        with pytest.raises(ExportError):
            ADAPTER.read(found.transcript)


# --- never a part, never a mixture -----------------------------------------------------------------------------------


OTHER = {**SECTIONS, "pump": ("manufacturer | Invented Pumps", "model | IP-40", "serial | JX300100")}
SWAPPED = Reading(token=0x5EED0002, sections=OTHER, identity=(*PUMP[:2], "serial | JX300100"))


@pytest.mark.parametrize("after", [2, 3, 6, 10, 15])
def test_a_pump_that_is_swapped_between_two_pages_is_noticed(after: int) -> None:
    peer = Peer(Reading(page=120))

    def swap(number: int, request: bytes, answer: bytes) -> bytes:
        return answer if number < after else SWAPPED.answer(request)

    peer.deal = swap
    found = captured(peer)
    assert found.error is not None
    assert found.error.code == "capture-pump-changed"


def test_a_programmer_that_does_not_look_at_the_token_is_noticed_too() -> None:
    """It answers for the other pump as if nothing had happened; every answer still says whose it is."""
    peer = Peer(Reading())

    def swap(number: int, request: bytes, answer: bytes) -> bytes:
        if number < 6 or request[5] == 1:
            return SWAPPED.answer(request) if number >= 6 else answer
        asked = request[:6] + SWAPPED.token.to_bytes(4, "big") + request[10:]
        return SWAPPED.answer(asked)

    peer.deal = swap
    assert getattr(captured(peer).error, "code", "") == "capture-pump-changed"


def test_another_reading_at_the_very_end_is_noticed() -> None:
    peer = Peer(Reading())
    asked: list[bytes] = []

    def swap(number: int, request: bytes, answer: bytes) -> bytes:
        asked.append(request)
        again = request[5] == 1 and number > 1
        return SWAPPED.answer(request) if again else answer

    peer.deal = swap
    assert getattr(captured(peer).error, "code", "") == "capture-pump-changed"
    assert asked[-1][5] == 1


def test_what_never_comes_is_named() -> None:
    def without_refills(number: int, request: bytes, answer: bytes) -> bytes:
        return b"" if request[5] == 2 and request[10] == 9 else answer

    found = captured(Peer(Reading(), without_refills))
    assert found.error is not None
    assert found.error.code == "capture-incomplete"
    assert "section refills page 1" in found.error.message
    assert found.error.exit_status == EXIT_PORT
    with pytest.raises(ExportError) as caught:
        ADAPTER.read(found.transcript)
    assert caught.value.code == "capture-incomplete"


def test_a_line_that_ends_in_the_middle() -> None:
    def hang_up(number: int, request: bytes, answer: bytes) -> bytes | None:
        return None if number == 7 else answer

    found = captured(Peer(Reading(), hang_up))
    assert getattr(found.error, "code", "") in ("port-gone", "port-silent", "capture-incomplete")
    with pytest.raises(ExportError):
        ADAPTER.read(found.transcript)


def test_a_wrong_sum_of_a_section_is_refused() -> None:
    def wrong(number: int, request: bytes, answer: bytes) -> bytes:
        if request[5] != 2 or request[10] != 7:
            return answer
        payload = answer[6:-2].replace(b"400.00", b"900.00")
        return frame(answer[4], answer[5], payload)

    assert getattr(captured(Peer(Reading(), wrong)).error, "code", "") == "capture-sum-wrong"


def test_an_event_that_is_missing_from_the_log_is_refused() -> None:
    honest = Reading(events=log(30))
    short = Reading(events=(*log(10), *log(19, 12)))

    def hide(number: int, request: bytes, answer: bytes) -> bytes:
        return short.answer(request) if request[5] == 4 else answer

    assert getattr(captured(Peer(honest, hide)).error, "code", "") == "capture-sum-wrong"


BROKEN = {
    "a section without its last line end": lambda payload: payload[:-1],
    "a page beyond the pages": lambda payload: payload[:5] + b"\x00\x07" + payload[7:],
    "no pages at all": lambda payload: payload[:7] + b"\x00\x00" + payload[9:],
    "a head that is too short": lambda payload: payload[:6],
    "a line that is too long": lambda payload: payload[:13] + b"x" * 950 + b"\n",
}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_a_frame_that_contradicts_itself_is_no_answer(name: str) -> None:
    """Sent once, it costs a retry; sent always, the capture is refused and says so."""
    spoilt: list[int] = []

    def once(number: int, request: bytes, answer: bytes) -> bytes:
        if request[5] != 2 or request[10] != 7 or (spoilt and spoil_once):
            return answer
        spoilt.append(number)
        return frame(answer[4], answer[5], BROKEN[name](answer[6:-2]))

    spoil_once = True
    assert numbers(captured(Peer(Reading(), once), patience=replace(QUICK, silence=0.15))) == PLAIN
    spoil_once = False
    found = captured(Peer(Reading(), once), patience=replace(QUICK, silence=0.15))
    assert getattr(found.error, "code", "") == "capture-incomplete"
    assert "section states" in str(found.error)


def test_words_clocks_and_identity_that_contradict_themselves_are_no_answer() -> None:
    def spoil(number: int, request: bytes, answer: bytes) -> bytes:
        payload = answer[6:-2]
        if request[5] == 3 and number < 8:
            return frame(answer[4], answer[5], payload[:4] + struct.pack(">I", 2) + payload[8:])
        if request[5] == 5 and number < 8:
            return frame(answer[4], answer[5], payload.replace(b"08:58", b"08:59"))
        if number == 1:
            return frame(answer[4], answer[5], b"\x02" + payload[1:])
        return answer

    assert numbers(captured(Peer(Reading(), spoil), patience=replace(QUICK, silence=0.15))) == PLAIN


# --- nobody, or somebody else ----------------------------------------------------------------------------------------


@LINES
def test_silence(line: Line) -> None:
    found = captured(Peer(Reading(), lambda number, request, answer: b""), line, replace(QUICK, silence=0.1))
    assert getattr(found.error, "code", "") == "port-silent"


def test_something_that_is_no_programmer() -> None:
    found = captured(Peer(Reading(), lambda number, request, answer: b"login: "), patience=replace(QUICK, silence=0.1))
    assert getattr(found.error, "code", "") == "port-not-programmer"


def test_a_loop_is_no_programmer() -> None:
    with opened("loop://") as port:
        found = capture(port, CLOCK, replace(QUICK, silence=0.1))
    assert getattr(found.error, "code", "") == "port-not-programmer"
    assert "loop" in str(found.error)


def test_a_programmer_that_never_stops_talking_nonsense_has_an_end() -> None:
    found = captured(
        Peer(Reading(), lambda number, request, answer: bytes(3000)), patience=Patience(silence=0.1, total=1.0)
    )
    assert getattr(found.error, "code", "") == "port-not-programmer"


@pytest.mark.parametrize(
    ("code", "named"),
    [(1, "programmer-no-reading"), (2, "capture-pump-changed"), (5, "programmer-busy"), (6, "programmer-refused"),
     (7, "port-not-programmer"), (8, "programmer-refused"), (99, "programmer-refused")],
)  # fmt: skip
def test_what_a_programmer_refuses(code: int, named: str) -> None:
    found = captured(
        Peer(Reading(), lambda number, request, answer: error(request[4], code)),
        patience=Patience(silence=0.2, busy=0.05, total=0.5),
    )
    assert found.error is not None
    assert found.error.code == named
    assert found.error.remedy


def test_a_capture_can_be_stopped() -> None:
    peer = Peer(Reading(), lambda number, request, answer: b"")
    with on_socket(peer) as name, opened(name) as port:
        found = capture(port, CLOCK, stop=lambda: bool(peer.heard))
    assert getattr(found.error, "code", "") == "capture-stopped"


def test_a_reading_that_is_known_is_left_alone() -> None:
    peer = Peer(Reading())
    with on_socket(peer) as name, opened(name) as port:
        first = capture(port, CLOCK, QUICK)
        asked = len(peer.heard)
        again = capture(port, CLOCK, QUICK, known=first.identity)
    assert again.unchanged
    assert again.error is None
    assert len(peer.heard) == asked + 1
    with pytest.raises(ExportError):
        ADAPTER.read(again.transcript)


# --- ports -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "code"),
    [("/dev/no-such-port", "port-missing"), ("/dev/null", "port-not-serial"),
     ("socket://127.0.0.1:1", "port-unreachable")],
)  # fmt: skip
def test_a_port_that_cannot_be_opened(name: str, code: str) -> None:
    with pytest.raises(PortError) as caught, opened(name):
        pass
    assert caught.value.code == code
    assert caught.value.where == name
    assert caught.value.remedy


def test_a_port_without_permission() -> None:
    error = _not_opened("serial", "/dev/ttyUSB0", PermissionError(errno.EACCES, "no"))
    assert (error.code, error.where) == ("port-no-permission", "/dev/ttyUSB0")
    assert "dialout" in error.remedy


@pytest.mark.parametrize("number", [*_REASONS, errno.EIO])
def test_every_reason_has_a_remedy(number: int) -> None:
    error = _not_opened("serial", "/dev/ttyUSB0", OSError(number, "no"))
    assert error.code == (_REASONS[number][0] if number in _REASONS else "port-unusable")
    assert error.remedy


def test_a_port_has_one_reader_at_a_time() -> None:
    with on_pty(Peer(Reading())) as name, opened(name), pytest.raises(PortError) as caught, opened(name):
        pass
    assert caught.value.code == "port-in-use"


@pytest.mark.parametrize(
    "name", ["spy:///dev/ttyUSB0?file=x", "alt:///dev/ttyUSB0", "hwgrep://.*", "socket://host", "socket://:1?logging=debug",
             "rfc2217://host", "socket://host:99999999", "cp2110://x"],
)  # fmt: skip
def test_a_url_of_another_kind_is_no_port(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        kind_of(name)
    assert caught.value.code == "port-name"


def test_the_kinds_of_port() -> None:
    assert [kind_of(name) for name in ("/dev/ttyUSB0", "socket://h:1", "RFC2217://h:2", "loop://")] == [
        "serial", "socket", "rfc2217", "loop",
    ]  # fmt: skip
