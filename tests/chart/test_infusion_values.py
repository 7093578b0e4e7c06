"""What a hospital pump's alarms and values become, and the pump itself, which several patients share."""

from __future__ import annotations

import dataclasses
from typing import Any, get_args

import pytest

from bridge.chart.commons import write_commons
from bridge.chart.infusion_readings import CODES, concept_of, field_of
from bridge.chart.infusion_words import plain_term
from bridge.chart.write import write
from bridge.course.infusion_facts import Infusion, ReadingCode
from bridge.course.remarks import Finding
from bridge.course.shared import hospital_pump, shared_device
from bridge.errors import Bug
from bridge.hospital import Infusion as Line
from bridge.hospital import Source
from bridge.identity import PumpIdentity
from bridge.interrogation import Channel, Interrogation, Pump
from bridge.terms.table import mdc_coding, mdc_of_field, table
from fhir_profiles.checks import check
from tests.chart.given import BINDING
from tests.chart.infusions import (
    M1,
    PUMP,
    alarm,
    amount,
    chart,
    course,
    event,
    infusion,
    one,
    reading,
    said,
    words,
)

PUMP_KEY = PumpIdentity("Invented Pumps", "IV-3", "LV70001")


# --- alarms ---------------------------------------------------------------------------------------------------------


def test_an_alarm_in_force_is_an_active_flag_with_its_priority_in_words() -> None:
    flag = one("alarm-flag", alarm())
    assert flag["status"] == "active"
    assert flag["period"] == {"start": "2026-03-02T11:00:00+00:00"}
    assert flag["code"]["coding"] == [mdc_coding("MDC_EVT_FLUID_LINE_OCCL")]
    assert words(flag) == (
        'Infusion pump alarm: "Occlusion downstream" (high priority, technical), line 1.1, since 2 Mar 2026 11:00, as '
        "reported 2 Mar 2026 11:05."
    )


def test_an_alarm_that_is_over_is_inactive_and_what_was_raised_stays_as_it_was() -> None:
    ended = alarm(until=alarm().last_told, status="ended")
    assert one("alarm-flag", ended)["status"] == "inactive"
    assert one("alarm-flag", ended)["period"]["end"] == "2026-03-02T11:05:00+00:00"
    assert one("alarm-event", ended) == one("alarm-event", alarm())


def test_a_finding_for_the_ward_names_no_implanted_pump_and_nobody_to_call() -> None:
    finding = Finding(
        "newer-export-unreadable", "x", "ward", "high", M1, M1.start, "A newer message cannot be read.",
        evidence=(("document", M1.exports[0]),),
    )  # fmt: skip
    flag = one("finding-flag", finding)
    assert words(flag) == "Infusion pump: newer export cannot be read. A newer message cannot be read."
    issue = one("newer-export-unreadable", finding)
    assert issue["implicated"] == [one("use")["device"]]
    assert "evidence" not in issue  # messages have no DocumentReference


def test_an_alarm_of_which_nothing_newer_is_known_has_no_end() -> None:
    flag = one("alarm-flag", alarm(status="unknown", reason="another-patient"))
    assert flag["status"] == "inactive"
    assert "end" not in flag["period"]
    assert "whether it is over is not known (the pump reports another patient since)" in words(flag)


def test_a_start_that_was_never_told_is_no_start() -> None:
    facts = alarm(since=None), alarm(since=None, until=alarm().last_told, status="ended")
    assert "period" not in one("alarm-flag", facts[0])
    assert one("alarm-flag", facts[1])["period"] == {"end": "2026-03-02T11:05:00+00:00"}
    assert "its start is NOT RECORDED" in words(one("alarm-event", facts[0]))


def test_a_term_without_a_verified_number_leaves_as_words_only() -> None:
    body = one("alarm-event", event("MDC_EVT_PUMP_DELIV_STOP"))
    assert [coding["code"] for coding in body["valueCodeableConcept"]["coding"]] == ["other"]
    assert mdc_coding("MDC_EVT_PUMP_DELIV_STOP") is None
    assert mdc_coding("MDC_DIM_MICRO_G_PER_KG_PER_MIN") is None


