"""A printed layout as data: which label under which heading is which field of the session tree.

A layout lists its headings; under each stand rows (`label: value`) or one table. Promises: a heading, a label or a
column that the layout does not list is refused; a check-only label is compared and never dropped unseen; the running
lines must name the patient, the pump and the start that the body names. Must not know a manufacturer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from adapters.printed import (
    MAX_LINE,
    Block,
    Line,
    Report,
    Running,
    Said,
    blocks,
    check_rows,
    closed,
    is_titled,
    pages,
    report,
    unfit,
)
from adapters.printed_values import NOT_RECORDED, contradiction, day, moment
from adapters.session import build, hint_of
from adapters.session_tree import Cell, Group, Node, Series, head_of, lenient, refusal
from bridge.adapter import Hint
from bridge.interrogation import Interrogation

Reader: TypeAlias = Callable[[Said], "Cell | None"]
Target: TypeAlias = tuple[str, Reader]
Labels: TypeAlias = Mapping[str, tuple[Target, ...]]

CHECKED: tuple[Target, ...] = ()
NOT_READ: tuple[Target, ...] = ()
LAYOUT_VERSION = "1"
TURN = "{row}"
SEVERAL = {
    "name": "patients-several", "patient": "patients-several", "born": "patients-several",
    "maker": "pumps-several", "model": "pumps-several", "serial": "pumps-several",
}  # fmt: skip

_END = re.compile(r"END OF REPORT: (?P<rows>[0-9]{1,5}) table rows, (?P<lines>[0-9]{1,5}) lines")


@dataclass(frozen=True, slots=True)
class Rows:
    """A block of rows: for each label the fields that it states; a label without fields is compared only.

    `mark` is a field that the heading itself states, with its code: the tag of a state.
    """

    labels: Labels
    mark: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table: for each column the fields that it states in the row's item of a list."""

    columns: Labels


Section: TypeAlias = "Rows | Table"


@dataclass(frozen=True, slots=True)
class Print:
    """A report as printed: what its rows say by heading and label, its tables, and its running lines."""

    said: dict[tuple[str, str], Said]
    tables: dict[str, list[dict[str, Said]]]
    running: Mapping[str, Said]

    def get(self, heading: str, label: str) -> Said | None:
        """What a row says, or None where it is not printed."""
        return self.said.get((heading, label))


@dataclass(slots=True)
class Tree:
    """The session tree as it grows, path by path; a part that begins with `#` names an item of a list."""

    cells: dict[str, Cell] = field(default_factory=dict)

    def put(self, path: str, cell: Cell | None) -> None:
        """State a field; what is not recorded is left out."""
        if cell is not None:
            self.cells[path] = cell

    def grown(self) -> Group:
        """The tree as the shared reading takes it."""
        root: dict[str, object] = {}
        for path, cell in self.cells.items():
            *above, name = path.split("/")
            node = root
            for part in above:
                node = node.setdefault(part, {})  # type: ignore[assignment]
            node[name] = cell
        return _group(root)


def _group(node: Mapping[str, object]) -> Group:
    fields = {name: _node(child) for name, child in node.items()}
    return Group(fields, next((child.where for child in fields.values()), "page 1"))


def _node(child: object) -> Node:
    if isinstance(child, Cell):
        return child
    if not isinstance(child, dict):
        raise TypeError("a tree holds cells and groups only")
    group = _group(child)
    listed = all(name.startswith("#") for name in child)
    return Series(tuple(group.fields.values()), group.where) if listed else group


Check: TypeAlias = Callable[[Print], None]


@dataclass(frozen=True, slots=True)
class Layout:
    """One printed layout: its title, kind, running lines, headings, the label of its start, and its own checks."""

    title: str
    kind: str
    running: Running
    sections: Mapping[str, Section]
    start: tuple[str, str]
    checks: tuple[Check, ...] = ()

    def recognises(self, content: bytes) -> bool:
        """Whether the first line begins with the title."""
        return is_titled(head_of(content), self.title)

    def read(self, content: bytes) -> Interrogation:
        """The interrogation that a report states; raises ExportError."""
        lines = pages(content)
        if not self.recognises(content):
            raise refusal("format-unknown", "this is not a report of this layout", "page 1", "see its sheet")
        printed, tree = self._filled(report(lines, self.running, SEVERAL), lines[0])
        for check in (_check_version, self._check_running, *self.checks):
            check(printed)
        return build(tree.grown())

    def hint(self, content: bytes) -> Hint | None:
        """Pump and start as the whole running lines state them, where all say the same; never raises."""
        pumps: set[tuple[str, ...]] = set()
        starts: set[str] = set()
        for line in lenient(content).replace("\f", "\n").split("\n")[:-1]:
            for pattern in self.running.header if len(line) <= MAX_LINE else ():
                match = pattern.fullmatch(line.strip(" \r"))
                facts = match.groupdict() if match else {}
                if "serial" in facts:
                    pumps.add((facts["maker"], facts["model"], facts["serial"]))
                    starts.add(facts["start"])
        pump = dict(zip(("manufacturer", "model", "serial"), *pumps, strict=True)) if len(pumps) == 1 else {}
        begun = when(Said(starts.pop(), "")) if len(starts) == 1 else None
        return hint_of(pump, begun.text if begun else None)

    def _filled(self, found: Report, first: Line) -> tuple[Print, Tree]:
        body, rows = closed(found.lines, _END)
        match = _END.fullmatch(found.lines[-1].text.strip(" "))
        check_rows(Said(match["lines"] if match else "", rows.where), len(body))
        printed, tree = Print({}, {}, found.running), Tree()
        tree.put("kind", Cell(self.kind, first.where, printed=self.title))
        titles = re.compile("|".join(map(re.escape, self.sections)))
        for title, block in blocks(body, titles).items():
            section = self.sections[title]
            if isinstance(section, Rows):
                fill_rows(section, block, printed, tree)
            else:
                fill_table(section, block, printed, tree)
        check_rows(rows, sum(map(len, printed.tables.values())))
        return printed, tree

    def _check_running(self, printed: Print) -> None:
        """The running lines and the body must name one patient, one pump, one start."""
        pairs = {
            "patient": ("PATIENT", "Patient ID"), "born": ("PATIENT", "Date of birth"), "start": self.start,
            "maker": ("PUMP", "Manufacturer"), "model": ("PUMP", "REF"), "serial": ("PUMP", "Serial number"),
        }  # fmt: skip
        for fact, place in pairs.items():
            said, running = printed.get(*place), printed.running[fact]
            if (said.text if said else NOT_RECORDED) != running.text:
                raise _unlike(SEVERAL.get(fact), running.where)
        name, running = printed.get("PATIENT", "Name"), printed.running["name"]
        recorded = name is not None and name.text != NOT_RECORDED
        if (turned(name) if name and recorded else NOT_RECORDED) != running.text:
            raise _unlike("patients-several", running.where)


