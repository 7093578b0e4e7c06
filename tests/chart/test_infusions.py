"""What a hospital pump's infusions become: rates and doses as stated, words that say how it is known, no implant."""

from __future__ import annotations

import dataclasses
import re
from typing import Any, get_args

import pytest

from bridge.chart.infusion_words import REASONS
from bridge.chart.wording import unit_words
from bridge.course.infusion_facts import InfusionReason
from bridge.terms import mdc
from bridge.terms.table import table
from fhir_profiles.units import UNITS
from tests.chart.given import BINDING, at
from tests.chart.infusions import (
    BOLUS,
    STOPPED,
    alarm,
    amount,
    chart,
    event,
    infusion,
    one,
    over,
    reading,
    said,
    told,
    words,
)

# --- rates and doses ------------------------------------------------------------------------------------------------


def test_the_rate_is_the_flow_and_the_dose_rate_stands_beside_it_as_stated() -> None:
    dosage = one("delivery", infusion())["dosage"]
    assert {k: str(v) for k, v in dosage["rateQuantity"].items()} == {
        "value": "5.25", "unit": "mL/hour", "system": "http://unitsofmeasure.org", "code": "mL/h",
    }  # fmt: skip
    (beside,) = dosage["extension"]
    assert beside["url"] == f"{BINDING.base}/StructureDefinition/dose-rate"
    assert (str(beside["valueQuantity"]["value"]), beside["valueQuantity"]["code"]) == ("0.100", "ug/kg/min")
    assert beside["valueQuantity"]["unit"] == "micrograms/kg/minute"


def test_a_dose_by_weight_is_never_multiplied_and_says_the_weight_that_was_set() -> None:
    body = one("delivery", infusion())
    assert "0.100 micrograms/kg/minute (weight as set at the pump: 70.0 kg)" in body["dosage"]["text"]
    assert not re.search(r"7\.0+ |\b7 micro", words(body))


def test_where_no_flow_is_stated_the_dose_rate_is_the_rate() -> None:
    dosage = one("delivery", infusion(rate=None))["dosage"]
    assert dosage["rateQuantity"]["code"] == "ug/kg/min"
    assert "extension" not in dosage


@pytest.mark.parametrize("rate", [None, told(amount("0 mL/h")), told(amount("5 mL/h", bound="<"))])
def test_a_rate_of_0_and_a_bound_are_no_rate(rate: Any) -> None:
    assert "dosage" not in one("delivery", infusion(rate=rate, dose_rate=None))


def test_what_was_delivered_is_the_segments_by_the_pumps_count_in_its_own_unit() -> None:
    dosage = one("delivery", STOPPED)["dosage"]
    assert (str(dosage["dose"]["value"]), dosage["dose"]["code"]) == ("420", "ug")
    assert [e["url"].rpartition("/")[2] for e in dosage["extension"]] == ["volume-delivered", "dose-rate"]
    volume = one("delivery", dataclasses.replace(STOPPED, dose=None))["dosage"]["dose"]
    assert (str(volume["value"]), volume["code"]) == ("5.25", "mL")


@pytest.mark.parametrize("status", ["in-progress", "unknown"])
def test_nothing_is_said_to_be_delivered_before_the_end_is_known(status: Any) -> None:
    fact = infusion(status=status, volume=told(amount("5.25 mL")), dose=told(amount("420 ug")))
    assert "dose" not in one("delivery", fact)["dosage"]


def test_milligrams_stay_milligrams() -> None:
    body = one("delivery", infusion(concentration=told(amount("4 mg/mL")), dose_rate=told(amount("2.0 mg/h"))))
    (inside,) = body["contained"]
    strength = inside["ingredient"][0]["strength"]
    assert (str(strength["numerator"]["value"]), strength["numerator"]["code"]) == ("4", "mg")
    assert body["dosage"]["extension"][0]["valueQuantity"]["code"] == "mg/h"


def test_every_unit_that_a_pump_can_state_has_words_that_the_profiles_take() -> None:
    units = {row.ucum for row in mdc.table() if row.kind == "unit"}
    assert not [unit for unit in units if unit != "1" and unit_words(unit) not in UNITS[unit]]
    assert unit_words("m[iU]/kg/min") == "milli-international units/kg/minute"


