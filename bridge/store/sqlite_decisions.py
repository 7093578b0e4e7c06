"""Decisions: what a person says about exports and pumps, kept as facts beside them.

1. A decision, what it changes and the work that follows are one commit.
2. Nothing is deleted: a withdrawn or superseded export is kept, and only not live any more.
3. A superseded export comes back when the one that replaced it is withdrawn, or assigned away from its patient: an
   export that is not believed corrects nothing.
4. What a person assigned stays assigned: a later link moves only what states no patient and nobody assigned.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from bridge.errors import UsageError
from bridge.identity import PumpIdentity
from bridge.store.connection import Row, written
from bridge.store.rows import OPEN_PAGE
from bridge.store.sqlite_changes import Changes, Reason, named
from bridge.store.sqlite_work import SqliteWork


class SqliteDecisions(Changes, SqliteWork):
    """What people decide."""

    def withdraw(self, sha256: str, actor: str, reason: str, now: datetime) -> int:
        """The export is not to be believed: none of its interrogations is live any more, and it supersedes nothing."""
        with self.writing():
            export = self._live_export(sha256)
            decision = self._decide("withdraw", sha256, "", actor, reason, now)
            self._run("withdraw_export", export=export, decision=decision)
            self._end(export, _because(decision, sha256, now))
            for old, _ in self._all("superseded_by", new=export):
                self._revive(old, _because(decision, sha256, now))
            self._told_again(export, _because(decision, sha256, now))
            self._pumps_again(export, _because(decision, sha256, now))
        return decision

    def supersede(self, old: str, new: str, actor: str, reason: str, now: datetime) -> int:
        """The new export corrects the old one, which is not live any more."""
        if old == new:
            raise _refused("an export cannot supersede itself", "supersede-itself", "name two exports")
        with self.writing():
            wrong, right = self._live_export(old), self._live_export(new)
            self._need_same(wrong, right)
            decision = self._decide("supersede", old, new, actor, reason, now)
            self._run("supersede_export", export=wrong, decision=decision)
            self._run("add_superseded", new=right, old=wrong, decision=decision)
            self._end(wrong, _because(decision, old, now))
            self._told_again(wrong, _because(decision, old, now))
            for _, course, _, _, _, position, live, _, _ in self._interrogations(right):
                if live:
                    self._changed(course, position, _because(decision, new, now))
            self._pumps_again(wrong, _because(decision, old, now))
        return decision

    def assign(self, sha256: str, patient: str, system: str, actor: str, reason: str, now: datetime) -> int:
        """The export belongs to this patient, whatever it states; what it superseded with another comes back there."""
        _need_patient(patient)
        with self.writing():
            export = self._live_export(sha256)
            counts = [row for row in self._interrogations(export) if row[6]]
            if not counts:
                remedy = "withdraw the message that takes it back, if that is wrong"
                raise _refused("a message of its sender takes this export back", "export-taken-back", remedy)
            elsewhere = [row for row in counts if (row[7], row[8]) != (patient, system)]
            if not elsewhere:
                raise _refused("the export is this patient's already", "assigned-already", "nothing to do")
            decision = self._decide("assign", sha256, f"{system}|{patient}", actor, reason, now)
            for row in elsewhere:
                self._move(row, patient, system, _because(decision, sha256, now), assigned=decision)
            left = {row[1] for row in elsewhere}
            for old in {old for old, course in self._all("superseded_by", new=export) if course in left}:
                self._revive(old, _because(decision, sha256, now))
            self._pumps_again(export, _because(decision, sha256, now))
        return decision

    def link(self, pump: PumpIdentity, patient: str, system: str, actor: str, reason: str, now: datetime) -> int:
        """The pump is this patient's: exports that state none are his, and of two patients he is the one."""
        _need_patient(patient)
        with self.writing():
            lanes = [lane for (lane,) in self._all("lanes_of_pump", **named(pump))]
            if not lanes:
                raise _refused("no export of this pump has come in", "pump-unknown", "see `pumpbridge pumps`")
            decision = self._decide("link", None, f"{pump} {system}|{patient}", actor, reason, now)
            self._run("put_link", **named(pump), patient=patient, system=system, decision=decision)
            for lane in lanes:
                self._link_lane(lane, patient, system, _because(decision, None, now))
        return decision

    def _link_lane(self, lane: int, patient: str, system: str, reason: Reason) -> None:
        for row in self._all("interrogations_to_link", lane=lane, patient=patient, system=system):
            self._move(row, patient, system, reason, assigned=None)
        for (course,) in self._all("courses_in_lane", lane=lane):
            self._changed(course, OPEN_PAGE, reason)
            self._beside_changed(course, reason)
        self._look_again(lane, "", reason)

    def drop(self, sha256: str, actor: str, reason: str, now: datetime) -> int:
        """The quarantined export does not matter: its pump is not unknown because of it."""
        with self.writing():
            row = self._one("export_for_decision", sha256=sha256)
            if row is None or row[1] != "quarantined":
                raise _refused("this export is not in quarantine", "not-quarantined", "see `quarantine list`")
            decision = self._decide("drop", sha256, "", actor, reason, now)
            self._run("drop_export", export=row[0])
            pump = self._one("quarantined_pump", export=row[0])
            if pump and pump[0] is not None:
                self._pump_changed(PumpIdentity(*pump), _because(decision, sha256, now))
        return decision

    def skip(
        self, destination: str, course: int, key: str, content: str, actor: str, reason: str, now: datetime
    ) -> int:
        """This content (hash) of a key is not sent to a destination until the chart changes it; unparks the course."""
        number = self._destination(destination)
        with self.writing():
            decision = self._decide("skip", None, f"{destination} {key} {content}", actor, reason, now)
            self._run("put_skip", number=number, course=course, key=key, hash=content, decision=decision)
            self._unpark(number, course)
        return decision

    def record(
        self,
        kind: Literal["mend", "accept-mapping", "accept-large"],
        subject: str,
        actor: str,
        reason: str,
        now: datetime,
    ) -> int:
        """Keep that a person let something through; nothing else changes."""
        with self.writing():
            return self._decide(kind, None, subject, actor, reason, now)

    def _decide(self, kind: str, export: str | None, subject: str, actor: str, reason: str, now: datetime) -> int:
        if not actor.strip() or not reason.strip():
            raise _refused("a decision needs who decides and why", "decision-unsigned", "give --actor and --reason")
        decided = written(now)
        return self._add(
            "add_decision", kind=kind, export=export, subject=subject, actor=actor, reason=reason, decided=decided
        )

    def _live_export(self, sha256: str) -> int:
        row = self._one("export_for_decision", sha256=sha256)
        if row is None:
            raise _refused("there is no such export", "export-unknown", "name it by its SHA-256 or the start of it")
        number, state, withdrawn, superseded = row
        if state != "accepted":
            raise _refused(f"the export is {state}", "export-not-accepted", "see `pumpbridge quarantine`")
        if withdrawn is not None or superseded is not None:
            word = "withdrawn" if withdrawn is not None else "superseded"
            raise _refused(f"the export is {word} already", f"export-{word}", "nothing to do")
        return int(number)

    def _need_same(self, wrong: int, right: int) -> None:
        """Raises UsageError unless what corrects an export is of every pump and patient that the export is of."""
        before, after = self._interrogations(wrong), self._interrogations(right)
        if {row[2] for row in before} - {row[2] for row in after}:
            raise _refused(
                "the two exports are of different pumps", "supersede-other-pump",
                "name two exports of one pump; `withdraw` takes back one that must not count",
            )  # fmt: skip
        if {row[2:3] + row[7:9] for row in before} - {row[2:3] + row[7:9] for row in after}:
            raise _refused(
                "the two exports are of different patients", "supersede-other-patient",
                "`assign` the one that names the wrong patient first, or `withdraw` it",
            )  # fmt: skip

    def _interrogations(self, export: int) -> Sequence[Row]:
        return self._all("interrogations_of_export", export=export)

    def _end(self, export: int, reason: Reason) -> None:
        for number, course, lane, session, _, position, live, _, _ in self._interrogations(export):
            if live:
                self._run("end_interrogation", interrogation=number)
                self._left(course, lane, session, position, reason)

    def _revive(self, export: int, reason: Reason) -> None:
        """What superseded this export does so no more: it counts again, with the patient that is its own by now."""
        self._run("not_superseded", export=export)
        for number, course, lane, session, placed, *_ in self._interrogations(export):
            before = self._value("session_before", course=course, session=session)
            self._run("revive_interrogation", interrogation=number)
            self._count_live(course, lane, 1, reason)
            self._changed(course, self._settle_session(course, session, before or placed), reason)
            self._settle_tellings(lane, session, reason)
            for patient, system in self._all("link_of_lane", lane=lane):
                self._link_lane(lane, patient, system, reason)

    def _told_again(self, export: int, reason: Reason) -> None:
        """What the messages of an export took back counts again, where no other takes it back, with who has the pump
        by now.
        """
        for _, _, lane, session, *_ in self._interrogations(export):
            self._settle_tellings(lane, session, reason)
            for patient, system in self._all("link_of_lane", lane=lane):
                if self._one("interrogations_to_link", lane=lane, patient=patient, system=system) is not None:
                    self._link_lane(lane, patient, system, reason)

    def _pumps_again(self, export: int, reason: Reason) -> None:
        """Whose the hospital pumps of an export were, and when, is asked again."""
        first: dict[int, str] = {}
        for _, _, lane, _, placed, *_ in self._interrogations(export):
            first[lane] = min(first.get(lane, placed), placed)
        for lane, placed in first.items():
            self._look_again(lane, placed, reason)

    def _left(self, course: int, lane: int, session: str, position: str, reason: Reason) -> None:
        self._count_live(course, lane, -1, reason)
        self._changed(course, self._settle_session(course, session, position), reason, losing=True)

    def _move(self, row: Row, patient: str, system: str, reason: Reason, *, assigned: int | None) -> None:
        number, course, lane, session, placed, position = row[:6]
        hospital = bool(self._value("is_hospital", course=course))
        target = self._course(lane, patient, system, hospital, reason)
        before = self._value("session_before", course=target, session=session)
        self._run("move_interrogation", interrogation=number, course=target, assigned=assigned)
        self._left(course, lane, session, position, reason)
        self._count_live(target, lane, 1, reason)
        self._changed(target, self._settle_session(target, session, before or placed), reason)


def _because(decision: int, export: str | None, now: datetime) -> Reason:
    return Reason("decision", since=written(now), export=export, decision=decision)


def _need_patient(patient: str) -> None:
    if not patient.strip():
        raise _refused("no patient identifier is given", "patient-missing", "give the identifier and its system")


def _refused(message: str, code: str, remedy: str) -> UsageError:
    return UsageError(message, code=code, remedy=remedy)
