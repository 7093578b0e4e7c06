"""A simulated pump: reservoir, line, regimen, boluses, alarms and clock, from one event to the next.

Numbered invariants, which tests cite:
1. Reservoir: what was filled in less what really left is what is there; it is never below zero.
2. The pump reckons: its own volume falls by what was programmed while it believes that it infuses. It knows neither how
   much really leaves (`factor`), nor of a stall before it has noticed it.
3. Time never goes back, and is passed from event to event: a year without events is one step.
4. Truth tells of every second since the pump was started: something left, or nothing did and why.
All arithmetic is Decimal in the exact context; instants are aware, in UTC, to the second.
"""

from __future__ import annotations

import dataclasses
import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, Decimal, localcontext

from bridge.quantity import EXACT
from bridge.simulator import truth as told
from bridge.simulator.boluses import Bolus, PatientControl
from bridge.simulator.line import Line
from bridge.simulator.logbook import Logbook
from bridge.simulator.pump_clock import PumpClock
from bridge.simulator.regimen import SECOND, ZERO, Mixture, Regimen
from bridge.simulator.truth import Stretch, Truth

ONE = Decimal(1)
LONG_STOP = timedelta(hours=48)
REMEMBERED = 60
"""How many boluses the pump keeps."""
FOREVER = datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Build:
    """What is fixed in a pump: volumes in mL, and how long it serves."""

    capacity: Decimal
    tubing: Decimal
    catheter: Decimal
    alarm_volume: Decimal
    eri: datetime = FOREVER
    end_of_service: datetime = FOREVER


@dataclass(slots=True)
class Reservoir:
    """What is in it: really, and by the pump's own reckoning; and what it was filled with."""

    volume: Decimal = ZERO
    reckoned: Decimal = ZERO
    mixture: Mixture | None = None


@dataclass(order=True, slots=True)
class _Due:
    at: datetime
    number: int
    act: Callable[[], None] = field(compare=False)


