"""ER7, the text form of HL7 version 2: bytes to messages, segments, fields, repetitions, components, subcomponents.

Promises: the encoding characters are those of MSH-1 and MSH-2; the character set is that of MSH-18, and an unknown one
is refused; a break inside a field survives where the next line is no segment; every value has its place, such as
`OBX[10]-5.1` (the tenth OBX, field 5, component 1). Nothing is split before it is asked for.
1. A last segment without its end is refused (`export-truncated`): its last number may be half of one. Only a frame
   (MLLP) says that the message is whole without it.
2. A batch (FHS, BHS … BTS, FTS) is closed, in order, and its counts are true, or it is refused.
3. Messages, segments and fields have limits.
4. A row (OBX) that came before, letter by letter and with the same number, may be the same object again: a pump repeats
   most of what it says, and what a reader noted of a row holds.
Must not know what a message means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, NamedTuple

from bridge.errors import ExportError
from bridge.wire.er7_batch import AGAIN, ENVELOPES, Envelope
from bridge.wire.familiar import Familiar

MAX_SEGMENTS = 20_000
MAX_MESSAGES = 20_000
MAX_FIELD = 1_000_000
SHORT = 250  # rows of so many characters at most may be kept
START, END, RETURN = b"\x0b", b"\x1c", b"\x0d"
_HEADERS = ("MSH", "FHS", "BHS")
_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")
_LONE_LF = re.compile(rb"\n(?=(?:FHS|BHS|MSH|BTS|FTS)[^A-Za-z0-9\r\n])")
_HEADER = re.compile(rb"(?:FHS|BHS|MSH)[^A-Za-z0-9\s][^A-Za-z0-9\s]")
_NO_MARK = "\0"  # where a message has fewer marks
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_USUAL_NAMES = ("MSH", "SFT", "PID", "PD1", "NTE", "PV1", "PV2", "ORC", "OBR", "OBX", "TQ1", "PRT", "MSA", "ERR")

# MSH-18, HL7 table 0211, to what Python calls it. All hold ASCII as it is, so bytes can be split before decoding.
CHARSETS = {
    "": "ascii",
    "ASCII": "ascii",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    **{f"8859/{part}": f"iso8859_{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)},
}


class Marks(NamedTuple):
    """The encoding characters of one message."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"


_USUAL = Marks()


class Coding(NamedTuple):
    """How the text of a message is to be read; with a field as sent it is all that the field's meaning depends on."""

    marks: Marks
    charset: str


class Segment:
    """One segment: its name, its number among those of its name (from 1), and its fields as they were sent.

    `meant` is for its reader, who may note there what it says by itself.
    """

    __slots__ = ("_before", "_fields", "_text", "coding", "meant", "name", "number")

    def __init__(self, name: str, number: int, text: str, coding: Coding, before: str) -> None:
        self.name = name
        self.number = number
        self.coding = coding
        self._text = text
        self._before = before
        self._fields: list[str] | None = None
        self.meant: Any = None

    @property
    def sent(self) -> str:
        """The segment as it was sent, without its end."""
        return self._text

    @property
    def fields(self) -> list[str]:
        """The fields as sent, from the name on; MSH-1 stands in its place, so that field n is field n."""
        if self._fields is None:
            mark = self.coding.marks.field
            self._fields = self._text.split(mark)
            if self.name in _HEADERS:
                self._fields.insert(1, mark)
        return self._fields

    def raw(self, field: int) -> str:
        """A field as sent, with all its repetitions; '' where it is not there."""
        fields = self._fields or self.fields
        return fields[field] if field < len(fields) else ""

    def repetitions(self, field: int) -> list[str]:
        """The repetitions of a field as sent; none where it is empty."""
        raw = self.raw(field)
        return raw.split(self.coding.marks.repetition) if raw else []

    def components(self, field: int, repetition: int = 0) -> list[str]:
        """The components of one repetition of a field, as people read them; [''] where it is empty."""
        fields = self._fields or self.fields
        raw = fields[field] if field < len(fields) else ""
        return components(raw, self.coding, repetition) if raw else [""]

    def text(self, field: int, component: int = 1, subcomponent: int = 0) -> str:
        """A component of a field's first repetition, as people read it; `subcomponent` 0 is the component whole."""
        fields = self._fields or self.fields
        raw = fields[field] if field < len(fields) else ""
        if not raw:
            return ""
        if raw.isalnum():  # no mark, no blank
            return raw if component == 1 and subcomponent < 2 else ""
        if field <= 2 and self.name in _HEADERS:
            return raw if component == 1 else ""
        marks = self.coding.marks
        found = raw.split(marks.repetition, 1)[0] if marks.repetition in raw else raw
        if component == 1:
            found = found.partition(marks.component)[0]
        else:
            parts = found.split(marks.component, component)
            found = parts[component - 1] if component <= len(parts) else ""
        if subcomponent:
            below = found.split(marks.subcomponent)
            found = below[subcomponent - 1] if subcomponent <= len(below) else ""
        return self.plain(found) if marks.escape in found else found.strip()

    def plain(self, raw: str) -> str:
        """A text without its escapes, outer blanks and breaks."""
        return _plain_text(raw, self.coding)

    def place(self, field: int = 0, component: int = 0) -> str:
        """Where a value stands: `OBX[10]-5.1`, in a batch `message 3, OBX[10]-5.1`."""
        below = f"-{field}.{component}" if field and component else f"-{field}" if field else ""
        return f"{self._before}{self.name}[{self.number}]{below}"


