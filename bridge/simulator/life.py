"""One pump's life: its implant, then its visits in order, each with the document of its session.

A life is a plan: what is implanted, what befalls the pump, and what is done at which visit. Promises: the same plan
gives the same documents and the same truth; visits are in order of time, and time that is past cannot be visited again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bridge.simulator.boluses import PatientControl
from bridge.simulator.faults import Fault, befall
from bridge.simulator.kinds import Identity
from bridge.simulator.programmer import Document, Orders, Programmer
from bridge.simulator.pump import FOREVER, Build, Pump
from bridge.simulator.pump_clock import PumpClock
from bridge.simulator.regimen import Mixture, Regimen

ZONE = "Atlantic/Reykjavik"
"""Where simulated clinics are unless the script says otherwise: a zone without summer time."""


@dataclass(frozen=True, slots=True)
class Implant:
    """The first session: which pump, when, filled with what, running what; its clock may be set wrong."""

    identity: Identity
    at: datetime
    mixture: Mixture
    regimen: Regimen
    catheter: Decimal
    zone: str = ZONE
    alarm_volume: Decimal | None = None
    control: PatientControl | None = None
    clock_fast: timedelta = timedelta()
    drift: timedelta = timedelta()
    eri: datetime = FOREVER
    end_of_service: datetime = FOREVER


@dataclass(frozen=True, slots=True)
class Visit:
    """A session at a time; `exported` is false where its report never reaches anybody."""

    at: datetime
    orders: Orders
    exported: bool = True


class Life:
    """A pump that was planned and is lived visit by visit."""

    def __init__(self, implant: Implant, faults: tuple[Fault, ...] = ()) -> None:
        kind = implant.identity.kind
        alarm = implant.alarm_volume if implant.alarm_volume is not None else kind.alarm_volume
        build = Build(
            kind.capacity, kind.tubing, implant.catheter, alarm, implant.eri, implant.end_of_service
        )  # fmt: skip
        self.implant = implant
        wall = implant.at.astimezone(UTC).replace(tzinfo=None)
        self.pump = Pump(build, implant.at, PumpClock(implant.at, wall, implant.drift))
        self.programmer = Programmer(self.pump, implant.identity, implant.at, implant.zone)
        self.pump.clock.set(implant.at, self.programmer.wall() + implant.clock_fast)
        for fault in faults:
            befall(self.pump, fault)

    def begin(self) -> Document:
        """The implant's session."""
        plan = self.implant
        return self.programmer.session(
            Orders("implant", plan.mixture, plan.regimen, control=plan.control, sets_clock=False)
        )

    def visit(self, visit: Visit) -> Document:
        """Let time pass until a visit, and hold it; one that would begin before the last has ended begins then."""
        self.pump.passed(max(visit.at, self.pump.now))
        return self.programmer.session(visit.orders)

    def lived(self, visits: tuple[Visit, ...], until: datetime | None = None) -> Iterator[Document]:
        """The documents that were exported, in order; after the last visit time passes until an instant."""
        yield self.begin()
        for visit in visits:
            document = self.visit(visit)
            if visit.exported:
                yield document
        if until is not None:
            self.pump.passed(max(until, self.pump.now))
