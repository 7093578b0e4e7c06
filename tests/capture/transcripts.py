"""Transcripts without a line: what a capture of a given reading would have written, the same bytes each time."""

from __future__ import annotations

from datetime import UTC, datetime

from bridge.wire.programmer.exchange import Exchange
from bridge.wire.programmer.gathered import Gathered
from bridge.wire.programmer.requests import encode
from bridge.wire.programmer.transcript import COMPLETE, NOISE, RECEIVED, SENT, Writer
from bridge.wire.serial_frames import Deframer, Frame
from tests.capture.answering import Reading

STARTED = datetime(2025, 6, 2, 8, 11, 30, tzinfo=UTC)
MOST = 5_000


def written(
    *readings: Reading, outcome: str = COMPLETE, noise: bytes = b"", most: int = MOST, unchecked: bool = False
) -> bytes:
    """The transcript of a capture; a second reading takes the place of the first after half of the requests.

    `unchecked` goes on where a capture would have stopped, as a programmer that breaks the protocol would have it.
    """
    writer, exchange, gathered = Writer("socket", STARTED, "0.1.0"), Exchange(), Gathered()
    number = 0
    while not gathered.confirmed and number < most:
        request = next(gathered.wanted(()))
        frame = encode(request, number % 256)
        exchange.sent(request, number % 256)
        writer.add(number * 20, SENT, frame)
        if noise:
            writer.add(number * 20 + 4, NOISE, noise)
        reading = readings[0] if number < 5 or len(readings) == 1 else readings[1]
        answer = reading.answer(frame)
        place = writer.add(number * 20 + 9, RECEIVED, answer)
        (piece,) = Deframer().feed(answer)
        assert isinstance(piece, Frame)
        answered = exchange.received(piece)
        number += 1
        if answered is None and unchecked:
            break
        assert answered is not None, exchange.complaint
        try:
            gathered.take(answered[1], place)
        except Exception:
            if unchecked:
                return writer.ended(outcome)
            raise
    return writer.ended(outcome)
