"""What is drawn of a course: nothing that it does not hold, and nothing joined up."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from bridge.course.facts import OPEN, PresenceFact
from bridge.plot.axis import TimeAxis, value_axis
from bridge.plot.timeline import HORIZON, Span, Timeline, timeline
from tests.chart.given import PUMP, S1, S2, S3, STALL, STALL_OVER, amount, at, course, event, summary
from tests.plot.cases import FIRST, FORECAST, NOON, SECOND, session, stalled, unknown


def drawn(*facts: object, as_of: datetime = NOON) -> Timeline:
    """What is drawn of a course with these facts after a first session."""
    found = timeline(course(("1", (session(S1),)), (OPEN, facts)), as_of)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_nothing_has_happened_yet() -> None:
    assert timeline(course(), NOON) is None
    assert timeline(stalled()[0], datetime(2025, 1, 1, tzinfo=UTC)) is None


def test_a_running_segment_is_expected_after_its_last_reading() -> None:
    shown = drawn(FIRST)
    assert [(piece.support, piece.start, piece.end) for piece in shown.pieces] == [
        ("recorded", FIRST.start.utc, FIRST.last_confirmed.utc),
        ("expected", FIRST.last_confirmed.utc, NOON),
    ]
    assert {piece.dose for piece in shown.pieces} == {Decimal("400.00")}
    assert shown.unknown == ()


def test_a_segment_that_became_unknown_is_drawn_up_to_its_last_reading() -> None:
    shown = drawn(dataclasses.replace(FIRST, status="unknown", certainty="unknown", reason="too-old"))
    assert [piece.end for piece in shown.pieces] == [FIRST.last_confirmed.utc]
    assert shown.unknown == (Span(FIRST.last_confirmed.utc, NOON),)


def test_a_segment_that_the_volumes_contradict_is_not_drawn_at_all() -> None:
    shown = drawn(dataclasses.replace(FIRST, status="unknown", certainty="unknown", reason="delivery-doubtful"))
    assert shown.pieces == ()
    assert shown.unknown == (Span(S1.read.utc, NOON),)


def test_a_stopped_pump_has_no_dose_of_nothing() -> None:
    shown = timeline(*stalled())
    assert shown is not None
    gap = Span(STALL_OVER.start.utc, at("2025-06-19 16:02").utc)
    assert shown.stopped == (gap,)
    assert not any(piece.start < gap.end and piece.end > gap.start for piece in shown.pieces)
    assert all(piece.dose is None or piece.dose > 0 for piece in shown.pieces)


def test_a_stop_without_recovery_is_known_up_to_its_reading_only() -> None:
    shown = drawn(STALL)
    assert shown.stopped == (Span(STALL.start.utc, STALL.last_confirmed.utc),)
    assert shown.unknown[-1] == Span(STALL.last_confirmed.utc, NOON)


def test_a_stop_whose_end_is_not_recorded_is_not_known() -> None:
    shown = drawn(dataclasses.replace(STALL_OVER, end=None))
    assert shown.stopped == ()
    assert shown.unknown == (Span(S1.read.utc, NOON),)


@pytest.mark.parametrize("change", [{"bridge": True}, {"line": "clearing"}, {"line": "unknown"}])
def test_what_leaves_beside_the_programme_has_no_single_dose(change: dict[str, object]) -> None:
    segment = dataclasses.replace(FIRST, **change)  # type: ignore[arg-type]
    assert {piece.dose for piece in drawn(segment).pieces} == {None}


def test_intervals_cover_the_whole_life_and_do_not_overlap() -> None:
    shown = timeline(*unknown())
    assert shown is not None
    spans = sorted([*shown.pieces, *shown.stopped, *shown.unknown], key=lambda span: span.start)
    assert spans[-1].end == shown.as_of
    assert all(one.end == other.start for one, other in pairwise(spans))


def test_after_an_explant_nothing_is_unknown_and_nothing_is_ahead() -> None:
    out = at("2025-06-01 09:00")
    ended = dataclasses.replace(FIRST, status="stopped", reason="explanted", end=out)
    facts = (session(S1), ended, FORECAST)
    shown = timeline(course(("1", facts), standing=(PUMP, PresenceFact("baclofen", None, out))), NOON)
    assert shown is not None
    assert (shown.unknown, shown.forecast, shown.dates) == ((), (), ())


def test_calculated_values_are_drawn_only_where_the_site_lets_them() -> None:
    told, untold = timeline(*stalled()), timeline(*stalled(), calculated=False)
    assert told is not None
    assert untold is not None
    assert [line.until for line in told.forecast] == [at("2026-01-10 07:32").utc]
    assert untold.forecast == ()
    assert [dated.calculated for dated in told.dates] == [False, True, True]
    assert [dated.calculated for dated in untold.dates] == [False]


def test_a_picture_goes_no_further_ahead_than_its_horizon() -> None:
    far = dataclasses.replace(FORECAST, dates=(dataclasses.replace(FORECAST.dates[1], at=at("2035-06-19 17:05")),))
    shown = drawn(FIRST, far)
    (line,) = shown.forecast
    assert shown.end == line.until == NOON + HORIZON
    assert Decimal("29") < line.left < line.volume
    assert [dated.at for dated in shown.dates] == [at("2035-06-19 17:05").utc]


def test_a_log_of_a_clock_that_was_never_set_does_not_stretch_the_picture() -> None:
    rows = (event("1", "2000-01-01 00:10", "other", "RESET"), event("2", "2025-04-01 10:00", "other", "X"))
    shown = drawn(FIRST, *rows)
    assert shown.start == S1.start.utc
    assert [mark.at for mark in shown.marks if mark.lane == "events"] == [at("2025-04-01 10:00").utc]
    assert shown.earlier == 1


def test_a_volume_says_how_it_is_known() -> None:
    shown = timeline(*stalled())
    assert shown is not None
    assert [(point.how, str(point.volume)) for point in shown.points] == [
        ("filled", "40.0"), ("calculated", "39.7"), ("measured", "25.4"), ("filled", "40.0"), ("calculated", "33.8"),
        ("calculated", "33.7"),
    ]  # fmt: skip


def test_a_volume_that_cannot_be_read_is_not_drawn() -> None:
    unread = dataclasses.replace(amount("12.0 mL"), value=None)
    assert drawn(summary(S1, volume=unread)).points == ()


def test_nothing_of_later_is_drawn() -> None:
    shown = timeline(stalled()[0], S2.read.utc)
    assert shown is not None
    assert max(mark.at for mark in shown.marks) <= S2.read.utc
    assert max(piece.end for piece in shown.pieces) <= S2.read.utc


@pytest.mark.parametrize(
    ("code", "words"),
    [("motor-stall", "Motor stall, 18 Jun 2025 14:02"), ("other", '"PRINTED", 18 Jun 2025 14:02')],
)
def test_an_event_reads_as_in_the_chart(code: str, words: str) -> None:
    shown = drawn(event("1", "2025-06-18 14:02", code, "PRINTED", S3), SECOND)
    assert [mark.words for mark in shown.marks if mark.lane == "events"] == [words]


# --- axes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [1, 5, 30, 24 * 9, 24 * 40, 24 * 400, 24 * 3650, 24 * 36500])
def test_a_time_axis_has_few_ticks_and_all_lie_on_it(hours: int) -> None:
    start = datetime(2025, 3, 3, 10, 8, tzinfo=UTC)
    axis = TimeAxis(start, start + timedelta(hours=hours), 100, 800)
    ticks = axis.ticks(7)
    assert 1 <= len(ticks) <= 8 or hours == 1
    assert all(axis.start <= when <= axis.end for when, _ in ticks)
    assert (axis.tenths(axis.start), axis.tenths(axis.end)) == (1000, 9000)


@pytest.mark.parametrize("greatest", ["0.4", "1", "12", "39.7", "400.00", "1440", "99999"])
def test_a_value_axis_begins_at_nothing_and_holds_the_greatest(greatest: str) -> None:
    axis = value_axis(Decimal(greatest), 300, 200)
    assert axis.ticks()[0] == 0
    assert len(axis.ticks()) <= 6
    assert axis.ticks()[-1] == axis.most > Decimal(greatest)
    assert axis.tenths(Decimal(0)) == 3000 > axis.tenths(Decimal(greatest)) > 1000


def test_an_axis_without_values_ends_at_one() -> None:
    assert value_axis(Decimal(0), 300, 200).ticks()[-1] == 1
