"""What the course says against what the pump really did: the bridge's own laws, held against a pump that knows.

A segment that is `recorded` must have delivered what its programme says, to the printed minute and digit, and nothing
may have stood still in it. What no export could know is excused, and named: how much really leaves (factor) where no
filling has measured it. What the log tells is charted by the pump's clock, so that its error is left open too.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.course.facts import Gap, Segment
from bridge.course.pages import Course
from bridge.course.programmes import daily_dose, delivered, step_dose, step_minutes
from bridge.interrogation import stated
from bridge.quantity import rounded
from bridge.simulator.faults import Fault
from bridge.simulator.hospital import lived
from bridge.simulator.kinds import KINDS
from bridge.simulator.life import Life, Visit
from bridge.simulator.programmer import Orders
from bridge.simulator.pump import ONE
from bridge.simulator.regimen import ZERO, Step, continuous, flex
from bridge.simulator.truth import Truth
from tests.course.building import every
from tests.simulator.folding import DAY, HOUR, MINUTE, START, course, filled, implanted

INTERROGATION = Orders()
A_MINUTE, A_DAY = timedelta(minutes=1), timedelta(days=1)
BEFORE_THE_BRIDGE = Decimal("0.05")
"""Of a bridge's dose: between the filling and the bridge the old programme has moved the line for some minutes."""


def confirmed(found: Course) -> list[tuple[datetime, datetime, Segment]]:
    """What the course says for certain: the recorded segments that are not unknown, as far as they are confirmed."""
    rows = [one for one in every(found, Segment) if one.certainty == "recorded" and one.status != "unknown"]
    return [(one.start.utc, (one.end or one.last_confirmed).utc, one) for one in rows]


def charted_dose(segment: Segment, start: datetime, end: datetime) -> Decimal | None:
    """What the chart says that a segment dispensed; None where it says no dose."""
    if segment.bridge:
        return segment.bridge_dose.quantity.value if segment.bridge_dose else None
    found = delivered(segment.settings, segment.start, segment.end or segment.last_confirmed)
    return found[0] if found else None


def tolerance(segment: Segment, truth: Truth, start: datetime, end: datetime) -> Decimal:
    """What printing leaves open: a minute at either end at the highest rate, the pump's clock, and a digit."""
    daily = daily_dose(segment.settings)
    assert daily is not None, "a programme that ran states a daily dose"
    rates = [daily.value / 1440]
    for step in segment.settings.steps:
        minutes = step_minutes(stated(step.start) or 0, stated(step.end) or 0)
        rates.append((step_dose(step) or Decimal(0)) / minutes)
    minutes = slack(truth, start, end) // A_MINUTE + 1
    lost = any(abs(one.offset) > A_DAY for one in truth.stretches if one.start < end and one.end > start)
    moved = (charted_dose(segment, start, end) or Decimal(0)) * BEFORE_THE_BRIDGE if segment.bridge else Decimal(0)
    return max(rates) * (minutes + (1440 if lost else 0)) + moved + Decimal("0.2")


def slack(truth: Truth, start: datetime, end: datetime) -> timedelta:
    """What times leave open in an interval: the printed minutes, and by how much the pump's clock was wrong about then.

    Steps run by that clock; where it was lost, a whole day of them is at other times.
    """
    near = [abs(one.offset) for one in truth.stretches if one.start < end + A_DAY and one.end > start - A_DAY]
    return 2 * A_MINUTE + 2 * max((wrong for wrong in near if wrong <= A_DAY), default=A_MINUTE)


def unexcused(life: Life, found: Course) -> list[str]:
    """Where the course is certain of what was not so."""
    truth, drug = life.pump.truth, life.implant.mixture.primary.name
    wrong: list[str] = []
    for start, end, segment in confirmed(found):
        if any(one.factor != ONE for one in truth.stretches if one.start < end and one.end > start):
            continue  # how much really leaves is measured at a filling, or never
        still = truth.stood_still(start, end)
        dose, really = charted_dose(segment, start, end), truth.dose(drug, start, end)
        if still > slack(truth, start, end):
            wrong.append(f"{segment.discriminator}: stood still for {still} between {start} and {end}")
        elif dose is not None and abs(dose - really) > tolerance(segment, truth, start, end):
            wrong.append(f"{segment.discriminator}: {dose} charted, {really} dispensed between {start} and {end}")
    return wrong


