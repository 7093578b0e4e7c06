"""Ledger and plans: what each destination has confirmed, and what is on its way there.

1. A row is `sending` with its hash in flight before the request is sent.
2. An answer is settled in one commit; confirmed bytes are the bytes of the plan's entry, copied inside the store.
3. A course has at most one unfinished plan at a destination; its id and time never change.
4. A plan that had begun and is replaced keeps its head: what it confirmed names it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bridge.errors import Bug
from bridge.store.connection import (
    FOREVER,
    Connection,
    Row,
    instant,
    instant_or_none,
    packed,
    unpacked,
    written,
    written_or_none,
)
from bridge.store.rows import UNSOURCED, LedgerRow, PlanEntry, Settled, StoredPlan


class SqliteLedger(Connection):
    """What subtracting, sending and recording need."""

    def ledger(self, destination: str, course: int, after: str = "") -> list[LedgerRow]:
        """Rows on pages greater than `after` (the open page included), whatever their state."""
        number = self._destination(destination)
        return [ledger_row(row) for row in self._all("ledger", number=number, course=course, after=after)]

    def notes(self, destination: str, course: int) -> list[LedgerRow]:
        """The rows that belong to plans and to no chart: Provenance and amendment notes."""
        number = self._destination(destination)
        return [ledger_row(row) for row in self._all("ledger_notes", number=number, course=course)]

    def rows(self, destination: str, course: int, keys: Sequence[str]) -> dict[str, LedgerRow]:
        """The ledger rows of these keys, by key; keys without a row are left out."""
        number = self._destination(destination)
        found = self._all("ledger_of_keys", number=number, course=course, keys=json.dumps(list(keys)))
        return {row[0]: ledger_row(row) for row in found}

    def adopt_version(self, destination: str, course: int, key: str, version: str, server_id: str) -> None:
        """Take a version that moved there without us as the one to overwrite; confirmed bytes stay."""
        number = self._destination(destination)
        with self.writing():
            self._run("adopt_version", number=number, course=course, key=key, version=version, server_id=server_id)

    def contest(self, destination: str, course: int, key: str, detail: str) -> None:
        """Mark a row as changed there by somebody else; confirmed bytes and version stay."""
        number = self._destination(destination)
        with self.writing():
            self._run("contest", number=number, course=course, key=key, detail=detail)

    def contested(self, destination: str, course: int) -> list[LedgerRow]:
        """The rows of a course that somebody else changed there, by key."""
        number = self._destination(destination)
        return [ledger_row(row) for row in self._all("contested", number=number, course=course)]

    def plan(self, destination: str, course: int) -> StoredPlan | None:
        """The stored plan that is not finished, or None."""
        row = self._one("plan", number=self._destination(destination), course=course)
        if row is None:
            return None
        entries = tuple(_entry(entry) for entry in self._all("plan_entries", plan=row[0]))
        return _plan(destination, row, entries)

    def save_plan(self, plan: StoredPlan, *, sending: bool) -> None:
        """Replace the unfinished plan; with `sending`, also write its ledger rows as sending, in the same commit."""
        self.save_plans([plan], sending=sending)

    def save_plans(self, plans: Sequence[StoredPlan], *, sending: bool) -> None:
        """The same for plans of several courses, in one commit; all that costs time is done before it begins."""
        entries = [_packed_entries(plan.entries) for plan in plans]
        with self.writing():
            for plan, packed_entries in zip(plans, entries, strict=True):
                self._save_plan(plan, packed_entries, sending)

    def _save_plan(self, plan: StoredPlan, entries: list[dict[str, object]], sending: bool) -> None:
        number = self._destination(plan.destination)
        self._replace_plan(number, plan.course)
        stored = self._add("add_plan", number=number, **_columns(plan))
        self._many("add_entry", [{"plan": stored, **entry} for entry in entries])
        if sending:
            self._begin(number, stored, plan)
        if plan.waits:
            self._wait(number, plan)

    def _replace_plan(self, number: int, course: int) -> None:
        row = self._one("open_plan", number=number, course=course)
        if row is None:
            return
        self._run("delete_entries", plan=row[0])
        self._run("replace_plan" if row[2] else "delete_plan", plan=row[0])

    def _wait(self, number: int, plan: StoredPlan) -> None:
        self._run("wait", number=number, course=plan.course, covers=plan.covers, not_before=FOREVER)
        self._run("waits_until", number=number, course=plan.course, next_change=written_or_none(plan.next_change))

    def is_begun(self, plan: str) -> bool:
        """Whether `begin` was called for this plan: something of it may have left."""
        row = self._one("plan_by_id", id=plan)
        return row is not None and bool(row[2])

    def begin(self, plan: StoredPlan) -> None:
        """Write the stored plan's ledger rows as `sending` with their hash in flight, before any request."""
        number = self._destination(plan.destination)
        with self.writing():
            self._begin(number, self._stored(plan.id), plan)

    def _begin(self, number: int, stored: int, plan: StoredPlan) -> None:
        self._run("begin", number=number, plan=stored, course=plan.course, id=plan.id, patient=plan.patient)
        self._run("plan_begun", plan=stored)

    def _stored(self, plan: str) -> int:
        row = self._one("plan_by_id", id=plan)
        if row is None:
            raise Bug("a plan is used before it is stored")
        return int(row[0])

    def settle(self, destination: str, plan: str, outcomes: Sequence[Settled], now: datetime) -> None:
        """Record answers: confirmed and retracted rows take the plan entry's bytes, hash and page; one commit.

        Not waited for: where a power cut takes it back, the rows say `sending` again, and what is there is looked at.
        """
        number, at = self._destination(destination), written(now)
        with self.writing_unsynced():
            row = self._one("plan_by_id", id=plan)
            if row is None:
                raise Bug("answers to a plan that is not stored")
            settled = [outcome for outcome in outcomes if outcome.state in ("confirmed", "retracted")]
            others = [outcome for outcome in outcomes if outcome.state not in ("confirmed", "retracted")]
            place = {"number": number, "course": row[1]}
            self._settle("settle_confirmed", [_settled(o) | place | {"plan": row[0], "now": at} for o in settled])
            self._settle("settle_other", [_unsettled(outcome) | place for outcome in others])

    def _settle(self, query: str, rows: list[dict[str, Any]]) -> None:
        if rows and self._database.executemany(self._query(query), rows).rowcount != len(rows):
            raise Bug("an answer to what was never sent", where=query)

    def finish(self, plan: StoredPlan, now: datetime, owner: str = "", settles: datetime | None = None) -> None:
        """Close the plan (stored or, when empty, never stored): the destination has applied `covers`.

        Not waited for: where a power cut takes it back, the plan is found begun and all of it confirmed, and is closed
        again.
        """
        number = self._destination(plan.destination)
        course, next_change = plan.course, written_or_none(plan.next_change)
        with self.writing_unsynced():
            self._many("repage", [{"number": number, "course": course, "key": k, "page": p} for k, p in plan.repaged])
            self._close_plan(plan.id, written(now))
            if self._one("has_replaced", number=number, course=course):
                self._run("forget_unsent", number=number, course=course, plan=plan.id)
            applied = {"covers": plan.covers, "mapping": plan.mapping, "patient": plan.patient}
            gathers = written(settles) if settles else ""
            self._run("applied", number=number, course=course, next_change=next_change, settles=gathers, **applied)
            self._run("mapped_otherwise", number=number, mapping=plan.mapping)
            self._run("not_due", number=number, course=course, covers=plan.covers)
            if gathers:
                self._run("settle", number=number, course=course, settles=gathers)
            self._run("release", number=number, course=course, owner=owner)

    def finish_part(self, plan: StoredPlan, now: datetime) -> None:
        """Close a plan that was only a part of the difference: the course is as due, parked and applied as before."""
        with self.writing():
            self._close_plan(plan.id, written(now))

    def wake_at(self, destination: str, course: int, next_change: datetime | None) -> None:
        """The course becomes due at this instant, parked or not (None: time alone does not make it so)."""
        number = self._destination(destination)
        with self.writing():
            self._run("waits_until", number=number, course=course, next_change=written_or_none(next_change))

    def _close_plan(self, plan: str, now: str) -> None:
        """A plan that changed something keeps its head; of an empty one nothing is left."""
        row = self._one("plan_by_id", id=plan)
        if row is None:
            return
        changed = self._one("has_entries", plan=row[0])
        self._run("delete_entries", plan=row[0])
        if changed:
            self._run("finish_plan", plan=row[0], now=now)
        else:
            self._run("delete_plan", plan=row[0])


