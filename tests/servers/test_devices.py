"""Which Device a pump is at a server with `devices = "match"`: the hospital's own where it is found, else ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.fhir_json import Json, canonical, read
from tests.servers.journey import HAPI, Clinic, clinic_before, implant, untrue
from tests.servers.memory_fhir import references

ADA = "0048213"
DI = "09506000134352"


@pytest.fixture(params=["ours", "theirs singly", HAPI])
def clinic(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Clinic]:
    with clinic_before(request, tmp_path, devices="match") as made:
        yield made


def serial(clinic: Clinic) -> str:
    """A serial number of this clinic alone: clinics share a server."""
    return f"SN{clinic.name[-12:]}"


def printed(clinic: Clinic) -> str:
    return f"(01){DI}(21){serial(clinic)}"


def session(clinic: Clinic, **pump: str) -> Json:
    """The first session of Ada's pump, which states its UDI."""
    body: Json = json.loads(implant(ADA, serial(clinic), simulated=False))
    return {**body, "pump": {**body["pump"], "udi": printed(clinic), **pump}}


def theirs(clinic: Clinic, **elements: Any) -> str:
    """Write a Device of the hospital's under an id that the server gives; answers its reference."""
    device = {"resourceType": "Device", "status": "active", **elements}
    status, body = clinic.server.call("POST", "Device", canonical(device))
    assert status == 201, body
    return f"Device/{read(body)['id']}"


def by_udi(clinic: Clinic) -> dict[str, Any]:
    return {"udiCarrier": [{"deviceIdentifier": DI, "carrierHRF": printed(clinic)}]}


def by_number(clinic: Clinic) -> dict[str, Any]:
    number = {"system": "https://hospital.invalid/implants", "value": serial(clinic)}
    return {"identifier": [number], "manufacturer": "Invented Pumps"}


def again(clinic: Clinic) -> list[tuple[str, str]]:
    clinic.site.store.unpark("charts", clinic.course_of(ADA))
    return clinic.said()


def devices(clinic: Clinic) -> set[str]:
    """The Devices that what stands in Ada's chart refers to, the bridge's own left out."""
    rows = [row for row in clinic.ledger() if row.type != "Provenance"]
    bridge = {row.reference for row in rows if row.course == 0}
    held = clinic.server.held(row.reference for row in rows if row.course)
    standing = [body for body in held.values() if body.get("status") != "entered-in-error"]
    return {
        place["reference"] for body in standing for place in references(body) if "Device/" in place["reference"]
    } - bridge


def wrong(clinic: Clinic) -> list[str]:
    """Where server and ledger disagree; the number of Devices is not ours alone."""
    return [said for said in untrue(clinic) if " Device are there" not in said]


def ours(clinic: Clinic) -> dict[str, str]:
    """Our own pump Device in the ledger: where it stands, and its state."""
    return {row.reference: row.state for row in clinic.ledger() if row.key.startswith("pump|")}


@pytest.mark.parametrize("known", [by_udi, by_number])
def test_a_device_of_theirs_is_referenced_and_never_written(clinic: Clinic, known: Any) -> None:
    hospitals = theirs(clinic, **known(clinic))
    before = clinic.server.get(hospitals)
    clinic.take(session(clinic))
    assert clinic.said() == [("applied", "")] * 2
    assert devices(clinic) == {hospitals}
    assert ours(clinic) == {}
    assert clinic.server.get(hospitals) == before
    assert wrong(clinic) == []
    assert again(clinic) == [("unchanged", "")]


def test_one_that_comes_later_takes_the_place_of_ours(clinic: Clinic) -> None:
    clinic.take(session(clinic))
    clinic.run()
    ((own, state),) = ours(clinic).items()
    assert (devices(clinic), state) == ({own}, "confirmed")

    hospitals = theirs(clinic, **by_udi(clinic))
    clinic.site.store.unpark("charts", clinic.course_of(ADA))
    (outcome,) = clinic.run()
    assert outcome.plan is not None
    entries = [entry for entry in outcome.plan.entries if entry.type != "Provenance"]
    assert [entry.key.partition("|")[0] for entry in entries if entry.action == "retract"] == ["pump"]
    assert entries[-1].action == "retract"
    assert devices(clinic) == {hospitals}
    assert ours(clinic) == {own: "retracted"}
    assert wrong(clinic) == []
    assert again(clinic) == [("unchanged", "")]

    clinic.server.edit(hospitals, status="entered-in-error")
    assert again(clinic) == [("applied", "")]
    assert (devices(clinic), ours(clinic)) == ({own}, {own: "confirmed"})
    assert wrong(clinic) == []


def test_of_two_devices_none_is_chosen(clinic: Clinic) -> None:
    one, two = theirs(clinic, **by_udi(clinic)), theirs(clinic, **by_number(clinic))
    clinic.take(session(clinic))
    assert clinic.said()[-1] == ("parked", "device-ambiguous")
    assert devices(clinic) == set()
    clinic.server.edit(two, status="entered-in-error")
    assert again(clinic) == [("applied", "")]
    assert devices(clinic) == {one}


def test_one_that_contradicts_is_not_taken_for_the_pump(clinic: Clinic) -> None:
    hospitals = theirs(clinic, **by_udi(clinic), manufacturer="Other Pumps")
    clinic.take(session(clinic))
    assert clinic.said()[-1] == ("parked", "device-ambiguous")
    clinic.server.edit(hospitals, manufacturer="Invented Pumps")
    assert again(clinic) == [("applied", "")]
    assert devices(clinic) == {hospitals}


def test_a_plan_that_waited_asks_again_which_device_it_is(clinic: Clinic) -> None:
    clinic.reconfigure(mode="held")
    clinic.take(session(clinic))
    assert {code for _, code in clinic.said()} == {"held"}
    hospitals = theirs(clinic, **by_udi(clinic))
    clinic.clock.advance(timedelta(hours=1))
    assert clinic.said(held=True) == [("applied", "")] * 2
    assert devices(clinic) == {hospitals}


def test_simulated_data_never_refers_to_a_device_of_theirs(clinic: Clinic) -> None:
    hospitals = theirs(clinic, **by_udi(clinic))
    clinic.take({**session(clinic), "simulated": True})
    assert clinic.said() == [("applied", "")] * 2
    assert hospitals not in devices(clinic)
    assert set(ours(clinic).values()) == {"confirmed"}


def test_ours_are_written_unless_the_hospital_asks_for_its_own(clinic: Clinic) -> None:
    clinic.reconfigure(devices="own")
    hospitals = theirs(clinic, **by_udi(clinic))
    clinic.take(session(clinic))
    assert clinic.said() == [("applied", "")] * 2
    assert hospitals not in devices(clinic)
    clinic.reconfigure(devices="match")
    clinic.site.store.wake("charts", clinic.clock.now())
    assert {code for _, code in clinic.said()} <= {"mapping", ""}
    assert clinic.said(mapping=True)[-1] == ("applied", "")
    assert devices(clinic) == {hospitals}
