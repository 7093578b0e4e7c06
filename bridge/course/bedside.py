"""One session of a hospital pump being folded: what it tells, what ran before it, and its page so far.

Promises: lives for one session, as a Turn does, and leaves a new Ward behind. Must not know the rules by which an
infusion begins and ends: that is `infusions`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from datetime import timedelta
from typing import Any, TypeVar

from bridge.course.clocks import Instant
from bridge.course.delivering import Glimpse, glimpse
from bridge.course.facts import Source
from bridge.course.infusion_facts import Infusion, InfusionReason, InfusionStatus, Told
from bridge.course.state import Turn
from bridge.course.ward import Passing, Running, Ward
from bridge.hospital import Infusion as Line
from bridge.quantity import Quantity
from bridge.reading import Reading

T = TypeVar("T")


class Bedside:
    """One session at the pump; `ward` is as it was before it."""

    def __init__(self, turn: Turn, line: Line, ward: Ward, interval: timedelta, max_age: timedelta) -> None:
        self.turn, self.told, self.ward = turn, line, ward
        self.interval, self.max_age = interval, max_age
        self.at: Instant = turn.start
        self.moment = turn.start.utc
        self.source: Source = turn.source
        self.export = turn.export
        self.stated_at = self.cite(turn.interrogation.session.start)
        self.running = {one.infusion.address: one for one in ward.running}
        self.before = tuple(one.infusion for one in ward.running)
        same = ward.heard is not None and ward.heard.utc == self.moment
        self.ended: list[Infusion] = list(ward.ended) if same else []
        self.acted: list[str] = list(ward.acted) if same else []
        self.brief: list[str] = list(ward.brief) if same else []
        self.passing: list[Passing] = list(ward.passing)
        self.stirred = False  # whether something began or ended: then what moves by itself is observed too
        if not same:
            turn.emit(*ward.ended)

    @property
    def glimpse(self) -> Glimpse:
        """Who delivers, by this message."""
        return glimpse(self.told)

    def cite(self, reading: Reading[T] | None) -> Told[T] | None:
        """A stated value with its export; what is unreadable is not cited."""
        return None if reading is None or reading.value is None else Told(reading, self.export)

    def named(self, address: str) -> str:
        """A discriminator: the place and the time as printed, and an ordinal where one was named so before."""
        start = self.turn.interrogation.session.start
        name = f"{address} {start.text if start is not None else self.at.printed}"
        known = (*self.ended, *(run.infusion for run in self.running.values()))
        return self.unlike(name, {*self.brief, *(one.discriminator for one in known)})

    def unlike(self, name: str, taken: Collection[str]) -> str:
        """The name, with an ordinal where something else has it."""
        numbered = (f"{name}/{count}" for count in range(2, 1000))
        return name if name not in taken else next(other for other in numbered if other not in taken)

    def run(self, infusion: Infusion, counted: Quantity | None) -> None:
        """An infusion runs, confirmed now, with the volume that the pump counted of it so far."""
        self.running[infusion.address] = Running(infusion, self.at, counted, self.stated_at)
        self.stirred = True

    def is_lost(self, run: Running) -> bool:
        """Whether it was not confirmed for so long that what happened since is not known."""
        return self.moment - run.confirmed.utc > self.max_age

    def end(self, run: Running, status: InfusionStatus, reason: InfusionReason, **more: Any) -> Infusion:
        """An infusion as it ends now by an event: kept until a later moment is told of."""
        unheard = run.confirmed if self.is_lost(run) else None
        ended = dataclasses.replace(
            run.infusion, status=status, reason=reason, end=self.at, end_certainty="recorded", last_confirmed=self.at,
            latest=self.source, ended=self.stated_at, unheard_since=unheard, **more,
        )  # fmt: skip
        self._over(run)
        self.ended.append(ended)
        return ended

    def seen_ended(self, run: Running, status: InfusionStatus, reason: InfusionReason, **more: Any) -> None:
        """An infusion that is over as this message shows: it ended when it was last seen, or that is not known."""
        if self.is_lost(run):
            self.lose(run, "too-old")
            return
        last: dict[str, Any] = {"end": run.confirmed, "end_certainty": "inferred", "ended": run.shown}
        last = last if status != "unknown" else {}
        self._over(run)
        more |= {"status": status, "reason": reason, "last_confirmed": run.confirmed, "latest": self.source, **last}
        self._seal(dataclasses.replace(run.infusion, **more))

    def lose(self, run: Running, reason: InfusionReason) -> None:
        """From here on it is not known what became of an infusion."""
        self._over(run)
        self._seal(lost(run, reason))

    def _seal(self, infusion: Infusion) -> None:
        if infusion.start.utc == self.moment:
            self.brief.append(infusion.discriminator)
        self.turn.emit(infusion)

    def _over(self, run: Running) -> None:
        self.running.pop(run.infusion.address, None)
        self.stirred = True

    def covers(self, line: str, infusion: Infusion) -> bool:
        """Whether an infusion is of this line, or of a line of this pump."""
        return line in (infusion.line, infusion.address) or infusion.address.startswith(f"{line}.")

    def left(self, ward: Ward) -> Ward:
        """What the session leaves behind; alarms, readings and the stay are as given."""
        return dataclasses.replace(
            ward, heard=self.at, running=tuple(self.running[name] for name in sorted(self.running)),
            ended=tuple(self.ended), passing=tuple(self.passing), acted=tuple(self.acted),
            brief=tuple(self.brief),
        )  # fmt: skip


def lost(run: Running, reason: InfusionReason) -> Infusion:
    """An infusion of which nothing is known after it was last confirmed."""
    return dataclasses.replace(
        run.infusion, status="unknown", reason=reason, last_confirmed=run.confirmed, end=None, end_certainty=None
    )