def components(raw: str, coding: Coding, repetition: int = 0) -> list[str]:
    """The components of one repetition of a field as sent, as people read them."""
    marks = coding.marks
    if marks.repetition in raw:
        raw = (raw.split(marks.repetition)[repetition:] or [""])[0]
    elif repetition:
        raw = ""
    parts = raw.split(marks.component)
    if marks.escape in raw or " " in raw or "\n" in raw:
        return [_plain_text(part, coding) for part in parts]
    return parts


def _plain_text(raw: str, coding: Coding) -> str:
    if coding.marks.escape in raw:
        raw = unescaped(raw, coding.marks, coding.charset)
    return raw.strip()


@dataclass(frozen=True)
class Message:
    """One message: its segments in order, and how it was encoded."""

    segments: tuple[Segment, ...]
    marks: Marks
    charset: str
    before: str = ""

    @property
    def header(self) -> Segment:
        """The MSH segment."""
        return self.segments[0]

    @cached_property
    def control_id(self) -> str:
        """MSH-10 without breaks: captures break it over two lines."""
        return re.sub(r"[\r\n]+\s*", "", self.header.text(10))

    def named(self, name: str) -> list[Segment]:
        """The segments of one name, in order."""
        return [segment for segment in self.segments if segment.name == name]


def recognises(content: bytes) -> bool:
    """Whether the content sets out to be HL7 version 2, in a frame or not; judged by its head."""
    if _HEADER.match(content, content.startswith(START)):
        return True
    return bool(_HEADER.match(content.removeprefix(b"\xef\xbb\xbf").lstrip(b"\x0b\r\n")[:8]))


def read(content: bytes) -> tuple[Message, ...]:
    """The messages of one export: a frame, a message, several, or a batch; raises ExportError with the place."""
    body, whole = _unframed(content)
    if not recognises(content):
        raise ExportError("this is no HL7 message", where="the first line", code="head-unreadable", remedy=AGAIN)
    if b"\n" in body:
        body = _LONE_LF.sub(b"\r", body.replace(b"\r\n", b"\r")) if b"\r" in body else body.replace(b"\n", b"\r")
    if not whole and not body.endswith(b"\r"):
        line = body.count(b"\r") + 1
        raise ExportError("the last segment has no end", where=f"line {line}", code="export-truncated", remedy=AGAIN)
    chunks = _chunks(body.strip(b"\r"))
    if chunks[0][:3] == b"MSH" and len(chunks) == 1:
        return (_message(chunks[0], ""),)
    return tuple(_batch(chunks))


