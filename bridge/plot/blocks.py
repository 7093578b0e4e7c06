"""The picture of a course for a terminal: rows of signs, as wide as they are told to be.

Promises: what is known is drawn, what is not known is said so with a sign of its own, and every sign is explained below
the picture; no sign means two things. With `plain`, ASCII only. Must not know the terminal, nor colours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from textwrap import wrap

from bridge.chart.wording import CALCULATED
from bridge.plot.axis import TimeAxis, ValueAxis, tick_words, value_axis
from bridge.plot.timeline import LANES, Calculated, Mark, Span, Timeline
from bridge.quantity import EXACT

ROWS = 8
MARGIN = 10
NARROWEST = 48


@dataclass(frozen=True, slots=True)
class Signs:
    """One sign for each meaning."""

    recorded: str
    inferred: str
    expected: str
    unknown: str
    stopped: str
    undosed: str
    stated: str
    measured: str
    filled: str
    forecast: str
    mark: str
    lasting: str
    frame: str


UNICODE = Signs("█", "▓", "▁", "░", "×", "▬", "●", "○", "▲", "┄", "◆", "━", "│")
ASCII = Signs("#", "=", "_", "?", "x", "~", "o", "O", "A", "-", "*", "+", "|")


def blocks(shown: Timeline, width: int, *, plain: bool = False) -> Iterator[str]:
    """The picture as lines of at most `width` signs (never fewer than 48)."""
    columns = max(width, NARROWEST) - MARGIN - 1
    signs, axis = ASCII if plain else UNICODE, TimeAxis(shown.start, shown.end, 0, columns)
    yield from wrap(f"Programmed dose of {shown.drug or 'the first drug'}, micrograms per day", max(width, NARROWEST))
    yield from _dose(shown, axis, signs)
    yield "Reservoir volume, millilitres"
    yield from _volume(shown, axis, signs)
    for lane in LANES:
        yield f"{lane.capitalize():>{MARGIN}}{signs.frame}{_lane(shown, axis, lane, signs)}".rstrip()
    yield from _time(axis, signs)
    yield from _legend(signs, max(width, NARROWEST))


def _column(axis: TimeAxis, at: datetime) -> int:
    return min(axis.tenths(at) // 10, axis.width - 1)


def _covered(axis: TimeAxis, span: Span) -> range:
    """The columns that a span fills, and where it fills none, the one that it lies in: nothing short is left out."""
    first, last = axis.tenths(span.start), axis.tenths(span.end)
    whole = range(-(-first // 10), last // 10)
    return whole or range(_column(axis, span.start), _column(axis, span.start) + 1)


def _row(scale: ValueAxis, value: Decimal) -> int:
    """The row from below in which a value lies, 0 at the foot."""
    return min(int(EXACT.divide(EXACT.multiply(value, Decimal(ROWS)), scale.most)), ROWS - 1)


def _framed(rows: list[list[str]], scale: ValueAxis, signs: Signs) -> Iterator[str]:
    """The rows from above, with the value of each tick at its row."""
    named = {min(_row(scale, value), ROWS - 1): tick_words(value) for value in reversed(scale.ticks())}
    for number in reversed(range(ROWS)):
        yield f"{named.get(number, ''):>{MARGIN}}{signs.frame}{''.join(rows[number])}".rstrip()


def _empty(axis: TimeAxis) -> list[list[str]]:
    return [[" "] * axis.width for _ in range(ROWS)]


def _dose(shown: Timeline, axis: TimeAxis, signs: Signs) -> Iterator[str]:
    doses = [piece.dose for piece in shown.pieces if piece.dose is not None]
    scale, rows = value_axis(max(doses, default=Decimal(0)), 0, ROWS), _empty(axis)
    for piece in shown.pieces:
        sign = {"recorded": signs.recorded, "inferred": signs.inferred, "expected": signs.expected}[piece.support]
        first, last = _column(axis, piece.start), _column(axis, piece.end)
        for column in range(first, last + 1):
            if piece.dose is None:
                rows[0][column] = signs.undosed
            elif piece.support == "expected":
                rows[_row(scale, piece.dose)][column] = sign
            else:
                for number in range(_row(scale, piece.dose) + 1):
                    rows[number][column] = sign
    for span, sign in (
        *((one, signs.unknown) for one in shown.unknown),
        *((one, signs.stopped) for one in shown.stopped),
    ):
        for column in _covered(axis, span):
            for row in rows:
                row[column] = sign
    yield from _framed(rows, scale, signs)


def _volume(shown: Timeline, axis: TimeAxis, signs: Signs) -> Iterator[str]:
    volumes = [point.volume for point in shown.points] + [line.volume for line in shown.forecast]
    scale, rows = value_axis(max(volumes, default=Decimal(0)), 0, ROWS), _empty(axis)
    for line in shown.forecast:
        for column, volume in _falling(line, axis):
            rows[_row(scale, volume)][column] = signs.forecast
    for point in sorted(shown.points, key=lambda one: one.how == "filled"):
        sign = {"filled": signs.filled, "measured": signs.measured}.get(point.how, signs.stated)
        rows[_row(scale, point.volume)][_column(axis, point.at)] = sign
    yield from _framed(rows, scale, signs)


def _falling(line: Calculated, axis: TimeAxis) -> Iterator[tuple[int, Decimal]]:
    """Each column that a forecast passes, with its volume there."""
    first, last = _column(axis, line.at), _column(axis, line.until)
    fallen = EXACT.subtract(line.volume, line.left)
    for column in range(first, last + 1):
        share = EXACT.divide(Decimal(column - first), Decimal(max(last - first, 1)))
        yield column, EXACT.subtract(line.volume, EXACT.multiply(fallen, share))


def _lane(shown: Timeline, axis: TimeAxis, lane: str, signs: Signs) -> str:
    row = [" "] * axis.width
    for mark in (mark for mark in shown.marks if mark.lane == lane):
        first, last = _column(axis, mark.at), _column(axis, mark.until or mark.at)
        row[first : last + 1] = _sign(mark, signs) * (last - first + 1)
    return "".join(row)


def _sign(mark: Mark, signs: Signs) -> str:
    return signs.lasting if mark.lane == "alarms" else signs.mark


def _time(axis: TimeAxis, signs: Signs) -> Iterator[str]:
    """The axis with its dates below, as many as there is room for."""
    room = [" "] * axis.width
    ruler = ["-" if signs is ASCII else "─"] * axis.width
    for at, said in axis.ticks(max(axis.width // 16, 2)):
        column = _column(axis, at)
        ruler[column] = "+" if signs is ASCII else "┬"
        begin = max(min(column - len(said) // 2, axis.width - len(said)), 0)
        if not "".join(room[max(begin - 1, 0) : begin + len(said) + 1]).strip():
            room[begin : begin + len(said)] = said
    yield " " * MARGIN + ("+" if signs is ASCII else "└") + "".join(ruler)
    yield (" " * (MARGIN + 1) + "".join(room)).rstrip()


def _legend(signs: Signs, width: int) -> Iterator[str]:
    said = (
        (signs.recorded, "recorded by the pump"), (signs.inferred, "inferred"),
        (signs.expected, "left running, not read since"), (signs.undosed, "no single dose programmed"),
        (signs.unknown, "delivery is not known"), (signs.stopped, "the pump did not infuse"),
        (signs.filled, "filled"), (signs.stated, "volume calculated by the pump"),
        (signs.measured, "volume sensed or aspirated"), (signs.forecast, CALCULATED),
    )  # fmt: skip
    row = ""
    for part in (*(f"{sign} {words}" for sign, words in said), "dates are UTC"):
        if row and len(row) + len(part) + 2 > width:
            yield row
            row = ""
        row = f"{row}; {part}" if row else part
    yield row
