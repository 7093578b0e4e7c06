"""A line that never stops: a device that pours out bytes as fast as it can."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime

import pytest

from bridge.clock import FixedClock
from bridge.sources import serial_port
from bridge.sources.serial_line import opened
from bridge.sources.serial_port import Patience, capture
from tests.capture.answering import Reading
from tests.capture.peer import Peer, on_pty

CLOCK = FixedClock(datetime(2025, 6, 2, 8, 11, 30, tzinfo=UTC))


def test_a_programmer_that_pours_out_nonsense_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the speed of a line that has none: ended by what came, long before the time is over."""
    monkeypatch.setattr(serial_port, "MOST_BYTES", 200_000)
    chance = random.Random(1)
    flood = Peer(Reading(), lambda number, request, answer: chance.randbytes(1_000_000))
    began = time.monotonic()
    with on_pty(flood) as name, opened(name) as port:
        found = capture(port, CLOCK, Patience(silence=5.0, total=60.0))
    assert getattr(found.error, "code", "") == "port-not-programmer"
    assert len(found.transcript) < 3 * 200_000
    assert time.monotonic() - began < 30
