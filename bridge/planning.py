"""The plan of one course at one destination: its patient, its chart, the difference, and why it waits for a person.

1. Planning writes nothing at the destination, and into the store only checkpoints.
2. A plan for a past instant is folded from scratch and leaves no checkpoint: one may know more than was known then.
3. What somebody else changed there is never in a plan without a person's word.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bridge import receiver
from bridge.chart.commons import write_commons
from bridge.chart.resource import Resource
from bridge.charting import Charted, chart, checked
from bridge.clock import Clock
from bridge.destinations.protocol import Destination
from bridge.errors import ParkedError
from bridge.notes import mended_notes, with_notes
from bridge.patients import link, refuse_contradiction
from bridge.place import Place
from bridge.plan import UNSOURCED, Difference, causes_of, counts, subtract, weightiest
from bridge.pumps import Bound, bound
from bridge.store.protocol import COMMONS, OPEN_PAGE, Cause, Change, CourseRow, LedgerRow, Store, StoredPlan
from fhir_profiles.structure import Structure


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person has allowed for this run; `mend` names references (Type/id) that may be overwritten."""

    held: bool = False
    mapping: bool = False
    large: bool = False
    mend: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Kept:
    """The checkpoints that a plan leaves, and the change of its course up to which they hold."""

    course: int
    change: int
    points: Sequence[tuple[str, bytes]]


