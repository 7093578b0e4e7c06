"""Each case's interrogation, byte for byte; one session in three encodings; every field of the model somewhere."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.session_csv import ADAPTER as CSV
from adapters.session_json import ADAPTER as JSON
from adapters.session_xml import ADAPTER as XML
from bridge.adapter import Adapter
from bridge.interrogation import Interrogation, dump, fields_of, load, stated
from tests.adapters.sessions import bare, covered, document_of, pretty

FIXTURES = Path(__file__).parents[2] / "fixtures"
ADAPTERS: dict[str, Adapter] = {adapter.name: adapter for adapter in (JSON, CSV, XML)}
CASES = sorted(folder.relative_to(FIXTURES) for name in ADAPTERS for folder in (FIXTURES / name).iterdir())
NAMES = sorted({case.name for case in CASES})


def read(adapter: str, case: str) -> Interrogation:
    (path,) = (FIXTURES / adapter / case).glob("export.*")
    (found,) = ADAPTERS[adapter].read(path.read_bytes())
    return found


@pytest.mark.parametrize("case", CASES, ids=str)
def test_golden(case: Path) -> None:
    found = dump(read(case.parent.name, case.name))
    assert pretty(found) == (FIXTURES / case / "expected.json").read_bytes()
    assert dump(load(found)) == found
    assert (FIXTURES / case / "why.md").read_text(encoding="utf-8").startswith(f"# {case.name}\n")


@pytest.mark.parametrize("name", NAMES)
def test_one_session_in_three_encodings(name: str) -> None:
    first, second, third = (bare(read(adapter, name)) for adapter in ADAPTERS)
    assert first == second == third


@pytest.mark.parametrize("name", NAMES)
def test_only_invented_data(name: str) -> None:
    found = read("session_json", name)
    assert found.is_simulated
    assert stated(found.pump.manufacturer) == "Invented Pumps"


def test_the_cases_state_every_field_of_the_model() -> None:
    seen = set().union(*(covered(read("session_json", name)) for name in NAMES))
    assert seen == all_fields(Interrogation)


def all_fields(group: Any) -> set[str]:
    names: set[str] = set()
    for field in fields_of(group):
        names.add(f"{group.__name__}.{field.name}")
        if field.group:
            names |= all_fields(field.group)
    return names


def test_digits_of_a_json_number_are_kept() -> None:
    found = read("session_json", "implant-priming")
    programme = found.channel.states[0].programme
    assert programme is not None
    daily = programme.doses[0].daily
    assert daily is not None
    assert daily.value is not None
    assert daily.text == "250.00 mcg/day"
    assert str(daily.value) == "250.00 ug/d"


def test_the_german_twin_is_the_same_pump() -> None:
    """2,0 mg/mL and 0,4 mg/Tag are 2000 mcg/mL and 400 mcg/day; the printed text stays as it was."""
    state = read("session_csv", "locale-twin").channel.states[0]
    concentration, programme = state.drugs[0].concentration, state.programme
    assert concentration is not None
    assert concentration.value is not None
    assert concentration.text == "2,0 mg/mL"
    assert concentration.value.to("ug/mL").value == Decimal(2000)
    assert programme is not None
    daily = programme.doses[0].daily
    assert daily is not None
    assert daily.value is not None
    assert daily.text == "0,4 mg/Tag"
    assert str(daily.value.to("ug/d")) == "400 ug/d"


def test_unreadable_is_neither_absent_nor_zero() -> None:
    found = read("session_xml", "illegible")
    programme = found.channel.states[0].programme
    assert programme is not None
    daily = programme.doses[0].daily
    assert daily is not None
    assert daily.value is None
    assert daily.text == "4?0.00 mcg/day"
    assert found.channel.alarm_status is not None
    assert found.channel.alarm_status.value is None
    assert found.channel.states[0].volume is not None
    assert found.channel.states[0].volume.text == "< 2.0 mL"


def test_a_place_leads_to_its_value() -> None:
    content = (FIXTURES / "session_json" / "bridge" / "export.json").read_bytes()
    node = json.loads(content)
    remaining = read("session_json", "bridge").channel.boluses[0].remaining
    assert remaining is not None
    for step in remaining.where.split("/")[1:]:
        node = node[int(step)] if isinstance(node, list) else node[step]
    assert node == {"value": "0.333", "unit": "mL", "how": "calculated"}


def test_a_line_leads_to_its_value() -> None:
    lines = (FIXTURES / "session_csv" / "bridge" / "export.csv").read_text(encoding="utf-8").splitlines()
    remaining = read("session_csv", "bridge").channel.boluses[0].remaining
    assert remaining is not None
    number, _, name = remaining.where.removeprefix("line ").partition(", ")
    assert name == "remaining"
    assert lines[int(number) - 1] == "remaining;0.333;mL;calculated"


def test_an_xpath_leads_to_its_value() -> None:
    from lxml import etree

    root: Any = etree.parse(str(FIXTURES / "session_xml" / "bridge" / "export.xml"))
    remaining = read("session_xml", "bridge").channel.boluses[0].remaining
    assert remaining is not None
    path, _, line = remaining.where.partition(" (line ")
    (element,) = root.xpath(path)
    assert (element.text, f"{element.sourceline})") == ("0.333", line)


JOURNEY = FIXTURES / "journey"


@pytest.mark.parametrize("path", sorted(JOURNEY.rglob("*.json")), ids=lambda path: path.name)
def test_the_journey_can_be_read(path: Path) -> None:
    (found,) = JSON.read(path.read_bytes())
    assert found.is_simulated
    assert stated(found.session.revision) in (1, 2)
    assert document_of(found)["patient"]["system"] == "MRN"


def test_the_correction_is_the_same_session_at_a_higher_revision() -> None:
    (first,) = JSON.read((JOURNEY / "07-bram-refill.json").read_bytes())
    (second,) = JSON.read((JOURNEY / "corrected" / "07-bram-refill-revision-2.json").read_bytes())
    assert first.pump_identity == second.pump_identity
    assert stated(first.session.start) == stated(second.session.start)
    assert (stated(first.session.revision), stated(second.session.revision)) == (1, 2)
    assert bare(first.channel.refills[0]) != bare(second.channel.refills[0])


def test_the_late_export_lies_between_two_others() -> None:
    names = ("05-bram-implant.json", "late/12-bram-check.json", "06-bram-refill.json")
    starts = [stated(JSON.read((JOURNEY / name).read_bytes())[0].session.start) for name in names]
    moments = [start.local for start in starts if start is not None]
    assert moments == sorted(moments)


def test_what_is_withdrawn_is_one_of_the_journey() -> None:
    names = (JOURNEY / "withdrawn.txt").read_text(encoding="utf-8").split()
    assert names
    assert all((JOURNEY / name).is_file() for name in names)
