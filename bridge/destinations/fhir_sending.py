"""One call of `send` to a FHIR server: a transaction where it can be, one request at a time where it must be.

1. Every write has exactly one answer, and writes are sent in the order given.
2. A refused transaction stored nothing: the entry that its refusal names is refused and the rest is sent again; where
   none is named, the entries are sent one at a time, which finds it.
3. What refers to a refused or contested write is blocked, not refused. So is every later MedicationAdministration
   after one that was refused: a segment is never opened while the one before it could not be closed.
4. After an answer that settles nothing (lost, conflict, busy, paused) nothing later is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bridge.clock import Clock
from bridge.destinations.fhir_answers import TOO_LARGE, classify, culprit, entry_answers
from bridge.destinations.fhir_bundle import Request, by_identifiers, by_our_ids, etag, references, transaction
from bridge.destinations.http import Http, Lost, NotSent, Reply
from bridge.destinations.protocol import Answer, Capabilities, Status, Write

_JSON = {"Content-Type": "application/fhir+json; charset=utf-8", "Prefer": "return=minimal"}
_SETTLED = frozenset({"confirmed", "refused", "contested", "blocked"})
_DEED = "MedicationAdministration"


class Sending:
    """The writes of one call, what is known of them, and their answers so far."""

    def __init__(
        self, http: Http, base: str, can: Capabilities, clock: Clock, writes: Sequence[Write],
        server_ids: Mapping[str, str], limit: int, patience: float,
    ) -> None:  # fmt: skip
        self._http, self._base, self._can, self._clock = http, base, can, clock
        self._writes = writes
        self._limit = limit
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
        while waiting and len(waiting) > 1 and self._can.transactions:
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
        if not (self._can.client_ids or self._can.conditional):
            return Answer("refused", code="no-repeatable-write", detail="neither our ids nor conditional update")
        if references(write.body) & self._failed or (self._deed_failed and write.type == _DEED):
            return Answer("blocked", code="depends-on-refused")
        return None

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
            return self._settle(writes, entry_answers(reply, len(writes), self._clock.now(), versioned=versioned))
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
            return self._one_by_one(writes)
        self._settle([writes[place]], [answer])
        return [*writes[:place], *writes[place + 1 :]]

    # --- one request -----------------------------------------------------------------------------------------------

    def _one(self, write: Write) -> Answer:
        if not self._can.client_ids and self._unsent(write):
            return Answer("blocked", code="refers-to-what-is-not-there")
        request = self._requests([write])[0]
        headers = {"If-Match": etag(request.if_match)} if request.if_match else {}
        reply = self._ask("PUT", request.url, request.body, headers)
        if isinstance(reply, Answer):
            return reply
        return classify(reply, self._clock.now(), versioned=bool(request.if_match) or self._can.client_ids)

    def _unsent(self, write: Write) -> bool:
        """Whether it refers to a resource of this call that has no id at the server yet."""
        targets = {reference.partition("/")[2] for reference in references(write.body)}
        return bool(targets & self._ids - self._known.keys() - {write.id})

    def _requests(self, writes: Sequence[Write]) -> list[Request]:
        kept = writes if self._can.if_match else [replace(write, if_match=None) for write in writes]
        return by_our_ids(kept, self._base) if self._can.client_ids else by_identifiers(kept, self._known)

    def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> Reply | Answer:
        try:
            return self._http.ask(method, path, body=body, headers={**_JSON, **(headers or {})})
        except NotSent as error:
            nobody: Status = "unreachable" if error.code == "destination-unreachable" else "paused"
            return Answer(nobody, code=error.code, detail=error.message)
        except Lost as error:
            return Answer("in_doubt", code=error.code, detail=error.message)

    # --- answers ---------------------------------------------------------------------------------------------------

    def _settle(self, writes: Sequence[Write], answers: Sequence[Answer]) -> tuple[()]:
        for write, answer in zip(writes, answers, strict=True):
            self._answers[write.id] = self._waiting(answer)
            if answer.status == "confirmed" and answer.server_id:
                self._known[write.id] = answer.server_id
            elif answer.status in ("refused", "contested", "blocked"):
                self._failed.add(f"{write.type}/{write.id}")
                self._deed_failed |= write.type == _DEED
            elif answer.status not in _SETTLED:
                self._stop(answer)
        return ()

    def _waiting(self, answer: Answer) -> Answer:
        """Where a repetition could make a second resource, a doubt says how long the lost request may still run."""
        if answer.status == "in_doubt" and not self._can.client_ids and answer.retry_after is None:
            return replace(answer, retry_after=self._patience)
        return answer

    def _stop(self, answer: Answer) -> None:
        status: Status = answer.status if answer.status in ("paused", "unreachable") else "retry"
        self._stopped = self._stopped or Answer(status, code="not-sent", retry_after=answer.retry_after)
