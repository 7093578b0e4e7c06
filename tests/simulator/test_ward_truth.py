"""Charted courses of hospital pumps against what the simulated pumps really delivered.

What is charted as recorded at both ends is a run of the pump, to the displayed digit. What is charted as seen was
delivered at every moment at which a message shows it; of a pump that tells its events, at every moment between them.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.hl7v2_pcd import ADAPTER
from bridge.course.fold import Settings, fold
from bridge.course.hospital_pump import Elsewhere
from bridge.course.infusion_facts import Infusion, InfusionAlarm
from bridge.course.pages import Course
from bridge.course.sessions import Report, placed
from bridge.findings.noticed import on_page
from bridge.quantity import Quantity
from bridge.simulator.ward.library import CLINICIAN, PRIMARY, SECONDARY
from bridge.simulator.ward.pump import Run
from bridge.simulator.ward.rows import dose, millilitres
from bridge.simulator.ward.traffic import Life, Order, Sent
from tests.course.building import every

BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)
ZONE = "Atlantic/Reykjavik"
SETTINGS = Settings(ZONE, timedelta(days=400))
PLACES = {"1.1.2": PRIMARY, "1.1.3": SECONDARY, "1.1.4": CLINICIAN}


@dataclass
class Told:
    """One pump's life as its messages tell it: reports by patient, and the course of each."""

    life: Life
    sent: list[Sent]
    reports: dict[str, list[Report]]
    courses: dict[str, Course]

    @property
    def runs(self) -> list[Run]:
        return self.life.pump.truth()

    @property
    def tells_events(self) -> bool:
        return any(one.transaction == "PCD-10" for one in self.sent)

    @property
    def infusions(self) -> list[tuple[str, Infusion]]:
        return [(name, one) for name, course in self.courses.items() for one in every(course, Infusion)]


def lived(seed: int, number: int, hours: int = 48, interval: int = 900) -> Told:
    """A life, its messages read by the adapter, and its courses folded as of its end."""
    order = Order(1, hours, seed, BEGIN, interval)
    life = Life(order, number)
    sent = list(life.sent())
    reports: dict[str, list[Report]] = defaultdict(list)
    for one in sent:
        for report in _reports(one.content):
            named = report.interrogation.patient.identifier
            reports[named.text if named else ""].append(report)
    courses = {name: _course(name, reports, order.until) for name in reports if name}
    return Told(life, sent, reports, courses)


def _reports(content: bytes) -> Iterator[Report]:
    sums = hashlib.sha256(content).hexdigest(), hashlib.sha1(content).hexdigest()
    for one in ADAPTER.read(content):
        yield Report(*sums, len(content), ADAPTER.media_type, *placed(one, ZONE), one)


def _course(name: str, reports: dict[str, list[Report]], as_of: datetime) -> Course:
    own = reports[name]
    newest = max(one.position for one in own)
    others = tuple(one for other, theirs in reports.items() if other not in (name, "") for one in theirs)
    later = (one for one in reports.get("", ()) if one.position > newest)
    unnamed = min(later, key=lambda one: one.position, default=None)
    elsewhere = Elsewhere(others, unnamed)
    return fold(own, as_of, SETTINGS, patient=name, notice=on_page, elsewhere=elsewhere).course


def matches(one: Infusion, run: Run) -> bool:
    """Whether an infusion has the source and the settings of a run."""
    rate = Quantity(Decimal(run.settings.flow).scaleb(-2), "mL/h")
    same = PLACES[one.address] == run.source and one.rate is not None and one.rate.reading.value == rate
    drug = one.drug is not None and one.drug.reading.value == run.settings.fluid.name
    strength = one.concentration.reading.value if one.concentration else None
    stated = run.settings.fluid.strength
    return same and drug and (strength.value if strength else None) == stated


def recorded(one: Infusion) -> bool:
    return one.start_certainty == one.end_certainty == "recorded"


# --- the judgement ----------------------------------------------------------------------------------------------------


def wrong(told: Told) -> list[str]:
    """What the charts say otherwise than it was."""
    found: list[str] = []
    for name, one in told.infusions:
        if recorded(one):
            found += _wrong_record(one, name, told)
        elif one.start_certainty == "recorded" and told.tells_events:
            found += _not_delivered(one, name, told.runs)
        if one.start_certainty == "inferred" and (one.volume or one.dose):
            found.append(f"{one.discriminator}: an amount of which a part may lie before what is charted")
        found += _not_seen(one, name, told)
    return [*found, *_missing(told)]


def _wrong_record(one: Infusion, patient: str, told: Told) -> Iterator[str]:
    """An infusion that is recorded at both ends is one run, with its volume and dose."""
    assert one.end is not None
    run = next((run for run in told.runs if (run.start, run.end) == (one.start.utc, one.end.utc)), None)
    if run is None or not matches(one, run) or run.patient is None or run.patient.identifier != patient:
        yield f"{one.discriminator}: no such run {one.start.utc} to {one.end.utc}"
        return
    if one.volume is None or one.volume.reading.value != Quantity(Decimal(millilitres(run.units)), "mL"):
        yield f"{one.discriminator}: {one.volume} charted, {millilitres(run.units)} mL delivered"
    strength = run.settings.fluid.strength
    if strength is not None and (
        one.dose is None
        or one.dose.reading.value != Quantity(Decimal(dose(run.units, run.settings)), run.settings.fluid.unit)
    ):
        yield f"{one.discriminator}: {one.dose} charted, {dose(run.units, run.settings)} delivered"
    follows = any(other.source == run.source and other.start == run.end for other in told.runs)
    if (one.status == "stopped") != (run.ended == "stopped" and not follows):
        yield f"{one.discriminator}: {one.status} charted, {run.ended} in truth"
    if (run.source == CLINICIAN) != one.bolus or one.bolus != (one.part_of is not None):
        yield f"{one.discriminator}: bolus {one.bolus}, part of {one.part_of}"


