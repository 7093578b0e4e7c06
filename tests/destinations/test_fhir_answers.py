"""What each answer means for the writes behind it: one row an answer, each brought about on a real connection."""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from bridge.clock import FixedClock
from bridge.destinations import http
from bridge.destinations.fhir_answers import classify, culprit
from bridge.destinations.fhir_server import FhirServer
from bridge.destinations.http import Reply
from bridge.destinations.protocol import Answer, Write
from tests.destinations.sent import SYSTEM, our_id, reference, token, write
from tests.servers.capabilities import outcome
from tests.servers.faulty import (
    FHIR_JSON,
    Fault,
    FaultyServer,
    cut,
    error_after_commit,
    html,
    lost_answer,
    refuse,
    running_faulty,
    slow_answer,
    status,
)
from tests.servers.faulty import (
    Reply as Said,
)

NOW = datetime(2025, 6, 18, 14, 2, tzinfo=UTC)


def client(server: FaultyServer, **settings: Any) -> FhirServer:
    made = FhirServer(server.base_url, SYSTEM, **{"timeout": 0.5, "clock": FixedClock(NOW), **settings})
    made.capabilities()
    return made


def told(answers: list[Answer]) -> list[tuple[str, str]]:
    return [(answer.status, answer.code) for answer in answers]


