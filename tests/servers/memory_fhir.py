"""A FHIR server's memory without its network: resources, versions, searches, conditional writes and Bundles.

Promises: numbers leave with the digits they came with; a write that changes nothing makes no version; a transaction
happens whole or not at all. Knows nothing of sockets and faults (faulty.py), and shares no code with the bridge, so
that both cannot be wrong in the same way. What tests did not need is missing: history, paging, most search parameters.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from tests.servers.capabilities import Capabilities, Resource, capability_statement, outcome
from tests.servers.digits_json import MARK, marked
from tests.servers.search_parameters import CONTROLS, PARAMETERS, satisfies


@dataclass(frozen=True)
class Ask:
    """One interaction, by HTTP or as an entry of a Bundle; `path` is relative to the base and has no query."""

    method: str
    path: str
    query: str = ""
    resource: Resource | None = None
    if_match: str | None = None
    if_none_exist: str | None = None
    full_url: str | None = None
    fresh: bool = False  # Cache-Control: no-cache

    @property
    def parts(self) -> list[str]:
        return [part for part in self.path.split("/") if part]


@dataclass(frozen=True)
class Answer:
    """What the server says to one Ask; `location` is relative to the base."""

    status: int
    resource: Resource | None = None
    version: int | None = None
    location: str | None = None


@dataclass(frozen=True)
class Version:
    """The current version of one resource; `resource` is None once it is deleted."""

    number: int
    resource: Resource | None
    when: str


class Refusal(Exception):
    """The interaction is refused with a status and words for the OperationOutcome."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


def content(resource: Resource | None) -> bytes:
    """Return what makes two versions the same: everything but the server's own meta, whatever the order of keys."""
    if resource is None:
        return b""
    meta = {k: v for k, v in resource.get("meta", {}).items() if k not in ("versionId", "lastUpdated", "source")}
    return json.dumps({**resource, "meta": meta}, sort_keys=True).encode()


