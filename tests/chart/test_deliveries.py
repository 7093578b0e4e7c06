"""Segments, boluses, bridges and gaps: status, end, reason, dosage, and what a destination's choices take away."""

from __future__ import annotations

import dataclasses
from typing import Any, get_args

import pytest

from bridge.chart.resource import Binding, Resource
from bridge.chart.write import write
from bridge.course.facts import OPEN, SegmentReason
from bridge.course.pages import Course
from bridge.interrogation import Dose, Programme
from fhir_profiles.checks import check
from tests.chart.cases import CASES, FIRST, P1, P2, SECOND
from tests.chart.given import (
    BACLOFEN,
    BINDING,
    FLEX,
    FLEX_UNSTEPPED,
    MIXED,
    PERIODIC,
    S1,
    S2,
    TWO_DRUGS,
    amount,
    at,
    bolus,
    bound,
    constant,
    course,
    said,
    segment,
    unreadable,
)
from tests.chart.test_charts import references


def written(given: Course, kind: str, binding: Binding = BINDING) -> list[Resource]:
    """The resources of one kind."""
    return [resource for resource in write(given, binding) if resource.key.startswith(f"{kind}|")]


def delivery(settings: Programme = FLEX, **changes: Any) -> dict[str, Any]:
    """One segment's administration."""
    fact = segment(FIRST, settings, S1, "2025-03-03 11:40", **changes)
    return written(course((OPEN, (fact,))), "delivery")[0].body


def test_running_has_no_end_and_says_when_it_was_last_confirmed() -> None:
    body = delivery(constant(), end=at("2025-03-03 12:00"))
    assert body["status"] == "in-progress"
    assert body["effectivePeriod"] == {"start": "2025-03-03T11:40:00+00:00"}
    confirmed = "https://pumpbridge.invalid/StructureDefinition/last-confirmed"
    assert body["extension"] == [{"url": confirmed, "valueDateTime": "2025-03-03T11:58:00+00:00"}]
    assert "statusReason" not in body


@pytest.mark.parametrize("reason", get_args(SegmentReason))
@pytest.mark.parametrize("status", ["completed", "stopped", "unknown"])
def test_every_reason_can_end_a_segment(status: Any, reason: Any) -> None:
    end = None if status == "unknown" else at("2025-05-12 12:40")
    body = delivery(constant(), status=status, reason=reason, end=end)
    assert ("statusReason" in body) == (status != "completed")
    assert ("end" in body["effectivePeriod"]) == (status != "unknown")
    assert not check(body)


def test_unknown_keeps_an_end_that_is_known() -> None:
    body = delivery(constant(), status="unknown", reason="reservoir-empty", end=at("2025-05-12 12:40"))
    assert body["effectivePeriod"]["end"] == "2025-05-12T12:40:00+01:00"
    assert not check(body)


def test_an_ambiguous_instant_goes_out_with_its_day() -> None:
    body = delivery(constant(), start=at("2025-10-26 01:30", ambiguous=True))
    assert body["effectivePeriod"] == {"start": "2025-10-26"}


@pytest.mark.parametrize(
    ("settings", "rate"),
    [
        (constant(), "rateQuantity"),
        (constant(mode="minimum-rate"), "rateQuantity"),
        (FLEX, "rateRatio"),
        (FLEX_UNSTEPPED, "rateRatio"),
        (PERIODIC, "rateRatio"),
        (Programme(None, None, FLEX.doses), "rateRatio"),
    ],
)
def test_one_rate_a_segment(settings: Programme, rate: str) -> None:
    dosage = delivery(settings)["dosage"]
    assert {name for name in dosage if name.startswith(("rate", "dose"))} == {rate}


@pytest.mark.parametrize(
    "settings",
    [
        Programme(said("simple-continuous")),
        Programme(said("simple-continuous"), None, (Dose(None, None),)),
        Programme(said("simple-continuous"), None, (Dose(None, unreadable("4OO mcg/day")),)),
        Programme(said("simple-continuous"), None, (Dose(None, amount("400 mcg/day", mark="<")),)),
        Programme(said("simple-continuous"), None, (Dose(None, amount("0.00 mcg/day")),)),
        Programme(said("stopped"), None, (Dose(None, amount("400 mcg/day")),)),
        dataclasses.replace(TWO_DRUGS, flow=None),
    ],
)
def test_no_dosage_where_the_dose_is_not_known(settings: Programme) -> None:
    assert "dosage" not in delivery(settings)


def test_several_drugs_leave_as_flow_and_each_dose_as_an_observation() -> None:
    fact = segment(FIRST, TWO_DRUGS, S1, "2025-03-03 11:40", mixture=MIXED)
    given = course((OPEN, (fact, MIXED)))
    assert written(given, "delivery")[0].body["dosage"]["rateQuantity"]["code"] == "mL/d"
    doses = [resource.body["valueQuantity"] for resource in written(given, "delivery-dose")]
    assert [(str(dose["value"]), dose["code"]) for dose in doses] == [("150.0", "ug/d"), ("750", "ug/d")]


def test_what_is_inferred_says_so() -> None:
    body = delivery(constant(), certainty="inferred")
    assert "Inferred from the reports, not recorded by the pump." in body["note"][0]["text"]
    assert "Inferred from the reports" in body["text"]["div"]


