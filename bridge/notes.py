"""What a plan leaves beside the chart: its Provenance, and a note where it takes back what had been called confirmed.

Promises: pure but for reading the ledger; both notes are entries of the plan itself, fixed when the plan is stored,
on a page that is never subtracted. Learning how an open segment ended is no amendment: each statement was true up to
the instant to which it called itself confirmed. Source: docs/decisions.md.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bridge.chart import administration, r4, r5
from bridge.chart.plan_notes import Applied, Decision, amendment_note, provenance
from bridge.chart.resource import Binding, Resource
from bridge.chart.retraction import is_retracted
from bridge.chart.sheet import KINDS, kind_of
from bridge.fhir_json import Json, canonical, digest, read
from bridge.identity import PumpIdentity, key
from bridge.place import pruned
from bridge.plan import NOTES, counts
from bridge.store.protocol import Change, CourseRow, LedgerRow, PlanEntry, Store, StoredPlan

_TAKEN_BACK = ("MedicationAdministration", "MedicationRequest", "Procedure", "Observation")
_SAID = ("MedicationAdministration", "Procedure", "Observation")
_SAID_AT_MOST = 6
_CAUSES = {
    "decision": "a person's decision", "corrected": "a corrected export", "late": "an export that arrived late",
    "new": "a new export", "quarantine": "an export that cannot be read", "reread": "exports read again",
    "mapping": "new software or configuration", "drift": "a change made there by somebody else", "time": "time",
    "destination": "a new destination",
}  # fmt: skip
_BECAUSE = {
    "corrected": "A corrected report of the same session says otherwise.",
    "late": "A report that arrived later says otherwise.",
    "new": "A newer report says otherwise.",
    "quarantine": "A newer report cannot be read, so that it is not known.",
    "reread": "The reports were read again.",
    "mapping": "The software or its configuration was changed.",
}


def with_notes(
    plan: StoredPlan, store: Store, row: CourseRow, changes: Sequence[Change], binding: Binding, version: str, zone: str
) -> StoredPlan:
    """The plan with its Provenance and, where one is due, its amendment note as last entries; times in the zone."""
    applied = _applied(plan, store, row, changes, ZoneInfo(zone))
    notes: list[Resource] = []
    taken = _taken_back(plan, store)
    if taken:
        notes.append(_note(applied, plan, taken, binding, ZoneInfo(zone)))
        applied = dataclasses.replace(applied, targets=(*applied.targets, notes[0].reference))
    if binding.capability.sends("Provenance"):
        notes.append(provenance(applied, binding, version))
    return dataclasses.replace(plan, entries=(*plan.entries, *(_entry(note, plan) for note in notes)))


def with_unsent_notes(plan: StoredPlan, replaced: StoredPlan, begun: bool, store: Store) -> StoredPlan:
    """The plan with the notes of one that it replaces, where something of that one had been confirmed.

    What was taken back under it stays explained; references to what never arrived are left out.
    """
    rows = store.rows(replaced.destination, replaced.course, [entry.key for entry in replaced.entries])
    arrived = {e.key for e in replaced.entries if e.key in rows and rows[e.key].confirmed_hash == e.hash}
    own = begun and any(e.key in arrived and e.page != NOTES for e in replaced.entries)
    notes = [e for e in replaced.entries if e.page == NOTES and e.key not in arrived]
    kept = [note for note in notes if own or replaced.id not in note.key]
    if not kept:
        return plan
    there = {f"{e.type}/{e.id}" for e in (*plan.entries, *kept)}
    there |= {f"{row.type}/{row.id}" for row in rows.values() if row.confirmed_hash}
    gone = {f"{e.type}/{e.id}" for e in replaced.entries} - there
    return dataclasses.replace(plan, entries=(*plan.entries, *(_without(note, gone) for note in kept)))


def mended_notes(contested: Iterable[LedgerRow], mend: frozenset[str]) -> tuple[PlanEntry, ...]:
    """The notes that somebody else changed there and a person lets us overwrite, as they were confirmed."""
    rows = [row for row in contested if row.page == NOTES and f"{row.type}/{row.id}" in mend]
    return tuple(
        PlanEntry("amend", row.key, NOTES, row.type, row.id, row.confirmed, row.confirmed_hash, "drift") for row in rows
    )


def _without(note: PlanEntry, gone: set[str]) -> PlanEntry:
    body = canonical(pruned(read(note.body), gone))
    return dataclasses.replace(note, body=body, hash=digest(body))


def _applied(plan: StoredPlan, store: Store, row: CourseRow, changes: Sequence[Change], zone: ZoneInfo) -> Applied:
    found = counts(plan.entries)
    there = {entry.key for entry in plan.entries if entry.action != "retract"}
    exports = list(dict.fromkeys(change.export for change in changes if change.export))
    sources = [e for e in exports if _document(row, e) in there]
    gone = [e for e in exports if any(p.action == "retract" and p.key == _document(row, e) for p in plan.entries)]
    decided = store.decision(plan.decision) if plan.decision else None
    return Applied(
        plan=plan.id,
        recorded=plan.recorded.astimezone(zone).isoformat(timespec="seconds"),
        cause=", ".join(_CAUSES[cause] for cause in plan.causes),
        targets=tuple(f"{entry.type}/{entry.id}" for entry in plan.entries),
        created=found["create"],
        amended=found["amend"],
        retracted=found["retract"],
        sources=tuple(sources),
        withdrawn=tuple(gone),
        messages=tuple(exports) if row.hospital else (),
        decision=Decision(decided.actor, decided.reason) if decided else None,
        pump=row.pump,
    )


def _document(row: CourseRow, sha256: str) -> str:
    return key("document", row.patient, PumpIdentity(row.pump.manufacturer, row.pump.model, row.pump.serial), sha256)


def _entry(note: Resource, plan: StoredPlan) -> PlanEntry:
    body = canonical(note.body)
    return PlanEntry("create", note.key, NOTES, note.type, note.id, body, digest(body), plan.causes[0])


# --- what is taken back ----------------------------------------------------------------------------------------------


def _taken_back(plan: StoredPlan, store: Store) -> list[tuple[PlanEntry, LedgerRow]]:
    """Entries that take back what this destination had confirmed to be so; drift and time take nothing back."""
    if set(plan.causes) <= {"time", "drift", "destination"}:
        return []
    touched = [e for e in plan.entries if _type(e) in _TAKEN_BACK and e.action != "create"]
    rows = store.rows(plan.destination, plan.course, [entry.key for entry in touched])
    pairs = [(entry, rows[entry.key]) for entry in touched if entry.key in rows]
    return [(entry, row) for entry, row in pairs if entry.action == "retract" or _less(entry, row)]


def _type(one: PlanEntry | LedgerRow) -> str:
    """What it is, whichever type tells it there."""
    return KINDS.get(kind_of(one.key), one.type)


def _less(entry: PlanEntry, row: LedgerRow) -> bool:
    """Whether an administration claims less than was confirmed: another start or rate, an earlier support, or doubt.

    That more is known of its dosage, as of a hospital pump's by the next message and at its end, takes nothing back.
    """
    if not administration.is_administration(entry.type, entry.body):
        return False
    before, after = administration.view(read(row.confirmed)), administration.view(read(entry.body))
    if is_retracted(before):
        return False
    starts = [_given(body).get("start") for body in (before, after)]
    said, says = _dosage(before), _dosage(after)
    otherwise = any(says.get(name) != value for name, value in said.items())
    otherwise = otherwise or (not said and bool(says) and not _in_hospital(after))
    less = starts[0] != starts[1] or otherwise or _support(after) < _support(before)
    return less or _doubts(before, after)


def _dosage(body: Json) -> Json:
    """The values of a dosage by their names, its extensions by their urls."""
    dosage: Json = body.get("dosage", {})
    beside = {extension["url"]: extension for extension in dosage.get("extension", ())}
    return {name: value for name, value in dosage.items() if name not in ("text", "extension")} | beside


def _in_hospital(body: Json) -> bool:
    """Whether a hospital pump gives it: its messages state its settings one after the other."""
    category = body.get("category", ())
    concepts = [category] if isinstance(category, dict) else category  # several in R5
    return any(coding.get("code") == "inpatient" for concept in concepts for coding in concept.get("coding", ()))


def _doubts(before: Json, after: Json) -> bool:
    """Whether what had ended is unknown now, or the volumes of a filling contradict what was said to be delivered."""
    if after.get("status") != "unknown":
        return False
    return before.get("status") in ("completed", "stopped") or (_is_doubtful(after) and not _is_doubtful(before))


def _is_doubtful(body: Json) -> bool:
    codings = [coding for reason in body.get("statusReason", []) for coding in reason.get("coding", [])]
    return any(coding.get("code") == "delivery-doubtful" for coding in codings)


def _given(body: Json) -> Json:
    """When an administration was, as R4 or R5 spells it: what was confirmed may be of the other version."""
    found: Json = body.get(r4.GIVEN) or body.get(r5.GIVEN) or {}
    return found


def _support(body: Json) -> datetime:
    """Up to when an administration claims that it ran: its end, else the instant at which it was last confirmed."""
    claimed = _given(body).get("end")
    if claimed is None:
        found = [e["valueDateTime"] for e in body.get("extension", []) if e["url"].endswith("/last-confirmed")]
        claimed = found[0] if found else _given(body).get("start", "0001-01-01")
    moment = datetime.fromisoformat(claimed)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _note(
    applied: Applied, plan: StoredPlan, taken: list[tuple[PlanEntry, LedgerRow]], binding: Binding, zone: ZoneInfo
) -> Resource:
    times = [row.confirmed_at for _, row in taken if row.confirmed_at is not None]
    since = min(times, default=plan.recorded).astimezone(zone).isoformat(timespec="seconds")
    return amendment_note(
        applied,
        binding,
        said=_said(row for _, row in taken),
        since=since,
        taken_back=tuple(f"{entry.type}/{entry.id}" for entry, _ in taken),
        types=tuple(_type(entry) for entry, _ in taken),
        because=_because(applied, plan),
    )


def _said(rows: Iterable[LedgerRow]) -> str:
    """What the chart said, in its own narratives: administrations first, then procedures, then values."""
    ordered = sorted((row for row in rows if _type(row) in _SAID), key=lambda row: _SAID.index(_type(row)))
    texts = [_narrative(read(row.confirmed)).rstrip(".") for row in ordered]
    more = len(texts) - _SAID_AT_MOST
    said = "; ".join(texts[:_SAID_AT_MOST])
    return f"{said}; and {more} more" if more > 0 else said or "what is named below"


def _narrative(body: Json) -> str:
    text = re.sub(r"<[^>]*>", "", str(body.get("text", {}).get("div", "")))
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#x27;", "'"), ("&amp;", "&")):
        text = text.replace(entity, sign)
    return text


def _because(applied: Applied, plan: StoredPlan) -> str:
    if applied.decision is not None:
        return f"A person decided otherwise: {applied.decision.reason}"
    return _BECAUSE.get(plan.causes[0], "What the bridge knows has changed.")
