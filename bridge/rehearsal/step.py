"""A step of a rehearsal: what it asks, how it ended, what was seen; and the list of them as they are done.

passed          it is as it should be
failed          it is not: a `needed` step that failed means that the bridge cannot work there as it is
cannot tell     the server did not let us find out, or something before it failed
not supported   the server says that it does not do this
noted           a fact about the server, which is neither right nor wrong
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from bridge.destinations.http import NotSent
from bridge.errors import BridgeError, Bug, ConfigError, DestinationError, StoreError

Result = Literal["passed", "failed", "cannot tell", "not supported", "noted"]
Part = Literal["server", "journey", "probe", "cleaning"]
TIME_OVER = "rehearsal-time-over"
AWAY = "destination-unreachable"
NO_ANSWER = "answer-lost"
MOST_WORDS = 600


@dataclass(frozen=True, slots=True)
class Question:
    """What a step asks; `needed`: the bridge cannot do without."""

    part: Part
    name: str
    title: str
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """How a step ended and what was seen; `needed` where only the answer tells whether the bridge needs it."""

    result: Result
    saw: str
    needed: bool | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A step that is done."""

    part: Part
    name: str
    title: str
    needed: bool
    result: Result
    saw: str
    seconds: float


class TimeOver(DestinationError):
    """The time that the whole rehearsal may take is over."""

    default_code = TIME_OVER


@dataclass(slots=True)
class Steps:
    """The steps that are done, in order; `tell` hears of each as it ends."""

    tell: Callable[[Step], None] = lambda step: None
    done: list[Step] = field(default_factory=list)
    unreachable: bool = False
    silent: bool = False

    def take(self, question: Question, find_out: Callable[[], Seen]) -> Seen:
        """Do a step. What the server does to it is a result; raises TimeOver, and what is wrong with ourselves."""
        begun = time.monotonic()
        try:
            seen = find_out()
        except TimeOver:
            self._keep(question, Seen("cannot tell", "the time of the rehearsal was over"), begun)
            raise
        except KeyboardInterrupt:
            self._keep(question, Seen("cannot tell", "stopped by a person"), begun)
            raise
        except (Bug, StoreError, ConfigError):
            raise
        except BridgeError as error:
            self.unreachable |= isinstance(error, NotSent) and error.code == AWAY
            self.silent |= error.code == NO_ANSWER
            seen = Seen("cannot tell", _words(error))
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            seen = Seen("cannot tell", f"the answer could not be understood ({type(error).__name__})")
        self._keep(question, seen, begun)
        return seen

    def leave(self, question: Question, why: str) -> None:
        """Note a step that cannot be done."""
        self._keep(question, Seen("cannot tell", why), time.monotonic())

    def _keep(self, question: Question, seen: Seen, begun: float) -> None:
        needed = question.needed if seen.needed is None else seen.needed
        saw = seen.saw if len(seen.saw) <= MOST_WORDS else f"{seen.saw[:MOST_WORDS]} …"
        seconds = round(time.monotonic() - begun, 3)
        step = Step(question.part, question.name, question.title, needed, seen.result, saw, seconds)
        self.done.append(step)
        self.tell(step)


def _words(error: BridgeError) -> str:
    place = f" ({error.where})" if error.where else ""
    return f"{error.code}: {error.message}{place}"
