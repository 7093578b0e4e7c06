"""What a store promises; `sqlite.py` keeps it, and every later store runs the same conformance suite.

1. An accepted export is durable when `add` returns: bytes, interrogation, changes and work in one commit.
2. Same bytes (SHA-256), same export: adding twice changes nothing.
3. Every change of a course's inputs has a number, a position and a cause; a destination remembers the last number it
   has applied, so an unchanged course costs a comparison and a changed one is folded from `dirty_from` on.
4. A ledger row is written before its request is sent, and settled in one commit per answer.
5. A lane (all courses of one pump at one destination, or `commons`) is leased to one process at a time.
6. Positions sort as text; the open page's position sorts after all. All live reports of one session have one
   position, the least of theirs, whatever the order of arrival.
7. Who reads a course's number of change first and its inputs afterwards never misses an input: what he has not seen
   has a greater number, and the course is due again.
8. What a bridge's message takes back is not live, and neither is that message, whichever came first; a person who
   withdraws or supersedes the message brings it back, with who has the pump by then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from bridge.identity import PumpIdentity
from bridge.store.answers import Backlog, ExportRow, ParkedRow, PlanHead, PlanRow, PumpRow, QuarantineRow, SourceRow
from bridge.store.deciding import Decisions
from bridge.store.reporting import Reports
from bridge.store.rows import (
    COMMONS,
    OPEN_PAGE,
    Action,
    Cause,
    Change,
    CourseRow,
    Decision,
    DestinationState,
    Filed,
    Found,
    Held,
    LedgerRow,
    Marker,
    NewExport,
    Outcome,
    PlanEntry,
    Refusal,
    RowState,
    Settled,
    Standing,
    StoredPlan,
)

__all__ = [
    "COMMONS",
    "OPEN_PAGE",
    "Action",
    "Backlog",
    "Cause",
    "Change",
    "CourseRow",
    "Courses",
    "Decision",
    "Decisions",
    "DestinationState",
    "ExportRow",
    "Filed",
    "Found",
    "Held",
    "Intake",
    "LedgerRow",
    "Marker",
    "NewExport",
    "Outcome",
    "ParkedRow",
    "PlanEntry",
    "PlanHead",
    "PlanRow",
    "PumpRow",
    "QuarantineRow",
    "Refusal",
    "Reports",
    "RowState",
    "Settled",
    "SourceRow",
    "Standing",
    "Store",
    "StoredPlan",
    "Work",
]


class Intake(Protocol):
    """What accepting needs."""

    def known(self, sha256: str) -> str | None:
        """'accepted', 'quarantined', 'dropped' or None (also for a quarantined one whose bytes were not kept)."""
        ...

    def standing(self, sha256: str) -> Standing | None:
        """How an export stands, or None where it has never come in."""
        ...

    def add(self, items: Sequence[tuple[NewExport, Found]]) -> list[Outcome]:
        """Store a group in one commit; answers per item 'accepted', 'known' or 'quarantined'."""
        ...

    def readd(self, export: NewExport, found: Found) -> Outcome:
        """Replace a quarantined or dropped export's refusal by what it reads as now; one commit."""
        ...

    def accepted_as(self, source: str, name: str, since: datetime) -> str | None:
        """The SHA-256 of the newest accepted export of this source and name, received since then."""
        ...

    def linked_patient(self, pump: PumpIdentity) -> tuple[str, str] | None:
        """(patient, system) that a person linked to this pump, for exports that state none."""
        ...


class Courses(Protocol):
    """What folding needs."""

    def course(self, course: int) -> CourseRow: ...
    def courses(self, *, pump: PumpIdentity | None = None) -> Iterator[CourseRow]:
        """Every course but `commons`, by number."""
        ...

    def siblings(self, course: int) -> list[CourseRow]:
        """The other courses of a course's pump, by number: those of another patient, or of none."""
        ...

    def held(self, course: int, after: str = "", until: str = OPEN_PAGE) -> list[Held]:
        """Live interrogations with a position greater than `after` and up to `until`, by position and SHA-256."""
        ...

    def position_after(self, course: int, after: str, count: int) -> str | None:
        """The position of the live interrogation that follows so many after a position; None where there is none."""
        ...

    def markers(self, pump: PumpIdentity) -> list[Marker]:
        """The quarantined exports whose head names this pump, real or simulated (a head does not always say)."""
        ...

    def other_pumps(self, course: int) -> list[int]:
        """The live courses of other pumps of this course's patient, real with real and simulated with simulated.

        A pump on two patients is nobody's other pump, unless a person linked it to this one.
        """
        ...

    def elsewhere(self, course: int, after: str = "", until: str = OPEN_PAGE) -> tuple[list[Held], Held | None]:
        """What a hospital pump told of others while it was at this patient, or since, behind a position.

        The first session of another patient in each gap between this course's sessions and after the last of them, up
        to a position: no more than there are sessions in between, and one; and the first that names nobody after the
        last of all.
        """
        ...

    def content(self, sha256: str) -> bytes | None:
        """The bytes of an export, or None once retention has deleted them."""
        ...

    def checkpoint(self, course: int, before: str) -> tuple[str, bytes] | None:
        """The newest checkpoint (position, body) at a position less than `before`."""
        ...

    def save_checkpoints(self, course: int, change: int, points: Sequence[tuple[str, bytes]]) -> None:
        """Keep checkpoints unless the course has changed since `change`; thins old ones out."""
        ...

    def programmers(self, simulated: bool | None = None) -> list[str]:
        """The shared keys of every programmer ever seen (for `commons`): all, or only simulated or real ones."""
        ...