@dataclass
class Memory:
    """Every resource of one server, and what may be done with them."""

    can: Capabilities = field(default_factory=Capabilities)
    base_url: str = ""
    current: dict[tuple[str, str], Version] = field(default_factory=dict)
    lock: Any = field(default_factory=threading.RLock)
    last_id: int = 1000
    searched: dict[tuple[str, str], Answer] = field(default_factory=dict)

    def perform(self, ask: Ask) -> Answer:
        """Carry out one interaction; raises Refusal."""
        parts = ask.parts
        if parts == ["metadata"] and ask.method == "GET":
            return Answer(200, capability_statement(self.can))
        if not parts and ask.method == "POST":
            return self.bundle(ask)
        self.check_type(ask)
        deed = self.deeds().get((ask.method, len(parts)))
        if deed is None or (len(parts) == 2 and ask.method == "POST" and parts[1] != "_search"):
            raise Refusal(405, f"{ask.method} is not supported here")
        return deed(ask)

    def deeds(self) -> dict[tuple[str, int], Callable[[Ask], Answer]]:
        return {
            ("GET", 1): self.search, ("POST", 2): self.search, ("GET", 2): self.read,
            ("POST", 1): self.write, ("PUT", 1): self.write, ("PUT", 2): self.write, ("DELETE", 2): self.delete,
        }  # fmt: skip

    def check_type(self, ask: Ask) -> None:
        kind = (ask.parts or [""])[0]
        if kind not in self.can.types:
            raise Refusal(404, f"resource type {kind!r} is not supported")
        writes = ask.method != "GET" and ask.parts[-1] != "_search"
        if writes and kind in self.can.read_only:
            raise Refusal(405, f"{kind} is read only")
        if writes and ask.method != "POST" and kind in self.can.create_only:
            raise Refusal(405, f"{kind} can be created only")

    # Reading

    def read(self, ask: Ask) -> Answer:
        """Answer one resource by id: 404 where it never was, 410 where it is deleted."""
        kind, id = ask.parts
        version = self.current.get((kind, id))
        if version is None:
            raise Refusal(404, f"{kind}/{id} is not known")
        if version.resource is None:
            raise Refusal(410, f"{kind}/{id} is deleted")
        return Answer(200, self.given(version), version.number if self.can.keeps_versions else None)

    def search(self, ask: Ask) -> Answer:
        """Answer a searchset; a parameter that is not known is refused, never ignored."""
        asked = ask.parts[0], ask.query
        if not (self.can.caches_searches and asked in self.searched and not ask.fresh):
            self.searched[asked] = self.searched_now(*asked)
        return self.searched[asked]

    def searched_now(self, kind: str, query: str) -> Answer:
        with self.lock:
            found = [self.given(self.current[kind, id]) for id in self.matches(kind, query)]
        bundle = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
        if ("_summary", "count") not in parse_qsl(query):
            bundle["entry"] = [
                {"fullUrl": f"{self.base_url}/{kind}/{r['id']}", "resource": r, "search": {"mode": "match"}}
                for r in found
            ]
        return Answer(200, bundle)

    def matches(self, kind: str, query: str) -> list[str]:
        """Return the ids of one type that satisfy a query."""
        wanted = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] not in CONTROLS]
        for name, _ in wanted:
            if name not in PARAMETERS or name not in self.can.searches:
                raise Refusal(400, f"search parameter {name!r} is not supported")
        with self.lock:
            of_kind = [(id, version.resource) for (type_, id), version in self.current.items() if type_ == kind]
        return [id for id, resource in of_kind if resource is not None and satisfies(resource, wanted)]

    # Writing: first find which resource is meant, then write it

    def write(self, ask: Ask) -> Answer:
        """Create or update one resource; the search and the insert are apart where the server is told to race."""
        self.check_references([check_body(ask)])
        if self.can.race_seconds and (ask.query or ask.if_none_exist):
            meant = self.meant(ask)
            time.sleep(self.can.race_seconds)
            return self.put(ask, *meant)
        with self.lock:
            return self.put(ask, *self.meant(ask))

    def meant(self, ask: Ask) -> tuple[str, bool]:
        """Return the id that a write goes to and whether it is one that the server gives."""
        if ask.method == "PUT" and len(ask.parts) == 2:
            return self.named(ask), False
        if ask.method == "PUT" and not self.can.conditional_update:
            raise Refusal(405, "conditional update is not supported")
        condition = ask.query if ask.method == "PUT" else self.can.conditional_create and ask.if_none_exist
        found = self.matches(ask.parts[0], condition) if condition else []
        if len(found) > 1:
            raise Refusal(412, "several resources match the condition")
        return (found[0], False) if found else (self.next_id(), True)

    def named(self, ask: Ask) -> str:
        kind, id = ask.parts
        if not self.can.update_create and (kind, id) not in self.current:
            raise Refusal(self.can.unknown_id_status, "clients may not choose an id here")
        if (ask.resource or {}).get("id") != id:
            raise Refusal(400, "the id of the resource is not that of the URL")
        return id

    def next_id(self) -> str:
        with self.lock:
            self.last_id += 1
            return str(self.last_id)

    def put(self, ask: Ask, id: str, is_new: bool) -> Answer:
        """Store a resource under an id, unless it is the same already or the client's version is stale."""
        assert ask.resource is not None
        key = ask.parts[0], id
        with self.lock:
            old = self.current.get(key)
            if ask.method == "POST" and not is_new and old is not None:
                return self.answer(200, key)
            self.check_version(ask, old)
            resource = self.kept({**ask.resource, "id": id})
            if old is None or content(old.resource) != content(resource):
                self.current[key] = Version(old.number + 1 if old else 1, resource, now())
            return self.answer(200 if old and old.resource else 201, key)

    def kept(self, resource: Resource) -> Resource:
        """What this server makes of a resource that it stores."""
        relative = [place["reference"] for place in references(resource) if "://" not in place["reference"]]
        if self.can.absolute_references and any(not one.startswith(("#", "urn:")) for one in relative):
            raise Refusal(422, f"{relative[0]} is not absolute")
        resource = resource if self.can.keeps_digits else floated(resource)
        return resource if self.can.keeps_order else reordered(resource)

    def answer(self, status: int, key: tuple[str, str]) -> Answer:
        version = self.current[key]
        place = f"{key[0]}/{key[1]}/_history/{version.number}"
        return Answer(status, shown(version), version.number, place)

    def check_version(self, ask: Ask, old: Version | None) -> None:
        if ask.if_match is None or old is None:
            return
        if ask.if_match.removeprefix("W/").strip('"') != str(old.number):
            raise Refusal(self.can.stale_status, f"the current version is {old.number}")

    def check_references(self, resources: list[Resource]) -> None:
        if not self.can.checks_references:
            return
        for reference in (place["reference"] for resource in resources for place in references(resource)):
            kind, _, id = reference.removeprefix(f"{self.base_url}/").partition("/")
            if kind in self.can.types and (kind, id) not in self.current:
                raise Refusal(400, f"{reference} is not known")

    def delete(self, ask: Ask) -> Answer:
        """Delete one resource; its id keeps a tombstone."""
        kind, id = ask.parts
        with self.lock:
            old = self.current.get((kind, id))
            self.check_version(ask, old)
            if old is not None and old.resource is not None:
                self.current[kind, id] = Version(old.number + 1, None, now())
        return Answer(204)

    # Bundles

    def bundle(self, ask: Ask) -> Answer:
        """Carry out a transaction or a batch."""
        bundle = ask.resource or {}
        asks = [entry_ask(entry) for entry in bundle.get("entry", [])]
        if self.can.most_entries is not None and len(asks) > self.can.most_entries:
            raise Refusal(self.can.too_many_status, f"a Bundle has at most {self.can.most_entries} entries here")
        if bundle.get("type") == "transaction" and self.can.transactions:
            return self.response_bundle("transaction-response", self.transaction(asks))
        if bundle.get("type") == "batch" and self.can.batches:
            return self.response_bundle("batch-response", [self.try_one(one) for one in asks])
        raise Refusal(405 if "type" in bundle else 400, f"Bundle of type {bundle.get('type')!r} is not supported")

    def response_bundle(self, kind: str, answers: list[Answer]) -> Answer:
        entries = [response_entry(self.told(answer)) for answer in answers]
        return Answer(200, {"resourceType": "Bundle", "type": kind, "entry": entries})

    def given(self, version: Version) -> Resource:
        """A resource as it is read: without a version where this server keeps none."""
        found = shown(version)
        hidden = () if self.can.keeps_versions else ("versionId",)
        return {**found, "meta": {name: value for name, value in found["meta"].items() if name not in hidden}}

    def told(self, answer: Answer) -> Answer:
        """An answer without what this server does not say."""
        says = self.can.says_versions and self.can.keeps_versions
        return answer if says else replace(answer, version=None, location=None, resource=None)

    def try_one(self, ask: Ask) -> Answer:
        try:
            return self.perform(ask)
        except Refusal as refusal:
            return Answer(refusal.status, outcome(refusal.status, str(refusal)))

    def transaction(self, asks: list[Ask]) -> list[Answer]:
        """Carry out all entries or none, in the order deletes, creates, updates, reads; answers keep the order sent."""
        with self.lock:
            before = dict(self.current)
            try:
                return self.all_of(asks)
            except Exception:
                self.current = before
                raise

    def all_of(self, asks: list[Ask]) -> list[Answer]:
        meant = {n: self.prepared(ask) for n, ask in enumerate(asks) if ask.method in ("POST", "PUT")}
        places = {n: f"{asks[n].parts[0]}/{id}" for n, (id, _) in meant.items()}
        if len(set(places.values())) < len(places):
            raise Refusal(400, "one resource is written twice in the transaction")
        names = {url: place for n, place in places.items() if (url := asks[n].full_url)}
        written = [resource for n in meant if (resource := asks[n].resource)]
        self.link(written, names)
        answers = {n: self.put(asks[n], *meant[n]) if n in meant else self.perform(asks[n]) for n in in_order(asks)}
        self.check_references(written)
        return [answers[n] for n in range(len(asks))]

    def prepared(self, ask: Ask) -> tuple[str, bool]:
        self.check_type(ask)
        check_body(ask)
        return self.meant(ask)

    def link(self, resources: list[Resource], names: dict[str, str]) -> None:
        """Replace references by fullUrl, and by a search, with the ids that are meant."""
        for place in (place for resource in resources for place in references(resource)):
            kind, is_search, query = place["reference"].partition("?")
            if is_search:
                found = self.matches(kind, query)
                if len(found) != 1:
                    raise Refusal(412 if found else 404, f"{len(found)} resources match a reference")
                place["reference"] = f"{kind}/{found[0]}"
            place["reference"] = names.get(place["reference"], place["reference"])


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def shown(version: Version) -> Resource:
    """Return a resource as the server gives it: as sent, with the version and its time in meta."""
    resource = version.resource or {}
    meta = {**resource.get("meta", {}), "versionId": str(version.number), "lastUpdated": version.when}
    return {**resource, "meta": meta}


