"""The grammars of FHIR's primitive types: each is a test of one value that answers with its faults, none when good.

Source: FHIR R4 datatypes. Stricter than R4 where a server or a reader stumbles: no second 60, real calendar
days only, no control characters, no float and no string where a number belongs. Pure; results for text are cached.
"""

from __future__ import annotations

import base64
import binascii
import re
from calendar import monthrange
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from fhir_profiles.problem import Faults

Test = Callable[[object], Faults]

_CACHED = 8192
_ZONE = r"(?P<zone>Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?"
_DATETIME = re.compile(
    rf"(?P<year>[0-9]{{4}})(?:-(?P<month>[0-9]{{2}})(?:-(?P<day>[0-9]{{2}})(?P<clock>T{_CLOCK}{_ZONE})?)?)?"
)
_PATTERNS = {
    "id": re.compile(r"[A-Za-z0-9\-.]{1,64}"),
    "code": re.compile(r"[^\s]+(?:\s[^\s]+)*"),
    "uri": re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+"),
    "string": re.compile(r"[^\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]*"),
    "time": re.compile(_CLOCK),
}
_EDGE = timedelta(hours=14)
_TICK = timedelta(microseconds=1)


class Span(NamedTuple):
    """The instants that a date or dateTime may mean, counted from year 1; without a zone they are local ones."""

    first: timedelta
    last: timedelta
    zoned: bool


@lru_cache(_CACHED)
def span(text: str) -> Span | None:
    """The instants that a FHIR date or dateTime may mean, or None where it is not one (2025-02-30, no zone)."""
    match = _DATETIME.fullmatch(text)
    if match is None:
        return None
    try:
        return _instant(text) if match["clock"] else _days(match["year"], match["month"], match["day"])
    except ValueError:
        return None


def _instant(text: str) -> Span:
    at = datetime.fromisoformat(text)
    offset = at.utcoffset() or timedelta()
    count = at.replace(tzinfo=None) - datetime.min - offset
    return Span(count, count, True)


def _days(year: str, month: str | None, day: str | None) -> Span:
    first = datetime(int(year), int(month or 1), int(day or 1))
    end_month = int(month or 12)
    last = datetime(int(year), end_month, int(day or monthrange(int(year), end_month)[1]))
    return Span(first - datetime.min, last - datetime.min + timedelta(days=1) - _TICK, False)


def is_after(start: str, end: str) -> bool:
    """Whether `start` is later than `end` for certain; a day without a zone may lie up to 14 hours off."""
    a, b = span(start), span(end)
    if a is None or b is None:
        return False
    slack = timedelta() if a.zoned == b.zoned else _EDGE
    return a.first - slack > b.last


def is_instant(text: str) -> bool:
    """Whether a dateTime has a time (then it has seconds and a zone, too)."""
    found = span(text)
    return found is not None and found.zoned


@lru_cache(_CACHED)
def _fits(grammar: str, text: str) -> bool:
    if grammar in ("dateTime", "instant", "date"):
        found = span(text)
        return found is not None and (grammar == "dateTime" or found.zoned == (grammar == "instant"))
    return _PATTERNS[grammar].fullmatch(text) is not None


def _textual(grammar: str, rule: str, message: str) -> Test:
    fault: Faults = ((rule, "", message),)

    def test(value: object) -> Faults:
        if type(value) is str and value:
            return () if _fits(grammar, value) else fault
        return _EMPTY if value == "" else fault

    return test


_EMPTY: Faults = (("empty", "", "is empty: leave the element out"),)
_STRING: Faults = (("datatype", "", "is not a string of printable characters"),)


def string(value: object) -> Faults:
    """A text of at least one visible character and no control characters."""
    if type(value) is not str:
        return _STRING
    if not value or value.isspace():
        return _EMPTY
    return () if value.isprintable() or _PATTERNS["string"].fullmatch(value) else _STRING


_WORD = re.compile(r"(?<![A-Za-z])(?:(?i:mcg)|(?i:mri?[ -]safe))(?![A-Za-z])|(?<![\w-])(?:IT|OK|Ok)(?![\w-])", re.ASCII)
_WORDS: Faults = (
    ("words", "", 'holds an abbreviation or a reassurance that must not be read: "mcg", "IT", "OK", "MR safe"'),
)


def plain_words(text: str) -> bool:
    """Whether a text for people is free of "mcg", "IT" for a route, "OK" and "MR safe"."""
    lower = text.lower()
    suspicious = "mcg" in lower or "safe" in lower or "IT" in text or "OK" in text or "Ok" in text
    return not (suspicious and _WORD.search(text))


def read_text(value: object) -> Faults:
    """A string that people read as our words."""
    bad = string(value)
    return bad or (() if plain_words(str(value)) else _WORDS)


def words_fault() -> Faults:
    """The fault of a text that holds a forbidden word."""
    return _WORDS


def decimal(value: object) -> Faults:
    """An exact number: Decimal or int, never a float, a string or a boolean."""
    if type(value) is int or (type(value) is Decimal and value.is_finite()):
        return ()
    return (("decimal", "", "is not an exact number (Decimal or int)"),)


def _integer(least: int) -> Test:
    fault: Faults = (("datatype", "", f"is not an integer of at least {least}"),)
    return lambda value: () if type(value) is int and least <= value < 2**31 else fault


_INTEGER64 = re.compile(r"0|-?[1-9][0-9]{0,18}")


def integer64(value: object) -> Faults:
    """An integer of 64 bits, which JSON has as a string (R5): readers take a number for a float."""
    good = type(value) is str and _INTEGER64.fullmatch(value) and -(2**63) <= int(value) < 2**63
    return () if good else (("datatype", "", "is not an integer of 64 bits as a string"),)


def boolean(value: object) -> Faults:
    """True or False."""
    return () if type(value) is bool else (("datatype", "", "is not a boolean"),)


def base64_text(value: object) -> Faults:
    """Bytes in base64 without white space."""
    return () if type(value) is str and value and decoded(value) is not None else (("datatype", "", "is not base64"),)


def decoded(text: str) -> bytes | None:
    """The bytes of a base64 text, or None where it is not one."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


PRIMITIVES: dict[str, Test] = {
    "id": _textual("id", "id", "is not an id: 1 to 64 of A-Z a-z 0-9 - ."),
    "code": _textual("code", "datatype", "is not a code"),
    "uri": _textual("uri", "datatype", "is not an absolute URI"),
    "dateTime": _textual("dateTime", "date", "is not a real dateTime (a time needs seconds and a zone)"),
    "instant": _textual("instant", "date", "is not an instant with date, seconds and zone"),
    "date": _textual("date", "date", "is not a real date"),
    "time": _textual("time", "date", "is not a time of day with seconds"),
    "string": string,
    "text": read_text,
    "decimal": decimal,
    "integer": _integer(-(2**31)),
    "positiveInt": _integer(1),
    "unsignedInt": _integer(0),
    "integer64": integer64,
    "boolean": boolean,
    "base64": base64_text,
}