def ledger_row(row: Row) -> LedgerRow:
    """One row of the ledger as its query gives it."""
    key, page, kind, identifier, server_id, version, state, confirmed_hash = row[:8]
    confirmed, in_flight, plan, at, cause, patient, detail = row[8:]
    return LedgerRow(
        key=key,
        page=page,
        type=kind,
        id=identifier,
        server_id=server_id,
        version=version,
        state=state,
        confirmed_hash=confirmed_hash,
        confirmed=unpacked(confirmed),
        in_flight_hash=in_flight,
        plan=plan,
        confirmed_at=instant_or_none(at),
        cause=cause,
        patient=patient,
        detail=detail,
    )


def _columns(plan: StoredPlan) -> dict[str, object]:
    return {
        "id": plan.id,
        "course": plan.course,
        "covers": plan.covers,
        "mapping": plan.mapping,
        "recorded": written(plan.recorded),
        "causes": json.dumps(plan.causes),
        "decision": plan.decision,
        "unsourced": set(plan.causes) <= UNSOURCED and bool(plan.entries),
        "waits": plan.waits,
        "patient": plan.patient,
        "next_change": written_or_none(plan.next_change),
        "repaged": json.dumps(plan.repaged),
    }


def _packed_entries(entries: Sequence[PlanEntry]) -> list[dict[str, object]]:
    return [
        {
            "ordinal": ordinal,
            "action": entry.action,
            "key": entry.key,
            "page": entry.page,
            "type": entry.type,
            "id": entry.id,
            "hash": entry.hash,
            "cause": entry.cause,
            "body": packed(entry.body),
        }
        for ordinal, entry in enumerate(entries)
    ]


def _entry(row: Row) -> PlanEntry:
    action, key, page, kind, identifier, body, content_hash, cause = row
    return PlanEntry(action, key, page, kind, identifier, unpacked(body), content_hash, cause)


def _plan(destination: str, row: Row, entries: tuple[PlanEntry, ...]) -> StoredPlan:
    _, plan, course, covers, mapping, recorded, causes, decision, waits, patient, next_change, repaged = row
    return StoredPlan(
        id=plan,
        destination=destination,
        course=course,
        covers=covers,
        mapping=mapping,
        recorded=instant(recorded),
        causes=tuple(json.loads(causes)),
        decision=decision,
        waits=waits,
        patient=patient,
        next_change=instant_or_none(next_change),
        entries=entries,
        repaged=tuple((key, page) for key, page in json.loads(repaged)),
    )


def _settled(outcome: Settled) -> dict[str, Any]:
    return _unsettled(outcome) | {"version": outcome.version, "server_id": outcome.server_id}


def _unsettled(outcome: Settled) -> dict[str, Any]:
    return {"key": outcome.key, "state": outcome.state, "detail": outcome.detail}
