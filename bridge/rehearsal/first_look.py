"""What is asked before anything is written: what the server says that it can do, whom it answers, what time it has."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from bridge.destinations.fhir_answers import detail_of
from bridge.destinations.fhir_bundle import condition
from bridge.destinations.http import Lost, NotSent, Reply
from bridge.destinations.protocol import Capabilities
from bridge.errors import DestinationError
from bridge.rehearsal.asking import FRESH, Asker
from bridge.rehearsal.stage import Stage
from bridge.rehearsal.step import Question, Seen, Steps

FIRST_LOOK = (
    Question("server", "capabilities", "It is a FHIR server of our version, and says what it can do", needed=True),
    Question("server", "types", "It takes every type that the bridge writes"),
    Question("server", "authorised", "Our questions are answered", needed=True),
    Question("server", "unauthorised", "What somebody without a token gets"),
    Question("server", "clock", "Its clock and ours agree to a minute"),
)
QUESTIONS = {question.name: question for question in FIRST_LOOK}
TOLERANCE = 60


class FirstLook:
    """Looks at a server; `stranger` asks without a token."""

    def __init__(self, stage: Stage, asker: Asker, stranger: Asker, steps: Steps) -> None:
        self.stage, self.asker, self.stranger, self.steps = stage, asker, stranger, steps
        self.can: Capabilities | None = None
        self.no_answer: DestinationError | None = None  # why the first question had none

    def take(self) -> None:
        """Every question; where there is no FHIR server the others are only named."""
        acts = {
            "capabilities": self._capabilities, "types": self._types, "authorised": self._authorised,
            "unauthorised": self._unauthorised, "clock": self._clock,
        }  # fmt: skip
        for question in FIRST_LOOK:
            if question.name == "capabilities" or self.can is not None:
                self.steps.take(question, acts[question.name])
            else:
                self.steps.leave(question, "not asked: there is no FHIR server to ask")

    def _capabilities(self) -> Seen:
        try:
            can = self.can = self.stage.destination.capabilities()
        except (NotSent, Lost) as error:
            self.no_answer = error
            raise
        except DestinationError as error:
            return Seen("failed", f"{error.code}: {error.message} {error.where}".rstrip())
        able = {
            "transactions": can.transactions, "ids of ours": can.client_ids, "If-Match": can.if_match,
            "conditional update": can.conditional, "conditional create": can.conditional_create,
        }  # fmt: skip
        said = ", ".join(f"{name} {'yes' if yes else 'no'}" for name, yes in able.items())
        if can.client_ids or can.conditional or can.conditional_create:
            return Seen("passed", said)
        return Seen("passed", f"{said}: only a search before each create keeps it from being done twice")

    def _types(self) -> Seen:
        departs = self.stage.departures()
        if departs:
            return Seen("not supported", "; ".join(departs))
        return Seen("passed", "every type of a chart can be created and updated")

    def _authorised(self) -> Seen:
        reply = self._asked(self.asker)
        has = "with the token" if self.stage.target.settings.token_file is not None else "no token is configured"
        return Seen("passed" if reply.status == 200 else "failed", f"{has}: {detail_of(reply)}")

    def _unauthorised(self) -> Seen:
        reply = self._asked(self.stranger)
        if reply.status == 200:
            return Seen("noted", "it answers whoever asks")
        return Seen("noted", f"refused: {detail_of(reply)}")

    def _asked(self, asker: Asker) -> Reply:
        """A search in the rehearsal's own namespace: nobody's data can be in the answer."""
        nothing = condition("Observation", (self.stage.key_system, "nothing"))
        return asker("GET", f"Observation?{nothing}", headers=FRESH)

    def _clock(self) -> Seen:
        before = datetime.now(UTC)
        said = self._asked(self.asker).headers.get("date", "")
        ours = before + (datetime.now(UTC) - before) / 2
        if not said:
            return Seen("cannot tell", "its answers have no Date")
        theirs = parsedate_to_datetime(said)
        off = round((theirs.replace(tzinfo=theirs.tzinfo or UTC) - ours).total_seconds())
        return Seen("passed" if abs(off) <= TOLERANCE else "failed", f"its clock less ours: {off} s")
