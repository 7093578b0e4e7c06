"""The forecast: what the reservoir holds by the programme, and when it is low, empty, or to be refilled by then.

Source: rules, arithmetic 2 and 4: expected residual = volume filled - sum of flow x time while the background runs -
volume of every bolus, priming and bridge; a date = start + (volume - threshold) / flow, with patient boluses allowed
once with none and once with all of them taken. Promises: pure; elapsed time in UTC; exact until the one rounding (mL 4
places) or truncation (to the minute), and no rounded number is an input. A forecast is made as of a reading and does
not move with time; where an input is not known there is none, with the reason.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from bridge.course.clocks import Instant, told_at
from bridge.course.facts import Derived, Known, Mixture, Source
from bridge.interrogation import Reading, stated
from bridge.quantity import EXACT, Quantity, plain, rounded

DAY = Decimal(86400)
TERMS = 12  # that are told one by one; more are told as a sum
_FARTHEST = Decimal(100 * 366 * 86400)
DateKind = Literal["low", "empty", "refill-by"]
Taken = Literal["", "none", "all"]


@dataclass(frozen=True, slots=True)
class Cited:
    """An input of a derived value: its place in an export, its printed text, and the Observation that charts it."""

    export: str
    where: str
    text: str
    charted: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """A volume in mL that has left the reservoir, unrounded, and how it is told."""

    volume: Decimal
    words: str


@dataclass(frozen=True, slots=True)
class Tally:
    """What has left the reservoir since it held `volume` mL at `start`; the background is counted up to `counted`.

    `unknown` says why the sum is not known, if it is not. `waits`: the programme runs since `counted`, while it is not
    known which mixture leaves the line.
    """

    start: Instant
    counted: Instant
    volume: Decimal
    words: str
    terms: tuple[Term, ...] = ()
    inputs: tuple[Cited, ...] = ()
    unknown: str = ""
    waits: bool = False

    @property
    def left(self) -> Decimal:
        """What is left in mL, unrounded: may be negative."""
        return EXACT.subtract(self.volume, total(self.terms))

    @property
    def told(self) -> str:
        """The sum in words, without its result."""
        return " - ".join([self.words, *(term.words for term in self.terms)])


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow in mL/d, unrounded, and how it is told: 400.00 ug/d / 2000.0 ug/mL."""

    value: Decimal
    words: str


