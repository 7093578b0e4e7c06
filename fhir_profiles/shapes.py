"""Makes tests of the element tables: one Shape a type, which looks at a value from the top to its leaves.

Promises: a value that a Shape finds good has only known elements, each with its cardinality, type, binding and
reference target, nothing empty, and breaks no rule of its type; rules of a type run only where its structure holds,
so that a rule may rely on it. It runs on every resource before it is planned: mind its cost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from fhir_profiles.grammar import Test
from fhir_profiles.problem import Faults, Json, at

_ELEMENT = re.compile(r"([a-zA-Z]+)(\[x\])?([!*+]?):(\S+)")
_REFERENCE = re.compile(r"([A-Z][A-Za-z]+)/[A-Za-z0-9\-.]{1,64}")
_EMPTY: Faults = (("empty", "", "is empty: leave the element out"),)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a type: it is broken where `broken` says so; `element` is the place, `message` the reason."""

    name: str
    element: str
    message: str
    broken: Callable[[Json], object]


@dataclass(frozen=True, slots=True)
class Choice:
    """The elements of which one may stand (value[x]), and whether one must."""

    name: str
    members: frozenset[str]
    required: bool


class Shape:
    """What one type may hold; filled after it is made, because types hold each other."""

    def __init__(self, name: str, rules: Iterable[Rule]) -> None:
        self.name = name
        self.elements: dict[str, Test] = {}
        self.required: frozenset[str] = frozenset()
        self.choices: tuple[Choice, ...] = ()
        self.rules = tuple(rules)

    def __call__(self, value: object) -> Faults:
        """The faults of one object of this type."""
        if type(value) is not dict:
            return self._kept(value)
        faults: Faults = () if value else _EMPTY
        elements = self.elements
        for name, item in value.items():
            test = elements.get(name)
            if test is None:
                faults += (("element", str(name), f"is not an element of {self.name} that the bridge writes"),)
            elif found := test(item):
                faults += at(name, found)
        if not self.required <= value.keys():
            faults += self._missing(value)
        for choice in self.choices:
            faults += _choice(choice, value)
        return faults if faults or not self.rules else self._broken(value)

    def _kept(self, value: object) -> Faults:
        """The faults of what never changes (it has a memo), looked for once; anything else is no object."""
        memo = getattr(value, "memo", None)
        if memo is None or not isinstance(value, dict):
            return (("datatype", "", f"is not an object of type {self.name}"),)
        if self not in memo:
            memo[self] = self(dict(value))
        found: Faults = memo[self]
        return found

    def _missing(self, value: Json) -> Faults:
        return tuple(("cardinality", name, "must be there") for name in sorted(self.required - value.keys()))

    def _broken(self, value: Json) -> Faults:
        faults: Faults = ()
        for rule in self.rules:
            if rule.broken(value):
                faults += ((rule.name, rule.element, rule.message),)
        return faults


def _choice(choice: Choice, value: Json) -> Faults:
    stated = len(choice.members & value.keys())
    if stated > 1:
        return (("cardinality", f"{choice.name}[x]", "may be there once only"),)
    if choice.required and not stated:
        return (("cardinality", f"{choice.name}[x]", "must be there"),)
    return ()


def many(test: Test) -> Test:
    """The test of a list whose items each pass `test`."""

    def items(value: object) -> Faults:
        if type(value) is not list and type(value) is not tuple:
            return (("datatype", "", "is not a list"),)
        faults: Faults = () if value else _EMPTY
        for position, item in enumerate(value):
            if found := test(item):
                faults += at(f"[{position}]", found)
        return faults

    return items


def coded(name: str, value_set: str) -> Test:
    """The test of a code with a required binding to a value set, given as its codes."""
    codes = frozenset(value_set.split())
    fault: Faults = (("binding", "", f"is not a code of {name}"),)
    return lambda value: () if type(value) is str and value in codes else fault


@lru_cache(8192)
def _type_of(literal: str) -> str | None:
    match = _REFERENCE.fullmatch(literal)
    return match[1] if match else None


def reference(shape: Shape, targets: frozenset[str]) -> Test:
    """The test of a reference: relative Type/id or identifier-only, and to one of `targets` (none named: to any).

    `#` among the targets lets it lead to a contained resource; that there is one is a rule of the type that holds it.
    """
    may_be_contained, targets = "#" in targets, targets - {"#"}
    words = f"may refer to {', '.join(sorted(targets))} only" if targets else "must refer to a resource"
    wrong: Faults = (("reference-target", "", words),)

    def test(value: object) -> Faults:
        if found := shape(value):
            return found
        assert isinstance(value, dict)
        literal = value.get("reference")
        if literal is None and "identifier" not in value:
            return (("reference", "", "has neither a literal reference nor an identifier"),)
        if may_be_contained and type(literal) is str and literal.startswith("#"):
            return ()
        kind = _type_of(literal) if type(literal) is str else value.get("type", "")
        if kind is None:
            return (("reference", "reference", "is not a relative reference Type/id"),)
        return wrong if targets and kind and kind not in targets else ()

    return test


class Grammar:
    """Reads the tables of one version of FHIR and gives each type its Shape."""

    def __init__(
        self, primitives: Mapping[str, Test], rules: Mapping[str, tuple[Rule, ...]], value_sets: Mapping[str, str]
    ) -> None:
        self._primitives = primitives
        self._rules = rules
        self._value_sets = value_sets
        self.shapes: dict[str, Shape] = {}

    def define(self, types: Mapping[str, str]) -> None:
        """Add these types; they may name each other and every type defined before."""
        for name in types:
            self.shapes[name] = Shape(name, self._rules.get(name, ()))
        for name, line in types.items():
            self._fill(self.shapes[name], line)

    def _fill(self, shape: Shape, line: str) -> None:
        choices: list[Choice] = []
        required: set[str] = set()
        for token in f"{line} extension*:Extension".split():
            match = _ELEMENT.fullmatch(token)
            if match is None:
                raise ValueError(f"{shape.name}: cannot read {token!r}")
            name, choice, cardinality, kinds = match.groups()
            named = {f"{name}{_capital(kind)}" if choice else name: kind for kind in kinds.split("|")}
            for element, kind in named.items():
                test = self._test(kind)
                shape.elements[element] = many(test) if cardinality in ("*", "+") else test
            if choice:
                choices.append(Choice(name, frozenset(named), cardinality == "!"))
            elif cardinality in ("!", "+"):
                required.add(name)
        shape.required, shape.choices = frozenset(required), tuple(choices)

    def _test(self, kind: str) -> Test:
        name, brace, inside = kind.partition("{")
        inside = inside.removesuffix("}")
        if name == "Reference":
            return reference(self.shapes["Reference"], frozenset(filter(None, inside.split(","))))
        if name == "CodeableReference":
            return self._codeable(kind)
        if brace:
            return coded(inside, self._value_sets[inside])
        return self._primitives.get(name) or self.shapes[name]

    def _codeable(self, kind: str) -> Shape:
        """The shape of a concept or a reference to one of the types that `kind` names; one shape a kind."""
        if kind not in self.shapes:
            self.shapes[kind] = Shape("CodeableReference", self._rules.get("CodeableReference", ()))
            self._fill(self.shapes[kind], f"concept:CodeableConcept {kind.replace('Codeable', 'reference:', 1)}")
        return self.shapes[kind]


def _capital(kind: str) -> str:
    name = kind.partition("{")[0]
    return name[0].upper() + name[1:]
