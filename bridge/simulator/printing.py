"""Prints our layouts of reports: headings with rows or a table, set on pages with running lines; and how values print.

What a layout prints in two units is shifted, never rounded again. A table cell that is long widens its column, so that
nothing wraps. The readers are adapters/printed*.py. Must not know a family.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from bridge.quantity import shifted
from bridge.simulator.stated import Json

PAGE = 56
WIDTH = 100
NOT_RECORDED = "--"
SECOND_UNITS = {
    "mcg": ("mg", -3), "mcg/day": ("mg/day", -3), "mcg/mL": ("mg/mL", -3), "mcg/h": ("mg/h", -3), "mL": ("uL", 3),
    "mL/day": ("uL/day", 3),
}  # fmt: skip

Rows = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """Column headings, and the rows below them; an empty text is an empty cell."""

    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]

    def lines(self) -> tuple[str, list[str]]:
        """The line of the headings, and one line a row."""
        widths = [max(map(len, column)) + 2 for column in zip(self.columns, *self.rows, strict=True)]
        lines = [
            "  " + "".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in (self.columns, *self.rows)
        ]
        return lines[0], lines[1:]


Block = tuple[str, "Rows | Table"]


@dataclass(frozen=True, slots=True)
class Layout:
    """What is on every page: the lines above (with {page} and {pages}) and below, and the words of the end mark."""

    above: tuple[str, ...]
    below: tuple[str, ...]
    end: str
    column: int = 28
    counted: tuple[str, ...] = ()


def printed(layout: Layout, blocks: Iterable[Block]) -> bytes:
    """The pages of a report, a form feed between them."""
    found = [block for block in blocks if block[1]]
    pages: list[list[str]] = [[]]
    for title, content in found:
        heading, lines = _lines(content, layout.column)
        _set(pages, title, [*heading, *lines[:1]])
        for line in lines[1:]:
            _set(pages, f"{title} (continued)", [line], heading)
    lines_set, rows = sum(map(len, pages)), _counted(layout, found)
    pages[-1].append(layout.end.format(rows=rows, lines=lines_set))
    return (
        "\n\f".join(_page(layout, page, number, len(pages)) for number, page in enumerate(pages, 1)) + "\n"
    ).encode()


def _counted(layout: Layout, blocks: Iterable[Block]) -> int:
    tables = ((title, content) for title, content in blocks if isinstance(content, Table))
    return sum(len(content.rows) for title, content in tables if not layout.counted or title in layout.counted)


def _lines(content: Rows | Table, column: int) -> tuple[list[str], list[str]]:
    if isinstance(content, Table):
        heading, lines = content.lines()
        return [heading], lines
    return [], [f"  {label + ':':<{column}}{value}" for label, value in content]


def _set(pages: list[list[str]], title: str, lines: list[str], again: Sequence[str] = ()) -> None:
    """Set lines on the page, or on the next one under their title."""
    begins = not title.endswith("(continued)")
    needed = [title, *lines] if begins else lines
    if len(pages[-1]) + len(needed) > PAGE and pages[-1]:
        pages.append([] if begins else [title, *again])
    pages[-1] += needed


def _page(layout: Layout, lines: list[str], number: int, pages: int) -> str:
    above = [line.format(page=number, pages=pages) for line in layout.above]
    body = [line if line.startswith(" ") else f"\n{line}" for line in lines]
    return "\n".join([*above, *body, "", *layout.below])


def across(left: str, right: str) -> str:
    """Two texts at the two edges of a line."""
    return f"{left}{right:>{max(WIDTH - len(left), len(right) + 3)}}"


# --- values -----------------------------------------------------------------------------------------------------------


def amount(stated: Json, *, milligrams: bool = False, sign: str = "") -> str:
    """A quantity in its two units: `400.00 mcg/day (0.40000 mg/day)`; the other way round where milligrams lead."""
    value, unit = Decimal(stated["value"]), stated["unit"]
    if unit not in SECOND_UNITS:
        return f"{value:f} {unit}"
    second, shift = SECOND_UNITS[unit]
    one, other = f"{value:{sign}f} {unit}", f"{shifted(value, shift):{sign}f} {second}"
    return f"{other} ({one})" if milligrams and second.startswith("mg") else f"{one} ({other})"


def both_ways(stated: Json) -> str:
    """A duration in minutes, and as hours and minutes."""
    minutes = int(stated["value"])
    return f"{minutes} min ({minutes // 60:02}:{minutes % 60:02})"


def moment(text: str) -> str:
    """A time as the reports print it, without seconds and offset."""
    return f"{datetime.fromisoformat(text):%b %d %Y %H:%M}"


def with_seconds(text: str) -> str:
    """A time with its seconds."""
    return f"{datetime.fromisoformat(text):%b %d %Y %H:%M:%S}"


def day(text: str) -> str:
    """A date as the reports print it."""
    return f"{date.fromisoformat(text[:10]):%b %d %Y}"


def rows_of(group: Json, labels: Sequence[tuple[str, str, Any]]) -> Rows:
    """Rows of what a group states: its field, its label, and how it is printed."""
    return [(label, how(group[name])) for name, label, how in labels if name in group]


def yes_no(value: bool) -> str:
    """Yes or No."""
    return "Yes" if value else "No"


def turned(person: Json) -> str:
    """The name as the running lines have it."""
    return f"{person['given']} {person['family'].upper()}"


def state_of(body: Json, *tags: str) -> Json:
    """The state with one of these tags, or nothing."""
    states = body["channels"][0].get("states", [])
    return next((one for one in states if one["tag"] in tags), {})


def numbered(rows: Iterable[Json]) -> Iterator[tuple[int, Json]]:
    """Items counted from 1."""
    return enumerate(rows, 1)
