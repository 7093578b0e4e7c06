"""Every rule on a good resource broken in one place: the rule, and only it, must say so, and name the place."""

from __future__ import annotations

import re
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_profiles.checks import TYPES, check, check_bundle
from fhir_profiles.rules import RESOURCE_RULES, RULES
from tests.profiles.good import (
    BASE,
    DROP,
    GOOD,
    UCUM,
    altered,
    concept,
    div,
    extension,
    patient,
    quantity,
    retracted,
    step,
)

TEXT = "text.div"
VALUE = "valueQuantity"
REPEAT = "dosageInstruction.0.timing.repeat"
STEPS = "dosageInstruction"
HTEST = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}
SIMULATED = {"system": f"{BASE}/CodeSystem/tag", "code": "simulated"}
CONFIRMED = extension("last-confirmed", valueDateTime="2025")
PATIENT_BOLUS = extension("bolus-kind", valueCodeableConcept=concept("patient", "P"))
START = "effectivePeriod.start"
OTHER_URL = {"url": f"{BASE}/x"}
BOTH = {**OTHER_URL, "valueCode": "a", "extension": [{**OTHER_URL, "valueCode": "b"}]}

# rule, good resource, place that is altered, what to, element that the problem must name (None: that place)
BROKEN: list[tuple[str, str, str, Any, str | None]] = [
    # What may be there at all
    ("type", "Flag", "resourceType", "Patient", None),
    ("type", "Flag", "resourceType", ["Flag"], None),
    ("type", "Flag", "resourceType", DROP, None),
    ("element", "Flag", "severity", "high", None),
    ("element", "segment", "modifierExtension", [extension("x", valueCode="y")], None),
    ("element", "segment", "contained", [{}], None),
    ("element", "segment", "effectiveDateTime", "2025-05-12", None),
    ("element", "segment", "_status", {"extension": [extension("x", valueCode="y")]}, None),
    ("element", "Observation", "status__ext", {"id": "a"}, None),
    ("element", "Observation", "fhir_comments", ["a"], None),
    ("element", "Observation", "subject.resourceType", "Reference", None),
    ("element", "Observation", "meta.versionId", "3", None),
    ("element", "Observation", "meta.source", "urn:x", None),
    ("element", "summary", "component.0.valueSampledData", {}, None),
    ("cardinality", "Observation", "status", DROP, None),
    ("cardinality", "Observation", "id", DROP, None),
    ("cardinality", "Observation", "text", DROP, None),
    ("cardinality", "Observation", "identifier", DROP, None),
    ("cardinality", "Observation", "category", DROP, None),
    ("cardinality", "Observation", "subject", DROP, None),
    ("cardinality", "Observation", "device", DROP, None),
    ("cardinality", "Observation", "effectiveDateTime", DROP, "effective[x]"),
    ("cardinality", "Observation", "effectivePeriod", {"start": "2025"}, "effective[x]"),
    ("cardinality", "Observation", "valueString", "40", "value[x]"),
    ("cardinality", "segment", "device", DROP, None),
    ("cardinality", "segment", "medicationReference", DROP, "medication[x]"),
    ("cardinality", "segment", "dosage.rateQuantity", quantity("1", "mL/day", "mL/d"), "dosage.rate[x]"),
    ("cardinality", "Procedure", "focalDevice.0", {"action": {"text": "filled"}}, "focalDevice[0].manipulated"),
    ("cardinality", "DeviceUseStatement", "timingPeriod", DROP, "timing[x]"),
    ("cardinality", "Flag", "code", DROP, None),
    ("cardinality", "Flag", "subject", DROP, None),
    ("cardinality", "DetectedIssue", "severity", DROP, None),
    ("cardinality", "DetectedIssue", "identifiedPeriod", DROP, "identified[x]"),
    ("cardinality", "DetectedIssue", "identifiedDateTime", "2025-01-01", "identified[x]"),
    ("cardinality", "Provenance", "target", DROP, None),
    ("cardinality", "Provenance", "recorded", DROP, None),
    ("cardinality", "Provenance", "agent.0.onBehalfOf", DROP, None),
    ("cardinality", "Provenance", "agent.1.who", DROP, None),
    ("cardinality", "DocumentReference", "masterIdentifier", DROP, None),
    ("cardinality", "Device", "udiCarrier.0.deviceIdentifier", DROP, None),
    # Nothing empty
    ("empty", "DetectedIssue", "detail", "", None),
    ("empty", "DetectedIssue", "detail", " \n", None),
    ("empty", "Observation", "subject.reference", "", None),
    ("empty", "segment", "note", [], None),
    ("empty", "segment", "note", (), None),
    ("empty", "Procedure", "bodySite", [{}], "bodySite[0]"),
    ("datatype", "segment", "request", None, None),
    ("datatype", "DetectedIssue", "detail", None, None),
    # Types and grammars
    ("datatype", "segment", "note", {"text": "one"}, None),
    ("datatype", "segment", "subject", [patient()], None),
    ("datatype", "segment", "dosage", "330", None),
    ("datatype", "MedicationRequest", "reportedBoolean", "true", None),
    ("datatype", "DocumentReference", "content.0.attachment.size", Decimal(4), None),
    ("datatype", "DocumentReference", "content.0.attachment.size", True, None),
    ("datatype", "DocumentReference", "content.0.attachment.data", "a?b", None),
    ("datatype", "Flag", "code.coding.0.code", "two  spaces", None),
    ("datatype", "Flag", "code.coding.0.system", "no-scheme", None),
    ("datatype", "DetectedIssue", "detail", "a\x00b", None),
    ("datatype", "DetectedIssue", "detail", "half \ud800", None),
    ("datatype", "DetectedIssue", "detail", b"bytes", None),
    ("id", "Flag", "id", "under_score", None),
    ("id", "Flag", "id", "a" * 65, None),
    ("id", "Flag", "id", "a\n", None),
    ("id", "Flag", "id", 7, None),
    ("decimal", "Observation", f"{VALUE}.value", 40.0, None),
    ("decimal", "Observation", f"{VALUE}.value", "40.0", None),
    ("decimal", "Observation", f"{VALUE}.value", True, None),
    ("decimal", "Observation", f"{VALUE}.value", Decimal("NaN"), None),
    ("decimal", "MedicationRequest", f"{REPEAT}.period", 1.0, None),
    ("date", "Observation", "effectiveDateTime", "2025-05-12T12:55+01:00", None),
    ("date", "Observation", "effectiveDateTime", "2025-05-12T12:55:00", None),
    ("date", "Observation", "effectiveDateTime", "2025-05-12 12:55:00Z", None),
    ("date", "Observation", "effectiveDateTime", "2025-05-12T12:55:60Z", None),
    ("date", "Observation", "effectiveDateTime", "2025-05-12T24:00:00Z", None),
    ("date", "Observation", "effectiveDateTime", "2025-05-12T12:55:00+14:30", None),
    ("date", "Observation", "effectiveDateTime", "2025-02-29", None),
    ("date", "Observation", "effectiveDateTime", "2025-13", None),
    ("date", "Observation", "effectiveDateTime", "0000-01-01", None),
    ("date", "Observation", "effectiveDateTime", "٢٠٢٥-05-12", None),
    ("date", "Observation", "effectiveDateTime", 2025, None),
    ("date", "Observation", "issued", "2025-05-12", None),
    ("date", "Provenance", "recorded", "2025-06-20", None),
    ("date", "Flag", "extension", [extension("x", valueDate="2025-06-20T09:30:16Z")], "extension[0].valueDate"),
    ("date", "MedicationRequest", f"{REPEAT}.timeOfDay.0", "06:00", None),
    # Required bindings
    ("binding", "Device", "status", "stopped", None),
    ("binding", "Device", "status", ["active"], None),
    ("binding", "Device", "deviceName.0.type", "model", None),
    ("binding", "Device", "udiCarrier.0.entryType", "typed", None),
    ("binding", "DeviceUseStatement", "status", "inactive", None),
    ("binding", "Medication", "status", "stopped", None),
    ("binding", "MedicationRequest", "status", "in-progress", None),
    ("binding", "MedicationRequest", "intent", "programme", None),
    ("binding", "MedicationRequest", "priority", "high", None),
    ("binding", "MedicationRequest", f"{REPEAT}.durationUnit", "hours", None),
    ("binding", "segment", "status", "running", None),
    ("binding", "Procedure", "status", "done", None),
    ("binding", "Observation", "status", "Final", None),
    ("binding", "Observation", f"{VALUE}.comparator", "=", None),
    ("binding", "Flag", "status", "on", None),
    ("binding", "DetectedIssue", "status", "active", None),
    ("binding", "DetectedIssue", "severity", "critical", None),
    ("binding", "DocumentReference", "status", "final", None),
    ("binding", "DocumentReference", "docStatus", "current", None),
    ("binding", "Provenance", "entity.0.role", "cause", None),
    ("binding", "Organization", "telecom.0.system", "telephone", None),
    ("binding", "Organization", "telecom.0.use", "office", None),
    ("binding", "Flag", "text.status", "made", None),
    ("binding", "Flag", "identifier.0.use", "best", None),
    # References
    ("reference", "segment", "subject.reference", "https://server.example/Patient/p-1", None),
    ("reference", "segment", "subject.reference", "Patient/p-1/_history/2", None),
    ("reference", "segment", "subject.reference", "p-1", None),
    ("reference", "segment", "subject.reference", "#p", None),
    ("reference", "segment", "subject", {"display": "somebody"}, None),
    ("reference-target", "segment", "subject.reference", "Group/p-1", "subject"),
    ("reference-target", "Flag", "subject", {"type": "Group", "identifier": {"system": "urn:x", "value": "1"}}, None),
    ("reference-target", "segment", "device.0.reference", "Patient/p-1", "device[0]"),
    ("reference-target", "segment", "medicationReference.reference", "Device/pb-1", "medicationReference"),
    ("reference-target", "segment", "request.reference", "Medication/pb-1", "request"),
    ("reference-target", "segment", "performer.0.actor.reference", "Flag/f", "performer[0].actor"),
    ("reference-target", "bolus", "partOf.0.reference", "Procedure/pb-1", "partOf[0]"),
    ("reference-target", "Procedure", "focalDevice.0.manipulated.reference", "Flag/f", "focalDevice[0].manipulated"),
    ("reference-target", "Procedure", "usedReference.0.reference", "Observation/o", "usedReference[0]"),
    ("reference-target", "Observation", "derivedFrom.0.reference", "Device/d", "derivedFrom[0]"),
    ("reference-target", "Observation", "device.reference", "Patient/p-1", "device"),
    ("reference-target", "Device", "patient.reference", "Device/d", "patient"),
    ("reference-target", "DeviceUseStatement", "device.reference", "Medication/m", "device"),
    ("reference-target", "DeviceUseStatement", "derivedFrom.0.reference", "Flag/f", "derivedFrom[0]"),
    ("reference-target", "MedicationRequest", "medicationReference.reference", "Device/d", "medicationReference"),
    ("reference-target", "Provenance", "target.0.reference", "Patient/p-1", "target[0]"),
    ("reference-target", "Provenance", "agent.0.onBehalfOf.reference", "Device/d", "agent[0].onBehalfOf"),
    ("reference", "DetectedIssue", "evidence.0.detail.0.reference", "o-1", None),
    # Narrative and words
    ("narrative", "Flag", TEXT, "<div>no namespace</div>", None),
    ("narrative", "Flag", TEXT, div("<p>unclosed"), None),
    ("narrative", "Flag", TEXT, div("one") + div("two"), None),
    ("narrative", "Flag", TEXT, div("5 < 6"), None),
    ("narrative", "Flag", TEXT, div("you & me"), None),
    ("narrative", "Flag", TEXT, div("&nbsp;"), None),
    ("narrative", "Flag", TEXT, div("a\x07b"), None),
    ("narrative", "Flag", TEXT, div("<script>alert(1)</script>"), None),
    ("narrative", "Flag", TEXT, div('<p onclick="x()">a</p>'), None),
    ("narrative", "Flag", TEXT, div('<a href="https://x.example">a</a>'), None),
    ("narrative", "Flag", TEXT, div('<p xmlns="urn:other">a</p>'), None),
    ("narrative", "Flag", TEXT, div("<!-- a -->a"), None),
    ("narrative", "Flag", TEXT, f'<!DOCTYPE div [<!ENTITY a "b">]>{div("&a;")}', None),
    ("narrative", "Flag", TEXT, div("  "), None),
    ("narrative", "Flag", TEXT, div("<p> </p>"), None),
    ("narrative", "Flag", TEXT, 7, None),
    ("words", "Flag", TEXT, div("100 mcg/day"), None),
    ("words", "Flag", TEXT, div("100mcg"), None),
    ("words", "Flag", TEXT, div("<b>100</b> Mcg"), None),
    ("words", "Flag", TEXT, div("given IT."), None),
    ("words", "Flag", TEXT, div("Pump OK"), None),
    ("words", "Flag", TEXT, div("MR safe"), None),
    ("words", "Flag", TEXT, div("is MRI-safe"), None),
    ("words", "segment", "dosage.text", "330 mcg", None),
    ("words", "segment", "note.0.text", "Pump OK", None),
    ("words", "Flag", "code.text", "IT pump", None),
    ("words", "DetectedIssue", "detail", "IT catheter", None),
    # Quantities
    ("per-1", "stopped", START, "2025-06-18T14:02:01+01:00", "effectivePeriod"),
    ("per-1", "stopped", START, "2025-06-20", "effectivePeriod"),
    ("per-1", "bolus", START, "2025-05-12T12:51:00+01:00", "effectivePeriod"),
    ("qty-3", "Observation", VALUE, {"unit": "mL", "code": "mL"}, f"{VALUE}.code"),
    ("ucum", "Observation", VALUE, {"value": Decimal(40)}, f"{VALUE}.code"),
    ("ucum", "Observation", f"{VALUE}.code", "ml/24h", None),
    ("ucum", "Observation", f"{VALUE}.system", "http://snomed.info/sct", f"{VALUE}.code"),
    ("mcg", "Observation", VALUE, {"unit": "mcg/day"}, f"{VALUE}.unit"),
    ("mcg", "Observation", VALUE, {"system": UCUM, "code": "MCG/d"}, f"{VALUE}.unit"),
    ("unit-text", "Observation", f"{VALUE}.unit", "litres", None),
    ("unit-text", "Observation", f"{VALUE}.unit", DROP, None),
    ("unit-text", "Observation", VALUE, quantity("1", "times", "1"), f"{VALUE}.unit"),
    ("rat-1", "segment", "dosage.rateRatio.denominator", DROP, "dosage.rateRatio"),
    ("rat-1", "Medication", "amount", {"numerator": quantity("1", "mL", "mL")}, None),
    # What one type holds
    ("profile-version", "Flag", "meta.profile", [f"{BASE}/x|1.2.3"], None),
    ("att-1", "DocumentReference", "content.0.attachment.contentType", DROP, None),
    ("att-hash", "DocumentReference", "content.0.attachment.data", "cHVtcQ==", "content[0].attachment.hash"),
    ("att-hash", "DocumentReference", "content.0.attachment.size", 5, "content[0].attachment.hash"),
    ("cpt-2", "Device", "contact.0.system", DROP, None),
    ("ext-1", "Flag", "extension", [OTHER_URL], "extension[0]"),
    ("ext-1", "Flag", "extension", [BOTH], "extension[0]"),
    ("tim-1", "MedicationRequest", f"{REPEAT}.durationUnit", DROP, None),
    ("tim-2", "MedicationRequest", f"{REPEAT}.periodUnit", DROP, None),
    ("tim-4", "MedicationRequest", f"{REPEAT}.duration", -1, None),
    ("tim-5", "MedicationRequest", f"{REPEAT}.period", -1, None),
    ("mad-1", "segment", "dosage", {"text": "not known"}, None),
    ("obs-6", "Observation", "dataAbsentReason", {"text": "unknown"}, None),
    ("obs-6", "summary", "component.0.dataAbsentReason", {"text": "unknown"}, None),
    ("pocd-obs-1", "summary", "component.0.valueString", DROP, "component[0].value[x]"),
    ("obs-7", "Observation", "component", [{"code": concept("reservoir-volume", "V"), "valueString": "x"}], "value[x]"),
    ("us-core-1", "Observation", "effectiveDateTime", "2025-05", None),
    ("us-core-2", "Observation", VALUE, DROP, "value[x]"),
    ("us-core-6", "DocumentReference", "content.0.attachment.data", DROP, "content"),
    ("us-core-7", "Procedure", "performedDateTime", DROP, "performed[x]"),
    ("us-core-21", "MedicationRequest", "intent", "order", "requester"),
    ("us-core-udi", "Device", "udiCarrier", [{"deviceIdentifier": "1"}, {"deviceIdentifier": "2"}], None),
    ("dis-evidence", "DetectedIssue", "evidence", DROP, None),
    ("doc-measured", "DocumentReference", "content.0.attachment.hash", DROP, "content"),
    ("doc-measured", "DocumentReference", "content.0.attachment.size", DROP, "content"),
    # Identity and simulation
    ("identity", "Flag", "identifier.0.system", f"{BASE}/sid/other", "identifier"),
    ("identity", "Provenance", "meta.tag", [{"system": f"{BASE}/x", "code": "a"}], "identifier"),
    ("htest", "Flag", "meta.tag", [SIMULATED], "meta"),
    ("htest", "Flag", "meta.security", [HTEST], "meta"),
    # The intrathecal pump
    ("itp-dev-1", "Device", "serialNumber", "7", None),
    ("itp-intent", "MedicationRequest", "intent", "proposal", None),
    ("itp-status", "stopped", "status", "on-hold", None),
    ("itp-status", "stopped", "status", "not-done", None),
    ("itp-start", "stopped", START, DROP, None),
    ("itp-1", "stopped", "effectivePeriod.end", DROP, None),
    ("itp-1", "bolus", "effectivePeriod.end", DROP, None),
    ("itp-2", "segment", "effectivePeriod.end", "2025-05-13T12:40:00+01:00", None),
    ("itp-3", "stopped", "statusReason", DROP, None),
    ("itp-confirmed", "segment", "extension", DROP, None),
    ("itp-confirmed", "segment", "extension", [CONFIRMED] * 2, None),
    ("itp-confirmed", "stopped", "extension", [CONFIRMED] * 2, None),
    ("itp-confirmed", "gap", "extension", DROP, None),
    ("itp-4", "bolus", "dosage.rateQuantity.value", Decimal("0.00"), "dosage.rate[x]"),
    ("itp-4", "segment", "dosage.rateRatio.numerator.value", Decimal(0), "dosage.rate[x]"),
    ("itp-4", "segment", "dosage.rateRatio.denominator.value", Decimal(-24), "dosage.rate[x]"),
    ("itp-5", "segment", "dosage.dose", quantity("1", "micrograms", "ug"), None),
    ("itp-6", "bolus", "extension", DROP, "partOf"),
    ("itp-bolus", "bolus", "extension.0.valueCodeableConcept", concept("priming", "Priming"), "extension"),
    ("itp-bolus", "bolus", "extension", [PATIENT_BOLUS] * 2, None),
    ("itp-7", "MedicationRequest", STEPS, [step("06:00:00", "16", "1")], None),
    ("itp-7", "MedicationRequest", STEPS, [step("00:00:00", "12", "1"), step("11:00:00", "12", "1")], None),
    ("itp-7", "MedicationRequest", STEPS, [step("00:00:00", "12", "1"), step("13:00:00", "12", "1")], None),
    ("itp-7", "MedicationRequest", STEPS, [step("00:00:00", "24.5", "1")], None),
    ("itp-med", "Medication", "ingredient.0.strength.denominator.value", Decimal(2), "ingredient[0].strength"),
    ("itp-med", "Medication", "ingredient.0.strength.denominator", quantity("1", "g", "g"), "ingredient[0].strength"),
    ("itp-med", "Medication", "ingredient.0.strength.numerator", quantity("1", "g", "g"), "ingredient[0].strength"),
    ("itp-obs-status", "Observation", "status", "cancelled", None),
]  # fmt: skip

