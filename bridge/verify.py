"""Verifying a destination: what it holds now against what the ledger says that it confirmed.

Promises: nothing is written there. A version that moved under equal content is taken over; content that somebody
else changed, or a resource that is gone, is contested: its course is parked with the elements that differ, never with
their values. What belongs to plans (Provenance, amendment notes) is looked at like any other resource.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bridge.destinations.protocol import Destination, Stored
from bridge.fhir_json import Json, read
from bridge.ledger import compare, in_our_ids
from bridge.store.protocol import COMMONS, LedgerRow, Store

_STANDING = ("confirmed", "retracted", "contested")


@dataclass(frozen=True, slots=True)
class Drift:
    """One resource that is not there as it was confirmed; `theirs` is None where it is gone."""

    course: int
    row: LedgerRow
    elements: tuple[str, ...]
    ours: Json
    theirs: Json | None

    @property
    def detail(self) -> str:
        """What differs, in element paths, without any value."""
        reference = f"{self.row.type}/{self.row.id}"
        if self.theirs is None:
            return f"{reference} was deleted there"
        shown = ", ".join(self.elements[:5]) + (", …" if len(self.elements) > 5 else "")
        return f"{reference} was changed there: {shown}"


class Verifier:
    """Looks at one destination, course by course; `digits_lost` collects elements that it stores without digits."""

    def __init__(self, store: Store, name: str, destination: Destination, system: str) -> None:
        self.store, self.name, self.destination, self.system = store, name, destination, system
        self.digits_lost: set[str] = set()

    def course(self, course: int) -> Iterator[Drift]:
        """The drifted resources of one course; they are marked as contested."""
        known = [*self.store.ledger(self.name, course), *self.store.notes(self.name, course)]
        rows = [row for row in known if row.state in _STANDING and row.confirmed_hash]
        versions = self.destination.versions([(row.type, row.id) for row in rows])
        ours = self._ours(rows)
        for row in rows:
            as_before = row.version != "" and versions.get((row.type, row.id)) == row.version  # some state none
            if as_before and row.state != "contested":
                continue
            drift = self._looked(course, row, ours)
            if drift is not None:
                self.store.contest(self.name, course, row.key, drift.detail)
                yield drift

    def _ours(self, rows: Sequence[LedgerRow]) -> dict[str, str]:
        """Type/id there to Type/id of ours, where the server gives its own ids."""
        known = [*rows, *self.store.ledger(self.name, COMMONS)]
        return {f"{r.type}/{r.server_id}": f"{r.type}/{r.id}" for r in known if r.server_id and r.server_id != r.id}

    def _looked(self, course: int, row: LedgerRow, ours_there: Mapping[str, str]) -> Drift | None:
        identifier = (self.system, row.id.rsplit("-", 1)[-1])
        found = self.destination.look(row.type, row.id, identifier, str(course))
        ours = read(row.confirmed)
        if found is None or found.deleted or found.body is None:
            return Drift(course, row, (), ours, None)
        return self._compared(course, row, ours, found, in_our_ids(found.body, ours_there))

    def _compared(self, course: int, row: LedgerRow, ours: Json, found: Stored, theirs: Json) -> Drift | None:
        comparison = compare(ours, theirs)
        self.digits_lost.update(comparison.digits_lost)
        if comparison.same:
            self.store.adopt_version(self.name, course, row.key, found.version, found.server_id)
            return None
        return Drift(course, row, comparison.differs, ours, theirs)


def parked_detail(drifts: Sequence[Drift]) -> str:
    """What a parked course says of its drift: the first resource, and how many more."""
    more = f"; and {len(drifts) - 1} more" if len(drifts) > 1 else ""
    return f"{drifts[0].detail}{more}. Remedy: `parked show`, then `apply --mend TYPE/ID` or `parked skip`"
