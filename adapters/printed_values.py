"""Printed values: from a text at a place to a cell of the tree, in the tree's own notation, the print kept beside it.

Promises: nothing is repaired. What is not printed as the layout prints it goes on as it stands, and the shared
reading refuses it with its code. A quantity that the layout prints in two units (`400.0 mcg/day (0.4000 mg/day)`)
must say the same in both, so that one misread digit or a lost point contradicts. Must not know labels or drugs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from adapters.printed import Said, unfit
from adapters.session_tree import Cell, refusal
from bridge.errors import ExportError
from bridge.quantity import Quantity, decimal_of, dimension_of, unit_of

NOT_RECORDED = "--"
ILLEGIBLE = re.compile(r"#{2,}")
TWICE = ("mass", "volume", "concentration", "dose per day", "dose per hour", "flow per day")
MONTHS = {
    name: number
    for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)
}  # fmt: skip

_QUANTITY = re.compile(
    r"(?:(?P<bound>[<>]) )?(?P<number>\S+)(?: (?P<unit>[^()]+?))?(?: \((?P<second>[^ ()]+) (?P<second_unit>[^()]+)\))?"
)
_DAY = r"(?P<month>[A-Z][a-z]{2}) (?P<day>[0-9]{2}) (?P<year>[0-9]{4})"
_DAY_ONLY = re.compile(_DAY)
_TIME = r"(?P<hour>[0-9]{1,2}):(?P<rest>[0-9]{2}(?::[0-9]{2})?)(?: (?P<half>[AP]M))?"
_MOMENT = re.compile(rf"{_DAY} {_TIME}(?: (?P<offset>[+-][0-9]{{2}}:[0-9]{{2}}))?")

Stated: TypeAlias = "Cell | None"
Reader: TypeAlias = Callable[[Said], Stated]


def text(said: Said) -> Stated:
    """A text as it stands; None where the report says that nothing is recorded."""
    return _cell(said, said.text)


def quantity(said: Said, how: str | None = None, *, twice: bool = True) -> Stated:
    """Number and unit; with `twice`, what has a second unit must be printed in both and say the same in both."""
    if said.text == NOT_RECORDED or ILLEGIBLE.fullmatch(said.text):
        return _cell(said, said.text, how)
    match = _QUANTITY.fullmatch(said.text)
    if match is None:
        raise unfit("a quantity is not printed as a number and a unit", said.where)
    if twice:
        _confirm(match, said)
    return Cell(match["number"], said.where, match["unit"], how, match["bound"], printed=said.text)


def _confirm(match: re.Match[str], said: Said) -> None:
    """Refuse a quantity whose two statements differ, or whose second one is missing."""
    if match["unit"] is None:
        return  # the shared reading says that the unit is missing
    first = measured(match["number"], match["unit"], said.where)
    if match["second"] is None:
        if dimension_of(first.unit) in TWICE:
            remedy = "print the report again: this layout states it in two units"
            raise refusal("value-unconfirmed", "a quantity is printed in one unit only", said.where, remedy)
        return
    second = measured(match["second"], match["second_unit"], said.where)
    if first.unit == second.unit or first.dimension != second.dimension or second.to(first.unit).value != first.value:
        raise contradiction("a quantity does not say the same in its two units", said.where)


def measured(number: str, unit: str, where: str) -> Quantity:
    """The quantity of a printed number and unit; raises ExportError with the place."""
    try:
        return Quantity(decimal_of(number), unit_of(unit))
    except ExportError as error:
        remedy = "print or scan the report again; digits are never guessed"
        raise refusal(error.code, "a printed number or unit cannot be read", where, remedy) from None


def contradiction(message: str, where: str) -> ExportError:
    """The error for two statements of one report that cannot both be true."""
    return refusal("values-contradict", message, where, "compare with the pump, and print the report again")


def check_difference(first: Said, second: Said, difference: Said) -> None:
    """Refuse a printed difference that is not first minus second: a lost minus sign, a misread digit.

    All three are quantities of one unit; where one is not recorded or illegible, nothing can be checked.
    """
    values = [_first_value(said) for said in (first, second, difference)]
    if None in values:
        return
    one, other, stated = (value for value in values if value is not None)
    if one.to(stated.unit).value - other.to(stated.unit).value != stated.value:
        raise contradiction("a printed difference is not the difference", difference.where)


def is_quantity(said: Said | None) -> bool:
    """Whether a quantity is printed: neither absent nor not recorded nor illegible."""
    return said is not None and said.text != NOT_RECORDED and not ILLEGIBLE.fullmatch(said.text)


def _first_value(said: Said) -> Quantity | None:
    match = _QUANTITY.fullmatch(said.text)
    if said.text == NOT_RECORDED or ILLEGIBLE.fullmatch(said.text) or match is None or match["unit"] is None:
        return None
    return measured(match["number"], match["unit"], said.where)


def moment(said: Said) -> Stated:
    """`Jan 17 2017 09:05`, with seconds, `AM` or `PM`, and an offset where they are printed."""
    match = _MOMENT.fullmatch(said.text)
    day, hour = (_iso_day(match), _hour(match)) if match else (None, None)
    if match is None or day is None or hour is None:
        return _cell(said, said.text)
    return _cell(said, f"{day}T{hour}:{match['rest']}{match['offset'] or ''}")


def day(said: Said) -> Stated:
    """`Jul 15 2025`."""
    match = _DAY_ONLY.fullmatch(said.text)
    found = _iso_day(match) if match else None
    return _cell(said, found or said.text)


def code(said: Said, words: Mapping[str, str]) -> Stated:
    """A code by its printed words; others go on as they stand, and are refused as unknown."""
    return _cell(said, words.get(said.text, said.text))


def yes_no(said: Said) -> Stated:
    """Yes or No."""
    return code(said, {"Yes": "true", "No": "false"})


def _iso_day(match: re.Match[str]) -> str | None:
    month = MONTHS.get(match["month"])
    return None if month is None else f"{match['year']}-{month:02}-{match['day']}"


def _hour(match: re.Match[str]) -> str | None:
    hour, half = int(match["hour"]), match["half"]
    if half is None:
        return match["hour"] if len(match["hour"]) == 2 else None
    if not 1 <= hour <= 12:
        return None
    return f"{hour % 12 + (12 if half == 'PM' else 0):02}"


def _cell(said: Said, content: str, how: str | None = None) -> Stated:
    if said.text == NOT_RECORDED:
        return None
    if ILLEGIBLE.fullmatch(said.text):
        return Cell(said.text, said.where, how=how, readable=False)
    return Cell(content, said.where, how=how, printed=said.text)
