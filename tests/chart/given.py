"""Hand-built facts of one invented pump: short words for readings, instants, sources, and whole courses."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from bridge.chart.resource import Binding, Centre
from bridge.course.clocks import Instant, instant
from bridge.course.facts import (
    OPEN,
    AlarmFact,
    BolusFact,
    CatheterFact,
    Derived,
    DocumentFact,
    EventFact,
    FillFact,
    Gap,
    Known,
    Mixture,
    PresenceFact,
    PrimingFact,
    ProgrammeFact,
    ProgrammingFact,
    PumpFact,
    Segment,
    Source,
)
from bridge.course.pages import Course, Fact, Page
from bridge.course.panel import SummaryFact
from bridge.course.remarks import Finding
from bridge.identity import Namespace, shared_key
from bridge.interrogation import Alarm, Dose, Drug, Event, Moment, Periodic, Programme, Reading, Step
from bridge.quantity import Quantity, decimal_of, unit_of

NAMESPACE = Namespace(bytes.fromhex("9c1e6a4f0b7d2358e1f4a6c90d37b28551ce8fa0734b16d9e20c5af8871d463b"), "pbsim")
CENTRE = Centre("Invented Spasticity Clinic", "+44 1632 960123")
PROGRAMMER = shared_key("programmer", "Invented Pumps", "CP-1", "P000035", "3.2")
BYTES = b"SIMULATED SESSION REPORT - INVENTED DATA\n"
BINDING = Binding(
    base="https://pumpbridge.invalid",
    namespace=NAMESPACE,
    centre=CENTRE,
    patient={"reference": "Patient/hosp-48213"},
    patient_key="0048213",
    simulated=True,
    attachment=lambda sha256: BYTES,
)

SHA = {name: name[-1] * 64 for name in ("s1", "s2", "s3", "s4")}
SHA1 = "74428ac08a925fd30579673117f75595cbda0339"


def bound(**changes: Any) -> Binding:
    """The binding of all tests, with changes."""
    return dataclasses.replace(BINDING, **changes)


def said(value: Any, text: str | None = None, how: Any = None, where: str = "line 7") -> Reading[Any]:
    """A reading."""
    return Reading(value, str(value) if text is None else text, where, how)


def amount(text: str, how: Any = None, mark: Any = None) -> Reading[Quantity]:
    """A quantity as printed: `0.4 mg/day`."""
    number, _, unit = text.partition(" ")
    return Reading(Quantity(decimal_of(number), unit_of(unit)), text, "line 9", how, mark)


def unreadable(text: str) -> Reading[Any]:
    """Something printed that gave no value."""
    return Reading(None, text, "line 11")


def at(text: str, *, ambiguous: bool = False) -> Instant:
    """An instant as printed by a programmer in London."""
    found = instant(Moment(datetime.fromisoformat(text), "minute"), "Europe/London", "Europe/London")
    return dataclasses.replace(found, fhir=found.fhir[:10], ambiguous=True) if ambiguous else found


def source(name: str, start: str, read: str | None = None, **changes: Any) -> Source:
    """A session's source."""
    found = Source((SHA[name],), f"{start}/1", at(start), at(read or start), programmer=PROGRAMMER)
    return dataclasses.replace(found, **changes)


S1 = source("s1", "2025-03-03 11:12", "2025-03-03 11:58")
S2 = source("s2", "2025-05-12 12:31", "2025-05-12 12:55")
S3 = source("s3", "2025-06-18 17:30")
S4 = source("s4", "2025-06-19 17:05")


def known(reading: Reading[Any], origin: Source = S1) -> Known[Any]:
    """A value that outlives its report."""
    return Known(reading, origin.exports[0], origin.read)


def derived(value: str, unit: str, arithmetic: str) -> Derived:
    """A value that the bridge calculated."""
    return Derived(Quantity(Decimal(value), unit), arithmetic)


# --- drugs and programmes -------------------------------------------------------------------------------------------

