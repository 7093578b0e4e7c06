"""The guide: its codes are the pinned tables, its profiles are claimed, its examples show every rule."""

from __future__ import annotations

import gzip
import io
import json
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from bridge.fhir_json import Json, read
from bridge.terms.table import CANONICAL, own_systems, table
from fhir_profiles import package, panel
from fhir_profiles.checks import check
from fhir_profiles.claims import TABLE, profile_of
from fhir_profiles.rules import RESOURCE_RULES, RULES
from fhir_profiles.units import UNITS
from scripts.guide import BUILT, CODES, stale
from scripts.guide_codes import foreign, text
from tests.profiles.drawn import INDEX, INVALID, VALID, charts, drawn, valid
from tests.profiles.spoilt import index, spoilt
from tests.servers.conftest import give_up

PROFILES = f"{CANONICAL}/StructureDefinition/"
DEFINITIONS = {file.stem: json.loads(file.read_text("utf-8")) for file in sorted(BUILT.glob("*.json"))}
STRUCTURES = {one["id"]: one for one in DEFINITIONS.values() if one["resourceType"] == "StructureDefinition"}
ROWS: list[dict[str, str]] = json.loads(INDEX.read_text("utf-8"))


def of_resources() -> dict[str, Any]:
    """The profiles that a resource of a chart may claim: none that is abstract, none of what is contained."""
    found = {name: one for name, one in STRUCTURES.items() if one["type"] != "Extension" and not one["abstract"]}
    return {name: one for name, one in found.items() if name != "infusate"}


# --- definitions ------------------------------------------------------------------------------------------------------


def test_the_codes_of_the_guide_are_those_of_the_tables() -> None:
    assert CODES.read_text("utf-8") == text(), "run `make guide`"


@pytest.mark.parametrize("name", own_systems())
def test_a_built_code_system_is_its_table(name: str) -> None:
    system = DEFINITIONS[f"CodeSystem-{name}"]
    assert (system["url"], system["content"]) == (f"{CANONICAL}/CodeSystem/{name}", "complete")
    rows = [(row["code"], row["display"]) for row in system["concept"]]
    assert rows == [(row.code, row.display) for row in own_systems()[name]]


def test_the_built_codes_of_others_are_the_verified_ones() -> None:
    parts = DEFINITIONS["ValueSet-codes-of-others"]["compose"]["include"]
    found = {(part["system"], row["code"]): row.get("display", "") for part in parts for row in part["concept"]}
    assert found == foreign()
    never = {(row.system, row.code) for row in table().values() if row.status in ("B", "X")}
    assert never
    assert not never & found.keys()


def test_the_built_units_are_ours() -> None:
    (part,) = DEFINITIONS["ValueSet-unit"]["compose"]["include"]
    assert {row["code"] for row in part["concept"]} == UNITS.keys()


def test_every_definition_has_one_base_a_version_and_is_active_and_experimental() -> None:
    for name, one in DEFINITIONS.items():
        assert one["version"] == package.VERSION, name
        assert (one["status"], one["experimental"]) == ("active", True), name
        fragment = one.get("content") == "fragment"
        assert fragment or one["url"] == f"{CANONICAL}/{one['resourceType']}/{one['id']}"
        assert "medplum" not in json.dumps(one).lower(), "R4 as it was published, not as one server has changed it"


def test_what_the_npm_package_had_changed_in_r4_is_put_back() -> None:
    elements = STRUCTURES["pump-finding"]["snapshot"]["element"]
    (status,) = [one for one in elements if one["id"] == "DetectedIssue.status"]
    assert status["binding"]["valueSet"] == "http://hl7.org/fhir/ValueSet/observation-status|4.0.1"


def test_every_structure_comes_with_its_snapshot() -> None:
    assert len(STRUCTURES) > 30
    assert all(one["snapshot"]["element"] and one["differential"]["element"] for one in STRUCTURES.values())


def test_no_rule_is_written_in_words_that_engines_read_differently() -> None:
    rules = [rule for one in STRUCTURES.values() for element in one["differential"]["element"]
             for rule in element.get("constraint", ())]  # fmt: skip
    assert len(rules) > 100
    assert not [rule for rule in rules if re.search(r"ofType\(| as |\.as\(|memberOf\(", rule["expression"])]


def test_the_rows_of_a_summary_are_the_same_in_both() -> None:
    (rule,) = [one for one in _constraints() if one["key"] == "itp-panel"]
    assert set(re.findall(r"'([a-z\-]+)'", rule["expression"])) == panel.PANEL | panel.VOLUMES
    assert table()["how:derived"].display == panel.CALCULATED


def _constraints() -> list[dict[str, str]]:
    elements = [element for one in STRUCTURES.values() for element in one["snapshot"]["element"]]
    rules = [rule for element in elements for rule in element.get("constraint", ())]
    return list({rule["key"]: rule for rule in rules}.values())


# --- claims -----------------------------------------------------------------------------------------------------------


def test_every_profile_is_claimed_and_every_claim_is_built() -> None:
    assert {profile for _, _, profile in TABLE} == of_resources().keys()
    assert len({row[:2] for row in TABLE}) == len(TABLE)
    assert all(STRUCTURES[profile]["type"] == kind for kind, _, profile in TABLE)


def test_what_is_claimed_by_a_code_is_claimed_by_one_of_the_table() -> None:
    codes = {row.code for row in table().values()} | {f"{name}/*" for name in own_systems()} | {"mdc/*", "*"}
    assert not [what for _, what, _ in TABLE if what.removesuffix(" bolus") not in codes]


