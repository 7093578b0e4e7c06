"""Findings about a patient's other pump: a newer one was implanted and no explant is stated, or both are read.

Source: rules, a pump that was replaced. Clinic audience: what is missing is a report, and the centre may hold it.
"""

from __future__ import annotations

from collections.abc import Iterator

from bridge.course.clocks import words
from bridge.course.remarks import Finding, NewerPumpFact
from bridge.findings.finding import finding


def newer_pump(fact: NewerPumpFact) -> Iterator[Finding]:
    """A newer pump of the same patient: most likely instead of this one, or beside it."""
    evidence = (("document", fact.source.exports[0]), *([("segment", fact.segment)] if fact.segment else []))
    day, read = words(fact.implanted), fact.last_read.words
    if fact.kind == "instead":
        code = "pump-replaced-not-stated"
        text = (
            f"A newer pump of this patient was implanted on {day}. No report states an explant of this one, which was "
            f"last read {read}. Whether it is still in the patient since then, and whether it runs, is not known."
        )
    else:
        code = "two-pumps-in-patient"
        text = (
            f"This pump was read {read}, and a newer pump of the same patient was implanted on {day}. No report states "
            "an explant of either since. Both are charted."
        )
    yield finding(code, fact.discriminator, fact.source, text, since=fact.since, evidence=evidence)
