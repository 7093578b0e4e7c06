"""The fold: what an interval was, and with what certainty."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bridge.course.facts import (
    AlarmFact,
    BolusFact,
    FillFact,
    Gap,
    PresenceFact,
    PrimingFact,
    ProgrammeFact,
    PumpFact,
    Segment,
)
from bridge.course.fold import News, fold
from bridge.course.panel import SummaryFact
from bridge.course.remarks import Finding
from bridge.course.state import dump_state, load_state
from bridge.findings.noticed import on_page
from tests.course.building import (
    AS_OF,
    SETTINGS,
    continuous,
    course,
    drugs,
    every,
    export,
    folded,
    found,
    left,
    only,
    q,
    report,
)

IMPLANT = export(
    "2025-03-03T10:00+00:00",
    left("2025-03-03T10:30+00:00", continuous(), volume=q("39.7", "mL", "calculated"), drugs=drugs()),
    end="2025-03-03T10:50+00:00",
    type="implant",
    update="completed",
    refills=[{"filled_at": "2025-03-03T10:10+00:00", "filled": q("40.0", "mL"), "drugs": drugs()}],
    boluses=[{"kind": "priming", "start": "2025-03-03T10:20+00:00", "volume": q("0.336", "mL")}],
)
STEPPED = {
    "mode": "flex",
    "doses": [{"drug": "baclofen", "daily": q("330.00", "mcg/day")}],
    "steps": [
        {"start": "00:00", "end": "06:00", "dose": q("72.00", "mcg")},
        {"start": "06:00", "end": "07:00", "dose": q("60.00", "mcg")},
        {"start": "07:00", "end": "22:00", "dose": q("180.00", "mcg")},
        {"start": "22:00", "end": "24:00", "dose": q("18.00", "mcg")},
    ],
}
REFILL = export(
    "2025-05-12T12:31+01:00",
    found(continuous(), volume=q("25.7", "mL", "calculated")),
    left("2025-05-12T12:40+01:00", STEPPED, drugs=drugs()),
    end="2025-05-12T12:55+01:00",
    type="refill",
    update="completed",
    refills=[
        {
            "aspirated_at": "2025-05-12T12:35+01:00",
            "filled_at": "2025-05-12T12:38+01:00",
            "expected": q("25.7", "mL"),
            "aspirated": q("25.4", "mL"),
            "filled": q("40.0", "mL"),
            "drugs": drugs(),
        }
    ],
)
STALL_ROW = {"number": "0112", "at": "2025-06-18T14:02", "code": "motor-stall", "text": "MOTOR STALL OCCURRED"}
RECOVERY_ROW = {"number": "0113", "at": "2025-06-19T16:02", "code": "motor-stall-recovered", "text": "RECOVERED"}
STALL = export(
    "2025-06-18T17:30+01:00",
    found(STEPPED, infusing=False),
    update="none",
    events=[STALL_ROW],
    alarm_status="active",
    alarms=[{"code": "motor-stall", "text": "MOTOR STALL", "severity": "critical"}],
)
RECOVERY = export(
    "2025-06-19T17:05+01:00", found(STEPPED), update="none", events=[STALL_ROW, RECOVERY_ROW], alarm_status="none"
)
LIFE = (IMPLANT, REFILL, STALL, RECOVERY)


def test_a_programme_runs_from_its_programming_to_the_next() -> None:
    life = course(IMPLANT, REFILL)
    first, second = every(life, Segment)
    assert (first.status, first.reason, first.start.fhir) == ("completed", "new-programme", "2025-03-03T10:30:00+00:00")
    assert first.end.fhir == "2025-05-12T12:40:00+01:00"
    assert (second.status, second.end, second.last_confirmed.fhir) == ("running", None, "2025-05-12T12:55:00+01:00")


def test_priming_is_a_volume_and_no_bolus() -> None:
    life = course(IMPLANT)
    assert only(life, PrimingFact).volume.value.value == Decimal("0.336")
    assert every(life, BolusFact) == []


def test_the_ratio_follows_from_what_was_stated() -> None:
    fill = every(course(IMPLANT, REFILL), FillFact)[1]
    assert str(fill.ratio.quantity.value) == "1.021"
    assert fill.ratio.arithmetic == "(40.0 - 25.4) / (40.0 - 25.7) = 14.6 / 14.3 = 1.021"


def test_a_stall_ends_the_segment_and_recovery_opens_another() -> None:
    life = course(*LIFE)
    gap = only(life, Gap)
    stopped, running = every(life, Segment)[1:]
    assert (stopped.status, stopped.reason, stopped.end.fhir) == ("stopped", "motor-stall", "2025-06-18T14:02:00+01:00")
    assert (gap.end.fhir, gap.closed) == ("2025-06-19T16:02:00+01:00", True)
    assert (running.status, running.start.fhir) == ("running", "2025-06-19T16:02:00+01:00")


def test_what_a_stall_withheld_follows_the_steps_of_the_day() -> None:
    gap = only(course(*LIFE), Gap)
    assert str(gap.not_delivered.quantity) == "354.0 ug"


def test_an_open_stall_is_closed_and_not_doubled() -> None:
    assert only(course(*LIFE[:3]), Gap).closed is False
    assert len(every(course(*LIFE), Gap)) == 1
    assert only(course(*LIFE[:3]), AlarmFact).until is None
    assert only(course(*LIFE), AlarmFact).until.fhir == "2025-06-19T16:02:00+01:00"


def test_the_ward_finding_is_open_while_the_gap_is() -> None:
    assert only(course(*LIFE[:3]), Finding).until is None
    closed = only(course(*LIFE), Finding)
    assert closed.until.fhir == "2025-06-19T17:05:00+01:00"
    assert "26 h by its log: at most 354.0 micrograms" in closed.text


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_the_order_of_arrival_changes_nothing(order: tuple[int, ...]) -> None:
    assert folded(*[LIFE[n] for n in order]).course == folded(*LIFE).course


@pytest.mark.parametrize("known", [1, 2, 3, 4])
def test_a_checkpoint_gives_what_folding_from_scratch_gives(known: int) -> None:
    whole = folded(*LIFE)
    base = load_state(dump_state(whole.states[known - 1][1]))
    tail = [r for r in map(report, LIFE) if r.position > base.position]
    again = fold(tail, AS_OF, SETTINGS, patient="0000017", notice=on_page, base=base)
    assert again.course.pages == whole.course.pages[known:]


def test_an_unseen_change_makes_the_interval_unknown() -> None:
    life = course(IMPLANT, STALL, RECOVERY)
    lost, running = every(life, Segment)
    assert (lost.status, lost.reason, lost.end) == ("unknown", "programme-differs", None)
    assert lost.last_confirmed.fhir == "2025-03-03T10:50:00+00:00"
    assert running.start.fhir == "2025-06-19T16:02:00+01:00"
    assert [f.code for f in every(life, Finding)] == ["as-found-differs", "delivery-interrupted"]


def test_after_an_unseen_change_last_refill_and_last_change_are_not_recorded() -> None:
    summary = every(course(IMPLANT, STALL), SummaryFact)[1]
    assert summary.last_fill is None
    assert summary.last_change is None


def test_no_administration_for_a_programme_whose_start_is_not_known() -> None:
    life = course(export("2025-03-03T10:00+00:00", found(continuous()), update="none"))
    assert every(life, Segment) == []
    assert only(life, ProgrammeFact).start is None


def test_an_update_that_did_not_complete_leaves_the_state_unknown_until_the_next_reading() -> None:
    broken = export(
        "2025-06-02T10:15+01:00", found(continuous()), left("2025-06-02T10:20+01:00", continuous("300.00", "0.150")),
        update="not-completed",
    )  # fmt: skip
    stopped = export("2025-06-04T11:00+01:00", found(continuous(), infusing=False), update="none")
    life = course(IMPLANT, broken)
    assert only(life, Segment).reason == "session-not-completed"
    assert only(life, Finding).until is None
    later = course(IMPLANT, broken, stopped)
    assert only(later, Gap).start.fhir == "2025-06-04T11:00:00+01:00"
    codes = {f.code: f.until for f in every(later, Finding)}
    assert codes["session-not-completed"].fhir == "2025-06-04T11:00:00+01:00"
    assert codes["delivery-interrupted"] is None


def test_pending_settings_are_neither_found_nor_left() -> None:
    pending = {**_renamed(left("2025-04-01T09:10+01:00", continuous("500.00", "0.250")), "pending")}
    life = course(IMPLANT, export("2025-04-01T09:00+01:00", found(continuous()), pending, update="none"))
    assert only(life, Segment).settings.doses[0].daily.value.value == Decimal("400.00")


def _renamed(state: dict, tag: str) -> dict:  # type: ignore[type-arg]
    return {**state, "tag": tag}


def test_a_pump_found_not_infusing_ends_what_ran_as_unknown() -> None:
    life = course(IMPLANT, export("2025-04-01T09:00+01:00", found(continuous(), infusing=False), update="none"))
    assert only(life, Segment).status == "unknown"
    assert only(life, Gap).reason == "found-not-infusing"


def test_a_refill_alone_ends_a_segment_and_the_programme_goes_on() -> None:
    refill = export(
        "2025-05-12T12:31+01:00", found(continuous()), left("2025-05-12T12:40+01:00", continuous(), drugs=drugs()),
        end="2025-05-12T12:50+01:00", update="completed",
        refills=[{"filled_at": "2025-05-12T12:38+01:00", "filled": q("40.0", "mL"), "drugs": drugs()}],
    )  # fmt: skip
    life = course(IMPLANT, refill)
    first, second = every(life, Segment)
    assert (first.status, first.reason, first.end.fhir) == ("completed", "refill", "2025-05-12T12:38:00+01:00")
    assert (second.start.fhir, second.programme) == ("2025-05-12T12:38:00+01:00", first.programme)
    assert len(every(life, ProgrammeFact)) == 1


BRIDGED = export(
    "2025-05-12T12:00+01:00",
    found(continuous("200.00", "0.400")),
    left("2025-05-12T12:40+01:00", continuous("200.00", "0.100"), drugs=drugs("2000")),
    end="2025-05-12T12:50+01:00",
    update="completed",
    refills=[{"filled_at": "2025-05-12T12:30+01:00", "filled": q("40.0", "mL"), "drugs": drugs("2000")}],
    boluses=[
        {
            "kind": "bridge", "start": "2025-05-12T12:40+01:00", "duration": q("1224", "min"), "outcome": "running",
            "volume": q("0.340", "mL"), "dose": q("680", "mcg"),
        }
    ],
)  # fmt: skip
WEAK = export(
    "2025-03-03T10:00+00:00",
    left("2025-03-03T10:30+00:00", continuous("200.00", "0.400"), drugs=drugs("500")),
    end="2025-03-03T10:50+00:00",
    update="completed",
)


def test_a_bridge_is_a_segment_of_the_old_drug_with_a_derived_dose() -> None:
    bridge = every(course(WEAK, BRIDGED, as_of=datetime(2025, 5, 12, 20, tzinfo=UTC)), Segment)[-1]
    assert (bridge.bridge, bridge.status) == (True, "running")
    assert str(bridge.bridge_dose.quantity) == "170.0 ug"
    assert bridge.mixture.drugs[0].concentration.value.value == Decimal(500)
    assert str(bridge.bridge_accounted.value) == "680 ug"


def test_a_bridge_not_read_again_after_its_end_is_unknown() -> None:
    bridge = every(course(WEAK, BRIDGED, as_of=datetime(2025, 5, 14, tzinfo=UTC)), Segment)[-1]
    assert (bridge.bridge, bridge.status) == (True, "unknown")


def test_a_bridge_found_over_gives_way_to_the_background() -> None:
    after = export("2025-05-20T09:00+01:00", found(continuous("200.00", "0.100")), update="none")
    old, bridge, background = every(course(WEAK, BRIDGED, after), Segment)
    assert (old.reason, bridge.reason, bridge.end.fhir) == (
        "new-programme",
        "bridge-ended",
        "2025-05-13T09:04:00+01:00",
    )
    assert (background.start.fhir, background.status) == ("2025-05-13T09:04:00+01:00", "running")


def test_an_explant_ends_and_does_not_retract() -> None:
    explant = export(
        "2025-07-01T09:00+01:00", found(continuous()), type="explant", update="none",
        pump={"manufacturer": "Invented Pumps", "model": "IP-40", "serial": "TX000001", "explanted": "2025-07-01"},
    )  # fmt: skip
    life = course(IMPLANT, explant)
    assert (only(life, Segment).status, only(life, Segment).reason) == ("stopped", "explanted")
    assert only(life, PresenceFact).until is not None
    assert only(life, PumpFact).explant_session is not None


# --- time is an input -----------------------------------------------------------------------------------------------


def test_old_news_is_not_current_and_the_fold_says_when() -> None:
    young = course(IMPLANT, as_of=datetime(2025, 4, 1, tzinfo=UTC))
    assert only(young, Segment).status == "running"
    assert young.next_change is not None
    old = course(IMPLANT, as_of=young.next_change)
    assert (only(old, Segment).status, only(old, Segment).reason) == ("unknown", "past-dry-date")
    assert only(old, Segment).end is None


def test_next_change_is_where_the_course_changes_and_not_before() -> None:
    moment = course(IMPLANT, as_of=datetime(2025, 4, 1, tzinfo=UTC)).next_change
    assert moment is not None
    before = course(IMPLANT, as_of=moment - timedelta(seconds=1))
    assert before == course(IMPLANT, as_of=datetime(2025, 4, 1, tzinfo=UTC))


def test_a_session_in_the_future_is_found_and_not_charted() -> None:
    life = course(IMPLANT, REFILL, as_of=datetime(2025, 4, 1, tzinfo=UTC))
    assert only(life, Finding).code == "future-session"
    assert (only(life, Segment).status, only(life, Segment).reason) == ("unknown", "newer-export-in-future")
    assert life.next_change == datetime(2025, 5, 12, 11, 21, tzinfo=UTC)


def test_after_an_unreadable_newer_export_nothing_still_runs() -> None:
    for local in (datetime(2025, 3, 4, 9), None):
        life = course(IMPLANT, as_of=datetime(2025, 4, 1, tzinfo=UTC), news=(News("ab" * 32, local),))
        assert only(life, Segment).reason == "newer-export-unreadable"
        assert only(life, Finding).code == "newer-export-unreadable"


def test_an_unreadable_export_older_than_the_newest_reading_changes_nothing() -> None:
    news = (News("ab" * 32, datetime(2025, 3, 1, 9)),)
    assert course(IMPLANT, as_of=datetime(2025, 4, 1, tzinfo=UTC), news=news) == course(
        IMPLANT, as_of=datetime(2025, 4, 1, tzinfo=UTC)
    )


# --- one session, several exports ------------------------------------------------------------------------------------


def test_a_higher_revision_corrects_whatever_came_first() -> None:
    corrected = {**REFILL, "session": {**REFILL["session"], "revision": 2}}
    corrected["channels"] = [
        {**REFILL["channels"][0], "refills": [{**REFILL["channels"][0]["refills"][0], "aspirated": q("24.5", "mL")}]}
    ]
    for order in ((REFILL, corrected), (corrected, REFILL)):
        life = course(IMPLANT, *order)
        fill = every(life, FillFact)[1]
        assert fill.aspirated.value.value == Decimal("24.5")
        assert fill.source.corrected is True
        assert every(life, Finding) == []


def test_exports_that_disagree_withhold_the_value() -> None:
    other = {
        **REFILL,
        "channels": [
            {
                **REFILL["channels"][0],
                "refills": [{**REFILL["channels"][0]["refills"][0], "aspirated": q("24.5", "mL")}],
            }
        ],
    }
    life = course(IMPLANT, REFILL, other)
    fill = every(life, FillFact)[1]
    assert fill.aspirated.value is None
    finding = only(life, Finding)
    assert finding.code == "exports-disagree"
    assert "aspirated" in finding.text


def test_a_reprint_with_a_later_report_time_is_no_correction() -> None:
    reprint = {**REFILL, "session": {**REFILL["session"], "reported": "2025-06-01T09:00+01:00"}}
    life = course(IMPLANT, REFILL, reprint)
    assert every(life, FillFact)[1].source.corrected is False
    assert only(life, Finding).code == "report-reprinted"


def test_a_session_before_the_implant_is_found() -> None:
    early = {**IMPLANT, "pump": {**IMPLANT["pump"], "implanted": "2025-03-10"}}
    assert only(course(early), Finding).code == "session-before-implant"


# --- clocks ----------------------------------------------------------------------------------------------------------


def test_an_instant_in_the_repeated_hour_goes_out_with_its_date_only() -> None:
    life = course(
        export("2025-10-26T01:30", found(continuous()), update="none"), as_of=datetime(2025, 11, 1, tzinfo=UTC)
    )
    found_at = only(life, ProgrammeFact).found
    assert (found_at.fhir, found_at.ambiguous, found_at.printed) == ("2025-10-26", True, "2025-10-26 01:30")


def test_the_clock_offset_is_calculated_and_says_how() -> None:
    clocks = {"pump": "2025-04-01T08:59:19", "programmer": "2025-04-01T09:00:00"}
    summary = only(course(export("2025-04-01T09:00", found(continuous()), update="none", clocks=clocks)), SummaryFact)
    assert str(summary.clock_offset.quantity) == "-41 s"
    assert summary.clock_offset.arithmetic == "08:59:19 (pump) - 09:00:00 (programmer) = -41 s"


def test_what_the_patient_may_trigger_goes_with_the_programme_in_force() -> None:
    control = {"dose": q("10.00", "mcg"), "per_day": 6, "lockout": q("60", "min")}
    later = export("2025-04-01T09:00+01:00", found(continuous()), update="none", patient_control=control)
    programme = only(course(IMPLANT, later), ProgrammeFact)
    assert programme.patient_control.per_day.value == 6
    assert only(course(IMPLANT), ProgrammeFact).patient_control is None


def test_reports_that_overlap_tell_of_a_bolus_and_a_filling_once() -> None:
    bolus = {"kind": "patient", "number": "77", "start": "2025-03-20T08:00+00:00", "end": "2025-03-20T08:05+00:00",
             "outcome": "complete", "dose": q("10.00", "mcg")}  # fmt: skip
    refills = [{"filled_at": "2025-03-03T10:10+00:00", "filled": q("40.0", "mL"), "drugs": drugs()}]
    first = export("2025-04-01T09:00+01:00", found(continuous()), update="none", boluses=[bolus], refills=refills)
    again = export("2025-05-01T09:00+01:00", found(continuous()), update="none", boluses=[bolus], refills=refills)
    life = course(IMPLANT, first, again)
    assert len(every(life, BolusFact)) == 1
    assert len(every(life, FillFact)) == 1


def test_a_running_bolus_stays_open_until_a_session_says_how_it_ended() -> None:
    running = {"kind": "clinician", "number": "78", "start": "2025-04-01T09:10+01:00", "outcome": "running"}
    over = {**running, "outcome": "complete", "end": "2025-04-01T09:40+01:00", "dose": q("25.00", "mcg")}
    first = export("2025-04-01T09:00+01:00", found(continuous()), update="none", boluses=[running])
    assert only(course(IMPLANT, first), BolusFact, open_page=True).outcome == "running"
    told = export("2025-04-02T09:00+01:00", found(continuous()), update="none", boluses=[over])
    assert only(course(IMPLANT, first, told), BolusFact, open_page=False).outcome == "complete"
    silent = export("2025-04-02T09:00+01:00", found(continuous()), update="none")
    assert only(course(IMPLANT, first, silent), BolusFact, open_page=False).outcome is None


def test_a_pump_left_stopped_ends_its_segment_early_and_opens_a_gap() -> None:
    halted = left("2025-04-01T09:10+01:00", {"mode": "stopped"}, infusing=False)
    stop = export(
        "2025-04-01T09:00+01:00", found(continuous()), halted, update="completed", end="2025-04-01T09:20+01:00"
    )
    life = course(IMPLANT, stop)
    assert (only(life, Segment).status, only(life, Segment).reason) == ("stopped", "pump-stopped")
    assert only(life, Gap).start.fhir == "2025-04-01T09:10:00+01:00"


def test_a_pump_known_only_by_a_future_session_is_named_and_nothing_more() -> None:
    life = course(REFILL, as_of=datetime(2025, 4, 1, tzinfo=UTC))
    assert only(life, PumpFact).serial.reading.value == "TX000001"
    assert only(life, Finding).code == "future-session"
    assert every(life, Segment) == []
