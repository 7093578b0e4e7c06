"""When to try again: backoff with jitter, Retry-After, and a circuit breaker.

Pure: chance and time are given. "429 and 503 never before Retry-After": whoever waits takes the longer of the two.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random
from typing import Literal

FIRST_SECONDS = 0.5
MOST_SECONDS = 60.0

State = Literal["closed", "open", "half-open"]


def delay(attempt: int, chance: Random, first: float = FIRST_SECONDS, most: float = MOST_SECONDS) -> float:
    """Seconds before the next try: doubled each time up to `most`, of which a random half is left out."""
    longest = min(most, first * 2.0 ** min(attempt, 32))
    return longest * (0.5 + chance.random() / 2)


def retry_after(text: str | None, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for, in either of its forms; None where it says nothing readable.

    Source: RFC 9110, 10.2.3. A date that has passed is 0.
    """
    said = (text or "").strip()
    if said.isascii() and said.isdigit():
        return float(said)
    try:
        when = parsedate_to_datetime(said)
    except (ValueError, IndexError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - now).total_seconds())


class Breaker:
    """Keeps a destination that does not answer from being asked at every turn.

    Closed: every request may go. After `failures` in a row it opens: none may go for `seconds` (or as long as the
    destination asked for). Then it is half-open: one may go, and its outcome closes or opens it again.
    """

    def __init__(self, clock: Callable[[], float], *, failures: int = 5, seconds: float = 30.0) -> None:
        self._clock = clock
        self._limit = failures
        self._seconds = seconds
        self._failed = 0
        self._until: float | None = None
        self._trying = False

    @property
    def state(self) -> State:
        """What it is now; time alone makes an open one half-open."""
        if self._until is None:
            return "closed"
        return "open" if self._clock() < self._until else "half-open"

    @property
    def seconds_left(self) -> float:
        """How long it will stay open."""
        return max(0.0, (self._until or 0.0) - self._clock()) if self._until is not None else 0.0

    def allows(self) -> bool:
        """Whether a request may go now; while half-open that is one, until its outcome is told."""
        if self.state == "half-open" and not self._trying:
            self._trying = True
            return True
        return self.state == "closed"

    def succeeded(self) -> None:
        """The destination answered: closed."""
        self._failed, self._until, self._trying = 0, None, False

    def failed(self, wait: float | None = None) -> None:
        """The destination did not answer, or asked to be left alone for `wait` seconds (which opens it at once)."""
        self._failed += 1
        if wait is not None or self._trying or self._failed >= self._limit:
            self._until = self._clock() + max(wait or 0.0, self._seconds if wait is None else 0.0)
            self._trying = False
