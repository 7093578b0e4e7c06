"""An explant that its report dates to an earlier day: what ends on that day, and what when it is read."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.course.facts import AlarmFact, Gap, PresenceFact, ProgrammeFact, Segment
from bridge.course.pages import Course
from tests.course.building import continuous, course, export, found, left, only

PUMP = {"manufacturer": "Invented Pumps", "model": "IP-40", "serial": "TX000001"}
ALARM: dict[str, Any] = {"alarm_status": "active", "alarms": [{"code": "low-reservoir", "severity": "non-critical"}]}


def life(day: str, *, infusing: bool = True) -> Course:
    """A pump that runs with an alarm in force, and the report of its explant of 20 May."""
    set_up = left("2025-05-01T09:10+00:00", continuous(), infusing=infusing)
    first = export(
        "2025-05-01T09:00+00:00", set_up, update="completed", end="2025-05-01T09:20+00:00", pump=PUMP, **ALARM
    )
    state = found(continuous(), infusing=infusing)
    gone = export("2025-05-20T09:00+00:00", state, update="none", type="explant", pump={**PUMP, "explanted": day})
    return course(first, gone)


def test_delivery_and_programme_end_on_the_stated_day() -> None:
    segment, programme = only(life("2025-05-18"), Segment), only(life("2025-05-18"), ProgrammeFact)
    assert (segment.status, segment.reason, segment.end.fhir) == ("stopped", "explanted", "2025-05-18")
    assert (programme.ended, programme.end.fhir) == ("explanted", "2025-05-18")


def test_an_explant_on_the_day_of_its_report_ends_them_with_the_reading() -> None:
    assert only(life("2025-05-20"), Segment).end.fhir == "2025-05-20T09:00:00+00:00"


def test_an_alarm_in_force_ends_when_the_explant_is_read() -> None:
    (alarm,) = [one for page in life("2025-05-18").pages[1:] for one in page.facts if isinstance(one, AlarmFact)]
    assert alarm.until == alarm.last_read
    assert alarm.last_read.fhir == "2025-05-20T09:00:00+00:00"


def test_a_pump_that_was_found_stopped_closes_its_gap_without_an_end() -> None:
    (gap,) = [one for page in life("2025-05-18", infusing=False).pages for one in page.facts if isinstance(one, Gap)]
    assert (gap.closed, gap.end, gap.segment_after, gap.recovered_number) == (True, None, None, None)


@pytest.mark.parametrize(("end", "over"), [("2025-05-20T09:20+00:00", "09:20"), (None, "09:12")])
def test_a_pump_that_is_stopped_and_taken_out_in_one_session_is_over_no_earlier_than_it_was_stopped(
    end: str | None, over: str
) -> None:
    set_up = left("2025-05-01T09:10+00:00", continuous(), infusing=True)
    first = export("2025-05-01T09:00+00:00", set_up, update="completed", end="2025-05-01T09:20+00:00", pump=PUMP)
    stop = {"number": "0105", "code": "pump-stopped", "text": "PUMP STOPPED", "at": "2025-05-20T09:12+00:00"}
    told = found(continuous(), infusing=True)
    more: dict[str, Any] = {"end": end} if end else {}
    gone = export(
        "2025-05-20T09:00+00:00", told, update="none", type="explant", events=[stop],
        pump={**PUMP, "explanted": "2025-05-20"}, **more,
    )  # fmt: skip
    (gap,) = [one for page in course(first, gone).pages for one in page.facts if isinstance(one, Gap)]
    assert gap.read_closed is not None
    assert (gap.closed, gap.end, gap.start.fhir[11:16], gap.read_closed.fhir[11:16]) == (True, None, "09:12", over)


def test_the_pump_is_in_the_patient_no_more() -> None:
    presence = only(life("2025-05-18"), PresenceFact)
    assert presence.until.fhir[:10] == "2025-05-20"
