"""The transcript of a serial capture: what a programmer sent over its line, read again without the port.

Promises: only a capture that ended complete is read, and it is checked again by the same rule as on the line
(`bridge.wire.programmer.gathered`): one token, all pages, all sums. Places are the line of the transcript, the section
and the key. The status and alarm words must agree with the sections. Source: docs/reference/serial-protocol.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapters.serial_words import add_words
from adapters.session import build, hint_of
from adapters.session_branches import Branch
from adapters.session_tree import Cell, Group, head_of, refusal, safe_name
from bridge.adapter import Hint
from bridge.errors import ExportError
from bridge.interrogation import Interrogation
from bridge.wire.programmer import transcript
from bridge.wire.programmer.exchange import Exchange
from bridge.wire.programmer.gathered import Gathered, Line
from bridge.wire.programmer.requests import decode
from bridge.wire.programmer.responses import Refusal
from bridge.wire.programmer.tables import (
    EVENT_COLUMNS,
    IDENTITY_KEYS,
    SECTION_BY_CODE,
    SECTION_BY_NAME,
    SectionKind,
)
from bridge.wire.serial_frames import Deframer, Frame

UNREADABLE = "unreadable"
COLUMNS = 5
CLOCKS = SectionKind(0, "clocks", "clocks")
AGAIN = "capture again; if it comes back, the programmer does not follow the protocol"

_KEY = re.compile(r"[a-z0-9_]{1,40}(?:/[a-z0-9_]{1,40})*")
_PARTS = re.compile(r"(?:(?:[1-9][0-9]{0,3}/)?[a-z_]+/)*(?:[1-9][0-9]{0,3}/)?[a-z_]+")


class SerialCapture:
    """Reads the transcript that `pumpbridge capture` writes."""

    name = "serial_capture"
    version = "1"
    media_type = "text/plain"

    def recognises(self, content: bytes) -> bool:
        """Whether the head says that it is a transcript of ours; also where the rest was cut off."""
        return transcript.is_transcript(head_of(content))

    def read(self, content: bytes) -> tuple[Interrogation, ...]:
        """The one interrogation of the capture; raises ExportError with the line of what is wrong."""
        found = transcript.read(content)
        if found.outcome != transcript.COMPLETE:
            message = f"the capture did not complete: it ended with {found.outcome}"
            raise refusal("capture-incomplete", message, f"line {found.end}", "capture again")
        gathered = Gathered()
        for line, frame in _frames(found.entries, _Replay(gathered)):
            raise refusal("capture-damaged", f"a line holds no whole frame {frame}", f"line {line}", AGAIN)
        gathered.check()
        return (build(_tree(gathered)),)

    def hint(self, content: bytes) -> Hint | None:
        """Pump and session start as far as the frames before any damage state them whole; never raises."""
        if not self.recognises(content):
            return None
        gathered = Gathered()
        try:
            for _ in _frames(transcript.entries(content.decode("ascii", "replace")), _Replay(gathered)):
                break
        except ExportError as error:
            if error.code == "capture-pump-changed":
                return None  # it could be either
        try:
            return _hint(gathered)
        except ExportError:
            return None


class _Replay:
    """Takes the frames of a transcript as the capture took them from the line."""

    def __init__(self, gathered: Gathered) -> None:
        self._gathered, self._exchange = gathered, Exchange()

    def sent(self, frame: Frame) -> None:
        """A frame that left; one that is no request of ours awaits nothing."""
        request = decode(frame)
        if request is not None:
            self._exchange.sent(request, frame.sequence)

    def received(self, frame: Frame, line: int) -> None:
        """A frame that came; one that answers nothing that is awaited was ignored on the line too."""
        answered = self._exchange.received(frame)
        if answered is not None and not isinstance(answered[1], Refusal):
            self._gathered.take(answered[1], line)


def _frames(entries: tuple[transcript.Entry, ...], replay: _Replay) -> Iterator[tuple[int, str]]:
    """Replays every frame; yields the line and the direction of each that is not one whole frame."""
    for entry in entries:
        if entry.mark == transcript.NOISE:
            continue
        pieces = Deframer().feed(entry.raw)
        if len(pieces) != 1 or not isinstance(pieces[0], Frame) or pieces[0].raw != entry.raw:
            yield entry.number, "that was sent" if entry.mark == transcript.SENT else "that was received"
        elif entry.mark == transcript.SENT:
            replay.sent(pieces[0])
        else:
            replay.received(pieces[0], entry.number)


def _tree(gathered: Gathered) -> Group:
    root = Branch("the capture")
    for code in gathered.codes:
        for line in gathered.section(code):
            _put(root, SECTION_BY_CODE[code], line)
    for line in gathered.clocks():
        _put(root, CLOCKS, line)
    _check_identity(root, gathered)
    _add_events(root, gathered.events())
    if gathered.words is not None:
        add_words(root, *gathered.words)
    return root.grown()


def _put(root: Branch, section: SectionKind, line: Line) -> None:
    key, *cells = _cells(line, COLUMNS)
    where = f"line {line.place}, {section.name} {key if _KEY.fullmatch(key) else '?'}"
    if not _PARTS.fullmatch(key) or (section.names and key.split("/")[0] not in section.names):
        raise refusal("field-unknown", "this key is not of its section", where, AGAIN)
    *parts, name = f"{section.path}/{key}".strip("/").split("/")
    branch = root.walk(parts, where)
    if name in branch.fields:
        raise refusal("field-repeated", f"field {safe_name(name)!r} is given twice", where, AGAIN)
    value, unit, how, mark = (*cells, "", "", "", "")[: COLUMNS - 1]
    readable = mark != UNREADABLE
    bound = mark if readable else ""
    branch.fields[name] = Cell(value, where, unit or None, how or None, bound or None, readable=readable)


def _cells(line: Line, most: int) -> list[str]:
    try:
        cells = line.raw.removesuffix(b"\n").decode().split("\t")
    except UnicodeDecodeError:
        raise refusal("encoding-wrong", "a text of the programmer is not UTF-8", f"line {line.place}", AGAIN) from None
    if len(cells) > most:
        raise refusal("capture-line-unreadable", f"a row has more than {most} cells", f"line {line.place}", AGAIN)
    return cells


def _add_events(root: Branch, lines: tuple[Line, ...]) -> None:
    for index, line in enumerate(lines, 1):
        cells = _cells(line, len(EVENT_COLUMNS))
        where = f"line {line.place}, events {index}"
        event = root.walk(["channels", "1", "events", str(index)], where)
        for name, text in zip(EVENT_COLUMNS, cells, strict=False):
            if text:
                event.fields[name] = Cell(text, f"{where}/{name}")


def _check_identity(root: Branch, gathered: Gathered) -> None:
    """IDENTITY and the section of the pump name one pump."""
    where = f"line {gathered.identity_place}, IDENTITY"
    pump = root.walk(["pump"], where)
    for name, stated in _identity(gathered).items():
        cell = pump.fields.get(name)
        if not isinstance(cell, Cell) or cell.text != stated:
            raise refusal("values-contradict", f"IDENTITY and the pump's section differ in {name}", where, AGAIN)


def _identity(gathered: Gathered) -> dict[str, str]:
    lines = gathered.identity.lines if gathered.identity else ()
    where = f"line {gathered.identity_place}, IDENTITY"
    rows = [_cells(Line(raw, gathered.identity_place), 2) for raw in lines]
    stated = {row[0]: row[1] for row in rows if len(row) == 2}
    if len(rows) != len(IDENTITY_KEYS) or set(stated) != set(IDENTITY_KEYS):
        message = "IDENTITY does not state manufacturer, model and serial once each"
        raise refusal("pump-identity-missing", message, where, AGAIN)
    return stated


def _hint(gathered: Gathered) -> Hint | None:
    if gathered.identity is None:
        return None
    start = None
    session = SECTION_BY_NAME["session"].code
    if session in gathered.codes and gathered.is_whole(session):
        rows = [_cells(line, COLUMNS) for line in gathered.section(session)]
        start = next((row[1] for row in rows if row[0] == "start" and len(row) == 2), None)
    return hint_of(_identity(gathered), start)


ADAPTER = SerialCapture()
