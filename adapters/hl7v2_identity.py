"""Which pump a line belongs to: manufacturer, model and serial as its rows state them.

Promises: the serial is the stated serial number, else the equipment number of a device row (OBX-18), else the system
id; what stands nearest to the line goes first. The manufacturer is the model row's, else the sending application's.
Where an alarm report names no model (some senders' name none), the term of the pump's kind stands for it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from adapters.hl7v2_rows import Line, Said
from adapters.hl7v2_values import cleaned, refusal, whole, words
from bridge.interrogation import Pump, Reading, built, proven
from bridge.wire.er7 import SHORT, Message, Segment

LINES, FEW = 1024, 32  # of so many lines what they name is kept, none named by more rows than so
_NAMED = re.compile(r"manufacturer=(?P<maker>.+?)[ ,;]+model=(?P<model>.+)", re.IGNORECASE)


def pump_of(line: Line, message: Message) -> Pump:
    """The pump of a line; raises ExportError where it has no manufacturer, model or serial."""
    stated = (_known if _is_kept(line.naming) else _stated)(line.naming)
    maker = stated.manufacturer or words(message.header, 3) or words(message.header, 4)
    model = stated.model or (_kind(line) if message.header.text(9, 2) == "R40" else None)
    for reading, name in ((maker, "manufacturer"), (model, "model"), (stated.serial, "serial number")):
        if reading is None:
            raise refusal(
                "pump-identity-missing", f"the pump's {name} is not stated", _first(line).place(),
                "let the sender state MDC_ATTR_ID_MODEL, and OBX-18 or MDC_ATTR_SYS_ID",
            )  # fmt: skip
    if maker is stated.manufacturer and model is stated.model:
        return stated
    named = {"manufacturer": maker, "model": model, "serial": stated.serial, "firmware": stated.firmware}
    return built(Pump, named)


def _is_kept(naming: Sequence[Said]) -> bool:
    """Whether what rows name is kept, and the rows with it: not where they are many or long."""
    return len(naming) <= FEW and all(len(said.obx.sent) <= SHORT for said in naming)


def _stated(naming: tuple[Said, ...]) -> Pump:
    """The pump as its rows name it."""
    model, firmware = _row(naming, "model"), _row(naming, "firmware")
    maker, name = _model(model.obx) if model else (None, None)
    version = whole(firmware.obx, 5) if firmware else None
    return built(Pump, {"manufacturer": maker, "model": name, "serial": _serial(naming), "firmware": version})


_known = lru_cache(LINES)(_stated)


def _first(line: Line) -> Segment:
    return (line.own or line.shared)[0].said.obx


def _row(naming: Sequence[Said], field: str) -> Said | None:
    return next((said for said in naming if said.field == field and said.has_value), None)


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
            said = row.said
            if said.is_device and said.term is not None and said.term.refid:
                return proven(said.term.refid, said.term.refid, said.obx.place(3))
    return None


def _serial(naming: Sequence[Said]) -> Reading[str] | None:
    stated, system = _row(naming, "serial"), _row(naming, "system_id")
    if stated is not None:
        return words(stated.obx, 5, 1)
    return _equipment(naming) or (_entity(system.obx, 5) if system else None)


def _equipment(naming: Sequence[Said]) -> Reading[str] | None:
    """OBX-18 of a device row or of a row that names the pump; elsewhere it may name a place or a tag."""
    for said in naming:
        if said.is_device or said.field in ("model", "system_id"):
            found = _entity(said.obx, 18)
            if found is not None:
                return found
    return None


def _entity(obx: Segment, field: int) -> Reading[str] | None:
    """The number of an entity identifier, else its universal id."""
    return words(obx, field, 1) or words(obx, field, 3)


def system_id(naming: tuple[Said, ...]) -> Reading[str] | None:
    """EUI-64 or UUID of the pump, as its rows state it."""
    return (_known_id if _is_kept(naming) else _system_id)(naming)


def _system_id(naming: tuple[Said, ...]) -> Reading[str] | None:
    stated = _row(naming, "system_id")
    if stated is not None:
        return words(stated.obx, 5, 3) or words(stated.obx, 5, 1)
    for said in naming:
        if said.is_device and said.obx.text(18, 4) == "EUI-64":
            return words(said.obx, 18, 3)
    return None


_known_id = lru_cache(LINES)(_system_id)
