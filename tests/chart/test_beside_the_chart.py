"""What stands beside a chart: commons, retraction, the Provenance of a plan, the amendment note."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from bridge.chart.commons import write_commons
from bridge.chart.dialect import Version
from bridge.chart.plan_notes import Applied, Decision, amendment_note, provenance, severity
from bridge.chart.resource import Resource
from bridge.chart.retraction import RETRACTABLE, retracted
from bridge.chart.write import write
from bridge.errors import Bug
from bridge.fhir_json import canonical
from bridge.identity import PumpIdentity, shared_key
from fhir_profiles.checks import check
from tests.chart.cases import CASES
from tests.chart.given import BINDING, PROGRAMMER, SHA, bound
from tests.chart.test_charts import DRUG_UNKNOWN


def sound(resource: Resource | dict[str, Any]) -> None:
    """Structure as R4B, and the profiles' rules."""
    body = resource.body if isinstance(resource, Resource) else resource
    get_fhir_model_class(body["resourceType"]).model_validate_json(canonical(body))
    assert not {(problem.rule, problem.element) for problem in check(body)} - DRUG_UNKNOWN


# --- commons ----------------------------------------------------------------------------------------------------------


def test_commons_have_the_worked_ids_and_no_patient() -> None:
    chart = write_commons([PROGRAMMER, PROGRAMMER], BINDING, "1.0.0")
    assert [resource.type for resource in chart] == ["Organization", "Device", "Device"]
    assert [resource.id[:14] for resource in chart[1:]] == ["pbsim-12d44be3", "pbsim-3ee4ce92"]
    for resource in chart:
        sound(resource)
        assert "0048213" not in resource.key
        assert "patient" not in resource.body


def test_an_upgrade_amends_the_bridge_and_moves_nothing_else() -> None:
    before, after = (write_commons([PROGRAMMER], BINDING, version) for version in ("1.0.0", "1.1.0"))
    assert [a.key for a in before] == [a.key for a in after]
    assert [a.body == b.body for a, b in zip(before, after, strict=True)] == [True, True, False]
    assert after[-1].body["version"] == [{"type": {"text": "Software"}, "value": "1.1.0"}]


def test_a_programmer_is_read_off_its_key() -> None:
    odd = shared_key("programmer", "", "A|B", "0%7", "")
    programmer = write_commons([odd], bound(simulated=False), "1.0.0")[1]
    sound(programmer)
    assert (programmer.body["modelNumber"], programmer.body["serialNumber"]) == ("A|B", "0%7")
    assert "version" not in programmer.body
    assert "manufacturer" not in programmer.body
    with pytest.raises(Bug):
        write_commons(["pump||a|b|c|d"], BINDING, "1.0.0")


# --- retraction -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_what_is_taken_back_keeps_its_content(name: str) -> None:
    given, binding = CASES[name]()
    for resource in write(given, binding):
        before = canonical(resource.body)
        body = retracted(resource.body)
        assert canonical(resource.body) == before
        assert body["status"] == "entered-in-error"
        assert body["text"]["div"].startswith('<div xmlns="http://www.w3.org/1999/xhtml">Entered in error: ')
        assert retracted(body) == body
        kept = {key: value for key, value in body.items() if key not in ("status", "text", "content")}
        assert kept == {k: v for k, v in resource.body.items() if k not in ("status", "text", "content")}
        sound(body)


def test_every_type_of_a_chart_can_be_taken_back() -> None:
    versions: tuple[Version, ...] = ("R4", "R5")
    bound_to = [
        (course, dataclasses.replace(one, fhir=v))
        for case in CASES.values()
        for course, one in [case()]
        for v in versions
    ]
    types = {resource.type for course, binding in bound_to for resource in write(course, binding)}
    assert types | {"Communication"} == RETRACTABLE  # which tells a Flag where none is taken


def test_a_retracted_document_keeps_hash_and_size_and_loses_its_content() -> None:
    documents = [r for r in write(*CASES["first-session"]()) if r.type == "DocumentReference"]
    (content,) = retracted(documents[0].body)["content"]
    assert set(content["attachment"]) == {"contentType", "hash", "size", "title"}
    linked = {**documents[0].body, "content": [{"attachment": {"url": "https://x", "size": 1}}]}
    assert retracted(linked)["content"] == [{"attachment": {"size": 1}}]


@pytest.mark.parametrize("kind", ["Provenance", "Organization", None])
def test_what_has_no_such_status_cannot_be_taken_back(kind: str | None) -> None:
    with pytest.raises(Bug, match="cannot be entered in error"):
        retracted({"resourceType": kind})


