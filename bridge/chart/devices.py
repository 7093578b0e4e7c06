"""The pump and its catheter as Devices.

Promises: only what a report states; the serial stands here and nowhere else; a pump that stands still is not an
inactive Device, an explanted one is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bridge.chart import family
from bridge.chart.dialect import Dialect
from bridge.chart.elements import cited_known, concept, exports, named, quantity, serial
from bridge.chart.resource import Resource, Trace
from bridge.chart.sheet import Sheet
from bridge.chart.udi import carrier
from bridge.chart.wording import amount, centre, day_words, said
from bridge.course.facts import CatheterFact, Known, PumpFact
from bridge.families.facts import CONFIRM
from bridge.fhir_json import Json
from bridge.quantity import Quantity


def pump(sheet: Sheet, fact: PumpFact, page: str) -> Iterator[Resource]:
    """The pump, unless the hospital's own Device stands for it."""
    if sheet.binding.pump:
        return
    traces = list[Trace]()
    maker, model, number = value(fact.manufacturer), value(fact.model), value(fact.serial)
    body: Json = {"status": "inactive" if fact.explanted or fact.explant_session else "active"}
    found, dialect = carrier(sheet.base, value(fact.udi), number), sheet.dialect
    body |= found.elements
    body |= {"manufacturer": maker, "serialNumber": number} | dialect.device_names(model, _in_words(fact, maker, model))
    body |= {"modelNumber": model, "type": dialect.several(_pump_type(sheet))}
    if firmware := value(fact.firmware):
        body["version"] = [{"type": concept("Firmware", "mdc-firmware"), "value": firmware}]
        traces += cited_known("version[0].value", fact.firmware)
    properties = [("reservoir-capacity", fact.capacity), ("tubing-volume", fact.tubing_volume)]
    body |= _properties(dialect, properties, traces) | dialect.in_patient(sheet.subject) | _contact(sheet)
    body |= {"note": notes} if (notes := family.mr_notes(sheet.pump, sheet.binding.mr_region)) else {}
    for element, known in _identity(fact):
        traces += cited_known(element, known)
    yield sheet.resource(
        "pump", "", page, _pump_words(sheet, fact, f"{maker} {model}, serial {number}"), body,
        rests_on=_rests_on(fact.manufacturer, fact.model, fact.serial, fact.udi, fact.firmware, fact.capacity),
        traces=tuple(traces),
        identifiers=(serial(sheet.base, maker, number), *found.identifiers),
    )  # fmt: skip


def catheter(sheet: Sheet, fact: CatheterFact, page: str) -> Iterator[Resource]:
    """The catheter, with the pump as its parent."""
    dialect, traces = sheet.dialect, list[Trace]()
    maker, model, number = value(fact.manufacturer), value(fact.model), value(fact.serial)
    body: Json = {"status": "inactive" if fact.replaced else "active"}
    body |= {"manufacturer": maker} if maker else {}
    body |= {"serialNumber": number} if number else {}
    body |= dialect.device_names(model) | {"modelNumber": model} if model else {}
    body["type"] = dialect.several(named("intrathecal-catheter"))
    lengths = [("catheter-length", fact.length), ("catheter-trimmed", fact.trimmed), ("catheter-volume", fact.volume)]
    body |= _properties(dialect, lengths, traces, fact.tip)
    body |= dialect.in_patient(sheet.subject) | {"parent": sheet.reference("pump")}
    for element, known in (("manufacturer", fact.manufacturer), ("modelNumber", fact.model)):
        traces += cited_known(element, known)
    yield sheet.resource(
        "catheter", fact.discriminator, page, _catheter_words(fact), body,
        rests_on=catheter_exports(fact),
        traces=(*traces, *cited_known("serialNumber", fact.serial)),
        identifiers=(serial(sheet.base, maker, number),) if number else (),
    )  # fmt: skip


def value(known: Known[Any] | None) -> Any:
    """The value of what is known, or None."""
    return known.reading.value if known else None


def catheter_names(fact: CatheterFact) -> str:
    """Which catheter it is: its model and serial number where they are stated."""
    number = f", serial {value(fact.serial)}" if value(fact.serial) else ""
    return f"Intrathecal catheter {value(fact.model) or ''}".rstrip() + number


