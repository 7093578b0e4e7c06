"""A simulated programmer: it interrogates the pump, changes it where told to, and tells of the session.

What it tells is one neutral document, in the terms of the session format: as found before anything is done, as
left after an update that completed, pending where it did not. `exports.py` writes it in the format of each family.
A session takes a few minutes of the pump's time; everything in it happens on whole minutes.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from zoneinfo import ZoneInfo

from bridge.quantity import EXACT
from bridge.simulator import stated
from bridge.simulator.boluses import PatientControl
from bridge.simulator.kinds import Identity
from bridge.simulator.pump import FOREVER, Pump
from bridge.simulator.regimen import SECOND, Mixture, Regimen, constant_flow
from bridge.simulator.stated import Json

MINUTE = timedelta(minutes=1)
SET_WHEN_OFF_BY = timedelta(minutes=2)
PRIMING_MINUTES = 10
NEXT_REFILL = Decimal("3.0")
"""mL at which a Prometra is to be refilled, by its patient controller's manual."""
MARGIN = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class Document:
    """What one session says, and when it began."""

    at: datetime
    body: Json


@dataclass(frozen=True, slots=True)
class Orders:
    """What is to be done in one session; None leaves a thing as it is.

    `fill`: what the reservoir is filled with, to its capacity; `bridge`: whether a change of concentration is bridged;
    `dropped`: how the pump is left where the update does not complete: stopped, old or new.
    """

    type: str = "interrogation"
    fill: Mixture | None = None
    regimen: Regimen | None = None
    bridge: bool = True
    bolus: tuple[Decimal, int] | None = None
    control: PatientControl | None = None
    run: bool | None = None
    dropped: str = ""
    sets_clock: bool = True


@dataclass(slots=True)
class _Sheet:
    """A session's notes as it goes on."""

    orders: Orders
    begun: datetime
    number: int
    clocks: Json
    states: list[Json] = field(default_factory=list)
    refills: list[Json] = field(default_factory=list)
    old: Mixture | None = None