# --- plans ------------------------------------------------------------------------------------------------------------

PUMP = PumpIdentity("Invented Pumps", "IP-40", "ZX000417")
DECISION = Decision(
    "B. Invented, clinic nurse",
    "Withdrawn: the report was printed with the wrong patient in its head",
    {"system": "https://hospital.invalid/sid/staff", "value": "N-0107"},
)
PLAN = Applied(
    plan="plan-7",
    recorded="2025-06-20T09:30:16.000+01:00",
    cause="withdrawal of an export",
    targets=("Procedure/pbsim-1", "Observation/pbsim-2"),
    created=2,
    amended=6,
    retracted=18,
    sources=(SHA["s3"],),
    withdrawn=(SHA["s2"],),
    programmers=(PROGRAMMER,),
    decision=DECISION,
    pump=PUMP,
)


def test_a_plan_leaves_one_provenance() -> None:
    note = provenance(PLAN, BINDING, "1.0.0")
    sound(note)
    body = note.body
    assert note.key == "plan|0048213|Invented Pumps|IP-40|ZX000417|plan-7"
    assert body["meta"]["tag"][-1] == {"system": "https://pumpbridge.invalid/sid/key", "code": note.id[6:]}
    assert "identifier" not in body
    assert body["target"] == [{"reference": "Procedure/pbsim-1"}, {"reference": "Observation/pbsim-2"}]
    assert body["recorded"] == PLAN.recorded
    roles = [(agent["type"]["coding"][0]["code"], agent["who"].get("display")) for agent in body["agent"]]
    assert roles == [("assembler", "pumpbridge 1.0.0"), ("informant", None), ("author", DECISION.actor)]
    assert all(agent["onBehalfOf"]["reference"].startswith("Organization/") for agent in body["agent"])
    assert [entity["role"] for entity in body["entity"]] == ["removal", "source"]
    assert body["reason"] == [{"text": DECISION.reason}]
    assert "Plan of 20 Jun 2025 09:30: 2 created, 6 amended, 18 retracted. Cause: withdrawal of an export." in str(body)


def test_a_plan_that_nobody_decided_and_that_rests_on_nothing() -> None:
    bare = dataclasses.replace(PLAN, decision=None, sources=(), withdrawn=(), programmers=(), pump=None)
    body = provenance(bare, bound(simulated=False), "1.0.0").body
    sound(body)
    assert not {"reason", "entity"} & body.keys()
    assert [tag["system"] for tag in body["meta"]["tag"]] == ["https://pumpbridge.invalid/sid/key"]
    assert len(body["agent"]) == 1


def test_an_amendment_says_what_the_chart_said_from_when_to_when() -> None:
    note = amendment_note(
        PLAN, BINDING, said="clinician bolus 25.00 micrograms 12 May 2025 12:40", since="2025-05-12T13:10:00.000+01:00",
        taken_back=("MedicationAdministration/pbsim-3", "Observation/pbsim-4"),
        because="The report behind it was withdrawn.",
    )  # fmt: skip
    sound(note)
    assert note.key == "amendment|0048213|Invented Pumps|IP-40|ZX000417|plan-7"
    assert note.body["severity"] == "high"
    assert note.body["identifiedDateTime"] == PLAN.recorded
    assert note.body["detail"] == (
        "From 12 May 2025 13:10 to 20 Jun 2025 09:30 this chart said: clinician bolus 25.00 micrograms 12 May 2025 "
        "12:40. The report behind it was withdrawn."
    )


@pytest.mark.parametrize(
    ("taken_back", "grave"),
    [
        (("Observation/a", "MedicationAdministration/b"), "high"),
        (("MedicationRequest/b",), "high"),
        (("Observation/a", "DocumentReference/c"), "moderate"),
        (("DocumentReference/c", "Device/d"), "low"),
        ((), "low"),
    ],
)
def test_severity_is_by_the_gravest_that_was_taken_back(taken_back: tuple[str, ...], grave: str) -> None:
    assert severity(taken_back) == grave


def test_a_plans_words_are_fit_to_read() -> None:
    spoken = dataclasses.replace(PLAN, decision=Decision("A", "IT dose 5 mcg was <wrong>"))
    body = provenance(spoken, BINDING, "1.0.0").body
    sound(body)
    assert body["agent"][-1]["who"]["identifier"] == {"system": "https://pumpbridge.invalid/sid/actor", "value": "A"}
    assert body["reason"] == [{"text": "intrathecal dose 5 micrograms was <wrong>"}]
    assert "&lt;wrong&gt;" in body["text"]["div"]
