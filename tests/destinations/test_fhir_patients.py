"""Exactly one active person, found by identifier and its system; and a Patient for test servers only."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.errors import Bug
from tests.destinations.serving import (
    MRN,
    OURS,
    THEIRS,
    client,
    searchset,
    stored,
)
from tests.servers.faulty import (
    FaultyServer,
    running_faulty,
)


def patient(id: str, value: str = "0048213", system: str = MRN, **elements: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": id, "identifier": [{"system": system, "value": value}], **elements}


def numbered(id: str, link: Any = None, **said: Any) -> dict[str, Any]:
    """A patient whose identifier says more of itself; the clock stands at 18 June 2025."""
    more = {"link": link} if link else {}
    return {**patient(id, **more), "identifier": [{"system": MRN, "value": "0048213", **said}]}


def replaced(by: str) -> list[dict[str, Any]]:
    return [{"type": "replaced-by", "other": {"reference": by}}]


PATIENTS = [
    ([], "none", None),
    ([patient("a")], "one", "Patient/a"),
    ([patient("a", active=True)], "one", "Patient/a"),
    ([patient("a"), patient("b")], "many", None),
    ([patient("a", active=False)], "inactive", None),
    ([patient("a", link=replaced("Patient/b"))], "merged", "Patient/b"),
    ([patient("a", active=False, link=replaced("Patient/b")), patient("b")], "one", "Patient/b"),
    ([patient("a", active=False), patient("b")], "one", "Patient/b"),
    ([patient("a", link=[{"type": "seealso", "other": {"reference": "Patient/b"}}])], "one", "Patient/a"),
    ([patient("a", system="https://other.example/mrn")], "none", None),
    ([patient("a", value="48213")], "none", None),
    ([numbered("a", use="old")], "none", None),
    ([numbered("a", use="usual")], "one", "Patient/a"),
    ([numbered("a", use="old"), patient("b")], "one", "Patient/b"),
    ([numbered("a", period={"start": "2001-01-01", "end": "2025-06-17"})], "none", None),
    ([numbered("a", period={"end": "2024"})], "none", None),
    ([numbered("a", period={"end": "2025-06-18T01:00:00Z"})], "one", "Patient/a"),
    ([numbered("a", period={"end": "2025-06"})], "one", "Patient/a"),
    ([numbered("a", use="old", link=replaced("Patient/b")), numbered("b", use="old")], "merged", "Patient/b"),
]


@pytest.mark.parametrize(("there", "found", "at"), PATIENTS)
def test_a_patient_is_exactly_one_active_person(ours: FaultyServer, there: Any, found: str, at: str | None) -> None:
    ours.seed(*there)
    match = client(ours).find_patient(MRN, "0048213")
    assert (match.status, match.reference) == (found, at)


def test_an_identifier_is_never_in_an_address(ours: FaultyServer) -> None:
    client(ours).find_patient(MRN, "0048213")
    assert all("0048213" not in seen.path for seen in ours.requests)


def test_a_server_that_ignores_the_search_parameter_finds_nobody(
    ours: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours.seed(patient("a", value="1"), patient("b", system="https://other.example/mrn"))
    monkeypatch.setattr(ours.memory, "matches", lambda kind, query: ["a", "b"])
    assert client(ours).find_patient(MRN, "0048213").status == "none"


def test_a_patient_on_the_first_of_several_pages_is_not_the_only_one(ours: FaultyServer) -> None:
    ours.fail(searchset(patient("a"), paged=True), path="_search")
    assert client(ours).find_patient(MRN, "0048213").status == "many"


def test_what_a_search_includes_is_no_match(ours: FaultyServer) -> None:
    ours.fail(searchset(patient("a"), mode="include"), path="_search")
    assert client(ours).find_patient(MRN, "0048213").status == "none"


def test_signs_of_the_search_grammar_are_escaped(ours: FaultyServer) -> None:
    client(ours).find_patient(MRN, "a|b,c$d\\e")
    assert b"a%5C%7Cb%5C%2Cc%5C%24d%5C%5Ce" in ours.requests[-1].body


@pytest.mark.parametrize("can", [OURS, THEIRS])
def test_a_test_server_gets_a_patient_once(can: dict[str, Any]) -> None:
    with running_faulty(**can) as server:
        destination = client(server, creates_patients=True)
        made = destination.create_patient(MRN, "0048213")
        assert destination.create_patient(MRN, "0048213") == made
        assert destination.find_patient(MRN, "0048213").reference == made
        assert [one["meta"]["security"][0]["code"] for one in stored(server, "Patient")] == ["HTEST"]


def test_another_server_gets_none(ours: FaultyServer) -> None:
    with pytest.raises(Bug):
        client(ours).create_patient(MRN, "0048213")
    assert ours.requests == []
