"""The real server: that it starts, keeps what it gets, judges when asked, and goes away.

Each test says something that the bridge relies on; a new HAPI version that breaks one changes the bridge's assumptions.
"""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import pytest

from tests.servers.hapi_server import HapiServer, running_hapi

pytestmark = [pytest.mark.server, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
PATIENT = b'{"resourceType":"Patient","id":"server-test","identifier":[{"system":"urn:test:mrn","value":"T-1"}]}'
VOLUME = (
    b'{"resourceType":"Observation","id":"server-volume","status":"final","code":{"text":"Reservoir volume"},'
    b'"subject":{"reference":"Patient/server-test"},"effectiveDateTime":"2024-03-01T10:00:00+00:00",'
    b'"valueQuantity":{"value":18.00,"unit":"mL","system":"http://unitsofmeasure.org","code":"mL"}}'
)
TEXT_ONLY_DOSAGE = (
    b'{"resourceType":"MedicationAdministration","status":"completed","medicationCodeableConcept":{"text":"Baclofen"},'
    b'"subject":{"reference":"Patient/server-test"},"effectiveDateTime":"2024-03-01T10:00:00+00:00",'
    b'"dosage":{"text":"about 100 micrograms"}}'
)


def call(base: str, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    request = urllib.request.Request(f"{base}/{path}", data=body, method=method)
    request.add_header("Content-Type", "application/fhir+json")
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


def version(body: bytes) -> str:
    return str(json.loads(body)["meta"]["versionId"])


def issues(body: bytes) -> list[str]:
    return [issue["diagnostics"] for issue in json.loads(body)["issue"] if issue["severity"] in ("error", "fatal")]


@pytest.fixture
def base(hapi: HapiServer) -> str:
    assert call(hapi.base_url, "PUT", "Patient/server-test", PATIENT)[0] in (200, 201)
    return hapi.base_url


def test_metadata_is_r4(base: str) -> None:
    status, body = call(base, "GET", "metadata")
    said = json.loads(body)
    assert status == 200
    assert said["fhirVersion"] == "4.0.1"
    assert said["software"] == {"name": "HAPI FHIR Server", "version": "8.8.0"}


def test_the_same_put_twice_makes_no_new_version(base: str) -> None:
    first = call(base, "PUT", "Observation/server-volume", VOLUME)
    second = call(base, "PUT", "Observation/server-volume", VOLUME)
    assert second[0] == 200
    assert version(second[1]) == version(first[1])


def test_digits_come_back_as_sent(base: str) -> None:
    call(base, "PUT", "Observation/server-volume", VOLUME)
    kept = json.loads(call(base, "GET", "Observation/server-volume")[1], parse_float=str)
    assert kept["valueQuantity"]["value"] == "18.00"


def test_a_stale_if_match_is_a_conflict(base: str) -> None:
    assert call(base, "PUT", "Patient/server-test", PATIENT, If_Match='W/"99"')[0] == 409


def test_a_transaction_of_puts_is_taken(base: str) -> None:
    entry = b'{"fullUrl":"urn:uuid:%s","request":{"method":"PUT","url":"%s"},"resource":%s}'
    entries = b",".join(
        entry % (str(uuid.uuid4()).encode(), url, resource)
        for url, resource in ((b"Patient/server-test", PATIENT), (b"Observation/server-volume", VOLUME))
    )
    bundle = b'{"resourceType":"Bundle","type":"transaction","entry":[%s]}' % entries
    status, body = call(base, "POST", "", bundle)
    assert status == 200
    assert {item["response"]["status"] for item in json.loads(body)["entry"]} <= {"200 OK", "201 Created"}


def test_validate_finds_mad_1_and_a_write_does_not(base: str) -> None:
    judged = call(base, "POST", "MedicationAdministration/$validate", TEXT_ONLY_DOSAGE)
    assert any("mad-1" in text for text in issues(judged[1]))
    assert call(base, "POST", "MedicationAdministration", TEXT_ONLY_DOSAGE)[0] == 201


def test_validate_accepts_what_is_right(base: str) -> None:
    assert issues(call(base, "POST", "Observation/$validate", VOLUME)[1]) == []


def is_running(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


def gone_within(seconds: float, pid: int) -> bool:
    deadline = time.monotonic() + seconds
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not is_running(pid)


def test_stop_ends_the_process(hapi: HapiServer) -> None:
    with running_hapi() as other:
        assert is_running(other.process.pid)
        assert other.base_url != hapi.base_url
    assert not is_running(other.process.pid)
    other.stop()


STARTER = """
    import time
    from tests.servers.hapi_server import running_hapi
    with running_hapi() as server:
        print(server.process.pid, flush=True)
        time.sleep(600)
"""


def test_a_killed_test_run_leaves_no_server(hapi: HapiServer) -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(STARTER)], cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True
    )
    with run:
        assert run.stdout is not None
        pid = int(run.stdout.readline())
        assert is_running(pid)
        os.kill(run.pid, signal.SIGKILL)
    assert gone_within(5, pid)