# --- the administration ---------------------------------------------------------------------------------------------


def test_a_running_infusion_says_when_it_was_last_confirmed() -> None:
    body = one("delivery", infusion())
    assert body["status"] == "in-progress"
    assert body["effectivePeriod"] == {"start": "2026-03-02T10:15:00+00:00"}
    assert [e["valueDateTime"] for e in body["extension"]] == ["2026-03-02T11:30:00+00:00"]
    assert "running since 2 Mar 2026 10:15; last confirmed 2 Mar 2026 11:30" in words(body)
    assert body["note"] == [{
        "time": "2026-03-02T11:30:00+00:00",
        "text": "As recorded by the pump up to 2 Mar 2026 11:30; nobody at the bedside has confirmed it.",
    }]  # fmt: skip


def test_a_stop_says_what_the_pump_states_of_it() -> None:
    body = one("delivery", STOPPED)
    assert body["status"] == "stopped"
    (reason,) = body["statusReason"]
    assert (reason["coding"][0]["code"], reason["text"]) == (
        "pump-stopped",
        "Stop recorded by the pump: stopped: paused",
    )
    assert "extension" not in body


def test_what_was_not_recorded_is_said_to_be_inferred() -> None:
    both = over(
        "a", "2026-03-02 10:50", "stopped", "not-delivering", start_certainty="inferred", end_certainty="inferred"
    )
    body = one("delivery", both)
    assert "first seen 2 Mar 2026 10:15 to 10:50 (last seen)" in words(body)
    assert body["note"][0]["text"].endswith("Its start and end are inferred from the messages, not recorded.")
    start = one("delivery", infusion(start_certainty="inferred"))
    assert start["note"][0]["text"].endswith("Its start is inferred from the messages, not recorded.")


def test_an_end_that_only_another_run_shows_is_not_called_a_change_of_settings() -> None:
    body = one("delivery", over("a", "2026-03-02 10:50", "completed", "another-run", end_certainty="inferred"))
    assert "to 10:50 (last seen); a later message tells of another run; when this one ended is not known" in words(body)


def test_an_end_that_rests_on_its_event_alone_says_so() -> None:
    body = one("delivery", over("a", "2026-03-02 18:00", "stopped", "stopped", unheard_since=at("2026-03-02 10:20")))
    assert body["note"][0]["text"].endswith(
        "No message from 2 Mar 2026 10:20 to 2 Mar 2026 18:00 told of it: that it ran in this time rests on the pump's "
        "record of its end alone."
    )
    assert "alone" not in one("delivery", STOPPED)["note"][0]["text"]


@pytest.mark.parametrize("reason", get_args(InfusionReason))
def test_every_reason_has_words_and_a_code(reason: Any) -> None:
    status = (
        "stopped"
        if f"reason:{reason}" in table() and table()[f"reason:{reason}"].system.endswith("stop-reason")
        else "unknown"
    )
    if reason in ("new-settings", "another-run", "passed-on", "volume-infused"):
        assert REASONS[reason] in words(one("delivery", over("a", "2026-03-02 10:50", "completed", reason)))
        return
    end = {"status": "stopped"} if reason == "stopped" else {"status": status}
    fact = (
        over("a", "2026-03-02 10:50", end["status"], reason)
        if end["status"] == "stopped"
        else infusion(status="unknown", reason=reason)
    )
    body = one("delivery", fact)
    assert body["statusReason"][0]["coding"][0]["code"]
    assert REASONS[reason] in words(body)


def test_an_unknown_one_has_no_end_and_says_that_nobody_knows() -> None:
    body = one("delivery", infusion(status="unknown", reason="too-old"))
    assert "end" not in body["effectivePeriod"]
    assert "whether it still runs is not known" in words(body)


def test_a_destination_that_takes_no_open_segments_gets_those_that_ended() -> None:
    kinds = [
        r.body["status"] for r in chart(infusion("later"), STOPPED, open_segment=False) if r.key.startswith("delivery|")
    ]
    assert kinds == ["stopped"]


