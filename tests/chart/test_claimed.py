"""Which profile a resource claims, where a destination wants that said."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from bridge.chart.commons import write_commons
from bridge.chart.plan_notes import provenance
from bridge.chart.write import write
from bridge.config import FolderDestination
from fhir_profiles.checks import check
from fhir_profiles.claims import profile_of
from tests.chart.cases import CASES
from tests.chart.given import BINDING, PROGRAMMER
from tests.chart.test_beside_the_chart import PLAN
from tests.chart.test_charts import DRUG_UNKNOWN

CLAIMING = dataclasses.replace(BINDING, profiles=True)


@pytest.mark.parametrize("name", CASES)
def test_a_resource_says_its_profile_and_nothing_else_changes(name: str) -> None:
    course, binding = CASES[name]()
    plain = [one.body for one in write(course, binding)]
    claiming = [one.body for one in write(course, dataclasses.replace(binding, profiles=True))]
    for before, after in zip(plain, claiming, strict=True):
        assert after["meta"].pop("profile") == [profile_of(before)]
        assert {**before, "meta": before.get("meta", {})} == after


def test_what_charts_share_and_what_a_plan_leaves_claim_theirs_too() -> None:
    made = [*write_commons([PROGRAMMER], CLAIMING, "1.0.0"), provenance(PLAN, CLAIMING, "1.0.0")]
    for one in made:
        assert one.body["meta"]["profile"] == [profile_of(one.body)]
        assert not {(problem.rule, problem.element) for problem in check(one.body)} - DRUG_UNKNOWN


def test_real_data_claims_without_marks() -> None:
    made = write_commons([], dataclasses.replace(CLAIMING, simulated=False), "1.0.0")
    assert [list(one.body["meta"]) for one in made] == [["profile"]] * 2


def settings(**changes: Any) -> FolderDestination:
    return FolderDestination.model_validate({"name": "charts", "kind": "folder", "path": "/charts", **changes})


def test_nobody_claims_unless_asked() -> None:
    assert not settings().profiles
    assert not any("profile" in one.body.get("meta", {}) for one in write(*CASES["first-session"]()))


def test_the_profiles_are_those_of_r4() -> None:
    assert settings(profiles=True).profiles
    with pytest.raises(ValueError, match='needs fhir_version = "R4"'):
        settings(profiles=True, fhir_version="R5")
