"""What a store answers to people's questions: plain rows for `pumps`, `quarantine`, `parked`, `plan` and `status`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bridge.identity import PumpIdentity


@dataclass(frozen=True, slots=True)
class PumpRow:
    """One pump: its courses, how many exports, the newest session by its printed time, and the newest receipt."""

    pump: PumpIdentity
    simulated: bool
    courses: tuple[int, ...]
    exports: int
    last_session: str  # as printed by the programmer, '' where there is none
    last_received: datetime | None
    quarantined: int


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """One export that could not be read: why, where in it, and what to do."""

    sha256: str
    state: str
    name: str
    source: str
    received: datetime
    size: int
    code: str
    message: str
    where: str
    remedy: str
    pump: PumpIdentity | None
    local: datetime | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where one interrogation of an export stands, and who read it."""

    course: int
    session: str
    position: str
    started: str
    adapter: str
    adapter_version: str
    schema_version: int


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One export and where its interrogations stand."""

    sha256: str
    state: str
    withdrawn: int | None  # the decision
    superseded: int | None
    sha1: str
    size: int
    media_type: str
    name: str
    source: str
    received: datetime
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """A course that waits for a person at one destination."""

    destination: str
    course: int
    code: str
    detail: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A plan that is not finished, with (action, cause, how many)."""

    destination: str
    course: int
    id: str
    waits: str
    recorded: datetime
    covers: int
    mapping: str
    begun: bool
    counts: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class PlanHead:
    """Why a plan was made: its causes, and the decision (by number) where a person's was among them."""

    id: str
    recorded: datetime
    causes: tuple[str, ...]
    decision: int | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """How far behind one destination is; `oldest_unapplied` is when the oldest export came that it has not applied.

    The numbers count courses; `shared` says of what courses share whether it is due, waiting or parked.
    """

    due: int
    waiting: int
    parked: int
    unapplied_courses: int
    oldest_unapplied: datetime | None
    shared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source, and when it last gave a new export."""

    source: str
    received: datetime
