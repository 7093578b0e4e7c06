"""One call of `send` to a FHIR server: a transaction where it can be, one request at a time where it must be.

1. Every write has exactly one answer, and writes are sent in the order given.
2. A refused transaction stored nothing: the entry that its refusal names is refused and the rest is sent again; where
   none is named, its halves are sent, and theirs: that finds the entry, and the most entries that the server takes.
3. What refers to a refused or contested write is blocked, not refused. So is every later administration after
   one that was refused: a segment is never opened while the one before it could not be closed.
4. After an answer that settles nothing (lost, conflict, busy, paused) nothing later is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bridge.chart.administration import is_administration
from bridge.clock import Clock
from bridge.destinations.fhir_answers import (
    TOO_LARGE,
    classify,
    completed,
    culprit,
    entry_answers,
    found_in,
    parsed,
)
from bridge.destinations.fhir_bundle import (
    Request,
    by_identifiers,
    by_our_ids,
    condition,
    etag,
    is_marked,
    references,
    transaction,
)
from bridge.destinations.http import Http, Lost, NotSent, Reply
from bridge.destinations.protocol import Answer, Capabilities, Status, Write

_JSON = {"Content-Type": "application/fhir+json; charset=utf-8", "Prefer": "return=minimal"}
_SETTLED = frozenset({"confirmed", "refused", "contested", "blocked"})
_THERE_BEFORE = Answer("retry", code="there-before")
_UNFINDABLE = Answer("refused", code="no-repeatable-write", detail="what is there cannot be searched for")


class Sending:
    """The writes of one call, what is known of them, and their answers so far."""

    def __init__(
        self, http: Http, base: str, can: Capabilities, clock: Clock, writes: Sequence[Write],
        server_ids: Mapping[str, str], limit: int, patience: float, *, absolute: bool = False,
    ) -> None:  # fmt: skip
        self._within = f"{base}/" if absolute else ""
        self._http, self._base, self._can, self._clock = http, base, can, clock
        self._writes = writes
        self._limit = self.most = limit  # `most`: entries of one transaction, as far as this call has found out
        self._patience = patience
        self._known = {**server_ids, **{w.id: w.server_id for w in writes if w.server_id}}
        self._ids = {write.id for write in writes}
        self._answers: dict[str, Answer] = {}
        self._failed: set[str] = set()
        self._deed_failed = False
        self._stopped: Answer | None = None

    def run(self) -> list[Answer]:
        """Send everything; an answer for each write."""
        for start in range(0, len(self._writes), self._limit):
            self._part(self._writes[start : start + self._limit])
        return [self._answers[write.id] for write in self._writes]

    def _part(self, writes: Sequence[Write]) -> None:
        waiting = self._sendable(writes)
        while waiting and len(waiting) > 1 and self._can.transactions and not self._searches_first:
            waiting = self._sendable(self._transaction(waiting))
        self._one_by_one(waiting)

    def _one_by_one(self, writes: Sequence[Write]) -> tuple[()]:
        for write in writes:
            if self._sendable([write]):
                self._settle([write], [self._one(write)])
        return ()

    def _sendable(self, writes: Sequence[Write]) -> list[Write]:
        """The writes that may be sent; the others have their answer now."""
        may: list[Write] = []
        for write in writes:
            answer = self._hindrance(write)
            if answer is None:
                may.append(write)
            else:
                self._settle([write], [answer])
        return may

    def _hindrance(self, write: Write) -> Answer | None:
        if self._stopped is not None:
            return self._stopped
        if write.type not in self._can.types:
            return Answer("refused", code="type-not-supported", detail=write.type)
        if not self._can.client_ids and write.id not in self._known and write.type not in self._can.found:
            return _UNFINDABLE
        if references(write.body) & self._failed or (self._deed_failed and is_administration(write.type, write.body)):
            return Answer("blocked", code="depends-on-refused")
        return None

    @property
    def _searches_first(self) -> bool:
        """Whether nothing but a search before it keeps a create from being done twice."""
        return not (self._can.client_ids or self._can.conditional or self._can.conditional_create)

    # --- a transaction ---------------------------------------------------------------------------------------------

    def _transaction(self, writes: list[Write]) -> Sequence[Write]:
        """Send a transaction; answers with what is still to be sent after it."""
        requests = self._requests(writes)
        versioned = self._can.client_ids or any(request.if_match for request in requests)
        reply = self._ask("POST", "", transaction(requests))
        if isinstance(reply, Answer):
            return self._settle(writes, [reply] * len(writes))
        answer = classify(reply, self._clock.now(), versioned=versioned)
        if answer.status == "confirmed":
            answers = entry_answers(reply, len(writes), self._clock.now(), versioned=versioned)
            return self._settle(writes, list(map(_unless_there_before, requests, answers)))
        if answer.code == TOO_LARGE:
            return self._halved(writes)
        if answer.status in ("refused", "contested"):
            return self._without_culprit(writes, culprit(reply, len(writes)), answer)
        return self._settle(writes, [answer] * len(writes))

    def _halved(self, writes: list[Write]) -> Sequence[Write]:
        middle = len(writes) // 2
        self._part(writes[:middle])
        self._part(writes[middle:])
        return ()

    def _without_culprit(self, writes: list[Write], place: int | None, answer: Answer) -> Sequence[Write]:
        if place is None:
            self._halved(writes)
            if all(self._answers[write.id].status == "confirmed" for write in writes):
                self.most = min(self.most, (len(writes) + 1) // 2)
            return ()
        self._settle([writes[place]], [answer])
        return [*writes[:place], *writes[place + 1 :]]

    # --- one request -----------------------------------------------------------------------------------------------

    def _one(self, write: Write) -> Answer:
        if not self._can.client_ids and self._unsent(write):
            return Answer("blocked", code="refers-to-what-is-not-there")
        request = self._requests([write])[0]
        if self._searches_first and request.method == "POST":
            before = self._there_before(write, request)
            if before is not None:
                return before
        conditions = _conditions(request, self._can)
        reply = self._ask(request.method, request.url, request.body, conditions)
        if isinstance(reply, Answer):
            return reply
        is_conditional = "?" in request.url or "If-None-Exist" in conditions
        answer = classify(reply, self._clock.now(), versioned=not is_conditional)
        whole = answer if answer.version and answer.server_id else completed(answer, parsed(reply))
        return _unless_there_before(request, whole)

    def _there_before(self, write: Write, request: Request) -> Answer | None:
        """What a search before a create says against it; None: nothing is there."""
        reply = self._ask("GET", f"{request.url}?{request.if_none_exist}", None, {"Cache-Control": "no-cache"})
        if isinstance(reply, Answer):  # a lost question changed nothing
            return replace(reply, status="retry") if reply.status == "in_doubt" else reply
        if reply.status != 200 or parsed(reply).get("resourceType") != "Bundle":
            answer = classify(reply, self._clock.now())
            return answer if answer.status in ("paused", "retry", "refused") else Answer("retry", code=answer.code)
        found, whole = found_in(parsed(reply))
        matches = [one for one in found if is_marked(one, write.identifier)]
        if len(matches) > 1:
            return Answer("contested", code="several-match", detail=f"several {write.type} have our identifier there")
        return _THERE_BEFORE if matches else None if whole else _UNFINDABLE

    def _unsent(self, write: Write) -> bool:
        """Whether it refers to a resource of this call that has no id at the server yet."""
        targets = {reference.partition("/")[2] for reference in references(write.body)}
        return bool(targets & self._ids - self._known.keys() - {write.id})

    def _requests(self, writes: Sequence[Write]) -> list[Request]:
        kept = writes if self._can.if_match else [replace(write, if_match=None) for write in writes]
        if self._can.client_ids:
            return by_our_ids(kept, self._base, self._within)
        return by_identifiers(kept, self._known, updates=self._can.conditional, within=self._within)

    def _ask(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str] | None = None
    ) -> Reply | Answer:
        try:
            return self._http.ask(method, path, body=body, headers={**(_JSON if body else {}), **(headers or {})})
        except NotSent as error:
            nobody: Status = "unreachable" if error.code == "destination-unreachable" else "paused"
            return Answer(nobody, code=error.code, detail=error.message)
        except Lost as error:
            return Answer("in_doubt", code=error.code, detail=error.message)

    # --- answers ---------------------------------------------------------------------------------------------------

    def _settle(self, writes: Sequence[Write], answers: Sequence[Answer]) -> tuple[()]:
        for write, said in zip(writes, answers, strict=True):
            answer = self._placed(write, said) if said.status == "confirmed" else said
            self._answers[write.id] = self._waiting(write, answer)
            if answer.status == "confirmed":
                self._known[write.id] = answer.server_id
            elif answer.status in ("refused", "contested", "blocked"):
                self._failed.add(f"{write.type}/{write.id}")
                self._deed_failed |= is_administration(write.type, write.body)
            elif answer.status not in _SETTLED:
                self._stop(answer)
        return ()

    def _placed(self, write: Write, answer: Answer) -> Answer:
        """A confirmation with the version, and the server's own id, read from there where the answer did not say.

        Where the server chose an id that nobody says, it is in doubt whether it stands there; and where the version
        cannot be read just now: without it, what comes next could overwrite what somebody else wrote.
        """
        id = write.id if self._can.client_ids else answer.server_id or self._known.get(write.id, "")
        what = "in which version" if id else "where"
        unplaced = Answer("in_doubt", code="answer-lost", detail=f"the server did not say {what} it stands there")
        answer = replace(answer, server_id=answer.server_id or id)  # of an update servers may say no place
        if id and (answer.version or not self._can.if_match):
            return answer
        search = f"{write.type}?{condition(write.type, write.identifier)}"
        reply = self._ask("GET", f"{write.type}/{id}" if id else search, None, {"Cache-Control": "no-cache"})
        if isinstance(reply, Answer) or reply.status >= 429:  # it is busy or away
            return replace(unplaced, retry_after=0.0) if id else unplaced  # it has answered: nothing runs any more
        body = parsed(reply) if reply.status == 200 else {}
        if not id and body.get("resourceType") != "Bundle":
            return unplaced
        found = [body] if id else [one for one in found_in(body)[0] if is_marked(one, write.identifier)]
        if len(found) == 1:
            return completed(answer, found[0])
        return answer if id else unplaced

    def _waiting(self, write: Write, answer: Answer) -> Answer:
        """A doubt says how long the lost request may still run, where coming late it could do harm.

        That is where it could make a second resource, and where no version keeps it from overwriting a later one.
        """
        is_safe = self._can.client_ids and self._can.if_match and write.if_match
        if answer.status == "in_doubt" and not is_safe and answer.retry_after is None:
            return replace(answer, retry_after=self._patience)
        return answer

    def _stop(self, answer: Answer) -> None:
        status: Status = answer.status if answer.status in ("paused", "unreachable") else "retry"
        self._stopped = self._stopped or Answer(status, code="not-sent", retry_after=answer.retry_after)


def _conditions(request: Request, can: Capabilities) -> dict[str, str]:
    """The headers that keep a request from overwriting another version, or from creating a second resource."""
    if request.method == "POST":
        return {"If-None-Exist": request.if_none_exist} if can.conditional_create else {}
    return {"If-Match": etag(request.if_match)} if request.if_match else {}


def _unless_there_before(request: Request, answer: Answer) -> Answer:
    """A create that its condition made nothing of stored nothing: what is there is looked at before anything else."""
    if request.method == "POST" and answer.status == "confirmed" and answer.created is False:
        return _THERE_BEFORE
    return answer
