"""Questions to the server beside the bridge's own: what is there, what it does with a probe, what it lets go of.

Promises: no wait without an end (a server that is busy is left alone for as long as it asks, within the time of the
whole rehearsal); what is not there any more is said as such; searches are fresh unless asked otherwise.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bridge.destinations.fhir_answers import detail_of, found_in, parsed
from bridge.destinations.fhir_bundle import condition, is_marked
from bridge.destinations.http import Http, Reply
from bridge.errors import DestinationError
from bridge.fhir_json import Json, canonical
from bridge.rehearsal.step import TimeOver
from bridge.retry import retry_after

JSON = {"Content-Type": "application/fhir+json; charset=utf-8"}
FRESH = {"Cache-Control": "no-cache"}
BUSY = (429, 503)
TRIES = 4


class Patience:
    """The time that is left; waiting ends with it."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds, not below 0."""
        return max(0.0, self._until - time.monotonic())

    def check(self) -> None:
        """Raises TimeOver when nothing is left."""
        if not self.left:
            raise TimeOver("the time that a rehearsal may take is over")

    def sleep(self, seconds: float) -> None:
        """Wait; raises TimeOver at once where that would be longer than what is left."""
        if seconds >= self.left:
            raise TimeOver("the server asks for a longer rest than the time that is left")
        time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class There:
    """What stands under a reference: its content and version; `gone` where it was there once, or never."""

    body: Json | None
    version: str = ""
    gone: bool = False


class Asker:
    """Asks one server."""

    def __init__(self, http: Http, patience: Patience) -> None:
        self._http = http
        self.patience = patience

    @classmethod
    def after(cls, asker: Asker, patience: Patience) -> Asker:
        """The same questions with another patience."""
        return cls(asker._http, patience)

    def __call__(
        self, method: str, path: str, body: Json | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """One question and its answer, whatever it is; a busy server is asked again."""
        content = canonical(body) if body is not None else None
        sent = {**(JSON if content is not None else {}), **(headers or {})}
        for attempt in range(TRIES):
            self.patience.check()
            reply = self._http.ask(method, path, body=content, headers=sent)
            if reply.status not in BUSY:
                break
            if attempt < TRIES - 1:
                asked = retry_after(reply.headers.get("retry-after"), datetime.now(UTC))
                self.patience.sleep(max(1.0, asked or 0.0))
        return reply

    def read(self, reference: str) -> There:
        """What stands there now; raises DestinationError where that was not answered."""
        reply = self("GET", reference, headers=FRESH)
        if reply.status in (404, 410):
            return There(None, gone=True)
        body = parsed(reply)
        if reply.status != 200 or not body:
            what = f"{reference.partition('/')[0]} could not be read"
            raise DestinationError(what, code="destination-unreadable", where=detail_of(reply))
        return There(body, str((body.get("meta") or {}).get("versionId", "")))

    def search(self, kind: str, query: str, *, fresh: bool = True) -> list[Json]:
        """The first page of what a search finds; raises DestinationError where it was not answered."""
        reply = self("GET", f"{kind}?{query}", headers=FRESH if fresh else {})
        if reply.status != 200:
            raise DestinationError(
                f"a search for {kind} was not answered", code="destination-unreadable", where=detail_of(reply)
            )
        return found_in(parsed(reply))[0]

    def named(self, kind: str, identifier: tuple[str, str], *, fresh: bool = True) -> list[Json]:
        """What has an identifier of ours (a tag, on a Provenance), looked at again: a server may ignore the search."""
        found = self.search(kind, condition(kind, identifier), fresh=fresh)
        return [one for one in found if is_marked(one, identifier)]
