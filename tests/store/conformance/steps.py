"""Steps that the conformance tests of a store share."""

from __future__ import annotations

from datetime import datetime

from bridge.store.protocol import COMMONS, Filed, Refusal, Store
from tests.store.samples import (
    NOW,
    later,
    new,
    plan,
)

HERE = "folder"
ME, YOU = "host:1", "host:2"


def put(store: Store, text: str, *found: Filed | Refusal, received: datetime = NOW) -> str:
    """Add one export and answer its SHA-256."""
    export = new(text, received=received)
    first = found[0]
    given = first if isinstance(first, Refusal) else [item for item in found if isinstance(item, Filed)]
    store.add([(export, given)])
    return export.sha256


def claim(store: Store, owner: str = ME, minutes: float = 0, waits: tuple[str, ...] = ()) -> list[int]:
    """Claim for ten minutes."""
    return store.claim(HERE, owner, later(minutes), 600, waits)


def done(store: Store, course: int, number: int | None = None, owner: str = ME, **more: object) -> None:
    """Finish a course at the destination with an empty plan."""
    covers = store.course(course).change if number is None else number
    store.finish(plan(course, covers=covers, **more), NOW)  # type: ignore[arg-type]
    store.release(HERE, course, owner)


def with_commons_done(store: Store) -> None:
    """Register the destination and finish `commons` there."""
    store.register(HERE, "m1", NOW)
    assert claim(store) == [COMMONS]
    done(store, COMMONS)
