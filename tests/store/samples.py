"""Exports and plans of invented people for the tests of every store."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from bridge.fhir_json import digest
from bridge.identity import PumpIdentity
from bridge.interrogation import Interrogation, Moment, PatientStated, Pump, Reading, Session
from bridge.store.protocol import Action, Cause, Filed, NewExport, PlanEntry, Refusal, StoredPlan

NOW = datetime(2025, 6, 20, 12, 0, tzinfo=UTC)
PUMP = PumpIdentity("Invented Pumps", "IP-40", "ZX000417")
OTHER_PUMP = PumpIdentity("Invented Pumps", "IP-40", "ZX000418")
MRN = "https://hospital.invalid/sid/mrn"
ADA = "0048213"
BEN = "0051777"


def later(minutes: float) -> datetime:
    """A time after NOW."""
    return NOW + timedelta(minutes=minutes)


def new(text: str, *, source: str = "inbox", received: datetime = NOW, oversize: int = 0) -> NewExport:
    """An export with this text as its bytes."""
    content = text.encode()
    return NewExport(hashlib.sha256(content).hexdigest(), content, f"{text}.json", source, received, oversize)


def said(text: str) -> Reading[str]:
    """A stated text."""
    return Reading(text, text, "/invented")


def filed(
    day: int,
    *,
    patient: str = ADA,
    system: str = MRN,
    pump: PumpIdentity = PUMP,
    simulated: bool = False,
    number: int | None = None,
    revision: int = 0,
    programmer: str | None = None,
    stated: bool = True,
) -> Filed:
    """The session of one day in 2025, counted from 1 January; `number` is the pump's own, else the printed start."""
    start = datetime(2025, 1, 1, 10) + timedelta(days=day)
    session = f"session {number}" if number is not None else f"{start:%Y-%m-%d %H:%M}/1"
    interrogation = Interrogation(
        session=Session(
            start=Reading(Moment(start, "minute"), f"{start}", "/session/start"),
            revision=Reading(revision, str(revision), "/session/revision") if revision else None,
        ),
        pump=Pump(manufacturer=said(pump.manufacturer), model=said(pump.model), serial=said(pump.serial)),
        patient=PatientStated(identifier=said(patient)) if stated else PatientStated(),
    )
    return Filed(
        interrogation=interrogation,
        patient=patient,
        patient_system=system,
        pump=pump,
        simulated=simulated,
        session=session,
        position=f"{start:%Y%m%dT%H%M%SZ} {session}",
        programmer=programmer,
        adapter="session_json",
        adapter_version="1",
        media_type="application/json",
        sha1=hashlib.sha1(b"invented", usedforsecurity=False).hexdigest(),
    )


def refusal(code: str = "unit-missing", pump: PumpIdentity | None = PUMP, local: datetime | None = None) -> Refusal:
    """Why an export is refused."""
    return Refusal(code, "a value has no unit", "/pump/capacity", "export it again", pump, local)


def entry(
    key: str, body: str = '{"a":1}', *, action: Action = "create", page: str = "p1", cause: Cause = "new"
) -> PlanEntry:
    """One entry of a plan."""
    content = body.encode()
    return PlanEntry(action, key, page, "Observation", f"pb-{key}", content, digest(content), cause)


def plan(
    course: int,
    *entries: PlanEntry,
    id: str = "plan-1",
    covers: int = 1,
    waits: str = "",
    mapping: str = "m1",
    causes: tuple[Cause, ...] = ("new",),
    next_change: datetime | None = None,
    recorded: datetime = NOW,
    repaged: tuple[tuple[str, str], ...] = (),
    destination: str = "folder",
) -> StoredPlan:
    """A plan for one course."""
    return StoredPlan(
        id=id,
        destination=destination,
        course=course,
        covers=covers,
        mapping=mapping,
        recorded=recorded,
        causes=causes,
        decision=None,
        waits=waits,
        patient="Patient/1",
        next_change=next_change,
        entries=entries,
        repaged=repaged,
    )
