"""Charts in R5 before the official validator engine with R5's own definitions: no error, no unknown warning."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.chart.retraction import RETRACTABLE, retracted
from bridge.fhir_json import Json, canonical
from fhir_profiles.checks import TYPES_OF
from fhir_profiles.engine import process
from fhir_profiles.engine.process import Engine
from tests.chart.cases import CASES
from tests.chart.test_r5 import chart
from tests.chart.versions import leaves
from tests.servers.verdicts import KEY_IN_A_TAG, PERFORMER, Finding, Left, unexplained

pytestmark = [pytest.mark.server, pytest.mark.slow]

OF_R5 = Left(
    r"The Coding provided \(http://terminology\.hl7\.org/CodeSystem/v3-ActReason#HTEST\) was not found",
    r"\.meta\.security",
    "the value set takes HTEST from v3-ActReason, which is in HL7 Terminology and not in R5's own package",
)


@pytest.fixture(scope="module")
def r5(engine_home: Path) -> Iterator[Engine]:
    """Yield the engine with R5's definitions and our code systems; our profiles are R4's, and refused."""
    with process.running(engine_home, "R5", [process.OURS]) as running:
        yield running


def shapes() -> list[Json]:
    """One resource of each set of elements that the cases by hand have in R5, and each taken back."""
    written = [resource.body for name in (*CASES, "beside") for resource in chart(name, "R5")]
    each = list({elements(body): body for body in written}.values())
    back = [retracted(body) for body in each if body["resourceType"] in RETRACTABLE]
    types = {body["resourceType"]: body for body in back}
    return [*each, *types.values()]


def elements(body: Json) -> frozenset[str]:
    return frozenset([body["resourceType"], *(re.sub(r"\[\d+\]", "", element) for element, _ in leaves(body))])


def test_every_shape_is_r5(r5: Engine) -> None:
    bodies = shapes()
    assert {body["resourceType"] for body in bodies} == TYPES_OF["R5"] - {"Communication"}
    assert r5.loaded.fhir == "5.0.0"
    answers = r5.judge((canonical(body).decode(), []) for body in bodies)
    told = [[Finding(one.severity, one.element, one.message) for one in issues] for issues in answers]
    assert unexplained(zip(bodies, told, strict=True), (PERFORMER, KEY_IN_A_TAG, OF_R5)) == []


def test_the_engine_of_r5_refuses_what_is_r4s(r5: Engine) -> None:
    kinds = ("MedicationAdministration", "Device", "Procedure", "DocumentReference")
    bodies = [next(r.body for r in chart("stall-over", "R4") if r.type == kind) for kind in kinds]
    answers = r5.judge((canonical(body).decode(), []) for body in bodies)
    assert [any(issue.is_error for issue in issues) for issues in answers] == [True] * len(kinds)
