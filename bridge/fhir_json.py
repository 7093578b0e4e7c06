"""Exact FHIR JSON: a Decimal leaves with the digits it came with, and one content has one spelling.

Promises: canonical bytes are UTF-8, keys sorted, no spaces; a number is written from its Decimal (18.00 stays
18.00), never through float; what is read keeps its digits. `fhir.resources` is never used to write: it turns
a Decimal into a float.
"""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import Any, NoReturn

from bridge.errors import BridgeError

Json = dict[str, Any]


class Fixed(dict[str, Any]):
    """A part that many resources share and that never changes: what was found out about it is kept with it."""

    __slots__ = ("memo",)
    memo: dict[object, Any]

    def __reduce__(self) -> tuple[type[Json], tuple[Json]]:
        return dict, (dict(self),)

    def _never(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("what is shared between resources is never changed")

    __setitem__ = __delitem__ = __ior__ = update = pop = popitem = setdefault = clear = _never


def fixed(part: Json) -> Fixed:
    """The part as what may be shared: it cannot be changed any more, nor may be what is in it."""
    shared = Fixed(part)
    shared.memo = {}
    return shared


_escape = json.encoder.encode_basestring


class _Names(dict[str, str]):
    """How a key is spelled, with its colon; element names are few."""

    MOST = 4096

    def __missing__(self, name: str) -> str:
        spelled = f"{_escape(name)}:"
        if len(self) < self.MOST:
            self[name] = spelled
        return spelled


_names = _Names()


def canonical(value: Any) -> bytes:
    """The one spelling of a resource as bytes; raises TypeError on a float or any other foreign type."""
    return _spelled(value).encode()


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


def _spelled(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return _escape(value)
    if kind is dict:
        members = [
            _names[key] + (_escape(item) if type(item := value[key]) is str else _spelled(item))
            for key in sorted(value)
        ]
        return f"{{{','.join(members)}}}"
    if kind is list or kind is tuple:
        return f"[{','.join([_spelled(item) for item in value])}]"
    return _kept(value) if kind is Fixed else _plain(value)


def _kept(part: Fixed) -> str:
    found: str | None = part.memo.get("spelled")
    if found is None:
        found = part.memo["spelled"] = _spelled(dict(part))
    return found


def _plain(value: Any) -> str:
    kind = type(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is Decimal:
        return format(value, "f")
    if kind is int:
        return str(value)
    if value is None:
        return "null"
    raise TypeError(f"{kind.__name__} cannot be written exactly")
