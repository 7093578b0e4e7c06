"""Every shape of resource that the bridge can write, before the official validator: no error, no unknown warning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bridge.adapter import find
from bridge.chart.retraction import RETRACTABLE, retracted
from bridge.cli.offline import BASE, charts, given
from bridge.errors import ExportError
from bridge.fhir_json import Json, canonical, read
from fhir_profiles.structure import shape_of
from tests.bench.exports import lives
from tests.hospital import JOURNEY, NOW, journey
from tests.servers.faulty import running_faulty
from tests.servers.hapi_server import HapiServer
from tests.servers.journey import PERSON, Clinic, Reader, sha
from tests.ward import DAY

FIXTURES = JOURNEY.parent
ZONE = "Europe/London"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
VARIANTS: dict[str, dict[str, Any]] = {
    "all": {},
    "little": {"attach_bytes": False, "single_values": False, "open_segment": "omit", "patient": "reference"},
}

# What the validator warns of and we leave as it is: a pattern of its words, where, and why.
WARNINGS = (
    (
        r"CodeSystem is unknown and can't be validated: https://pumpbridge\.invalid/CodeSystem/",
        r".",
        "our own code systems are not published as resources yet: their codes stand in the pinned table of terms",
    ),
    (
        r"CodeSystem is unknown and can't be validated: urn:iso:std:iso:11073:10101 ",
        r".",
        "IEEE 11073 is not in the validator's offline package; each of its codes has a source in the table of terms",
    ),
    (
        r"CodeSystem is unknown and can't be validated: http://www\.whocc\.no/atc ",
        r"^Medication\.ingredient",
        "ATC is not in the validator's offline package; its code has a source in the table of terms",
    ),
    (
        r"Best Practice Recommendation: In general, all observations should have a performer",
        r"^Observation$",
        "nobody performed it: the pump said it (device), and who read the pump is not stated; absent is absent",
    ),
    (
        r"No code provided, and a code should be provided from the value set",
        r"^Provenance\.(reason|activity)",
        "a person's reason and a plan's cause are words: the value sets have no code for a late or corrected export",
    ),
)  # fmt: skip


@dataclass
class Written:
    """What was written somewhere: resources, and transactions as they were sent."""

    resources: list[Json] = field(default_factory=list)
    transactions: list[Json] = field(default_factory=list)

    def shapes(self) -> list[Json]:
        """One resource of each shape, those taken back included."""
        back = [retracted(body) for body in self.resources if body["resourceType"] in RETRACTABLE]
        return list({shape(body): body for body in (*self.resources, *back)}.values())


def shape(body: Json) -> Any:
    """The shape as the bridge's own structural check sees it; the url of a document's bytes is no coded value."""
    content = [{**one, "attachment": {**one["attachment"], "url": ""}} for one in body.get("content", ())]
    return shape_of({**body, "content": content} if content else body)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    found = Written([*kept(), *of_fixtures(), *of_ward(tmp_path_factory.mktemp("ward"))])
    for name, settings in VARIANTS.items():
        live(found, tmp_path_factory.mktemp(name), settings)
    ward(found, tmp_path_factory.mktemp("applied"))
    return found


def ward(found: Written, folder: Path) -> None:
    """The day of a hospital pump as it is sent, one message after the other."""
    with running_faulty() as server, Clinic(folder, server.base_url, "pumpbridge") as clinic:
        clinic.clock.advance(NOON - clinic.clock.now())
        for content in DAY.values():
            clinic.take(content)
            clinic.run()
        found.resources += [read(row.confirmed) for row in clinic.ledger()]
        found.transactions += [read(seen.body) for seen in server.requests if seen.path == "/"]


def kept() -> Iterator[Json]:
    """The charts that are kept, of courses made by hand."""
    for path in sorted((FIXTURES / "chart").glob("*.json")):
        yield from read(path.read_bytes())


def of_fixtures() -> Iterator[Json]:
    """The chart of every fixture of an adapter that the bridge can represent."""
    paths = sorted(FIXTURES.glob("session_*/*/export.*"))
    found = [made for path in paths if (made := chart_of(path))]
    assert len(found) > 40
    yield from (body for bodies in found for body in bodies)


def of_ward(folder: Path) -> Iterator[Json]:
    """The charts of a day of a hospital pump, while it runs and after it, and of every message that is a fixture."""
    paths = [folder / f"{name}.hl7" for name in DAY]
    for path in paths:
        path.write_bytes(DAY[path.stem])
    for hour, minute in ((10, 20), (10, 35), (11, 1), (11, 11), (12, 0), (23, 0)):
        yield from chart_of(*paths, as_of=datetime(2026, 3, 2, hour, minute, tzinfo=UTC))
    for path in sorted(FIXTURES.glob("hl7v2_pcd/*/export.hl7")):
        yield from chart_of(path, as_of=datetime(2026, 3, 2, 20, tzinfo=UTC))


def chart_of(*paths: Path, as_of: datetime = NOW) -> list[Json]:
    try:
        return [resource.body for resource in charts(given(paths, find(()), ZONE), ZONE, as_of)]
    except ExportError:
        return []


def live(found: Written, folder: Path, settings: dict[str, Any]) -> None:
    """The journey and some lives, and what people decide about them."""
    exports = [one.content for life in lives(8, 12, 5) for one in life]
    with running_faulty() as server, Clinic(folder, server.base_url, "pumpbridge", **settings) as clinic:
        for step in ([*journey(), *exports], [*journey("late/*.json"), *journey("corrected/*.json")]):
            clinic.take(*step)
            clinic.run()
            found.resources += [read(row.confirmed) for row in clinic.ledger()]
        store, now = clinic.site.store, clinic.clock.now()
        store.withdraw(sha(JOURNEY / "02-ada-refill.json"), *PERSON, now)
        store.assign(sha(JOURNEY / "08-cleo-implant.json"), "1234567", clinic.mrn, *PERSON, now)
        store.supersede(sha(exports[0]), sha(exports[1]), *PERSON, now)
        clinic.run()
        found.resources += [read(row.confirmed) for row in clinic.ledger()]
        found.transactions += [read(seen.body) for seen in server.requests if seen.path == "/"]


def judged(url: str, body: Json) -> list[Json]:
    """What the validator finds, beyond information."""
    status, answer = Reader(url).call("POST", f"{body['resourceType']}/$validate", canonical(body))
    assert status in (200, 412, 422), (status, answer)
    return [issue for issue in read(answer)["issue"] if issue["severity"] != "information"]


def unexplained(url: str, bodies: Iterable[Json], used: set[str]) -> list[str]:
    """Every error, and every warning that is not in the table; the reasons that were `used` are noted."""
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda body: (body, judged(url, body)), bodies)
        return [told for body, issues in found for issue in issues if (told := _unexplained(body, issue, used))]


def _unexplained(body: Json, issue: Json, used: set[str]) -> str:
    words, place = str(issue["diagnostics"]), (issue.get("expression") or issue.get("location") or [""])[0]
    element = re.sub(r"^Bundle\.entry\[\d+\]\.resource/\*([A-Za-z]+)/.*?\*/", r"\1", place)
    for pattern, where, reason in WARNINGS if issue["severity"] == "warning" else ():
        if re.match(pattern, words) and re.search(where, element):
            used.add(reason)
            return ""
    return f"{issue['severity']} {body['resourceType']}/{body.get('id')} {place}: {words}"


@pytest.mark.server
@pytest.mark.slow
def test_every_shape_passes_the_validator(hapi: HapiServer, written: Written) -> None:
    shapes = written.shapes()
    assert {body["resourceType"] for body in shapes} >= {*RETRACTABLE, "Organization", "Provenance"}
    assert len(shapes) > 250
    used: set[str] = set()
    assert unexplained(hapi.base_url, shapes, used) == []
    assert used == {reason for _, _, reason in WARNINGS}


@pytest.mark.server
@pytest.mark.slow
def test_bundles_pass_the_validator(hapi: HapiServer, written: Written) -> None:
    transactions = sorted(written.transactions, key=lambda bundle: len(bundle["entry"]))
    bundles = [transactions[0], *transactions[-2:], collection(chart_of(*journey()))]
    assert unexplained(hapi.base_url, bundles, set()) == []


def collection(bodies: Iterable[Json]) -> Json:
    """A Bundle as `pumpbridge chart` writes it."""
    entries = [{"fullUrl": f"{BASE}/fhir/{body['resourceType']}/{body['id']}", "resource": body} for body in bodies]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}
