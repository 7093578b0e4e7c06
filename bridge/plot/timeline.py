"""What is drawn of a course: dose, reservoir volume, marks, and the intervals in which delivery is not known.

Promises: only what the course holds; an interval that nothing supports is unknown, never joined up; a pump that does
not infuse has no dose, never a dose of 0; what the bridge calculated is apart from what was stated. No name and no
patient identifier. Instants are UTC. Must not know pixels.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal, TypeVar

from bridge.chart.wording import alarm_words, capital, day_words, drug_name, event_words, said
from bridge.course.clocks import Instant
from bridge.course.facts import (
    AlarmFact,
    BolusFact,
    EventFact,
    FillFact,
    Gap,
    PresenceFact,
    PumpFact,
    Segment,
)
from bridge.course.forecast import ForecastFact
from bridge.course.infusion_facts import AnnouncedPump, HospitalPumpFact
from bridge.course.pages import Course
from bridge.course.panel import SummaryFact
from bridge.course.programmes import daily_dose
from bridge.course.remarks import SessionFact
from bridge.interrogation import ALARM_CODES, Reading, stated
from bridge.quantity import EXACT, Quantity

T = TypeVar("T")
Support = Literal["recorded", "inferred", "expected"]
How = Literal["filled", "calculated", "measured", "other"]
LANES = ("refills", "boluses", "alarms", "events", "sessions")
Lane = Literal["refills", "boluses", "alarms", "events", "sessions"]
HORIZON = timedelta(days=400)  # so far ahead of the instant the picture goes
_DOUBTED = ("delivery-doubtful",)  # nothing of such a segment is supported, not even its beginning


@dataclass(frozen=True, slots=True)
class Span:
    """From an instant to another."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Piece(Span):
    """An interval in which a programme ran, and its daily dose in ug/d: None where no single dose was programmed.

    `expected`: left running at the last reading, and not read since.
    """

    dose: Decimal | None
    support: Support


@dataclass(frozen=True, slots=True)
class Point:
    """A stated reservoir volume in mL, and how it is known."""

    at: datetime
    volume: Decimal
    how: How
    words: str


@dataclass(frozen=True, slots=True)
class Calculated:
    """A course of the reservoir volume that the bridge reckoned: from a volume in mL at an instant to what is left."""

    at: datetime
    volume: Decimal
    until: datetime
    left: Decimal
    words: str


