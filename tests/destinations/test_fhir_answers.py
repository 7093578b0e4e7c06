"""What each answer means for the writes behind it: one row an answer, each brought about on a real connection."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from bridge.destinations import http
from bridge.destinations.fhir_answers import classify, completed, culprit, entry_answers
from bridge.destinations.http import Reply
from tests.destinations.sent import our_id, write
from tests.destinations.serving import (
    NOW,
    ready,
    refusal,
    says,
    told,
)
from tests.servers.faulty import (
    FHIR_JSON,
    Fault,
    FaultyServer,
    cut,
    error_after_commit,
    html,
    lost_answer,
    refuse,
    slow_answer,
    status,
)

ROWS: list[tuple[str, Fault, tuple[str, str], bool]] = [
    # what happens, how, what the write is told, whether it is stored after all
    ("server error", status(500), ("in_doubt", "http-500"), False),
    ("bad gateway", status(502), ("in_doubt", "http-502"), False),
    ("gateway timeout", status(504), ("in_doubt", "http-504"), False),
    ("error after commit", error_after_commit(500), ("in_doubt", "http-500"), True),
    ("html for success", html(200), ("in_doubt", "http-200"), False),
    ("html for a refusal", html(400), ("in_doubt", "http-400"), False),
    ("html of a gateway", html(502), ("in_doubt", "http-502"), False),
    ("lost answer", lost_answer(), ("in_doubt", "answer-lost"), True),
    ("closed before reading", refuse(), ("in_doubt", "answer-lost"), False),
    ("answer too late", slow_answer(1.5), ("in_doubt", "answer-lost"), True),
    ("bad request", status(400), ("refused", "http-400"), False),
    ("not found", status(404), ("refused", "http-404"), False),
    ("not allowed", status(405), ("refused", "http-405"), False),
    ("unprocessable", status(422), ("refused", "http-422"), False),
    ("unauthorized", status(401), ("paused", "unauthorized"), False),
    ("unauthorized in html", html(401), ("paused", "unauthorized"), False),
    ("forbidden", status(403), ("paused", "forbidden"), False),
    ("redirect", says(302, Location="https://login.example/"), ("paused", "redirect"), False),
    ("redirect kept", says(307, Location="https://other.example/"), ("paused", "redirect"), False),
    ("conflict", status(409), ("retry", "version-conflict"), False),
    ("precondition", status(412), ("retry", "version-conflict"), False),
    ("several", says(412, refusal({"code": "multiple-matches"})), ("contested", "several-match"), False),
    ("several at HAPI", says(412, refusal({"diagnostics": "HAPI-2207: x"})), ("contested", "several-match"), False),
    ("throttled", status(429), ("retry", "throttled"), False),
    ("unavailable", status(503), ("retry", "unavailable"), False),
    ("unavailable in html", html(503), ("retry", "unavailable"), False),
]  # fmt: skip
NAMES = [name for name, *_ in ROWS]


@pytest.mark.parametrize(("fault", "expected", "kept"), [row[1:] for row in ROWS], ids=NAMES)
def test_one_put_is_answered(ours: FaultyServer, fault: Fault, expected: tuple[str, str], kept: bool) -> None:
    ours.fail(fault, method="PUT", times=None)
    answers = ready(ours).send([write(1)], course="7")
    assert told(answers) == [expected]
    assert bool(ours.stored("Observation")) == kept
    assert len([seen for seen in ours.requests if seen.method == "PUT"]) == 1, "nothing is repeated behind our back"


@pytest.mark.parametrize(("fault", "expected", "kept"), [row[1:] for row in ROWS], ids=NAMES)
def test_a_transaction_is_answered(ours: FaultyServer, fault: Fault, expected: tuple[str, str], kept: bool) -> None:
    ours.fail(fault, method="POST|PUT", times=None)
    answers = ready(ours).send([write(1), write(2)], course="7")
    singly = expected[0] in ("refused", "contested")  # no culprit is named: they are sent one at a time
    assert told(answers) == [expected, expected]
    assert len(ours.stored("Observation")) == (2 if kept else 0)
    assert len([seen for seen in ours.requests if seen.method in ("POST", "PUT")]) == (3 if singly else 1)


def test_a_cut_answer_leaves_a_doubt(ours: FaultyServer) -> None:
    ours.fail(cut(), method="POST")
    answers = ready(ours).send([write(1), write(2)], course="7")
    assert told(answers) == [("in_doubt", "answer-lost")] * 2
    assert len(ours.stored("Observation")) == 2


@pytest.mark.parametrize(
    "said",
    [
        {"resourceType": "Bundle", "type": "transaction-response", "entry": []},
        {"resourceType": "Bundle", "type": "transaction-response"},
        {"resourceType": "Bundle", "entry": [{"response": {"status": "201"}}, {"response": {}}]},
        {"resourceType": "OperationOutcome"},
        {"entry": ["a", "b"]},
    ],
)
def test_a_transaction_whose_answer_cannot_be_told_apart_is_in_doubt(ours: FaultyServer, said: Any) -> None:
    ours.fail(says(200, said, works=True), method="POST")
    answers = ready(ours).send([write(1), write(2)], course="7")
    assert answers[1].status == "in_doubt"
    assert answers[1].code == "answer-unreadable"


def test_an_answer_of_endless_length_is_not_read(ours: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    destination = ready(ours)
    monkeypatch.setattr(http, "MOST_BYTES", 1000)
    ours.fail(says(200, {"resourceType": "Bundle", "x": "y" * 5000}), method="POST")
    assert told(destination.send([write(1), write(2)], course="7")) == [("in_doubt", "answer-too-large")] * 2


def test_a_single_write_with_an_empty_answer_is_confirmed_with_its_version(ours: FaultyServer) -> None:
    answer = ready(ours).send([write(1)], course="7")[0]
    assert (answer.status, answer.version, answer.created, answer.server_id) == ("confirmed", "1", True, our_id(1))


@pytest.mark.parametrize(
    ("headers", "version", "id"),
    [
        ({"etag": 'W/"3"'}, "3", ""),
        ({"etag": '"3"'}, "3", ""),
        ({"etag": "3"}, "3", ""),
        ({"location": "Flag/a/_history/5"}, "5", "a"),
        ({"location": "https://s.example/R4/FHIR/Flag/a.b-1/_history/5"}, "5", "a.b-1"),
        ({"content-location": "https://s.example/Flag/a"}, "", "a"),
        ({"etag": 'W/"9"', "location": "Flag/a/_history/5"}, "9", "a"),
        ({}, "", ""),
    ],
)
def test_version_and_id_come_from_the_headers(headers: dict[str, str], version: str, id: str) -> None:
    answer = classify(Reply(200, headers), NOW)
    assert (answer.status, answer.version, answer.server_id, answer.created) == ("confirmed", version, id, False)


def test_a_created_resource_where_an_update_was_expected_is_told(ours: FaultyServer) -> None:
    answers = ready(ours).send([write(1, if_match="4", action="amend"), write(2, action="amend")], course="7")
    assert [(a.status, a.created) for a in answers] == [("confirmed", True)] * 2


# --- Retry-After ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [429, 503])
@pytest.mark.parametrize(("asked", "seconds"), [(17, 17.0), (NOW + timedelta(seconds=90), 90.0), (None, None)])
def test_retry_after_is_passed_on(ours: FaultyServer, code: int, asked: Any, seconds: float | None) -> None:
    ours.fail(status(code, asked), method="POST")
    answers = ready(ours).send([write(1), write(2)], course="7")
    assert [(a.status, a.retry_after) for a in answers] == [("retry", seconds)] * 2


@pytest.mark.parametrize(
    ("expressions", "place"),
    [
        ([["Bundle.entry[1].resource"]], 1),
        ([["Bundle.entry[1]"], ["Bundle.entry[1].resource.ofType(Flag)"]], 1),
        ([["Bundle.entry[0]"], ["Bundle.entry[1]"]], None),
        ([["Bundle.entry[2]"]], None),
        ([["Flag.status"]], None),
        ([], None),
    ],
)
def test_a_culprit_is_one_that_is_named(expressions: list[list[str]], place: int | None) -> None:
    issues = refusal(*({"code": "invalid", "expression": paths} for paths in expressions))
    issues["issue"].append({"severity": "warning", "code": "x", "expression": ["Bundle.entry[0]"]})
    reply = Reply(422, {"content-type": FHIR_JSON}, json.dumps(issues).encode())
    assert culprit(reply, 2) == place


def test_a_detail_is_codes_and_paths_and_never_words(ours: FaultyServer) -> None:
    said = refusal(
        {"code": "invalid", "expression": ["Observation.value", "0048213 is not"], "diagnostics": "HAPI-0450: 0048213"}
    )
    ours.fail(says(422, said), method="PUT")
    answer = ready(ours).send([write(1)], course="7")[0]
    assert answer.detail == "422 invalid HAPI-0450 Observation.value"


STORED = {"resourceType": "Flag", "id": "17", "meta": {"versionId": "9"}}


def test_a_version_that_stands_in_the_resource_alone_is_taken_from_it() -> None:
    entries = [
        {"response": {"status": "200"}, "resource": STORED},
        {"response": {"status": "200", "etag": 'W/"3"', "location": "Flag/4/_history/3"}, "resource": STORED},
        {"response": {"status": "200"}, "resource": {**STORED, "resourceType": "OperationOutcome"}},
        {"response": {"status": "200"}},
        {"response": {"status": "412"}, "resource": STORED},
    ]
    said = Reply(200, {"content-type": "application/json"}, json.dumps({"entry": entries}).encode())
    answers = entry_answers(said, 5, NOW)
    assert [(one.version, one.server_id) for one in answers] == [("9", "17"), ("3", "4"), ("", ""), ("", ""), ("", "")]
    assert [one.status for one in answers] == ["confirmed"] * 4 + ["retry"]


def test_an_answer_that_confirms_nothing_has_no_version() -> None:
    assert completed(classify(Reply(409), NOW), STORED).version == ""
