"""What time it is: given to whoever needs it, so that `as_of` is an input and tests hold it still."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """This instant, aware, in UTC."""
        ...


class SystemClock:
    """The computer's clock."""

    def now(self) -> datetime:
        """This instant, aware, in UTC."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        if at.tzinfo is None:
            raise ValueError("a clock needs an instant with an offset")
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        """The instant that it was set to, in UTC."""
        return self._at

    def advance(self, by: timedelta) -> None:
        """Moves the clock."""
        self._at += by
