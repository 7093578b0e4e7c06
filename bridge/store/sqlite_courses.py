"""Courses: what folding reads, and the checkpoints that it leaves.

1. A checkpoint is kept only while its course has not changed since it was folded.
2. The two newest checkpoints stay, and of older ones about one per 32 sessions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from bridge.errors import Bug
from bridge.identity import PumpIdentity
from bridge.interrogation import load
from bridge.store.connection import Connection, Row, packed, unpacked
from bridge.store.rows import OPEN_PAGE, CourseRow, Held, Marker
from bridge.store.sqlite_changes import named

KEPT_EVERY = 32
KEPT_NEWEST = 2


class SqliteCourses(Connection):
    """What folding needs."""

    def course(self, course: int) -> CourseRow:
        """One course as it stands; raises Bug where there is none of that number."""
        row = self._one("course", course=course)
        if row is None:
            raise Bug(f"there is no course {course}")
        return _course(row)

    def courses(self, *, pump: PumpIdentity | None = None) -> Iterator[CourseRow]:
        """Every course but `commons`, by number."""
        if pump is not None:
            yield from map(_course, self._all("courses_of_pump", **named(pump)))
            return
        after = 0
        while rows := self._all("courses", after=after):
            yield from map(_course, rows)
            after = rows[-1][0]

    def siblings(self, course: int) -> list[CourseRow]:
        """The other courses of a course's pump, by number: those of another patient, or of none."""
        return [_course(row) for row in self._all("siblings", course=course)]

    def patients_of_pump(self, pump: PumpIdentity, simulated: bool = False) -> tuple[list[str], str | None]:
        """Patients with live real (or simulated) exports of a pump, and whom a person linked it to (None: nobody)."""
        patients = [patient for (patient,) in self._all("patients_of_pump", **named(pump), simulated=simulated)]
        return patients, self._value("linked", **named(pump))

    def held(self, course: int, after: str = "", until: str = OPEN_PAGE) -> list[Held]:
        """Live interrogations with a position greater than `after` and up to `until`, by position and SHA-256."""
        rows = self._all("held", course=course, after=after, until=until)
        supersedes = defaultdict[str, list[str]](list)
        for new, old in self._all("superseded_by_held", course=course, after=after, until=until):
            if old not in supersedes[new]:
                supersedes[new].append(old)
        return [_held(row, tuple(supersedes.get(row[0], ()))) for row in rows]

    def position_after(self, course: int, after: str, count: int) -> str | None:
        """The position of the live interrogation that follows so many after a position; None where there is none."""
        found: str | None = self._value("position_after", course=course, after=after, count=count)
        return found

    def markers(self, pump: PumpIdentity) -> list[Marker]:
        """The quarantined exports whose head names this pump."""
        rows = self._all("markers", **named(pump))
        return [Marker(sha256, datetime.fromisoformat(local) if local else None) for sha256, local in rows]

    def other_pumps(self, course: int) -> list[int]:
        """The live courses of other pumps of this course's patient, real with real and simulated with simulated.

        A pump on two patients is nobody's other pump, unless a person linked it to this one.
        """
        return [number for (number,) in self._all("other_pumps", course=course)]

    def elsewhere(self, course: int, after: str = "", until: str = OPEN_PAGE) -> tuple[list[Held], Held | None]:
        """What a hospital pump told of others while it was at this patient, or since, behind a position.

        The first session of another patient in each gap between this course's sessions and after the last of them, up
        to a position: no more than there are sessions in between, and one; and the first that names nobody after the
        last of all.
        """
        others: list[Held] = []
        at: str | None = after or self._value("next_position", course=course, after="")
        while at is not None and (row := self._one("next_elsewhere", course=course, after=at)) is not None:
            other = _held(row, ())
            if other.position > until:
                break
            others.append(other)
            at = self._value("next_position", course=course, after=other.position)
        unnamed = self._one("next_unnamed", course=course, after=self._value("newest_position", course=course) or "")
        return others, None if unnamed is None else _held(unnamed, ())

    def content(self, sha256: str) -> bytes | None:
        """The bytes of an export, or None once retention has deleted them."""
        packed_content = self._value("content", sha256=sha256)
        return None if packed_content is None else unpacked(packed_content)

    def checkpoint(self, course: int, before: str) -> tuple[str, bytes] | None:
        """The newest checkpoint (position, body) at a position less than `before`."""
        row = self._one("checkpoint", course=course, before=before)
        return None if row is None else (row[0], unpacked(row[1]))

    def save_checkpoints(self, course: int, change: int, points: Sequence[tuple[str, bytes]]) -> None:
        """Keep checkpoints unless the course has changed since `change`; thins old ones out."""
        if not points:
            return
        ordered = sorted(points)
        with self.writing_unsynced():
            if self._value("course_change", course=course) == change:
                self._keep(course, ordered)
                self._thin(course)

    def _keep(self, course: int, points: Sequence[tuple[str, bytes]]) -> None:
        before = self._one("checkpoint_before", course=course, position=points[0][0])
        for rank, (position, body) in enumerate(points, 1):
            since = self._sessions_since_kept(course, before, position)
            before = (position, since)
            if since == 0 or rank > len(points) - KEPT_NEWEST:
                self._run("put_checkpoint", course=course, position=position, since_kept=since, body=packed(body))

    def _sessions_since_kept(self, course: int, before: Row | None, position: str) -> int:
        """How many sessions after the last checkpoint that stays; 0 where this one is to stay."""
        if before is None:
            return 0
        between = self._value("sessions_between", course=course, after=before[0], position=position)
        since = int(before[1]) + int(between)
        return since if since < KEPT_EVERY else 0

    def _thin(self, course: int) -> None:
        newest = self._all("newest_checkpoints", course=course, limit=KEPT_NEWEST + 4)
        for position, since in newest[KEPT_NEWEST:]:
            if since:
                self._run("delete_checkpoint", course=course, position=position)

    def programmers(self, simulated: bool | None = None) -> list[str]:
        """The shared keys of every programmer ever seen (for `commons`): all, or only simulated or real ones."""
        return [key for (key,) in self._all("programmers", simulated=simulated)]


def _course(row: Row) -> CourseRow:
    number, patient, system, manufacturer, model, serial, simulated, change, live, hospital = row
    pump = PumpIdentity(manufacturer, model, serial)
    return CourseRow(number, patient, system, pump, bool(simulated), change, live, bool(hospital))


def _held(row: Row, supersedes: tuple[str, ...]) -> Held:
    sha256, sha1, size, media_type, session, position, body = row
    return Held(sha256, sha1, size, media_type, session, position, supersedes, load(unpacked(body)))