def test_a_bolus_is_part_of_the_infusion_in_whose_midst_it_was_given() -> None:
    resources = chart(infusion(), BOLUS)
    background = next(r for r in resources if r.key.startswith("delivery|"))
    body = one("bolus", infusion(), BOLUS)
    assert body["partOf"] == [{"reference": background.reference}]
    assert body["extension"][0]["valueCodeableConcept"]["coding"][0]["code"] == "clinician"
    assert "partOf" not in one("bolus", BOLUS, open_segment=False)


@pytest.mark.parametrize(
    ("kind", "label", "code"),
    [
        ("70083", None, "loading"),
        ("MDC_DEV_PUMP_INFUSATE_SOURCE_LOADING_DOSE", None, "loading"),
        (None, "Clinician dose", "clinician"),
        (None, "PCA", "patient"),
        ("70075", "Secondary", "unspecified"),
        (None, None, "unspecified"),
    ],
)
def test_whose_bolus_it_is_comes_from_the_source(kind: str | None, label: str | None, code: str) -> None:
    named: dict[str, Any] = {"kind": told(said(kind)) if kind else None, "label": told(said(label)) if label else None}
    body = one("bolus", dataclasses.replace(BOLUS, **named))
    assert body["extension"][0]["valueCodeableConcept"]["coding"][0]["code"] == code


def test_the_drug_is_named_as_printed_and_its_concentration_stands_inside() -> None:
    body = one("delivery", infusion(drug=told(said("Norepinephrine  (noradrenaline) 4 mg/50 mL"))))
    (inside,) = body["contained"]
    assert inside["code"]["text"] == "Norepinephrine (noradrenaline) 4 mg/50 mL 80.0 micrograms/mL"
    assert body["medicationReference"] == {"reference": "#drug"}
    assert not [r for r in chart(infusion()) if r.type == "Medication"]


@pytest.mark.parametrize(
    ("drug", "concentration", "text"),
    [
        (None, None, "Drug NOT RECORDED"),
        ("Saline", None, "Saline"),
        ("Saline", amount("9 mg/mL", bound=">"), "Saline more than 9 milligrams/mL"),
    ],
)
def test_without_a_usable_concentration_the_drug_is_words(drug: Any, concentration: Any, text: str) -> None:
    named: dict[str, Any] = {
        "drug": told(said(drug)) if drug else None,
        "concentration": told(concentration) if concentration else None,
    }
    body = one("delivery", infusion(**named))
    assert body["medicationCodeableConcept"] == {"text": text}
    assert "contained" not in body


def test_the_order_is_referred_to_by_its_number_alone() -> None:
    request = one("delivery", infusion())["request"]
    assert request == {
        "type": "MedicationRequest",
        "identifier": {"system": f"{BINDING.base}/sid/placer-order", "value": "PO-7731"},
    }
    assert "request" not in one("delivery", infusion(order=None))


def test_every_value_of_an_administration_is_traced() -> None:
    (found,) = [r for r in chart(STOPPED) if r.key.startswith("delivery|")]
    assert {trace.element: trace.text for trace in found.traces} == {
        "contained[0].ingredient[0].itemCodeableConcept": "Norepinephrine",
        "contained[0].ingredient[0].strength.numerator": "80.0 ug/mL",
        "statusReason[0]": "pump-stopped-paused",
        "request.identifier.value": "PO-7731",
        "dosage.dose": "420 ug",
        "dosage.extension[0].valueQuantity": "5.25 mL",
        "dosage.extension[1].valueQuantity": "0.100 ug/kg/min",
        "dosage.rateQuantity": "5.25 mL/h",
    }
    assert found.rests_on == STOPPED.exports


# --- nothing of an implant ------------------------------------------------------------------------------------------


def test_no_word_and_no_resource_of_an_implant() -> None:
    resources = chart(
        infusion("later"), STOPPED, BOLUS, alarm(), event("MDC_EVT_PUMP_DELIV_COMP"), reading("rate", amount("5 mL/h"))
    )
    for resource in resources:
        assert not re.search(r"(?i)intrathecal|implant|community|at home|programmer|reservoir", str(resource.body)), (
            resource.key
        )
        assert resource.type not in ("MedicationRequest", "Procedure", "Device", "DocumentReference", "Medication")
    assert not [r for r in resources if r.key.startswith("pump-present|")]
