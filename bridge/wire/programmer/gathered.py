"""What a capture has of one reading so far, what it still wants, and whether it is whole.

1. Everything is of one token; another one, or another IDENTITY at the end, raises ExportError: two pumps, or two
   readings of one, are never mixed.
2. It is whole when every section held has all its pages and their sum, the log has as many events as IDENTITY states
   and their sum, words and clocks are there, and IDENTITY came again unchanged after all that.
3. A page that comes twice is the same twice, or the capture is refused.

The capture asks by it, the adapter reads by it: one rule of what is whole. Pure. Source:
docs/reference/serial-protocol.md.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TypeVar

from bridge.errors import ExportError
from bridge.wire.programmer.requests import Identify, ReadClocks, ReadEvents, ReadSection, ReadStatus, Request
from bridge.wire.programmer.responses import Clocks, Events, Identity, Page, Response, Words
from bridge.wire.programmer.tables import EVENTS_HEAD, SECTION_BY_CODE, SECTIONS
from bridge.wire.serial_frames import MAX_PAYLOAD

T = TypeVar("T")
FIRST_COUNT = 8
MAX_COUNT = 0xFFFF
_AGAIN = "interrogate the pump, leave the programmer alone, and capture again"


@dataclass(frozen=True, slots=True)
class Line:
    """One text line of a reading with its line feed, and the number of the frame (or transcript line) it came in."""

    raw: bytes
    place: int


class Gathered:
    """One capture as it grows."""

    def __init__(self) -> None:
        self.identity: Identity | None = None
        self.identity_place = 0
        self.words: tuple[Words, int] | None = None
        self._clocks: tuple[Clocks, int] | None = None
        self.confirmed = False
        self._pages: dict[int, dict[int, tuple[Page, int]]] = {}
        self._events: dict[int, Line] = {}
        self._covered: list[tuple[int, int]] = []
        self._longest = 0

    # --- what comes in

    def take(self, response: Response, place: int) -> None:
        """Keep one response; raises ExportError where it contradicts what is there."""
        match response:
            case Identity():
                self._take_identity(response, place)
            case Page():
                self._of_this_reading(response.token, place)
                self._take_page(response, place)
            case Words():
                self._of_this_reading(response.token, place)
                self.words = _same(self.words, (response, place), "the status words", place)
            case Events():
                self._of_this_reading(response.token, place)
                self._take_events(response, place)
            case Clocks():
                self._of_this_reading(response.token, place)
                self._clocks = _same(self._clocks, (response, place), "the clocks", place)

    def _take_identity(self, found: Identity, place: int) -> None:
        if self.identity is None:
            self.identity, self.identity_place = found, place
            unknown = [code for code in range(32) if found.sections >> code & 1 and code not in SECTION_BY_CODE]
            if unknown:
                raise _refused("bit-unknown", f"the programmer holds a section {unknown[0]}, which is not known", place)
        elif found != self.identity:
            raise _changed(place)
        else:
            self.confirmed = next(self._parts(()), None) is None

    def _of_this_reading(self, token: int, place: int) -> None:
        if self.identity is None or token != self.identity.token:
            raise _changed(place)

    def _take_page(self, found: Page, place: int) -> None:
        pages = self._pages.setdefault(found.code, {})
        for other, _ in pages.values():
            if (other.pages, other.crc) != (found.pages, found.crc):
                raise _differs(f"the pages of section {found.code} do not belong together", place)
        pages[found.page] = _same(pages.get(found.page), (found, place), f"a page of section {found.code}", place)

    def _take_events(self, found: Events, place: int) -> None:
        last = found.after
        for raw in found.lines:
            number = _number(raw, place)
            if not last < number <= found.through:
                raise _differs("the events of a page are not in their range or not in order", place)
            last = number
            known = self._events.setdefault(number, Line(raw, place))
            if known.raw != raw:
                raise _differs("one event was sent twice, differently", place)
            self._longest = max(self._longest, len(raw))
        self._covered.append((found.after, found.through))

    # --- what is still wanted

    def wanted(self, waiting: Collection[Request]) -> Iterator[Request]:
        """The requests that are still to be made, in order; those that wait for their answer are left out."""
        if self.identity is None:
            parts: Iterator[Request] = iter((Identify(),))
        else:
            parts = self._parts(waiting)
        some = False
        for request in parts:
            some = True
            if request not in waiting:
                yield request
        if not some and not waiting and not self.confirmed:
            yield Identify()

    def _parts(self, waiting: Collection[Request]) -> Iterator[Request]:
        """All that is not there yet but the closing IDENTIFY."""
        assert self.identity is not None, "asked for only once it is there"
        token = self.identity.token
        if self.words is None:
            yield ReadStatus(token)
        if self._clocks is None:
            yield ReadClocks(token)
        for code in self.codes:
            for page in self._lacking(code):
                yield ReadSection(token, code, page)
        yield from self._event_requests(waiting)

    @property
    def codes(self) -> tuple[int, ...]:
        """The sections that the programmer holds."""
        held = self.identity.sections if self.identity else 0
        return tuple(section.code for section in SECTIONS if held >> section.code & 1)

    def _lacking(self, code: int) -> list[int]:
        pages = self._pages.get(code)
        if not pages:
            return [0]
        count = next(iter(pages.values()))[0].pages
        return [page for page in range(count) if page not in pages]

    def _event_requests(self, waiting: Collection[Request]) -> Iterator[ReadEvents]:
        assert self.identity is not None, "asked for only once it is there"
        asked = [(request.after, request.through) for request in waiting if isinstance(request, ReadEvents)]
        count = self._count()
        for start, end in self._holes(asked):
            for after in range(start, end, count):
                yield ReadEvents(self.identity.token, after, min(count, end - after))

    def _count(self) -> int:
        """How many numbers to ask for, so that a page is filled and the next can be asked for before it is there."""
        assert self.identity is not None, "asked for only once it is there"
        lines = (MAX_PAYLOAD - EVENTS_HEAD.size) // self._longest if self._longest else FIRST_COUNT
        span = self.identity.newest - self.identity.oldest + 1
        return min(max(1, lines) * max(1, span // max(1, self.identity.events)), MAX_COUNT)

    def _holes(self, asked: Collection[tuple[int, int]] = ()) -> Iterator[tuple[int, int]]:
        """The ranges of numbers, from oldest to newest, that no page has covered and nobody has asked for."""
        identity = self.identity
        if identity is None or not identity.events:
            return
        start = identity.oldest - 1
        for after, through in sorted((*self._covered, *asked)):
            if after > start:
                yield start, min(after, identity.newest)
            start = max(start, through)
        if start < identity.newest:
            yield start, identity.newest

    # --- what there is

    def check(self) -> None:
        """Raises ExportError (`capture-incomplete`, `capture-sum-wrong`) unless the capture is whole."""
        lacking = self.lacking()
        if lacking:
            message = f"the capture is not whole; missing: {lacking}"
            raise ExportError(message, code="capture-incomplete", where="the capture", remedy=_AGAIN)
        assert self.identity is not None, "nothing is missing"
        for code in self.codes:
            if not self.is_whole(code):
                place = self._pages[code][0][1]
                raise _refused("capture-sum-wrong", f"the sum of section {code} does not fit", place)
        lines = self.events()
        if len(lines) != self.identity.events or zlib.crc32(b"".join(x.raw for x in lines)) != self.identity.events_crc:
            message = "the event log has another number of events, or another sum, than IDENTITY states"
            raise _refused("capture-sum-wrong", message, self.identity_place)

    def is_whole(self, code: int) -> bool:
        """Whether a section has all its pages, and its sum."""
        if self._lacking(code):
            return False
        return zlib.crc32(b"".join(line.raw for line in self.section(code))) == self._pages[code][0][0].crc

    def lacking(self) -> str:
        """What is missing, in words; '' where everything has come."""
        if self.identity is None:
            return "IDENTITY"
        names = [name for name, part in (("STATUS", self.words), ("CLOCKS", self._clocks)) if part is None]
        for code in self.codes:
            pages = self._lacking(code)
            if pages:
                names.append(f"section {SECTION_BY_CODE[code].name} page {pages[0] + 1}")
        names += [f"events {start + 1} to {end}" for start, end in self._holes()]
        if not self.confirmed and not names:
            names.append("the closing IDENTITY")
        return ", ".join(names[:4]) + (" and more" if len(names) > 4 else "")

    def section(self, code: int) -> tuple[Line, ...]:
        """The lines of a section, all pages in order."""
        pages = sorted(self._pages.get(code, {}).items())
        return tuple(Line(raw, place) for _, (page, place) in pages for raw in page.lines)

    def clocks(self) -> tuple[Line, ...]:
        """The lines of the clocks."""
        return tuple(Line(raw, self._clocks[1]) for raw in self._clocks[0].lines) if self._clocks else ()

    def events(self) -> tuple[Line, ...]:
        """The lines of the event log in ascending order."""
        return tuple(line for _, line in sorted(self._events.items()))

    @property
    def share(self) -> float:
        """Which part of the log has come, for progress: 0 to 1."""
        return len(self._events) / self.identity.events if self.identity and self.identity.events else 1.0


def _same(known: tuple[T, int] | None, found: tuple[T, int], what: str, place: int) -> tuple[T, int]:
    if known is not None and known[0] != found[0]:
        raise _differs(f"{what} came twice, differently", place)
    return known or found


def _number(raw: bytes, place: int) -> int:
    text = raw.rstrip(b"\n").split(b"\t", 1)[0]
    if not (1 <= len(text) <= 9 and text.isdigit() and int(text)):
        raise _refused("capture-line-unreadable", "an event has no number from 1 to 999999999", place)
    return int(text)


def _changed(place: int) -> ExportError:
    message = "the programmer holds another reading than at the beginning: another pump, or the pump was read again"
    return _refused("capture-pump-changed", message, place)


def _differs(message: str, place: int) -> ExportError:
    return _refused("capture-contradicts", message, place)


def _refused(code: str, message: str, place: int) -> ExportError:
    return ExportError(message, code=code, where=f"line {place}", remedy=_AGAIN)
