"""An implanted pump has one line of delivery."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from adapters.session_json import ADAPTER
from bridge.accept import Settings, interpret
from bridge.store.protocol import NewExport, Refusal
from tests.course.building import continuous, export, found


class Nobody:
    """A store that knows no link."""

    def linked_patient(self, pump: object) -> None:
        """Nobody."""


@pytest.mark.parametrize("count", [2, 3])
def test_several_channels_of_an_implant_are_refused(count: int) -> None:
    body = export("2025-04-01T09:00", found(continuous()), update="none")
    content = json.dumps({**body, "channels": body["channels"] * count}).encode()
    new = NewExport("ab" * 32, content, "export", "test", datetime(2025, 4, 1, tzinfo=UTC))
    refusal = interpret(new, {"session_json": ADAPTER}, Nobody(), Settings("Europe/London", "urn:k", {}))  # type: ignore[arg-type]
    assert isinstance(refusal, Refusal)
    assert (refusal.code, bool(refusal.remedy)) == ("channels-several", True)
    assert refusal.pump is not None
