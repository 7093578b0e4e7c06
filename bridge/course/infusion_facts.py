"""What a course of a hospital pump consists of: the pump while it is with one patient, what it infused, what it stated.

Promises: every value is a reading as stated, beside the export that states it; nothing is calculated, so that a volume
delivered stands here only where the pump states it of this very segment. Addresses are the containment of the message,
such as 1.1.1 for a line and 1.1.2 for a source. Must not know FHIR.

Where the facts stand: `Infusion` and `InfusionAlarm` on the open page while they run or are in force, else sealed on
the page of the session that ended them; one that an event ended stays on the open page, ended, until a later moment is
told of, for what is told of the same moment may be that it passed on to another programme. `InfusionReading` and
`InfusionEvent` are sealed on the page of their session; `HospitalPumpFact` (and `PatientFact`) stand on the open page,
of an earlier stay of the pump with this patient on the page of the session that began the next. A session that changes
nothing leaves a page without facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from bridge.course.clocks import Instant
from bridge.course.facts import PatientFact, Source
from bridge.hospital import Happening
from bridge.interrogation import Moment, PatientStated
from bridge.quantity import Quantity
from bridge.reading import Reading

T = TypeVar("T", covariant=True)


@dataclass(frozen=True, slots=True)
class Told(Generic[T]):
    """A stated value, and the export (SHA-256) that states it."""

    reading: Reading[T]
    export: str


@dataclass(frozen=True, slots=True)
class HospitalPumpFact:
    """One stay of the pump with this patient: `since` its first session, `until` the first of another patient.

    `source` is a newer session, moved at the configured interval. `kind` is the term of the pump's kind, `system_id`
    its EUI-64 or UUID. `ended` is the export that says that the pump is with another patient, or None. `heard` is when
    the newest session was: it moves with every message, so it is for people who look and for no chart.
    """

    manufacturer: Told[str]
    model: Told[str]
    serial: Told[str]
    since: Source
    source: Source
    until: Instant | None = None
    ended: str | None = None
    kind: Told[str] | None = None
    system_id: Told[str] | None = None
    heard: Instant | None = None

    @property
    def discriminator(self) -> str:
        """What names the stay: its first session."""
        return self.since.session


@dataclass(frozen=True, slots=True)
class AnnouncedPump(HospitalPumpFact):
    """The pump of a course of which nothing is known but messages that lie in the future: no use of it is charted."""


Certainty = Literal["recorded", "inferred"]
InfusionStatus = Literal["in-progress", "completed", "stopped", "unknown"]
InfusionReason = Literal[
    "new-settings",  # completed: the programme was changed, another segment follows at the same instant
    "another-run",  # completed: a later message tells of other settings or a start; when it ended is not known
    "passed-on",  # completed: the line passes on to another programme or source, such as a bolus or a piggyback
    "volume-infused",  # completed: the pump states that the infusion is complete
    "stopped",  # stopped: by a STOP event; why, where the pump says so, is `stated_reason`
    "not-delivering",  # stopped: a later message shows that it does not deliver
    "powered-off",
    "counted-anew",  # unknown: the pump counts less of its segment than before: it began another in between
    "source-gone",  # unknown: a later message of the line tells of other sources only
    "another-patient",  # unknown: the pump reports another patient since
    "patient-changed",  # unknown: the pump tells of a change of the patient or of the identifier
    "too-old",
    "newer-message-unnamed",  # unknown: a newer message of this pump names no patient
    "newer-export-unreadable",
    "newer-export-in-future",
]


@dataclass(frozen=True, slots=True)
class Infusion:
    """A segment: one source of one line delivers with one drug, concentration and rate.

    `start_certainty` recorded: a START event dates it; inferred: `start` is the message that first showed it ("first
    seen"). `end` with `end_certainty` inferred is the last message that still showed it. An `unknown` one has no end.
    `last_confirmed` moves at the configured interval while nothing else changes, and is exact in one that is not in
    progress. `volume` and `dose` are the segment's as the pump states them. `part_of` names the infusion in whose
    midst, or beside which, a bolus was given. `source` is the session that opened it, `latest` the newest one that
    tells of it, `exports` all exports that a value of it is cited from. `began` and `ended` are the printed times that
    `start` and `end` are cited from. `unheard_since` is set where an end rests on its event alone: when it was last
    confirmed before that, longer ago than the site allows.
    """

    discriminator: str
    line: str
    address: str
    source: Source
    latest: Source
    start: Instant
    start_certainty: Certainty
    last_confirmed: Instant
    status: InfusionStatus = "in-progress"
    reason: InfusionReason | None = None
    stated_reason: Told[str] | None = None
    end: Instant | None = None
    end_certainty: Certainty | None = None
    bolus: bool = False
    part_of: str | None = None
    kind: Told[str] | None = None  # the term of the source's kind
    label: Told[str] | None = None
    drug: Told[str] | None = None
    concentration: Told[Quantity] | None = None
    rate: Told[Quantity] | None = None
    dose_rate: Told[Quantity] | None = None
    mode: Told[str] | None = None
    weight: Told[Quantity] | None = None
    volume_to_infuse: Told[Quantity] | None = None
    dose_to_infuse: Told[Quantity] | None = None
    order: Told[str] | None = None
    volume: Told[Quantity] | None = None
    dose: Told[Quantity] | None = None
    began: Told[Moment] | None = None
    ended: Told[Moment] | None = None
    unheard_since: Instant | None = None

    @property
    def exports(self) -> tuple[str, ...]:
        """The exports that it rests on, each once."""
        told = (
            self.kind, self.label, self.drug, self.concentration, self.rate, self.dose_rate, self.mode, self.weight,
            self.volume_to_infuse, self.dose_to_infuse, self.order, self.volume, self.dose, self.stated_reason,
            self.began, self.ended,
        )  # fmt: skip
        cited = [one.export for one in told if one is not None]
        return tuple(dict.fromkeys((*self.source.exports, *cited, *self.latest.exports)))


ReadingCode = Literal[
    # of the line or the whole pump
    "status", "pump-status", "mode", "current-flow", "active-sources", "patient-weight", "care-area", "library",
    "library-version", "battery", "battery-time",
    # of one source
    "delivery-status", "not-delivering", "programme-mode", "drug", "concentration", "rate", "dose-rate",
    "volume-to-infuse", "volume-remaining", "volume-delivered", "volume-delivered-segment", "volume-delivered-total",
    "dose-to-infuse", "dose-remaining", "dose-delivered", "dose-delivered-segment", "dose-delivered-total", "bolus",
    "time-remaining", "lockout", "patient-doses-given", "patient-doses-attempted",
]  # fmt: skip
"""The fields of `hospital.Infusion` and `hospital.Source`; of a source, `status` is delivery-status, `mode` its own."""


@dataclass(frozen=True, slots=True)
class InfusionReading:
    """One value to observe: as stated at `at`, of a line, or of one of its sources (`address`, its label and drug).

    What holds for the whole pump (battery, care area, library, weight, status and mode of the pump) has line ''. A
    value of which the pump says that it cannot tell is a reading whose value is None.
    """

    discriminator: str
    source: Source
    code: ReadingCode
    line: str
    reading: Reading[Quantity] | Reading[str]
    export: str
    at: Instant
    address: str | None = None
    label: str | None = None
    drug: str | None = None


@dataclass(frozen=True, slots=True)
class InfusionAlarm:
    """An alarm from its start to its end, by the number of its first report.

    `told` is the newest report of it (phase, state, inactivation, priority, type, text). `since` is None where its
    start was never told. `status` unknown: nothing newer is known of it, for the reason given; it has no end.
    """

    discriminator: str
    source: Source
    line: str
    told: Happening
    export: str
    since: Instant | None
    last_told: Instant
    until: Instant | None = None
    status: Literal["in-force", "ended", "unknown"] = "in-force"
    reason: InfusionReason | None = None


@dataclass(frozen=True, slots=True)
class InfusionEvent:
    """An event that is neither an alarm nor part of an infusion's start or end; `told.kind` says which.

    A delivery event stands here only when it fits no infusion that is known: a STOP of which no start is known.
    """

    discriminator: str
    source: Source
    line: str
    at: Instant
    told: Happening
    export: str


@dataclass(frozen=True, slots=True)
class MessageFact:
    """A message of which something may be noticed: its reports disagree, or it names the patient otherwise than before.

    `disputed` names the values that reports of one moment contradict each other in. Such a fact stands only on pages
    where there may be something to notice.
    """

    discriminator: str
    source: Source
    disputed: tuple[str, ...]
    patient: PatientStated
    before: PatientFact | None
