"""What a rule says of a resource that breaks it.

A fault is what a rule finds while it stands at one element; on the way up the elements put their names before its
path, and at the top it becomes a Problem. No message carries a value: a rule, a place and its reason hold no patient.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
Fault = tuple[str, str, str]
Faults = tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule: its name, the element (path from the resource), and what is wrong in words without values."""

    rule: str
    element: str
    message: str


def at(place: str, faults: Iterable[Fault]) -> Faults:
    """The same faults seen from one element higher up."""
    return tuple((rule, _joined(place, path), message) for rule, path, message in faults)


def _joined(place: str, path: str) -> str:
    return f"{place}.{path}" if path and not path.startswith("[") else f"{place}{path}"
