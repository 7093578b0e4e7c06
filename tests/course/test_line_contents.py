"""A new pump on the catheter of another, a catheter that was replaced, mixtures, and the steps of a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from bridge.course.facts import CatheterFact
from bridge.course.remarks import Finding
from tests.course.building import course, drugs, every, export, folded, found, left, q
from tests.course.test_bridging import (
    CATHETER,
    CODE,
    LATE,
    PUMP,
    SOON,
    before,
    bridge,
    change,
    daily,
    read,
    segments,
)

NEW_PUMP = {**PUMP, "serial": "TX000002", "implanted": "2025-05-12"}
KEPT = {**CATHETER, "implanted": "2021-02-01"}


def replacement(**more: Any) -> dict[str, Any]:
    """The new serial's first session: the catheter still holds 500, the reservoir is filled with 2000."""
    state = {"tag": "as-found", "drugs": drugs("500")}
    parts: dict[str, Any] = {"pump": NEW_PUMP, "catheter": KEPT, "type": "implant", **more}
    return export(
        "2025-05-12T12:00+00:00", state, left("2025-05-12T12:40+00:00", daily("200"), drugs=drugs("2000")),
        end="2025-05-12T12:50+00:00", update="completed",
        refills=[{"filled_at": "2025-05-12T12:20+00:00", "filled": q("40.0", "mL"), "drugs": drugs("2000")}], **parts,
    )  # fmt: skip


def test_a_new_pump_on_a_full_catheter_clears_the_catheter_alone() -> None:
    """Scenarios 12 and 18: V_br = V_cat = 0.200 mL; omitted: 50 ug/d for 48 h."""
    prime = {"kind": "priming", "start": "2025-05-12T12:30+00:00", "volume": q("0.140", "mL")}
    life = [replacement(boluses=[prime])]
    clearing = segments(*life, as_of=SOON)[-1]
    until = folded(*life, as_of=SOON).states[-1][1].bridge_until
    assert (clearing.line, str(clearing.line_doses[0][1].quantity)) == ("clearing", "50.0 ug/d")
    assert until is not None
    assert until.utc - clearing.start.utc == timedelta(hours=48)


def test_a_bridge_of_a_full_catheter() -> None:
    """Scenario 18: 12.0 h, 100 ug; the pump accounts 400."""
    segment = segments(replacement(boluses=bridge("0.200", "400", "720")), as_of=SOON)[-1]
    assert (segment.bridge, str(segment.bridge_dose.quantity)) == (True, "100.0 ug")  # type: ignore[union-attr]
    assert str(segment.bridge_accounted.value) == "400 ug"  # type: ignore[union-attr]
    assert Decimal("0.200") * 500 / 200 * 24 == 12


def test_what_an_explanted_pump_still_reports_starts_nothing_again() -> None:
    """Scenario 12: a late print of the old pump, from before or after its explant, ends where the explant ended it."""
    gone = read("2025-05-12T08:00+00:00", pump={**PUMP, "explanted": "2025-05-12"}, type="explant")
    early, late = read("2025-04-20T09:00+00:00"), read("2025-05-14T09:00+00:00")
    life = segments(before("500", "200"), gone, late, early)
    assert [one.status for one in life] == ["stopped"]
    assert life[0].reason == "explanted"


def mixed(baclofen: str, morphine: str) -> list[dict[str, Any]]:
    return [
        {"name": "baclofen", "concentration": q(baclofen, "mcg/mL")},
        {"name": "morphine", "concentration": q(morphine, "mg/mL")},
    ]


