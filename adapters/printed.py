"""Printed reports: pages and lines, what runs on every page, blocks of `label: value` rows, and tables.

What every layout here has: a heading begins at the left edge, what belongs to it is indented; a line that goes on
from the row above is indented further (rows) or leaves the first column empty (tables). Promises:
1. Nothing of a page is skipped but blank lines and what the layout says runs on every page.
2. Pages count 1, 2, 3 without a hole ("of m" is never trusted); what runs on every page is the same on every page.
3. A report without its end mark, or whose end mark counts other rows, is refused as cut.
4. No message carries a text of the report. Places are `page 2, line 14`. Must not know what a label means.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from adapters.session_tree import MAX_TEXT, decoded, refusal, truncated
from bridge.errors import ExportError

PAGE_END = "\f"
PAGE = "page"
CONTINUED = " (continued)"
MAX_PAGES = 200
MAX_LINE = 1_000
MAX_LINES = 20_000

_PIECE = re.compile(r"\S+(?: \S+)*")
_ROW = re.compile(r"(?P<label>[^:]+?) ?:(?: +(?P<value>.*))?")
_ALONE = re.compile(r" {2,}|\r?\n|\Z")
_FITS = "print the report again with the layout that the adapter's sheet shows"


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line: its page, its number on that page, its text without blanks at the end."""

    page: int
    number: int
    text: str

    @property
    def where(self) -> str:
        """The place as a person finds it."""
        return f"page {self.page}, line {self.number}"

    @property
    def indent(self) -> int:
        """How many blanks precede the text."""
        return len(self.text) - len(self.text.lstrip(" "))


@dataclass(frozen=True, slots=True)
class Said:
    """A text that stands at a place; pieces of a wrapped cell are joined by one blank."""

    text: str
    where: str

    def more(self, text: str) -> Said:
        """The same with a piece that follows on the next line; raises ExportError where it grows without end."""
        if len(self.text) > MAX_TEXT:
            remedy = "send the report, not a file that merely begins like one"
            raise refusal("text-too-long", f"a text has more than {MAX_TEXT} characters", self.where, remedy)
        return Said(f"{self.text} {text}".strip(), self.where)


