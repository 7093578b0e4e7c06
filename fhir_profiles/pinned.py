"""The codes that may leave the house, as the guide publishes them: no other of these systems is ever sent.

The official validator passes an invented SNOMED CT code without a word where it has no terminology server, so this
table is the gate. It is read from the built code systems and the value set `codes-of-others`, which are generated from
the pinned tables of terms; each of those has its source in docs/reference/terms.md. A system that the tables do not
know (a hospital's own) is not looked at, but SNOMED CT, LOINC and RxNorm always are.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

OURS = "https://pumpbridge.invalid/CodeSystem/"
BUILT = Path(__file__).resolve().parent / "built"
_ALWAYS = frozenset(("http://snomed.info/sct", "http://loinc.org", "http://www.nlm.nih.gov/research/umls/rxnorm"))

_NEVER_SENT = ("hl7v2-term", "printed-")  # words of HL7 version 2 and of reports, which no resource holds


@cache
def codes() -> dict[tuple[str, str], str]:
    """Every code that may be sent by system and code, with its display; '' for one that leaves without."""
    found: dict[tuple[str, str], str] = {}
    for file in sorted(BUILT.glob("CodeSystem-*.json")):
        system = json.loads(file.read_text("utf-8"))
        if system["url"].startswith(OURS) and not system["id"].startswith(_NEVER_SENT):
            found |= {(system["url"], row["code"]): row["display"] for row in system["concept"]}
    others = json.loads((BUILT / "ValueSet-codes-of-others.json").read_text("utf-8"))
    for part in others["compose"]["include"]:
        found |= {(part["system"], row["code"]): row.get("display", "") for row in part["concept"]}
    return found


@cache
def systems() -> frozenset[str]:
    """The systems whose codes are looked at."""
    return _ALWAYS | {system for system, _ in codes()}


def unpinned(coding: dict[str, Any]) -> bool:
    """Whether a coding of these systems is not one of the tables, or has another display than theirs."""
    system = coding["system"]
    if system not in systems() and not system.startswith(OURS):
        return False
    display = codes().get((system, coding["code"]))
    return display is None or coding.get("display", display) != display
