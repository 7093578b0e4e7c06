"""Findings on the pump's log, for the operator: what is missing from it, and rows whose code is not known.

Source: rules, traps (log gaps: stall without recovery, recovery without stall). Rows are kept as they were printed.
"""

from __future__ import annotations

from collections.abc import Iterator

from bridge.course.remarks import Finding, LogFact
from bridge.findings.finding import finding

_SHOWN = 5


def gaps(fact: LogFact) -> Iterator[Finding]:
    """Numbers that no report told of, and stalls and recoveries without the other half."""
    said = [_missing(fact)] if fact.missing else []
    said += [f"The motor stall of {at.words} has no recovery in it, and yet the pump ran again." for at in fact.stalls]
    said += [f"The recovery of {at.words} has no motor stall before it." for at in fact.recoveries]
    if said:
        text = f"The pump's log, as read {fact.source.start.words}, is not whole. {' '.join(said)}"
        yield finding("log-gap", fact.discriminator, fact.source, text)


def _missing(fact: LogFact) -> str:
    runs = [f"{first}" if first == last else f"{first} to {last}" for first, last in fact.missing]
    since = f" since it was read on {fact.last_read.words}" if fact.last_read else ""
    return f"Event numbers that no report tells of{since}: {_few(runs)}."


def unknown(fact: LogFact) -> Iterator[Finding]:
    """Rows of the log whose code the bridge does not know: kept as printed, and of no effect on the course."""
    if fact.unknown:
        words = [f'"{text}"' if text else "without words" for text in dict.fromkeys(fact.unknown)]
        count = "one row" if len(fact.unknown) == 1 else f"{len(fact.unknown)} rows"
        text = (
            f"The pump's log, as read {fact.source.start.words}, has {count} whose meaning is not known, kept as "
            f"printed: {_few(words)}."
        )
        yield finding("event-unknown", fact.discriminator, fact.source, text)


def _few(parts: list[str]) -> str:
    more = f"; and {len(parts) - _SHOWN} more" if len(parts) > _SHOWN else ""
    return f"{'; '.join(parts[:_SHOWN])}{more}"
