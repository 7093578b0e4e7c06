"""The JSON Schema (2020-12) of the session format, read off the model: `python -m adapters.session_schema`.

It is published as docs/reference/session.schema.json. The reader is stricter where a schema cannot be (units by
dimension, days that no calendar has, steps that cover 24 hours) and never laxer but for blanks round a value.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any, TypeAlias

from adapters.session import IDENTITY
from adapters.session_json import ROOT_KEYS
from adapters.session_tree import FORMAT, FORMAT_VERSION, MAX_ITEMS, MAX_TEXT
from adapters.session_values import BOUNDS, HOWS
from bridge.interrogation import Field, Interrogation, Leaf, Pump, Session, State, fields_of

Schema: TypeAlias = dict[str, Any]

REQUIRED: dict[type[Any], tuple[str, ...]] = {
    Interrogation: (*ROOT_KEYS, "session", "pump"),
    Session: ("start",),
    Pump: IDENTITY,
    State: ("tag",),
}
MOMENT = "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?)?$"
DIGITS = "^[+]?[0-9]{1,15}([.][0-9]{1,15})?$"
TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}
KINDS: dict[str, Schema] = {
    "text": TEXT,
    "moment": {"type": "string", "pattern": MOMENT},
    "day": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
    "time-of-day": {"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}$"},
    "integer": {"type": "integer", "minimum": 0, "maximum": 999_999_999},
    "boolean": {"type": "boolean"},
}


def schema() -> Schema:
    """The whole schema; its definitions are the kinds of values, then the groups as the model first needs them."""
    definitions = {"how": {"enum": list(HOWS)}, "unreadable": _unreadable()}
    definitions |= {kind: _stated(value) for kind, value in KINDS.items()} | {"quantity": _quantity()}
    root = _group(Interrogation, definitions)
    head = {"format": {"const": FORMAT}, "version": {"const": FORMAT_VERSION}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://pumpbridge.invalid/session/1",
        "$comment": 'The layout is ours: no manufacturer exports it. "format" is the first key of a file.',
        "title": "pumpbridge session, version 1",
        **root,
        "properties": head | root["properties"],
        "$defs": definitions,
    }


def text() -> str:
    """The schema as it is published."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _unreadable() -> Schema:
    return {
        "description": "the printed text, where it cannot be read for sure: neither absent nor zero",
        **_closed({"unreadable": TEXT, "how": _ref("how")}),
        "required": ["unreadable"],
    }


def _closed(properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _group(group: Any, definitions: dict[str, Schema]) -> Schema:
    fields = {field.name: _field(field, definitions) for field in fields_of(group)}
    required = {"required": list(REQUIRED[group])} if group in REQUIRED else {"minProperties": 1}
    return {"description": group.__doc__.splitlines()[0], **_closed(fields), **required}


def _field(field: Field, definitions: dict[str, Schema]) -> Schema:
    if field.leaf is not None:
        return _leaf(field.leaf)
    if field.group is None:
        raise TypeError(f"the model gives neither leaf nor group for {field.name}")
    name = re.sub(r"(?<!^)(?=[A-Z])", "-", field.group.__name__).lower()
    if name not in definitions:
        definitions[name] = {}
        definitions[name] |= _group(field.group, definitions)
    return {"type": "array", "maxItems": MAX_ITEMS, "items": _ref(name)} if field.many else _ref(name)


def _leaf(leaf: Leaf) -> Schema:
    if leaf.kind == "code":
        return {"description": leaf.meaning, **_stated({"enum": list(leaf.codes)})}
    unit = f" (a unit of {' or '.join(leaf.dimensions)})" if leaf.dimensions else ""
    return {"description": leaf.meaning + unit, **_ref(leaf.kind)}


def _stated(value: Schema) -> Schema:
    marked = {**_closed({"value": value, "how": _ref("how")}), "required": ["value"]}
    return {"anyOf": [value, marked, _ref("unreadable")]}


def _quantity() -> Schema:
    number = {"anyOf": [{"type": "string", "pattern": DIGITS}, {"type": "number", "minimum": 0}]}
    marks = {"how": _ref("how"), "bound": {"enum": list(BOUNDS)}}
    stated = {**_closed({"value": number, "unit": TEXT, **marks}), "required": ["value", "unit"]}
    return {"anyOf": [stated, _ref("unreadable")]}


if __name__ == "__main__":
    sys.stdout.write(text())
