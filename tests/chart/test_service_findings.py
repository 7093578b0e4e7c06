"""The chart of a pump near the end of its life and after a scan: sound resources, nothing that refers to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fhir.resources.R4B import get_fhir_model_class

from bridge.chart.resource import Resource
from bridge.chart.write import write
from bridge.fhir_json import canonical
from fhir_profiles.checks import check
from tests.chart.given import bound
from tests.course.building import export
from tests.findings.sessions import SYNCHROMED, life, read, row

NAMED = {"identifier": "0000017", "system": "MRN", "family": "Invented"}
SCAN = row("9", "07-29T05:00+00:00", "mri-detected")
SESSIONS = (
    read("05-02", pump=SYNCHROMED, patient=NAMED, events=[row("7", "05-01T06:00+00:00", "eri-reached")]),
    export("2025-07-30T05:00+00:00", kind="event", pump=SYNCHROMED, events=[SCAN]),
    read(
        "08-01",
        pump=SYNCHROMED,
        patient={**NAMED, "family": "Madeup"},
        longevity={"end_of_service": True},
        alarm_status="active",
        alarms=[{"code": "end-of-service", "severity": "critical"}],
        events=[row("8", "07-20T06:00+00:00", "end-of-service"), SCAN],
    ),
)
CODES = {
    "end-of-service", "eri-reached", "eri-to-eos-short", "mri-without-interrogation", "patient-changed",
    "pump-recalled",
}  # fmt: skip


def references(value: Any) -> Iterator[str]:
    """Every literal reference in a body."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def charted() -> tuple[Resource, ...]:
    """The chart of these sessions."""
    return write(life(*SESSIONS), bound(attachment=lambda _: None))


def test_each_is_charted_and_sound() -> None:
    resources = charted()
    assert {resource.key.partition("|")[0] for resource in resources} >= CODES
    for resource in resources:
        get_fhir_model_class(resource.type).model_validate_json(canonical(resource.body))
        assert not check(resource.body), resource.key


def test_they_refer_to_what_the_chart_holds() -> None:
    resources = charted()
    held = {resource.reference for resource in resources}
    outside = {"Patient/hosp-48213", *(r for r in references([x.body for x in resources]) if r.startswith("Organ"))}
    for resource in resources:
        if resource.type in ("DetectedIssue", "Flag"):
            bridge = set(references(resource.body["author"]))
            assert set(references(resource.body)) <= held | outside | bridge, resource.key


def test_the_wards_flags_are_two_and_one_is_over() -> None:
    flags = {r.body["code"]["coding"][0]["code"]: r.body["status"] for r in charted() if r.type == "Flag"}
    assert flags == {
        "intrathecal-pump-present": "active", "end-of-service": "active", "mri-without-interrogation": "inactive",
    }  # fmt: skip
