"""What the tests of the FHIR destination share: kinds of servers, clients, prepared answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from bridge.clock import FixedClock
from bridge.destinations.fhir_server import FhirServer
from bridge.destinations.protocol import Answer
from tests.destinations.sent import SYSTEM
from tests.servers.capabilities import outcome
from tests.servers.faulty import FHIR_JSON, Fault, FaultyServer, Reply

NOW = datetime(2025, 6, 18, 14, 2, tzinfo=UTC)
MRN = "https://hospital.example/mrn"

# What a server can do: ours takes our ids; theirs gives its own and finds by identifier.
OURS: dict[str, Any] = {}
OURS_SINGLY = {"transactions": False}
THEIRS = {"update_create": False}
THEIRS_SINGLY = {"update_create": False, "transactions": False}
ALL = {"ours": OURS, "ours singly": OURS_SINGLY, "theirs": THEIRS, "theirs singly": THEIRS_SINGLY}


def client(server: FaultyServer, **settings: Any) -> FhirServer:
    """A destination at this server that loses patience after a second; its clock stands at NOW."""
    return FhirServer(server.base_url, SYSTEM, **{"timeout": 1.0, "clock": FixedClock(NOW), **settings})


def ready(server: FaultyServer, **settings: Any) -> FhirServer:
    """The same, after it has asked what the server can do."""
    made = client(server, **settings)
    made.capabilities()
    return made


def told(answers: list[Answer]) -> list[tuple[str, str]]:
    """Status and code of each answer."""
    return [(answer.status, answer.code) for answer in answers]


def stored(server: FaultyServer, kind: str = "Observation") -> list[dict[str, Any]]:
    """What the server holds."""
    return [json.loads(body) for body in server.stored(kind)]


def texts(server: FaultyServer, kind: str = "Observation") -> list[str]:
    """The content that tests give a resource."""
    return [one["note"][0]["text"] for one in stored(server, kind)]


def written(server: FaultyServer) -> list[str]:
    """The writes that reached the server, as method and path."""
    return [f"{seen.method} {seen.path}" for seen in server.requests if seen.method in ("PUT", "POST")]


def says(code: int, body: dict[str, Any] | None = None, works: bool = False, **headers: str) -> Fault:
    """The server answers this, whether it did the work or not."""
    content = json.dumps(body or outcome(code, "words")).encode()
    sent = {"Content-Type": FHIR_JSON, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Fault("says", works=works, says=Reply(code, content, sent))


def refusal(*issues: dict[str, Any]) -> dict[str, Any]:
    """An OperationOutcome of errors."""
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", **issue} for issue in issues]}


def searchset(*found: dict[str, Any], paged: bool = False, mode: str = "match") -> Fault:
    """The server answers a search with these, perhaps as the first of several pages."""
    link = [{"relation": "next", "url": "x"}] if paged else []
    entries = [{"resource": one, "search": {"mode": mode}} for one in found]
    return says(200, {"resourceType": "Bundle", "type": "searchset", "entry": entries, "link": link})
