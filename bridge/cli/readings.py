"""The readings of an interrogation, one after the other in the order of the model: for `inspect` and `reread`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bridge.interrogation import Field, Interrogation, Moment, Reading, all_fields_of


@dataclass(frozen=True, slots=True)
class Row:
    """One reading as the table shows it; `value` None: it stands there and cannot be read."""

    field: str
    value: str | None
    text: str
    where: str
    how: str | None
    bound: str | None


def parts(group: object) -> Iterator[tuple[Field, Any]]:
    """Every field of one group of the model with what it holds."""
    for field in _fields(type(group)):
        yield field, getattr(group, field.name)


def _fields(model: type) -> tuple[Field, ...]:
    return all_fields_of(model)


def rows(interrogation: Interrogation) -> Iterator[Row]:
    """Every reading of an interrogation in the order of the model."""
    yield from _walk(interrogation, "")


def _walk(group: Any, path: str) -> Iterator[Row]:
    for field, value in parts(group):
        name = f"{path}.{field.name}".removeprefix(".")
        if value is None:
            continue
        if isinstance(value, Reading):
            yield Row(name, _text(value.value), value.text, value.where, value.how, value.bound)
        elif field.many:
            for number, item in enumerate(value, 1):
                yield from _walk(item, f"{name}[{number}]")
        else:
            yield from _walk(value, name)


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return _moment(value) if isinstance(value, Moment) else str(value)


def _moment(moment: Moment) -> str:
    if moment.precision == "day":
        return f"{moment.local:%Y-%m-%d}"
    text = moment.local.isoformat(sep=" ", timespec="seconds" if moment.precision == "second" else "minutes")
    if moment.offset_minutes is None:
        return text
    hours, minutes = divmod(abs(moment.offset_minutes), 60)
    return f"{text}{'-' if moment.offset_minutes < 0 else '+'}{hours:02}:{minutes:02}"
