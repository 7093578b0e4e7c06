"""What a chart says of bridges and of a line that clears: the old drug, calculated doses, no dose that is not known."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

from bridge.chart.resource import Binding, Resource
from bridge.chart.write import write
from bridge.course.facts import PrimingFact, Segment
from bridge.course.pages import Course
from fhir_profiles.checks import check
from tests.chart.given import bound
from tests.course import test_bridging as lives
from tests.course.building import course, drugs, every, export, found, left, q
from tests.course.test_line_contents import mixed

SOON, LATE = lives.SOON, lives.LATE
BINDING = bound(attachment=lambda sha256: None)


def charted(given: Course, binding: Binding = BINDING) -> list[Resource]:
    resources = list(write(given, binding))
    for resource in resources:
        assert check(resource.body) == (), resource.key
    return resources


def deliveries(given: Course, binding: Binding = BINDING) -> list[dict[str, Any]]:
    return [one.body for one in charted(given, binding) if one.type == "MedicationAdministration"]


def strength(given: Course, body: dict[str, Any]) -> str:
    (drug,) = [one for one in charted(given) if one.reference == body["medicationReference"]["reference"]]
    return str(drug.body["ingredient"][0]["strength"]["numerator"]["value"])


def test_a_line_that_clears_is_the_old_drug_at_a_calculated_rate() -> None:
    life = course(lives.before("2000", "200"), lives.change("2000", "500", "200"), as_of=SOON)
    body = deliveries(life)[-1]
    assert body["status"] == "in-progress"
    assert strength(life, body) == "2000"
    assert (str(body["dosage"]["rateQuantity"]["value"]), body["dosage"]["rateQuantity"]["code"]) == ("800.0", "ug/d")
    assert "Calculated by pumpbridge, not the pump" in body["dosage"]["text"]
    assert "Inferred from the reports" in body["note"][0]["text"]
    assert "dosage" not in deliveries(life, dataclasses.replace(BINDING, calculated=False))[-1]


def test_the_ward_has_a_flag_while_the_line_clears_and_none_in_force_after() -> None:
    life = [lives.before("2000", "200"), lives.change("2000", "500", "200")]
    for as_of, status in ((SOON, "active"), (LATE, "inactive")):
        flags = [one.body for one in charted(course(*life, as_of=as_of)) if one.key.startswith("finding-flag|")]
        mine = [flag for flag in flags if "without a bridge" in flag["code"]["text"]]
        assert [flag["status"] for flag in mine] == [status]
    (plain,) = [one for one in charted(course(*life, as_of=SOON)) if one.key.startswith(f"{lives.CODE}|")]
    assert plain.body["severity"] == "high"


def test_which_drug_leaves_a_line_of_unknown_volume_is_not_said() -> None:
    first = lives.before("500", "200", catheter={"model": "IC-1"})
    body = deliveries(course(first, lives.change("500", "2000", "200"), as_of=SOON))[-1]
    assert body["status"] == "unknown"
    assert "dosage" not in body
    assert body["medicationCodeableConcept"]["text"] == (
        "Baclofen 500 micrograms/mL or baclofen 2000 micrograms/mL: which of them leaves is not known"
    )
    assert "tubing and catheter" in body["statusReason"][0]["coding"][0]["display"]


def test_a_cancelled_bridge_says_what_it_gave() -> None:
    life = course(*lives.cancelled_life(end="2025-05-12T18:40+00:00"), as_of=datetime(2025, 5, 12, 19, tzinfo=UTC))
    stopped = deliveries(life)[-2]
    assert (stopped["status"], str(stopped["dosage"]["dose"]["value"])) == ("stopped", "50.0")
    assert "0.1000 mL was given (Calculated by pumpbridge, not the pump)" in stopped["text"]["div"]


def test_each_drug_of_a_mixture_has_its_own_calculated_dose() -> None:
    programme = {
        "mode": "simple-continuous", "flow": q("0.200", "mL/day"),
        "doses": [{"drug": "baclofen", "daily": q("300", "mcg/day")}, {"drug": "morphine", "daily": q("1", "mg/day")}],
    }  # fmt: skip
    parts: dict[str, Any] = {"update": "completed", "pump": lives.PUMP, "catheter": lives.CATHETER}
    first = export(
        "2025-03-03T10:00+00:00", left("2025-03-03T10:30+00:00", programme, drugs=mixed("1500", "5")), **parts
    )
    new = {**programme, "doses": [{"drug": "baclofen", "daily": q("600", "mcg/day")}]}
    change = left("2025-05-12T12:40+00:00", new, drugs=drugs("3000"))
    second = export("2025-05-12T12:00+00:00", found(programme), change, end="2025-05-12T12:50+00:00", **parts)
    life = course(first, second, as_of=SOON)
    made = [one for one in charted(life) if one.key.startswith("delivery-dose|")]
    shown = {str(one.body["valueQuantity"]["value"]) for one in made if "Calculated" in one.body["code"]["text"]}
    assert shown == {"300.0", "1000.0"}
    assert "dosage" not in deliveries(life)[-1]


def test_after_a_priming_delivery_is_called_uncertain_where_a_recall_says_so() -> None:
    """Source: rules, traps, recall of priming boluses of 2013, which names two families."""
    named = {"manufacturer": "Medtronic", "model": "8637-40", "serial": "XX0001"}
    for pump, told in ((named, True), (lives.PUMP, False)):
        body = export(
            "2025-05-12T12:00+00:00", left("2025-05-12T12:40+00:00", lives.daily("200"), drugs=drugs("2000")),
            update="completed", end="2025-05-12T12:50+00:00", pump=pump,
            boluses=[{"kind": "priming", "start": "2025-05-12T12:30+00:00", "volume": q("0.340", "mL")}],
        )  # fmt: skip
        life = course(body, as_of=SOON)
        assert bool(every(life, PrimingFact)[0].uncertain) is told
        assert (every(life, Segment)[0].primed is not None) is told
        assert ("Delivery uncertain after the priming" in deliveries(life)[0]["note"][0]["text"]) is told
        (seen,) = [one.body for one in charted(life) if one.key.startswith("priming-volume|")]
        assert ("Delivery uncertain" in seen["text"]["div"]) is told


def test_a_replaced_catheter_is_an_inactive_device_and_one_stated_again_is_active() -> None:
    other = lives.read("2025-05-12T08:00+00:00", catheter={**lives.CATHETER, "serial": "C-2"})
    back = lives.read("2025-05-14T08:00+00:00", catheter=lives.CATHETER)
    for bodies, statuses in (((other,), {"C-1": "inactive", "C-2": "active"}),
                             ((other, back), {"C-1": "active", "C-2": "inactive"})):  # fmt: skip
        resources = charted(course(lives.before("500", "200"), *bodies, as_of=LATE))
        made = {one.body["serialNumber"]: one.body["status"] for one in resources if one.key.startswith("catheter|")}
        assert made == statuses
