"""What a FHIR server thinks of resources ($validate), and what it says that it can take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import ValidationError

from bridge.chart.capability import Departure, decided
from bridge.config import FhirDestination
from bridge.config.values import FhirVersion
from bridge.destinations.fhir_answers import parsed
from bridge.destinations.fhir_capabilities import capabilities_of
from bridge.destinations.http import Http
from bridge.errors import DestinationError, UsageError
from bridge.fhir_json import Json, canonical

_JSON = {"Content-Type": "application/fhir+json;charset=utf-8"}
_SEVERE = ("fatal", "error")


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that the server's validator says."""

    severity: str
    code: str
    element: str
    message: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the server says that it can do, which of the types it does not take, and what a chart there has instead."""

    software: str
    version: str
    transactions: bool
    client_ids: bool
    if_match: bool
    conditional: bool
    missing: tuple[str, ...]
    departures: tuple[Departure, ...] = ()


class Server:
    """A FHIR server that is asked and never written to."""

    def __init__(self, url: str, fhir: FhirVersion = "R4") -> None:
        self._fhir = fhir
        try:
            settings = FhirDestination.model_validate({"name": "server", "kind": "fhir", "url": url})
        except ValidationError as error:
            message = error.errors(include_url=False, include_input=False)[0]["msg"]
            raise UsageError(f"this address cannot be asked: {message}", where="--server") from None
        self._url = settings.url
        self._http = Http(settings.url, connections=1, timeout=settings.timeout_seconds)

    def opinion(self, types: set[str]) -> Opinion:
        """Whether it can take these types; raises DestinationError where it does not answer as that FHIR's server."""
        can = capabilities_of(self._asked("GET", "metadata"), self._fhir)
        missing = tuple(sorted(types - can.types))
        plan = decided(can.created, can.types, self._fhir)
        departures = tuple(one for one in plan.departures if one.type in types)
        return Opinion(
            can.software, can.version, can.transactions, can.client_ids, can.if_match, can.conditional, missing,
            departures,
        )  # fmt: skip

    def validate(self, body: Json) -> Iterator[Issue]:
        """What its $validate says of one resource, information left out."""
        kind = str(body.get("resourceType"))
        outcome = self._asked("POST", f"{kind}/$validate", canonical(body))
        for issue in outcome.get("issue") or ():
            if issue.get("severity") == "information":
                continue
            severity = "error" if issue.get("severity") in _SEVERE else "warning"
            place = ", ".join(issue.get("expression") or issue.get("location") or ())
            text = issue.get("diagnostics") or issue.get("details", {}).get("text", "")
            yield Issue(severity, str(issue.get("code", "")), place, str(text))

    def _asked(self, method: str, path: str, body: bytes | None = None) -> Json:
        reply = self._http.ask(method, path, body=body, headers=_JSON if body else {})
        answer = parsed(reply) if reply.is_json else {}
        if not answer.get("resourceType"):
            raise DestinationError(
                f"the server answers with status {reply.status} and no FHIR", where=self._url,
                remedy=f"name the base address of a FHIR {self._fhir} server",
            )  # fmt: skip
        return answer
