"""A destination that asks to be left alone is, from the next part of a plan on, whichever process it told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.destinations.protocol import Answer, Write
from tests.hospital import Hospital, journey


def test_a_rest_that_another_process_was_told_of_ends_the_sending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Hospital(tmp_path) as hospital:
        hospital.apply()
        hospital.take(next(iter(journey())))
        folder = hospital.site.destination("charts")
        parts: list[int] = []
        send = folder.send

        def told_meanwhile(writes: Sequence[Write], **given: Any) -> list[Answer]:
            if len(writes) > 1:  # a part of the chart, and not what charts share
                parts.append(len(writes))
                hospital.site.store.let_rest("charts", hospital.clock.now() + timedelta(hours=1))
            return send(writes, **given)

        monkeypatch.setattr(folder, "limit", 5)
        monkeypatch.setattr(folder, "send", told_meanwhile)
        (outcome,) = hospital.apply().outcomes
        assert (outcome.status, outcome.code, parts) == ("unreachable", "throttled", [5])
        hospital.clock.advance(timedelta(hours=2))
        monkeypatch.setattr(folder, "send", send)
        assert hospital.apply().courses == {"applied": 1}
