"""A gateway on 127.0.0.1 before a real FHIR server: it passes on what it gets, and can fail as the faulty server does.

    with running_gateway(server.base_url, own_ids=True) as gateway:
        gateway.fail(lost_answer(), method="PUT", at=2)
        ...                                     # the real server carried the second PUT out, and nobody was told

What it may change: what the server says that it can do, and what it then refuses accordingly. Everything else is the
real server's own answer.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.servers.capabilities import Capabilities
from tests.servers.faulty import FHIR_JSON, FaultyServer, Reply, Seen, refusal_reply

PASSED_ON = ("content-type", "accept", "if-match", "if-none-exist", "prefer", "cache-control")
TOLD = ("Content-Type", "ETag", "Location", "Content-Location", "Last-Modified", "Retry-After")


class Gateway(FaultyServer):
    """A running gateway. `own_ids`: the server gives its own; `lacks`: the types that it does not take."""

    def __init__(self, url: str, *, own_ids: bool, lacks: tuple[str, ...]) -> None:
        self.url, self.own_ids, self.lacks = url.rstrip("/"), own_ids, lacks
        super().__init__(Capabilities())

    def work(self, seen: Seen) -> Reply:
        """Pass a request on, or refuse what the server is said not to do."""
        kind, _, id = seen.path.lstrip("/").partition("?")[0].partition("/")
        if kind in self.lacks:
            return refusal_reply(404, f"resource type {kind} is not supported")
        if seen.method == "PUT" and id and self.own_ids and self.passed("GET", f"/{kind}/{id}", {}).status != 200:
            return refusal_reply(405, "clients may not choose an id here")
        headers = {name: value for name, value in seen.headers.items() if name in PASSED_ON}
        reply = self.passed(seen.method, seen.path, headers, seen.body)
        return Reply(reply.status, self.stated(reply.body), reply.headers) if kind == "metadata" else reply

    def passed(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> Reply:
        request = urllib.request.Request(f"{self.url}{path.rstrip('/')}", body or None, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Reply(answer.status, answer.read(), told(answer.headers))
        except urllib.error.HTTPError as refused:
            with refused:
                return Reply(refused.code, refused.read(), told(refused.headers))

    def stated(self, body: bytes) -> bytes:
        """The server's CapabilityStatement with what is to be said otherwise."""
        statement: dict[str, Any] = json.loads(body)
        rest = statement["rest"][0]
        resources = [one for one in rest["resource"] if one["type"] not in self.lacks]
        for one in resources if self.own_ids else ():
            one["updateCreate"] = False
        rest["resource"] = resources
        return json.dumps(statement).encode()


def told(headers: Any) -> dict[str, str]:
    found = {name: headers[name] for name in TOLD if headers[name]}
    return {"Content-Type": FHIR_JSON, **found}


@contextmanager
def running_gateway(url: str, *, own_ids: bool = False, lacks: tuple[str, ...] = ()) -> Iterator[Gateway]:
    """Yield a gateway before the server at `url`, and stop it."""
    gateway = Gateway(url, own_ids=own_ids, lacks=lacks)
    try:
        yield gateway
    finally:
        gateway.stop()
