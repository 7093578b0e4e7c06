"""What the chart tells of a pump from its family: constant flow, and MR labelling by region and label date."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from fhir.resources.R4B import get_fhir_model_class

from bridge.chart.family import constant_flow, mr_notes, telemetry_words
from bridge.chart.resource import Resource
from bridge.chart.write import write
from bridge.config.values import MrRegion
from bridge.families.facts import CONFIRM
from bridge.families.table import families
from bridge.fhir_json import canonical
from bridge.identity import PumpIdentity
from fhir_profiles.checks import check
from tests.chart.given import bound
from tests.course.building import continuous, course, export, found, q
from tests.hospital import Hospital

CONSTANT = ("Codman", "Codman 3000")
SYNCHROMED = ("Medtronic", "8637-40")
UNLISTED = ("Invented Pumps", "IP-40")
SENTENCE = "This pump cannot be interrogated or switched off."


def chart(maker: str, model: str, kind: str = "session", mr_region: str = "") -> tuple[Resource, ...]:
    """The chart of one report of a pump of this model; the serial is invented."""
    pump = {"manufacturer": maker, "model": model, "serial": "TX000001", "implanted": "2025-03-03"}
    refill = {"filled_at": "2025-03-03T10:10+00:00", "filled": q("16.0", "mL")}
    return write(
        course(export("2025-03-03T10:00+00:00", kind=kind, pump=pump, refills=[refill])), bound(mr_region=mr_region)
    )


def of(resources: tuple[Resource, ...], kind: str) -> dict[str, Any]:
    """The one resource of a kind."""
    (found,) = [resource for resource in resources if resource.key.startswith(f"{kind}|")]
    return found.body


def test_a_constant_flow_pump_says_so_in_flag_panel_and_device() -> None:
    resources = chart(*CONSTANT, kind="worksheet")
    flag = of(resources, "pump-present")
    assert flag["code"]["text"].startswith(f"Implanted intrathecal pump. {SENTENCE} If the drug stops abruptly")
    assert SENTENCE in flag["text"]["div"]
    assert "cannot be interrogated or switched off" in of(resources, "summary")["text"]["div"]
    pump = of(resources, "pump")
    assert pump["type"]["text"] == "Implanted constant-flow intrathecal infusion pump"
    assert "programmable" not in canonical(pump).decode()


@pytest.mark.parametrize("model", [SYNCHROMED, UNLISTED])
def test_a_pump_that_can_be_interrogated_or_is_unlisted_says_nothing_of_it(model: tuple[str, str]) -> None:
    resources = chart(*model)
    assert "interrogated" not in canonical(of(resources, "pump-present")).decode()
    assert SENTENCE.rstrip(".") not in canonical(of(resources, "summary")).decode()
    assert of(resources, "pump")["type"]["text"] == "Implanted programmable intrathecal infusion pump"


def test_mr_labelling_stands_in_the_notes_of_the_device_alone() -> None:
    resources = chart(*SYNCHROMED)
    notes = of(resources, "pump")["note"]
    first = notes[0]["text"]
    assert first.startswith(
        "MR labelling of SynchroMed II, as published, not stated by the pump. Label 2023-11-21, region HK"
    )
    assert [CONFIRM in note["text"] for note in notes] == [True] * len(notes)
    assert CONFIRM in of(resources, "pump")["text"]["div"]
    others = [resource for resource in resources if not resource.key.startswith("pump|")]
    assert not any("MR labelling" in canonical(resource.body).decode() for resource in others)


def regions(region: str, maker: str = "Medtronic", model: str = "8637-40") -> set[str]:
    """Whose labels the notes tell."""
    notes = mr_notes(PumpIdentity(maker, model, "TX000001"), region)
    return {re.search(r"region (\w+)", note["text"])[1] for note in notes}  # type: ignore[index]


def test_with_a_region_the_labels_of_that_region_are_told_and_without_one_each_by_name() -> None:
    assert regions("") == {"US", "UK", "AU", "HK"}
    assert regions("UK") == {"UK"}
    assert regions("EU", "Flowonix", "91827") == {"EU"}


def test_where_no_label_of_the_region_is_known_those_of_the_others_stand_with_their_names() -> None:
    assert regions("EU") == regions("")


def test_the_regions_that_can_be_configured_are_those_of_the_labels() -> None:
    known = {label.region for family in families().values() for label in family.mr}
    assert set(get_args(MrRegion)) == known - {"any"}


def test_the_device_tells_the_labels_of_the_configured_region() -> None:
    notes = [note["text"] for note in of(chart(*SYNCHROMED, mr_region="HK"), "pump")["note"]]
    assert len(notes) == 1
    assert "region HK" in notes[0]


def test_another_region_is_another_mapping_that_waits_for_a_person(tmp_path: Path) -> None:
    pump = {"manufacturer": SYNCHROMED[0], "model": SYNCHROMED[1], "serial": "TX000001", "implanted": "2025-03-03"}
    file = tmp_path / "pumpbridge.toml"
    with Hospital(tmp_path) as hospital:
        hospital.take(export("2025-08-03T10:00+01:00", found(continuous()), pump=pump))
        hospital.apply()
        file.write_text(file.read_text().replace("[site]", '[site]\nmr_region = "HK"'))
        hospital.reopen()
        told = []
        for consent in ({}, {"mapping": True}):
            hospital.apply(**consent)
            bodies = [json.loads(one.read_bytes()) for one in (tmp_path / "charts").rglob("*.json")]
            told += [len(body["note"]) for body in bodies if body.get("serialNumber") == "TX000001"]
    assert told == [5, 1]  # two of the UK


def test_an_unlisted_pump_has_no_notes() -> None:
    assert "note" not in of(chart(*UNLISTED), "pump")


@pytest.mark.parametrize("model", [CONSTANT, SYNCHROMED])
def test_structure_and_profiles_hold(model: tuple[str, str]) -> None:
    pump = of(chart(*model), "pump")
    get_fhir_model_class("Device").model_validate_json(canonical(pump))
    assert not check(pump)


@pytest.mark.parametrize("family", families().values(), ids=lambda family: family.key)
def test_no_label_says_safe_and_each_asks_to_confirm(family: Any) -> None:
    for model in family.models or family.names:
        for note in mr_notes(PumpIdentity(family.makers[0], model, "TX000001")):
            assert not re.search(r"\bsafe\b", note["text"], re.IGNORECASE)
            assert CONFIRM in note["text"]
            assert "region" in note["text"]


def test_without_a_pump_nothing_is_told() -> None:
    assert (constant_flow(None), telemetry_words(None), mr_notes(None)) == (False, "", [])
