"""A sender for other receivers: what this bridge sends, sent as it sends it.

    python -m tests.destinations.hl7v2_sending HOST PORT [EXPORT ...]

tells the receiver every message of these exports' course (of the journey's first patient where none is named) over one
connection, with the bridge's own destination, and prints for each its MSH-10 and what became of it; ends with status 0
where all were confirmed.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bridge.adapter import find
from bridge.cli.offline import given
from bridge.course.fold import Settings, fold
from bridge.course.pages import Course
from bridge.course.sessions import Report
from bridge.destinations.hl7v2 import Hl7v2Receiver
from bridge.destinations.hl7v2_line import Address
from bridge.destinations.protocol import Write
from bridge.fhir_json import canonical
from bridge.findings.noticed import on_page
from tests.destinations.told import NAMES, SYSTEM, messages

JOURNEY = Path(__file__).parents[2] / "fixtures" / "journey"
ZONE = "Europe/London"
AS_OF = datetime(2026, 1, 1, tzinfo=UTC)


def course_of(files: list[Path]) -> tuple[Course, str]:
    """The course of exports of one pump and patient, and the patient's number."""
    read = given(files, find(()), ZONE)
    reports = [
        Report(one.export.sha256, one.filed.sha1, 1, one.filed.media_type, one.filed.session, one.filed.position,
               one.filed.interrogation)
        for one in read
    ]  # fmt: skip
    patient = read[0].filed.patient
    folded = fold(reports, AS_OF, Settings(ZONE, timedelta(days=200)), patient=patient, notice=on_page)
    return folded.course, patient.rpartition("#")[2]


def writes(files: list[Path]) -> list[Write]:
    """Every message of the exports, with the number and the status of a plan."""
    course, number = course_of(files)
    patient = {"type": "Patient", "identifier": {"system": SYSTEM, "value": number}}
    found = []
    for n, message in enumerate(messages(course, patient=patient, key=number, simulated=True), 1):
        stamp = {"number": f"PB{n:018}", "sent": "2026-01-01T00:00:00+00:00", "status": "F"}
        body = canonical({**message.body, **stamp})
        found.append(Write(message.type, message.id, body, None, ("", ""), "create"))
    return found


def main() -> int:
    """Send, and say what became of it."""
    host, port, *names = sys.argv[1:]
    files = [Path(name) for name in names] or sorted(JOURNEY.glob("0[1-4]-*.json"))
    receiver = Hl7v2Receiver(Address(host, int(port), 5.0, 30.0), NAMES)
    status = 0
    for number, write in enumerate(writes(files), 1):
        (answer,) = receiver.send([write], course="1")
        sys.stdout.write(f"PB{number:018} {write.type} {answer.status} {answer.code} {answer.detail}".rstrip() + "\n")
        status |= answer.status != "confirmed"
    receiver.close()
    return status


if __name__ == "__main__":
    sys.exit(main())
