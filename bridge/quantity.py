"""Exact quantities: a decimal with the digits it was printed with, and a UCUM unit.

Promises: no float enters or leaves; a unit change is an exact shift of the decimal exponent and keeps the
number of printed digits; anything else (hours to days) is arithmetic, belongs to derived values and is rounded
once. Must not know what a pump is.
"""

from __future__ import annotations

import re
from decimal import (
    ROUND_HALF_EVEN,
    Clamped,
    Context,
    Decimal,
    DivisionByZero,
    FloatOperation,
    InvalidOperation,
    Overflow,
)

from pydantic.dataclasses import dataclass

from bridge.errors import ExportError

EXACT = Context(
    prec=50, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow, FloatOperation, Clamped]
)

_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?", re.ASCII)

# unit -> (dimension, base unit of that dimension, exponent of ten to the base unit)
_UNITS: dict[str, tuple[str, int]] = {
    "ug": ("mass", 0),
    "mg": ("mass", 3),
    "g": ("mass", 6),
    "mL": ("volume", 0),
    "uL": ("volume", -3),
    "ug/mL": ("concentration", 0),
    "mg/mL": ("concentration", 3),
    "ug/d": ("dose per day", 0),
    "mg/d": ("dose per day", 3),
    "ug/h": ("dose per hour", 0),
    "mg/h": ("dose per hour", 3),
    "mL/d": ("flow per day", 0),
    "uL/d": ("flow per day", -3),
    "mL/h": ("flow per hour", 0),
    "cm": ("length", 0),
    "mm": ("length", -1),
    "d": ("days", 0),
    "h": ("hours", 0),
    "min": ("minutes", 0),
    "s": ("seconds", 0),
    "mo": ("months", 0),
    "%": ("percent", 0),
    "1": ("ratio", 0),
}

# What programmers print for them, in lower case; the printed unit is kept beside the UCUM one.
_MASSES = {"ug": "ug", "mcg": "ug", "µg": "ug", "μg": "ug", "microgram": "ug", "micrograms": "ug", "mg": "mg", "g": "g"}
_VOLUMES = {"ml": "mL", "ul": "uL", "µl": "uL", "μl": "uL"}
_TIMES = {"d": "d", "day": "d", "24h": "d", "24 h": "d", "tag": "d", "h": "h", "hr": "h", "hour": "h", "std": "h"}
_PLAIN = {
    "cm": "cm", "mm": "mm", "d": "d", "days": "d", "day": "d", "h": "h", "hours": "h", "hour": "h", "hr": "h",
    "min": "min", "minutes": "min", "s": "s", "sec": "s", "seconds": "s", "mo": "mo", "month": "mo",
    "months": "mo", "%": "%", "1": "1",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value with the digits it was stated with and its UCUM unit."""

    value: Decimal
    unit: str

    def __str__(self) -> str:
        return f"{self.value:f} {self.unit}"

    @property
    def dimension(self) -> str:
        """The name of what is measured; raises ExportError for a unit that is not on the whitelist."""
        return dimension_of(self.unit)

    def to(self, unit: str) -> Quantity:
        """The same quantity in another unit of its dimension, shifted exactly; raises ExportError otherwise."""
        if unit == self.unit:
            return self
        if dimension_of(unit) != self.dimension:
            raise ExportError(f"{self.unit} is not a {dimension_of(unit)}", code="unit-dimension")
        shift = _UNITS[self.unit][1] - _UNITS[unit][1]
        return Quantity(shifted(self.value, shift), unit)


def dimension_of(unit: str) -> str:
    """The dimension of a UCUM unit; raises ExportError when the unit is not on the whitelist."""
    try:
        return _UNITS[unit][0]
    except KeyError:
        raise ExportError(f"unit {unit!r} is not one that a pump states", code="unit-unknown") from None


def shifted(value: Decimal, exponent: int) -> Decimal:
    """The value times a power of ten, digit for digit: 2.0 mg (+3) is 2000 ug, 18.00 (-3) is 0.01800."""
    moved = value.scaleb(exponent, context=EXACT)
    if isinstance(moved.as_tuple().exponent, int) and moved.as_tuple().exponent > 0:  # type: ignore[operator]
        return moved.quantize(Decimal(1), context=EXACT)
    return moved


def decimal_of(text: str) -> Decimal:
    """The number in a text, by our own ASCII grammar (Decimal itself takes 1_000 and full-width digits).

    Raises ExportError where the text is anything but optional sign, digits and at most one decimal point.
    """
    if not _NUMBER.fullmatch(text):
        raise ExportError(f"{text[:24]!r} is not a number", code="number-unreadable")
    return Decimal(text, context=EXACT)


def unit_of(text: str) -> str:
    """The UCUM unit of a printed unit (mcg, µg/day, mL/h); raises ExportError where none is meant for sure.

    Source: UCUM; both micro signs (U+00B5, U+03BC) are read.
    """
    if text in _UNITS:
        return text
    printed = text.strip().lower()
    if printed in _PLAIN:
        return _PLAIN[printed]
    top, slash, bottom = printed.partition("/")
    numerator = _MASSES.get(top.strip()) or _VOLUMES.get(top.strip())
    denominator = _VOLUMES.get(bottom.strip()) or _TIMES.get(bottom.strip()) if slash else ""
    unit = f"{numerator}/{denominator}" if slash else numerator
    if numerator is None or denominator is None or unit not in _UNITS:
        raise ExportError(f"unit {text[:24]!r} is not one that a pump states", code="unit-unknown")
    return str(unit)


def rounded(value: Decimal, places: int) -> Decimal:
    """A derived value rounded once, half-even; source: the bridge's rule for what it calculates."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN, context=EXACT)


def plain(value: Decimal) -> str:
    """A number without trailing zeros, as keys need it: 2000, 2000.0 and 2000.00 are one drug."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
