"""Findings on the pump's log: what is missing from it, rows whose code is not known, and resets and memory errors.

Source: rules, traps (log gaps: stall without recovery, recovery without stall); alarms (a critical memory error is a
critical alarm, and a reset for low battery stops what was programmed; a non-critical memory error is neither). Rows are
kept as they were printed.
"""

from __future__ import annotations

from collections.abc import Iterator

from bridge.course.facts import AlarmFact, EventFact
from bridge.course.remarks import Finding, LogFact
from bridge.course.resets import kind
from bridge.findings.finding import finding
from bridge.interrogation import stated

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


# --- resets and memory errors ---------------------------------------------------------------------------------------

_RESETS = {"low-battery-reset": "a reset for low battery", "memory-error": "a memory error"}


def reset(fact: EventFact) -> Iterator[Finding]:
    """A row of the log that tells of a reset or a memory error, and that no alarm in force tells of too."""
    code = stated(fact.event.code) or ""
    if code in _RESETS and fact.alarm is None:
        text = f"The pump recorded {_RESETS[code]} on {_row(fact)}, as read {fact.source.read.words}. {_STILL}"
        yield finding(
            kind(code, fact.event.severity), fact.discriminator, fact.source, text, since=fact.at,
            evidence=(("event", fact.discriminator),),
        )  # fmt: skip


def reset_in_force(fact: AlarmFact) -> Iterator[Finding]:
    """An alarm in force of a reset or a memory error, with the rows that tell of the same: open while it is."""
    code = stated(fact.alarm.code) or ""
    if code in _RESETS:
        rows = _few([_row(row) for row in fact.rows])
        logged = f" It recorded {_RESETS[code]} on {rows}." if rows else ""
        text = f"The pump gives the alarm of {_RESETS[code]}, as read {fact.last_read.words}.{logged} {_STILL}"
        if fact.until is not None:
            text = f"The pump gave the alarm of {_RESETS[code]} until {fact.until.words}.{logged}"
        yield finding(
            kind(code, fact.alarm.severity), fact.discriminator, fact.source, text, since=fact.since,
            until=fact.until, evidence=tuple(("event", row.discriminator) for row in fact.rows),
        )  # fmt: skip


def _row(fact: EventFact) -> str:
    number = stated(fact.event.number)
    return f"{fact.at.words}{f' (event {number})' if number else ''}"


_STILL = "Whether it keeps its programme and delivers by it is known only from what it is read to do."


def _few(parts: list[str]) -> str:
    more = f"; and {len(parts) - _SHOWN} more" if len(parts) > _SHOWN else ""
    return f"{'; '.join(parts[:_SHOWN])}{more}"
