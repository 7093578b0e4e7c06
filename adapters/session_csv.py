"""The session format in CSV: a head line, sections of rows, an end line with their number; places are lines.

Layout (docs/reference/session-csv.md): `pumpbridge-session;1;decimal=comma;dates=dd.mm.yyyy`, then rows of
field;value;unit;how;mark under headers such as `[channels/1/states/2]`, then `[end];42`. Promises: the head line
declares the delimiter, the decimal mark and the date format, and nothing is guessed from the values; a file that
was cut lacks its end line or the count, and is refused. Must not know the model's fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from adapters.session import build
from adapters.session_branches import Branch
from adapters.session_facts import Facts
from adapters.session_tree import (
    FORMAT_VERSION,
    PLAIN,
    Cell,
    Group,
    Notation,
    decoded,
    head_of,
    lenient,
    refusal,
    safe_name,
    truncated,
)
from bridge.adapter import Hint
from bridge.errors import ExportError
from bridge.interrogation import Interrogation

END = "[end]"
UNREADABLE = "unreadable"
COLUMNS = ("field", "value", "unit", "how", "mark")

_HEAD = re.compile(r'"?pumpbridge-session"?([;,])')
_SECTION = re.compile(r"\[([a-z_]+(?:/[1-9][0-9]{0,3})?(?:/[a-z_]+(?:/[1-9][0-9]{0,3})?)*)\]")
_OPTIONS: dict[str, Notation] = {
    "decimal=point": Notation(decimal="."),
    "decimal=comma": Notation(decimal=","),
    "dates=yyyy-mm-dd": Notation(dates="yyyy-mm-dd"),
    "dates=dd.mm.yyyy": Notation(dates="dd.mm.yyyy"),
}
_CELL = {
    mark: re.compile(rf'(?:"(?P<quoted>(?:[^"]|"")*+)"|(?P<plain>[^"\r\n{mark}]*+))(?P<stop>{mark}|\r?\n|\Z)')
    for mark in ";,"
}


@dataclass(frozen=True, slots=True)
class Row:
    """One record: the line on which it begins, its cells, and whether its line end was there."""

    line: int
    cells: tuple[str, ...]
    whole: bool


class SessionCsv:
    """Reads the bridge's own session format in CSV."""

    name = "session_csv"
    version = "1"
    media_type = "text/csv"

    def recognises(self, content: bytes) -> bool:
        """Whether the first cell says that it is a session of ours; also where the rest was cut off."""
        return _HEAD.match(head_of(content)) is not None

    def read(self, content: bytes) -> tuple[Interrogation, ...]:
        """The one interrogation of the file; raises ExportError with the line and the field of what is wrong."""
        text = decoded(content)
        match = _HEAD.match(text)
        if match is None:
            remedy = "begin it with pumpbridge-session;1"
            raise refusal("format-unknown", "this is not a session in CSV", "line 1", remedy)
        head, *rows = _stated_rows(text, match[1])
        notation = _notation(head)
        return (build(_tree(_counted(rows)), notation),)

    def hint(self, content: bytes) -> Hint | None:
        """Pump and session start as far as the whole rows before any damage state them; never raises."""
        text = lenient(content)
        match = _HEAD.match(text)
        return None if match is None else _facts(text, match[1])


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    """The records of a text by RFC 4180; raises ExportError at the first place that is none."""
    position, line, start = 0, 1, 1
    cells: list[str] = []
    while position < len(text) or cells:
        match = _CELL[delimiter].match(text, position)
        if match is None:
            raise _not_a_cell(text, position, line)
        quoted, stop = match["quoted"], match["stop"]
        cells.append(match["plain"] if quoted is None else quoted.replace('""', '"'))
        line += match[0].count("\n")
        position = match.end()
        if stop != delimiter:
            yield Row(start, tuple(cells), bool(stop))
            cells, start = [], line


def _not_a_cell(text: str, position: int, line: int) -> ExportError:
    if text[position] == '"' and len(re.findall('"', text[position:])) % 2:
        return truncated("the file ends inside quotation marks", f"line {line}")
    remedy = "put a value with quotation marks, delimiters or line ends into quotation marks and double those in it"
    return refusal("csv-malformed", "a cell is not written as CSV", f"line {line}", remedy)


