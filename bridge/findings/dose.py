"""Findings on doses: they changed much, or do not fit the flow, the steps, the boluses or the pump's limits.

Sources: the programming error in which an hourly step was entered for a daily one (ISMP: more than 30 % is worth a
look, twice the dose is critical), and dose = flow x concentration = sum of the steps, held together within the
printed digits. Nothing is repaired and no dose is called right or wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from bridge.course.clocks import Instant
from bridge.course.facts import ProgrammeFact
from bridge.course.pages import Page
from bridge.course.programmes import step_minutes
from bridge.course.remarks import Finding, SessionFact
from bridge.families.facts import Key
from bridge.families.table import family_of
from bridge.findings.agreement import Triangle, drugs_of, states, triangles
from bridge.findings.finding import finding
from bridge.findings.printed import NOTHING, Bounds, bounds, printed, told
from bridge.interrogation import Programme, State, Step, stated
from bridge.quantity import EXACT, Quantity, plain, rounded

CALCULATED = "Calculated by pumpbridge, not the pump."
TWICE = Fraction(2)
LARGE = Fraction(3, 10)
A_DAY = 1440


# --- what flow, dose, concentration, steps and boluses say together -------------------------------------------------


def contradictions(fact: SessionFact) -> Iterator[Finding]:
    """Flow, dose and concentration, the steps, or the repeated boluses, that do not make the stated daily dose."""
    yield from _together(fact, "dose-triangle", [_triangle(one) for one in triangles(fact) if not one.agrees])
    programmes = [(at, programme) for at, _, programme in states(fact)]
    steps = [_sum(at, "The steps", programme, of_steps(programme)) for at, programme in programmes]
    yield from _together(fact, "step-sum", [one for one in steps if one])
    boluses = [_sum(at, "The repeated boluses", programme, _of_boluses(programme)) for at, programme in programmes]
    yield from _together(fact, "periodic-sum", [one for one in boluses if one])


def _together(fact: SessionFact, code: str, said: list[tuple[str, str]]) -> Iterator[Finding]:
    """One finding of a session, whatever the number of its states that it holds for."""
    if said:
        head = f"In the session of {fact.source.start.words}: "
        text, unlabelled = (" ".join(dict.fromkeys(parts)) for parts in zip(*said, strict=True))
        yield finding(
            code, fact.discriminator, fact.source, f"{head}{text} {CALCULATED}", plain=f"{head}{unlabelled}",
            evidence=(("summary", fact.discriminator),),
        )  # fmt: skip


def _triangle(one: Triangle) -> tuple[str, str]:
    parts = [told(reading.value) for reading in (one.flow, one.concentration, one.daily) if reading.value]
    plainly = f"as {one.at}, flow {parts[0]}, concentration {parts[1]} and daily dose {parts[2]} of {one.drug}"
    flow, concentration = one.flow.value, one.concentration.value
    assert flow is not None, "a triangle is stated"
    assert concentration is not None, "a triangle is stated"
    a_day = EXACT.multiply(flow.value, Decimal(24)) if flow.unit == "mL/h" else flow.to("mL/d").value
    made = plain(rounded(EXACT.multiply(a_day, concentration.to("ug/mL").value), 1))
    said = f"{plainly} do not agree within their printed digits"
    return f"{said}: the first two make {made} micrograms/day.", f"{said}."


def _sum(at: str, what: str, programme: Programme, parts: Bounds | None) -> tuple[str, str] | None:
    daily = printed(programme.doses[0].daily) if programme.doses else None
    if daily is None or parts is None or bounds(daily, "ug/d").meets(parts):
        return None
    middle = plain(rounded(EXACT.divide(EXACT.add(parts.low, parts.high), Decimal(2)), 1))
    said = f"as {at}, {what[0].lower()}{what[1:]} do not make the stated daily dose of {told(daily)}"
    return f"{said}: they make {middle} micrograms/day.", f"{said}."


def of_steps(programme: Programme) -> Bounds | None:
    """What the steps of a day can make together in ug/d; None where one of them does not tell."""
    whole = NOTHING
    for step in programme.steps:
        part = _of_step(step)
        if part is None:
            return None
        whole = whole.plus(part)
    return whole if programme.steps else None


def _of_step(step: Step) -> Bounds | None:
    dose, rate = printed(step.dose), printed(step.rate)
    if step.dose is not None:
        return bounds(dose, "ug") if dose else None
    start, end = stated(step.start), stated(step.end)
    if rate is None or start is None or end is None:
        return None
    return bounds(rate, "ug/h").by(step_minutes(start, end), 60)


def _of_boluses(programme: Programme) -> Bounds | None:
    """What the repeated boluses can make in a day; the interval is set and not measured: it is taken as exact."""
    periodic = programme.periodic
    dose, interval = (printed(periodic.dose), printed(periodic.interval)) if periodic else (None, None)
    if dose is None or interval is None or not interval.value:
        return None
    minutes = Fraction(interval.value) * (60 if interval.unit == "h" else 1)
    times = Fraction(A_DAY) / minutes
    return bounds(dose, "ug").by(times.numerator, times.denominator)


# --- the family's limits ---------------------------------------------------------------------------------------------


def outside_limits(fact: SessionFact) -> Iterator[Finding]:
    """A daily dose below the family's least flow times the concentration, or above its greatest. Source: families."""
    said = [words for at, state, programme in states(fact) for words in _outside(fact, at, programme, state)]
    if said:
        text = f"In the session of {fact.source.start.words}: {' '.join(dict.fromkeys(said))} {CALCULATED}"
        yield finding(
            "dose-outside-limits", fact.discriminator, fact.source, text, plain="",
            evidence=(("summary", fact.discriminator),),
        )  # fmt: skip


