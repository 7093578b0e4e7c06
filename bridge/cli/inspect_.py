"""`pumpbridge inspect FILE`: every reading of an export, with its printed text and its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from bridge.adapter import find, recognise
from bridge.cli.files import content_of
from bridge.cli.options import ConfigOption, JsonOption, verb
from bridge.cli.output import document, line, table
from bridge.cli.setting import allowed_adapters
from bridge.interrogation import Interrogation, Moment, Reading, fields_of

app = verb()


@dataclass(frozen=True, slots=True)
class Row:
    """One reading as the table shows it; `value` None: it stands there and cannot be read."""

    field: str
    value: str | None
    text: str
    where: str
    how: str | None
    bound: str | None


@app.command("inspect")
def inspect(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The export.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show every reading of an export with its place in the file.

    Nothing is stored, and no configuration is needed.
    """
    content = content_of(file)
    adapter = recognise(content, find(allowed_adapters(config, optional=True)))
    read = [list(rows(interrogation)) for interrogation in adapter.read(content)]
    if as_json:
        document({"file": file.name, "adapter": adapter.name, "version": adapter.version, "interrogations": read})
        return
    line(f"{file.name}: read by {adapter.name} {adapter.version}")
    for found in read:
        cells = [(row.field, _value(row), row.text, row.how, row.where) for row in found]
        table(("field", "value", "as printed", "how", "place"), cells)


def rows(interrogation: Interrogation) -> Iterator[Row]:
    """Every reading of an interrogation in the order of the model."""
    yield from _walk(interrogation, "")


def _walk(group: Any, path: str) -> Iterator[Row]:
    for field in fields_of(type(group)):
        value, name = getattr(group, field.name), f"{path}.{field.name}".removeprefix(".")
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


def _value(row: Row) -> str:
    if row.value is None:
        return "UNREADABLE"
    return f"{row.bound} {row.value}" if row.bound else row.value
