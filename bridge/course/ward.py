"""What the fold of a hospital pump carries from one session to the next: what runs, what is in force, what was said.

Promises: small whatever came before, and serialisable: it is part of the checkpoint. Must not know how it changes:
that is `infusions`, `infusion_alarms` and `infusion_readings`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bridge.course.clocks import Instant
from bridge.course.infusion_facts import HospitalPumpFact, Infusion, InfusionAlarm, Told
from bridge.interrogation import Moment
from bridge.quantity import Quantity


@dataclass(frozen=True, slots=True)
class Running:
    """An infusion that runs, and when it was last confirmed to: its own `last_confirmed` moves at an interval.

    `counted` is the volume of this segment as the pump last stated it; `shown` is the time of the message that last
    showed it, as printed.
    """

    infusion: Infusion
    confirmed: Instant
    counted: Quantity | None = None
    shown: Told[Moment] | None = None


@dataclass(frozen=True, slots=True)
class Passing:
    """An infusion that ended so that another source of its line could deliver: a bolus that follows is given in it."""

    line: str
    discriminator: str
    at: datetime
    stated: bool  # the pump says that it passes on; else only what starts at the same moment follows


@dataclass(frozen=True, slots=True)
class Said:
    """A value that was last observed: as stated, and when."""

    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Ward:
    """The course of a hospital pump as of one session.

    `heard` is the moment of the newest session; then `ended` ended, `acted` are the sources of which events told, and
    `brief` names what was sealed at that one moment (infusions, alarms, events): what follows in it is named otherwise.
    """

    stay: HospitalPumpFact
    heard: Instant | None = None
    running: tuple[Running, ...] = ()
    ended: tuple[Infusion, ...] = ()
    passing: tuple[Passing, ...] = ()
    acted: tuple[str, ...] = ()
    brief: tuple[str, ...] = ()
    alarms: tuple[InfusionAlarm, ...] = ()
    said: dict[str, Said] = field(default_factory=dict)
