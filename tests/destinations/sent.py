"""Writes to send in the tests of destinations: invented resources as canonical bytes."""

from __future__ import annotations

from typing import Any

from bridge.destinations.protocol import Write
from bridge.fhir_json import canonical

SYSTEM = "https://site.example/sid/key"


def token(number: int) -> str:
    return f"{number:040x}"


def our_id(number: int) -> str:
    return f"pb-{token(number)}"


def write(
    number: int, *, kind: str = "Observation", refers: str = "", if_match: str | None = None, text: str = "first",
    action: Any = "create", server_id: str = "", **elements: Any,
) -> Write:  # fmt: skip
    """One resource; `refers` is the Type/id of another, `text` its content."""
    body = {"resourceType": kind, "id": our_id(number), "status": "final", "note": [{"text": text}], **elements}
    if kind == "Provenance":
        body["meta"] = {"tag": [{"system": SYSTEM, "code": token(number)}]}
    else:
        body["identifier"] = [{"system": SYSTEM, "value": token(number)}]
    if refers:
        body["focus"] = [{"reference": refers}]
    return Write(kind, our_id(number), canonical(body), if_match, (SYSTEM, token(number)), action, server_id)


def reference(number: int, kind: str = "Observation") -> str:
    return f"{kind}/{our_id(number)}"