def _unframed(content: bytes) -> tuple[bytes, bool]:
    """The message inside a frame, and whether the frame says that it is whole."""
    if not content.startswith(START):
        return content.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n"), False
    if not content.endswith(END + RETURN) and not content.endswith(END):
        raise ExportError("the frame has no end", where="the end", code="export-truncated", remedy=AGAIN)
    body = content[1:].removesuffix(RETURN).removesuffix(END)
    if START in body or END in body:
        raise ExportError("a frame stands inside a frame", where="the frame", code="frame-unreadable", remedy=AGAIN)
    return body.lstrip(b"\r\n"), True


# Looked for once at each run of returns: a message of nothing else costs no more than another.
_BOUNDARY = re.compile(rb"(?<!\r)\r++(?=(?:FHS|BHS|MSH|BTS|FTS)[^A-Za-z0-9\r]|(?:BTS|FTS)(?:\r|\Z))")


_BOUNDARY_MARKS = tuple(b"\r" + name.encode() for name in ("MSH", *ENVELOPES))


def _chunks(body: bytes) -> list[bytes]:
    """The messages and the lines of envelopes, in order."""
    if not any(mark in body for mark in _BOUNDARY_MARKS):
        return [body]
    found = _BOUNDARY.split(body, MAX_MESSAGES)
    if len(found) > MAX_MESSAGES:
        raise ExportError("too many messages", where="the file", code="list-too-long", remedy="split the file")
    return found


def _message(chunk: bytes, before: str) -> Message:
    marks = _marks(chunk, before)
    charset = _charset(chunk, marks, before)
    try:
        text = chunk.decode(charset)
    except UnicodeDecodeError as error:
        line = chunk.count(b"\r", 0, error.start) + 1
        raise ExportError(
            "this is not in the character set that MSH-18 names", where=f"{before}line {line}", code="encoding-wrong",
            remedy="let the sender name its character set in MSH-18",
        ) from None  # fmt: skip
    return Message(_segments(text, Coding(marks, charset), before), marks, charset, before)


def _marks(chunk: bytes, before: str) -> Marks:
    """The encoding characters; raises ExportError where they are not four or five different marks."""
    if chunk[3:9] == b"|^~\\&|":
        return _USUAL
    field = chunk[3:4].decode("latin-1")
    given = chunk[4:].split(chunk[3:4], 1)[0].split(b"\r", 1)[0].decode("latin-1")
    every = field + given
    clear = 1 <= len(given) <= 5 and len(set(every)) == len(every)
    if not clear or any(mark.isalnum() or mark.isspace() or ord(mark) > 126 or ord(mark) < 33 for mark in every):
        raise ExportError(
            "MSH-1 and MSH-2 are not different marks", where=f"{before}MSH[1]-2", code="head-unreadable",
            remedy="let the sender use |^~\\&",
        )  # fmt: skip
    rest = [*given, *(_NO_MARK * (4 - len(given)))]
    return Marks(field, rest[0], rest[1], rest[2], rest[3])


def _charset(chunk: bytes, marks: Marks, before: str) -> str:
    """Python's name of the character set; MSH-18 is its field 17 after the name, where MSH-1 counts."""
    fields = chunk.split(b"\r", 1)[0].split(marks.field.encode(), 18)
    named = fields[17].decode("latin-1").split(marks.repetition)[0].strip().upper() if len(fields) > 17 else ""
    found = CHARSETS.get(named)
    if found is None:
        raise ExportError(
            "MSH-18 names a character set that is not read", where=f"{before}MSH[1]-18", code="charset-unknown",
            remedy="let the sender use UNICODE UTF-8",
        )  # fmt: skip
    return found


