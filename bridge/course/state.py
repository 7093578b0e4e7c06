"""What the fold carries from one session to the next, and the turn of one session.

Promises: a State is small, bounded and serialisable: it is the checkpoint. A Turn is the only mutable thing here; it
lives for one session, collects that session's page and leaves a new State behind.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache

from pydantic import TypeAdapter

from bridge.course import plausible
from bridge.course.clocks import Instant, instant
from bridge.course.facts import (
    AlarmFact,
    BolusFact,
    CatheterFact,
    FillFact,
    Gap,
    Known,
    Mixture,
    PatientFact,
    ProgrammeFact,
    PumpFact,
    Segment,
    Source,
    UpdateDoubt,
)
from bridge.course.forecast import ObservedFlow, Tally
from bridge.course.line import Line
from bridge.course.pages import Fact, Page
from bridge.course.panel import MixtureChange
from bridge.course.plausible import contradicts_update, is_misdated
from bridge.course.remarks import Condition, Finding, IncompleteFact
from bridge.course.revisions import Revision
from bridge.course.sessions import Session
from bridge.course.ward import Ward
from bridge.identity import shared_key
from bridge.interrogation import Channel, Interrogation, Longevity, Moment, Reading, Reservoir, stated
from bridge.interrogation import State as PumpState
from bridge.quantity import Quantity

VERSION = 1
EVENTS_REMEMBERED = 6000  # more than the longest log that an adapter reads
DELIVERIES_REMEMBERED = 1024
A_DAY = plausible.A_DAY


@dataclass(frozen=True, slots=True)
class State:
    """The course as of one session: everything that a later session may still change or build on."""

    version: int = VERSION
    position: str = ""
    last_read: Instant | None = None
    last_source: Source | None = None
    pump: PumpFact | None = None
    patient: PatientFact | None = None
    catheter: CatheterFact | None = None
    programme: ProgrammeFact | None = None
    segment: Segment | None = None
    bridge_until: Instant | None = None  # when a bridge, or a line that clears, is due to be over
    line: Line | None = None  # what tubing and catheter still hold of the mixture before a change
    gap: Gap | None = None
    alarms: tuple[AlarmFact, ...] = ()
    incomplete: IncompleteFact | None = None
    mixture: Known[Mixture] | None = None
    fill: FillFact | None = None
    filled_on: str = ""  # the position of the page on which the last filling stands: pages from there on are soft
    filled_at: datetime | None = None
    filled_as: str = ""
    claimed_until: datetime | None = None  # up to when sealed segments say that something ran
    last_fill: Known[Instant] | None = None
    last_change: Known[str] | None = None
    dry_at: datetime | None = None
    dry_stated: bool = False
    dry_over: int = 0  # how often this filling was called dry and turned out not to be
    volume_ml: Decimal | None = None
    volume_at: datetime | None = None
    held_back: bool = False
    drugs_seen: tuple[str, ...] = ()
    events_seen: tuple[str, ...] = ()
    deliveries_seen: tuple[str, ...] = ()
    boluses: tuple[BolusFact, ...] = ()
    reservoir: Reservoir | None = None
    longevity: Longevity | None = None
    conditions: tuple[Condition, ...] = ()
    eri_denied: Instant | None = None  # the last reading that stated that the replacement indicator is not reached
    tally: Tally | None = None  # what has left since the last filling
    alarm_volume: Known[Quantity] | None = None
    unmeasured: Segment | None = None  # of a constant-flow pump, since its last filling
    observed: ObservedFlow | None = None
    last_mri: Known[Instant] | None = None
    last_mixture: MixtureChange | None = None
    standing: tuple[Finding, ...] = ()  # of the newest session, without an end of their own
    simulated: bool = False
    ward: Ward | None = None  # of a hospital pump's course, which has nothing else but patient, position and last read


_FIELDS = {field.name: getattr(State, field.name).__set__ for field in dataclasses.fields(State)}
"""How each field of a State that is being made is set: the dataclass itself is frozen."""


@cache
def _states() -> TypeAdapter[State]:
    return TypeAdapter(State)


def dump_state(state: State) -> bytes:
    """A state as a checkpoint's bytes."""
    return _states().dump_json(state, exclude_defaults=True)


def load_state(content: bytes) -> State:
    """A state from a checkpoint's bytes; raises pydantic's ValidationError on another version's shape."""
    return _states().validate_json(content)