class Work(Protocol):
    """What planning and applying need."""

    def register(self, destination: str, mapping: str, now: datetime) -> int:
        """Make a destination known; courses never applied there, or applied with another mapping, become due."""
        ...

    def taken(self, destination: str) -> str:
        """What a destination said that it takes, when it was last asked; '' where nobody asked it."""
        ...

    def keep_taken(self, destination: str, taken: str) -> None:
        """Keep what a registered destination said that it takes; whoever keeps it registers its mapping anew."""
        ...

    def due(self, destination: str) -> int:
        """How many courses are due, those deferred until something changes left out."""
        ...

    def wake(self, destination: str, now: datetime) -> int:
        """Courses whose next_change has come become due, once; answers how many. Their next_change is None then."""
        ...

    def settled(self, destination: str) -> None:
        """What a hospital pump's course gathers is due at once, for whoever asks now."""
        ...

    def hurry(self, destination: str) -> int:
        """End the rests of courses after a failure, for a person who asks now; answers how many.

        What the destination itself asked for is kept, and so is what is parked or was only planned.
        """
        ...

    def let_rest(self, destination: str, until: datetime) -> None:
        """The destination asked to be left alone: nothing is given out before then; a later time holds."""
        ...

    def rests_until(self, destination: str) -> datetime | None:
        """Until when a destination asked to be left alone, over or not; None where it never did."""
        ...

    def failed(self, destination: str, course: int) -> int:
        """A course failed there once more; answers how often in a row, since it was last applied."""
        ...

    def resting(self, destination: str, now: datetime) -> list[tuple[int, datetime]]:
        """The courses that rest after a failure, or with their destination, and until when; not what is parked."""
        ...

    def rouse(self, destination: str, now: datetime) -> None:
        """Every course is due, parked ones too; what rests after a failure goes on resting."""
        ...

    def next_wake(self, destination: str) -> datetime | None:
        """The earliest next_change at a destination."""
        ...

    def claim(
        self, destination: str, owner: str, now: datetime, seconds: int, waits: Collection[str] = ()
    ) -> list[int]:
        """Lease the lane of the oldest due work and answer its due courses, losing ones first; [] if none.

        `commons` goes before everything: while it is due, nobody else is given anything. Each answered course has a
        lease of its own; the lane is free again when all are released or expired. With `waits`, deferred courses are
        given out too whose stored plan has not begun and waits for one of these reasons ('': was only planned).
        Nothing is given out while the destination has asked to be left alone.
        """
        ...

    def claim_several(
        self, destination: str, owner: str, now: datetime, seconds: int, waits: Collection[str], most: int
    ) -> list[list[int]]:
        """Lease as `claim` does, up to so many lanes in one commit; answers the courses of each.

        A lane of several courses, and `commons`, is given out alone. Of few due courses only a share is given out:
        other processes want some.
        """
        ...

    def claim_course(self, destination: str, course: int, owner: str, now: datetime, seconds: int) -> bool:
        """Lease one course, due or not; False while another owner has a lease in its lane."""
        ...

    def renew(self, destination: str, owner: str, now: datetime, seconds: int) -> int:
        """Extend every lease of this owner that has not expired; answers how many."""
        ...

    def lease_owners(self, destination: str) -> list[str]:
        """Whoever holds a lease at a destination, each once."""
        ...

    def expire_owners(self, destination: str, owners: Sequence[str]) -> None:
        """End every lease of these owners: they are known not to be there any more."""
        ...

    def release(self, destination: str, course: int, owner: str) -> None:
        """Give a lease back; one that expired and is another's by now stays his."""
        ...

    def state(self, destination: str, course: int) -> DestinationState: ...
    def changes(self, course: int, since: int) -> list[Change]: ...
    def decision(self, number: int) -> Decision: ...
    def ledger(self, destination: str, course: int, after: str = "") -> list[LedgerRow]:
        """Rows on pages greater than `after` (the open page included), whatever their state."""
        ...

    def notes(self, destination: str, course: int) -> list[LedgerRow]:
        """The rows that belong to plans and to no chart: Provenance and amendment notes."""
        ...

    def rows(self, destination: str, course: int, keys: Sequence[str]) -> dict[str, LedgerRow]:
        """The ledger rows of these keys, by key; keys without a row are left out."""
        ...

    def adopt_version(self, destination: str, course: int, key: str, version: str, server_id: str) -> None:
        """Take a version that moved there without us as the one to overwrite; confirmed bytes stay."""
        ...

    def contest(self, destination: str, course: int, key: str, detail: str) -> None:
        """Mark a row as changed there by somebody else; confirmed bytes and version stay."""
        ...

    def contested(self, destination: str, course: int) -> list[LedgerRow]:
        """The rows of a course that somebody else changed there, by key."""
        ...

    def recent_unsourced(self, destination: str, since: datetime) -> int:
        """Courses with plans stored since then whose causes name no source and no person (time, mapping, drift …)."""
        ...

    def course_count(self) -> int: ...
    def patients_of_pump(self, pump: PumpIdentity, simulated: bool = False) -> tuple[list[str], str | None]:
        """Patients with live real (or simulated) exports of a pump, and whom a person linked it to (None: nobody)."""
        ...

    def skipped(self, destination: str, course: int) -> dict[str, str]:
        """Key to hash of content that a person refused until the chart changes."""
        ...

    def defer(self, destination: str, course: int, until: datetime | None) -> None:
        """Do not claim this course again before `until` (None: before something about it changes).

        Nothing is deferred where the course has changed since it was leased.
        """
        ...

    def plan(self, destination: str, course: int) -> StoredPlan | None:
        """The stored plan that is not finished, or None."""
        ...

    def save_plan(self, plan: StoredPlan, *, sending: bool) -> None:
        """Replace the unfinished plan; with `sending`, also write its ledger rows as sending, in the same commit.

        A plan that `waits` defers its course, until its next_change, unless the course has changed since.
        """
        ...

    def save_plans(self, plans: Sequence[StoredPlan], *, sending: bool) -> None:
        """The same for plans of several courses, in one commit."""
        ...

    def is_begun(self, plan: str) -> bool:
        """Whether `begin` was called for this plan: something of it may have left."""
        ...

    def begin(self, plan: StoredPlan) -> None:
        """Write the stored plan's ledger rows as `sending` with their hash in flight, before any request.

        What this very plan has settled already stays settled.
        """
        ...

    def together(self, *, synced: bool = True) -> AbstractContextManager[None]:
        """One commit for all that is stored inside, nothing of it where an error leaves; waited for if `synced`.

        What is not waited for holds only what need not be: checkpoints, answers, plans that are over, leases.
        """
        ...

    def settle(self, destination: str, plan: str, outcomes: Sequence[Settled], now: datetime) -> None:
        """Record answers: confirmed and retracted rows take the plan entry's bytes, hash and page; one commit."""
        ...

    def finish(self, plan: StoredPlan, now: datetime, owner: str = "", settles: datetime | None = None) -> None:
        """Close the plan (stored or, when empty, never stored): the destination has applied `covers`.

        The course is not parked any more, and not due unless it changed since. Pages in `repaged` move. Rows of
        replaced plans that never arrived are forgotten. The lease of `owner` on the course is given back in the same
        commit. What a hospital pump says before `settles` is due then, and not at once, unless it loses something.
        """
        ...

    def finish_part(self, plan: StoredPlan, now: datetime) -> None:
        """Close a plan that was only a part of the difference: the course is as due, parked and applied as before."""
        ...

    def wake_at(self, destination: str, course: int, next_change: datetime | None) -> None:
        """The course becomes due at this instant, parked or not (None: time alone does not make it so)."""
        ...

    def park(self, destination: str, course: int, code: str, detail: str, *, now: datetime | None = None) -> None:
        """Let a course wait for a person: it is deferred until something about it changes.

        A change makes it due while it stays parked: the planner decides then.
        """
        ...

    def parked_in_lane(self, destination: str, course: int, code: str) -> list[int]:
        """The other courses of a course's pump that are parked there with this code."""
        ...

    def unpark(self, destination: str, course: int) -> None:
        """Let a parked course go on: it is due."""
        ...


class Store(Intake, Courses, Work, Decisions, Reports, Protocol):
    """All of it."""

    def close(self) -> None: ...
