"""Revisions: what a session tells of the segments that earlier pages hold, back to the filling before it.

1. Pages since a filling are soft: a later session may revise the segments on them; pages before it are sealed for good.
2. A revision reaches from the page on which that filling stands to its own page, and no other.
3. A segment keeps its discriminator or is split in two, the later piece named after the stop; none is taken away.
4. Pages are revised in the order of the sessions, so that the result does not depend on where the fold began.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from bridge.course.clocks import Instant
from bridge.course.facts import Segment, Source
from bridge.course.pages import Fact, Page


@dataclasses.dataclass(frozen=True, slots=True)
class Doubtful:
    """The volumes contradict what was charted as dispensed: every segment that began in the span is unknown."""

    page: str
    source: Source
    since: datetime
    until: datetime

    def revised(self, segment: Segment) -> tuple[Segment, ...]:
        """The segment as unknown, if it began in the span; what supported it supports nothing beyond its end."""
        if not self.since <= segment.start.utc < self.until:
            return (segment,)
        return (
            dataclasses.replace(
                segment, status="unknown", certainty="unknown", reason="delivery-doubtful", end=None,
                last_confirmed=_earlier(segment.last_confirmed, segment.end), source=self.source,
            ),
        )  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Stopped:
    """A stop that the log tells of late, with its recovery where that is recorded too: no delivery between the two."""

    page: str
    source: Source
    discriminator: str
    reason: Literal["motor-stall", "pump-stopped"]
    at: Instant
    until: Instant | None = None

    def revised(self, segment: Segment) -> tuple[Segment, ...]:
        """The segment split at stop and recovery; unknown where either, or what is left of it, is not known."""
        if not self._overlaps(segment):
            return (segment,)
        measured = segment.bridge or segment.line is not None  # by a volume: a stop within shifts what follows
        if self.until is None or segment.status == "unknown" or measured:
            return (self._lost(segment),)
        before, after = self._before(segment), self._after(segment, self.until)
        pieces = [piece for piece in (before, after) if piece is not None]
        return tuple(pieces) or (self._lost(segment),)

    def _overlaps(self, segment: Segment) -> bool:
        begun = self.until is None or segment.start.utc < self.until.utc
        claimed = segment.end or (None if segment.status == "running" else segment.last_confirmed)
        return begun and (claimed is None or claimed.utc > self.at.utc)

    def _lost(self, segment: Segment) -> Segment:
        latest = self.at if self.at.utc > segment.start.utc else segment.start
        reason = segment.reason if segment.status == "unknown" else "stop-logged-late"
        return dataclasses.replace(
            segment, status="unknown", certainty="unknown", reason=reason, end=None,
            last_confirmed=_earlier(segment.last_confirmed, latest), source=self.source,
        )  # fmt: skip

    def _before(self, segment: Segment) -> Segment | None:
        if segment.start.utc >= self.at.utc:
            return None
        return dataclasses.replace(
            segment, end=self.at, status="stopped", reason=self.reason, last_confirmed=self.source.read,
            source=self.source,
        )  # fmt: skip

    def _after(self, segment: Segment, until: Instant) -> Segment | None:
        """What ran after the recovery."""
        if segment.end is not None and segment.end.utc <= until.utc:
            return None
        split = segment.start.utc < self.at.utc
        return dataclasses.replace(
            segment,
            discriminator=f"{segment.discriminator}/after {self.discriminator}" if split else segment.discriminator,
            start=until,
            began="motor-stall-recovered" if self.reason == "motor-stall" else "pump-started",
            last_confirmed=max(segment.last_confirmed, until, key=lambda instant: instant.utc),
        )


Revision = Doubtful | Stopped


def revise(pages: Sequence[Page], revisions: Iterable[tuple[str, Revision]]) -> list[Page]:
    """The pages as later ones revise them; each revision with the position of the page of its own session."""
    revised = list(pages)
    for position, revision in revisions:
        for number, page in enumerate(revised):
            if revision.page <= page.position <= position:
                revised[number] = Page(page.position, _facts(page.facts, revision))
    return revised


def _facts(facts: tuple[Fact, ...], revision: Revision) -> tuple[Fact, ...]:
    made: list[Fact] = []
    for fact in facts:
        made.extend(revision.revised(fact) if isinstance(fact, Segment) else (fact,))
    return tuple(made)


def reach(revisions: Iterable[tuple[str, Revision]], since: str, after: str) -> str | None:
    """The earliest page at or before `after` that a session from `since` on revises; None: there is none."""
    pages = [revision.page for position, revision in revisions if position >= since and revision.page <= after]
    return min(pages, default=None)


def _earlier(one: Instant, other: Instant | None) -> Instant:
    return other if other is not None and other.utc < one.utc else one