class Turn:
    """One session being folded into the state: the session, its source, its page so far, and the state so far."""

    def __init__(self, state: State, session: Session, site_zone: str) -> None:
        self.state = state
        self.session = session
        self.site_zone = site_zone
        self.facts: list[Fact] = []
        self.revisions: list[Revision] = []
        self.source = self._source()
        self._ordinals: dict[str, int] = {}

    @property
    def interrogation(self) -> Interrogation:
        """What the session's reports say together."""
        return self.session.interrogation

    @property
    def channel(self) -> Channel:
        """The implant's one channel."""
        return self.session.interrogation.channel

    @property
    def export(self) -> str:
        """The export that a stated value of this session is cited from."""
        return self.source.exports[0]

    @property
    def start(self) -> Instant:
        """The start of the session."""
        return self.source.start

    @property
    def read(self) -> Instant:
        """The instant as of which the pump was read."""
        return self.source.read

    @property
    def update(self) -> str | None:
        """none, completed, not-completed, or None where the export does not say."""
        return stated(self.interrogation.session.update)

    @property
    def found(self) -> PumpState | None:
        """The state as found; where the session states that nothing was updated, as left says it too."""
        found = self.channel.state("as-found") or self.channel.state("observed")
        if found is None and self.update == "none":
            return self.channel.state("as-left")
        return found

    @property
    def left(self) -> PumpState | None:
        """The state as left by an update that completed; None where none did, or where that is not known."""
        if self.update == "none" or self.in_doubt is not None:
            return None
        return self.channel.state("as-left")

    @property
    def in_doubt(self) -> UpdateDoubt | None:
        """Why what this session left in the pump is not known: its update did not complete, or says what cannot be."""
        update = self.interrogation.session.update
        if self.update == "not-completed":
            return "session-not-completed"
        if update is not None and update.value is None:
            return "update-unreadable"
        return "update-contradicts" if contradicts_update(self.interrogation) else None

    @property
    def misdated(self) -> bool:
        """Whether the state as left is dated at a time that this session cannot explain."""
        return self.left is not None and is_misdated(self.interrogation, self.source)

    @property
    def left_at(self) -> Instant:
        """Since when the state as left holds: its time, or the end of the session where that is not to be used."""
        at = self.within(self.left.at) if self.left is not None else None
        if at is None or self.misdated or (len(at.fhir) == 10 and at.utc < self.start.utc):
            return self.read
        return at

    @property
    def day(self) -> Instant:
        """The session's day: when something was done in it whose time is not recorded."""
        return dataclasses.replace(self.start, fhir=self.start.fhir[:10], ambiguous=True)

    def emit(self, *facts: Fact) -> None:
        """Seal facts on this session's page."""
        self.facts.extend(facts)

    def change(self, **fields: object) -> None:
        """Change the state; raises TypeError for a field that it has not.

        What a fold puts into it is its own: it is not validated again, which took a third of the fold's time.
        """
        if not fields.keys() <= _FIELDS.keys():
            raise TypeError(f"a state has no field {sorted(fields.keys() - _FIELDS.keys())}")
        before = self.state
        if all(getattr(before, name) is value for name, value in fields.items()):
            return
        self.state = made = object.__new__(State)
        for name, put in _FIELDS.items():
            put(made, fields[name] if name in fields else getattr(before, name))

    def instant(self, reading: Reading[Moment] | None) -> Instant | None:
        """The instant of a printed time of this session, or None where it is absent or unreadable."""
        moment = stated(reading)
        if moment is None:
            return None
        return instant(moment, stated(self.interrogation.clocks.zone), self.site_zone)

    def within(self, reading: Reading[Moment] | None) -> Instant | None:
        """The instant of what this session can tell of: None where it lies a day or more after the session."""
        at = self.instant(reading)
        latest = max(self.start.utc, self.read.utc) + A_DAY
        return at if at is None or at.utc < latest else None

    def named(self, kind: str, at: Instant, number: str | None = None) -> str:
        """A discriminator: the pump's own number, else the printed time and its ordinal in this session.

        A number that an earlier delivery of this kind had at another time carries its own time too.
        """
        if number:
            had = [known for known in self.state.deliveries_seen if known.startswith(f"{kind} event {number} ")]
            reused = had and f"{kind} event {number} @{at.printed}" not in had
            return f"event {number} {at.printed}" if reused else f"event {number}"
        place = f"{kind} {at.printed}"
        self._ordinals[place] = self._ordinals.get(place, 0) + 1
        return f"{at.printed}/{self._ordinals[place]}"

    def is_new(self, kind: str, discriminator: str, at: Instant) -> bool:
        """Whether no earlier report told of this filling or bolus; remembers it. Overlapping reports merge so."""
        identity = f"{kind} {discriminator} @{at.printed}"
        if identity in self.state.deliveries_seen:
            return False
        self.change(deliveries_seen=(*self.state.deliveries_seen, identity)[-DELIVERIES_REMEMBERED:])
        return True

    def page(self) -> Page:
        """The sealed page of this session."""
        return Page(self.session.position, tuple(self.facts))

    def _source(self) -> Source:
        session = self.interrogation.session
        begun = self.instant(session.start) or self._first_start()
        ended = self.instant(session.end)
        ended = ended if ended is not None and ended.utc >= begun.utc else None
        updated = (session.update is not None and session.update.value != "none") or (
            session.update is None and self.channel.state("as-left") is not None
        )
        programmer = self.interrogation.programmer
        return Source(
            exports=tuple(report.sha256 for report in self.session.reports),
            session=self.session.discriminator,
            start=begun,
            read=ended if updated and ended else begun,
            corrected=self.session.corrected,
            programmer=programmer_key(self.interrogation) if programmer else None,
            programmer_words=_words_of(self.interrogation),
        )

    def _first_start(self) -> Instant:
        report = self.session.reports[0].interrogation
        moment = stated(report.session.start)
        assert moment is not None, "accept lets in no interrogation without a session start"
        return instant(moment, stated(report.clocks.zone), self.site_zone)


def programmer_key(interrogation: Interrogation) -> str | None:
    """The shared key of the programmer, with every varying fact in it; None where none is stated."""
    programmer = interrogation.programmer
    if programmer is None or not (stated(programmer.model) or stated(programmer.serial)):
        return None
    texts = [stated(t) or "" for t in (programmer.manufacturer, programmer.model, programmer.serial)]
    return shared_key("programmer", texts[0], texts[1], texts[2], stated(programmer.software) or "")


def _words_of(interrogation: Interrogation) -> str:
    programmer = interrogation.programmer
    if programmer is None:
        return ""
    return " ".join(text for text in (stated(programmer.manufacturer), stated(programmer.model)) if text)
