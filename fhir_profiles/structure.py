"""A second opinion on structure: the classes of fhir.resources (R4B, R5), run in full on every new shape.

Promises: a body is read, never changed and never written by the library (it turns 18.00 into 18.0 and +00:00 into Z,
drops .000, and rounds long decimals through float); a problem holds no value of the resource.

R4 and R4B are the same, element for element, in the types that the bridge writes; there is no R4 package. Measured on
fhir.resources 8.3.0: 0.1 s to import, 0.2 ms a resource, 0.02 ms where the shape was seen. It finds unknown and missing
elements, a list for one value and the reverse, two of a choice, ids, dates without zone, unreadable decimals. It does
not find a code outside its binding, mad-1, per-1, a wrong reference target, a decimal as string or float, null, empty
lists, objects and strings, an id of 65 characters, control characters, script in a narrative, nor names of its own:
`fhir_comments`, `status__ext`, `resourceType` in any element. checks.py does.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from fhir_profiles.problem import Json, Problem
from fhir_profiles.versions import TABLES, Version

SHAPES = 4096
# A tag is no coded value: on a Provenance it is the key. Nor is the address of a document.
_OPAQUE = frozenset(("tag", "attachment"))
_CODED = frozenset("resourceType status intent severity code system use type role url durationUnit periodUnit".split())


class Structure:
    """Checks the structure of resources, each shape once; `always` checks every resource (for tests)."""

    def __init__(self, *, always: bool = False, shapes: int = SHAPES) -> None:
        self._always = always
        self._limit = shapes
        self._good: OrderedDict[int, None] = OrderedDict()

    def check(self, body: Json, version: Version = "R4") -> tuple[Problem, ...]:
        """What the library finds wrong by a version of FHIR; empty for a shape that was good before."""
        shape = hash((version, shape_of(body)))
        if not self._always and shape in self._good:
            self._good.move_to_end(shape)
            return ()
        problems = _problems(body, version)
        if not problems:
            self._remember(shape)
        return problems

    def _remember(self, shape: int) -> None:
        self._good[shape] = None
        if len(self._good) > self._limit:
            self._good.popitem(last=False)


def shape_of(value: Json, name: str = "") -> tuple[object, ...]:
    """Type, element names and coded values of a resource, hashable; what a list repeats counts once."""
    parts: list[object] = []
    for key, item in value.items():
        kind = type(item)
        if kind is str:
            parts.append(f"{key}={item}" if key in _CODED and name not in _OPAQUE else key)
        elif kind is dict:
            parts += (key, shape_of(item, key))
        elif kind is list:
            parts += (key, frozenset([_item_of(one, key) for one in item]))
        else:
            parts += (key, _kept(item, key) if hasattr(item, "memo") else kind)
    return tuple(parts)


def _kept(item: Any, name: str) -> int:
    """The shape of what never changes (it has a memo), as a number; a part of another shape."""
    place = ("shape", name)
    if place not in item.memo:
        item.memo[place] = hash(shape_of(dict(item), name))
    found: int = item.memo[place]
    return found


def _item_of(item: Any, name: str) -> object:
    kind = type(item)
    if kind is dict:
        return shape_of(item, name)
    if kind is str:
        return item if name in _CODED else kind
    return _kept(item, name) if hasattr(item, "memo") else kind


def library(version: Version = "R4") -> None:
    """Load the library's classes now: otherwise each is loaded for the first shape of its type."""
    class_of = _classes(version)
    for kind in TABLES[version].resources:
        class_of(kind)


def _classes(version: Version) -> Callable[[str], Any]:
    """What gives the class of a type; slow to import, and needed for new shapes only."""
    if version == "R5":
        from fhir.resources import get_fhir_model_class

        return get_fhir_model_class
    from fhir.resources.R4B import get_fhir_model_class as of_r4b

    return of_r4b


def _problems(body: Json, version: Version) -> tuple[Problem, ...]:
    from pydantic import ValidationError

    kind = body.get("resourceType")
    if not isinstance(kind, str) or kind not in TABLES[version].resources:
        return (Problem("structure", "resourceType", "is not a type that the bridge writes"),)
    try:
        _classes(version)(kind).model_validate(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return tuple(_problem(one["loc"], one["msg"]) for one in found)
    return ()


def _problem(place: tuple[int | str, ...], message: str) -> Problem:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return Problem("structure", path.removeprefix("."), message)
