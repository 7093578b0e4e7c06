"""Intake: exports into the store, a group in one commit.

1. An export is there whole (bytes, interrogations, changes, work at every destination) or not at all.
2. The same bytes are one export, within a group too.
3. A refused export changes every course of the pump that its head names: from then on the pump is unknown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from bridge.course.sessions import reported_rank
from bridge.identity import PumpIdentity
from bridge.interrogation import SCHEMA_VERSION, Moment, Reading, dump, stated
from bridge.store.connection import packed, written
from bridge.store.rows import Cause, Filed, Found, NewExport, Outcome, Refusal, Standing
from bridge.store.sqlite_changes import Changes, Reason, named


class SqliteIntake(Changes):
    """What accepting needs."""

    def known(self, sha256: str) -> str | None:
        """'accepted', 'quarantined', 'dropped' or None (also for a quarantined one whose bytes were not kept)."""
        row = self._one("export_state", sha256=sha256)
        return None if row is None or _unkept(row[1], row[2]) else str(row[1])

    def standing(self, sha256: str) -> Standing | None:
        """How an export stands, or None where it has never come in."""
        row = self._one("standing", sha256=sha256)
        if row is None:
            return None
        state, withdrawn, superseded, code, place, remedy = row
        courses = tuple(dict.fromkeys(course for (course,) in self._all("courses_of_export", sha256=sha256)))
        return Standing(
            state, withdrawn is not None, superseded is not None, courses, code or "", place or "", remedy or ""
        )

    def accepted_as(self, source: str, name: str, since: datetime) -> str | None:
        """The SHA-256 of the newest accepted export of this source and name, received since then."""
        found: str | None = self._value("accepted_as", source=source, called=name, since=written(since))
        return found

    def linked_patient(self, pump: PumpIdentity) -> tuple[str, str] | None:
        """(patient, system) that a person linked to this pump, for exports that state none."""
        row = self._one("linked", **named(pump))
        return None if row is None else (row[0], row[1])

    def add(self, items: Sequence[tuple[NewExport, Found]]) -> list[Outcome]:
        """Store a group in one commit; answers per item 'accepted', 'known' or 'quarantined'."""
        prepared = [_Prepared(export, found) for export, found in items]
        with self.writing():
            outcomes = [self._add_one(item) for item in prepared]
            news = (item.export for item, outcome in zip(prepared, outcomes, strict=True) if outcome != "known")
            for source, received in _newest(news).items():
                self._run("heard_from", source=source, received=written(received))
            return outcomes

    def readd(self, export: NewExport, found: Found) -> Outcome:
        """Replace a quarantined or dropped export's refusal by what it reads as now; one commit."""
        prepared = _Prepared(export, found)
        with self.writing():
            row = self._one("export_state", sha256=export.sha256)
            if row is None or row[1] == "accepted":
                return "known"
            return self._replace(int(row[0]), prepared)

    def _add_one(self, item: _Prepared) -> Outcome:
        export = item.export
        number = self._add_new("add_export", source=export.source, name=export.name, **item.columns)
        if number is not None:
            return self._fill(number, item)
        row = self._one("export_state", sha256=export.sha256)
        assert row is not None, "what is not new is there"
        if _unkept(row[1], row[2]):
            return self._replace(int(row[0]), item)
        return "known"

    def _replace(self, number: int, item: _Prepared) -> Outcome:
        before = self._one("quarantined_pump", export=number)
        self._run("renew_export", export=number, **item.columns)
        if not isinstance(item.found, Refusal):
            self._run("leave_quarantine", export=number)
        outcome = self._fill(number, item)
        if before and before[0] is not None:
            self._pump_changed(PumpIdentity(*before), _reason("quarantine", item.export))
        return outcome

    def _fill(self, number: int, item: _Prepared) -> Outcome:
        if isinstance(item.found, Refusal):
            self._quarantine(number, item.export, item.found)
            return "quarantined"
        for ordinal, (filed, columns) in enumerate(zip(item.found, item.rows, strict=True)):
            self._file(number, ordinal, item.export, filed, columns)
        return "accepted"

    def _quarantine(self, number: int, export: NewExport, refusal: Refusal) -> None:
        pump = named(refusal.pump) if refusal.pump else dict.fromkeys(("manufacturer", "model", "serial"))
        local = refusal.local.isoformat() if refusal.local else None
        self._run(
            "put_quarantine",
            export=number,
            code=refusal.code,
            message=refusal.message,
            place=refusal.where,
            remedy=refusal.remedy,
            local=local,
            **pump,
        )
        if refusal.pump:
            self._pump_changed(refusal.pump, _reason("quarantine", export))

    def _file(self, number: int, ordinal: int, export: NewExport, filed: Filed, columns: dict[str, object]) -> None:
        hospital = filed.interrogation.is_hospital_pump
        under = self._under(filed, hospital, _reason("new", export))
        course, before = under.course, under.best
        reason = _reason(under.cause(filed), export)
        self._add("add_interrogation", export=number, ordinal=ordinal, course=course, **columns)
        if under.hospital or under.live:
            self._run("count_live", course=course, more=1)
        else:
            self._count_live(course, under.lane, 1, reason)
        position = self._settle_session(course, filed.session, before.position) if before else filed.position
        if hospital and filed.patient and under.led == course and position > under.led_at:
            self._run("lead", lane=under.lane, course=course, position=position)
        elif hospital:
            self._at_hospital_pump(under.lane, course, filed.patient, position, reason)
        self._shared_device(filed, reason)
        if hospital and not filed.patient:
            self._noted(course, position, reason)
            return
        self._changed(course, position, reason)
        if filed.interrogation.telling is not None:
            self._settle_tellings(under.lane, filed.session, reason)
        if not filed.patient:
            self._pump_changed(filed.pump, reason)  # what it says of the pump is news to every course of it

    def _under(self, filed: Filed, hospital: bool, reason: Reason) -> _Under:
        """Where a report goes; lane and course are made where there are none, or made an implanted pump's."""
        values = {
            **named(filed.pump), "simulated": filed.simulated, "patient": filed.patient,
            "system": filed.patient_system, "session": filed.session,
        }  # fmt: skip
        row = self._one("filed_under", **values)
        if row is None or row[3] is None or (row[4] and not hospital):
            lane = self._lane(filed.pump, filed.simulated)
            self._course(lane, filed.patient, filed.patient_system, hospital, reason)
            row = self._one("filed_under", **values)
            assert row is not None, "it was made"
        return _Under._make((*row[:7], None if row[7] is None else _Best._make(row[7:])))


