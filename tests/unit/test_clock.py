"""Clocks tell aware instants in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from bridge.clock import Clock, FixedClock, SystemClock


def test_the_computers_clock_is_in_utc() -> None:
    clock: Clock = SystemClock()
    assert clock.now().utcoffset() == timedelta(0)


def test_a_fixed_clock_stands_still_until_moved() -> None:
    clock = FixedClock(datetime(2025, 5, 12, 12, 40, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now() == clock.now() == datetime(2025, 5, 12, 10, 40, tzinfo=UTC)
    clock.advance(timedelta(minutes=5))
    assert clock.now() == datetime(2025, 5, 12, 10, 45, tzinfo=UTC)


def test_an_instant_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        FixedClock(datetime(2025, 5, 12, 12, 40))
