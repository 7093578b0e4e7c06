"""VERB 2. reconcile: make one course true at one destination: claim, fold, write, check, subtract, send, record.

1. A course is worked on under a lease of its lane; commons go first, and losing courses before winning ones.
2. A plan is stored, with its id and `recorded` fixed, before anything of it is sent; a crash resumes that plan.
3. A plan that waits for a person (shadow, held, mapping, large) is stored and shown, and nothing of it is sent.
4. An unchanged course costs a comparison in the store: nothing is folded.
5. What parks a course parks it whole, with a code and a remedy; the other courses go on.
"""

from __future__ import annotations

import dataclasses
import time
import traceback
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from bridge.chart.commons import write_commons
from bridge.chart.resource import Resource
from bridge.charting import chart, checked
from bridge.clock import Clock
from bridge.destinations.protocol import Destination
from bridge.errors import ConfigError, DestinationError, ParkedError, StoreError
from bridge.log import get
from bridge.notes import with_notes, with_unsent_notes
from bridge.owner import has_ended
from bridge.patients import ASKED_AGAIN, Linked, link, refuse_contradiction
from bridge.place import Place
from bridge.plan import UNSOURCED, Difference, causes_of, counts, subtract, weightiest
from bridge.sending import Sender
from bridge.store.protocol import COMMONS, OPEN_PAGE, Cause, Change, CourseRow, Store, StoredPlan
from bridge.verify import Verifier, parked_detail
from fhir_profiles.structure import Structure

log = get(__name__)
LEASE_SECONDS = 600
PAUSE = timedelta(seconds=30)
FRESH = timedelta(minutes=15)
"""For so long a stored plan is applied without asking again who its patient is."""
PATIENT_PAUSE = timedelta(minutes=15)
"""After so long a patient who was not one active person is looked for again, without being asked to."""
LONGEST_REST = 86_400.0
_PAUSING = {"destination-unauthorized", "destination-forbidden", "destination-token", "destination-tls"}

Status = Literal["unchanged", "planned", "applied", "waiting", "parked", "paused", "unreachable"]


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person has allowed for this run; `mend` names references (Type/id) that may be overwritten."""

    held: bool = False
    mapping: bool = False
    large: bool = False
    mend: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one course at one destination."""

    course: int
    status: Status
    plan: StoredPlan | None = None
    code: str = ""
    detail: str = ""


