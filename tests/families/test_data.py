"""The data itself: every fact has a source and a date, every number is the source's, no text judges or advises."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

import pytest

from bridge.errors import Bug, ExportError
from bridge.families import table
from bridge.families.facts import CODES, CONFIRM, DIMENSIONS, FLAGS, KEYS, LISTS, Fact, MRLabel, Recall, Status
from bridge.families.table import families, recalls, sources

DATE = re.compile(r"(19|20)\d\d(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?|undated")

EL_10 = "8626-10 8626L-10 8627-10 8627L-10 8627L10 8627L10C"
EL_18 = "8626-18 8626L-18 8627-18 8627L-18 8627L18 8627L18C"
# Family, key, models or circumstance, value, status, date of the source: a change here changes what is said to be so.
NUMBERS = {
    ("synchromed_ii", "capacity", "8637-20 863720 8637C20", "20 mL", "verified", "2012-03-12"),
    ("synchromed_ii", "capacity", "8637-40 863740 8637C40", "40 mL", "verified", "2012-03-12"),
    ("synchromed_ii", "flow-min", "", "0.048 mL/d", "unverified", "undated"),
    ("synchromed_ii", "flow-max", "", "24 mL/d", "unverified", "undated"),
    ("synchromed_ii", "minimum-rate-flow", "", "0.006 mL/d", "unverified", "undated"),
    ("synchromed_ii", "alarm-volume", "", "2 mL", "verified", "2004-08"),
    ("synchromed_ii", "tubing-volume", "8870 card before its 2016-17 update", "0.199 mL", "verified", "2017-01-25"),
    ("synchromed_ii", "tubing-volume", "8870 card since its 2016-17 update", "0.140 mL", "verified", "2017-01-25"),
    ("synchromed_ii", "over-infusion-ratio", "", "1.145 1", "verified", "2014-03-18"),
    ("synchromed_ii", "under-delivery-ratio", "", "0.855 1", "ours", "2026-11-22"),
    ("synchromed_ii", "ratio-floor", "20 mL", "1 mL", "ours", "2017"),
    ("synchromed_ii", "ratio-floor", "40 mL", "2 mL", "ours", "2017"),
    ("synchromed_ii", "stopped-alarm", "", "48 h", "verified", "undated"),
    ("synchromed_ii", "eri-to-eos-minimum", "", "90 d", "verified", "2011"),
    ("synchromed_ii", "critical-alarm-interval", "", "10 min", "unverified", "undated"),
    ("synchromed_el", "capacity", EL_10, "10 mL", "verified", "2012-11-09"),
    ("synchromed_el", "capacity", EL_18, "18 mL", "unverified", "undated"),
    ("prometra", "capacity", "11827", "20 mL", "verified", "2020-01"),
    ("prometra", "flow-min", "", "0 mL/d", "unverified", "undated"),
    ("prometra", "flow-max", "", "28.8 mL/d", "unverified", "undated"),
    ("prometra", "refill-volume", "", "3.0 mL", "verified", "undated"),
    ("prometra_ii", "capacity", "13827", "20 mL", "verified", "2020-01"),
    ("prometra_ii", "capacity", "16827", "40 mL", "verified", "2020-01"),
    ("prometra_ii", "flow-min", "", "0 mL/d", "unverified", "undated"),
    ("prometra_ii", "flow-max", "", "28.8 mL/d", "unverified", "undated"),
    ("prometra_ii", "refill-volume", "", "3.0 mL", "verified", "undated"),
    ("prometra_ii", "mr-release-limit", "", "10 uL", "verified", "undated"),
    ("medstream", "capacity", "91-4200 91-4200US", "20 mL", "verified", "2013-06-07"),
    ("medstream", "capacity", "91-4201 91-4201US", "40 mL", "verified", "2013-06-07"),
    ("medstream", "alarm-volume", "", "3 mL", "verified", "2013-06-07"),
    ("isomed", "capacity", "8472-20-*", "20 mL", "verified", "2013-02"),
    ("isomed", "capacity", "8472-35-*", "35 mL", "verified", "2013-02"),
    ("isomed", "set-flow", "8472-*-03", "0.3 mL/d", "unverified", "undated"),
    ("isomed", "set-flow", "8472-*-05", "0.5 mL/d", "unverified", "undated"),
    ("isomed", "set-flow", "8472-*-10", "1.0 mL/d", "unverified", "undated"),
    ("isomed", "set-flow", "8472-*-15", "1.5 mL/d", "unverified", "undated"),
}  # fmt: skip

CONSTANT_FLOW = ("isomed", "codman_3000", "archimedes", "accurx")
WORDS = {
    **{(family, "telemetry"): ("False", "verified") for family in CONSTANT_FLOW},
    **{(family, "volume-method"): ("none", "verified") for family in CONSTANT_FLOW},
    ("synchromed_ii", "telemetry"): ("True", "verified"),
    ("synchromed_el", "telemetry"): ("True", "verified"),
    ("medstream", "telemetry"): ("True", "verified"),
    ("synchromed_iii", "telemetry"): ("True", "unverified"),
    ("prometra", "telemetry"): ("True", "verified"),
    ("prometra_ii", "telemetry"): ("True", "verified"),
    ("medstream", "volume-method"): ("sensed", "verified"),
    ("synchromed_ii", "volume-method"): ("calculated", "verified"),
    ("synchromed_ii", "low-alarm-basis"): ("programmed-rate", "verified"),
    ("synchromed_ii", "bridge-background"): ("replaces", "unverified"),
    ("prometra", "patient-bolus-background"): ("adds", "verified"),
    ("prometra_ii", "patient-bolus-background"): ("adds", "verified"),
    ("prometra", "refill-boluses"): ("all-taken", "verified"),
    ("prometra_ii", "refill-boluses"): ("all-taken", "verified"),
    ("prometra", "dose-unit"): ("mg/d", "verified"),
    ("prometra_ii", "dose-unit"): ("mg/d", "verified"),
}


def facts() -> Iterator[tuple[str, Fact]]:
    yield from ((family.key, fact) for family in families().values() for fact in family.facts)


def stated() -> list[Fact | MRLabel | Recall]:
    """All that is stated with a source."""
    labels = [label for family in families().values() for label in family.mr]
    return [*(fact for _, fact in facts()), *labels, *recalls()]


def texts() -> Iterator[str]:
    """Every text of the data that a person may come to read."""
    for _, fact in facts():
        yield from (fact.note, fact.when, *(fact.value if isinstance(fact.value, tuple) else (str(fact.value),)))
    for family in families().values():
        yield from (str(label).removesuffix(CONFIRM) for label in family.mr)
    yield from (text for recall in recalls() for text in (recall.what, recall.serials))


# --- sources ---------------------------------------------------------------------------------------------------------


def test_every_fact_label_and_recall_has_a_source_a_date_and_a_status() -> None:
    known = {(source.title, source.date) for source in sources().values()}
    assert len(stated()) > 90
    for item in stated():
        assert (item.source, item.date) in known, item
        assert item.status in get_args(Status), item


def test_every_source_is_titled_and_says_its_date_or_that_it_has_none() -> None:
    for key, source in sources().items():
        assert source.title, key
        assert DATE.fullmatch(source.date), key


def test_every_source_is_used() -> None:
    used = {item.source for item in stated()} | {one.title for recall in recalls() for one in recall.also}
    used |= {source.title for family in families().values() for source in family.sources}
    assert {source.title for source in sources().values()} == used


def test_background_is_never_verified_and_what_is_ours_says_so() -> None:
    background, ours = sources()["background"].title, sources()["ours"].title
    for item in stated():
        assert item.source != background or item.status == "unverified", item
        assert item.source != ours or item.status == "ours", item


def test_each_source_stands_once() -> None:
    assert Counter(sources().values()).most_common(1)[0][1] == 1


# --- values ----------------------------------------------------------------------------------------------------------


def test_every_number_is_what_its_source_says() -> None:
    found = set()
    for family, fact in facts():
        if fact.key in DIMENSIONS:
            when = " ".join(fact.models) or str(fact.capacity or "") or fact.when
            found.add((family, fact.key, when, str(fact.quantity), fact.status, fact.date))
    assert found == NUMBERS


def test_every_code_and_flag_is_what_its_source_says() -> None:
    found = {
        (family, fact.key): (str(fact.value), fact.status)
        for family, fact in facts()
        if fact.key in FLAGS | CODES.keys()
    }
    assert found == WORDS


def test_patient_boluses_of_prometra_are_of_morphine_only() -> None:
    drugs = {family: fact.texts for family, fact in facts() if fact.key == "patient-bolus-drugs"}
    assert drugs == {"prometra": ("morphine",), "prometra_ii": ("morphine",)}


def test_alarms_of_synchromed_ii() -> None:
    family = families()["synchromed_ii"]
    found = {key: fact.value for key in KEYS if "alarms" in key or "sound" in key for fact in family.stated(key)}
    assert found == {
        "noncritical-alarm-sound": "one tone, about every hour",
        "critical-alarm-sound": "two tones",
        "noncritical-alarms": ("low reservoir", "estimated replacement date", "non-critical memory error"),
        "critical-alarms": (
            "empty reservoir", "end of service", "motor stall", "stopped for more than 48 hours",
            "critical memory error",
        ),
        "battery-fault-alarms": (
            "low battery reset: critical", "premature elective replacement indicator: non-critical",
        ),
    }  # fmt: skip


def test_pumps_of_constant_flow_cannot_be_interrogated() -> None:
    for key in CONSTANT_FLOW:
        words = families()[key].fact("telemetry-words")
        assert words is not None
        assert words.text == "cannot be interrogated or switched off"
        assert families()[key].has_telemetry is False


def test_kinds_of_keys_do_not_overlap() -> None:
    assert Counter([*DIMENSIONS, *FLAGS, *LISTS, *CODES]).most_common(1)[0][1] == 1


# --- wording ---------------------------------------------------------------------------------------------------------

JUDGES = re.compile(r"\b(safe|safely|ok|okay|fine|harmless|no risk)\b", re.IGNORECASE)
ADVISES = re.compile(
    r"\b(should|must|recommend\w*|advis\w*|consider|ensure|do not|restart\w*|contact|increase|reduce|switch off the)\b",
    re.IGNORECASE,
)


def test_no_text_calls_anything_safe_or_advises() -> None:
    said = [text for text in texts() if text]
    assert len(said) > 120
    assert [text for text in said if JUDGES.search(text) or ADVISES.search(text)] == []


@pytest.mark.parametrize("text", ["MR safe at 1.5 T", "It is OK.", "Patients should wait.", "Do not restart the pump."])
def test_the_look_for_such_words_finds_them(text: str) -> None:
    assert JUDGES.search(text) or ADVISES.search(text)


def test_every_mr_label_asks_to_confirm_the_current_one() -> None:
    labels = [label for family in families().values() for label in family.mr]
    assert len(labels) > 10
    for label in labels:
        assert str(label).endswith("Confirm the current label.")
        assert label.region in {"US", "EU", "UK", "AU", "HK", "any"}
        assert DATE.fullmatch(label.label_date)
        assert label.label_date in str(label) or "without date" in str(label)
        assert label.scanner
        assert label.after


_NUMBER = re.compile(r"\d[\d.,]*\d|\d")

# Family, region and date of the label: status and the numbers in its three texts, in order.
LABELS = [
    ("synchromed_ii", "US", "2008-08", "verified", "1.5 2 24"),
    ("synchromed_ii", "UK", "undated", "verified", "3"),
    ("synchromed_ii", "UK", "2008", "verified", "9 70"),
    ("synchromed_ii", "any", "2020-05-01", "unverified", "8637 8472"),
    ("synchromed_ii", "AU", "undated", "verified", "8637"),
    ("synchromed_ii", "HK", "2023-11-21", "verified", "8637"),
    ("synchromed_el", "US", "undated", "verified", "3.0 2 24"),
    ("synchromed_el", "UK", "2008", "verified", ""),
    ("prometra", "US", "2020-01", "verified", ""),
    ("prometra", "US", "undated", "verified", "1.5 0.0"),
    ("prometra", "EU", "2019-10-08", "verified", ""),
    ("prometra_ii", "US", "2020-01", "verified", ""),
    ("prometra_ii", "US", "undated", "verified", "1.5 2,000 20 10"),
    ("prometra_ii", "EU", "2019-10-08", "verified", ""),
    ("medstream", "any", "undated", "unverified", "3"),
    ("isomed", "US", "undated", "verified", "1.5 1.5"),
    ("codman_3000", "any", "undated", "unverified", ""),
    ("archimedes", "any", "undated", "unverified", ""),
    ("accurx", "any", "undated", "verified", "1.5 1.5"),
]


def test_every_number_of_an_mr_label_is_what_its_source_says() -> None:
    found = [
        (family.key, label.region, label.label_date, label.status, " ".join(_NUMBER.findall(said)))
        for family in families().values()
        for label in family.mr
        for said in [f"{label.label} {label.scanner} {label.after}"]
    ]
    assert found == LABELS


def test_every_number_in_the_words_of_a_recall_is_what_its_source_says() -> None:
    found = {recall.key: " ".join(_NUMBER.findall(recall.what)) for recall in recalls()}
    assert {key: numbers for key, numbers in found.items() if numbers} == {
        "el-gear-shaft-2007": "52,000 354",
        "battery-2011": "90",
        "replace-by-2012": "8870",
        "over-infusion-2014": "14.5",
        "tubing-volume-2017": "8870 0.199 0.140",
        "foreign-particle-2019": "11,000 7,317",
        "prometra-mr-unsafe-2019": "91827 93827",
        "incomplete-session-2020": "48 21 0.000517",
    }


# --- data that contradicts itself ------------------------------------------------------------------------------------

GOOD = {"key": "capacity", "value": "20", "unit": "mL", "source": "background", "status": "unverified"}


def test_a_good_row_is_read() -> None:
    (fact,) = table._facts("x", [GOOD])
    assert str(fact.quantity) == "20 mL"


@pytest.mark.parametrize(
    "change",
    [
        {"unit": "mL/d"},
        {"source": "nobody"},
        {"key": "volume-method", "value": "guessed"},
        {"key": "telemetry", "value": "yes"},
        {"key": "programmers", "value": "one"},
        {"key": "longevity", "value": 7},
    ],
)
def test_a_row_that_cannot_be_is_our_bug(change: dict[str, object]) -> None:
    with pytest.raises(Bug):
        table._facts("x", [{**GOOD, **change}])


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(ExportError):
        table._facts("x", [{**GOOD, "value": "1_000"}])


def test_a_fact_that_stands_twice_is_our_bug() -> None:
    with pytest.raises(Bug, match="twice"):
        table._facts("x", [GOOD, {**GOOD, "value": "40"}])


def test_a_fact_is_read_as_what_it_is_only() -> None:
    fact = table._facts("x", [GOOD])[0]
    with pytest.raises(Bug):
        _ = fact.text
    assert replace(fact, value="words").text == "words"
