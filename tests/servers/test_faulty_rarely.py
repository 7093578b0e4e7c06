"""The faulty server itself, in what real servers do rarely: it does exactly as it is told."""

from __future__ import annotations

import json
import time
import urllib.request
from typing import Any

import pytest

from tests.servers.faulty import FaultyServer, dripped, late, replayed, running_faulty
from tests.servers.journey import Reader

NAME = {"system": "urn:test:key", "value": "1"}


def observation(id: str | None = "a", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "identifier": [NAME],
        **({"id": id} if id else {}),
        **more,
    }


def asked(server: FaultyServer, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    given = body if isinstance(body, bytes) else json.dumps(body).encode() if body else None
    status, said = Reader(server.base_url).call(method, path, given)
    return status, json.loads(said) if said else None


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    puts = [{"resource": one, "request": {"method": "PUT", "url": f"Observation/{one['id']}"}} for one in resources]
    return {"resourceType": "Bundle", "type": "transaction", "entry": puts}


@pytest.mark.parametrize("status", [400, 413, 422])
def test_more_entries_than_it_takes_are_refused_whole(status: int) -> None:
    with running_faulty(most_entries=2, too_many_status=status) as server:
        assert asked(server, "POST", "", bundle(*(observation(id) for id in "abc")))[0] == status
        assert server.stored("Observation") == []
        assert asked(server, "POST", "", bundle(*(observation(id) for id in "ab")))[0] == 200


def test_a_number_through_a_float_loses_its_digits_and_an_integer_none() -> None:
    with running_faulty(keeps_digits=False) as server:
        asked(server, "PUT", "Observation/a", b'{"resourceType":"Observation","id":"a","v":[18.00,18,{"w":0.10}]}')
        assert b'"v":[18.0,18,{"w":0.1}]' in server.stored("Observation")[0]


def test_lists_of_objects_come_back_in_another_order_and_words_in_theirs() -> None:
    with running_faulty(keeps_order=False) as server:
        asked(server, "PUT", "Observation/a", observation(note=[{"text": "1"}, {"text": "2"}], words=["1", "2"]))
        stored = json.loads(server.stored("Observation")[0])
        assert (stored["note"], stored["words"]) == ([{"text": "2"}, {"text": "1"}], ["1", "2"])
        again = asked(
            server, "PUT", "Observation/a", observation(note=[{"text": "1"}, {"text": "2"}], words=["1", "2"])
        )
        assert again[1]["meta"]["versionId"] == "1"


def test_a_search_is_answered_as_before_unless_it_says_no_cache() -> None:
    with running_faulty(caches_searches=True) as server:

        def total(**headers: str) -> int:
            request = urllib.request.Request(f"{server.base_url}/Observation?_id=a", headers=headers)
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(json.loads(answer.read())["total"])

        assert total() == 0
        server.seed(observation())
        assert (total(), total(**{"Cache-Control": "no-cache"}), total()) == (0, 1, 1)


def test_only_absolute_references_are_taken() -> None:
    with running_faulty(absolute_references=True, checks_references=True) as server:
        server.seed({"resourceType": "Patient", "id": "p"})
        assert asked(server, "PUT", "Observation/a", observation(subject={"reference": "Patient/p"}))[0] == 422
        whole = {"reference": f"{server.base_url}/Patient/p"}
        assert asked(server, "PUT", "Observation/a", observation(subject=whole))[0] == 201
        missing = {"reference": f"{server.base_url}/Patient/q"}
        assert asked(server, "PUT", "Observation/b", observation("b", subject=missing))[0] == 400


def test_a_server_that_says_no_versions_says_them_when_it_is_read() -> None:
    with running_faulty(says_versions=False) as server:
        _, said = asked(server, "POST", "", bundle(observation()))
        assert said["entry"] == [{"response": {"status": "201 Created"}}]
        body = json.dumps(observation()).encode()
        headers = {"Content-Type": "application/fhir+json", "Prefer": "return=minimal"}
        request = urllib.request.Request(f"{server.base_url}/Observation/a", body, headers, method="PUT")
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert (answer.headers["ETag"], answer.headers["Location"], answer.read()) == (None, None, b"")
        assert asked(server, "GET", "Observation/a")[1]["meta"]["versionId"] == "1"


def test_what_comes_late_is_done_after_what_came_meanwhile() -> None:
    with running_faulty() as server:
        server.fail(late(0.3), method="PUT")
        with pytest.raises(OSError):
            asked(server, "PUT", "Observation/a", observation(status="registered"))
        assert asked(server, "PUT", "Observation/a", observation())[0] == 201
        time.sleep(0.6)
        assert json.loads(server.stored("Observation")[0])["status"] == "registered"


def test_what_is_replayed_is_done_twice() -> None:
    with running_faulty() as server:
        server.fail(replayed(), method="POST", path="^/Observation")
        assert asked(server, "POST", "Observation", observation(None))[0] == 201
        assert len(server.stored("Observation")) == 2


def test_what_drips_comes_whole_in_the_end() -> None:
    with running_faulty() as server:
        server.seed(observation())
        server.fail(dripped(0.02), method="GET")
        begun = time.monotonic()
        assert asked(server, "GET", "Observation/a")[1]["id"] == "a"
        assert time.monotonic() - begun > 0.2
