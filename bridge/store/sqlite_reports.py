"""Reports: what people ask of the store; nothing here changes anything."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

from bridge.errors import UsageError
from bridge.identity import PumpIdentity
from bridge.interrogation import Interrogation, load
from bridge.store.answers import (
    Backlog,
    ExportRow,
    ParkedRow,
    Place,
    PlanHead,
    PlanRow,
    PumpRow,
    QuarantineRow,
    SourceRow,
)
from bridge.store.connection import Connection, Row, instant, instant_or_none, unpacked
from bridge.store.rows import Decision, LedgerRow, NewExport
from bridge.store.sqlite_ledger import ledger_row
from bridge.store.sqlite_work import decision_row

_PREFIX = re.compile(r"[0-9a-f]{4,64}")


class SqliteReports(Connection):
    """What people ask."""

    def pumps(self) -> Iterator[PumpRow]:
        """Every pump with its newest session and receipt, by the order in which they first came."""
        after = 0
        while rows := self._all("pumps", after=after):
            yield from map(_pump, rows)
            after = rows[-1][0]

    def quarantined(self) -> list[QuarantineRow]:
        """Every export in quarantine, oldest first."""
        return [_quarantine(row) for row in self._all("quarantined")]

    def quarantined_one(self, sha256: str) -> QuarantineRow:
        """One quarantined or dropped export; raises UsageError where it is not in quarantine."""
        row = self._one("quarantined_one", sha256=sha256)
        if row is None:
            raise UsageError("this export is not in quarantine", code="not-quarantined", remedy="see `quarantine list`")
        return _quarantine(row)

    def kept(self, sha256: str) -> NewExport:
        """An export as it came, for reading it again; raises UsageError where its bytes are not kept."""
        row = self._one("export_bytes", sha256=sha256)
        if row is None or row[1] is None:
            raise UsageError("the bytes of this export are not kept", code="bytes-not-kept", remedy="import it again")
        return NewExport(row[0], unpacked(row[1]), row[2], row[3], instant(row[4]))

    def find_export(self, prefix: str) -> str:
        """The one SHA-256 that begins so; raises UsageError where there is none, or more than one."""
        given = prefix.strip().lower()
        if not _PREFIX.fullmatch(given):
            raise UsageError(
                "this is no file that is there, and no 4 to 64 hex digits of an export's SHA-256", code="export-name",
                remedy="name the file that was imported, or the digits that `import` and `course` print",
            )  # fmt: skip
        found = [sha256 for (sha256,) in self._all("exports_like", prefix=given)]
        if len(found) != 1:
            message = "more than one export begins so" if found else "no export begins so"
            code = "export-ambiguous" if found else "export-unknown"
            remedy = "give more digits" if found else "name its file, or the digits that `import` and `course` print"
            raise UsageError(message, code=code, remedy=remedy)
        return str(found[0])

    def export(self, sha256: str) -> ExportRow:
        """One export and where its interrogations stand; raises UsageError where there is none."""
        rows = self._all("export_row", sha256=sha256)
        if not rows:
            raise UsageError("there is no such export", code="export-unknown", remedy="name it by its SHA-256")
        return _export(rows)

    def exports_of(self, course: int) -> list[ExportRow]:
        """The exports of a course in the order of the pump, those not live any more included."""
        rows = self._all("exports_of_course", course=course)
        return [_export(list(group)) for _, group in groupby(rows, key=lambda row: row[0])]

    def accepted(self) -> Iterator[str]:
        """The SHA-256 of every accepted export, in their order."""
        after = ""
        while rows := self._all("all_exports", after=after):
            yield from (sha256 for (sha256,) in rows)
            after = rows[-1][0]

    def interrogations(self, sha256: str) -> list[Interrogation]:
        """What an accepted export was read as."""
        return [load(unpacked(body)) for (body,) in self._all("interrogation_of_export", sha256=sha256)]

    def parked(self, destination: str | None = None) -> list[ParkedRow]:
        """The courses that wait for a person."""
        rows = self._all("parked", destination=destination)
        return [ParkedRow(name, course, code, detail, instant_or_none(at)) for name, course, code, detail, at in rows]

    def waiting(self, destination: str | None = None) -> list[PlanRow]:
        """The plans that are not finished, with their counts; destinations and courses in order."""
        return [self._plan_row(row) for row in self._all("waiting_plans", destination=destination)]

    def _plan_row(self, row: Row) -> PlanRow:
        number, destination, course, plan, waits, recorded, covers, mapping, begun = row
        counts = tuple((action, cause, count) for action, cause, count in self._all("plan_counts", plan=number))
        head = (destination, course, plan, waits, instant(recorded), covers, mapping)
        return PlanRow(*head, begun=bool(begun), counts=counts)

    def plan_head(self, plan: str) -> PlanHead | None:
        """Why a plan was made, finished or not; None for one that is not kept."""
        row = self._one("plan_head", id=plan)
        return None if row is None else PlanHead(row[0], instant(row[1]), tuple(json.loads(row[2])), row[3])

    def backlog(self, destination: str) -> Backlog:
        """How far behind a destination is; all zero for one that was never registered."""
        number = self._known_destination(destination)
        if number is None:
            return Backlog(0, 0, 0, 0, None)
        oldest, unapplied = self._one("oldest_unapplied", number=number) or (None, 0)
        names = ("count_due", "count_waiting", "count_parked")
        shared = [bool(flag) for flag in self._one("shared_backlog", number=number) or (0, 0, 0)]
        due, waiting, parked = (
            int(self._value(name, number=number)) - flag for name, flag in zip(names, shared, strict=True)
        )
        which = tuple(word for word, flag in zip(("due", "waiting", "parked"), shared, strict=True) if flag)
        return Backlog(due, waiting, parked, unapplied, instant_or_none(oldest), which)

    def sources(self) -> list[SourceRow]:
        """Every source that ever gave an export, with its last new one."""
        return [SourceRow(name, instant(received)) for name, received in self._all("sources")]

    def count_quarantined(self) -> int:
        """How many exports are in quarantine."""
        return int(self._value("count_quarantined"))

    def course_count(self) -> int:
        """How many courses there are, `commons` left out."""
        return int(self._value("count_courses"))

    def decisions(self) -> list[Decision]:
        """Everything that people decided, oldest first."""
        return [decision_row(row) for row in self._all("decisions")]

    def rows_of(self, type: str, id: str) -> list[tuple[str, int, LedgerRow]]:
        """(destination, course, row) of every ledger that holds this resource."""
        return [(row[0], row[1], ledger_row(row[2:])) for row in self._all("rows_by_id", type=type, id=id)]


def _pump(row: Row) -> PumpRow:
    _, manufacturer, model, serial, simulated, courses, exports, received, last, quarantined = row
    return PumpRow(
        pump=PumpIdentity(manufacturer, model, serial),
        simulated=bool(simulated),
        courses=tuple(sorted(int(course) for course in (courses or "").split(",") if course)),
        exports=exports,
        last_session=(last or "").partition("\n")[2],
        last_received=instant_or_none(received),
        quarantined=quarantined,
    )


def _quarantine(row: Row) -> QuarantineRow:
    sha256, state, name, source, received, size, code, message, where, remedy, manufacturer, model, serial, local = row
    return QuarantineRow(
        sha256=sha256,
        state=state,
        name=name,
        source=source,
        received=instant(received),
        size=size,
        code=code,
        message=message,
        where=where,
        remedy=remedy,
        pump=None if manufacturer is None else PumpIdentity(manufacturer, model, serial),
        local=None if local is None else datetime.fromisoformat(local),
    )


def _export(rows: Sequence[Row]) -> ExportRow:
    places = tuple(Place(*row[10:]) for row in rows if row[10] is not None)
    sha256, state, withdrawn, superseded, sha1, size, media_type, name, source, received = rows[0][:10]
    return ExportRow(
        sha256, state, withdrawn, superseded, sha1, size, media_type, name, source, instant(received), places
    )
