"""Findings about sessions and reports: not completed, before the implant, in the future, contradictory, unread."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bridge.course.clocks import words
from bridge.course.infusion_facts import MessageFact
from bridge.course.remarks import Finding, IncompleteFact, NewsFact, SessionFact
from bridge.findings.finding import finding
from bridge.interrogation import stated


def not_completed(fact: IncompleteFact) -> Iterator[Finding]:
    """An update that did not complete: whether the pump runs, and on which programme, is not known until it is read."""
    text = f"The pump's update of {fact.source.start.words} did not complete: its state from then on is not known"
    ended = f" until it was read on {fact.until.words}." if fact.until else "."
    yield Finding(
        code="session-not-completed",
        discriminator=fact.discriminator,
        audience="ward",
        severity="high",
        source=fact.source,
        since=fact.source.start,
        text=text + ended,
        until=fact.until,
        evidence=(("document", fact.source.exports[0]),),
        implicated=(("pump", ""),),
    )


def contradictions(fact: SessionFact) -> Iterator[Finding]:
    """A session dated before the implant, and exports of one session that disagree."""
    source = fact.source
    evidence = tuple(("document", sha256) for sha256 in source.exports)
    if fact.before_implant is not None:
        text = f"The session of {source.start.words} is dated before the implant ({words(fact.before_implant)})."
        yield Finding(
            "session-before-implant", fact.discriminator, "clinic", "moderate", source, source.start, text,
            evidence=evidence, implicated=(("pump", ""),),
        )  # fmt: skip
    yield from disagree(fact)


def disagree(fact: SessionFact | MessageFact) -> Iterator[Finding]:
    """Exports of one session that disagree."""
    if not fact.disputed:
        return
    source, names = fact.source, ", ".join(path.strip("/").replace("_", " ") for path in fact.disputed)
    text = (
        f"{len(source.exports)} exports of the session of {source.start.words} disagree, and neither says that it "
        f"corrects the other. The disputed values are withheld: {names}."
    )
    yield Finding(
        "exports-disagree", fact.discriminator, "clinic", "high", source, source.start, text,
        evidence=tuple(("document", sha256) for sha256 in source.exports), implicated=(("pump", ""),),
    )  # fmt: skip


def read_before_implant(fact: SessionFact) -> Iterator[Finding]:
    """The first report that states the implant, where the pump was read before that day by an earlier one."""
    known, before = fact.pump.implanted if fact.pump else None, fact.before.pump
    day = stated(known.reading) if known else None
    told = before is not None and before.implanted is not None
    read = fact.before.last_read
    if day is None or told or fact.before_implant or read is None or datetime.fromisoformat(read.printed).date() >= day:
        return
    text = (
        f"The session read {read.words} is dated before the implant ({words(day)}), which the report of "
        f"{fact.source.start.words} states."
    )
    evidence = tuple(("document", sha256) for sha256 in fact.source.exports)
    name = f"{fact.discriminator} earlier"
    yield finding("session-before-implant", name, fact.source, text, since=read, evidence=evidence)


def news(fact: NewsFact) -> Iterator[Finding]:
    """A newer export that cannot be used: what the chart says may be out of date."""
    at = f" of {fact.at.words}" if fact.at else ""
    if fact.kind == "future":
        yield Finding(
            "future-session", fact.discriminator, "clinic", "moderate", fact.source, fact.source.start,
            f"A report says that its session is on {fact.source.start.words}, which lies in the future. It is not "
            "charted until then; from the reading before it on, the pump's state is not known.",
            implicated=(("pump", ""),),
        )  # fmt: skip
        return
    yield Finding(
        "newer-export-unreadable", fact.discriminator, "ward", "high", fact.source, fact.source.read,
        f"A newer report{at} of this pump could not be used: it cannot be read, or names no patient. From then on the "
        "pump's state is not known.",
        implicated=(("pump", ""),),
    )  # fmt: skip


def reprinted(fact: SessionFact) -> Iterator[Finding]:
    """Several exports of one session that say the same: nothing changes by the second one."""
    source = fact.source
    if len(source.exports) < 2 or fact.disputed or source.corrected:
        return
    text = f"{len(source.exports)} exports report the session of {source.start.words} and say the same."
    evidence = tuple(("document", sha256) for sha256 in source.exports)
    yield finding("report-reprinted", fact.discriminator, source, text, evidence=evidence)
