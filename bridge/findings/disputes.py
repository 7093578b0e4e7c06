"""Findings on what is fixed in a pump and yet stated differently by two sessions. Clinic audience.

Exports of one session that disagree have a finding of their own (exports-disagree), which names the values; these are
values that an earlier session stated otherwise. The newest statement is shown, as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from bridge.course.clocks import words
from bridge.course.facts import Known
from bridge.course.remarks import Finding, SessionFact
from bridge.findings.finding import finding
from bridge.findings.printed import told
from bridge.interrogation import Reading, stated
from bridge.quantity import Quantity

_FIXED = {"implanted": "date of implant", "capacity": "reservoir capacity", "udi": "UDI"}


def disputed(fact: SessionFact) -> Iterator[Finding]:
    """Implant date, reservoir capacity or UDI of one pump, stated otherwise than before."""
    before, now = fact.before.pump, fact.interrogation.pump
    pairs = ((name, getattr(before, part), getattr(now, part)) for part, name in _FIXED.items()) if before else ()
    said = [_said(name, known, stated(reading)) for name, known, reading in pairs if _differ(known, reading)]
    if said:
        text = (
            f"The report of {fact.source.start.words} states otherwise than one before it what is fixed in a pump: "
            f"{'; '.join(said)}. The newest statement is shown."
        )
        yield finding(
            "value-disputed", fact.discriminator, fact.source, text,
            evidence=tuple(("document", sha256) for sha256 in fact.source.exports),
        )  # fmt: skip


def _differ(known: Known[Any] | None, reading: Reading[Any] | None) -> bool:
    new = stated(reading)
    return known is not None and new is not None and _same(stated(known.reading)) != _same(new)


def _same(value: Any) -> Any:
    return value.to("mL").value if isinstance(value, Quantity) else value


def _said(name: str, known: Known[Any], new: Any) -> str:
    return f"{name} {_words(stated(known.reading))} (read {known.read.words}), now {_words(new)}"


def _words(value: Any) -> str:
    if isinstance(value, Quantity):
        return told(value)
    return words(value) if isinstance(value, date) else str(value)
