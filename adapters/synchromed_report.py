"""The printed report of a SynchroMed programmer, in our layout, as text or as PDF; places are page and line.

Rules beside those of every printed report:
1. CURRENT is as found. NEW is as left where the update completed, pending where it did not or was cancelled; NEW
   beside `Update: None`, or a completed update without NEW, contradicts.
2. What the layout prints twice must say the same twice: quantities in two units, a difference beside what it is the
   difference of, running lines beside the body. Flow against dose and concentration is no such thing: a finding's work.
3. An event is known by its words. One that is not known is `other` and keeps its words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from adapters import pdf
from adapters.printed import (
    Block,
    Line,
    Report,
    Said,
    TableRow,
    blocks,
    check_rows,
    closed,
    is_titled,
    lines_of,
    pages,
    report,
)
from adapters.printed_form import SEVERAL, Labels, Print, Rows, Tree, fill_rows, fill_table, turned
from adapters.printed_sections import CHANNEL, unconfirmed
from adapters.printed_values import (
    NOT_RECORDED,
    check_difference,
    contradiction,
    is_quantity,
    measured,
    moment,
    quantity,
    text,
)
from adapters.session import build, hint_of
from adapters.session_tree import Cell, head_of, lenient, refusal
from adapters.synchromed_layout import (
    CHANGE,
    COLUMNS,
    CURRENT,
    DAILY_DOSE,
    DRUGS,
    END,
    LAYOUT,
    NEW,
    PIECES,
    RUNNING,
    SECTIONS,
    SETTING,
    SETTINGS,
    TITLE,
    TITLES,
    UPDATES,
    event_text,
    settings_of,
)
from bridge.adapter import Hint
from bridge.errors import ExportError
from bridge.interrogation import Interrogation

SAME = {
    "maker": ("PUMP", "Manufacturer"),
    "model": ("PUMP", "Model"),
    "serial": ("PUMP", "Serial number"),
    "patient": ("PATIENT", "Patient ID"),
    "start": ("SESSION", "Session start"),
    "reported": ("SESSION", "Report generated"),
}
REQUIRED = ("maker", "model", "serial", "start")
_HEAD_PIECES = 20
_LABELS = {column: settings_of(above) for column, above in COLUMNS.items()}
_DRUG = re.compile(r"Drug ([0-9]+)(?: .*)?")
_SECONDS = {"s": 1, "min": 60, "h": 3600}


class SynchromedReport:
    """Reads the printed report of a SynchroMed programmer."""

    name = "synchromed_report"
    version = "1"
    media_type = "text/plain"

    def recognises(self, content: bytes) -> bool:
        """Whether the first line, or the first page of a PDF, begins with the title; also where the rest is cut off."""
        if not pdf.is_pdf(content):
            return _titled(head_of(content))
        return TITLE in islice(pdf.pieces(content), _HEAD_PIECES) or _titled(pdf.first_page(content))

    def read(self, content: bytes) -> tuple[Interrogation, ...]:
        """The one interrogation of the report; raises ExportError with the page and the line of what is wrong."""
        lines = lines_of(pdf.text_of(content)) if pdf.is_pdf(content) else pages(content)
        if not lines or not _titled(lines[0].text):
            raise refusal("format-unknown", "this is no SynchroMed report", "page 1", "see the adapter's sheet")
        printed, tree = _filled(report(lines, RUNNING, SEVERAL), lines[0])
        for check in (_check_running, _check_drugs, _check_refill, _check_clocks):
            check(printed)
        return (build(tree.grown()),)

    def hint(self, content: bytes) -> Hint | None:
        """Pump and session start where all whole headers say the same; never raises."""
        pumps: set[tuple[str, ...]] = set()
        starts: set[str] = set()
        for piece in _header_pieces(content):
            for pattern in PIECES:
                found = match.groupdict() if (match := pattern.fullmatch(piece)) else {}
                pumps |= {(found["maker"], found["model"], found["serial"])} if "serial" in found else set()
                starts |= {found["start"]} if "start" in found else set()
        pump = dict(zip(("manufacturer", "model", "serial"), *pumps, strict=True)) if len(pumps) == 1 else {}
        start = moment(Said(starts.pop(), "")) if len(starts) == 1 else None
        return hint_of(pump, start.text if start else None)


def _titled(first: str) -> bool:
    return is_titled(first, TITLE)


def _header_pieces(content: bytes) -> Iterator[str]:
    """The pieces of the second line of each page, or all that a PDF shows; a line that may be cut is left out."""
    if pdf.is_pdf(content):
        yield from pdf.pieces(content)
        yield from re.split(r" {2,}|\n", pdf.first_page(content))
        return
    for sheet in lenient(content).split("\f"):
        for line in sheet.split("\n")[:-1][1:2]:
            yield from re.split(r" {2,}", line.strip(" \r"))


def _filled(found: Report, first: Line) -> tuple[Print, Tree]:
    body, events = closed(found.lines, END)
    _check_lines(found.lines[-1], len(body))
    printed, tree = Print({}, {}, found.running), Tree()
    tree.put("kind", Cell("session", first.where, printed=TITLE))
    for title, block in blocks(body, TITLES).items():
        _fill(title, block, printed, tree)
    check_rows(events, len(printed.tables.get("EVENTS", [])))
    _check_layout(printed)
    _tag(printed, tree)
    return printed, tree


def _check_lines(last: Line, lines: int) -> None:
    match = END.fullmatch(last.text.strip(" "))
    check_rows(Said(match["lines"] if match else "", last.where), lines)


def _check_layout(printed: Print) -> None:
    said = printed.get("SESSION", "Layout")
    if said is None or said.text != LAYOUT:
        where = said.where if said else "page 1"
        raise refusal("version-unsupported", "this version of the layout is not read", where, f"print layout {LAYOUT}")


def _fill(title: str, block: Block, printed: Print, tree: Tree) -> None:
    section = SECTIONS.get(title)
    if section is None:
        _fill_settings(block, printed, tree)
    elif isinstance(section, Rows):
        fill_rows(section, block, printed, tree)
    else:
        fill_table(section, block, printed, tree)
    for number, row in enumerate(printed.tables.get(title, []), 1):
        if title == "EVENTS":
            said = event_text(row)
            tree.put(f"{CHANNEL}/events/#{number}/text", text(said) if said else None)
        elif "STEP" in row and row["STEP"].text != str(number):
            raise refusal("section-order", "the steps do not count 1, 2, 3", row["STEP"].where, "print them all")


def _fill_settings(block: Block, printed: Print, tree: Tree) -> None:
    for row in block.table((SETTING, *COLUMNS, CHANGE)):
        label = row.cells[SETTING].text
        if (SETTINGS, label) in printed.said:
            raise refusal("field-repeated", "a setting is printed twice", row.where, "keep the one that is meant")
        printed.said[SETTINGS, label] = row.cells[SETTING]
        for column, labels in _LABELS.items():
            _set(row.cells[SETTING], row.get(column), labels, tree)
        _check_change(label, row)
    for above in COLUMNS.values():
        _name_doses(above, tree)


def _set(label: Said, said: Said | None, labels: Labels, tree: Tree) -> None:
    if label.text not in labels:
        remedy = f"known here: {', '.join(labels)}"
        raise refusal("field-unknown", "a setting is not of this layout", label.where, remedy)
    if said is not None:
        for path, read in labels[label.text]:
            tree.put(path, read(said))


def _check_change(label: str, row: TableRow) -> None:
    """The change of a daily dose is new minus current: a swapped column or a lost minus sign contradicts."""
    current, new, change = (row.get(column) for column in (*COLUMNS, CHANGE))
    expected = label.endswith(DAILY_DOSE) and is_quantity(current) and is_quantity(new)
    if change is None and expected:
        raise unconfirmed("the change of a daily dose is not printed", row.where)
    if change is not None and not expected:
        raise contradiction("a change is printed where there is none to print", change.where)
    if current and new and change:
        quantity(change)
        check_difference(new, current, change)


def _name_doses(above: str, tree: Tree) -> None:
    for number in range(1, DRUGS + 1):
        dose, name = f"{above}/programme/doses/#{number}", tree.cells.get(f"{above}/drugs/#{number}/name")
        if f"{dose}/daily" in tree.cells:
            tree.put(f"{dose}/drug", name)


def _tag(printed: Print, tree: Tree) -> None:
    """Say of each state which it is; the time of the last update is the one that NEW, or else CURRENT, holds since."""
    update, updated = printed.get("SESSION", "Update"), printed.get("SESSION", "Last updated")
    outcome = UPDATES.get(update.text) if update else None
    new, current = (
        next((c for path, c in tree.cells.items() if path.startswith(f"{s}/")), None) for s in (NEW, CURRENT)
    )
    if update and ((new and outcome == "none") or (not new and outcome == "completed")):
        raise contradiction("the new settings and the update do not fit", update.where)
    if updated is not None:
        since = NEW if outcome == "completed" else CURRENT
        tree.put(f"{since}/at", moment(updated))
    if new:
        code = "as-left" if outcome == "completed" else "pending"
        tree.put(f"{NEW}/tag", Cell(code, new.where, printed="NEW"))
    if current or f"{CURRENT}/at" in tree.cells:
        first = current or tree.cells[f"{CURRENT}/at"]
        tree.put(f"{CURRENT}/tag", Cell("as-found", first.where, printed="CURRENT"))


def _first(above: str, tree: Tree) -> Cell | None:
    return next((cell for path, cell in tree.cells.items() if path.startswith(f"{above}/")), None)


def _check_running(printed: Print) -> None:
    """The running lines name the pump, the patient, the start and the print that the body names."""
    for fact, place in SAME.items():
        said, running = printed.get(*place), printed.running[fact]
        if said is None and fact in REQUIRED:
            continue  # the shared reading says which one is missing
        if (said.text if said else NOT_RECORDED) != running.text:
            raise _unlike(fact, running)
    name, running = printed.get("PATIENT", "Name"), printed.running["name"]
    recorded = name is not None and name.text != NOT_RECORDED
    if (turned(name) if name and recorded else NOT_RECORDED) != running.text:
        raise _unlike("name", running)


def _unlike(fact: str, running: Said) -> ExportError:
    message, remedy = "the running lines and the body do not say the same", "send one report of one pump in a file"
    return refusal(SEVERAL.get(fact, "values-contradict"), message, running.where, remedy)


def _check_drugs(printed: Print) -> None:
    """Drugs count from 1, and what is printed of a drug stands with its name: a dose is nobody's otherwise."""
    for (title, label), said in printed.said.items():
        match = _DRUG.fullmatch(label)
        if match is None:
            continue
        names = (f"Drug {match[1]}", f"Drug {max(int(match[1]) - 1, 1)}")
        if any(printed.get(title, name) is None for name in names):
            raise refusal(
                "section-order", "a drug has no name, or the one before it is missing", said.where, "print it"
            )


