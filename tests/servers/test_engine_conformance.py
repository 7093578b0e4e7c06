"""Which profiles of the International Patient Summary our charts meet: what docs/profiles.md says, and nothing better.

Charts with the Patient of a destination: IPS wants a literal reference. Its Observation profiles are about pregnancy,
smoking, laboratories and radiology; none of ours is meant to meet them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.cli.conformance import Verdict, verdicts
from bridge.cli.engine import kind_of
from bridge.fhir_json import Json
from fhir_profiles.engine.process import running
from tests.servers.conftest import give_up
from tests.servers.maven import ServerUnavailable
from tests.servers.npm import ensure_installed
from tests.servers.shapes import Written, outline

pytestmark = [pytest.mark.server, pytest.mark.slow]

IPS = Path(__file__).parent / "ips"
PAGE = Path(__file__).parents[2] / "docs" / "profiles.md"
DEVICES = ("bridge-software", "clinician-programmer", "hospital-pump", "implanted-pump", "intrathecal-catheter")
MET = {(kind, profile) for kind in DEVICES for profile in ("Device-uv-ips", "Device-observer-uv-ips")} | {
    ("pump-use", "DeviceUseStatement-uv-ips"),
    ("reservoir-drug", "Medication-uv-ips"),
    ("pump-programme", "MedicationRequest-uv-ips"),
    ("pump-procedure", "Procedure-uv-ips"),
    ("use-told", "Procedure-uv-ips"),
    ("pump-centre", "Organization-uv-ips"),
}
PARTLY = {("pump-flag", "Flag-alert-uv-ips"), ("pump-present", "Flag-alert-uv-ips")}
ENDED = {"another value than fixed: Flag.status"}


@pytest.fixture(scope="module")
def ips() -> Path:
    """Return where the packages are, installed first."""
    try:
        ensure_installed(IPS)
    except ServerUnavailable as unavailable:
        give_up(unavailable.reason)
    return IPS / "node_modules"


@pytest.fixture(scope="module")
def found(engine_home: Path, ips: Path, written: Written) -> list[Verdict]:
    bodies = {(kind_of(body), outline(body)): (kind_of(body), body) for body in written.resources if has_patient(body)}
    with running(engine_home, definitions=[ips]) as engine:
        assert engine.loaded.refused == ()
        profiles = [one for one in engine.loaded.profiles if "/uv/ips/" in one.url and one.type != "Observation"]
        return verdicts(engine, bodies.values(), profiles)


def has_patient(body: Json) -> bool:
    """Whether the patient is referred to, or there is none to refer to."""
    return "subject" not in body or "reference" in body["subject"]


def test_what_is_met_is_met_and_nothing_else_is_claimed(found: list[Verdict]) -> None:
    assert {(one.kind, one.profile) for one in found if one.says == "meets"} == MET
    assert {(one.kind, one.profile) for one in found if one.says == "partly"} == PARTLY
    assert [one for one in found if one.says == "not"] == []
    assert {why for one in found for why in one.missing} == ENDED


def test_the_page_says_so() -> None:
    table = [line.split("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    rows = {name: cells[3] for cells in table for name in cells[1].split("`")[1::2]}
    for kind, profile in sorted(MET | PARTLY):
        assert f"`{profile}`" in rows[kind], (kind, profile)
        assert rows[kind].strip().startswith("meets" if (kind, profile) in MET else "partly"), kind
