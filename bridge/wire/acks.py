"""Acknowledgements: which ones a message asks for, and how they are written.

Promises: original mode (MSH-15 and MSH-16 empty) answers AA, AE or AR; enhanced mode answers CA, CE or CR as MSH-15
asks, then AA, AE or AR as MSH-16 asks. MSA-2 is the sender's MSH-10. A refusal says in ERR where and why, by codes and
our own words: nothing of a patient. The head of a message is read as far as it can be; what it does not hold is empty.
Source: HL7 version 2.6, chapter 2 (acknowledgements, tables 0008, 0155, 0357).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from bridge.wire.er7 import Marks, escaped
from bridge.wire.mllp import framed, unframed

OWN_NAME = "PUMPBRIDGE"
_PLACE = re.compile(r"([A-Z][A-Z0-9]{2})\[(\d+)\](?:-(\d+)(?:\.(\d+))?)?$")

# Refused for what it is, not for what it says: sending it again as it is never helps (table 0008: reject).
REJECTED = frozenset({
    "message-type-unsupported", "message-event-unsupported", "version-unsupported", "processing-unsupported",
    "head-unreadable", "charset-unknown", "export-too-large", "frame-unreadable", "format-unknown",
    "format-ambiguous", "export-empty",
})  # fmt: skip

# Our codes in HL7 table 0357; what is not here is a data type error (102), an error of ours 207.
CONDITIONS = {
    "segment-order": "100", "segment-missing": "101", "unit-missing": "101", "session-start-missing": "101",
    "pump-identity-missing": "101", "export-truncated": "100", "field-repeated": "100", "patients-several": "100",
    "unit-unknown": "103", "unit-dimension": "103", "term-contradicts": "103", "charset-unknown": "103",
    "message-type-unsupported": "200", "message-event-unsupported": "201", "processing-unsupported": "202",
    "version-unsupported": "203", "message-number-repeated": "205", "adapter-failed": "207",
}  # fmt: skip
_WORDS = {
    "100": "Segment sequence error", "101": "Required field missing", "102": "Data type error",
    "103": "Table value not found", "200": "Unsupported message type", "201": "Unsupported event code",
    "202": "Unsupported processing id", "203": "Unsupported version id", "205": "Duplicate key identifier",
    "207": "Application internal error",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a message: accepted (code ''), or refused with a code, a place and a remedy."""

    code: str = ""
    where: str = ""
    remedy: str = ""

    @property
    def letter(self) -> str:
        """A accepted, E error, R reject: the second letter of the code of table 0008."""
        return "A" if not self.code else "R" if self.code in REJECTED else "E"


class Head:
    """The MSH of a message as far as it can be read, byte for byte (as Latin-1)."""

    def __init__(self, frame: bytes) -> None:
        text = unframed(frame)[:10_000].lstrip(b"\r\n").decode("latin-1")
        self.marks = Marks()
        self._fields: list[str] = []
        if text[:3] == "MSH" and len(text) > 8 and not text[3].isalnum() and text[3] not in "\r\n":
            body = _next_segment(text[3]).split(text, maxsplit=1)[0].rstrip("\r\n")
            self._fields = [body[:3], text[3], *body[4:].split(text[3])]
            if self._fields[1:3] != ["|", "^~\\&"]:
                self.marks = _marks(text[3], self._fields[2]) or self.marks
            if self.marks.field != text[3]:
                self._fields = []

    def field(self, number: int) -> str:
        """A field as it was sent; '' where it is not there."""
        found = self._fields[number] if number < len(self._fields) else ""
        return re.sub(r"[\r\n]+\s*", "", found) if "\r" in found or "\n" in found else found

    def part(self, number: int, component: int) -> str:
        """A component of a field as it was sent."""
        parts = self.field(number).split(self.marks.component)
        return parts[component - 1] if component <= len(parts) else ""

    @property
    def name(self) -> str:
        """Who sent it, and under which number: '' where it has no number."""
        return f"{self.field(3)}|{self.field(4)}|{self.field(10)}"[:400] if self.field(10) else ""


@lru_cache(64)
def _next_segment(field: str) -> re.Pattern[str]:
    return re.compile(r"[\r\n](?=[A-Z][A-Z0-9]{2}" + re.escape(field) + ")")


def _marks(field: str, given: str) -> Marks | None:
    marks = [*given, *"^~\\&"[len(given) :]][:4]
    every = [field, *marks]
    plain = all(33 <= ord(mark) < 127 and not mark.isalnum() for mark in every)
    return Marks(field, *marks) if plain and len(set(every)) == 5 else None


def answers(frame: bytes, verdict: Verdict, now: datetime, head: Head | None = None) -> list[bytes]:
    """The acknowledgements that a message asks for, each in its frame; `now` is aware, `head` its head where known."""
    head = head or Head(frame)
    accept, application = head.field(15), head.field(16)
    kinds = []
    if not accept and not application:
        kinds = ["A"]
    else:
        kinds += ["C"] if _asked(accept, verdict) else []
        kinds += ["A"] if _asked(application, verdict) else []
    return [framed(_written(head, frame, kind + verdict.letter, verdict, now)) for kind in kinds]


def _asked(condition: str, verdict: Verdict) -> bool:
    """Whether an acknowledgement is asked for (table 0155: always, never, on error, on success)."""
    return condition == "AL" or condition == ("SU" if verdict.letter == "A" else "ER")


def _written(head: Head, frame: bytes, code: str, verdict: Verdict, now: datetime) -> bytes:
    marks = head.marks
    between = marks.field
    digest = hashlib.sha256(frame + code.encode()).hexdigest()[:18].upper()
    kind = marks.component.join(["ACK", head.part(9, 2), "ACK"]) if head.part(9, 2) else "ACK"
    msh = [
        "MSH", f"{marks.component}{marks.repetition}{marks.escape}{marks.subcomponent}",
        head.field(5) or OWN_NAME, head.field(6), head.field(3), head.field(4), f"{now:%Y%m%d%H%M%S%z}", "", kind,
        f"PB{digest}", head.field(11) or "P", head.field(12) or "2.6", "", "", "NE" if head.field(15) else "",
        "NE" if head.field(16) else "", "", head.field(18),
    ]  # fmt: skip
    segments = [between.join(msh).rstrip(between), between.join(["MSA", code, head.field(10)])]
    if verdict.code:
        segments.append(_error(verdict, marks))
    return "".join(f"{segment}\r" for segment in segments).encode("latin-1", "replace").translate(None, b"\x0b\x1c")


def _error(verdict: Verdict, marks: Marks) -> str:
    condition = CONDITIONS.get(verdict.code, "102")
    fields = [
        "ERR", "", _location(verdict.where, marks),
        marks.component.join([condition, _WORDS[condition], "HL70357"]), "E",
        marks.component.join([verdict.code, "", "L"]), "", "",
        escaped(f"{verdict.where}: {verdict.remedy}" if verdict.where else verdict.remedy, marks),
    ]  # fmt: skip
    return marks.field.join(fields).rstrip(marks.field)


def _location(where: str, marks: Marks) -> str:
    """ERR-2: segment, its number, field, repetition, component; '' where the place is no field."""
    match = _PLACE.search(where)
    if match is None:
        return ""
    segment, number, field, component = match.groups()
    parts = [segment, number] + ([field, "1"] if field else []) + ([component] if component else [])
    return marks.component.join(parts)
