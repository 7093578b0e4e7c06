"""Soft pages: a later session revises the segments since the last filling, whatever the order of arrival."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.course.facts import Gap, Segment
from bridge.course.fold import Folded, fold
from bridge.course.pages import Page
from bridge.course.remarks import Finding, LateStopFact
from bridge.course.revisions import Stopped
from bridge.course.state import State, dump_state, load_state
from bridge.findings.noticed import on_page
from tests.course.building import SETTINGS, continuous, course, drugs, every, export, found, left, only, q, report

Body = dict[str, Any]
AS_OF = datetime(2025, 4, 15, tzinfo=UTC)
PUMP = {
    "manufacturer": "Invented Pumps",
    "model": "IP-20",
    "serial": "TX000001",
    "capacity": {"value": "20.0", "unit": "mL"},
}
HALF = continuous("90.00", "0.180")


def filled(day: str, expected: str | None = None, aspirated: str | None = None, **more: Any) -> Body:
    """A filling with 20.0 mL at 9:10, the pump left on its programme at 9:20."""
    refill: Body = {"filled_at": f"{day}T09:10+00:00", "filled": q("20.0", "mL"), "drugs": drugs("500")}
    for name, value in (("expected", expected), ("aspirated", aspirated)):
        if value is not None:
            refill[name] = q(value, "mL")
    programme = more.pop("programme", HALF)
    states = [found(more.pop("was", HALF))] if expected is not None else []
    states.append(left(f"{day}T09:20+00:00", programme, drugs=drugs("500")))
    return export(
        f"{day}T09:00+00:00", *states, end=f"{day}T09:30+00:00", update="completed", refills=[refill], pump=PUMP, **more
    )


def looked(day: str, *, programme: Body = HALF, infusing: bool | None = True, **more: Any) -> Body:
    return export(f"{day}T12:00+00:00", found(programme, infusing=infusing), update="none", pump=PUMP, **more)


def changed(day: str, was: Body, now: Body) -> Body:
    states = found(was), left(f"{day}T15:10+00:00", now)
    return export(f"{day}T15:00+00:00", *states, end=f"{day}T15:20+00:00", update="completed", pump=PUMP)


def row(number: str, at: str, code: str) -> Body:
    return {"number": number, "at": at, "code": code, "text": "X"}


FASTER = continuous("100.00", "0.200")
FIRST = filled("2025-01-10")
LOOK = looked("2025-02-01")
CHANGE = changed("2025-02-10", HALF, FASTER)
DOUBTFUL = filled("2025-03-01", "10.6", "19.0", was=FASTER, programme=FASTER)
AFTER = looked("2025-03-20", programme=FASTER)
LIFE = (FIRST, LOOK, CHANGE, DOUBTFUL, AFTER)


def test_segments_since_the_filling_before_become_unknown_and_none_after_it() -> None:
    first, second, third = every(course(*LIFE, as_of=AS_OF), Segment)
    for segment in (first, second):
        assert (segment.status, segment.certainty, segment.reason) == ("unknown", "unknown", "delivery-doubtful")
        assert segment.end is None
    assert first.last_confirmed.fhir == "2025-02-10T15:10:00+00:00"
    assert (third.status, third.start.fhir) == ("running", "2025-03-01T09:10:00+00:00")


def test_segments_before_the_filling_before_are_sealed() -> None:
    steady = filled("2025-02-05", "15.3", "15.1")
    late = filled("2025-03-01", "15.7", "19.0")
    first, second, third = every(course(FIRST, steady, late, as_of=AS_OF), Segment)
    assert (first.status, first.end.fhir) == ("completed", "2025-02-05T09:10:00+00:00")
    assert (second.reason, third.status) == ("delivery-doubtful", "running")


# --- folded with checkpoints = from scratch ---------------------------------------------------------------------------


def merged(bodies: Iterable[Body], known: int) -> list[Page]:
    """Pages as someone keeps them who folded `known` sessions first and then all, from the checkpoint that is due."""
    reports = sorted(map(report, bodies), key=lambda one: one.position)
    before = _fold(reports[:known])
    states = [(position, load_state(dump_state(state))) for position, state in before.states]
    since = reports[known].position
    base = states[-1][1] if states else None
    done = _fold(reports, base, since)
    if done.reaches is not None:
        base = next((state for position, state in reversed(states) if position < done.reaches), None)
        done = _fold(reports, base, since)
    kept = [page for page in before.course.pages[:-1] if base is not None and page.position <= base.position]
    return [*kept, *done.course.pages]


def _fold(reports: Any, base: State | None = None, since: str = "") -> Folded:
    rest = [one for one in reports if base is None or one.position > base.position]
    return fold(rest, AS_OF, SETTINGS, patient="0000017", notice=on_page, base=base, since=since)


LATE_LOG = looked("2025-03-25", programme=FASTER, events=[row("7", "2025-02-05T10:00", "motor-stall")])
LATER_LOG = looked(
    "2025-02-20",
    programme=FASTER,
    events=[row("7", "2025-02-05T10:00", "motor-stall"), row("8", "2025-02-07T10:00", "motor-stall-recovered")],
)
LIVES = {
    "doubtful": LIFE,
    "late stop": (FIRST, LOOK, CHANGE, LATER_LOG, AFTER),
    "late stop before the filling": (
        FIRST,
        LOOK,
        CHANGE,
        filled("2025-03-01", "10.6", "10.6", was=FASTER, programme=FASTER),
        LATE_LOG,
    ),
    "both": (FIRST, LOOK, CHANGE, LATER_LOG, DOUBTFUL, AFTER),
    "twice": (FIRST, filled("2025-02-05", "15.3", "19.0"), looked("2025-02-10"), filled("2025-03-01", "15.7", "19.0")),
}


@pytest.mark.parametrize(("name", "known"), [(name, n) for name, life in LIVES.items() for n in range(len(life))])
def test_folded_with_a_checkpoint_is_folded_from_scratch(name: str, known: int) -> None:
    whole = _fold(sorted(map(report, LIVES[name]), key=lambda one: one.position))
    assert merged(LIVES[name], known) == list(whole.course.pages)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_the_order_of_arrival_changes_nothing(order: tuple[int, ...]) -> None:
    chosen = [LIFE[n + 1] for n in order]
    assert course(FIRST, *chosen, as_of=AS_OF) == course(*LIFE, as_of=AS_OF)


def test_a_tail_that_revises_an_earlier_page_says_so() -> None:
    reports = sorted(map(report, LIFE), key=lambda one: one.position)
    states = dict(_fold(reports).states)
    base = states[reports[2].position]
    assert _fold(reports, base, reports[3].position).reaches == reports[0].position
    assert _fold(reports, base, reports[4].position).reaches is None


# --- stops that the log tells of late ---------------------------------------------------------------------------------


def test_a_late_stop_with_its_recovery_splits_what_was_charted() -> None:
    life = course(*LIVES["late stop"], as_of=AS_OF)
    first, rest, running = sorted(every(life, Segment), key=lambda one: one.start.utc)
    assert (first.status, first.reason, first.end.fhir) == ("stopped", "motor-stall", "2025-02-05T10:00:00+00:00")
    assert (rest.status, rest.certainty, rest.start.fhir) == ("completed", "recorded", "2025-02-07T10:00:00+00:00")
    assert rest.end.fhir == "2025-02-10T15:10:00+00:00"
    assert (running.status, running.start.fhir) == ("running", "2025-02-10T15:10:00+00:00")
    gap = only(life, Gap)
    assert (gap.start.fhir, gap.end.fhir) == ("2025-02-05T10:00:00+00:00", "2025-02-07T10:00:00+00:00")
    assert only(life, LateStopFact).sealed is False


def test_a_late_stop_over_a_change_of_programme_moves_what_runs() -> None:
    log = [row("7", "2025-02-05T10:00", "motor-stall"), row("8", "2025-02-12T10:00", "motor-stall-recovered")]
    life = course(FIRST, LOOK, CHANGE, looked("2025-02-20", programme=FASTER, events=log), as_of=AS_OF)
    first, running = every(life, Segment)
    assert (first.status, first.end.fhir) == ("stopped", "2025-02-05T10:00:00+00:00")
    assert (running.status, running.start.fhir) == ("running", "2025-02-12T10:00:00+00:00")


def test_a_late_stop_without_its_recovery_leaves_nothing_known_since() -> None:
    log = [row("7", "2025-02-05T10:00", "motor-stall")]
    life = course(FIRST, LOOK, CHANGE, looked("2025-02-20", programme=FASTER, infusing=None, events=log), as_of=AS_OF)
    first, second = every(life, Segment)
    assert (first.status, first.reason, first.end) == ("unknown", "stop-logged-late", None)
    assert first.last_confirmed.fhir == "2025-02-05T10:00:00+00:00"
    assert (second.status, second.reason) == ("unknown", "stop-logged-late")


def test_a_late_stop_before_the_last_filling_is_only_found() -> None:
    log = [row("7", "2025-02-05T10:00", "motor-stall"), row("8", "2025-02-07T10:00", "motor-stall-recovered")]
    refill = filled("2025-03-01", "10.6", "10.6", was=FASTER, programme=FASTER)
    life = course(FIRST, LOOK, CHANGE, refill, looked("2025-03-25", programme=FASTER, events=log), as_of=AS_OF)
    assert only(life, LateStopFact).sealed is True
    assert every(life, Gap) == []
    assert [segment.status for segment in every(life, Segment)] == ["completed", "completed", "running"]
    (told,) = [finding for finding in every(life, Finding) if finding.code == "stop-logged-late"]
    assert "is left as it was" in told.text


def test_a_segment_that_lies_within_a_stop_is_unknown_and_stays() -> None:
    first = next(iter(every(course(*LIFE[:3], as_of=AS_OF), Segment)))
    earlier, later = (shift(first.start, days) for days in (-1, 90))
    stop = Stopped("", first.source, "event 7", "motor-stall", earlier, later)
    (piece,) = stop.revised(first)
    assert (piece.discriminator, piece.status, piece.reason) == (first.discriminator, "unknown", "stop-logged-late")


def test_a_bridge_with_a_stop_in_it_is_unknown_whatever_its_recovery() -> None:
    first = next(iter(every(course(*LIFE[:3], as_of=AS_OF), Segment)))
    stop = Stopped("", first.source, "event 7", "motor-stall", shift(first.start, 1), shift(first.start, 2))
    assert len(stop.revised(first)) == 2
    for measured in ({"bridge": True}, {"line": "clearing"}):
        (piece,) = stop.revised(dataclasses.replace(first, **measured))
        assert (piece.status, piece.end, piece.last_confirmed) == ("unknown", None, shift(first.start, 1))


def shift(at: Any, days: int) -> Any:
    return dataclasses.replace(at, utc=at.utc + timedelta(days=days))
