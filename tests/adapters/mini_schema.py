"""The keywords of JSON Schema 2020-12 that the published schema uses, and no others: raises KeyError on a new one."""

from __future__ import annotations

import re
from typing import Any

TYPES: dict[str, tuple[type, ...]] = {"object": (dict,), "array": (list,), "string": (str,), "boolean": (bool,)}
SILENT = {"$schema", "$id", "$comment", "title", "description", "$defs"}


def valid(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    """Whether a value fits a schema whose references lead into `root`."""
    return all(KEYWORDS[key](value, schema, root) for key in schema if key not in SILENT)


def _reference(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    return valid(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root)


def _type(value: Any, schema: dict[str, Any], _root: dict[str, Any]) -> bool:
    wanted = schema["type"]
    if wanted in ("integer", "number"):
        return isinstance(value, int if wanted == "integer" else (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[wanted])


def _properties(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    known = schema["properties"]
    return not isinstance(value, dict) or all(valid(value[key], known[key], root) for key in value if key in known)


def _closed(value: Any, schema: dict[str, Any], _root: dict[str, Any]) -> bool:
    return not isinstance(value, dict) or set(value) <= set(schema["properties"])


KEYWORDS: dict[str, Any] = {
    "$ref": _reference,
    "type": _type,
    "properties": _properties,
    "additionalProperties": _closed,
    "anyOf": lambda value, schema, root: any(valid(value, branch, root) for branch in schema["anyOf"]),
    "const": lambda value, schema, _: value == schema["const"],
    "enum": lambda value, schema, _: value in schema["enum"],
    "required": lambda value, schema, _: not isinstance(value, dict) or set(schema["required"]) <= set(value),
    "minProperties": lambda value, schema, _: not isinstance(value, dict) or len(value) >= schema["minProperties"],
    "items": lambda value, schema, root: (
        not isinstance(value, list) or all(valid(item, schema["items"], root) for item in value)
    ),
    "maxItems": lambda value, schema, _: not isinstance(value, list) or len(value) <= schema["maxItems"],
    "pattern": lambda value, schema, _: not isinstance(value, str) or bool(re.search(schema["pattern"], value)),
    "minLength": lambda value, schema, _: not isinstance(value, str) or len(value) >= schema["minLength"],
    "maxLength": lambda value, schema, _: not isinstance(value, str) or len(value) <= schema["maxLength"],
    "minimum": lambda value, schema, _: not isinstance(value, int | float) or value >= schema["minimum"],
    "maximum": lambda value, schema, _: not isinstance(value, int | float) or value <= schema["maximum"],
}
