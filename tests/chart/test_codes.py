"""The table of codes against a second list, written down apart from it: a code that moves is caught here."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, get_args

import pytest

from bridge.chart.sheet import KINDS
from bridge.chart.wording import HOW_SHORT
from bridge.chart.write import write
from bridge.course.facts import SegmentReason
from bridge.errors import Bug
from bridge.fhir_json import canonical
from bridge.interrogation import ALARM_CODES, EVENT_CODES, MODES, How
from bridge.terms.findings import catalogue
from bridge.terms.table import VERIFIED, coding, display, own_systems, table
from tests.chart.cases import CASES

BASE = "https://pumpbridge.invalid"
THO = "http://terminology.hl7.org/CodeSystem"
MDC = "urn:iso:std:iso:11073:10101"
IN_R5 = ("community", "inpatient")
ASSOCIATED = ("implanted", "explanted", "unknown", "entered-in-error")
ASSOCIATION = "http://hl7.org/fhir/deviceassociation-status"
# Source: the tables of codes in the project's knowledge, section by section.
PINNED = {
    "htest": (f"{THO}/v3-ActReason", "HTEST"),
    "category-therapy": (f"{THO}/observation-category", "therapy"),
    "category-community": (f"{THO}/medication-admin-category", "community"),
    "category-inpatient": (f"{THO}/medication-admin-category", "inpatient"),
    **{
        f"state:{code}": (f"{THO}/medication-admin-status", code)
        for code in ("in-progress", "completed", "stopped", "unknown")
    },
    **{f"location-{code}": (f"{THO}/medication-admin-location", code) for code in IN_R5},
    **{f"association:{code}": (ASSOCIATION, code) for code in ASSOCIATED},
    "category-alert": (f"{THO}/communication-category", "alert"),
    "flag-clinical": (f"{THO}/flag-category", "clinical"),
    "flag-safety": (f"{THO}/flag-category", "safety"),
    "absent-unknown": (f"{THO}/data-absent-reason", "unknown"),
    "absent-error": (f"{THO}/data-absent-reason", "error"),
    "assembler": (f"{THO}/provenance-participant-type", "assembler"),
    "author": (f"{THO}/provenance-participant-type", "author"),
    "informant": (f"{THO}/provenance-participant-type", "informant"),
    "route-sct": ("http://snomed.info/sct", "72607000"),
    "route-v2": (f"{THO}/v2-0162", "IT"),
    "baclofen-sct": ("http://snomed.info/sct", "387342009"),
    "baclofen-atc": ("http://www.whocc.no/atc", "M03BX01"),
    "mdc-pump": (MDC, "69985"),
    "mdc-firmware": (MDC, "531976"),
    "mdc-concentration": (MDC, "157760"),
    "mdc-dose-rate": (MDC, "157924"),
    "mdc-flow": (MDC, "157784"),
    "mdc-infusing": (MDC, "184519"),
}
REFUSED = {"baclofen-rxnorm": "1292", "route-mislabelled": "372452007"}


@pytest.mark.parametrize("concept", PINNED)
def test_codes_of_others_are_the_pinned_ones(concept: str) -> None:
    found = coding(concept)
    assert (found["system"], found["code"]) == PINNED[concept]


def test_the_table_holds_no_other_code_of_others() -> None:
    others = {name for name, row in table().items() if not row.system.startswith("ours:")}
    assert others == PINNED.keys() | REFUSED.keys()


@pytest.mark.parametrize("concept", REFUSED)
def test_a_code_that_nobody_verified_is_refused(concept: str) -> None:
    assert table()[concept].code == REFUSED[concept]
    with pytest.raises(Bug, match="not verified"):
        coding(concept)


@pytest.mark.parametrize("lookup", [lambda name: coding(name), display])
def test_an_unknown_concept_is_refused(lookup: Any) -> None:
    with pytest.raises(Bug, match="no code is known"):
        lookup("weather")


def test_our_own_codes_are_theirs_alone_and_have_words() -> None:
    for name, rows in own_systems().items():
        assert re.fullmatch(r"[a-z\-]+", name)
        for row in rows:
            assert re.fullmatch(r"[a-z\-]+", row.code)
            assert row.display
            assert row.status == "ours"
            assert coding(row.concept)["system"] == f"{BASE}/CodeSystem/{name}"


def test_statuses_are_known() -> None:
    assert {row.status for row in table().values()} == VERIFIED | {"B", "X"}
    assert all(row.source for row in table().values())


def test_every_code_that_a_fact_can_hold_is_in_the_table() -> None:
    wanted = [f"mode:{code}" for code in MODES] + [f"alarm:{code}" for code in ALARM_CODES]
    wanted += [f"event:{code}" for code in EVENT_CODES if code not in ALARM_CODES or code == "other"]
    wanted += [f"how:{how}" for how in get_args(How)] + [f"reason:{reason}" for reason in get_args(SegmentReason)]
    wanted += [*catalogue(), "alarm:none", "how:derived"]
    assert not [name for name in wanted if name not in table()]
    assert not catalogue().keys() - KINDS.keys()
    assert HOW_SHORT.keys() == set(get_args(How))


def test_what_we_define_has_one_base_and_what_the_site_numbers_its_own() -> None:
    course, binding = CASES["first-session"]()
    text = canonical([one.body for one in write(course, replace(binding, base="https://site.example"))]).decode()
    assert not re.search(r"https://site\.example/(?!sid/)", text)
    assert not re.search(r"https://pumpbridge\.invalid/sid/", text)
    assert f"{BASE}/StructureDefinition/last-confirmed" in text
    assert "https://site.example/sid/key" in text
