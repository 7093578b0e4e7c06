"""What one export says about one pump at one session or moment: the central type.

Promises: every stated value is a Reading with its printed text and its place in the export; what the export does
not mention is None or an empty tuple, never a default; unreadable is a Reading whose value is None. The dataclasses
below are at once the model that adapters fill, the shape that the store keeps, and (through the leaf annotations)
the bridge's own session format: JSON Schema, CSV paths and XML elements are read off them field by field.
Must not know adapters, courses or FHIR.
"""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from bridge.hospital import Infusion
from bridge.identity import PumpIdentity
from bridge.reading import (
    Booleans,
    Days,
    How,
    Integers,
    Leaf,
    Moment,
    Moments,
    Quantities,
    Reading,
    Texts,
    built,
    proven,
)
from bridge.reading import coded as _code
from bridge.reading import measured as _q

__all__ = [
    "How",
    "Leaf",
    "Moment",
    "Reading",
    "built",
    "proven",
]  # what others take from here though it stands in `reading`

SCHEMA_VERSION = 1

T = TypeVar("T")

MODES = ("simple-continuous", "flex", "periodic-bolus", "minimum-rate", "constant-flow", "stopped")
TAGS = ("as-found", "as-left", "pending", "observed")
EVENT_CODES = (
    "motor-stall", "motor-stall-recovered", "pump-stopped", "pump-started", "low-reservoir", "empty-reservoir",
    "eri-reached", "end-of-service", "memory-error", "low-battery-reset", "alarm-silenced", "bolus-denied",
    "clock-changed", "mri-detected", "other",
)  # fmt: skip
ALARM_CODES = (
    "motor-stall", "pump-stopped", "low-reservoir", "empty-reservoir", "eri-reached", "end-of-service",
    "memory-error", "low-battery-reset", "other",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Session:
    """The programmer session that the export reports."""

    start: Annotated[Moments, Leaf("moment", "start of the session by the programmer's clock")] = None
    end: Annotated[Moments, Leaf("moment", "end of the session by the programmer's clock")] = None
    number: Annotated[Texts, Leaf("text", "the pump's own number of the session")] = None
    type: Annotated[Texts, _code("what was done", "implant", "refill", "adjust", "interrogation", "explant")] = None
    update: Annotated[
        Texts, _code("whether the pump was updated, and whether that completed", "none", "completed", "not-completed")
    ] = None
    revision: Annotated[Integers, Leaf("integer", "revision of this report; a higher one corrects a lower one")] = None
    reported: Annotated[Moments, Leaf("moment", "when the report was generated")] = None


@dataclass(frozen=True, slots=True)
class Clocks:
    """The three clocks, read at the start of the session, and the zone that the programmer states."""

    pump: Annotated[Moments, Leaf("moment", "the pump's clock")] = None
    programmer: Annotated[Moments, Leaf("moment", "the programmer's clock at the same instant")] = None
    host: Annotated[Moments, Leaf("moment", "the exporting computer's clock")] = None
    zone: Annotated[Texts, Leaf("text", "IANA zone of the programmer's clock, such as Europe/London")] = None


@dataclass(frozen=True, slots=True)
class PatientStated:
    """The patient as typed at the programmer."""

    identifier: Annotated[Texts, Leaf("text", "patient identifier")] = None
    system: Annotated[Texts, Leaf("text", "who assigned the identifier: a label such as MRN, or a URI")] = None
    family: Annotated[Texts, Leaf("text", "family name")] = None
    given: Annotated[Texts, Leaf("text", "given names")] = None
    birth_date: Annotated[Days, Leaf("day", "date of birth")] = None


@dataclass(frozen=True, slots=True)
class Pump:
    """The pump: who made it, which one it is, and what is fixed in it."""

    manufacturer: Annotated[Texts, Leaf("text", "manufacturer")] = None
    model: Annotated[Texts, Leaf("text", "model number")] = None
    serial: Annotated[Texts, Leaf("text", "serial number, leading zeros kept")] = None
    udi: Annotated[Texts, Leaf("text", "UDI as printed (human readable form)")] = None
    firmware: Annotated[Texts, Leaf("text", "firmware version")] = None
    capacity: Annotated[Quantities, _q("reservoir capacity", "volume")] = None
    tubing_volume: Annotated[Quantities, _q("internal tubing volume shown by the programmer", "volume")] = None
    implanted: Annotated[Days, Leaf("day", "date of implant")] = None
    explanted: Annotated[Days, Leaf("day", "date of explant")] = None


@dataclass(frozen=True, slots=True)
class Catheter:
    """The catheter between pump and spinal canal."""

    manufacturer: Annotated[Texts, Leaf("text", "manufacturer")] = None
    model: Annotated[Texts, Leaf("text", "model number")] = None
    serial: Annotated[Texts, Leaf("text", "serial number")] = None
    length: Annotated[Quantities, _q("length as implanted", "length")] = None
    trimmed: Annotated[Quantities, _q("length trimmed off", "length")] = None
    volume: Annotated[Quantities, _q("inner volume", "volume")] = None
    tip: Annotated[Texts, Leaf("text", "level of the tip, such as T10")] = None
    implanted: Annotated[Days, Leaf("day", "date of implant or revision")] = None


@dataclass(frozen=True, slots=True)
class Programmer:
    """The clinician's programmer."""

    manufacturer: Annotated[Texts, Leaf("text", "manufacturer")] = None
    model: Annotated[Texts, Leaf("text", "model number")] = None
    serial: Annotated[Texts, Leaf("text", "serial number")] = None
    software: Annotated[Texts, Leaf("text", "application version")] = None


@dataclass(frozen=True, slots=True)
class Drug:
    """One drug in the reservoir and its concentration; several make a mixture."""

    name: Annotated[Texts, Leaf("text", "drug name")] = None
    concentration: Annotated[Quantities, _q("concentration in the reservoir", "concentration")] = None
    lot: Annotated[Texts, Leaf("text", "lot number")] = None


@dataclass(frozen=True, slots=True)
class Dose:
    """The programmed daily dose of one drug."""

    drug: Annotated[Texts, Leaf("text", "drug name")] = None
    daily: Annotated[Quantities, _q("programmed daily dose", "dose per day")] = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a flex day, by the pump's clock; the dose or the rate of the primary drug."""

    start: Annotated[Integers, Leaf("time-of-day", "start of the step, minutes after midnight by the pump's clock")] = (
        None
    )
    end: Annotated[Integers, Leaf("time-of-day", "end of the step; 24:00 is the end of the day")] = None
    dose: Annotated[Quantities, _q("dose of the primary drug in this step", "mass")] = None
    rate: Annotated[Quantities, _q("rate of the primary drug in this step", "dose per hour")] = None


@dataclass(frozen=True, slots=True)
class Periodic:
    """A bolus repeated at an interval."""

    dose: Annotated[Quantities, _q("dose of one bolus", "mass")] = None
    interval: Annotated[Quantities, _q("time from one bolus to the next", "hours", "minutes")] = None
    duration: Annotated[Quantities, _q("how long one bolus takes", "minutes", "hours")] = None


@dataclass(frozen=True, slots=True)
class Programme:
    """An infusion programme; the first dose is the primary drug's."""

    mode: Annotated[Texts, _code("infusion mode", *MODES)] = None
    flow: Annotated[Quantities, _q("programmed flow", "flow per day", "flow per hour")] = None
    doses: tuple[Dose, ...] = ()
    steps: tuple[Step, ...] = ()
    periodic: Periodic | None = None


@dataclass(frozen=True, slots=True)
class State:
    """The pump as found, as left, pending or observed. Pending settings are neither found nor left."""

    tag: Annotated[Texts, _code("which state this is", *TAGS)] = None
    at: Annotated[Moments, Leaf("moment", "since when, or when it was observed, by the programmer's clock")] = None
    infusing: Annotated[Booleans, Leaf("boolean", "whether the pump states that it is infusing")] = None
    volume: Annotated[Quantities, _q("reservoir volume; `how` says calculated or sensed", "volume")] = None
    programme: Programme | None = None
    drugs: tuple[Drug, ...] = ()


@dataclass(frozen=True, slots=True)
class Bolus:
    """A bolus: by the clinician, by the patient, a priming or a bridge."""

    kind: Annotated[Texts, _code("kind of bolus", "clinician", "patient", "priming", "bridge")] = None
    number: Annotated[Texts, Leaf("text", "the pump's own event number")] = None
    start: Annotated[Moments, Leaf("moment", "start by the programmer's clock")] = None
    end: Annotated[Moments, Leaf("moment", "end by the programmer's clock, where it has ended")] = None
    outcome: Annotated[Texts, _code("how it ended", "complete", "cancelled", "running")] = None
    drug: Annotated[Texts, Leaf("text", "drug name")] = None
    dose: Annotated[Quantities, _q("dose as delivered, by the pump", "mass")] = None
    programmed: Annotated[Quantities, _q("dose as programmed", "mass")] = None
    volume: Annotated[Quantities, _q("volume", "volume")] = None
    duration: Annotated[Quantities, _q("how long it takes", "minutes", "hours")] = None
    remaining: Annotated[Quantities, _q("volume still to come", "volume")] = None


@dataclass(frozen=True, slots=True)
class Refill:
    """An emptying and filling of the reservoir."""

    aspirated_at: Annotated[Moments, Leaf("moment", "when the reservoir was emptied")] = None
    filled_at: Annotated[Moments, Leaf("moment", "when the reservoir was filled")] = None
    expected: Annotated[Quantities, _q("volume that the pump expected to find", "volume")] = None
    aspirated: Annotated[Quantities, _q("volume aspirated", "volume")] = None
    filled: Annotated[Quantities, _q("volume filled", "volume")] = None
    drugs: tuple[Drug, ...] = ()


@dataclass(frozen=True, slots=True)
class Reservoir:
    """What the pump states about its reservoir at the end of the session."""

    alarm_volume: Annotated[Quantities, _q("low reservoir alarm volume", "volume")] = None
    low_date: Annotated[Days, Leaf("day", "low reservoir alarm date")] = None
    empty_date: Annotated[Days, Leaf("day", "date on which the pump expects to be empty")] = None
    refill_by: Annotated[Days, Leaf("day", "refill by")] = None


@dataclass(frozen=True, slots=True)
class PatientControl:
    """What the patient may trigger, and what was triggered since the last session."""

    dose: Annotated[Quantities, _q("dose of one patient bolus", "mass")] = None
    duration: Annotated[Quantities, _q("how long one takes", "minutes", "hours")] = None
    lockout: Annotated[Quantities, _q("time that must pass between two", "minutes", "hours")] = None
    per_day: Annotated[Integers, Leaf("integer", "most boluses a day")] = None
    given: Annotated[Integers, Leaf("integer", "boluses given since the last session")] = None
    denied: Annotated[Integers, Leaf("integer", "requests denied since the last session")] = None


@dataclass(frozen=True, slots=True)
class Longevity:
    """Battery and service life as the pump states them."""

    eri: Annotated[Booleans, Leaf("boolean", "elective replacement indicator reached")] = None
    months_to_eri: Annotated[Quantities, _q("time to the elective replacement indicator", "months")] = None
    replace_by: Annotated[Days, Leaf("day", "replace pump by")] = None
    end_of_service: Annotated[Booleans, Leaf("boolean", "end of service reached")] = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm in force at the session."""

    code: Annotated[Texts, _code("which alarm", *ALARM_CODES)] = None
    text: Annotated[Texts, Leaf("text", "the alarm's printed words")] = None
    severity: Annotated[Texts, _code("severity", "critical", "non-critical")] = None
    silenced: Annotated[Booleans, Leaf("boolean", "silenced")] = None


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the pump's event log."""

    number: Annotated[Texts, Leaf("text", "the pump's own event number")] = None
    at: Annotated[Moments, Leaf("moment", "when, by the clock that the log states")] = None
    code: Annotated[Texts, _code("which event", *EVENT_CODES)] = None
    text: Annotated[Texts, Leaf("text", "the event's printed words")] = None
    severity: Annotated[Texts, _code("severity", "critical", "non-critical", "information")] = None


@dataclass(frozen=True, slots=True)
class Channel:
    """One line of delivery: an implanted pump has one, unnamed."""

    name: Annotated[Texts, Leaf("text", "channel name; an implanted pump has none")] = None
    states: tuple[State, ...] = ()
    boluses: tuple[Bolus, ...] = ()
    refills: tuple[Refill, ...] = ()
    events: tuple[Event, ...] = ()
    reservoir: Reservoir | None = None
    patient_control: PatientControl | None = None
    alarm_status: Annotated[Texts, _code("whether any alarm is in force", "none", "active")] = None
    alarms: tuple[Alarm, ...] = ()
    infusion: Infusion | None = None  # what only a hospital pump states

    def state(self, tag: str) -> State | None:
        """The state with this tag, or None where the export does not give it."""
        return next((state for state in self.states if state.tag and state.tag.value == tag), None)


@dataclass(frozen=True, slots=True)
class Telling:
    """The message of a bridge by which it was told: a later one of the same name tells it anew, or takes it back."""

    name: Annotated[Texts, Leaf("text", "what names that which is told, the same in each message of it")] = None
    sent: Annotated[Moments, Leaf("moment", "when the message was sent")] = None
    taken_back: Annotated[Booleans, Leaf("boolean", "whether the message takes back what was told")] = None


@dataclass(frozen=True, slots=True)
class Interrogation:
    """What one export says about one pump at one session or moment."""

    kind: Annotated[Texts, _code("kind of export", "session", "snapshot", "event", "worksheet")] = None
    simulated: Annotated[Booleans, Leaf("boolean", "true for invented data")] = None
    session: Session = Session()
    clocks: Clocks = Clocks()
    patient: PatientStated = PatientStated()
    pump: Pump = Pump()
    catheter: Catheter | None = None
    programmer: Programmer | None = None
    channels: tuple[Channel, ...] = ()
    longevity: Longevity | None = None
    telling: Telling | None = None  # what only a message of a bridge states of itself

    @property
    def pump_identity(self) -> PumpIdentity:
        """Manufacturer, model and serial as read; an adapter refuses an export without them."""
        pump = self.pump
        return PumpIdentity(stated(pump.manufacturer) or "", stated(pump.model) or "", stated(pump.serial) or "")

    @property
    def is_simulated(self) -> bool:
        """Whether the export says that its data is invented."""
        return stated(self.simulated) is True

    @property
    def is_hospital_pump(self) -> bool:
        """Whether this is what a hospital pump states, not an implanted one."""
        return any(channel.infusion is not None for channel in self.channels)

    @property
    def channel(self) -> Channel:
        """The only channel of an implanted pump (empty where the export gives none)."""
        return self.channels[0] if self.channels else Channel()


def stated(reading: Reading[T] | None) -> T | None:
    """The value of a reading: None both where it is absent and where it is unreadable."""
    return None if reading is None else reading.value


@cache
def _interrogation_adapter() -> TypeAdapter[Interrogation]:
    return TypeAdapter(Interrogation)


def dump(interrogation: Interrogation) -> bytes:
    """The interrogation as the store keeps it: JSON, quantities as strings, what is absent left out."""
    return _interrogation_adapter().dump_json(interrogation, exclude_defaults=True)


def load(content: bytes) -> Interrogation:
    """An interrogation from what the store keeps; raises pydantic's ValidationError on a foreign shape."""
    return _interrogation_adapter().validate_json(content)


@dataclasses.dataclass(frozen=True)
class Field:
    """One field of the model as the session format sees it: a leaf, a group, or a list of groups."""

    name: str
    leaf: Leaf | None
    group: type[Any] | None
    many: bool


@cache
def fields_of(group: type[Any]) -> tuple[Field, ...]:
    """The fields of one dataclass of the session format in order: what its adapters, schema and sheets walk along."""
    model: type = group
    return tuple(field for field in all_fields_of(model) if field.group not in (Infusion, Telling))


@cache
def all_fields_of(group: type[Any]) -> tuple[Field, ...]:
    """The same with what only messages state, of hospital pumps and of themselves: the session format has no place."""
    hints = get_type_hints(group, include_extras=True)
    return tuple(_field(field.name, hints[field.name]) for field in dataclasses.fields(group))


def _field(name: str, hint: Any) -> Field:
    if get_origin(hint) is Annotated:
        return Field(name, get_args(hint)[1], None, False)
    if get_origin(hint) is tuple:
        return Field(name, None, get_args(hint)[0], True)
    members = [member for member in get_args(hint) or (hint,) if member is not type(None)]
    return Field(name, None, members[0], False)
