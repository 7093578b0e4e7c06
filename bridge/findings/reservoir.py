"""Findings about the reservoir: what was filled in and drawn off, the dates of the next filling, and running dry.

Sources: rules, arithmetic 3 (ratio and floor), cases P2 (large residual twice), P6 (pocket fill), P7 (alarm volume),
scenarios 5, 6 and 9; safety alert Hong Kong 1016 (over-infusion is more than 14.5 % above what was programmed).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from bridge.course.clocks import words
from bridge.course.facts import FillFact
from bridge.course.filling import capacity_of, floor_of
from bridge.course.lasting import AHEAD
from bridge.course.remarks import Condition, Finding, SessionFact
from bridge.findings.finding import Names, finding
from bridge.interrogation import Reading, Reservoir, stated
from bridge.quantity import EXACT, Quantity

CALCULATED = "Calculated by pumpbridge, not the pump."
_NOW = "Whether anything is delivered is not known."
_SAID = {
    "over-infusion": "Less was drawn off than expected: more has left the reservoir than was programmed",
    "under-delivery": "More was drawn off than expected: less has left the reservoir than was programmed",
}


def agreement(fact: FillFact) -> Iterator[Finding]:
    """What has left the reservoir since the filling before is not what was programmed; twice in a row too little."""
    if fact.doubt is None or fact.ratio is None or fact.span_start is None:
        return
    evidence = (("fill", fact.previous or ""), ("fill", fact.discriminator), ("delivered-ratio", fact.discriminator))
    volumes = f"{_ml(fact.expected)} expected, {_ml(fact.aspirated)} drawn off"
    span = f"since the filling of {fact.span_start.words}"
    unknown = f"What was delivered {span} is not known."
    number = f" Volume gone over volume expected to be gone: {fact.ratio.quantity.value}. {CALCULATED}"
    head = f"{_SAID[fact.doubt]} {span} ({volumes}, {fact.at.words}). {unknown}"
    yield finding(
        fact.doubt, fact.discriminator, fact.source, f"{head}{number}", plain=head, since=fact.at, evidence=evidence
    )
    yield from _hardly_any(fact, evidence[:2])
    if fact.doubt == fact.doubt_before == "under-delivery":
        text = f"{_SAID[fact.doubt]}, at two fillings in a row ({volumes}, {fact.at.words})."
        yield finding(
            "residual-large-again", fact.discriminator, fact.source, text, since=fact.at, evidence=evidence[:2]
        )


def _hardly_any(fact: FillFact, evidence: Names) -> Iterator[Finding]:
    """No more has left the reservoir than refills may be off by: for the ward. Source: case P2, Maino 2017 (floors)."""
    held, drawn, floor = _amount(fact.held), _amount(fact.aspirated), floor_of(fact.capacity)
    if fact.doubt != "under-delivery" or held is None or drawn is None or floor is None or fact.span_start is None:
        return
    if EXACT.subtract(held.value, drawn.value) > floor:
        return
    text = (
        f"Of {_ml(fact.held)} filled in on {fact.span_start.words} {_ml(fact.aspirated)} was drawn off on "
        f"{fact.at.words}; {_ml(fact.expected)} was expected. By these volumes hardly anything has left the reservoir "
        "between. What the pump delivers since then is not known from them."
    )
    yield finding("not-delivering", fact.discriminator, fact.source, text, since=fact.at, evidence=evidence)


def volumes(fact: FillFact) -> Iterator[Finding]:
    """Volumes of a filling that cannot be: of the residual, above the capacity, below the alarm volume."""
    evidence = (("fill", fact.discriminator),)
    filled, held = _amount(fact.filled), _amount(fact.held)
    for code, text in (
        ("residual-impossible", _residual(fact, held)),
        ("fill-above-capacity", _above(fact, filled)),
        ("alarm-above-fill", _alarm(fact, filled)),
    ):
        if text:
            yield finding(code, fact.discriminator, fact.source, text, since=fact.at, evidence=evidence)


def _residual(fact: FillFact, held: Quantity | None) -> str:
    for reading, what in ((fact.aspirated, "drawn off"), (fact.expected, "expected by the pump")):
        left = _amount(reading)
        if left is not None and left.value < 0:
            return f"The volume {what} before the filling of {fact.at.words} is negative: {_ml(reading)}."
        if left is not None and held is not None and left.value > held.value:
            before = f"was filled in before ({_ml(fact.held)})"
            return f"The volume {what} before the filling of {fact.at.words} ({_ml(reading)}) is more than {before}."
    return ""


def _above(fact: FillFact, filled: Quantity | None) -> str:
    if filled is None or fact.capacity is None or filled.value <= fact.capacity.to("mL").value:
        return ""
    return f"On {fact.at.words} {_ml(fact.filled)} was filled into a reservoir of {fact.capacity.value} mL."


def _alarm(fact: FillFact, filled: Quantity | None) -> str:
    alarm = _amount(fact.alarm_volume)
    if filled is None or alarm is None or alarm.value <= filled.value:
        return ""
    return (
        f"The alarm volume ({_ml(fact.alarm_volume)}) is more than what was filled in on {fact.at.words} "
        f"({_ml(fact.filled)})."
    )


def pocket(fact: FillFact) -> Iterator[Finding]:
    """Less was measured in the reservoir after a filling than was filled in. Source: Maino 2017, the floors by size."""
    filled, after, floor = _amount(fact.filled), _amount(fact.measured_after), floor_of(fact.capacity)
    if filled is None or after is None or floor is None or EXACT.subtract(filled.value, after.value) <= floor:
        return
    text = (
        f"On {fact.at.words} {_ml(fact.filled)} was filled in; {_ml(fact.measured_after)} was measured in the "
        f"reservoir afterwards. Where the rest is, is not known."
    )
    yield finding(
        "pocket-fill", fact.discriminator, fact.source, text, since=fact.at, evidence=(("fill", fact.discriminator),)
    )


# --- the dates of the next filling -----------------------------------------------------------------------------------


def dates(fact: SessionFact) -> Iterator[Finding]:
    """A refill-by date that a filling left as it was."""
    by = _refill_by(fact.before.reservoir)
    if by is None or fact.before.last_read is None:
        return
    session = datetime.fromisoformat(fact.source.start.printed).date()
    filled = _filled(fact)
    now = fact.interrogation.channel.reservoir
    if filled and session in filled and _refill_by(now) == by:
        text = f"The refill-by date is {words(by)} as before the filling of {words(session)}."
        yield finding("refill-date-unchanged", fact.discriminator, fact.source, text, evidence=_summary(fact))


def _filled(fact: SessionFact) -> set[date]:
    """The days on which this session says that the reservoir was filled since the one before; its own where unsaid."""
    last, found = fact.before.last_read, set[date]()
    for refill in fact.interrogation.channel.refills:
        moment = stated(refill.filled_at) or stated(refill.aspirated_at)
        printed = moment.local if moment else datetime.fromisoformat(fact.source.start.printed).replace(tzinfo=None)
        if last is None or printed > datetime.fromisoformat(last.printed).replace(tzinfo=None):
            found.add(printed.date())
    return found


def _summary(fact: SessionFact) -> tuple[tuple[str, str], ...]:
    return (("summary", fact.discriminator),)


def _refill_by(reservoir: Reservoir | None) -> date | None:
    return stated(reservoir.refill_by) if reservoir else None


def soon(fact: Condition) -> Iterator[Finding]:
    """The refill-by date is less than 14 days away: the office that plans it may want to know."""
    by = words(date.fromisoformat(dict(fact.told)["by"]))
    now = "was" if fact.until else "is"
    text = (
        f"The reservoir {now} to be refilled by {by}, a date that the pump's report states; from {fact.since.words} on "
        f"that {now} {AHEAD.days} days away or less. Last read {fact.last_read.words}."
    )
    yield _of(fact, "refill-soon-due", text)


def missed(fact: Condition) -> Iterator[Finding]:
    """The refill-by date passed without a filling: by time alone, whether or not the pump was read again."""
    by = words(date.fromisoformat(dict(fact.told)["by"]))
    text = f"The reservoir was to be refilled by {by}; as read {fact.last_read.words} no filling by then is recorded."
    yield _of(fact, "refill-missed", text)


def above_capacity(fact: SessionFact) -> Iterator[Finding]:
    """A state of the session gives more volume than the reservoir holds: what is reckoned from it is wrong."""
    capacity = capacity_of(fact.pump)
    if capacity is None:
        return
    most, said = capacity.to("mL"), list[str]()
    for state in fact.interrogation.channel.states:
        volume = _amount(state.volume) if state.volume and state.volume.bound != "<" else None
        if volume is not None and volume.value > most.value:
            said.append(f"{_ml(state.volume)}{_AS.get(stated(state.tag) or '', '')}")
    if said:
        text = (
            f"In the session of {fact.source.start.words} the reservoir volume is {', '.join(dict.fromkeys(said))}; "
            f"the reservoir holds {most.value} mL."
        )
        yield finding("volume-above-capacity", fact.discriminator, fact.source, text, evidence=_summary(fact))


_AS = {"as-found": " as found", "as-left": " as left", "pending": " pending"}


# --- running dry ------------------------------------------------------------------------------------------------------


def dry(fact: Condition) -> Iterator[Finding]:
    """The reservoir may be dry: by the pump's word, by its date, or by volume and flow. Source: scenarios 9 and 16."""
    told, read = dict(fact.told), f"as read {fact.last_read.words}"
    since = _doubt(fact, f"From {fact.since.words}", "Whether anything is delivered since then is not known.")
    if told["basis"] == "pump":
        said = _by_the_pump(fact, told)
        earlier, plain = _before(fact, told), f"{said} {_doubt(fact, 'From then', _NOW)}"
        calculated = told.get("before") == "calculated"
        yield _of(fact, "past-dry-date", f"{said}{earlier} {since}", plain if calculated else None)
        return
    if told["basis"] == "stated":
        text = f"The reservoir was due to be empty by {fact.since.words}, by the pump, {read}. {since}"
        yield _of(fact, "past-dry-date", text)
        return
    plain = f"The reservoir may have run dry, by its volume and flow {read}. {_doubt(fact, 'From then', _NOW)}"
    text = f"The reservoir may have run dry on {fact.since.words}, by its volume and flow {read}. {since} {CALCULATED}"
    yield _of(fact, "past-dry-date", text, plain)