BACLOFEN = Mixture((Drug(said("BACLOFEN"), amount("2000.0 mcg/mL")),), SHA["s1"])
MIXED = Mixture(
    (
        Drug(said("Baclofen"), amount("1000 mcg/mL"), said("LOT-7")),
        Drug(said("Morphine"), amount("5 mg/mL"), said("LOT-8")),
    ),
    SHA["s1"],
)


def constant(
    daily: str = "400.00 mcg/day", flow: str | None = "0.200 mL/day", mode: str = "simple-continuous"
) -> Programme:
    """A programme at one rate."""
    return Programme(said(mode), amount(flow) if flow else None, (Dose(said("BACLOFEN"), amount(daily)),))


def step(start: int, end: int, dose: str) -> Step:
    """One step of a flex day."""
    return Step(said(start), said(end), amount(dose))


FLEX = Programme(
    said("flex"),
    amount("0.165 mL/day"),
    (Dose(said("BACLOFEN"), amount("330.00 mcg/day")),),
    (
        step(0, 360, "72.00 mcg"),
        step(360, 420, "60.00 mcg"),
        step(420, 1320, "180.00 mcg"),
        step(1320, 1440, "18.00 mcg"),
    ),
)
FLEX_UNSTEPPED = dataclasses.replace(FLEX, steps=())
PERIODIC = Programme(
    said("periodic-bolus"),
    doses=(Dose(said("BACLOFEN"), amount("200.0 mcg/day")),),
    periodic=Periodic(amount("50.0 mcg"), amount("6 h"), amount("5 min")),
)
TWO_DRUGS = Programme(
    said("simple-continuous"),
    amount("0.150 mL/day"),
    (Dose(said("Baclofen"), amount("150.0 mcg/day")), Dose(said("Morphine"), amount("0.75 mg/day", "calculated"))),
)

# --- the standing facts -----------------------------------------------------------------------------------------------

PUMP = PumpFact(
    manufacturer=known(said("Invented Pumps")),
    model=known(said("IP-40")),
    serial=known(said("ZX000417")),
    firmware=known(said("2.14")),
    capacity=known(amount("40 mL")),
    implanted=known(said(date(2025, 3, 3))),
    implant_session=S1,
)
CATHETER = CatheterFact(
    discriminator="C000922",
    manufacturer=known(said("Invented Pumps")),
    model=known(said("IC-114")),
    serial=known(said("C000922")),
    length=known(amount("89.0 cm")),
    volume=known(amount("0.196 mL")),
    tip=known(said("T10")),
)
PRESENCE = PresenceFact("BACLOFEN", date(2025, 3, 3), None)
STANDING: tuple[Fact, ...] = (PUMP, PRESENCE, CATHETER)


def document(origin: Source, kind: str | None, end: str) -> DocumentFact:
    """An export."""
    return DocumentFact(origin, origin.exports[0], SHA1, len(BYTES), "text/plain; charset=utf-8", kind, at(end))


def summary(origin: Source, **changes: Any) -> SummaryFact:
    """A panel in which nothing is stated but which pump and catheter it is, with changes."""
    nothing = dict.fromkeys(field.name for field in dataclasses.fields(SummaryFact))
    known: dict[str, Any] = {"alarms": (), "pump": PUMP, "catheter": CATHETER}
    return SummaryFact(**{**nothing, **known, "discriminator": origin.session, "source": origin} | changes)


def programme(
    discriminator: str, settings: Programme, origin: Source, start: str | None, **changes: Any
) -> ProgrammeFact:
    """A programme, in force unless changed."""
    begun = at(start) if start else None
    fact = ProgrammeFact(discriminator, origin, settings, BACLOFEN, begun, origin.read, export=origin.exports[0])
    return dataclasses.replace(fact, **changes)


