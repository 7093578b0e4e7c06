"""Recalls that may concern a pump: told by model and dates, and not where these exclude it."""

from __future__ import annotations

from datetime import date

import pytest

from bridge.findings.recalls import made
from tests.findings.sessions import SYNCHROMED, noticed_in, read


def keys(**pump: str) -> list[str]:
    """The recalls told of a pump."""
    return [one.discriminator for one in noticed_in("pump-recalled", read("05-01", pump={**SYNCHROMED, **pump}))]


def test_a_recall_is_told_with_name_date_and_source() -> None:
    (one,) = [
        one
        for one in noticed_in("pump-recalled", read("05-01", pump={**SYNCHROMED, "implanted": "2019-06-01"}))
        if one.discriminator == "foreign-particle-2019"
    ]
    assert (one.audience, one.until) == ("clinic", None)
    assert one.text.startswith("A recall or field action may concern this pump: FDA, class I recall: SynchroMed II")
    assert "(2019-10-09)" in one.text
    assert one.text.endswith("Whether it concerns this pump, the maker says by serial number.")


def test_a_pump_implanted_before_the_series_was_made_is_not_of_it() -> None:
    assert "foreign-particle-2019" in keys(implanted="2018-05-04")
    assert "foreign-particle-2019" not in keys(implanted="2018-05-03")


def test_a_pump_of_a_series_implanted_more_than_three_years_after_its_recall_is_not_told() -> None:
    assert "foreign-particle-2019" in keys(implanted="2022-12-31")
    assert "foreign-particle-2019" not in keys(implanted="2023-01-01")
    labelled = {"manufacturer": "Flowonix", "model": "91827", "implanted": "2023-01-01"}
    assert "prometra-mr-unsafe-2019" in keys(**labelled)


def test_a_pump_whose_implant_date_is_not_known_is_excluded_from_no_recall_of_its_model() -> None:
    series = {"battery-2009", "battery-2011", "foreign-particle-2019"}
    assert series <= set(keys())
    assert not {"battery-2009", "battery-2011"} & set(keys(implanted="2019-06-01"))


def test_the_day_of_manufacture_in_the_udi_decides() -> None:
    assert "foreign-particle-2019" in keys(udi="(01)09506000134352(11)190405(21)TX000001")
    assert "foreign-particle-2019" not in keys(udi="(01)09506000134352(11)190406(21)TX000001")


def test_what_concerns_a_procedure_or_a_programmer_is_not_told_of_a_pump() -> None:
    assert not {"pocket-fill-2011", "replace-by-2012", "mri-2017"} & set(keys())


def test_an_unlisted_pump_has_none() -> None:
    assert noticed_in("pump-recalled", read("05-01")) == []


def test_each_stands_once_and_ends_with_the_explant() -> None:
    sessions = [read("05-01", pump=SYNCHROMED), read("06-01", pump=SYNCHROMED)]
    found = noticed_in("pump-recalled", *sessions)
    assert len({one.discriminator for one in found}) == len(found)
    gone = read("07-01", type="explant", pump=SYNCHROMED)
    assert all(one.until for one in noticed_in("pump-recalled", *sessions, gone))


@pytest.mark.parametrize(
    ("udi", "day"),
    [
        ("(01)09506000134352(11)240115(21)A", date(2024, 1, 15)),
        ("(11)991231", date(1999, 12, 31)),
        ("(11)240100", None),
        ("(01)09506000134352(21)11240115", None),
        (None, None),
    ],
)
def test_manufacture_by_the_udi(udi: str | None, day: date | None) -> None:
    assert made(udi) == day
