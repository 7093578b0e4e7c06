"""Which Device of the hospital's is a pump: exactly one that contradicts nothing, never one of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bridge.destinations.protocol import PumpSought
from tests.destinations.sent import SYSTEM
from tests.destinations.serving import client, searchset
from tests.servers.faulty import FaultyServer, running_faulty

DI = "09506000134352"
UDI = f"(01){DI}(21)TX000001"
SOUGHT = PumpSought("Invented Pumps", "IP-40", "TX000001", UDI, DI, "Patient/p1")
SERIAL: dict[str, Any] = {"serialNumber": "TX000001"}
NUMBERED: dict[str, Any] = {"identifier": [{"system": "https://hospital.example/assets", "value": "TX000001"}]}
PRINTED: dict[str, Any] = {"udiCarrier": [{"deviceIdentifier": DI, "carrierHRF": UDI}]}
LONGER: dict[str, Any] = {"udiCarrier": [{"deviceIdentifier": DI, "carrierHRF": f"{UDI}2"}]}
IP_40: dict[str, Any] = {"manufacturer": "INVENTED PUMPS, Ltd.", "modelNumber": "IP-40"}


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with running_faulty() as running:
        yield running


def device(id: str = "d1", **elements: Any) -> dict[str, Any]:
    return {"resourceType": "Device", "id": id, **elements}


DEVICES: list[tuple[list[dict[str, Any]], str, str]] = [
    ([], "none", ""),
    ([device(**PRINTED)], "one", "Device/d1"),
    ([device(**LONGER)], "none", ""),
    ([device(**PRINTED, **IP_40, **SERIAL, **NUMBERED)], "one", "Device/d1"),
    ([device(**NUMBERED, manufacturer="Invented Pumps")], "one", "Device/d1"),
    ([device(**NUMBERED, deviceName=[{"name": "IP-40", "type": "model-name"}])], "one", "Device/d1"),
    ([device(**NUMBERED, **IP_40, name=[{"value": "A pump", "type": "registered-name"}])], "one", "Device/d1"),  # R5
    ([device(**NUMBERED)], "contradicts", ""),
    ([device(**NUMBERED, manufacturer="Other Pumps")], "contradicts", ""),
    ([device(**NUMBERED, modelNumber="IP-4")], "contradicts", ""),
    ([device(**NUMBERED, **IP_40, serialNumber="TX000002")], "contradicts", ""),
    ([device(**PRINTED, modelNumber="IP-41")], "contradicts", ""),
    ([device(**PRINTED, patient={"reference": "Patient/p2"})], "contradicts", ""),
    ([device(**PRINTED, patient={"reference": "https://fhir.example/r4/Patient/p1/_history/3"})], "one", "Device/d1"),
    ([device(**LONGER, **SERIAL, patient={"reference": "Patient/p1"})], "one", "Device/d1"),
    ([device(**PRINTED, status="entered-in-error")], "none", ""),
    ([device(**PRINTED, status="inactive")], "one", "Device/d1"),
    ([device(**PRINTED, **IP_40, identifier=[{"system": SYSTEM, "value": "a"}])], "none", ""),
    ([device(**PRINTED), device("d2", **NUMBERED, **IP_40)], "many", ""),
    ([device(**PRINTED), device("d2", **PRINTED, manufacturer="Other Pumps")], "many", ""),
]


@pytest.mark.parametrize(("there", "status", "at"), DEVICES)
def test_a_pump_of_theirs_is_exactly_one_device(
    server: FaultyServer, there: list[dict[str, Any]], status: str, at: str
) -> None:
    server.seed(*there)
    found = client(server).find_pump(SOUGHT)
    assert (found.status, found.reference) == (status, at)


def test_every_search_is_fresh_and_no_serial_stands_in_an_address(server: FaultyServer) -> None:
    client(server).find_pump(SOUGHT)
    searches = [seen for seen in server.requests if "_search" in seen.path]
    assert len(searches) == 3
    assert all(seen.headers.get("cache-control") == "no-cache" for seen in searches)
    assert not [seen.path for seen in server.requests if "TX000001" in seen.path]


def test_only_what_the_server_offers_is_asked() -> None:
    for offered, status in ((("identifier",), "one"), (("udi-carrier",), "none"), (("patient",), "unsearchable")):
        with running_faulty(searches=offered) as server:
            server.seed(device(**NUMBERED, **IP_40))
            assert client(server).find_pump(SOUGHT).status == status


def test_a_search_with_a_second_page_cannot_tell(server: FaultyServer) -> None:
    server.fail(searchset(device(**PRINTED), paged=True), path="Device/_search")
    assert client(server).find_pump(SOUGHT).status == "many"