@dataclass(slots=True)
class Tally:
    """The sums of a run: courses by status, and resources created, amended and retracted by applied plans."""

    courses: dict[str, int] = field(default_factory=dict)
    created: int = 0
    amended: int = 0
    retracted: int = 0
    outcomes: list[Outcome] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Count one outcome; those that a person should see are kept."""
        self.courses[outcome.status] = self.courses.get(outcome.status, 0) + 1
        if outcome.status == "applied" and outcome.plan is not None:
            found = counts(outcome.plan.entries)
            self.created += found["create"]
            self.amended += found["amend"]
            self.retracted += found["retract"]
        if outcome.status not in ("applied", "unchanged"):
            self.outcomes.append(outcome)


class Reconciler:
    """Makes courses true at one destination; `as_of` holds the time still, else the clock tells it."""

    def __init__(
        self, store: Store, place: Place, destination: Destination, clock: Clock, owner: str,
        consent: Consent | None = None, as_of: datetime | None = None, sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self.store, self.place, self.destination, self.clock, self.owner = store, place, destination, clock, owner
        self.consent = consent or Consent()
        self.as_of = as_of
        self.structure = Structure()
        self.rests_until: datetime | None = None
        self.sender = Sender(
            store, place.name, destination, clock, place.key_system, self.consent.mend, sleep, self._renew
        )

    def run(
        self, *, apply: bool, stop: Callable[[], bool] = lambda: False,
        on_outcome: Callable[[Outcome], None] = lambda outcome: None,
    ) -> Tally:  # fmt: skip
        """Claim due work, lane by lane, until none is left, `stop` says so, or the destination does not answer.

        While the destination has asked to be left alone, nothing is claimed. A course that was answered as waiting and
        is given out again ends the run: what it waits for will not come within it.
        """
        tally = Tally()
        waited: set[int] = set()
        self._take_over()
        while not stop() and (self.rests_until is None or self.rests_until <= self.clock.now()):
            waits = {"", *self._consented()} if apply else ()
            lane = self.store.claim(self.place.name, self.owner, self.clock.now(), LEASE_SECONDS, waits)
            if waited.intersection(lane):
                self._give_back(lane)
                break
            if not lane or not self._lane(lane, apply, tally, on_outcome):
                break
            waited |= {outcome.course for outcome in tally.outcomes if outcome.status in ("waiting", "planned")}
        return tally

    def _give_back(self, lane: Sequence[int]) -> None:
        for course in lane:
            self.store.release(self.place.name, course, self.owner)

    def _renew(self) -> None:
        self.store.renew(self.place.name, self.owner, self.clock.now(), LEASE_SECONDS)

    def _take_over(self) -> None:
        """Leases of processes of this machine that have ended are free at once; what they began is resumed."""
        gone = [owner for owner in self.store.lease_owners(self.place.name) if has_ended(owner)]
        if gone:
            self.store.expire_owners(self.place.name, gone)
            self.sender.taken_over()

    def _lane(self, lane: Sequence[int], apply: bool, tally: Tally, on_outcome: Callable[[Outcome], None]) -> bool:
        try:
            for course in lane:
                outcome = self.reconcile(course, apply=apply)
                tally.add(outcome)
                on_outcome(outcome)
                if outcome.status in ("paused", "unreachable"):
                    return False
        finally:
            self._give_back(lane)
        return True

    def reconcile(self, course: int, *, apply: bool) -> Outcome:
        """Plan one leased course and, where nothing waits for a person and `apply` is set, carry the plan out."""
        try:
            return self._reconciled(course, apply)
        except ParkedError as error:
            return self._parked(course, error.code, f"{error.message}. Remedy: {error.remedy}")
        except (StoreError, ConfigError):
            raise
        except DestinationError as error:
            self._rest(course, error.retry_after or 0.0)
            return Outcome(
                course, "paused" if error.code in _PAUSING else "unreachable", None, error.code, error.message
            )
        except Exception as error:
            log.error("course_failed", course=course, destination=self.place.name, error_type=type(error).__name__)
            return self._parked(
                course, "bug", f"{type(error).__name__} at {_place(error)}. Remedy: report it, it is ours"
            )

    def _rest(self, course: int, seconds: float) -> None:
        """Defer a course for a while; where the destination asked for longer, leave it alone for as long."""
        until = self.clock.now() + max(PAUSE, timedelta(seconds=min(seconds, LONGEST_REST)))
        self.store.defer(self.place.name, course, until)
        self.rests_until = until if seconds else None

    def _parked(self, course: int, code: str, detail: str, plan: StoredPlan | None = None) -> Outcome:
        self.store.park(self.place.name, course, code, detail, now=self.clock.now())
        if code in ASKED_AGAIN:
            self.store.defer(self.place.name, course, self.clock.now() + PATIENT_PAUSE)
        log.warning("course_parked", course=course, destination=self.place.name, code=code)
        return Outcome(course, "parked", plan, code, detail)

    def _reconciled(self, course: int, apply: bool) -> Outcome:
        stored = self.store.plan(self.place.name, course)
        begun = stored is not None and self.store.is_begun(stored.id)
        if stored is not None and apply and (begun or self.as_of is None) and self._still_holds(stored):
            return self._apply(stored, resumed=begun)
        if stored is not None and begun:
            self.sender.settle_doubts(stored)
        plan = self._planned(course)
        if stored is not None:
            plan = self._explained(plan, stored, begun)
        if not plan.entries:
            self.store.save_plan(plan, sending=False)
            self.store.finish(plan, self.clock.now(), self.owner)
            return Outcome(course, "unchanged")
        waits = bool(plan.waits) or not apply
        self.store.save_plan(plan, sending=not waits)
        if waits:
            self.store.defer(self.place.name, course, plan.next_change)
            return Outcome(course, "waiting" if plan.waits else "planned", plan, plan.waits)
        return self._send(plan, resumed=False)

    def _explained(self, plan: StoredPlan, replaced: StoredPlan, begun: bool) -> StoredPlan:
        """The plan with what the one that it replaces still has to say of what it changed."""
        whole = with_unsent_notes(plan, replaced, begun, self.store)
        waits = plan.waits or (self.place.mode if whole.entries and self._mode_waits() else "")
        return dataclasses.replace(whole, waits=waits)

    def verify(self) -> list[Outcome]:
        """Look whether somebody else changed what was confirmed here; parks each drifted course with what differs.

        A course that another process is applying just now is left to it.
        """
        verifier = Verifier(self.store, self.place.name, self.destination, self.place.key_system)
        outcomes: list[Outcome] = []
        for course in [COMMONS, *(row.course for row in self.store.courses())]:
            if self.store.claim_course(self.place.name, course, self.owner, self.clock.now(), LEASE_SECONDS):
                outcomes += self._verified(course, verifier)
        if verifier.digits_lost:
            log.warning("digits_lost", destination=self.place.name, count=len(verifier.digits_lost))
        return outcomes

    def _verified(self, course: int, verifier: Verifier) -> list[Outcome]:
        try:
            drifts = list(verifier.course(course))
            return [self._parked(course, "contested", parked_detail(drifts))] if drifts else []
        except ParkedError as error:
            return [self._parked(course, error.code, f"{error.message}. Remedy: {error.remedy}")]
        finally:
            self.store.release(self.place.name, course, self.owner)

    # --- applying --------------------------------------------------------------------------------------------------

    def _still_holds(self, plan: StoredPlan) -> bool:
        """Whether a stored plan is still the difference, and allowed: same inputs, mapping, patient, its time not over.

        What a person has refused since then is no part of the difference.
        """
        row = self.store.course(plan.course)
        timely = plan.next_change is None or plan.next_change > self._now()
        same = plan.covers == row.change and plan.mapping == self.place.mapping
        skipped = self.store.skipped(self.place.name, plan.course)
        whole = not any(skipped.get(entry.key) == entry.hash for entry in plan.entries)
        allowed = not plan.waits or (plan.waits != "shadow" and self._allowed(plan.waits))
        return timely and same and whole and allowed and self._same_patient(plan, row)

    def _same_patient(self, plan: StoredPlan, row: CourseRow) -> bool:
        if plan.course == COMMONS or self.clock.now() - plan.recorded < FRESH:
            return True
        return self._linked(row).text == plan.patient

    def _allowed(self, waits: str) -> bool:
        return waits in self._consented()

    def _consented(self) -> set[str]:
        given = {
            "held": self.consent.held or self.place.mode == "live",
            "mapping": self.consent.mapping,
            "large": self.consent.large,
            "shadow": self.place.mode != "shadow",
        }
        return {waits for waits, allowed in given.items() if allowed}

    def _apply(self, plan: StoredPlan, *, resumed: bool) -> Outcome:
        if not resumed:
            self.store.begin(plan)
        return self._send(plan, resumed=resumed)

    def _send(self, plan: StoredPlan, *, resumed: bool) -> Outcome:
        first = self.store.state(self.place.name, plan.course).applied == 0
        ended = self.sender.send(plan, resumed=resumed, first=first)
        if ended.status == "applied":
            self.store.finish(plan, self.clock.now(), self.owner)
            found = counts(plan.entries)
            log.info(
                "plan_applied", course=plan.course, destination=self.place.name, plan=plan.id, created=found["create"],
                amended=found["amend"], retracted=found["retract"],
            )  # fmt: skip
            return Outcome(plan.course, "applied", plan)
        if ended.status == "parked":
            return self._parked(plan.course, ended.code, ended.detail, plan)
        self._rest(plan.course, ended.wait)
        return Outcome(plan.course, ended.status, plan, ended.code, ended.detail)

    # --- planning --------------------------------------------------------------------------------------------------

    def _now(self) -> datetime:
        return self.as_of or self.clock.now()

    def _planned(self, course: int) -> StoredPlan:
        row, state = self.store.course(course), self.store.state(self.place.name, course)
        changes = self.store.changes(course, state.applied)
        remapped = bool(state.mapping) and state.mapping != self.place.mapping
        mending = self._mending(course)
        causes = causes_of(changes, first=not state.applied, mapping=remapped, drift=mending)
        if course == COMMONS:
            shared = self._unmended(self._plan(row, self._commons(causes), causes, changes, "", None))
            return dataclasses.replace(shared, waits=self._shared_waits(shared, remapped))
        if not row.live and not self.store.ledger(self.place.name, course):
            return self._plan(row, Difference((), ()), causes, changes, state.patient, None)
        linked = self._linked(row)
        whole = remapped or mending or not state.applied or state.patient != linked.text
        difference, next_change = self._difference(row, whole, changes, causes, linked)
        plan = self._unmended(self._plan(row, difference, causes, changes, linked.text, next_change))
        if not plan.entries:
            return plan
        binding = self.place.binding(row.simulated, row.patient, linked.element)
        noted = with_notes(plan, self.store, row, changes, binding, self.place.version, self.place.fold.zone)
        return dataclasses.replace(noted, waits=self._waits(noted, remapped))

    def _mending(self, course: int) -> bool:
        """Whether a person lets us overwrite what somebody else changed; raises ParkedError where nobody decided."""
        contested = self.store.contested(self.place.name, course)
        skipped = self.store.skipped(self.place.name, course)
        left_alone = [row for row in contested if f"{row.type}/{row.id}" not in self.consent.mend]
        for row in left_alone:
            if row.key not in skipped:
                raise _contested(f"{row.type}/{row.id}")
        return len(left_alone) < len(contested)

    def _unmended(self, plan: StoredPlan) -> StoredPlan:
        """The plan; raises ParkedError where it would overwrite what somebody else changed and nobody lets us."""
        contested = {row.key for row in self.store.contested(self.place.name, plan.course)}
        for entry in plan.entries:
            if entry.key in contested and f"{entry.type}/{entry.id}" not in self.consent.mend:
                raise _contested(f"{entry.type}/{entry.id}")
        return plan

    def _linked(self, row: CourseRow) -> Linked:
        """The patient there; raises ParkedError for simulated data not wanted and for one pump in two patients."""
        if row.simulated and not self.place.accept_simulated:
            raise ParkedError(
                "this destination does not take simulated data", code="simulated-refused",
                remedy="set accept_simulated on a test destination, then `parked retry`",
            )  # fmt: skip
        if not row.simulated and row.live:
            patients, linked = self.store.patients_of_pump(row.pump)
            if len(patients) > 1 and linked != row.patient:
                raise ParkedError(
                    "exports of this pump name two patients", code="serial-on-two-patients",
                    remedy="`assign` or `withdraw` the wrong exports, or `link` the pump to its patient",
                )  # fmt: skip
        return link(row, self.place.patient, self.destination)

    def _difference(
        self, row: CourseRow, whole: bool, changes: Sequence[Change], causes: tuple[Cause, ...], linked: Linked
    ) -> tuple[Difference, datetime | None]:
        first = min((change.position for change in changes), default=OPEN_PAGE)
        since = None if whole or self.place.horizon is not None else first
        binding = self.place.binding(row.simulated, row.patient, linked.element)
        charted = chart(self.store, row, since, self._now(), self.place.fold, binding, self.structure)
        refuse_contradiction(linked, charted.patient)
        self.store.save_checkpoints(row.course, row.change, charted.checkpoints)
        desired = charted.resources if self.place.horizon is None else self.place.horizon.cut(charted.resources)
        rows = self.store.ledger(self.place.name, row.course, charted.after)
        return subtract(desired, rows, weightiest(causes)), charted.course.next_change

    def _commons(self, causes: tuple[Cause, ...]) -> Difference:
        resources: list[Resource] = list(
            write_commons(self.store.programmers(False), self.place.commons(False), self.place.version)
        )
        if self.place.accept_simulated:  # an export need not name a programmer, and refers to the bridge all the same
            made = write_commons(self.store.programmers(True), self.place.commons(True), self.place.version)
            resources += [dataclasses.replace(resource, key=f"simulated {resource.key}") for resource in made]
        checked(resources, self.structure)
        return subtract(resources, self.store.ledger(self.place.name, COMMONS), weightiest(causes))

    def _plan(
        self, row: CourseRow, difference: Difference, causes: tuple[Cause, ...], changes: Sequence[Change],
        patient: str, next_change: datetime | None,
    ) -> StoredPlan:  # fmt: skip
        skipped = self.store.skipped(self.place.name, row.course)
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

    def _mode_waits(self) -> bool:
        return self.place.mode == "shadow" or (self.place.mode == "held" and not self.consent.held)

    def _waits(self, plan: StoredPlan, remapped: bool) -> str:
        """Why a plan must not be applied without a person; '' where it may. Source: docs/decisions.md."""
        if self.place.mode == "shadow":
            return "shadow"
        if remapped and not self.consent.mapping:
            return "mapping"
        if plan.decision is None and not self.consent.large and self._large(plan):
            return "large"
        return "held" if self._mode_waits() else ""

    def _shared_waits(self, plan: StoredPlan, remapped: bool) -> str:
        """Why what courses share waits; the bridge's own Device follows its version without being asked."""
        amended = [
            e
            for e in plan.entries
            if e.action != "create" and not e.key.removeprefix("simulated ").startswith("bridge|")
        ]
        if self.place.mode != "shadow" and remapped and amended and not self.consent.mapping:
            return "mapping"
        return self.place.mode if plan.entries and self._mode_waits() else ""

    def _large(self, plan: StoredPlan) -> bool:
        found, limits = counts(plan.entries), self.place.large
        if found["retract"] > limits.retractions:
            return True
        if not set(plan.causes) <= UNSOURCED:
            return False
        touched = self.store.recent_unsourced(self.place.name, self.clock.now() - timedelta(days=1)) + 1
        return touched > limits.courses and touched * 100 > limits.percent * self.store.course_count()


def _place(error: Exception) -> str:
    """Where an unforeseen error was raised: file and line, no values."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"


def _contested(reference: str) -> ParkedError:
    return ParkedError(
        f"{reference} was changed there by somebody else", code="contested",
        remedy="`parked show`, then `apply --mend TYPE/ID` or `parked skip`",
    )  # fmt: skip
