"""Findings as DetectedIssues: preliminary while open, final once over.

Promises: what is for the operator is never written; nothing is referred to that this destination does not get.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridge.chart import told
from bridge.chart.elements import named
from bridge.chart.observations import is_single
from bridge.chart.resource import Resource
from bridge.chart.sheet import KINDS, Sheet
from bridge.chart.wording import readable
from bridge.course.remarks import Finding
from bridge.fhir_json import Json
from bridge.terms.findings import catalogue
from bridge.terms.table import display

# How findings may name facts, beside the kinds of the chart itself.
_NAMES = {
    "segment": "delivery",
    "gap": "infusing-status",
    "event": "alarm-event",
    "priming": "priming-volume",
    "export": "document",
}
_DERIVED = frozenset((
    "delivered-ratio", "dose-not-delivered", "reservoir-volume-derived", "low-reservoir-date-derived",
    "empty-date-derived", "refill-by-derived", "observed-flow", "observed-daily-dose",
))  # fmt: skip
_OF_HOSPITAL_PUMPS = frozenset(("delivery", "bolus", "infusion-reading", "alarm-event"))  # no documents, no summary
# An alarm in force is a Flag, which refers to its finding: the finding does not refer back.
_NEVER = frozenset(("alarm", "alarm-flag", "finding-flag"))


def issue(sheet: Sheet, fact: Finding, page: str) -> Iterator[Resource]:
    """A finding for the ward or the clinic."""
    if fact.audience == "operator":
        return
    text = f"{display(fact.code)}. {fact.text}"
    if not sheet.sends(fact.code):
        yield told.finding(sheet, fact, page, text, _references(sheet, (*fact.implicated, *fact.evidence)))
        return
    until = {"end": fact.until.fhir} if fact.until else {}
    body: Json = {
        "status": "final" if fact.until else "preliminary",
        "code": named(fact.code),
        "severity": fact.severity,
        sheet.dialect.CONCERNED: sheet.subject,
        "identifiedPeriod": {"start": fact.since.fhir, **until},
        "author": sheet.bridge,
        "implicated": [sheet.reference("pump"), *_references(sheet, fact.implicated)],
    }
    if evidence := _references(sheet, fact.evidence):
        body["evidence"] = [{"detail": evidence}]
    body["detail"] = readable(fact.text)
    yield sheet.resource(fact.code, fact.discriminator, page, text, body, rests_on=fact.source.exports)


def _references(sheet: Sheet, names: Iterable[tuple[str, str]]) -> list[Json]:
    kinds = [(_NAMES.get(kind, kind), discriminator) for kind, discriminator in names]
    unique = dict.fromkeys(name for name in kinds if name[0] != "pump" and _is_written(sheet, name[0]))
    return [sheet.reference(kind, discriminator) for kind, discriminator in unique]


def _is_written(sheet: Sheet, kind: str) -> bool:
    binding = sheet.binding
    if kind in KINDS and not sheet.told_as(kind):
        return False
    if sheet.of_hospital and kind not in _OF_HOSPITAL_PUMPS:
        return False
    if kind in _NEVER or (kind in catalogue() and not sheet.gets(kind)):
        return False
    if kind == "delivery":
        return binding.open_segment
    return (binding.single_values or not is_single(kind)) and (binding.calculated or kind not in _DERIVED)
