"""The journey: exports arrive, the product makes the chart true, and everything is read back after each step.

What holds after a step: every course is applied, nothing is left to plan, each resource there is what was sent, element
by element, and no version moved but of what the plan wrote. A step that fails ends the journey: what follows would
only repeat it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bridge.destinations.fhir_bundle import relative
from bridge.destinations.http import NotSent
from bridge.destinations.protocol import Write
from bridge.errors import DestinationError
from bridge.fhir_json import read
from bridge.ledger import in_our_ids
from bridge.outcome import Outcome
from bridge.plan import counts
from bridge.rehearsal.asking import Asker
from bridge.rehearsal.comparing import CONTRADICTS, Difference, differences, summed
from bridge.rehearsal.life import Exports, exports
from bridge.rehearsal.stage import Held, Stage, theirs_to_ours
from bridge.rehearsal.step import AWAY, TIME_OVER, Question, Seen, Steps, TimeOver

ACTOR, REASON = "pumpbridge rehearse", "the rehearsal withdraws its late report"
JOURNEY = (
    Question("journey", "patient", "A patient of the rehearsal is there", needed=True),
    Question("journey", "implant", "The implant of a pump is charted", needed=True),
    Question("journey", "refill", "Its refill is charted", needed=True),
    Question("journey", "dose-change", "A change of its dose is charted", needed=True),
    Question("journey", "stall", "A stall that the log tells of later is charted", needed=True),
    Question(
        "journey", "again", "The same exports again, and the same resources sent again, double nothing", needed=True
    ),
    Question("journey", "late", "A report that comes late is charted", needed=True),
    Question("journey", "withdrawal", "A report that is withdrawn is taken back", needed=True),
    Question("journey", "verify", "Nothing that was confirmed is found changed", needed=True),
    Question("journey", "versions", "What is sent again unchanged makes no new version"),
    Question("journey", "digits", "Numbers come back with the digits that were sent"),
    Question("journey", "lists", "Lists come back in the order sent"),
    Question("journey", "labels", "Labels (HTEST, tags) come back", needed=True),
)
QUESTIONS = {question.name: question for question in JOURNEY}


@dataclass(slots=True)
class ReadBack:
    """What was read back: the version of each resource, what was not there, and every difference."""

    versions: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    found: list[Difference] = field(default_factory=list)

    @property
    def contradicts(self) -> list[Difference]:
        """The differences that the bridge cannot live with."""
        return [one for one in self.found if one.kind in CONTRADICTS]


class Journey:
    """One pump's way through the test server."""

    def __init__(self, stage: Stage, asker: Asker, steps: Steps) -> None:
        self.stage, self.asker, self.steps = stage, asker, steps
        self.patient = ""
        self._exports: Exports = exports(stage.patient[1], stage.serial, datetime.now(UTC))
        self._last = ReadBack()
        self._differences: dict[tuple[str, str, str], Difference] = {}
        self._again: Seen | None = None
        self._late = ""

    def play(self) -> None:
        """Every step in order; after one that fails the others are only named."""
        said = self._exports
        acts: tuple[tuple[str, Callable[[], Seen]], ...] = (
            ("patient", self._find_patient),
            ("implant", lambda: self._arrives(said.implant)),
            ("refill", lambda: self._arrives(said.refill)),
            ("dose-change", lambda: self._arrives(said.dose_change)),
            ("stall", lambda: self._arrives(said.stall)),
            ("again", self._sent_again),
            ("late", lambda: self._arrives(said.late)),
            ("withdrawal", self._withdrawn),
            ("verify", self._verified),
        )
        why = ""
        for name, act in acts:
            if why:
                self.steps.leave(QUESTIONS[name], why)
            elif self.steps.take(QUESTIONS[name], act).result != "passed":
                why = f"not tried: the step before it ({name}) did not pass"
        self._sum_up()

    # --- steps -----------------------------------------------------------------------------------------------------

    def _find_patient(self) -> Seen:
        system, value = self.stage.patient
        destination = self.stage.destination
        found = destination.find_patient(system, value)
        if self.stage.target.patient is not None:
            self.patient = found.reference or ""
            one = found.status == "one"
            return Seen("passed" if one else "failed", f"the search for the identifier given found: {found.status}")
        try:
            self.patient = destination.create_patient(system, value)
        except DestinationError as error:
            if not error.code.startswith("patient-"):
                raise
            return Seen("failed", f"{error.message} ({error.code}): name a test patient who is there with --patient")
        return Seen("passed", f"{self.patient} created, with nothing but an identifier")

    def _arrives(self, export: bytes) -> Seen:
        """An export comes in, and the chart is made true."""
        receipt = self.stage.accept(export)
        if receipt.outcome != "accepted":
            return Seen("failed", f"the export was {receipt.outcome} {receipt.code}")
        self._late = receipt.sha256
        return self._made_true()

    def _withdrawn(self) -> Seen:
        self.stage.site.store.withdraw(self._late, ACTOR, REASON, self.stage.site.clock.now())
        return self._made_true(takes_back=True)

    def _made_true(self, *, takes_back: bool = False) -> Seen:
        """Apply what is due; read everything back; nothing else may have moved, and nothing be left to plan."""
        outcomes = self.stage.reconcile()
        stuck = _stuck(outcomes)
        if stuck is not None:
            return Seen(stuck.result, f"{stuck.saw}; {_read_words(self._read_back())}")
        written = {f"{e.type}/{e.id}" for one in outcomes if one.plan for e in one.plan.entries}
        before, now = self._last.versions, self._read_back()
        moved = {name for name, version in now.versions.items() if before.get(name, version) != version}
        sums = Counter[str]()
        for one in outcomes:
            sums.update(counts(one.plan.entries) if one.plan else {})
        left = [one for one in self.stage.reconcile() if one.status != "unchanged"]
        saw = f"{sums['create']} created, {sums['amend']} amended, {sums['retract']} retracted; {_read_words(now)}"
        if moved - written:
            return Seen("failed", f"{saw}; moved without being written: {', '.join(sorted(moved - written)[:3])}")
        if left:
            return Seen("failed", f"{saw}; the plan is not empty afterwards")
        if not (sums["retract"] if takes_back else sums.total()):
            return Seen("failed", f"{saw}; there was nothing to {'take back' if takes_back else 'write'}")
        return Seen("failed" if now.missing or now.contradicts else "passed", saw)

    def _sent_again(self) -> Seen:
        """The exports once more, then the very resources once more, as after an answer that was lost."""
        said = self._exports
        receipts = [self.stage.accept(one) for one in (said.implant, said.refill, said.dose_change, said.stall)]
        planned = [one for one in self.stage.reconcile() if one.plan is not None and one.plan.entries]
        if planned or {receipt.outcome for receipt in receipts} != {"known"}:
            return Seen("failed", "the same exports again planned something")
        held = self.stage.held()
        refused = self._send(held)
        if refused:
            return Seen("failed", f"sent again, {refused[0]}{f' and {len(refused) - 1} more' if refused[1:] else ''}")
        before, now = self._last.versions, self._read_back()
        moved = sorted(name for name, version in now.versions.items() if before.get(name) != version)
        self._again = _versions(now, moved)
        doubled = self._doubled(held)
        self.stage.reconciler.verify()  # takes versions over that moved under equal content
        saw = f"exports known, plan empty; {len(held)} resources sent again; {_read_words(now)}"
        if doubled:
            return Seen("failed", f"{saw}; twice there: {', '.join(doubled[:3])}")
        return Seen("failed" if now.missing or now.contradicts else "passed", saw)

    def _send(self, held: Sequence[Held]) -> list[str]:
        """Send what is confirmed once more; what was refused."""
        destination, refused = self.stage.destination, list[str]()
        known = {one.row.id: one.row.server_id for one in held if one.row.server_id not in ("", one.row.id)}
        size = max(1, destination.limit)
        for start in range(0, len(held), size):
            some = held[start : start + size]
            writes = [self._write(one) for one in some]
            answers = destination.send(writes, course=str(some[0].course), server_ids=known)
            refused += [
                f"{one.row.type}: {answer.status} {answer.code} {answer.detail}".rstrip()
                for one, answer in zip(some, answers, strict=True)
                if answer.status != "confirmed"
            ]
        return refused

    def _write(self, one: Held) -> Write:
        row = one.row
        server_id = row.server_id if row.server_id != row.id else ""
        return Write(row.type, row.id, row.confirmed, None, self.stage.identifier(row), "amend", server_id, again=True)

    def _doubled(self, held: Sequence[Held]) -> list[str]:
        """What stands there under two ids; where the server takes our ids, nothing can."""
        if self.stage.destination.capabilities().client_ids:
            return []
        return [one.ours for one in held if len(self.asker.named(one.row.type, self.stage.identifier(one.row))) > 1]

    def _verified(self) -> Seen:
        drifted = self.stage.reconciler.verify()
        if drifted:
            return Seen("failed", f"contested: {drifted[0].detail}")
        return Seen("passed", f"{len(self.stage.held())} resources are as they were confirmed")

    # --- reading back ----------------------------------------------------------------------------------------------

    def _read_back(self) -> ReadBack:
        """Read everything that was confirmed, and compare it with what was sent."""
        held, now = self.stage.held(), ReadBack()
        ours = theirs_to_ours(held)
        for one in held:
            if one.row.confirmed:
                self._read_one(one, ours, now)
        self._last = now
        self._differences |= {(each.resource, each.kind, each.element): each for each in now.found}
        return now

    def _read_one(self, one: Held, ours: Mapping[str, str], now: ReadBack) -> None:
        there = self.asker.read(one.reference)
        if there.body is None:
            now.missing.append(one.ours)
            return
        now.versions[one.ours] = there.version
        bases = (self.stage.target.settings.url, self.stage.destination.capabilities().base)
        theirs = in_our_ids(relative(there.body, bases), ours)
        now.found += differences(one.row.type, read(one.row.confirmed), theirs)

    # --- what the journey showed -----------------------------------------------------------------------------------

    def _sum_up(self) -> None:
        steps, again = self.steps, self._again
        if again is None:
            steps.leave(QUESTIONS["versions"], "nothing was sent again")
        else:
            steps.take(QUESTIONS["versions"], lambda: again)
        for name, kinds in (("digits", {"digits"}), ("lists", {"order"}), ("labels", {"label", "display"})):
            steps.take(QUESTIONS[name], lambda kinds=kinds: self._kept(kinds))  # type: ignore[misc]

    def _kept(self, kinds: set[str]) -> Seen:
        if not self._last.versions:
            return Seen("cannot tell", "nothing was read back")
        found = [one for one in self._differences.values() if one.kind in kinds]
        bad = [one for one in found if one.kind != "display"]
        return Seen("failed" if bad else "passed", summed(found))


