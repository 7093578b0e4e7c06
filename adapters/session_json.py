"""The session format in JSON: `{"format": "pumpbridge-session", "version": "1", ...}`; places are JSON Pointers.

Promises: a number keeps the digits of its source text; duplicate keys, NaN, exponents and deep nesting are refused;
a file that was cut anywhere is refused, since its outermost brace never closes. Must not know the model's fields.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from adapters.session import build
from adapters.session_facts import Facts
from adapters.session_tree import (
    FORMAT,
    FORMAT_VERSION,
    Cell,
    Group,
    Node,
    Series,
    decoded,
    head_of,
    lenient,
    refusal,
    safe_name,
    truncated,
)
from bridge.adapter import Hint
from bridge.errors import ExportError
from bridge.interrogation import Interrogation

MAX_DEPTH = 32
ROOT = "the root object"
ROOT_KEYS = ("format", "version")
VALUE_KEYS = frozenset({"value", "unit", "how", "bound"})
UNREADABLE_KEYS = frozenset({"unreadable", "how"})

_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+'
_HEAD = re.compile(r'[ \t\r\n]*\{[ \t\r\n]*"format"[ \t\r\n]*:[ \t\r\n]*"pumpbridge-session"')
_NESTING = re.compile(rf'{_STRING}(?:"|\Z)|[\[\]{{}}]', re.DOTALL)
_TOKEN = re.compile(rf'[ \t\r\n]*+(?:(?P<text>{_STRING}")|(?P<mark>[\[\]{{}}:,])|[-+.0-9A-Za-z]++)', re.DOTALL)


class SessionJson:
    """Reads the bridge's own session format in JSON."""

    name = "session_json"
    version = "1"
    media_type = "application/json"

    def recognises(self, content: bytes) -> bool:
        """Whether the first key says that it is a session of ours; also where the rest was cut off."""
        return _HEAD.match(head_of(content)) is not None

    def read(self, content: bytes) -> tuple[Interrogation, ...]:
        """The one interrogation of the file; raises ExportError with the JSON Pointer of what is wrong."""
        text = decoded(content)
        if _HEAD.match(text) is None:
            remedy = f'write "format": "{FORMAT}" as the first key'
            raise refusal("format-unknown", "this is not a session in JSON", ROOT, remedy)
        return (build(_root(_parsed(text))),)

    def hint(self, content: bytes) -> Hint | None:
        """Pump and session start as far as the text before any damage states them whole; never raises."""
        return _facts(lenient(content)).hint()


class _Digits(str):
    """A JSON number as the digits of its source text."""

    __slots__ = ()


class _Object(dict[str, Any]):
    """A JSON object that remembers a key that was given twice."""

    repeated: str | None = None


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    result = _Object()
    for key, value in pairs:
        if key in result:
            result.repeated = key
        result[key] = value
    return result


def _unparsed(text: str, error: json.JSONDecodeError) -> ExportError:
    """Why a text is no JSON: nested too deeply, cut before its end, or malformed."""
    depth = 0
    for match in _NESTING.finditer(text):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(match[0], 0)
        if depth > MAX_DEPTH:
            return _too_deep(_line(text, match.start()))
    if depth > 0:
        return truncated("the file ends before its last brace closes", _line(text, len(text)))
    where = f"line {error.lineno}, column {error.colno}"
    return refusal("json-malformed", f"this is not JSON: {error.msg}", where, "export the session again")


def _too_deep(where: str) -> ExportError:
    return refusal("json-too-deep", f"brackets are nested deeper than {MAX_DEPTH}", where, "export it again")


def _line(text: str, offset: int) -> str:
    lines = text.count("\n", 0, offset)
    return f"line {lines + 1}"


def _parsed(text: str) -> Any:
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_float=_Digits, parse_int=_Digits, parse_constant=_Digits
        )
    except RecursionError:
        fault = _too_deep(ROOT)
    except json.JSONDecodeError as error:
        fault = _unparsed(text, error)
    raise fault


def _root(root: _Object) -> Group:
    _refuse_repeated(root, ROOT)
    if type(root.get("version")) is not str or root["version"] != FORMAT_VERSION:
        remedy = f'write "version": "{FORMAT_VERSION}"'
        raise refusal("version-unsupported", "this version of the format is not read", "/version", remedy)
    stated = {key: value for key, value in root.items() if key not in ROOT_KEYS}
    return Group(_nodes(stated, ""), ROOT)