def test_a_shifted_unit_keeps_what_was_printed() -> None:
    dosage = delivery(constant("0.400 mg/day"))["dosage"]
    assert str(dosage["rateQuantity"]["value"]) == "400"
    assert dosage["text"] == "400 micrograms/day (printed as 0.400 mg/day), simple continuous, intrathecal"
    digits = delivery(constant("1.2500 mg/day"))["dosage"]["rateQuantity"]["value"]
    assert str(digits) == "1250.0"


# --- boluses --------------------------------------------------------------------------------------------------------


def given_bolus(**changes: Any) -> dict[str, Any]:
    """One bolus's administration."""
    fact = bolus("event 7", S2, "2025-05-12 12:40", changes.pop("until", "2025-05-12 12:50"), **changes)
    return written(course((P2, (BACLOFEN, fact))), "bolus")[0].body


def test_a_bolus_is_part_of_its_background_only_where_it_adds() -> None:
    assert "partOf" not in given_bolus()
    assert given_bolus(background=SECOND)["partOf"][0]["reference"].startswith("MedicationAdministration/")


def test_what_was_programmed_is_no_delivered_dose() -> None:
    body = given_bolus(dose=None, programmed=amount("50.0 mcg"))
    assert "dosage" not in body
    assert "delivered dose NOT RECORDED (programmed: 50.0 micrograms)" in body["text"]["div"]


@pytest.mark.parametrize(
    ("outcome", "until", "status"),
    [
        ("complete", "2025-05-12 12:50", "completed"),
        ("cancelled", "2025-05-12 12:50", "stopped"),
        ("running", None, "in-progress"),
        ("complete", None, "unknown"),
        ("cancelled", None, "unknown"),
        (None, None, "unknown"),
    ],
)
def test_the_outcome_is_the_pumps(outcome: str | None, until: str | None, status: str) -> None:
    body = given_bolus(outcome=outcome, until=until)
    assert body["status"] == status
    assert ("dose" in body.get("dosage", {})) == (status in ("completed", "stopped"))
    assert not check(body)


def test_a_dose_that_cannot_stand_in_the_dosage_is_an_observation() -> None:
    fact = bolus("event 7", S2, "2025-05-12 12:40", None)
    found = written(course((P2, (BACLOFEN, fact))), "bolus-dose")
    assert str(found[0].body["valueQuantity"]["value"]) == "25.00"


# --- what a destination chooses --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_without_open_segments_nothing_refers_to_one(name: str) -> None:
    given, _ = CASES[name]()
    resources = write(given, bound(open_segment=False, attachment=lambda sha256: None))
    administrations = {resource.reference for resource in resources if resource.type == "MedicationAdministration"}
    for resource in resources:
        if resource.key.startswith("delivery|"):
            assert "end" in resource.body["effectivePeriod"]
        there = {one for one in references(resource.body) if one.startswith("MedicationAdministration/")}
        assert there <= administrations, resource.key
        assert not check(resource.body) or "medicationCodeableConcept" in resource.body


def test_without_open_segments_a_bolus_stands_alone() -> None:
    given, _ = CASES["refill"]()
    assert "partOf" in written(given, "bolus")[0].body
    assert "partOf" not in written(given, "bolus", bound(open_segment=False))[0].body


@pytest.mark.parametrize("name", CASES)
def test_without_calculated_values_nothing_is_the_bridges(name: str) -> None:
    given, _ = CASES[name]()
    for resource in write(given, bound(calculated=False)):
        assert "clock-offset" not in str(resource.body)
        assert not resource.key.startswith(("delivered-ratio|", "dose-not-delivered|"))
        assert all(trace.arithmetic is None for trace in resource.traces), resource.key
        if resource.key.startswith("delivery|"):
            assert "Calculated by" not in str(resource.body)


@pytest.mark.parametrize("name", CASES)
def test_without_single_values_the_panel_holds_them(name: str) -> None:
    given, _ = CASES[name]()
    kinds = {resource.key.partition("|")[0] for resource in write(given, bound(single_values=False))}
    assert not kinds & {"reservoir-volume", "programmed-daily-dose", "low-reservoir-date", "months-to-eri"}


def test_a_bridge_carries_a_calculated_dose_and_the_pumps_account_beside_it() -> None:
    given, _ = CASES["bridge"]()
    over = written(given, "delivery")[0].body
    assert (
        over["dosage"]["text"] == "Bridge bolus: 500.0 micrograms (Calculated by pumpbridge, not the pump), intrathecal"
    )
    assert str(over["dosage"]["dose"]["value"]) == "500.0"
    accounted = written(given, "bridge-accounted")[0].body
    assert str(accounted["valueQuantity"]["value"]) == "250.0"
    assert accounted["partOf"] == [{"reference": written(given, "delivery")[0].reference}]
    assert "dosage" not in written(given, "delivery", bound(calculated=False))[0].body


def test_a_correction_shows_in_its_observations() -> None:
    given, _ = CASES["first-session"]()
    declared = dataclasses.replace(S1, corrected=True)
    page = next(page for page in given.pages if page.position == P1)
    facts = tuple(
        dataclasses.replace(fact, source=declared) if hasattr(fact, "source") else fact for fact in page.facts
    )
    again = dataclasses.replace(given, pages=(dataclasses.replace(page, facts=facts), given.pages[-1]))
    found = {resource.body["status"] for resource in write(again, BINDING) if resource.type == "Observation"}
    assert found == {"corrected"}
