"""Messages minus what a receiver was told: what is new, what is corrected, what is taken back, and what is too late.

Promises: pure. A receiver keeps what it was told, so that nothing is told of before it started. Alarms and deliveries
are told once: never when they are older than 15 minutes (the ledger keeps that they were not), never corrected, never
taken back. A correction says C and takes back (D) the rows that are gone; a retraction says D. The hash of an entry is
that of its facts: MSH-7, MSH-10 and F, C or D are added to what is sent, and stay the same when it is sent again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bridge.chart.resource import Resource
from bridge.fhir_json import Json, canonical, read
from bridge.messages.message import MOMENTARY, START, Message, moment_of
from bridge.store.protocol import LedgerRow, PlanEntry

STALE = timedelta(minutes=15)
NOT_SENT = "not_sent"
TOO_LATE = "it was older than 15 minutes when it was planned"
START_KEY = "hl7v2-start|||||"


def start_of(instant: datetime) -> Message:
    """The first line of a receiver's ledger: from when on it is told. Nothing is sent for it."""
    body: Json = {
        "type": START, "id": "start", "title": f"This receiver is told of what is from {instant:%Y-%m-%d %H:%M}Z on",
        "instant": instant.isoformat(), NOT_SENT: "it is no message",
    }  # fmt: skip
    return Message(START_KEY, "start", "commons", body)


def started(body: bytes) -> datetime:
    """The instant that a start says."""
    return moment_of(read(body))


def wanted(
    messages: Iterable[Resource], rows: Mapping[str, LedgerRow], start: datetime, now: datetime
) -> tuple[Resource, ...]:
    """The messages that this receiver ought to have, by what it was told (rows by key)."""
    found = []
    for message in messages:
        row = rows.get(message.key)
        told = row is not None and bool(row.confirmed_hash)
        if not told and moment_of(message.body) < start:
            continue
        if message.type not in MOMENTARY:
            found.append(message)
        elif not told:
            found.append(message if now - moment_of(message.body) <= STALE else _late(message))
    return tuple(found)


def overdue(entries: Iterable[PlanEntry], rows: Mapping[str, LedgerRow], now: datetime) -> frozenset[str]:
    """The keys of what a stored plan would tell of a moment, and has not told in time: it was held up on its way."""
    waits = (e for e in entries if e.type in MOMENTARY and not ((row := rows.get(e.key)) and row.confirmed_hash))
    bodies = ((entry.key, read(entry.body)) for entry in waits)
    return frozenset(key for key, body in bodies if NOT_SENT not in body and now - moment_of(body) > STALE)


def compared(rows: Iterable[LedgerRow]) -> list[LedgerRow]:
    """The rows that are compared at all: what was told of a moment stays as it was told."""
    return [row for row in rows if row.type not in MOMENTARY or not row.confirmed_hash]


def _late(message: Resource) -> Resource:
    title = f"NOT SENT (older than 15 minutes): {message.body['title']}"
    return replace(message, body={**message.body, "title": title, NOT_SENT: TOO_LATE})


# --- what is added to what is sent ------------------------------------------------------------------------------------


def stamped(
    entries: Sequence[PlanEntry], rows: Mapping[str, LedgerRow], plan: str, recorded: datetime
) -> tuple[PlanEntry, ...]:
    """The entries of a plan with their MSH-7, MSH-10 and status; their hashes stay."""
    return tuple(_stamped(entry, rows.get(entry.key), plan, recorded) for entry in entries)


def _stamped(entry: PlanEntry, row: LedgerRow | None, plan: str, recorded: datetime) -> PlanEntry:
    body: Json = read(entry.body)
    if NOT_SENT in body:
        return entry
    number = hashlib.sha256(f"{plan}|{entry.key}|{entry.action}".encode()).hexdigest()[:18].upper()
    corrects = entry.action == "amend" and row is not None and row.state != "retracted"
    body |= {
        "number": f"PB{number}",
        "sent": recorded.isoformat(),
        "status": "D" if entry.action == "retract" else "C" if corrects else "F",
    }
    if corrects and row is not None:
        body |= {"gone": gone} if (gone := _gone(read(row.confirmed), body)) else {}
    return replace(entry, body=canonical(body))


def _gone(before: Json, now: Json) -> list[Json]:
    """The rows that were told and are not stated any more; what names a device or a part is no statement."""
    here = {_name(row) for row in now["rows"]}
    return [row for row in before.get("rows", ()) if "kind" in row and _name(row) not in here]


def _name(row: Json) -> tuple[str, str]:
    return str(row["place"]), str(row.get("name") or row.get("mdc"))