def when(said: Said) -> Cell | None:
    """A day with its time, or a day alone where no time is printed."""
    return day(said) if said.text.count(" ") == 2 else moment(said)


def _unlike(code: str | None, where: str) -> Exception:
    message = "the running lines and the body do not say the same"
    remedy = "send one report of one pump and one patient in a file"
    return refusal(code, message, where, remedy) if code else contradiction(message, where)


def turned(name: Said) -> str:
    """`Family, Given` as `Given FAMILY`, the order of the running lines; raises ExportError for another form."""
    family, given = split_name(name)
    return f"{given} {family.upper()}"


def split_name(name: Said) -> tuple[str, str]:
    """Family name and given names of `Family, Given`; raises ExportError for another form."""
    family, comma, given = name.text.partition(", ")
    if not comma or not family or not given or "," in given:
        raise unfit("a name is not printed as Family, Given", name.where)
    return family, given


def _check_version(printed: Print) -> None:
    said = printed.get("REPORT", "Layout")
    if said is None or said.text != LAYOUT_VERSION:
        where = said.where if said else "page 1"
        raise refusal("version-unsupported", "this version of the layout is not read", where, "print it as layout 1")


@dataclass(slots=True)
class PrintedAdapter:
    """An adapter whose format is one printed layout in text."""

    name: str
    layout: Layout
    version: str = "1"
    media_type: str = "text/plain"

    def recognises(self, content: bytes) -> bool:
        """Whether the first line begins with the title of the layout."""
        return self.layout.recognises(content)

    def read(self, content: bytes) -> tuple[Interrogation, ...]:
        """The one interrogation of the report; raises ExportError with the page and line of what is wrong."""
        return (self.layout.read(content),)

    def hint(self, content: bytes) -> Hint | None:
        """Pump and start as the running lines state them; never raises."""
        return self.layout.hint(content)


def running_lines(title: str, start: str) -> Running:
    """The running lines of a layout: title and page, then patient, pump and start (after its word); below the name."""
    phrase = r"\S+(?: \S+)*"
    facts = (
        rf"Patient (?P<patient>{phrase})  +Born (?P<born>{phrase})  +"
        rf"Pump (?P<maker>{phrase}) REF (?P<model>\S+) SN (?P<serial>\S+)  +{start} (?P<start>{phrase})"
    )
    return Running(
        header=(re.compile(rf"{re.escape(title)} +Page (?P<page>[0-9]{{1,3}}) of [0-9]{{1,3}}"), re.compile(facts)),
        footer=(re.compile(rf"(?P<name>{phrase})  +Confidential"),),
    )


def fill_rows(section: Rows, block: Block, printed: Print, tree: Tree) -> None:
    """State what the rows of a block say; raises ExportError for a label that the layout does not list."""
    if section.mark is not None:
        path, code = section.mark
        tree.put(path, Cell(code, block.where, printed=block.title))
    for label, said in block.rows().items():
        printed.said[block.title, label] = said
        for path, cell in _stated(section.labels, label, said):
            tree.put(path, cell)


def fill_table(section: Table, block: Block, printed: Print, tree: Tree) -> None:
    """State what the rows of a table say; raises ExportError for a column that the layout does not list."""
    rows = block.table(tuple(section.columns))
    printed.tables[block.title] = [row.cells for row in rows]
    for number, row in enumerate(rows, 1):
        for column, said in row.cells.items():
            for path, cell in _stated(section.columns, column, said):
                tree.put(path.replace(TURN, f"#{number}"), cell)


def _stated(labels: Labels, label: str, said: Said) -> Iterator[tuple[str, Cell | None]]:
    if label not in labels:
        raise refusal("field-unknown", "a label is not of this layout", said.where, f"known here: {', '.join(labels)}")
    for path, read in labels[label]:
        yield path, read(said)
