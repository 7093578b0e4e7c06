"""Requests made of canonical bytes: a transaction Bundle, one PUT or one POST; nothing is serialised again.

Where the server takes our ids, a body leaves byte for byte. Where it gives its own, our id leaves the body, the
request goes by our identifier (by our tag for Provenance, which has none in R4), and references to ids of ours become
the server's, or the `urn:uuid` of the entry in the same Bundle. What the server has no id for is a conditional update,
or a create on the condition that nothing has our identifier. References are absolute where the site says so.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bridge.destinations.protocol import Write
from bridge.fhir_json import Json

# In canonical JSON a quote inside a string is escaped, so this cannot stand inside a text.
_REFERENCE = re.compile(rb'"reference":"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})"')
_SPACE = uuid.UUID("5f1d9a6e-6a43-5c0e-9d0a-2f3c1b7a8e44")


@dataclass(frozen=True, slots=True)
class Request:
    """One PUT or POST: its address relative to the base, its body, the version that it must meet, its name inside a
    Bundle, and the search that must find nothing.
    """

    url: str
    body: bytes
    if_match: str | None
    full_url: str
    method: str = "PUT"
    if_none_exist: str = ""


def references(body: bytes) -> frozenset[str]:
    """The literal references in a canonical body, Type/id."""
    return frozenset(f"{kind.decode()}/{id.decode()}" for kind, id in _REFERENCE.findall(body))


def condition(kind: str, identifier: tuple[str, str]) -> str:
    """The search that finds a resource of ours by its identifier (by its tag, for Provenance)."""
    system, value = identifier
    parameter = "_tag" if kind == "Provenance" else "identifier"
    return f"{parameter}={quote(escaped(system), safe='')}%7C{quote(escaped(value), safe='')}"


def is_marked(resource: Json, identifier: tuple[str, str]) -> bool:
    """Whether a resource really has this identifier (or tag): a server may ignore a parameter that it does not know."""
    named = [(one.get("system"), one.get("value")) for one in resource.get("identifier") or ()]
    tagged = [(one.get("system"), one.get("code")) for one in (resource.get("meta") or {}).get("tag") or ()]
    return identifier in named or identifier in tagged


def escaped(value: str) -> str:
    """A value inside a search parameter, where `\\ | , $` have a meaning."""
    return re.sub(r"([\\|,$])", r"\\\1", value)


def by_our_ids(writes: Sequence[Write], base: str, within: str = "") -> list[Request]:
    """Requests to a server that takes our ids; `within`: the base that references begin with, if any."""
    places = [f"{write.type}/{write.id}" for write in writes]
    bodies = [
        _linked(write.body, lambda kind, id: f"{within}{kind}/{id}") if within else write.body for write in writes
    ]
    sent = zip(places, bodies, writes, strict=True)
    return [Request(place, body, write.if_match, f"{base}/{place}") for place, body, write in sent]


def by_identifiers(
    writes: Sequence[Write], known: Mapping[str, str], *, updates: bool = True, within: str = ""
) -> list[Request]:
    """Requests to a server that gives its own ids; `known` maps ids of ours to ids of the server.

    `updates`: it has conditional update; otherwise what it has no id for is created, on a condition.
    """
    inside = {write.id: _urn(write) for write in writes if write.id not in known}

    def named(kind: str, id: str) -> str:
        return inside.get(id) or f"{within}{kind}/{known.get(id, id)}"

    return [_foreign(write, known.get(write.id, ""), named, updates) for write in writes]


def _foreign(write: Write, server_id: str, named: Callable[[str, str], str], updates: bool) -> Request:
    ours = f'"id":"{write.id}",'.encode()
    theirs = f'"id":"{server_id}",'.encode() if server_id else b""
    body = _linked(write.body, named).replace(ours, theirs, 1)
    if server_id:
        return Request(f"{write.type}/{server_id}", body, write.if_match, _urn(write))
    search = condition(write.type, write.identifier)
    if updates:
        return Request(f"{write.type}?{search}", body, None, _urn(write))
    return Request(write.type, body, None, _urn(write), "POST", search)


def _linked(body: bytes, named: Callable[[str, str], str]) -> bytes:
    """The body with every literal reference named anew."""
    return _REFERENCE.sub(lambda found: f'"reference":"{named(found[1].decode(), found[2].decode())}"'.encode(), body)


def _urn(write: Write) -> str:
    return uuid.uuid5(_SPACE, f"{write.type}/{write.id}").urn


def etag(version: str) -> str:
    """A version as If-Match wants it."""
    return f'W/"{version}"'


def transaction(requests: Iterable[Request]) -> bytes:
    """The bytes of a transaction Bundle."""
    entries = b",".join(map(_entry, requests))
    return b'{"resourceType":"Bundle","type":"transaction","entry":[' + entries + b"]}"


def _entry(request: Request) -> bytes:
    asked = {"method": request.method, "url": request.url}
    if request.if_none_exist:
        asked["ifNoneExist"] = request.if_none_exist
    if request.if_match:
        asked["ifMatch"] = etag(request.if_match)
    head = f'{{"fullUrl":{json.dumps(request.full_url)},"resource":'.encode()
    return head + request.body + f',"request":{json.dumps(asked)}}}'.encode()


def relative(resource: Json, bases: Sequence[str]) -> Json:
    """A resource whose references into the server at one of these addresses are relative to it."""
    begins = tuple(f"{base}/" for base in bases if base)
    found: Json = _without_base(resource, begins)
    return found


def _without_base(value: Any, begins: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [_without_base(item, begins) for item in value]
    if not isinstance(value, dict):
        return value
    found = {name: _without_base(item, begins) for name, item in value.items()}
    literal = found.get("reference")
    base = next((one for one in begins if isinstance(literal, str) and literal.startswith(one)), "")
    return {**found, "reference": literal.removeprefix(base)} if isinstance(literal, str) and base else found
