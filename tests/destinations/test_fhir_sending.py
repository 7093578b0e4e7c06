"""What becomes of the other writes when one is refused, is too large, or has no answer."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from bridge.destinations.protocol import Write
from tests.destinations.sent import reference, write
from tests.destinations.serving import (
    ready,
    refusal,
    told,
)
from tests.servers.faulty import (
    FHIR_JSON,
    Fault,
    FaultyServer,
    lost_answer,
    running_faulty,
    status,
)
from tests.servers.faulty import Reply as Said

# --- a refused transaction ------------------------------------------------------------------------------------------


def refused_entry(ours: FaultyServer, at: int, *, named: bool, body: Write) -> None:
    """The ours refuses every request with this content; a Bundle's refusal may name the entry."""
    expression = {"expression": [f"Bundle.entry[{at}].resource.status"]} if named else {}
    said = json.dumps(refusal({"code": "invariant", "diagnostics": "quotes 0048213", **expression})).encode()
    original = ours.work

    def work(seen: Any) -> Said:
        if seen.method in ("POST", "PUT") and body.body in seen.body:
            return Said(422, said, {"Content-Type": FHIR_JSON})
        return original(seen)

    ours.work = work  # type: ignore[method-assign]


CHAIN = [write(1), write(2, refers=reference(1)), write(3), write(4, refers=reference(2)), write(5)]


@pytest.mark.parametrize("named", [True, False])
def test_only_the_culprit_is_refused_and_what_needs_it_blocked(ours: FaultyServer, named: bool) -> None:
    refused_entry(ours, 1, named=named, body=CHAIN[1])
    answers = ready(ours).send(CHAIN, course="7")
    assert [answer.status for answer in answers] == ["confirmed", "refused", "confirmed", "blocked", "confirmed"]
    assert len(ours.stored("Observation")) == 3
    assert answers[1].code == "http-422"
    assert "invariant" in answers[1].detail
    assert "0048213" not in str(answers)
    posts = [seen for seen in ours.requests if seen.method == "POST"]
    assert [seen.body.count(b'"fullUrl"') for seen in posts] == ([5, 3] if named else [5, 2, 2])


def test_the_first_may_be_the_culprit_and_the_last_alone_be_left(ours: FaultyServer) -> None:
    refused_entry(ours, 0, named=True, body=CHAIN[0])
    answers = ready(ours).send([CHAIN[0], CHAIN[2]], course="7")
    assert [answer.status for answer in answers] == ["refused", "confirmed"]


def test_after_a_refused_administration_none_is_opened(ours: FaultyServer) -> None:
    closing = write(1, kind="MedicationAdministration", action="amend")
    opening = write(2, kind="MedicationAdministration")
    refused_entry(ours, 0, named=True, body=closing)
    answers = ready(ours).send([closing, opening, write(3)], course="7")
    assert [answer.status for answer in answers] == ["refused", "blocked", "confirmed"]


# --- too large ------------------------------------------------------------------------------------------------------


def test_a_bundle_that_is_too_large_is_halved_until_it_fits(ours: FaultyServer) -> None:
    original = ours.work

    def work(seen: Any) -> Said:
        if seen.body.count(b'"fullUrl"') > 2:
            return Said(413, b"<html>too large</html>", {"Content-Type": "text/html"})
        return original(seen)

    ours.work = work  # type: ignore[method-assign]
    answers = ready(ours).send([write(n) for n in range(1, 8)], course="7")
    assert {answer.status for answer in answers} == {"confirmed"}
    assert [seen.body.count(b'"fullUrl"') for seen in ours.requests[1:]] == [7, 3, 0, 2, 4, 2, 2]


def test_one_write_that_is_too_large_is_refused(ours: FaultyServer) -> None:
    ours.fail(status(413), method="PUT|POST", times=None)
    assert told(ready(ours).send([write(1), write(2)], course="7")) == [("refused", "too-large")] * 2


# --- one request at a time ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "first", "rest"),
    [
        (lost_answer(), "in_doubt", "retry"),
        (status(500), "in_doubt", "retry"),
        (status(409), "retry", "retry"),
        (status(429, 9), "retry", "retry"),
        (status(401), "paused", "paused"),
    ],
)
def test_after_an_answer_that_settles_nothing_nothing_is_sent(fault: Fault, first: str, rest: str) -> None:
    with running_faulty(transactions=False) as server:
        server.fail(fault, method="PUT", at=2)
        answers = ready(server).send([write(n) for n in range(1, 5)], course="7")
        assert [answer.status for answer in answers] == ["confirmed", first, rest, rest]
        assert {answer.code for answer in answers[2:]} == {"not-sent"}
        assert len([seen for seen in server.requests if seen.method == "PUT"]) == 2