def _unkept(state: str, without_content: int) -> bool:
    return state == "quarantined" and bool(without_content)


def _reason(cause: Cause, export: NewExport) -> Reason:
    received = written(export.received)
    return Reason(cause, since=received, export=export.sha256, received=received)


def _newest(exports: Iterable[NewExport]) -> dict[str, datetime]:
    """When each source of these was heard from last."""
    found: dict[str, datetime] = {}
    for export in exports:
        found[export.source] = max(export.received, found.get(export.source, export.received))
    return found


class _Best(NamedTuple):
    """The report of a session that counts so far."""

    position: str
    revision: int
    reported: str


class _Under(NamedTuple):
    """Where a report goes: its pump and who leads there, the course, what is in it, and its session's best report."""

    lane: int
    led: int | None
    led_at: str
    course: int
    hospital: int
    live: int
    newest: str | None
    best: _Best | None

    def cause(self, filed: Filed) -> Cause:
        """Why the course changes."""
        telling = filed.interrogation.telling
        if telling is not None and stated(telling.taken_back):
            return "corrected"
        if self.best is not None and (_revision(filed), _reported(filed)) > self.best[1:]:
            return "corrected"
        return "late" if self.newest is not None and filed.position < self.newest else "new"


class _Prepared:
    """An export with everything that costs time (serialising, compressing) done before the transaction begins."""

    def __init__(self, export: NewExport, found: Found) -> None:
        self.export = export
        self.found = found
        self.rows = [] if isinstance(found, Refusal) else [interrogation_columns(filed) for filed in found]
        self.columns = _columns(export, None if isinstance(found, Refusal) else found[0])


def _columns(export: NewExport, first: Filed | None) -> dict[str, object]:
    content = export.content
    return {
        "sha256": export.sha256,
        "state": "accepted" if first else "quarantined",
        "sha1": first.sha1 if first else hashlib.sha1(content, usedforsecurity=False).hexdigest(),
        "size": export.oversize or len(content),
        "media_type": first.media_type if first else "",
        "received": written(export.received),
        "content": None if export.oversize else packed(content),
    }


def interrogation_columns(filed: Filed) -> dict[str, object]:
    """One interrogation as the values of a query."""
    return {
        "session": filed.session,
        "placed": filed.position,
        "revision": _revision(filed),
        "reported": _reported(filed),
        "started": _printed(filed.interrogation.session.start),
        "linkable": filed.interrogation.patient.identifier is None,
        "adapter": filed.adapter,
        "adapter_version": filed.adapter_version,
        "schema_version": SCHEMA_VERSION,
        "body": packed(dump(filed.interrogation)),
    }


def _revision(filed: Filed) -> int:
    return stated(filed.interrogation.session.revision) or 0


def _reported(filed: Filed) -> str:
    return reported_rank(stated(filed.interrogation.session.reported))


def _printed(start: Reading[Moment] | None) -> str:
    moment = stated(start)
    return moment.local.isoformat(sep=" ", timespec="minutes") if moment else ""