def says(code: int, body: dict[str, Any] | None = None, works: bool = False, **headers: str) -> Fault:
    content = json.dumps(body or outcome(code, "words")).encode()
    sent = {"Content-Type": FHIR_JSON, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Fault("says", works=works, says=Said(code, content, sent))


def refusal(*issues: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", **issue} for issue in issues]}


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


@pytest.fixture(scope="module")
def single() -> Iterator[FaultyServer]:
    with running_faulty(transactions=False) as running:
        yield running


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with running_faulty() as running:
        yield running


@pytest.mark.parametrize(("fault", "expected", "kept"), [row[1:] for row in ROWS], ids=NAMES)
def test_one_put_is_answered(server: FaultyServer, fault: Fault, expected: tuple[str, str], kept: bool) -> None:
    server.fail(fault, method="PUT", times=None)
    answers = client(server).send([write(1)], course="7")
    assert told(answers) == [expected]
    assert bool(server.stored("Observation")) == kept
    assert len([seen for seen in server.requests if seen.method == "PUT"]) == 1, "nothing is repeated behind our back"


@pytest.mark.parametrize(("fault", "expected", "kept"), [row[1:] for row in ROWS], ids=NAMES)
def test_a_transaction_is_answered(server: FaultyServer, fault: Fault, expected: tuple[str, str], kept: bool) -> None:
    server.fail(fault, method="POST|PUT", times=None)
    answers = client(server).send([write(1), write(2)], course="7")
    singly = expected[0] in ("refused", "contested")  # no culprit is named: they are sent one at a time
    assert told(answers) == [expected, expected]
    assert len(server.stored("Observation")) == (2 if kept else 0)
    assert len([seen for seen in server.requests if seen.method in ("POST", "PUT")]) == (3 if singly else 1)


def test_a_cut_answer_leaves_a_doubt(server: FaultyServer) -> None:
    server.fail(cut(), method="POST")
    answers = client(server).send([write(1), write(2)], course="7")
    assert told(answers) == [("in_doubt", "answer-lost")] * 2
    assert len(server.stored("Observation")) == 2


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
def test_a_transaction_whose_answer_cannot_be_told_apart_is_in_doubt(server: FaultyServer, said: Any) -> None:
    server.fail(says(200, said, works=True), method="POST")
    answers = client(server).send([write(1), write(2)], course="7")
    assert answers[1].status == "in_doubt"
    assert answers[1].code == "answer-unreadable"


def test_an_answer_of_endless_length_is_not_read(server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    destination = client(server)
    monkeypatch.setattr(http, "MOST_BYTES", 1000)
    server.fail(says(200, {"resourceType": "Bundle", "x": "y" * 5000}), method="POST")
    assert told(destination.send([write(1), write(2)], course="7")) == [("in_doubt", "answer-lost")] * 2


def test_a_single_write_with_an_empty_answer_is_confirmed_with_its_version(server: FaultyServer) -> None:
    answer = client(server).send([write(1)], course="7")[0]
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


def test_a_created_resource_where_an_update_was_expected_is_told(server: FaultyServer) -> None:
    answers = client(server).send([write(1, if_match="4", action="amend"), write(2, action="amend")], course="7")
    assert [(a.status, a.created) for a in answers] == [("confirmed", True)] * 2


# --- Retry-After ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [429, 503])
@pytest.mark.parametrize(("asked", "seconds"), [(17, 17.0), (NOW + timedelta(seconds=90), 90.0), (None, None)])
def test_retry_after_is_passed_on(server: FaultyServer, code: int, asked: Any, seconds: float | None) -> None:
    server.fail(status(code, asked), method="POST")
    answers = client(server).send([write(1), write(2)], course="7")
    assert [(a.status, a.retry_after) for a in answers] == [("retry", seconds)] * 2


# --- before anything is sent ----------------------------------------------------------------------------------------


def test_nobody_there_is_unreachable_and_nothing_is_in_doubt(server: FaultyServer) -> None:
    destination = client(server)
    server.stop()
    assert told(destination.send([write(1), write(2)], course="7")) == [("unreachable", "destination-unreachable")] * 2


class Plain(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def test_a_certificate_that_nobody_vouches_for_ends_it(server: FaultyServer, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    make = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    subprocess.run([*make.split(), "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    encrypted = HTTPServer(("127.0.0.1", 0), Plain)
    encrypted.socket = context.wrap_socket(encrypted.socket, server_side=True)
    thread = threading.Thread(target=encrypted.serve_forever, args=(0.02,))
    thread.start()
    try:
        ask = http.Http(f"https://127.0.0.1:{encrypted.server_port}/", connections=1, timeout=5)
        with pytest.raises(http.NotSent, match="destination-tls"):
            ask.ask("GET", "metadata")
        ask.close()
    finally:
        encrypted.shutdown()
        thread.join()
        encrypted.server_close()


def test_proxies_of_the_environment_are_not_used(server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert client(server).send([write(1)], course="7")[0].status == "confirmed"


# --- the token ------------------------------------------------------------------------------------------------------


def test_a_new_token_is_read_after_a_401(server: FaultyServer, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("old\n")
    destination = client(server, token_file=secret)
    secret.write_text("new\n")
    server.fail(status(401), method="PUT")
    assert destination.send([write(1)], course="7")[0].status == "confirmed"
    assert [seen.headers["authorization"] for seen in server.requests] == ["Bearer old", "Bearer old", "Bearer new"]


def test_the_same_token_is_not_tried_twice(server: FaultyServer, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("old")
    destination = client(server, token_file=secret)
    server.fail(status(401), method="PUT", times=None)
    assert told(destination.send([write(1)], course="7")) == [("paused", "unauthorized")]
    assert len(server.requests) == 2


@pytest.mark.parametrize("content", [None, "", "two\nlines", "ünicode"])
def test_a_token_file_that_is_none_pauses(server: FaultyServer, tmp_path: Path, content: str | None) -> None:
    secret = tmp_path / "token"
    secret.write_text("old")
    destination = client(server, token_file=secret)
    secret.unlink() if content is None else secret.write_text(content)
    server.fail(status(401), method="PUT", times=None)
    assert told(destination.send([write(1)], course="7")) == [("paused", "destination-token")]


# --- a refused transaction ------------------------------------------------------------------------------------------


def refused_entry(server: FaultyServer, at: int, *, named: bool, body: Write) -> None:
    """The server refuses every request with this content; a Bundle's refusal may name the entry."""
    expression = {"expression": [f"Bundle.entry[{at}].resource.status"]} if named else {}
    said = json.dumps(refusal({"code": "invariant", "diagnostics": "quotes 0048213", **expression})).encode()
    original = server.work

    def work(seen: Any) -> Said:
        if seen.method in ("POST", "PUT") and body.body in seen.body:
            return Said(422, said, {"Content-Type": FHIR_JSON})
        return original(seen)

    server.work = work  # type: ignore[method-assign]


CHAIN = [write(1), write(2, refers=reference(1)), write(3), write(4, refers=reference(2)), write(5)]


@pytest.mark.parametrize("named", [True, False])
def test_only_the_culprit_is_refused_and_what_needs_it_blocked(server: FaultyServer, named: bool) -> None:
    refused_entry(server, 1, named=named, body=CHAIN[1])
    answers = client(server).send(CHAIN, course="7")
    assert [answer.status for answer in answers] == ["confirmed", "refused", "confirmed", "blocked", "confirmed"]
    assert len(server.stored("Observation")) == 3
    assert answers[1].code == "http-422"
    assert "invariant" in answers[1].detail
    assert "0048213" not in str(answers)
    posts = [seen for seen in server.requests if seen.method == "POST"]
    assert len(posts) == (2 if named else 1)


def test_the_first_may_be_the_culprit_and_the_last_alone_be_left(server: FaultyServer) -> None:
    refused_entry(server, 0, named=True, body=CHAIN[0])
    answers = client(server).send([CHAIN[0], CHAIN[2]], course="7")
    assert [answer.status for answer in answers] == ["refused", "confirmed"]


def test_after_a_refused_administration_none_is_opened(server: FaultyServer) -> None:
    closing = write(1, kind="MedicationAdministration", action="amend")
    opening = write(2, kind="MedicationAdministration")
    refused_entry(server, 0, named=True, body=closing)
    answers = client(server).send([closing, opening, write(3)], course="7")
    assert [answer.status for answer in answers] == ["refused", "blocked", "confirmed"]


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


def test_a_detail_is_codes_and_paths_and_never_words(server: FaultyServer) -> None:
    said = refusal(
        {"code": "invalid", "expression": ["Observation.value", "0048213 is not"], "diagnostics": "HAPI-0450: 0048213"}
    )
    server.fail(says(422, said), method="PUT")
    answer = client(server).send([write(1)], course="7")[0]
    assert answer.detail == "422 invalid HAPI-0450 Observation.value"


# --- too large ------------------------------------------------------------------------------------------------------


def test_a_bundle_that_is_too_large_is_halved_until_it_fits(server: FaultyServer) -> None:
    original = server.work

    def work(seen: Any) -> Said:
        if seen.body.count(b'"fullUrl"') > 2:
            return Said(413, b"<html>too large</html>", {"Content-Type": "text/html"})
        return original(seen)

    server.work = work  # type: ignore[method-assign]
    answers = client(server).send([write(n) for n in range(1, 8)], course="7")
    assert {answer.status for answer in answers} == {"confirmed"}
    assert [seen.body.count(b'"fullUrl"') for seen in server.requests[1:]] == [7, 3, 0, 2, 4, 2, 2]


def test_one_write_that_is_too_large_is_refused(server: FaultyServer) -> None:
    server.fail(status(413), method="PUT|POST", times=None)
    assert told(client(server).send([write(1), write(2)], course="7")) == [("refused", "too-large")] * 2


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
        answers = client(server).send([write(n) for n in range(1, 5)], course="7")
        assert [answer.status for answer in answers] == ["confirmed", first, rest, rest]
        assert {answer.code for answer in answers[2:]} == {"not-sent"}
        assert len([seen for seen in server.requests if seen.method == "PUT"]) == 2


def test_a_part_after_a_part_without_an_answer_is_not_sent(server: FaultyServer) -> None:
    server.fail(lost_answer(), method="POST")
    answers = client(server, limit=2).send([write(n) for n in range(1, 6)], course="7")
    assert [answer.status for answer in answers] == ["in_doubt", "in_doubt", "retry", "retry", "retry"]
    assert len(server.requests) == 2


def test_one_at_a_time_a_refusal_blocks_what_needs_it() -> None:
    with running_faulty(transactions=False) as server:
        server.fail(status(422), method="PUT", at=2)
        answers = client(server).send(CHAIN, course="7")
        assert [answer.status for answer in answers] == ["confirmed", "refused", "confirmed", "blocked", "confirmed"]


def test_where_ids_are_the_servers_a_reference_waits_for_its_target() -> None:
    with running_faulty(update_create=False, transactions=False) as server:
        answers = client(server).send([write(1, refers=reference(2)), write(2)], course="7")
        assert told(answers) == [("blocked", "refers-to-what-is-not-there"), ("confirmed", "")]


@pytest.mark.parametrize(("update_create", "wait"), [(True, None), (False, 0.5)])
def test_a_doubt_says_how_long_a_lost_conditional_write_may_run(update_create: bool, wait: float | None) -> None:
    with running_faulty(update_create=update_create) as server:
        server.fail(lost_answer(), method="PUT")
        assert client(server).send([write(1)], course="7")[0].retry_after == wait


def test_a_conditional_write_that_fails_its_condition_is_contested() -> None:
    with running_faulty(update_create=False) as server:
        server.seed(*({**json.loads(write(1).body), "id": id} for id in ("8", "9")))
        answers = client(server).send([write(2), write(1), write(3, refers=reference(1))], course="7")
        assert [answer.status for answer in answers] == ["confirmed", "contested", "blocked"]


def test_a_slow_server_is_waited_for_as_long_as_configured(server: FaultyServer) -> None:
    server.fail(slow_answer(0.3), method="PUT")
    begin = time.monotonic()
    assert client(server, timeout=5.0).send([write(1)], course="7")[0].status == "confirmed"
    assert time.monotonic() - begin >= 0.3


def test_the_http_library_logs_no_address(server: FaultyServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    client(server).look("Observation", our_id(1), (SYSTEM, token(1)))
    assert [record for record in caplog.records if record.name.startswith("urllib3")] == []