def floated(value: Any) -> Any:
    """A value whose numbers went through a float."""
    if isinstance(value, dict):
        return {name: floated(item) for name, item in value.items()}
    if isinstance(value, list):
        return [floated(item) for item in value]
    digits = value.strip(MARK) if isinstance(value, str) and value.startswith(MARK) else ""
    return marked(repr(float(digits))) if "." in digits else value


def reordered(value: Any) -> Any:
    """A value whose lists of objects stand the other way round."""
    if isinstance(value, dict):
        return {name: reordered(item) for name, item in value.items()}
    if isinstance(value, list):
        turned = [reordered(item) for item in value]
        return turned[::-1] if all(isinstance(item, dict) for item in value) else turned
    return value


def check_body(ask: Ask) -> Resource:
    if ask.resource is None or ask.resource.get("resourceType") != ask.parts[0]:
        raise Refusal(400, f"the body is not a {ask.parts[0]}")
    return ask.resource


def references(value: Any) -> Iterator[dict[str, str]]:
    """Yield every object of a resource that has a literal reference."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from references(item)


def entry_ask(entry: Resource) -> Ask:
    """Return what one entry of a Bundle asks for."""
    request = entry.get("request", {})
    path, _, query = request.get("url", "").partition("?")
    conditions = request.get("ifMatch"), request.get("ifNoneExist")
    return Ask(request.get("method", ""), path, query, entry.get("resource"), *conditions, entry.get("fullUrl"))


def in_order(asks: list[Ask]) -> list[int]:
    order = {"DELETE": 0, "POST": 1, "PUT": 2}
    return sorted(range(len(asks)), key=lambda n: order.get(asks[n].method, 3))


def response_entry(answer: Answer) -> Resource:
    response: Resource = {"status": f"{answer.status} {HTTPStatus(answer.status).phrase}"}
    if answer.version is not None:
        response["etag"] = f'W/"{answer.version}"'
    if answer.location is not None:
        response["location"] = answer.location
        return {"response": response}
    if answer.status >= 400:
        return {"response": {**response, "outcome": answer.resource}}
    return {"resource": answer.resource, "response": response} if answer.resource else {"response": response}
