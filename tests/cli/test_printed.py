"""Printed reports, as text and as PDF, through the verbs: what a person does with a file that a programmer printed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.shell import FIXTURES, Shell

ROOT = FIXTURES.parent
ADAPTERS = ("synchromed_report", "prometra_inquiry", "medstream_report", "constant_flow_sheet")
REPORTS = [file for name in ADAPTERS for file in sorted((ROOT / name).glob("*/export.*"))]
ZONE = ("--zone", "Europe/London")


def named(file: Path) -> str:
    """A report as a test's name."""
    return f"{file.parent.parent.name}/{file.parent.name}{file.suffix}"


def of_type(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """The resources of a type in a Bundle."""
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]


def test_there_is_a_report_of_every_adapter() -> None:
    assert {file.parent.parent.name for file in REPORTS} == set(ADAPTERS)
    assert {file.suffix for file in REPORTS} == {".txt", ".pdf"}


@pytest.mark.parametrize("file", REPORTS, ids=named)
def test_a_report_is_inspected_and_charted(shell: Shell, file: Path) -> None:
    found = shell.json("inspect", file)
    assert found["adapter"] == file.parent.parent.name
    places = [row["where"] for rows in found["interrogations"] for row in rows]
    assert places
    assert all(place.startswith("page ") for place in places)
    bundle = shell("chart", file, *ZONE, "--as-of", "2026-01-01T00:00Z").facts
    assert {"Device", "Observation", "DocumentReference"} <= {e["resource"]["resourceType"] for e in bundle["entry"]}


def test_a_report_says_what_kind_of_file_it_came_as(shell: Shell) -> None:
    for file, kind in (("flex-refill/export.pdf", "application/pdf"), ("bridge/export.txt", "text/plain")):
        bundle = shell("chart", ROOT / "synchromed_report" / file, *ZONE).facts
        (document,) = of_type(bundle, "DocumentReference")
        assert document["content"][0]["attachment"]["contentType"] == kind


@pytest.mark.parametrize("code", ["pdf-encrypted", "pdf-without-text"])
def test_a_pdf_that_cannot_be_read_says_what_to_do(shell: Shell, code: str) -> None:
    for verb, more in (("inspect", ()), ("chart", ZONE)):
        done = shell(verb, ROOT / "bad" / code / "export.pdf", *more, status=4)
        assert f"error {code}:" in done.err
        assert "remedy:" in done.err
        assert done.out == ""


def test_a_report_without_a_zone_asks_for_it(shell: Shell) -> None:
    assert "zone-missing" in shell("chart", ROOT / "synchromed_report" / "bridge" / "export.txt", status=2).err


def test_reports_become_a_course(site: Shell) -> None:
    site("import", *REPORTS)
    pumps = [pump for pump in site.json("pumps")["pumps"] if pump["courses"]]
    assert len(pumps) > len(ADAPTERS)
    for pump in pumps:
        name = "|".join(pump[part] for part in ("manufacturer", "model", "serial"))
        for found in site.json("course", name)["courses"]:
            assert found["last_read"] is not None
        site("course", name, "--plot")
    assert site.json("findings")["courses"] == sum(len(pump["courses"]) for pump in pumps)
