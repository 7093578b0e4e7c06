"""An MRI scan that no interrogation has followed: raised, ended by the next one, and not raised where one followed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bridge.course.remarks import Finding
from bridge.findings.noticed import Notices, noticed
from tests.course.building import continuous, every, export, folded, found
from tests.findings.sessions import AS_OF, SYNCHROMED, noticed_in, read, row

CODE = "mri-without-interrogation"
SCAN = row("20", "05-10T14:00+00:00", "mri-detected", "MRI DETECTED")
STALL = row("21", "05-10T14:02+00:00", "motor-stall", "MOTOR STALL OCCURRED")
RECOVERED = row("22", "05-11T16:02+00:00", "motor-stall-recovered", "MOTOR STALL RECOVERY OCCURRED")


def sent(*events: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """A message of the pump that is no interrogation."""
    return export("2025-05-10T15:00+00:00", kind="event", events=list(events), **parts)


def raised(*bodies: dict[str, Any]) -> list[Finding]:
    """The findings of this code."""
    return noticed_in(CODE, *bodies)


def test_a_scan_that_only_a_message_tells_of_waits_for_an_interrogation() -> None:
    (one,) = raised(read("05-01"), sent(SCAN))
    assert (one.audience, one.severity, one.until) == ("ward", "high", None)
    assert one.text == (
        "The pump's log tells of an MRI scan on 10 May 2025 14:00 (event 20). No interrogation after it is known."
    )
    assert one.evidence == (("event", "event 20"),)


def test_the_next_interrogation_ends_it() -> None:
    (one,) = raised(read("05-01"), sent(SCAN), read("05-12", events=[SCAN]))
    assert one.until is not None
    assert one.until.fhir == "2025-05-12T09:00:00+00:00"
    assert "The pump was interrogated after it on 12 May 2025 09:00." in one.text


def test_another_message_does_not_end_it() -> None:
    later = export("2025-05-12T15:00+00:00", kind="event", events=[SCAN])
    assert [one.until for one in raised(read("05-01"), sent(SCAN), later)] == [None]


def test_a_scan_that_an_interrogation_followed_is_not_found() -> None:
    assert raised(read("05-01"), read("05-12", events=[SCAN, STALL, RECOVERED])) == []
    assert raised(read("05-01"), read("05-12", events=[SCAN])) == []


def test_a_stall_without_the_word_is_no_scan() -> None:
    assert raised(read("05-01"), sent(STALL)) == []


@pytest.mark.parametrize("words", ["MOTOR STALL (MRI)", "Motor stall, magnetic field", "stall: MR scan"])
def test_a_stall_that_the_log_calls_mri_is_one(words: str) -> None:
    named = row("21", "05-10T14:02+00:00", "motor-stall", words)
    (one,) = raised(read("05-01"), sent(named))
    assert one.since.fhir == "2025-05-10T14:02:00+00:00"


def test_a_first_interrogation_that_finds_the_motor_stalled_waits_for_a_second() -> None:
    first = read("05-11", state=found(continuous(), infusing=False), events=[SCAN, STALL])
    (one,) = raised(read("05-01"), first)
    assert one.until is None
    assert "Interrogated on 11 May 2025 09:00, the pump was still found stalled" in one.text
    (over,) = raised(read("05-01"), first, read("05-12", events=[SCAN, STALL, RECOVERED]))
    assert over.until is not None
    assert over.until.fhir == "2025-05-12T09:00:00+00:00"


def test_rows_of_one_scan_make_one_finding() -> None:
    named = row("21", "05-10T14:02+00:00", "motor-stall", "MOTOR STALL (MRI)")
    assert len(raised(read("05-01"), sent(SCAN, named))) == 1


def test_a_scan_within_the_session_waits_for_the_next() -> None:
    within = row("20", "05-12T09:20+00:00", "mri-detected")
    assert [one.until for one in raised(read("05-12", events=[within]))] == [None]
    ahead = {"pump": "2025-05-12T10:00+00:00", "programmer": "2025-05-12T09:00+00:00"}
    assert raised(read("05-12", events=[within], clocks=ahead)) == []


def test_what_must_follow_is_told_as_the_labels_state_it() -> None:
    (one,) = raised(read("05-01", pump=SYNCHROMED), sent(SCAN, pump=SYNCHROMED))
    assert "Label 2008-08, region US: The label asks for an interrogation." in one.text
    assert one.text.endswith("Confirm the current label.")
    assert "Not seen" not in one.text


@pytest.mark.parametrize(
    ("region", "named"), [("", {"US", "UK", "AU", "HK"}), ("UK", {"UK"}), ("EU", {"US", "UK", "AU", "HK"})]
)
def test_what_must_follow_is_that_of_the_sites_region_where_it_is_known(region: str, named: set[str]) -> None:
    sessions = (read("05-01", pump=SYNCHROMED), sent(SCAN, pump=SYNCHROMED))
    told = noticed(folded(*sessions, as_of=AS_OF).course, notices=Notices(region))
    (one,) = (found for found in every(told, Finding) if found.code == CODE)
    assert set(re.findall(r"region (\w+)", one.text)) == named
