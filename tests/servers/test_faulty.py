"""The faulty server itself: that it is a FHIR server where nothing fails, and fails exactly as told."""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from threading import Thread
from typing import Any

import pytest

from tests.servers.faulty import (
    FaultyServer,
    cut,
    error_after_commit,
    html,
    lost_answer,
    refuse,
    running_faulty,
    slow,
    slow_answer,
    status,
)

SYSTEM = "urn:test:key"
VOLUME = b'{"resourceType":"Observation","id":"v1","status":"final","valueQuantity":{"value":18.00,"unit":"mL"}}'


@dataclass
class Got:
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return str(self.json["id"])


def call(server: FaultyServer, method: str, path: str, body: bytes | dict[str, Any] | None = None, **named: str) -> Got:
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    headers = {"Content-Type": "application/fhir+json"} | {k.replace("_", "-"): v for k, v in named.items()}
    request = urllib.request.Request(server.base_url + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return Got(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as refused:
        with refused:
            return Got(refused.code, refused.headers, refused.read())


def observation(value: str = "1", id: str | None = None, status: str = "final") -> dict[str, Any]:
    given = {"resourceType": "Observation", "status": status, "identifier": [{"system": SYSTEM, "value": value}]}
    return given | ({"id": id} if id else {})


def bundle(kind: str, *entries: tuple[str, str, dict[str, Any] | None]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": [entry(*given) for given in entries]}


def entry(method: str, url: str, resource: dict[str, Any] | None) -> dict[str, Any]:
    return {"fullUrl": f"urn:uuid:{method}-{url}", "request": {"method": method, "url": url}} | (
        {"resource": resource} if resource else {}
    )


def found(server: FaultyServer, query: str) -> list[str]:
    got = call(server, "GET", f"/Observation?{query}")
    assert got.status == 200
    return [item["resource"]["id"] for item in got.json["entry"]]


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with running_faulty() as running:
        yield running


# A FHIR server where nothing fails


def test_digits_keys_and_order_come_back_as_sent(server: FaultyServer) -> None:
    assert call(server, "PUT", "/Observation/v1", VOLUME).status == 201
    body = call(server, "GET", "/Observation/v1").body
    assert body.startswith(VOLUME[:-1] + b',"meta":{"versionId":"1","lastUpdated":"')
    assert server.stored("Observation") == [body]


@pytest.mark.parametrize("digits", [b"18", b"18.0", b"1.8E1", b"-0", b"0.10", b"12345678901234567890.123"])
def test_another_way_to_write_a_number_is_another_version(server: FaultyServer, digits: bytes) -> None:
    call(server, "PUT", "/Observation/v1", VOLUME)
    changed = call(server, "PUT", "/Observation/v1", VOLUME.replace(b"18.00", digits))
    assert (changed.status, changed.headers["ETag"]) == (200, 'W/"2"')
    assert b'"value":' + digits + b"," in call(server, "GET", "/Observation/v1").body


def test_the_same_content_makes_no_new_version(server: FaultyServer) -> None:
    call(server, "PUT", "/Observation/a", observation(id="a"))
    again = call(server, "PUT", "/Observation/a", dict(reversed(observation(id="a").items())))
    assert (again.status, again.headers["ETag"]) == (200, 'W/"1"')


def test_unknown_and_deleted_resources(server: FaultyServer) -> None:
    call(server, "PUT", "/Observation/a", observation(id="a"))
    assert call(server, "GET", "/Observation/b").status == 404
    assert call(server, "DELETE", "/Observation/a").status == 204
    assert call(server, "GET", "/Observation/a").status == 410
    assert found(server, "_id=a") == []
    back = call(server, "PUT", "/Observation/a", observation(id="a"))
    assert (back.status, back.headers["ETag"]) == (201, 'W/"3"')


@pytest.mark.parametrize("refused_with", [409, 412])
def test_a_stale_if_match_is_refused(refused_with: int) -> None:
    with running_faulty(stale_status=refused_with) as server:
        call(server, "PUT", "/Observation/a", observation(id="a"))
        right = call(server, "PUT", "/Observation/a", observation(id="a", status="amended"), If_Match='W/"1"')
        assert right.headers["ETag"] == 'W/"2"'
        stale = call(server, "PUT", "/Observation/a", observation(id="a"), If_Match='W/"1"')
        assert (stale.status, stale.json["resourceType"]) == (refused_with, "OperationOutcome")


def test_searches(server: FaultyServer) -> None:
    for id in "abc":
        call(server, "PUT", f"/Observation/{id}", observation(value=id, id=id))
    assert found(server, "_id=a,c") == ["a", "c"]
    assert found(server, f"identifier={SYSTEM}%7Cb") == ["b"]
    assert found(server, f"identifier={SYSTEM}|a,{SYSTEM}|c&_id=c") == ["c"]
    assert found(server, "identifier=other|b") == []
    assert call(server, "GET", "/Observation?_id=a&_summary=count").json == {
        "resourceType": "Bundle", "type": "searchset", "total": 1
    }  # fmt: skip
    assert call(server, "GET", "/Observation?colour=red").status == 400


def test_patients_are_found_by_identifier_birth_date_and_name(server: FaultyServer) -> None:
    name = {"birthDate": "1970-01-01", "name": [{"family": "Invented"}]}
    server.seed({"resourceType": "Patient", "id": "p", "identifier": [{"system": SYSTEM, "value": "1"}], **name})
    server.seed({**observation(id="a"), "subject": {"reference": "Patient/p"}})
    for query in (f"identifier={SYSTEM}|1", "birthdate=1970-01-01&family=invented"):
        assert call(server, "GET", f"/Patient?{query}").json["total"] == 1
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    assert call(server, "POST", "/Patient/_search", f"identifier={SYSTEM}|2".encode(), **form).json["total"] == 0
    assert found(server, "patient=p") == found(server, "subject=Patient/p") == ["a"]


def test_conditional_update(server: FaultyServer) -> None:
    path = f"/Observation?identifier={SYSTEM}|1"
    first = call(server, "PUT", path, observation())
    again = call(server, "PUT", path, observation(status="amended"))
    assert (first.status, again.status, again.headers["ETag"]) == (201, 200, 'W/"2"')
    assert first.id == again.id
    call(server, "POST", "/Observation", observation())
    assert call(server, "PUT", path, observation()).status == 412


def test_conditional_create(server: FaultyServer) -> None:
    condition = {"If_None_Exist": f"identifier={SYSTEM}|1"}
    first = call(server, "POST", "/Observation", observation(), **condition)
    again = call(server, "POST", "/Observation", observation(status="amended"), **condition)
    assert (first.status, again.status) == (201, 200)
    assert (
        first.headers["Location"] == again.headers["Location"] == f"{server.base_url}/Observation/{first.id}/_history/1"
    )
    assert len(server.stored("Observation")) == 1


def test_minimal_answers_and_bad_bodies(server: FaultyServer) -> None:
    assert call(server, "PUT", "/Observation/a", observation(id="a"), Prefer="return=minimal").body == b""
    assert call(server, "PUT", "/Observation/a", b"{").status == 400
    assert call(server, "PUT", "/Observation/b", observation(id="a")).status == 400
    assert call(server, "PUT", "/Flag/a", observation(id="a")).status == 400
    assert call(server, "PUT", "/Observation/a", b"{}", Content_Type="text/plain").status == 415
    assert call(server, "GET", "/Spaceship/a").status == 404


# What it can be told not to be able to do


def test_metadata_says_what_it_can() -> None:
    with running_faulty(transactions=False, update_create=False, types=("Patient",), read_only=("Patient",)) as server:
        said = call(server, "GET", "/metadata").json
        assert said["fhirVersion"] == "4.0.1"
        assert said["rest"][0]["interaction"] == [{"code": "batch"}]
        (patient,) = said["rest"][0]["resource"]
        assert (patient["updateCreate"], patient["conditionalCreate"]) == (False, True)
        assert call(server, "POST", "/Patient", {"resourceType": "Patient"}).status == 405
        assert call(server, "POST", "/", bundle("transaction")).status == 405


@pytest.mark.parametrize("refused_with", [404, 405])
def test_without_update_create_the_server_gives_the_id(refused_with: int) -> None:
    with running_faulty(update_create=False, unknown_id_status=refused_with) as server:
        assert call(server, "PUT", "/Observation/mine", observation(id="mine")).status == refused_with
        made = call(server, "PUT", f"/Observation?identifier={SYSTEM}|1", observation(id="mine"))
        assert made.id.isdigit()
        assert call(server, "PUT", f"/Observation/{made.id}", observation(id=made.id)).status == 200


def test_without_conditions_it_ignores_or_refuses_them() -> None:
    with running_faulty(conditional_create=False, conditional_update=False) as server:
        for _ in range(2):
            call(server, "POST", "/Observation", observation(), If_None_Exist=f"identifier={SYSTEM}|1")
        assert len(server.stored("Observation")) == 2
        assert call(server, "PUT", f"/Observation?identifier={SYSTEM}|1", observation()).status == 405


def test_a_racing_server_makes_duplicates() -> None:
    with running_faulty(race_seconds=0.2) as server:
        arguments = (server, "POST", "/Observation", observation())
        condition = {"If_None_Exist": f"identifier={SYSTEM}|1"}
        threads = [Thread(target=call, args=arguments, kwargs=condition) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.stored("Observation")) == 2


def test_missing_references_are_refused_when_told() -> None:
    with running_faulty(checks_references=True) as server:
        refers = observation(id="a") | {"subject": {"reference": "Patient/p"}}
        assert call(server, "PUT", "/Observation/a", refers).status == 400
        patient = {"resourceType": "Patient", "id": "p"}
        both = bundle("transaction", ("PUT", "Observation/a", refers), ("PUT", "Patient/p", patient))
        assert call(server, "POST", "/", both).status == 200


# Bundles


def test_a_transaction_happens_whole_and_answers_in_the_order_sent(server: FaultyServer) -> None:
    puts = [("PUT", f"Observation/{id}", observation(value=id, id=id)) for id in "ab"]
    got = call(server, "POST", "/", bundle("transaction", *puts))
    answers = [item["response"] for item in got.json["entry"]]
    assert [answer["status"] for answer in answers] == ["201 Created", "201 Created"]
    assert answers[1] == {"status": "201 Created", "etag": 'W/"1"', "location": "Observation/b/_history/1"}
    again = call(server, "POST", "", bundle("transaction", *reversed(puts)))
    assert [item["response"]["etag"] for item in again.json["entry"]] == ['W/"1"', 'W/"1"']


def test_a_refused_transaction_leaves_nothing(server: FaultyServer) -> None:
    server.seed(observation(id="old"))
    stale = entry("PUT", "Observation/old", observation(id="old", status="amended"))
    stale["request"]["ifMatch"] = 'W/"7"'
    given = bundle("transaction", ("PUT", "Observation/new", observation(id="new")))
    given["entry"].append(stale)
    assert call(server, "POST", "/", given).status == 412
    assert found(server, "") == ["old"]
    twice = bundle("transaction", *[("PUT", "Observation/new", observation(id="new"))] * 2)
    assert call(server, "POST", "/", twice).status == 400


def test_a_batch_keeps_what_worked(server: FaultyServer) -> None:
    good, bad = ("PUT", "Observation/a", observation(id="a")), ("PUT", "Observation/b", observation(id="x"))
    got = call(server, "POST", "/", bundle("batch", good, bad, ("GET", "Observation/a", None))).json["entry"]
    assert [item["response"]["status"] for item in got] == ["201 Created", "400 Bad Request", "200 OK"]
    assert got[1]["response"]["outcome"]["resourceType"] == "OperationOutcome"
    assert got[2]["resource"]["id"] == "a"


def test_references_within_a_transaction_get_the_ids_of_the_server(server: FaultyServer) -> None:
    server.seed({"resourceType": "Patient", "id": "p", "identifier": [{"system": SYSTEM, "value": "1"}]})
    device = ("POST", "Device", {"resourceType": "Device"})
    refers = observation() | {
        "device": {"reference": "urn:uuid:POST-Device"},
        "subject": {"reference": f"Patient?identifier={SYSTEM}|1"},
    }
    got = call(server, "POST", "/", bundle("transaction", ("POST", "Observation", refers), device))
    place = got.json["entry"][1]["response"]["location"].removesuffix("/_history/1")
    kept = json.loads(server.stored("Observation")[0])
    assert (kept["device"]["reference"], kept["subject"]["reference"]) == (place, "Patient/p")


# Faults


def test_a_lost_answer_is_work_done(server: FaultyServer) -> None:
    rule = server.fail(lost_answer(), method="PUT", path="^/Observation/", at=2)
    call(server, "PUT", "/Observation/a", observation(id="a"))
    with pytest.raises(http.client.RemoteDisconnected):
        call(server, "PUT", "/Observation/b", observation(id="b"))
    call(server, "PUT", "/Observation/c", observation(id="c"))
    assert found(server, "") == ["a", "b", "c"]
    assert rule.hits == 1
    assert [(seen.fault, seen.status) for seen in server.requests[:3]] == [
        (None, 201), ("lost_answer", None), (None, 201)
    ]  # fmt: skip


def test_an_error_after_the_commit_is_work_done(server: FaultyServer) -> None:
    server.fail(error_after_commit())
    assert call(server, "PUT", "/Observation/a", observation(id="a")).status == 500
    assert found(server, "") == ["a"]


def test_a_refused_connection_is_no_work(server: FaultyServer) -> None:
    server.fail(refuse(), times=None)
    with pytest.raises((ConnectionError, urllib.error.URLError)):
        call(server, "PUT", "/Observation/a", observation(id="a"))
    server.heal()
    assert found(server, "") == []
    assert server.requests[0].body == b""


def test_a_cut_answer_breaks_in_the_body(server: FaultyServer) -> None:
    server.fail(cut(), times=2)
    for prefer in ("return=representation", "return=minimal"):
        with pytest.raises(http.client.IncompleteRead):
            call(server, "PUT", "/Observation/a", observation(id="a"), Prefer=prefer)
    assert found(server, "") == ["a"]


@pytest.mark.parametrize("code", [200, 502])
def test_html_is_no_work(server: FaultyServer, code: int) -> None:
    server.fail(html(code))
    got = call(server, "PUT", "/Observation/a", observation(id="a"))
    assert (got.status, got.headers.get_content_type()) == (code, "text/html")
    assert found(server, "") == []


@pytest.mark.parametrize("code", [401, 403, 409, 412, 413, 422, 429, 500, 503])
def test_a_status_comes_with_an_outcome(server: FaultyServer, code: int) -> None:
    server.fail(status(code), times=2)
    for _ in range(2):
        got = call(server, "PUT", "/Observation/a", observation(id="a"))
        assert (got.status, got.json["resourceType"]) == (code, "OperationOutcome")
    assert call(server, "PUT", "/Observation/a", observation(id="a")).status == 201


def test_retry_after_in_seconds_and_as_a_date(server: FaultyServer) -> None:
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=3)
    server.fail(status(429, retry_after=2))
    server.fail(status(429, retry_after=at))
    assert call(server, "GET", "/metadata").headers["Retry-After"] == "2"
    assert parsedate_to_datetime(call(server, "GET", "/metadata").headers["Retry-After"]) == at


@pytest.mark.parametrize("fault", [slow(0.2), slow_answer(0.2)])
def test_slow_answers_take_their_time(server: FaultyServer, fault: Any) -> None:
    server.fail(fault)
    began = time.monotonic()
    assert call(server, "PUT", "/Observation/a", observation(id="a")).status == 201
    assert time.monotonic() - began >= 0.2


def test_a_slow_request_that_nobody_waits_for_is_done_late(server: FaultyServer) -> None:
    server.fail(slow(1.0), method="PUT")
    client = http.client.HTTPConnection("127.0.0.1", server.network.server_port, timeout=0.1)
    with pytest.raises(TimeoutError):
        client.request("PUT", "/fhir/Observation/v1", VOLUME, {"Content-Type": "application/fhir+json"})
        client.getresponse()
    client.close()
    assert found(server, "") == []
    until = time.monotonic() + 20
    while not found(server, "") and time.monotonic() < until:
        time.sleep(0.02)
    assert found(server, "") == ["v1"]


def test_requests_are_recorded_as_they_came(server: FaultyServer) -> None:
    call(server, "PUT", "/Observation/v1?_format=json", VOLUME, If_Match='W/"1"')
    (seen,) = server.requests
    assert (seen.method, seen.path, seen.body) == ("PUT", "/Observation/v1?_format=json", VOLUME)
    assert seen.headers["if-match"] == 'W/"1"'
    assert seen.status == 201


def test_a_connection_is_kept_and_stop_closes_it() -> None:
    with running_faulty() as server:
        client = http.client.HTTPConnection("127.0.0.1", server.network.server_port, timeout=5)
        for _ in range(2):
            client.request("GET", "/fhir/metadata")
            assert json.loads(client.getresponse().read())["fhirVersion"] == "4.0.1"
        assert len(server.network.connections) == 1
        server.fail(slow(60))
        client.request("GET", "/fhir/metadata")
    client.close()
    with pytest.raises(OSError):
        call(server, "GET", "/metadata")


def test_outside_the_base_there_is_nothing(server: FaultyServer) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(server.base_url.removesuffix("/fhir") + "/Observation", timeout=5)
    refused.value.close()
    assert refused.value.code == 404
