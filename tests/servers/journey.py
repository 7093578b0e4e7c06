"""A clinic before a FHIR server: a real site and store whose destination is that server, and what the server holds.

Each clinic has a name of its own, and so has its namespaces, identifier systems and base: many clinics share a server
and none sees another's resources. What the server holds is read without the bridge's own client.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from bridge.chart.sheet import BRIDGE_KEY
from bridge.fhir_json import Json, canonical, read
from bridge.ledger import compare
from bridge.reconcile import Consent, Outcome, Reconciler
from bridge.store.connection import unpacked
from tests.course.building import continuous, drugs, export, left
from tests.hospital import NOW, Hospital
from tests.servers.faulty import running_faulty
from tests.servers.gateway import Gateway, running_gateway

Said = list[tuple[str, str]]
AT_ONCE = 50
PERSON = ("B. Invented", "printed for the wrong patient")  # who decides, and why

# What a small server can do: it takes our ids or gives its own, in transactions or one by one.
KINDS: dict[str, dict[str, Any]] = {
    "ours": {},
    "ours singly": {"transactions": False},
    "theirs": {"update_create": False},
    "theirs singly": {"update_create": False, "transactions": False},
}
HAPI = pytest.param("hapi", marks=[pytest.mark.server, pytest.mark.slow])
REAL = [
    pytest.param(name, marks=[pytest.mark.server, pytest.mark.slow])
    for server in ("hapi", "sekmet", "medplum")
    for name in (server, f"{server} theirs")
]
"""The real servers, and each behind a gateway that lets no client choose an id."""


@dataclass(frozen=True)
class Row:
    """One row of the ledger, notes included."""

    course: int
    key: str
    type: str
    id: str
    server_id: str
    version: str
    state: str
    page: str
    confirmed: bytes

    @property
    def reference(self) -> str:
        """Where it stands on the server."""
        return f"{self.type}/{self.server_id}"

    @property
    def ours(self) -> str:
        """Its reference by our id, as people name it."""
        return f"{self.type}/{self.id}"


class Clinic(Hospital):
    """A hospital whose destination is a FHIR server; `slept` are the seconds that its sender would have waited.

    `shared`: other clinics use that server too. `digits`: that server gives numbers back as they were written.
    `behind`: the server itself, where `url` is that of a gateway.
    """

    def __init__(
        self, folder: Path, url: str, name: str, *, shared: bool = False, digits: bool = True, behind: str = "",
        **settings: Any,
    ) -> None:  # fmt: skip
        self.name, self.url, self.shared, self.slept = name, url, shared, list[float]()
        self.digits, self.behind = digits, behind
        self.settings: dict[str, Any] = {
            "kind": "fhir", "mode": "live", "environment": "test", "accept_simulated": True, "open_segment": "write",
            "patient": "create", **settings,
        }  # fmt: skip
        folder.mkdir(exist_ok=True)
        super().__init__(folder, self.place, now=NOW)

    @property
    def server(self) -> Reader:
        """Who reads what the server holds of this clinic."""
        return Reader(self.behind or self.url, f"{self.base}/sid/key" if self.shared else "")

    @property
    def place(self) -> str:
        """Its destination as the configuration describes it."""
        return "\n".join(f"{key} = {toml(value)}" for key, value in {**self.settings, "url": self.url}.items())

    def reconfigure(self, url: str = "", **settings: Any) -> None:
        """Change its destination and start it again."""
        self.url = url or self.url
        self.settings |= settings
        self.write_config(self.place)
        self.reopen()

    @property
    def base(self) -> str:
        """The base of its identifier and code systems."""
        return f"https://{self.name}.invalid"

    @property
    def mrn(self) -> str:
        """Its patient identifier system."""
        return f"{self.base}/sid/mrn"

    def write_config(self, destination: str = "", extra: str = "") -> None:
        """Write the configuration and its secrets (again)."""
        for name in ("real.namespace", "simulated.namespace"):
            secret = self.folder / name
            secret.write_text(hashlib.sha256(f"{self.name} {name}".encode()).hexdigest())
            secret.chmod(0o600)
        config = self.folder / "pumpbridge.toml"
        config.write_text(
            '[site]\nzone = "Europe/London"\norganisation = "Invented Spasticity Clinic"\nphone = "+44 1632 960123"\n'
            f'base = "{self.base}"\nkey_system = "{self.mrn}"\npatient_systems = {{MRN = "{self.mrn}"}}\n'
            f'namespace_file = "real.namespace"\nsimulated_namespace_file = "simulated.namespace"\n'
            f'[store]\npath = "store.sqlite"\n{extra}\n[[destination]]\nname = "charts"\n{destination}\n'
        )
        config.chmod(0o600)

    def reconciler(self, owner: str = "test", **consent: Any) -> Reconciler:
        """A reconciler that notes how long it would wait, and does not wait."""
        site = self.site
        return Reconciler(
            site.store, site.place("charts"), site.destination("charts"), self.clock, owner, Consent(**consent),
            sleep=self._sleep, learn=site.learner("charts"),
        )  # fmt: skip

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.advance(timedelta(seconds=seconds))

    def run(self, *, apply: bool = True, **consent: Any) -> list[Outcome]:
        """Wake what time has changed, then plan (and apply) what is due; what became of each course, in order."""
        outcomes: list[Outcome] = []
        self.site.store.wake("charts", self.clock.now())
        self.reconciler(**consent).run(apply=apply, on_outcome=outcomes.append)
        return outcomes

    def said(self, **consent: Any) -> Said:
        """What became of each course: status and code."""
        return [(outcome.status, outcome.code) for outcome in self.run(**consent)]

    def ledger(self, *, notes: bool = True) -> list[Row]:
        """Every row of every course, with commons; `notes`: with what belongs to plans."""
        columns = "course, key, type, id, server_id, version, state, page, confirmed"
        found = self.asked(f"SELECT {columns} FROM ledger ORDER BY course, key")
        rows = [Row(*row[:-1], unpacked(row[-1])) for row in found]
        return [row for row in rows if notes or row.page]

    def asked(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        """Rows of the store, read beside it."""
        connection = sqlite3.connect(self.folder / "store.sqlite")
        try:
            return connection.execute(query, values).fetchall()
        finally:
            connection.close()

    def course_of(self, patient: str) -> int:
        """The number of a patient's only course."""
        (course,) = [row.course for row in self.site.store.courses() if row.patient == patient]
        return course


