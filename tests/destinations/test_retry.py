"""Backoff and Retry-After, with chance and time held in the hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from bridge.retry import delay, retry_after

NOW = datetime(2025, 6, 18, 14, 2, tzinfo=UTC)


@pytest.mark.parametrize(("attempt", "longest"), [(0, 0.5), (1, 1.0), (2, 2.0), (6, 32.0), (7, 60.0), (500, 60.0)])
def test_a_delay_doubles_and_keeps_at_least_half(attempt: int, longest: float) -> None:
    chance = Random(1)
    waits = [delay(attempt, chance) for _ in range(200)]
    assert longest / 2 <= min(waits) < longest * 0.6
    assert longest * 0.9 < max(waits) <= longest


def test_the_same_chance_gives_the_same_delay() -> None:
    assert [delay(n, Random(7)) for n in range(5)] == [delay(n, Random(7)) for n in range(5)]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Wed, 18 Jun 2025 14:03:30 GMT", 90.0),
        ("Wed, 18 Jun 2025 16:03:00 +0200", 60.0),
        ("Wed, 18 Jun 2025 14:00:00 GMT", 0.0),
        ("18 Jun 2025 14:03:00", 60.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_in_both_forms(text: str | None, seconds: float | None) -> None:
    assert retry_after(text, NOW) == seconds


def test_retry_after_counts_from_now() -> None:
    assert retry_after("Wed, 18 Jun 2025 14:03:30 GMT", NOW + timedelta(seconds=30)) == 60.0
