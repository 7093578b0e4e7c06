"""Simulated hospital pumps: their arithmetic by its numbered invariants (ward/pump.py), and their messages."""

from __future__ import annotations

import itertools
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.hl7v2_pcd import ADAPTER
from bridge.interrogation import Moment
from bridge.quantity import Quantity
from bridge.simulator.ward.library import (
    CLINICIAN,
    PRIMARY,
    SECONDARY,
    THERAPIES,
    Fluid,
    Settings,
    Therapy,
    dosed,
    flow_of,
)
from bridge.simulator.ward.pump import (
    ALARM,
    COMPLETE,
    KEEPING_OPEN,
    SECONDS,
    START,
    STOP,
    TRANSITIONING,
    WHOLE,
    Person,
    Pump,
    Run,
)
from bridge.simulator.ward.rows import millilitres
from bridge.simulator.ward.traffic import Life, Order, Sent, ward
from bridge.simulator.ward.truth import as_document
from bridge.wire import er7

BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PLAIN = Fluid("Ringer's lactate")
DRUG = Fluid("Norepinephrine", Decimal(80), "ug")
ADA = Person("9000000001", "Example", "Ada", "19800117", "70.0")


def running(flow: int = 525, volume: int = 5000, *, keeps_open: bool = False) -> Pump:
    """A pump that has just begun to deliver."""
    pump = Pump(BEGIN)
    pump.switch_on(ADA)
    pump.load(PRIMARY, Settings(DRUG, flow, volume, keeps_open=keeps_open))
    pump.start(PRIMARY)
    return pump


def told(pump: Pump) -> list[tuple[str, str]]:
    return [(one.kind, one.source) for one in pump.drain() if one.kind in (START, STOP, COMPLETE, ALARM)]


def lived(seed: int, hours: int = 96) -> tuple[Life, list[Sent]]:
    life = Life(Order(1, hours, seed, BEGIN, 3600), seed % 7)
    return life, list(life.sent())


# --- arithmetic -------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_1_what_all_runs_delivered_adds_up(seed: int) -> None:
    life, _ = lived(seed)
    runs = life.pump.truth()
    assert sum(run.units for run in runs) == life.pump.delivered
    for run in runs:
        whole = run.settings.flow * int((run.end - run.start).total_seconds())
        assert run.units == whole or (run.ended == "complete" and whole - run.settings.flow < run.units < whole)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_2_runs_of_one_pump_never_overlap(seed: int) -> None:
    life, _ = lived(seed)
    for one, other in itertools.pairwise(life.pump.truth()):
        assert one.start < one.end <= other.start


def test_2_delivery_ends_when_the_volume_has_left_and_no_more_leaves() -> None:
    pump = running(flow=700, volume=5000)  # 50 mL at 7 mL/h: 7 h, 8 min and 34.3 s
    pump.passed(BEGIN + 10 * HOUR)
    (run,) = pump.truth()
    assert run.units == 50 * WHOLE
    assert run.end == BEGIN + timedelta(seconds=25_715)
    assert told(pump) == [(START, PRIMARY), (COMPLETE, PRIMARY), (ALARM, PRIMARY)]


@pytest.mark.parametrize("parts", [(1,), (3600,), (17, 4000, 9000)])
def test_1_passing_in_parts_is_passing_in_one(parts: tuple[int, ...]) -> None:
    pump = running()
    for seconds in parts:
        pump.passed(BEGIN + timedelta(seconds=seconds))
    assert pump.delivered == 525 * parts[-1]


def test_time_never_goes_back() -> None:
    pump = running()
    pump.passed(BEGIN + HOUR)
    with pytest.raises(ValueError, match="is before"):
        pump.passed(BEGIN)


