"""What every stated value is made of: the reading with its text and place, the printed time, and the kinds of leaves.

Promises: absent is None, unreadable is a Reading whose value is None; a time keeps the clock that it was printed with.
Must not know what a pump states: that is the interrogation.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, Generic, Literal, TypeVar

from pydantic.dataclasses import dataclass

from bridge.errors import Bug
from bridge.quantity import Quantity

How = Literal["calculated", "sensed", "aspirated", "typed", "reported", "setting"]
V = TypeVar("V", covariant=True)
T = TypeVar("T")


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


_new = object.__new__
_value, _text, _where, _how, _bound = (
    getattr(Reading, name).__set__ for name in ("value", "text", "where", "how", "bound")
)


def proven(
    value: T | None, text: str, where: str, how: How | None = None, bound: Literal["<", ">"] | None = None
) -> Reading[T]:
    """A reading that is not checked again: for who has made each part of it by its own grammar, in the right type.

    Where a field is a quantity, a moment or a day, the value is one: nobody looks again.
    """
    made: Reading[T] = _new(Reading)
    _value(made, value)
    _text(made, text)
    _where(made, where)
    _how(made, how)
    _bound(made, bound)
    return made


@cache
def _settings(group: type[Any]) -> tuple[tuple[str, Callable[[object, object], None], object], ...]:
    """How each field of a group that is being made is set, and what it is where nothing is told."""
    fields = dataclasses.fields(group)
    if any(one.default is dataclasses.MISSING for one in fields):
        raise Bug(f"{group.__name__} has fields that must be told")
    return tuple((one.name, getattr(group, one.name).__set__, one.default) for one in fields)


def built(group: type[T], told: Mapping[str, object]) -> T:
    """A group of readings by their names, with the same trust; raises Bug for a name that it does not have."""
    model: type[Any] = group
    made, taken = _new(group), 0
    for name, put, default in _settings(model):  # type: ignore[arg-type]
        if name in told:
            put(made, told[name])
            taken += 1
        else:
            put(made, default)
    if taken != len(told):
        raise Bug(f"{group.__name__} has no such field", where=", ".join(sorted(told)))
    return made


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