# What is unusual and right
FINE: list[tuple[str, str, Any]] = [
    ("segment", "subject", {"type": "Patient", "identifier": {"system": "https://h.example/mrn", "value": "00 1"}}),
    ("segment", "dosage", DROP),
    ("segment", "note", ({"text": "a tuple is a list, too"},)),
    ("stopped", "extension", [extension("last-confirmed", valueDateTime="2025-06-18T14:02:00+01:00")]),
    ("stopped", "dosage.dose", quantity("12", "micrograms", "ug")),
    ("stopped", START, "2025-06-18"),
    ("stopped", START, "2025-06-18T14:02:00+01:00"),
    ("stopped", "effectivePeriod", {"start": "2025-06-18T23:00:00-10:00", "end": "2025-06-18"}),
    ("Observation", f"{VALUE}.value", 40),
    ("Observation", VALUE, {"value": Decimal("1.021"), "system": UCUM, "code": "1"}),
    ("Observation", "effectiveDateTime", "2024-02-29T23:59:59.1234567-14:00"),
    ("MedicationRequest", STEPS, [step("00:00:00", "24", "330")]),
    ("MedicationRequest", STEPS, [{"text": "NOT RECORDED"}]),
    ("DeviceUseStatement", "timingPeriod", {"extension": [extension("data-absent-reason", valueCode="unknown")]}),
    ("Flag", TEXT, div("<p>a &lt; b, 5 &#181;</p><ul><li>ITALY, permit, OKAY</li></ul>")),
    ("Flag", TEXT, div("Model IT-40, MR conditional, “quoted”\nµ")),
    ("summary", "component.0.valueString", "as printed: 25 mcg, OK"),
    ("Medication", "ingredient.0.strength", DROP),
]


