"""What the bridge can write, before the real server's validator, our profiles installed: no error, no unknown warning.

One resource of each outline; every shape is asked about in test_engine.py, of the same engine without a server.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from bridge.cli.offline import BASE
from bridge.fhir_json import Json, canonical, read
from fhir_profiles.claims import TABLE as CLAIMS
from fhir_profiles.claims import profile_of
from fhir_profiles.engine.process import OURS
from fhir_profiles.package import NAME, VERSION, package
from tests.hospital import journey
from tests.servers.hapi_server import HapiServer
from tests.servers.journey import Reader
from tests.servers.shapes import Written, chart_of
from tests.servers.verdicts import NO_CODE, PERFORMER, Finding, unexplained

EXAMPLES = OURS.parent / "examples"
LEFT = (PERFORMER, NO_CODE)


@pytest.fixture(scope="module")
def server(hapi: HapiServer) -> str:
    """The server's address, with our package installed by its own installer, as its keeper would do it."""
    status, said = hapi.install(NAME, VERSION, package())
    assert status == 200, said
    for kind in ("StructureDefinition", "ValueSet", "CodeSystem", "ConceptMap"):
        assert f"\n{kind} {len(list(OURS.glob(f'{kind}-*.json')))}\n" in said, said[-400:]
    return hapi.base_url


def judged(url: str, body: Json, profile: str | None = None) -> list[Json]:
    """What the validator finds, beyond information, held to this profile, else to ours of its kind."""
    claim = profile or profile_of(body)
    held = f"?profile={quote(claim, safe='')}" if claim else ""
    status, answer = Reader(url).call("POST", f"{body['resourceType']}/$validate{held}", canonical(body))
    assert status in (200, 400, 412, 422), (status, answer)  # 400: its parser refuses it already
    return [issue for issue in read(answer)["issue"] if issue["severity"] != "information"]


def faults(url: str, bodies: Iterable[Json], *, each_is_met: bool = True) -> list[str]:
    """What the validator finds beside the warnings that are left."""
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda body: (body, [_finding(issue) for issue in judged(url, body)]), bodies)
        return unexplained(found, LEFT, each_is_met=each_is_met)


def _finding(issue: Json) -> Finding:
    place = (issue.get("expression") or issue.get("location") or [""])[0]
    element = re.sub(r"^Bundle\.entry\[\d+\]\.resource/\*([A-Za-z]+)/.*?\*/", r"\1", place)
    return Finding(issue["severity"], element, str(issue["diagnostics"]))


@pytest.mark.server
@pytest.mark.slow
def test_every_outline_passes_the_validator(server: str, written: Written) -> None:
    outlines = written.outlines()
    assert {body["resourceType"] for body in outlines} >= {kind for kind, _, _ in CLAIMS}
    assert len(outlines) > 200
    assert faults(server, outlines) == []


@pytest.mark.server
@pytest.mark.slow
def test_the_server_refuses_what_the_engine_refuses(server: str) -> None:
    """The examples that break one rule each, as the index says whether the profiles see it.

    A server follows references to what it holds, and does not judge those to what it lacks by their words.
    """
    index = json.loads((EXAMPLES / "index.json").read_bytes())
    bodies = [read((EXAMPLES / "invalid" / one["file"]).read_bytes()) for one in index]
    with ThreadPoolExecutor(2) as pool:
        answers = pool.map(lambda one, body: judged(server, body, one["profile"]), index, bodies)
    refused = [any(issue["severity"] in ("error", "fatal") for issue in said) for said in answers]
    found = [one for one in zip(index, refused, strict=True) if one[0]["rule"] != "reference-target"]
    assert [one["file"] for one, is_refused in found if is_refused != (one["seen"] != "checks")] == []


@pytest.mark.server
@pytest.mark.slow
def test_bundles_pass_the_validator(server: str, written: Written) -> None:
    transactions = sorted(written.transactions, key=lambda bundle: len(bundle["entry"]))
    bundles = [transactions[0], *transactions[-2:], collection(chart_of(*journey()))]
    assert faults(server, bundles, each_is_met=False) == []


def collection(bodies: Iterable[Json]) -> Json:
    """A Bundle as `pumpbridge chart` writes it."""
    entries = [{"fullUrl": f"{BASE}/fhir/{body['resourceType']}/{body['id']}", "resource": body} for body in bodies]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}
