"""End of service, replacement indicator, and dates that contradict them: each is raised, and at its edge it is not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.chart.write import write
from bridge.course.facts import AlarmFact
from bridge.course.remarks import Finding
from bridge.course.state import dump_state, load_state
from bridge.findings.noticed import noticed
from tests.chart.given import BINDING
from tests.course.building import course, every, folded, only, q
from tests.findings.sessions import AS_OF, SYNCHROMED, life, noticed_in, read, row

OVER = {"end_of_service": True}
REACHED = {"eri": True}
EOS_ALARM = {"alarm_status": "active", "alarms": [{"code": "end-of-service", "severity": "critical"}]}


# --- end-of-service --------------------------------------------------------------------------------------------------


def test_the_end_of_service_is_for_the_ward_while_it_is_stated() -> None:
    (one,) = noticed_in("end-of-service", read("05-01", longevity=OVER))
    assert (one.audience, one.severity, one.until) == ("ward", "high", None)
    assert one.text == (
        "The pump states that the end of its service is reached, as read 1 May 2025 09:00; last read 1 May 2025 09:00."
    )


def test_a_report_that_is_silent_does_not_end_it_and_one_that_denies_it_does() -> None:
    silent = noticed_in("end-of-service", read("05-01", longevity=OVER), read("05-03"))
    assert [one.until for one in silent] == [None]
    (denied,) = noticed_in(
        "end-of-service", read("05-01", longevity=OVER), read("05-03", longevity={"end_of_service": False})
    )
    assert denied.until is not None
    assert denied.until.fhir == "2025-05-03T09:00:00+00:00"


@pytest.mark.parametrize(
    "parts", [{"longevity": {"end_of_service": False}}, {"longevity": REACHED}, {"alarm_status": "none"}, {}]
)
def test_what_does_not_state_it_raises_nothing(parts: dict[str, Any]) -> None:
    assert noticed_in("end-of-service", read("05-01", **parts)) == []


def test_the_log_dates_it() -> None:
    (one,) = noticed_in("end-of-service", read("05-03", events=[row("7", "05-01T06:00+00:00", "end-of-service")]))
    assert one.since.fhir == "2025-05-01T06:00:00+00:00"
    assert one.evidence == (("event", "event 7"),)


def test_an_explant_ends_it() -> None:
    gone = read("05-09", type="explant")
    (one,) = noticed_in("end-of-service", read("05-01", longevity=OVER), gone)
    assert one.until is not None
    assert noticed_in("end-of-service", read("05-01"), gone, read("05-20", longevity=OVER)) == []


def test_its_alarm_and_its_finding_are_one_flag() -> None:
    sessions = (read("05-01", longevity=OVER), read("05-03", longevity=OVER, **EOS_ALARM))
    alarm = only(life(*sessions), AlarmFact)
    (one,) = noticed_in("end-of-service", *sessions)
    assert (alarm.finding, alarm.finding_code) == (one.discriminator, "end-of-service")
    flags = [r for r in write(life(*sessions), BINDING) if r.type == "Flag" and "end-of-service" in r.key]
    (flag,) = flags
    assert flag.body["status"] == "active"
    assert "NOT INFUSING" not in str(flag.body)
    (silenced,) = [
        r
        for r in write(life(*sessions, read("05-05", alarm_status="none")), BINDING)
        if r.type == "Flag" and "end-of-service" in r.key and r.page == "~"
    ]
    assert silenced.body["status"] == "active"


def test_as_of_moves_nothing() -> None:
    sessions = (read("05-01", longevity=OVER),)
    early = datetime(2025, 5, 2, tzinfo=UTC)
    assert [r.body for r in write(course(*sessions, as_of=early), BINDING)] == [
        r.body for r in write(course(*sessions, as_of=datetime(2025, 5, 3, tzinfo=UTC)), BINDING)
    ]


# --- eri-reached -----------------------------------------------------------------------------------------------------


def test_the_replacement_indicator_is_for_the_clinic_until_it_is_denied() -> None:
    (one,) = noticed_in("eri-reached", read("05-01", longevity=REACHED), read("05-03", longevity=REACHED))
    assert (one.audience, one.until) == ("clinic", None)
    assert "as read 1 May 2025 09:00; last read 3 May 2025 09:00" in one.text
    (over,) = noticed_in("eri-reached", read("05-01", longevity=REACHED), read("05-03", longevity={"eri": False}))
    assert over.until is not None


@pytest.mark.parametrize("longevity", [{"eri": False}, {"months_to_eri": q("0", "months")}])
def test_a_few_months_left_are_no_indicator(longevity: dict[str, Any]) -> None:
    assert noticed_in("eri-reached", read("05-01", longevity=longevity)) == []


def test_an_alarm_of_it_states_it() -> None:
    alarm = {"alarm_status": "active", "alarms": [{"code": "eri-reached", "severity": "non-critical"}]}
    assert len(noticed_in("eri-reached", read("05-01", **alarm))) == 1


# --- eri-to-eos-short ------------------------------------------------------------------------------------------------


def _logged(eri: str, over: str, pump: dict[str, str]) -> dict[str, Any]:
    events = [row("7", f"{eri}T06:00+00:00", "eri-reached"), row("8", f"{over}T06:00+00:00", "end-of-service")]
    return read("10-01", pump=pump, events=events)


def test_under_ninety_days_from_indicator_to_end_is_for_the_clinic() -> None:
    (one,) = noticed_in("eri-to-eos-short", _logged("05-01", "07-29", SYNCHROMED))
    assert (one.audience, one.severity) == ("clinic", "high")
    assert "at most 89 days between. Calculated by pumpbridge, not the pump." in one.text
    assert "90 days at least are stated" in one.text
    assert one.plain is not None
    assert "89" not in one.plain


def test_ninety_days_and_an_unlisted_pump_are_not_found() -> None:
    unlisted = {"manufacturer": "Invented Pumps", "model": "IP-40", "serial": "TX000001"}
    assert noticed_in("eri-to-eos-short", _logged("05-01", "07-30", SYNCHROMED)) == []
    assert noticed_in("eri-to-eos-short", _logged("05-01", "07-29", unlisted)) == []


def test_only_a_report_that_denied_the_indicator_bounds_it() -> None:
    denied = read("05-01", pump=SYNCHROMED, longevity={"eri": False})
    reached = read("06-01", pump=SYNCHROMED, longevity=REACHED)
    over = read("07-01", pump=SYNCHROMED, longevity={"eri": True, "end_of_service": True})
    (one,) = noticed_in("eri-to-eos-short", denied, reached, over)
    assert "at most 61 days" in one.text
    assert noticed_in("eri-to-eos-short", reached, over) == []


# --- replace-by-contradicts ------------------------------------------------------------------------------------------


def _replace(day: str, months: str | None = None, **pump: str) -> dict[str, Any]:
    left = {"months_to_eri": q(months, "months")} if months else {}
    return read("05-12", pump={**SYNCHROMED, **pump}, longevity={"replace_by": day, **left})


@pytest.mark.parametrize("day", ["2026-04-11", "2026-09-13", "2020-01-01"])
def test_a_replace_by_date_that_the_months_contradict(day: str) -> None:
    (one,) = noticed_in("replace-by-contradicts", _replace(day, "12"))
    assert one.audience == "clinic"
    assert "12 months to elective replacement as read 12 May 2025" in one.text
    assert "between 12 Apr 2026 and 12 Sep 2026. Calculated by pumpbridge, not the pump." in one.text
    assert "Z-1338-2012" in one.text
    assert one.plain is not None
    assert "Sep 2026, which" not in one.plain


@pytest.mark.parametrize("day", ["2026-04-12", "2026-05-12", "2026-09-12"])
def test_a_replace_by_date_within_rounding_and_three_months_agrees(day: str) -> None:
    assert noticed_in("replace-by-contradicts", _replace(day, "12")) == []


def test_a_replace_by_date_is_later_than_the_implant() -> None:
    (one,) = noticed_in("replace-by-contradicts", _replace("2025-03-03", implanted="2025-03-03"))
    assert "is not later than the implant, 3 Mar 2025" in one.text
    assert noticed_in("replace-by-contradicts", _replace("2025-03-04", implanted="2025-03-03")) == []


def test_folding_from_a_checkpoint_is_folding_from_scratch() -> None:
    first, second = read("05-01", longevity=OVER), read("06-01")
    whole = folded(first, second, as_of=AS_OF)
    tail = folded(second, as_of=AS_OF, base=load_state(dump_state(folded(first, as_of=AS_OF).states[0][1])))
    assert noticed(whole.course).pages[1:] == noticed(tail.course).pages
    assert "end-of-service" in [one.code for one in every(noticed(tail.course), Finding)]
