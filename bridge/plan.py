"""Chart minus ledger: what must be created, amended and retracted, in which order, and why.

Promises: pure. A key that is no longer in the chart is retracted under its id, never deleted; every entry has a cause;
retractions come first, then closings, then openings, and what is referred to goes before what refers to it: a Device is
retracted last, once nothing that stands refers to it. Must not know how anything is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bridge.chart import administration
from bridge.chart.resource import Resource
from bridge.chart.retraction import retracted
from bridge.chart.sheet import KINDS, kind_of
from bridge.fhir_json import canonical, digest, read
from bridge.messages.message import START, TYPES
from bridge.messages.retraction import withdrawn
from bridge.receiver import NOT_SENT
from bridge.store.protocol import Action, Cause, Change, LedgerRow, PlanEntry

NOTES = ""  # the page of what belongs to a plan (Provenance, amendment notes): never subtracted
UNSOURCED: frozenset[Cause] = frozenset({"time", "mapping", "drift", "reread", "quarantine"})

_ORDER = (
    "Organization", "Device", "DeviceAssociation", "DocumentReference", "Medication", "Procedure", "DeviceUseStatement",
    "DeviceUsage", "MedicationRequest", "MedicationAdministration", "Observation", "DetectedIssue", "Flag",
    "Communication", "Provenance", *TYPES,
)  # fmt: skip
_NEVER_RETRACTED = ("Organization", "Provenance", START)


@dataclass(frozen=True, slots=True)
class Difference:
    """What a plan is made of: entries in order, and keys whose content is equal but whose page moved."""

    entries: tuple[PlanEntry, ...]
    repaged: tuple[tuple[str, str], ...]

    @property
    def empty(self) -> bool:
        """Whether the destination is true already."""
        return not self.entries


def subtract(desired: Sequence[Resource], rows: Iterable[LedgerRow], cause: Callable[[Action], Cause]) -> Difference:
    """The chart minus the ledger rows of the same pages; `cause` gives the reason of an action."""
    held = {row.key: row for row in rows if row.page != NOTES}
    entries: list[PlanEntry] = []
    repaged: list[tuple[str, str]] = []
    for resource in desired:
        row = held.pop(resource.key, None)
        body = canonical(resource.body)
        content = digest(body)
        if row is not None and row.confirmed_hash == content and row.state == "confirmed":
            repaged += [(row.key, resource.page)] if row.page != resource.page else []
            continue
        action: Action = "amend" if row is not None and row.confirmed_hash else "create"
        entries.append(_entry(action, resource, body, content, cause(action)))
    entries += [_retraction(row, cause("retract")) for row in held.values() if _stands(row)]
    return Difference(tuple(sorted(entries, key=_rank)), tuple(repaged))


def _entry(action: Action, resource: Resource, body: bytes, content: str, cause: Cause) -> PlanEntry:
    return PlanEntry(action, resource.key, resource.page, resource.type, resource.id, body, content, cause)


def _stands(row: LedgerRow) -> bool:
    """Whether the destination still shows this as true: confirmed once, not retracted, and of a kind that can be."""
    return bool(row.confirmed_hash) and row.state != "retracted" and row.type not in _NEVER_RETRACTED


def _retraction(row: LedgerRow, cause: Cause) -> PlanEntry:
    taken_back = withdrawn if row.type in TYPES else retracted
    body = canonical(taken_back(read(row.confirmed)))
    return PlanEntry("retract", row.key, row.page, row.type, row.id, body, digest(body), cause)


def _rank(entry: PlanEntry) -> tuple[int, int, int]:
    """Retractions, then types in the order of reference, and of administrations the closed before the running; last
    the retractions of Devices, a catheter before its pump.

    What is told as another type goes where its own would. Within these the chart's own order stays: there too, what is
    referred to stands before what refers.
    """
    if entry.action == "retract" and entry.type == "Device":
        return 2, 0, b'"parent":' not in entry.body
    running, own = 0, _own_type(entry)
    if own == "MedicationAdministration" and entry.action != "retract":
        running = 2 if b'"partOf"' in entry.body else int(administration.runs(entry.type, entry.body))
    return entry.action != "retract", _ORDER.index(own), running


def _own_type(entry: PlanEntry) -> str:
    """The type of its kind, where another one tells it."""
    kind = kind_of(entry.key)
    return entry.type if entry.key.startswith(f"{kind}|") else KINDS.get(kind, entry.type)


_BY_WEIGHT: tuple[Cause, ...] = (
    "decision", "corrected", "late", "new", "quarantine", "reread", "mapping", "drift", "time", "destination",
)  # fmt: skip


def causes_of(changes: Sequence[Change], *, first: bool, mapping: bool, drift: bool) -> tuple[Cause, ...]:
    """Why a course may differ from its destination: its changes, else mapping or drift, else time passed."""
    found: set[Cause] = {change.cause for change in changes}
    if drift:
        found.add("drift")
    if mapping:
        found.add("mapping")
    if not found:
        found.add("destination" if first else "time")
    return tuple(cause for cause in _BY_WEIGHT if cause in found)


def weightiest(causes: Sequence[Cause]) -> Callable[[Action], Cause]:
    """The cause of an entry: what only came newly cannot retract, so a retraction names the weightiest cause."""

    def cause(action: Action) -> Cause:
        if action == "create" and "new" in causes:
            return "new"
        return causes[0]

    return cause


def counts(entries: Iterable[PlanEntry]) -> dict[Action, int]:
    """How many entries create, amend and retract; what is kept in the ledger only does none of it."""
    found: dict[Action, int] = {"create": 0, "amend": 0, "retract": 0}
    for entry in entries:
        found[entry.action] += is_sent(entry)
    return found


def is_sent(entry: PlanEntry) -> bool:
    """Whether an entry is sent at all: of what an HL7 v2 receiver is told too late for, the ledger keeps that alone."""
    return _NOT_SENT not in entry.body


_NOT_SENT = f'"{NOT_SENT}":'.encode()  # in canonical JSON a quote inside a string is escaped: this can only be a key
