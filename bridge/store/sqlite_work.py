"""Work: what is due at a destination, who holds it, and how far each course is.

1. A course whose inputs changed is due at every destination until it is finished there; what waits or is parked is
   deferred, and every new input ends a deferral.
2. A lane (one pump at one destination, or `commons`) is leased to one owner at a time.
3. While `commons` is due, nothing else is given out: a chart never goes before what it refers to.
4. A time that has come makes its course due once.
5. While a destination has asked to be left alone, nothing is given out for it, to whichever process asks.
6. What a hospital pump says while its course settles is due when that is over, for whoever asks not at once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from bridge.store.connection import FOREVER, Connection, Row, instant, instant_or_none, written, written_or_none
from bridge.store.rows import COMMONS, Change, Decision, DestinationState

SHARE = 4
"""Of what is due, at most the fourth part is given out at once."""
NEVER_APPLIED = DestinationState(0, "", None, "", "", "")


class SqliteWork(Connection):
    """What is due, and who does it."""

    def register(self, destination: str, mapping: str, now: datetime) -> int:
        """Make a destination known; courses never applied there, or applied with another mapping, become due."""
        row = self._one("destination", destination=destination)
        if row is not None and row[1] == mapping:
            return self.due(destination)
        with self.writing():
            self._map(destination, mapping, written(now))
        return self.due(destination)

    def _map(self, destination: str, mapping: str, now: str) -> None:
        row = self._one("destination", destination=destination)
        if row is None:
            number = self._add("add_destination", destination=destination, mapping=mapping, now=now)
            self._run("unapplied_at_first", number=number, now=now)
        else:
            number = int(row[0])
            self._run("remap_destination", number=number, mapping=mapping)
        self._run("due_by_mapping", number=number, mapping=mapping, now=now)

    def taken(self, destination: str) -> str:
        """What a destination said that it takes, when it was last asked."""
        number = self._known_destination(destination)
        return "" if number is None else str(self._value("taken", number=number))

    def keep_taken(self, destination: str, taken: str) -> None:
        """Keep what a registered destination said that it takes."""
        with self.writing():
            self._run("keep_taken", number=self._destination(destination), taken=taken)

    def due(self, destination: str) -> int:
        """How many courses are due at a destination."""
        number = self._known_destination(destination)
        return 0 if number is None else int(self._value("count_due", number=number))

    def wake(self, destination: str, now: datetime) -> int:
        """Courses whose next_change has come become due, once; answers how many. Their next_change is None then."""
        number, at = self._destination(destination), written(now)
        earliest = self._value("next_wake", number=number)
        if earliest is None or earliest > at:
            return 0
        with self.writing():
            self._run("wake", number=number, now=at)
            return self._run("woken", number=number, now=at)

    def settled(self, destination: str) -> None:
        """What a hospital pump's course gathers is due at once, for whoever asks now."""
        number = self._destination(destination)
        if self._one("any_settling", number=number) is not None:
            with self.writing():
                self._run("settled", number=number)

    def hurry(self, destination: str) -> int:
        """End the rests of courses after a failure; the destination's own is kept. Answers how many."""
        with self.writing():
            return self._run("hurry", number=self._destination(destination))

    def let_rest(self, destination: str, until: datetime) -> None:
        """The destination asked to be left alone: nothing is given out before then; a later time holds."""
        number = self._destination(destination)
        with self.writing():
            self._run("let_rest", number=number, until=written(until))

    def rests_until(self, destination: str) -> datetime | None:
        """Until when a destination asked to be left alone, over or not; None where it never did."""
        until = self._value("rests_until", number=self._known_destination(destination))
        return instant(until) if until else None

    def failed(self, destination: str, course: int) -> int:
        """A course failed there once more; answers how often in a row, since it was last applied."""
        number = self._destination(destination)
        with self.writing():
            self._run("failed", number=number, course=course)
            return int(self._value("failures", number=number, course=course))

    def resting(self, destination: str, now: datetime) -> list[tuple[int, datetime]]:
        """The courses that rest after a failure, or with their destination, and until when; not what is parked."""
        rows = self._all("resting", number=self._destination(destination), now=written(now))
        return [(int(course), instant(until)) for course, until in rows]

    def rouse(self, destination: str, now: datetime) -> None:
        """Every course is due, parked ones too; what rests after a failure goes on resting."""
        number = self._destination(destination)
        with self.writing():
            self._run("rouse", number=number, now=written(now))

    def next_wake(self, destination: str) -> datetime | None:
        """The earliest next_change at a destination."""
        return instant_or_none(self._value("next_wake", number=self._destination(destination)))

    def claim(
        self, destination: str, owner: str, now: datetime, seconds: int, waits: Collection[str] = ()
    ) -> list[int]:
        """Lease the lane of the oldest due work and answer its due courses, losing ones first; [] if none."""
        return next(iter(self.claim_several(destination, owner, now, seconds, waits, 1)), [])

    def claim_several(
        self, destination: str, owner: str, now: datetime, seconds: int, waits: Collection[str], most: int
    ) -> list[list[int]]:
        """Lease as `claim` does, up to so many lanes in one commit; lanes of several courses are given out alone."""
        number, at = self._destination(destination), written(now)
        if self._value("rests_until", number=number) > at:
            return []
        if not waits and self._one("any_due", number=number, now=at) is None:
            return []
        lanes: list[list[int]] = []
        with self.writing_unsynced():
            self._run("expire_leases", number=number, now=at)
            self._run("rested", number=number, now=at)
            share = self._share(number, most)
            while len(lanes) < share and (courses := self._next_courses(number, tuple(waits))):
                if lanes and (len(courses) > 1 or COMMONS in courses):
                    break
                for course in courses:
                    self._lease(number, course, owner, now, seconds)
                lanes.append(courses)
                share = 1 if len(courses) > 1 or COMMONS in courses else share
        return lanes

    def _share(self, number: int, most: int) -> int:
        """How many lanes to give out at once: few where few are left, since other processes want some."""
        if most <= 1:
            return 1
        return max(1, len(self._all("some_ready", number=number, limit=SHARE * most)) // SHARE)

    def _next_courses(self, number: int, waits: tuple[str, ...]) -> list[int]:
        lane = self._next_lane(number, waits)
        if lane is None:
            return []
        losing = {course: bool(flag) for course, flag in self._all("due_in_lane", number=number, lane=lane)}
        for why in waits:
            losing |= {c: bool(flag) for c, flag in self._all("waiting_in_lane", number=number, lane=lane, waits=why)}
        return sorted(losing, key=lambda course: not losing[course])

    def _next_lane(self, number: int, waits: tuple[str, ...]) -> int | None:
        """The lane whose turn it is: `commons` while it is due (nothing while another has it), else the oldest."""
        rests = self._value("is_due", number=number, course=COMMONS)
        if rests is not None:
            leased = self._one("lane_leased", number=number, lane=COMMONS)
            return None if rests or leased else COMMONS
        waiting = (self._value("oldest_waiting_lane", number=number, waits=why) for why in waits)
        lanes = [lane for lane in (*waiting, self._value("oldest_due_lane", number=number)) if lane is not None]
        return COMMONS if COMMONS in lanes else next(iter(lanes), None)

    def _lease(self, number: int, course: int, owner: str, now: datetime, seconds: int) -> None:
        expires = written(now + timedelta(seconds=seconds))
        self._run("lease", number=number, course=course, owner=owner, expires=expires)

    def claim_course(self, destination: str, course: int, owner: str, now: datetime, seconds: int) -> bool:
        """Lease one course, due or not; False while another owner has a lease in its lane."""
        number = self._destination(destination)
        with self.writing_unsynced():
            self._run("expire_leases", number=number, now=written(now))
            lane = self._value("lane_of_course", course=course)
            free = self._one("lane_leased_by_others", number=number, lane=lane, owner=owner) is None
            if free:
                self._lease(number, course, owner, now, seconds)
        return free

    def renew(self, destination: str, owner: str, now: datetime, seconds: int) -> int:
        """Extend every lease of this owner that has not expired; answers how many."""
        number, expires = self._destination(destination), written(now + timedelta(seconds=seconds))
        with self.writing_unsynced():
            return self._run("renew", number=number, owner=owner, now=written(now), expires=expires)

    def lease_owners(self, destination: str) -> list[str]:
        """Whoever holds a lease at a destination, each once."""
        return [row[0] for row in self._all("lease_owners", number=self._destination(destination))]

    def expire_owners(self, destination: str, owners: Sequence[str]) -> None:
        """End every lease of these owners: they are known not to be there any more."""
        number = self._destination(destination)
        with self.writing_unsynced():
            self._many("expire_owner", [{"number": number, "owner": owner} for owner in owners])

    def release(self, destination: str, course: int, owner: str) -> None:
        """Give a lease back; one that expired and is another's by now stays his."""
        number = self._destination(destination)
        if self._one("leased_by", number=number, course=course, owner=owner) is None:
            return
        with self.writing_unsynced():
            self._run("release", number=number, course=course, owner=owner)

    def defer(self, destination: str, course: int, until: datetime | None) -> None:
        """Do not claim this course again before `until` (None: before something about it changes)."""
        number = self._destination(destination)
        with self.writing():
            self._run("not_before", number=number, course=course, not_before=_until(until))

    def state(self, destination: str, course: int) -> DestinationState:
        """How far a destination is with a course."""
        row = self._one("state", number=self._destination(destination), course=course)
        if row is None:
            return NEVER_APPLIED
        applied, mapping, next_change, patient, parked, detail = row
        return DestinationState(applied, mapping, instant_or_none(next_change), patient, parked, detail)

    def changes(self, course: int, since: int) -> list[Change]:
        """The changes of a course with a number greater than `since`, in order."""
        return [Change(*row) for row in self._all("changes", course=course, since=since)]

    def decision(self, number: int) -> Decision:
        """What a person decided."""
        row = self._one("decision", decision=number)
        assert row is not None, "a change names a decision that is not stored"
        return decision_row(row)

    def park(self, destination: str, course: int, code: str, detail: str, *, now: datetime | None = None) -> None:
        """Let a course wait for a person: it is deferred until something about it changes."""
        number = self._destination(destination)
        with self.writing():
            self._run("park", number=number, course=course, code=code, detail=detail, now=written_or_none(now))
            self._run("not_before", number=number, course=course, not_before=FOREVER)

    def parked_in_lane(self, destination: str, course: int, code: str) -> list[int]:
        """The other courses of a course's pump that are parked there with this code."""
        rows = self._all("parked_in_lane", number=self._destination(destination), course=course, code=code)
        return [number for (number,) in rows]

    def unpark(self, destination: str, course: int) -> None:
        """Let a parked course go on: it is due."""
        number = self._destination(destination)
        with self.writing():
            self._unpark(number, course)

    def _unpark(self, number: int, course: int) -> None:
        self._run("unpark", number=number, course=course)
        self._run("due_again", number=number, course=course, since="")

    def skipped(self, destination: str, course: int) -> dict[str, str]:
        """Key → hash of the contents that a person does not want sent until the chart changes."""
        return dict(self._all("skipped", number=self._destination(destination), course=course))

    def recent_unsourced(self, destination: str, since: datetime) -> int:
        """Courses with plans stored since then whose causes name no source and no person (time, mapping, drift …)."""
        number = self._destination(destination)
        return int(self._value("recent_unsourced", number=number, since=written(since)))


def decision_row(row: Row) -> Decision:
    """A decision as its query gives it."""
    number, kind, export, subject, actor, reason, decided = row
    return Decision(number, kind, export, subject, actor, reason, instant(decided))


def _until(until: datetime | None) -> str:
    return FOREVER if until is None else written(until)
