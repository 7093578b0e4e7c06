"""Cleaning up: what a rehearsal wrote is deleted, what refers before what is referred to; else entered in error.

Promises: only what this rehearsal wrote is touched: what its ledger has, its probes, and the Patient that it created.
Whatever is not known to be gone is named, with how it was left, also where cleaning was stopped. A Patient that was
there before is never touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from bridge.chart.retraction import ENTERED, RETRACTABLE, retracted
from bridge.destinations.fhir_answers import detail_of
from bridge.destinations.fhir_bundle import condition, etag, references
from bridge.destinations.http import NotSent, Reply
from bridge.errors import DestinationError
from bridge.fhir_json import Json
from bridge.rehearsal.asking import Asker
from bridge.rehearsal.probes import KIND, Probes
from bridge.rehearsal.stage import Stage
from bridge.rehearsal.step import Question, Seen, Steps, TimeOver

CLEANING = (
    Question("cleaning", "delete", "What was written is deleted"),
    Question("cleaning", "retract", "What cannot be deleted is entered in error", needed=True),
)
DELETED = (200, 202, 204, 404, 410)
IN_USE = 409
PASSES = 4
AS_IT_IS, IN_ERROR = "as it was written", "entered in error"
NOT_TOLD = "perhaps: the server did not answer a search for it"


@dataclass(frozen=True, slots=True)
class Left:
    """What stays at the server, and how."""

    reference: str
    how: str


class Cleaner:
    """Takes away what a rehearsal wrote."""

    def __init__(self, stage: Stage, asker: Asker, steps: Steps, probes: Probes | None, patient: str) -> None:
        self.stage, self.asker, self.steps, self.probes = stage, asker, steps, probes
        self.patient = patient  # the reference of the one that was charted, where it is known
        self._left: dict[str, str] = {}  # reference to how it was left, what refers first
        self._refused: dict[str, str] = {}  # type to what its first refusal said
        self._untold: list[Left] = []  # what was looked for and not answered

    @property
    def left(self) -> list[Left]:
        """What is not known to be gone."""
        return [*(Left(reference, how) for reference, how in self._left.items()), *self._untold]

    def clean(self) -> None:
        """Delete, then enter in error; raises KeyboardInterrupt and TimeOver where it was stopped."""
        self._left = dict.fromkeys(self._known(), AS_IT_IS)
        self.steps.take(CLEANING[0], self._delete)
        self.steps.take(CLEANING[1], self._retract)

    def name(self) -> None:
        """Note what is there, and touch nothing; raises KeyboardInterrupt and TimeOver where it was stopped."""
        self._left = dict.fromkeys(self._known(), AS_IT_IS)
        with suppress(NotSent):
            self._find()

    def _known(self) -> Iterator[str]:
        """Everything that may be there, as far as we know without asking."""
        if self.probes is not None:
            yield from self.probes.places
            yield from (f"{KIND}/{self.probes.id_of(name)}" for name in self.probes.names if self.probes.can.client_ids)
        yield from (one.reference for one in self.stage.held())
        if self.patient and self.stage.target.patient is None:
            yield self.patient

    def _find(self) -> None:
        """Ask for what may be there; raises NotSent and TimeOver, after which all that is known stays noted."""
        self._untold.clear()
        self._left = dict.fromkeys([*self._probes(), *self._rows(), *self._patient()], AS_IT_IS)

    # --- what may be there -----------------------------------------------------------------------------------------

    def _probes(self) -> Iterator[str]:
        if self.probes is None:
            return
        yield from reversed(self.probes.places)
        for name in reversed(self.probes.names):
            ours = f"{KIND}/{self.probes.id_of(name)}"
            if is_ours := self.probes.can.client_ids and self._may_be_there(ours):
                yield ours
            known = is_ours or name in self.probes.places.values()
            yield from self._named(KIND, (self.probes.system, name), known=known)

    def _rows(self) -> Iterator[str]:
        """What the ledger has, what refers before what is referred to."""
        held = self.stage.held()
        refers = {one.ours: references(one.row.confirmed) for one in held}
        places = {one.ours: one for one in held}
        for ours in _referring_first(refers):
            one = places[ours]
            if one.row.confirmed or self._may_be_there(one.reference):
                yield one.reference
            else:
                yield from self._named(one.row.type, self.stage.identifier(one.row))

    def _patient(self) -> Iterator[str]:
        if self.stage.target.patient is None:
            yield from [self.patient] if self.patient else self._named("Patient", self.stage.patient, known=True)

    def _may_be_there(self, reference: str) -> bool:
        """Whether something that was sent and not confirmed stands there under our id, as far as the server says."""
        try:
            return not self.asker.read(reference).gone
        except DestinationError as error:
            _raise_what_ends(error)
            return True

    def _named(self, kind: str, identifier: tuple[str, str], *, known: bool = False) -> list[str]:
        """What has an identifier of the rehearsal; where the server does not say, noted unless it is `known` by id."""
        try:
            return [f"{kind}/{one['id']}" for one in self.asker.named(kind, identifier) if one.get("id")]
        except DestinationError as error:
            _raise_what_ends(error)
            if not known:
                self._untold.append(Left(f"{kind}?{condition(kind, identifier)}", NOT_TOLD))
            return []

    # --- deleting --------------------------------------------------------------------------------------------------

    def _delete(self) -> Seen:
        self._find()
        wanted = len(self._left)
        in_use: list[str] = []
        for _ in range(PASSES):
            before = len(self._left)
            in_use = [reference for reference in list(self._left) if not self._deleted(reference)]
            if not in_use or len(self._left) == before:
                break
        gone = wanted - len(self._left)
        if self._untold and not self._left:
            return Seen("cannot tell", f"{gone} deleted; {len(self._untold)} may stay that no search was answered for")
        if not self._left:
            return Seen("passed", f"{gone} deleted, nothing stays")
        said = f"{gone} of {wanted} deleted" + (f"; {len(in_use)} are referred to by others" if in_use else "")
        refused = ", ".join(f"{kind} ({why})" for kind, why in list(self._refused.items())[:3])
        if refused:
            return Seen("failed" if gone else "not supported", f"{said}; refused: {refused}")
        return Seen("failed", said)

    def _deleted(self, reference: str) -> bool:
        """Delete one; False where it may go later, once what refers to it is gone."""
        kind = reference.partition("/")[0]
        if kind in self._refused:
            return True
        try:
            reply = self.asker("DELETE", reference)
            if reply.status == IN_USE:
                return False
            if reply.status not in DELETED:
                self._refused[kind] = detail_of(reply)
            elif self.asker.read(reference).gone:
                del self._left[reference]
        except DestinationError as error:
            _raise_what_ends(error)
        return True

    # --- entering in error -----------------------------------------------------------------------------------------

    def _retract(self) -> Seen:
        failed: list[str] = []
        for reference in list(self._left):
            try:
                reply = self._entered(reference)
                if reply is not None and reply.status not in (200, 201):
                    failed.append(f"{reference}: {detail_of(reply)}")
            except DestinationError as error:
                _raise_what_ends(error)
                failed.append(f"{reference}: {error.code}")
        if not self._left:
            return Seen("passed", "nothing was left")
        done = sum(how == IN_ERROR for how in self._left.values())
        said = f"{done} of {len(self._left)} are entered in error, the others have no such status"
        return Seen("failed", f"{said}; refused: {failed[0]}") if failed else Seen("passed", said)

    def _entered(self, reference: str) -> Reply | None:
        """Enter one in error as it stands there; None where there is nothing to be done, or to be had."""
        there = self.asker.read(reference)
        if there.body is None:
            self._left.pop(reference)
            return None
        if there.body.get("resourceType") not in RETRACTABLE:
            return None
        if there.body.get("status") == ENTERED:
            self._left[reference] = IN_ERROR
            return None
        headers = {"If-Match": etag(there.version)} if there.version else {}
        reply = self.asker("PUT", reference, retracted(_without_version(there.body)), headers)
        if reply.status in (200, 201):
            self._left[reference] = IN_ERROR
        return reply


def _raise_what_ends(error: DestinationError) -> None:
    """Raise again what would meet every further question, too."""
    if isinstance(error, NotSent | TimeOver):
        raise error


def _without_version(body: Json) -> Json:
    meta = {name: item for name, item in body.get("meta", {}).items() if name not in ("versionId", "lastUpdated")}
    return {**body, "meta": meta}


def _referring_first(refers: Mapping[str, frozenset[str]]) -> list[str]:
    """The names in an order in which what refers to another stands before it; circles as they come."""
    ordered: list[str] = []
    waiting = dict(refers)
    while waiting:
        referred = {target for name, targets in waiting.items() for target in targets if target != name}
        free = [name for name in waiting if name not in referred] or list(waiting)
        ordered += free
        for name in free:
            del waiting[name]
    return ordered
