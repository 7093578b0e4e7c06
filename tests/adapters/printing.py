"""Prints reports in the layouts of ours: blocks of rows and tables become pages of text, and those a PDF.

The mirror of `adapters.printed` and `adapters.pdf`. A PDF is set in Helvetica, each piece at its column's place; its
bytes are the same on every run: fixed dates, no random id.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

PAGE_LINES = 56
TWINS = {
    "mcg": ("mg", -3), "mg": ("mcg", 3), "mcg/day": ("mg/day", -3), "mg/day": ("mcg/day", 3), "mcg/mL": ("mg/mL", -3),
    "mg/mL": ("mcg/mL", 3), "mcg/h": ("mg/h", -3), "mL": ("uL", 3), "mL/day": ("uL/day", 3),
}  # fmt: skip
_PIECE = re.compile(r"\S+(?: \S+)*")


def twice(number: str, unit: str) -> str:
    """A quantity in its two units: `400.0 mcg/day (0.4000 mg/day)`."""
    second, shift = TWINS[unit]
    sign = "+" if number.startswith("+") else ""
    return f"{number} {unit} ({sign}{Decimal(number).scaleb(shift):f} {second})"


@dataclass(frozen=True)
class Table:
    """A table: column headings with their widths, and its rows; an empty text is an empty cell."""

    columns: tuple[tuple[str, int], ...]
    rows: Sequence[Sequence[str]]

    def heading(self) -> str:
        return "  " + "".join(name.ljust(width) for name, width in self.columns).rstrip()

    def lines(self) -> Iterator[list[str]]:
        """The lines of each row: cells wrap within their column, two blanks short of the next."""
        for row in self.rows:
            cells = [textwrap.wrap(text, width - 2) or [""] for text, (_, width) in zip(row, self.columns, strict=True)]
            yield [self._line(cells, number) for number in range(max(map(len, cells)))]

    def _line(self, cells: list[list[str]], number: int) -> str:
        parts = [cell[number] if number < len(cell) else "" for cell in cells]
        return "  " + "".join(part.ljust(width) for part, (_, width) in zip(parts, self.columns, strict=True)).rstrip()


@dataclass(frozen=True)
class Report:
    """What is to be printed: the running lines (with {page} and {total}) and the blocks in order."""

    header: tuple[str, ...]
    footer: tuple[str, ...]
    blocks: dict[str, list[tuple[str, str]] | Table]
    end: str
    total: int | None = None
    value_column: int = 28
    wrap: int = 64
    page_lines: int = PAGE_LINES
    events: str = "EVENTS"

    def text(self) -> str:
        """The pages, a form feed between them."""
        body = self._sheets()
        count, pages = sum(map(len, body)), len(body)
        table = self.blocks.get(self.events)
        body[-1].append(self.end.format(rows=len(table.rows) if isinstance(table, Table) else 0, lines=count))
        sheets = [self._page(sheet, number, self.total or pages) for number, sheet in enumerate(body, 1)]
        return "\n\f".join(sheets) + "\n"

    def _page(self, sheet: list[str], number: int, total: int) -> str:
        header = [line.format(page=number, total=total) for line in self.header]
        spaced = [f"\n{line}" if not line.startswith(" ") else line for line in sheet]
        return "\n".join([*header, *spaced, "", *self.footer])

    def _sheets(self) -> list[list[str]]:
        sheets: list[list[str]] = [[]]
        for title, block in self.blocks.items():
            first = [title, block.heading()] if isinstance(block, Table) else [title]
            pieces = block.lines() if isinstance(block, Table) else self._rows(block)
            self._put(sheets, first, first)
            for piece in pieces:
                self._put(sheets, piece, [f"{title} (continued)", *first[1:]])
        return sheets

    def _put(self, sheets: list[list[str]], piece: list[str], again: list[str]) -> None:
        if len(sheets[-1]) + len(piece) > self.page_lines:
            sheets.append([] if piece is again else list(again))
        sheets[-1].extend(piece)

    def _rows(self, rows: list[tuple[str, str]]) -> Iterator[list[str]]:
        for label, value in rows:
            first, *more = textwrap.wrap(value, self.wrap) or [""]
            yield [f"  {label + ':':<{self.value_column}}{first}".rstrip(), *(" " * 30 + line for line in more)]


def as_pdf(
    text: str, *, picture: bool | tuple[int, ...] = False, password: str | None = None, turned: bool = False
) -> bytes:
    """The pages as a PDF; with `picture` all or these pages without any text, with `turned` one text upright."""
    from fpdf import FPDF

    pdf = FPDF(unit="pt", format="A4")
    pdf.set_auto_page_break(False)
    pdf.set_creation_date(datetime(2025, 1, 1, tzinfo=UTC))
    pdf.set_producer("synthetic report")
    if password:
        pdf.set_encryption(owner_password=password, user_password=password)
    for number, sheet in enumerate(text.removesuffix("\n").split("\n\f"), 1):
        pdf.add_page()
        pdf.set_font("Helvetica", size=6.5)
        _draw(pdf, sheet.split("\n"), picture is True or (picture is not False and number in picture))
    if turned:
        with pdf.rotation(90, 300, 300):
            pdf.text(300, 300, "COPY 400.0")
    return bytes(pdf.output())


def _draw(pdf: object, rows: list[str], picture: bool) -> None:
    for number, row in enumerate(rows):
        for match in _PIECE.finditer(row):
            x, y = 30 + match.start() * 4.3, 36 + number * 9.2
            if picture:
                pdf.rect(x, y - 5, len(match[0]) * 3.0, 4, style="F")  # type: ignore[attr-defined]
            else:
                pdf.text(x, y, match[0])  # type: ignore[attr-defined]
