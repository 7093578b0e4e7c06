"""Requests made of canonical bytes: a transaction Bundle, or one PUT; nothing is serialised again.

Where the server takes our ids, a body leaves byte for byte. Where it gives its own, our id leaves the body, the
request goes by our identifier (by our tag for Provenance, which has none in R4), and references to ids of ours become
the server's, or the `urn:uuid` of the entry in the same Bundle.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from bridge.destinations.protocol import Write

# In canonical JSON a quote inside a string is escaped, so this cannot stand inside a text.
_REFERENCE = re.compile(rb'"reference":"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})"')
_SPACE = uuid.UUID("5f1d9a6e-6a43-5c0e-9d0a-2f3c1b7a8e44")


@dataclass(frozen=True, slots=True)
class Request:
    """One PUT: its address relative to the base, its body, the version it must meet, and its name inside a Bundle."""

    url: str
    body: bytes
    if_match: str | None
    full_url: str


def references(body: bytes) -> frozenset[str]:
    """The literal references in a canonical body, Type/id."""
    return frozenset(f"{kind.decode()}/{id.decode()}" for kind, id in _REFERENCE.findall(body))


def condition(kind: str, identifier: tuple[str, str]) -> str:
    """The search that finds a resource of ours by its identifier (by its tag, for Provenance)."""
    system, value = identifier
    parameter = "_tag" if kind == "Provenance" else "identifier"
    return f"{parameter}={quote(escaped(system), safe='')}%7C{quote(escaped(value), safe='')}"


def escaped(value: str) -> str:
    """A value inside a search parameter, where `\\ | , $` have a meaning."""
    return re.sub(r"([\\|,$])", r"\\\1", value)


def by_our_ids(writes: Sequence[Write], base: str) -> list[Request]:
    """Requests to a server that takes our ids."""
    places = [f"{write.type}/{write.id}" for write in writes]
    return [Request(p, write.body, write.if_match, f"{base}/{p}") for p, write in zip(places, writes, strict=True)]


def by_identifiers(writes: Sequence[Write], known: Mapping[str, str]) -> list[Request]:
    """Requests to a server that gives its own ids; `known` maps ids of ours to ids of the server."""
    inside = {write.id: _urn(write) for write in writes if write.id not in known}

    def named(kind: str, id: str) -> str:
        return inside.get(id) or f"{kind}/{known.get(id, id)}"

    return [_foreign(write, known.get(write.id, ""), named) for write in writes]


def _foreign(write: Write, server_id: str, named: Callable[[str, str], str]) -> Request:
    linked = _REFERENCE.sub(
        lambda found: f'"reference":"{named(found[1].decode(), found[2].decode())}"'.encode(), write.body
    )
    ours = f'"id":"{write.id}",'.encode()
    theirs = f'"id":"{server_id}",'.encode() if server_id else b""
    url = f"{write.type}/{server_id}" if server_id else f"{write.type}?{condition(write.type, write.identifier)}"
    version = write.if_match if server_id else None
    return Request(url, linked.replace(ours, theirs, 1), version, _urn(write))


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
    asked = {"method": "PUT", "url": request.url}
    if request.if_match:
        asked["ifMatch"] = etag(request.if_match)
    head = f'{{"fullUrl":{json.dumps(request.full_url)},"resource":'.encode()
    return head + request.body + f',"request":{json.dumps(asked)}}}'.encode()
