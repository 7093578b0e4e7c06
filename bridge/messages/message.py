"""A message that a receiver ought to have been told, as plain JSON: what plan, ledger and hashes are made of.

Promises: the body holds facts only: patient, pump, what is reported, and rows (place in the pump, term, value with its
digits, unit, time, how it is known). What is made when it is sent (MSH-7, MSH-10, F or C) is added by the plan and is
no part of the hash. Must not know sockets or HL7's encoding.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bridge.chart.resource import Binding, Resource
from bridge.course.clocks import Instant
from bridge.fhir_json import Json
from bridge.identity import PumpIdentity, key
from bridge.terms.local import local_term

INTERROGATION, DELIVERY, ALARM, START = "ORU_R01", "ORU_R42", "ORU_R40", "START"
TYPES = (START, DELIVERY, ALARM, INTERROGATION)
"""In the order of a plan: what ended and began goes before what is in force now."""
MOMENTARY = frozenset((DELIVERY, ALARM))
"""What is told when it happens, once: never later, never again, never taken back."""

PUMP, LINE = "1.0.0", "1.1.0"
PUMP_ROW: Json = {"place": "1.0.0.0", "mdc": "69985"}
LINE_ROW: Json = {"place": "1.1.0.0", "mdc": "69986"}


@dataclass(frozen=True, slots=True)
class Message(Resource):
    """One message of a chart; its type is that of its body."""

    @property
    def type(self) -> str:
        """ORU_R01, ORU_R42, ORU_R40, or START: from when on this receiver is told."""
        return str(self.body["type"])


def message_key(kind: str, binding: Binding, pump: PumpIdentity, discriminator: str) -> str:
    """The six-part key of a message; the kinds are no kinds of resources."""
    return key(f"hl7v2-{kind}", binding.patient_key, pump, discriminator)


def moment_of(body: Json) -> datetime:
    """The instant that a message is about."""
    return datetime.fromisoformat(str(body["instant"]))


def dtm(instant: Instant) -> str:
    """An instant as HL7 writes it, with its offset; a day where only the day is certain."""
    if len(instant.fhir) == 10:
        return instant.fhir.replace("-", "")
    return f"{datetime.fromisoformat(instant.fhir):%Y%m%d%H%M%S%z}"


def model_row(pump: PumpIdentity) -> Json:
    """Manufacturer and model as a row that receivers know."""
    text = f"manufacturer={pump.manufacturer}, model={pump.model}"
    return {"place": f"{PUMP}.30", "mdc": "67880", "kind": "ST", "value": text}


def identity_rows(pump: PumpIdentity) -> list[Json]:
    """The same, and each part by our own term, for a message that no interrogation states the pump in."""
    parts = {"pump-manufacturer": pump.manufacturer, "pump-model": pump.model, "pump-serial": pump.serial}
    found = [(local_term(name), text) for name, text in parts.items()]
    own = [{"place": f"{PUMP}.{t.number}", "name": t.name, "kind": "ST", "value": text} for t, text in found if text]
    return [model_row(pump), *own]
