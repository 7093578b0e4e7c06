"""The fold: sessions in the order of the pump, and a time, become a course.

Promises: pure; the same sessions give the same course whatever the order of arrival; folding from a checkpoint gives
the same pages as folding from scratch; nothing moves continuously with `as_of`, and `next_change` names the next
instant at which something does. When an export was received is no input.

Pages since a filling are soft: a later session may revise the segments on them (revisions.py). A fold that begins after
a page that it would revise says so in `reaches`: whoever keeps pages folds again from before that page.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta

from bridge.course import (
    boluses,
    bridging,
    closing,
    conditions,
    constant_flow,
    deliveries,
    devices,
    dry,
    filling,
    found,
    hospital_pump,
    lasting,
    logbook,
    longevity,
    replaced,
    scans,
    tally,
)
from bridge.course.clocks import Instant, instant
from bridge.course.facts import (
    OPEN,
    DocumentFact,
    Mixture,
    PresenceFact,
    ProgrammeFact,
    Segment,
    SegmentReason,
    Source,
)
from bridge.course.hospital_pump import NOWHERE, Elsewhere
from bridge.course.pages import Course, Fact, Page
from bridge.course.programmes import drug_key
from bridge.course.remarks import Before, Condition, Finding, NewerPumpFact, NewsFact, SessionFact, StandingFact
from bridge.course.replaced import OtherPump
from bridge.course.revisions import Revision, reach, revise
from bridge.course.sessions import FUTURE_TOLERANCE, Report, Session, sessions_of
from bridge.course.state import State, Turn
from bridge.course.summary import summarise
from bridge.interrogation import Interrogation, Moment, stated

Notice = Callable[[Page, ProgrammeFact | None], Iterable[Finding]]
"""What is noticed on a session's page, given the programme in force after it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """What the fold needs to know of the site: its zone, and how old a reading may be and still be called current.

    Of hospital pumps: how old a message may be, and how often what moves by itself is observed.
    """

    zone: str
    max_age: timedelta
    infusion_max_age: timedelta = timedelta(hours=1)
    infusion_interval: timedelta = timedelta(minutes=15)


@dataclasses.dataclass(frozen=True, slots=True)
class News:
    """A newer export that cannot be read: its hash, and when by its own words (None: not even that)."""

    sha256: str
    local: datetime | None


@dataclasses.dataclass(frozen=True, slots=True)
class Folded:
    """A course's tail and the states after each of its sessions, for checkpoints.

    `reaches` is the earliest page before this tail that a session from `since` on revises; None: there is none.
    """

    course: Course
    states: tuple[tuple[str, State], ...]
    reaches: str | None = None


def fold(
    reports: Iterable[Report],
    as_of: datetime,
    settings: Settings,
    *,
    patient: str,
    notice: Notice,
    base: State | None = None,
    news: Sequence[News] = (),
    others: Sequence[OtherPump] = (),
    elsewhere: Elsewhere = NOWHERE,
    since: str = "",
) -> Folded:
    """Fold the reports that follow `base` (all, from scratch, without one) as of an aware instant.

    `others` are the same patient's other pumps, real with real and simulated with simulated. `since` is the position of
    the first change: what sessions before it revise is known already. `notice` finds what is noticed on a page: what
    has no end of its own stands until the next session. `elsewhere` is what a hospital pump told of other patients.
    """
    reports = list(reports)
    if hospital_pump.is_hospital_course(base, reports):
        return _of_hospital_pump(reports, as_of, settings, patient, base or State(), news, elsewhere)
    state, pages, states = base or State(), list[Page](), list[tuple[str, State]]()
    revisions: list[tuple[str, Revision]] = []
    coming: list[Session] = []
    implants = (report for report in reports if not report.interrogation.is_hospital_pump)  # others are kept, uncharted
    for session in sessions_of(implants):
        turn = Turn(state, session, settings.zone)
        if turn.start.utc > as_of + FUTURE_TOLERANCE:
            coming.append(session)
            continue
        _take(turn)
        page = turn.page()
        state = dataclasses.replace(turn.state, standing=_standing(page, turn.state.programme, notice))
        pages.append(page)
        states.append((session.position, state))
        revisions += [(session.position, revision) for revision in turn.revisions]
    open_page, next_change = _open_page(state, as_of, settings, news, coming, others)
    simulated = state.simulated or any(s.interrogation.is_simulated for s in coming)
    after = base.position if base else ""
    course = Course(patient, (*revise(pages, revisions), open_page), next_change, after, simulated)
    return Folded(course, tuple(states), reach(revisions, since, after) if base else None)


def _of_hospital_pump(
    reports: Iterable[Report], as_of: datetime, settings: Settings, patient: str, base: State, news: Sequence[News],
    elsewhere: Elsewhere,
) -> Folded:  # fmt: skip
    state, pages, states, coming = base, list[Page](), list[tuple[str, State]](), list[Session]()
    elsewhere = elsewhere.in_order()
    for session in sessions_of(reports):
        turn = Turn(state, session, settings.zone)
        if turn.start.utc > as_of + FUTURE_TOLERANCE:
            coming.append(session)
            continue
        hospital_pump.take(turn, elsewhere, settings.infusion_interval, settings.infusion_max_age)
        state = turn.state
        pages.append(turn.page())
        states.append((session.position, state))
    notes = _news(state, settings, news, coming)
    notes = sorted(notes, key=lambda note: (note.at.utc.isoformat() if note.at else "", note.discriminator))[:1]
    facts, times = hospital_pump.open_facts(
        state, as_of, settings.infusion_max_age, notes, elsewhere, settings.zone
    )  # fmt: skip
    if state.ward is None and coming:
        facts = [*hospital_pump.announced(Turn(State(), coming[0], settings.zone)), *notes]
    times += [_begins(session, settings).utc - FUTURE_TOLERANCE for session in coming]
    next_change = min((at for at in times if at > as_of), default=None)
    simulated = state.simulated or any(s.interrogation.is_simulated for s in coming)
    course = Course(patient, (*pages, Page(OPEN, tuple(facts))), next_change, base.position, simulated)
    return Folded(course, tuple(states))


def _take(turn: Turn) -> None:
    state = turn.state
    turn.emit(*(StandingFact(finding, turn.read) for finding in state.standing))
    turn.emit(*_documents(turn))
    told = turn.interrogation
    devices.learn(turn)
    turn.emit(_session_fact(turn, told, conditions.before(state)))
    found.compare(turn)
    deliveries.before_session(turn)
    bridging.settle(turn)
    dry.past(turn, turn.start)
    found.infusing(turn)
    deliveries.in_session(turn)
    boluses.follow(turn, state)
    closing.close(turn)
    lasting.stated_dry(turn)
    bridging.warn(turn)
    filling.still_doubted(turn)
    longevity.follow(turn)
    scans.follow(turn)
    logbook.review(turn, state)
    lasting.settle(turn, state)
    constant_flow.settle(turn, state)
    tally.reckon(turn, state)
    turn.emit(summarise(turn))
    _new_drugs(turn)
    conditions.remember(turn)
    turn.change(position=turn.session.position, last_read=turn.read, last_source=turn.source)


def _standing(page: Page, programme: ProgrammeFact | None, notice: Notice) -> tuple[Finding, ...]:
    return tuple(finding for finding in notice(page, programme) if finding.until is None)


def _documents(turn: Turn) -> list[DocumentFact]:
    session = turn.interrogation.session
    return [
        DocumentFact(
            source=dataclasses.replace(turn.source, exports=(report.sha256,), corrected=False),
            sha256=report.sha256,
            sha1=report.sha1,
            size=report.size,
            media_type=report.media_type,
            session_type=stated(session.type),
            end=_not_before_start(turn, turn.instant(session.end)),
        )
        for report in turn.session.reports
    ]


def _not_before_start(turn: Turn, end: Instant | None) -> Instant | None:
    return end if end is not None and end.utc >= turn.start.utc else None


def _session_fact(turn: Turn, told: Interrogation, before: Before) -> SessionFact:
    """All that the session says, what of it cannot be used included."""
    pump = turn.state.pump
    day = stated(pump.implanted.reading) if pump and pump.implanted else None
    early = day is not None and datetime.fromisoformat(turn.start.printed).date() < day
    return SessionFact(
        turn.source.session, turn.source, day if early else None, turn.session.disputed, told, pump,
        turn.state.catheter, before,
    )  # fmt: skip


def _new_drugs(turn: Turn) -> None:
    for fact in list(turn.facts):
        _see(turn, getattr(fact, "mixture", None))
    for holder in (turn.state.programme, turn.state.segment):
        _see(turn, holder.mixture if holder else None)
    if turn.state.mixture:
        _see(turn, turn.state.mixture.reading.value)


def _see(turn: Turn, mixture: object) -> None:
    if isinstance(mixture, Mixture) and mixture.drugs and drug_key(mixture) not in turn.state.drugs_seen:
        turn.change(drugs_seen=(*turn.state.drugs_seen, drug_key(mixture)))
        turn.emit(mixture)


def _begins(session: Session, settings: Settings) -> Instant:
    return Turn(State(), session, settings.zone).start


# --- the open page -------------------------------------------------------------------------------------------------


def _open_page(
    state: State, as_of: datetime, settings: Settings, news: Sequence[News], coming: list[Session],
    others: Sequence[OtherPump],
) -> tuple[Page, datetime | None]:  # fmt: skip
    facts: list[Fact] = []
    if state.pump is None and coming:
        facts += _announced(coming[0], settings)
    if state.pump is not None:
        facts += [state.pump, _presence(state)]
    facts += [
        fact
        for fact in (state.patient, state.catheter, state.programme, state.gap, state.incomplete)
        if fact is not None
    ]
    notes = _news(state, settings, news, coming)
    newer, times = replaced.newer_pumps(state, others, notes, as_of, settings.zone)
    doubt = replaced.instead(newer)
    running, ends = boluses.aged(state, as_of, settings.max_age, is_lost=doubt is not None)
    facts += [*state.alarms, *running, *conditions.standing(state, as_of), *map(StandingFact, state.standing)]
    facts += [*notes, *newer]
    segments, limits = _aged(state, as_of, settings, notes, doubt)
    facts += segments
    times += [*limits, *ends, *(one.due.utc for one in state.conditions if one.due is not None)]
    coming_true, dates = _coming_true(state, as_of, settings, doubt)
    facts += coming_true
    times += dates
    times += [_begins(session, settings).utc - FUTURE_TOLERANCE for session in coming]
    return Page(OPEN, tuple(facts)), min((t for t in times if t > as_of), default=None)


def _coming_true(
    state: State, as_of: datetime, settings: Settings, doubt: NewerPumpFact | None
) -> tuple[list[Condition], list[datetime]]:
    """What has come true by time alone, and when more of it does; nothing does once the pump may be out."""
    found = lasting.coming(state, settings.zone)
    found = tuple(one for one in found if doubt is None or one.since.utc < doubt.since.utc)
    true = [conditions.as_of_now(one, as_of) for one in found if one.since.utc <= as_of]
    return true, [at.utc for one in found for at in (one.since, one.due) if at is not None]


def _announced(session: Session, settings: Settings) -> list[Fact]:
    """The pump of a course of which nothing is known but a session in the future."""
    turn = Turn(State(), session, settings.zone)
    devices.learn(turn)
    return [turn.state.pump] if turn.state.pump is not None else []


def _presence(state: State) -> PresenceFact:
    pump = state.pump
    assert pump is not None, "asked only with a pump"
    name = None
    if state.mixture and state.mixture.reading.value:
        name = stated(state.mixture.reading.value.drugs[0].name)
    since: date | None = stated(pump.implanted.reading) if pump.implanted else None
    return PresenceFact(name, since, pump.explant_session.read if pump.explant_session else None)


def _aged(
    state: State, as_of: datetime, settings: Settings, notes: list[NewsFact], doubt: NewerPumpFact | None
) -> tuple[list[Segment], list[datetime]]:
    """The open segments as of now, and the instants at which the running one becomes old news. Source: law on old news.

    Nothing more is to become of them once a newer pump was implanted.
    """
    segment, unmeasured = state.segment, [state.unmeasured] if state.unmeasured is not None else []
    if doubt is not None:
        return [replaced.not_known(one, doubt) for one in ([segment] if segment else []) + unmeasured], []
    if segment is None:
        return unmeasured, []
    limits: list[tuple[datetime, SegmentReason]] = [(segment.last_confirmed.utc + settings.max_age, "too-old")]
    if state.dry_at is not None:
        limits.append((state.dry_at, "past-dry-date"))
    if state.bridge_until is not None:
        limits.append((state.bridge_until.utc, "not-read-since"))
    limits += [(as_of, _REASONS[note.kind]) for note in notes]
    passed = sorted((limit for limit in limits if limit[0] <= as_of), key=lambda limit: _RANK.index(limit[1]))
    if passed:
        segment = dataclasses.replace(segment, status="unknown", certainty="unknown", reason=passed[0][1])
    return [segment, *unmeasured], [limit[0] for limit in limits]


_REASONS: dict[str, SegmentReason] = {"unreadable": "newer-export-unreadable", "future": "newer-export-in-future"}
_RANK: tuple[SegmentReason, ...] = (
    "newer-export-unreadable", "newer-export-in-future", "past-dry-date", "too-old", "not-read-since",
)  # fmt: skip


def _news(state: State, settings: Settings, news: Sequence[News], coming: list[Session]) -> list[NewsFact]:
    facts = [
        _unreadable(state, settings, item) for item in sorted(news, key=lambda n: n.sha256) if _is_newer(state, item)
    ]
    for session in coming:
        turn = Turn(state, session, settings.zone)
        facts.append(NewsFact("future", session.discriminator, turn.source, turn.start))
    return [fact for fact in facts if fact is not None]


def _is_newer(state: State, item: News) -> bool:
    if state.last_source is None or item.local is None:
        return True
    return item.local > datetime.fromisoformat(state.last_source.start.printed)


def _unreadable(state: State, settings: Settings, item: News) -> NewsFact | None:
    if state.last_source is None:
        return None
    at = instant(Moment(item.local, "minute"), None, settings.zone) if item.local else None
    last = state.last_source
    source = Source((item.sha256,), item.sha256, at or last.read, at or last.read)
    return NewsFact("unreadable", item.sha256, source, at)
