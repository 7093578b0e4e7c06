"""The profiles' rules as Python: run on every resource before it is planned, because servers do not check them.

Promises: `check` is total (any JSON object gives problems, never an exception) and pure; a resource without problems
may be sent to a server of that version of FHIR. It does not ask whether what is referred to exists. Must not know
courses, charts or servers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fhir_profiles.grammar import PRIMITIVES, Test
from fhir_profiles.narrative import xhtml
from fhir_profiles.problem import Fault, Json, Problem, at
from fhir_profiles.rules import RESOURCE_RULES
from fhir_profiles.shapes import Grammar, Shape
from fhir_profiles.versions import TABLES, Version

__all__ = ["TYPES", "TYPES_OF", "Problem", "Version", "check", "check_bundle", "compiled"]

_REFERENCE = {"Reference": "reference:string type:code identifier:Identifier display:string"}


def compiled(version: Version, primitives: Mapping[str, Test] = PRIMITIVES) -> dict[str, Shape]:
    """The shape of every type in a version of FHIR, those inside resources included."""
    tables = TABLES[version]
    rules = tables.rules | {name: (*RESOURCE_RULES, *tables.rules.get(name, ())) for name in tables.resources}
    grammar = Grammar({**primitives, "xhtml": xhtml}, rules, tables.value_sets)
    grammar.define(_REFERENCE | tables.datatypes | tables.contained)
    grammar.define({name: f"{tables.resource} {line}" for name, line in tables.resources.items()})
    return grammar.shapes


_SHAPES = {
    version: {name: shape for name, shape in compiled(version).items() if name in tables.resources}
    for version, tables in TABLES.items()
}
TYPES_OF = {version: frozenset(shapes) for version, shapes in _SHAPES.items()}
TYPES = TYPES_OF["R4"]


def check(body: Json, version: Version = "R4") -> tuple[Problem, ...]:
    """What is wrong with one resource as one of that version of FHIR; empty when every rule holds."""
    kind = body.get("resourceType")
    shape = _SHAPES[version].get(kind) if type(kind) is str else None
    if shape is None:
        return (Problem("type", "resourceType", "is not a type that the bridge writes"),)
    return tuple(Problem(*fault) for fault in shape(body))


def check_bundle(entries: Sequence[Json]) -> tuple[Problem, ...]:
    """What is wrong with the entries of one transaction among each other; the resources are checked one by one.

    HAPI drops the second of two identical conditional updates and Medplum creates two: identities must differ.
    """
    faults = [fault for n, entry in enumerate(entries) for fault in at(f"entry[{n}]", _entry(entry))]
    resources = [r if isinstance(r := entry.get("resource"), dict) else {} for entry in entries]
    ids = [f"{r.get('resourceType')}/{r.get('id')}" for r in resources]
    faults += _twice("itp-bdl-1", "resource", "has an identity that stood before", ids)
    faults += _twice("itp-bdl-1", "resource.identifier", "has a key that stood before", map(_key, resources))
    faults += _twice("bdl-7", "fullUrl", "stood before", (entry.get("fullUrl") for entry in entries))
    return tuple(Problem(*fault) for fault in faults)


def _entry(entry: Json) -> Iterable[Fault]:
    url = entry.get("fullUrl")
    if not isinstance(url, str) or not url:
        yield ("bdl-fullurl", "fullUrl", "must be there")
    elif "/_history/" in url:
        yield ("bdl-8", "fullUrl", "names a version")
    if not isinstance(entry.get("request"), dict):
        yield ("bdl-3", "request", "must be there")
    if not isinstance(entry.get("resource"), dict):
        yield ("bdl-resource", "resource", "must be there")


def _key(resource: Json) -> str | None:
    meta = resource.get("meta")
    named = resource.get("identifier"), meta.get("tag") if isinstance(meta, dict) else None
    for one in (each for some in named if isinstance(some, list) for each in some if isinstance(each, dict)):
        if str(one.get("system", "")).endswith("/sid/key"):
            return f"{one['system']}|{one.get('value', one.get('code'))}"
    return None


def _twice(rule: str, element: str, message: str, keys: Iterable[object]) -> list[Fault]:
    seen: set[object] = set()
    faults: list[Fault] = []
    for n, key in enumerate(keys):
        if key is not None and key in seen:
            faults.append((rule, f"entry[{n}].{element}", message))
        seen.add(key)
    return faults
