"""Exact FHIR JSON: a Decimal leaves with the digits it came with, and one content has one spelling.

Promises: canonical bytes are UTF-8, keys sorted, no spaces; a number is written from its Decimal (18.00 stays
18.00), never through float; what is read keeps its digits. `fhir.resources` is never used to write: it turns
a Decimal into a float.
"""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import Any

from bridge.errors import BridgeError

Json = dict[str, Any]

_escape = json.encoder.encode_basestring


def canonical(value: Any) -> bytes:
    """The one spelling of a resource as bytes; raises TypeError on a float or any other foreign type."""
    out: list[str] = []
    _write(value, out.append)
    return "".join(out).encode()


def digest(content: bytes) -> str:
    """The SHA-256 of canonical bytes in hex: two resources are the same when this is."""
    return hashlib.sha256(content).hexdigest()


def read(content: bytes | str) -> Any:
    """JSON with exact decimals and duplicate keys refused; raises BridgeError code `json-unreadable`."""
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise BridgeError(f"not readable as JSON: {error}", code="json-unreadable") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _once(pairs: list[tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _write(value: Any, put: Any) -> None:
    kind = type(value)
    if kind is str:
        put(_escape(value))
    elif kind is dict:
        _write_object(value, put)
    elif kind is list or kind is tuple:
        _write_list(value, put)
    elif kind is bool:
        put("true" if value else "false")
    elif kind is Decimal:
        put(format(value, "f"))
    elif kind is int:
        put(str(value))
    elif value is None:
        put("null")
    else:
        raise TypeError(f"{kind.__name__} cannot be written exactly")


def _write_object(value: Json, put: Any) -> None:
    mark = "{"
    for key in sorted(value):
        put(f"{mark}{_escape(key)}:")
        _write(value[key], put)
        mark = ","
    put("}" if mark == "," else "{}")


def _write_list(value: list[Any] | tuple[Any, ...], put: Any) -> None:
    mark = "["
    for item in value:
        put(mark)
        _write(item, put)
        mark = ","
    put("]" if mark == "," else "[]")
