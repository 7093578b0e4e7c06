"""Findings about delivery: it was interrupted. Ward audience: a person at the bedside must know."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from bridge.course.clocks import Instant
from bridge.course.facts import Gap, days
from bridge.course.remarks import Condition, Finding, LateStopFact
from bridge.findings.finding import finding
from bridge.quantity import EXACT

_WHAT = {
    "motor-stall": "The pump recorded a motor stall on {at}{event}.",
    "pump-stopped": "The pump was stopped on {at}{event}.",
    "found-not-infusing": "The pump was found not infusing on {at}; since when is NOT RECORDED.",
}


def interrupted(gap: Gap) -> Iterator[Finding]:
    """Delivery interrupted: open while the gap is, ended by the session that read the recovery."""
    implicated = [("pump", "")]
    implicated += [("programme", gap.programme)] if gap.programme else []
    implicated += [("segment", name) for name in (gap.segment_before, gap.segment_after) if name]
    evidence = [("gap", gap.discriminator)]
    evidence += [("event", gap.discriminator)] if gap.number else []
    evidence += [("dose-not-delivered", gap.discriminator)] if gap.not_delivered else []
    yield Finding(
        code="delivery-interrupted",
        discriminator=gap.discriminator,
        audience="ward",
        severity="high",
        source=gap.source,
        since=gap.noticed or gap.start,
        text=_text(gap, calculated=True),
        plain=_text(gap, calculated=False),
        until=gap.read_closed if gap.closed else None,
        evidence=tuple(evidence),
        implicated=tuple(implicated),
    )


def _text(gap: Gap, *, calculated: bool) -> str:
    event = f" (event {gap.number})" if gap.number else ""
    begun = _WHAT[gap.reason].format(at=gap.start.words, event=event)
    if not gap.closed:
        return f"{begun} No recovery is recorded as read {gap.last_confirmed.words}."
    if gap.end is None:
        return f"{begun} It was over by {gap.last_confirmed.words}; when it ended is NOT RECORDED."
    ended = f"{begun} {_recovery(gap, gap.end)}"
    return f"{ended} {_lost(gap)}" if calculated else ended


def _recovery(gap: Gap, end: Instant) -> str:
    if gap.left_running:
        return f"It was left infusing on {end.words}."
    number = f" (event {gap.recovered_number})" if gap.recovered_number else ""
    return f"It recorded recovery on {end.words}{number}."


def _lost(gap: Gap) -> str:
    """The dose is an upper bound: stall and recovery are logged late. Source: MRI label 2008; scenario 10.

    A stop whose start is not recorded has no length.
    """
    assert gap.end is not None, "asked only of a gap with its end"
    if gap.reason == "found-not-infusing":
        return f"How much dose was not delivered cannot be calculated: {gap.no_dose_because}."
    seconds = int((gap.end.utc - gap.start.utc).total_seconds())
    hours = days(EXACT.divide(Decimal(seconds), Decimal(3600)))
    said = f"Nothing was delivered for {hours} h{'' if gap.left_running else ' by its log'}"
    label = "Calculated by pumpbridge, not the pump."
    if gap.not_delivered is None:
        return f"{said}. {label} How much dose that is cannot be calculated: {gap.no_dose_because}."
    return f"{said}: at most {gap.not_delivered.quantity.value} micrograms of the programmed dose. {label}"


def logged_late(fact: LateStopFact) -> Iterator[Finding]:
    """A stop told of only now, from within what had been charted as delivered. Source: the log of stalls lags."""
    what = "motor stall" if fact.code == "motor-stall" else "stop"
    text = (
        f"The pump's log, as read {fact.source.start.words}, tells of a {what} on {fact.at.words}, before the "
        f"delivery that was charted when it was read last. {_consequence(fact)}"
    )
    yield finding("stop-logged-late", fact.discriminator, fact.source, text, evidence=(("event", fact.discriminator),))


def _consequence(fact: LateStopFact) -> str:
    if fact.sealed:
        return "What was delivered around that time is not known; what was charted of it is left as it was."
    if fact.until is None:
        return "No recovery is recorded: what was delivered since then is not known."
    return f"It recorded recovery on {fact.until.words}. What was charted of that time is corrected."


def stopped_long(fact: Condition) -> Iterator[Finding]:
    """Stopped for more than 48 hours, by a stop that the pump states. Source: rules, alarms (alarms), scenario 11."""
    told = dict(fact.told)
    since = f"since {told['at']}"
    if told["began"] == "found":  # when it stopped is not recorded
        since = f"at least since it was found not infusing on {told['at']}"
    text = f"The pump has been stopped for more than 48 h, {since}, as read {fact.last_read.words}."
    if fact.until is not None:
        text = f"The pump was stopped for more than 48 h, {since}."
    yield _of(fact, "stopped-long", text)


def not_recovered(fact: Condition) -> Iterator[Finding]:
    """A stall that a later session, too, reads without its recovery. Source: rules, alarms; recovery is logged late."""
    since = f"The motor stall of {dict(fact.told)['at']} was read again without its recovery"
    ended = f", over by {fact.until.words}" if fact.until else f", last {fact.last_read.words}"
    yield _of(fact, "stall-without-recovery", f"{since} on {fact.since.words}{ended}.")


def _of(fact: Condition, code: str, text: str) -> Finding:
    return finding(
        code, fact.discriminator, fact.source, text, since=fact.since, until=fact.until, evidence=fact.places
    )