def catheter_exports(fact: CatheterFact) -> tuple[str, ...]:
    """The exports that state what is known of a catheter."""
    return _rests_on(fact.model, fact.serial, fact.length, fact.trimmed, fact.volume, fact.tip)


def _identity(fact: PumpFact) -> tuple[tuple[str, Known[str] | None], ...]:
    return (
        ("manufacturer", fact.manufacturer),
        ("modelNumber", fact.model),
        ("serialNumber", fact.serial),
        ("udiCarrier[0].carrierHRF", fact.udi),
    )


def _rests_on(*known: Known[Any] | None) -> tuple[str, ...]:
    return exports([one.export for one in known if one])


def _in_words(fact: PumpFact, maker: str, model: str) -> str:
    capacity: Quantity | None = value(fact.capacity)
    size = f", {amount(capacity)}" if capacity else ""
    return f"{maker} {model} implanted infusion pump{size}"


def _pump_type(sheet: Sheet) -> Json:
    if family.constant_flow(sheet.pump):
        text = "Implanted constant-flow intrathecal infusion pump"
        return concept(text, "mdc-pump", "implanted-constant-flow-pump")
    return concept("Implanted programmable intrathecal infusion pump", "mdc-pump", "implanted-pump")


def _contact(sheet: Sheet) -> Json:
    phone = sheet.binding.centre.phone
    return {"contact": [{"system": "phone", "value": phone, "use": "work"}]} if phone else {}


def _properties(
    dialect: Dialect,
    stated_ones: list[tuple[str, Known[Quantity] | None]],
    traces: list[Trace],
    tip: Known[str] | None = None,
) -> Json:
    rows: list[Json] = []
    for name, known in stated_ones:
        if known is None or known.reading.value is None or known.reading.bound:
            continue
        traces += cited_known(f"property[{len(rows)}].{dialect.QUANTITY}", known)
        rows.append({"type": named(name), **dialect.measured(quantity(known.reading.value))})
    if tip is not None and tip.reading.value:
        traces += cited_known(f"property[{len(rows)}].{dialect.CODE}", tip)
        rows.append({"type": named("catheter-tip-level"), **dialect.coded(concept(tip.reading.value))})
    return {"property": rows} if rows else {}


def _pump_words(sheet: Sheet, fact: PumpFact, names: str) -> str:
    parts = [f"Implanted intrathecal infusion pump, {names}"]
    parts += [f"firmware {value(fact.firmware)}"] if value(fact.firmware) else []
    parts += [f"reservoir {said(fact.capacity.reading)}"] if fact.capacity else []
    parts += [f"internal tubing {said(fact.tubing_volume.reading)}"] if fact.tubing_volume else []
    parts += [f"UDI as printed {value(fact.udi)}"] if value(fact.udi) else []
    gone = f" Explanted {day_words(value(fact.explanted))}." if value(fact.explanted) else ""
    gone = gone or (" Explanted." if fact.explant_session else "")
    silent = f" {words}" if (words := family.telemetry_words(sheet.pump)) else ""
    labelled = family.mr_notes(sheet.pump, sheet.binding.mr_region)
    mr = f" MR labelling by region and date: see the notes. {CONFIRM}" if labelled else ""
    return f"{', '.join(parts)}.{gone}{silent}{mr} Centre: {centre(sheet.binding.centre)}."


def _catheter_words(fact: CatheterFact) -> str:
    parts = [catheter_names(fact)]
    parts += _said(fact.length, "") + _said(fact.trimmed, " trimmed off") + _said(fact.volume, "")
    parts += [f"tip {value(fact.tip)}"] if value(fact.tip) else []
    parts += [f"implanted {day_words(value(fact.implanted))}"] if value(fact.implanted) else []
    parts += [f"replaced by another (read {fact.replaced.words})"] if fact.replaced else []
    return f"{', '.join(parts)}."


def _said(known: Known[Quantity] | None, after: str) -> list[str]:
    return [f"{said(known.reading)}{after}"] if known else []
