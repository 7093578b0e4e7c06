"""What is remarked of a course beside what happened: sessions, doubtful news, conditions that last, and findings.

A remark is a fact like the others: it stands on a page, and a sealed page keeps it. A finding is made of facts by
bridge/findings; the fold itself makes none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from bridge.course.clocks import Instant
from bridge.course.facts import CatheterFact, FillFact, Gap, Mixture, PatientFact, ProgrammeFact, PumpFact, Source
from bridge.interrogation import Interrogation, Longevity, Reservoir


@dataclass(frozen=True, slots=True)
class Before:
    """What was known when a session began: what findings compare it with. None: not known."""

    last_read: Instant | None = None
    pump: PumpFact | None = None
    patient: PatientFact | None = None
    programme: ProgrammeFact | None = None
    mixture: Mixture | None = None
    fill: FillFact | None = None
    gap: Gap | None = None
    reservoir: Reservoir | None = None
    longevity: Longevity | None = None


@dataclass(frozen=True, slots=True)
class SessionFact:
    """What findings ask of a session: all that its exports say, pump and catheter as known after it, what was before.

    `before_implant` is the implant date that it precedes; `disputed` are the values that its exports contradict.
    """

    discriminator: str
    source: Source
    before_implant: date | None = None
    disputed: tuple[str, ...] = ()
    interrogation: Interrogation = field(default_factory=Interrogation)
    pump: PumpFact | None = None
    catheter: CatheterFact | None = None
    before: Before = Before()


@dataclass(frozen=True, slots=True)
class IncompleteFact:
    """A session whose update did not complete: the state is unknown until the next interrogation."""

    discriminator: str
    source: Source
    until: Instant | None = None


@dataclass(frozen=True, slots=True)
class LateStopFact:
    """A stop that the log tells of only now, from before the running segment began: delivery then is doubtful.

    `until` is its recovery, where that is recorded. `sealed`: it lies before the last filling (or none is known), so
    that what was charted of that time stays as it was.
    """

    discriminator: str
    source: Source
    at: Instant
    code: str
    segment: str
    until: Instant | None = None
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class LogFact:
    """What a session's log lacks: numbers (first, last), recoveries and stalls without the other half, unknown rows.

    `last_read` is when the pump was read before; `unknown` are the printed words of rows whose code is not known.
    """

    discriminator: str
    source: Source
    last_read: Instant | None
    missing: tuple[tuple[int, int], ...] = ()
    stalls: tuple[Instant, ...] = ()
    recoveries: tuple[Instant, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewsFact:
    """A newer export that cannot be used yet (open page): unreadable, or of a session in the future."""

    kind: Literal["unreadable", "future"]
    discriminator: str
    source: Source
    at: Instant | None


@dataclass(frozen=True, slots=True)
class NewerPumpFact:
    """A pump of the same patient that was implanted later (open page): most likely `instead` of this one; or `beside`
    it, where this one was read since. `since` is the beginning of that day; `source` is the last session of this pump,
    with the export that states the day.
    """

    kind: Literal["instead", "beside"]
    discriminator: str
    source: Source
    implanted: date
    since: Instant
    last_read: Instant
    segment: str | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that lasts from one session to another: open (in the State) until a later session ends it.

    `kind` is what lasts, `told` are its numbers and words as (name, text), for the finding's text; `places` name facts
    as a finding's evidence does. One that ended is sealed on the page of the session that ended it. `due` is when it is
    over by itself, by calculation: from then on the open page shows it as ended.
    """

    kind: str
    discriminator: str
    source: Source
    since: Instant
    last_read: Instant
    told: tuple[tuple[str, str], ...] = ()
    places: tuple[tuple[str, str], ...] = ()
    until: Instant | None = None
    due: Instant | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something noticed and not repaired. Evidence and implicated name facts by (kind, discriminator).

    `plain` is the text where derived values are switched off: None, the same; empty, then there is no finding.
    Kinds: pump (discriminator ''), programme, segment, gap, event, summary, fill, document (SHA-256),
    dose-not-delivered (of a gap). `since` is when the finding's subject began; `source.read` is when it was noticed.
    """

    code: str
    discriminator: str
    audience: Literal["ward", "clinic", "operator"]
    severity: Literal["high", "moderate", "low"]
    source: Source
    since: Instant
    text: str
    until: Instant | None = None
    evidence: tuple[tuple[str, str], ...] = ()
    implicated: tuple[tuple[str, str], ...] = ()
    plain: str | None = None


@dataclass(frozen=True, slots=True)
class StandingFact:
    """A finding of the newest session that has no end of its own (open page); the next session's page seals its end.

    Each destination decides whether it stands: only what is for the ward there does, the rest stays on its own page.
    """

    finding: Finding
    until: Instant | None = None