def _by_the_pump(fact: Condition, told: dict[str, str]) -> str:
    last = fact.last_read.words
    if told["how"] == "alarm":
        return f"The pump gave the alarm of an empty reservoir when it was read on {told['at']} (last read {last})."
    return f"The pump recorded an empty reservoir on {told['at']}, as read {last}."


def _before(fact: Condition, told: dict[str, str]) -> str:
    """Since when the reservoir may have been empty before the pump said so: what is calculated is said to be."""
    if told.get("before") == "calculated":
        return f" By its volume and flow it may have run dry on {told['from']} already. {CALCULATED}"
    return f" It was due to be empty by {told['from']}, by the pump." if "before" in told else ""


def _doubt(fact: Condition, since: str, now: str) -> str:
    """What is not known: of now while it lasts, of the time from then on once it is over."""
    if fact.until is None:
        return now
    if fact.until.utc <= fact.since.utc:  # the pump said so, and a filling from before that was told of later
        return "What was delivered around then is not known."
    filled = "the filling of " if dict(fact.told).get("over") == "filled" else ""
    return f"{since} until {filled}{fact.until.words} it is not known what was delivered."


def _of(fact: Condition, code: str, text: str, plain: str | None = None) -> Finding:
    return finding(
        code, fact.discriminator, fact.source, text, since=fact.since, until=fact.until, evidence=fact.places,
        plain=plain,
    )  # fmt: skip


def _amount(reading: Reading[Quantity] | None) -> Quantity | None:
    quantity = stated(reading)
    return quantity.to("mL") if quantity is not None else None


def _ml(reading: Reading[Quantity] | None) -> str:
    quantity = _amount(reading)
    return f"{quantity.value} mL" if quantity is not None else "NOT RECORDED"
