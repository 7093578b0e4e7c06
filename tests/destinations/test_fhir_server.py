"""A FHIR server as a destination, against the project's own faulty server: what is sent, and what is found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.config import FhirDestination
from bridge.destinations.fhir_server import FhirServer
from bridge.destinations.protocol import Answer, Destination, Write
from bridge.errors import Bug, DestinationError, ParkedError
from tests.destinations.sent import SYSTEM, our_id, reference, token, write
from tests.destinations.serving import (
    ALL,
    MRN,
    THEIRS,
    client,
    searchset,
    stored,
    texts,
    told,
    written,
)
from tests.servers.faulty import (
    FaultyServer,
    html,
    running_faulty,
    status,
)
from tests.servers.memory_fhir import Ask

KEY = (SYSTEM, token(1))


@pytest.fixture(params=ALL)
def server(request: pytest.FixtureRequest) -> Iterator[FaultyServer]:
    with running_faulty(checks_references=True, **ALL[request.param]) as running:
        yield running


# --- every kind of server -------------------------------------------------------------------------------------------


def known(writes: list[Write], answers: list[Answer]) -> dict[str, str]:
    return {write.id: answer.server_id for write, answer in zip(writes, answers, strict=True)}


def test_a_course_is_written_amended_and_left_alone(server: FaultyServer) -> None:
    destination: Destination = client(server)
    first = [write(1), write(2, refers=reference(1)), write(3, kind="Provenance", refers=reference(2))]
    answers = destination.send(first, course="7")
    assert {answer.status for answer in answers} == {"confirmed"}
    assert [(answer.version, answer.created) for answer in answers] == [("1", True)] * 3
    ids = known(first, answers) if "update_create" in str(server.memory.can) else {}
    again = destination.send(first, course="7", server_ids=ids)
    assert [(a.status, a.version, a.created) for a in again] == [("confirmed", "1", False)] * 3
    amended = [write(1, text="second", if_match="1"), write(2, refers=reference(1), if_match="1")]
    assert [a.version for a in destination.send(amended, course="7", server_ids=ids)] == ["2", "1"]
    assert texts(server) == ["second", "first"]
    assert stored(server)[1]["focus"][0]["reference"] == f"Observation/{answers[0].server_id}"
    assert len(stored(server, "Provenance")) == 1
    destination.close()


def test_a_repetition_without_any_memory_makes_nothing_twice(server: FaultyServer) -> None:
    writes = [write(1), write(2, refers=reference(1)), write(3, kind="Provenance", refers=reference(2))]
    first = client(server).send(writes, course="7")
    again = client(server).send(writes, course="7")
    assert known(writes, first) == known(writes, again)
    assert [(a.status, a.version, a.created) for a in again] == [("confirmed", "1", False)] * 3


def test_look_finds_what_is_there_by_id_or_identifier(server: FaultyServer) -> None:
    destination = client(server)
    assert destination.look("Observation", our_id(1), KEY) is None
    answer = destination.send([write(1)], course="7")[0]
    found = destination.look("Observation", our_id(1), KEY)
    assert found is not None
    assert found.body is not None
    assert (found.version, found.server_id, found.deleted) == ("1", answer.server_id, False)
    assert found.body["note"] == [{"text": "first"}]
    destination.send([write(3, kind="Provenance")], course="7")
    assert destination.look("Provenance", our_id(3), (SYSTEM, token(3))) is not None


def test_versions_are_those_of_what_is_there(server: FaultyServer) -> None:
    destination = client(server)
    destination.send([write(1), write(2), write(3, kind="Flag")], course="7")
    ids = [("Observation", our_id(1)), ("Observation", our_id(2)), ("Observation", our_id(8)), ("Flag", our_id(3))]
    assert destination.versions(ids) == {ids[0]: "1", ids[1]: "1", ids[3]: "1"}
    assert destination.versions([]) == {}


def test_every_search_asks_for_the_truth(server: FaultyServer) -> None:
    destination = client(server)
    destination.find_patient(MRN, "0048213")
    destination.versions([("Observation", our_id(1))])
    destination.look("Observation", our_id(1), KEY)
    asked = [seen for seen in server.requests if "?" in seen.path or "_search" in seen.path]
    assert asked
    assert {seen.headers.get("cache-control") for seen in asked} == {"no-cache"}


# --- what exactly is sent -------------------------------------------------------------------------------------------


def test_a_transaction_carries_our_bytes_names_and_versions(ours: FaultyServer) -> None:
    writes = [write(1), write(2, if_match="3", refers=reference(1))]
    client(ours).send(writes, course="7")
    sent = ours.requests[-1]
    assert (sent.method, sent.path) == ("POST", "/")
    assert all(one.body in sent.body for one in writes)
    entries = sent.json()["entry"]
    assert [entry["fullUrl"] for entry in entries] == [f"{ours.base_url}/{reference(n)}" for n in (1, 2)]
    assert entries[0]["request"] == {"method": "PUT", "url": reference(1)}
    assert entries[1]["request"] == {"method": "PUT", "url": reference(2), "ifMatch": 'W/"3"'}


def test_a_base_address_may_end_in_a_slash(ours: FaultyServer) -> None:
    destination = FhirServer(f"{ours.base_url}/", SYSTEM)
    assert destination.send([write(1), write(2)], course="7")[1].status == "confirmed"
    assert {seen.path.partition("/")[0] for seen in ours.requests} == {""}


def test_one_write_is_one_put_with_its_version(ours: FaultyServer) -> None:
    client(ours).send([write(1, if_match="3")], course="7")
    sent = ours.requests[-1]
    assert (sent.method, sent.path, sent.body) == ("PUT", f"/{reference(1)}", write(1).body)
    assert sent.headers["if-match"] == 'W/"3"'
    assert "if-none-match" not in sent.headers


def test_where_the_server_gives_ids_ours_do_not_leave() -> None:
    with running_faulty(**THEIRS) as server:
        first = client(server).send([write(1)], course="7")
        client(server).send(
            [write(2, refers=reference(1)), write(3, refers=reference(2))],
            course="7",
            server_ids={our_id(1): first[0].server_id},
        )
        sent = server.requests[-1]
        assert f'"id":"{our_id(2)}"'.encode() not in sent.body
        one, two = sent.json()["entry"]
        assert one["request"]["url"] == f"Observation?identifier=https%3A%2F%2Fsite.example%2Fsid%2Fkey%7C{token(2)}"
        assert one["resource"]["focus"][0]["reference"] == f"Observation/{first[0].server_id}"
        assert two["resource"]["focus"][0]["reference"] == one["fullUrl"]
        assert one["fullUrl"].startswith("urn:uuid:")


def test_where_the_server_gave_an_id_the_version_counts() -> None:
    with running_faulty(**THEIRS) as server:
        destination = client(server)
        ids = {our_id(1): destination.send([write(1)], course="7")[0].server_id}
        stale = destination.send([write(1, text="second", if_match="9")], course="7", server_ids=ids)
        assert told(stale) == [("retry", "version-conflict")]
        alone = write(1, text="second", if_match="9", server_id=ids[our_id(1)])
        assert told(destination.send([alone], course="7")) == [("retry", "version-conflict")]
        right = destination.send([replace(alone, if_match="1")], course="7")
        assert (right[0].status, right[0].version) == ("confirmed", "2")


def test_text_that_looks_like_a_reference_is_left_alone() -> None:
    said = f'"reference":"{reference(1)}"'
    with running_faulty(**THEIRS) as server:
        client(server).send([write(1, text=said), write(2, text=said, refers=reference(1))], course="7")
        assert texts(server) == [said, said]


def test_a_send_longer_than_the_limit_goes_in_parts_in_order(ours: FaultyServer) -> None:
    writes = [write(n) for n in range(1, 8)]
    answers = client(ours, limit=3).send(writes, course="7")
    assert {answer.status for answer in answers} == {"confirmed"}
    assert [len(seen.json()["entry"]) for seen in ours.requests[1:3]] == [3, 3]
    assert written(ours)[2] == f"PUT /{reference(7)}"


def test_one_identity_twice_never_leaves(ours: FaultyServer) -> None:
    with pytest.raises(Bug):
        client(ours).send([write(1), write(1)], course="7")
    with pytest.raises(Bug):
        client(ours).send([write(1), write(1, kind="Flag")], course="7")
    assert ours.requests == []


def test_a_patient_is_never_sent(ours: FaultyServer) -> None:
    with pytest.raises(Bug):
        client(ours).send([write(1, kind="Patient")], course="7")


def test_without_a_repeatable_write_nothing_is_sent() -> None:
    with running_faulty(update_create=False, searches=("_id", "_tag")) as server:
        assert told(client(server).send([write(1)], course="7")) == [("refused", "no-repeatable-write")]
        assert written(server) == []


def test_a_type_that_the_server_does_not_take_is_refused_and_what_needs_it_blocked() -> None:
    with running_faulty(read_only=("Device",)) as server:
        answers = client(server).send(
            [write(1, kind="Device"), write(2, refers=reference(1, "Device")), write(3)], course="7"
        )
        assert told(answers) == [
            ("refused", "type-not-supported"),
            ("blocked", "depends-on-refused"),
            ("confirmed", ""),
        ]


# --- looking --------------------------------------------------------------------------------------------------------


def test_a_deleted_resource_is_seen_as_deleted(ours: FaultyServer) -> None:
    destination = client(ours)
    destination.send([write(1)], course="7")
    ours.memory.perform(Ask("DELETE", reference(1)))
    found = destination.look("Observation", our_id(1), KEY)
    assert found is not None
    assert (found.deleted, found.body) == (True, None)
    assert destination.versions([("Observation", our_id(1))]) == {}


def test_two_resources_with_our_identifier_park() -> None:
    with running_faulty(**THEIRS) as server:
        server.seed(*({**json.loads(write(1).body), "id": id} for id in ("8", "9")))
        with pytest.raises(ParkedError, match="several-match"):
            client(server).look("Observation", our_id(1), KEY)
        assert told(client(server).send([write(1)], course="7")) == [("contested", "several-match")]


@pytest.mark.parametrize("fault", [html(200), html(404), status(500), status(403), status(429)])
def test_a_look_without_an_answer_says_nothing(ours: FaultyServer, fault: Any) -> None:
    destination = client(ours)
    destination.capabilities()
    ours.fail(fault, method="GET", times=None)
    with pytest.raises(DestinationError):
        destination.look("Observation", our_id(1), KEY)


def test_a_server_that_ignores_the_search_parameter_holds_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_faulty(**THEIRS) as server:
        server.seed(*({**json.loads(write(n).body), "id": f"{n}"} for n in (2, 3)))
        monkeypatch.setattr(server.memory, "matches", lambda kind, query: ["2", "3"])
        assert client(server).look("Observation", our_id(1), KEY) is None


def test_versions_are_asked_for_in_one_search_a_type(ours: FaultyServer) -> None:
    destination = client(ours)
    destination.send([write(n) for n in range(1, 61)], course="7")
    before = len(ours.requests)
    found = destination.versions([("Observation", our_id(n)) for n in range(1, 71)])
    assert set(found.values()) == {"1"}
    assert len(found) == 60
    assert len(ours.requests) - before == 2


def test_versions_beyond_a_first_page_are_read_one_by_one(ours: FaultyServer) -> None:
    destination = client(ours)
    destination.send([write(1), write(2)], course="7")
    ours.fail(searchset(json.loads(write(1).body) | {"meta": {"versionId": "1"}}, paged=True), path="_id=")
    ids = [("Observation", our_id(n)) for n in (1, 2, 3)]
    assert destination.versions(ids) == {ids[0]: "1", ids[1]: "1"}


# --- configuration --------------------------------------------------------------------------------------------------


def test_the_configuration_decides(ours: FaultyServer, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("abc\n")
    settings = FhirDestination(
        kind="fhir", name="t", url=ours.base_url, environment="test", patient="create", bundle_limit=2,
        token_file=secret,
    )  # fmt: skip
    destination = FhirServer.of(settings, SYSTEM)
    assert destination.limit == 2
    destination.create_patient(MRN, "1")
    assert {seen.headers["authorization"] for seen in ours.requests} == {"Bearer abc"}