@dataclass(frozen=True, slots=True)
class Running:
    """The lines that open and close every page; the group `page` counts, every other named group is a fact."""

    header: tuple[re.Pattern[str], ...]
    footer: tuple[re.Pattern[str], ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The body of a report, and what its running lines say."""

    lines: tuple[Line, ...]
    running: Mapping[str, Said]


def is_titled(head: str, title: str) -> bool:
    """Whether a text begins with a title that stands alone in its column."""
    return head.startswith(title) and _ALONE.match(head, len(title)) is not None


def pages(content: bytes) -> tuple[Line, ...]:
    """The lines of a report in UTF-8 text, a form feed between pages; raises ExportError."""
    return lines_of(decoded(content))


def lines_of(text: str) -> tuple[Line, ...]:
    """The lines of a text with form feeds, blank ones left out but counted; raises ExportError for too many pages."""
    sheets = text.removesuffix(PAGE_END).replace("\r\n", "\n").split(PAGE_END)
    if len(sheets) > MAX_PAGES or text.count("\n") > MAX_LINES:
        message = f"the report has more than {MAX_PAGES} pages or {MAX_LINES} lines"
        raise refusal("report-too-long", message, "the file", "print fewer events, or split the report")
    return tuple(
        _line(page, number, row)
        for page, sheet in enumerate(sheets, 1)
        for number, row in enumerate(sheet.split("\n"), 1)
        if row.strip(" \t")
    )


def _line(page: int, number: int, row: str) -> Line:
    line = Line(page, number, row.expandtabs().rstrip(" "))
    if len(line.text) > MAX_LINE:
        remedy = "send the report, not a file that merely begins like one"
        raise refusal("text-too-long", f"a line has more than {MAX_LINE} characters", line.where, remedy)
    return line


def report(lines: Iterable[Line], running: Running, several: Mapping[str, str]) -> Report:
    """The body and the running facts; `several` names the refusal where a fact changes from page to page."""
    sheets = _sheets(lines)
    body: list[Line] = []
    facts: dict[str, Said] = {}
    for number, sheet in enumerate(sheets, 1):
        inner, found = _unwrapped(sheet, running, last=number == len(sheets))
        page = found.pop(PAGE, None)
        _check_same(facts, found, several)
        _check_page(page, number)
        body += inner
    return Report(tuple(body), facts)


def _sheets(lines: Iterable[Line]) -> list[list[Line]]:
    sheets: dict[int, list[Line]] = {}
    for line in lines:
        sheets.setdefault(line.page, []).append(line)
    return list(sheets.values())


def _unwrapped(sheet: list[Line], running: Running, *, last: bool) -> tuple[list[Line], dict[str, Said]]:
    first, end = len(running.header), len(sheet) - len(running.footer)
    if end < first:
        raise _no_running_line(sheet[-1], last=last)
    facts: dict[str, Said] = {}
    for pattern, line in zip((*running.header, *running.footer), (*sheet[:first], *sheet[end:]), strict=True):
        match = pattern.fullmatch(line.text.strip(" "))
        if match is None:
            raise _no_running_line(line, last=last)
        facts |= {name: Said(text, line.where) for name, text in match.groupdict().items() if text is not None}
    return sheet[first:end], facts


def _no_running_line(line: Line, *, last: bool) -> ExportError:
    if last:
        return truncated("the last page lacks a line that every page has", line.where)
    return unfit("a line that every page has is missing or another", line.where)


def _check_page(printed: Said | None, number: int) -> None:
    if printed is not None and printed.text != str(number):
        raise truncated("the pages do not count 1, 2, 3: one is missing or doubled", printed.where)


def _check_same(facts: dict[str, Said], found: Mapping[str, Said], several: Mapping[str, str]) -> None:
    for name, said in found.items():
        if facts.setdefault(name, said).text != said.text:
            code = several.get(name, "values-contradict")
            raise refusal(code, "the pages do not say the same", said.where, "send one report of one pump in a file")


def closed(lines: tuple[Line, ...], mark: re.Pattern[str]) -> tuple[tuple[Line, ...], Said]:
    """The lines before the end mark, and the number of rows (group `rows`) that it states; raises ExportError."""
    ends = [index for index, line in enumerate(lines) if mark.fullmatch(line.text.strip(" "))]
    if not ends:
        raise truncated("the report has no end mark", lines[-1].where if lines else "page 1")
    if ends[0] != len(lines) - 1:
        raise unfit("lines follow the end mark", lines[ends[0] + 1].where)
    match = mark.fullmatch(lines[-1].text.strip(" "))
    return lines[:-1], Said(match["rows"] if match else "", lines[-1].where)


def check_rows(stated: Said, rows: int) -> None:
    """Refuse a report whose end mark counts another number of rows than stand there."""
    if stated.text != str(rows):
        raise truncated(f"{rows} rows are there, the end mark states another number", stated.where)


def unfit(message: str, where: str) -> ExportError:
    """The error for a line that the layout has no place for."""
    return refusal("layout-unreadable", message, where, _FITS)


@dataclass(frozen=True, slots=True)
class Block:
    """What stands under one heading."""

    title: str
    where: str
    lines: tuple[Line, ...]

    def rows(self) -> dict[str, Said]:
        """The `label: value` rows by label, wrapped values joined; an empty value is an empty text."""
        found: dict[str, Said] = {}
        label, edge = "", self.lines[0].indent if self.lines else 0
        for line in self.lines:
            if line.indent > edge + 1 and label:
                found[label] = found[label].more(line.text.strip(" "))
                continue
            label, said = _row(line)
            if label in found:
                raise refusal("field-repeated", "a label is printed twice", line.where, "keep the one that is meant")
            found[label] = said
        return found

    def table(self, columns: tuple[str, ...]) -> tuple[TableRow, ...]:
        """The rows of a table under these column headings, wrapped cells joined; the first column never wraps."""
        rows: list[TableRow] = []
        starts: list[int] = []
        for line in self.lines:
            pieces = [(match.start(), match[0]) for match in _PIECE.finditer(line.text)]
            if tuple(text for _, text in pieces) == columns:
                starts = [start for start, _ in pieces]
            elif not starts:
                raise unfit("the table does not begin with its column headings", line.where)
            else:
                _add(rows, _cells(line, pieces, columns, starts), line, columns[0])
        return tuple(rows)


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a table: its cells by column heading (an empty one is not there), and its place."""

    cells: dict[str, Said]
    where: str

    def get(self, column: str) -> Said | None:
        """The cell of a column, or None where it is empty."""
        return self.cells.get(column)


def blocks(lines: Iterable[Line], titles: re.Pattern[str]) -> dict[str, Block]:
    """What stands under each heading, by heading; raises ExportError for a heading that the layout does not have."""
    found: dict[str, tuple[str, list[Line]]] = {}
    title = ""
    for line in lines:
        if line.indent:
            if not title:
                raise unfit("a row stands under no heading", line.where)
            found[title][1].append(line)
        elif line.text != f"{title}{CONTINUED}":
            title = _title(line, titles, found)
            found[title] = (line.where, [])
    return {title: Block(title, where, tuple(rows)) for title, (where, rows) in found.items()}


def _title(line: Line, titles: re.Pattern[str], found: Collection[str]) -> str:
    if not titles.fullmatch(line.text):
        remedy = "remove or correct it; the adapter's sheet lists the headings"
        raise refusal("field-unknown", "a heading is not of this layout", line.where, remedy)
    if line.text in found:
        raise refusal("field-repeated", "a heading is printed twice", line.where, "keep the one that is meant")
    return line.text


def _row(line: Line) -> tuple[str, Said]:
    match = _ROW.fullmatch(line.text.strip(" "))
    if match is None:
        raise unfit("a row has no label", line.where)
    return match["label"], Said((match["value"] or "").strip(" "), line.where)


def _cells(line: Line, pieces: list[tuple[int, str]], columns: tuple[str, ...], starts: list[int]) -> dict[str, Said]:
    """The pieces of a line by column: each begins where its heading does, give or take one."""
    found: dict[str, Said] = {}
    for start, text in pieces:
        index = max((index for index, edge in enumerate(starts) if edge - 1 <= start), default=None)
        if index is None or start > starts[index] + 1:
            raise unfit("a cell stands under no column heading", line.where)
        if index + 1 < len(starts) and start + len(text) >= starts[index + 1]:
            raise unfit("a cell runs into the next column", line.where)
        found[columns[index]] = Said(text, line.where)
    return found


def _add(rows: list[TableRow], cells: dict[str, Said], line: Line, key: str) -> None:
    if key in cells:
        rows.append(TableRow(cells, line.where))
        return
    if not rows:
        raise unfit("a table begins with a row that goes on", line.where)
    above = rows[-1].cells
    for column, said in cells.items():
        above[column] = above[column].more(said.text) if column in above else said
