"""Every shape of resource that the bridge can write, gathered for the validators: one resource each.

From the kept charts, courses made by hand for servers that do not take every type, the fixtures of every adapter, the
scenarios of the field, a day of a hospital pump, and some lives that are sent to a server, with what people decide
about them; and one of each outline taken back.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bridge.adapter import find
from bridge.chart.retraction import RETRACTABLE, retracted
from bridge.chart.write import write
from bridge.cli.offline import charts, given
from bridge.errors import ExportError
from bridge.fhir_json import Json, read
from fhir_profiles.structure import shape_of
from tests.bench.exports import lives
from tests.chart.cases import CASES
from tests.hospital import JOURNEY, NOW, journey
from tests.profiles.drawn import OBSERVING, TELLING
from tests.scenarios import test_scenarios as scenarios
from tests.servers.faulty import running_faulty
from tests.servers.journey import PERSON, Clinic, sha
from tests.ward import DAY

FIXTURES = JOURNEY.parent
ZONE = "Europe/London"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
VARIANTS: dict[str, dict[str, Any]] = {
    "all": {},
    "little": {"attach_bytes": False, "single_values": False, "open_segment": "omit", "patient": "reference"},
}


@dataclass
class Written:
    """What was written somewhere: resources, and transactions as they were sent."""

    resources: list[Json] = field(default_factory=list)
    transactions: list[Json] = field(default_factory=list)

    def shapes(self) -> list[Json]:
        """One resource of each shape, and one of each outline taken back."""
        each = {shape(body): body for body in self.resources}
        outlines = {outline(body): body for body in each.values()}
        back = [retracted(body) for body in outlines.values() if body["resourceType"] in RETRACTABLE]
        return list((each | {shape(body): body for body in back}).values())

    def outlines(self) -> list[Json]:
        """One resource of each type, status and set of elements at its top: a sixth of the shapes."""
        return list({outline(body): body for body in self.shapes()}.values())


def outline(body: Json) -> Any:
    """What outlines differ in."""
    return body["resourceType"], body.get("status"), frozenset(body)


def shape(body: Json) -> Any:
    """The shape as the bridge's own structural check sees it; the url of a document's bytes is no coded value."""
    content = [{**one, "attachment": {**one["attachment"], "url": ""}} for one in body.get("content", ())]
    return shape_of({**body, "content": content} if content else body)


def everything(folder: Path) -> Written:
    """All that is written; `folder` is worked in."""
    found = Written([*kept(), *told(), *of_fixtures(), *of_scenarios(), *of_ward(folder)])
    for name, settings in VARIANTS.items():
        live(found, _made(folder / name), settings)
    ward(found, _made(folder / "applied"))
    return found


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


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


def told() -> Iterator[Json]:
    """The same courses for destinations that do not take every type."""
    for case in CASES.values():
        course, binding = case()
        for plan in (TELLING, OBSERVING):
            yield from (one.body for one in write(course, dataclasses.replace(binding, capability=plan)))


def of_fixtures() -> Iterator[Json]:
    """The chart of every fixture of an adapter that the bridge can represent."""
    paths = sorted(path for path in FIXTURES.glob("*/*/export.*") if path.parts[-3] not in ("bad", "hl7v2_pcd"))
    found = [made for path in paths if (made := chart_of(path))]
    assert len(found) > 60
    yield from (body for bodies in found for body in bodies)


def of_scenarios() -> Iterator[Json]:
    """The charts of the scenarios of the field, at each of their moments."""
    for name, number in scenarios.MOMENTS:
        yield from (resource.body for resource in scenarios.written(name, number))


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