def test_a_mixture_leaves_the_line_and_bridges_drug_by_drug() -> None:
    """Scenario 21 and rules, arithmetic 10: one flow, each dose = flow x its own concentration."""
    programme = {
        "mode": "simple-continuous", "flow": q("0.200", "mL/day"),
        "doses": [
            {"drug": "baclofen", "daily": q("300", "mcg/day")}, {"drug": "morphine", "daily": q("1", "mg/day")},
        ],
    }  # fmt: skip
    first = export(
        "2025-03-03T10:00+00:00", left("2025-03-03T10:30+00:00", programme, drugs=mixed("1500", "5")),
        update="completed", pump=PUMP, catheter=CATHETER,
    )  # fmt: skip
    new = {**programme, "doses": [{"drug": "baclofen", "daily": q("600", "mcg/day")}]}
    second = export(
        "2025-05-12T12:00+00:00", found(programme), left("2025-05-12T12:40+00:00", new, drugs=drugs("3000")),
        end="2025-05-12T12:50+00:00", update="completed", pump=PUMP,
    )  # fmt: skip
    clearing = segments(first, second, as_of=SOON)[-1]
    assert [(name, str(dose.quantity)) for name, dose in clearing.line_doses] == [
        ("baclofen", "300.0 ug/d"), ("morphine", "1000.0 ug/d"),
    ]  # fmt: skip
    bridged = {**second, "channels": [{**second["channels"][0], "boluses": bridge("0.340", "1020", "2448")}]}
    segment = segments(first, bridged, as_of=SOON)[-1]
    assert [(name, str(dose.quantity)) for name, dose in segment.line_doses] == [
        ("baclofen", "510.0 ug"), ("morphine", "1700.0 ug"),
    ]  # fmt: skip
    assert segment.bridge_dose is None


def test_another_strength_left_without_a_filling_says_so() -> None:
    body = change("2000", "500", "200")
    body["channels"][0].pop("refills")
    (finding,) = [one for one in every(course(before("2000", "200"), body, as_of=SOON), Finding) if one.code == CODE]
    assert "no filling is reported either" in finding.text


def test_a_stall_in_a_bridge_leaves_the_line_unknown_and_says_so() -> None:
    running = change("500", "2000", "200", boluses=bridge("0.340", "680", "1224"))
    stall = read(
        "2025-05-12T20:00+00:00", events=[{"number": "7", "at": "2025-05-12T18:40:00Z", "code": "motor-stall"}]
    )
    life = course(before("500", "200"), running, stall, as_of=datetime(2025, 5, 12, 21, tzinfo=UTC))
    (finding,) = [one for one in every(life, Finding) if one.code == CODE]
    assert "the bridge bolus did not run to its end" in finding.text
    assert "NOT RECORDED" in finding.text


def test_a_catheter_that_was_replaced_is_ended_and_keeps_its_name() -> None:
    """Scenario 12: a replacement ends a Device, it does not retract it; one that is kept stays the same."""
    other = read("2025-05-12T08:00+00:00", catheter={**CATHETER, "serial": "C-2"})
    same = read("2025-05-14T08:00+00:00", catheter={**CATHETER, "serial": "C-2", "tip": "T10"})
    sealed, kept = every(course(before("500", "200"), other, same, as_of=LATE), CatheterFact)
    assert (sealed.discriminator, sealed.replaced is not None) == ("C-1", True)
    assert (kept.discriminator, kept.replaced, kept.tip.reading.value) == ("C-2", None, "T10")


def test_steps_of_a_day_clear_the_line_by_their_own_rates() -> None:
    flex = {
        "mode": "flex", "doses": [{"drug": "baclofen", "daily": q("200", "mcg/day")}],
        "steps": [
            {"start": "00:00", "end": "12:00", "dose": q("50", "mcg")},
            {"start": "12:00", "end": "24:00", "dose": q("150", "mcg")},
        ],
    }  # fmt: skip
    life = [before("2000", "200"), change("2000", "500", "200", programme=flex)]
    until = folded(*life, as_of=SOON).states[-1][1].bridge_until
    assert until is not None  # 170 ug of the new programme: 11 h 20 min at 12.5 ug/h, then 28.33 ug at 50/12 ug/h
    assert until.utc - segments(*life, as_of=SOON)[-1].start.utc == timedelta(hours=11, minutes=20 + 408)