def _nodes(value: dict[str, Any], pointer: str) -> dict[str, Node]:
    return {key: _node(item, f"{pointer}/{safe_name(key)}") for key, item in value.items()}


def _node(value: Any, pointer: str) -> Node:
    if isinstance(value, dict | list) and pointer.count("/") >= MAX_DEPTH:
        raise _too_deep("/".join(pointer.split("/", 2)[:2]))
    if isinstance(value, _Object):
        _refuse_repeated(value, pointer)
        if "value" in value or "unreadable" in value:
            return _stated(value, pointer)
        return Group(_nodes(value, pointer), pointer)
    if isinstance(value, list):
        return Series(tuple(_node(item, f"{pointer}/{index}") for index, item in enumerate(value)), pointer)
    return _cell(value, pointer)


def _refuse_repeated(value: _Object, pointer: str) -> None:
    if value.repeated is not None:
        message = f"key {safe_name(value.repeated)!r} is given twice"
        raise refusal("field-repeated", message, pointer, "keep the one that is meant")


def _cell(value: Any, pointer: str) -> Cell:
    if value is None:
        return Cell("", pointer)
    if value is True or value is False:
        return Cell("true" if value else "false", pointer, form="boolean")
    if isinstance(value, _Digits):
        return Cell(str(value), pointer, form="number")
    if isinstance(value, str):
        return Cell(value, pointer, form="string")
    raise refusal("kind-wrong", "a value is not a text, a number, true or false", pointer, "write one value")


def _stated(value: _Object, pointer: str) -> Cell:
    known = VALUE_KEYS if "value" in value else UNREADABLE_KEYS
    foreign = set(value) - known
    if foreign:
        message = f"key {safe_name(min(foreign))!r} does not belong to a value"
        raise refusal("field-unknown", message, pointer, f"a value has only {', '.join(sorted(known))}")
    unit, how, bound = (_mark(value, key, pointer) for key in ("unit", "how", "bound"))
    if "value" in value:
        return replace(_cell(value["value"], pointer), unit=unit, how=how, bound=bound)
    return Cell(_mark(value, "unreadable", pointer) or "", pointer, how=how, readable=False)


def _mark(value: _Object, key: str, pointer: str) -> str | None:
    mark = value.get(key)
    if key in value and type(mark) is not str:
        raise refusal("kind-wrong", f"{key} is not a text", f"{pointer}/{key}", "write it in quotation marks")
    return mark


def _facts(text: str) -> Facts:
    """Walks the tokens up to the first that is none, and notes what root/pump and root/session state."""
    facts, path = Facts(), _Path()
    position = 0
    while (match := _TOKEN.match(text, position)) is not None:
        position = match.end()
        if not path.takes(match["mark"], match["text"], facts):
            break
    return facts


class _Path:
    """Where a walk along JSON tokens stands: the keys of the objects that are open, None for what has no key yet."""

    def __init__(self) -> None:
        self._keys: list[str | None] = []
        self._closers: list[str] = []

    def takes(self, mark: str | None, text: str | None, facts: Facts) -> bool:
        """Moves by one token; false where the text is no JSON from here on."""
        if mark in ("{", "["):
            return self._opens(mark, facts)
        if mark in ("}", "]"):
            return self._closes(mark)
        if mark == "," and self._keys:
            self._keys[-1] = None
        elif text is not None:
            return self._says(text, facts)
        return True

    def _opens(self, mark: str, facts: Facts) -> bool:
        if mark == "{" and len(self._keys) == 1 and self._keys[0]:
            facts.opens(self._keys[0])
        self._keys.append(None)
        self._closers.append("}" if mark == "{" else "]")
        return True

    def _closes(self, mark: str) -> bool:
        if not self._closers or self._closers.pop() != mark:
            return False
        self._keys.pop()
        return bool(self._keys)

    def _says(self, token: str, facts: Facts) -> bool:
        try:
            text = json.loads(token)
        except ValueError:
            return False
        if not self._keys:
            return False
        if self._closers[-1] == "}" and self._keys[-1] is None:
            self._keys[-1] = text
        else:
            self._note(text, facts)
        return True

    def _note(self, text: str, facts: Facts) -> None:
        keys = self._keys[:-1] if self._keys[-1] == "value" and len(self._keys) == 3 else self._keys
        if len(keys) == 2 and keys[0] and keys[1] and set(self._closers) == {"}"}:
            facts.states(keys[0], keys[1], text)


ADAPTER = SessionJson()
