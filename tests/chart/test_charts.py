"""Every kept chart: its bytes, its structure as R4B, the profiles' rules, its order, its references, its words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from bridge.chart.commons import write_commons
from bridge.chart.resource import Resource
from bridge.chart.sheet import KINDS
from bridge.chart.write import write
from bridge.fhir_json import canonical, read
from fhir_profiles.checks import check
from tests.chart.cases import CASES
from tests.chart.given import BINDING, PROGRAMMER
from tests.chart.golden import FOLDER, lines

# What R4 allows and the profiles may yet refuse: a drug that nobody recorded has no Medication to refer to.
DRUG_UNKNOWN = {("element", "medicationCodeableConcept"), ("cardinality", "medication[x]")}


@cache
def chart(name: str) -> tuple[Resource, ...]:
    """The chart of a case."""
    course, binding = CASES[name]()
    return write(course, binding)


each = pytest.mark.parametrize("name", CASES)


@each
def test_bytes_are_the_kept_ones(name: str) -> None:
    assert lines(chart(name)) == (FOLDER / f"{name}.json").read_bytes()


@each
def test_the_same_facts_give_the_same_bytes(name: str) -> None:
    course, binding = CASES[name]()
    assert lines(write(course, binding)) == lines(chart(name))


@each
def test_structure_is_r4(name: str) -> None:
    for resource in chart(name):
        get_fhir_model_class(resource.type).model_validate_json(canonical(resource.body))


@each
def test_the_profiles_rules_hold(name: str) -> None:
    for resource in chart(name):
        found = {(problem.rule, problem.element) for problem in check(resource.body)}
        assert not found - DRUG_UNKNOWN, (resource.key, found)


@each
def test_keys_and_ids_are_unique_and_of_a_known_kind(name: str) -> None:
    resources = chart(name)
    assert len({resource.key for resource in resources}) == len(resources)
    assert len({resource.reference for resource in resources}) == len(resources)
    for resource in resources:
        parts = resource.key.split("|")
        assert len(parts) == 6
        assert KINDS[parts[0]] == resource.type
        assert resource.id == BINDING.namespace.id(resource.key)


@each
def test_what_is_referred_to_goes_before_what_refers(name: str) -> None:
    resources = chart(name)
    places = {resource.reference: place for place, resource in enumerate(resources)}
    for place, resource in enumerate(resources):
        for reference in references(resource.body):
            assert places.get(reference, -1) < place, (resource.key, reference)


@pytest.mark.parametrize("name", ["first-session", "refill", "two-drugs", "explanted", "hardly-anything"])
def test_every_reference_leads_somewhere(name: str) -> None:
    resources = chart(name)
    known = {resource.reference for resource in (*resources, *write_commons([PROGRAMMER], BINDING, "1.0.0"))}
    page_before = {"fill|0048213|Invented Pumps|IP-40|ZX000417|2025-03-03 11:20/1"}
    for resource in resources:
        missing = references(resource.body) - known - {"Patient/hosp-48213"}
        assert not missing or page_before & {resource.key}, (resource.key, missing)


def references(value: Any) -> set[str]:
    """All literal references below a value."""
    return set(_references(value))


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for below in value.values():
            yield from _references(below)
    elif isinstance(value, list):
        for below in value:
            yield from _references(below)


@each
def test_people_read_units_in_words(name: str) -> None:
    for resource in chart(name):
        for text in _texts(resource.body):
            assert not re.search(r"mcg|\bIT\b|\bOK\b|[Ss]afe\b|do not restart", text), (resource.key, text)


def _texts(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, below in value.items():
            yield from _texts(below, name)
    elif isinstance(value, list):
        for below in value:
            yield from _texts(below, key)
    elif isinstance(value, str) and key in ("text", "div", "detail", "unit", "valueString"):
        yield value


@each
def test_simulated_data_says_so_on_every_resource_and_real_data_nowhere(name: str) -> None:
    _, binding = CASES[name]()
    for resource in chart(name):
        meta = resource.body.get("meta", {})
        marks = [*meta.get("security", ()), *meta.get("tag", ())]
        assert [mark["code"] for mark in marks] == (["HTEST", "simulated"] if binding.simulated else [])


@each
def test_nothing_says_when_it_was_received_or_which_version_wrote_it(name: str) -> None:
    text = lines(chart(name)).decode()
    assert not re.search(r'"(date|issued|recorded|lastUpdated|versionId|source)":', text)
    assert "0.1.0" not in text


@each
def test_every_value_of_an_observation_is_traced(name: str) -> None:
    for resource in chart(name):
        traced = {trace.element for trace in resource.traces}
        for element in _values(resource.body):
            is_gap = "infusing-status" in resource.key
            assert element in traced or is_gap, (resource.key, element, traced)


def _values(body: dict[str, Any]) -> Iterator[str]:
    if body["resourceType"] != "Observation":
        return
    yield from (name for name in body if name.startswith("value"))
    if "pump-summary" in str(body["code"]):
        for n, component in enumerate(body["component"]):
            yield from (f"component[{n}].{name}" for name in component if name.startswith("value"))


@each
def test_a_calculated_value_is_the_bridges_own_and_says_so(name: str) -> None:
    for resource in chart(name):
        if resource.type == "Observation" and resource.body["device"] == {"reference": _bridge()}:
            assert resource.body["code"]["text"].endswith("Calculated by pumpbridge, not the pump")
            assert resource.body["derivedFrom"]
            arithmetic, *inputs = resource.traces
            assert arithmetic.arithmetic
            assert all(trace.arithmetic or (trace.export and trace.where) for trace in inputs)


def _bridge() -> str:
    return write_commons([], BINDING, "1.0.0")[-1].reference


def test_kept_charts_are_all_of_a_case() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(CASES)


def test_digits_are_kept() -> None:
    kept = read((FOLDER / "refill.json").read_bytes())
    doses = [str(r["dosage"]["rateQuantity"]["value"]) for r in kept if "rateQuantity" in r.get("dosage", {})]
    assert doses == ["400.00"]
    odd = (FOLDER / "odd-values.json").read_text()
    assert '"unit":"mL/day","value":0.200}' in odd
