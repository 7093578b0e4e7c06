"""Lives that tempt a fold to say "running" where the pump's record does not: each was an attack that succeeded once."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from bridge.course.facts import BolusFact, Gap, ProgrammeFact, Segment
from bridge.course.remarks import Finding
from tests.course.building import continuous, course, drugs, every, export, found, left, only, q, report
from tests.course.test_fold import BRIDGED, IMPLANT, WEAK

SOON = datetime(2025, 4, 20, tzinfo=UTC)


def running(*bodies: dict[str, Any], as_of: datetime = SOON) -> list[Segment]:
    return [s for s in every(course(*bodies, as_of=as_of), Segment) if s.status == "running"]


def visit(*states: dict[str, Any], update: str = "none", day: int = 1, **parts: Any) -> dict[str, Any]:
    start = f"2025-04-{day:02}T09:00+01:00"
    return export(start, *states, update=update, end=f"2025-04-{day:02}T09:30+01:00", **parts)


def row(number: str | None, at: str | None, code: Any, **more: Any) -> dict[str, Any]:
    made = {"code": code, "text": "X", **more}
    return {**made, **({"number": number} if number else {}), **({"at": at} if at else {})}


def test_left_not_infusing_with_the_same_programme_ends_what_ran() -> None:
    halted = visit(
        found(continuous()), left("2025-04-01T09:10+01:00", continuous(), infusing=False), update="completed"
    )
    life = course(IMPLANT, halted, as_of=SOON)
    assert (only(life, Segment).status, only(life, Segment).reason) == ("stopped", "pump-stopped")
    assert only(life, Gap).start.fhir == "2025-04-01T09:10:00+01:00"


def test_left_running_after_a_stop_with_the_same_programme_resumes() -> None:
    stop = visit(found(continuous(), infusing=False), events=[row("7", "2025-03-30T10:00", "pump-stopped")])
    again = visit(
        found(continuous(), infusing=False), left("2025-04-02T09:10+01:00", continuous()), update="completed", day=2
    )
    (segment,) = running(IMPLANT, stop, again)
    assert segment.start.fhir == "2025-04-02T09:10:00+01:00"
    assert only(course(IMPLANT, stop, again), Gap).closed


def test_a_stop_logged_late_and_still_open_makes_what_runs_unknown() -> None:
    new = visit(found(continuous()), left("2025-04-01T09:10+01:00", continuous("500.00", "0.250")), update="completed")
    late = visit(
        found(continuous("500.00", "0.250"), infusing=None), day=5, events=[row("7", "2025-03-20T10:00", "motor-stall")]
    )
    life = course(IMPLANT, new, late, as_of=SOON)
    assert every(life, Segment)[-1].reason == "stop-logged-late"
    assert {f.code for f in every(life, Finding)} == {"stop-logged-late", "delivery-interrupted"}


def test_a_stop_logged_late_and_over_before_is_found_and_the_rest_goes_on() -> None:
    new = visit(found(continuous()), left("2025-04-01T09:10+01:00", continuous("500.00", "0.250")), update="completed")
    log = [row("7", "2025-03-20T10:00", "motor-stall"), row("8", "2025-03-22T10:00", "motor-stall-recovered")]
    late = visit(found(continuous("500.00", "0.250")), day=5, events=log)
    assert len(running(IMPLANT, new, late)) == 1
    told = {f.code: f.until for f in every(course(IMPLANT, new, late, as_of=SOON), Finding)}
    assert told["stop-logged-late"] is None
    assert told["delivery-interrupted"].fhir == "2025-04-05T09:00:00+01:00"


def test_a_stall_in_a_bridge_ends_it_and_nothing_is_taken_to_follow() -> None:
    log = [row("7", "2025-05-12T20:00", "motor-stall"), row("8", "2025-05-13T02:00", "motor-stall-recovered")]
    after = export("2025-05-20T09:00+01:00", found(continuous("200.00", "0.100")), update="none", events=log)
    life = course(WEAK, BRIDGED, after, as_of=datetime(2025, 5, 21, tzinfo=UTC))
    bridge = every(life, Segment)[-1]
    assert (bridge.bridge, bridge.status, bridge.end.fhir) == (True, "stopped", "2025-05-12T20:00:00+01:00")


def test_a_bridge_told_cancelled_later_is_not_called_completed() -> None:
    cancelled = {
        "kind": "bridge",
        "start": "2025-05-12T12:40+01:00",
        "outcome": "cancelled",
        "volume": q("0.340", "mL"),
    }
    after = export("2025-05-20T09:00+01:00", found(continuous("200.00", "0.100")), update="none", boluses=[cancelled])
    life = course(WEAK, BRIDGED, after, as_of=datetime(2025, 5, 21, tzinfo=UTC))
    assert every(life, Segment)[-1].status == "unknown"
    assert [s for s in every(life, Segment) if s.status == "running"] == []


@pytest.mark.parametrize(
    "state",
    [
        found({**continuous(), "doses": [{"drug": "baclofen", "daily": {"unreadable": "4?0"}}]}),
        {"tag": "as-found", "programme": continuous(), "infusing": {"unreadable": "??"}},
        found({"mode": "simple-continuous", "doses": continuous()["doses"], "flow": {"unreadable": "0.?"}}),
    ],
)
def test_what_cannot_be_read_is_no_agreement(state: dict[str, Any]) -> None:
    assert running(IMPLANT, visit(state)) == []


def test_an_unreadable_new_dose_does_not_leave_the_old_one_running() -> None:
    new = {**continuous(), "doses": [{"drug": "baclofen", "daily": {"unreadable": "3?0"}}]}
    segments = running(IMPLANT, visit(found(continuous()), left("2025-04-01T09:10+01:00", new), update="completed"))
    assert [s.settings.doses[0].daily.value for s in segments] == [None]


def test_exports_that_dispute_the_log_make_what_runs_unknown() -> None:
    stall = row("7", "2025-03-30T10:00", "motor-stall")
    one = visit(found(continuous(), infusing=None), events=[stall])
    two = visit(found(continuous(), infusing=None), events=[stall, row("8", "2025-03-30T11:00", "alarm-silenced")])
    assert running(IMPLANT, one, two) == []


def test_another_bolus_of_a_periodic_programme_is_another_programme() -> None:
    def periodic(dose: str) -> dict[str, Any]:
        return {"mode": "periodic-bolus", "periodic": {"dose": q(dose, "mcg"), "interval": q("6", "h")}}

    first = export("2025-03-03T10:00+00:00", left("2025-03-03T10:30+00:00", periodic("10")), update="completed")
    assert [f.code for f in every(course(first, visit(found(periodic("100"))), as_of=SOON), Finding)] == [
        "as-found-differs",
        "dose-change-unexplained",
    ]


@pytest.mark.parametrize("other", [drugs("500"), [{"name": "morphine", "concentration": q("2000.0", "mcg/mL")}]])
def test_another_drug_or_concentration_found_is_an_unseen_change(other: list[dict[str, Any]]) -> None:
    assert running(IMPLANT, visit(found(continuous(), drugs=other))) == []


@pytest.mark.parametrize(
    "same", [drugs("2.0")[:0], [{"name": "Baclofen"}], [{"name": "baclofen", "concentration": q("2.000", "mg/mL")}]]
)
def test_the_same_drug_said_otherwise_changes_nothing(same: list[dict[str, Any]]) -> None:
    state = found(continuous(), **({"drugs": same} if same else {}))
    assert len(running(IMPLANT, visit(state))) == 1


@pytest.mark.parametrize("code", ["motor-stall", "pump-stopped", "empty-reservoir"])
def test_an_alarm_that_stops_delivery_leaves_nothing_running(code: str) -> None:
    alarmed = visit(found(continuous(), infusing=None), alarm_status="active", alarms=[{"code": code, "text": "A"}])
    assert running(IMPLANT, alarmed) == []


@pytest.mark.parametrize(
    "event",
    [
        row("7", None, "motor-stall"),
        row("7", "2025-03-30T10:00", {"unreadable": "m?"}),
        {**row("7", None, "motor-stall"), "at": {"unreadable": "30?"}},
        row("7", "2027-01-01T00:00", "motor-stall"),
    ],
)
def test_a_stop_that_cannot_be_placed_leaves_nothing_running(event: dict[str, Any]) -> None:
    assert running(IMPLANT, visit(found(continuous(), infusing=None), events=[event])) == []


def test_a_reused_event_number_is_another_event() -> None:
    first = visit(found(continuous()), events=[row("1", "2025-03-20T10:00", "alarm-silenced")])
    second = visit(found(continuous(), infusing=None), day=5, events=[row("1", "2025-04-03T10:00", "motor-stall")])
    assert running(IMPLANT, first, second) == []


def test_rows_of_one_minute_keep_the_order_of_their_numbers() -> None:
    log = [row("9", "2025-03-30T10:00", "motor-stall-recovered"), row("10", "2025-03-30T10:00", "motor-stall")]
    assert running(IMPLANT, visit(found(continuous(), infusing=None), events=log)) == []


def test_only_its_own_recovery_ends_a_stop() -> None:
    log = [row("7", "2025-03-30T10:00", "pump-stopped"), row("8", "2025-03-30T12:00", "motor-stall-recovered")]
    assert running(IMPLANT, visit(found(continuous(), infusing=None), events=log)) == []


def test_what_was_not_delivered_is_reckoned_with_the_programme_that_was_interrupted() -> None:
    stall = visit(found(continuous(), infusing=False), events=[row("7", "2025-03-30T10:00", "motor-stall")])
    again = visit(
        found(continuous(), infusing=False), left("2025-04-01T10:00+01:00", continuous("100.00", "0.050")),
        update="completed", day=1,
    )  # fmt: skip
    again = {
        **again,
        "session": {**again["session"], "start": "2025-04-01T09:50+01:00", "end": "2025-04-01T10:10+01:00"},
    }
    gap = only(course(IMPLANT, stall, again, as_of=SOON), Gap)
    assert str(gap.not_delivered.quantity) == "800.0 ug"


def test_a_new_programme_dated_far_ahead_counts_from_its_session() -> None:
    ahead = visit(
        found(continuous()), left("2027-04-01T09:10+01:00", continuous("500.00", "0.250")), update="completed"
    )
    (segment,) = running(IMPLANT, ahead)
    assert segment.start.fhir == "2025-04-01T09:30:00+01:00"


def test_a_correction_that_moves_a_session_moves_it_in_the_order() -> None:
    change = left("2025-04-02T09:10+01:00", continuous("500.00", "0.250"))
    wrong = visit(
        found(continuous()), left("2025-03-05T09:10+00:00", continuous("600.00", "0.300")), update="completed", day=9
    )
    wrong["session"] = {
        **wrong["session"],
        "start": "2025-03-05T09:00+00:00",
        "end": "2025-03-05T09:30+00:00",
        "number": "9",
        "revision": 1,
    }
    right = visit(
        found(continuous("500.00", "0.250")), left("2025-04-15T09:10+01:00", continuous("600.00", "0.300")),
        update="completed", day=15, number="9", revision=2,
    )  # fmt: skip
    (segment,) = running(IMPLANT, wrong, visit(found(continuous()), change, update="completed", day=2), right)
    assert segment.settings.doses[0].daily.value.value == Decimal("600.00")


def test_a_later_report_is_later_in_time_not_in_print() -> None:
    early = {**IMPLANT, "session": {**IMPLANT["session"], "reported": "2025-03-03T11:10+02:00"}}
    late = {**IMPLANT, "session": {**IMPLANT["session"], "reported": "2025-03-03T10:40+00:00"}, "simulated": True,
            "programmer": {"model": "CP-2"}}  # fmt: skip
    fact = course(early, late, as_of=SOON).pages[0].facts[0]
    assert fact.source.programmer_words == "CP-2"  # type: ignore[union-attr]


def test_a_higher_dose_makes_the_dry_date_earlier_without_a_stated_volume() -> None:
    faster = visit(
        found(continuous()), left("2025-04-01T09:10+01:00", continuous("4000.00", "2.000")), update="completed"
    )
    assert running(IMPLANT, faster, as_of=datetime(2025, 4, 30, tzinfo=UTC)) == []


def test_after_an_empty_reservoir_a_refill_that_leaves_it_running_is_a_new_segment() -> None:
    empty = visit(found(continuous(), infusing=None), events=[row("7", "2025-03-30T10:00", "empty-reservoir")])
    refill = visit(
        found(continuous()), left("2025-04-02T09:20+01:00", continuous()), update="completed", day=2,
        refills=[{"filled_at": "2025-04-02T09:15+01:00", "filled": q("40.0", "mL"), "drugs": drugs()}],
    )  # fmt: skip
    (segment,) = running(IMPLANT, empty, refill)
    assert segment.start.fhir == "2025-04-02T09:20:00+01:00"


def test_the_same_programme_said_otherwise_is_the_same() -> None:
    steps = [
        {"start": "06:00", "end": "00:00", "dose": q("300.00", "mcg")},
        {"start": "00:00", "end": "06:00", "dose": q("100.00", "mcg")},
    ]
    flex = {"mode": "flex", "doses": [{"drug": "baclofen", "daily": q("400.00", "mcg/day")}], "steps": steps}
    turned = {
        "mode": "flex",
        "doses": [{"daily": q("0.400", "mg/day")}],
        "steps": [steps[1], {**steps[0], "end": "24:00"}],
    }
    first = export("2025-03-03T10:00+00:00", left("2025-03-03T10:30+00:00", flex), update="completed")
    assert len(running(first, visit(found(turned)))) == 1


def test_boluses_of_one_minute_or_number_are_all_told() -> None:
    both = [
        {"kind": kind, "start": "2025-03-20T08:00+00:00", "end": "2025-03-20T08:05+00:00", "outcome": "complete"}
        for kind in ("clinician", "patient")
    ]
    reused = [{**both[0], "number": "5"}]
    other = [{**both[1], "number": "5", "start": "2025-04-03T08:00+01:00", "end": "2025-04-03T08:05+01:00"}]
    life = course(
        IMPLANT, visit(found(continuous()), boluses=both), visit(found(continuous()), day=2, boluses=reused),
        visit(found(continuous()), day=5, boluses=other), as_of=SOON,
    )  # fmt: skip
    names = [bolus.discriminator for bolus in every(life, BolusFact)]
    assert len(names) == len(set(names)) == 4


def test_two_sessions_that_state_one_programming_have_two_keys() -> None:
    first = visit(
        found(continuous()), left("2025-04-01T09:10+01:00", continuous("500.00", "0.250")), update="completed"
    )
    second = {**first, "session": {**first["session"], "start": "2025-04-01T08:00+00:00"}}
    second = {
        **second,
        "channels": [
            {
                "states": [
                    found(continuous("500.00", "0.250")),
                    left("2025-04-01T09:10+01:00", continuous("600.00", "0.300")),
                ]
            }
        ],
    }
    names = [fact.discriminator for fact in every(course(IMPLANT, first, second, as_of=SOON), ProgrammeFact)]
    assert len(names) == len(set(names))


def test_an_end_before_its_start_is_no_end() -> None:
    body = visit(found(continuous()))
    body["session"]["end"] = "2025-04-01T08:00+01:00"
    assert len(running(IMPLANT, body)) == 1
    assert report(body).interrogation.session.end is not None


def test_a_drug_named_without_its_concentration_keeps_the_one_that_is_known() -> None:
    """What an export does not mention it does not clear; one that cannot be read is mentioned, and not known."""
    name_only = [{"name": "baclofen"}]
    now = left("2025-04-01T09:10+01:00", continuous("420.00", "0.210"), drugs=name_only)
    changed = visit(found(continuous(), drugs=name_only), now, update="completed")
    (segment,) = running(IMPLANT, changed)
    assert str(segment.mixture.drugs[0].concentration.value) == "2000.0 ug/mL"  # type: ignore[union-attr]
    illegible = [{"name": "baclofen", "concentration": {"unreadable": "2?00 mcg/mL"}}]
    unclear = left("2025-04-01T09:10+01:00", continuous("420.00", "0.210"), drugs=illegible)
    (segment,) = running(IMPLANT, visit(found(continuous()), unclear, update="completed"))
    assert segment.mixture.drugs[0].concentration.value is None  # type: ignore[union-attr]


DRY = export(
    "2025-02-03T10:00+00:00", left("2025-02-03T10:00+00:00", continuous("500", "0.250"), drugs=drugs()),
    refills=[{"filled_at": "2025-02-03T10:00+00:00", "filled": q("20.0", "mL"), "drugs": drugs()}], update="completed",
)  # fmt: skip


def read_late(volume: str | None, start: str = "2025-04-26T15:00", **refill: Any) -> dict[str, Any]:
    """Read on 26 April: by the programme the reservoir ran dry on 24 April 10:00."""
    rest: dict[str, Any] = {"volume": q(volume, "mL", "calculated")} if volume else {}
    states = [found(continuous("500", "0.250"), **rest)]
    states += [left(f"{start[:11]}15:10+01:00", continuous("500", "0.250"), drugs=drugs())] if refill else []
    refills = [{"filled": q("20.0", "mL"), "drugs": drugs(), **refill}] if refill else []
    update = "completed" if refill else "none"
    return export(f"{start}+01:00", *states, update=update, refills=refills)


@pytest.mark.parametrize(
    ("late", "known"),
    [
        (read_late("0.0"), False),
        (read_late(None), False),
        (read_late("1.0"), True),
        (read_late("0.0", filled_at="2025-04-26T15:05+01:00", aspirated=q("0.0", "mL")), False),
        (read_late("0.0", filled_at="2025-04-26T15:05+01:00", aspirated=q("0.2", "mL")), True),
        (
            read_late("0.0", filled_at="2025-04-28T15:05+01:00", aspirated=q("0.2", "mL"), start="2025-04-28T11:00"),
            True,
        ),
        (
            read_late("0.0", filled_at="2025-04-28T15:05+01:00", aspirated=q("0.2", "mL"), start="2025-04-28T11:01"),
            False,
        ),
        (read_late(None, filled_at="2025-04-24T10:59+01:00"), True),
        (read_late(None, filled_at="2025-04-24T11:00+01:00"), False),
    ],
)
def test_nothing_is_charted_as_delivered_beyond_what_was_filled_in(late: dict[str, Any], known: bool) -> None:
    """A reservoir that may have run dry before the session gave nobody knows how much; a rest shows that it had not."""
    first = every(course(DRY, late, as_of=datetime(2025, 4, 29, tzinfo=UTC)), Segment)[0]
    assert (first.status != "unknown") is known
    assert (first.reason == "past-dry-date") is not known


def test_a_volume_as_found_counts_where_none_is_stated_as_left() -> None:
    """Else a new flow would be taken as having run since the volume before: dry before the session that set it."""
    faster = export(
        "2025-04-14T10:00+01:00", found(continuous("500", "0.250"), volume=q("2.5", "mL", "calculated")),
        left("2025-04-14T10:10+01:00", continuous("5000", "2.500"), drugs=drugs()), update="completed",
    )  # fmt: skip
    now = course(DRY, faster, as_of=datetime(2025, 4, 14, 12, tzinfo=UTC))
    assert every(now, Segment)[-1].status == "running"
    assert now.next_change == datetime(2025, 4, 15, 9, tzinfo=UTC)


def test_an_empty_reservoir_that_is_left_infusing_delivers_nothing_that_is_known() -> None:
    empty = export(
        "2025-04-26T10:00+01:00", found(continuous("500", "0.250"), volume=q("0.0", "mL", "calculated")),
        left("2025-04-26T10:10+01:00", continuous("500", "0.250")), update="completed",
    )  # fmt: skip
    stop = [row("9", "2025-05-06T10:00", "pump-stopped")]
    later = export("2025-05-06T11:00+01:00", found(continuous("500", "0.250"), infusing=False), events=stop)
    life = course(DRY, empty, later, as_of=datetime(2025, 5, 7, tzinfo=UTC))
    assert {segment.status for segment in every(life, Segment)} == {"unknown"}
    assert only(life, Gap).start.fhir == "2025-05-06T10:00:00+01:00"
