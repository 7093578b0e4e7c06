"""What holds of every life of a pump, however its exports arrive: the laws of the course as properties."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from adapters.session_json import ADAPTER
from bridge.chart.resource import Resource
from bridge.chart.write import write
from bridge.course.facts import FillFact, Gap, ProgrammeFact, Segment
from bridge.course.fold import Folded, fold
from bridge.course.forecast import ForecastFact
from bridge.course.pages import Course
from bridge.course.remarks import IncompleteFact, LateStopFact
from bridge.course.sessions import Report
from bridge.course.state import State, dump_state, load_state
from bridge.errors import ExportError
from bridge.findings.noticed import noticed, on_page
from bridge.interrogation import stated
from fhir_profiles.checks import check
from tests.chart.given import bound
from tests.course.building import SETTINGS, every, report
from tests.course.lives import AS_OF, Body, lives

MOMENTS = st.integers(min_value=0, max_value=420).map(
    lambda day: datetime(2025, 1, 7, tzinfo=UTC) + timedelta(days=day)
)
many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LAST = datetime.max.replace(tzinfo=UTC)


def reports(bodies: list[Body]) -> list[Report]:
    """Reports as a store holds them: each once, by its bytes."""
    return sorted({one.sha256: one for one in map(report, bodies)}.values(), key=lambda one: one.position)


def folded(found: list[Report], as_of: datetime = AS_OF, base: State | None = None, since: str = "") -> Folded:
    rest = [one for one in found if base is None or one.position > base.position]
    return fold(rest, as_of, SETTINGS, patient="0000017", notice=on_page, base=base, since=since)


def course(bodies: list[Body], as_of: datetime = AS_OF) -> Course:
    return noticed(folded(reports(bodies), as_of).course)


# --- arrival ----------------------------------------------------------------------------------------------------------


@many
@given(life=lives(), seed=st.randoms(use_true_random=False), as_of=MOMENTS)
def test_any_order_of_arrival_gives_the_same_chart(life: list[Body], seed: Any, as_of: datetime) -> None:
    shuffled = list(life)
    seed.shuffle(shuffled)
    assert folded(list(map(report, shuffled)), as_of) == folded(list(map(report, life)), as_of)


@many
@given(life=lives(), known=st.integers(min_value=0, max_value=20), as_of=MOMENTS)
def test_folded_with_a_checkpoint_is_folded_from_scratch(life: list[Body], known: int, as_of: datetime) -> None:
    """As whoever keeps pages does it: `known` sessions first, then all from the checkpoint before the first change."""
    found = reports(life)
    names = list(dict.fromkeys(one.session for one in found))
    assume(known < len(names))
    early = [one for one in found if one.session in names[:known]]
    before = folded(early, as_of)
    states = [(position, load_state(dump_state(state))) for position, state in before.states]
    since = min(one.position for one in found if one.session == names[known])
    base = states[-1][1] if states else None
    done = folded(found, as_of, base, since)
    if done.reaches is not None:
        base = next((state for position, state in reversed(states) if position < done.reaches), None)
        done = folded(found, as_of, base, since)
    kept = [page for page in before.course.pages[:-1] if base is not None and page.position <= base.position]
    assert [*kept, *done.course.pages] == list(folded(found, as_of).course.pages)


# --- time -------------------------------------------------------------------------------------------------------------


@many
@given(life=lives(), as_of=MOMENTS, part=st.floats(min_value=0, max_value=0.999))
def test_nothing_changes_before_the_next_change(life: list[Body], as_of: datetime, part: float) -> None:
    now = course(life, as_of)
    if now.next_change is None:
        assert course(life, as_of + timedelta(days=3650)).pages == now.pages
        return
    assert now.next_change > as_of
    assert course(life, as_of + (now.next_change - as_of) * part) == now
    assert course(life, now.next_change - timedelta(microseconds=1)) == now


# --- what ran ---------------------------------------------------------------------------------------------------------


@many
@given(life=lives(), as_of=MOMENTS)
def test_segments_never_overlap_and_never_span_a_stop(life: list[Body], as_of: datetime) -> None:
    found = course(life, as_of)
    rows = in_order(found)
    for (_, end, one), (start, _, other) in itertools.pairwise(rows):
        if end is not None:
            assert end <= start, (one, other)
    for start, end, row in rows:
        assert end is None or end >= start, row


@many
@given(life=lives(), as_of=MOMENTS)
def test_no_gap_between_segments_is_left_unmarked(life: list[Body], as_of: datetime) -> None:
    """Where something ran to an instant and something else began later, a stop, or something unknown, lies between."""
    found = course(life, as_of)
    rows = in_order(found)
    for (_, end, one), (start, _, other) in itertools.pairwise(rows):
        if end is not None and isinstance(one, Segment) and end < start:
            assert _told(found, end, start), (one, other)


def _told(found: Course, end: datetime, start: datetime) -> bool:
    """Whether an interval in which nothing is charted is told of: an incomplete session, an unknown programme."""
    lost = [one.source.read.utc for one in every(found, IncompleteFact)]
    lost += [one.found.utc for one in every(found, ProgrammeFact) if one.start is None]
    lost += [one.at.utc for one in every(found, LateStopFact)]
    return any(end <= at <= start for at in lost)


def in_order(found: Course) -> list[tuple[datetime, datetime | None, Segment | Gap]]:
    """Segments and gaps by their starts; what is unknown, or open, has no end."""
    rows: list[Segment | Gap] = [*every(found, Segment), *every(found, Gap)]
    ends = [row.end.utc if row.end is not None else None for row in rows]
    made = [(row.start.utc, end, row) for row, end in zip(rows, ends, strict=True)]
    return sorted(made, key=lambda row: (row[0], row[1] or LAST))


@many
@given(life=lives(), as_of=MOMENTS)
def test_delivered_never_exceeds_filled(life: list[Body], as_of: datetime) -> None:
    """What is charted as dispensed between two fillings fits into what was filled in, but for the noise of volumes."""
    found = course(life, as_of)
    fills = sorted((one for one in every(found, FillFact)), key=lambda one: one.at.utc)
    for number, fill in enumerate(fills):
        until = fills[number + 1].at.utc if number + 1 < len(fills) else LAST
        ran = [one for one in every(found, Segment) if fill.at.utc <= one.start.utc < until]
        held = stated(fill.filled)
        assert held is not None
        assert sum(map(_gone, ran), Decimal(0)) <= held.value + Decimal("1.01"), fill.discriminator


def _gone(segment: Segment) -> Decimal:
    if segment.status == "unknown" or segment.bridge:
        return Decimal(0)
    end = segment.end or segment.last_confirmed
    seconds = Decimal(int((end.utc - segment.start.utc).total_seconds()))
    flow = stated(segment.settings.flow)
    assert flow is not None
    return max(Decimal(0), flow.value * seconds / 86400)


@many
@given(life=lives(), as_of=MOMENTS)
def test_a_residual_is_never_negative_and_never_more_than_was_filled(life: list[Body], as_of: datetime) -> None:
    for fact in every(course(life, as_of), ForecastFact):
        if fact.residual is not None:
            assert 0 <= fact.residual.quantity.value <= 20
        else:
            assert fact.residual_because
        assert all(one.at.utc > fact.source.start.utc - timedelta(days=366) for one in fact.dates)


# --- digits -----------------------------------------------------------------------------------------------------------

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_CALCULATED = "Calculated by pumpbridge"


@many
@given(life=lives(), as_of=MOMENTS)
def test_every_number_in_the_chart_is_an_exports_or_says_that_it_is_calculated(
    life: list[Body], as_of: datetime
) -> None:
    stated_ones = set(_NUMBER.findall(json.dumps(life)))
    for resource in chart(life, as_of):
        if _CALCULATED not in str(resource.body):
            for number in _quantities(resource.body):
                assert number in stated_ones, (resource.key, number)


def chart(life: list[Body], as_of: datetime) -> tuple[Resource, ...]:
    return write(course(life, as_of), dataclasses.replace(bound(), attachment=lambda _: None))


def _quantities(value: Any) -> Iterator[str]:
    """The digits of every quantity below a value."""
    if isinstance(value, dict):
        if isinstance(value.get("value"), Decimal):
            yield str(value["value"])
        for below in value.values():
            yield from _quantities(below)
    elif isinstance(value, list):
        for below in value:
            yield from _quantities(below)


@many
@given(life=lives(), as_of=MOMENTS)
def test_every_chart_keeps_our_rules(life: list[Body], as_of: datetime) -> None:
    for resource in chart(life, as_of):
        assert list(check(resource.body)) == [], resource.key


@many
@given(life=lives(visits=2), data=st.data())
def test_an_export_that_was_cut_is_refused_and_no_number_changes(life: list[Body], data: st.DataObject) -> None:
    content = json.dumps(life[-1]).encode()
    cut = data.draw(st.integers(min_value=0, max_value=len(content) - 1))
    with pytest.raises(ExportError):
        ADAPTER.read(content[:cut])
