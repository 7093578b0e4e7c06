"""What a destination holds against what it was sent: equal, changed by somebody, or robbed of digits.

Promises: pure. Compared are two resources, not two spellings: `meta.versionId`, `lastUpdated` and `source` are left
out, keys are sorted, numbers are compared as text and then by value, and labels are "at least ours" (servers merge them
and never take one away). Objects of a list may stand in another order: in our charts it says nothing (what has an order
carries its times or its number). Source: measured behaviour of real servers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bridge.fhir_json import Json

_SERVERS_OWN = ("versionId", "lastUpdated", "source")
_LABELS = ("tag", "security")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Where theirs differs from ours, as element paths, and where only printed digits were lost."""

    differs: tuple[str, ...]
    digits_lost: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether theirs still says what ours said."""
        return not self.differs


def compare(ours: Json, theirs: Json) -> Comparison:
    """Compare a resource as confirmed with the one that the destination holds now."""
    differs: list[str] = []
    digits: list[str] = []
    _labels(ours, theirs, differs)
    _walk(_bare(ours), _bare(theirs), str(ours.get("resourceType", "")), differs, digits)
    return Comparison(tuple(differs), tuple(digits))


def in_our_ids(theirs: Json, ours: Mapping[str, str]) -> Json:
    """A resource of a server that gives its own ids, as we wrote it; `ours` maps Type/id there to Type/id of ours."""
    if not ours:
        return theirs
    reference = ours.get(f"{theirs.get('resourceType')}/{theirs.get('id')}", "")
    named: Json = _renamed(theirs, ours)
    return {**named, "id": reference.partition("/")[2]} if reference else named


def _renamed(value: Any, ours: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            k: ours.get(v, v) if k == "reference" and isinstance(v, str) else _renamed(v, ours)
            for k, v in value.items()
        }
    return [_renamed(item, ours) for item in value] if isinstance(value, list) else value


def _bare(resource: Json) -> Json:
    kept = dict(resource)
    meta = {k: v for k, v in resource.get("meta", {}).items() if k not in (*_SERVERS_OWN, *_LABELS)}
    kept.pop("meta", None)
    return {**kept, "meta": meta} if meta else kept


def _labels(ours: Json, theirs: Json, differs: list[str]) -> None:
    for name in _LABELS:
        held = {(c.get("system"), c.get("code")) for c in theirs.get("meta", {}).get(name, [])}
        missing = [c for c in ours.get("meta", {}).get(name, []) if (c.get("system"), c.get("code")) not in held]
        differs.extend(f"meta.{name}: {label.get('code')} is gone" for label in missing)


def _walk(ours: Any, theirs: Any, path: str, differs: list[str], digits: list[str]) -> None:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted({*ours, *theirs}):
            _walk(ours.get(key), theirs.get(key), f"{path}.{key}", differs, digits)
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, (one, other) in enumerate(zip(ours, _in_our_order(ours, theirs, path), strict=True)):
            _walk(one, other, f"{path}[{number}]", differs, digits)
    elif _is_number(ours) and _is_number(theirs):
        _numbers(ours, theirs, path, differs, digits)
    elif not _equal_text(ours, theirs, path):
        differs.append(path)


def _in_our_order(ours: list[Any], theirs: list[Any], path: str) -> list[Any]:
    """Their objects in the order of ours where each has its like; otherwise as they stand."""
    if ours == theirs or not all(isinstance(one, dict) for one in (*ours, *theirs)):
        return theirs
    left, in_order = list(theirs), []
    for one in ours:
        place = next((n for n, other in enumerate(left) if _alike(one, other, path)), None)
        if place is None:
            return theirs
        in_order.append(left.pop(place))
    return in_order


def _alike(one: Any, other: Any, path: str) -> bool:
    differs: list[str] = []
    _walk(one, other, path, differs, [])
    return not differs


def _equal_text(ours: Any, theirs: Any, path: str) -> bool:
    if ours == theirs:
        return True
    return (
        path.endswith(".text.div") and isinstance(ours, str) and isinstance(theirs, str) and _div(ours) == _div(theirs)
    )


def _div(text: str) -> str:
    """Narrative with entities respelt, as servers do on storing."""
    for entity, sign in (("&#39;", "'"), ("&#x27;", "'"), ("&apos;", "'"), ("&quot;", '"')):
        text = text.replace(entity, sign)
    return text


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def _numbers(ours: Any, theirs: Any, path: str, differs: list[str], digits: list[str]) -> None:
    if Decimal(ours) != Decimal(theirs):
        differs.append(path)
    elif str(ours) != str(theirs):
        digits.append(path)
