"""Fillings: whether what has left the reservoir is what was programmed, and volumes that cannot be."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bridge.course.facts import FillFact, Segment
from bridge.course.remarks import Finding
from bridge.findings.noticed import noticed
from bridge.findings.reservoir import volumes
from bridge.interrogation import Reading
from bridge.quantity import Quantity
from tests.course.building import continuous, course, drugs, every, export, folded, found, left, q

AS_OF = datetime(2025, 3, 12, 12, tzinfo=UTC)
Body = dict[str, Any]


def pump(capacity: str | None = "40.0", model: str = "IP-40", maker: str = "Invented Pumps") -> Body:
    stated = {"capacity": q(capacity, "mL")} if capacity else {}
    return {"manufacturer": maker, "model": model, "serial": "TX000001", **stated}


def refill(day: str, filled: str = "40.0", **volumes: str) -> Body:
    row = {"filled_at": f"{day}T09:10+00:00", "filled": q(filled, "mL"), "drugs": drugs()}
    return {**row, **{name: q(value, "mL") for name, value in volumes.items()}}


def session(day: str, *refills: Body, of: Body | None = None, first: bool = False, **more: Any) -> Body:
    """A session whose update completed, on 1000 mcg/day at 2000 mcg/mL: 0.5 mL/d."""
    programme = continuous("1000.00", "0.500")
    volume = {"volume": more.pop("volume")} if "volume" in more else {}
    states = [] if first else [found(programme)]
    states.append(left(f"{day}T09:20+00:00", programme, drugs=drugs(), **volume))
    return export(
        f"{day}T09:00+00:00", *states, end=f"{day}T09:30+00:00", update="completed", refills=list(refills),
        pump=of or pump(), **more,
    )  # fmt: skip


FIRST = session("2025-01-06", refill("2025-01-06"), first=True)


def second(expected: str, aspirated: str, *, of: Body | None = None, day: str = "2025-03-07") -> Body:
    return session(day, refill(day, expected=expected, aspirated=aspirated), of=of)


def codes(*bodies: Body, as_of: datetime = AS_OF) -> list[str]:
    return [finding.code for finding in every(course(*bodies, as_of=as_of), Finding)]


# --- the delivered ratio (rules, arithmetic 3; scenarios 4, 5 and 6) -------------------------------------------------


@pytest.mark.parametrize(
    ("aspirated", "verdict"),
    [
        ("5.0", "over-infusion"),  # scenario 5: 35/30 = 1.167
        ("5.65", None),  # exactly 1.145
        ("5.64", "over-infusion"),
        ("10.0", None),
        ("14.35", None),  # exactly 0.855
        ("14.36", "under-delivery"),
    ],
)
def test_the_bounds_themselves_are_inside(aspirated: str, verdict: str | None) -> None:
    life = course(FIRST, second("10.0", aspirated), as_of=AS_OF)
    assert every(life, FillFact)[1].doubt == verdict
    assert [f.code for f in every(life, Finding)] == ([verdict] if verdict else [])
    first, *_ = every(life, Segment)
    assert first.reason == ("delivery-doubtful" if verdict else "refill")


@pytest.mark.parametrize(
    ("expected", "aspirated", "raised"),
    [("10.0", "38.0", True), ("10.0", "37.99", False), ("10.0", "40.0", True), ("37.0", "39.0", False)],
)
def test_not_delivering_where_no_more_is_gone_than_refills_may_be_off_by(
    expected: str, aspirated: str, raised: bool
) -> None:
    """2.0 mL of 40 mL exactly is no more; without under-delivery (2.0 mL apart is at the floor) there is none."""
    life = course(FIRST, second(expected, aspirated), as_of=AS_OF)
    found_ = [one for one in every(life, Finding) if one.code == "not-delivering"]
    assert [(one.audience, one.until) for one in found_] == ([("ward", None)] if raised else [])
    if raised:
        assert f"Of 40.0 mL filled in on 6 Jan 2025 09:10 {aspirated} mL was drawn off on" in found_[0].text
        assert f"{expected} mL was expected. By these volumes hardly anything has left" in found_[0].text


def test_not_delivering_is_for_the_ward_until_the_next_session() -> None:
    look = session("2025-03-10")
    life = course(FIRST, second("10.0", "39.0"), look, as_of=AS_OF)
    (one,) = [one for one in every(life, Finding) if one.code == "not-delivering"]
    assert one.until is not None
    assert "under-delivery" in codes(FIRST, second("10.0", "39.0"), look)


def test_a_rounded_ratio_is_no_input_of_the_verdict() -> None:
    """34.3501 over 30 is 1.145003…, printed 1.145, and above the bound."""
    fill = every(course(FIRST, second("10.0", "5.6499"), as_of=AS_OF), FillFact)[1]
    assert (fill.ratio.quantity.value, fill.doubt) == (Decimal("1.145"), "over-infusion")


@pytest.mark.parametrize(
    ("capacity", "aspirated", "verdict"),
    [
        ("40.0", "36.0", None),  # 2.0 mL of 4.0 mL: at the floor of 40 mL
        ("40.0", "35.99", None),
        ("40.0", "37.99", None),
        ("40.0", "38.01", "under-delivery"),  # 2.01 mL
        ("20.0", "37.00", None),  # 1.00 mL: at the floor of 20 mL
        ("20.0", "37.01", "under-delivery"),
        ("35.0", "39.0", None),
        (None, "39.0", None),
    ],
)
def test_the_floor_goes_by_the_capacity(capacity: str | None, aspirated: str, verdict: str | None) -> None:
    of = pump(capacity)
    first = session("2025-01-06", refill("2025-01-06"), first=True, of=of)
    life = course(first, second("36.0", aspirated, of=of), as_of=AS_OF)
    assert every(life, FillFact)[1].doubt == verdict


def test_the_capacity_of_a_listed_model_is_known() -> None:
    of = pump(None, "8637-40", "Medtronic")
    first = session("2025-01-06", refill("2025-01-06"), first=True, of=of)
    assert every(course(first, second("10.0", "5.0", of=of), as_of=AS_OF), FillFact)[1].doubt == "over-infusion"


def test_without_derived_values_the_finding_tells_no_ratio() -> None:
    done = folded(FIRST, second("10.0", "5.0"), as_of=AS_OF).course
    (told,) = every(noticed(done), Finding)
    assert "1.167" in told.text
    assert "Calculated by pumpbridge, not the pump" in told.text
    (plain,) = every(noticed(done, calculated=False), Finding)
    assert "1.167" not in plain.text
    assert "10.0 mL expected, 5.0 mL drawn off" in plain.text


def test_nothing_is_judged_where_the_expected_residual_is_not_stated() -> None:
    bare = session("2025-03-07", refill("2025-03-07", aspirated="5.0"))
    assert every(course(FIRST, bare, as_of=AS_OF), FillFact)[1].doubt is None


def test_an_older_filling_told_of_later_is_not_the_last_one() -> None:
    told = session("2025-03-10", refill("2025-02-01", filled="39.0"))
    fills = every(course(FIRST, second("10.0", "10.0"), told, as_of=AS_OF), FillFact)
    third = second("38.5", "20.0", day="2025-03-11")
    judged = every(course(FIRST, second("10.0", "10.0"), told, third, as_of=AS_OF), FillFact)[-1]
    assert fills[2].previous is None
    assert judged.previous == fills[1].discriminator


# --- two in a row (rules, published cases P2) ------------------------------------------------------------------------


def test_two_large_residuals_in_a_row_are_found_and_one_is_not() -> None:
    third = second("38.0", "40.0", day="2025-03-11")
    good = second("38.0", "37.9", day="2025-03-11")
    assert "residual-large-again" not in codes(FIRST, second("10.0", "39.0"), good)
    assert (
        codes(FIRST, second("10.0", "39.0"), second("35.0", "39.0", day="2025-03-11")).count("residual-large-again")
        == 1
    )
    assert every(course(FIRST, second("10.0", "39.0"), third, as_of=AS_OF), FillFact)[2].doubt is None


# --- volumes that cannot be ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("expected", "aspirated", "wrong"), [("40.0", "40.0", False), ("39.0", "40.1", True)])
def test_a_residual_above_what_was_filled_in_cannot_be(expected: str, aspirated: str, wrong: bool) -> None:
    assert ("residual-impossible" in codes(FIRST, second(expected, aspirated))) is wrong


def test_a_negative_residual_cannot_be() -> None:
    done = folded(FIRST, second("10.0", "10.0"), as_of=AS_OF).course
    assert "residual-impossible" not in [f.code for f in every(noticed(done), Finding)]
    fill = every(done, FillFact)[1]
    (told,) = volumes(dataclasses.replace(fill, aspirated=Reading(Quantity(Decimal("-0.5"), "mL"), "-0.5 mL", "")))
    assert (told.code, "negative" in told.text) == ("residual-impossible", True)


@pytest.mark.parametrize(("filled", "wrong"), [("40.0", False), ("40.1", True)])
def test_no_reservoir_holds_more_than_its_capacity(filled: str, wrong: bool) -> None:
    body = session("2025-01-06", refill("2025-01-06", filled=filled), first=True)
    assert ("fill-above-capacity" in codes(body, as_of=datetime(2025, 1, 7, tzinfo=UTC))) is wrong


@pytest.mark.parametrize(("alarm", "wrong"), [("10.0", False), ("10.1", True)])
def test_an_alarm_volume_above_the_filling_is_found(alarm: str, wrong: bool) -> None:
    reservoir = {"alarm_volume": q(alarm, "mL")}
    body = session("2025-01-06", refill("2025-01-06", filled="10.0"), first=True, reservoir=reservoir)
    assert ("alarm-above-fill" in codes(body, as_of=datetime(2025, 1, 7, tzinfo=UTC))) is wrong


# --- less in the reservoir than was filled in (rules, published cases P6) --------------------------------------------


@pytest.mark.parametrize(
    ("capacity", "how", "after", "wrong"),
    [
        ("40.0", "sensed", "38.0", False),
        ("40.0", "sensed", "37.9", True),
        ("20.0", "aspirated", "39.0", False),
        ("20.0", "aspirated", "38.9", True),
        ("40.0", "calculated", "30.0", False),
        (None, "sensed", "30.0", False),
    ],
)
def test_less_measured_after_than_filled_in(capacity: str | None, how: str, after: str, wrong: bool) -> None:
    body = session(
        "2025-01-06", refill("2025-01-06"), first=True, of=pump(capacity), volume=q(after, "mL", how)
    )  # fmt: skip
    told = [f for f in every(course(body, as_of=datetime(2025, 1, 7, tzinfo=UTC)), Finding) if f.code == "pocket-fill"]
    assert bool(told) is wrong
    assert all((one.audience, one.until) == ("ward", None) for one in told)


def test_a_pocket_fill_stands_until_the_next_session() -> None:
    body = session("2025-01-06", refill("2025-01-06"), first=True, volume=q("30.0", "mL", "sensed"))
    look = export("2025-01-08T09:00+00:00", found(continuous("1000.00", "0.500")), update="none", pump=pump())
    (told,) = [
        one
        for one in every(course(body, look, as_of=datetime(2025, 1, 9, tzinfo=UTC)), Finding)
        if one.code == "pocket-fill"
    ]
    assert told.until.fhir == "2025-01-08T09:00:00+00:00"


# --- refill-by dates -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("now", "wrong"), [("2025-03-20", True), ("2025-05-20", False)])
def test_a_refill_by_date_that_a_filling_left_as_it_was(now: str, wrong: bool) -> None:
    first = session("2025-01-06", refill("2025-01-06"), first=True, reservoir={"refill_by": "2025-03-20"})
    then = session("2025-03-07", refill("2025-03-07", expected="10.0", aspirated="10.0"), reservoir={"refill_by": now})
    assert ("refill-date-unchanged" in codes(first, then)) is wrong


def test_a_refill_by_date_stated_again_without_a_filling_is_no_finding() -> None:
    dates: Body = {"reservoir": {"refill_by": "2025-03-20"}}
    first = session("2025-01-06", refill("2025-01-06"), first=True, **dates)
    look = export("2025-02-01T09:00+00:00", found(continuous("1000.00", "0.500")), update="none", pump=pump(), **dates)
    assert codes(first, look, as_of=datetime(2025, 2, 2, tzinfo=UTC)) == []


@pytest.mark.parametrize(("day", "wrong"), [("2025-03-01", False), ("2025-03-02", True)])
def test_a_refill_by_date_that_passed_without_a_filling(day: str, wrong: bool) -> None:
    first = session("2025-01-06", refill("2025-01-06"), first=True, reservoir={"refill_by": "2025-03-01"})
    look = export(f"{day}T09:00+00:00", found(continuous("1000.00", "0.500")), update="none", pump=pump())
    again = export("2025-03-10T09:00+00:00", found(continuous("1000.00", "0.500")), update="none", pump=pump())
    day_of_look = datetime.fromisoformat(f"{day}T12:00+00:00")
    assert codes(first, look, as_of=day_of_look).count("refill-missed") == int(wrong)
    assert codes(first, look, again).count("refill-missed") == 1


def test_a_refill_by_date_passes_by_time_alone() -> None:
    """What was soon due ends with its day, and from then on stands as missed until a filling is told of."""
    first = session("2025-01-06", refill("2025-01-06"), first=True, reservoir={"refill_by": "2025-03-01"})
    filled = session("2025-03-10", refill("2025-03-10", expected="8.5", aspirated="8.5"))
    midnight = datetime(2025, 3, 2, tzinfo=UTC)
    before, after, over = (
        {f.code: f for f in every(course(*bodies, as_of=as_of), Finding) if f.code.startswith("refill-")}
        for bodies, as_of in (
            ((first,), midnight - timedelta(minutes=1)), ((first,), midnight),
            ((first, filled), datetime(2025, 3, 11, tzinfo=UTC)),
        )
    )  # fmt: skip
    assert (sorted(before), before["refill-soon-due"].until) == (["refill-soon-due"], None)
    assert course(first, as_of=midnight - timedelta(minutes=1)).next_change == midnight
    assert [(name, one.until and one.until.utc) for name, one in sorted(after.items())] == [
        ("refill-missed", None), ("refill-soon-due", midnight),
    ]  # fmt: skip
    assert over["refill-missed"].until is not None
    assert over["refill-missed"].until.printed.startswith("2025-03-10")
    assert over["refill-soon-due"].until == after["refill-soon-due"].until


def test_a_filling_told_of_by_the_next_session_is_not_missed() -> None:
    first = session("2025-01-06", refill("2025-01-06"), first=True, reservoir={"refill_by": "2025-03-01"})
    told = session("2025-03-07", refill("2025-02-28", expected="13.5", aspirated="13.5"))
    assert "refill-missed" not in codes(first, told)