def toml(value: str | bool | float) -> str:
    return str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else str(value)


class Reader:
    """What a FHIR server holds; `system` keeps what is counted to one clinic, '' counts everything."""

    def __init__(self, base: str, system: str = "") -> None:
        self.base, self.system = base, system

    def call(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """One request."""
        headers = {"Content-Type": "application/fhir+json", "Cache-Control": "no-cache"}
        request = urllib.request.Request(f"{self.base}/{path}", body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read()

    def get(self, reference: str) -> Json:
        """One resource, its numbers exact."""
        status, body = self.call("GET", reference)
        assert status == 200, (reference, status)
        found: Json = read(body)
        return found

    def put(self, resource: Json) -> None:
        """Write a resource as somebody else would, without looking first."""
        status, body = self.call("PUT", f"{resource['resourceType']}/{resource['id']}", canonical(resource))
        assert status in (200, 201), body

    def edit(self, reference: str, **changes: Any) -> None:
        """Change elements of a resource behind the bridge's back."""
        self.put({**self.get(reference), **changes})

    def delete(self, reference: str) -> None:
        """Delete a resource."""
        status, body = self.call("DELETE", reference)
        assert status in (200, 204), body

    def held(self, references: Iterable[str]) -> dict[str, Json]:
        """The resources that are there, by reference."""
        found: dict[str, Json] = {}
        split = sorted(reference.split("/") for reference in set(references))
        for kind, group in groupby(split, key=lambda one: one[0]):
            ids = [id for _, id in group]
            for start in range(0, len(ids), AT_ONCE):
                found |= self._some(kind, ids[start : start + AT_ONCE])
        return found

    def _some(self, kind: str, ids: list[str]) -> dict[str, Json]:
        status, body = self.call("GET", f"{kind}?_id={','.join(ids)}&_count={len(ids)}")
        assert status == 200, body
        resources = [entry["resource"] for entry in read(body).get("entry", ())]
        return {f"{kind}/{resource['id']}": resource for resource in resources}

    def versions(self, references: Iterable[str]) -> dict[str, str]:
        """The version of each resource that is there."""
        return {reference: str(found["meta"]["versionId"]) for reference, found in self.held(references).items()}

    def count(self, kind: str, bridges: str) -> int:
        """How many resources of a type carry our identifier (or, a Provenance, were made by one of these Devices)."""
        ours = f"agent={bridges}&" if kind == "Provenance" else f"identifier={self.system}%7C&"
        status, body = self.call("GET", f"{kind}?{ours if self.system else ''}_summary=count")
        assert status == 200, body
        found = read(body)
        if any(issue["code"] == "not-supported" for issue in _issues(found)):
            return self._counted(kind)
        return int(found["total"])

    def _counted(self, kind: str) -> int:
        """The same where the server has no such search: it is asked for all."""
        status, body = self.call("GET", f"{kind}?_count=1000")
        assert status == 200, body
        resources = [entry["resource"] for entry in read(body).get("entry", ())]
        assert len(resources) < 1000
        named = [{str(one.get("system")) for one in resource.get("identifier", ())} for resource in resources]
        return sum(self.system in systems for systems in named)


def _issues(bundle: Json) -> list[Json]:
    outcomes = [one["resource"] for one in bundle.get("entry", ()) if one.get("search", {}).get("mode") == "outcome"]
    return [issue for outcome in outcomes for issue in outcome["issue"]]


@contextmanager
def clinic_before(request: pytest.FixtureRequest, folder: Path, **settings: Any) -> Iterator[Clinic]:
    """A clinic before the server that a fixture's parameter names: the real one, or a small one of that kind."""
    if request.param not in KINDS:
        real = request.param
        with gateway_before(request, real) as gateway, clinic_at(gateway, request, real, folder, **settings) as clinic:
            yield clinic
        return
    with (
        running_faulty(checks_references=True, **KINDS[request.param]) as server,
        Clinic(folder, server.base_url, "clinic", **settings) as clinic,
    ):
        yield clinic


def gateway_before(
    request: pytest.FixtureRequest, real: str, lacks: tuple[str, ...] = ()
) -> AbstractContextManager[Gateway]:
    """A gateway before a real server, one of REAL."""
    name, _, theirs = real.partition(" ")
    url = request.getfixturevalue(name).base_url
    if name == "medplum":  # whose memory is searched from end to end, so each test has one of its own
        url = url.replace("/fhir/", f"/{sha(request.node.nodeid.encode())[:12]}/fhir/")
    return running_gateway(url, own_ids=bool(theirs), lacks=lacks)


def clinic_at(gateway: Gateway, request: pytest.FixtureRequest, real: str, folder: Path, **settings: Any) -> Clinic:
    """A clinic of this test alone before the gateway to a real server that others use too."""
    name, digits = f"clinic-{sha(request.node.nodeid.encode())[:12]}", real.startswith("hapi")
    return Clinic(folder, gateway.base_url, name, shared=True, digits=digits, behind=gateway.url, **settings)


def untrue(clinic: Clinic) -> list[str]:
    """Where server and ledger disagree: a resource missing, doubled, of other bytes or another version, not settled."""
    server, rows = clinic.server, clinic.ledger()
    held = server.held(row.reference for row in rows)
    wrong = [f"{row.reference} is {row.state}" for row in rows if row.state not in ("confirmed", "retracted")]
    wrong += [f"{row.reference} is missing" for row in rows if row.reference not in held]
    ours = {row.reference: f"{row.type}/{row.id}" for row in rows} | {"": f"{clinic.url}/ {server.base}/"}
    differing = [
        (row, _differs(row, held[row.reference], ours, clinic.digits)) for row in rows if row.reference in held
    ]
    wrong += [told for _, told in differing if told]
    return wrong + list(_counted(rows, server))


def _counted(rows: Iterable[Row], server: Reader) -> Iterator[str]:
    bridges = ",".join(row.reference for row in rows if row.key.endswith(BRIDGE_KEY))
    for kind, number in Counter(row.type for row in rows).items():
        there = server.count(kind, bridges)
        if there != number:
            yield f"{there} {kind} are there, not {number}"


def _differs(row: Row, theirs: Json, ours: Mapping[str, str], digits: bool) -> str:
    if str(theirs["meta"]["versionId"]) != row.version:
        return f"{row.reference} has version {theirs['meta']['versionId']}, not {row.version}"
    found = compare(read(row.confirmed), {**_in_our_ids(theirs, ours), "id": row.id})
    differs = (*found.differs, *(found.digits_lost if digits else ()))
    return f"{row.reference} differs: {differs}" if differs else ""


def _in_our_ids(value: Any, ours: Mapping[str, str]) -> Any:
    """A value with references as we wrote them, where the server has ids of its own or wants its base (`ours[""]`)."""
    if isinstance(value, str):
        return next((value.removeprefix(base) for base in ours[""].split() if value.startswith(base)), value)
    if isinstance(value, dict):
        found = {k: _in_our_ids(v, ours) for k, v in value.items()}
        return {k: ours.get(v, v) if k == "reference" and isinstance(v, str) else v for k, v in found.items()}
    return [_in_our_ids(item, ours) for item in value] if isinstance(value, list) else value


def moved(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """What is new or has another version."""
    return {reference for reference, version in after.items() if before.get(reference) != version}


def entries(outcomes: Iterable[Outcome]) -> set[str]:
    """What the applied plans of these outcomes wrote."""
    plans = [outcome.plan for outcome in outcomes if outcome.status == "applied" and outcome.plan is not None]
    return {f"{entry.type}/{entry.id}" for plan in plans for entry in plan.entries}


def sha(content: bytes | Path) -> str:
    """The SHA-256 that names an export."""
    return hashlib.sha256(content.read_bytes() if isinstance(content, Path) else content).hexdigest()


def implant(patient: str | None, serial: str = "TX000001", *, simulated: bool = True) -> bytes:
    """The first session of a small pump: a programme and nothing else."""
    state = left("2025-03-03T10:30+00:00", continuous(), drugs=drugs())
    body = export("2025-03-03T10:00+00:00", state, end="2025-03-03T10:40+00:00", update="completed")
    return written(body, patient, serial, simulated=simulated)


def written(body: Json, patient: str | None, serial: str = "TX000001", *, simulated: bool = True) -> bytes:
    """A session as the export of this patient's pump."""
    pump = {"manufacturer": "Invented Pumps", "model": "IP-40", "serial": serial}
    who = {"patient": {"identifier": patient, "system": "MRN"}} if patient else {}
    kept = {name: part for name, part in body.items() if name != "patient"}
    return json.dumps({**kept, "simulated": simulated, "pump": pump, **who}).encode()
