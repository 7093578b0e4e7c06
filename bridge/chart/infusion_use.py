"""The hospital pump with this patient: its use (DeviceUseStatement, R5 DeviceUsage); its Device is one of the commons.

Promises: the use begins with the first message that names this patient and ends with the first of another; no more is
known of when the pump was brought and taken away, and the words say so.
"""

from __future__ import annotations

from collections.abc import Iterator

from bridge.chart import told
from bridge.chart.elements import exports, period
from bridge.chart.infusion_words import pump_words, value_of
from bridge.chart.resource import Resource, Trace
from bridge.chart.sheet import Sheet
from bridge.course.infusion_facts import HospitalPumpFact
from bridge.fhir_json import Json


def use(sheet: Sheet, fact: HospitalPumpFact, page: str) -> Iterator[Resource]:
    """That this patient has, or had, this pump."""
    since, dialect = fact.since.start, sheet.dialect
    body: Json = {
        "status": "active" if fact.until is None else "completed",
        dialect.USER: sheet.subject,
        "timingPeriod": period(since, fact.until),
        "device": dialect.referred(sheet.reference("pump")),
    }
    names = f"{value_of(fact.manufacturer)} {value_of(fact.model)}, serial {value_of(fact.serial)}"
    over = f"; reported another patient {fact.until.words}" if fact.until else ""
    text = f"{pump_words(value_of(fact.kind) or '')} {names}, with this patient since {since.words}{over}."
    serial, of = fact.serial, exports(fact.since.exports, [fact.ended])
    if not sheet.sends(dialect.USE):
        yield told.use(
            sheet, dialect.USE, fact.discriminator, page, text, period(since, fact.until),
            over=fact.until is not None, rests_on=of, traces=(),
        )  # fmt: skip
        return
    yield sheet.resource(
        dialect.USE, fact.discriminator, page, text, body, rests_on=of,
        traces=(Trace("device", serial.export, serial.reading.where, serial.reading.text),),
    )  # fmt: skip
