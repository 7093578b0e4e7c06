"""The leaves of the session format: from a cell's text to a Reading, one function a kind.

Promises: the printed text and its place are kept exactly; digits are kept; a unit is only named in UCUM, never
changed; blanks round a value are no part of it. Whatever does not fit its kind raises ExportError with the place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Literal, cast, get_args

from adapters.session_tree import MAX_TEXT, Cell, Form, Notation, refusal
from bridge.errors import ExportError
from bridge.interrogation import Field, How, Leaf, Moment, Reading
from bridge.quantity import Quantity, decimal_of, dimension_of, unit_of

BLANKS = " \t\r\n"
HOWS: tuple[str, ...] = get_args(How)
BOUNDS = ("<", ">")
DAY_MINUTES = 24 * 60
YEARS = (1900, 2999)

# Control characters but tab and line end, surrogates, what reverses the reading direction, and non-characters.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]|\r(?!\n)"
)
_TIME = r"(?P<H>[0-9]{2}):(?P<M>[0-9]{2})(?::(?P<S>[0-9]{2}))?(?P<offset>Z|[+-][0-9]{2}:[0-9]{2})?"
_DATES = {
    "yyyy-mm-dd": r"(?P<y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})",
    "dd.mm.yyyy": r"(?P<d>[0-9]{2})\.(?P<m>[0-9]{2})\.(?P<y>[0-9]{4})",
}
_DAYS = {style: re.compile(day) for style, day in _DATES.items()}
_MOMENTS = {style: re.compile(f"{day}(?:[T ]{_TIME})?") for style, day in _DATES.items()}
_TIME_OF_DAY = re.compile(r"([0-9]{2}):([0-9]{2})")
_SWAPPED_MARKS = str.maketrans(",.", ".,")
_INTEGER = re.compile(r"[0-9]{1,9}")
_FORMS: dict[str, tuple[Form, ...]] = {
    "quantity": ("plain", "string", "number"),
    "integer": ("plain", "number"),
    "boolean": ("plain", "boolean"),
}


def read_leaf(field: Field, cell: Cell, notation: Notation) -> Reading[Any]:
    """The reading of one leaf; raises ExportError where the cell does not fit the field."""
    leaf = cast(Leaf, field.leaf)
    content = _content(cell)
    _check_marks(leaf, cell)
    how = cast("How | None", cell.how)
    if not cell.readable:
        return Reading(None, cell.text, cell.where, how)
    if cell.form not in _FORMS.get(leaf.kind, ("plain", "string")):
        raise refusal("kind-wrong", f"{field.name} is not written as a {leaf.kind}", cell.where, _kind_remedy(leaf))
    value = _READERS[leaf.kind](field, leaf, content, cell, notation)
    return Reading(value, _printed(cell), cell.where, how, cast('Literal["<", ">"] | None', cell.bound))


def moment_of(text: str, where: str, notation: Notation) -> Moment:
    """The printed time with the precision and the offset that it has; raises ExportError."""
    match = _MOMENTS[notation.dates].fullmatch(text)
    if match is None:
        raise _date_unreadable(where, f"{notation.dates} HH:MM[:SS][±HH:MM]")
    part = match.groupdict()
    hour, minute, second = (int(part[name] or 0) for name in "HMS")
    precision: Literal["second", "minute", "day"] = "second" if part["S"] else "minute" if part["H"] else "day"
    day = _day(part, where)
    try:
        local = datetime.combine(day, time(hour, minute, second))
    except ValueError:
        raise _date_impossible(where) from None
    return Moment(local, precision, _offset_minutes(part["offset"], where))


def is_clean(text: str) -> bool:
    """Whether a text found in a damaged file is whole and harmless enough to name a pump."""
    return 0 < len(text) <= MAX_TEXT and "\ufffd" not in text and _FORBIDDEN.search(text) is None


def _content(cell: Cell) -> str:
    if len(cell.text) > MAX_TEXT or len(cell.unit or "") > MAX_TEXT:
        raise refusal("text-too-long", f"a text has more than {MAX_TEXT} characters", cell.where, "shorten it")
    if _FORBIDDEN.search(cell.text) or _FORBIDDEN.search(cell.unit or ""):
        raise refusal("text-control-character", "a text holds a control character", cell.where, "remove it")
    content = cell.text.strip(BLANKS)
    if not content:
        raise refusal("value-empty", "a value is empty", cell.where, "leave the field out where nothing is recorded")
    return content


def _check_marks(leaf: Leaf, cell: Cell) -> None:
    if cell.how is not None and cell.how not in HOWS:
        raise refusal("code-unknown", "`how` has an unknown code", cell.where, f"use one of: {', '.join(HOWS)}")
    if cell.bound is not None and cell.bound not in BOUNDS:
        raise refusal("code-unknown", "`bound` is neither < nor >", cell.where, "use < or >, or leave it out")
    quantity = leaf.kind == "quantity" and cell.readable
    if cell.unit is not None and not quantity:
        raise refusal("unit-unexpected", "a unit stands where none belongs", cell.where, "remove the unit")
    if cell.bound is not None and not quantity:
        raise refusal("bound-unexpected", "a bound stands where none belongs", cell.where, "remove the bound")


def _kind_remedy(leaf: Leaf) -> str:
    return {
        "quantity": "write value and unit",
        "integer": "write a whole number",
        "boolean": "write true or false",
    }.get(leaf.kind, "write it as text")


def _printed(cell: Cell) -> str:
    if cell.printed is not None:
        return cell.printed
    return " ".join(part for part in (cell.bound, cell.text, cell.unit) if part)


def _quantity(field: Field, leaf: Leaf, content: str, cell: Cell, notation: Notation) -> Quantity:
    if not (cell.unit or "").strip(BLANKS):
        raise refusal("unit-missing", f"{field.name} has no unit", cell.where, f"state a unit of {_wanted(leaf)}")
    unit = _unit(field, leaf, (cell.unit or "").strip(BLANKS), cell.where)
    value = _decimal(field, content, cell.where, notation)
    if value.is_signed():
        raise _negative(field, cell.where)
    return Quantity(value, unit)


def _unit(field: Field, leaf: Leaf, printed: str, where: str) -> str:
    try:
        unit = unit_of(printed)
    except ExportError as error:
        raise refusal(error.code, f"{field.name} has an unknown unit", where, f"use {_wanted(leaf)}") from None
    if dimension_of(unit) not in leaf.dimensions:
        message = f"{field.name} has the unit of a {dimension_of(unit)}"
        raise refusal("unit-dimension", message, where, f"state a unit of {_wanted(leaf)}")
    return unit


def _wanted(leaf: Leaf) -> str:
    return " or ".join(leaf.dimensions)


def _decimal(field: Field, content: str, where: str, notation: Notation) -> Decimal:
    try:
        return decimal_of(content.translate(_SWAPPED_MARKS) if notation.decimal == "," else content)
    except ExportError as error:
        message, mark = f"{field.name} is not a number", {".": "point", ",": "comma"}[notation.decimal]
        remedy = f"write digits with at most one decimal {mark}, no exponent and no thousands mark"
        raise refusal(error.code, message, where, remedy) from None


def _moment(_field: Field, _leaf: Leaf, content: str, cell: Cell, notation: Notation) -> Moment:
    return moment_of(content, cell.where, notation)


def _date(_field: Field, _leaf: Leaf, content: str, cell: Cell, notation: Notation) -> date:
    match = _DAYS[notation.dates].fullmatch(content)
    if match is None:
        raise _date_unreadable(cell.where, notation.dates)
    return _day(match.groupdict(), cell.where)


def _day(part: dict[str, str], where: str) -> date:
    try:
        day = date(int(part["y"]), int(part["m"]), int(part["d"]))
    except ValueError:
        raise _date_impossible(where) from None
    if not YEARS[0] <= day.year <= YEARS[1]:
        raise _date_impossible(where)
    return day


def _offset_minutes(text: str | None, where: str) -> int | None:
    if text is None or text == "Z":
        return None if text is None else 0
    hours, minutes = int(text[1:3]), int(text[4:6])
    if minutes > 59 or hours * 60 + minutes > 14 * 60 or text == "-00:00":
        raise _date_impossible(where)
    return (hours * 60 + minutes) * (-1 if text[0] == "-" else 1)


def _time_of_day(field: Field, _leaf: Leaf, content: str, cell: Cell, _notation: Notation) -> int:
    match = _TIME_OF_DAY.fullmatch(content)
    if match is None:
        raise _date_unreadable(cell.where, "HH:MM")
    minutes, end = int(match[1]) * 60 + int(match[2]), field.name == "end"
    if int(match[2]) > 59 or minutes > DAY_MINUTES or (minutes == DAY_MINUTES and not end):
        raise _date_impossible(cell.where)
    return DAY_MINUTES if end and minutes == 0 else minutes


def _code(field: Field, leaf: Leaf, content: str, cell: Cell, _notation: Notation) -> str:
    if content not in leaf.codes:
        message = f"{field.name} has an unknown code"
        raise refusal("code-unknown", message, cell.where, f"use one of: {', '.join(leaf.codes)}")
    return content


def _integer(field: Field, _leaf: Leaf, content: str, cell: Cell, _notation: Notation) -> int:
    if re.fullmatch(r"-[0-9]+", content, re.ASCII):
        raise _negative(field, cell.where)
    if not _INTEGER.fullmatch(content):
        raise refusal("number-unreadable", f"{field.name} is not a whole number", cell.where, "write at most 9 digits")
    return int(content)


def _boolean(field: Field, _leaf: Leaf, content: str, cell: Cell, _notation: Notation) -> bool:
    if content not in ("true", "false"):
        raise refusal("code-unknown", f"{field.name} is neither true nor false", cell.where, "write true or false")
    return content == "true"


def _text(_field: Field, _leaf: Leaf, content: str, _cell: Cell, _notation: Notation) -> str:
    return content.replace("\r\n", "\n")


def _negative(field: Field, where: str) -> ExportError:
    return refusal("value-negative", f"{field.name} is negative", where, "correct it at the source: it cannot be so")


def _date_unreadable(where: str, wanted: str) -> ExportError:
    return refusal("date-unreadable", "a date or time is not written as this file writes them", where, f"use {wanted}")


def _date_impossible(where: str) -> ExportError:
    return refusal("date-impossible", "there is no such date or time", where, "correct it at the source")


_READERS: dict[str, Callable[[Field, Leaf, str, Cell, Notation], Any]] = {
    "quantity": _quantity,
    "moment": _moment,
    "day": _date,
    "time-of-day": _time_of_day,
    "text": _text,
    "code": _code,
    "integer": _integer,
    "boolean": _boolean,
}
