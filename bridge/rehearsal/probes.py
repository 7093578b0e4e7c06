"""Probes: small Observations of the rehearsal's own, to learn what this server does with what others do otherwise.

What a probe finds is a fact, and no verdict, unless the bridge rests on it there: then it is needed. Promises: every
probe says that it is test data, has an identifier in the rehearsal's namespace (so that it is found and taken away even
where its answer was lost), and waits no longer than some seconds for a search to see it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from threading import Thread
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from bridge.destinations.fhir_answers import detail_of, entry_answers, stored_as
from bridge.destinations.fhir_bundle import condition, etag
from bridge.destinations.http import Reply
from bridge.destinations.protocol import Capabilities
from bridge.errors import DestinationError
from bridge.fhir_json import Json
from bridge.rehearsal.asking import Asker
from bridge.rehearsal.stage import Stage
from bridge.rehearsal.step import Question, Seen, Steps
from bridge.terms.table import coding

PROBES = (
    Question("probe", "ids", "It takes an id that we choose"),
    Question("probe", "decimals", "What becomes of 18.00 and other decimals"),
    Question("probe", "stale-version", "A write over a version that is not there any more"),
    Question("probe", "at-once", "Two writes of one resource at the same time"),
    Question("probe", "left-out-labels", "Tags and security labels that a later write leaves out"),
    Question("probe", "cached-search", "A search before and after what it looks for is created"),
    Question("probe", "conditional-create", "The same conditional create twice"),
    Question("probe", "conditional-update", "The same conditional update twice"),
    Question("probe", "several-matches", "A conditional update that matches two"),
    Question("probe", "transaction", "Two resources that refer to each other in one transaction"),
    Question("probe", "half-transaction", "A transaction of which one entry is impossible"),
    Question("probe", "missing-reference", "A reference to what is not there"),
    Question("probe", "references", "References as Type/id, and with the whole address"),
)
KIND = "Observation"
DECIMALS = ("18.00", "0.10", "240.0", "0.000", "12345.67891")
STORED = (200, 201)
STALE = (409, 412)
LOOKS = 20
PAUSE = 0.5
UCUM = "http://unitsofmeasure.org"


class Refused(DestinationError):
    """A probe was not taken."""

    default_code = "probe-refused"


@dataclass(frozen=True, slots=True)
class Made:
    """A probe that is there: where, and of which version."""

    reference: str
    version: str
    body: Json


class Probes:
    """Probes at one server."""

    def __init__(self, stage: Stage, asker: Asker, steps: Steps, can: Capabilities, patient: str) -> None:
        self.stage, self.asker, self.steps, self.can, self.patient = stage, asker, steps, can, patient
        self.system = f"{stage.namespace}/sid/probe"
        absolute = stage.target.settings.references == "absolute"
        self.within = f"{self._base}/" if absolute else ""
        self.names: dict[str, None] = {}  # of every probe that may be there
        self.places: dict[str, str] = {}  # where the server said that it stored one, and its name

    def take(self) -> None:
        """Every probe; each stands for itself."""
        acts: dict[str, Callable[[], Seen]] = {
            "ids": self._ids, "decimals": self._decimals, "stale-version": self._stale, "at-once": self._at_once,
            "left-out-labels": self._labels, "cached-search": self._cached,
            "conditional-create": self._conditional_create, "conditional-update": self._conditional_update,
            "several-matches": self._several, "transaction": self._transaction, "half-transaction": self._half,
            "missing-reference": self._missing, "references": self._references,
        }  # fmt: skip
        for question in PROBES:
            if KIND in self.can.types:
                self.steps.take(question, acts[question.name])
            else:
                self.steps.take(question, lambda: Seen("not supported", f"it does not take an {KIND}"))

    # --- what probes are made of -----------------------------------------------------------------------------------

    def body(self, name: str, value: str = "18.00", **more: Any) -> Json:
        """A probe: simulated, named in the rehearsal's namespace, of its patient where there is one."""
        subject = {"subject": {"reference": f"{self.within}{self.patient}"}} if self.patient else {}
        self.names[name] = None
        return {
            "resourceType": KIND, "id": self.id_of(name), "meta": simulated(),
            "identifier": [{"system": self.system, "value": name}], "status": "final",
            "code": {"text": "Probe of a pumpbridge rehearsal, simulated"}, **subject,
            "effectiveDateTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "valueQuantity": quantity(value), **more,
        }  # fmt: skip

    def id_of(self, name: str) -> str:
        """The id of a probe, where the server takes ours."""
        return f"rh{self.stage.token}-{name}"

    def make(self, name: str, **more: Any) -> Made:
        """A probe that is there; raises Refused."""
        body = self.body(name, **more)
        reply = self.first(body)
        if reply.status not in STORED:
            raise Refused("the server did not take a probe", where=detail_of(reply))
        version, id = stored_as(reply)
        id = body["id"] if self.can.client_ids else id or self._found(name)
        reference = f"{KIND}/{id}"
        return Made(reference, version or self.asker.read(reference).version, body)

    def _found(self, name: str) -> str:
        """The id of a probe whose answer did not say where it was stored; raises Refused."""
        for one in self.there(name):
            return str(one["id"])
        raise Refused("a probe was stored, and is found by no search")

    def first(self, body: Json) -> Reply:
        """Create a probe: under our id, or under one that the server gives."""
        if self.can.client_ids:
            return self._sent("PUT", f"{KIND}/{body['id']}", body)
        return self._sent("POST", KIND, body)

    def _sent(self, method: str, path: str, body: Json, headers: Mapping[str, str] | None = None) -> Reply:
        """Create a probe, without an id where the request names none; where it was stored is noted."""
        named = path.startswith(f"{KIND}/")
        kept = body if named else {name: item for name, item in body.items() if name != "id"}
        reply = self.asker(method, path, kept, headers)
        if reply.status == 201:
            self._note(stored_as(reply)[1], body)
        return reply

    def _note(self, id: str, body: Json) -> None:
        if id:
            self.places[f"{KIND}/{id}"] = body["identifier"][-1]["value"]

    def change(self, made: Made, headers: Mapping[str, str] | None = None, **more: Any) -> Reply:
        """Write a probe again."""
        id = made.reference.partition("/")[2]
        return self.asker("PUT", made.reference, {**made.body, "id": id, **more}, headers)

    def there(self, name: str) -> list[Json]:
        """The probes of a name that a fresh search finds, waited for as long as there is none."""
        found: list[Json] = []
        for _ in range(LOOKS):
            found = self.asker.named(KIND, (self.system, name))
            if found:
                break
            self.asker.patience.sleep(PAUSE)
        return found

    # --- writes ----------------------------------------------------------------------------------------------------

    def _ids(self) -> Seen:
        if not self.can.client_ids:
            return Seen("not supported", "it says that it gives ids of its own (updateCreate false)")
        reply = self.first(self.body("ids"))
        taken = reply.status in STORED and self.asker.read(f"{KIND}/{self.id_of('ids')}").body is not None
        words = "it is there under our id" if taken else "it is not there under our id"
        return Seen("passed" if taken else "failed", f"{detail_of(reply)}: {words}", needed=True)

    def _decimals(self) -> Seen:
        rows = [{"code": {"text": value}, "valueQuantity": quantity(value)} for value in DECIMALS]
        made = self.make("decimals", component=rows)
        back = (self.asker.read(made.reference).body or {}).get("component", [])
        got = {row["code"]["text"]: str(row["valueQuantity"]["value"]) for row in back}
        other = [f"{one} came back as {got[one]}" for one in DECIMALS if got[one] != one]
        if any(Decimal(one) != Decimal(got[one]) for one in DECIMALS):
            return Seen("failed", f"values changed: {', '.join(other)}", needed=True)
        return Seen("failed" if other else "passed", ", ".join(other) or f"kept: {', '.join(DECIMALS)}")

    def _stale(self) -> Seen:
        made = self.make("stale")
        if not made.version:
            return Seen("not supported", "it gives no versions")
        old = {"If-Match": etag(made.version)}
        right = self.change(made, old, valueQuantity=quantity("18.01"))
        if right.status not in STORED:
            return Seen("failed", f"the present version was refused: {detail_of(right)}", needed=self.can.if_match)
        stale = self.change(made, old, valueQuantity=quantity("18.02"))
        said = f"the present version {right.status}, a stale one {detail_of(stale)}"
        if stale.status in STALE:
            return Seen("passed", said, needed=self.can.if_match)
        return Seen("failed", f"{said}: somebody else's change would be overwritten", needed=self.can.if_match)

    def _at_once(self) -> Seen:
        made = self.make("at-once")
        replies = self._both(made, {"If-Match": etag(made.version)} if made.version else {})
        now = self.asker.read(made.reference)
        after = self.change(
            made, {"If-Match": etag(now.version)} if now.version else {}, valueQuantity=quantity("18.9")
        )
        said = " and ".join(str(reply.status) for reply in replies)
        stored = sum(reply.status in STORED for reply in replies)
        words = {0: "neither is stored", 1: "one is stored", 2: "both are stored, one over the other"}[stored]
        if after.status not in STORED:
            return Seen("failed", f"{said}: {words}; it cannot be changed afterwards: {detail_of(after)}")
        return Seen("noted", f"{said}: {words}; it can be changed afterwards")

    def _both(self, made: Made, headers: Mapping[str, str]) -> list[Reply]:
        """Two writes at the same time; raises what one of them met."""
        replies: list[Reply] = []
        met: list[Exception] = []

        def write(value: str) -> None:
            try:
                replies.append(self.change(made, headers, valueQuantity=quantity(value)))
            except Exception as error:
                met.append(error)

        threads = [Thread(target=write, args=(value,), daemon=True) for value in ("18.1", "18.2")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if met:
            raise met[0]
        return replies

    def _labels(self) -> Seen:
        tags, labels = ([{"system": f"{self.stage.namespace}/{kind}", "code": code} for code in ("one", "two")]
                        for kind in ("tag", "label"))  # fmt: skip
        made = self.make("labels", meta=simulated(*labels, tags=tags))
        reply = self.change(made, meta=simulated(labels[1], tags=tags[1:]))
        if reply.status not in STORED:
            return Seen("cannot tell", f"a write without a label was refused: {detail_of(reply)}")
        meta = (self.asker.read(made.reference).body or {}).get("meta", {})
        tag = "stays" if "one" in {one.get("code") for one in meta.get("tag", ())} else "is taken away"
        label = "stays" if "one" in {one.get("code") for one in meta.get("security", ())} else "is taken away"
        return Seen("noted", f"a tag that is left out {tag}, a security label {label}")

    # --- searches and conditions -----------------------------------------------------------------------------------

    def _cached(self) -> Seen:
        name = "cached"
        before = self.asker.named(KIND, (self.system, name), fresh=False)
        self.make(name)
        plain = self.asker.named(KIND, (self.system, name), fresh=False)
        fresh = self.asker.named(KIND, (self.system, name))
        words = f"{len(before)} before; after it {len(plain)} by the same search, {len(fresh)} with no-cache"
        needed = not self.can.client_ids
        if fresh:
            return Seen("passed" if needed else "noted", words, needed=needed)
        later = self.there(name)
        words += f"; {'found some time later' if later else f'not found within {LOOKS * PAUSE:.0f} s'}"
        return Seen("failed", words, needed=needed)

    def _conditional_create(self) -> Seen:
        name = "create-once"
        headers = {"If-None-Exist": condition(KIND, (self.system, name))}
        replies = [self._sent("POST", KIND, self.body(name), headers) for _ in range(2)]
        found = self.there(name)
        said = f"{' then '.join(str(reply.status) for reply in replies)}; {_times(found)}"
        if self.can.client_ids or self.can.conditional or not self.can.conditional_create:
            return Seen("noted", said)
        return Seen("passed" if len(found) == 1 else "failed", said, needed=True)

    def _conditional_update(self) -> Seen:
        name, needed = "update-once", not self.can.client_ids
        if not self.can.conditional:
            return Seen("not supported", "it does not say that it does (conditionalUpdate)")
        replies = [self._by_condition(name, value) for value in ("18.00", "18.01")]
        found = self.there(name)
        said = f"{' then '.join(detail_of(reply) for reply in replies)}; {_times(found)}"
        good = all(reply.status in STORED for reply in replies) and len(found) == 1
        return Seen("passed" if good else "failed", said, needed=needed)

    def _several(self) -> Seen:
        name, needed = "twice", not self.can.client_ids
        named = [{"system": self.system, "value": name}]
        for number in (1, 2):
            self.make(f"{name}-{number}", identifier=[*named, {"system": self.system, "value": f"{name}-{number}"}])
        there = len(self.there(name))
        if not self.can.conditional:
            return Seen("noted", f"{there} with one identifier are there; it does no conditional update")
        reply = self._by_condition(name, "18.01")
        good = reply.status == 412
        return Seen("passed" if good else "failed", f"{there} match: {detail_of(reply)}", needed=needed)

    def _by_condition(self, name: str, value: str) -> Reply:
        return self._sent("PUT", f"{KIND}?{condition(KIND, (self.system, name))}", self.body(name, value))

    # --- transactions and references -------------------------------------------------------------------------------

    def _transaction(self) -> Seen:
        if not self.can.transactions:
            return Seen("not supported", "it does not say that it does; the bridge sends one resource at a time")
        first, second = self._entry("whole-1"), self._entry("whole-2")
        second["resource"]["derivedFrom"] = [{"reference": self._place(first)}]
        reply = self._together(first, second)
        if reply.status != 200:
            return Seen("failed", f"{detail_of(reply)}; the bridge then sends one resource at a time")
        there = len(self.there("whole-1")) + len(self.there("whole-2"))
        return Seen("passed" if there == 2 else "failed", f"{reply.status}; {there} of 2 are there", needed=True)

    def _half(self) -> Seen:
        """The bridge sends again what was refused, so half a transaction is no harm that lasts."""
        if not self.can.transactions:
            return Seen("not supported", "it does not say that it does transactions")
        impossible = {**self._entry("half-2"), "resource": {"resourceType": "NoSuchType"}}
        reply = self._together(self._entry("half-1"), impossible)
        found = self.asker.named(KIND, (self.system, "half-1"))
        taken = reply.status in STORED
        said = f"{'taken' if taken else 'refused'}: {detail_of(reply)}; of the other entry {_times(found)}"
        return Seen("failed" if found or taken else "passed", said)

    def _together(self, *entries: Json) -> Reply:
        """Send a transaction; where its entries were stored is noted."""
        reply = self.asker("POST", "", _bundle(*entries))
        for entry, answer in zip(entries, entry_answers(reply, len(entries), datetime.now(UTC)), strict=True):
            if answer.created and "identifier" in entry["resource"]:
                self._note(answer.server_id, entry["resource"])
        return reply

    def _entry(self, name: str) -> Json:
        body = self.body(name)
        if self.can.client_ids:
            url, request = f"{self._base}/{KIND}/{body['id']}", {"method": "PUT", "url": f"{KIND}/{body['id']}"}
            return {"fullUrl": url, "resource": body, "request": request}
        kept = {key: item for key, item in body.items() if key != "id"}
        urn = f"urn:uuid:{uuid5(NAMESPACE_URL, f'{self.system}/{name}')}"
        return {"fullUrl": urn, "resource": kept, "request": {"method": "POST", "url": KIND}}

    def _place(self, entry: Json) -> str:
        """How another entry of the same Bundle refers to it."""
        request = entry["request"]
        return f"{self.within}{request['url']}" if request["method"] == "PUT" else str(entry["fullUrl"])

    @property
    def _base(self) -> str:
        return self.stage.target.settings.url.rstrip("/")

    def _missing(self) -> Seen:
        nowhere = f"{self.within}{KIND}/{self.id_of('nowhere')}"
        reply = self.first(self.body("missing", derivedFrom=[{"reference": nowhere}]))
        taken = reply.status in STORED
        return Seen("noted", "it is stored" if taken else f"it is refused: {detail_of(reply)}")

    def _references(self) -> Seen:
        """Which form is taken; what is refused as the destination is set up, and taken otherwise, can be set."""
        target = self.make("target", subject={"display": "nobody"}).reference
        relative, absolute = self._refers("relative", target), self._refers("absolute", f"{self._base}/{target}")
        said = f"relative: {_told(relative)}; absolute: {_told(absolute)}"
        ours, other = (absolute, relative) if self.within else (relative, absolute)
        if ours.status in STORED or other.status not in STORED:
            return Seen("noted", said)
        setting = "relative" if self.within else "absolute"
        return Seen("failed", f'{said}: set references = "{setting}" in its [[destination]]', needed=True)

    def _refers(self, name: str, reference: str) -> Reply:
        return self.first(self.body(name, subject={"display": "nobody"}, derivedFrom=[{"reference": reference}]))


def _told(reply: Reply) -> str:
    return "stored" if reply.status in STORED else f"refused ({detail_of(reply)})"


def simulated(*labels: Json, tags: Sequence[Json] = ()) -> Json:
    """The meta of what is simulated, with further labels and tags."""
    return {"security": [coding("htest"), *labels], "tag": [coding("simulated"), *tags]}


def quantity(value: str) -> Json:
    """A volume with these digits."""
    return {"value": Decimal(value), "unit": "mL", "system": UCUM, "code": "mL"}


def _bundle(*entries: Json) -> Json:
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}


def _times(found: list[Json]) -> str:
    return {0: "none is there", 1: "it is there once"}.get(len(found), f"{len(found)} of them are there")
