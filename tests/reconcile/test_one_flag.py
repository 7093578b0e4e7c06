"""One Flag a cause: a reservoir that ran dry, by its date, its alarm and its log, is one Flag at a destination."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.course.test_lasting import FIRST, LOOK, at, session
from tests.hospital import Hospital

EMPTY = {"number": "8", "at": "2025-04-12T10:00", "code": "empty-reservoir", "text": "EMPTY"}
ALARM = {"code": "empty-reservoir", "text": "EMPTY RESERVOIR"}
ALARMED = session("2025-04-14", infusing=None, events=[EMPTY], alarm_status="active", alarms=[ALARM])
SILENT = session("2025-04-20", infusing=None, alarm_status="none")
FILLED = session("2025-04-25", fill="2025-04-25", infusing=None, alarm_status="none")


def dry_flags(hospital: Hospital) -> list[dict[str, Any]]:
    return [flag for flag in hospital.standing(1, "Flag") if "reservoir" in flag["code"]["text"].lower()]


def test_a_dry_reservoir_is_one_flag_until_it_is_filled(tmp_path: Path) -> None:
    with Hospital(tmp_path, now=at("2025-05-01")) as hospital:
        for body, status in ((ALARMED, "active"), (SILENT, "active"), (FILLED, "inactive")):
            hospital.take(*((FIRST, LOOK, body) if body is ALARMED else (body,)))
            hospital.apply(large=True)
            (flag,) = dry_flags(hospital)
            assert flag["status"] == status
        assert flag["period"] == {"start": "2025-04-12T10:00:00+01:00", "end": "2025-04-25T09:10:00+00:00"}


def test_a_finding_by_the_date_alone_becomes_that_of_the_alarm(tmp_path: Path) -> None:
    with Hospital(tmp_path, now=at("2025-04-17")) as hospital:
        hospital.take(FIRST, LOOK)
        hospital.apply(large=True)
        (by_date,) = dry_flags(hospital)
        hospital.take(ALARMED)
        hospital.apply(large=True)
        (by_alarm,) = dry_flags(hospital)
    assert (by_date["id"], by_date["status"]) == (by_alarm["id"], "active")
    assert by_alarm["period"]["start"] == "2025-04-12T10:00:00+01:00"