def test_a_part_after_a_part_without_an_answer_is_not_sent(ours: FaultyServer) -> None:
    ours.fail(lost_answer(), method="POST")
    answers = ready(ours, limit=2).send([write(n) for n in range(1, 6)], course="7")
    assert [answer.status for answer in answers] == ["in_doubt", "in_doubt", "retry", "retry", "retry"]
    assert len(ours.requests) == 2


def test_one_at_a_time_a_refusal_blocks_what_needs_it() -> None:
    with running_faulty(transactions=False) as server:
        server.fail(status(422), method="PUT", at=2)
        answers = ready(server).send(CHAIN, course="7")
        assert [answer.status for answer in answers] == ["confirmed", "refused", "confirmed", "blocked", "confirmed"]


def test_where_ids_are_the_servers_a_reference_waits_for_its_target() -> None:
    with running_faulty(update_create=False, transactions=False) as server:
        answers = ready(server).send([write(1, refers=reference(2)), write(2)], course="7")
        assert told(answers) == [("blocked", "refers-to-what-is-not-there"), ("confirmed", "")]


@pytest.mark.parametrize(
    ("update_create", "version", "wait"), [(True, "1", None), (True, None, 1.0), (False, None, 1.0)]
)
def test_a_doubt_says_how_long_a_lost_write_may_run_where_it_could_do_harm(
    update_create: bool, version: str | None, wait: float | None
) -> None:
    with running_faulty(update_create=update_create) as server:
        server.fail(lost_answer(), method="PUT")
        assert ready(server).send([write(1, if_match=version)], course="7")[0].retry_after == wait


def test_a_conditional_write_that_fails_its_condition_is_contested() -> None:
    with running_faulty(update_create=False) as server:
        server.seed(*({**json.loads(write(1).body), "id": id} for id in ("8", "9")))
        answers = ready(server).send([write(2), write(1), write(3, refers=reference(1))], course="7")
        assert [answer.status for answer in answers] == ["confirmed", "contested", "blocked"]


# --- a server that gives its own ids and has no conditional update ---------------------------------------------------


BY_CREATE: dict[str, Any] = {"update_create": False, "conditional_update": False}


@pytest.mark.parametrize("can", [BY_CREATE, {**BY_CREATE, "conditional_create": False}], ids=["condition", "search"])
@pytest.mark.parametrize("transactions", [True, False])
def test_what_it_has_no_id_for_is_created_once(can: dict[str, Any], transactions: bool) -> None:
    with running_faulty(transactions=transactions, **can) as server:
        there = ready(server)
        first = there.send([write(1), write(2, refers=reference(1))], course="7")
        assert [answer.status for answer in first] == ["confirmed", "confirmed"]
        assert (
            json.loads(server.stored("Observation")[1])["focus"][0]["reference"] == f"Observation/{first[0].server_id}"
        )
        again = there.send([write(1), write(2, refers=reference(1))], course="7")
        assert told(again)[0] == ("retry", "there-before")
        assert {answer.status for answer in again} == {"retry"}
        assert len(server.stored("Observation")) == 2


def test_what_was_created_there_is_amended_under_the_id_that_it_got() -> None:
    with running_faulty(**BY_CREATE) as server:
        (made,) = ready(server).send([write(1)], course="7")
        amended = write(1, text="second", if_match=made.version, server_id=made.server_id, action="amend")
        (answer,) = ready(server).send([amended], course="7")
        assert (answer.status, answer.version) == ("confirmed", "2")
        assert len(server.stored("Observation")) == 1
        assert [seen.path for seen in server.requests if seen.method == "PUT"] == [f"/Observation/{made.server_id}"]


@pytest.mark.parametrize("transactions", [True, False])
def test_an_amendment_whose_answer_says_no_place_keeps_the_id_that_it_got(transactions: bool) -> None:
    """FHIR asks for Location after a create alone."""
    with running_faulty(update_create=False, transactions=transactions) as server:
        made = ready(server).send([write(1), write(2)], course="7")
        original = server.memory.told
        server.memory.told = lambda answer: replace(original(answer), location=None)  # type: ignore[method-assign]
        amended = [
            write(n, text="second", if_match=one.version, server_id=one.server_id, action="amend")
            for n, one in enumerate(made, 1)
        ]
        answers = ready(server).send(amended, course="7")
        assert [(one.status, one.version, one.server_id) for one in answers] == [
            ("confirmed", "2", one.server_id) for one in made
        ]


@pytest.mark.parametrize("transactions", [True, False])
def test_a_create_is_in_doubt_until_the_id_that_it_got_is_known(transactions: bool) -> None:
    with running_faulty(update_create=False, says_versions=False, transactions=transactions) as server:
        server.fail(status(500), method="GET", path="^/Observation")
        assert told(ready(server).send([write(1)], course="7")) == [("in_doubt", "answer-lost")]
        (answer,) = ready(server).send([write(1)], course="7")
        assert answer.status == "confirmed"
        (stored,) = server.stored("Observation")
        assert answer.server_id == json.loads(stored)["id"]