def _check_refill(printed: Print) -> None:
    """The residuals' difference is actual minus expected: a lost minus sign contradicts."""
    actual, expected, difference = (
        printed.get("REFILL", label) for label in ("Actual residual", "Expected residual", "Actual minus expected")
    )
    if difference is None:
        if is_quantity(actual) and is_quantity(expected) and actual:
            raise unconfirmed("the difference of the residuals is not printed", actual.where)
        return
    quantity(difference)
    if actual and expected:
        check_difference(actual, expected, difference)


def _check_clocks(printed: Print) -> None:
    """The printed difference of the clocks is pump minus programmer, in whole units of what the clocks show."""
    labels = ("Pump clock", "Programmer clock", "Pump minus programmer")
    pump, programmer, difference = (printed.get("CLOCKS", label) for label in labels)
    if difference is None or not is_quantity(difference):
        return
    quantity(difference)
    match = difference.text.split(" ", 1)
    stated = measured(match[0], match[1], difference.where)
    walls = [_wall(said) for said in (pump, programmer)]
    if stated.unit not in _SECONDS:
        raise contradiction("a difference of clocks is no time", difference.where)
    if walls[0] and walls[1] and stated.value * _SECONDS[stated.unit] != (walls[0] - walls[1]).total_seconds():
        raise contradiction("the printed difference of the clocks is not their difference", difference.where)


def _wall(said: Said | None) -> datetime | None:
    """What a clock shows, without its offset; None where it cannot be read (the shared reading judges that)."""
    cell = moment(said) if said else None
    try:
        return datetime.fromisoformat(cell.text).replace(tzinfo=None) if cell else None
    except ValueError:
        return None


ADAPTER = SynchromedReport()