@pytest.mark.parametrize("name", GOOD)
def test_a_good_resource_has_no_problem(name: str) -> None:
    assert check(GOOD[name]()) == ()


@pytest.mark.parametrize(("rule", "name", "path", "value", "element"), BROKEN)
def test_the_rule_alone_sees_the_broken_place(rule: str, name: str, path: str, value: Any, element: str | None) -> None:
    problems = check(altered(GOOD[name](), path, value))
    place = re.sub(r"\.(\d+)", r"[\1]", path) if element is None else element
    assert [(problem.rule, problem.element) for problem in problems] == [(rule, place)]


@pytest.mark.parametrize(("name", "path", "value"), FINE)
def test_what_is_unusual_and_right_passes(name: str, path: str, value: Any) -> None:
    assert check(altered(GOOD[name](), path, value)) == ()


def test_every_rule_has_a_failing_example() -> None:
    retractions = {"retracted", "doc-retracted"}
    tested = {rule for rule, *_ in BROKEN} | retractions
    assert {rule.name for rules in (*RULES.values(), RESOURCE_RULES) for rule in rules} <= tested


def test_every_type_has_a_good_example() -> None:
    assert {make()["resourceType"] for make in GOOD.values()} == TYPES


STATED = [name for name, make in GOOD.items() if "status" in make()]


