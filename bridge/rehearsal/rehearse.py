"""The whole rehearsal: a first look, the journey, the probes, and cleaning up, whatever has happened before.

1. What was begun is cleaned up, also when a person stops the rehearsal (once more: that stops too, and what is left
   is named) or its time is over; cleaning has a time of its own.
2. The rehearsal is as good as its needed steps: one that did not pass fails it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bridge.destinations.http import Http
from bridge.rehearsal.asking import Asker, Patience
from bridge.rehearsal.cleaning import CLEANING, Cleaner
from bridge.rehearsal.first_look import FIRST_LOOK, FirstLook
from bridge.rehearsal.journey import JOURNEY, Journey
from bridge.rehearsal.outcome import Rehearsal
from bridge.rehearsal.probes import PROBES, Probes
from bridge.rehearsal.stage import Stage
from bridge.rehearsal.step import Step, Steps, TimeOver
from bridge.rehearsal.target import Target

if TYPE_CHECKING:
    from collections.abc import Iterator

QUESTIONS = (*FIRST_LOOK, *JOURNEY, *PROBES, *CLEANING)
AT_MOST = 600.0
CLEANING_AT_MOST = 300.0
CONNECTIONS = 2
NOT_REACHED = "not reached: the rehearsal ended before"


def rehearse(
    target: Target, *, at_most: float = AT_MOST, keep: bool = False, tell: Callable[[Step], None] = lambda step: None,
    begun: Callable[[str], None] = lambda namespace: None,
) -> Rehearsal:  # fmt: skip
    """Rehearse at a test server; `keep`: what was written stays there; `begun` hears the namespace before any write."""
    patience = Patience(at_most)
    with Stage(target, patience) as stage, _connected(target, stranger=False) as http:
        play = _Play(stage, Asker(http, patience), Steps(tell), keep, begun)
        return play.whole()


@contextmanager
def _connected(target: Target, *, stranger: bool) -> Iterator[Http]:
    """Connections of our own; a stranger has no token."""
    settings = target.settings
    token = None if stranger else settings.token_file
    http = Http(settings.url, connections=CONNECTIONS, timeout=settings.timeout_seconds, token_file=token)
    try:
        yield http
    finally:
        http.close()


class _Play:
    """One rehearsal as it goes on."""

    def __init__(
        self, stage: Stage, asker: Asker, steps: Steps, keep: bool, begun: Callable[[str], None]
    ) -> None:  # fmt: skip
        self.stage, self.asker, self.steps, self.keep, self.begun = stage, asker, steps, keep, begun
        self.look: FirstLook | None = None
        self.journey: Journey | None = None
        self.probes: Probes | None = None
        self.stopped = ""
        self.since = datetime.now(UTC)

    def whole(self) -> Rehearsal:
        """Everything, and what came of it."""
        try:
            self._first_look()
            if self.look is not None and self.look.can is not None:
                self._play()
        except KeyboardInterrupt:
            self.stopped = "stopped by a person"
        except TimeOver:
            self.stopped = "its time was over"
        finally:
            cleaner = self._cleaned()
        self._name_what_is_left()
        return self._outcome(cleaner)

    def _first_look(self) -> None:
        with _connected(self.stage.target, stranger=True) as http:
            stranger = Asker(http, self.asker.patience)
            self.look = FirstLook(self.stage, self.asker, stranger, self.steps)
            self.look.take()

    def _play(self) -> None:
        assert self.look is not None, "looked at first"
        assert self.look.can is not None, "and found"
        self.begun(self.stage.namespace)
        journey = self.journey = Journey(self.stage, self.asker, self.steps)
        self.probes = Probes(self.stage, self.asker, self.steps, self.look.can, "")
        journey.play()
        self.probes.patient = journey.patient
        self.probes.take()

    def _cleaned(self) -> Cleaner:
        asker = Asker.after(self.asker, Patience(CLEANING_AT_MOST))
        patient = self.journey.patient if self.journey is not None else ""
        cleaner = Cleaner(self.stage, asker, self.steps, self.probes, patient)
        if self.look is None or self.look.can is None:
            return cleaner  # nothing was written
        try:
            cleaner.name() if self.keep else cleaner.clean()
        except KeyboardInterrupt:
            self.stopped = "stopped by a person, while it was cleaning up"
        except TimeOver:
            self.stopped = "its time was over while it was cleaning up"
        return cleaner

    def _name_what_is_left(self) -> None:
        done = {step.name for step in self.steps.done}
        for question in QUESTIONS:
            if question.name in done:
                continue
            if question.part == "cleaning" and self.keep:
                continue
            nothing = question.part == "cleaning" and not (self.look and self.look.can)
            self.steps.leave(question, "nothing was written" if nothing else self.stopped or NOT_REACHED)

    def _outcome(self, cleaner: Cleaner) -> Rehearsal:
        can = self.look.can if self.look is not None else None
        settings = self.stage.target.settings
        return Rehearsal(
            url=settings.url,
            software=can.software if can else "",
            software_version=can.version if can else "",
            said_by=self.stage.target.said_by,
            namespace=self.stage.namespace,
            patient="one that was there" if self.stage.target.patient else "of the rehearsal",
            begun=self.since,
            ended=datetime.now(UTC),
            steps=tuple(self.steps.done),
            left=tuple(cleaner.left),
            kept=self.keep,
            stopped=self.stopped,
            unreachable=self.steps.unreachable or (can is None and self.steps.silent),
            no_answer=self.look.no_answer if self.look is not None else None,
        )
