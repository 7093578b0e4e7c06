"""The small vocabulary: quantities, texts for people, identifiers, printed UDIs."""

from __future__ import annotations

import dataclasses

import pytest

from bridge.chart import elements, wording
from bridge.chart.elements import narrative, quantity, serial, slug
from bridge.chart.resource import Centre
from bridge.chart.udi import carrier
from bridge.chart.wording import UNIT_WORDS, centre, mixture_words, readable, said, span
from bridge.quantity import _UNITS, Quantity, decimal_of
from fhir_profiles.grammar import plain_words
from tests.chart.given import BACLOFEN, MIXED, S1, S2, amount, at, known, unreadable
from tests.chart.given import said as read_as


@pytest.mark.parametrize(
    ("value", "unit", "digits", "code", "words"),
    [
        ("18.00", "ug/d", "18.00", "ug/d", "micrograms/day"),
        ("0.400", "mg/d", "400", "ug/d", "micrograms/day"),
        ("2", "mg/mL", "2000", "ug/mL", "micrograms/mL"),
        ("1.2500", "mg", "1250.0", "ug", "micrograms"),
        ("200.0", "uL/d", "0.2000", "mL/d", "mL/day"),
        ("110", "mm", "11.0", "cm", "cm"),
        ("84", "mo", "84", "mo", "months"),
        ("0.05", "mL/h", "0.05", "mL/h", "mL/hour"),
    ],
)
def test_quantities_leave_with_their_digits(value: str, unit: str, digits: str, code: str, words: str) -> None:
    found = quantity(Quantity(decimal_of(value), unit))
    assert (f"{found['value']:f}", found["code"], found["unit"]) == (digits, code, words)
    assert found["system"] == "http://unitsofmeasure.org"


def test_every_unit_that_a_pump_states_can_be_said() -> None:
    for unit in _UNITS:
        assert wording.in_base(Quantity(decimal_of("1"), unit)).unit in UNIT_WORDS


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        (None, "NOT RECORDED"),
        (unreadable("4O.0\n mL"), 'NOT USABLE (printed as "4O.0 mL")'),
        (amount("0.00 mcg/day"), "0.00 micrograms/day"),
        (amount("0.4 mg/day"), "400 micrograms/day (printed as 0.4 mg/day)"),
        (amount("2.0 mL", mark="<"), "less than 2.0 mL"),
        (amount("2.0 mL", mark=">"), "more than 2.0 mL"),
    ],
)
def test_absent_zero_and_unreadable_are_three_things(reading: object, words: str) -> None:
    assert said(reading) == words  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("400 mcg/day IT", "400 micrograms/day intrathecal"),
        ("400MCG", "400micrograms"),
        ("SELF TEST OK", "SELF TEST [...]"),
        ("MR safe mode", "[...] mode"),
        ("MRI-Safe", "[...]"),
        ("IT-40 ITEM OKAY MITES", "IT-40 ITEM OKAY MITES"),
    ],
)
def test_what_an_export_prints_is_not_repeated_as_ours(text: str, words: str) -> None:
    assert readable(text) == words
    assert plain_words(readable(text))


def test_narrative_is_escaped_and_takes_no_control_characters() -> None:
    div = narrative('<script>alert("a & b")</script>\x00\x1f\ufffe')["div"]
    assert "&lt;script&gt;" in div
    assert "&amp;" in div
    assert not any(ord(sign) < 32 or sign == "\ufffe" for sign in div)


def test_intervals_say_a_day_once() -> None:
    assert span(at("2025-05-12 12:40"), at("2025-05-12 12:50")) == "12 May 2025 12:40 to 12:50"
    assert span(at("2025-05-12 23:40"), at("2025-05-13 00:10")) == "12 May 2025 23:40 to 13 May 2025 00:10"
    unclear = at("2025-10-26 01:30", ambiguous=True)
    assert span(unclear, at("2025-10-26 12:00")) == "26 Oct 2025 to 26 Oct 2025 12:00"


def test_what_outlives_its_report_names_it() -> None:
    assert wording.earlier(known(read_as("T10")), S1) == ""
    assert wording.earlier(known(read_as("T10")), S2) == " (report of 3 Mar 2025)"
    assert wording.earlier(None, S2) == ""


def test_mixtures_in_words() -> None:
    assert mixture_words(None) == "drug NOT RECORDED"
    assert mixture_words(BACLOFEN) == "baclofen 2000.0 micrograms/mL"
    assert mixture_words(MIXED) == "baclofen 1000 micrograms/mL and Morphine 5000 micrograms/mL (printed as 5 mg/mL)"
    nameless = dataclasses.replace(BACLOFEN.drugs[0], name=None, concentration=None)
    assert wording.drug_words(nameless) == "NOT RECORDED (concentration NOT RECORDED)"


def test_a_centre_without_a_telephone_is_still_named() -> None:
    assert centre(Centre("Clinic", None)) == "Clinic"


@pytest.mark.parametrize(
    ("maker", "system"),
    [
        ("Invented Pumps", "serial-invented-pumps"),
        ("Æther & Söhne", "serial-ther-s-hne"),
        (None, "serial-maker-not-recorded"),
    ],
)
def test_a_serial_stands_under_its_maker(maker: str | None, system: str) -> None:
    assert serial("https://x", maker, "0007") == {"system": f"https://x/sid/{system}", "value": "0007"}


def test_a_maker_without_latin_letters_has_a_name_of_its_own() -> None:
    assert slug("株式会社") != slug("有限会社")
    assert slug("株式会社").isalnum()


PRINTED = "(01)09506000134352(21)ZX000417"


@pytest.mark.parametrize(
    ("text", "device"),
    [
        (PRINTED, "09506000134352"),
        ("(01)09506000134352", "09506000134352"),
        ("(01)09506000134353(21)ZX000417", None),
        ("(01)09506000134352(21)OTHER", None),
        ("(01)950600013435(21)ZX000417", None),
        ("+H123456789/ZX000417", None),
    ],
)
def test_a_udi_is_a_carrier_only_where_it_can_be_read_for_sure(text: str, device: str | None) -> None:
    found = carrier("https://x", text, "ZX000417")
    if device is None:
        assert found.elements == {}
        assert found.identifiers == ({"system": "https://x/sid/udi-printed", "value": text},)
    else:
        (made,) = found.elements["udiCarrier"]
        assert (made["deviceIdentifier"], made["carrierHRF"]) == (device, text)
    assert carrier("https://x", None, "ZX000417").identifiers == ()


def test_shared_elements_are_the_same_object_and_must_not_be_changed() -> None:
    assert elements.route() is elements.route()
