"""Findings for people: a table where there is room for one, else one after the other; the same facts in both."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence

from bridge.chart.wording import readable
from bridge.cli.course_facts import remedy
from bridge.cli.output import WIDE, line, table
from bridge.course.remarks import Finding

ROOM = 180
"""Columns that a table of findings needs to be readable."""
_STYLES = {"high": "red", "moderate": "yellow", "low": ""}
_COLUMNS = ("code", "audience", "severity", "since", "until", "text", "remedy")


def show(found: Sequence[tuple[str, Finding]]) -> None:
    """Each finding with what it is about ('' in a list that is about one pump only)."""
    styles = ["" if fact.until else _STYLES[fact.severity] for _, fact in found]
    about = any(name for name, _ in found)
    if not found:
        return
    if columns(WIDE) >= ROOM:
        rows = [((name, *_row(fact)) if about else _row(fact)) for name, fact in found]
        table(("about", *_COLUMNS) if about else _COLUMNS, rows, styles=styles)
        return
    for (name, fact), style in zip(found, styles, strict=True):
        code, audience, severity, since, until, text, where = _row(fact)
        line(f"{code} ({audience}, {severity}): since {since}, {f'until {until}' if fact.until else until}", style)
        for said in (name, text, f"see {where}"):
            line(f"  {said}") if said else None


def columns(otherwise: int) -> int:
    """As wide as the terminal, or as COLUMNS says, else as told."""
    if sys.stdout.isatty() or os.environ.get("COLUMNS"):
        return shutil.get_terminal_size((otherwise, 24)).columns
    return otherwise


def _row(fact: Finding) -> tuple[str, ...]:
    """One finding in words; an open one has no end, the remedy is a section of a page in docs/reference."""
    until = fact.until.words if fact.until else "open"
    where = remedy(fact.code).rpartition("/")[2]
    return (fact.code, fact.audience, fact.severity, fact.since.words, until, readable(fact.text), where)
