"""What a hospital pump states, to be observed: settings on change, what moves by itself at an interval.

Promises: the same readings whatever the messages between that say nothing new; by the order of the pump, never by the
arrival. A value that is not stated is neither a change nor a zero. Must not know FHIR.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from bridge.course.bedside import Bedside
from bridge.course.delivering import line_of
from bridge.course.infusion_facts import InfusionReading, ReadingCode
from bridge.course.ward import Said
from bridge.hospital import Source
from bridge.reading import Reading

_OF_PUMP = (
    "pump-status",
    "mode",
    "patient-weight",
    "care-area",
    "library",
    "library-version",
    "battery",
    "battery-time",
)
_OF_LINE = ("status", "current-flow", "active-sources")
_RENAMED = {"delivery-status": "status", "programme-mode": "mode"}
_MOVING = frozenset({
    "current-flow", "battery", "battery-time", "volume-remaining", "volume-delivered", "volume-delivered-segment",
    "volume-delivered-total", "dose-remaining", "dose-delivered", "dose-delivered-segment", "dose-delivered-total",
    "time-remaining",
})  # fmt: skip
_OF_SOURCE = tuple(
    (code, _RENAMED.get(code, code.replace("-", "_")))
    for code in get_args(ReadingCode)
    if code not in (*_OF_PUMP, *_OF_LINE)
)


def follow(beside: Bedside, said: dict[str, Said]) -> dict[str, Said]:
    """What was last observed after a session; what is new is sealed on its page."""
    new: dict[str, Said] = {}
    line = line_of(beside.told)
    for place, code, reading, source in _stated(beside, line):
        name = f"{place} {code}"
        if _is_due(beside, code, reading, said.get(name)):
            new[name] = Said(reading.text, beside.moment)
            beside.turn.emit(_fact(beside, line if place else "", code, reading, source))
    return {**said, **new} if new else said


def _stated(beside: Bedside, line: str) -> Iterator[tuple[str, ReadingCode, Reading[Any], Source | None]]:
    told = beside.told
    for codes, place in ((_OF_PUMP, ""), (_OF_LINE, line)):
        for code in codes:
            reading = getattr(told, code.replace("-", "_"))
            if reading is not None:
                yield place, code, reading, None  # type: ignore[misc]
    for source in told.sources:
        place = source.address.text if source.address is not None else line
        for code, name in _OF_SOURCE:
            reading = getattr(source, name)
            if reading is not None:
                yield place, code, reading, source


def _is_due(beside: Bedside, code: str, reading: Reading[Any], last: Said | None) -> bool:
    if last is None:
        return True
    if last.text == reading.text:
        return False
    return code not in _MOVING or beside.stirred or beside.moment - last.at >= beside.interval


def _fact(
    beside: Bedside, line: str, code: ReadingCode, reading: Reading[Any], source: Source | None
) -> InfusionReading:
    address = source.address.text if source is not None and source.address is not None else None
    return InfusionReading(
        discriminator=f"{address or line or 'pump'} {code} {beside.source.session}",
        source=beside.source,
        code=code,
        line=line,
        reading=reading,
        export=beside.export,
        at=beside.at,
        address=address,
        label=_text(source.label) if source is not None else None,
        drug=_text(source.drug) if source is not None else None,
    )


def _text(reading: Reading[str] | None) -> str | None:
    return reading.value if reading is not None else None