class Planner:
    """Plans courses at one destination; `as_of` holds the time still, else the clock tells it."""

    def __init__(
        self, store: Store, place: Place, destination: Destination, clock: Clock, consent: Consent,
        as_of: datetime | None = None,
    ) -> None:  # fmt: skip
        self.store, self.place, self.destination, self.clock = store, place, destination, clock
        self.consent, self.as_of = consent, as_of
        self.structure = Structure()
        self.later: list[Kept] | None = None  # checkpoints, where somebody keeps them together with plans

    def now(self) -> datetime:
        """The instant that is planned for."""
        return self.as_of or self.clock.now()

    def _keep(self, kept: Kept) -> None:
        if self.later is None:
            self.store.save_checkpoints(kept.course, kept.change, kept.points)
        else:
            self.later.append(kept)

    @property
    def _past(self) -> bool:
        """Whether a past instant is planned: a checkpoint may know more than was known then, and none is kept."""
        return self.as_of is not None and self.as_of < self.clock.now()

    def planned(self, course: int) -> StoredPlan:
        """The plan of one course as things are; raises ParkedError where it waits for a person whole."""
        row, state = self.store.course(course), self.store.state(self.place.name, course)
        changes = self.store.changes(course, state.applied)
        remapped = bool(state.mapping) and state.mapping != self.place.mapping
        contested = self.store.contested(self.place.name, course)
        skipped = self.store.skipped(self.place.name, course)
        mending = self._mending(contested, skipped)
        causes = causes_of(changes, first=not state.applied, mapping=remapped, drift=mending)
        if course == COMMONS:
            shared = self._plan(row, self._commons(causes), causes, changes, "", None, skipped)
            return dataclasses.replace(self._unmended(shared, contested), waits=self._shared_waits(shared, remapped))
        if not row.live and not self.store.ledger(self.place.name, course):
            return self._plan(row, Difference((), ()), causes, changes, state.patient, None, skipped)
        if row.hospital and not row.patient:  # at no patient: nothing is charted of it, and nobody has to act
            return self._plan(row, Difference((), ()), causes, changes, state.patient, None, skipped)
        linked = self.linked(row)
        whole = remapped or mending or not state.applied or state.patient != linked.text
        difference, next_change = self._difference(row, whole, changes, causes, linked)
        plan = self._plan(row, difference, causes, changes, linked.text, next_change, skipped)
        mended = mended_notes(contested, self.consent.mend)
        plan = dataclasses.replace(self._unmended(plan, contested), entries=(*plan.entries, *mended))
        if not plan.entries:
            return plan
        if self._tells:
            return self._stamped(plan, remapped)
        binding = self.place.binding(row.simulated, row.patient, linked.element, linked.pump)
        noted = with_notes(plan, self.store, row, changes, binding, self.place.version, self.place.fold.zone)
        return dataclasses.replace(noted, waits=self._waits(noted, remapped))

    def _mending(self, contested: Sequence[LedgerRow], skipped: Mapping[str, str]) -> bool:
        """Whether a person lets us overwrite what somebody else changed; raises ParkedError where nobody decided."""
        left_alone = [row for row in contested if f"{row.type}/{row.id}" not in self.consent.mend]
        for row in left_alone:
            if row.key not in skipped:
                raise _contested(f"{row.type}/{row.id}")
        return len(left_alone) < len(contested)

    def _unmended(self, plan: StoredPlan, contested: Sequence[LedgerRow]) -> StoredPlan:
        """The plan; raises ParkedError where it would overwrite what somebody else changed and nobody lets us."""
        keys = {row.key for row in contested}
        for entry in plan.entries:
            if entry.key in keys and f"{entry.type}/{entry.id}" not in self.consent.mend:
                raise _contested(f"{entry.type}/{entry.id}")
        return plan

    def linked(self, row: CourseRow) -> Bound:
        """The patient and pump there; raises ParkedError for simulated data not wanted, one pump in two patients."""
        if row.simulated and not self.place.accept_simulated:
            raise ParkedError(
                "this destination does not take simulated data", code="simulated-refused",
                remedy="set accept_simulated on a test destination, then `parked retry`",
            )  # fmt: skip
        if row.live:
            patients, linked = self.store.patients_of_pump(row.pump, row.simulated)
            if len(patients) > 1 and linked != row.patient:
                raise ParkedError(
                    "exports of this pump name two patients", code="serial-on-two-patients",
                    remedy="`assign` or `withdraw` the wrong exports, or `link` the pump to its patient",
                )  # fmt: skip
        found = link(row, self.place.patient, self.destination)
        return bound(found, row, self.place, self.destination, self.store, self.now())

    def _difference(
        self, row: CourseRow, whole: bool, changes: Sequence[Change], causes: tuple[Cause, ...], linked: Bound
    ) -> tuple[Difference, datetime | None]:
        first = min((change.position for change in changes), default=OPEN_PAGE)
        since = None if whole or self._past or self.place.horizon is not None else first
        binding = self.place.binding(row.simulated, row.patient, linked.element, linked.pump)
        charted = chart(
            self.store, row, since, self.now(), self.place.fold, binding, self.structure, added=_only_added(changes)
        )
        refuse_contradiction(linked, charted.patient)
        if not self._past:
            self._keep(Kept(row.course, row.change, _changed(charted.checkpoints, since)))
        if self._tells:
            return self._untold(row, charted, causes), charted.course.next_change
        desired = charted.resources if self.place.horizon is None else self.place.horizon.cut(charted.resources)
        rows = self.store.ledger(self.place.name, row.course, charted.after)
        return subtract(desired, rows, weightiest(causes)), charted.course.next_change

    @property
    def _tells(self) -> bool:
        """Whether this place is told messages, which it keeps."""
        return self.place.dialect == "hl7v2"

    def _untold(self, row: CourseRow, charted: Charted, causes: tuple[Cause, ...]) -> Difference:
        """What a receiver was not told yet, or otherwise."""
        told = self.store.rows(self.place.name, row.course, [message.key for message in charted.resources])
        messages = receiver.wanted(charted.resources, told, self._told_from(), self.now())
        rows = self.store.ledger(self.place.name, row.course, charted.after)
        return subtract(messages, receiver.compared(rows), weightiest(causes))

    def _told_from(self) -> datetime:
        """From when on a receiver is told: what the site says, else when it was first planned for."""
        if self.place.told_from is not None:
            return self.place.told_from
        row = self.store.rows(self.place.name, COMMONS, [receiver.START_KEY]).get(receiver.START_KEY)
        stored = self.store.plan(self.place.name, COMMONS)
        bodies = [row.confirmed] if row is not None and row.confirmed_hash else []
        bodies += [entry.body for entry in (stored.entries if stored else ()) if entry.key == receiver.START_KEY]
        return receiver.started(bodies[0]) if bodies else self.clock.now()

    def overdue(self, plan: StoredPlan) -> frozenset[str]:
        """The keys of what a stored plan must not tell any more: an alarm of hours ago is no alarm."""
        if not self._tells:
            return frozenset()
        rows = self.store.rows(self.place.name, plan.course, [entry.key for entry in plan.entries])
        return receiver.overdue(plan.entries, rows, self.now())

    def _stamped(self, plan: StoredPlan, remapped: bool) -> StoredPlan:
        """The plan with what its messages are sent with."""
        rows = self.store.rows(self.place.name, plan.course, [entry.key for entry in plan.entries])
        sent = plan.recorded.astimezone(ZoneInfo(self.place.fold.zone))
        told = dataclasses.replace(plan, entries=receiver.stamped(plan.entries, rows, plan.id, sent))
        return dataclasses.replace(told, waits=self._waits(told, remapped))

    def _commons(self, causes: tuple[Cause, ...]) -> Difference:
        if self._tells:
            start = receiver.start_of(self._told_from())
            return subtract([start], self.store.ledger(self.place.name, COMMONS), weightiest(causes))
        resources: list[Resource] = list(
            write_commons(self.store.programmers(False), self.place.commons(False), self.place.version)
        )
        if self.place.accept_simulated:  # an export need not name a programmer, and refers to the bridge all the same
            made = write_commons(self.store.programmers(True), self.place.commons(True), self.place.version)
            resources += [dataclasses.replace(resource, key=f"simulated {resource.key}") for resource in made]
        checked(resources, self.structure, self.place.fhir)
        return subtract(resources, self.store.ledger(self.place.name, COMMONS), weightiest(causes))

    def _plan(
        self, row: CourseRow, difference: Difference, causes: tuple[Cause, ...], changes: Sequence[Change],
        patient: str, next_change: datetime | None, skipped: Mapping[str, str],
    ) -> StoredPlan:  # fmt: skip
        entries = tuple(entry for entry in difference.entries if skipped.get(entry.key) != entry.hash)
        return StoredPlan(
            id=uuid.uuid4().hex,
            destination=self.place.name,
            course=row.course,
            covers=row.change,
            mapping=self.place.mapping,
            recorded=self.clock.now().replace(microsecond=0),
            causes=causes,
            decision=next((change.decision for change in reversed(changes) if change.decision), None),
            waits="",
            patient=patient,
            next_change=next_change,
            entries=entries,
            repaged=difference.repaged,
        )

    def mode_waits(self) -> bool:
        """Whether the destination's mode holds every plan back."""
        return self.place.mode == "shadow" or (self.place.mode == "held" and not self.consent.held)

    def _waits(self, plan: StoredPlan, remapped: bool) -> str:
        """Why a plan must not be applied without a person; '' where it may. Source: docs/decisions.md."""
        if self.place.mode == "shadow":
            return "shadow"
        if remapped and not self.consent.mapping:
            return "mapping"
        if plan.decision is None and not self.consent.large and self._large(plan):
            return "large"
        return "held" if self.mode_waits() else ""

    def _shared_waits(self, plan: StoredPlan, remapped: bool) -> str:
        """Why what courses share waits; the bridge's own Device follows its version without being asked."""
        amended = [
            e
            for e in plan.entries
            if e.action != "create" and not e.key.removeprefix("simulated ").startswith("bridge|")
        ]
        if self.place.mode != "shadow" and remapped and amended and not self.consent.mapping:
            return "mapping"
        return self.place.mode if plan.entries and self.mode_waits() else ""

    def _large(self, plan: StoredPlan) -> bool:
        found, limits = counts(plan.entries), self.place.large
        if found["retract"] > limits.retractions:
            return True
        if not set(plan.causes) <= UNSOURCED:
            return False
        touched = self.store.recent_unsourced(self.place.name, self.clock.now() - timedelta(days=1)) + 1
        return touched > limits.courses and touched * 100 > limits.percent * self.store.course_count()


def _changed(points: Sequence[tuple[str, bytes]], since: str | None) -> list[tuple[str, bytes]]:
    """The checkpoints from the first change on. A session that lay in the future when it came has none of its own.

    It comes true by time, at each destination for itself: none may begin behind it that has not charted it.
    """
    return [point for point in points if since is None or point[0] >= since]


def _only_added(changes: Sequence[Change]) -> bool:
    """Whether sessions only came after all that were there, or changes are of the open page alone."""
    return all(change.cause == "new" or change.position == OPEN_PAGE for change in changes)


def _contested(reference: str) -> ParkedError:
    return ParkedError(
        f"{reference} was changed there by somebody else", code="contested",
        remedy="`parked show`, then `apply --mend TYPE/ID` or `parked skip`",
    )  # fmt: skip
