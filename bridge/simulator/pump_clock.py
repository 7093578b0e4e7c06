"""The clock inside a simulated pump: what it shows, how it drifts, and how it is lost.

It shows a wall clock without a zone, as it was set; summer time does not move it. All times of the model itself are
aware and in UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

LOST = datetime(2000, 1, 1)
"""What a pump shows whose clock was lost."""


class PumpClock:
    """A clock that was set to a wall time at an instant; `drift` is what it gains in 30 days, negative: loses."""

    def __init__(self, at: datetime, wall: datetime, drift: timedelta = timedelta()) -> None:
        self._at, self._wall = at, wall
        self.drift = drift
        self.lost = False

    def shows(self, at: datetime) -> datetime:
        """What it shows at an instant, to the second."""
        passed = at - self._at
        gained = self.drift // timedelta(microseconds=1) * (passed // timedelta(seconds=1)) // (30 * 86_400)
        return (self._wall + passed + timedelta(microseconds=gained)).replace(microsecond=0)

    def offset(self, at: datetime) -> timedelta:
        """What it shows less UTC."""
        return self.shows(at) - at.astimezone(UTC).replace(tzinfo=None)

    def set(self, at: datetime, wall: datetime) -> None:
        """Set it to a wall time."""
        self._at, self._wall, self.lost = at, wall, False

    def lose(self, at: datetime) -> None:
        """Its time is gone: it begins anew."""
        self._at, self._wall, self.lost = at, LOST, True

    def drifts(self, at: datetime, drift: timedelta) -> None:
        """From an instant on it gains so much in 30 days."""
        self._at, self._wall, self.drift = at, self.shows(at), drift
