"""What people and programs see: tables or one JSON document on stdout, notes, progress and errors on stderr.

Promises: texts from an export cannot steer the terminal (control characters are shown as escapes) and are never read
as markup; NO_COLOR is obeyed; a report of our own bug shows places in the code and no data.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.cli.remedies import remedy_for
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from rich.console import Console

WIDE = 200
"""Columns of what is not a terminal and says nothing of its width: wide enough that no cell is cut."""

Row = Sequence[object]


def document(facts: object) -> None:
    """Print facts as one JSON document on stdout."""
    ascii_only = (sys.stdout.encoding or "").lower() not in ("utf-8", "utf8")
    sys.stdout.write(json.dumps(facts, indent=2, ensure_ascii=ascii_only, default=_plain) + "\n")


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value)


def line(text: str = "", style: str = "") -> None:
    """Print one line of facts on stdout."""
    _console().print(safe(text), style=style or None, soft_wrap=True)


def table(columns: Sequence[str], rows: Iterable[Row], *, title: str = "", styles: Sequence[str] = ()) -> None:
    """Print facts as a table on stdout; a style per row where some are given."""
    from rich import box
    from rich.table import Table

    shown = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        shown.add_column(column, overflow="fold")
    for number, row in enumerate(rows):
        shown.add_row(*(safe(_cell(value)) for value in row), style=styles[number] if styles else None)
    _console().print(shown)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}Z" if value.tzinfo else f"{value:%Y-%m-%d %H:%M}"
    return str(value)


def safe(text: str) -> str:
    """The text without anything that a terminal would obey."""
    return "".join(sign if sign.isprintable() or sign == "\n" else ascii(sign)[1:-1] for sign in text)


def counted(count: int, word: str) -> str:
    """A number with its word: 1 course, 2 courses."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def courses(count: int, shared: bool) -> str:
    """Courses with their number, and beside them what they share, which is no course."""
    if not shared:
        return counted(count, "course")
    if not count:
        return "what courses share"
    return "1 course and what courses share" if count == 1 else f"{count} courses and what they share"


def note(text: str = "") -> None:
    """Say something beside the facts, on stderr."""
    try:
        sys.stdout.flush()
    except OSError:
        discard()
    sys.stderr.write(safe(text) + "\n")


def problem(error: BridgeError) -> None:
    """Say what went wrong, where, and what to do next."""
    note(f"error {error.code}: {error.message}")
    if error.where:
        note(f"  where:  {error.where}")
    if remedy := error.remedy or remedy_for(error.code):
        note(f"  remedy: {remedy}")


def bug(error: BaseException) -> None:
    """Report a mistake of ours by places in the code only; a library's message may quote a patient, ours do not."""
    name = type(error).__name__ + (f" {error.strerror}" if isinstance(error, OSError) else "")
    note(f"error bug: this is our bug: {error if isinstance(error, BridgeError) else name}")
    for frame in traceback.extract_tb(error.__traceback__)[-6:]:
        note(f"  {'/'.join(Path(frame.filename).parts[-3:])}:{frame.lineno} in {frame.name}")
    note("  remedy: nothing is lost; run it again, and report these lines and `pumpbridge --version`")


def discard() -> None:
    """Let go of what cannot be printed any more, and of whatever follows it."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
    sys.stdout.flush()


def _console() -> Console:
    from bridge.cli.screen import Screen

    return Screen(markup=False, highlight=False, emoji=False, width=_width())


def _width() -> int | None:
    return None if sys.stdout.isatty() or os.environ.get("COLUMNS") else WIDE


@contextmanager
def progress(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr where that is a terminal; yields what to call with each advance."""
    if not sys.stderr.isatty():
        yield lambda count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda count: bar.advance(task, count)


Facts = dict[str, Any]
