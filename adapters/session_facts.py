"""What a damaged export still says: the pump's identity and the session's start, gathered value by value.

Promises: values of two objects are never combined. A second pump or session, a second value of one name, or a name
of a neighbouring object (the block between them was lost) makes what was found ambiguous, and an ambiguous fact is
no fact. A name that nobody knows does not: the pump must be found in the exports of a newer exporter too. Must not
know an encoding.
"""

from __future__ import annotations

from typing import Any

from adapters.session import hint_of
from adapters.session_tree import PLAIN, Notation
from bridge.adapter import Hint
from bridge.interrogation import Catheter, Clocks, Programmer, Pump, fields_of


def _names(group: Any) -> set[str]:
    return {field.name for field in fields_of(group)}


NEIGHBOURS = {
    "pump": (_names(Catheter) | _names(Programmer)) - _names(Pump),
    "session": _names(Clocks),
}


class Facts:
    """Collects whole values of `pump` and `session` in the order of the file."""

    def __init__(self) -> None:
        self._objects: dict[str, list[dict[str, str]]] = {group: [] for group in NEIGHBOURS}

    def opens(self, group: str) -> None:
        """An object of this name begins."""
        if group in self._objects:
            self._objects[group].append({})

    def states(self, group: str, name: str, text: str) -> None:
        """The object of this name that began last states a whole value; what cannot be there voids the object."""
        found = self._objects.get(group)
        if found and (name in found[-1] or name in NEIGHBOURS[group]):
            self.opens(group)
        elif found:
            found[-1][name] = text

    def hint(self, notation: Notation = PLAIN) -> Hint | None:
        """The hint that the collected values give, or None."""
        return hint_of(self._only("pump"), self._only("session").get("start"), notation)

    def _only(self, group: str) -> dict[str, str]:
        found = self._objects[group]
        return found[0] if len(found) == 1 else {}