def told(life: Life, visits: Sequence[Visit], until: datetime | None = None, format: str = "session_json") -> Course:
    documents = list(life.lived(tuple(visits), until))
    return course(documents, life.pump.now, format)


# --- whole lives ------------------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(min_value=0, max_value=10**6), kind=st.sampled_from([k for k in KINDS if KINDS[k].telemetry]))
def test_what_is_charted_as_recorded_was_dispensed(seed: int, kind: str) -> None:
    life, documents = lived(seed, 0, 4, (kind,))
    said = [document for document, _ in documents]
    assert unexcused(life, course(said, life.pump.now, KINDS[kind].formats[0])) == []


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(min_value=0, max_value=10**6))
def test_it_was_dispensed_where_reports_are_lost_too(seed: int) -> None:
    life, documents = lived(seed, 0, 4, ("synchromed-20", "synchromed-40"))
    said = [document for number, (document, _) in enumerate(documents) if number % 3 != 1]
    assert unexcused(life, course(said, life.pump.now)) == []


# --- single faults ----------------------------------------------------------------------------------------------------


def test_a_quiet_life_is_charted_to_the_digit() -> None:
    life = Life(implanted())
    found = told(life, [Visit(START + 30 * DAY, INTERROGATION), Visit(START + 60 * DAY, INTERROGATION)])
    ((start, end, segment),) = confirmed(found)
    assert end - start == 60 * DAY - 22 * MINUTE
    dose = charted_dose(segment, start, end)
    assert dose is not None
    assert rounded(dose, 20) == rounded(life.pump.truth.dose("baclofen", start, end), 20)


@pytest.mark.parametrize("format", ["session_json", "synchromed_report"])
def test_a_stall_is_a_gap_of_its_own_length(format: str) -> None:
    stall = Fault(START + 5 * DAY, "stall", START + 6 * DAY + 30 * MINUTE)
    life = Life(implanted(), (stall,))
    found = told(life, [Visit(START + 10 * DAY, INTERROGATION)], format=format)
    (gap,) = every(found, Gap)
    assert (gap.start.utc, gap.end.utc) == (stall.at, stall.until)
    assert unexcused(life, found) == []
    assert len(confirmed(found)) == 2


def test_a_stall_that_the_log_tells_of_late_takes_back_what_was_charted() -> None:
    stall = Fault(START + 5 * DAY, "stall", START + 6 * DAY, lag=20 * HOUR, recovery_lag=30 * HOUR)
    life = Life(implanted(), (stall,))
    visits = [
        Visit(stall.at + HOUR, INTERROGATION), Visit(stall.at + 22 * HOUR, INTERROGATION),
        Visit(START + 10 * DAY, INTERROGATION), Visit(START + 40 * DAY, INTERROGATION),
    ]  # fmt: skip
    found = told(life, visits)
    assert unexcused(life, found) == []
    assert confirmed(found), "what ran is charted all the same"


def test_a_pump_that_still_stands_is_not_charted_as_running() -> None:
    life = Life(implanted(), (Fault(START + 5 * DAY, "stall"),))
    found = told(life, [Visit(START + 10 * DAY, INTERROGATION)], START + 12 * DAY)
    assert max(end for _, end, _ in confirmed(found)) == START + 5 * DAY
    assert unexcused(life, found) == []


@pytest.mark.parametrize("left", ["stopped", "old", "new"])
def test_after_a_session_that_broke_off_nothing_is_certain_until_the_next(left: str) -> None:
    life = Life(implanted())
    new = continuous(Decimal(500), Decimal(2000))
    broken = Visit(START + 10 * DAY, Orders("adjust", regimen=new, dropped=left))
    found = told(
        life, [broken, Visit(START + 12 * DAY, Orders("adjust", regimen=new)), Visit(START + 30 * DAY, INTERROGATION)]
    )
    assert not [one for one in confirmed(found) if one[0] < START + 11 * DAY and one[1] > START + 10 * DAY + HOUR]
    assert unexcused(life, found) == []


