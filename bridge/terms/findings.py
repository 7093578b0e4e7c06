"""The catalogue of findings: each code with its audience, its severity and the words that people read.

Promises: a finding that is not in the catalogue is never made (Bug); the order of the rows is the order in a chart.
What each means, its source and whom to call stands in docs/reference/findings.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, cast

from bridge.errors import Bug

Audience = Literal["ward", "clinic", "operator"]
Severity = Literal["high", "moderate", "low"]
Moved = Mapping[str, Audience | Literal["off"]]
"""Where a site wants findings other than the catalogue says, by code; "off": nowhere."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One finding of the catalogue."""

    code: str
    audience: Audience
    severity: Severity
    display: str


@cache
def catalogue() -> dict[str, Entry]:
    """Every finding by its code, in order; raises Bug where a code stands twice or a row says what it may not."""
    with Path(__file__).with_name("findings.csv").open(encoding="utf-8", newline="") as file:
        rows = [_entry(row) for row in csv.DictReader(file)]
    found = {row.code: row for row in rows}
    if len(found) != len(rows):
        raise Bug("a code stands twice in findings.csv")
    return found


def _entry(row: dict[str, str]) -> Entry:
    if row["audience"] not in ("ward", "clinic", "operator") or row["severity"] not in ("high", "moderate", "low"):
        raise Bug(f"findings.csv: {row['code']} has no such audience or severity")
    return Entry(row["code"], cast("Audience", row["audience"]), cast("Severity", row["severity"]), row["display"])


def entry(code: str) -> Entry:
    """The catalogue's row of a code; raises Bug for a finding that it does not have."""
    found = catalogue().get(code)
    if found is None:
        raise Bug(f"no finding is called {code!r}")
    return found