@dataclass(frozen=True, slots=True)
class Dated:
    """A date of the reservoir: low, empty or to be refilled by; stated by the pump, or calculated by the bridge."""

    at: datetime
    words: str
    calculated: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened, in its lane; `until` where it lasted."""

    lane: Lane
    at: datetime
    words: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """A course as it is drawn, from `start` to `end`; nothing is known after `as_of`.

    `earlier` rows of the log are dated before the start and not drawn.
    """

    pump: str
    drug: str
    start: datetime
    end: datetime
    as_of: datetime
    read: Instant | None
    pieces: tuple[Piece, ...] = ()
    stopped: tuple[Span, ...] = ()
    unknown: tuple[Span, ...] = ()
    points: tuple[Point, ...] = ()
    forecast: tuple[Calculated, ...] = ()
    dates: tuple[Dated, ...] = ()
    marks: tuple[Mark, ...] = ()
    earlier: int = 0
    simulated: bool = False


def timeline(course: Course, as_of: datetime, *, calculated: bool = True) -> Timeline | None:
    """What is drawn of a course as of an instant; None where nothing of it has happened by then.

    Without `calculated`, nothing that the bridge reckoned is drawn.
    """
    pieces = [piece for segment in of_kind(course, Segment) for piece in _pieces(segment, as_of)]
    stopped = [span for gap in of_kind(course, Gap) for span in _stopped(gap, as_of)]
    points = [point for point in _points(course) if point.at <= as_of]
    marks = [mark for mark in _marks(course) if mark.at <= as_of]
    start = _start([*pieces, *stopped], points, marks)
    if start is None:
        return None
    known = Timeline(
        pump=_pump(course),
        drug=_drug(of_kind(course, Segment)),
        start=start,
        end=as_of,
        as_of=as_of,
        read=last_read(course),
        pieces=tuple(sorted(pieces, key=lambda piece: piece.start)),
        stopped=tuple(sorted(stopped, key=lambda span: span.start)),
        points=tuple(sorted(points, key=lambda point: point.at)),
        marks=tuple(sorted(_since(start, marks), key=lambda mark: (LANES.index(mark.lane), mark.at))),
        earlier=sum(mark.at < start for mark in marks),
        simulated=course.simulated,
    )
    return _ahead(course, known, calculated)


def _start(spans: list[Span], points: list[Point], marks: list[Mark]) -> datetime | None:
    """When the picture begins. Rows of the log do not decide it: a clock that was never set dates them long before."""
    begun = [span.start for span in spans] + [point.at for point in points]
    return min([*begun, *(mark.at for mark in marks if mark.lane != "events")], default=None)


def _since(start: datetime, marks: Iterable[Mark]) -> Iterator[Mark]:
    return (mark for mark in marks if mark.at >= start)


def _ahead(course: Course, known: Timeline, calculated: bool) -> Timeline:
    """The timeline with what is not known, and with what lies ahead of the reservoir, up to the horizon."""
    explanted, last = _explanted(course), known.as_of + HORIZON
    over = min(known.as_of, explanted or known.as_of)
    unknown = _between([*known.pieces, *known.stopped], _first_read(course) or known.start, over)
    if explanted:
        return dataclasses.replace(known, unknown=tuple(unknown))
    dates = [one for one in _dates(course, calculated) if one.at > known.start]
    forecast = [_cut(line, last) for line in _forecast(course)] if calculated else []
    ends = [line.until for line in forecast] + [one.at for one in dates if one.at <= last]
    return dataclasses.replace(
        known,
        end=max([known.as_of, *ends]),
        unknown=tuple(unknown),
        forecast=tuple(forecast),
        dates=tuple(sorted(dates, key=lambda one: (one.at, one.words))),
    )


def of_kind(course: Course, kind: type[T]) -> list[T]:
    """The facts of a kind on all pages, in the order of the pages."""
    return [fact for page in course.pages for fact in page.facts if isinstance(fact, kind)]


def _pump(course: Course) -> str:
    fact = next(reversed(of_kind(course, PumpFact)), None)
    if fact is None:
        return "NOT RECORDED"
    names = (fact.manufacturer, fact.model, fact.serial)
    return " ".join(stated(known.reading) or "NOT RECORDED" for known in names)


def last_read(course: Course) -> Instant | None:
    """As of when the pump was read last."""
    reads = [fact.source.read for fact in of_kind(course, SessionFact)]
    stays = [fact for fact in of_kind(course, HospitalPumpFact) if not isinstance(fact, AnnouncedPump)]
    reads += [fact.heard or fact.source.read for fact in stays]
    return max(reads, key=lambda at: at.utc, default=None)


def _first_read(course: Course) -> datetime | None:
    """As of when the pump was read first: of the time before, nothing is said, not even that it is not known."""
    return min((fact.source.read.utc for fact in of_kind(course, SessionFact)), default=None)


def _explanted(course: Course) -> datetime | None:
    return next((fact.until.utc for fact in of_kind(course, PresenceFact) if fact.until), None)


def _drug(segments: list[Segment]) -> str:
    """The primary drug of all segments by name; '' where there are several, or none is stated."""
    mixtures = [segment.mixture for segment in segments if segment.mixture and segment.mixture.drugs]
    names = {drug_name(mixture.drugs[0].name) for mixture in mixtures}
    return names.pop() if len(names) == 1 else ""


# --- what ran -------------------------------------------------------------------------------------------------------


def _pieces(segment: Segment, as_of: datetime) -> Iterator[Piece]:
    """The part of a segment that is supported, and for a running one what is expected since."""
    if segment.reason in _DOUBTED:
        return
    start = segment.start.utc
    over = segment.end if segment.status in ("completed", "stopped") else None
    until = min((over or segment.last_confirmed).utc, as_of)
    dose = _dose(segment)
    support: Support = "inferred" if segment.certainty == "inferred" else "recorded"
    if until > start:
        yield Piece(start, until, dose, support)
    if segment.status == "running" and as_of > max(start, until):
        yield Piece(max(start, until), as_of, dose, "expected")


def _dose(segment: Segment) -> Decimal | None:
    """The programmed daily dose in ug/d; None for a bridge and for a line that still holds another mixture."""
    if segment.bridge or segment.line is not None:
        return None
    daily = daily_dose(segment.settings)
    return daily.value if daily else None


def _stopped(gap: Gap, as_of: datetime) -> Iterator[Span]:
    """Where the pump is known not to have infused: up to its end, else up to the last reading that says so."""
    start, end = gap.start.utc, (gap.end or gap.last_confirmed).utc
    if gap.closed and gap.end is None:
        end = start  # over by then, and since when is not known
    if min(end, as_of) > start:
        yield Span(start, min(end, as_of))


def _between(known: Iterable[Span], start: datetime, end: datetime) -> Iterator[Span]:
    """The intervals that none of the spans covers."""
    at = start
    for span in sorted(known, key=lambda one: one.start):
        if span.start > at:
            yield Span(at, min(span.start, end))
        at = max(at, span.end)
    if at < end:
        yield Span(at, end)


# --- what is ahead of the reservoir ---------------------------------------------------------------------------------

_KINDS = {"low": "low reservoir alarm", "empty": "empty", "refill-by": "refill by"}
_TAKEN = {"": "", "none": ", no patient bolus taken", "all": ", every allotted patient bolus taken"}


def _newest(course: Course) -> ForecastFact | None:
    return next(reversed(of_kind(course, ForecastFact)), None)


def _forecast(course: Course) -> Iterator[Calculated]:
    """From the expected residual to each calculated empty date."""
    fact = _newest(course)
    if fact is None or fact.residual is None:
        return
    for found in fact.dates:
        if found.kind == "empty":
            words = f"Reservoir volume as forecast from {fact.at.words}{_TAKEN[found.taken]}"
            yield Calculated(fact.at.utc, fact.residual.quantity.value, found.at.utc, Decimal(0), words)


def _cut(line: Calculated, last: datetime) -> Calculated:
    """The line up to the horizon, with what is left there."""
    if line.until <= last or line.at >= last:
        return line
    ahead, whole = (Decimal(int((at - line.at).total_seconds())) for at in (last, line.until))
    gone = EXACT.divide(EXACT.multiply(line.volume, ahead), whole)
    return dataclasses.replace(line, until=last, left=EXACT.subtract(line.volume, gone))


def _dates(course: Course, calculated: bool) -> Iterator[Dated]:
    """The dates that the newest session states, and those that were calculated as of its reading."""
    summary, fact = next(reversed(of_kind(course, SummaryFact)), None), _newest(course)
    if summary is not None:
        stated_dates = (("low", summary.low_date), ("empty", summary.empty_date), ("refill-by", summary.refill_by))
        for kind, reading in stated_dates:
            day = stated(reading)
            if day is not None:
                yield Dated(_midnight(day), f"{capital(_KINDS[kind])} {day_words(day)}, stated by the pump", False)
    for found in fact.dates if fact is not None and calculated else ():
        words = f"{capital(_KINDS[found.kind])} {found.at.words}{_TAKEN[found.taken]}, calculated by pumpbridge"
        yield Dated(found.at.utc, words, True)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0, 0), UTC)


# --- volumes and marks ----------------------------------------------------------------------------------------------


def _points(course: Course) -> Iterator[Point]:
    for fact in of_kind(course, SummaryFact):
        yield from _point(fact.volume, fact.source.read, None)
    for fill in of_kind(course, FillFact):
        yield from _point(fill.aspirated, fill.aspirated_at or fill.at, "measured")
        yield from _point(fill.filled, fill.at, "filled")


_HOW: dict[str, How] = {"calculated": "calculated", "sensed": "measured", "aspirated": "measured"}
_SAID: dict[How, str] = {
    "filled": "filled", "calculated": "calculated by the pump", "measured": "sensed or aspirated", "other": "stated",
}  # fmt: skip


def _point(reading: Reading[Quantity] | None, at: Instant, how: How | None) -> Iterator[Point]:
    volume = stated(reading)
    if reading is not None and volume is not None:
        known = how or _HOW.get(reading.how or "", "other")
        yield Point(at.utc, volume.to("mL").value, known, f"{said(reading)}, {_SAID[known]}, {at.words}")


def _marks(course: Course) -> Iterator[Mark]:
    for fill in of_kind(course, FillFact):
        yield Mark("refills", fill.at.utc, f"Refill {fill.at.words}, filled {said(fill.filled)}")
    for bolus in of_kind(course, BolusFact):
        words = f"Bolus by the {bolus.kind} {bolus.start.words}, {said(bolus.dose)}"
        yield Mark("boluses", bolus.start.utc, words, bolus.end.utc if bolus.end else None)
    yield from _alarms(of_kind(course, AlarmFact))
    for event in of_kind(course, EventFact):
        code = stated(event.event.code) or "other"
        prefix = "alarm:" if code in ALARM_CODES and code != "other" else "event:"
        yield Mark("events", event.at.utc, f"{capital(event_words(event.event, prefix))}, {event.at.words}")
    for session in of_kind(course, SessionFact):
        yield Mark("sessions", session.source.start.utc, f"Session {session.source.start.words}")


def _alarms(facts: Iterable[AlarmFact]) -> Iterator[Mark]:
    for fact in facts:
        until = fact.until or fact.last_read
        ended = f"over {fact.until.words}" if fact.until else f"in force as read {fact.last_read.words}"
        words = f"Alarm {alarm_words(fact.alarm)} since {fact.since.words}, {ended}"
        yield Mark("alarms", fact.since.utc, words, until.utc)
