"""Taking a message back: what was told last, with the status D; the given body is not changed."""

from __future__ import annotations

from bridge.errors import Bug
from bridge.fhir_json import Json
from bridge.messages.message import INTERROGATION


def withdrawn(body: Json) -> Json:
    """The body as it is taken back; raises Bug for what is told once and never taken back."""
    if body.get("type") != INTERROGATION:
        raise Bug(f"a message of type {body.get('type')} is never taken back")
    return {name: value for name, value in body.items() if name not in ("number", "sent", "gone")} | {"status": "D"}
