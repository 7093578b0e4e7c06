"""Keys, pages and findings: a tail is written as the whole would be, a key stands once, a cause has one Flag."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from bridge.chart.resource import Resource
from bridge.chart.write import write
from bridge.course.facts import OPEN, ProgrammeFact, Segment
from bridge.course.pages import Course
from bridge.course.remarks import Finding
from bridge.errors import Bug
from tests.chart.cases import CASES, FLEX_PROGRAMME, P3, P4, SEALED_3
from tests.chart.given import (
    ALARM,
    BACLOFEN,
    BINDING,
    INTERRUPTED,
    MIXED,
    S1,
    S2,
    S3,
    S4,
    STALL,
    at,
    course,
    document,
    said,
    segment,
)


def keyed(chart: tuple[Resource, ...]) -> dict[str, Resource]:
    """A chart by key."""
    return {resource.key: resource for resource in chart}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("kept", [1, 2, 3])
def test_a_tail_is_written_as_the_whole_would_be(name: str, kept: int) -> None:
    given, binding = CASES[name]()
    tail = dataclasses.replace(given, pages=given.pages[-kept:])
    positions = {page.position for page in tail.pages}
    whole = {key: r for key, r in keyed(write(given, binding)).items() if r.page in positions}
    assert keyed(write(tail, binding)) == whole


def test_ids_are_those_of_the_worked_chart() -> None:
    given, binding = CASES["refill"]()
    kinds = {}
    for resource in write(given, binding):
        kinds.setdefault(resource.key.partition("|")[0], []).append(resource.id[6:14])
    assert kinds["pump"] == ["dede9459"]
    assert kinds["use"] == ["4c3c4fbf"]
    assert kinds["drug"] == ["62c0aead"]
    assert kinds["fill"] == ["0794d40e", "16dbb163"]
    assert kinds["programme"] == ["df017550", "3b64e2b2"]
    assert kinds["delivery"] == ["198e5311", "59ed9c27"]
    assert kinds["bolus"] == ["ac1cc4d8"]
    assert kinds["summary"] == ["1332c846"]


def test_a_key_stands_once() -> None:
    twice = segment("a", CASES["refill"]()[0].pages[-1].facts[-1].settings, S2, "2025-05-12 12:40")  # type: ignore[union-attr]
    with pytest.raises(Bug, match="one key of kind 'delivery'"):
        write(course((P3, (twice,)), (OPEN, (twice,))), BINDING)


def test_one_mixture_by_two_spellings_stands_where_it_was_first_seen() -> None:
    drug = dataclasses.replace(BACLOFEN.drugs[0], name=said("Baclofen"))
    again = dataclasses.replace(BACLOFEN, drugs=(drug,), export="2" * 64)
    found = [r for r in write(course((P3, (BACLOFEN,)), (P4, (again,))), BINDING) if r.type == "Medication"]
    assert [(resource.page, resource.rests_on) for resource in found] == [(P3, BACLOFEN.drugs and (BACLOFEN.export,))]


def test_a_mixture_is_keyed_by_what_it_is_in_any_order() -> None:
    turned = dataclasses.replace(MIXED, drugs=MIXED.drugs[::-1])
    keys = {r.key for m in (MIXED, turned) for r in write(course((P3, (m,))), BINDING) if r.type == "Medication"}
    assert len(keys) == 1


def test_a_course_needs_its_open_page() -> None:
    with pytest.raises(Bug, match="open page"):
        write(Course("0048213", (), None), BINDING)


def test_a_rate_is_traced_to_the_export_that_states_it_or_to_none() -> None:
    given, binding = CASES["refill"]()
    for export in (S1.exports[0], None):
        pages = tuple(
            dataclasses.replace(page, facts=tuple(_stated_by(fact, export) for fact in page.facts))
            for page in given.pages
        )
        chart = write(dataclasses.replace(given, pages=pages), binding)
        closed = [r for r in chart if r.body.get("status") in ("completed", "stopped") and "delivery|" in r.key]
        replaced = [r for r in chart if r.body.get("status") == "stopped" and "programme|" in r.key]
        assert [trace.export for r in (*closed, *replaced) for trace in r.traces] == [export, export]


def _stated_by(fact: Any, export: str | None) -> Any:
    return dataclasses.replace(fact, export=export) if isinstance(fact, ProgrammeFact | Segment) else fact


# --- findings and flags ----------------------------------------------------------------------------------------------


def flags(given: Course) -> dict[str, str]:
    """The Flags of a chart but the static one: discriminator and status."""
    found = [r for r in write(given, BINDING) if r.type == "Flag" and not r.key.startswith("pump-present|")]
    return {resource.key.rpartition("|")[2]: resource.body["status"] for resource in found}


OVER = dataclasses.replace(INTERRUPTED, source=S4, until=S4.read)
SILENT = dataclasses.replace(ALARM, source=S4, until=at("2025-06-19 16:02"), last_read=S4.read)


@pytest.mark.parametrize(
    ("pages", "status"),
    [
        (((OPEN, (STALL, ALARM, INTERRUPTED)),), "active"),
        (((OPEN, (STALL, INTERRUPTED)),), "active"),
        (((P3, (SILENT,)), (OPEN, (STALL, INTERRUPTED))), "active"),
        (((P3, (OVER,)), (OPEN, (ALARM,))), "active"),
        (((P4, (SILENT, OVER)),), "inactive"),
        (((P3, (OVER,)), (P4, (SILENT,))), "inactive"),
    ],
)
def test_one_flag_a_cause_active_while_anything_of_it_is(pages: tuple, status: str) -> None:  # type: ignore[type-arg]
    assert flags(course(*pages)) == {"event 0112": status}


def test_the_flag_of_a_stall_leads_to_its_finding_and_says_when_it_was_read() -> None:
    chart = write(course((OPEN, (STALL, ALARM, INTERRUPTED))), BINDING)
    flag = next(r for r in chart if r.key.startswith("alarm-flag|"))
    issue = next(r for r in chart if r.key.startswith("delivery-interrupted|"))
    assert flag.body["extension"][0]["valueReference"] == {"reference": issue.reference}
    assert flag.body["code"]["text"] == (
        "Intrathecal pump NOT INFUSING: motor stall (critical) since 18 Jun 2025 14:02, as read 18 Jun 2025 17:30. "
        "Call Invented Spasticity Clinic, +44 1632 960123."
    )


def test_an_alarm_of_its_own_has_its_own_flag() -> None:
    low = dataclasses.replace(
        ALARM, discriminator="low-reservoir 2025-06-18 17:30", finding=None,
        alarm=dataclasses.replace(ALARM.alarm, code=said("low-reservoir")),
    )  # fmt: skip
    assert flags(course((OPEN, (STALL, ALARM, INTERRUPTED, low)))) == {
        "event 0112": "active",
        "low-reservoir 2025-06-18 17:30": "active",
    }


def finding(audience: str) -> Finding:
    """A finding for somebody."""
    return Finding("exports-disagree", S3.session, audience, "high", S3, S3.start, "They disagree.")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("audience", "types"),
    [("operator", set()), ("clinic", {"DetectedIssue"}), ("ward", {"DetectedIssue", "Flag"})],
)
def test_a_finding_is_for_somebody(audience: str, types: set[str]) -> None:
    chart = write(course((OPEN, (finding(audience),))), BINDING)
    assert {r.type for r in chart if "exports-disagree" in r.key} == types


def test_a_finding_refers_to_nothing_that_is_not_written() -> None:
    named = (
        ("document", S3.exports[0]),
        ("alarm", "event 0112"),
        ("summary", S3.session),
        ("reservoir-volume", S3.session),
        ("delivered-ratio", "x"),
        ("segment", "y"),
    )
    fact = dataclasses.replace(finding("clinic"), evidence=named)
    given = course((P3, (document(S3, None, "2025-06-18 17:34"),)), (OPEN, (fact,)))
    lean = dataclasses.replace(BINDING, single_values=False, calculated=False, open_segment=False)
    for binding, count in ((BINDING, 5), (lean, 2)):
        issue = next(r for r in write(given, binding) if r.type == "DetectedIssue")
        assert len(issue.body["evidence"][0]["detail"]) == count


def test_a_finding_that_names_no_known_kind_is_a_bug() -> None:
    fact = dataclasses.replace(finding("clinic"), evidence=(("weather", "x"),))
    with pytest.raises(Bug, match="weather"):
        write(course((OPEN, (fact,))), BINDING)


def test_pages_are_those_of_the_facts() -> None:
    chart = write(course((P3, SEALED_3), (OPEN, (FLEX_PROGRAMME,))), BINDING)
    assert {resource.page for resource in chart} == {P3, OPEN}
    assert {resource.page for resource in chart if resource.type == "MedicationRequest"} == {OPEN}
