"""What a site switches off, or keeps for its operators, is not referred to by what stays in the chart.

Flags refer to findings (alarm and finding of one cause share a Flag), findings to what they rest on.
"""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any

import pytest

from bridge.chart.resource import Binding, Resource
from bridge.chart.write import write
from bridge.course.facts import OPEN
from bridge.course.pages import Course
from bridge.course.remarks import Finding
from bridge.findings.noticed import noticed
from bridge.terms.findings import catalogue
from tests.chart.given import ALARM, INTERRUPTED, S3, STALL, bound, document, event, summary
from tests.chart.given import course as by_hand
from tests.chart.test_service_findings import SESSIONS, references
from tests.course import test_lasting as dry
from tests.course.building import course, every
from tests.findings.sessions import life
from tests.findings.test_log import ALARMED
from tests.scenarios import folders

NARROW: tuple[dict[str, Any], ...] = ({"calculated": False}, {"single_values": False}, {"open_segment": False})


def dangling(resources: tuple[Resource, ...], binding: Binding) -> list[tuple[str, str]]:
    """What Flags and DetectedIssues refer to of this chart, and it does not hold."""
    held = {resource.reference for resource in resources}
    ours = f"/{binding.namespace.prefix}-"
    outside = {ref for resource in resources for ref in references(resource.body.get("author", {}))}
    return [
        (resource.key.partition("|")[0], reference)
        for resource in resources
        if resource.type in ("Flag", "DetectedIssue")
        for reference in references(resource.body)
        if ours in reference and reference not in held | outside
    ]


@cache
def lives() -> tuple[Course, ...]:
    """Courses that raise what alarms may share a Flag with, and the scenarios."""
    empty: dict[str, Any] = {"alarm_status": "active", "alarms": [{"code": "empty-reservoir", "text": "EMPTY"}]}
    found_empty = dry.session("2025-04-14", infusing=None, **empty)
    told_late = dry.session("2025-04-20", fill="2025-04-13")
    cases = [folders.scenario(name) for name in folders.NAMES]
    return (
        life(*SESSIONS),
        life(*ALARMED),
        course(dry.FIRST, dry.LOOK, found_empty, told_late, as_of=dry.at("2025-04-21")),
        *(folders.course(case, [case.exports[key] for key in one.read], one.as_of)
          for case in cases for one in case.moments),
    )  # fmt: skip


def raised(told: Course) -> set[str]:
    return {finding.code for finding in every(told, Finding)}


def without_findings(told: Course) -> Course:
    """As it is folded, before anything was noticed."""
    pages = (dataclasses.replace(page, facts=tuple(f for f in page.facts if not isinstance(f, Finding)))
             for page in told.pages)  # fmt: skip
    return dataclasses.replace(told, pages=tuple(pages))


@pytest.mark.parametrize("to", ["off", "operator"])
def test_nothing_refers_to_a_finding_that_is_switched_off(to: Any) -> None:
    shared = set()
    for told in lives():
        for code in raised(told):
            binding = bound(audiences={code: to})
            assert dangling(write(noticed(without_findings(told), audiences=binding.audiences), binding), binding) == []
            shared.add(code)
    assert shared >= {"delivery-interrupted", "past-dry-date", "end-of-service", "pump-reset"}, "those of alarms"


@pytest.mark.parametrize("to", ["off", "operator"])
@pytest.mark.parametrize("code", catalogue())
def test_an_alarm_and_a_finding_that_name_it_name_it_no_more(code: str, to: Any) -> None:
    """Every code, as the cause of an alarm and as the evidence of another finding, whoever raises it."""
    other = dataclasses.replace(INTERRUPTED, evidence=((code, "x"), ("gap", STALL.discriminator)), implicated=())
    alarm = dataclasses.replace(ALARM, finding="x", finding_code=code)
    page = (
        "1",
        (
            document(S3, None, "2025-06-18 17:30"),
            summary(S3),
            event("0112", "2025-06-18 14:02", "motor-stall", "STALL"),
        ),
    )
    facts = (STALL, alarm) if code == INTERRUPTED.code else (STALL, alarm, other)
    binding = bound(audiences={code: to})
    assert dangling(write(by_hand(page, (OPEN, facts)), binding), binding) == []
    kept = write(by_hand(page, (OPEN, (*facts, finding_of(code)))), bound(audiences={code: "clinic"}))
    (flag,) = (resource for resource in kept if resource.key.startswith("alarm-flag|") and resource.key.endswith("|x"))
    assert flag.body["extension"], "where it is written the Flag does refer to it"


def finding_of(code: str) -> Finding:
    return dataclasses.replace(INTERRUPTED, code=code, discriminator="x", audience="clinic", evidence=(), implicated=())


@pytest.mark.parametrize("narrow", NARROW, ids=lambda narrow: next(iter(narrow)))
def test_nothing_refers_to_what_a_destination_does_not_take(narrow: dict[str, Any]) -> None:
    binding = bound(**narrow)
    for told in lives():
        chart = write(noticed(without_findings(told), calculated=binding.calculated), binding)
        assert dangling(chart, binding) == []


def test_the_alarm_keeps_its_flag_without_the_finding() -> None:
    binding = bound(audiences={"end-of-service": "off"})
    chart = write(noticed(without_findings(life(*SESSIONS)), audiences=binding.audiences), binding)
    (flag,) = (resource for resource in chart if resource.key.startswith("alarm-flag|"))
    assert (flag.body["status"], "extension" in flag.body) == ("active", False)


def test_an_empty_reservoir_by_the_pump_did_hold_whatever_is_told_of_later() -> None:
    """A filling from before the alarm is told of after it: the finding ends, and the alarm's Flag refers to it."""
    (told,) = (one for one in lives()[2:3])
    (over, *_) = (finding for finding in every(told, Finding) if finding.code == "past-dry-date" and finding.until)
    assert over.text.endswith("What was delivered around then is not known.")
    assert dangling(write(told, bound()), bound()) == []