class Programmer:
    """The programmer of one clinic at one pump; its clock is right, in the zone of the clinic."""

    def __init__(self, pump: Pump, identity: Identity, implanted: datetime, zone: str) -> None:
        self.pump, self.identity, self.implanted, self.zone = pump, identity, implanted, ZoneInfo(zone)
        self._sessions = 0
        self._explanted: datetime | None = None
        self._last_fill: Json = {}

    def session(self, orders: Orders) -> Document:
        """Hold a session now; its end is the pump's new now."""
        sheet = self._begin(orders)
        self._later(6)
        if orders.type == "interrogation":
            return self._end(sheet, -2)
        if orders.fill is not None:
            self._fill(sheet, orders.fill)
        self._later(6)
        if orders.dropped:
            self._drop(sheet)
        elif orders.type == "explant":
            self.pump.stop()
            self._explanted = self.pump.now
        else:
            self._update(sheet)
        return self._end(sheet, 8)

    def _begin(self, orders: Orders) -> _Sheet:
        self.pump.passed(self.pump.now)
        self._sessions += 1
        now = self.pump.now
        clocks = {
            "pump": self.pump.clock.shows(now).isoformat(timespec="seconds"),
            "programmer": now.astimezone(self.zone).isoformat(timespec="seconds"),
            "host": (now + 4 * SECOND).astimezone(self.zone).isoformat(timespec="seconds"),
            "zone": self.zone.key,
        }  # fmt: skip
        sheet = _Sheet(orders, now, self._sessions, clocks, old=self.pump.reservoir.mixture)
        if self.pump.regimen is not None and self.identity.kind.telemetry:
            sheet.states.append(self._state("as-found"))
        return sheet

    def _later(self, minutes: int) -> None:
        self.pump.passed(self.pump.now + minutes * MINUTE)

    def _fill(self, sheet: _Sheet, mixture: Mixture) -> None:
        """Draw off the rest and fill: in the model at one instant, that of the filling."""
        pump, now = self.pump, self.pump.now
        expected, capacity, first = pump.reservoir.reckoned, pump.build.capacity, sheet.old is None
        rest = pump.fill(capacity, mixture)
        row: Json = {} if first else {"aspirated_at": self._moment(now - 2 * MINUTE)}
        row |= {"filled_at": self._moment(now)}
        if not first:
            told = {"expected": stated.quantity(expected, 1, "mL", "calculated")}
            row |= told if self.identity.kind.volume == "calculated" and self.identity.kind.telemetry else {}
            row |= {"aspirated": stated.quantity(rest, 1, "mL", "aspirated")}
        row |= {"filled": stated.quantity(capacity, 1, "mL", "typed"), "drugs": stated.drugs(mixture, lot=True)}
        if self._last_fill and not self.identity.kind.telemetry:
            sheet.refills.append(self._last_fill)
        sheet.refills.append(row)
        self._last_fill = {name: row[name] for name in ("filled_at", "filled", "drugs")}
        if first and self.identity.kind.telemetry:
            pump.prime(pump.line.volume, PRIMING_MINUTES)
            self._later(PRIMING_MINUTES)
        elif first:
            pump.line.push(mixture, pump.line.volume)  # by hand, through the side port

    def _update(self, sheet: _Sheet) -> None:
        pump, orders = self.pump, sheet.orders
        self._set_clock(orders)
        regimen = orders.regimen or self._at_the_new_concentration()
        if regimen is not None:
            pump.programme(regimen)
        if orders.run is not None:
            (pump.start if orders.run else pump.stop)()
        if orders.control is not None:
            pump.control = orders.control
        if self._bridges(sheet):
            self._bridge(sheet)
        sheet.states.append(self._state("as-left"))
        if orders.bolus is not None:
            self._later(2)
            pump.bolus("clinician", *orders.bolus)

    def _at_the_new_concentration(self) -> Regimen | None:
        """The regimen in force for what the reservoir holds now; None where that has not changed."""
        regimen, mixture = self.pump.regimen, self.pump.reservoir.mixture
        if regimen is None or mixture is None or regimen.concentration == mixture.primary.concentration:
            return None
        if regimen.mode == "constant-flow":
            return constant_flow(regimen.flow, mixture.primary.concentration)
        return dataclasses.replace(regimen, concentration=mixture.primary.concentration)

    def _set_clock(self, orders: Orders) -> None:
        pump, wall = self.pump, self.wall()
        if not orders.sets_clock or abs(pump.clock.shows(pump.now) - wall) < SET_WHEN_OFF_BY:
            return
        pump.clock.set(pump.now, wall)
        pump.note("clock-changed")

    def wall(self) -> datetime:
        """What the programmer's own clock shows."""
        return self.pump.now.astimezone(self.zone).replace(tzinfo=None)

    def _bridges(self, sheet: _Sheet) -> bool:
        old, fill, pump = sheet.old, sheet.orders.fill, self.pump
        changed = old is not None and fill is not None and old.drugs != fill.drugs
        wanted = changed and sheet.orders.bridge and self.identity.kind.bridges
        return wanted and pump.infuses and pump.regimen is not None and pump.regimen.flow > 0

    def _bridge(self, sheet: _Sheet) -> None:
        """The old mixture leaves the line at the new daily dose."""
        pump, old = self.pump, sheet.old
        assert old is not None, "asked by _bridges"
        assert pump.regimen is not None, "asked by _bridges"
        dose = EXACT.multiply(pump.line.volume, old.primary.concentration)
        minutes = EXACT.divide(EXACT.multiply(dose, Decimal(1440)), pump.regimen.daily)
        whole = int(minutes.to_integral_value(rounding=ROUND_HALF_EVEN))
        pump.bridged(old, max(1, whole))

    def _drop(self, sheet: _Sheet) -> None:
        """The session breaks off: what the pump was to run is pending, what it runs is not told."""
        orders, pump = sheet.orders, self.pump
        if orders.regimen is not None:
            pending = self._state("pending", orders.regimen)
            sheet.states.append({name: pending[name] for name in ("tag", "programme", "drugs")})
        if orders.dropped == "new" and orders.regimen is not None:
            pump.programme(orders.regimen)
        elif orders.dropped == "stopped":
            pump.stop()

    def _end(self, sheet: _Sheet, minutes: int) -> Document:
        if minutes > 0:
            self._later(minutes)
        ended = self.pump.now if minutes > 0 else self.pump.now + minutes * MINUTE
        return Document(sheet.begun, self._body(sheet, ended))

    # --- what is told -------------------------------------------------------------------------------------------------

    def _state(self, tag: str, regimen: Regimen | None = None) -> Json:
        pump = self.pump
        one, mixture = regimen or pump.regimen, pump.reservoir.mixture
        assert one is not None, "only a programmed pump has a state"
        assert mixture is not None, "only a filled pump is programmed"
        if not self.identity.kind.telemetry:
            return {"tag": tag, "programme": stated.regimen(one, mixture), "drugs": stated.drugs(mixture, lot=True)}
        sensed = self.identity.kind.volume == "sensed"
        volume = pump.reservoir.volume if sensed else pump.reservoir.reckoned
        return {
            "tag": tag, "at": self._moment(pump.now), "infusing": pump.believes_infusing,
            "volume": stated.quantity(volume, 1, "mL", self.identity.kind.volume),
            "programme": stated.regimen(one, mixture), "drugs": stated.drugs(mixture, lot=tag == "as-left"),
        }  # fmt: skip

    def _moment(self, at: datetime) -> str:
        return stated.moment(at, self.zone)

    def _body(self, sheet: _Sheet, ended: datetime) -> Json:
        telemetry = self.identity.kind.telemetry
        body: Json = {"kind": "session" if telemetry else "worksheet", "simulated": True}
        body["session"] = self._session(sheet, ended)
        body["clocks"] = sheet.clocks if telemetry else {"zone": self.zone.key}
        body |= self._identity(first=sheet.orders.type == "implant")
        body["channels"] = [self._channel(sheet)]
        if telemetry:
            body["longevity"] = self._longevity()
        return body

    def _session(self, sheet: _Sheet, ended: datetime) -> Json:
        orders, telemetry = sheet.orders, self.identity.kind.telemetry
        update = "not-completed" if orders.dropped else "none"
        if not orders.dropped and orders.type not in ("interrogation", "explant"):
            update = "completed"
        facts: Json = {"start": self._moment(sheet.begun)}
        if telemetry:
            facts |= {"end": self._moment(ended), "number": f"{sheet.number:04}"}
        facts["type"] = orders.type
        facts |= {"update": update} if telemetry else {}
        return facts | {"revision": 1, "reported": self._moment(ended + 3 * MINUTE)}

    def _identity(self, *, first: bool) -> Json:
        kind, person, pump = self.identity.kind, self.identity.person, self.pump
        stated_pump: Json = {
            "manufacturer": kind.manufacturer, "model": kind.model, "serial": self.identity.serial,
            "capacity": stated.quantity(kind.capacity, 1, "mL"),
        }  # fmt: skip
        if kind.telemetry:
            stated_pump["tubing_volume"] = stated.quantity(kind.tubing, 3, "mL")
        stated_pump["implanted"] = stated.day(self.implanted.astimezone(self.zone))
        if self._explanted is not None:
            stated_pump["explanted"] = stated.day(self._explanted.astimezone(self.zone))
        told: Json = {"pump": stated_pump, "patient": {
            "identifier": person.identifier, "system": person.system, "family": person.family, "given": person.given,
            "birth_date": person.born,
        }}  # fmt: skip
        if kind.telemetry:
            names = ("manufacturer", "model", "serial", "software")
            values = (kind.programmer[0], kind.programmer[1], self.identity.programmer_serial, kind.programmer[2])
            told["programmer"] = {name: value for name, value in zip(names, values, strict=True) if value}
        if first:
            told["catheter"] = {
                "manufacturer": kind.manufacturer, "serial": self.identity.catheter_serial,
                "volume": stated.quantity(pump.build.catheter, 3, "mL", "calculated"), "tip": "T10",
                "implanted": stated_pump["implanted"],
            }  # fmt: skip
        return told

    def _channel(self, sheet: _Sheet) -> Json:
        pump, telemetry = self.pump, self.identity.kind.telemetry
        channel: Json = {"states": sheet.states} if sheet.states else {}
        if telemetry and pump.memory:
            channel["boluses"] = [stated.bolus(one, pump.now, self.zone) for one in pump.memory]
        channel |= {"refills": sheet.refills} if sheet.refills else {}
        if telemetry:
            channel |= {"events": stated.events(pump.log)} if pump.log.rows else {}
            if pump.control is not None:
                channel["patient_control"] = stated.control(pump.control)
                pump.control.read()
            channel |= stated.alarms(pump.log)
        reservoir = self._reservoir()
        return channel | ({"reservoir": reservoir} if reservoir else {})

    def _reservoir(self) -> Json:
        kind, alarm = self.identity.kind, self.pump.build.alarm_volume
        facts: Json = {"alarm_volume": stated.quantity(alarm, 1, "mL", "setting")} if kind.telemetry else {}
        low, empty = self.runs_to(alarm), self.runs_to(Decimal(0))
        if low is None or empty is None:
            return facts
        facts |= {"low_date": self._day(low), "empty_date": self._day(empty)} if kind.telemetry else {}
        return facts | {"refill_by": self._day(self.refill_by() or low)}

    def _day(self, at: datetime) -> str:
        return stated.day(at.astimezone(self.zone))

    def runs_to(self, volume: Decimal, extra: Decimal = Decimal(0)) -> datetime | None:
        """When the reckoned volume reaches a level at the mean flow (or did: then in the past); None: never."""
        pump = self.pump
        flow = EXACT.add(pump.regimen.flow if pump.regimen else Decimal(0), extra)
        if flow <= 0 or not pump.believes_infusing:
            return None
        room = EXACT.subtract(pump.reservoir.reckoned, volume)
        seconds = int(EXACT.divide(EXACT.multiply(room, Decimal(86_400)), flow))
        at = pump.now + min(seconds, 10**9) * SECOND
        return at if at < FOREVER else None

    def refill_by(self) -> datetime | None:
        """The date by which it is to be refilled: before the alarm; of a Prometra at 3.0 mL, all boluses taken."""
        pump, control, content = self.pump, self.pump.control, self.pump.reservoir.mixture
        if self.identity.kind.manufacturer == "Flowonix":
            extra = Decimal(0)
            if control is not None and content is not None:
                taken = EXACT.multiply(control.dose, Decimal(control.per_day))
                extra = EXACT.divide(taken, content.primary.concentration)
            return self.runs_to(NEXT_REFILL, extra)
        low = self.runs_to(pump.build.alarm_volume)
        return low - MARGIN if low is not None else None

    def _longevity(self) -> Json:
        build, now = self.pump.build, self.pump.now
        eri = "eri-reached" in self.pump.log.alarms
        facts: Json = {"eri": eri}
        if build.eri < FOREVER and not eri:
            months = max(1, (build.eri - now).days * 12 // 365)
            facts["months_to_eri"] = {"value": str(months), "unit": "months", "how": "reported"}
        if build.end_of_service < FOREVER:
            facts["replace_by"] = self._day(build.end_of_service)
        return facts | {"end_of_service": "end-of-service" in self.pump.log.alarms}
