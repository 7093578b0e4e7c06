"""Every verb's help in Markdown: docs/reference/cli.md is this text, and is checked to be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer
from typer.main import get_command

from bridge.cli.app import NAME, SECTIONS, app, command

WIDTH = 100
_HEAD = """\
# Command line

Generated from `--help`; do not edit.

Facts go to standard output (with `--json` as one JSON document), progress and errors to standard error. `NO_COLOR` is
obeyed. An error says its code, where, and what to do. Long work ends cleanly on SIGTERM and on Ctrl-C.
"""


def reference() -> str:
    """The help of the program and of every verb."""
    return "\n".join([_HEAD, *_pages()])


def _pages() -> Iterator[str]:
    yield _page(get_command(app), NAME, 2)
    for title, verbs in SECTIONS.items():
        yield f"## {title}\n"
        for verb in verbs:
            found = command(verb.name)
            yield _page(found, f"{NAME} {verb.name}", 3)
            for name, part in getattr(found, "commands", {}).items():
                yield _page(part, f"{NAME} {verb.name} {name}", 4)


def _page(found: Any, name: str, level: int) -> str:
    context = typer.Context(found, info_name=name, terminal_width=WIDTH, max_content_width=WIDTH)
    text = "\n".join(line.rstrip() for line in found.get_help(context).splitlines())
    return f"{'#' * level} `{name}`\n\n```text\n{text}\n```\n"
