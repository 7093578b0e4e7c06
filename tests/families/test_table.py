"""Which family a printed pump is of, what is known of it, and which recalls may concern it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bridge.errors import Bug
from bridge.families.facts import Family
from bridge.families.page import reference
from bridge.families.table import FAMILIES, families, family_of, recalls, recalls_for
from bridge.quantity import Quantity


def known(model: str, manufacturer: str | None = None) -> Family:
    found = family_of(manufacturer, model)
    assert found is not None
    return found


def keys(*found: object) -> set[str]:
    return {recall.key for recall in recalls_for(*found)}  # type: ignore[arg-type]


# --- which family ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("manufacturer", "model", "family"),
    [
        ("Medtronic", "8637-20", "synchromed_ii"),
        ("medtronic", "8637-40", "synchromed_ii"),
        ("MEDTRONIC, INC.", "8637c40", "synchromed_ii"),
        ("Medtronic Inc", "SynchroMed® II 8637-40", "synchromed_ii"),
        ("Medtronic", "SynchroMed II", "synchromed_ii"),
        ("Medtronic", "  synchromed   ii ", "synchromed_ii"),
        ("Medtronic", "Model 8637", "synchromed_ii"),
        (None, "8637-20", "synchromed_ii"),
        ("", "8637-20", "synchromed_ii"),
        ("Medtronic", "SynchroMed III", "synchromed_iii"),
        ("Medtronic", "8627L-18", "synchromed_el"),
        ("Flowonix Medical, Inc.", "REF 11827", "prometra"),
        ("Flowonix", "91827", "prometra"),
        ("Flowonix", "Prometra II REF 13827", "prometra_ii"),
        ("Infusyn Therapeutics", "16827", "prometra_ii"),
        ("Flowonix", "93827", "prometra_ii"),
        ("Codman & Shurtleff, Inc.", "91-4200", "medstream"),
        ("Medos International SARL", "91-4201US", "medstream"),
        ("Medtronic", "8472-20-03", "isomed"),
        ("Medtronic", "8472-35-15", "isomed"),
        ("Codman", "Codman 3000", "codman_3000"),
        ("Tricumed", "Archimedes", "archimedes"),
        (None, "AccuRx", "accurx"),
    ],
)
def test_a_pump_is_found_as_it_is_printed(manufacturer: str | None, model: str, family: str) -> None:
    assert known(model, manufacturer).key == family


@pytest.mark.parametrize(
    ("manufacturer", "model"),
    [
        ("Medtronic", None),
        ("Medtronic", ""),
        ("Medtronic", "   "),
        (None, None),
        ("Medtronic", "8637-30"),
        ("Medtronic", "8637-4"),
        ("Medtronic", "x8637-40"),
        ("Medtronic", "8637-40 and more"),
        ("Medtronic", "SynchroMed"),
        ("Medtronic", "SynchroMed II 8627-18"),
        ("Medtronic", "8472-20-3"),
        ("Medtronic", "8472-??-??"),
        ("Medtronic", "*"),
        ("Flowonix", "8637-40"),
        ("Medtronic", "13827"),
        ("Invented Pumps", "8637-40"),
        ("Invented Pumps", "IP-40"),
        ("Flowonix", "Prometra 13827"),
        ("Flowonix", "Prometra III"),
    ],
)
def test_what_is_not_listed_or_contradicts_is_no_family(manufacturer: str | None, model: str | None) -> None:
    assert family_of(manufacturer, model) is None
    assert recalls_for(manufacturer, model) == ()


def test_every_listed_model_and_name_leads_to_its_own_family() -> None:
    for family in families().values():
        plain = [model.replace("[0-9]", "1") for model in (*family.models, *family.names)]
        for model in plain:
            assert family_of(None, model) is family
            assert all(family_of(maker, model) is family for maker in family.makers)


def test_the_families_are_read_once() -> None:
    assert tuple(families()) == FAMILIES
    assert families() is families()
    assert recalls() is recalls()


# --- what is known ---------------------------------------------------------------------------------------------------


def test_the_capacity_needs_the_model_number() -> None:
    family = known("8637-40")
    fact = family.fact("capacity", model="SynchroMed II 8637-40")
    assert fact is not None
    assert fact.quantity == Quantity(Decimal("40"), "mL")
    assert family.fact("capacity") is None
    assert family.fact("capacity", model="8637") is None
    assert family.fact("capacity", model="no such model") is None


def test_unverified_facts_answer_only_to_who_asks_for_them() -> None:
    family = known("8637-20")
    assert family.fact("flow-max") is None
    fact = family.fact("flow-max", unverified=True)
    assert fact is not None
    assert (fact.status, fact.quantity.value) == ("unverified", Decimal("24"))
    assert known("SynchroMed III").has_telemetry is None


def test_the_floor_of_the_ratio_goes_by_capacity() -> None:
    family = known("8637-20")
    floors = {text: family.fact("ratio-floor", capacity=Quantity(Decimal(text), "mL")) for text in ("20", "40.0", "30")}
    assert {text: fact and str(fact.quantity) for text, fact in floors.items()} == {
        "20": "1 mL",
        "40.0": "2 mL",
        "30": None,
    }
    assert family.fact("ratio-floor", capacity=Quantity(Decimal("20000"), "uL")) is floors["20"]
    assert family.fact("ratio-floor") is None


def test_the_tubing_volume_depends_on_the_programmers_card() -> None:
    family = known("8637-20")
    assert [str(fact.quantity) for fact in family.stated("tubing-volume")] == ["0.199 mL", "0.140 mL"]
    with pytest.raises(Bug, match="circumstance"):
        family.fact("tubing-volume")


def test_the_model_number_of_isomed_encodes_size_and_flow() -> None:
    family = known("8472-35-15")
    size, flow = (family.fact(key, model="8472-35-15", unverified=True) for key in ("capacity", "set-flow"))
    assert size is not None
    assert flow is not None
    assert (str(size.quantity), str(flow.quantity)) == ("35 mL", "1.5 mL/d")
    assert family.fact("set-flow", model="8472-35-15") is None
    assert family.fact("set-flow", model="8472-35-25", unverified=True) is None


# --- MR --------------------------------------------------------------------------------------------------------------


def test_mr_labelling_goes_by_model_and_region() -> None:
    family = known("Prometra")
    (label,) = family.mr_labels("91827", "EU")
    assert "MR Unsafe" in str(label)
    assert str(label).startswith("Label 2019-10-08, region EU, 91827:")
    newest, oldest = family.mr_labels("REF 11827", "US")
    assert str(newest).startswith("Label 2020-01, region US, 11827:")
    assert "1.5 T only" in str(oldest)
    assert "0.0 mg per day" in str(oldest)
    assert family.mr_labels("11827", "EU") == ()
    assert len(family.mr_labels("Prometra")) == 3


def test_the_newest_label_comes_first_and_those_without_date_last() -> None:
    dates = [label.label_date for label in known("8637").mr_labels(unverified=True)]
    dated = [day for day in dates if day != "undated"]
    assert dated == sorted(dated, reverse=True)
    assert dates == dated + ["undated"] * (len(dates) - len(dated))
    assert len(dated) < len(dates)


def test_a_label_for_any_region_answers_to_each_and_an_unverified_one_only_when_asked_for() -> None:
    family = known("91-4200")
    assert family.mr_labels(region="EU") == ()
    assert [label.region for label in family.mr_labels(region="EU", unverified=True)] == ["any"]


# --- recalls ---------------------------------------------------------------------------------------------------------

PARTICLE = "foreign-particle-2019"


def test_a_recall_is_found_by_model() -> None:
    assert PARTICLE in keys("Medtronic", "8637-40")
    assert "medstream-sensor-2013" not in keys("Medtronic", "8637-40")
    assert keys("Codman", "91-4200") == {"medstream-sensor-2013", "medstream-air", "mri-2017"}
    assert "prometra-mr-unsafe-2019" in keys("Flowonix", "91827")
    assert "prometra-mr-unsafe-2019" not in keys("Flowonix", "11827")
    assert "prometra-mr-unsafe-2019" in keys("Flowonix", "Prometra")


@pytest.mark.parametrize(
    ("made", "concerned"),
    [("2018-05-03", False), ("2018-05-04", True), ("2019-04-05", True), ("2019-04-06", False)],
)
def test_the_day_of_manufacture_decides_to_the_day(made: str, concerned: bool) -> None:
    found = recalls_for("Medtronic", "8637-20", made=date.fromisoformat(made))
    assert (PARTICLE in {recall.key for recall in found}) is concerned


@pytest.mark.parametrize(
    ("made", "concerned"),
    [("2002-04-01", True), ("2002-08-01", False), ("2003-07-31", False), ("2005-03-31", True), ("2005-04-01", False)],
)
def test_a_recall_may_have_two_ranges(made: str, concerned: bool) -> None:
    found = recalls_for("Medtronic", "8637-20", made=date.fromisoformat(made))
    assert ("battery-2009" in {recall.key for recall in found}) is concerned


def test_a_pump_implanted_before_the_first_was_made_is_not_concerned() -> None:
    before = {recall.key for recall in recalls_for("Medtronic", "8637-20", implanted=date(2018, 5, 3))}
    later = {recall.key for recall in recalls_for("Medtronic", "8637-20", implanted=date(2024, 1, 1))}
    assert PARTICLE not in before
    assert PARTICLE in later
    assert "medstream-sensor-2013" not in {r.key for r in recalls_for(None, "91-4200", implanted=date(2009, 6, 30))}
    assert "medstream-sensor-2013" in {r.key for r in recalls_for(None, "91-4200", implanted=date(2009, 7, 1))}


def test_ranges_and_numbers_of_recalls_are_what_their_sources_say() -> None:
    stated = {
        recall.key: (recall.number, [(str(span.first), str(span.last)) for span in (*recall.made, *recall.distributed)])
        for recall in recalls()
    }
    assert {key: value for key, value in stated.items() if value != ("", [])} == {
        "battery-2009": ("", [("2002-04-01", "2002-07-31"), ("2003-08-01", "2005-03-31")]),
        "replace-by-2012": ("Z-1338-2012", []),
        "unapproved-drugs-2012": ("Z-0496-2013", []),
        "medstream-sensor-2013": ("", [("2009-07-01", "2013-06-30")]),
        "medstream-air": ("", [("2009-03-01", "2012-09-30"), ("2010-01-08", "2013-07-19")]),
        "over-infusion-2016": ("FA596 phase II", []),
        "tubing-volume-2017": ("RC-2017-RN-00065-1", []),
        PARTICLE: ("", [("2018-05-04", "2019-04-05"), ("2018-05-11", "2019-09-05")]),
        "prometra-mr-unsafe-2019": ("FSN2019-044-02", []),
    }


def test_recalls_name_families_and_models_that_exist() -> None:
    for recall in recalls():
        listed = {model for key in recall.families for model in families()[key].models}
        assert set(recall.models) <= listed, recall.key
        assert recall.families, recall.key


# --- the page --------------------------------------------------------------------------------------------------------


def test_the_page_tells_every_fact_label_and_recall() -> None:
    page = reference()
    for family in families().values():
        assert f"## {family.name}\n" in page
        assert all(fact.source in page and fact.key in page for fact in family.facts)
        assert all(label.label in page and label.scanner in page and label.after in page for label in family.mr)
    assert all(f"| {recall.key} |" in page and recall.what in page for recall in recalls())


def test_all_rows_of_a_table_have_the_columns_of_its_head() -> None:
    width = 0
    for line in reference().splitlines():
        columns = line.count("|") - line.count("\\|")
        assert not (line.startswith("|") and width) or columns == width, line
        width = columns if line.startswith("|") else 0
