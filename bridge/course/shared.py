"""The shared key of a device that courses have in common: the programmer of a session, or a hospital pump itself.

Promises: no patient in a key; every varying fact of a programmer is in its key. Of a hospital pump a key holds, beside
manufacturer, model and serial, what one message states of its kind and its system id, so that messages that state more
or less add to what is known and never contradict it, in whatever order they come. Must not know charts.
"""

from __future__ import annotations

import re

from bridge.course.state import programmer_key
from bridge.hospital import Infusion
from bridge.identity import PumpIdentity, shared_key
from bridge.interrogation import Interrogation, stated
from bridge.terms.table import mdc_coding

HOSPITAL_PUMP = "hospital-pump"
_EUI_64 = re.compile(r"(?:[0-9A-Fa-f]{2}[-:]?){7}[0-9A-Fa-f]{2}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def shared_device(interrogation: Interrogation) -> str | None:
    """The shared key of what an export names beside an implanted pump, or of the hospital pump that it comes from."""
    if not interrogation.is_hospital_pump:
        return programmer_key(interrogation)
    told = next(channel.infusion for channel in interrogation.channels if channel.infusion is not None)
    return hospital_pump(interrogation.pump_identity, _kind(told), _system(told))


def hospital_pump(pump: PumpIdentity, kind: str = "", system: str = "") -> str:
    """The shared key of a hospital pump; without kind and system id it is that of its Device."""
    return shared_key(HOSPITAL_PUMP, pump.manufacturer, pump.model, pump.serial, f"{kind} {system}".rstrip())


def _kind(told: Infusion) -> str:
    """The number of the pump's kind, where the pinned table of terms has it."""
    term = stated(told.device)
    coding = mdc_coding(term) if term is not None else None
    return str(coding["code"]) if coding else ""


def _system(told: Infusion) -> str:
    """EUI-64 (16 digits) or UUID as an identifier is written; '' where it is neither."""
    text = stated(told.system_id) or ""
    if _UUID.fullmatch(text):
        return text.lower()
    return re.sub("[-:]", "", text).upper() if _EUI_64.fullmatch(text) else ""
