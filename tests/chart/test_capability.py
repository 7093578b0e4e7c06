"""The capability plan, and charts for destinations that do not take every type: nothing dangles or is overstated."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from html import unescape
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.chart import administration
from bridge.chart.capability import EVERYTHING, TYPES, CapabilityPlan, decided
from bridge.chart.commons import write_commons
from bridge.chart.resource import Resource
from bridge.chart.retraction import retracted
from bridge.chart.sheet import KINDS, kind_of
from bridge.chart.write import write
from bridge.fhir_json import canonical, read
from bridge.plan import subtract, weightiest
from fhir_profiles.checks import check
from fhir_profiles.structure import Structure
from tests.chart.cases import CASES
from tests.chart.given import BINDING, PROGRAMMER
from tests.chart.test_charts import DRUG_UNKNOWN, references

OURS = TYPES - {"DeviceUsage", "DeviceAssociation"}  # which R4 does not have
EPIC = decided(
    {"Observation", "Procedure", "DocumentReference", "Communication"},
    {"Observation", "Procedure", "DocumentReference"},
)
_ORACLE = {"DocumentReference", "Communication", "MedicationRequest", "Observation"}
ORACLE = decided(_ORACLE, _ORACLE)
VALUES = decided({"Observation"}, {"Observation"})
STRUCTURE = Structure(always=True)

each = pytest.mark.parametrize("name", CASES)
plans = pytest.mark.parametrize("plan", [EPIC, ORACLE, VALUES], ids=["epic", "oracle", "values"])


@cache
def chart(name: str, plan: CapabilityPlan = EVERYTHING) -> tuple[Resource, ...]:
    """The chart of a case for a destination of this plan."""
    course, binding = CASES[name]()
    return write(course, dataclasses.replace(binding, capability=plan))


# --- the plan ---------------------------------------------------------------------------------------------------------


def test_what_takes_everything_gets_everything_as_it_is() -> None:
    assert decided(TYPES, TYPES) == EVERYTHING
    assert all(EVERYTHING.sends(kind) and EVERYTHING.told_as(kind) == kind for kind in TYPES)


def test_each_type_goes_where_it_can_be_told() -> None:
    assert {one.type: one.instead for one in EPIC.departures} == {
        "Device": "", "Organization": "", "Medication": "", "Provenance": "", "DeviceUseStatement": "Procedure",
        "MedicationRequest": "Observation", "MedicationAdministration": "Observation", "DetectedIssue": "Observation",
        "Flag": "Observation",
    }  # fmt: skip
    assert (ORACLE.told_as("Flag"), ORACLE.told_as("DeviceUseStatement")) == ("Communication", "Observation")
    assert (ORACLE.told_as("Procedure"), ORACLE.sends("MedicationRequest")) == ("Observation", True)


def test_what_can_be_created_only_is_not_taken_and_says_why() -> None:
    (flag,) = decided(OURS - {"Flag"}, OURS - {"Flag", "Communication"}).departures
    assert (flag.type, flag.instead) == ("Flag", "Observation")
    (document,) = decided(OURS, OURS - {"DocumentReference"}).departures
    assert "neither amended nor taken back" in str(document)
    (provenance,) = decided(OURS - {"Provenance"}, OURS).departures
    assert "not created" in provenance.because


def test_what_is_left_out_says_what_is_left_of_it() -> None:
    for departure in (*EPIC.departures, *decided((), ()).departures):
        assert bool(departure.left) == (not departure.instead)
        assert str(departure).startswith(departure.type)


def test_a_destination_that_takes_nothing_is_known() -> None:
    assert decided((), ()).tells_nothing
    assert decided((), (), "R5").tells_nothing
    assert not decided({"DocumentReference"}, {"DocumentReference"}).tells_nothing
    assert not EVERYTHING.tells_nothing


# --- charts -----------------------------------------------------------------------------------------------------------


def sound(resource: Resource) -> None:
    found = {(problem.rule, problem.element) for problem in check(resource.body)} - DRUG_UNKNOWN
    assert not found, (resource.key, found)
    assert not STRUCTURE.check(resource.body), resource.key


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_set_of_types_gives_a_sound_chart_without_a_loose_reference(data: Any) -> None:
    taken = data.draw(st.sets(st.sampled_from(sorted(OURS))))
    plan, name = decided(taken, taken), data.draw(st.sampled_from(sorted(CASES)))
    course, binding = CASES[name]()
    made = write(course, dataclasses.replace(binding, capability=plan))
    for resource in made:
        sound(resource)
        assert resource.type in taken
        for reference in references(resource.body) - {"#drug"}:
            assert reference.partition("/")[0] in taken | {"Patient"}, (resource.key, reference)
        assert not set(by_our_key(resource.body)) - {"Device", "Organization"}, resource.key


def by_our_key(value: Any) -> Iterator[str]:
    """The types of what is referred to by a key of ours alone: only what is there without a chart may be."""
    if isinstance(value, dict):
        if "display" in value and value.get("identifier", {}).get("system", "").endswith("/sid/key"):
            yield value["type"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from by_our_key(item)


@each
@plans
def test_each_fact_has_one_resource_of_the_type_that_tells_it(name: str, plan: CapabilityPlan) -> None:
    made = chart(name, plan)
    assert len({resource.key for resource in made}) == len(made)
    for resource in made:
        kind = kind_of(resource.key)
        assert resource.type == plan.told_as(KINDS[kind])
        assert (resource.key.partition("|")[0] == kind) == plan.sends(KINDS[kind])
        assert resource.id == BINDING.namespace.id(resource.key)
    native = [(kind_of(r.key), r.key.split("|")[5]) for r in chart(name) if plan.told_as(r.type)]
    assert sorted(native) == sorted((kind_of(r.key), r.key.split("|")[5]) for r in made)


@each
@plans
def test_what_is_referred_to_goes_before_what_refers(name: str, plan: CapabilityPlan) -> None:
    places = {resource.reference: place for place, resource in enumerate(chart(name, plan))}
    for place, resource in enumerate(chart(name, plan)):
        assert all(places.get(one, -1) < place for one in references(resource.body)), resource.key


@each
@pytest.mark.parametrize("left_out", ["Procedure", "MedicationAdministration"])
def test_it_is_sent_in_that_order_and_what_is_closed_before_what_runs(name: str, left_out: str) -> None:
    plan = decided(OURS - {left_out}, OURS - {left_out})
    entries = subtract(chart(name, plan), (), weightiest(("new",))).entries
    places = {f"{entry.type}/{entry.id}": place for place, entry in enumerate(entries)}
    for place, entry in enumerate(entries):
        assert all(places.get(one, -1) < place for one in references(read(entry.body))), entry.key
    told = [(one.type, one.body) for one in entries if "-as-" in one.key]
    running = [administration.runs(*one) for one in told if administration.is_administration(*one)]
    assert running == sorted(running)


@each
@plans
def test_what_is_taken_back_says_so_in_the_type_that_tells_it(name: str, plan: CapabilityPlan) -> None:
    for resource in chart(name, plan):
        body = retracted(resource.body)
        assert body["status"] == "entered-in-error"
        assert not {problem.rule for problem in check(body)} - {rule for rule, _ in DRUG_UNKNOWN}, resource.key
        assert not administration.runs(resource.type, canonical(body)), resource.key


@each
def test_a_delivery_is_told_with_all_that_its_administration_says(name: str) -> None:
    told = {kind_and_name(one): one.body for one in chart(name, EPIC)}
    for resource in chart(name):
        if resource.type != "MedicationAdministration":
            continue
        body, observed = resource.body, told[kind_and_name(resource)]
        assert administration.state(observed) == body["status"]
        assert observed["effectivePeriod"] == body["effectivePeriod"]
        assert (observed["text"], observed["note"]) == (body["text"], body["note"])
        assert observed.get("extension", []) == body.get("extension", [])
        assert body["category"] in observed["category"]
        numbers = set(quantities(body.get("dosage", {})))
        assert numbers <= set(quantities(observed)), (resource.key, numbers)
        running = body["status"] in ("in-progress", "unknown")
        assert (observed["status"] == "preliminary") == running
        assert administration.runs("Observation", canonical(observed)) == (body["status"] == "in-progress")


def kind_and_name(resource: Resource) -> tuple[str, str]:
    return kind_of(resource.key), resource.key.split("|")[5]


def quantities(value: Any) -> Iterator[tuple[Decimal, str]]:
    """Every quantity below a value; a dose given in 24 hours is one a day."""
    if isinstance(value, dict):
        if "numerator" in value and value["denominator"].get("code") == "h":
            value = [{**value["numerator"], "code": "ug/d"}]
        elif "value" in value and "code" in value:
            yield value["value"], value["code"]
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in below:
        yield from quantities(item)


@each
@plans
def test_what_is_open_is_never_final(name: str, plan: CapabilityPlan) -> None:
    native = {kind_and_name(resource): resource for resource in chart(name)}
    for resource in chart(name, plan):
        status = native[kind_and_name(resource)].body.get("status")
        if plan.sends(KINDS[kind_of(resource.key)]) or resource.type == "Procedure":
            continue
        if status in ("active", "in-progress", "preliminary", "unknown"):
            assert resource.body["status"] in ("preliminary", "in-progress"), resource.key


@each
def test_a_flag_is_told_to_the_ward_in_its_own_words(name: str) -> None:
    told = {kind_and_name(one): one.body for one in chart(name, ORACLE) if one.type == "Communication"}
    flags = [one for one in chart(name) if one.type == "Flag"]
    assert len(flags) == len(told)
    for flag in flags:
        body = told[kind_and_name(flag)]
        assert f">{body['payload'][0]['contentString']}<" in unescape(flag.body["text"]["div"])
        assert body["topic"]["coding"] == flag.body["code"]["coding"]
        over = flag.body["status"] == "inactive"
        ended = over and "end" in flag.body.get("period", {})
        assert body["status"] == ("completed" if ended else "unknown" if over else "in-progress")


@each
def test_where_no_provenance_is_taken_values_name_their_export(name: str) -> None:
    for resource in chart(name, EPIC):
        kind = kind_of(resource.key)
        if resource.type == "Observation" and resource.rests_on and KINDS[kind] in ("Observation", "MedicationRequest"):
            assert resource.body["derivedFrom"], resource.key


@each
def test_a_programme_is_told_with_every_step(name: str) -> None:
    told = {kind_and_name(one): one.body for one in chart(name, EPIC)}
    for resource in chart(name):
        if resource.type == "MedicationRequest":
            body = told[kind_and_name(resource)]
            assert body["text"] == resource.body["text"]
            assert body["valueString"] in unescape(body["text"]["div"])
            assert set(quantities(resource.body.get("dosageInstruction", []))) <= set(quantities(body)) or (
                "a day" in body["valueString"] or "every" in body["valueString"]
            )


def test_a_pump_that_is_not_taken_goes_by_its_serial_number() -> None:
    pump = {
        "type": "Device",
        "identifier": {"system": "https://pumpbridge.invalid/sid/serial-invented-pumps", "value": "ZX000417"},
        "display": "Invented Pumps IP-40, serial ZX000417",
    }
    made = chart("first-session", EPIC)
    assert pump in [resource.body.get("device") for resource in made if resource.type == "Observation"]
    used = [resource.body["focalDevice"][0]["manipulated"] for resource in made if resource.type == "Procedure"]
    assert used
    assert all(device == pump for device in used)
    (document,) = [resource for resource in made if resource.type == "DocumentReference"]
    assert document.body["author"][0]["display"] == "Clinician programmer CP-1, serial P000035"


def test_the_hospitals_own_device_stays_a_reference() -> None:
    course, binding = CASES["first-session"]()
    made = write(course, dataclasses.replace(binding, capability=EPIC, pump="Device/theirs-7"))
    assert {"reference": "Device/theirs-7"} in [one.body.get("device") for one in made]


def test_commons_hold_only_what_is_taken() -> None:
    assert write_commons([PROGRAMMER], dataclasses.replace(BINDING, capability=EPIC), "1") == ()
    taken = decided(OURS - {"Organization"}, OURS - {"Organization"})
    made = write_commons([PROGRAMMER], dataclasses.replace(BINDING, capability=taken), "1")
    assert [resource.type for resource in made] == ["Device", "Device"]
    assert not [one for resource in made for one in references(resource.body)]


@each
def test_in_r5_the_same_holds(name: str) -> None:
    """Only the Procedure of the use is spelled otherwise, and no Communication takes words there."""
    taken = {"Observation", "Procedure", "DocumentReference", "Communication"}
    plan = decided(taken, taken, "R5")
    assert plan.told_as("Flag") == "Observation"
    assert {one.type for one in plan.departures} >= {"DeviceUsage", "DeviceAssociation"}
    course, binding = CASES[name]()
    for resource in write(course, dataclasses.replace(binding, capability=plan, fhir="R5")):
        found = {(problem.rule, problem.element) for problem in check(resource.body, "R5")} - DRUG_UNKNOWN
        assert not found, (resource.key, found)
        assert resource.type in taken


# --- ageing -----------------------------------------------------------------------------------------------------------


def test_an_observation_of_a_delivery_ages_as_its_administration_would() -> None:
    (running,) = [one for one in chart("first-session", EPIC) if administration.runs(one.type, canonical(one.body))]
    reason = {"text": "too old"}
    aged = administration.made_unknown(read(canonical(running.body)), reason, running.body["text"]["div"])
    assert administration.state(aged) == "unknown"
    assert administration.view(aged)["statusReason"] == [reason]
    assert administration.apart_from_age(aged) == administration.apart_from_age(read(canonical(running.body)))
    assert check(aged) == ()
    assert administration.made_unknown(aged, reason, running.body["text"]["div"]) == aged
