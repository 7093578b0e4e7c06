"""The terms of IEEE 11073-10101 (MDC) that hospital pumps state, each row with its source, read once from the table.

Promises: a term is found by its number first, and by its reference id where the number is 0 or missing; a number that
contradicts a known reference id is nobody's. A row without a number has none that could be verified: it is read by its
name alone. A unit is taken as UCUM; where it is stated as MDC and as UCUM, both must mean the same.
Names changed between the drafts while numbers stayed (`also`).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bridge.errors import Bug, ExportError

CONFLICT = frozenset({"264819", "265619"})  # both are published as ug/kg/min: neither number is read alone


@dataclass(frozen=True, slots=True)
class Term:
    """One row of the table."""

    code: str
    refid: str
    also: str
    kind: str
    field: str
    dimension: str
    ucum: str
    source: str


@cache
def table() -> tuple[Term, ...]:
    """All rows in order; raises Bug where a number or a name stands twice, or a row has no source."""
    with Path(__file__).with_name("mdc.csv").open(encoding="utf-8", newline="") as file:
        rows = tuple(Term(**row) for row in csv.DictReader(file))
    for column in ("code", "refid"):
        stated = [value for row in rows if (value := getattr(row, column))]
        if len(set(stated)) != len(stated):
            raise Bug(f"a {column} stands twice in mdc.csv")
    if not all(row.source for row in rows):
        raise Bug("a row of mdc.csv has no source")
    return rows


@cache
def _by_code() -> dict[str, Term]:
    return {row.code: row for row in table() if row.code}


@cache
def _by_refid() -> dict[str, tuple[Term, ...]]:
    found: dict[str, tuple[Term, ...]] = {}
    for row in table():
        for name in filter(None, (row.refid, *row.also.split())):
            found[name] = (*found.get(name, ()), row)
    return found


@cache
def _by_ucum() -> dict[str, tuple[Term, ...]]:
    found: dict[str, tuple[Term, ...]] = {}
    for row in table():
        if row.kind == "unit":
            found[row.ucum] = (*found.get(row.ucum, ()), row)
    return found


def term(code: str, refid: str, where: str) -> Term | None:
    """The row of a term, or None for one that is not in the table; raises ExportError where the two contradict."""
    named, numbered = _by_refid().get(refid, ()), _by_code().get(code)
    if numbered is not None:
        if named and numbered not in named:
            raise _contradiction(where)
        return numbered
    if not named:
        return None
    if code not in ("", "0") and any(row.code for row in named) and code not in CONFLICT:
        raise _contradiction(where)
    return named[0]


def unit(code: str, refid: str, ucum: str, where: str) -> tuple[str, frozenset[str]]:
    """The UCUM unit that is stated by MDC term, by UCUM or by both, and what it can measure; raises ExportError."""
    if ucum and ucum not in _by_ucum():
        raise _unknown_unit("the unit is not one that a pump states", where)
    if not ucum and code in CONFLICT:
        raise _unknown_unit("two numbers are published for this unit, and UCUM is not stated beside it", where)
    found = term(code, refid, where) if code or refid else None
    if found is not None and (found.kind != "unit" or (ucum and found.ucum != ucum)):
        raise _contradiction(where)
    if found is None and not ucum:
        raise _unknown_unit("the unit is not one that a pump states", where)
    meant = ucum or (found.ucum if found else "")
    return meant, frozenset(row.dimension for row in _by_ucum()[meant])


def _contradiction(where: str) -> ExportError:
    return ExportError(
        "the number of the term and its name contradict each other", where=where, code="term-contradicts",
        remedy="let the sender correct its table of terms",
    )  # fmt: skip


def _unknown_unit(message: str, where: str) -> ExportError:
    return ExportError(message, where=where, code="unit-unknown", remedy="let the sender state the unit as UCUM too")