def test_2_a_pump_that_keeps_the_vein_open_runs_on_slowly() -> None:
    pump = running(flow=10_000, volume=5000, keeps_open=True)
    pump.passed(BEGIN + HOUR)
    whole, slow = pump.truth()
    assert (whole.ended, whole.units) == ("complete", 50 * WHOLE)
    assert (slow.ended, slow.units) == ("running", WHOLE // 2)
    kinds = told(pump)
    assert kinds[1:] == [(COMPLETE, PRIMARY), (START, PRIMARY), (ALARM, PRIMARY)]
    assert pump.channels[PRIMARY].status == KEEPING_OPEN


def test_3_a_change_of_rate_is_a_stop_and_a_start_at_one_instant() -> None:
    pump = running(flow=500)
    pump.passed(BEGIN + HOUR)
    pump.change(Settings(DRUG, 1000, 5000))
    _, stop, start = [one for one in pump.drain() if one.kind in (START, STOP)]
    assert (stop.view.at, stop.kind, start.view.at, start.kind) == (BEGIN + HOUR, STOP, BEGIN + HOUR, START)
    assert stop.view.channel(PRIMARY).status == TRANSITIONING
    assert (stop.view.flow, stop.view.infusing, start.view.flow) == (500, True, 1000)
    assert (stop.view.channel(PRIMARY).segment, start.view.channel(PRIMARY).segment) == (5 * WHOLE, 0)
    assert start.view.channel(PRIMARY).remaining == 45 * WHOLE


def test_3_a_bolus_interrupts_and_the_primary_counts_it() -> None:
    pump = running(flow=500)
    pump.passed(BEGIN + HOUR)
    pump.bolus(Settings(DRUG, 30_000, 200))
    pump.passed(BEGIN + 2 * HOUR)
    assert told(pump) == [
        (START, PRIMARY), (STOP, PRIMARY), (START, CLINICIAN), (STOP, CLINICIAN), (START, PRIMARY),
    ]  # fmt: skip
    before, bolus, after = pump.truth()
    assert (before.end, bolus.end) == (bolus.start, after.start)
    assert bolus.units == 2 * WHOLE
    primary = pump.channels[PRIMARY]
    assert primary.total == before.units + bolus.units + after.units
    assert primary.remaining == 5000 * SECONDS - before.units - after.units


def test_3_a_second_bag_runs_first_and_then_the_primary_goes_on() -> None:
    pump = running(flow=5000, volume=50_000)
    pump.passed(BEGIN + HOUR)
    pump.piggyback(Settings(Fluid("Vancomycin", Decimal(5), "mg"), 10_000, 10_000))
    pump.passed(BEGIN + 3 * HOUR)
    assert told(pump)[1:] == [(STOP, PRIMARY), (START, SECONDARY), (COMPLETE, SECONDARY), (START, PRIMARY)]
    assert [run.units // WHOLE for run in pump.truth()] == [50, 100, 50]


def test_4_an_alarm_that_stops_is_told_before_it_and_after_it_the_rest_goes_on() -> None:
    pump = running(flow=500)
    pump.passed(BEGIN + HOUR)
    pump.alarm("occlusion", stops=True)
    pump.passed(BEGIN + HOUR + MINUTE)
    pump.silence("occlusion")
    pump.clear()
    pump.resume()
    phases = [one.alarm.phase for one in pump.drain() if one.alarm]
    assert phases == ["start", "update", "end"]
    assert [run.ended for run in pump.truth()] == ["stopped", "running"]
    assert pump.channels[PRIMARY].remaining == 45 * WHOLE


def test_4_a_failure_of_power_tells_nothing() -> None:
    pump = running()
    pump.passed(BEGIN + HOUR)
    pump.drain()
    pump.fail()
    assert pump.drain() == []
    assert [run.ended for run in pump.truth()] == ["failed"]


@pytest.mark.parametrize("therapy", [one for one in THERAPIES if one.rate_unit], ids=lambda one: one.fluid.name)
def test_the_dose_rate_is_flow_times_concentration_over_weight(therapy: Therapy) -> None:
    assert therapy.fluid.strength is not None
    weight = Decimal("70.0")
    for steps in range(therapy.least, therapy.most + 1):
        made = dosed(therapy, steps, 5000, weight, "")
        assert made.dose_rate is not None
        an_hour = Decimal(made.flow) / 100 * therapy.fluid.strength
        per = (60 if therapy.rate_unit.endswith("/min") else 1) * (weight if "/kg" in therapy.rate_unit else 1)
        off = abs(an_hour - made.dose_rate * per)
        assert off <= Decimal("0.005") * therapy.fluid.strength, "no more than the flow was rounded by"


def test_a_known_dose_rate_is_a_known_flow() -> None:
    # 0.1 ug/kg/min for 70 kg is 420 ug/h, of 80 ug/mL 5.25 mL/h (the fixture `continuous` says the same)
    assert flow_of(Decimal("0.100"), "ug/kg/min", DRUG, Decimal("70.0")) == 525


HALVES = [(0, "0.00"), (1799, "0.00"), (1800, "0.00"), (1801, "0.01"), (5400, "0.02"), (WHOLE, "1.00")]


@pytest.mark.parametrize(("units", "shown"), HALVES)
def test_volumes_are_shown_rounded_half_even(units: int, shown: str) -> None:
    assert millilitres(units) == shown


# --- messages ---------------------------------------------------------------------------------------------------------


def read(sent: Sent) -> Any:
    """A message as the adapter reads it."""
    (found,) = ADAPTER.read(sent.content)
    return found


@pytest.fixture(scope="module")
def traffic() -> list[Sent]:
    return list(ward(Order(24, 72, 3, BEGIN, 900))[1])


def test_every_message_is_read_and_says_that_it_is_simulated(traffic: list[Sent]) -> None:
    kinds = {"PCD-01": "snapshot", "PCD-10": "event", "PCD-04": "event"}
    seen = set()
    for one in traffic:
        found = read(one)
        assert found.is_simulated
        assert found.kind.value == kinds[one.transaction]
        assert found.channel.infusion.profile.value == one.transaction
        assert not found.channel.infusion.unread, one.content
        seen.add(one.transaction)
    assert seen == set(kinds)


def test_the_same_order_gives_the_same_bytes_and_another_seed_others() -> None:
    order = Order(4, 24, 5, BEGIN)
    one, other = list(ward(order)[1]), list(ward(order)[1])
    assert [(sent.name, sent.content) for sent in one] == [(sent.name, sent.content) for sent in other]
    assert one != list(ward(Order(4, 24, 6, BEGIN))[1])


def test_a_life_does_not_depend_on_how_many_there_are() -> None:
    alone = [sent.content for sent in ward(Order(2, 24, 5, BEGIN))[1] if sent.pump == 1]
    assert alone == [sent.content for sent in ward(Order(9, 24, 5, BEGIN))[1] if sent.pump == 1]


def test_messages_come_in_the_order_of_their_names_with_numbers_of_their_own(traffic: list[Sent]) -> None:
    names = [one.name for one in traffic]
    assert names == sorted(names)
    assert len({one.number for one in traffic}) == len(names)


def test_rows_stand_in_the_order_of_the_containment_and_once(traffic: list[Sent]) -> None:
    for one in traffic[::7]:
        (message,) = er7.read(one.content)
        places = [
            tuple(map(int, row.text(4).split("."))) for row in message.named("OBX") if row.text(4).count(".") == 3
        ]
        assert places == sorted(set(places))


def test_events_and_truth_say_the_same() -> None:
    """What START and STOP state of a segment is what the pump really delivered, to the displayed hundredth."""
    compared = 0
    for seed in range(12):
        life, sent = lived(seed)
        runs = {(run.source, run.end): run for run in life.pump.truth()}
        for one in sent:
            if one.transaction == "PCD-10":
                compared += _compared(read(one), runs)
    assert compared > 100


PLACES = {"1.1.2": PRIMARY, "1.1.3": SECONDARY, "1.1.4": CLINICIAN}


def _compared(found: Any, runs: dict[tuple[str, datetime], Run]) -> int:
    infusion = found.channel.infusion
    (event,) = infusion.events
    if event.kind.value not in ("delivery-stop", "delivery-complete"):
        return 0
    place = event.source.text.removesuffix(".0")
    source = next(one for one in infusion.sources if one.address.text == place)
    run = runs[PLACES[place], _utc(event.at.value)]
    assert source.volume_delivered_segment.value == Quantity(Decimal(millilitres(run.units)), "mL")
    assert source.rate.value == Quantity(Decimal(run.settings.flow).scaleb(-2), "mL/h")
    assert source.drug.value == run.settings.fluid.name
    assert run.patient is not None
    assert found.patient.identifier.value == run.patient.identifier
    return 1


def _utc(moment: Moment) -> datetime:
    assert moment.offset_minutes == 0
    return moment.local.replace(tzinfo=UTC)


def test_late_events_were_buffered_and_keep_the_time_at_which_they_happened(traffic: list[Sent]) -> None:
    late = [one for one in traffic if one.late]
    assert len(late) > 5
    for one in late:
        assert one.transaction != "PCD-01"
        assert _utc(read(one).session.start.value) < one.at


def test_some_late_events_come_after_newer_messages(traffic: list[Sent]) -> None:
    newest: dict[int, datetime] = defaultdict(lambda: BEGIN)
    out_of_order = 0
    for one in traffic:
        at = _utc(read(one).session.start.value)
        out_of_order += at < newest[one.pump]
        newest[one.pump] = max(newest[one.pump], at)
    assert out_of_order


def test_an_alarm_ends_under_the_number_of_its_start(traffic: list[Sent]) -> None:
    phases: dict[str, list[str]] = defaultdict(list)
    for one in traffic:
        if one.transaction == "PCD-04":
            (event,) = read(one).channel.infusion.events
            phases[event.parent.value].append(event.phase.value)
    ended = [tuple(said) for said in phases.values() if "end" in said]
    assert {("start", "end"), ("start", "update", "end")} == set(ended)


def test_a_ward_has_what_wards_have(traffic: list[Sent]) -> None:
    """Bolus, second bag, change of rate, completion, alarms, patients who change, pumps without events."""
    content = b"".join(one.content for one in traffic)
    for words in (
        b"pump-source-info-clinician", b"pump-source-info-secondary", b"pump-delivery-status-transitioning",
        b"pump-delivery-status-kvo", b"DELIV_COMP", b"FLUID_LINE_OCCL", b"FLUID_LINE_AIR", b"END_OF_INFUSION",
        b"pump-stopped-powered-off", b"MDC_EVT_PATIENT_CHANGE", b"Unknown Patient", b"SYRINGE", b"ug/kg/min",
    ):  # fmt: skip
        assert words in content, words
    patients: dict[int, set[str]] = defaultdict(set)
    for one in traffic:
        patients[one.pump].add(one.content.split(b"\r")[1].split(b"|")[3].decode())
    assert max(map(len, patients.values())) > 2
    assert {one.pump for one in traffic} - {one.pump for one in traffic if one.transaction == "PCD-10"}


def test_pumps_of_one_bed_are_at_one_patient(traffic: list[Sent]) -> None:
    stated = defaultdict(set)
    for one in traffic:
        stated[one.pump].add(one.content.split(b"\r")[1])
    assert stated[0] & stated[1]
    assert not {pid for pid in stated[0] & stated[3] if b"Unknown" not in pid}


def test_the_truth_says_what_every_pump_delivered() -> None:
    lives, sent = ward(Order(3, 48, 2, BEGIN))
    for _ in sent:
        pass
    document = as_document(lives)
    assert [one["serial"] for one in document["pumps"]] == [life.serial for life in lives]
    runs = [run for one in document["pumps"] for run in one["delivered"]]
    assert len(runs) == sum(len(life.pump.truth()) for life in lives) > 10
    assert all(Decimal(run["volume_ml"]) >= 0 and run["start"] < run["end"] for run in runs)
