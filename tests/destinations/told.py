"""Messages of a course, as tests want them: folded from exports, written, built, and read back by the adapter."""

from __future__ import annotations

import dataclasses
from typing import Any

from adapters.hl7v2_pcd import ADAPTER
from bridge.chart.resource import Binding, Centre
from bridge.course.pages import Course
from bridge.destinations.hl7v2_er7 import Names, written
from bridge.fhir_json import Json
from bridge.identity import Namespace
from bridge.interrogation import Interrogation, PatientStated, Reading, all_fields_of
from bridge.messages.message import Message
from bridge.messages.write import write_messages
from bridge.wire.mllp import framed

SYSTEM = "https://hospital.invalid/sid/mrn"
PERSON = {"type": "Patient", "identifier": {"system": SYSTEM, "value": "0000017"}}
NAMES = Names(("PUMPBRIDGE", "CLINIC"), ("ENGINE", ""), "", "UNICODE UTF-8", "accept")


def binding(*, simulated: bool = False, patient: Json | None = None, key: str = "0000017") -> Binding:
    """What binds a course to a receiver."""
    return Binding(
        base="https://pumpbridge.invalid", namespace=Namespace(b"tests", "pb"), centre=Centre("Clinic", None),
        patient=PERSON if patient is None else patient, patient_key=key, simulated=simulated, dialect="hl7v2",
        zone="Europe/London",
    )  # fmt: skip


def messages(course: Course, **bound: Any) -> tuple[Message, ...]:
    """The messages of a course."""
    return write_messages(course, binding(**bound))


def sent(message: Message, status: str = "F", names: Names = NAMES, at: str = "2025-06-18T15:02:00+01:00") -> bytes:
    """A message as it is sent, in its frame."""
    stamp = {"number": "PB0123456789ABCDEF01", "sent": at, "status": status}
    return framed(written({**message.body, **stamp}, names))


def read_back(message: Message) -> Interrogation:
    """What the adapter makes of it."""
    (found,) = ADAPTER.read(sent(message))
    return found


def substance(value: Any) -> Any:
    """What is said, without how it was printed and where: values, digits, units, bounds, times, how it is known."""
    if isinstance(value, Reading):
        shown = value.text if value.value is None else repr(value.value)
        return (shown, value.how, value.bound)
    if isinstance(value, tuple):
        return tuple(substance(item) for item in value) or None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        found = {field.name: substance(getattr(value, field.name)) for field in all_fields_of(type(value))}
        return {name: item for name, item in found.items() if item is not None} or None
    return value


def stated(told: Interrogation) -> Any:
    """The substance of an interrogation, the patient as a message can say it; nothing of the message itself."""
    person = told.patient
    same = PatientStated(person.identifier, person.system, person.family, person.given, person.birth_date)
    return substance(dataclasses.replace(told, patient=same, telling=None))
