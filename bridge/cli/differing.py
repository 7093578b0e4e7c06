"""What a plan changes, for people: each resource in a few words, and its elements from old to new.

Promises: pure; every element that differs is named, but the narrative only where nothing else differs: it says in words
what the elements say. Must not know stores or terminals.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bridge.fhir_json import Json, read
from bridge.store.protocol import LedgerRow, PlanEntry

LONGEST = 72
_TAG = re.compile(r"<[^>]*>")
_SPACE = re.compile(r"\s+")
_NARRATIVE = "text.div"


@dataclass(frozen=True, slots=True)
class Changed:
    """One element that an amendment changes; None: it was, or is, not there."""

    element: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """One entry of a plan as people read it."""

    action: str
    resource: str
    cause: str
    what: str
    changes: tuple[Changed, ...]


def shown(entries: Sequence[PlanEntry], rows: Mapping[str, LedgerRow]) -> list[Shown]:
    """Every entry with its elements from what the ledger's rows hold (by key) to what is to be."""
    return [_shown(entry, rows.get(entry.key)) for entry in entries]


def _shown(entry: PlanEntry, row: LedgerRow | None) -> Shown:
    new = read(entry.body)
    old = read(row.confirmed) if row is not None and row.confirmed and entry.action == "amend" else None
    found = tuple(changes(old, new)) if old is not None else ()
    return Shown(entry.action, f"{entry.type}/{entry.id}", entry.cause, words(new), found)


def changes(old: Json, new: Json) -> Iterator[Changed]:
    """The elements that differ, in the order of their paths."""
    before, after = dict(_leaves(old, "")), dict(_leaves(new, ""))
    differing = [path for path in sorted({*before, *after}) if before.get(path) != after.get(path)]
    for path in [path for path in differing if path != _NARRATIVE] or differing:
        yield Changed(path, before.get(path), after.get(path))


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _leaves(item, f"{path}[{number}]")
    else:
        yield path, _plain(value) if path == _NARRATIVE else _printed(value)


def _printed(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def words(resource: Json) -> str:
    """A resource in the first words of its own narrative, else by its code or status."""
    text = _plain(resource.get("text", {}).get("div", "")) or str(resource.get("title", ""))
    return shortened(text or str(resource.get("code", {}).get("text", resource.get("status", ""))), 100)


def _plain(div: object) -> str:
    """A narrative without its tags."""
    return _SPACE.sub(" ", html.unescape(_TAG.sub(" ", str(div)))).strip()


def sides(change: Changed) -> tuple[str, str]:
    """Old and new as they fit a line: of two long texts, from shortly before they differ."""
    old, new = change.old, change.new
    if old is not None and new is not None and max(len(old), len(new)) > LONGEST:
        same = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), 0)
        start = 0 if same < LONGEST // 2 else same - LONGEST // 4
        mark = "…" if start else ""
        old, new = f"{mark}{old[start:]}", f"{mark}{new[start:]}"
    return tuple("(nothing)" if side is None else shortened(side) for side in (old, new))  # type: ignore[return-value]


def shortened(text: str, longest: int = LONGEST) -> str:
    """A text that fits a line."""
    plain = _SPACE.sub(" ", text)
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"
