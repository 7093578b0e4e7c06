"""Findings on whose pump it is: the reports of one pump in one course name the patient otherwise than before.

Source: rules, traps (a serial that moves between patients). Which statement is right the bridge cannot tell;
the names and numbers themselves are not repeated.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from bridge.course.facts import PatientFact
from bridge.course.infusion_facts import MessageFact
from bridge.course.remarks import Finding, SessionFact
from bridge.findings.finding import finding
from bridge.interrogation import PatientStated, stated


def changed(fact: SessionFact) -> Iterator[Finding]:
    """Family name, birth date or identifier (of one assigning system) that differ from the newest known before."""
    yield from _named(fact, fact.interrogation.patient, fact.before.patient)


def renamed(fact: MessageFact) -> Iterator[Finding]:
    """The same in the messages of a hospital pump: those with another number are another course."""
    yield from _named(fact, fact.patient, fact.before)


def _named(fact: SessionFact | MessageFact, patient: PatientStated, before: PatientFact | None) -> Iterator[Finding]:
    if other := _other(patient, before) if before else []:
        text = (
            f"The report of {fact.source.start.words} names the patient otherwise than reports of this pump before "
            f"it: {', '.join(other)}. Which of them is right is not known."
        )
        yield finding(
            "patient-changed", fact.discriminator, fact.source, text,
            evidence=tuple(("document", sha256) for sha256 in fact.source.exports),
        )  # fmt: skip


def _other(now: PatientStated, before: PatientFact) -> list[str]:
    family, born = stated(now.family), stated(now.birth_date)
    other = []
    if family and before.family and _plain(family) != _plain(before.family):
        other.append("family name")
    if born and before.birth_date and born != before.birth_date:
        other.append("date of birth")
    number, system = stated(now.identifier), stated(now.system)
    same_system = _plain(system or "") == _plain(before.system or "")
    if number and before.identifier and same_system and number.strip() != before.identifier.strip():
        other.append("identifier")
    return other


def _plain(name: str) -> str:
    """A name without case, accents, blanks and hyphens: as a match is vetoed by."""
    letters = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in letters if letter.isalnum())
