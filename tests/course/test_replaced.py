"""A pump that was replaced when nobody stated the explant: the older course, given the newer pump's reports."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.course.facts import BolusFact, Segment
from bridge.course.fold import Folded, News, fold
from bridge.course.pages import Course
from bridge.course.remarks import Condition, Finding, NewerPumpFact
from bridge.course.replaced import OtherPump
from bridge.course.state import dump_state, load_state
from bridge.findings.noticed import noticed, on_page
from tests.course.building import SETTINGS, continuous, drugs, every, export, found, left, q, report

OLD = {"manufacturer": "Invented Pumps", "model": "IP-40", "serial": "TX000001", "implanted": "2018-06-01"}
NEW = {"manufacturer": "Invented Pumps", "model": "IP-40", "serial": "TX000002", "implanted": "2025-05-12"}
SHEET = {"manufacturer": "Tricumed", "model": "ARCHIMEDES-20", "serial": "TCX000003", "implanted": "2025-05-12"}
SOON = datetime(2025, 6, 1, tzinfo=UTC)
Body = dict[str, Any]


def at_10(day: str, pump: Body, **parts: Any) -> Body:
    """A session at ten in the morning that fills the pump and sets its programme."""
    start = f"{day}T{parts.pop('time', '10:00')}"
    fill = {"filled_at": start, "filled": q("40.0", "mL"), "drugs": drugs()}
    state = left(start, continuous(), drugs=drugs())
    return export(start, state, update="completed", pump=pump, refills=[fill], **parts)


def look(day: str, pump: Body, time: str = "10:00") -> Body:
    """A session that finds the programme running and changes nothing."""
    return export(f"{day}T{time}", found(continuous()), update="none", pump=pump)


def other(*bodies: Body) -> OtherPump:
    """Another pump, as a store without a checkpoint holds it."""
    return OtherPump(None, tuple(map(report, bodies)))


def folded(own: list[Body], *others: OtherPump, as_of: datetime = SOON, news: tuple[News, ...] = ()) -> Folded:
    reports = list(map(report, own))
    return fold(reports, as_of, SETTINGS, patient="0000017", notice=on_page, others=others, news=news)


def course(own: list[Body], *others: OtherPump, as_of: datetime = SOON, news: tuple[News, ...] = ()) -> Course:
    return noticed(folded(own, *others, as_of=as_of, news=news).course)


def said(found: Course) -> list[str]:
    """What is said of two pumps."""
    codes = [one.code for one in every(found, Finding)]
    return [code for code in codes if code in ("pump-replaced-not-stated", "two-pumps-in-patient")]


def runs(found: Course) -> tuple[str, str | None]:
    (segment,) = every(found, Segment, open_page=True)
    return segment.status, segment.reason


RUNNING = ("running", None)
REPLACED = ("unknown", "newer-pump-implanted")
OLD_LIFE = [at_10("2025-03-03", OLD)]
IMPLANT = other(at_10("2025-05-12", NEW, type="implant"))


def test_an_older_pump_is_unknown_from_the_day_of_the_newer_implant_on() -> None:
    told = course(OLD_LIFE, IMPLANT)
    (segment,) = every(told, Segment, open_page=True)
    assert (segment.status, segment.certainty, segment.reason) == ("unknown", "unknown", "newer-pump-implanted")
    assert (segment.end, segment.newer_pump) == (None, datetime(2025, 5, 12).date())
    assert segment.last_confirmed.printed == "2025-03-03 10:00"
    (finding,) = [one for one in every(told, Finding) if one.code == "pump-replaced-not-stated"]
    assert (finding.audience, finding.since.fhir, finding.until) == ("clinic", "2025-05-12", None)
    assert "implanted on 12 May 2025" in finding.text
    assert "TX0000" not in finding.text


def test_a_patient_with_one_pump_is_as_before() -> None:
    assert folded(OLD_LIFE) == folded(OLD_LIFE, other())
    assert runs(course(OLD_LIFE)) == RUNNING


def test_the_newer_pump_itself_runs_on() -> None:
    told = course([at_10("2025-05-12", NEW)], other(*OLD_LIFE))
    assert (runs(told), said(told)) == (RUNNING, [])


@pytest.mark.parametrize(
    ("own", "new", "expected", "codes"),
    [
        # the day of the last reading, by both clocks: read before the operation, and once more on the table
        ([look("2025-05-12", OLD, "08:00")], NEW, REPLACED, ["pump-replaced-not-stated"]),
        ([look("2025-05-12", OLD, "11:00")], NEW, REPLACED, ["pump-replaced-not-stated"]),
        # a day later: it is still there
        ([look("2025-05-13", OLD)], NEW, RUNNING, ["two-pumps-in-patient"]),
        # the newer pump states no date of implant, or one that its own session cannot know
        ([], {**NEW, "implanted": None}, RUNNING, []),
        ([], {**NEW, "implanted": "2025-05-13"}, RUNNING, []),
        # implanted before: it is the older one
        ([], {**NEW, "implanted": "2018-05-31"}, RUNNING, []),
        # on one day, the one that was read first later is the newer one
        ([look("2025-05-13", OLD)], {**NEW, "implanted": "2018-06-01"}, RUNNING, ["two-pumps-in-patient"]),
    ],
)
def test_which_pump_is_newer_and_when_this_one_was_read_last(
    own: list[Body], new: Body, expected: tuple[str, str | None], codes: list[str]
) -> None:
    new = {name: value for name, value in new.items() if value is not None}
    told = course([*OLD_LIFE, *own], other(at_10("2025-05-12", new)))
    assert (runs(told), said(told)) == (expected, codes)


def test_a_pump_without_a_date_of_implant_is_there_since_it_was_read_first() -> None:
    unstated = {name: value for name, value in OLD.items() if name != "implanted"}
    assert runs(course([at_10("2025-03-03", unstated)], IMPLANT)) == REPLACED
    same_day = at_10("2025-05-12", unstated, time="08:00")
    assert runs(course([same_day], IMPLANT)) == REPLACED
    assert said(course([at_10("2025-05-20", unstated)], IMPLANT)) == []


def test_two_pumps_are_not_read_in_one_patient_once_one_is_out() -> None:
    own = [*OLD_LIFE, look("2025-05-20", OLD)]
    explanted = look("2025-05-18", {**NEW, "explanted": "2025-05-18"})
    assert said(course(own, other(at_10("2025-05-12", NEW), explanted))) == []
    assert said(course([*own, look("2025-05-21", {**OLD, "explanted": "2025-05-21"})], IMPLANT)) == []


def test_a_stated_explant_is_what_counts() -> None:
    out = look("2025-05-12", {**OLD, "explanted": "2025-05-12"}, "09:00")
    told = course([*OLD_LIFE, out], IMPLANT)
    assert every(told, Segment, open_page=True) == []
    assert said(told) == []


def test_of_several_newer_pumps_the_first_counts() -> None:
    third = other(at_10("2025-05-20", {**NEW, "serial": "TX000004", "implanted": "2025-05-20"}))
    for others in ((IMPLANT, third), (third, IMPLANT)):
        (fact,) = every(course(OLD_LIFE, *others), NewerPumpFact)
        assert fact.implanted.isoformat() == "2025-05-12"


@pytest.mark.parametrize(
    ("local", "expected"),
    [(datetime(2025, 5, 20, 9), []), (datetime(2025, 4, 1, 9), ["pump-replaced-not-stated"])],
)
def test_a_report_that_cannot_be_read_shows_that_the_pump_is_still_there(local: datetime, expected: list[str]) -> None:
    told = course(OLD_LIFE, IMPLANT, news=(News("ab" * 32, local),))
    assert said(told) == expected
    assert runs(told) == ("unknown", "newer-pump-implanted" if expected else "newer-export-unreadable")


# --- time -------------------------------------------------------------------------------------------------------------


def test_before_the_day_of_the_implant_nothing_is_known_of_it() -> None:
    before = datetime(2025, 5, 11, 22, 59, tzinfo=UTC)
    assert folded(OLD_LIFE, IMPLANT, as_of=before).course.pages == folded(OLD_LIFE, as_of=before).course.pages
    assert runs(course(OLD_LIFE, IMPLANT, as_of=datetime(2025, 5, 12, 9, tzinfo=UTC))) == REPLACED


def test_an_implant_in_the_future_comes_true_by_time() -> None:
    """As the sessions of every pump do: ten minutes before it begins, by the clock there."""
    before = folded(OLD_LIFE, IMPLANT, as_of=datetime(2025, 5, 1, tzinfo=UTC)).course
    assert before.next_change == datetime(2025, 5, 12, 8, 50, tzinfo=UTC)
    just = before.next_change - timedelta(microseconds=1)
    assert folded(OLD_LIFE, IMPLANT, as_of=just).course == before
    assert runs(course(OLD_LIFE, IMPLANT, as_of=before.next_change)) == REPLACED


def test_nothing_more_comes_true_of_a_pump_that_may_be_out() -> None:
    own = [at_10("2025-03-03", OLD, reservoir={"refill_by": "2025-08-20"})]
    late = datetime(2025, 12, 1, tzinfo=UTC)
    alone, told = course(own, as_of=late), course(own, IMPLANT, as_of=late)
    assert {one.kind for one in every(alone, Condition)} >= {"past-dry-date", "refill-missed"}
    assert every(told, Condition) == []
    assert runs(told) == REPLACED
    assert folded(own, IMPLANT).course.next_change is None


def test_what_had_come_true_before_stands() -> None:
    dry = at_10("2025-03-03", OLD, reservoir={"empty_date": "2025-05-01"})
    assert [one.kind for one in every(course([dry], IMPLANT), Condition)] == ["past-dry-date"]


def test_a_bolus_that_ran_is_not_known_to_have_ended() -> None:
    bolus = {"kind": "clinician", "start": "2025-05-12T09:00", "outcome": "running", "dose": q("10.0", "mcg")}
    own = [*OLD_LIFE, export("2025-05-12T09:10", found(continuous()), update="none", pump=OLD, boluses=[bolus])]
    assert [one.outcome for one in every(course(own), BolusFact, open_page=True)] == ["running"]
    assert [one.outcome for one in every(course(own, IMPLANT), BolusFact, open_page=True)] == [None]


def sheet(day: str, pump: Body) -> Body:
    """The refill sheet of a pump of constant flow."""
    state = {"tag": "as-left", "programme": {"mode": "constant-flow"}, "drugs": drugs()}
    fill = {"filled_at": day, "filled": q("20.0", "mL"), "drugs": drugs()}
    return export(day, state, kind="worksheet", pump=pump, refills=[fill])


def test_a_sheet_of_a_constant_flow_pump_tells_of_a_newer_pump() -> None:
    told = course(OLD_LIFE, other(sheet("2025-05-12", SHEET)))
    assert (runs(told), said(told)) == (REPLACED, ["pump-replaced-not-stated"])


def test_what_waits_for_a_measure_waits_no_more() -> None:
    own = [sheet("2025-03-03", {**SHEET, "implanted": "2019-01-07"})]
    assert runs(course(own)) == ("unknown", "not-measured")
    assert runs(course(own, IMPLANT)) == REPLACED


# --- arrival ----------------------------------------------------------------------------------------------------------

LIVES = [
    at_10("2025-05-12", NEW, type="implant"), look("2025-05-14", NEW),
    look("2025-05-20", {**NEW, "implanted": "2025-05-11"}),
    look("2025-05-28", NEW), look("2025-06-20", {**NEW, "implanted": "2025-05-10"}),
]  # fmt: skip
OWN = [*OLD_LIFE, look("2025-04-01", OLD), look("2025-05-11", OLD)]
DAYS = st.integers(min_value=0, max_value=60).map(lambda day: datetime(2025, 5, 1, tzinfo=UTC) + timedelta(days=day))
many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@many
@given(own=st.permutations(OWN), new=st.permutations(LIVES), as_of=DAYS)
def test_any_order_of_arrival_gives_the_same_course(own: list[Body], new: list[Body], as_of: datetime) -> None:
    assert folded(own, other(*new), as_of=as_of) == folded(OWN, other(*LIVES), as_of=as_of)


@many
@given(known=st.integers(min_value=1, max_value=4), as_of=DAYS)
def test_a_checkpoint_of_the_other_pump_says_what_its_sessions_say(known: int, as_of: datetime) -> None:
    until = datetime.fromisoformat(LIVES[known - 1]["session"]["start"]).replace(tzinfo=UTC) + timedelta(hours=2)
    state = folded(LIVES[:known], as_of=until).states[-1][1]
    kept = OtherPump(load_state(dump_state(state)), tuple(map(report, LIVES[known:])))
    later = max(as_of, until)
    assert folded(OWN, kept, as_of=later) == folded(OWN, other(*LIVES), as_of=later)


def test_the_bodies_of_these_lives_are_exports_of_two_pumps() -> None:
    assert {json.loads(json.dumps(body))["pump"]["serial"] for body in (*OWN, *LIVES)} == {"TX000001", "TX000002"}
