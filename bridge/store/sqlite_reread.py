"""Reading again: an export's bytes, read by a newer adapter, replace what an older one read in them.

1. The bytes stay; only interrogations change, and only those whose content, session, place or patient changed: a label
   that the configuration knows now makes another patient of the same words.
2. What a person decided stays: a withdrawn export stays so, an assigned one stays with its patient.
3. The zone by which exports that print none were placed is known: by two, they would stand hours out of order.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bridge.errors import UsageError
from bridge.interrogation import dump
from bridge.store.connection import Row, unpacked, written
from bridge.store.rows import Filed
from bridge.store.sqlite_changes import Changes, Reason
from bridge.store.sqlite_intake import interrogation_columns


class SqliteReread(Changes):
    """What `reread` needs."""

    def reread(self, sha256: str, found: Sequence[Filed], now: datetime) -> int:
        """Replace an accepted export's interrogations by what its bytes read as now; answers how many changed."""
        reason = Reason("reread", since=written(now), export=sha256)
        with self.writing():
            rows = self._all("interrogations_to_reread", sha256=sha256)
            if len(rows) != len(found):
                raise _other_number(len(rows), len(found))
            changed = [(row, filed) for row, filed in zip(rows, found, strict=True) if _differs(row, filed)]
            for row, filed in changed:
                self._read_again(row, filed, reason)
        return len(changed)

    def placed_by(self) -> str:
        """The site's zone by which exports were placed in time; '' where none is known yet."""
        found: str | None = self._value("placed_by")
        return found or ""

    def place_by(self, zone: str) -> None:
        """Exports are placed by this zone from now on; those that are there have been, or there are none."""
        with self.writing():
            self._run("place_by", zone=zone)

    def _read_again(self, row: Row, filed: Filed, reason: Reason) -> None:
        number, course, lane, session, _, position, live, assigned = row[:8]
        target_lane = self._lane(filed.pump, filed.simulated)
        moves = assigned is None or target_lane != lane
        hospital = filed.interrogation.is_hospital_pump
        there = (target_lane, filed.patient, filed.patient_system)
        target = self._course(*there, hospital, reason) if moves else course
        columns = interrogation_columns(filed)
        before = self._value("session_before", course=target, session=filed.session)
        self._run("reread_interrogation", interrogation=number, course=target, **columns)
        self._shared_device(filed, reason)
        if live:
            self._count_live(course, lane, -1, reason)
            self._changed(course, self._settle_session(course, session, position), reason, losing=target != course)
            self._count_live(target, target_lane, 1, reason)
            self._changed(target, self._settle_session(target, filed.session, before or filed.position), reason)
            for pump in {lane, target_lane} if hospital else ():
                self._look_again(pump, min(position, filed.position), reason)
        self._settle_tellings(target_lane, filed.session, reason)


def _differs(row: Row, filed: Filed) -> bool:
    if unpacked(row[8]) != dump(filed.interrogation) or (row[3], row[4]) != (filed.session, filed.position):
        return True
    return row[7] is None and (row[9], row[10]) != (filed.patient, filed.patient_system)


def _other_number(before: int, after: int) -> UsageError:
    return UsageError(
        f"the export was read as {before} interrogation(s) and reads as {after} now",
        code="reread-differs",
        remedy="withdraw it and import it again",
    )
