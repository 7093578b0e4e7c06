"""What is written in every family's format is read by its adapter with the same numbers, and is called simulated."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from bridge.errors import UsageError
from bridge.interrogation import Interrogation, Moment, Reading
from bridge.quantity import Quantity
from bridge.simulator.boluses import PatientControl
from bridge.simulator.exports import FORMATS, PDF, format_named
from bridge.simulator.faults import Fault
from bridge.simulator.hospital import lived
from bridge.simulator.kinds import KINDS
from bridge.simulator.life import Life, Visit
from bridge.simulator.programmer import Document, Orders
from bridge.simulator.regimen import Periodic, Step, flex, periodic
from tests.simulator.folding import ADAPTERS, DAY, HOUR, START, filled, implanted, read

PAIRS = [(kind.name, format) for kind in KINDS.values() for format in kind.formats if not format.startswith("session")]
# What the layouts have no place for; everything else must come through. Source: the adapters' sheets.
UNSAID = {
    "synchromed_report": {"rate"},
    "prometra_inquiry": {
        "host", "tubing_volume", "low_date", "empty_date", "drug", "programmed", "duration", "remaining",
    },
    "medstream_report": {
        "host", "tubing_volume", "low_date", "empty_date", "drug", "programmed", "duration", "remaining", "expected",
    },
    "constant_flow_sheet": {"tag", "doses"},
}  # fmt: skip
BASE = {"mg": "ug", "mg/d": "ug/d", "mg/mL": "ug/mL", "uL": "mL", "uL/d": "mL/d"}


def eventful(kind: str) -> list[Document]:
    """A life in which a session has everything that this kind of pump can say."""
    control = PatientControl(Decimal(20), 10, 6 * HOUR, 3) if kind.startswith(("synchromed", "prometra")) else None
    asked = [Fault(START + 8 * DAY + hours * HOUR, "request") for hours in (1, 2, 9)]
    stall = [Fault(START + 5 * DAY, "stall", START + 6 * DAY)] if kind.startswith("synchromed") else []
    life = Life(implanted(kind, control=control), (*asked, *stall))
    steps = flex((Step(0, 420, Decimal(90)), Step(420, 1440, Decimal(300))), Decimal(2000))
    pulse = periodic(Periodic(Decimal(100), 360, 20), Decimal(2000))
    if not KINDS[kind].telemetry:
        return list(life.lived(tuple(Visit(START + days * DAY, Orders("refill", filled())) for days in (30, 60))))
    return list(life.lived((
        Visit(START + 10 * DAY, Orders()),
        Visit(START + 20 * DAY, Orders("adjust", regimen=steps, bolus=(Decimal(50), 10))),
        Visit(START + 30 * DAY, Orders("adjust", regimen=pulse, dropped="stopped")),
        Visit(START + 35 * DAY, Orders("adjust", regimen=pulse)),
        Visit(START + 80 * DAY, Orders("refill", filled(1000))),
        Visit(START + 300 * DAY, Orders()), Visit(START + 301 * DAY, Orders("explant")),
    )))  # fmt: skip


def _foreign(path: str, format: str, found: Interrogation) -> bool:
    """Whether a layout says a thing in other words, or once for two: its own names of events, one last update."""
    words = path.endswith("/text/0") and format in ("prometra_inquiry", "medstream_report")
    updated = format == "synchromed_report" and len(found.channel.states) > 1
    return words or (updated and path.endswith("/states/0/at/0"))


def facts(value: Any, unsaid: set[str], path: str = "") -> Iterator[tuple[str, Any]]:
    """Every stated value with its path: exact digits, in one unit of its dimension, times without offset."""
    for field in dataclasses.fields(value):
        part = getattr(value, field.name)
        if field.name in unsaid and not (field.name in ("drug", "duration") and "boluses" not in path):
            continue
        for number, item in enumerate(part if isinstance(part, tuple) else [part]):
            place = f"{path}/{field.name}/{number}"
            if isinstance(item, Reading):
                yield place, _plain(item.value)
            elif item is not None:
                yield from facts(item, unsaid, place)


def _plain(value: Any) -> Any:
    if isinstance(value, Quantity):
        base = value.to(BASE.get(value.unit, value.unit))
        return base.value, base.unit
    return value.local if isinstance(value, Moment) else value


def said(found: Interrogation, format: str) -> dict[str, Any]:
    """What an interrogation states, without what a format has no place for."""
    stated = facts(found, UNSAID.get(format, set()))
    return {path: value for path, value in stated if not _foreign(path, format, found)}


@pytest.mark.parametrize(("kind", "format"), PAIRS)
def test_a_report_says_what_the_session_format_says(kind: str, format: str) -> None:
    for document in eventful(kind):
        expected, found = said(read(document, "session_json"), format), said(read(document, format), format)
        assert found == expected


@pytest.mark.parametrize("format", ["session_csv", "session_xml"])
def test_the_three_encodings_say_the_same(format: str) -> None:
    for document in eventful("synchromed-20"):
        assert said(read(document, format), format) == said(read(document, "session_json"), format)


@pytest.mark.parametrize("kind", KINDS)
def test_every_export_of_a_long_life_is_read_and_says_that_it_is_simulated(kind: str) -> None:
    _, documents = lived(3, 5, 5, (kind,))
    for document, _ in documents:
        for format in KINDS[kind].formats:
            found = read(document, format)
            assert found.is_simulated
            assert said(found, format) == said(read(document, "session_json"), format)


def test_a_pdf_says_what_the_text_says() -> None:
    pytest.importorskip("fpdf")
    for document in eventful("synchromed-40")[:3]:
        content = FORMATS[PDF].write(document.body)
        (found,) = ADAPTERS["synchromed_report"].read(content)
        assert said(found, "synchromed_report") == said(read(document, "session_json"), "synchromed_report")
        assert content == FORMATS[PDF].write(document.body)


def test_a_format_of_another_family_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="no export of that family"):
        format_named("prometra_inquiry", "synchromed-20")
    assert format_named("synchromed_report", "synchromed-20") is FORMATS["synchromed_report"]
