"""Reports of one pump that name the patient otherwise: told without names, and not for another spelling."""

from __future__ import annotations

from typing import Any

import pytest

from tests.findings.sessions import noticed_in, read

ADA = {"identifier": "0000017", "system": "MRN", "family": "Sørensen-Lund", "birth_date": "1970-02-03"}


def named(day: str, **other: str) -> dict[str, Any]:
    """An interrogation that names the patient so."""
    return read(day, patient={**ADA, **other})


@pytest.mark.parametrize(
    ("other", "what"),
    [
        ({"family": "Invented"}, "family name"),
        ({"birth_date": "1970-03-02"}, "date of birth"),
        ({"identifier": "0000018"}, "identifier"),
        ({"family": "Invented", "birth_date": "1970-03-02"}, "family name, date of birth"),
    ],
)
def test_another_name_date_or_number_is_for_the_clinic(other: dict[str, str], what: str) -> None:
    (one,) = noticed_in("patient-changed", named("05-01"), named("06-01", **other))
    assert (one.audience, one.severity) == ("clinic", "high")
    assert f"names the patient otherwise than reports of this pump before it: {what}." in one.text
    for value in (*ADA.values(), *other.values()):
        assert value == "MRN" or value not in one.text


@pytest.mark.parametrize(
    "other", [{}, {"family": "SØRENSEN LUND"}, {"system": "NHS", "identifier": "9990000018"}, {"given": "Ada"}]
)
def test_another_spelling_or_another_system_is_no_change(other: dict[str, str]) -> None:
    assert noticed_in("patient-changed", named("05-01"), named("06-01", **other)) == []


def test_what_a_report_does_not_say_is_no_change() -> None:
    silent = read("06-01", patient={"identifier": "0000017", "system": "MRN"})
    assert noticed_in("patient-changed", named("05-01"), silent) == []
    assert len(noticed_in("patient-changed", named("05-01"), silent, named("07-01", family="Invented"))) == 1


def test_it_is_told_of_the_session_that_changed_it_and_not_again() -> None:
    found = noticed_in(
        "patient-changed", named("05-01"), named("06-01", family="Invented"), named("07-01", family="Invented")
    )
    assert [one.since.fhir for one in found] == ["2025-06-01T09:00:00+00:00"]