_LIMITS: tuple[tuple[Key, str], ...] = (("flow-min", "below the least"), ("flow-max", "above the most"))


def _outside(fact: SessionFact, at: str, programme: Programme, state: State) -> Iterator[str]:
    daily = printed(programme.doses[0].daily) if programme.doses else None
    drugs = drugs_of(fact, state)
    concentration = printed(drugs[0].concentration) if drugs else None
    if daily is None or concentration is None or stated(programme.mode) not in ("simple-continuous", "flex"):
        return
    dose = bounds(daily, "ug/d")
    for key, word in _LIMITS:
        limit = _limit(fact, key)
        if limit is None:
            continue
        flow, note = limit
        edge = EXACT.multiply(flow.to("mL/d").value, concentration.to("ug/mL").value)
        if dose.high < edge if key == "flow-min" else dose.low > edge:
            yield (
                f"as {at}, {told(daily)} at {told(concentration)} is {word} that {told(flow)} can make, "
                f"{plain(edge)} micrograms/day. {note}"
            )


def _limit(fact: SessionFact, key: Key) -> tuple[Quantity, str] | None:
    """A flow limit of the pump's family, and where it is from; None for a family that is not known."""
    pump = fact.pump
    model = stated(pump.model.reading) if pump else None
    family = family_of(stated(pump.manufacturer.reading) if pump else None, model)
    found = family.fact(key, model=model or "", unverified=True) if family else None
    if family is None or found is None:
        return None
    if found.status == "unverified":
        return found.quantity, f"That flow limit of {family.name} is background knowledge that no document confirmed."
    return found.quantity, f"Flow limit of {family.name}: {found.source}, {found.date}."


# --- changes ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """A daily dose of one drug that became another, as found or as left."""

    at: str
    old: Fraction
    new: Fraction

    @property
    def ratio(self) -> Fraction:
        """The new dose over the old."""
        return self.new / self.old


def changes(fact: SessionFact) -> Iterator[Change]:
    """What was left to what is found, and what was found (or left before) to what is left."""
    known = fact.before.programme.programme if fact.before.programme else None
    given = {at: programme for at, _, programme in states(fact)}
    found, left = given.get("found") or given.get("observed"), given.get("left")
    for at, old, new in (("found", known, found), ("left", found or known, left)):
        before, after = (day_dose(one) if one and stated(one.mode) != "stopped" else None for one in (old, new))
        if old and new and before and after and _one_drug(old, new):
            yield Change(at, before, after)


def _one_drug(old: Programme, new: Programme) -> bool:
    names = {(stated(one.doses[0].drug) or "").lower() for one in (old, new) if one.doses}
    return len(names - {""}) < 2


def day_dose(programme: Programme) -> Fraction | None:
    """The primary drug's daily dose in ug: stated, else of the steps, else of the repeated boluses."""
    daily = printed(programme.doses[0].daily) if programme.doses else None
    if daily is not None:
        return Fraction(daily.to("ug/d").value)
    whole = hours(programme)
    if whole:
        return sum((rate * minutes / 60 for rate, minutes in whole), Fraction(0))
    periodic = _of_boluses(programme)
    return (Fraction(periodic.low) + Fraction(periodic.high)) / 2 if periodic else None


def changed(fact: SessionFact) -> Iterator[Finding]:
    """A dose twice as high or half as low, for which no report gives a reason, or one that moved by more than 30 %.

    Source: ISMP, where a session to adjust the dose made the error: that it was one is no reason. That a fall counts
    like a rise is the bridge's own rule.
    """
    for change in changes(fact):
        twice = change.ratio >= TWICE or change.ratio <= 1 / TWICE
        if twice:
            yield _change(fact, change, "dose-change-unexplained", _why(change))
        elif abs(change.ratio - 1) > LARGE:
            yield _change(fact, change, "dose-change-large", "")


