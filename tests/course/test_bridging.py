"""Bridges and changes of concentration: which drug leaves tubing and catheter, how much of it, and for how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bridge.course.facts import Segment
from bridge.course.fold import fold
from bridge.course.remarks import Condition, Finding
from bridge.course.state import dump_state, load_state
from bridge.findings.noticed import on_page
from tests.course.building import SETTINGS, course, drugs, every, export, folded, found, left, q, report

PUMP = {"manufacturer": "Invented Pumps", "model": "IP-40", "serial": "TX000001", "tubing_volume": q("0.140", "mL")}
CATHETER = {"model": "IC-1", "serial": "C-1", "volume": q("0.200", "mL")}
CODE = "concentration-changed-without-bridge"
SOON = datetime(2025, 5, 12, 13, tzinfo=UTC)
LATE = datetime(2025, 5, 30, tzinfo=UTC)


def daily(dose: str, flow: str | None = None) -> dict[str, Any]:
    programme: dict[str, Any] = {
        "mode": "simple-continuous",
        "doses": [{"drug": "baclofen", "daily": q(dose, "mcg/day")}],
    }
    return {**programme, **({"flow": q(flow, "mL/day")} if flow else {})}


def before(concentration: str, dose: str, **more: Any) -> dict[str, Any]:
    parts: dict[str, Any] = {"pump": PUMP, "catheter": CATHETER, **more}
    return export(
        "2025-03-03T10:00+00:00", left("2025-03-03T10:30+00:00", daily(dose), drugs=drugs(concentration)),
        end="2025-03-03T10:50+00:00", update="completed", **parts,
    )  # fmt: skip


def change(old: str, new: str, dose: str, **more: Any) -> dict[str, Any]:
    parts: dict[str, Any] = {"pump": PUMP, **more}
    return export(
        "2025-05-12T12:00+00:00", found(daily(dose), drugs=drugs(old)),
        left("2025-05-12T12:40+00:00", parts.pop("programme", daily(dose)), drugs=drugs(new)),
        end="2025-05-12T12:50+00:00", update="completed",
        refills=[{"filled_at": "2025-05-12T12:40+00:00", "filled": q("20.0", "mL"), "drugs": drugs(new)}], **parts,
    )  # fmt: skip


def bridge(volume: str, accounted: str, minutes: str, outcome: str = "running", **more: Any) -> list[dict[str, Any]]:
    row = {
        "kind": "bridge", "start": "2025-05-12T12:40+00:00", "duration": q(minutes, "min"), "outcome": outcome,
        "volume": q(volume, "mL"), "dose": q(accounted, "mcg"), **more,
    }  # fmt: skip
    return [row]


def read(start: str, dose: str = "200.00", **parts: Any) -> dict[str, Any]:
    return export(start, found(daily(dose)), **{"update": "none", "pump": PUMP, **parts})


def segments(*bodies: dict[str, Any], as_of: datetime = LATE) -> list[Segment]:
    return every(course(*bodies, as_of=as_of), Segment)


TABLE = [
    ("0.140", "500", "2000", "200", "0.340", "170.0", "1224", "680", "50.0", "81.6"),
    ("0.140", "2000", "500", "200", "0.340", "680.0", "4896", "170", "800.0", "20.4"),
    ("0.199", "500", "2000", "200", "0.399", "199.5", "1436.4", "798", "50.0", "95.76"),
    ("0.140", "500", "1000", "300", "0.340", "170.0", "816", "340", "150.0", "27.2"),
]
COLUMNS = "tube, old, new, dose, volume, drug, minutes, accounted, omitted, hours"


@pytest.mark.parametrize(COLUMNS, TABLE)
def test_a_bridge_delivers_its_volume_of_the_old_drug_whatever_the_pump_accounts(
    tube: str, old: str, new: str, dose: str, volume: str, drug: str, minutes: str, accounted: str, omitted: str,
    hours: str,
) -> None:  # fmt: skip
    """Source: rules, arithmetic 7: V_br x C_old; duration V_br x C_old / D; accounted V_br x C_new."""
    reckoned = Decimal(volume) * Decimal(old) / Decimal(dose) * 1440
    assert reckoned == Decimal(minutes)
    assert Decimal(volume) * Decimal(new) == Decimal(accounted)
    changed = change(old, new, dose, boluses=bridge(volume, accounted, minutes))
    segment = segments(before(old, dose), changed, as_of=SOON)[-1]
    assert (segment.bridge, segment.status, str(segment.bridge_dose.quantity)) == (True, "running", f"{drug} ug")  # type: ignore[union-attr]
    assert str(segment.bridge_accounted.value) == f"{accounted} ug"  # type: ignore[union-attr]
    due = folded(before(old, dose), changed, as_of=SOON).states[-1][1].bridge_until
    assert due is not None
    assert due.utc - segment.start.utc == timedelta(minutes=int(Decimal(minutes)))


@pytest.mark.parametrize(COLUMNS, TABLE)
def test_without_a_bridge_the_old_drug_leaves_at_the_new_flow(
    tube: str, old: str, new: str, dose: str, volume: str, drug: str, minutes: str, accounted: str, omitted: str,
    hours: str,
) -> None:  # fmt: skip
    """Source: rules, arithmetic 8: D x C_old / C_new for V_br x C_new / D days."""
    pump = {**PUMP, "tubing_volume": q(tube, "mL")}
    life = [before(old, dose, pump=pump), change(old, new, dose, pump=pump)]
    clearing = segments(*life, as_of=SOON)[-1]
    assert (clearing.line, clearing.certainty, clearing.status) == ("clearing", "inferred", "running")
    assert clearing.mixture.drugs[0].concentration.value.value == Decimal(old)  # type: ignore[union-attr]
    ((name, given),) = clearing.line_doses
    assert (name, str(given.quantity)) == ("baclofen", f"{omitted} ug/d")
    until = folded(*life, as_of=SOON).states[-1][1].bridge_until
    assert until is not None
    exact = timedelta(seconds=int(Decimal(hours) * 3600))
    assert timedelta(0) <= exact - (until.utc - clearing.start.utc) < timedelta(minutes=1)
    (finding,) = [one for one in every(course(*life, as_of=SOON), Finding) if one.code == CODE]
    assert f"{omitted} instead of {dose} micrograms/day" in finding.text
    assert f"for {hours} h" in finding.text


def test_the_line_has_cleared_and_the_new_drug_runs() -> None:
    *_, clearing, new = segments(before("500", "200"), change("500", "2000", "200"), read("2025-05-20T09:00+00:00"))
    assert (clearing.status, clearing.reason, clearing.end.fhir) == (  # type: ignore[union-attr]
        "completed", "line-cleared", "2025-05-15T22:16:00+00:00",
    )  # fmt: skip
    assert (new.start, new.status, new.began, new.line) == (clearing.end, "running", "line-cleared", None)
    assert new.mixture.drugs[0].concentration.value.value == Decimal(2000)  # type: ignore[union-attr]


def test_the_finding_is_open_while_the_line_clears_and_ended_after_by_time_alone() -> None:
    """Scenario 8: 2000 to 500 at 200 a day: 4 times the dose for 20.4 h."""
    life = [before("2000", "200"), change("2000", "500", "200")]
    now = course(*life, as_of=SOON)
    (finding,) = [one for one in every(now, Finding) if one.code == CODE]
    assert (finding.audience, finding.severity, finding.until) == ("ward", "high", None)
    assert "an overdose" in finding.text
    assert "800.0 instead of 200 micrograms/day intrathecal (4 times) for 20.4 h, until 13 May 2025" in finding.text
    assert now.next_change == datetime(2025, 5, 13, 9, 4, tzinfo=UTC)
    after = course(*life, as_of=now.next_change)
    (ended,) = [one for one in every(after, Finding) if one.code == CODE]
    assert ended.until is not None
    assert every(after, Segment)[-1].reason == "not-read-since"
    assert course(*life, as_of=now.next_change - timedelta(seconds=1)) == now


def test_a_later_reading_seals_the_finding_with_the_instant_at_which_the_line_had_cleared() -> None:
    life = course(before("2000", "200"), change("2000", "500", "200"), read("2025-05-20T09:00+00:00"), as_of=LATE)
    (sealed,) = [one for one in every(life, Condition, open_page=False) if one.kind == CODE]
    assert sealed.until.utc == datetime(2025, 5, 13, 9, 4, tzinfo=UTC)
    assert every(life, Condition, open_page=True) == []


def test_an_increase_is_too_low_a_dose() -> None:
    life = course(before("500", "200"), change("500", "2000", "200"), as_of=SOON)
    (finding,) = [one for one in every(life, Finding) if one.code == CODE]
    assert "too low a dose" in finding.text
    assert "(0.25 times) for 81.6 h" in finding.text


def test_a_bridge_or_the_same_concentration_raises_nothing() -> None:
    bridged = change("500", "2000", "200", boluses=bridge("0.340", "680", "1224"))
    for body in (bridged, change("500", "500.0", "200")):
        life = course(before("500", "200"), body, read("2025-05-20T09:00+00:00"), as_of=LATE)
        assert [one for one in every(life, Finding) if one.code == CODE] == []
        assert [one for one in every(life, Segment) if one.line] == []


def test_refilled_and_reprogrammed_the_new_flow_counts() -> None:
    changed = change("2000", "500", "200", programme=daily("400", "0.800"))
    clearing = segments(before("2000", "200"), changed, as_of=SOON)[-1]
    assert str(clearing.line_doses[0][1].quantity) == "1600.0 ug/d"


def test_a_flow_that_contradicts_dose_and_concentration_leaves_it_unknown() -> None:
    changed = change("2000", "500", "200", programme=daily("200", "0.100"))
    first = export(
        "2025-03-03T10:00+00:00", left("2025-03-03T10:30+00:00", daily("200", "0.100"), drugs=drugs("2000")),
        end="2025-03-03T10:50+00:00", update="completed", pump=PUMP, catheter=CATHETER,
    )  # fmt: skip
    assert segments(first, changed, as_of=SOON)[-1].reason == "line-volume-unknown"
    printed = change("2000", "300", "250", programme=daily("250", "0.833"))
    assert segments(before("2000", "250"), printed, as_of=SOON)[-1].line == "clearing"


@pytest.mark.parametrize(("pump", "catheter"), [({**PUMP, "tubing_volume": None}, CATHETER), (PUMP, {"model": "IC-1"})])
def test_without_a_stated_volume_what_leaves_is_unknown_until_the_next_interrogation(
    pump: dict[str, Any], catheter: dict[str, Any]
) -> None:
    pump = {name: value for name, value in pump.items() if value}
    life = [before("500", "200", pump=pump, catheter=catheter), change("500", "2000", "200", pump=pump)]
    unknown = segments(*life, as_of=SOON)[-1]
    assert (unknown.line, unknown.status, unknown.reason) == ("unknown", "unknown", "line-volume-unknown")
    (finding,) = [one for one in every(course(*life, as_of=LATE), Finding) if one.code == CODE]
    assert (finding.until, "NOT RECORDED" in finding.text) == (None, True)
    again = read("2025-05-20T09:00+00:00", pump=pump)
    resumed = segments(*life, again)[-1]
    assert (resumed.status, resumed.certainty) == ("running", "inferred")
    assert resumed.start.fhir == "2025-05-20T09:00:00+00:00"
    (ended,) = [one for one in every(course(*life, again, as_of=LATE), Finding) if one.code == CODE]
    assert ended.until.utc == datetime(2025, 5, 20, 9, tzinfo=UTC)


def test_a_constant_flow_pump_has_no_bridge_to_miss() -> None:
    """Source: rules, constant flow: only its concentration changes the dose; the old one goes on until it has left."""
    fixed = {"mode": "constant-flow", "flow": q("0.400", "mL/day")}
    first = export(
        "2025-03-03T10:00+00:00", left("2025-03-03T10:30+00:00", fixed, drugs=drugs("500")), update="completed",
        pump=PUMP, catheter=CATHETER,
    )  # fmt: skip
    changed = change("500", "2000", "200", programme=fixed)
    assert [one for one in every(course(first, changed, as_of=SOON), Finding) if one.code == CODE] == []


def test_a_stall_keeps_the_old_drug_in_the_line() -> None:
    log = [
        {"number": "7", "at": "2025-05-12T22:52:00Z", "code": "motor-stall"},
        {"number": "8", "at": "2025-05-13T08:52:00Z", "code": "motor-stall-recovered"},
    ]
    life = [before("2000", "200"), change("2000", "500", "200"), read("2025-05-20T09:00+00:00", events=log)]
    *_, first, rest, new = segments(*life)
    assert (first.status, first.line, rest.line, new.line) == ("stopped", "clearing", "clearing", None)
    assert (rest.end.utc - rest.start.utc) == timedelta(hours=20.4) - (first.end.utc - first.start.utc)  # type: ignore[union-attr]


def test_a_second_change_before_the_line_has_cleared_leaves_it_unknown() -> None:
    second = export(
        "2025-05-12T18:00+00:00", found(daily("200"), drugs=drugs("500")),
        left("2025-05-12T18:10+00:00", daily("200"), drugs=drugs("1000")), update="completed", pump=PUMP,
        end="2025-05-12T18:20+00:00",
        refills=[{"filled_at": "2025-05-12T18:10+00:00", "filled": q("20.0", "mL"), "drugs": drugs("1000")}],
    )  # fmt: skip
    life = segments(before("2000", "200"), change("2000", "500", "200"), second)
    assert life[-1].reason == "line-volume-unknown"


# --- how bridges end ------------------------------------------------------------------------------------------------


def cancelled(**more: Any) -> dict[str, Any]:
    (row,) = bridge("0.340", "200", "1224", "cancelled", **more)
    return read("2025-05-12T18:45+00:00", boluses=[row])


def cancelled_life(**more: Any) -> list[dict[str, Any]]:
    running = change("500", "2000", "200", boluses=bridge("0.340", "680", "1224"))
    return [before("500", "200"), running, cancelled(**more)]


@pytest.mark.parametrize(
    "more", [{"end": "2025-05-12T18:40+00:00"}, {"end": "2025-05-12T18:40+00:00", "remaining": q("0.240", "mL")}]
)
def test_a_bridge_cancelled_at_6_of_20_4_hours(more: dict[str, Any]) -> None:
    """Scenario 17: 0.100 mL and 50 ug given; 0.240 mL of old drug left, at 50 ug/d for 57.6 h."""
    life = cancelled_life(**more)
    stopped, clearing = segments(*life, as_of=datetime(2025, 5, 12, 19, tzinfo=UTC))[-2:]
    assert (stopped.bridge, stopped.status, stopped.reason) == (True, "stopped", "bridge-ended")
    assert str(stopped.bridge_given.quantity) == "0.1000 mL"  # type: ignore[union-attr]
    assert str(stopped.bridge_dose.quantity) == "50.0 ug"  # type: ignore[union-attr]
    assert (clearing.line, str(clearing.line_doses[0][1].quantity)) == ("clearing", "50.0 ug/d")
    new = segments(*life, read("2025-05-20T09:00+00:00"))[-1]
    assert new.start.utc - clearing.start.utc == timedelta(hours=57, minutes=36)
    open_then = course(*life, as_of=datetime(2025, 5, 13, tzinfo=UTC))
    (finding,) = [one for one in every(open_then, Finding) if one.code == CODE]
    assert "the bridge bolus did not run to its end" in finding.text
    assert "for 57.6 h" in finding.text


def test_a_bridge_cancelled_in_its_own_session() -> None:
    rows = bridge("0.340", "20", "1224", "cancelled", end="2025-05-12T12:46+00:00")
    stopped, clearing = segments(before("500", "200"), change("500", "2000", "200", boluses=rows), as_of=SOON)[-2:]
    assert (stopped.status, clearing.line) == ("stopped", "clearing")


def test_a_bridge_cancelled_in_the_next_session_ends_there() -> None:
    rows = bridge("0.340", "200", "1224", "cancelled", end="2025-05-12T18:40+00:00")
    visit = export(
        "2025-05-12T18:30+00:00", found(daily("200")), left("2025-05-12T18:41+00:00", daily("200")),
        end="2025-05-12T18:50+00:00", update="completed", pump=PUMP, boluses=rows,
    )  # fmt: skip
    running = change("500", "2000", "200", boluses=bridge("0.340", "680", "1224"))
    stopped, clearing = segments(before("500", "200"), running, visit, as_of=datetime(2025, 5, 12, 19, tzinfo=UTC))[-2:]
    assert (stopped.status, str(stopped.bridge_dose.quantity), clearing.line) == ("stopped", "50.0 ug", "clearing")  # type: ignore[union-attr]


def test_a_bridge_of_which_nobody_says_when_it_was_cancelled_is_unknown_until_the_next_interrogation() -> None:
    life = cancelled_life()
    assert segments(*life)[-1].status == "unknown"
    assert segments(*life, read("2025-05-20T09:00+00:00"))[-1].status == "running"


def test_a_bridge_left_running_and_told_complete() -> None:
    rows = bridge("0.340", "680", "1224", "complete", end="2025-05-13T09:04+00:00")
    running = change("500", "2000", "200", boluses=bridge("0.340", "680", "1224"))
    over, background = segments(before("500", "200"), running, read("2025-05-20T09:00+00:00", boluses=rows))[-2:]
    assert (over.bridge, over.status, over.end.fhir) == (True, "completed", "2025-05-13T09:04:00+00:00")  # type: ignore[union-attr]
    assert (background.status, background.line, background.start) == ("running", None, over.end)


def test_a_bridge_read_again_while_it_runs_runs_on() -> None:
    running = change("500", "2000", "200", boluses=bridge("0.340", "680", "1224"))
    again = read("2025-05-12T20:00+00:00", boluses=bridge("0.340", "680", "1224", remaining=q("0.218", "mL")))
    life = segments(before("500", "200"), running, again, as_of=datetime(2025, 5, 12, 21, tzinfo=UTC))
    assert (life[-1].bridge, life[-1].status, life[-1].last_confirmed.fhir) == (
        True, "running", "2025-05-12T20:00:00+00:00",
    )  # fmt: skip


def test_a_bridge_that_only_the_next_session_tells_of_takes_the_place_of_the_clearing_line() -> None:
    rows = bridge("0.340", "680", "1224", "complete", end="2025-05-13T09:04+00:00")
    after = read("2025-05-20T09:00+00:00", boluses=rows)
    life = [before("500", "200"), change("500", "2000", "200"), after]
    old, over, background = segments(*life)
    assert (old.reason, over.bridge, over.status) == ("refill", True, "completed")
    assert (background.start, background.status, background.line) == (over.end, "running", None)
    (ended,) = [one for one in every(course(*life, as_of=LATE), Finding) if one.code == CODE]
    assert ended.until is not None


LIVES = [
    [before("2000", "200"), change("2000", "500", "200"), read("2025-05-20T09:00+00:00")],
    cancelled_life(end="2025-05-12T18:40+00:00"),
]


@pytest.mark.parametrize("life", LIVES)
def test_a_checkpoint_and_any_order_give_the_same(life: list[dict[str, Any]]) -> None:
    whole = folded(*life, as_of=LATE)
    assert folded(*reversed(life), as_of=LATE).course == whole.course
    for known in (1, 2):
        base = load_state(dump_state(whole.states[known - 1][1]))
        tail = [one for one in map(report, life) if one.position > base.position]
        again = fold(tail, LATE, SETTINGS, patient="0000017", notice=on_page, base=base)
        assert again.course.pages == whole.course.pages[known:]
