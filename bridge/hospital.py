"""What a hospital pump states beside what implanted pumps state: sources, volumes to infuse, rates by weight, events.

Promises: each value is kept in the unit that it was stated in; a dose by weight is never multiplied or divided by a
weight; what the bridge has no field for is kept as it was printed (`unread`), so that it can be counted. The session
formats of implanted pumps have no place for this part: `interrogation.fields_of` leaves it out.
Must not know adapters, courses or FHIR.
"""

from __future__ import annotations

from typing import Annotated

from pydantic.dataclasses import dataclass

from bridge.reading import Leaf, Moments, Quantities, Texts, coded, measured

EVENT_KINDS = ("delivery-start", "delivery-stop", "delivery-complete", "alarm", "other")
RATES = ("dose per time", "dose per weight and time")
DOSES = ("dose", "dose per weight")
FLOWS = ("flow",)


@dataclass(frozen=True, slots=True)
class Source:
    """One source of an infusion line (primary, secondary, clinician dose): its settings, and what it has delivered."""

    address: Annotated[Texts, Leaf("text", "its place in the pump, such as 1.1.2")] = None
    kind: Annotated[Texts, Leaf("text", "the term of its kind")] = None
    label: Annotated[Texts, Leaf("text", "its label on the pump")] = None
    status: Annotated[Texts, Leaf("text", "delivery status, as stated")] = None
    not_delivering: Annotated[Texts, Leaf("text", "why it does not deliver, as stated")] = None
    mode: Annotated[Texts, Leaf("text", "programme mode, as stated")] = None
    drug: Annotated[Texts, Leaf("text", "drug name")] = None
    concentration: Annotated[Quantities, measured("drug concentration", "concentration")] = None
    rate: Annotated[Quantities, measured("flow of this source", *FLOWS)] = None
    dose_rate: Annotated[Quantities, measured("dose rate, by weight where so stated", *RATES)] = None
    volume_to_infuse: Annotated[Quantities, measured("volume to be infused", "volume")] = None
    volume_remaining: Annotated[Quantities, measured("volume still to be infused", "volume")] = None
    volume_delivered: Annotated[Quantities, measured("volume delivered", "volume")] = None
    volume_delivered_segment: Annotated[Quantities, measured("volume delivered in this segment", "volume")] = None
    volume_delivered_total: Annotated[Quantities, measured("volume since the counter was reset", "volume")] = None
    dose_to_infuse: Annotated[Quantities, measured("dose to be infused", *DOSES)] = None
    dose_remaining: Annotated[Quantities, measured("dose still to be infused", *DOSES)] = None
    dose_delivered: Annotated[Quantities, measured("dose delivered", *DOSES)] = None
    dose_delivered_segment: Annotated[Quantities, measured("dose delivered in this segment", *DOSES)] = None
    dose_delivered_total: Annotated[Quantities, measured("dose since the counter was reset", *DOSES)] = None
    bolus: Annotated[Quantities, measured("dose of one bolus", *DOSES)] = None
    time_remaining: Annotated[Quantities, measured("time until the volume to infuse is infused", "time")] = None
    lockout: Annotated[Quantities, measured("time that must pass between two patient doses", "time")] = None
    patient_doses_given: Annotated[Quantities, measured("patient doses given", "count")] = None
    patient_doses_attempted: Annotated[Quantities, measured("patient doses asked for", "count")] = None


@dataclass(frozen=True, slots=True)
class Happening:
    """One event or alarm that a message tells of, with the facets that were stated."""

    number: Annotated[Texts, Leaf("text", "the sender's number of this report (OBR-3)")] = None
    parent: Annotated[Texts, Leaf("text", "the number of the report that this one continues (OBR-29)")] = None
    kind: Annotated[Texts, coded("which kind of event", *EVENT_KINDS)] = None
    term: Annotated[Texts, Leaf("text", "the term of the event, as stated")] = None
    at: Annotated[Moments, Leaf("moment", "when it happened, by the pump or its gateway")] = None
    source: Annotated[Texts, Leaf("text", "where in the pump it happened, as stated")] = None
    phase: Annotated[Texts, Leaf("text", "phase of an alarm: start, update, end")] = None
    state: Annotated[Texts, Leaf("text", "state of an alarm: inactive, active, latched")] = None
    inactivation: Annotated[Texts, Leaf("text", "whether an alarm is paused, off or acknowledged")] = None
    priority: Annotated[Texts, Leaf("text", "priority of an alarm: PN, PL, PM, PH")] = None
    type: Annotated[Texts, Leaf("text", "type of an alarm: SP, ST, SA")] = None
    text: Annotated[Texts, Leaf("text", "the alarm's words")] = None


@dataclass(frozen=True, slots=True)
class Unread:
    """One stated row that the bridge has no field for: its term, its value and unit as printed."""

    term: Annotated[Texts, Leaf("text", "the term, as stated")] = None
    address: Annotated[Texts, Leaf("text", "its place in the pump, as stated")] = None
    value: Annotated[Texts, Leaf("text", "the value, as stated")] = None
    unit: Annotated[Texts, Leaf("text", "the unit, as stated")] = None


@dataclass(frozen=True, slots=True)
class Infusion:
    """One line of a hospital pump at one moment."""

    address: Annotated[Texts, Leaf("text", "the line's place in the pump, such as 1.1.1")] = None
    device: Annotated[Texts, Leaf("text", "the term of the pump's kind: large volume, syringe, PCA")] = None
    system_id: Annotated[Texts, Leaf("text", "EUI-64 or UUID of the pump")] = None
    status: Annotated[Texts, Leaf("text", "infusing status, as stated")] = None
    pump_status: Annotated[Texts, Leaf("text", "status of the pump, as stated")] = None
    mode: Annotated[Texts, Leaf("text", "mode of the pump, as stated")] = None
    current_flow: Annotated[Quantities, measured("current flow of the line", *FLOWS)] = None
    active_sources: Annotated[Texts, Leaf("text", "the sources that deliver now, as stated")] = None
    patient_weight: Annotated[Quantities, measured("patient weight as set at the pump", "weight")] = None
    care_area: Annotated[Texts, Leaf("text", "care area of the drug library")] = None
    library: Annotated[Texts, Leaf("text", "name of the drug library")] = None
    library_version: Annotated[Texts, Leaf("text", "version of the drug library")] = None
    battery: Annotated[Quantities, measured("charge of the battery", "percent")] = None
    battery_time: Annotated[Quantities, measured("time left on battery", "time")] = None
    order: Annotated[Texts, Leaf("text", "the placer's order number (OBR-2)")] = None
    ordered: Annotated[Texts, Leaf("text", "what OBR-4 names: the order's drug, the event, or the device")] = None
    message: Annotated[Texts, Leaf("text", "the sender's message number (MSH-10)")] = None
    profile: Annotated[Texts, Leaf("text", "the message's profile (MSH-21)")] = None
    sources: tuple[Source, ...] = ()
    events: tuple[Happening, ...] = ()
    unread: tuple[Unread, ...] = ()
