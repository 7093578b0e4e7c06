"""What a server made of a resource, element by element: the ledger's own comparison, and what kind each difference is.

    changed   an element is other, gone or new: the bridge would call it somebody else's edit
    label     a tag or security label of ours is not there any more: so would the bridge
    digits    a number is the same and has lost digits: the chart is true, and says less
    order     the objects of a list stand in another order, which says nothing in our charts
    display   a label is there under another display: of no consequence

Promises: pure. Values are shown, because everything in a rehearsal is simulated.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, get_args

from bridge.fhir_json import Json, canonical
from bridge.ledger import compare

Kind = Literal["changed", "label", "digits", "order", "display"]
CONTRADICTS: tuple[Kind, ...] = ("changed", "label")
"""What the bridge cannot live with: it would park the course as contested."""
MOST_SHOWN = 3
_STEP = re.compile(r"([^.\[\]]+)|\[([0-9]+)\]")
_WORDS: dict[Kind, str] = {
    "changed": "elements changed", "label": "labels gone", "digits": "numbers lost digits",
    "order": "lists reordered", "display": "displays of labels changed",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: where, of which kind, what was sent and what came back."""

    resource: str
    kind: Kind
    element: str
    sent: str = ""
    got: str = ""

    def __str__(self) -> str:
        if self.kind in ("order", "label"):
            return f"{self.element} ({self.kind})"
        return f"{self.element}: sent {self.sent}, got {self.got}"


def differences(resource: str, ours: Json, theirs: Json) -> list[Difference]:
    """How what came back differs from what was sent, `theirs` with references as ours."""
    turned: list[str] = []
    aligned = _aligned(ours, theirs, str(ours.get("resourceType", "")), turned)
    found = compare(ours, aligned)
    listed = [_difference(resource, path, ours, aligned) for path in found.differs]
    listed += [Difference(resource, "digits", path, *_both(ours, aligned, path)) for path in found.digits_lost]
    listed += [Difference(resource, "order", path) for path in turned]
    return listed + list(_displays(resource, ours, theirs))


def _difference(resource: str, path: str, ours: Json, theirs: Json) -> Difference:
    if path.startswith("meta."):
        return Difference(resource, "label", path)
    return Difference(resource, "changed", path, *_both(ours, theirs, path))


def _aligned(ours: Any, theirs: Any, path: str, turned: list[str]) -> Any:
    """Theirs with the objects of its lists in our order, where they are the same; `turned` gets what was not."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return {
            key: _aligned(ours[key], value, f"{path}.{key}", turned) if key in ours and key != "meta" else value
            for key, value in theirs.items()
        }
    if not (isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs)):
        return theirs
    if all(isinstance(one, dict) for one in (*ours, *theirs)):
        theirs = _in_order(ours, theirs, path, turned)
    return [
        _aligned(one, other, f"{path}[{number}]", turned)
        for number, (one, other) in enumerate(zip(ours, theirs, strict=True))
    ]


def _in_order(ours: list[Any], theirs: list[Any], path: str, turned: list[str]) -> list[Any]:
    wanted, there = [_plain(one) for one in ours], [_plain(one) for one in theirs]
    if wanted == there or Counter(wanted) != Counter(there):
        return theirs
    turned.append(path)
    left = list(zip(there, theirs, strict=True))
    return [left.pop([name for name, _ in left].index(name))[1] for name in wanted]


def _plain(value: Any) -> bytes:
    """One spelling of a value in which neither digits nor the order of a list count."""
    return canonical(_bare(value))


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _bare(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted((_bare(item) for item in value), key=canonical)
    known = isinstance(value, Decimal | int) and not isinstance(value, bool)
    return Decimal(value).normalize() if known else value


def _at(body: Any, path: str) -> Any:
    """The value at a path such as `Observation.component[1].code.text`; None where there is none."""
    for name, number in _STEP.findall(path.partition(".")[2]):
        if number:
            body = body[int(number)] if isinstance(body, list) and int(number) < len(body) else None
        else:
            body = body.get(name) if isinstance(body, dict) else None
    return body


def _both(ours: Json, theirs: Json, path: str) -> tuple[str, str]:
    return _shown(_at(ours, path)), _shown(_at(theirs, path))


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return str(value)
    text = value if isinstance(value, str) else canonical(value).decode()
    return text if len(text) <= 40 else f"{text[:40]}…"


def _displays(resource: str, ours: Json, theirs: Json) -> Iterator[Difference]:
    for name in ("tag", "security"):
        held = {(c.get("system"), c.get("code")): c.get("display") for c in theirs.get("meta", {}).get(name, [])}
        for label in ours.get("meta", {}).get(name, []):
            there = held.get((label.get("system"), label.get("code")), label.get("display"))
            if there != label.get("display"):
                yield Difference(resource, "display", f"meta.{name}", _shown(label.get("display")), _shown(there))


def summed(found: Iterable[Difference], shown: Collection[Kind] = get_args(Kind)) -> str:
    """Differences in words: how many of each kind, and the first of those of the kinds `shown`."""
    listed = list(found)
    told = [one for one in listed if one.kind in shown]
    kinds = Counter(one.kind for one in listed)
    counts = ", ".join(f"{kinds[kind]} {words}" for kind, words in _WORDS.items() if kinds[kind])
    examples = "; ".join(f"{one.resource}: {one}" for one in told[:MOST_SHOWN])
    if not told:
        return counts or "nothing differs"
    return f"{counts} ({examples}{'; …' if len(told) > MOST_SHOWN else ''})"