def test_every_code_of_an_observation_is_claimed_or_stands_inside_one() -> None:
    claimed = {what for kind, what, _ in TABLE if kind == "Observation"}
    inside = panel.PANEL | {"clock-offset", "delivery-state", "delivery-reason", "finding-severity"}
    (told,) = [part for part in DEFINITIONS["ValueSet-delivery-told-codes"]["compose"]["include"]
               if part["system"].endswith("/pump-observation")]  # fmt: skip
    inside |= {row["code"] for row in told["concept"]}  # known by the state that stands beside them
    assert not {row.code for row in own_systems()["pump-observation"]} - claimed - inside


KEPT = sorted(Path(__file__).resolve().parents[2].glob("fixtures/chart/*.json"))


@pytest.mark.parametrize("file", KEPT, ids=lambda file: file.stem)
def test_every_resource_of_a_kept_chart_claims_one_profile(file: Path) -> None:
    for body in read(file.read_bytes()):
        claim = str(profile_of(body))
        assert STRUCTURES[claim.removeprefix(PROFILES)]["type"] == body["resourceType"]
        assert len({profile for kind, what, profile in TABLE if _fits(body, kind, what)}) == 1


def _fits(body: Json, kind: str, what: str) -> bool:
    """Whether a row of the table is this resource's, looked at in another way than the program does."""
    if kind != body["resourceType"]:
        return False
    concept = body.get("category") if kind == "MedicationAdministration" else body.get("type") or body.get("code")
    own = [(one["system"].rpartition("/")[2], one["code"]) for one in (concept or {}).get("coding", ())]
    bolus = any(one["url"].endswith("bolus-kind") for one in body.get("extension", ()))
    names = {f"{code} bolus" if bolus and kind == "MedicationAdministration" else code for _, code in own}
    names |= {f"{system}/*" for system, _ in own} if kind != "Flag" else set()
    special = {"intrathecal-pump-present", "chart-amended"}
    if what == "*":
        return not names & special
    return what in names and (what != "finding/*" or not names & special)


@pytest.mark.parametrize("body", [{}, {"resourceType": "Patient"}, {"resourceType": "Observation", "code": {}},
                                  {"resourceType": "Device", "type": [{"coding": [{}]}]}])  # fmt: skip
def test_what_the_bridge_does_not_write_claims_nothing(body: Json) -> None:
    assert profile_of(body) is None


def test_the_page_of_profiles_says_what_is_claimed() -> None:
    page = (BUILT.parents[1] / "docs" / "profiles.md").read_text("utf-8")
    rows = re.findall(r"^\| (\w+) \| [^|]+ \| `([^`]+)` \| (.+) \|$", page, re.MULTILINE)
    told = [(kind, what, profile) for kind, profile, kinds in rows for what in re.findall(r"`([^`]+)`", kinds)]
    assert sorted(told) == sorted(TABLE)


# --- examples ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", valid())
def test_a_valid_example_breaks_no_rule(name: str) -> None:
    assert check(valid()[name]) == ()


def test_every_profile_has_an_example() -> None:
    assert {profile_of(body) for body in valid().values()} == {f"{PROFILES}{name}" for name in of_resources()}


def test_the_examples_are_what_our_charts_hold() -> None:
    assert valid() == drawn(), "run `make guide`"
    assert all(profile_of(body) for body in charts())


def test_the_invalid_examples_are_the_valid_ones_broken_in_one_place() -> None:
    assert {file.stem: read(file.read_bytes()) for file in sorted(INVALID.glob("*.json"))} == spoilt()
    assert INDEX.read_bytes() == index()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["file"])
def test_our_rules_see_what_the_index_says(row: dict[str, str]) -> None:
    body = read((INVALID / row["file"]).read_bytes())
    found = {problem.rule for problem in check(body)}
    assert found == ({row["rule"]} if row["seen"] != "engine" else set())
    assert (VALID / row["valid"]).is_file()
    assert (row["seen"] == "both") == ("why" not in row)


def test_every_rule_has_an_invalid_example() -> None:
    rules = {rule.name for rules in (*RULES.values(), RESOURCE_RULES) for rule in rules}
    assert not rules - {row["rule"] for row in ROWS}


def test_every_rule_of_the_profiles_has_an_invalid_example() -> None:
    own = {rule["key"] for rule in _constraints() if str(rule.get("source", "")).startswith(CANONICAL)}
    assert len(own) > 35
    assert not own - {row.get("engine", "") for row in ROWS} - {"pump-strength", "itp-code"}
    # The first is seen as a contained drug that does not fit; the second is seen where a resource claims nothing.


# --- the package ------------------------------------------------------------------------------------------------------


def test_the_package_holds_every_definition_and_example_and_is_always_the_same() -> None:
    made = package.package()
    assert made == package.package()
    assert made[4:8] == bytes(4), "it does not say when it was made"
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(made))) as archive:
        files = {one.name: archive.extractfile(one).read() for one in archive}  # type: ignore[union-attr]
    about = json.loads(files["package/package.json"])
    assert (about["name"], about["fhirVersions"]) == ("pumpbridge.intrathecal", ["4.0.1"])
    rows = json.loads(files["package/.index.json"])["files"]
    assert {row["filename"] for row in rows} == {f"{name}.json" for name in DEFINITIONS}
    assert {f"package/{row['filename']}" for row in rows} < files.keys()
    shown = {row["filename"] for row in json.loads(files["package/example/.index.json"])["files"]}
    assert shown == {f"{name}.json" for name in valid()}


def test_a_package_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "nowhere" / "guide.tgz"
    done = subprocess.run(
        [sys.executable, "-m", "fhir_profiles.package", str(file)], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (1, f"{file} cannot be written: No such file or directory\n")


@pytest.mark.server
def test_the_definitions_are_what_the_guide_says() -> None:
    from scripts.guide_sushi import GuideError, installed

    try:
        installed()
    except GuideError as error:
        give_up(str(error).splitlines()[0])
    assert list(stale()) == []
