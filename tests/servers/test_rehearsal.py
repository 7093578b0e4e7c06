"""A rehearsal at the real servers: its report says what each is known to do, and nothing stays there."""

from __future__ import annotations

import pytest

from bridge.rehearsal.outcome import Rehearsal
from bridge.rehearsal.rehearse import rehearse
from tests.rehearsal.moods import missed, step, target
from tests.servers.gateway import running_gateway
from tests.servers.hapi_server import HapiServer
from tests.servers.journey import Reader

pytestmark = [pytest.mark.server, pytest.mark.slow]


def rehearsed(server: HapiServer) -> Rehearsal:
    """A rehearsal that passes and leaves nothing."""
    found = rehearse(target(server.base_url))
    assert (found.verdict, found.left, missed(found)) == ("passed", (), [])
    assert step(found, "delete").saw.endswith("deleted, nothing stays")
    return found


def saw(found: Rehearsal, name: str) -> str:
    """How a step ended, and what was seen."""
    one = step(found, name)
    return f"{one.result}: {one.saw}"


def test_hapi_passes_and_nothing_of_it_is_found_there_afterwards(hapi: HapiServer) -> None:
    found = rehearsed(hapi)
    assert found.software == "HAPI FHIR Server"
    for name in ("versions", "digits", "lists", "labels", "decimals", "transaction", "half-transaction", "ids"):
        assert step(found, name).result == "passed", name
    assert "HAPI-0989" in saw(found, "stale-version")
    assert saw(found, "left-out-labels") == "noted: a tag that is left out stays, a security label stays"
    assert saw(found, "cached-search") == "noted: 0 before; after it 0 by the same search, 1 with no-cache"
    assert saw(found, "conditional-create") == "noted: 201 then 200; it is there once"
    assert saw(found, "several-matches").startswith("passed: 2 match: 412")
    assert "HAPI-1094" in saw(found, "missing-reference")
    assert "relative: stored; absolute: refused (400 processing HAPI-0507)" in saw(found, "references")
    for kind in ("Observation", "Device", "MedicationAdministration", "Flag", "Organization"):
        assert Reader(hapi.base_url, f"{found.namespace}/sid/key").count(kind, "") == 0, kind
    assert Reader(hapi.base_url, f"{found.namespace}/sid/probe").count("Observation", "") == 0
    assert Reader(hapi.base_url, f"{found.namespace}/sid/mrn").count("Patient", "") == 0


def test_hapi_that_gives_its_own_ids_passes(hapi: HapiServer) -> None:
    with running_gateway(hapi.base_url, own_ids=True) as gateway:
        found = rehearse(target(gateway.base_url))
    assert (found.verdict, found.left) == ("passed", ())
    assert step(found, "ids").result == "not supported"
    assert {step(found, name).needed for name in ("conditional-update", "several-matches", "cached-search")} == {True}


def test_sekmet_passes_and_loses_digits(sekmet: HapiServer) -> None:
    found = rehearsed(sekmet)
    assert "DeviceUseStatement" in saw(found, "types")
    assert step(found, "digits").result == "failed"
    assert "18.00 came back as 18.0" in saw(found, "decimals")
    assert saw(found, "missing-reference") == "noted: it is stored"


def test_medplum_passes_and_makes_a_version_of_each_write(medplum: HapiServer) -> None:
    found = rehearsed(medplum)
    assert "resources have a new version" in saw(found, "versions")
    assert "18.00 came back as 18," in saw(found, "decimals")
    assert saw(found, "half-transaction").startswith("failed: refused: 400")
    assert saw(found, "half-transaction").endswith("of the other entry it is there once")
