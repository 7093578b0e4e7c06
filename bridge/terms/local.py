"""Our own terms in HL7 version 2 (system 99PBR): what the pinned MDC table has no verified number for.

Promises: every leaf of the interrogation has one name and one number, which never change once they were sent; where an
MDC number of the pinned table says the same of what holds now, the row names it. Nothing in here invents a number.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bridge.errors import Bug

SYSTEM = "99PBR"
"""The name of our coding system: HL7 table 0396 keeps 99zzz for local ones."""


@dataclass(frozen=True, slots=True)
class LocalTerm:
    """One row: a name, where it stands in OBX-4 (level and number), its path in the interrogation, its MDC number."""

    name: str
    level: str
    number: str
    path: str
    mdc: str
    meaning: str


@cache
def local_terms() -> dict[str, LocalTerm]:
    """All rows by name; raises Bug where a name or a path stands twice, or a row has no meaning."""
    with Path(__file__).with_name("local.csv").open(encoding="utf-8", newline="") as file:
        rows = [LocalTerm(**row) for row in csv.DictReader(file)]
    found = {row.name: row for row in rows}
    paths = [row.path for row in rows if row.path]
    if len(found) != len(rows) or len(set(paths)) != len(paths) or not all(row.meaning for row in rows):
        raise Bug("a row of local.csv stands twice or has no meaning")
    return found


@cache
def by_path() -> dict[str, LocalTerm]:
    """The terms of leaves of the interrogation, by their path."""
    return {row.path: row for row in local_terms().values() if row.path}


def local_term(name: str) -> LocalTerm:
    """The term of a name; raises Bug where there is none."""
    found = local_terms().get(name)
    if found is None:
        raise Bug(f"no local term is named {name!r}")
    return found


_HEAD = """\
# Our own terms in HL7 version 2

Generated from the program; do not edit.

Messages to an HL7 version 2 receiver name every value by a term of system `99PBR`, without a number: in OBX-3.2 and
3.3 where MDC has no verified number for it, in OBX-3.5 and 3.6 beside MDC's where it has one and the value is in force.
The number here is the last level of OBX-4 (a further level tells drugs, doses and steps of one channel apart):
`1.0.0.n` the pump and the report, `1.1.0.n` the line, `1.1.c.n` a channel, one for each state, bolus, refill, alarm and
row of the log. Names and numbers are permanent.

| Term | OBX-4 | MDC | Meaning |
|---|---|---|---|"""
_PLACES = {"pump": "1.0.0.", "line": "1.1.0.", "channel": "1.1.c."}


def reference() -> str:
    """The page of all terms, in Markdown."""
    rows = [
        f"| `{row.name}` | {_PLACES[row.level] + row.number if row.number else ''} | {row.mdc} | {row.meaning} |"
        for row in local_terms().values()
    ]
    return "\n".join([_HEAD, *rows, ""])
