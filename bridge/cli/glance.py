"""A look at another instant: planning as of a time, with nothing of it kept.

The store is read as it is; what a reconciler would write into it (plans, checkpoints, parking) goes nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast

from bridge.reconcile import Outcome, Reconciler
from bridge.site import Site
from bridge.store.protocol import COMMONS, Store, StoredPlan


class Unkept:
    """A store whose plans, checkpoints and parkings are forgotten; everything else is the real one's."""

    def __init__(self, store: Store, past: bool) -> None:
        self._store, self._past = store, past

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def plan(self, destination: str, course: int) -> StoredPlan | None:
        """None: what is planned for now says nothing about another instant."""
        return None

    def checkpoint(self, course: int, before: str) -> tuple[str, bytes] | None:
        """None for a past instant: a checkpoint may know more than was known then."""
        return None if self._past else self._store.checkpoint(course, before)

    def _forget(self, *_: object, **__: object) -> None:
        """Takes what would have been written."""

    save_plan = finish = defer = park = save_checkpoints = _forget


def glance(site: Site, name: str, as_of: datetime) -> Iterator[Outcome]:
    """What reconciling each course at one destination would plan at that instant."""
    store = cast("Store", Unkept(site.store, as_of < site.clock.now()))
    reconciler = Reconciler(store, site.place(name), site.destination(name), site.clock, "glance", None, as_of)
    courses = [row.course for row in site.store.courses()]
    for course in sorted({COMMONS, *courses}):
        yield reconciler.reconcile(course, apply=False)
