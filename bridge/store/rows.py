"""What goes into a store and what comes out of it: frozen rows, without any behaviour of a store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bridge.identity import PumpIdentity
from bridge.interrogation import Interrogation

COMMONS = 0  # the course number of what courses share
OPEN_PAGE = "~"  # the position of what concerns the open page only; it sorts after every session

Cause = Literal[
    "new", "late", "corrected", "decision", "quarantine", "reread", "destination", "time", "mapping", "drift"
]


UNSOURCED: frozenset[Cause] = frozenset({"time", "mapping", "drift", "reread", "quarantine"})
"""Causes that name neither a new source nor a person."""


@dataclass(frozen=True, slots=True)
class NewExport:
    """An export as it came: bytes and where from. `name` is the base name, kept in the store and never logged.

    `oversize` is the size of a file above the limit: it is hashed, its content is left out (b'') and not kept.
    """

    sha256: str
    content: bytes
    name: str
    source: str
    received: datetime
    oversize: int = 0


@dataclass(frozen=True, slots=True)
class Filed:
    """One interrogation on its way into the store, with the course and place in it that accept worked out.

    `patient` is the patient's part in keys ('' where the export states none and nobody has linked the pump), `session`
    and `position` are the session's discriminator and order by this report alone.
    """

    interrogation: Interrogation
    patient: str
    patient_system: str
    pump: PumpIdentity
    simulated: bool
    session: str
    position: str
    programmer: str | None
    adapter: str
    adapter_version: str
    media_type: str
    sha1: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an export is quarantined: code, place, remedy, and which pump and when, where its head still says so."""

    code: str
    message: str
    where: str
    remedy: str
    pump: PumpIdentity | None
    local: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How an export stands: its state, its courses, and for a quarantined one why."""

    state: Literal["accepted", "quarantined", "dropped"]
    withdrawn: bool
    superseded: bool
    courses: tuple[int, ...]
    code: str = ""
    where: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """One live interrogation of a course as the fold takes it. `superseded` and withdrawn ones are not given."""

    sha256: str
    sha1: str
    size: int
    media_type: str
    session: str
    position: str
    supersedes: tuple[str, ...]
    interrogation: Interrogation


@dataclass(frozen=True, slots=True)
class Marker:
    """A quarantined export of this pump: from `local` on (None: since the newest reading) its state is unknown."""

    sha256: str
    local: datetime | None


@dataclass(frozen=True, slots=True)
class CourseRow:
    """One course: number, the patient as in keys, pump, whether simulated, and the number of its latest change."""

    course: int
    patient: str
    patient_system: str
    pump: PumpIdentity
    simulated: bool
    change: int
    live: int  # live interrogations; 0: everything was withdrawn or assigned elsewhere
    hospital: bool = False  # a hospital pump's, which goes from patient to patient


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to a course's inputs since a destination last applied it."""

    number: int
    position: str
    cause: Cause
    export: str | None
    decision: int | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided: a fact beside the exports."""

    number: int
    kind: Literal["supersede", "withdraw", "assign", "link", "drop", "skip", "mend", "accept-mapping", "accept-large"]
    export: str | None
    subject: str
    actor: str
    reason: str
    decided: datetime


@dataclass(frozen=True, slots=True)
class DestinationState:
    """How far one destination is with one course."""

    applied: int  # number of the last change applied (0: never)
    mapping: str
    next_change: datetime | None
    patient: str  # the resolved patient reference that the chart was bound to
    parked: str  # '' or the code
    parked_detail: str


RowState = Literal["sending", "in_doubt", "confirmed", "refused", "contested", "retracted", "blocked"]


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """What one destination has confirmed of one key, and what is on its way."""

    key: str
    page: str
    type: str
    id: str
    server_id: str
    version: str
    state: RowState
    confirmed_hash: str  # '' before the first confirmation
    confirmed: bytes  # canonical bytes, b'' before the first confirmation
    in_flight_hash: str
    plan: str
    confirmed_at: datetime | None = None
    cause: str = ""
    patient: str = ""  # the reference that the chart was bound to
    detail: str = ""  # why it was refused or contested


Action = Literal["create", "amend", "retract"]


@dataclass(frozen=True, slots=True)
class PlanEntry:
    """One change that a plan makes: canonical bytes under a key, with its cause."""

    action: Action
    key: str
    page: str
    type: str
    id: str
    body: bytes
    hash: str
    cause: Cause


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """The difference of one course at one destination, ready to be sent; `id` and `recorded` never change again.

    `waits` is '' or why it must not be applied without a person: mapping, large, held, shadow, parked.
    `covers` is the number of the course's latest change that the plan contains.
    """

    id: str
    destination: str
    course: int
    covers: int
    mapping: str
    recorded: datetime
    causes: tuple[Cause, ...]
    decision: int | None
    waits: str
    patient: str
    next_change: datetime | None
    entries: tuple[PlanEntry, ...]
    repaged: tuple[tuple[str, str], ...] = ()  # (key, page): content equal, page moved


@dataclass(frozen=True, slots=True)
class Settled:
    """The outcome of one write, for the ledger."""

    key: str
    state: RowState
    version: str
    server_id: str
    detail: str = ""


Outcome = Literal["accepted", "known", "quarantined"]
Found = Sequence[Filed] | Refusal
"""What reading an export gave: its interrogations, at least one, or why it is refused whole."""
