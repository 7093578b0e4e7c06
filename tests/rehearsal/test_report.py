"""The report as programs read it: JUnit that fails where the rehearsal does, and a valid FHIR R4 TestReport."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from fhir.resources.R4B import testreport

from bridge.fhir_json import read
from bridge.rehearsal import report
from bridge.rehearsal.cleaning import Left
from bridge.rehearsal.outcome import Rehearsal
from bridge.rehearsal.step import Part, Result, Step

BEGUN = datetime(2026, 3, 2, 8, tzinfo=UTC)
RESULTS: tuple[Result, ...] = ("passed", "failed", "cannot tell", "not supported", "noted")


def step(result: Result, *, needed: bool, part: Part = "journey") -> Step:
    return Step(part, result.replace(" ", "-"), f"A step & its <title>, {result}", needed, result, 'saw "it"\x00', 0.25)


def rehearsal(*steps: Step, stopped: str = "", unreachable: bool = False, left: tuple[Left, ...] = ()) -> Rehearsal:
    return Rehearsal(
        "https://test.example/fhir", "Example & Co", "8.8", "--test-server", "https://pumpbridge.invalid/rehearsal/0a",
        "of the rehearsal", BEGUN, BEGUN + timedelta(seconds=12.5), steps, left,
        stopped=stopped, unreachable=unreachable, bridge="0.1.0",
    )  # fmt: skip


EVERYTHING = rehearsal(
    step("passed", needed=True, part="server"),
    *(step(result, needed=needed) for result in RESULTS for needed in (True, False)),
    step("passed", needed=False, part="probe"),
    step("failed", needed=False, part="cleaning"),
    left=(Left("Flag/rh0a-1", "entered in error"),),
)
GOOD = rehearsal(step("passed", needed=True), step("failed", needed=False), step("noted", needed=False))


@pytest.mark.parametrize(
    ("found", "verdict", "status"),
    [
        (GOOD, "passed", 0),
        (EVERYTHING, "failed", 5),
        (rehearsal(step("cannot tell", needed=True)), "failed", 5),
        (rehearsal(step("not supported", needed=True)), "failed", 5),
        (rehearsal(step("passed", needed=True), stopped="stopped by a person"), "stopped", 130),
        (rehearsal(step("passed", needed=True), stopped="its time was over"), "stopped", 5),
        (rehearsal(step("cannot tell", needed=True), unreachable=True), "not reached", 6),
    ],
)
def test_a_rehearsal_is_as_good_as_its_needed_steps(found: Rehearsal, verdict: str, status: int) -> None:
    assert (found.verdict, found.status) == (verdict, status)


def test_junit_fails_where_the_rehearsal_does_and_nowhere_else() -> None:
    suite = ElementTree.fromstring(report.junit(EVERYTHING))
    cases = {(case.get("name"), "and the bridge does not" in case[0].get("message", "")): [part.tag for part in case]
             for case in suite.iter("testcase") if case.get("classname") == "pumpbridge.rehearse.journey"}  # fmt: skip
    assert cases == {
        ("passed", False): ["system-out"],
        ("failed", False): ["failure", "system-out"],
        ("failed", True): ["skipped", "system-out"],
        ("cannot-tell", False): ["error", "system-out"],
        ("cannot-tell", True): ["skipped", "system-out"],
        ("not-supported", False): ["skipped", "system-out"],
        ("not-supported", True): ["skipped", "system-out"],
        ("noted", False): ["system-out"],
    }
    tags = Counter(part.tag for case in suite.iter("testcase") for part in case)
    counted = (suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped"))
    assert counted == (str(len(EVERYTHING.steps)), str(tags["failure"]), str(tags["error"]), str(tags["skipped"]))
    assert tags["failure"] == tags["error"] == 1
    assert 'saw "it"?' in (suite.findtext("testcase/system-out") or "")
    assert "Flag/rh0a-1 entered in error" in (suite.findtext("system-out") or "")
    properties = {one.get("name"): one.get("value") for one in suite.iter("property")}
    assert properties["software"] == "Example & Co 8.8"
    assert properties["verdict"] == "failed"
    assert (suite.get("time"), suite.get("timestamp")) == ("12.500", "2026-03-02T08:00:00")


@pytest.mark.parametrize("found", [EVERYTHING, GOOD, rehearsal(step("failed", needed=True, part="server"))])
def test_the_test_report_is_valid_r4(found: Rehearsal) -> None:
    body = testreport.TestReport.model_validate_json(report.test_report(found))
    assert body.result == ("pass" if found.verdict == "passed" else "fail")
    assert body.status == "completed"


def test_the_test_report_says_of_each_step_how_it_ended() -> None:
    body = read(report.test_report(EVERYTHING))
    results = [(test["name"], test["action"][0]["assert"]["result"]) for test in body["test"]]
    assert results == [
        ("passed", "pass"), ("passed", "pass"), ("failed", "fail"), ("failed", "warning"), ("cannot-tell", "error"),
        ("cannot-tell", "skip"), ("not-supported", "skip"), ("not-supported", "skip"), ("noted", "pass"),
        ("noted", "pass"), ("passed", "pass"),
    ]  # fmt: skip
    assert [one["assert"]["result"] for one in body["setup"]["action"]] == ["pass"]
    assert [one["operation"]["result"] for one in body["teardown"]["action"]] == ["warning"]
    assert str(body["score"]) == "33.3", "2 of 6: noted, where it is needed, is not passed"
    assert body["issued"] == "2026-03-02T08:00:12Z"
    assert [(one["type"], one["uri"]) for one in body["participant"]] == [
        ("test-engine", "https://pumpbridge.invalid"), ("server", "https://test.example/fhir")
    ]  # fmt: skip


def test_a_rehearsal_that_was_stopped_is_a_report_that_was() -> None:
    body = read(report.test_report(rehearsal(step("passed", needed=True), stopped="stopped by a person")))
    assert (body["status"], body["result"]) == ("stopped", "fail")


def test_the_document_has_everything() -> None:
    facts = json.loads(json.dumps(report.document(EVERYTHING), default=str))
    assert facts["verdict"] == "failed"
    assert facts["status"] == 5
    assert len(facts["steps"]) == len(EVERYTHING.steps)
    assert facts["stays"] == [{"reference": "Flag/rh0a-1", "how": "entered in error"}]
    assert facts["server"] == {"url": "https://test.example/fhir", "software": "Example & Co", "version": "8.8"}
    assert (facts["bridge"], facts["seconds"]) == ("0.1.0", 12.5)