@pytest.mark.parametrize("name", [*STATED, "Medication"])
def test_a_retracted_resource_passes_and_must_say_so(name: str) -> None:
    bad = retracted(name)
    assert check(bad) == ()
    unsaid = altered(bad, TEXT, div("It was another patient's."))
    assert [problem.rule for problem in check(unsaid)] == ["retracted"]


def test_a_retracted_resource_keeps_the_rules_of_structure() -> None:
    bad = altered(retracted("segment"), START, "12 May")
    assert [(problem.rule, problem.element) for problem in check(bad)] == [("date", START)]


def test_a_retracted_document_has_lost_its_content() -> None:
    bad = GOOD["DocumentReference"]() | {"status": "entered-in-error", "text": retracted("Flag")["text"]}
    assert [problem.rule for problem in check(bad)] == ["doc-retracted"]


def test_an_unknown_segment_is_confirmed_unless_it_ended() -> None:
    ended = GOOD["stopped"]() | {"status": "unknown"}
    assert check(ended) == ()
    assert [p.rule for p in check(altered(ended, "effectivePeriod.end", DROP))] == ["itp-confirmed"]


def test_steps_of_weekdays_are_looked_at_each_by_itself() -> None:
    def on(day: str, *steps: dict[str, Any]) -> list[dict[str, Any]]:
        return [altered(one, "timing.repeat.dayOfWeek", [day]) for one in steps]

    whole = on("mon", step("00:00:00", "24", "1")) + on("tue", step("00:00:00", "20", "1"), step("20:00:00", "4", "1"))
    request = GOOD["MedicationRequest"]() | {"dosageInstruction": whole}
    assert check(request) == ()
    assert [p.rule for p in check(request | {"dosageInstruction": whole[:2]})] == ["itp-7"]