class Pump:
    """One pump from its implant on; `passed` moves it through time, everything else happens at `now`."""

    def __init__(self, build: Build, at: datetime, clock: PumpClock) -> None:
        self.build, self.now, self.clock = build, at, clock
        self.reservoir = Reservoir()
        self.line = Line(build.tubing + build.catheter)
        self.log, self.truth = Logbook(), Truth()
        self.regimen: Regimen | None = None
        self.control: PatientControl | None = None
        self.boluses: list[Bolus] = []
        self.bridge: Bolus | None = None
        self.factor = ONE
        self.reasons: dict[str, datetime] = {}
        self.unnoticed: set[str] = set()
        self.memory: list[Bolus] = []
        self._due: list[_Due] = []
        self._asked = 0
        self.later(build.eri, lambda: self.note("eri-reached", alarm=True))
        self.later(build.end_of_service, self._end_of_service)

    # --- time ---------------------------------------------------------------------------------------------------------

    def later(self, at: datetime, act: Callable[[], None]) -> None:
        """Have something happen at an instant; in the order in which it was asked for."""
        self._asked += 1
        heapq.heappush(self._due, _Due(at, self._asked, act))

    def passed(self, until: datetime) -> None:
        """Let time pass until an instant; raises ValueError for one that is over."""
        if until < self.now:
            raise ValueError(f"{until} is before {self.now}")
        with localcontext(EXACT):
            self._happen()
            while self.now < until:
                self._run(min(until, self._next()))
                self._happen()

    def _happen(self) -> None:
        while self._due and self._due[0].at <= self.now:
            heapq.heappop(self._due).act()

    def _next(self) -> datetime:
        """The next instant at which something changes."""
        ends = [self._due[0].at if self._due else FOREVER]
        if self.infuses and self.regimen is not None:
            ends += [self.now + seconds * SECOND for seconds in self._spans() if seconds is not None]
        return max(min(ends), self.now + SECOND)

    def _spans(self) -> list[int | None]:
        """Seconds to whatever changes first in what leaves: a rate, the reservoir, the mixture at the tip."""
        spans: list[int | None] = [self._seconds_to(self.reservoir.volume, self.factor)]
        low = self.reservoir.reckoned - self.build.alarm_volume
        spans += [self._seconds_to(left, ONE) for left in (low, self.reservoir.reckoned) if left > 0]
        if self._rates_matter and self.regimen is not None and self.bridge is None:
            spans.append(self.regimen.to_next_piece(self.clock.shows(self.now)))
        if self.line.to_change is not None:
            spans.append(self._seconds_to(self.line.to_change, self.factor))
        return spans

    @property
    def _rates_matter(self) -> bool:
        return bool(self.boluses) or self.line.to_change is not None

    def _seconds_to(self, volume: Decimal, factor: Decimal) -> int | None:
        """How long until so much has left (at this rate, while a bolus runs), rounded up; None: never."""
        if factor <= 0 or self.regimen is None:
            return None
        if not self.boluses and self.bridge is None:
            return self.regimen.seconds_to(volume / factor, self.clock.shows(self.now))
        rate = (self._background(1) + sum((one.rate for one in self._extra), ZERO)) * factor
        return int((volume / rate).to_integral_value(rounding=ROUND_CEILING)) if rate > 0 else None

    @property
    def _extra(self) -> list[Bolus]:
        return [*self.boluses, *([self.bridge] if self.bridge else [])]

    def _background(self, seconds: int) -> Decimal:
        if self.regimen is None or self.bridge is not None:
            return ZERO
        return self.regimen.volume(self.clock.shows(self.now), seconds)

    # --- what leaves --------------------------------------------------------------------------------------------------

    def _run(self, until: datetime) -> None:
        start, seconds = self.now, (until - self.now) // SECOND
        if self.regimen is None:
            self.now = until
            return
        programmed = self._background(seconds) + sum((one.rate for one in self._extra), ZERO) * seconds
        if self.believes_infusing:
            self.reservoir.reckoned = max(ZERO, self.reservoir.reckoned - programmed)
        if self.infuses:
            self._dispense(start, until, programmed * self.factor)
        else:
            self.truth.stood(start, until, next(iter(self.reasons)))
        self.now = until
        self._levels()

    def _dispense(self, start: datetime, until: datetime, volume: Decimal) -> None:
        """So much leaves the reservoir, and pushes what is in the line."""
        content = self.reservoir.mixture
        if content is None:
            return
        volume = min(volume, self.reservoir.volume)
        self.reservoir.volume -= volume
        leaving = self.line.at_the_tip
        self.line.push(content, volume)
        if self.bridge is None:
            offset = self.clock.offset(start)
            self.truth.ran(Stretch(told.BACKGROUND, start, until, leaving, self.factor, self.regimen, offset))
        else:
            self.truth.ran(Stretch(told.BRIDGE, start, until, leaving, self.factor, rate=self.bridge.rate))
        for one in self.boluses:
            self.truth.ran(Stretch(told.BOLUS, start, until, leaving, self.factor, rate=one.rate))

    def _levels(self) -> None:
        """Raise what the volumes call for: the alarms by the reckoned one, standing still by the real one."""
        reckoned, alarms = self.reservoir.reckoned, self.log.alarms
        if reckoned <= self.build.alarm_volume and "low-reservoir" not in alarms:
            self.note("low-reservoir", alarm=True)
        if reckoned <= 0 and "empty-reservoir" not in alarms:
            self.note("empty-reservoir", alarm=True)
        if self.reservoir.volume <= 0:
            self.reasons.setdefault(told.EMPTY, self.now)
            self.unnoticed.add(told.EMPTY)

    @property
    def infuses(self) -> bool:
        """Whether anything really leaves."""
        return self.regimen is not None and not self.reasons

    @property
    def believes_infusing(self) -> bool:
        """Whether the pump believes that it infuses."""
        return self.regimen is not None and set(self.reasons) <= self.unnoticed

    # --- what is done to it -------------------------------------------------------------------------------------------

    def fill(self, volume: Decimal, mixture: Mixture) -> Decimal:
        """Empty the reservoir and fill it; answers what was really drawn off."""
        rest = self.reservoir.volume
        self.reservoir = Reservoir(volume, volume, mixture)
        self.reasons.pop(told.EMPTY, None)
        self.unnoticed.discard(told.EMPTY)
        self.log.silence("low-reservoir", "empty-reservoir")
        return rest

    def prime(self, volume: Decimal, minutes: int) -> Bolus:
        """Fill the line: what is primed beyond it is dispensed."""
        content = self.reservoir.mixture
        assert content is not None, "only a filled pump is primed"
        self.reservoir.volume -= volume
        self.reservoir.reckoned -= volume
        end = self.now + timedelta(minutes=minutes)
        for leaving, part in self.line.push(content, volume):
            if leaving is not None:
                rate = part / (60 * minutes)
                self.truth.ran(Stretch(told.PRIMING, self.now, end, leaving, ONE, rate=rate))
        number, drug = self.log.number(), content.primary.name
        return self._remembered(
            Bolus(told.PRIMING, number, self.now, minutes, volume, ZERO, ZERO, drug, "complete", volume)
        )

    def _remembered(self, one: Bolus) -> Bolus:
        self.memory = [*self.memory, one][-REMEMBERED:]
        return one

    def programme(self, regimen: Regimen) -> None:
        """Run a regimen from now on; what stopped the pump before by its programme is over."""
        self.regimen = dataclasses.replace(regimen, since=self.clock.shows(self.now)) if regimen.periodic else regimen
        if regimen.mode == "stopped":
            self._stop()
        else:
            self.start()
            self.log.silence("low-battery-reset")

    def stop(self) -> None:
        """Stop the pump: logged, and after 48 hours an alarm."""
        self.note("pump-stopped")
        self._stop()

    def _stop(self) -> None:
        self._cut_short()
        since = self.reasons.setdefault(told.STOPPED, self.now)
        self.later(since + LONG_STOP, lambda: self._stopped_long(since))

    def _cut_short(self) -> None:
        for one in self._extra:
            one.outcome, one.given, one.ended = "cancelled", one.until(self.now), self.now
        self.boluses, self.bridge = [], None

    def _stopped_long(self, since: datetime) -> None:
        if self.reasons.get(told.STOPPED) == since:
            self.log.raise_alarm("pump-stopped")

    def start(self) -> None:
        """Let a stopped pump run again."""
        if self.reasons.pop(told.STOPPED, None) is not None:
            self.note("pump-started")
        self.log.silence("pump-stopped")

    def bolus(self, kind: str, dose: Decimal, minutes: int) -> Bolus:
        """Give a dose beside the background."""
        content = self.reservoir.mixture
        assert content is not None, "only a filled pump gives a bolus"
        volume = EXACT.divide(dose, content.primary.concentration)
        one = Bolus(kind, self.log.number(), self.now, minutes, volume, dose, dose, content.primary.name)
        self.boluses = [*self.boluses, one]
        self.later(one.end, lambda: self._over(one))
        return self._remembered(one)

    def _over(self, one: Bolus) -> None:
        if one.outcome == "running":
            one.outcome, one.given = "complete", one.volume
        self.boluses = [other for other in self.boluses if other is not one]

    def bridged(self, old: Mixture, minutes: int) -> Bolus:
        """Let what is in the line leave at another rate, instead of the background."""
        content, volume = self.reservoir.mixture, self.line.volume
        assert content is not None, "only a filled pump bridges"
        accounted = EXACT.multiply(volume, content.primary.concentration)
        programmed = EXACT.multiply(volume, old.primary.concentration)
        number, drug = self.log.number(), old.primary.name
        one = Bolus(told.BRIDGE, number, self.now, minutes, volume, accounted, programmed, drug)
        self.bridge = one
        self.later(one.end, lambda: self._bridge_over(one))
        return self._remembered(one)

    def _bridge_over(self, one: Bolus) -> None:
        if self.bridge is one:
            one.outcome, one.given, self.bridge = "complete", one.volume, None

    def request(self) -> Bolus | None:
        """The patient asks for a bolus: given, or denied and logged; nothing while the pump knows that it stands."""
        control = self.control
        if control is None or not self.believes_infusing:
            return None
        if not control.allows(self.now):
            control.denied += 1
            self.note("bolus-denied")
            return None
        control.grant(self.now)
        return self.bolus("patient", control.dose, control.minutes)

    # --- what befalls it ----------------------------------------------------------------------------------------------

    def note(self, code: str, *, alarm: bool = False, shown: datetime | None = None) -> None:
        """Log a row with the time that the pump's clock shows."""
        self.log.note(code, shown or self.clock.shows(self.now), alarm=alarm)

    def stall(self, noticed_after: timedelta = timedelta()) -> None:
        """The motor stalls; the pump notices it at once or later, and logs it then."""
        if told.STALLED in self.reasons:
            return
        self.reasons[told.STALLED] = self.now
        self.unnoticed.add(told.STALLED)
        since, shown = self.now, self.clock.shows(self.now)
        self.later(self.now + noticed_after, lambda: self._stall_noticed(since, shown))

    def _stall_noticed(self, since: datetime, shown: datetime) -> None:
        self.unnoticed.discard(told.STALLED)
        self.note("motor-stall", shown=shown)
        if self.reasons.get(told.STALLED) == since:
            self.log.raise_alarm("motor-stall")

    def recover(self, noticed_after: timedelta = timedelta()) -> None:
        """The motor runs again; the log says so at once or later."""
        if self.reasons.pop(told.STALLED, None) is None:
            return
        shown = self.clock.shows(self.now)
        self.later(self.now + noticed_after, lambda: self._recovery_noticed(shown))

    def _recovery_noticed(self, shown: datetime) -> None:
        self.note("motor-stall-recovered", shown=shown)
        self.log.silence("motor-stall")

    def reset(self, regimen: Regimen) -> None:
        """The battery falls too low: the programme is replaced, the clock begins anew."""
        self.note("low-battery-reset", alarm=True)
        self.clock.lose(self.now)
        self._cut_short()
        self.regimen = regimen

    def _end_of_service(self) -> None:
        self.note("end-of-service", alarm=True)
        self.note("pump-stopped")
        self.reasons.setdefault(told.END_OF_SERVICE, self.now)
