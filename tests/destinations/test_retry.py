"""Backoff, Retry-After and the circuit breaker, with chance and time held in the hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from bridge.retry import Breaker, delay, retry_after

NOW = datetime(2025, 6, 18, 14, 2, tzinfo=UTC)


class Time:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


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


def test_a_breaker_opens_after_failures_in_a_row() -> None:
    breaker = Breaker(Time(), failures=3, seconds=30)
    for _ in range(2):
        breaker.failed()
    breaker.succeeded()
    for _ in range(2):
        breaker.failed()
    assert (breaker.state, breaker.allows()) == ("closed", True)
    breaker.failed()
    assert (breaker.state, breaker.allows(), breaker.seconds_left) == ("open", False, 30.0)


def test_a_half_open_breaker_lets_one_go_and_obeys_its_outcome() -> None:
    time = Time()
    breaker = Breaker(time, failures=1, seconds=30)
    breaker.failed()
    time.now += 30
    assert breaker.state == "half-open"
    assert [breaker.allows(), breaker.allows()] == [True, False]
    breaker.failed()
    assert (breaker.state, breaker.seconds_left) == ("open", 30.0)
    time.now += 31
    assert breaker.allows()
    breaker.succeeded()
    assert (breaker.state, breaker.seconds_left) == ("closed", 0.0)
    assert [breaker.allows(), breaker.allows()] == [True, True]


@pytest.mark.parametrize("asked", [2.0, 120.0])
def test_a_breaker_is_open_for_as_long_as_was_asked(asked: float) -> None:
    time = Time()
    breaker = Breaker(time, failures=5, seconds=30)
    breaker.failed(asked)
    assert (breaker.state, breaker.seconds_left) == ("open", asked)
    time.now += asked - 0.5
    assert not breaker.allows()
    time.now += 0.5
    assert breaker.allows()


def test_one_failure_after_a_pause_that_was_asked_for_opens_it_again() -> None:
    time = Time()
    breaker = Breaker(time, failures=5, seconds=30)
    breaker.failed(2.0)
    time.now += 2
    assert breaker.allows()
    breaker.failed()
    assert (breaker.state, breaker.seconds_left) == ("open", 30.0)
