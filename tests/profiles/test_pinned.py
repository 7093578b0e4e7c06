"""The pinned tables are the gate: every coding of every chart is in them by its display, and nothing else passes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.fhir_json import Json, read
from bridge.terms import mdc
from bridge.terms.local import local_terms
from bridge.terms.page import reference
from bridge.terms.table import CANONICAL, MDC, VERIFIED, own_systems, table
from fhir_profiles import pinned
from fhir_profiles.checks import check
from tests.profiles.drawn import charts, valid
from tests.profiles.good import altered
from tests.servers.shapes import FIXTURES, of_fixtures, of_ward

SCT, LOINC, RXNORM = "http://snomed.info/sct", "http://loinc.org", "http://www.nlm.nih.gov/research/umls/rxnorm"
DRUG = "reservoir-drug-example"


def known() -> dict[tuple[str, str], str]:
    """Every code that may leave, read from the tables themselves and not from what is built of them."""
    found = {}
    for row in table().values():
        if row.status in VERIFIED:
            own = row.system.removeprefix("ours:")
            found[f"{CANONICAL}/CodeSystem/{own}" if own != row.system else own, row.code] = row.display
    return found | {(MDC, term.code): term.refid for term in mdc.table() if term.code}


def codings(value: Any, name: str = "") -> Iterator[Json]:
    """Every coding anywhere in a resource; the key of ours that stands as a tag is none."""
    if isinstance(value, dict):
        if name in ("coding", "tag", "security", "valueCoding") and not value["system"].endswith("/sid/key"):
            yield value
        for member, item in value.items():
            yield from codings(item, member)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from codings(item, name)


def strangers(bodies: Any) -> set[tuple[str, str, str]]:
    """The codings that the tables do not have, or have by another display."""
    told = {(one["system"], one["code"], one.get("display", "")) for body in bodies for one in codings(body)}
    assert told
    return {one for one in told if known().get(one[:2]) != one[2]}


def test_what_is_built_is_what_the_tables_hold() -> None:
    assert pinned.codes() == known()


def test_every_coding_of_a_kept_chart_is_in_the_tables() -> None:
    files = [*FIXTURES.glob("chart/*.json"), *FIXTURES.glob("chart_r5/*.json")]
    assert len(files) > 15
    assert strangers(body for file in files for body in read(file.read_bytes())) == set()
    assert strangers(charts()) == set()


@pytest.mark.slow
def test_every_coding_of_the_fixtures_charts_is_in_the_tables(tmp_path: Path) -> None:
    bodies = [*of_fixtures(), *of_ward(tmp_path)]
    assert len(bodies) > 2000
    assert strangers(bodies) == set()


def test_every_code_says_of_which_version_or_date_it_is() -> None:
    dated = re.compile(r"[0-9]+(\.[0-9]+)+|(looked up )?20[0-9]{2}(-[0-9]{2})?|never looked up")
    assert not [row.concept for row in table().values() if not dated.fullmatch(row.version or "")]
    assert {row.version for row in table().values() if row.status in VERIFIED} != {"never looked up"}
    assert all(row.version != "never looked up" for row in table().values() if row.status in VERIFIED)
    numbered = [term for term in mdc.table() if term.code]
    assert not [term.code for term in numbered if not re.search(r"20[0-9]{2}", term.source)]


def test_our_own_systems_have_one_version() -> None:
    assert {row.version for rows in own_systems().values() for row in rows} == {"0.1.0"}
    assert local_terms()


@pytest.mark.parametrize(
    ("system", "code", "display"),
    [
        (SCT, "999999999", "Baclofen"),  # made up
        (SCT, "387342009", "Morphine"),  # another's display
        (SCT, "372452007", "Intrathecal route"),  # known to be mislabelled
        (RXNORM, "1292", "baclofen"),  # never verified
        (LOINC, "29463-7", "Body weight"),  # true, and in no table of ours
        (MDC, "69989", "MDC_DEV_PUMP_INFUS_PCA_VMD"),  # an invented number
        (f"{CANONICAL}/CodeSystem/pump-alarm", "all-is-well", "OK"),
        (f"{CANONICAL}/CodeSystem/pump-alarms", "none", "No alarm"),  # a system that we do not have
    ],
)
def test_a_code_outside_the_tables_is_refused(system: str, code: str, display: str) -> None:
    coding = {"system": system, "code": code, "display": display}
    body = altered(valid()[DRUG], "ingredient.0.itemCodeableConcept.coding.0", coding)
    place = "ingredient[0].itemCodeableConcept.coding[0].code"
    assert ("pinned", place) in {(problem.rule, problem.element) for problem in check(body)}


def test_a_code_of_a_system_that_nobody_here_knows_is_not_ours_to_judge() -> None:
    coding = {"system": "https://hospital.example/drugs", "code": "B-10", "display": "Baclofen"}
    assert check(altered(valid()[DRUG], "ingredient.0.itemCodeableConcept.coding.0", coding)) == ()


def test_the_page_names_every_code_with_its_source() -> None:
    page = reference()
    for row in table().values():
        if not row.system.startswith("ours:"):
            assert f"| `{row.code}` | {row.display} | `{row.system}` | {row.status} | {row.source} | " in page
        elif row.system != "ours:finding":
            assert f"| `{row.code}` | {row.display} |" in page
    assert "69985" in page