def test_simulated_data_says_so_twice() -> None:
    assert check(GOOD["Flag"]() | {"meta": {"tag": [SIMULATED], "security": [HTEST]}}) == ()


def test_several_problems_are_all_named() -> None:
    bad = altered(altered(GOOD["segment"](), "status", "running"), "note.0.text", "")
    assert {(p.rule, p.element) for p in check(bad)} == {("binding", "status"), ("empty", "note[0].text")}


@pytest.mark.parametrize(("part", "text"), [("unit", "mcg"), ("code", "mcg"), ("unit", "MCG/day")])
def test_mcg_is_refused_in_a_quantity(part: str, text: str) -> None:
    bad = altered(GOOD["segment"](), f"dosage.rateRatio.numerator.{part}", text)
    assert ("mcg", "dosage.rateRatio.numerator.unit") in {(p.rule, p.element) for p in check(bad)}


def test_no_problem_holds_a_value() -> None:
    for _, name, path, _, _ in BROKEN:
        for problem in check(altered(GOOD[name](), path, "SECRET  0048213")):
            assert "0048213" not in f"{problem.element} {problem.message}"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.decimals(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[str, ...] = ()) -> list[str]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    below = [place for key, item in items for place in places(item, (*path, str(key)))]
    return [".".join(path), *below] if path else below


