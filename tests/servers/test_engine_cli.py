"""`pumpbridge validate` with the official engine: exports and FHIR JSON, with profiles that a person brings."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bridge.cli.conformance import reason
from fhir_profiles.engine.process import Issue
from tests.cli.shell import AS_OF, COMMAND, environment, journey
from tests.servers.test_engine_process import OURS, VOLUME, profile, write

pytestmark = [pytest.mark.server, pytest.mark.slow]

ADA = journey()[0]


def validate(home: Path, folder: Path, *arguments: object, status: int = 0) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, "validate", *map(str, arguments), "--engine", str(home)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=180, cwd=folder, env=environment(COLUMNS="300")
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done


def told(home: Path, folder: Path, *arguments: object, status: int = 0) -> Any:
    return json.loads(validate(home, folder, *arguments, "--json", status=status).stdout)


def test_the_engine_is_asked_about_the_chart_of_an_export(engine_home: Path, tmp_path: Path) -> None:
    found = told(engine_home, tmp_path, ADA, "--as-of", AS_OF)
    assert found["engine"]["ran"]
    assert (found["engine"]["fhir"], found["engine"]["verdicts"]) == ("4.0.1", [])
    assert "HAPI FHIR" in found["engine"]["engine"]
    assert {(one["by"], one["severity"]) for one in found["faults"]} == {("engine", "warning")}


def test_a_profile_that_is_named_must_be_met(engine_home: Path, tmp_path: Path) -> None:
    write(tmp_path / "volume.json", VOLUME)
    write(tmp_path / "profile.json", profile())
    found = told(engine_home, tmp_path, "volume.json", "--profile", "profile.json", status=5)
    errors = [one for one in found["faults"] if one["by"] == "engine" and one["severity"] == "error"]
    assert [(one["resource"], one["rule"]) for one in errors] == [("Observation/v", "Validation_VAL_Profile_Minimum")]
    assert "Observation.device" in errors[0]["message"]
    write(tmp_path / "other.json", profile(fhirVersion="5.0.0"))
    refused = validate(engine_home, tmp_path, "volume.json", "--profile", "other.json", status=2)
    assert "it is made for FHIR 5.0.0" in refused.stderr


def test_of_a_folder_a_table_says_which_profiles_are_met(engine_home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "profiles"
    folder.mkdir()
    write(folder / "one.json", profile())
    write(folder / "two.json", profile("no-device", differential={"element": [NO_DEVICE]}))
    write(folder / "three.json", profile("of-patients", "Patient"))
    (folder / "four.fsh").write_text("Profile: Four")
    write(folder / "nameless.json", {name: item for name, item in profile().items() if name != "url"})
    found = told(engine_home, tmp_path, ADA, "--as-of", AS_OF, "--profile", "profiles")
    verdicts = found["engine"]["verdicts"]
    assert {one["profile"] for one in verdicts} == {"measured", "no-device"}, "no resource is a Patient"
    assert len({one["kind"] for one in verdicts}) > 1
    for one in verdicts:
        met = one["profile"] == "measured"
        assert one["meet"] == (one["resources"] if met else 0)
        assert one["missing"] == ({} if met else {"not allowed: Observation.device": one["resources"]})
        assert one["url"].startswith(OURS)
    assert found["engine"]["refused"] == [
        "profiles/four.fsh: FSH is a source: build it first",
        "profiles/nameless.json: it has no url, by which it could be named",
    ]
    shown = validate(engine_home, tmp_path, ADA, "--as-of", AS_OF, "--profile", "profiles")
    assert "not allowed: Observation.device" in shown.stdout
    assert "not used: profiles/four.fsh" in shown.stderr
    assert "not used: profiles/nameless.json: it has no url" in shown.stderr


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("patient.json", b'{"resourceType": "Patient"}', "patient.json: there is no definition in it"),
        ("readme.txt", b"hello", "readme.txt: there is no definition in it"),
        ("set.json", b'{"resourceType": "ValueSet", "url": "http://x/s"}', "there is no profile in this beside ours"),
        ("nameless.json", b'{"resourceType": "StructureDefinition"}', "nameless.json: it has no url"),
        ("broken.json", b"{nope", "broken.json: it cannot be read: Unexpected character"),
        ("random.tgz", b"no package at all", "random.tgz: it cannot be read: Not in GZIP format"),
        ("empty.tgz", b"", "empty.tgz: it cannot be read: it ends too early"),
        ("folder/readme.txt", b"hello", "there is no profile in this beside ours"),
    ],
)
def test_what_holds_no_profile_is_refused_and_not_passed_over(
    engine_home: Path, tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    write(tmp_path / "volume.json", VOLUME)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(content)
    named = ("--profile", name.partition("/")[0])
    refused = validate(engine_home, tmp_path, "volume.json", *named, status=2)
    assert says in refused.stderr
    if "in this beside ours" not in says:
        write(tmp_path / "good.json", profile())
        assert says in validate(engine_home, tmp_path, "volume.json", "--profile", "good.json", *named, status=2).stderr
    assert "name a StructureDefinition" in refused.stderr
    assert "REDACTED" not in refused.stderr


def test_in_r5_nothing_is_said_to_be_held_to_our_profiles(engine_home: Path, tmp_path: Path) -> None:
    found = told(engine_home, tmp_path, ADA, "--as-of", AS_OF, "--fhir", "R5")
    assert found["faults"]
    assert {one["profile"] for one in found["faults"]} == {""}


NO_DEVICE = {"id": "Observation.device", "path": "Observation.device", "max": "0"}


@pytest.mark.parametrize(
    ("rule", "element", "message", "expected"),
    [
        ("Validation_VAL_Profile_Minimum", "Device", "Device.parent: minimum required = 1",
         "missing: Device.parent"),
        ("Validation_VAL_Profile_Minimum_SLICE", "Observation", "Slice 'Observation.category:lab': a matching slice",
         "missing: Observation.category:lab"),
        ("TYPE_CHECKS_PATTERN_CC", "Observation.code", "The pattern", "another value than fixed: Observation.code"),
        ("http://x/S#us-core-1", "Observation.value.ofType(Period).start", "Constraint failed",
         "rule us-core-1: Observation.value.start"),
        ("Reference_REF_BadTargetType2", "Observation.partOf[0]", "The type",
         "reference to another type: Observation.partOf"),
    ],
)  # fmt: skip
def test_errors_are_told_without_the_values(rule: str, element: str, message: str, expected: str) -> None:
    assert reason(Issue("error", rule, element, message)) == expected
