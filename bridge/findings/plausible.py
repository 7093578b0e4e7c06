"""Findings about what a session states that cannot be so: misdated, contradictory, unreadable, or without its time.

Source: law 2 (absent is absent: no time is put in the place of one) and law 4 (delivery only where the pump's own
record supports it). The fold judges by the same functions (bridge/course/plausible.py).
"""

from __future__ import annotations

from collections.abc import Iterator

from bridge.course import plausible
from bridge.course.programmes import same, states_something
from bridge.course.remarks import Finding, SessionFact
from bridge.findings.finding import finding
from bridge.interrogation import Bolus, Moment, Reading, Refill, stated
from bridge.quantity import Quantity

_UNTIL_READ = "What runs from then on is not known until the pump is read again."


def misdated(fact: SessionFact) -> Iterator[Finding]:
    """A state as left that is dated before its session, or a day or more after it: its time is not used."""
    if not plausible.is_misdated(fact.interrogation, fact.source):
        return
    left = fact.interrogation.channel.state("as-left")
    text = (
        f"The session of {fact.source.start.words} dates the pump as left at {_printed(left.at if left else None)}, "
        f"which the session cannot explain. That time is not used: what ran from the reading before until "
        f"{fact.source.read.words} is not known."
    )
    yield finding("as-left-misdated", fact.discriminator, fact.source, text)


def contradicted(fact: SessionFact) -> Iterator[Finding]:
    """A session that states no update, and another state as left than as found."""
    if plausible.contradicts_update(fact.interrogation):
        text = (
            f"The session of {fact.source.start.words} states that nothing was updated, and another state of the pump "
            f"as left than as found. {_UNTIL_READ}"
        )
        yield finding("update-contradicts", fact.discriminator, fact.source, text)


def unreadable(fact: SessionFact) -> Iterator[Finding]:
    """A session of which it cannot be read whether its update completed: as one that did not complete."""
    update = fact.interrogation.session.update
    if update is not None and update.value is None and "/session/update" not in fact.disputed:
        text = (
            f"Whether the session of {fact.source.start.words} updated the pump cannot be read "
            f"({_printed(update)}). {_UNTIL_READ}"
        )
        yield finding("update-unreadable", fact.discriminator, fact.source, text)


def at_one_instant(fact: SessionFact) -> Iterator[Finding]:
    """Boluses at one instant that differ, without numbers of the pump that would tell one from another."""
    for group in plausible.at_one_instant(fact.interrogation.channel.boluses):
        at = _printed(group[0].start)
        text = (
            f"The report of {fact.source.start.words} lists {len(group)} boluses that begin at {at} and differ: "
            f"{'; '.join(map(_bolus, group))}. Whether they are one bolus is not known; each is charted."
        )
        yield finding("boluses-at-one-instant", f"{fact.discriminator} {at}", fact.source, text)


def emptied(fact: SessionFact) -> Iterator[Finding]:
    """A reservoir that was emptied, of which no filling is told, as before a scan: that is no filling."""
    refills = fact.interrogation.channel.refills
    if refills and all(plausible.is_emptying(refill) for refill in refills):
        drawn = ", ".join(_amount(refill.aspirated) for refill in refills if refill.aspirated is not None)
        text = (
            f"In the session of {fact.source.start.words} the reservoir was emptied (aspirated: "
            f"{drawn or 'NOT RECORDED'}), and no filling is told of."
        )
        yield finding("reservoir-emptied", fact.discriminator, fact.source, text)


def untimed(fact: SessionFact) -> Iterator[Finding]:
    """What a session states to have been done, without a time that can be used."""
    channel = fact.interrogation.channel
    told = [
        f"bolus {_bolus(one)} (start {_printed(one.start)})"
        for one in plausible.distinct(channel.boluses)
        if not plausible.is_usable(one.start, fact.source)
    ]
    told += [_untimed_filling(one) for one in channel.refills if not _is_timed(one, fact)]
    told += [f"programme as left (since {_printed(left)})" for left in _untimed_programme(fact)]
    if told:
        text = (
            f"The report of {fact.source.start.words} gives no time that can be used for: {'; '.join(told)}. "
            "A bolus without its time is not charted as given; a filling, a priming and a bridge are charted with the "
            "day of the session; a programme with the end of the session."
        )
        yield finding("time-not-recorded", fact.discriminator, fact.source, text)


def _is_timed(refill: Refill, fact: SessionFact) -> bool:
    return any(plausible.is_usable(at, fact.source) for at in (refill.filled_at, refill.aspirated_at))


def _untimed_filling(refill: Refill) -> str:
    what = "emptying" if plausible.is_emptying(refill) else f"filling with {_amount(refill.filled)}"
    return f"{what} (time {_printed(refill.filled_at or refill.aspirated_at)})"


def _untimed_programme(fact: SessionFact) -> list[Reading[Moment] | None]:
    """The time of a programme as left that is another than the one as found, where it cannot be used."""
    interrogation = fact.interrogation
    left, found = interrogation.channel.state("as-left"), interrogation.channel.state("as-found")
    completed = stated(interrogation.session.update) == "completed"
    if left is None or left.programme is None or not completed or not states_something(left.programme):
        return []
    known = found.programme if found else fact.before.programme.programme if fact.before.programme else None
    if known is not None and same(left.programme, known):
        return []
    misdated_or_usable = stated(left.at) is not None
    return [] if misdated_or_usable else [left.at]


def _bolus(bolus: Bolus) -> str:
    return f"{stated(bolus.kind) or 'of kind NOT RECORDED'} {_amount(bolus.dose or bolus.programmed or bolus.volume)}"


def _amount(reading: Reading[Quantity] | None) -> str:
    amount = stated(reading)
    if amount is None:
        return "NOT RECORDED"
    unit = "micrograms" if amount.unit == "ug" else amount.unit
    return f"{amount.value} {unit}"


def _printed(reading: Reading[Moment] | Reading[str] | None) -> str:
    return f'"{reading.text}"' if reading is not None and reading.text else "NOT RECORDED"
