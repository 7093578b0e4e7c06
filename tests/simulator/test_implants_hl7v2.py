"""Simulated implanted pumps in HL7 v2: what a bridge sends of their exports is a course like that of the exports."""

from __future__ import annotations

import hashlib

import pytest

from adapters.hl7v2_pcd import ADAPTER
from bridge.course.fold import fold
from bridge.course.pages import Course
from bridge.course.sessions import Report, placed
from bridge.findings.noticed import noticed, on_page
from bridge.messages.message import INTERROGATION
from bridge.simulator.hospital import lived
from bridge.simulator.kinds import KINDS
from bridge.simulator.life import ZONE
from tests.destinations import told
from tests.simulator.folding import SETTINGS, course
from tests.simulator.test_truth import unexcused

SEED = 3


def as_messages(made: Course) -> list[Report]:
    """The interrogations of a course as a receiver of HL7 v2 would hold them."""
    found = []
    for message in told.messages(made, simulated=True):
        if message.type == INTERROGATION:
            content = told.sent(message)
            sums = hashlib.sha256(content).hexdigest(), hashlib.sha1(content).hexdigest()
            for one in ADAPTER.read(content):
                assert one.is_simulated
                found.append(Report(*sums, len(content), ADAPTER.media_type, *placed(one, ZONE), one))
    return found


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.telemetry])
def test_what_is_charted_from_messages_was_dispensed(kind: str) -> None:
    """One life a kind: hl7apy takes its time over each message."""
    life, documents = lived(SEED, 0, 1, (kind,))
    said = course([document for document, _ in documents], life.pump.now, KINDS[kind].formats[0])
    reports = as_messages(said)
    assert len(reports) == len(said.pages) - 1, "a message a session; the last page is the open one"
    again = noticed(fold(reports, life.pump.now, SETTINGS, patient="x", notice=on_page).course)
    assert unexcused(life, again) == []
