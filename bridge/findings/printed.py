"""What a printed number can have been: half a unit in its last printed digit, either way.

Source: the tolerance by which flow, dose and concentration are held together. Bounds are carried through sums and
products exactly, so that a disagreement is one that no rounding of the printed digits explains. Readings that are
bounds themselves ("< 2 mL"), and what cannot be read, have none.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bridge.interrogation import Reading
from bridge.quantity import EXACT, Quantity

WORDS = {
    "ug": "micrograms", "mg": "milligrams", "ug/mL": "micrograms/mL", "mg/mL": "milligrams/mL", "mL": "mL",
    "uL": "microlitres", "ug/d": "micrograms/day", "mg/d": "milligrams/day", "mL/d": "mL/day",
    "uL/d": "microlitres/day", "mL/h": "mL/hour",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the most that a number can have been; neither is below 0."""

    low: Decimal
    high: Decimal

    def plus(self, other: Bounds) -> Bounds:
        """The bounds of the sum."""
        return Bounds(EXACT.add(self.low, other.low), EXACT.add(self.high, other.high))

    def times(self, other: Bounds) -> Bounds:
        """The bounds of the product."""
        return Bounds(EXACT.multiply(self.low, other.low), EXACT.multiply(self.high, other.high))

    def by(self, numerator: int, denominator: int = 1) -> Bounds:
        """The bounds times a fraction of whole numbers, both multiplied before they are divided."""
        return Bounds(*(_by(value, numerator, denominator) for value in (self.low, self.high)))

    def meets(self, other: Bounds) -> bool:
        """Whether both can have been one number; touching is agreement."""
        return self.low <= other.high and other.low <= self.high


NOTHING = Bounds(Decimal(0), Decimal(0))


def _by(value: Decimal, numerator: int, denominator: int) -> Decimal:
    return EXACT.divide(EXACT.multiply(value, Decimal(numerator)), Decimal(denominator))


def bounds(quantity: Quantity, unit: str) -> Bounds:
    """What a quantity, as printed in its own unit, can have been in another unit of its dimension."""
    exponent = quantity.value.as_tuple().exponent
    assert isinstance(exponent, int), "a quantity is a finite number"
    half = Quantity(Decimal(5).scaleb(exponent - 1, context=EXACT), quantity.unit).to(unit).value
    middle = quantity.to(unit).value
    return Bounds(max(EXACT.subtract(middle, half), Decimal(0)), EXACT.add(middle, half))


def printed(reading: Reading[Quantity] | None) -> Quantity | None:
    """The stated quantity; None where it is absent, unreadable, or only a bound."""
    return None if reading is None or reading.bound is not None else reading.value


def told(quantity: Quantity) -> str:
    """A quantity with the digits that it was printed with, its unit in words."""
    return f"{quantity.value:f} {WORDS.get(quantity.unit, quantity.unit)}"