def _why(change: Change) -> str:
    if change.at == "found":
        return " No report says when or why it changed."
    return " The report gives no reason for it."


def _change(fact: SessionFact, change: Change, code: str, why: str) -> Finding:
    before = fact.before
    was, now = (plain(_number(value)) for value in (change.old, change.new))
    since = f", as last read {before.last_read.words}," if change.at == "found" and before.last_read else ""
    session = fact.source.start.words
    text = f"The programmed daily dose was {was} micrograms{since} and is {now} micrograms, as {change.at} {session}."
    times = plain(rounded(_number(change.ratio), 3))
    known = (("programme", before.programme.discriminator),) if before.programme else ()
    return finding(
        code, f"{fact.discriminator} {change.at}", fact.source, f"{text}{why} That is {times} times it. {CALCULATED}",
        plain=f"{text}{why}", evidence=(("summary", fact.discriminator),), implicated=(("pump", ""), *known),
    )  # fmt: skip


def _number(value: Fraction) -> Decimal:
    return EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))


# --- a step that fills the day ---------------------------------------------------------------------------------------


def step_repeated(page: Page) -> Iterator[Finding]:
    """What only a part of the day had, every hour has now, and the daily dose is twice as high or more.

    Source: ISMP (60 micrograms meant for one hour a day were programmed for every hour: 405 became 1440). It lasts
    as long as the programme is in force.
    """
    for fact in page.facts:
        peak = _filled(fact) if isinstance(fact, ProgrammeFact) else None
        if isinstance(fact, ProgrammeFact) and peak is not None:
            yield _step_repeated(page, fact, peak)


def _filled(fact: ProgrammeFact) -> tuple[Fraction, int] | None:
    """The rate an hour that fills the day now, and for how many minutes it ran before; None where it is not so."""
    old, new = (hours(fact.was) if fact.was else None), hours(fact.programme)
    rates = {rate for rate, _ in new} if new else set()
    if not old or not new or len(rates) != 1 or sum(minutes for _, minutes in new) != A_DAY:
        return None
    (rate,) = rates
    minutes = sum(minutes for one, minutes in old if one == rate)
    before = sum((one * length / 60 for one, length in old), Fraction(0))
    others = all(one <= rate for one, _ in old)
    return (rate, minutes) if others and 0 < minutes < A_DAY and rate * 24 >= TWICE * before else None


def hours(programme: Programme) -> list[tuple[Fraction, int]] | None:
    """The primary drug's rates in ug an hour, each with its minutes of the day; None where they are not known."""
    daily = printed(programme.doses[0].daily) if programme.doses else None
    if not programme.steps:
        steady = stated(programme.mode) == "simple-continuous" and daily is not None
        return [(Fraction(daily.to("ug/d").value) / 24, A_DAY)] if steady and daily else None
    found = [_hourly(step) for step in programme.steps]
    return None if None in found else [one for one in found if one is not None]


def _hourly(step: Step) -> tuple[Fraction, int] | None:
    start, end = stated(step.start), stated(step.end)
    if start is None or end is None:
        return None
    minutes, dose, rate = step_minutes(start, end), printed(step.dose), printed(step.rate)
    if dose is not None:
        return Fraction(dose.to("ug").value) * 60 / minutes, minutes
    return (Fraction(rate.to("ug/h").value), minutes) if rate is not None else None


def _step_repeated(page: Page, fact: ProgrammeFact, peak: tuple[Fraction, int]) -> Finding:
    rate, minutes = peak
    assert fact.was is not None, "the caller asked"
    old, new = day_dose(fact.was), day_dose(fact.programme)
    begun = fact.start or fact.found
    text = f"The day programme of {begun.words} gives in every hour what the one before gave only in a part of the day."
    numbers = ""
    if old is not None and new is not None:
        numbers = (
            f" {_said(rate)} micrograms an hour ran for {_said(Fraction(minutes, 60))} h of the day and now run for "
            f"24 h; the daily dose was {_said(old)} micrograms and is {_said(new)}. {CALCULATED}"
        )
    return finding(
        "step-repeated", fact.discriminator, fact.source, text + numbers, since=begun, until=_over(page, fact),
        evidence=(("programme", fact.discriminator),), plain=text,
        implicated=(("pump", ""), ("programme", fact.discriminator)),
    )  # fmt: skip


def _said(value: Fraction) -> str:
    return plain(rounded(_number(value), 1))


def _over(page: Page, fact: ProgrammeFact) -> Instant | None:
    """When a programme was over: as dated, else when the session that ended it was read."""
    if fact.ended is None:
        return None
    reads = [one.source.read for one in page.facts if isinstance(one, SessionFact)]
    return fact.end or fact.next_found or next(iter(reads), fact.source.read)
