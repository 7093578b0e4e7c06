"""What every stated value is made of: the reading with its text and place, the printed time, and the kinds of leaves.

Promises: absent is None, unreadable is a Reading whose value is None; a time keeps the clock that it was printed with.
Must not know what a pump states: that is the interrogation.
"""

from __future__ import annotations

import dataclasses
from datetime import date, datetime
from typing import Generic, Literal, TypeVar

from pydantic.dataclasses import dataclass

from bridge.quantity import Quantity

How = Literal["calculated", "sensed", "aspirated", "typed", "reported", "setting"]
V = TypeVar("V", covariant=True)


@dataclass(frozen=True, slots=True)
class Moment:
    """A printed time: the device's own wall clock, its offset where one is printed, and how fine it is."""

    local: datetime
    precision: Literal["second", "minute", "day"]
    offset_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Reading(Generic[V]):
    """One stated value: exact digits, printed text, place in the export, how it was known, and a bound."""

    value: V | None
    text: str
    where: str
    how: How | None = None
    bound: Literal["<", ">"] | None = None


@dataclasses.dataclass(frozen=True)
class Leaf:
    """How a leaf of the session format is read: its kind, its dimension or codes, and what it means."""

    kind: Literal["quantity", "moment", "day", "time-of-day", "text", "code", "integer", "boolean"]
    meaning: str
    dimensions: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


def measured(meaning: str, *dimensions: str) -> Leaf:
    """The leaf of a quantity of one of these dimensions."""
    return Leaf("quantity", meaning, dimensions=dimensions)


def coded(meaning: str, *codes: str) -> Leaf:
    """The leaf of one of these codes."""
    return Leaf("code", meaning, codes=codes)


Quantities = Reading[Quantity] | None
Moments = Reading[Moment] | None
Days = Reading[date] | None
Texts = Reading[str] | None
Integers = Reading[int] | None
Booleans = Reading[bool] | None
