"""Every shape of resource that the bridge can write, before the official validator: no error, and no unknown warning."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.cli.offline import charts, given
from bridge.adapter import find
from bridge.chart.retraction import RETRACTABLE, retracted
from bridge.fhir_json import Json, canonical, read
from fhir_profiles.structure import shape_of
from tests.bench.exports import lives
from tests.hospital import JOURNEY, NOW, journey
from tests.servers.faulty import running_faulty
from tests.servers.hapi_server import HapiServer
from tests.servers.journey import Clinic, Reader, sha

FIXTURES = JOURNEY.parent
WHO = ("B. Invented", "printed for the wrong patient")


def bodies(folder: Path) -> list[Json]:
    """Resources as they are written: of kept charts, of every fixture, and of whole lives with all that can happen."""
    found = [*kept(), *of_fixtures(), *of_lives(folder)]
    return [*found, *(retracted(body) for body in found if body["resourceType"] in RETRACTABLE)]


def kept() -> Iterator[Json]:
    for path in sorted((FIXTURES / "chart").glob("*.json")):
        yield from read(path.read_bytes())


def of_fixtures() -> Iterator[Json]:
    adapters = find(())
    for path in sorted(FIXTURES.glob("session_*/*/input.*")):
        yield from (resource.body for resource in charts(given([path], adapters, "Europe/London"), "Europe/London", NOW))


VARIANTS: dict[str, dict[str, Any]] = {
    "all": {},
    "little": {"attach_bytes": False, "single_values": False, "open_segment": "omit", "patient": "reference"},
}


def of_lives(folder: Path) -> Iterator[Json]:
    exports = [one.content for life in lives(8, 12, 5) for one in life]
    for name, settings in VARIANTS.items():
        with running_faulty() as server, Clinic(folder / name, server.base_url, "shapes", **settings) as clinic:
            clinic.take(*journey(), *exports)
            clinic.run()
            yield from ledger(clinic)
            clinic.take(*journey("late/*.json"), *journey("corrected/*.json"))
            clinic.run()
            yield from ledger(clinic)
            clinic.site.store.withdraw(sha(JOURNEY / "02-ada-refill.json"), *WHO, clinic.clock.now())
            clinic.site.store.assign(sha(JOURNEY / "08-cleo-implant.json"), "1234567", clinic.mrn, *WHO, clinic.clock.now())
            clinic.run()
            yield from ledger(clinic)


def ledger(clinic: Clinic) -> Iterator[Json]:
    for row in clinic.ledger():
        yield read(row.confirmed)


def distinct(found: Iterable[Json]) -> list[Json]:
    """One resource of each shape."""
    return list({shape_of(body): body for body in found}.values())


def judged(url: str, body: Json) -> list[Json]:
    """What the validator says."""
    status, answer = Reader(url).call("POST", f"{body['resourceType']}/$validate", canonical(body))
    assert status in (200, 412, 422), (status, answer)
    return read(answer)["issue"]
