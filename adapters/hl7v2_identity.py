"""Which pump a line belongs to: manufacturer, model and serial as its rows state them.

Promises: the serial is the stated serial number, else the equipment number of a device row (OBX-18), else the system
id; what stands nearest to the line goes first. The manufacturer is the model row's, else the sending application's.
Where an alarm report names no model (some senders' name none), the term of the pump's kind stands for it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from adapters.hl7v2_rows import Line, Row
from adapters.hl7v2_values import cleaned, refusal, whole, words
from bridge.interrogation import Pump, Reading, built, proven
from bridge.wire.er7 import Message, Segment

_NAMED = re.compile(r"manufacturer=(?P<maker>.+?)[ ,;]+model=(?P<model>.+)", re.IGNORECASE)


def pump_of(line: Line, message: Message) -> Pump:
    """The pump of a line; raises ExportError where it has no manufacturer, model or serial."""
    stated = _row(line, "model")
    maker, model = _model(stated.obx) if stated else (None, None)
    maker = maker or words(message.header, 3) or words(message.header, 4)
    model = model or (_kind(line) if message.header.text(9, 2) == "R40" else None)
    serial = _serial(line)
    for reading, name in ((maker, "manufacturer"), (model, "model"), (serial, "serial number")):
        if reading is None:
            raise refusal(
                "pump-identity-missing", f"the pump's {name} is not stated", _first(line).place(),
                "let the sender state MDC_ATTR_ID_MODEL, and OBX-18 or MDC_ATTR_SYS_ID",
            )  # fmt: skip
    firmware = _row(line, "firmware")
    named = {"manufacturer": maker, "model": model, "serial": serial}
    return built(Pump, {**named, "firmware": whole(firmware.obx, 5) if firmware else None})


def _first(line: Line) -> Segment:
    return (line.own or line.shared)[0].obx


def _row(line: Line, field: str) -> Row | None:
    return next((row for row in line.naming if row.field == field and row.obx.raw(5)), None)


def _model(obx: Segment) -> tuple[Reading[str] | None, Reading[str] | None]:
    """Manufacturer and model of a model row: `maker^model`, `manufacturer=… model=…`, or the model alone."""
    if obx.text(5, 2):
        return words(obx, 5, 1), words(obx, 5, 2)
    text, where = cleaned(obx.text(5), obx.place(5, 1)), obx.place(5, 1)
    match = _NAMED.fullmatch(text)
    if match:
        return proven(match["maker"], match["maker"], where), proven(match["model"], match["model"], where)
    return None, words(obx, 5, 1)


def _kind(line: Line) -> Reading[str] | None:
    for rows in (line.shared, line.own):
        for row in rows:
            if row.is_device and row.term is not None and row.term.refid:
                return proven(row.term.refid, row.term.refid, row.obx.place(3))
    return None


def _serial(line: Line) -> Reading[str] | None:
    stated, system = _row(line, "serial"), _row(line, "system_id")
    if stated is not None:
        return words(stated.obx, 5, 1)
    return _equipment(line.naming) or (_entity(system.obx, 5) if system else None)


def _equipment(rows: Sequence[Row]) -> Reading[str] | None:
    """OBX-18 of a device row or of a row that names the pump; elsewhere it may name a place or a tag."""
    for row in rows:
        if row.is_device or row.field in ("model", "system_id"):
            found = _entity(row.obx, 18)
            if found is not None:
                return found
    return None


def _entity(obx: Segment, field: int) -> Reading[str] | None:
    """The number of an entity identifier, else its universal id."""
    return words(obx, field, 1) or words(obx, field, 3)


def system_id(line: Line) -> Reading[str] | None:
    """EUI-64 or UUID of the pump, as stated."""
    stated = _row(line, "system_id")
    if stated is not None:
        return words(stated.obx, 5, 3) or words(stated.obx, 5, 1)
    for row in line.naming:
        if row.is_device and row.obx.text(18, 4) == "EUI-64":
            return words(row.obx, 18, 3)
    return None
