"""`pumpbridge inspect FILE`: every reading of an export, with its printed text and its place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bridge.adapter import recognise
from bridge.cli.files import content_of
from bridge.cli.options import ConfigOption, JsonOption, verb
from bridge.cli.output import document, line, table
from bridge.cli.readings import Row, rows
from bridge.cli.setting import offline_adapters

app = verb()


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
    adapter = recognise(content, offline_adapters(config))
    read = [list(rows(interrogation)) for interrogation in adapter.read(content)]
    if as_json:
        document({"file": file.name, "adapter": adapter.name, "version": adapter.version, "interrogations": read})
        return
    line(f"{file.name}: read by {adapter.name} {adapter.version}")
    for found in read:
        cells = [(row.field, _value(row), row.text, row.how, row.where) for row in found]
        table(("field", "value", "as printed", "how", "place"), cells)


def _value(row: Row) -> str:
    if row.value is None:
        return "UNREADABLE"
    return f"{row.bound} {row.value}" if row.bound else row.value
