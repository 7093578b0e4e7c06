"""The rules of R5: those of R4 where R5 spells the element otherwise, and what R5 alone has."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from fhir_profiles.checks import check
from fhir_profiles.elements_r5 import _spelled
from fhir_profiles.rules_r5 import ADDED
from fhir_profiles.versions import TABLES
from tests.profiles.good import BASE, DROP, GOOD, altered, concept, div, patient, pump, quantity, resource

STATUS = "http://hl7.org/fhir/deviceassociation-status"


def device() -> dict[str, Any]:
    name = {"value": "The pump", "type": "user-friendly-name", "display": True}
    row = {"type": concept("capacity", "Capacity"), "valueQuantity": quantity("40.0", "mL", "mL")}
    good = GOOD["Device"]() | {"name": [name], "property": [row]}
    good["udiCarrier"][0]["issuer"] = "http://hl7.org/fhir/NamingSystem/gs1-di"
    return {key: value for key, value in good.items() if key not in ("deviceName", "patient")} | {
        "type": [good["type"]]
    }


def association() -> dict[str, Any]:
    status = {"coding": [{"system": STATUS, "code": "implanted"}]}
    return resource("DeviceAssociation", device=pump(), status=status, subject=patient())


def usage() -> dict[str, Any]:
    timing = {"start": "2025-03"}
    return resource(
        "DeviceUsage", status="active", patient=patient(), device={"reference": pump()}, timingPeriod=timing
    )


def medication() -> dict[str, Any]:
    strength = {"numerator": quantity("2000.0", "micrograms", "ug"), "denominator": quantity("1", "mL", "mL")}
    ingredient = {"item": {"concept": {"text": "Baclofen"}}, "strengthRatio": strength}
    return resource("Medication", code={"text": "Baclofen 2000.0 micrograms/mL"}, ingredient=[ingredient])


def given(name: str) -> dict[str, Any]:
    """An administration of R4's good ones, as R5 has it."""
    good = GOOD[name]()
    good["occurencePeriod"] = good.pop("effectivePeriod")
    good["medication"] = {"reference": good.pop("medicationReference")}
    good["device"] = [{"reference": pump()}]
    if "performer" in good:
        good["performer"] = [{"actor": {"reference": pump()}}]
    if "category" in good:
        good["category"] = [good["category"]]
    if "contained" in good:
        good["contained"] = [medication() | {"id": "drug"}]
        for name in ("identifier", "text", "meta"):
            del good["contained"][0][name]
    return good


def procedure() -> dict[str, Any]:
    good = GOOD["Procedure"]()
    good["occurrenceDateTime"] = good.pop("performedDateTime")
    return good | {"used": [{"reference": good.pop("usedReference")[0]}]}


def document() -> dict[str, Any]:
    good = GOOD["DocumentReference"]()
    good["identifier"].append(good.pop("masterIdentifier"))
    good["content"][0]["attachment"]["size"] = "4"
    return good