# --- values ---------------------------------------------------------------------------------------------------------


def test_every_reading_has_a_code_of_ours_and_a_term_of_the_pumps() -> None:
    assert set(CODES) == set(get_args(ReadingCode))
    assert not [code for code in CODES if concept_of(code) not in table()]
    assert not [code for code in CODES if mdc_of_field(field_of(code)) is None]


def test_every_field_of_a_source_and_a_line_is_a_reading_or_no_value() -> None:
    fields = {f"source.{field.name}" for field in dataclasses.fields(Source)}
    fields |= {field.name for field in dataclasses.fields(Line)}
    none = {"source.address", "source.kind", "source.label", "address", "device", "system_id", "order", "ordered"}
    none |= {"message", "profile", "sources", "events", "unread"}
    assert {field_of(code) for code in CODES} == fields - none


def test_a_value_is_coded_by_the_pumps_term_and_by_ours() -> None:
    body = one("infusion-reading", reading("rate", amount("5.25 mL/h", "setting"), "1.1.2"))
    assert [coding["code"] for coding in body["code"]["coding"]] == ["157784", "rate"]
    assert body["code"]["text"] == "Flow of the source, Primary (1.1.2)"
    assert str(body["valueQuantity"]["value"]) == "5.25"
    assert body["component"][0]["valueCodeableConcept"] == {"text": "Norepinephrine"}
    assert body["method"]["coding"][0]["code"] == "setting"


def test_what_a_person_typed_was_typed_at_the_pump() -> None:
    method = one("infusion-reading", reading("patient-weight", amount("70.0 kg", "typed")))["method"]
    assert method["text"] == "Entered by a clinician at the pump"


@pytest.mark.parametrize(
    ("stated", "code"), [("pump-status-infusing", "infusing"), ("pump-status-not-infusing", "not-infusing")]
)
def test_whether_it_infuses_is_coded(stated: str, code: str) -> None:
    value = one("infusion-reading", reading("status", said(stated)))["valueCodeableConcept"]
    assert value["coding"][0]["code"] == code


def test_a_pump_in_transition_is_told_as_stated() -> None:
    value = one("infusion-reading", reading("status", said("pump-status-transitioning")))["valueCodeableConcept"]
    assert value == {"text": "pump-status-transitioning"}


def test_what_cannot_be_used_has_no_value_and_says_so() -> None:
    body = one("infusion-reading", reading("battery", dataclasses.replace(said("x"), value=None, text="?? %")))
    assert body["dataAbsentReason"]["text"] == 'NOT USABLE (printed as "?? %")'
    assert not [name for name in body if name.startswith("value")]


def test_a_destination_that_wants_no_single_values_gets_none() -> None:
    kinds = {r.key.partition("|")[0] for r in chart(infusion(), reading("rate", amount("5 mL/h")), single_values=False)}
    assert kinds == {"use", "delivery"}


@pytest.mark.parametrize(
    ("term", "said_as"),
    [
        ("pump-status-not-infusing", "not infusing"),
        ("pump-delivery-status-delivering", "delivering"),
        ("pump-program-delivery-mode-continuous", "continuous"),
        ("pump-stopped-paused", "stopped: paused"),
        ("Door open", '"Door open"'),
    ],
)
def test_terms_are_said_in_words(term: str, said_as: str) -> None:
    assert plain_term(said(term)) == said_as


# --- the pump, shared by patients -----------------------------------------------------------------------------------


def stated(kind: str | None = None, system: str | None = None) -> Interrogation:
    line = Line(device=said(kind) if kind else None, system_id=said(system) if system else None)
    pump = Pump(manufacturer=said("Invented Pumps"), model=said("IV-3"), serial=said("LV70001"))
    return Interrogation(pump=pump, channels=(Channel(infusion=line),))


def devices(*keys: str | None) -> list[dict[str, Any]]:
    made = write_commons([key for key in keys if key], BINDING, "1.0.0")
    assert not [problem for resource in made for problem in check(resource.body)]
    return [resource.body for resource in made[1:-1]]


