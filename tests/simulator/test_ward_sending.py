"""A simulated ward over MLLP: to our own listener, and to receivers that do not answer as they should."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.errors import DestinationError, UsageError
from bridge.simulator.ward import sending
from bridge.simulator.ward.sending import Pace, address_of, send
from bridge.simulator.ward.traffic import Order, Sent, ward
from bridge.wire.mllp import Framer
from tests.sources.mllp_serving import serving

BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)
Answer = Callable[[str], bytes | None]


def messages(hours: int = 12) -> list[Sent]:
    return list(ward(Order(3, hours, 1, BEGIN))[1])


def test_every_message_is_taken_by_our_listener_and_kept(tmp_path: Path) -> None:
    told: list[Sent] = []
    with serving(tmp_path) as served:
        found = send(messages(), served.address, sent=told.append)
        exports = len(list(served.store.accepted()))
    assert (found.taken, dict(found.refused)) == (len(told), {})
    assert exports == len(told) > 50


@contextmanager
def answering(answer: Answer) -> Iterator[tuple[str, int]]:
    """A receiver that answers each message by its number; None: it closes the connection."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        thread = threading.Thread(target=_receive, args=(server, answer))
        thread.start()
        try:
            yield server.getsockname()
        finally:
            thread.join(10)


def _receive(server: socket.socket, answer: Answer) -> None:
    server.settimeout(10)
    caller, _ = server.accept()
    framer = Framer(1_000_000)
    with caller:
        while piece := caller.recv(65_536):
            for frame in framer.feed(piece):
                said = answer(frame.split(b"|", 10)[9].decode())
                if said is None:
                    return
                caller.sendall(said)


def ack(code: str, number: str) -> bytes:
    return f"\x0bMSH|^~\\&|R|R|S|S|20260302||ACK^R01^ACK|1|T|2.6\rMSA|{code}|{number}\r\x1c\r".encode()


def test_what_is_refused_is_counted_by_its_code() -> None:
    made = messages()[:10]
    refused = {made[3].number: "AE", made[7].number: "CR"}
    with answering(lambda number: ack(refused.get(number, "AA"), number)) as address:
        found = send(made, address)
    assert (found.taken, dict(found.refused)) == (8, {"AE": 1, "CR": 1})


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda number: ack("AA", "another"), "not of this message"),
        (lambda number: ack("AA", ""), "not of this message"),
        (lambda number: None, "closed the connection"),
        (lambda number: b"", "no acknowledgement in time"),
        (lambda number: b"\x0bMSH|^~\\&|half", "no acknowledgement in time"),
    ],
)
def test_a_receiver_that_does_not_answer_as_one_does_ends_it(
    answer: Answer, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "PATIENCE", 0.3)
    told: list[Sent] = []
    with answering(answer) as address, pytest.raises(DestinationError, match=said) as caught:
        send(messages()[:3], address, sent=told.append)
    assert caught.value.code == "receiver-silent"
    assert told == []


def test_where_nobody_listens_is_said() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        address = server.getsockname()
    with pytest.raises(DestinationError, match="nobody answers there"):
        send(messages()[:1], address)


@pytest.mark.parametrize("text", ["", "2575", "host:", ":2575", "host:0", "host:65536", "host:x", "host:²"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no host and port"):
        address_of(text)


def test_addresses_of_both_kinds_are_read() -> None:
    assert address_of("pumps.example:2575") == ("pumps.example", 2575)
    assert address_of("[::1]:2575") == ("::1", 2575)


def test_the_pace_of_the_ward_is_kept() -> None:
    pace, begun = Pace(3600), time.monotonic()
    for minutes in (0, 10, 5, 20):
        pace.wait(BEGIN + timedelta(minutes=minutes))
    assert 0.3 < time.monotonic() - begun < 3
