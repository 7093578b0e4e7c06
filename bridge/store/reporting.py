"""What a store promises to people who ask how things stand: answers for commands, made for reading only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from bridge.interrogation import Interrogation
from bridge.store.answers import Backlog, ExportRow, ParkedRow, PlanHead, PlanRow, PumpRow, QuarantineRow, SourceRow
from bridge.store.rows import Decision, LedgerRow, NewExport


class Reports(Protocol):
    """What people ask; nothing changes."""

    def pumps(self) -> Iterator[PumpRow]: ...
    def quarantined(self) -> list[QuarantineRow]: ...
    def quarantined_one(self, sha256: str) -> QuarantineRow:
        """One quarantined or dropped export; raises UsageError where it is not in quarantine."""
        ...

    def kept(self, sha256: str) -> NewExport:
        """An export as it came, for reading it again; raises UsageError where its bytes are not kept."""
        ...

    def find_export(self, prefix: str) -> str:
        """The one SHA-256 that begins so; raises UsageError where there is none, or more than one."""
        ...

    def export(self, sha256: str) -> ExportRow: ...
    def exports_of(self, course: int) -> list[ExportRow]: ...
    def accepted(self) -> Iterator[str]:
        """The SHA-256 of every accepted export, in their order."""
        ...

    def interrogations(self, sha256: str) -> list[Interrogation]:
        """What an accepted export was read as."""
        ...

    def parked(self, destination: str | None = None) -> list[ParkedRow]: ...
    def waiting(self, destination: str | None = None) -> list[PlanRow]:
        """The plans that are not finished, with their counts; destinations and courses in order."""
        ...

    def plan_head(self, plan: str) -> PlanHead | None:
        """Why a plan was made, finished or not; None for one that is not kept."""
        ...

    def backlog(self, destination: str) -> Backlog: ...
    def sources(self) -> list[SourceRow]:
        """Every source that ever gave an export, with its last new one."""
        ...

    def count_quarantined(self) -> int: ...
    def decisions(self) -> list[Decision]: ...
    def rows_of(self, type: str, id: str) -> list[tuple[str, int, LedgerRow]]:
        """(destination, course, row) of every ledger that holds this resource."""
        ...
