"""The codes that may leave the house, each with its system, status and source, read once from the table beside this.

Promises: a concept that is not in the table, or whose code nobody has verified, is refused (Bug); nothing else makes
a coding. Codings are shared and must not be changed by who gets them. Must not know FHIR resources.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from bridge.errors import Bug
from bridge.fhir_json import Json, fixed
from bridge.terms import mdc
from bridge.terms.findings import catalogue

CANONICAL = "https://pumpbridge.invalid"
"""The base of our own profiles, extensions and code systems, the same at every site; nobody can own it (RFC 2606)."""

OURS = "ours:"
VERSION = "0.1.0"
"""The version of our own code systems, and of the guide that publishes them."""

MDC = "urn:iso:std:iso:11073:10101"
# core: the core package of FHIR (R4, or R5 where the source says so); V2, V1: seen in two or more, or in one public
# source; ours: our own code systems.
VERIFIED = frozenset({"core", "V2", "V1", "ours"})


@dataclass(frozen=True, slots=True)
class Code:
    """One row of the table."""

    concept: str
    system: str
    code: str
    display: str
    status: str
    source: str
    version: str


@cache
def table() -> dict[str, Code]:
    """All rows by concept; raises Bug where a concept or a code stands twice."""
    with Path(__file__).with_name("codes.csv").open(encoding="utf-8", newline="") as file:
        rows = [Code(**row) for row in csv.DictReader(file)]
    rows += [
        Code(one.code, f"{OURS}finding", one.code, one.display, "ours", "findings.csv", VERSION)
        for one in catalogue().values()
    ]
    found = {row.concept: row for row in rows}
    if len(found) != len(rows) or len({(row.system, row.code) for row in rows}) != len(rows):
        raise Bug("a concept or a code stands twice in codes.csv")
    return found


@cache
def coding(concept: str) -> Json:
    """The coding of a concept; raises Bug where it is unknown or not verified."""
    row = table().get(concept)
    if row is None:
        raise Bug(f"no code is known for {concept!r}")
    if row.status not in VERIFIED:
        raise Bug(f"the code for {concept!r} is not verified ({row.status})")
    system = f"{CANONICAL}/CodeSystem/{row.system.removeprefix(OURS)}" if row.system.startswith(OURS) else row.system
    return fixed({"system": system, "code": row.code, "display": row.display})


@lru_cache(maxsize=1024)
def mdc_coding(term: str) -> Json | None:
    """The coding of an MDC term by its reference id or number; None where the pinned table has no number for it."""
    return _of_row(next((row for row in mdc.table() if row.code and term in (row.code, row.refid)), None))


@cache
def mdc_of_field(field: str) -> Json | None:
    """The coding of the MDC term by which a hospital pump states a field, such as `source.rate`; None without one."""
    return _of_row(next((row for row in mdc.table() if row.code and row.field == field), None))


def _of_row(row: mdc.Term | None) -> Json | None:
    """A row without a name leaves by its number alone."""
    if row is None:
        return None
    return fixed({"system": MDC, "code": row.code, **({"display": row.refid} if row.refid else {})})


def display(concept: str) -> str:
    """The words of a concept; raises Bug where it is unknown."""
    row = table().get(concept)
    if row is None:
        raise Bug(f"no code is known for {concept!r}")
    return row.display


def own_systems() -> dict[str, tuple[Code, ...]]:
    """Our own code systems by name, each with its codes: what is published beside the profiles."""
    systems: dict[str, list[Code]] = {}
    for row in table().values():
        if row.system.startswith(OURS):
            systems.setdefault(row.system.removeprefix(OURS), []).append(row)
    return {name: tuple(rows) for name, rows in systems.items()}
