"""Axes: where an instant or a value stands, in whole tenths of a unit, and which ones are named beside the axis.

Promises: integers and exact decimals only, so that one course always gives one picture; the ticks of a time axis are
midnights (or full hours, on an axis of a few days) in UTC; those of a value axis begin at 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, Decimal

from bridge.course.clocks import words
from bridge.quantity import EXACT

_HOURS = (1, 2, 3, 6, 12)
_DAYS = (1, 2, 4, 7, 14)
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240)
_STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """From `start` to `end` over `width` units, beginning at `left`."""

    start: datetime
    end: datetime
    left: int
    width: int

    def tenths(self, at: datetime) -> int:
        """Where an instant stands, in tenths; one beyond an end stands at the end."""
        within = min(max(at, self.start), self.end)
        return 10 * self.left + (within - self.start) * 10 * self.width // max(self.end - self.start, _A_MICROSECOND)

    def ticks(self, most: int) -> tuple[tuple[datetime, str], ...]:
        """At most so many instants with their words."""
        span = self.end - self.start
        for hours in _HOURS:
            if span / timedelta(hours=hours) < most:
                return tuple((at, words(at)) for at in self._every(timedelta(hours=hours)))
        for days in _DAYS:
            if span / timedelta(days=days) < most:
                return tuple((at, words(at, day_only=True)) for at in self._every(timedelta(days=days)))
        for months in _MONTHS:
            found = tuple(self._months(months))
            if len(found) <= most:
                return tuple((at, words(at, day_only=True)) for at in found)
        return ()

    def _every(self, step: timedelta) -> Iterator[datetime]:
        origin = datetime(2000, 1, 3, tzinfo=UTC)
        at = origin + -(-(self.start - origin) // step) * step
        while at <= self.end:
            yield at
            at += step

    def _months(self, step: int) -> Iterator[datetime]:
        count = self.start.year * 12 + self.start.month - 1
        count -= count % step
        while (at := datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC)) <= self.end:
            if at >= self.start:
                yield at
            count += step


_A_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class ValueAxis:
    """From 0 at `bottom` up to `most` over `height` units; a picture's y grows downwards."""

    most: Decimal
    step: Decimal
    bottom: int
    height: int

    def tenths(self, value: Decimal) -> int:
        """Where a value stands, in tenths."""
        share = EXACT.divide(EXACT.multiply(value, Decimal(10 * self.height)), self.most)
        return 10 * self.bottom - int(share)

    def ticks(self) -> tuple[Decimal, ...]:
        """The values that are named, from 0."""
        count = int(EXACT.divide(self.most, self.step))
        return tuple(EXACT.multiply(self.step, Decimal(number)) for number in range(count + 1))


def value_axis(greatest: Decimal, bottom: int, height: int, ticks: int = 5) -> ValueAxis:
    """An axis with round steps and some room above the greatest value; up to 1 where there is none."""
    if greatest <= 0:
        return ValueAxis(Decimal(1), Decimal(1), bottom, height)
    top = EXACT.multiply(greatest, Decimal("1.05"))
    step = _round_step(top, ticks)
    count = Decimal(int(EXACT.divide(top, step).to_integral_value(ROUND_CEILING)))
    return ValueAxis(EXACT.multiply(step, count), step, bottom, height)


def _round_step(greatest: Decimal, ticks: int) -> Decimal:
    exponent = greatest.adjusted() - 2
    while True:
        for digit in _STEPS:
            step = Decimal(digit).scaleb(exponent)
            if greatest <= EXACT.multiply(step, Decimal(ticks)):
                return step
        exponent += 1


def tick_words(value: Decimal) -> str:
    """A tick's value as people read it."""
    return f"{value.normalize():f}"
