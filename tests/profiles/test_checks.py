"""Every rule on a good resource broken in one place: the rule, and only it, must say so, and name the place."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_profiles.checks import TYPES, check, check_bundle
from fhir_profiles.rules import RESOURCE_RULES, RULES
from tests.profiles.broken import BROKEN, FINE, HTEST, SIMULATED, START, TEXT
from tests.profiles.good import DROP, GOOD, altered, div, retracted, step


@pytest.mark.parametrize("name", GOOD)
def test_a_good_resource_has_no_problem(name: str) -> None:
    assert check(GOOD[name]()) == ()


@pytest.mark.parametrize(("rule", "name", "path", "value", "element"), BROKEN)
def test_the_rule_alone_sees_the_broken_place(rule: str, name: str, path: str, value: Any, element: str | None) -> None:
    problems = check(altered(GOOD[name](), path, value))
    place = re.sub(r"\.(\d+)", r"[\1]", path) if element is None else element
    assert [(problem.rule, problem.element) for problem in problems] == [(rule, place)]


class Kept(dict[str, Any]):
    """A part that never changes, and with which is kept what was found out about it."""

    def __init__(self, part: dict[str, Any]) -> None:
        super().__init__(part)
        self.memo: dict[object, Any] = {}


def kept(value: Any) -> Any:
    if isinstance(value, list):
        return [kept(item) for item in value]
    return Kept({name: kept(item) for name, item in value.items()}) if isinstance(value, dict) else value


@pytest.mark.parametrize(("rule", "name", "path", "value", "element"), BROKEN)
def test_what_never_changes_is_looked_at_as_everything_else(
    rule: str, name: str, path: str, value: Any, element: str | None
) -> None:
    plain = altered(GOOD[name](), path, value)
    body = {name: kept(item) for name, item in plain.items()}
    assert check(body) == check(plain) == check(body)


def test_what_never_changes_is_looked_at_once_for_each_type() -> None:
    part = Kept({"reference": "Patient/p"})
    body = {**GOOD["Flag"](), "subject": part}
    assert check(body) == ()
    part.pop("reference")  # nobody does this; that it is not seen shows that nobody looked again
    assert [problem.rule for problem in check(body)] == ["reference"]
    assert not any(part.memo.values())


@pytest.mark.parametrize(("name", "path", "value"), FINE)
def test_what_is_unusual_and_right_passes(name: str, path: str, value: Any) -> None:
    assert check(altered(GOOD[name](), path, value)) == ()


def test_every_rule_has_a_failing_example() -> None:
    retractions = {"retracted", "doc-retracted"}
    tested = {rule for rule, *_ in BROKEN} | retractions
    assert {rule.name for rules in (*RULES.values(), RESOURCE_RULES) for rule in rules} <= tested


def test_every_type_has_a_good_example() -> None:
    assert {make()["resourceType"] for make in GOOD.values()} == TYPES


STATED = [name for name, make in GOOD.items() if "status" in make()]


@pytest.mark.parametrize("name", [*STATED, "Medication"])
def test_a_retracted_resource_passes_and_must_say_so(name: str) -> None:
    bad = retracted(name)
    assert check(bad) == ()
    unsaid = altered(bad, TEXT, div("It was another patient's."))
    assert [problem.rule for problem in check(unsaid)] == ["retracted"]


def test_a_retracted_resource_keeps_the_rules_of_structure() -> None:
    bad = altered(retracted("segment"), START, "12 May")
    assert [(problem.rule, problem.element) for problem in check(bad)] == [("date", START)]


def test_a_retracted_document_has_lost_its_content() -> None:
    bad = GOOD["DocumentReference"]() | {"status": "entered-in-error", "text": retracted("Flag")["text"]}
    assert [problem.rule for problem in check(bad)] == ["doc-retracted"]


def test_an_unknown_segment_is_confirmed_unless_it_ended() -> None:
    ended = GOOD["stopped"]() | {"status": "unknown"}
    assert check(ended) == ()
    assert [p.rule for p in check(altered(ended, "effectivePeriod.end", DROP))] == ["itp-confirmed"]


def test_steps_of_weekdays_are_looked_at_each_by_itself() -> None:
    def on(day: str, *steps: dict[str, Any]) -> list[dict[str, Any]]:
        return [altered(one, "timing.repeat.dayOfWeek", [day]) for one in steps]

    whole = on("mon", step("00:00:00", "24", "1")) + on("tue", step("00:00:00", "20", "1"), step("20:00:00", "4", "1"))
    request = GOOD["MedicationRequest"]() | {"dosageInstruction": whole}
    assert check(request) == ()
    assert [p.rule for p in check(request | {"dosageInstruction": whole[:2]})] == ["itp-7"]


def test_simulated_data_says_so_twice() -> None:
    assert check(GOOD["Flag"]() | {"meta": {"tag": [SIMULATED], "security": [HTEST]}}) == ()


def test_several_problems_are_all_named() -> None:
    bad = altered(altered(GOOD["segment"](), "status", "running"), "note.0.text", "")
    assert {(p.rule, p.element) for p in check(bad)} == {("binding", "status"), ("empty", "note[0].text")}


@pytest.mark.parametrize(("part", "text"), [("unit", "mcg"), ("code", "mcg"), ("unit", "MCG/day")])
def test_mcg_is_refused_in_a_quantity(part: str, text: str) -> None:
    bad = altered(GOOD["segment"](), f"dosage.rateRatio.numerator.{part}", text)
    assert ("mcg", "dosage.rateRatio.numerator.unit") in {(p.rule, p.element) for p in check(bad)}


def test_no_problem_holds_a_value() -> None:
    for _, name, path, _, _ in BROKEN:
        for problem in check(altered(GOOD[name](), path, "SECRET  0048213")):
            assert "0048213" not in f"{problem.element} {problem.message}"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.decimals(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[str, ...] = ()) -> list[str]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    below = [place for key, item in items for place in places(item, (*path, str(key)))]
    return [".".join(path), *below] if path else below


@given(st.data())
def test_whatever_stands_at_any_place_there_is_an_answer(data: st.DataObject) -> None:
    good = GOOD[data.draw(st.sampled_from(sorted(GOOD)))]()
    bad = altered(good, data.draw(st.sampled_from(places(good))), data.draw(json_values))
    assert all(problem.rule and problem.message for problem in check(bad))


def entry(name: str, number: int) -> dict[str, Any]:
    body = altered(GOOD[name](), "id", f"pb-{number}")
    if "identifier" in body:
        body = altered(body, "identifier.0.value", f"{number}")
    url = f"{body['resourceType']}/{body['id']}"
    return {"fullUrl": f"https://h.example/{url}", "resource": body, "request": {"method": "PUT", "url": url}}


ENTRIES = [entry("Flag", 1), entry("Observation", 2), entry("Provenance", 3)]
BROKEN_BUNDLES = [
    ("bdl-fullurl", "0.fullUrl", DROP, "entry[0].fullUrl"),
    ("bdl-8", "1.fullUrl", "https://h.example/Flag/a/_history/1", "entry[1].fullUrl"),
    ("bdl-7", "1.fullUrl", "https://h.example/Flag/pb-1", "entry[1].fullUrl"),
    ("bdl-3", "2.request", DROP, "entry[2].request"),
    ("bdl-resource", "2.resource", DROP, "entry[2].resource"),
    ("itp-bdl-1", "1.resource.identifier.0.value", "1", "entry[1].resource.identifier"),
]


def test_a_good_bundle_has_no_problem() -> None:
    assert check_bundle(ENTRIES) == ()


@pytest.mark.parametrize(("rule", "path", "value", "element"), BROKEN_BUNDLES)
def test_a_rule_of_bundles_sees_the_broken_place(rule: str, path: str, value: Any, element: str) -> None:
    bundle = altered({"entry": ENTRIES}, f"entry.{path}", value)
    assert [(p.rule, p.element) for p in check_bundle(bundle["entry"])] == [(rule, element)]


def test_one_id_twice_is_one_identity_twice() -> None:
    twice = altered({"entry": ENTRIES}, "entry.2", ENTRIES[0] | {"fullUrl": "https://h.example/other"})["entry"]
    found = {(p.rule, p.element) for p in check_bundle(twice)}
    assert found == {("itp-bdl-1", "entry[2].resource"), ("itp-bdl-1", "entry[2].resource.identifier")}


def test_a_chart_is_checked_in_milliseconds() -> None:
    chart = [make() for make in GOOD.values()] + [GOOD["summary"]() for _ in range(9)]
    best = min(_timed(chart) for _ in range(20))
    assert best < 0.010, "25 resources took 0.8 ms where this was written"


def _timed(chart: list[dict[str, Any]]) -> float:
    start = time.perf_counter()
    for body in chart:
        check(body)
    return time.perf_counter() - start