def test_a_battery_reset_changes_the_programme_unseen() -> None:
    reset = Fault(START + 10 * DAY, "low-battery-reset")
    life = Life(implanted(), (reset,))
    again = Orders("adjust", regimen=continuous(Decimal(400), Decimal(2000)))
    visits = [
        Visit(START + days * DAY, orders) for days, orders in ((20, INTERROGATION), (21, again), (40, INTERROGATION))
    ]
    found = told(life, visits)
    assert unexcused(life, found) == []
    assert not [one for one in confirmed(found) if one[0] < reset.at < one[1]]


def test_a_stall_while_the_clock_was_lost_is_not_charted_as_running() -> None:
    lost = Fault(START + 3 * DAY, "clock-lost")
    stall = Fault(START + 5 * DAY, "stall", START + 6 * DAY)
    life = Life(implanted(), (lost, stall))
    found = told(life, [Visit(START + 10 * DAY, INTERROGATION), Visit(START + 40 * DAY, INTERROGATION)])
    assert unexcused(life, found) == []


def test_a_stall_before_an_unseen_change_does_not_date_the_new_programme() -> None:
    life = Life(implanted(), (Fault(START + 5 * DAY, "stall", START + 6 * DAY),))
    unseen = Orders("adjust", regimen=continuous(Decimal(500), Decimal(2000)))
    found = told(life, [Visit(START + 20 * DAY, unseen, exported=False), Visit(START + 40 * DAY, INTERROGATION)])
    assert unexcused(life, found) == []


def test_an_over_infusion_beyond_the_label_is_doubted_once_it_is_measured() -> None:
    life = Life(implanted("synchromed-40"), (Fault(START + DAY, "flow", factor=Decimal("1.3")),))
    refill = Visit(START + 120 * DAY, Orders("refill", filled()))
    found = told(life, [Visit(START + 60 * DAY, INTERROGATION), refill])
    assert not [one for one in confirmed(found) if one[1] <= refill.at]


@pytest.mark.parametrize("new", [500, 1000])
@pytest.mark.parametrize("bridge", [True, False])
def test_a_change_of_concentration_gives_what_the_line_held(new: int, bridge: bool) -> None:
    life = Life(implanted())
    orders = Orders("refill", filled(new), continuous(Decimal(400), Decimal(new)), bridge=bridge)
    found = told(life, [Visit(START + 50 * DAY, orders), Visit(START + 60 * DAY, INTERROGATION)])
    assert unexcused(life, found) == []
    bridges = [one for one in every(found, Segment) if one.bridge]
    clearing = [one for one in every(found, Segment) if one.line == "clearing"]
    assert (len(bridges) > 0, len(clearing) > 0) == (bridge, not bridge) or bridge


def test_a_reservoir_that_ran_dry_is_charted_as_dispensing_until_then() -> None:
    life = Life(implanted())
    found = told(life, [Visit(START + 40 * DAY, INTERROGATION), Visit(START + 130 * DAY, INTERROGATION)])
    assert unexcused(life, found) == []
    assert life.pump.truth.stills[0].reason == "empty"


def test_flex_steps_follow_the_clock_of_the_pump() -> None:
    steps = (Step(0, 360, Decimal(60)), Step(360, 1440, Decimal(300)))
    life = Life(implanted(regimen=flex(steps, Decimal(2000)), drift=20 * MINUTE))
    found = told(life, [Visit(START + 10 * DAY + 5 * HOUR, INTERROGATION)])
    assert unexcused(life, found) == []
    assert life.pump.truth.stretches[0].offset < 10 * MINUTE
    assert life.pump.truth.dose("baclofen", START, START + 10 * DAY) > ZERO
