"""A course as its pages: what stands on each, and when it next changes by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bridge.course.facts import (
    AlarmFact,
    BolusFact,
    CatheterFact,
    DocumentFact,
    EventFact,
    FillFact,
    Gap,
    Mixture,
    PatientFact,
    PresenceFact,
    PrimingFact,
    ProgrammeFact,
    ProgrammingFact,
    PumpFact,
    Segment,
)
from bridge.course.forecast import ForecastFact, ObservedFlow
from bridge.course.infusion_facts import (
    HospitalPumpFact,
    Infusion,
    InfusionAlarm,
    InfusionEvent,
    InfusionReading,
    MessageFact,
)
from bridge.course.panel import SummaryFact
from bridge.course.remarks import (
    Condition,
    Finding,
    IncompleteFact,
    LateStopFact,
    LogFact,
    NewerPumpFact,
    NewsFact,
    SessionFact,
    StandingFact,
)

Fact = (
    DocumentFact | PumpFact | CatheterFact | PresenceFact | FillFact | PrimingFact | ProgrammeFact | ProgrammingFact
    | Segment | BolusFact | Gap | EventFact | AlarmFact | SummaryFact | Finding | Mixture | SessionFact | IncompleteFact
    | NewsFact | PatientFact | LateStopFact | Condition | StandingFact | LogFact | ForecastFact | ObservedFlow
    | NewerPumpFact | HospitalPumpFact | Infusion | InfusionReading | InfusionAlarm | InfusionEvent
    | MessageFact
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Page:
    """The facts of one session (sealed), or of the open page; `position` sorts as the pump's own order."""

    position: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """What happened to one patient's pump: pages folded, and when it next changes without a new export."""

    patient: str
    pages: tuple[Page, ...]
    next_change: datetime | None
    folded_after: str = ""
    simulated: bool = False
