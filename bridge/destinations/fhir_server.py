"""A FHIR server (R4, R5) as a destination: what it can do is read once, its answers are classified, nothing is assumed.

Promises of `protocol.py`, kept so: a write is a PUT to our id, or by our identifier where the server gives its own;
every search says `Cache-Control: no-cache` and what it finds is compared again (a server may ignore a parameter that
it does not know); patient identifiers travel in bodies, never in addresses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from urllib.parse import quote, urlencode

from bridge.clock import Clock, SystemClock
from bridge.config import FhirDestination
from bridge.config.values import FhirVersion
from bridge.destinations.fhir_answers import detail_of, found_in, parsed, stored_as, version_in
from bridge.destinations.fhir_bundle import condition, escaped, is_marked, relative
from bridge.destinations.fhir_capabilities import capabilities_of
from bridge.destinations.fhir_devices import matched_device, questions
from bridge.destinations.fhir_patients import matched, new_patient
from bridge.destinations.fhir_sending import Sending
from bridge.destinations.http import Http, Reply
from bridge.destinations.protocol import Answer, Capabilities, DeviceMatch, PatientMatch, PumpSought, Stored, Write
from bridge.errors import Bug, DestinationError, ParkedError
from bridge.fhir_json import Json
from bridge.retry import retry_after

_FRESH = {"Cache-Control": "no-cache"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded", **_FRESH}
_AT_ONCE = 50
TOGETHER = 8
"""So many courses may have to be looked at again after a crash, instead of one."""
_CODES = {
    401: "destination-unauthorized",
    403: "destination-forbidden",
    429: "destination-busy",
    503: "destination-busy",
}


class FhirServer:
    """One FHIR server at `url`, of the version `fhir`; `system` is that of our own keys in `identifier`."""

    def __init__(
        self, url: str, system: str, *, limit: int = 100, connections: int = 2, timeout: float = 60.0,
        token_file: Path | None = None, creates_patients: bool = False, clock: Clock | None = None,
        absolute: bool = False, fhir: FhirVersion = "R4",
    ) -> None:  # fmt: skip
        self._fhir = fhir
        self._absolute = absolute
        self.limit = limit
        self.patience = timeout
        self.append_only = False
        self._url = url.rstrip("/")
        self._system = system
        self._creates_patients = creates_patients
        self._clock = clock or SystemClock()
        self._http = Http(url, connections=connections, timeout=timeout, token_file=token_file)
        self._can: Capabilities | None = None

    @classmethod
    def of(cls, settings: FhirDestination, system: str, clock: Clock | None = None) -> FhirServer:
        """The server that a configuration describes."""
        return cls(
            settings.url, system, limit=settings.bundle_limit, connections=settings.connections,
            timeout=settings.timeout_seconds, token_file=settings.token_file,
            creates_patients=settings.patient == "create", clock=clock, absolute=settings.references == "absolute",
            fhir=settings.fhir_version,
        )  # fmt: skip

    @property
    def together(self) -> int:
        """Several courses, once it is known that every write can be looked at by our own id."""
        return TOGETHER if self._can is not None and self._can.client_ids and self._can.transactions else 1

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def capabilities(self) -> Capabilities:
        """Read from /metadata once; raises DestinationError where it cannot be reached or is of another version."""
        if self._can is None:
            self._can = capabilities_of(parsed(self._read("GET", "metadata")), self._fhir)
        return self._can

    # --- patients --------------------------------------------------------------------------------------------------

    def find_patient(self, system: str, value: str) -> PatientMatch:
        """The one active Patient with this identifier of this system, or why there is none."""
        asked = urlencode({"identifier": f"{escaped(system)}|{escaped(value)}"})
        found, whole = found_in(parsed(self._read("POST", "Patient/_search", asked.encode(), _FORM)))
        today = self._clock.now().date()
        return matched(found, system, value, today) if whole else PatientMatch("many")

    def create_patient(self, system: str, value: str) -> str:
        """Create a Patient (test servers only), repeatably, and answer its reference; raises DestinationError."""
        if not self._creates_patients:
            raise Bug("this destination may not create a Patient")
        id, body = new_patient(system, value)
        write = Write("Patient", id, body, None, (system, value), "create")
        answer = self._sending([write], {}).run()[0]
        if answer.status != "confirmed":
            raise DestinationError(
                "the Patient could not be created", code=f"patient-{answer.code}", where=answer.detail
            )
        return f"Patient/{answer.server_id or id}"

    # --- pumps of theirs -------------------------------------------------------------------------------------------

    def find_pump(self, pump: PumpSought) -> DeviceMatch:
        """The Device of theirs that is this pump, or why there is none; a second page means that nobody can tell."""
        asked = questions(pump, self.capabilities().device_searches)
        found: list[Json] = []
        for question in asked:
            form = urlencode({name: escaped(value) for name, value in question.items()}).encode()
            some, whole = found_in(parsed(self._read("POST", "Device/_search", form, _FORM)))
            if not whole:
                return DeviceMatch("many")
            found += some
        return matched_device(found, pump, self._system) if asked else DeviceMatch("unsearchable")

    # --- writing ---------------------------------------------------------------------------------------------------

    def send(
        self, writes: Sequence[Write], *, course: str, server_ids: Mapping[str, str] | None = None
    ) -> list[Answer]:
        """Write resources of one course, at most `limit` in one request; an answer for each, in the order given."""
        if len({(w.type, w.id) for w in writes}) < len(writes) or len({w.identifier for w in writes}) < len(writes):
            raise Bug("one identity twice in one send")
        if any(write.type == "Patient" for write in writes):
            raise Bug("a Patient is the hospital's")
        sending = self._sending(writes, server_ids or {})
        answers = sending.run()
        self.limit = min(self.limit, sending.most)  # so the next ones need not be halved
        return answers

    def _sending(self, writes: Sequence[Write], server_ids: Mapping[str, str]) -> Sending:
        can = self.capabilities()
        return Sending(
            self._http, self._url, can, self._clock, writes, server_ids, self.limit, self.patience,
            absolute=self._absolute,
        )  # fmt: skip

    # --- reading ---------------------------------------------------------------------------------------------------

    def look(self, type: str, id: str, identifier: tuple[str, str], course: str = "") -> Stored | None:
        """What is there now under our id, or under our identifier; raises ParkedError where that is several."""
        if self.capabilities().client_ids:
            return self._under(type, id)
        if type not in self.capabilities().found:
            raise ParkedError(
                f"no {type} of ours can be searched for there", code="no-repeatable-write", where=f"{type}/{id}",
                remedy="use a server that takes our ids, or one with a search by identifier",
            )  # fmt: skip
        found, _ = self._search(type, condition(type, identifier), identifier)
        if len(found) > 1:
            raise ParkedError(
                f"several {type} have one identifier of ours there", code="several-match", where=f"{type}/{id}",
                remedy="have the duplicates removed at the destination",
            )  # fmt: skip
        if not found:
            return None
        return Stored(version_in(found[0]), self._relative(found[0]), server_id=str(found[0].get("id", "")))

    def versions(self, ids: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """The present version of each (type, id of ours) that is there; absent ones are left out."""
        if not self.capabilities().client_ids:
            return self._one_by_one(sorted(set(ids)))
        versions: dict[tuple[str, str], str] = {}
        for kind, group in groupby(sorted(set(ids)), key=lambda one: one[0]):
            for some in _chunks([id for _, id in group], _AT_ONCE):
                versions |= self._versions(kind, some)
        return versions

    def _one_by_one(self, ids: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
        looks = ((one, self.look(*one, (self._system, one[1].rsplit("-", 1)[-1]))) for one in ids)
        return {one: stored.version for one, stored in looks if stored is not None and not stored.deleted}

    def _versions(self, kind: str, ids: list[str]) -> dict[tuple[str, str], str]:
        found, whole = self._search(kind, f"_id={','.join(map(quote, ids))}&_elements=meta&_count={len(ids)}")
        versions = {(kind, str(one.get("id"))): version_in(one) for one in found if one.get("id") in ids}
        missing = [] if whole else [(kind, id) for id in ids if (kind, id) not in versions]
        return versions | self._one_by_one(missing)

    def _search(self, kind: str, query: str, identifier: tuple[str, str] | None = None) -> tuple[list[Json], bool]:
        """The matches of a search that really have the identifier, and whether they all stood on the first page."""
        found, whole = found_in(parsed(self._read("GET", f"{kind}?{query}")))
        return [one for one in found if identifier is None or is_marked(one, identifier)], whole

    def _under(self, kind: str, id: str) -> Stored | None:
        reply = self._http.ask("GET", f"{kind}/{id}", headers=_FRESH)
        if reply.status == 404 and reply.is_json:
            return None
        if reply.status == 410:
            return Stored(stored_as(reply)[0], None, deleted=True, server_id=id)
        body = parsed(self._good(reply))
        return Stored(version_in(body) or stored_as(reply)[0], self._relative(body), server_id=id)

    def _relative(self, body: Json) -> Json:
        """A resource with references into this server as we write them, whatever the server makes of them."""
        return relative(body, (self._url, self.capabilities().base))

    def _read(self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] = _FRESH) -> Reply:
        return self._good(self._http.ask(method, path, body=body, headers=headers))

    def _good(self, reply: Reply) -> Reply:
        if reply.status == 200 and parsed(reply):
            return reply
        code = "redirect" if 300 <= reply.status < 400 else _CODES.get(reply.status, "destination-unreadable")
        how = "answered a question with what is no FHIR" if reply.status == 200 else "did not answer a question"
        error = DestinationError(f"the destination {how}", code=code, where=detail_of(reply))
        error.retry_after = retry_after(reply.headers.get("retry-after"), self._clock.now())
        raise error


def _chunks(items: list[str], size: int) -> Iterable[list[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))