def segment(discriminator: str, settings: Programme, origin: Source, begun: str, **changes: Any) -> Segment:
    """A segment, running unless changed."""
    fact = Segment(
        discriminator=discriminator,
        source=origin,
        programme=discriminator,
        settings=settings,
        mixture=BACLOFEN,
        start=at(begun),
        began="programming",
        last_confirmed=origin.read,
        export=origin.exports[0],
    )
    return dataclasses.replace(fact, **changes)


def bolus(discriminator: str, origin: Source, start: str, end: str | None, **changes: Any) -> BolusFact:
    """A clinician's bolus, complete unless changed."""
    fact = BolusFact(
        discriminator=discriminator,
        source=origin,
        kind="clinician",
        start=at(start),
        end=at(end) if end else None,
        outcome="complete",
        dose=amount("25.00 mcg"),
        programmed=None,
        volume=None,
        mixture=BACLOFEN,
        background=None,
    )
    return dataclasses.replace(fact, **changes)


def event(number: str, when: str, code: str, text: str, origin: Source = S3) -> EventFact:
    """A row of the pump's log."""
    row = Event(said(number), said(Moment(datetime.fromisoformat(when), "minute"), when), said(code), said(text))
    return EventFact(f"event {number}", origin, at(when), row)


STALL = Gap(
    discriminator="event 0112",
    source=S3,
    start=at("2025-06-18 14:02"),
    reason="motor-stall",
    last_confirmed=at("2025-06-18 17:30"),
    programme="2025-05-12 12:40/1",
    number="0112",
    segment_before="2025-05-12 12:40/1",
    sources=(SHA["s3"],),
)
STALL_OVER = dataclasses.replace(
    STALL,
    source=S4,
    closed=True,
    end=at("2025-06-19 16:02"),
    recovered_number="0113",
    read_closed=S4.read,
    last_confirmed=S4.read,
    segment_after="event 0113",
    sources=(SHA["s3"], SHA["s4"]),
    not_delivered=derived("354.0", "ug", "330.00 ug in 24 h, and 2 h at 12 ug/h = 354.0 ug"),
)
ALARM = AlarmFact(
    "event 0112", S3, Alarm(said("motor-stall"), None, said("critical")), at("2025-06-18 14:02"), S3.read,
    finding="event 0112",
)  # fmt: skip
INTERRUPTED = Finding(
    code="delivery-interrupted",
    discriminator="event 0112",
    audience="ward",
    severity="high",
    source=S3,
    since=at("2025-06-18 14:02"),
    text="The pump recorded a motor stall on 18 Jun 2025 14:02 (event 0112). No recovery is recorded as read "
    "18 Jun 2025 17:30.",
    evidence=(("gap", "event 0112"), ("event", "event 0112")),
    implicated=(("pump", ""), ("programme", "2025-05-12 12:40/1"), ("segment", "2025-05-12 12:40/1")),
)


def course(
    *pages: tuple[str, tuple[Fact, ...]], standing: tuple[Fact, ...] = STANDING, simulated: bool = True
) -> Course:
    """A course of sealed pages; the page named OPEN, or an empty one, gets the standing facts."""
    sealed = [Page(position, facts) for position, facts in pages if position != OPEN]
    open_facts = tuple(fact for position, facts in pages if position == OPEN for fact in facts)
    return Course("0048213", (*sealed, Page(OPEN, (*standing, *open_facts))), None, simulated=simulated)


def fill(discriminator: str, origin: Source, when: str, **changes: Any) -> FillFact:
    """A filling of 40.0 mL."""
    fact = FillFact(discriminator, origin, at(when), amount("40.0 mL"), BACLOFEN)
    return dataclasses.replace(fact, **changes)


def priming(discriminator: str, origin: Source, when: str, **changes: Any) -> PrimingFact:
    """A priming of 0.336 mL."""
    return dataclasses.replace(PrimingFact(discriminator, origin, at(when), amount("0.336 mL")), **changes)


def programming(
    discriminator: str, origin: Source, when: str, old: Programme | None, new: Programme
) -> ProgrammingFact:
    """A programming."""
    return ProgrammingFact(discriminator, origin, at(when), old, new)