MADE = {
    "Device": device, "DeviceAssociation": association, "DeviceUsage": usage, "Medication": medication,
    "segment": lambda: given("segment"), "stopped": lambda: given("stopped"), "infusion": lambda: given("infusion"),
    "Procedure": procedure, "DocumentReference": document, "Observation": GOOD["Observation"], "Flag": GOOD["Flag"],
}  # fmt: skip
STATED = [{"system": STATUS, "code": "implanted"}]
TWO = [*STATED, {**STATED[0], "code": "explanted"}]
CODED = {"coding": [{"system": "http://x.example", "code": "implanted"}]}
NAMES = [{"value": name, "type": "user-friendly-name", "display": True} for name in ("one", "two")]
BROKEN = [
    # What R5 spells otherwise, by R4's rules
    ("itp-start", "stopped", "occurencePeriod.start", DROP, "occurencePeriod.start"),
    ("itp-1", "stopped", "occurencePeriod.end", DROP, "occurencePeriod.end"),
    ("itp-2", "segment", "occurencePeriod.end", "2025-06-01T12:40:00+01:00", "occurencePeriod.end"),
    ("ref-1", "infusion", "medication.reference.reference", "#other", "medication.reference"),
    ("pump-route", "infusion", "dosage.route", {"text": "Intravenous"}, "dosage.route"),
    ("pump-strength", "infusion", "contained.0.ingredient.0.strengthRatio.denominator.value", 2,
     "contained[0].ingredient[0].strengthRatio"),
    ("itp-med", "Medication", "ingredient.0.strengthRatio.denominator.value", 2, "ingredient[0].strengthRatio"),
    ("us-core-7", "Procedure", "occurrenceDateTime", DROP, "occurrence[x]"),
    ("att-hash", "DocumentReference", "content.0.attachment.size", "5", "content[0].attachment.hash"),
    # What R5 has no more, or has otherwise
    ("element", "segment", "effectivePeriod", {"start": "2025"}, "effectivePeriod"),
    ("element", "segment", "occurrencePeriod", {"start": "2025"}, "occurrencePeriod"),
    ("element", "Device", "patient", {"reference": "Patient/p-1"}, "patient"),
    ("type", "Flag", "resourceType", "DeviceUseStatement", "resourceType"),
    ("cardinality", "segment", "occurencePeriod", DROP, "occurence[x]"),
    ("cardinality", "Device", "udiCarrier.0.issuer", DROP, "udiCarrier[0].issuer"),
    ("binding", "Device", "name.0.type", "model-name", "name[0].type"),
    ("binding", "Device", "status", "unknown", "status"),
    ("datatype", "DocumentReference", "content.0.attachment.size", 4, "content[0].attachment.size"),
    ("datatype", "DocumentReference", "content.0.attachment.size", "04", "content[0].attachment.size"),
    ("datatype", "DocumentReference", "content.0.attachment.size", "9223372036854775808", "content[0].attachment.size"),
    # A concept or a reference
    ("either", "segment", "medication.concept", {"text": "Baclofen"}, "medication"),
    ("reference-target", "segment", "medication.reference", {"reference": "Device/1"}, "medication.reference"),
    ("reference-target", "DeviceUsage", "device.reference", {"reference": "Patient/1"}, "device.reference"),
    ("datatype", "segment", "device.0.reference", "Device/1", "device[0].reference"),
    # What R5 alone has
    ("association-status", "DeviceAssociation", "status", CODED, "status"),
    ("association-status", "DeviceAssociation", "status", {"text": "implanted"}, "status"),
    ("association-status", "DeviceAssociation", "status", {"coding": TWO}, "status"),
    ("dev-1", "Device", "name", NAMES, "name"),
]  # fmt: skip


@pytest.mark.parametrize("name", MADE)
def test_a_good_resource_has_no_problem(name: str) -> None:
    assert check(MADE[name](), "R5") == ()


@pytest.mark.parametrize(("rule", "name", "path", "value", "element"), BROKEN)
def test_the_rule_alone_sees_the_broken_place(rule: str, name: str, path: str, value: Any, element: str) -> None:
    problems = check(altered(copy.deepcopy(MADE[name]()), path, value), "R5")
    assert [(problem.rule, problem.element) for problem in problems] == [(rule, element)]


def test_every_rule_that_r5_adds_has_a_failing_example() -> None:
    assert {rule.name for rules in ADDED.values() for rule in rules} <= {rule for rule, *_ in BROKEN}


def test_r5_has_every_rule_of_r4() -> None:
    for name, rules in TABLES["R4"].rules.items():
        assert [rule.name for rule in TABLES["R5"].rules[name]][: len(rules)] == [rule.name for rule in rules]


def test_an_association_that_was_taken_back_says_so() -> None:
    back = altered(association(), "status.coding.0.code", "entered-in-error")
    assert [problem.rule for problem in check(back, "R5")] == ["retracted"]
    assert check(altered(back, "text.div", div("Entered in error: it was another's.")), "R5") == ()


def test_a_line_of_r4_that_moved_is_noticed() -> None:
    with pytest.raises(ValueError, match="does not stand once"):
        _spelled({"A": "one:string two:string"}, "A", (" three:string ", " four:string "))
    assert _spelled({"A": "one:string two:string"}, "A", (" two:string ", " four:string ")) == "one:string four:string"


def test_a_base_of_a_site_is_no_matter() -> None:
    assert check(altered(usage(), "identifier.0.system", f"{BASE}/other/sid/key"), "R5") == ()