@given(st.data())
def test_whatever_stands_at_any_place_there_is_an_answer(data: st.DataObject) -> None:
    good = GOOD[data.draw(st.sampled_from(sorted(GOOD)))]()
    bad = altered(good, data.draw(st.sampled_from(places(good))), data.draw(json_values))
    assert all(problem.rule and problem.message for problem in check(bad))


def entry(name: str, number: int) -> dict[str, Any]:
    body = altered(GOOD[name](), "id", f"pb-{number}")
    if "identifier" in body:
        body = altered(body, "identifier.0.value", f"{number}")
    url = f"{body['resourceType']}/{body['id']}"
    return {"fullUrl": f"https://h.example/{url}", "resource": body, "request": {"method": "PUT", "url": url}}


ENTRIES = [entry("Flag", 1), entry("Observation", 2), entry("Provenance", 3)]
BROKEN_BUNDLES = [
    ("bdl-fullurl", "0.fullUrl", DROP, "entry[0].fullUrl"),
    ("bdl-8", "1.fullUrl", "https://h.example/Flag/a/_history/1", "entry[1].fullUrl"),
    ("bdl-7", "1.fullUrl", "https://h.example/Flag/pb-1", "entry[1].fullUrl"),
    ("bdl-3", "2.request", DROP, "entry[2].request"),
    ("bdl-resource", "2.resource", DROP, "entry[2].resource"),
    ("itp-bdl-1", "1.resource.identifier.0.value", "1", "entry[1].resource.identifier"),
]


