"""A process is killed after the receiver was told and before its answer was recorded: the same bytes, once more."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.destinations.hl7v2_receiving import Receiver
from tests.destinations.test_hl7v2_journey import EVERYTHING, filler, place, reports, session, value
from tests.hospital import Hospital

APPLY = """
import sys
from datetime import datetime
from pathlib import Path
from bridge.clock import FixedClock
from bridge.config import load
from bridge.site import open_site
with open_site(load(Path(sys.argv[1])), FixedClock(datetime.fromisoformat(sys.argv[2]))) as site:
    site.register()
    site.reconciler("charts").run(apply=True)
"""


def killed_at(hospital: Hospital, receiver: Receiver, message: int) -> None:
    """Apply in a process of its own, which is killed when so many messages have been told, before the answer."""
    command = [sys.executable, "-c", APPLY, str(hospital.folder / "pumpbridge.toml"), hospital.clock.now().isoformat()]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[2])

    def kill(content: bytes) -> None:
        if len(receiver.told) == message:
            process.kill()
            process.wait()

    receiver.on_message = kill
    assert process.wait(60) == -signal.SIGKILL
    receiver.on_message = lambda content: None


@pytest.mark.parametrize("message", [1, 2])
def test_what_may_have_been_told_is_told_again_as_the_same_bytes(tmp_path: Path, message: int) -> None:
    with Receiver() as receiver, Hospital(tmp_path, place(receiver)) as hospital:
        hospital.take(session("2025-03-03"), session("2025-05-05", "500.00"))
        killed_at(hospital, receiver, message)
        hospital.clock.advance(timedelta(minutes=1))
        hospital.apply()
        assert receiver.told[message] == receiver.told[message - 1]
        assert len(receiver.told) == 3
        assert len(set(receiver.told)) == 2
        assert hospital.plan() == []


def test_a_doubt_is_settled_before_what_replaces_it_is_planned(tmp_path: Path) -> None:
    with Receiver() as receiver, Hospital(tmp_path, place(receiver)) as hospital:
        hospital.take(session("2025-03-03"))
        killed_at(hospital, receiver, 1)
        hospital.take(session("2025-03-03", "450.00", revision=2))
        hospital.apply()
        first, again, corrected = receiver.told
        assert again == first != corrected
        last = reports(receiver)[-1]
        assert value(last, "state-programme-dose-daily") == ["450.00 C"]
        assert filler(last) == filler(reports(receiver)[0])
        assert hospital.plan() == []


def test_a_doubt_that_cannot_be_settled_lets_the_course_wait(tmp_path: Path) -> None:
    with Receiver() as receiver, Hospital(tmp_path, place(receiver, EVERYTHING)) as hospital:
        hospital.take(session("2025-03-03"))
        killed_at(hospital, receiver, 1)
        hospital.take(session("2025-03-03", "450.00", revision=2))
        receiver.faults = ["no-ack"] * 5
        assert [(o.status, o.code) for o in hospital.apply().outcomes] == [("unreachable", "no-answer")]
        assert set(receiver.told) == {receiver.told[0]}
        hospital.clock.advance(timedelta(hours=2))
        hospital.apply()
        assert value(reports(receiver)[-1], "state-programme-dose-daily") == ["450.00 C"]