@dataclass(frozen=True, slots=True)
class PerDay:
    """What patient boluses take at most in a day, in mL, unrounded, and how it is told."""

    volume: Decimal
    words: str


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A date of the forecast: which, with which patient boluses taken ('' where none are allowed), when, and how."""

    kind: DateKind
    taken: Taken
    at: Instant
    arithmetic: str


@dataclass(frozen=True, slots=True)
class ForecastFact:
    """The forecast as of the reading of one session, beside what the pump states; `inputs` is what it was made from.

    `residual_because` and `dates_because` say why there is no residual, or a date is missing ('' where none is).
    """

    discriminator: str
    source: Source
    at: Instant
    residual: Derived | None = None
    residual_because: str = ""
    dates: tuple[Foreseen, ...] = ()
    dates_because: str = ""
    inputs: tuple[Cited, ...] = ()
    stated_low: Reading[date] | None = None
    stated_empty: Reading[date] | None = None


@dataclass(frozen=True, slots=True)
class ObservedFlow:
    """What left between two fillings, as a flow, and each drug's dose by it; `segment` is the interval's segment.

    `exact` is the flow in mL/d, unrounded: what a forecast goes on from.
    """

    discriminator: str
    source: Source
    start: Instant
    end: Instant
    segment: str
    filled: str
    flow: Derived
    exact: Decimal
    doses: tuple[tuple[str, Derived], ...] = ()
    mixture: Mixture | None = None


def total(terms: tuple[Term, ...]) -> Decimal:
    """The sum of volumes, exact."""
    found = Decimal(0)
    for term in terms:
        found = EXACT.add(found, term.volume)
    return found


def less(tally: Tally, term: Term) -> Tally:
    """The tally after a volume has left; a long sum keeps its first terms as one."""
    terms = (*tally.terms, term)
    if len(terms) > TERMS:
        sum_of = total(terms[:2])
        terms = (Term(sum_of, f"{volume_words(sum_of)} mL (before)"), *terms[2:])
    return dataclasses.replace(tally, terms=terms)


def run(flow: Flow, start: datetime, end: datetime) -> Term:
    """What a background takes in an interval: flow x time; instants in UTC."""
    seconds = Decimal(int((end - start).total_seconds()))
    volume = EXACT.divide(EXACT.multiply(flow.value, seconds), DAY)
    return Term(volume, f"({flow.words}) x {elapsed_words(seconds)}")


def until(tally: Tally, flow: Flow, at: Instant) -> Tally:
    """The tally with what runs counted up to an instant."""
    if at.utc <= tally.counted.utc:
        return tally
    return dataclasses.replace(less(tally, run(flow, tally.counted.utc, at.utc)), counted=at)


def residual(tally: Tally, flow: Flow | None, at: Instant) -> tuple[Derived | None, str]:
    """The expected residual at an instant, with what runs (None: nothing) since the tally was counted; else why not."""
    if tally.unknown:
        return None, tally.unknown
    tally = until(tally, flow, at) if flow is not None else tally
    if not tally.terms:
        return None, "it was filled at this reading"
    if tally.left < 0:
        return None, "by the programme more has left than was filled in"
    value = rounded(tally.left, 4)
    return Derived(Quantity(value, "mL"), f"{tally.told} = {value} mL"), ""


def foresee(
    tally: Tally,
    flow: Flow,
    thresholds: tuple[tuple[DateKind, Decimal], ...],
    extra: PerDay | None,
    read: Instant,
    zone: str,
) -> tuple[tuple[Foreseen, ...], str]:
    """The dates on which thresholds in mL are reached, and why one is missing. The zone only says how they are told.

    Patient boluses that may yet be taken count from the reading on: those before it have been.
    """
    dates: list[Foreseen] = []
    because = ""
    rows: list[tuple[Taken, Flow]] = [("none" if extra else "", flow)]
    if extra is not None:
        tally = until(tally, flow, read)
        rows.append(("all", Flow(EXACT.add(flow.value, extra.volume), f"{flow.words} + {extra.words}")))
    for kind, threshold in thresholds:
        room = EXACT.subtract(tally.left, threshold)
        for taken, rate in rows:
            seconds = EXACT.divide(EXACT.multiply(room, DAY), rate.value) if rate.value > 0 else _FARTHEST
            if room <= 0 or seconds >= _FARTHEST:
                because = because or _not_ahead(kind, tally, below=room <= 0)
                continue
            at = after(tally.counted, seconds, zone)
            dates.append(Foreseen(kind, taken, at, _arithmetic(tally, threshold, rate, seconds)))
    return tuple(dates), because


def _not_ahead(kind: DateKind, tally: Tally, *, below: bool) -> str:
    level = {"low": "low reservoir alarm volume", "empty": "empty reservoir", "refill-by": "refill volume"}[kind]
    if below:
        return f"by the programme the {level} was reached before {tally.counted.words}"
    return f"by the programme the {level} is not reached in a hundred years"


def _arithmetic(tally: Tally, threshold: Decimal, flow: Flow, seconds: Decimal) -> str:
    volume = f"({tally.told})" if tally.terms else tally.words
    room = f"({volume} - {threshold} mL)" if threshold else volume
    return f"{tally.counted.words} + {room} / ({flow.words}) = {elapsed_words(seconds)} later, truncated to the minute"


def after(start: Instant, seconds: Decimal, zone: str) -> Instant:
    """The instant some seconds later, truncated to the minute, as clocks show it then."""
    return told_at(start, start.utc + timedelta(seconds=int(seconds)), zone)


def elapsed_words(seconds: Decimal) -> str:
    """Elapsed time as the arithmetic tells it: whole days as days, everything else in seconds; `...` where cut off."""
    days = EXACT.divide(seconds, DAY)
    if days == days.to_integral_value():
        return f"{days:f} d"
    whole = int(seconds)
    return f"{whole}{'' if seconds == whole else '...'} s"


def volume_words(value: Decimal) -> str:
    """A volume as the arithmetic tells it: its digits, to eight places at most; `...` where cut off."""
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= -8:
        return f"{value:f}"
    return f"{plain(rounded(value, 8))}..."


def cited(known: Known[Quantity] | None) -> tuple[Cited, ...]:
    """A value that outlives its report, as an input."""
    if known is None or stated(known.reading) is None:
        return ()
    return (Cited(known.export, known.reading.where, known.reading.text),)
