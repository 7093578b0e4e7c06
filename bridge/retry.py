"""When to try again: backoff with jitter, the growing pauses of a course, and Retry-After.

Pure: chance and time are given. "429 and 503 never before Retry-After": whoever waits takes the longer of the two.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random

FIRST_SECONDS = 0.5
MOST_SECONDS = 60.0


def delay(attempt: int, chance: Random, first: float = FIRST_SECONDS, most: float = MOST_SECONDS) -> float:
    """Seconds before the next try: doubled each time up to `most`, of which a random half is left out."""
    longest = min(most, first * 2.0 ** min(attempt, 32))
    return longest * (0.5 + chance.random() / 2)


def pause(failures: int, first: float = 30.0, most: float = 3600.0) -> float:
    """Seconds for which a course rests after so many failures in a row: doubled each time, up to an hour."""
    return min(most, first * 2.0 ** min(max(failures, 1) - 1, 32))


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