def test_the_chart_refers_to_the_pump_that_is_shared() -> None:
    (device,) = devices(hospital_pump(PUMP_KEY))
    body = one("delivery", infusion())
    assert body["device"] == [{"reference": f"Device/{device['id']}"}]
    assert "patient" not in device
    use = one("use")
    assert (use["device"], use["status"]) == ({"reference": f"Device/{device['id']}"}, "active")


def test_the_hospitals_own_device_stands_for_ours() -> None:
    assert one("delivery", infusion(), pump="Device/theirs")["device"] == [{"reference": "Device/theirs"}]


def test_a_pump_is_one_device_with_what_any_message_stated_of_its_identity() -> None:
    messages = [
        stated(),
        stated("MDC_DEV_PUMP_INFUS_LVP_VMD", "0011220000AB0001"),
        stated("MDC_DEV_PUMP_INFUS_LVP_MDS", "00-11-22-00-00-ab-00-01"),
    ]
    keys = [shared_device(one) for one in messages]
    (device,) = devices(*keys)
    assert (device,) == tuple(devices(*reversed(keys)))
    assert [coding["code"] for coding in device["type"]["coding"]] == ["70049", "70050", "hospital-pump"]
    assert [i["value"] for i in device["identifier"][1:]] == ["LV70001", "0011220000AB0001"]
    assert device["identifier"][2]["system"] == "urn:oid:1.2.840.10004.1.1.1.0.0.1.0.0.1.2680"


def test_nothing_that_varies_is_in_the_device() -> None:
    told_twice = stated("MDC_DEV_PUMP_INFUS_LVP_VMD")
    firmware = dataclasses.replace(told_twice, pump=dataclasses.replace(told_twice.pump, firmware=said("4.2")))
    assert shared_device(firmware) == shared_device(told_twice)
    assert shared_device(stated("MDC_PRIVATE_KIND", "gateway 7")) == hospital_pump(PUMP_KEY)


def test_a_system_id_that_two_pumps_state_is_the_racks_and_names_neither() -> None:
    other = PumpIdentity("Invented Pumps", "IV-3", "LV70002")
    first, second = devices(hospital_pump(PUMP_KEY, "70050", "AB" * 8), hospital_pump(other, "70050", "AB" * 8))
    assert [len(device["identifier"]) for device in (first, second)] == [2, 2]


def test_a_pump_without_a_serial_number_goes_by_its_system_id() -> None:
    (device,) = devices(hospital_pump(PumpIdentity("M", "X|1%", "AB" * 8), "", "AB" * 8))
    assert "serialNumber" not in device
    assert [i["value"] for i in device["identifier"][1:]] == ["AB" * 8]
    assert device["modelNumber"] == "X|1%"


def test_a_uuid_is_a_uri() -> None:
    uuid = "0F8FAD5B-D9CB-469F-A165-70867728950E"
    (device,) = devices(shared_device(stated(None, uuid)))
    assert device["identifier"][2] == {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{uuid.lower()}"}


def test_another_kind_of_shared_thing_is_refused() -> None:
    with pytest.raises(Bug, match="programmer or a hospital pump"):
        write_commons(["gateway||a|b|c|"], BINDING, "1.0.0")


def test_the_use_ends_where_the_pump_reports_another_patient() -> None:
    over_ = dataclasses.replace(PUMP, until=PUMP.source.start, ended=PUMP.source.exports[0])
    (use,) = [r.body for r in write(course(pump=over_), BINDING) if r.key.startswith("use|")]
    assert use["status"] == "completed"
    assert use["timingPeriod"] == {"start": "2026-03-02T10:15:00+00:00", "end": "2026-03-02T11:30:00+00:00"}
    assert "reported another patient 2 Mar 2026 11:30" in words(use)


def test_a_confirmation_changes_the_infusion_alone() -> None:
    def bytes_of(fact: Infusion) -> dict[str, Any]:
        return {r.key: r.body for r in chart(fact, reading("rate", amount("5.25 mL/h"), "1.1.2"), alarm())}

    later = infusion(last_confirmed=alarm().last_told)
    before, after = bytes_of(infusion()), bytes_of(later)
    assert [key.partition("|")[0] for key in before if before[key] != after[key]] == ["delivery"]
