"""Every kept course in R5: sound by R5's own structure and our rules, and saying what it says in R4 and no more."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

import pytest
from fhir.resources import get_fhir_model_class

from bridge.ageing import _made_unknown
from bridge.chart.capability import decided
from bridge.chart.commons import write_commons
from bridge.chart.dialect import Version
from bridge.chart.plan_notes import amendment_note, provenance
from bridge.chart.resource import Resource
from bridge.chart.retraction import is_retracted, retracted
from bridge.chart.sheet import KINDS
from bridge.chart.write import write
from bridge.fhir_json import canonical
from bridge.place import Horizon
from fhir_profiles.checks import TYPES_OF, check
from fhir_profiles.structure import Structure
from tests.chart.cases import CASES
from tests.chart.given import BINDING, CATHETER, PROGRAMMER, PUMP, bound, course
from tests.chart.golden import IN_R5, R5_FOLDER, lines
from tests.chart.test_beside_the_chart import PLAN
from tests.chart.test_charts import _references, references
from tests.chart.versions import expected, in_r5, leaves, stands
from tests.scenarios import folders

SCENARIOS = {
    moment.name: (name, number)
    for name in folders.NAMES
    for number, moment in enumerate(folders.scenario(name).moments)
}  # fmt: skip
each = pytest.mark.parametrize("name", [*CASES, *SCENARIOS, "beside"])
# What the profiles refuse in either version: a drug that nobody recorded.
DRUG_UNKNOWN = {("element", "medication.concept"), ("cardinality", "medication")}


@cache
def chart(name: str, fhir: Version) -> tuple[Resource, ...]:
    """A case by hand, a moment of a scenario, or what stands beside a chart."""
    if name == "beside":
        return beside(fhir)
    if name in CASES:
        given, binding = CASES[name]()
        return write(given, dataclasses.replace(binding, fhir=fhir))
    folder, number = SCENARIOS[name]
    case = folders.scenario(folder)
    moment = case.moments[number]
    exports, others = ([case.exports[key] for key in keys] for keys in (moment.read, moment.beside))
    found = folders.course(case, exports, moment.as_of, others)
    return write(found, bound(fhir=fhir, attachment=lambda sha256: None))


def beside(fhir: Version) -> tuple[Resource, ...]:
    pump = "hospital-pump||Invented Pumps|LVP-9|L-77|69985 0123456789ABCDEF"
    binding = bound(fhir=fhir)
    said = {"said": "a bolus", "since": "2025-05-12T13:10:00.000+01:00", "because": "It was withdrawn."}
    note = amendment_note(PLAN, binding, taken_back=("Observation/pbsim-4",), **said)
    return (*write_commons([PROGRAMMER, pump], binding, "1.0.0"), provenance(PLAN, binding, "1.0.0"), note)


def pairs(name: str) -> Iterator[tuple[Resource, Resource]]:
    """Each resource of the R4 chart with the one that says the same in R5."""
    later = {resource.key.replace("usage|", "use|", 1): resource for resource in chart(name, "R5")}
    for resource in chart(name, "R4"):
        yield resource, later.pop(resource.key)
    assert {resource.type for resource in later.values()} <= {"DeviceAssociation"}


@each
def test_structure_is_r5(name: str) -> None:
    for resource in chart(name, "R5"):
        get_fhir_model_class(resource.type).model_validate_json(canonical(resource.body))


@each
def test_the_profiles_rules_hold(name: str) -> None:
    for resource in chart(name, "R5"):
        assert check(resource.body, "R5") == (), resource.key
        if resource.type not in ("Provenance", "Organization"):
            assert check(retracted(resource.body), "R5") == (), resource.key


@each
def test_the_same_is_said_in_both_versions(name: str) -> None:
    for four, five in pairs(name):
        own = {("id", five.id), ("identifier[0].value", five.body.get("identifier", [{}])[0].get("value"))}
        theirs = {("id", four.id), ("identifier[0].value", four.body.get("identifier", [{}])[0].get("value"))}
        assert set(leaves(five.body)) - own == expected(four.body) - theirs, four.key
        assert (five.page, five.rests_on) == (four.page, four.rests_on)


@each
def test_every_device_of_a_patient_is_associated_with_him(name: str) -> None:
    named = {r.reference: r.body["patient"] for r in chart(name, "R4") if r.type == "Device" and "patient" in r.body}
    found = [resource.body for resource in chart(name, "R5") if resource.type == "DeviceAssociation"]
    assert {body["device"]["reference"]: body["subject"] for body in found} == named
    assert len(found) == len(named)


@each
def test_values_are_traced_to_the_same_places(name: str) -> None:
    for four, five in pairs(name):
        told = [dataclasses.replace(trace, element=in_r5(four.type, trace.element)) for trace in four.traces]
        assert list(five.traces) == told, four.key
        there = [stands(four.body, trace.element) for trace in four.traces]
        assert [stands(five.body, trace.element) for trace in five.traces] == there, four.key


@each
def test_what_is_referred_to_goes_before_what_refers(name: str) -> None:
    resources = chart(name, "R5")
    if name == "beside":
        return
    places = {resource.reference: place for place, resource in enumerate(resources)}
    assert len(places) == len(resources)
    for place, resource in enumerate(resources):
        assert KINDS[resource.key.partition("|")[0]] == resource.type
        for reference in references(resource.body):
            assert places.get(reference, -1) < place, (resource.key, reference)


@each
def test_no_reference_is_lost(name: str) -> None:
    for four, five in pairs(name):
        lost = sorted(set(_references(four.body)) - set(_references(five.body)))
        assert lost == ([four.body["patient"]["reference"]] if "patient" in four.body and lost else []), four.key


def test_every_type_of_r5_is_written_by_some_case() -> None:
    written = {resource.type for name in (*CASES, "beside") for resource in chart(name, "R5")}
    assert written == TYPES_OF["R5"] - {"Communication"}  # which only stands for a Flag that a server does not take


@pytest.mark.parametrize("name", IN_R5)
def test_bytes_are_the_kept_ones(name: str) -> None:
    assert lines(chart(name, "R5")) == (R5_FOLDER / f"{name}.json").read_bytes()


TAKEN = (
    ("Observation",),
    ("Observation", "Procedure", "Device"),
    ("Observation", "Procedure", "DocumentReference", "Communication", "Flag", "Medication"),
)


@pytest.mark.parametrize("types", TAKEN)
@pytest.mark.parametrize("name", CASES)
def test_what_an_r5_server_does_not_take_is_told_in_r5_too(name: str, types: tuple[str, ...]) -> None:
    given, binding = CASES[name]()
    told = write(given, dataclasses.replace(binding, fhir="R5", capability=decided(types, types, "R5")))
    assert {resource.type for resource in told} <= {*types} - {"Communication"}
    assert {problem for resource in told for problem in check(resource.body, "R5")} == set()


# --- what R5 alone has ------------------------------------------------------------------------------------------------


def of_kind(resources: tuple[Resource, ...], kind: str) -> list[dict[str, Any]]:
    return [resource.body for resource in resources if resource.key.startswith(f"{kind}|")]


def test_an_explanted_pump_and_a_replaced_catheter_say_so() -> None:
    (pump, _) = of_kind(chart("explanted", "R5"), "association")
    assert pump["status"]["coding"][0]["code"] == "explanted"
    assert pump["period"] == {"start": "2025-03-03", "end": "2025-06-19"}
    assert "implanted 3 Mar 2025, explanted 19 Jun 2025." in pump["text"]["div"]
    gone = dataclasses.replace(CATHETER, replaced=PUMP.implanted.read if PUMP.implanted else None)
    (_, catheter) = of_kind(write(course(standing=(PUMP, gone)), bound(fhir="R5")), "association")
    assert catheter["status"]["coding"][0]["code"] == "unknown"
    assert "period" not in catheter
    assert "whether it was taken out is NOT RECORDED." in catheter["text"]["div"]


def test_a_catheter_that_is_stated_again_is_associated_as_the_later_page_has_it() -> None:
    gone = dataclasses.replace(CATHETER, replaced=PUMP.implanted.read if PUMP.implanted else None)
    written = write(course(("20250512 s2", (gone,)), standing=(PUMP, CATHETER)), bound(fhir="R5"))
    (_, catheter) = of_kind(written, "association")
    assert catheter["status"]["coding"][0]["code"] == "implanted"


def test_a_pump_that_is_the_hospitals_own_device_has_its_use_alone() -> None:
    written = write(course(standing=(PUMP,)), bound(fhir="R5", pump="Device/theirs-1"))
    assert of_kind(written, "association") == []
    (use,) = of_kind(written, "usage")
    assert use["device"] == {"reference": {"reference": "Device/theirs-1"}}


def test_an_association_is_taken_back_by_its_concept() -> None:
    (pump, *_) = of_kind(chart("first-session", "R5"), "association")
    assert not is_retracted(pump)
    back = retracted(pump)
    assert [coding["code"] for coding in back["status"]["coding"]] == ["entered-in-error"]
    assert is_retracted(back)
    assert is_retracted({"status": "entered-in-error"})
    assert retracted(back) == back
    unsaid = {**back, "text": pump["text"]}
    assert [problem.rule for problem in check(unsaid, "R5")] == ["retracted"]


def test_a_chart_of_one_version_fails_the_rules_of_the_other() -> None:
    for one, other in (("R4", "R5"), ("R5", "R4")):
        kinds = {resource.type for resource in chart("stall-over", one) if check(resource.body, other)}  # type: ignore[arg-type]
        assert kinds >= {"Device", "MedicationAdministration", "MedicationRequest", "Procedure", "DetectedIssue"}


def test_a_horizon_leaves_no_reference_to_what_it_cuts() -> None:
    whole = chart("refill", "R5")
    kept = Horizon(date(2025, 5, 1)).cut(whole)
    gone = {resource.reference for resource in whole} - {resource.reference for resource in kept}
    assert {resource.type for resource in whole if resource.reference in gone} >= {"Medication", "Procedure"}
    cut = [resource for resource in kept if gone & references(resource.body)]
    assert cut == []
    assert any("medication" not in one.body for one in kept if one.type == "MedicationAdministration")


def test_what_runs_ages_by_its_own_bytes() -> None:
    (running,) = [one for one in of_kind(chart("refill", "R5"), "delivery") if one["status"] == "in-progress"]
    aged = _made_unknown(running, Structure(), "")
    assert (aged["status"], check(aged, "R5")) == ("unknown", ())
    assert aged["occurencePeriod"] == running["occurencePeriod"]


def test_keys_and_ids_are_the_same_in_both_versions_where_the_type_is() -> None:
    for four, five in pairs("stall-over"):
        assert (four.key == five.key) == (four.type == five.type)
        assert five.id == BINDING.namespace.id(five.key)
