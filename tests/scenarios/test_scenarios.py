"""Every scenario of the field: what the course, its findings, its forecast and its chart are at named instants.

A folder of fixtures/scenarios is one scenario; each moment of it one test.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import random
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import unquote

import pytest

from bridge.adapter import find, recognise
from bridge.chart.resource import Resource
from bridge.chart.write import write
from bridge.course.pages import Course
from bridge.course.remarks import Finding
from bridge.errors import ExportError
from fhir_profiles.checks import check
from tests.chart.given import bound
from tests.scenarios import printed, short
from tests.scenarios.folders import FOLDER, NAMES, PRINTED, Moment, Scenario, course, scenario

EVERY = (*NAMES, *PRINTED)
MOMENTS = [(name, number) for name in EVERY for number in range(len(scenario(name).moments))]
each = pytest.mark.parametrize(("name", "number"), MOMENTS, ids=[f"{name}-{number + 1}" for name, number in MOMENTS])
ALWAYS = ("segments", "gaps", "boluses", "refills", "primings", "flows")


def moment(name: str, number: int) -> tuple[Scenario, Moment]:
    case = scenario(name)
    return case, case.moments[number]


@cache
def folded(name: str, number: int) -> Course:
    case, at = moment(name, number)
    return course(case, *given(case, at, at.as_of))


def given(case: Scenario, at: Moment, as_of: datetime) -> tuple[list[bytes], datetime, list[bytes]]:
    """What a course is made of: this pump's exports, as of when, and the patient's other pump's exports."""
    return [case.exports[one] for one in at.read], as_of, [case.exports[one] for one in at.beside]


@cache
def written(name: str, number: int) -> tuple[Resource, ...]:
    case, _ = moment(name, number)
    contents = {hashlib.sha256(content).hexdigest(): content for content in case.exports.values()}
    return write(folded(name, number), bound(attachment=contents.__getitem__))


@each
def test_the_course_is_what_the_scenario_says(name: str, number: int) -> None:
    expected, found = moment(name, number)[1].expected, short.short(folded(name, number))
    for kind in ALWAYS:
        assert found[kind] == short.in_order(expected.get(kind, [])), kind
    if "forecast" in expected:
        assert short.forecast(folded(name, number)) == expected["forecast"]


@each
def test_the_findings_are_those_and_no_others(name: str, number: int) -> None:
    expected = short.in_order(moment(name, number)[1].expected["findings"])
    found = short.short(folded(name, number))["findings"]
    assert [_named(row) for row in found] == [_named(row) for row in expected]
    for row, told in zip(expected, found, strict=True):
        for words in row.get("says", []):
            assert words in told["text"]


def _named(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["code"], row["since"], row.get("until")


@each
def test_the_chart_says_so_and_keeps_the_rules(name: str, number: int) -> None:
    expected, resources = moment(name, number)[1].expected, written(name, number)
    if "chart" in expected:
        assert short.chart(resources) == sorted(expected["chart"])
    for kind, words in expected.get("chart_says", {}).items():
        texts = [str(one.body) for one in resources if one.key.startswith(f"{kind}|")]
        assert texts, kind
        for said in words:
            assert any(said in text for text in texts), said
    for resource in resources:
        assert list(check(resource.body)) == [], resource.key


@each
def test_who_is_told_is_who_ought_to_be(name: str, number: int) -> None:
    """Ward and clinic findings are DetectedIssues; each open ward finding has its active Flag; operators ask us.

    Of a pump that was replaced, no Flag of what was read is active.
    """
    found = [fact for page in folded(name, number).pages for fact in page.facts if isinstance(fact, Finding)]
    issues = [one.key.partition("|")[0] for one in written(name, number) if one.type == "DetectedIssue"]
    assert sorted(issues) == sorted(one.code for one in found if one.audience in ("ward", "clinic"))
    flags = [one for one in written(name, number) if one.key.startswith(("finding-flag|", "alarm-flag|"))]
    active = [unquote(one.key) for one in flags if one.body["status"] == "active"]
    for finding in found:
        if finding.audience == "ward":
            flagged = any(key.endswith(finding.discriminator) for key in active)
            replaced = "pump-replaced-not-stated" in issues
            assert flagged == (finding.until is None and not replaced), finding.code


@each
def test_nothing_moves_before_the_next_change(name: str, number: int) -> None:
    case, at = moment(name, number)
    due = folded(name, number).next_change
    if due is not None:
        just_before = course(case, *given(case, at, due - timedelta(microseconds=1)))
        assert just_before == folded(name, number)
        assert course(case, *given(case, at, due)) != just_before


@pytest.mark.parametrize("name", EVERY)
def test_the_order_of_arrival_changes_nothing(name: str) -> None:
    for number, at in enumerate(scenario(name).moments):
        contents = [scenario(name).exports[one] for one in at.read]
        orders = list(itertools.permutations(contents))
        for order in random.Random(7).sample(orders, min(5, len(orders))):
            beside = [scenario(name).exports[one] for one in reversed(at.beside)]
            assert course(scenario(name), order, at.as_of, beside) == folded(name, number)


REFUSED = [(name, export, code) for name in NAMES for export, code in scenario(name).refused.items()]


@pytest.mark.parametrize(("name", "export", "code"), REFUSED)
def test_what_cannot_be_represented_is_refused_whole(name: str, export: str, code: str) -> None:
    content = scenario(name).exports[export]
    with pytest.raises(ExportError) as refused:
        recognise(content, find()).read(content)
    assert refused.value.code == code


def test_every_numbered_scenario_is_there() -> None:
    numbers = {name[:2] for name in NAMES if name[:2].isdigit()}
    assert {f"{number:02}" for number in range(1, 24)} <= numbers


@pytest.mark.parametrize("name", PRINTED)
def test_a_printed_report_is_the_same_session_in_print(name: str) -> None:
    for path in sorted((FOLDER / name).iterdir()):
        body = json.loads((path.parent.parent / f"{path.stem}.json").read_text())
        assert printed.printed(body).encode() == path.read_bytes()