def _stated_rows(text: str, delimiter: str) -> list[Row]:
    return [row for row in _rows(text, delimiter) if any(cell.strip() for cell in row.cells)]


def _notation(head: Row) -> Notation:
    options = [cell.strip() for cell in head.cells[1:] if cell.strip()]
    if not options or options[0] != FORMAT_VERSION:
        remedy = f"begin the file with pumpbridge-session;{FORMAT_VERSION}"
        raise refusal("version-unsupported", "this version of the format is not read", "line 1", remedy)
    kinds = [option.partition("=")[0] for option in options[1:]]
    if not set(options[1:]) <= set(_OPTIONS) or len(kinds) != len(set(kinds)):
        raise refusal("head-unreadable", "the head line has an unknown option", "line 1", f"use {', '.join(_OPTIONS)}")
    return _declared(options[1:])


def _declared(options: list[str]) -> Notation:
    decimal = next((_OPTIONS[option].decimal for option in options if option.startswith("decimal=")), PLAIN.decimal)
    dates = next((_OPTIONS[option].dates for option in options if option.startswith("dates=")), PLAIN.dates)
    return Notation(decimal, dates)


def _counted(rows: list[Row]) -> list[Row]:
    """The rows between head and end line; raises ExportError unless the end line is last and counts them."""
    ends = [index for index, row in enumerate(rows) if row.cells[0].strip() == END]
    if not ends:
        raise truncated(f"the file has no end line {END}", f"line {rows[-1].line if rows else 1}")
    end, stated = rows[ends[0]], rows[: ends[0]]
    if ends[0] != len(rows) - 1:
        remedy = "join no files, and write nothing after the end line"
        raise refusal("csv-malformed", "rows follow the end line", f"line {rows[ends[0] + 1].line}", remedy)
    if [cell.strip() for cell in end.cells[1:] if cell.strip()] != [str(len(stated))]:
        raise truncated(f"{len(stated)} rows are there, the end line states another number", f"line {end.line}")
    return stated


def _tree(rows: list[Row]) -> Group:
    root = section = Branch("line 1")
    seen: set[str] = set()
    for row in rows:
        header = row.cells[0].strip()
        if header.startswith("["):
            section = _section(root, row, header, seen)
        else:
            _put(section, row, header)
    return root.grown()


def _section(root: Branch, row: Row, header: str, seen: set[str]) -> Branch:
    where, match = f"line {row.line}", _SECTION.fullmatch(header)
    if match is None or any(cell.strip() for cell in row.cells[1:]):
        raise refusal("section-unreadable", "this is no section header", where, "write it like [channels/1/states/2]")
    if header in seen:
        raise refusal("field-repeated", "this section is given twice", where, "keep the one that is meant")
    seen.add(header)
    return root.walk(match[1].split("/"), where)


def _put(section: Branch, row: Row, name: str) -> None:
    where = f"line {row.line}, {safe_name(name)}"
    if name in section.fields:
        raise refusal(
            "field-repeated", f"field {safe_name(name)!r} is given twice", where, "keep the one that is meant"
        )
    if any(cell.strip() for cell in row.cells[len(COLUMNS) :]):
        remedy = f"a row is {', '.join(COLUMNS)}; quote a value that holds the delimiter"
        raise refusal("csv-malformed", "a row has too many cells", where, remedy)
    section.fields[name] = _cell(row, where)


def _cell(row: Row, where: str) -> Cell:
    value, unit, how, mark = (*row.cells[1 : len(COLUMNS)], "", "", "", "")[:4]
    readable = mark.strip() != UNREADABLE
    bound = mark.strip() if readable else ""
    return Cell(value, where, unit or None, how.strip() or None, bound or None, readable=readable)


def _facts(text: str, delimiter: str) -> Hint | None:
    facts, section, notation = Facts(), "", PLAIN
    try:
        for row in _rows(text, delimiter):
            cells = [cell.strip() for cell in row.cells]
            if not row.whole:
                break
            if cells[0].startswith("["):
                section = cells[0][1:-1]
                facts.opens(section)
            elif row.line == 1:
                notation = _declared([option for option in cells[2:] if option in _OPTIONS])
            elif len(cells) > 1 and UNREADABLE not in cells[2:]:
                facts.states(section, cells[0], cells[1])
    except ExportError:
        pass
    return facts.hint(notation)


ADAPTER = SessionCsv()
