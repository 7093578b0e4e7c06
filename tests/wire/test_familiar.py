"""What is kept of what comes again (bridge/wire/familiar.py)."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.wire.familiar import TIMES, Familiar


def found(familiar: Familiar[object], texts: Iterable[str]) -> int:
    """How many of the texts are known; what is not is offered."""
    known = 0
    for text in texts:
        if familiar.get(text) is None:
            familiar.offer(text, object())
        else:
            known += 1
    return known


def test_a_thing_is_kept_from_the_second_time_on() -> None:
    familiar: Familiar[object] = Familiar(10)
    one, two = object(), object()
    familiar.offer("a", one)
    assert familiar.get("a") is None
    familiar.offer("a", two)
    assert familiar.get("a") is two
    familiar.forget()
    assert familiar.get("a") is None


def test_what_comes_once_takes_no_room() -> None:
    familiar: Familiar[object] = Familiar(10)
    usual = [f"usual {number}" for number in range(10)]
    for turn in range(2 * TIMES):
        assert found(familiar, usual) == (10 if turn > 1 else 0)
        assert found(familiar, (f"turn {turn}, {number}" for number in range(TIMES))) == 0


def test_of_more_than_fits_a_part_is_found_each_time() -> None:
    familiar: Familiar[object] = Familiar(10)
    turns = [f"one of many {number}" for number in range(15)]
    assert [found(familiar, turns) for _ in range(5)] == [0, 0, 10, 10, 10]


def test_what_is_old_makes_room() -> None:
    familiar: Familiar[object] = Familiar(10)
    found(familiar, 2 * [f"old {number}" for number in range(10)])
    young = [f"young {number}" for number in range(10)]
    for _ in range(2 * TIMES):
        found(familiar, young)
    assert found(familiar, young) == 10
    assert familiar.get("old 1") is None


def test_it_never_holds_more_than_it_says() -> None:
    familiar: Familiar[object] = Familiar(10)
    for number in range(5_000):
        found(familiar, [f"{number}", f"{number}", f"{number % 37}"])
        assert len(familiar._kept) <= 10
        assert len(familiar._seen) <= 10 * TIMES
