"""Courses that are left alone for a while after a failure: how many, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.cli.output import courses
from bridge.site import Site
from bridge.store.protocol import COMMONS


@dataclass(frozen=True, slots=True)
class Resting:
    """How many courses of one destination rest, and when the first of them is asked for again."""

    destination: str
    courses: int
    shared: bool
    until: datetime

    def __str__(self) -> str:
        who = courses(self.courses, self.shared)
        verb = "rests" if self.courses + self.shared == 1 else "rest"
        return f"{who} {verb} after a failure, not tried again before {self.until:%Y-%m-%d %H:%M:%S}Z"


def resting(site: Site, names: Sequence[str]) -> list[Resting]:
    """What rests at these destinations; those where nothing does are left out."""
    return [one for name in names if (one := _resting(site, name)) is not None]


def _resting(site: Site, name: str) -> Resting | None:
    found = dict(site.store.resting(name, site.clock.now()))
    if not found:
        return None
    shared = COMMONS in found
    return Resting(name, len(found) - shared, shared, min(found.values()))