def _segments(text: str, coding: Coding, before: str) -> tuple[Segment, ...]:
    lines, mark = text.split("\r"), coding.marks.field
    if not _usual_heads(mark).issuperset([line[:4] for line in lines]):
        lines = _joined(lines, mark)
    if len(lines) > MAX_SEGMENTS:
        raise ExportError("too many segments", where=f"{before}the message", code="list-too-long", remedy=AGAIN)
    if len(text) > MAX_FIELD:
        _refuse_long(max(lines, key=len), mark, before)
    counts: dict[str, int] = {}
    found = []
    for line in lines:
        name = line[:3]
        counts[name] = number = counts.get(name, 0) + 1
        comes_again = name == "OBX" and len(line) <= SHORT and not before
        found.append(_row(number, line, coding) if comes_again else Segment(name, number, line, coding, before))
    return tuple(found)


def _row(number: int, line: str, coding: Coding) -> Segment:
    """The row of a message that is no batch's: the same object for the same text, number and coding."""
    known = rows.get(line)
    if known is not None and known.number == number and known.coding == coding:
        return known
    made = Segment("OBX", number, line, coding, "")
    rows.offer(line, made)
    return made


rows: Familiar[Segment] = Familiar(8_192)


@cache
def _usual_heads(field: str) -> frozenset[str]:
    """How most segments begin: lines that all begin so need no closer look. There are as many marks as ASCII has."""
    return frozenset(f"{name}{field}" for name in _USUAL_NAMES)


def _refuse_long(line: str, field: str, before: str) -> None:
    if len(line) > MAX_FIELD and any(len(part) > MAX_FIELD for part in line.split(field)):
        raise ExportError(
            "a field is too long", where=f"{before}{line[:3]}", code="text-too-long",
            remedy="send documents by another way",
        )  # fmt: skip


def _joined(lines: list[str], field: str) -> list[str]:
    """The segments: a line that begins as no segment does belongs to the one before it, its break kept."""
    if all(line[3:4] == field and _NAME.match(line) for line in lines):
        return lines
    found: list[list[str]] = []
    for line in lines:
        if (line[3:4] == field and _NAME.match(line)) or not found or (len(line) == 3 and _NAME.match(line)):
            found.append([line])
        else:
            found[-1].append(line)
    return ["\n".join(parts).rstrip("\n") for parts in found]


def _batch(chunks: list[bytes]) -> Iterator[Message]:
    """The messages between the envelopes; raises ExportError where these are open, out of order or lie."""
    envelope = Envelope()
    for chunk in chunks:
        name = chunk[:3].decode("latin-1")
        if name in ENVELOPES:
            envelope.take(name, chunk)
            continue
        envelope.messages += 1
        envelope.in_batch += 1
        yield _message(chunk, f"message {envelope.messages}, ")
    envelope.closed()


def unescaped(text: str, marks: Marks, charset: str) -> str:
    """A text with its escapes replaced; formatting (.br, H, N) becomes a break or nothing, what is unknown stays."""
    parts = text.split(marks.escape)
    found = [parts[0]]
    inside = True
    for index, part in enumerate(parts[1:], 1):
        if inside and index < len(parts) - 1:
            plain = _plain(part, marks, charset)
            if plain is not None:
                found.append(plain)
                inside = False
                continue
        found.append((marks.escape if inside else "") + part)
        inside = True
    return "".join(found)


def _plain(code: str, marks: Marks, charset: str) -> str | None:
    plain = {
        "F": marks.field, "S": marks.component, "T": marks.subcomponent, "R": marks.repetition, "E": marks.escape,
        ".br": "\n", "H": "", "N": "",
    }.get(code)  # fmt: skip
    if plain is None and code[:1] == "X" and _HEX.fullmatch(code[1:]):
        try:
            return bytes.fromhex(code[1:]).decode(charset)
        except UnicodeDecodeError:
            return None
    return None if plain == _NO_MARK else plain


def escaped(text: str, marks: Marks | None = None) -> str:
    """A text that can stand in a component: its marks escaped, its breaks as \\X0D\\."""
    marks = marks or Marks()
    pairs = {
        marks.escape: "E", marks.field: "F", marks.component: "S", marks.subcomponent: "T", marks.repetition: "R",
        "\r": "X0D", "\n": "X0A",
    }  # fmt: skip
    return "".join(f"{marks.escape}{pairs[mark]}{marks.escape}" if mark in pairs else mark for mark in text)
