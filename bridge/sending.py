"""Applying a stored plan: send it in order, record each answer, look where an answer was lost.

1. A ledger row says `sending` before its request leaves (the store's `begin`), and is settled in one commit an answer.
2. When an answer is lost, the destination is looked at before anything is sent again. One that cannot be looked at (it
   keeps what it was told) is told again the same bytes under the same number, one message at a time.
3. Nothing later in a plan is sent while something earlier is in doubt; dependants of a refused resource are blocked.
4. A resource that somebody else changed is contested and never overwritten without a person's word.
5. What a destination asks for (Retry-After) is kept in the store: no process sends before it is over.
6. A request of a process that was killed may still be running: where it could make a second resource, or come after
   a newer plan, nobody looks before it has ended.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from bridge.chart.retraction import is_retracted
from bridge.clock import Clock
from bridge.destinations.protocol import Answer, Destination, Stored, Write
from bridge.errors import DestinationError
from bridge.fhir_json import read
from bridge.ledger import compare, in_our_ids
from bridge.retry import delay
from bridge.store.protocol import COMMONS, LedgerRow, PlanEntry, RowState, Settled, Store, StoredPlan

TRIES = 5
LONGEST_WAIT = 60.0
LONGEST_REST = 86_400.0
RENEWED_AFTER = 30.0
_STATES: dict[str, RowState] = {
    "refused": "refused", "contested": "contested", "blocked": "blocked", "in_doubt": "in_doubt",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sending:
    """How a plan's sending ended, the code that parked or paused it, and a detail without a patient.

    `wait`: seconds for which the destination asked to be left alone, where that is too long to wait here.
    """

    status: Literal["applied", "parked", "paused", "unreachable"]
    code: str = ""
    detail: str = ""
    wait: float = 0.0


class Sender:
    """Sends the plans of one destination.

    `mend` names the references (Type/id) that a person lets us overwrite; `keep` renews the lease in a long send.
    """

    def __init__(
        self, store: Store, name: str, destination: Destination, clock: Clock, system: str,
        mend: frozenset[str] = frozenset(), sleep: Callable[[float], None] = time.sleep,
        keep: Callable[[], object] = lambda: None,
    ) -> None:  # fmt: skip
        self.store, self.name, self.destination, self.clock = store, name, destination, clock
        self.system, self.mend, self.sleep, self.keep = system, mend, sleep, keep
        self._quiet_since = time.monotonic()
        self._runs_on = False  # what was lost a moment ago may still be running

    def send(self, plan: StoredPlan, *, resumed: bool, first: bool) -> Sending:
        """Send what of a begun plan is not confirmed yet.

        `resumed`: a process ended while sending it, so everything open is looked at first. `first`: nothing of this
        course was ever confirmed there; if its first resource is there all the same, all is looked at.
        """
        ended = self._leave_alone()
        if ended is not None:
            return ended
        rows = self._rows(plan, plan.entries)
        left = [entry for entry in plan.entries if not _confirmed(rows.get(entry.key), entry)]
        if resumed and left and (self._foreign_ids or self._runs_on):
            self._let_end()
        if not self._append_only and (resumed or self._mends(left) or (first and left and self._there(plan, left[0]))):
            left, ended = self._look(plan, left, rows)
            if ended is not None:
                return ended
            rows = self._rows(plan, left)
        limit = max(1, self.destination.limit)
        for start in range(0, len(left), limit):
            if start:
                self.keep()
            in_doubt = resumed and not start
            ended = self._part(plan, left[start : start + limit], rows, again=start > 0, in_doubt=in_doubt)
            if ended is not None:
                return ended
        return Sending("applied")

    def plainly(self, plans: Sequence[StoredPlan]) -> list[tuple[StoredPlan, list[Settled]]]:
        """Send begun plans where nothing needs to be looked at; those that were confirmed whole, with their answers.

        Nothing is recorded: the caller does it, for all of them at once. The other plans are to be resumed: after the
        first that was not confirmed whole nothing more is sent.
        """
        whole: list[tuple[StoredPlan, list[Settled]]] = []
        if self._foreign_ids or self._append_only or self._leave_alone() is not None:
            return whole
        leased = time.monotonic()
        for plan in plans:
            answers = self._plain_answers(plan)
            if any(answer.status != "confirmed" for answer in answers):
                self._heed(answers)
                self._leave_running(answers)
                break
            if answers:
                whole.append((plan, _settled(plan.entries, answers)))
            if time.monotonic() - leased > RENEWED_AFTER:
                self.keep()
                leased = time.monotonic()
        return whole

    def _plain_answers(self, plan: StoredPlan) -> Sequence[Answer]:
        """The answers to a whole plan; none where it is long, or something has to be looked at before."""
        entries = plan.entries
        first = self.store.state(self.name, plan.course).applied == 0
        if len(entries) > max(1, self.destination.limit) or self._mends(entries):
            return ()
        if first and self._there(plan, entries[0]):
            return ()
        rows = {} if first else self._rows(plan, entries)
        return self.destination.send([self._write(e, rows.get(e.key)) for e in entries], course=str(plan.course))

    def settle_doubts(self, plan: StoredPlan, overdue: Collection[str] = ()) -> None:
        """A begun plan does not hold any more: settle what of it arrived, before anything new is planned.

        What is `overdue` (keys) is not told again, whether it arrived or not: its moment is over.
        """
        rows = self._rows(plan, plan.entries)
        left = [entry for entry in plan.entries if not _confirmed(rows.get(entry.key), entry)]
        if self._append_only:
            return self._tell_again(plan, [entry for entry in left[:1] if entry.key not in overdue], rows)
        if self._foreign_ids or self._unversioned(left, rows):
            self._let_end()
        self._look(plan, left, rows)

    def _tell_again(self, plan: StoredPlan, first: list[PlanEntry], rows: Mapping[str, LedgerRow]) -> None:
        """Tell once more, under its number, what may have been told: nothing after it can have left.

        Raises DestinationError where that is not answered: what comes next would rest on a guess.
        """
        if not first or rows[first[0].key].state not in ("sending", "in_doubt"):
            return
        ended = self._part(plan, first, rows, again=True, in_doubt=True)
        if ended is not None and ended.status != "parked":
            error = DestinationError(ended.detail or "no answer came", code=ended.code or "destination-unreachable")
            error.retry_after = ended.wait or None
            raise error

    def _unversioned(self, left: Sequence[PlanEntry], rows: Mapping[str, LedgerRow]) -> bool:
        """Whether something of it may have been sent that no version keeps from overwriting what is newer."""
        return not self._append_only and any(self._write(entry, rows.get(entry.key)).if_match is None for entry in left)

    def taken_over(self) -> None:
        """Another process has ended just now; what it sent may still be running."""
        self._quiet_since = time.monotonic()

    def _leave_running(self, answers: Sequence[Answer]) -> None:
        """What was lost here may still be running too: whoever goes on with it waits first, where it could do harm."""
        if any(answer.status == "in_doubt" and answer.retry_after for answer in answers):
            self._quiet_since, self._runs_on = time.monotonic(), True

    def _let_end(self) -> None:
        """Wait until what was sent and left, by an ended process or here, cannot be running any more."""
        self._runs_on = False
        left = self._quiet_since + self.destination.patience - time.monotonic()
        if left > 0:
            self.sleep(left)

    def _leave_alone(self) -> Sending | None:
        """Wait while the destination wants to be left alone, whoever was told so; a long rest ends the sending."""
        until = self.store.rests_until(self.name)
        left = (until - self.clock.now()).total_seconds() if until is not None else 0.0
        if left > LONGEST_WAIT:
            return _throttled(left)
        if left > 0:
            self.sleep(left)
        return None

    def _heed(self, answers: Sequence[Answer]) -> None:
        """Keep what the destination asked for; the wait of a doubt is our own, and concerns nobody else."""
        asked = max((a.retry_after or 0.0 for a in answers if a.status == "retry"), default=0.0)
        if asked > 0:
            self.store.let_rest(self.name, self.clock.now() + timedelta(seconds=min(asked, LONGEST_REST)))

    def _part(
        self, plan: StoredPlan, todo: list[PlanEntry], rows: Mapping[str, LedgerRow], *, again: bool,
        in_doubt: bool = False,
    ) -> Sending | None:  # fmt: skip
        chance = random.Random(plan.id)
        for attempt in range(TRIES):
            rests = self._leave_alone() if attempt or again else None
            if rests is not None:
                return rests
            answers = self.destination.send(
                [self._write(entry, rows.get(entry.key), in_doubt or attempt > 0) for entry in todo],
                course=str(plan.course),
                server_ids=self._server_ids(plan) if self._foreign_ids else {},
            )
            self._settle(plan, todo, answers)
            self._heed(answers)
            ended = _ended(answers)
            if ended is not None:
                return ended
            todo = [entry for entry, answer in zip(todo, answers, strict=True) if answer.status != "confirmed"]
            if not todo:
                return None
            wait = max(a.retry_after or 0.0 for a in answers)
            if wait > LONGEST_WAIT:
                return _throttled(wait)
            self.sleep(max(wait, delay(attempt, chance)))
            self.keep()
            todo, ended = self._look(plan, todo, self._rows(plan, todo))
            if ended is not None or not todo:
                return ended
            rows = self._rows(plan, todo)
        return Sending("unreachable", "no-answer", f"nothing settled in {TRIES} attempts")

    # --- looking before sending again ------------------------------------------------------------------------------

    def _look(
        self, plan: StoredPlan, todo: list[PlanEntry], rows: Mapping[str, LedgerRow]
    ) -> tuple[list[PlanEntry], Sending | None]:
        """Settle what arrived after all; note versions that moved without us; answer what is still to be sent."""
        if self._append_only:
            return todo, None
        settled: list[Settled] = []
        left: list[PlanEntry] = []
        there = self._all_there(plan, todo)
        for entry in todo:
            outcome = self._compare(plan, entry, rows.get(entry.key), there[entry.key])
            if outcome is None:
                left.append(entry)
            else:
                settled.append(outcome)
        self.store.settle(self.name, plan.id, settled, self.clock.now())
        foreign = [s for s in settled if s.state == "contested"]
        if foreign:
            return left, Sending("parked", "contested", foreign[0].detail)
        return left, None

    def _all_there(self, plan: StoredPlan, todo: Sequence[PlanEntry]) -> dict[str, Stored | None]:
        """What is there of each entry; where the server gives its own ids, with ours put back."""
        there = {e.key: self.destination.look(e.type, e.id, self._identifier(e), str(plan.course)) for e in todo}
        if not self._foreign_ids:
            return there
        ours = {f"{row.type}/{row.server_id}": f"{row.type}/{row.id}" for row in self._known_rows(plan)}
        found = [(entry, stored) for entry in todo if (stored := there[entry.key]) is not None]
        ours |= {f"{entry.type}/{stored.server_id}": f"{entry.type}/{entry.id}" for entry, stored in found}
        return {key: _as_ours(stored, ours) for key, stored in there.items()}

    def _compare(
        self, plan: StoredPlan, entry: PlanEntry, row: LedgerRow | None, found: Stored | None
    ) -> Settled | None:
        if found is None or found.body is None or found.deleted:
            if row is not None and row.confirmed_hash and not self._may_mend(entry):
                return Settled(entry.key, "contested", row.version, row.server_id, "it was deleted there")
            if row is not None and row.confirmed_hash:
                self.store.adopt_version(self.name, plan.course, entry.key, found.version if found else "", "")
            return None
        differs = compare(read(entry.body), found.body).differs
        if not differs:
            state: RowState = "retracted" if entry.action == "retract" else "confirmed"
            return Settled(entry.key, state, found.version, found.server_id or entry.id)
        if row is not None and row.confirmed_hash and row.version and found.version == row.version:
            return None
        theirs_in_error = is_retracted(found.body) and entry.action != "retract"
        if (self._may_mend(entry) and not theirs_in_error) or self._still_ours(row, found):
            self.store.adopt_version(self.name, plan.course, entry.key, found.version, found.server_id)
            return None
        detail = f"{entry.type}/{entry.id} was changed there by somebody else"
        if row is None or not row.confirmed_hash:
            shown = ", ".join(differs[:5]) + (", …" if len(differs) > 5 else "")
            detail = f"{entry.type}/{entry.id} is there already and is not what this store wrote: {shown}"
        return Settled(entry.key, "contested", found.version, found.server_id, detail)

    def _still_ours(self, row: LedgerRow | None, found: Stored) -> bool:
        """Whether only the version moved (labels, a rewritten spelling) and the content is what was confirmed."""
        if row is None or not row.confirmed or found.body is None:
            return False
        return compare(read(row.confirmed), found.body).same

    def _there(self, plan: StoredPlan, entry: PlanEntry) -> bool:
        found = self.destination.look(entry.type, entry.id, self._identifier(entry), str(plan.course))
        return found is not None and not found.deleted

    def _mends(self, entries: Sequence[PlanEntry]) -> bool:
        return any(self._may_mend(entry) for entry in entries)

    def _may_mend(self, entry: PlanEntry) -> bool:
        return f"{entry.type}/{entry.id}" in self.mend

    # --- writes and answers ----------------------------------------------------------------------------------------

    @property
    def _foreign_ids(self) -> bool:
        return not self.destination.capabilities().client_ids

    @property
    def _append_only(self) -> bool:
        return self.destination.append_only

    def _write(self, entry: PlanEntry, row: LedgerRow | None, again: bool = False) -> Write:
        known = row.version if row is not None and row.version and self.destination.capabilities().if_match else None
        server_id = row.server_id if row is not None else ""
        return Write(entry.type, entry.id, entry.body, known, self._identifier(entry), entry.action, server_id, again)

    def _identifier(self, entry: PlanEntry) -> tuple[str, str]:
        return self.system, entry.id.rsplit("-", 1)[-1]

    def _server_ids(self, plan: StoredPlan) -> dict[str, str]:
        return {row.id: row.server_id for row in self._known_rows(plan) if row.server_id != row.id}

    def _known_rows(self, plan: StoredPlan) -> list[LedgerRow]:
        """Every row that what this plan writes may refer to and whose id at the server is known."""
        notes = self._rows(plan, plan.entries).values()
        rows = [*self.store.ledger(self.name, plan.course), *self.store.ledger(self.name, COMMONS), *notes]
        return [row for row in rows if row.server_id]

    def _rows(self, plan: StoredPlan, entries: Sequence[PlanEntry]) -> dict[str, LedgerRow]:
        return self.store.rows(self.name, plan.course, [entry.key for entry in entries])

    def _settle(self, plan: StoredPlan, entries: Sequence[PlanEntry], answers: Sequence[Answer]) -> None:
        settled = _settled(entries, answers)
        if settled:
            self.store.settle(self.name, plan.id, settled, self.clock.now())


def _settled(entries: Sequence[PlanEntry], answers: Sequence[Answer]) -> list[Settled]:
    settled = []
    for entry, answer in zip(entries, answers, strict=True):
        if answer.status == "confirmed":
            state: RowState = "retracted" if entry.action == "retract" else "confirmed"
            settled.append(Settled(entry.key, state, answer.version, answer.server_id or entry.id))
        elif answer.status in _STATES:
            settled.append(Settled(entry.key, _STATES[answer.status], "", "", answer.detail or answer.code))
    return settled


def _throttled(seconds: float) -> Sending:
    return Sending("unreachable", "throttled", "the destination asked to be left alone", seconds)


def _as_ours(stored: Stored | None, ours: Mapping[str, str]) -> Stored | None:
    if stored is None or stored.body is None:
        return stored
    return replace(stored, body=in_our_ids(stored.body, ours))


def _ended(answers: Sequence[Answer]) -> Sending | None:
    """What ends the sending of this plan now, worst first; None where it goes on."""
    for status in ("contested", "refused"):
        for answer in answers:
            if answer.status == status:
                return Sending("parked", answer.code or status, answer.detail)
    for answer in answers:
        if answer.status == "paused":
            return Sending("paused", answer.code, answer.detail)
        if answer.status == "unreachable":
            return Sending("unreachable", answer.code, answer.detail)
    return None


def _confirmed(row: LedgerRow | None, entry: PlanEntry) -> bool:
    if row is None or row.state not in ("confirmed", "retracted"):
        return False
    return row.confirmed_hash == entry.hash
