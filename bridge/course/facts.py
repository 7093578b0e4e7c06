"""What a course consists of: plain facts, each with its discriminator, its source and its times.

A course is a row of pages, one a session, in the order of the pump, and one open page. A fact on a session's page is
sealed: no later session changes it. What can still change (the running segment, the programme in force, devices, open
findings) stands on the open page. This is what makes the n-th interrogation cost its tail, and what keeps "folded
with a checkpoint" equal to "folded from scratch". The neutral course knows the patient by identifier only, and no FHIR.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Generic, Literal, TypeVar

from bridge.course.clocks import Instant
from bridge.interrogation import Alarm, Drug, Event, PatientControl, Programme, Reading, stated
from bridge.quantity import Quantity

T = TypeVar("T", covariant=True)
OPEN = "~"  # the position of the open page: it sorts after every session


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """A stated value that outlives its report: the reading, the export that said so, and when it was read."""

    reading: Reading[T]
    export: str
    read: Instant


@dataclass(frozen=True, slots=True)
class Source:
    """The session that a fact rests on: exports by SHA-256, its discriminator, its times, its programmer's shared key.

    `read` is the instant as of which the pump was read: the end of a session that updated it, else its start.
    """

    exports: tuple[str, ...]
    session: str
    start: Instant
    read: Instant
    corrected: bool = False
    programmer: str | None = None
    programmer_words: str = ""


@dataclass(frozen=True, slots=True)
class Derived:
    """A value that the bridge calculated: rounded once, with the arithmetic in words."""

    quantity: Quantity
    arithmetic: str


@dataclass(frozen=True, slots=True)
class Mixture:
    """What is in the reservoir: one drug or several, with the report that said so."""

    drugs: tuple[Drug, ...]
    export: str

    def __post_init__(self) -> None:
        """A drug that is listed twice, by one name and concentration, is one drug."""
        if len(self.drugs) > 1:
            object.__setattr__(self, "drugs", _each_once(self.drugs))

    @property
    def is_admixture(self) -> bool:
        """Whether there is more than one active drug."""
        return len(self.drugs) > 1


def _each_once(drugs: tuple[Drug, ...]) -> tuple[Drug, ...]:
    seen: dict[object, Drug] = {}
    for number, drug in enumerate(drugs):
        name, strength = stated(drug.name), stated(drug.concentration)
        same = (name.lower(), strength.to("ug/mL").value) if name and strength else number
        seen.setdefault(same, drug)
    return drugs if len(seen) == len(drugs) else tuple(seen.values())


@dataclass(frozen=True, slots=True)
class DocumentFact:
    """The export itself."""

    source: Source
    sha256: str
    sha1: str
    size: int
    media_type: str
    session_type: str | None
    end: Instant | None


@dataclass(frozen=True, slots=True)
class PumpFact:
    """The pump as known so far (open page): each value from the newest report that states it."""

    manufacturer: Known[str]
    model: Known[str]
    serial: Known[str]
    udi: Known[str] | None = None
    firmware: Known[str] | None = None
    capacity: Known[Quantity] | None = None
    tubing_volume: Known[Quantity] | None = None
    implanted: Known[date] | None = None
    explanted: Known[date] | None = None
    explant_session: Source | None = None
    implant_session: Source | None = None


@dataclass(frozen=True, slots=True)
class CatheterFact:
    """The catheter as known so far (open page)."""

    discriminator: str
    manufacturer: Known[str] | None = None
    model: Known[str] | None = None
    serial: Known[str] | None = None
    length: Known[Quantity] | None = None
    trimmed: Known[Quantity] | None = None
    volume: Known[Quantity] | None = None
    tip: Known[str] | None = None
    implanted: Known[date] | None = None
    replaced: Instant | None = None


@dataclass(frozen=True, slots=True)
class PatientFact:
    """The patient as the newest report states: family name and birth date may veto. Not charted (open page)."""

    family: str | None = None
    birth_date: date | None = None
    identifier: str | None = None
    system: str | None = None


@dataclass(frozen=True, slots=True)
class PresenceFact:
    """There is an intrathecal pump in this patient (open page): the static flag. Ended by an explant."""

    drug_name: str | None
    since: date | None
    until: Instant | None


Doubt = Literal["over-infusion", "under-delivery"]


@dataclass(frozen=True, slots=True)
class FillFact:
    """A filling of the reservoir, with what was expected and aspirated before it, and the ratio where it is known.

    `ratio` is the volume gone since the previous filling over the volume expected to be gone; source: the ratio by
    which the label defines over-infusion. `previous` is the discriminator of the previous filling, `span_start` its
    instant, `held` what it filled in, `doubt_before` its verdict. `measured_after` was sensed or aspirated afterwards.
    """

    discriminator: str
    source: Source
    at: Instant
    filled: Reading[Quantity] | None
    mixture: Mixture | None
    expected: Reading[Quantity] | None = None
    aspirated: Reading[Quantity] | None = None
    aspirated_at: Instant | None = None
    ratio: Derived | None = None
    previous: str | None = None
    span_start: Instant | None = None
    doubt: Doubt | None = None
    doubt_before: Doubt | None = None
    held: Reading[Quantity] | None = None
    capacity: Quantity | None = None
    alarm_volume: Reading[Quantity] | None = None
    measured_after: Reading[Quantity] | None = None


@dataclass(frozen=True, slots=True)
class PrimingFact:
    """A priming: a volume that fills tubing and catheter, never a dose."""

    discriminator: str
    source: Source
    at: Instant
    volume: Reading[Quantity] | None
    fill: str | None = None
    mixture: Mixture | None = None
    excess: Derived | None = None  # above what was empty of tubing and catheter, where their volumes are known
    excess_dose: Derived | None = None
    uncertain: str | None = None  # why delivery after it is uncertain, where a recall of the family says so


UpdateDoubt = Literal["session-not-completed", "update-contradicts", "update-unreadable"]
ProgrammeEnd = Literal["replaced", "replaced-unknown", "explanted"] | UpdateDoubt


@dataclass(frozen=True, slots=True)
class ProgrammeFact:
    """A programme: in force while `ended` is None. `start` None: found at `found`, its start is not known."""

    discriminator: str
    source: Source
    programme: Programme
    mixture: Mixture | None
    start: Instant | None
    found: Instant
    ended: ProgrammeEnd | None = None
    end: Instant | None = None
    prior: str | None = None
    next_found: Instant | None = None
    patient_control: PatientControl | None = None
    control_export: str | None = None
    export: str | None = None  # that states the programme; `source` moves on to the session that ended it
    was: Programme | None = None  # in force or found before it, where that is known
    was_mixture: Mixture | None = None


@dataclass(frozen=True, slots=True)
class ProgrammingFact:
    """A programming of the pump: from the old programme (None: the first, or unknown) to the new one."""

    discriminator: str
    source: Source
    at: Instant
    old: Programme | None
    new: Programme


SegmentStatus = Literal["running", "completed", "stopped", "unknown"]
SegmentReason = Literal[
    "new-programme", "refill", "bridge", "bridge-ended", "motor-stall", "pump-stopped", "explanted",
    "programme-differs", "as-found-not-stated", "session-not-completed", "found-not-infusing", "reservoir-empty",
    "too-old", "past-dry-date", "newer-export-unreadable", "newer-export-in-future", "exports-disagree",
    "value-unreadable", "stop-logged-late", "delivery-doubtful",
    "as-left-misdated", "update-contradicts", "update-unreadable", "reservoir-emptied",
    "line-cleared", "line-volume-unknown", "not-read-since", "not-measured",
    "newer-pump-implanted",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Segment:
    """An interval in which one programme ran, dispensed by the pump; `bridge` names the bolus that it is instead.

    Status and reason: `completed` by a new programme, refill or bridge; `stopped` early; `unknown` by the law on old
    news; `began` says what started it (programming, motor-stall-recovered, left-infusing, line-cleared, …).
    `line`, after a change of concentration: `clearing`, the old mixture leaves tubing and catheter at the programme's
    flow; `unknown`, which mixture leaves is not known; `line_other` is the other mixture. `line_doses` are the derived
    doses by drug: of a clearing line a day, of a bridge whole. `primed` is a priming that makes it uncertain.
    """

    discriminator: str
    source: Source
    programme: str
    settings: Programme
    mixture: Mixture | None
    start: Instant
    began: str
    last_confirmed: Instant
    certainty: Literal["recorded", "inferred", "unknown"] = "recorded"
    status: SegmentStatus = "running"
    reason: SegmentReason | None = None
    end: Instant | None = None
    differs_found: Instant | None = None
    bridge: bool = False
    bridge_volume: Reading[Quantity] | None = None
    bridge_dose: Derived | None = None
    bridge_accounted: Reading[Quantity] | None = None
    bridge_given: Derived | None = None  # of a cancelled bridge: how much of its volume was given
    line: Literal["clearing", "unknown"] | None = None
    line_other: Mixture | None = None
    line_doses: tuple[tuple[str, Derived], ...] = ()
    primed: Instant | None = None
    export: str | None = None  # that states `settings`; `source` moves on to the session that confirmed or ended it
    newer_pump: date | None = None  # of its open segment: when a newer pump of the same patient was implanted


@dataclass(frozen=True, slots=True)
class BolusFact:
    """A clinician's or patient's bolus; `background` is the segment it adds to where the family says that it adds.

    `due` is when one that runs is over by its stated duration.
    """

    discriminator: str
    source: Source
    kind: Literal["clinician", "patient"]
    start: Instant
    end: Instant | None
    outcome: str | None
    dose: Reading[Quantity] | None
    programmed: Reading[Quantity] | None
    volume: Reading[Quantity] | None
    mixture: Mixture | None
    background: str | None
    due: Instant | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """An interval in which the pump did not infuse. Open while `closed` is False; a closed gap may lack its end.

    `left_running`: what ended it is what a session left in the pump, no row of its log.
    """

    discriminator: str
    source: Source
    start: Instant
    reason: Literal["motor-stall", "pump-stopped", "found-not-infusing"]
    last_confirmed: Instant
    programme: str | None
    settings: Programme | None = None
    number: str | None = None
    segment_before: str | None = None
    closed: bool = False
    end: Instant | None = None
    recovered_number: str | None = None
    read_closed: Instant | None = None
    segment_after: str | None = None
    sources: tuple[str, ...] = ()
    noticed: Instant | None = None
    not_delivered: Derived | None = None
    no_dose_because: str | None = None
    left_running: bool = False


@dataclass(frozen=True, slots=True)
class EventFact:
    """One new row of the pump's log, merged by its identity over overlapping logs.

    `alarm` is the discriminator of an alarm in force that tells of the same: what is said of both is the alarm's.
    """

    discriminator: str
    source: Source
    at: Instant
    event: Event
    alarm: str | None = None


@dataclass(frozen=True, slots=True)
class AlarmFact:
    """An alarm in force at a session: a Flag while it is, inactive when a later session shows it over.

    `finding` is the discriminator of the finding of the same cause, with which it shares its Flag; `finding_code` its
    code. `rows` are the rows of the log that tell of the same.
    """

    discriminator: str
    source: Source
    alarm: Alarm
    since: Instant
    last_read: Instant
    until: Instant | None = None
    finding: str | None = None
    finding_code: str = "delivery-interrupted"
    rows: tuple[EventFact, ...] = ()


def days(quantity: Decimal) -> str:
    """A derived number of days or hours for people: two places at most, no trailing zeros."""
    text = f"{quantity:.2f}"
    return text.rstrip("0").rstrip(".")
