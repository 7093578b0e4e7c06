"""What becomes of the other writes when one is refused, is too large, or has no answer."""

from __future__ import annotations

import json
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
    assert len(posts) == (2 if named else 1)


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


@pytest.mark.parametrize(("update_create", "wait"), [(True, None), (False, 1.0)])
def test_a_doubt_says_how_long_a_lost_conditional_write_may_run(update_create: bool, wait: float | None) -> None:
    with running_faulty(update_create=update_create) as server:
        server.fail(lost_answer(), method="PUT")
        assert ready(server).send([write(1)], course="7")[0].retry_after == wait


def test_a_conditional_write_that_fails_its_condition_is_contested() -> None:
    with running_faulty(update_create=False) as server:
        server.seed(*({**json.loads(write(1).body), "id": id} for id in ("8", "9")))
        answers = ready(server).send([write(2), write(1), write(3, refers=reference(1))], course="7")
        assert [answer.status for answer in answers] == ["confirmed", "contested", "blocked"]
