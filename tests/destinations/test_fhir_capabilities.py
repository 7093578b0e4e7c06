"""What a server says it can do, what its silence means, and who is no FHIR server at all."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import Any

import pytest

from bridge.destinations.fhir_capabilities import capabilities_of
from bridge.destinations.fhir_server import FhirServer
from bridge.errors import DestinationError
from tests.destinations.sent import SYSTEM, write
from tests.destinations.serving import (
    client,
)
from tests.servers.faulty import (
    FaultyServer,
    html,
    status,
)


def test_capabilities_are_read_once(ours: FaultyServer) -> None:
    destination = client(ours)
    can = destination.capabilities()
    assert (can.transactions, can.client_ids, can.if_match, can.conditional) == (True, True, True, True)
    assert (can.software, can.version) == ("faulty", "1")
    assert "Observation" in can.types
    destination.capabilities()
    assert [seen.path for seen in ours.requests] == ["/metadata"]


@pytest.mark.parametrize("fault", [html(200), html(404), status(500), status(401), status(503)])
def test_what_is_no_fhir_server_is_unreachable(ours: FaultyServer, fault: Any) -> None:
    ours.fail(fault, path="metadata", times=None)
    with pytest.raises(DestinationError) as caught:
        client(ours).capabilities()
    assert caught.value.exit_status == 6
    assert ours.base_url not in str(caught.value)


def test_nobody_at_the_address_is_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/fhir"
        with pytest.raises(DestinationError, match="destination-unreachable"):
            FhirServer(url, SYSTEM).capabilities()


SERVER = {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"}
PUT = {"type": "Flag", "interaction": [{"code": "update"}], "conditionalUpdate": True}


def able(*resources: dict[str, Any], **rest: Any) -> tuple[bool, bool, bool, bool]:
    can = capabilities_of({**SERVER, "rest": [{"resource": list(resources), **rest}]})
    return can.transactions, can.client_ids, can.if_match, can.conditional


def test_what_a_server_does_not_state_is_read_as_documented() -> None:
    assert able(PUT) == (False, True, True, True)
    assert able(PUT, interaction=[{"code": "transaction"}]) == (True, True, True, True)
    assert able({**PUT, "updateCreate": False}) == (False, False, True, True)
    assert able({**PUT, "versioning": "no-version"}) == (False, True, False, True)
    assert able({**PUT, "versioning": "versioned"}) == (False, True, True, True)
    assert able({"type": "Flag", "interaction": [{"code": "update"}]}) == (False, True, True, False)
    read = {"type": "Device", "interaction": [{"code": "read"}], "updateCreate": False, "versioning": "no-version"}
    assert able(PUT, read) == (False, True, True, True)
    assert capabilities_of({**SERVER, "rest": [{"resource": [PUT, read]}]}).types == {"Flag"}
    assert capabilities_of(SERVER).types == frozenset()


def test_what_keeps_a_create_single_must_be_stated_for_every_type() -> None:
    search = {"searchParam": [{"name": "identifier", "type": "token"}], "conditionalCreate": True}
    flag, tagged = {**PUT, **search}, {**PUT, "type": "Provenance", "conditionalCreate": True}
    address = {"implementation": {"url": "https://own.invalid/r4/"}}
    can = capabilities_of({**SERVER, **address, "rest": [{"resource": [flag, tagged, {**PUT, "type": "Device"}]}]})
    assert (can.conditional_create, can.found, can.base) == (False, {"Flag", "Provenance"}, "https://own.invalid/r4")
    assert capabilities_of({**SERVER, "rest": [{"resource": [flag, tagged]}]}).conditional_create
    assert not capabilities_of(SERVER).conditional_create


@pytest.mark.parametrize("statement", [{}, {**SERVER, "fhirVersion": "5.0.0"}, {**SERVER, "resourceType": "Bundle"}])
def test_another_fhir_than_r4_is_no_destination(statement: dict[str, Any]) -> None:
    with pytest.raises(DestinationError, match="destination-not-r4"):
        capabilities_of(statement)


@pytest.mark.parametrize("statement", [{}, SERVER, {**SERVER, "fhirVersion": "4.3.0"}, {**SERVER, "fhirVersion": 5}])
def test_another_fhir_than_r5_is_no_destination_of_r5(statement: dict[str, Any]) -> None:
    assert capabilities_of({**SERVER, "fhirVersion": "5.0.0"}, "R5").types == frozenset()
    with pytest.raises(DestinationError, match="destination-not-r5"):
        capabilities_of(statement, "R5")


def test_a_server_without_versions_gets_no_if_match(ours: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    destination = client(ours)
    monkeypatch.setattr(destination, "_can", replace(destination.capabilities(), if_match=False))
    destination.send([write(1, if_match="3")], course="7")
    assert "if-match" not in ours.requests[-1].headers
