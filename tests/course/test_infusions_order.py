"""Laws of the fold of hospital pumps: any order of arrival, folding in parts, small states, no delivery without report.

Lives are random: events and snapshots of two sources and two lines, alarms, other patients between them.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.course.hospital_pump import Elsewhere
from bridge.course.infusion_facts import Infusion
from bridge.course.sessions import Report
from bridge.course.state import State, dump_state, load_state
from tests.course.bedside_messages import OTHER, Source, alarm, clock, folded, infusions, told

_TIMES = st.sampled_from([f"{hour}:{minute:02}" for hour in (10, 11, 13) for minute in range(0, 60, 7)])
_STATUS = ("delivering", "not-delivering", "transitioning", "")


@st.composite
def messages(draw: st.DrawFn) -> Report:
    """One message of the pump."""
    at, kind = draw(_TIMES), draw(st.sampled_from(("seen", "seen", "START", "STOP", "COMP", "alarm", "PATIENT")))
    if kind == "alarm":
        return alarm(draw(st.sampled_from(("start", "update", "end"))), at, draw(st.sampled_from(("A1", "A2"))))
    if kind == "PATIENT":
        return told(at, event="PATIENT")
    rate, drug = draw(st.sampled_from(("5.25", "7.00", ""))), draw(st.sampled_from(("Norepinephrine", "Propofol")))
    name = draw(st.sampled_from(("primary", "primary", "secondary", "clinician")))
    stated: dict[str, Any] = {"segment": "1.50", "total": draw(st.sampled_from(("9.00", "9.50", "")))}
    status = draw(st.sampled_from(_STATUS))
    infuses = draw(st.sampled_from((None, True, False, "transitioning")))
    source = Source(rate, name, drug, status=status, **stated)
    more = (Source("2.00", "secondary", ""),) if name == "primary" and draw(st.booleans()) else ()
    return told(
        at, source, *more, event="" if kind == "seen" else kind, infuses=infuses, vmd=draw(st.sampled_from((1, 1, 2)))
    )  # fmt: skip


LIVES = st.lists(messages(), min_size=1, max_size=14, unique_by=lambda one: one.session)
AWAY = st.lists(_TIMES, max_size=2, unique=True)
AS_OF = st.sampled_from(("10:30", "11:59", "13:30", "23:00"))


def elsewhere(times: list[str]) -> Elsewhere:
    """Sessions of another patient at these times."""
    return Elsewhere(tuple(told(f"{at}:30", Source(), patient=OTHER) for at in times))


@given(LIVES, AWAY, AS_OF, st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_any_order_of_arrival_gives_one_course(life: list[Report], away: list[str], as_of: str, dice: Any) -> None:
    in_order = folded(sorted(life, key=lambda one: one.position), as_of, elsewhere=elsewhere(away)).course
    shuffled = list(life)
    dice.shuffle(shuffled)
    assert folded(shuffled, as_of, elsewhere=elsewhere(sorted(away, reverse=True))).course == in_order


@given(LIVES, AWAY, AS_OF, st.integers(0, 20))
@settings(max_examples=80, deadline=None)
def test_folded_in_parts_is_folded_from_scratch(life: list[Report], away: list[str], as_of: str, cut: int) -> None:
    whole = folded(life, as_of, elsewhere=elsewhere(away))
    base: State | None = None
    if whole.states:
        position, state = whole.states[cut % len(whole.states)]
        base = load_state(dump_state(state))
        assert base == state
        rest = [one for one in life if one.position > position]
        tail = folded(rest, as_of, base=base, elsewhere=elsewhere(away)).course
        number = [page.position for page in whole.course.pages].index(position) + 1
        assert tail.pages == whole.course.pages[number:]
        assert tail.next_change == whole.course.next_change
        assert tail.folded_after == position


@given(LIVES, AWAY, AS_OF)
@settings(max_examples=80, deadline=None)
def test_infusions_have_one_name_each_and_end_after_they_began(life: list[Report], away: list[str], as_of: str) -> None:
    found = infusions(folded(life, as_of, elsewhere=elsewhere(away)).course)
    assert len({one.discriminator for one in found}) == len(found)
    for one in found:
        assert (one.end is None) == (one.status in ("in-progress", "unknown"))
        assert one.end is None or one.end.utc >= one.start.utc
        assert one.last_confirmed.utc >= one.start.utc
        assert one.status != "in-progress" or one.reason is None


@given(LIVES, AWAY)
@settings(max_examples=80, deadline=None)
def test_one_source_never_delivers_twice_at_once(life: list[Report], away: list[str]) -> None:
    """Law: programmed is not delivered. What is known of a source's infusions does not overlap."""
    by_source: dict[str, list[Infusion]] = {}
    for one in infusions(folded(life, "23:00", elsewhere=elsewhere(away)).course):
        by_source.setdefault(one.address, []).append(one)
    for several in by_source.values():
        for one, following in pairwise(several):
            assert (one.end or one.last_confirmed).utc <= following.start.utc


@given(LIVES, AWAY, AS_OF)
@settings(max_examples=60, deadline=None)
def test_nothing_moves_before_the_next_change(life: list[Report], away: list[str], as_of: str) -> None:
    now = folded(life, as_of, elsewhere=elsewhere(away)).course
    for at in ("10:31", "11:00", "12:00", "13:45", "23:30"):
        if clock(at) > clock(as_of) and (now.next_change is None or clock(at) < now.next_change):
            assert folded(life, at, elsewhere=elsewhere(away)).course.pages == now.pages


def test_the_state_stays_small_however_long_it_runs() -> None:
    life = [
        told(f"{hour:02}:{minute:02}", Source(total=f"{hour * 60 + minute}.00"), battery=str(100 - hour))
        for hour in range(24)
        for minute in range(0, 60, 5)
    ]
    states = folded(life, "23:59").states
    sizes = [len(dump_state(state)) for _, state in states]
    assert max(sizes) < sizes[0] + 600
    assert max(sizes) < 16_000