def test_a_good_bundle_has_no_problem() -> None:
    assert check_bundle(ENTRIES) == ()


@pytest.mark.parametrize(("rule", "path", "value", "element"), BROKEN_BUNDLES)
def test_a_rule_of_bundles_sees_the_broken_place(rule: str, path: str, value: Any, element: str) -> None:
    bundle = altered({"entry": ENTRIES}, f"entry.{path}", value)
    assert [(p.rule, p.element) for p in check_bundle(bundle["entry"])] == [(rule, element)]


def test_one_id_twice_is_one_identity_twice() -> None:
    twice = altered({"entry": ENTRIES}, "entry.2", ENTRIES[0] | {"fullUrl": "https://h.example/other"})["entry"]
    found = {(p.rule, p.element) for p in check_bundle(twice)}
    assert found == {("itp-bdl-1", "entry[2].resource"), ("itp-bdl-1", "entry[2].resource.identifier")}


def test_a_chart_is_checked_in_milliseconds() -> None:
    chart = [make() for make in GOOD.values()] + [GOOD["summary"]() for _ in range(9)]
    best = min(_timed(chart) for _ in range(20))
    assert best < 0.010, "25 resources took 0.8 ms where this was written"


def _timed(chart: list[dict[str, Any]]) -> float:
    start = time.perf_counter()
    for body in chart:
        check(body)
    return time.perf_counter() - start