def test_a_create_is_in_doubt_where_what_answers_the_search_for_it_is_no_bundle() -> None:
    with running_faulty(update_create=False, says_versions=False, transactions=False) as server:
        original = server.work

        def work(seen: Any) -> Said:
            return Said(200, b"{}", {"Content-Type": FHIR_JSON}) if seen.path.startswith("/Obs") else original(seen)

        there = ready(server)
        server.work = work  # type: ignore[method-assign]
        assert told(there.send([write(1)], course="7")) == [("in_doubt", "answer-lost")]


def test_a_search_before_a_create_is_fresh_and_believes_only_our_identifier() -> None:
    with running_faulty(**BY_CREATE, conditional_create=False) as server:
        server.seed({**json.loads(write(2).body), "id": "8"})
        original = server.memory.matches
        server.memory.matches = lambda kind, query: original(kind, "")  # type: ignore[method-assign]
        assert ready(server).send([write(1)], course="7")[0].status == "confirmed"
        (asked,) = [seen for seen in server.requests if seen.method == "GET" and "identifier" in seen.path]
        assert asked.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (lost_answer(), ("retry", "answer-lost")),
        (status(401), ("paused", "unauthorized")),
        (status(429, 9), ("retry", "throttled")),
        (status(500), ("retry", "http-500")),
        (status(400), ("refused", "http-400")),
    ],
)
def test_a_search_that_is_not_answered_creates_nothing(fault: Fault, expected: tuple[str, str]) -> None:
    with running_faulty(**BY_CREATE, conditional_create=False) as server:
        there = ready(server)
        server.fail(fault, method="GET", path="^/Observation")
        assert told(there.send([write(1)], course="7")) == [expected]
        assert server.stored("Observation") == []


# --- versions that an answer does not say ----------------------------------------------------------------------------


@pytest.mark.parametrize("transactions", [True, False])
@pytest.mark.parametrize("can", [{}, {"update_create": False}, BY_CREATE], ids=["ours", "theirs", "by create"])
def test_a_version_and_an_id_that_no_answer_says_are_read(can: dict[str, Any], transactions: bool) -> None:
    with running_faulty(says_versions=False, transactions=transactions, **can) as server:
        writes = [write(1), write(2, refers=reference(1)), write(3, kind="Provenance")]
        answers = ready(server).send(writes, course="7")
        assert [(answer.status, answer.version) for answer in answers] == [("confirmed", "1")] * 3
        ids = {str(json.loads(body)["id"]) for kind in ("Observation", "Provenance") for body in server.stored(kind)}
        assert {answer.server_id for answer in answers} == ids


@pytest.mark.parametrize("fault", [status(500), status(429, 3), lost_answer()], ids=["500", "429", "lost"])
@pytest.mark.parametrize("transactions", [True, False])
def test_a_version_that_cannot_be_read_just_now_is_in_doubt(fault: Fault, transactions: bool) -> None:
    """Without it the next amendment would overwrite what somebody else wrote there meanwhile."""
    with running_faulty(says_versions=False, transactions=transactions) as server:
        there = ready(server)
        server.fail(fault, method="GET", path="^/Observation")
        answers = there.send([write(1), write(2)], course="7")
        assert (answers[0].status, answers[0].code, answers[0].retry_after) == ("in_doubt", "answer-lost", 0.0)
        assert "in which version" in answers[0].detail
        again = there.send([write(1), write(2)], course="7")
        assert [(answer.status, bool(answer.version)) for answer in again] == [("confirmed", True)] * 2


# --- references ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transactions", [True, False])
@pytest.mark.parametrize("can", [{}, {"update_create": False}, BY_CREATE], ids=["ours", "theirs", "by create"])
def test_references_are_absolute_where_the_site_says_so(can: dict[str, Any], transactions: bool) -> None:
    with running_faulty(absolute_references=True, transactions=transactions, **can) as server:
        there = ready(server, absolute=True)
        answers = there.send([write(1), write(2, refers=reference(1)), write(3, refers="Patient/7")], course="7")
        assert {answer.status for answer in answers} == {"confirmed"}
        _, two, three = (
            json.loads(body)["focus"][0]["reference"] if b"focus" in body else "" for body in bodies(server)
        )
        assert two.endswith(f"Observation/{answers[0].server_id}")
        assert three == f"{server.base_url}/Patient/7"
        found = there.look("Observation", write(3).id, write(3).identifier)
        assert found is not None
        assert found.body is not None
        assert found.body["focus"] == [{"reference": "Patient/7"}]


def bodies(server: FaultyServer) -> list[bytes]:
    return server.stored("Observation")
