"""A site's findings file: read, refused with a remedy, and part of the mapping."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge import config
from bridge.errors import ConfigError
from tests.course.building import continuous
from tests.findings.test_dose import given
from tests.findings.test_standing import CONFIRMED, DOUBLED, FIRST
from tests.hospital import Hospital

OFF = '[audience]\n"delivery-interrupted" = "off"\n"dose-triangle" = "operator"\n'
NAMED = '[findings]\nfile = "findings.toml"\n'


def put(folder: Path, text: str, mode: int = 0o600) -> Path:
    file = folder / "findings.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return file


def test_a_file_moves_findings_and_none_moves_none(tmp_path: Path) -> None:
    moved = config.read_audiences(put(tmp_path, OFF))
    assert moved == {"delivery-interrupted": "off", "dose-triangle": "operator"}
    assert config.read_audiences(put(tmp_path, "")) == {}
    assert config.read_audiences(None) == {}


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ('[audience]\n"no-such-finding" = "ward"', "config-findings", "no finding is called no-such-finding"),
        (
            '[audience]\n"dose-triangle" = "nurse"',
            "config-findings",
            "dose-triangle must be ward, clinic, operator or off",
        ),
        ('[audience]\n"dose-triangle" = ["ward"]', "config-findings", "dose-triangle must be"),
        ('audience = "ward"', "config-findings", "one table"),
        ('[severity]\n"dose-triangle" = "low"', "config-findings", "one table"),
        ("[audience", "config-not-toml", "not TOML"),
    ],
)
def test_a_wrong_file_is_refused_with_a_remedy(tmp_path: Path, text: str, code: str, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        config.read_audiences(put(tmp_path, text))
    assert (refused.value.code, refused.value.where) == (code, str(tmp_path / "findings.toml"))
    assert says in refused.value.message
    assert refused.value.remedy


def test_a_file_that_is_not_there_or_that_others_can_write_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as missing:
        config.read_audiences(tmp_path / "findings.toml")
    assert (missing.value.code, "[findings] file" in missing.value.remedy) == ("config-unreadable", True)
    with pytest.raises(ConfigError) as shared:
        config.read_audiences(put(tmp_path, OFF, mode=0o666))
    assert shared.value.code == "config-readable-by-others"


def codes(hospital: Hospital) -> list[tuple[str, str]]:
    """Type and status of what the folder holds of findings."""
    bodies = [json.loads(file.read_bytes()) for file in (hospital.folder / "charts").rglob("*.json")]
    return sorted(
        (body["resourceType"], body["status"])
        for body in bodies
        if body.get("resourceType") in ("DetectedIssue", "Flag") and "dose-change" in json.dumps(body["code"])
    )


def test_another_findings_file_is_another_mapping_that_waits_for_a_person(tmp_path: Path) -> None:
    put(tmp_path, "")
    with Hospital(tmp_path, extra=NAMED) as hospital:
        hospital.take(FIRST, DOUBLED)
        hospital.apply()
        assert codes(hospital) == [("DetectedIssue", "preliminary"), ("Flag", "active")]
        put(tmp_path, '[audience]\n"dose-change-unexplained" = "clinic"\n')
        hospital.reopen()
        hospital.apply()
        assert ("Flag", "active") in codes(hospital)
        hospital.apply(mapping=True)
        assert codes(hospital) == [("DetectedIssue", "preliminary"), ("Flag", "entered-in-error")]


def test_at_a_destination_a_flag_ends_with_the_next_session_and_history_raises_none(tmp_path: Path) -> None:
    with Hospital(tmp_path) as hospital:
        hospital.take(FIRST, DOUBLED)
        hospital.apply()
        assert codes(hospital) == [("DetectedIssue", "preliminary"), ("Flag", "active")]
        hospital.take(CONFIRMED)
        hospital.apply()
        assert codes(hospital) == [("DetectedIssue", "final"), ("Flag", "inactive")]
        hospital.take(given(3, continuous("100.00", "0.050"), type="refill"))  # before both, and a quarter of the dose
        hospital.apply()
        flags = [status for kind, status in codes(hospital) if kind == "Flag"]
        assert len(flags) >= 2
        assert set(flags) == {"inactive"}
