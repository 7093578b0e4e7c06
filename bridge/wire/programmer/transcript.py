"""The transcript of a capture: what went over the line, as a text file that is read again without the port.

Layout: docs/reference/serial-protocol.md. Promises: every byte sent or received stands in it once; it is written
once, and its end line counts the lines and sums every byte before it, so that a transcript that was cut, joined or
changed anywhere never looks whole. Pure: it opens no file and knows no time but what it is told.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bridge.errors import ExportError

FORMAT = "pumpbridge-capture"
FORMAT_VERSION = "1"
COMPLETE = "complete"
END = "end"

Mark = Literal[">", "<", "?"]
SENT: Mark = ">"
RECEIVED: Mark = "<"
NOISE: Mark = "?"

_HEAD = re.compile(rf"{FORMAT}\t(?P<version>[^\t]+)(?:\t(?P<rest>.*))?")
_REST = re.compile(r"port=([a-z0-9]{1,16})\tstarted=([0-9T:.+-]{19,40})\tbridge=([0-9A-Za-z.+-]{1,40})")
_LINE = re.compile(r"([0-9]{1,10})\t([<>?])\t((?:[0-9A-F]{2})+)")
_END = re.compile(rf"{END}\t([0-9]{{1,9}})\t([a-z-]{{1,40}})\t([0-9a-f]{{64}})")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line between head and end: its number in the file, when, which way, and the bytes."""

    number: int
    offset_ms: int
    mark: Mark
    raw: bytes


@dataclass(frozen=True, slots=True)
class Transcript:
    """A whole transcript: its lines, and how the capture ended."""

    entries: tuple[Entry, ...]
    outcome: str
    end: int


class Writer:
    """Writes one transcript; after `ended` it takes nothing more."""

    def __init__(self, port: str, started: datetime, bridge: str) -> None:
        head = (FORMAT, FORMAT_VERSION, f"port={port}", f"started={started.isoformat('T', 'seconds')}")
        self._lines = ["\t".join((*head, f"bridge={bridge}"))]
        self._ended = False

    def add(self, offset_ms: int, mark: Mark, raw: bytes) -> int:
        """One frame or noise; answers the number of its line."""
        if self._ended:
            raise ValueError("a transcript is written once")
        self._lines.append(f"{offset_ms}\t{mark}\t{raw.hex().upper()}")
        return len(self._lines)

    def ended(self, outcome: str) -> bytes:
        """The whole file."""
        self._ended = True
        content = "".join(f"{line}\n" for line in self._lines).encode()
        digest = hashlib.sha256(content).hexdigest()
        return content + f"{END}\t{len(self._lines) - 1}\t{outcome}\t{digest}\n".encode()


def is_transcript(head: str) -> bool:
    """Whether a text sets out to be a transcript."""
    return head.startswith(f"{FORMAT}\t")


def entries(text: str) -> tuple[Entry, ...]:
    """The lines of a text as far as they are whole; never raises. For what a damaged one still says."""
    found = []
    for number, line in enumerate(text.split("\n")[1:-1], 2):
        match = _LINE.fullmatch(line)
        if match is None:
            break
        found.append(_entry(number, match))
    return tuple(found)


def read(content: bytes) -> Transcript:
    """The transcript in some bytes; raises ExportError with the line where it is none, or not whole."""
    text = _decoded(content)
    head, *lines = text.removesuffix("\n").split("\n")
    _check_head(head)
    end = _END.fullmatch(lines[-1]) if lines else None
    if end is None:
        raise _no_end(lines)
    count, outcome, digest = end.groups()
    summed = content[: content.rindex(b"\n", 0, len(content) - 1) + 1]
    if int(count) != len(lines) - 1 or hashlib.sha256(summed).hexdigest() != digest:
        message = "its end line does not fit the lines before it"
        raise _refused("capture-damaged", message, len(lines) + 1)
    return Transcript(tuple(map(_whole, range(2, len(lines) + 1), lines[:-1])), outcome, len(lines) + 1)


def _decoded(content: bytes) -> str:
    if not content.strip():
        raise ExportError("the file is empty", code="export-empty", where="the file", remedy="capture again")
    try:
        return content.decode("ascii")
    except UnicodeDecodeError as error:
        raise _refused("capture-damaged", "it holds a foreign byte", content.count(b"\n", 0, error.start) + 1) from None


def _check_head(head: str) -> None:
    match = _HEAD.fullmatch(head)
    if match is None:
        message = "this is no transcript of a capture"
        raise ExportError(message, code="format-unknown", where="line 1", remedy="name one of `pumpbridge capture`")
    if match["version"] != FORMAT_VERSION:
        message, remedy = "this version of the transcript is not read", "capture with this version of the bridge"
        raise ExportError(message, code="version-unsupported", where="line 1", remedy=remedy)
    if not _REST.fullmatch(match["rest"] or ""):
        raise _refused("capture-damaged", "its head is not written as a transcript writes it", 1)


def _no_end(lines: list[str]) -> ExportError:
    message, remedy = "the transcript has no end line", "fetch the whole file again, or capture again"
    return ExportError(message, code="export-truncated", where=f"line {len(lines) + 1}", remedy=remedy)


def _whole(number: int, line: str) -> Entry:
    match = _LINE.fullmatch(line)
    if match is None:
        raise _refused("capture-damaged", "a line is not written as a transcript writes it", number)
    return _entry(number, match)


def _entry(number: int, match: re.Match[str]) -> Entry:
    mark: Mark = ">" if match[2] == SENT else "<" if match[2] == RECEIVED else "?"
    return Entry(number, int(match[1]), mark, bytes.fromhex(match[3]))


def _refused(code: str, message: str, line: int) -> ExportError:
    return ExportError(message, code=code, where=f"line {line}", remedy="fetch the file again, or capture again")
