"""The page of every code that may leave the house, and of those that never do, for docs/reference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridge.terms import mdc
from bridge.terms.table import MDC, VERIFIED, Code, own_systems, table

_HEAD = """\
# Codes

Generated from the pinned tables; do not edit.

A chart holds these codes and no others of their systems: a resource with another one is refused before it is planned
(rule `pinned`), because a validator without a terminology server passes a made-up code of SNOMED CT without a word.
What has no verified code has words alone. Codes of findings stand in [findings](findings.md), our own terms in HL7
version 2 in [hl7-terms](hl7-terms.md), units in the value set `unit` of the guide.

Status: *core*, in FHIR's own core package; *V2*, seen in two or more public sources that agree; *V1*, in one; *ours*,
defined here; *B*, from memory; *X*, known to be wrong. B and X are never sent. A LOINC code is known for none of what
a pump says, and no map from IEEE 11073 (MDC) to LOINC was found whose source could be verified: there is none here.
"""
_OTHERS = """
## Codes of others that are sent

| Code | Display | System | Status | Source | Version or date |
|---|---|---|---|---|---|"""
_NEVER = """
## Known, and never sent

| Code | Display | System | Status | Source | Version or date |
|---|---|---|---|---|---|"""
_TERMS = f"""
## Terms of hospital pumps

System `{MDC}`. A term without a number has none that could be verified: it is read by its name and never sent. A number
without a name is read and sent by its number alone.

| Number | Name | Means | UCUM | Source |
|---|---|---|---|---|"""
_OWN = """
## Our own codes

Version {version}. Each system has the canonical `https://pumpbridge.invalid/CodeSystem/` and its name.
"""


def reference() -> str:
    """The whole page, in Markdown."""
    rows = [row for row in table().values() if not row.system.startswith("ours:")]
    sent = [row for row in rows if row.status in VERIFIED]
    never = [row for row in rows if row.status not in VERIFIED]
    parts = [_HEAD, _OTHERS, *_codes(sent), _NEVER, *_codes(never), _TERMS, *_terms(), *_own()]
    return "\n".join(parts) + "\n"


def _codes(rows: Iterable[Code]) -> Iterator[str]:
    for row in rows:
        yield f"| `{row.code}` | {row.display} | `{row.system}` | {row.status} | {row.source} | {row.version} |"


def _terms() -> Iterator[str]:
    for term in mdc.table():
        if term.code or term.refid:
            means = term.field or term.dimension or term.kind
            yield f"| {term.code} | {term.refid} | {means} | {term.ucum} | {term.source} |"


def _own() -> Iterator[str]:
    systems = own_systems()
    (version,) = {row.version for rows in systems.values() for row in rows}
    yield _OWN.format(version=version)
    for name, rows in sorted(systems.items()):
        if name != "finding":
            yield f"### {name}\n\n| Code | Display |\n|---|---|"
            yield from (f"| `{row.code}` | {row.display} |" for row in rows)
            yield ""