def _upto(one: Infusion) -> datetime:
    """Until when an infusion is claimed to have delivered."""
    return (one.end or one.last_confirmed).utc


def _not_delivered(one: Infusion, patient: str, runs: Sequence[Run]) -> Iterator[str]:
    """Where a START was told, all of what is claimed up to the last confirmation was delivered by that run."""
    run = next((run for run in runs if run.start == one.start.utc and matches(one, run)), None)
    if run is None or _upto(one) > run.end:
        yield f"{one.discriminator}: claimed to {_upto(one)}, ran {run}"


def _not_seen(one: Infusion, patient: str, told: Told) -> Iterator[str]:
    """At every moment of a snapshot within what is claimed, it was delivered so."""
    for report in told.reports[patient]:
        at = _start(report)
        is_claimed = is_snapshot(report) and one.start.utc <= at < _upto(one)
        if is_claimed and not any(run.start <= at < run.end and matches(one, run) for run in told.runs):
            yield f"{one.discriminator}: claimed at {at}, not delivered"


def is_snapshot(report: Report) -> bool:
    kind = report.interrogation.kind
    return kind is not None and kind.value == "snapshot"


def _start(report: Report) -> datetime:
    start = report.interrogation.session.start
    assert start is not None
    assert start.value is not None
    return start.value.local.replace(tzinfo=UTC)


def _missing(told: Told) -> Iterator[str]:
    """Every run whose START and end were told, and that was never silent for too long, is charted as recorded."""
    charted = {(one.address, one.start.utc, one.end.utc) for _, one in told.infusions if recorded(one) and one.end}
    heard = _heard(told.sent)
    for run in told.runs:
        place = next(place for place, source in PLACES.items() if source == run.source)
        whole = {("delivery-start", place, run.start), ("end", place, run.end)} <= heard
        if whole and not _was_silent(told, run) and (place, run.start, run.end) not in charted:
            yield f"{place} {run.start} to {run.end} ({run.ended}) is not charted"


def _was_silent(told: Told, run: Run) -> bool:
    """Whether nothing was told of delivery in the midst of a run for longer than the site allows: nobody knows."""
    reports = (report for name, theirs in told.reports.items() if name for report in theirs if _of_delivery(report))
    times = sorted({at for at in map(_start, reports) if run.start <= at <= run.end})
    return any(later - one > SETTINGS.infusion_max_age for one, later in pairwise(times))


def _of_delivery(report: Report) -> bool:
    line = report.interrogation.channel.infusion
    return line is not None and bool(line.sources)


def _heard(sent: Iterable[Sent]) -> set[tuple[str, str, datetime]]:
    found = set()
    for one in sent:
        if one.transaction != "PCD-10":
            continue
        for report in _reports(one.content):
            for event in report.interrogation.channel.infusion.events:  # type: ignore[union-attr]
                if event.kind is not None and event.source is not None:
                    kind = event.kind.text if event.kind.value is None else event.kind.value
                    kind = kind if kind == "delivery-start" else "end"
                    found.add((kind, event.source.text.removesuffix(".0"), _start(report)))
    return found


# --- lives ------------------------------------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6), number=st.integers(0, 8))
def test_what_is_charted_was_delivered(seed: int, number: int) -> None:
    assert wrong(lived(seed, number)) == []


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6), number=st.integers(0, 8))
def test_it_was_delivered_where_messages_are_a_minute_apart(seed: int, number: int) -> None:
    assert wrong(lived(seed, number, hours=12, interval=60)) == []


def test_most_of_what_pumps_tell_of_by_events_is_recorded_and_the_rest_is_seen() -> None:
    kinds = Counter[tuple[bool, bool]]()
    for seed in range(9):
        told = lived(seed, seed)
        kinds.update((told.tells_events, recorded(one)) for _, one in told.infusions)
    assert kinds[True, True] > 5 * kinds[True, False] > 0
    assert (kinds[False, True], kinds[False, False] > 20) == (0, True)


def test_alarms_are_charted_from_their_start_to_their_end() -> None:
    ended = 0
    for seed in range(8):
        told = lived(seed, seed)
        stated = _phases(told)
        for course in told.courses.values():
            for one in every(course, InfusionAlarm):
                assert one.told.parent is not None
                phases = stated[one.told.parent.text]
                since, until = phases.get("start"), phases.get("end")
                assert (one.since.utc if one.since else None) == since
                assert (one.until.utc if one.until else None) == until
                ended += one.status == "ended"
    assert ended > 10


def _phases(told: Told) -> dict[str, dict[str, datetime]]:
    found: dict[str, dict[str, datetime]] = defaultdict(dict)
    for name, theirs in told.reports.items():
        for report in theirs if name else ():
            for event in report.interrogation.channel.infusion.events:  # type: ignore[union-attr]
                if event.phase is not None and event.parent is not None:
                    found[event.parent.text][event.phase.text] = _start(report)
    return found
