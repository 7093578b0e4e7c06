"""The traffic of a simulated ward: every pump's life as messages, in the order in which they are sent.

Promises: the same order gives the same bytes; a pump's life depends on the seed and its own number alone. While a pump
is off line its snapshots are lost, its events and alarms are buffered and sent later with the time at which they
happened, sometimes after newer ones. Some gateways know no events: they send snapshots only. Nothing is kept of what
was sent: a ward of hundreds of pumps over weeks costs no more memory than a day of it.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from bridge.simulator.ward.care import HOUR, MINUTE, PUMPS_A_BED, Nurse
from bridge.simulator.ward.messages import Writer
from bridge.simulator.ward.pump import ALARM, SECOND, SNAPSHOT, Pump, Told

CARE_AREAS = ("Intensive care", "Surgical ward", "Medical ward")
TRANSACTIONS = {SNAPSHOT: "PCD-01", ALARM: "PCD-04"}


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted: how many pumps over how many hours from when, how many seconds between two snapshots."""

    pumps: int
    hours: int
    seed: int
    start: datetime
    interval: int = 300

    @property
    def until(self) -> datetime:
        """When it ends."""
        return self.start + self.hours * HOUR


@dataclass(frozen=True, slots=True)
class Sent:
    """One message on its way: when it was sent, by which pump, what it is, and whether it was buffered before."""

    at: datetime
    pump: int
    sequence: int
    transaction: str
    content: bytes
    late: bool = False

    @property
    def name(self) -> str:
        """The name of its file; names sort by arrival."""
        return f"{self.at:%Y%m%dT%H%M%S}-{self.pump:05}-{self.sequence:07}.hl7"

    @property
    def number(self) -> str:
        """MSH-10."""
        return self.content.split(b"|", 10)[9].decode("ascii")

    def __lt__(self, other: Sent) -> bool:
        return (self.at, self.pump, self.sequence) < (other.at, other.pump, other.sequence)


@dataclass(slots=True)
class Gateway:
    """Carries what one pump tells; off line it buffers events, `at` is when that changes."""

    writer: Writer
    number: int
    chance: random.Random
    tells_events: bool
    at: datetime
    online: bool = True
    sequence: int = 0
    _buffered: deque[Told] = field(default_factory=deque)

    def carried(self, told: list[Told]) -> Iterator[Sent]:
        """What is sent of what was told, now."""
        for one in told:
            if one.kind == SNAPSHOT:
                if self.online:
                    yield self._sent(one, one.view.at)
            elif self.tells_events and self.online:
                yield self._sent(one, one.view.at)
            elif self.tells_events:
                self._buffered.append(one)

    def _sent(self, told: Told, at: datetime, *, late: bool = False) -> Sent:
        self.sequence += 1
        transaction = TRANSACTIONS.get(told.kind, "PCD-10")
        return Sent(at, self.number, self.sequence, transaction, self.writer.message(told, at + SECOND), late)

    def turn(self, now: datetime) -> Iterator[Sent]:
        """It goes off line, comes back, or sends what it had buffered."""
        if self.online and not self._buffered:
            self.online, self.at = False, now + self.chance.randrange(3, 90) * MINUTE
        elif not self.online:
            self.online = True
            self.at = now + self.chance.choice((0, 0, self.chance.randrange(1, 20))) * MINUTE + SECOND
        else:
            while self._buffered:
                yield self._sent(self._buffered.popleft(), now, late=True)
        if self.online and not self._buffered:
            self.at = now + self.chance.randrange(4, 72) * HOUR


@dataclass(slots=True)
class Life:
    """One pump with its nurse and its gateway."""

    order: Order
    number: int
    pump: Pump = field(init=False)

    def __post_init__(self) -> None:
        self.pump = Pump(self.order.start)

    @property
    def serial(self) -> str:
        """Its serial number."""
        return f"SW{self.order.seed % 1000:03}{self.number:06}"

    def sent(self) -> Iterator[Sent]:
        """Its messages in the order in which they are sent; the life is lived as they are asked for."""
        order, pump = self.order, self.pump
        nurse, gateway = self._staffed()
        tick = order.start + nurse.chance.randrange(order.interval) * SECOND
        while (at := min(tick, nurse.at, gateway.at, self._due)) < order.until:
            completes = pump.due is not None and at >= pump.due
            pump.passed(at)
            if completes:
                nurse.called()
            elif at == nurse.at:
                nurse.act()
            elif at == gateway.at:
                yield from gateway.turn(at)
            else:
                tick += order.interval * SECOND
                nurse.looked_at()
                if pump.is_on:
                    pump.snapshot()
            yield from gateway.carried(pump.drain())
        pump.passed(order.until)
        yield from gateway.carried(pump.drain())

    @property
    def _due(self) -> datetime:
        return self.pump.due or self.order.until

    def _staffed(self) -> tuple[Nurse, Gateway]:
        nurse = Nurse(self.pump, self.order.seed, self.number)
        chance = random.Random(f"gateway {self.order.seed} {self.number}")
        area = CARE_AREAS[self.number // PUMPS_A_BED % len(CARE_AREAS)]
        writer = Writer(self.serial, nurse.device, area)
        first = self.order.start + chance.randrange(1, 72) * HOUR + chance.randrange(60) * MINUTE
        return nurse, Gateway(writer, self.number, chance, chance.randrange(4) > 0, first)


def ward(order: Order) -> tuple[list[Life], Iterator[Sent]]:
    """Every pump of a ward, and its messages in the order in which they are sent."""
    lives = [Life(order, number) for number in range(order.pumps)]
    return lives, heapq.merge(*(life.sent() for life in lives))
