"""Findings on recalls that may concern the pump, by its model and dates. Clinic audience.

Source: bridge/families/recalls.toml, each with its own source and date. Told are those that single out models, dates or
serial numbers; those of a whole family, of a programmer or of a procedure stand in docs/reference/families.md. What is
not known excludes nothing: whether a recall concerns a pump, the maker says by serial number. A recall calls back what
is not implanted yet: a pump that was implanted long after it (LATER, a bound of ours) is not told where the source
limits the recall to a series, by days or by serial numbers. A pump whose implant date is not known is never excluded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from bridge.course.facts import PumpFact, Source
from bridge.course.remarks import Finding
from bridge.families.facts import Recall
from bridge.families.table import recalls_for
from bridge.findings.finding import finding
from bridge.interrogation import stated

LATER = 3  # years
_MADE = re.compile(r"\(11\)([0-9]{2})([0-9]{2})([0-9]{2})")


def recalled(fact: PumpFact) -> Iterator[Finding]:
    """Each recall that may concern this pump; over with its explant."""
    names = (stated(fact.manufacturer.reading), stated(fact.model.reading))
    udi = stated(fact.udi.reading) if fact.udi else None
    implanted = stated(fact.implanted.reading) if fact.implanted else None
    found = recalls_for(*names, made=made(udi), implanted=implanted)
    read = fact.model.read
    source = Source((fact.model.export,), "", read, read)
    until = fact.explant_session.read if fact.explant_session else None
    for recall in found:
        if (recall.models or _of_a_series(recall)) and not _long_after(recall, implanted):
            yield finding("pump-recalled", recall.key, source, _text(recall), until=until)


def _of_a_series(recall: Recall) -> bool:
    return bool(recall.made or recall.distributed or recall.serials)


def _long_after(recall: Recall, implanted: date | None) -> bool:
    year = recall.date[:4]
    if implanted is None or not year.isdigit() or not _of_a_series(recall):
        return False
    return implanted.year > int(year) + LATER


def _text(recall: Recall) -> str:
    name = f"{recall.number}, " if recall.number else ""
    serials = f" {recall.serials}" if recall.serials else ""
    return (
        f"A recall or field action may concern this pump: {name}{recall.source} ({recall.date}), region "
        f"{recall.region}. {recall.what}{serials} Whether it concerns this pump, the maker says by serial number."
    )


def made(udi: str | None) -> date | None:
    """The day of manufacture in a printed UDI: GS1 application identifier (11), YYMMDD; None where there is none."""
    found = _MADE.search(udi or "")
    if found is None:
        return None
    year, month, day = map(int, found.groups())
    try:
        return date(2000 + year if year < 51 else 1900 + year, month, day)  # the century as GS1 reads it
    except ValueError:
        return None
