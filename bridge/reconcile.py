"""VERB 2. reconcile: make one course true at one destination: claim, fold, write, check, subtract, send, record.

1. A course is worked on under a lease of its lane; commons go first, and losing courses before winning ones.
2. A plan is stored, with its id and `recorded` fixed, before anything of it is sent; a crash resumes that plan.
3. A plan that waits for a person (shadow, held, mapping, large) is stored and shown, and nothing of it is sent.
4. What is planned, and what waits, is decided in planning.py; what is sent, in sending.py.
5. An unchanged course costs a comparison in the store: nothing is folded.
6. What parks a course parks it whole, with a code and a remedy; the other courses go on. Only what is too old to be
   called running still becomes unknown there.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta

from bridge.ageing import AGES, UNCHARTED, aged, aged_by_bytes
from bridge.clock import Clock
from bridge.destinations.protocol import Destination
from bridge.errors import ConfigError, DestinationError, ParkedError, StoreError
from bridge.lane import free, refuse_second_segment
from bridge.log import get, raised_at
from bridge.notes import with_unsent_notes
from bridge.outcome import Outcome as Outcome
from bridge.outcome import Tally as Tally
from bridge.owner import has_ended
from bridge.place import Place
from bridge.plan import UNSOURCED, counts
from bridge.planning import Consent as Consent
from bridge.planning import Kept, Planner
from bridge.pumps import ASKED_AGAIN
from bridge.retry import pause
from bridge.sending import LONGEST_REST, Sender, Sending
from bridge.store.protocol import COMMONS, CourseRow, Store, StoredPlan
from bridge.together import sent_together
from bridge.verify import Verifier, parked_detail

log = get(__name__)
LEASE_SECONDS = 600
NOT_VERIFIABLE = "destination-append-only"
FRESH = timedelta(minutes=15)
"""For so long a stored plan is applied without asking again who its patient is."""
AT_ONCE = timedelta(0)
PATIENT_PAUSE = timedelta(minutes=15)
"""After so long a patient who was not one active person is looked for again, without being asked to."""
_PAUSING = {"destination-unauthorized", "destination-forbidden", "destination-token", "destination-tls", "redirect"}
_NOT_ITS_OWN = {
    *_PAUSING, "destination-unreachable", "folder-unreachable", "destination-not-r4", "destination-not-r5", "throttled",
    "unavailable", "unauthorized", "forbidden", "redirect",
}  # fmt: skip
"""What says nothing of the course that was tried: it need not wait longer than the destination is away."""


class Reconciler:
    """Makes courses true at one destination; `as_of` holds the time still, else the clock tells it."""

    def __init__(
        self, store: Store, place: Place, destination: Destination, clock: Clock, owner: str,
        consent: Consent | None = None, as_of: datetime | None = None, sleep: Callable[[float], None] = time.sleep,
        learn: Callable[[], Place] | None = None, settle: timedelta = AT_ONCE,
    ) -> None:  # fmt: skip
        self._learn = learn  # which types the destination takes, where nobody has asked it yet
        self.store, self.place, self.destination, self.clock, self.owner = store, place, destination, clock, owner
        self.consent = consent or Consent()
        self.as_of = as_of
        self.planner = Planner(store, place, destination, clock, self.consent, as_of)
        self.sender = Sender(
            store, place.name, destination, clock, place.key_system, self.consent.mend, sleep, self._renew
        )
        self._later: list[StoredPlan] | None = None  # plans to be stored and sent together
        self._settle = settle  # so long a hospital pump's messages gather once it was charted

    def run(
        self, *, apply: bool, stop: Callable[[], bool] = lambda: False,
        on_outcome: Callable[[Outcome], None] = lambda outcome: None,
    ) -> Tally:  # fmt: skip
        """Claim due work, lane by lane, until none is left, `stop` says so, or the destination does not answer.

        A course that was answered as waiting and is given out again ends the run: what it waits for will not come
        within it.
        """
        tally = Tally()
        waited: set[int] = set()
        self._take_over()
        if not self._settle:  # somebody asks now
            self.store.settled(self.place.name)
        while not stop():
            waits = {"", *self._consented()} if apply else ()
            lanes = self._claimed(waits, apply)
            again = next((n for n, lane in enumerate(lanes) if waited.intersection(lane)), len(lanes))
            self._give_back([course for lane in lanes[again:] for course in lane])
            lanes = lanes[:again]
            courses = [course for lane in lanes for course in lane]
            if courses and COMMONS not in courses and apply and not self._commons_there(courses, tally, on_outcome):
                break
            if not courses or not self._lanes(lanes, apply, tally, on_outcome):
                break
            waited |= {outcome.course for outcome in tally.outcomes if outcome.status in ("waiting", "planned")}
        return tally

    def _claimed(self, waits: Collection[str], apply: bool) -> list[list[int]]:
        """The next lane, or several of one course each where that is worth it; none where nothing is due."""
        most = self.destination.together if apply and not self.planner.mode_waits() else 1
        now = self.clock.now()
        return self.store.claim_several(self.place.name, self.owner, now, LEASE_SECONDS, waits, most)

    def _commons_there(self, lane: Sequence[int], tally: Tally, on_outcome: Callable[[Outcome], None]) -> bool:
        """Whether what every chart refers to is there; else the lane is given back untouched, and stays due."""
        shared = self.store.state(self.place.name, COMMONS)
        is_there = shared.mapping and shared.parked in ("", "contested")  # contested: somebody changed it, it is there
        if self.planner.mode_waits() or is_there:
            return True
        self._give_back(lane)
        detail = "what courses share is parked: mend that first, and this and all other courses go on by themselves"
        outcome = Outcome(lane[0], "waiting", None, "commons-parked", detail)
        tally.add(outcome)
        on_outcome(outcome)
        return False

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

    def _lanes(
        self, lanes: Sequence[Sequence[int]], apply: bool, tally: Tally, on_outcome: Callable[[Outcome], None]
    ) -> bool:
        courses = [course for lane in lanes for course in lane]
        one_by_one = (self.reconcile(course, apply=apply) for course in courses)
        try:
            for outcome in one_by_one if len(lanes) == 1 else self._at_once(courses):
                tally.add(outcome)
                on_outcome(outcome)
                if outcome.status in ("paused", "unreachable"):
                    return False
        finally:
            self._give_back(courses)
        return True

    def _at_once(self, courses: Sequence[int]) -> Iterator[Outcome]:
        """Plan courses of different pumps; store what is to be sent, and record what was confirmed, in one commit.

        What time or the mapping alone has changed is counted as it is planned, and goes by itself.
        """
        plans: list[StoredPlan] = []
        kept: list[Kept] = []
        self._later, self.planner.later = plans, kept
        try:
            found = list(self._planned(courses))
        finally:
            self._later = self.planner.later = None
        applied = sent_together(plans, kept, self.store, self.sender, self.owner, self._settle)
        waiting = {plan.id for plan in plans}
        for outcome in found:
            if outcome.plan is None or outcome.plan.id not in waiting:
                yield outcome
            elif outcome.plan.id in applied:
                yield self._applied(outcome.plan)
            else:
                yield self.reconcile(outcome.course, apply=True)

    def _planned(self, courses: Sequence[int]) -> Iterator[Outcome]:
        """What planning gives, up to a course for which the destination did not answer."""
        for course in courses:
            outcome = self.reconcile(course, apply=True)
            yield outcome
            if outcome.status in ("paused", "unreachable"):
                return

    def reconcile(self, course: int, *, apply: bool) -> Outcome:
        """Plan one leased course and, where nothing waits for a person and `apply` is set, carry the plan out."""
        try:
            return self._reconciled_or_aged(course, apply)
        except ParkedError as error:
            return self._parked(course, error.code, f"{error.message}. Remedy: {error.remedy}")
        except (StoreError, ConfigError):
            raise
        except DestinationError as error:
            self._rest(course, error.retry_after or 0.0, error.code)
            return Outcome(
                course, "paused" if error.code in _PAUSING else "unreachable", None, error.code, error.message
            )
        except Exception as error:
            log.error("course_failed", course=course, destination=self.place.name, error_type=type(error).__name__)
            return self._parked(course, "bug", f"{raised_at(error)}. Remedy: report it, it is ours")

    def _reconciled_or_aged(self, course: int, apply: bool) -> Outcome:
        """Of a course that parks, what is too old to be called current still goes out."""
        try:
            return self._reconciled(course, apply)
        except ParkedError as error:
            ageing = aged_by_bytes if error.code in UNCHARTED else aged if error.code in AGES else None
            if ageing is None or not self._may_age(apply):
                raise
            unsent = self._aged(course, ageing)
            if unsent is not None:
                return unsent
            raise
        except (StoreError, ConfigError, DestinationError):
            raise
        except Exception:  # the fold itself fails: what was confirmed gets old all the same
            unsent = self._aged(course, aged_by_bytes) if self._may_age(apply) else None
            if unsent is not None:
                return unsent
            raise

    def _may_age(self, apply: bool) -> bool:
        return apply and self.as_of is None and not self.planner.mode_waits()

    def _aged(self, course: int, ageing: Callable[..., StoredPlan | None]) -> Outcome | None:
        """Send what only time has changed; None where there is nothing to send, or it is confirmed."""
        plan = ageing(course, self.store, self.place, self.planner.now(), self.clock.now(), self.planner.structure)
        if plan is None:
            return None
        replaced = self.store.plan(self.place.name, course)
        if replaced is not None:
            plan = with_unsent_notes(plan, replaced, self.store.is_begun(replaced.id), self.store)
        self.store.save_plan(plan, sending=True)
        ended = self.sender.send(plan, resumed=False, first=False)
        if ended.status != "applied":
            return self._unsent(plan, ended)
        free(course, self.store, self.place.name)
        self.store.finish_part(plan, self.clock.now())
        log.info("course_aged", course=course, destination=self.place.name, plan=plan.id, amended=len(plan.entries) - 1)
        return None

    def _rest(self, course: int, asked: float, code: str) -> None:
        """Defer a course, ever longer while it is it that fails; what the destination asked for holds for all of it."""
        seconds = min(asked, LONGEST_REST)
        if seconds:
            self.store.let_rest(self.place.name, self.clock.now() + timedelta(seconds=seconds))
        its_own = code not in _NOT_ITS_OWN and not seconds
        failures = self.store.failed(self.place.name, course) if its_own else 1
        self.store.defer(self.place.name, course, self.clock.now() + timedelta(seconds=max(seconds, pause(failures))))

    def _parked(self, course: int, code: str, detail: str, plan: StoredPlan | None = None) -> Outcome:
        self.store.park(self.place.name, course, code, detail, now=self.clock.now())
        if code in ASKED_AGAIN:
            self.store.defer(self.place.name, course, self.clock.now() + PATIENT_PAUSE)
        log.warning("course_parked", course=course, destination=self.place.name, code=code)
        return Outcome(course, "parked", plan, code, detail)

    def _know_what_is_taken(self, apply: bool) -> None:
        """Ask the destination, the first time; a plan that is only shown can do without an answer."""
        if self._learn is None:
            return
        try:
            self.place = self.planner.place = self._learn()
        except DestinationError as error:
            if apply or error.code != "destination-unreachable":
                raise
            return
        self._learn = None

    def _reconciled(self, course: int, apply: bool) -> Outcome:
        self._know_what_is_taken(apply)
        stored = self.store.plan(self.place.name, course)
        begun = stored is not None and self.store.is_begun(stored.id)
        if stored is not None and apply and (begun or self.as_of is None) and self._still_holds(stored):
            return self._apply(stored, resumed=begun)
        if stored is not None and begun:
            self.sender.settle_doubts(stored, self.planner.overdue(stored))
        plan = self.planner.planned(course)
        if stored is not None:
            plan = self._explained(plan, stored, begun)
        if not plan.entries:
            if stored is not None:
                self.store.save_plan(plan, sending=False)
            self._finish(plan)
            return Outcome(course, "unchanged")
        waits = bool(plan.waits) or not apply
        if not waits:
            refuse_second_segment(plan, self.store, self.place.name)
        if self._later is not None and not waits and stored is None and self._is_plain(plan):
            self._later.append(plan)
            return Outcome(course, "planned", plan)
        self.store.save_plan(plan, sending=not waits)
        if waits:
            self.store.defer(self.place.name, course, self._still_to_come(plan.next_change))
            return Outcome(course, "waiting" if plan.waits else "planned", plan, plan.waits)
        return self._send(plan, resumed=False)

    def _is_plain(self, plan: StoredPlan) -> bool:
        """Whether a plan goes in one sending, and is not of those that are counted one by one."""
        return len(plan.entries) <= max(1, self.destination.limit) and not set(plan.causes) <= UNSOURCED

    def _explained(self, plan: StoredPlan, replaced: StoredPlan, begun: bool) -> StoredPlan:
        """The plan with what the one that it replaces still has to say of what it changed."""
        whole = with_unsent_notes(plan, replaced, begun, self.store)
        waits = plan.waits or (self.place.mode if whole.entries and self.planner.mode_waits() else "")
        return dataclasses.replace(whole, waits=waits)

    def verify(self) -> list[Outcome]:
        """Look whether somebody else changed what was confirmed here; parks each drifted course with what differs.

        A course that another process is applying just now is left to it. Raises DestinationError while the destination
        has asked to be left alone.
        """
        if self.destination.append_only:
            raise DestinationError("it keeps what it was told and cannot be asked", code=NOT_VERIFIABLE)
        until = self.store.rests_until(self.place.name)
        if until is not None and until > self.clock.now():
            raise DestinationError(f"it asked to be left alone until {until:%Y-%m-%d %H:%M:%S}Z", code="throttled")
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
        timely = plan.next_change is None or plan.next_change > self.planner.now()
        timely = timely and not self.planner.overdue(plan)
        same = plan.covers == row.change and plan.mapping == self.place.mapping
        skipped = self.store.skipped(self.place.name, plan.course)
        whole = not any(skipped.get(entry.key) == entry.hash for entry in plan.entries)
        allowed = not plan.waits or (plan.waits != "shadow" and plan.waits in self._consented())
        return timely and same and whole and allowed and self._same_patient(plan, row)

    def _same_patient(self, plan: StoredPlan, row: CourseRow) -> bool:
        if plan.course == COMMONS or self.clock.now() - plan.recorded < FRESH:
            return True
        return self.planner.linked(row).text == plan.patient

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
            refuse_second_segment(plan, self.store, self.place.name)
            self.store.begin(plan)
        return self._send(plan, resumed=resumed)

    def _send(self, plan: StoredPlan, *, resumed: bool) -> Outcome:
        first = self.store.state(self.place.name, plan.course).applied == 0
        ended = self.sender.send(plan, resumed=resumed, first=first)
        if ended.status == "applied":
            self._finish(plan)
            return self._applied(plan)
        return self._unsent(plan, ended)

    def _finish(self, plan: StoredPlan) -> None:
        free(plan.course, self.store, self.place.name)
        now = self.clock.now()
        self.store.finish(plan, now, self.owner, now + self._settle if self._settle else None)

    def _applied(self, plan: StoredPlan) -> Outcome:
        found = counts(plan.entries)
        log.info(
            "plan_applied", course=plan.course, destination=self.place.name, plan=plan.id, created=found["create"],
            amended=found["amend"], retracted=found["retract"],
        )  # fmt: skip
        return Outcome(plan.course, "applied", plan)

    def _unsent(self, plan: StoredPlan, ended: Sending) -> Outcome:
        if ended.status == "parked":
            return self._parked(plan.course, ended.code, ended.detail, plan)
        self._rest(plan.course, ended.wait, ended.code)
        return Outcome(plan.course, ended.status, plan, ended.code, ended.detail)

    def _still_to_come(self, until: datetime | None) -> datetime | None:
        """The time, or None (without end) where it is over: what waits for it would be planned again for ever."""
        return until if until is not None and until > self.clock.now() else None
