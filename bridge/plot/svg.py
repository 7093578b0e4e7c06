"""The picture of a course as SVG: one text, the same for the same course.

Promises: it stands alone (no script, no link, no font of its own) and reads in black and white: what is known is a
line, what is calculated is dashed, what is not known is hatched, and each says so in words. Title and description tell
what the picture shows. No name and no patient identifier; what an export printed is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from bridge.chart.wording import CALCULATED, NOT_RECORDED, readable
from bridge.course.clocks import words
from bridge.plot.axis import TimeAxis, ValueAxis, tick_words, value_axis
from bridge.plot.timeline import LANES, Dated, Mark, Piece, Point, Span, Timeline

WIDTH, LEFT, INNER = 1000, 110, 840
DOSE_TOP, DOSE_HEIGHT = 84, 180
VOLUME_TOP, VOLUME_HEIGHT = 304, 180
DATES_TOP = VOLUME_TOP + VOLUME_HEIGHT + 8
LANE_TOP, LANE_HEIGHT = 544, 22
AXIS = LANE_TOP + LANE_HEIGHT * len(LANES) + 4
LEGEND_TOP = AXIS + 50
HEIGHT = LEGEND_TOP + 144
MOST_TICKS = 7
NARROWEST = 30  # tenths: so wide is drawn what would be too short to be seen
_STYLE = (
    "text{font:13px sans-serif;fill:#000}.small{font-size:12px}.head{font-size:16px;font-weight:bold}"
    ".frame{fill:none;stroke:#000}.grid{stroke:#ccc}.line{fill:none;stroke:#000;stroke-width:3}"
    ".inferred{stroke-width:1.5}.expected{stroke-width:1.5;stroke-dasharray:1 4}"
    ".dashed{fill:none;stroke:#000;stroke-width:1.5;stroke-dasharray:8 5}"
    ".joined{fill:none;stroke:#777;stroke-width:1}.hatched{fill:url(#hatch)}.stopped{fill:#999}"
    ".filled{fill:#000;stroke:#000}.open{fill:#fff;stroke:#000;stroke-width:1.5}.now{stroke:#000}"
)
_HATCH = (
    '<defs><pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="7" height="7" fill="#fff"/><line x1="0" y1="0" x2="0" y2="7" stroke="#000" stroke-width="1.6"/>'
    "</pattern></defs>"
)


def svg(shown: Timeline) -> str:
    """The picture of a timeline as an SVG document."""
    axis = TimeAxis(shown.start, shown.end, LEFT, INNER)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        'role="img" aria-labelledby="title desc">',
        f'<title id="title">{_safe(_title(shown))}</title>',
        f'<desc id="desc">{_safe(description(shown))}</desc>',
        f"<style>{_STYLE}</style>",
        _HATCH,
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        *_head(shown),
        *_dose(shown, axis),
        *_volume(shown, axis),
        *_lanes(shown, axis),
        *_time(shown, axis),
        *_legend(),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _title(shown: Timeline) -> str:
    return f"Course of pump {shown.pump}{', simulated' if shown.simulated else ''}"


def _as_of(shown: Timeline) -> str:
    read = shown.read.words if shown.read else NOT_RECORDED
    return f"As of {words(shown.as_of)} UTC. Pump last read {read}."


def description(shown: Timeline) -> str:
    """What the picture shows, in words, for who does not see it."""
    parts = [
        _as_of(shown),
        f"From {words(shown.start, day_only=True)} to {words(shown.end, day_only=True)}:",
        f"programmed dose of {shown.drug or 'the first drug'} in {_counted(len(shown.pieces), 'interval')};",
        f"no infusion in {_counted(len(shown.stopped), 'interval')};",
        f"delivery not known in {_counted(len(shown.unknown), 'interval')};",
        f"{_counted(len(shown.points), 'reservoir volume')} as stated;",
        *(f"{_counted(sum(mark.lane == lane for mark in shown.marks), lane[:-1])};" for lane in LANES),
        *(f"{dated.words};" for dated in shown.dates),
        *([f"{_counted(shown.earlier, 'row')} of the log dated before this is not drawn;"] if shown.earlier else []),
    ]
    return " ".join(parts).removesuffix(";") + "."


def _counted(count: int, word: str) -> str:
    plural = f"{word[:-2]}es" if word == "bolus" else f"{word}s"
    return f"{count} {word if count == 1 else 'boluses' if word == 'bolus' else plural}"


def _head(shown: Timeline) -> Iterator[str]:
    yield _text(20, 26, _title(shown), "head")
    yield _text(20, 46, _as_of(shown))


# --- panels ---------------------------------------------------------------------------------------------------------


def _dose(shown: Timeline, axis: TimeAxis) -> Iterator[str]:
    doses = [piece.dose for piece in shown.pieces if piece.dose is not None]
    scale = value_axis(max(doses, default=Decimal(0)), DOSE_TOP + DOSE_HEIGHT, DOSE_HEIGHT)
    about = f" of {shown.drug}" if shown.drug else " of the first drug"
    yield from _panel(scale, f"Programmed dose{about}, micrograms per day", DOSE_TOP, DOSE_HEIGHT)
    yield from _bands(shown, axis, DOSE_TOP, DOSE_HEIGHT)
    for piece in shown.pieces:
        yield _piece(piece, axis, scale)
    yield _now(shown, axis, DOSE_TOP, DOSE_HEIGHT)


def _bands(shown: Timeline, axis: TimeAxis, top: int, height: int) -> Iterator[str]:
    for kind, spans, said in (
        ("hatched", shown.unknown, "Delivery is not known"), ("stopped", shown.stopped, "Not infusing"),
    ):  # fmt: skip
        for span in spans:
            left, right = axis.tenths(span.start), axis.tenths(span.end)
            box = f'x="{_tenth(left)}" y="{top}" width="{_tenth(max(right - left, NARROWEST))}" height="{height}"'
            yield f'<rect class="{kind}" {box}><title>{_safe(f"{said}, {_span(span)}")}</title></rect>'


def _piece(piece: Piece, axis: TimeAxis, scale: ValueAxis) -> str:
    """A programme as a level line; one without a single dose lies on the foot of the panel."""
    y = _tenth(scale.tenths(piece.dose) if piece.dose is not None else 10 * scale.bottom - 30)
    said = f"{tick_words(piece.dose)} micrograms per day" if piece.dose is not None else "no single dose programmed"
    known = {"recorded": "recorded by the pump", "inferred": "inferred", "expected": "not read since"}[piece.support]
    title = _safe(f"{said}, {known}, {_span(piece)}")
    left, right = axis.tenths(piece.start), axis.tenths(piece.end)
    path = f'd="M{_tenth(left)} {y}H{_tenth(max(right, left + 10))}"'
    kind = "line" if piece.support == "recorded" else f"line {piece.support}"
    return f'<path class="{kind}" {path}><title>{title}</title></path>'


def _volume(shown: Timeline, axis: TimeAxis) -> Iterator[str]:
    volumes = [point.volume for point in shown.points] + [line.volume for line in shown.forecast]
    scale = value_axis(max(volumes, default=Decimal(0)), VOLUME_TOP + VOLUME_HEIGHT, VOLUME_HEIGHT)
    yield from _panel(scale, "Reservoir volume, millilitres", VOLUME_TOP, VOLUME_HEIGHT)
    yield from _joined(shown.points, axis, scale)
    for line in shown.forecast:
        start = f"M{_tenth(axis.tenths(line.at))} {_tenth(scale.tenths(line.volume))}"
        end = f"L{_tenth(axis.tenths(line.until))} {_tenth(scale.tenths(line.left))}"
        yield f'<path class="dashed" d="{start}{end}"><title>{_safe(f"{line.words}. {CALCULATED}")}</title></path>'
    for point in shown.points:
        yield _point(point, axis, scale)
    yield _now(shown, axis, VOLUME_TOP, VOLUME_HEIGHT)
    yield _text(LEFT - 8, DATES_TOP + 12, "Dates stated", "small", "end")
    yield _text(LEFT - 8, DATES_TOP + 30, "calculated", "small", "end")
    for dated in (one for one in shown.dates if one.at <= shown.end):
        yield _dated(dated, axis)


def _dated(dated: Dated, axis: TimeAxis) -> str:
    """A letter below the volume: stated dates above, calculated ones below them, in brackets."""
    letter, y = dated.words[0], DATES_TOP + (30 if dated.calculated else 12)
    said = f"({letter})" if dated.calculated else letter
    place = f'x="{_tenth(axis.tenths(dated.at))}" y="{y}" text-anchor="middle"'
    return f"<text {place}>{said}<title>{_safe(dated.words)}</title></text>"


def _joined(points: tuple[Point, ...], axis: TimeAxis, scale: ValueAxis) -> Iterator[str]:
    """A thin line from each stated volume to the next one of the same filling."""
    for one, other in pairwise(points):
        if other.how != "filled" and other.at > one.at:
            start = f"M{_tenth(axis.tenths(one.at))} {_tenth(scale.tenths(one.volume))}"
            end = f"L{_tenth(axis.tenths(other.at))} {_tenth(scale.tenths(other.volume))}"
            yield f'<path class="joined" d="{start}{end}"/>'


def _point(point: Point, axis: TimeAxis, scale: ValueAxis) -> str:
    x, y = axis.tenths(point.at), scale.tenths(point.volume)
    title = f"<title>{_safe(point.words)}</title>"
    if point.how == "filled":
        return f'<path class="filled" d="{_triangle(x, y)}">{title}</path>'
    kind = "open" if point.how == "measured" else "filled"
    return f'<circle class="{kind}" cx="{_tenth(x)}" cy="{_tenth(y)}" r="4">{title}</circle>'


def _triangle(x: int, y: int) -> str:
    """A triangle that stands on the value."""
    return f"M{_tenth(x)} {_tenth(y)}L{_tenth(x + 45)} {_tenth(y - 80)}H{_tenth(x - 45)}Z"


def _panel(scale: ValueAxis, title: str, top: int, height: int) -> Iterator[str]:
    yield _text(LEFT, top - 8, title)
    for value in scale.ticks():
        y = _tenth(scale.tenths(value))
        yield f'<path class="grid" d="M{LEFT} {y}H{LEFT + INNER}"/>'
        yield _text(LEFT - 8, int(scale.tenths(value)) // 10 + 4, tick_words(value), "small", "end")
    yield f'<rect class="frame" x="{LEFT}" y="{top}" width="{INNER}" height="{height}"/>'


def _now(shown: Timeline, axis: TimeAxis, top: int, height: int) -> str:
    x = _tenth(axis.tenths(shown.as_of))
    return f'<path class="now" d="M{x} {top}v{height}"><title>{_safe(f"As of {words(shown.as_of)} UTC")}</title></path>'


# --- marks, axis and legend -----------------------------------------------------------------------------------------


def _lanes(shown: Timeline, axis: TimeAxis) -> Iterator[str]:
    for number, lane in enumerate(LANES):
        y = LANE_TOP + LANE_HEIGHT * number + 8
        yield _text(LEFT - 8, y + 4, lane.capitalize(), "small", "end")
        yield f'<path class="grid" d="M{LEFT} {y}H{LEFT + INNER}"/>'
        for mark in (mark for mark in shown.marks if mark.lane == lane):
            yield _mark(mark, axis, y)


def _mark(mark: Mark, axis: TimeAxis, y: int) -> str:
    x = axis.tenths(mark.at)
    title = f"<title>{_safe(mark.words)}</title>"
    if mark.lane == "refills":
        return f'<path class="filled" d="{_triangle(x, 10 * y + 40)}">{title}</path>'
    if mark.lane == "boluses":
        return f'<circle class="filled" cx="{_tenth(x)}" cy="{y}" r="4">{title}</circle>'
    if mark.lane == "alarms":
        width = max(axis.tenths(mark.until or mark.at) - x, 40)
        box = f'x="{_tenth(x)}" y="{y - 5}" width="{_tenth(width)}" height="10"'
        return f'<rect class="filled" {box}>{title}</rect>'
    if mark.lane == "events":
        cross = f"M{_tenth(x - 40)} {y - 4}l8 8M{_tenth(x - 40)} {y + 4}l8 -8"
        return f'<path class="line inferred" d="{cross}">{title}</path>'
    return f'<path class="line inferred" d="M{_tenth(x)} {y - 6}v12">{title}</path>'


def _time(shown: Timeline, axis: TimeAxis) -> Iterator[str]:
    yield f'<path class="now" d="M{LEFT} {AXIS}h{INNER}"/>'
    for at, said in axis.ticks(MOST_TICKS):
        x = axis.tenths(at)
        yield f'<path class="now" d="M{_tenth(x)} {AXIS}v6"/>'
        yield _text(x // 10, AXIS + 20, said, "small", "middle")
    yield _text(LEFT + INNER // 2, AXIS + 38, "Date (UTC)", "small", "middle")


def _legend() -> Iterator[str]:
    rows = (
        (_sample("line"), "recorded by the pump"), (_sample("line inferred"), "inferred from the reports"),
        (_sample("line expected"), "left running, not read since"), (_sample("dashed"), CALCULATED),
        (_box("hatched"), "delivery is not known"), (_box("stopped"), "the pump did not infuse"),
        (_dot("filled"), "volume as the pump calculated it"), (_dot("open"), "volume as sensed or aspirated"),
        ('<path class="filled" d="{triangle}"/>', "volume as filled; refill"),
        (_sample("joined"), "joins stated volumes, not read between them"),
        (_upright(), "the instant of the picture"),
        ('<path class="line" d="M{x} {low}h28"/>', "at the foot: no single dose programmed"),
        ('<text x="{x}" y="{low}">L E R</text>', "low reservoir alarm, empty, refill by"),
    )  # fmt: skip
    for number, (sample, said) in enumerate(rows):
        x, y = 20 + 320 * (number % 3), LEGEND_TOP + 26 * (number // 3) + 8
        triangle = _triangle(10 * (x + 14), 10 * y + 40)
        yield sample.format(x=x, y=y, middle=x + 14, high=y - 8, low=y + 5, triangle=triangle)
        yield _text(x + 38, y + 4, said, "small")


def _sample(kind: str) -> str:
    return f'<path class="{kind}" d="M{{x}} {{y}}h28"/>'


def _upright() -> str:
    return '<path class="now" d="M{middle} {high}v16"/>'


def _box(kind: str) -> str:
    return f'<rect class="{kind}" x="{{x}}" y="{{high}}" width="28" height="16" stroke="#000"/>'


def _dot(kind: str) -> str:
    return f'<circle class="{kind}" cx="{{middle}}" cy="{{y}}" r="4"/>'


# --- text -----------------------------------------------------------------------------------------------------------


def _text(x: int, y: int, said: str, kind: str = "", anchor: str = "") -> str:
    attributes = f' class="{kind}"' if kind else ""
    attributes += f" text-anchor={quoteattr(anchor)}" if anchor else ""
    return f'<text x="{x}" y="{y}"{attributes}>{_safe(said)}</text>'


def _safe(said: str) -> str:
    """Words for people, escaped, without what XML does not take."""
    return escape("".join(sign for sign in readable(said) if sign.isprintable()))


def _span(span: Span) -> str:
    return f"{_at(span.start)} to {_at(span.end)} UTC"


def _at(at: datetime) -> str:
    return words(at)


def _tenth(number: int) -> str:
    whole, rest = divmod(number, 10)
    return f"{whole}.{rest}" if rest else str(whole)
