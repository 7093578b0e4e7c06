"""Changes of a course's inputs: each has a number, a place and a cause, and makes work at every destination.

1. A change and what it changes are one commit.
2. Checkpoints at or after a change's position are gone with that commit: a fold never starts from a stale one.
3. A course that gains its first live export or loses its last concerns all courses of its pump: each of them changes
   on its open page, so that a serial on two patients is seen from both sides.
4. What changes in a course concerns the other pumps of its patient: each of them changes on its open page, so that a
   pump that was replaced is seen, and seen to be back.
5. A hospital pump goes from patient to patient: there 3 and 4 do not hold. A session of one patient concerns the course
   that had the pump before it, from there on, and no other; one that names nobody concerns the course that has the
   pump, if it is the first that does so; what a person takes away or brings concerns all courses of that pump.
6. All live reports of a session stand at one position, the least of theirs: a change has the lesser of old and new.
7. What a message of a bridge takes back is not live, whichever of the two came first, and neither is that message.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.course.sessions import told_rank
from bridge.identity import PumpIdentity
from bridge.interrogation import Telling, load, stated
from bridge.store.connection import Connection, unpacked
from bridge.store.rows import COMMONS, OPEN_PAGE, Cause, Filed


@dataclass(frozen=True, slots=True)
class Reason:
    """Why inputs change: cause, the export or decision behind it, since when it waits, and when an export came."""

    cause: Cause
    since: str
    export: str | None = None
    decision: int | None = None
    received: str | None = None


class Changes(Connection):
    """What accepting and deciding share; everything here runs inside `writing`."""

    def _changed(self, course: int, position: str, reason: Reason, *, losing: bool = False) -> None:
        self._noted(course, position, reason)
        if position < OPEN_PAGE:
            self._run("forget_checkpoints", course=course, position=position)
            self._beside_changed(course, reason)
        self._run("make_due", course=course, since=reason.since, losing=losing)
        if reason.received is not None:
            self._run("unapplied", course=course, received=reason.received)

    def _noted(self, course: int, position: str, reason: Reason) -> None:
        """A change that is nobody's work: of a hospital pump that is at no patient nothing is charted."""
        number = self._add(
            "add_change",
            course=course,
            position=position,
            cause=reason.cause,
            export=reason.export,
            decision=reason.decision,
            received=reason.received,
        )
        self._run("course_changed", course=course, change=number)

    def _shared_device(self, filed: Filed, reason: Reason) -> None:
        """A programmer or hospital pump that was never named so before is new to what courses share."""
        if filed.programmer and self._run("add_programmer", key=filed.programmer, simulated=filed.simulated):
            self._changed(COMMONS, OPEN_PAGE, reason)

    def _count_live(self, course: int, lane: int, more: int, reason: Reason) -> None:
        """Live exports of a course came or went; the other courses of the pump learn of the first and the last."""
        row = self._one("course_live", course=course)
        before = int(row[0]) if row else 0
        self._run("count_live", course=course, more=more)
        if (before and before + more) or self._value("is_hospital", course=course):
            return
        for (other,) in self._all("courses_in_lane", lane=lane):
            if other != course:
                self._changed(other, OPEN_PAGE, reason)
                self._beside_changed(other, reason)

    def _beside_changed(self, course: int, reason: Reason) -> None:
        """The other pumps of a course's patient change on their open page: whether one is newer is asked there."""
        for (other,) in self._all("beside", course=course):
            self._changed(other, OPEN_PAGE, reason)

    def _settle_session(self, course: int, session: str, before: str | None) -> str:
        """Give the session its one position; answers from where on the course is to be folded again."""
        place: str | None = self._value("session_place", course=course, session=session)
        if place is not None:
            self._run("place_session", course=course, session=session, position=place)
        known = [position for position in (before, place) if position is not None]
        return min(known, default=OPEN_PAGE)

    def _settle_tellings(self, lane: int, session: str, reason: Reason) -> None:
        """Of what messages of bridges tell of a session, let that count which no later one of its name takes back.

        By all that are there, so that the order in which they came does not matter; also what a person assigned to
        another patient: he said whose it is, and not that it is true.
        """
        found = self._all("session_reports", lane=lane, session=session)
        rows = [(row[:5], load(unpacked(row[5])).telling) for row in found]
        back = [telling for _, telling in rows if telling is not None and stated(telling.taken_back)]
        for (number, course, live, placed, position), telling in rows:
            if telling is None:
                continue
            holds = not any(_takes_back(one, telling) for one in back)
            if live and not holds:
                self._run("end_interrogation", interrogation=number)
                self._count_live(course, lane, -1, reason)
                self._changed(course, self._settle_session(course, session, position), reason, losing=True)
            elif holds and not live:
                self._run("revive_interrogation", interrogation=number)
                self._count_live(course, lane, 1, reason)
                self._changed(course, self._settle_session(course, session, placed), reason)

    def _lane(self, pump: PumpIdentity, simulated: bool) -> int:
        lane = self._value("lane", **named(pump), simulated=simulated)
        return self._add("add_lane", **named(pump), simulated=simulated) if lane is None else int(lane)

    def _course(self, lane: int, patient: str, system: str, hospital: bool, reason: Reason) -> int:
        """The course of a pump and patient; a report of an implanted pump makes it that of an implanted one."""
        row = self._one("course_of", lane=lane, patient=patient, system=system)
        if row is None:
            return self._add("add_course", lane=lane, patient=patient, system=system, hospital=hospital)
        number = int(row[0])
        if row[1] and not hospital:
            self._run("not_hospital", course=number)
            self._changed(number, "", reason)
        return number

    def _at_hospital_pump(self, lane: int, course: int, patient: str, position: str, reason: Reason) -> None:
        """A session of a hospital pump came: who had the pump before it learns that it went on."""
        led, led_at = self._one("led", lane=lane) or (None, "")
        if not patient:
            before = self._value("newest_before", course=course, position=position)
            if led is not None and led_at < position and (before is None or before < led_at):
                self._changed(int(led), OPEN_PAGE, reason)
            return
        if position > led_at:
            self._run("lead", lane=lane, course=course, position=position)
        else:
            row = self._one("led_before", lane=lane, position=position)
            led = row[0] if row else None
        if led is not None and led != course:
            self._changed(int(led), position, reason, losing=True)

    def _look_again(self, lane: int, position: str, reason: Reason) -> None:
        """A person took sessions of a hospital pump away, or brought some: all its courses may have to do with it."""
        for (course,) in self._all("hospital_courses_in_lane", lane=lane):
            self._changed(course, position, reason)
        row = self._one("led_before", lane=lane, position=OPEN_PAGE)
        self._run("lead", lane=lane, course=row[0] if row else None, position=row[1] if row else "")

    def _pump_changed(self, pump: PumpIdentity, reason: Reason) -> None:
        """Something concerns every course of a pump, real or simulated, from its newest reading on."""
        for (course,) in self._all("courses_of_pump_identity", **named(pump)):
            self._changed(course, OPEN_PAGE, reason)


def _takes_back(one: Telling, other: Telling) -> bool:
    """Whether a message that takes back is of another's name and not sent before it; so it takes back itself, too."""
    return stated(one.name) == stated(other.name) and told_rank(one) >= told_rank(other)


def named(pump: PumpIdentity) -> dict[str, str]:
    """A pump as the values of a query."""
    return {"manufacturer": pump.manufacturer, "model": pump.model, "serial": pump.serial}
