"""The arithmetic of the simulated pump, by its numbered invariants (bridge/simulator/pump.py)."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.simulator.boluses import PatientControl
from bridge.simulator.faults import Fault
from bridge.simulator.life import Life, Visit
from bridge.simulator.line import Line
from bridge.simulator.programmer import Orders
from bridge.simulator.pump_clock import LOST, PumpClock
from bridge.simulator.regimen import (
    SECOND,
    Drug,
    Mixture,
    Periodic,
    Regimen,
    Step,
    continuous,
    flex,
    minimum,
    periodic,
    stopped,
)
from bridge.simulator.truth import BACKGROUND, BOLUS, BRIDGE, PRIMING, Truth
from tests.simulator.folding import DAY, HOUR, MINUTE, START, filled, implanted

FLEX = flex((Step(0, 360, Decimal(60)), Step(360, 1440, Decimal(300))), Decimal(2000))
PULSE = periodic(Periodic(Decimal(100), 360, 20), Decimal(2000))
NEARLY = Decimal("1e-20")  # what the last digits of 50 leave
A_SECOND = Decimal("0.00001")  # mL that leave in the second in which the reservoir is empty


def dispensed(truth: Truth) -> Decimal:
    return truth.volume(START, START + 10_000 * DAY, (BACKGROUND, BOLUS, BRIDGE, PRIMING))


def lived(*orders: tuple[int, Orders], faults: tuple[Fault, ...] = (), regimen: Regimen | None = None) -> Life:
    life = Life(implanted(regimen=regimen), faults)
    list(life.lived(tuple(Visit(START + days * DAY, order) for days, order in orders)))
    return life


# --- regimens ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("regimen", [continuous(Decimal(360), Decimal(2000)), FLEX, PULSE])
@given(begin=st.integers(0, 90_000), part=st.integers(1, 400_000), rest=st.integers(1, 400_000))
@settings(max_examples=40, deadline=None)
def test_what_leaves_in_two_parts_leaves_in_one(regimen: Regimen, begin: int, part: int, rest: int) -> None:
    wall = datetime(2024, 1, 8) + begin * SECOND
    halves = regimen.volume(wall, part) + regimen.volume(wall + part * SECOND, rest)
    assert abs(halves - regimen.volume(wall, part + rest)) < Decimal("1e-20")


@pytest.mark.parametrize("regimen", [continuous(Decimal(360), Decimal(2000)), FLEX, PULSE])
@given(begin=st.integers(0, 90_000), microlitres=st.integers(1, 20_000))
@settings(max_examples=40, deadline=None)
def test_the_time_to_a_volume_is_within_a_second_the_first_at_which_it_has_left(
    regimen: Regimen, begin: int, microlitres: int
) -> None:
    wall, volume = datetime(2024, 1, 8) + begin * SECOND, Decimal(microlitres).scaleb(-3)
    seconds = regimen.seconds_to(volume, wall)
    assert seconds is not None
    assert regimen.volume(wall, seconds) >= volume - Decimal("1e-20")
    assert regimen.volume(wall, max(0, seconds - 2)) < volume


def test_the_daily_doses_of_all_modes_are_the_programmed_ones() -> None:
    for regimen, daily in ((FLEX, 360), (PULSE, 400), (minimum(Decimal(500)), 3), (stopped(Decimal(500)), 0)):
        assert regimen.volume(datetime(2024, 3, 1), 86_400) * regimen.concentration == daily
    assert stopped(Decimal(500)).seconds_to(Decimal(1), datetime(2024, 3, 1)) is None


# --- reservoir and line -----------------------------------------------------------------------------------------------


def test_invariant_1_what_was_filled_less_what_left_is_there() -> None:
    life = lived((10, Orders("adjust", regimen=FLEX, bolus=(Decimal(50), 10))), (40, Orders()))
    primed = life.pump.line.volume
    left = 20 - primed - dispensed(life.pump.truth)
    assert abs(life.pump.reservoir.volume - left) < NEARLY
    assert life.pump.reservoir.volume == life.pump.reservoir.reckoned


def test_invariant_1_it_is_never_below_zero() -> None:
    life = lived((400, Orders()))
    assert life.pump.reservoir.volume == 0
    assert life.pump.log.alarms == ["low-reservoir", "empty-reservoir"]
    assert abs(dispensed(life.pump.truth) - (20 - life.pump.line.volume)) < A_SECOND
    (still,) = life.pump.truth.stills
    assert (still.reason, still.end) == ("empty", START + 400 * DAY + 4 * MINUTE + 2 * MINUTE)


def test_invariant_2_the_pump_does_not_know_how_much_really_leaves() -> None:
    fast = Fault(START + DAY, "flow", START + 31 * DAY, factor=Decimal("1.5"))
    life = lived((60, Orders()), faults=(fast,))
    extra = life.pump.reservoir.reckoned - life.pump.reservoir.volume
    assert abs(extra - Decimal("0.2") * 30 / 2) < NEARLY


def test_invariant_2_nor_of_a_stall_that_it_has_not_noticed() -> None:
    stall = Fault(START + 10 * DAY, "stall", START + 11 * DAY, lag=6 * HOUR)
    life = lived((60, Orders()), faults=(stall,))
    assert abs(life.pump.reservoir.volume - life.pump.reservoir.reckoned - Decimal("0.05")) < NEARLY
    row = next(row for row in life.pump.log.rows if row.code == "motor-stall")
    assert row.shown == datetime(2024, 1, 18, 9, 0)


def test_invariant_3_time_never_goes_back() -> None:
    life = lived((10, Orders()))
    with pytest.raises(ValueError, match="is before"):
        life.pump.passed(START)


def test_invariant_4_truth_tells_of_every_second() -> None:
    stall = Fault(START + 10 * DAY, "stall", START + 11 * DAY)
    life = lived((5, Orders("adjust", run=False)), (7, Orders("adjust", run=True)), (200, Orders()), faults=(stall,))
    spans = [(one.start, one.end) for one in life.pump.truth.stretches if one.kind in (BACKGROUND, BRIDGE)]
    spans = sorted(spans + [(one.start, one.end) for one in life.pump.truth.stills])
    assert spans[0][0] == START + 22 * MINUTE
    assert spans[-1][1] == life.pump.now
    assert all(one[1] == other[0] for one, other in itertools.pairwise(spans))


def test_the_line_gives_first_what_entered_first() -> None:
    line, old, new = Line(Decimal("0.3")), filled(500), filled(2000)
    assert line.push(old, Decimal("0.3")) == [(None, Decimal("0.3"))]
    assert line.push(new, Decimal("0.1")) == [(old, Decimal("0.1"))]
    assert line.to_change == Decimal("0.2")
    assert line.push(new, Decimal("0.4")) == [(old, Decimal("0.2")), (new, Decimal("0.2"))]
    assert line.holds_only(Mixture((Drug("baclofen", Decimal(2000)),), "another lot"))


# --- boluses, clock, service ------------------------------------------------------------------------------------------


def test_a_patient_gets_what_lockout_and_limit_allow() -> None:
    control = PatientControl(Decimal(20), 10, 6 * HOUR, 2)
    asked = tuple(Fault(START + DAY + hours * HOUR, "request") for hours in (0, 2, 6, 13, 24, 25))
    life = Life(implanted(control=control), asked)
    life.begin()
    life.pump.passed(START + 3 * DAY)
    given = [(one.start - START - DAY) // HOUR for one in life.pump.memory if one.kind == "patient"]
    assert given == [0, 6, 24]
    assert control.denied == 3
    assert [row.code for row in life.pump.log.rows] == ["bolus-denied"] * 3
    assert life.pump.truth.dose("baclofen", START, START + 3 * DAY, (BOLUS,)) == 60


def test_the_clock_drifts_is_lost_and_is_set() -> None:
    clock = PumpClock(START, datetime(2024, 1, 8, 9), timedelta(seconds=30))
    assert clock.shows(START + 60 * DAY) == datetime(2024, 3, 8, 9, 1)
    clock.lose(START + 60 * DAY)
    assert clock.shows(START + 61 * DAY) == LOST + DAY + SECOND
    clock.set(START + 61 * DAY, datetime(2024, 3, 9, 9))
    assert clock.offset(START + 61 * DAY) == timedelta()


def test_a_reset_runs_the_minimum_rate_and_loses_the_clock() -> None:
    life = lived((20, Orders()), faults=(Fault(START + 10 * DAY, "low-battery-reset"),))
    assert life.pump.regimen is not None
    assert life.pump.regimen.mode == "minimum-rate"
    assert life.pump.clock.shows(life.pump.now).year == LOST.year
    assert life.pump.log.alarms == ["low-battery-reset"]


def test_service_ends_after_its_indicator() -> None:
    life = Life(implanted(eri=START + 20 * DAY, end_of_service=START + 40 * DAY))
    life.begin()
    life.pump.passed(START + 50 * DAY)
    assert life.pump.log.alarms == ["eri-reached", "end-of-service"]
    assert [(one.reason, one.start) for one in life.pump.truth.stills] == [("end-of-service", START + 40 * DAY)]
