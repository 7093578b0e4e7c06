"""Every chart and every example before the official validator engine: the standard and our own profiles, offline.

What our checks refuse the engine refuses too, for the same rule; where only one of the two can see it, the examples'
index says so with the reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from bridge.fhir_json import Json, canonical, read
from fhir_profiles.checks import check
from fhir_profiles.claims import CANONICAL, profile_of
from fhir_profiles.claims import TABLE as CLAIMS
from fhir_profiles.engine.process import OURS, Engine, Issue
from fhir_profiles.problem import Problem
from tests.servers.shapes import Written
from tests.servers.verdicts import KEY_IN_A_TAG, NO_CODE, PERFORMER, Finding, unexplained

pytestmark = [pytest.mark.server, pytest.mark.slow]

EXAMPLES = OURS.parent / "examples"

LEFT = (PERFORMER, NO_CODE, KEY_IN_A_TAG)


def judged(engine: Engine, bodies: Iterable[Json]) -> list[tuple[Json, list[Issue]]]:
    """What the engine finds in each, held to the standard and to our profile of its kind."""
    asked = list(bodies)
    profiles = [[claim] if (claim := profile_of(body)) else [] for body in asked]
    texts = [canonical(body).decode() for body in asked]
    return list(zip(asked, engine.judge(zip(texts, profiles, strict=True)), strict=True))


def faults(found: Iterable[tuple[Json, list[Issue]]], *, each_is_met: bool = True) -> list[str]:
    """What the engine finds beside the warnings that are left."""
    told = ((body, [Finding(one.severity, one.element, one.message) for one in issues]) for body, issues in found)
    return unexplained(told, LEFT, each_is_met=each_is_met)


def test_every_shape_meets_our_profile_of_its_kind(engine: Engine, written: Written) -> None:
    shapes = written.shapes()
    assert {body["resourceType"] for body in shapes} >= {kind for kind, _, _ in CLAIMS}
    assert len(shapes) > 1_000
    ours = {profile.url for profile in engine.loaded.profiles}
    assert {profile_of(body) for body in shapes} <= ours, "every kind has a profile that is built"
    assert faults(judged(engine, shapes)) == []


def test_the_valid_examples_are_valid(engine: Engine) -> None:
    examples = [read(file.read_bytes()) for file in sorted((EXAMPLES / "valid").glob("*.json"))]
    assert {str(profile_of(body)) for body in examples} == {
        f"{CANONICAL}/StructureDefinition/{one[2]}" for one in CLAIMS
    }
    assert faults(judged(engine, examples), each_is_met=False) == []
    assert [found for body in examples if (found := check(body))] == []


def test_the_invalid_examples_are_refused_by_both_for_the_same_rule(engine: Engine) -> None:
    """The index says of each by which rule, how the engine calls it, and where only one of the two sees it, why."""
    index = json.loads((EXAMPLES / "index.json").read_bytes())
    texts = [(EXAMPLES / "invalid" / one["file"]).read_bytes() for one in index]
    assert {one["file"] for one in index} == {file.name for file in (EXAMPLES / "invalid").iterdir()}
    assert all(one["why"] for one in index if one["seen"] != "both")
    answers = engine.judge((text.decode(), [one["profile"]]) for text, one in zip(texts, index, strict=True))
    found = zip(index, texts, answers, strict=True)
    assert [said for one, text, issues in found if (said := otherwise(one, check(read(text)), issues))] == []


def otherwise(one: dict[str, str], ours: Iterable[Problem], issues: Iterable[Issue]) -> str:
    """What the two find where it is not as the index says."""
    rules = {problem.rule for problem in ours}
    names = {issue.name for issue in issues if issue.is_error}
    by_ours = one["rule"] in rules if one["seen"] in ("both", "checks") else one["rule"] not in rules
    by_engine = one["engine"] in names if one["seen"] in ("both", "engine") else not names
    return "" if by_ours and by_engine else f"{one['file']}: our checks {sorted(rules)}, the engine {sorted(names)}"


def test_our_definitions_are_all_used(engine: Engine) -> None:
    assert engine.loaded.refused == ()
    assert engine.loaded.definitions > 60


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"status": "registered"}, "itp-obs-status"),
        ({"device": None}, "Validation_VAL_Profile_Minimum"),
    ],
)
def test_what_our_profiles_forbid_is_found(engine: Engine, written: Written, change: dict[str, Any], rule: str) -> None:
    volume = next(body for body in written.resources if str(profile_of(body)).endswith("/pump-volume"))
    broken = {name: value for name, value in {**volume, **change}.items() if value is not None}
    found = [issue.name for _, issues in judged(engine, [broken]) for issue in issues if issue.is_error]
    assert rule in found
