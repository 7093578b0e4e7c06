"""Values of HL7 segments as readings: texts, codes, quantities and times, each with its place.

Promises: a quantity keeps its digits, and its unit is one whose dimension fits; a number that is none, a negative one
or one without a unit is refused, never mended. A value that its own flag calls invalid or not available is unreadable,
not absent. Blanks round a value are dropped, breaks inside one become a blank.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple

from bridge.errors import ExportError
from bridge.interrogation import How, Moment, Reading, proven
from bridge.quantity import EXACT, Quantity, decimal_of
from bridge.terms import mdc
from bridge.wire.er7 import Coding, Segment, components

MAX_TEXT = 2_000
NOT_GOOD = frozenset({"INV", "NAV", "NI", "OFF", "QUES"})  # OBX-8 flags: the sender itself does not stand by the value
HOWS: dict[str, How] = {
    "AMEAS": "sensed", "MMEAS": "typed", "ASET": "setting", "MSET": "setting", "ACALC": "calculated",
    "MCALC": "calculated",
}  # fmt: skip
_DTM = re.compile(
    r"(?P<day>[0-9]{8})(?:(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?:(?P<second>[0-9]{2})(?:\.(?P<part>[0-9]{1,6})[0-9]*)?)?)?"
    r" ?(?P<sign>[+-]?) ?(?P<zone>[0-9]{4})?"
)
_NUMBER = re.compile(r"[+-]?[0-9]+\.?[0-9]*", re.ASCII)
_PLAIN = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?", re.ASCII)  # what most senders send; a part of the grammar
MEMO, SHORT = 4096, 200  # so many different codes, units and times are remembered, none longer than so many characters
_CONTROLS = {code: None for code in range(32) if chr(code) not in "\t\n\r"} | {127: None}


def refusal(
    code: str, message: str, where: str, remedy: str = "let the sender correct it, and send it again"
) -> ExportError:
    """Why a message is refused."""
    return ExportError(message, where=where, code=code, remedy=remedy)


def cleaned(text: str, where: str) -> str:
    """A text on one line, without control characters; raises ExportError where it is too long."""
    if text.isprintable() and "  " not in text and len(text) <= MAX_TEXT:
        return text.strip()
    found = " ".join(text.translate(_CONTROLS).split())
    if len(found) > MAX_TEXT:
        raise refusal("text-too-long", f"a text has more than {MAX_TEXT} characters", where)
    return found


def words(segment: Segment, field: int, component: int = 1) -> Reading[str] | None:
    """A component as text, or None where it is empty (`""` says empty too)."""
    stated = segment.text(field, component)
    if not stated:
        return None
    where = segment.place(field, component)
    found = cleaned(stated, where)
    return proven(found, found, where) if found and found != '""' else None


def coded(segment: Segment, field: int = 5) -> Reading[str] | None:
    """A coded value by its name: the second component where there is one, else the first."""
    return words(segment, field, 2) or words(segment, field, 1)


def term_stated(segment: Segment) -> Reading[str] | None:
    """The term of a row (OBX-3): its name, or its number where it has none."""
    return words(segment, 3, 2) or words(segment, 3, 1)


def whole(segment: Segment, field: int) -> Reading[str] | None:
    """A field as it was sent, marks included, without its escapes."""
    where = segment.place(field)
    found = cleaned(segment.plain(segment.raw(field)), where)
    return proven(found, found, where) if found else None


def quantity(obx: Segment, dimension: str) -> Reading[Quantity] | None:
    """The number and unit of an OBX, or None where there is none; raises ExportError where it cannot be one."""
    number, bound, place = _number(obx)
    if not number:
        return None
    unit, printed_unit = _unit(obx, dimension)
    printed = cleaned(f"{bound or ''}{number} {printed_unit or unit}", place)
    how = HOWS.get(obx.text(17))
    if any(flag.strip() in NOT_GOOD for flag in obx.repetitions(8)):
        return proven(None, printed, place, how)
    return proven(Quantity(_decimal(number, place), unit), printed, place, how, bound)


def _decimal(number: str, place: str) -> Decimal:
    if _PLAIN.fullmatch(number):
        return Decimal(number, context=EXACT)
    if not _NUMBER.fullmatch(number):
        raise refusal("number-unreadable", "this is not a number", place)
    try:
        value = decimal_of(number.removesuffix("."))
    except ExportError as error:  # more digits than are kept
        raise refusal(error.code, error.message, place) from None
    if value < 0:
        raise refusal("value-negative", "a negative value", place)
    return value


def _number(obx: Segment) -> tuple[str, Literal["<", ">"] | None, str]:
    """The digits, the bound and the place of the value of an OBX of type NM or SN."""
    place, kind, raw = obx.place(5, 1), obx.text(2), obx.raw(5)
    if kind == "NM" and _PLAIN.fullmatch(raw):
        return raw, None, place
    if len(obx.repetitions(5)) > 1:
        raise refusal("field-repeated", "two values in one row", obx.place(5))
    parts = [part for part in obx.components(5) if part]
    if not parts:
        return "", None, place
    if kind == "SN":
        sign = parts[0] if parts[0] in ("<", ">", "=") else "="
        digits = parts[1:] if parts[0] in ("<", ">", "=") else parts
        if len(digits) == 1:
            return digits[0], "<" if sign == "<" else ">" if sign == ">" else None, place
    if kind not in ("NM", "ST", "") or len(parts) > 1:
        raise refusal("kind-wrong", "this is not one number", place)
    return parts[0], None, place


class Unit(NamedTuple):
    """A unit in UCUM, and as people read it."""

    ucum: str
    printed: str


def _unit(obx: Segment, dimension: str) -> Unit:
    """The unit of OBX-6; raises ExportError."""
    raw = obx.raw(6)
    known = _known_unit(raw, obx.coding, dimension) if len(raw) <= SHORT else None
    return known or _read_unit(raw, obx.coding, dimension, obx.place(6))


@lru_cache(MEMO)
def _known_unit(raw: str, coding: Coding, dimension: str) -> Unit | None:
    """None for what is refused: the place of a refusal is its own."""
    try:
        return _read_unit(raw, coding, dimension, "")
    except ExportError:
        return None


def _read_unit(raw: str, coding: Coding, dimension: str, where: str) -> Unit:
    """The UCUM unit of OBX-6, whichever of its two codes comes first; raises ExportError."""
    if not raw:
        if dimension == "count":
            return Unit("1", "")
        raise refusal("unit-missing", "a number without a unit", where)
    stated = components(raw, coding)
    parts = [*stated, "", "", "", "", ""]
    code = refid = ucum = ""
    for value, name, system in (parts[0:3], parts[3:6]):
        if system == "UCUM" or (value and not system and not name.startswith("MDC_") and not value.isdigit()):
            ucum = value
        elif value or name:
            code, refid = value, name
    unit, dimensions = mdc.unit(code, refid, ucum, where)
    if dimension not in dimensions:
        raise refusal("unit-dimension", f"this unit does not measure a {dimension}", where)
    return Unit(unit, _printed_unit(stated))


def _printed_unit(stated: list[str]) -> str:
    """The unit as people read it: the one that is no number and no MDC name, else the name."""
    parts = [part for part in stated if part and not part.isdigit() and part not in ("MDC", "UCUM")]
    return next((part for part in parts if not part.startswith("MDC_")), parts[0] if parts else "")


def moment(segment: Segment, field: int) -> Reading[Moment] | None:
    """A time with the offset and the fineness that it was stated with; raises ExportError where it is none."""
    if not segment.raw(field):
        return None
    where = segment.place(field)
    text = cleaned(segment.text(field), where)
    if not text or text == '""':
        return None
    known = _known_moment(text) if len(text) <= SHORT else None
    return proven(known or _read_moment(text, where), text, where)


@lru_cache(MEMO)
def _known_moment(text: str) -> Moment | None:
    """None for what is refused: the place of a refusal is its own."""
    try:
        return _read_moment(text, "")
    except ExportError:
        return None


def _read_moment(text: str, where: str) -> Moment:
    match = _DTM.fullmatch(text)
    if match is None or bool(match["sign"]) != bool(match["zone"]):
        raise refusal("date-unreadable", "this is not a time with a day", where)
    parts = match.groupdict(default="")
    year, month, day_of_month = (int(parts["day"][place]) for place in (slice(4), slice(4, 6), slice(6, 8)))
    hour, minute, second = (int(parts[name] or "0") for name in ("hour", "minute", "second"))
    try:
        local = datetime(year, month, day_of_month, hour, minute, second, int(f"{parts['part']:0<6}"))
    except ValueError:
        raise refusal("date-impossible", "there is no such day or time", where) from None
    precision: Literal["second", "minute", "day"] = (
        "second" if parts["second"] else "minute" if parts["minute"] else "day"
    )
    return Moment(local, precision, _offset(parts["sign"], parts["zone"], where))


def _offset(sign: str, zone: str, where: str) -> int | None:
    if not zone:
        return None
    hours, minutes = int(zone[:2]), int(zone[2:])
    if hours > 14 or minutes > 59:
        raise refusal("date-impossible", "there is no such offset", where)
    return (-1 if sign == "-" else 1) * (60 * hours + minutes)


def day(segment: Segment, field: int) -> Reading[date] | None:
    """A day; a time of the day beside it is left out."""
    found = moment(segment, field)
    if found is None or found.value is None:
        return None
    return proven(found.value.local.date(), found.text, found.where)
