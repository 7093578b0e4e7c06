"""Writes sessions in the three encodings, and turns what was read back into a document: the mirror of the readers.

A document is the JSON session format as Python data: groups are dicts, lists are lists, a leaf is a str, an int or a
bool, or a dict with `value` (and unit, how, bound) or `unreadable`.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from adapters.session_xml import PLURALS
from bridge.interrogation import Field, Interrogation, Moment, Reading, fields_of
from bridge.quantity import Quantity

HEAD = {"format": "pumpbridge-session", "version": "1"}
SINGULARS = {plural: singular for singular, plural in PLURALS.items()}


def as_json(document: dict[str, Any]) -> bytes:
    return (json.dumps(HEAD | document, ensure_ascii=False, indent=2) + "\n").encode()


def as_csv(document: dict[str, Any], delimiter: str = ";", *, german: bool = False, newline: str = "\n") -> bytes:
    options = ["decimal=comma", "dates=dd.mm.yyyy"] if german else []
    rows = [[], *_sections(document, "", german)]
    stated = [row for row in rows if row]
    lines = [["pumpbridge-session", "1", *options], *rows, [], ["[end]", str(len(stated))]]
    return "".join(delimiter.join(_quoted(cell, delimiter) for cell in row) + newline for row in lines).encode()


def as_xml(document: dict[str, Any]) -> bytes:
    body = "".join(_elements(document, "  "))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<session-export version="1">\n{body}</session-export>\n'.encode()


def document_of(value: Any) -> Any:
    """The document of an interrogation or a group, with the units as they are kept."""
    stated: dict[str, Any] = {}
    for field in _fields(value):
        part = getattr(value, field.name)
        if isinstance(part, Reading):
            stated[field.name] = _leaf(part, field.name, field.leaf.kind if field.leaf else "")
        elif field.many and part:
            stated[field.name] = [document_of(item) for item in part]
        elif part is not None and not field.many and (group := document_of(part)):
            stated[field.name] = group
    return stated


def ordered(node: Any, group: Any = Interrogation) -> Any:
    """The same document with its fields in the order of the model, as the XML schema wants them."""
    fields = {field.name: field for field in fields_of(group) if field.name in node}
    result: dict[str, Any] = {}
    for name, field in fields.items():
        child = node[name]
        if field.group is None:
            result[name] = child
        else:
            below = field.group
            result[name] = [ordered(item, below) for item in child] if field.many else ordered(child, below)
    return result


def readings(value: Any) -> Iterator[Reading[Any]]:
    """Every reading of an interrogation."""
    for field in _fields(value):
        part = getattr(value, field.name)
        if isinstance(part, Reading):
            yield part
        else:
            for item in part if isinstance(part, tuple) else [part] if part is not None else []:
                yield from readings(item)


def bare(value: Any) -> Any:
    """The same interrogation without what differs from encoding to encoding: printed text and place."""
    changes: dict[str, Any] = {}
    for field in _fields(value):
        part = getattr(value, field.name)
        if isinstance(part, Reading):
            changes[field.name] = dataclasses.replace(part, text="", where="")
        elif isinstance(part, tuple):
            changes[field.name] = tuple(bare(item) for item in part)
        elif part is not None:
            changes[field.name] = bare(part)
    return dataclasses.replace(value, **changes)


def pretty(dumped: bytes) -> bytes:
    """What `dump` gives, as the expected.json of a case holds it."""
    return (json.dumps(json.loads(dumped), ensure_ascii=False, indent=2) + "\n").encode()


def covered(interrogation: Interrogation) -> set[str]:
    """The fields of the model that an interrogation states, as group.field."""
    return set(_covered(interrogation))


def _covered(value: Any) -> Iterator[str]:
    for field in _fields(value):
        part = getattr(value, field.name)
        if part not in (None, ()):
            yield f"{type(value).__name__}.{field.name}"
        if not isinstance(part, Reading):
            for item in part if isinstance(part, tuple) else [part] if part is not None else []:
                yield from _covered(item)


def _fields(value: Any) -> tuple[Field, ...]:
    group: Any = type(value)
    return fields_of(group)


def _leaf(reading: Reading[Any], name: str, kind: str) -> Any:
    how = {"how": reading.how} if reading.how else {}
    if reading.value is None:
        return {"unreadable": reading.text} | how
    if isinstance(reading.value, Quantity):
        bound = {"bound": reading.bound} if reading.bound else {}
        return {"value": f"{reading.value.value:f}", "unit": reading.value.unit} | how | bound
    plain = _plain(reading.value, kind)
    return {"value": plain} | how if how else plain


def _plain(value: Any, kind: str) -> Any:
    if kind == "time-of-day":
        return f"{value // 60:02}:{value % 60:02}"
    if isinstance(value, Moment):
        return _moment(value)
    return value.isoformat() if kind == "day" else value


def _moment(moment: Moment) -> str:
    timespec = {"second": "seconds", "minute": "minutes"}.get(moment.precision)
    if timespec is None:
        return moment.local.date().isoformat()
    text, offset = moment.local.isoformat(timespec=timespec), moment.offset_minutes
    if offset is None:
        return text
    return f"{text}{'-' if offset < 0 else '+'}{abs(offset) // 60:02}:{abs(offset) % 60:02}"


def _is_leaf(node: Any) -> bool:
    return not isinstance(node, dict | list) or (isinstance(node, dict) and ("value" in node or "unreadable" in node))


def _text(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _sections(group: dict[str, Any], path: str, german: bool) -> Iterator[list[str]]:
    rows = [_row(name, node, german) for name, node in group.items() if _is_leaf(node)]
    if rows and path:
        yield from ([], [f"[{path}]"])
    yield from rows
    for name, node in group.items():
        below = f"{path}/{name}" if path else name
        if isinstance(node, list):
            for number, item in enumerate(node, 1):
                yield from _sections(item, f"{below}/{number}", german)
        elif not _is_leaf(node):
            yield from _sections(node, below, german)


def _row(name: str, node: Any, german: bool) -> list[str]:
    leaf = node if isinstance(node, dict) else {"value": node}
    if "unreadable" in leaf:
        return [name, leaf["unreadable"], "", leaf.get("how", ""), "unreadable"]
    text = _text(leaf["value"])
    if german:
        text = text.replace(".", ",") if "unit" in leaf else _german_date(text)
    row = [name, text, leaf.get("unit", ""), leaf.get("how", ""), leaf.get("bound", "")]
    return row[: max(index for index, cell in enumerate(row) if cell or index == 1) + 1]


def _german_date(text: str) -> str:
    if len(text) >= 10 and text[4:5] == "-" and text[7:8] == "-":
        return f"{text[8:10]}.{text[5:7]}.{text[:4]}{text[10:].replace('T', ' ')}"
    return text


def _quoted(cell: str, delimiter: str) -> str:
    doubled = cell.replace('"', '""')
    return f'"{doubled}"' if any(mark in cell for mark in (delimiter, '"', "\n", "\r")) else cell


def _elements(group: dict[str, Any], indent: str) -> Iterator[str]:
    for name, node in group.items():
        if isinstance(node, list):
            for item in node:
                yield from _element(SINGULARS[name], item, indent)
        elif _is_leaf(node):
            yield f"{indent}{_leaf_element(name.replace('_', '-'), node)}\n"
        else:
            yield from _element(name.replace("_", "-"), node, indent)


def _element(tag: str, group: dict[str, Any], indent: str) -> Iterator[str]:
    yield f"{indent}<{tag}>\n"
    yield from _elements(group, indent + "  ")
    yield f"{indent}</{tag}>\n"


def _leaf_element(tag: str, node: Any) -> str:
    leaf = node if isinstance(node, dict) else {"value": node}
    marks = {key: leaf[key] for key in ("unit", "how", "bound") if key in leaf}
    if "unreadable" in leaf:
        marks["unreadable"] = leaf["unreadable"]
    attributes = "".join(f" {key}={quoteattr(mark)}" for key, mark in marks.items())
    return f"<{tag}{attributes}>{escape(_text(leaf['value']))}</{tag}>" if "value" in leaf else f"<{tag}{attributes}/>"
