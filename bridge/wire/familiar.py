"""What comes again and again, by its text: kept from the second time on, so that what comes once costs nearly nothing.

Promises: never more than so many things are kept, and of some times as many texts a number each. Where there is no
room, what is there stays: of more than fits, in turns, the part that is kept is found each time. Once so much has
found no room that what is kept must be old, it begins anew.
"""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")
TIMES = 8


class Familiar(Generic[T]):
    """Things by the text that they were made of; who offers one may get that very one again."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._kept: dict[str, T] = {}
        self._seen: set[int] = set()
        self._without_room = 0

    def get(self, text: str) -> T | None:
        """What was made of this text before, where it is kept."""
        return self._kept.get(text)

    def offer(self, text: str, made: T) -> None:
        """Something newly made: kept where its text came before."""
        mark = hash(text)
        if mark not in self._seen:
            if len(self._seen) >= TIMES * self._room:
                self._seen.clear()
            self._seen.add(mark)
        elif len(self._kept) < self._room:
            self._kept[text] = made
        else:
            self._without_room += 1
            if self._without_room >= TIMES * self._room:
                self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self._kept.clear()
        self._seen.clear()
        self._without_room = 0