def _stuck(outcomes: Sequence[Outcome]) -> Seen | None:
    """Why a course is not true; None where all are. Raises TimeOver and NotSent where these are why."""
    wrong = [one for one in outcomes if one.status not in ("applied", "unchanged")]
    if any(one.code == TIME_OVER for one in wrong):
        raise TimeOver("the time that a rehearsal may take is over")
    if not outcomes:
        return Seen("failed", "nothing was due")
    if not wrong:
        return None
    one = wrong[0]
    if one.code == AWAY:
        raise NotSent(one.detail, code=AWAY)
    words = f"{one.status} {one.code}: {one.detail}".rstrip(": ")
    return Seen("cannot tell" if one.status == "unreachable" else "failed", words)


def _read_words(now: ReadBack) -> str:
    saw = f"{len(now.versions)} read back: {summed(now.found, CONTRADICTS)}"
    return f"{saw}; not there: {', '.join(now.missing[:3])}" if now.missing else saw


def _versions(now: ReadBack, moved: Sequence[str]) -> Seen:
    if not all(now.versions.values()):
        return Seen("not supported", "resources come back without a version")
    if not moved:
        return Seen("passed", f"{len(now.versions)} versions stayed")
    return Seen("failed", f"{len(moved)} of {len(now.versions)} resources have a new version, such as {moved[0]}")
