"""A simulated hospital pump with one line: settings, volumes, events and alarms, from one event to the next.

Numbered invariants, which tests cite:
1. Volumes are whole: a flow in hundredths of mL/h times seconds. What all runs delivered adds up to the counters.
2. One source delivers at a time. Delivery ends in the second in which the volume to be infused has left, and no more
   than that leaves.
3. A change of rate is STOP and START at one instant; a bolus stops the infusion that it interrupts, which starts again
   after it, and the primary counter counts the bolus too: it comes from the same container.
4. Every run is told of by the events that begin and end it, in the order in which they happened; a failure of power
   tells nothing.
Instants are aware, in UTC, to the second.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bridge.simulator.ward.library import CLINICIAN, KVO_FLOW, PRIMARY, SECONDARY, Settings

WHOLE = 360_000
"""How many units make a millilitre: hundredths of mL/h times seconds."""
SECONDS = 3600
SECOND = timedelta(seconds=1)
DELIVERING, KEEPING_OPEN, TRANSITIONING, NOT_DELIVERING = "delivering", "kvo", "transitioning", "not-delivering"
BY_CLINICIAN, ALARMING, SWITCHING, POWERED_OFF = "by-clinician", "alarming", "switching-source", "powered-off"
START, STOP, COMPLETE, ALARM, SNAPSHOT, PATIENT = "start", "stop", "complete", "alarm", "snapshot", "patient"
FULL, LOW = 100, 20
DRAINS, CHARGES = timedelta(minutes=6), timedelta(minutes=3)
"""How long the battery takes for one percent."""


@dataclass(frozen=True, slots=True)
class Person:
    """An invented patient in a bed, with a weight in kg."""

    identifier: str
    family: str
    given: str
    born: str
    weight: str


@dataclass(frozen=True, slots=True)
class Channel:
    """One source as it stands: volumes in units of which 360,000 make a millilitre."""

    source: str
    settings: Settings
    status: str = NOT_DELIVERING
    reason: str = ""
    segment: int = 0
    total: int = 0
    remaining: int = 0


@dataclass(frozen=True, slots=True)
class View:
    """What the pump shows at an instant; `flow` in hundredths of mL/h."""

    at: datetime
    patient: Person | None
    infusing: bool
    flow: int
    active: str
    channels: tuple[Channel, ...]
    battery: int

    def channel(self, source: str) -> Channel:
        """The channel of a source."""
        return next(one for one in self.channels if one.source == source)


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm in one of its phases; `code` names its kind, `number` is the same from its start to its end."""

    code: str
    number: int
    phase: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that happened, with what the pump showed then."""

    kind: str
    view: View
    source: str = ""
    alarm: Alarm | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """What really left the pump between two instants; `ended` is how: complete, stopped, changed, failed or running."""

    patient: Person | None
    source: str
    settings: Settings
    start: datetime
    end: datetime
    units: int
    ended: str


@dataclass(slots=True)
class Pump:
    """One pump; `passed` moves it through time, everything else happens at `now`."""

    now: datetime
    patient: Person | None = None
    is_on: bool = False
    channels: dict[str, Channel] = field(default_factory=dict)
    active: str = ""
    halted: str = ""
    alarms: dict[str, Alarm] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    delivered: int = 0
    _told: list[Told] = field(default_factory=list)
    _since: datetime | None = None
    plugged: bool = True
    _charge: int = FULL
    _plugged: datetime | None = None
    _alarms: int = 0

    # --- time ---------------------------------------------------------------------------------------------------------

    @property
    def running(self) -> Channel | None:
        """The source that delivers."""
        return self.channels[self.active] if self.active else None

    @property
    def due(self) -> datetime | None:
        """When the volume to be infused will have left; None where nothing runs or nothing bounds it."""
        one = self.running
        if one is None or not one.settings.volume:
            return None
        return self.now + max(1, -(-one.remaining // one.settings.flow)) * SECOND

    def passed(self, until: datetime) -> None:
        """Let time pass until an instant; raises ValueError for one that is over."""
        if until < self.now:
            raise ValueError(f"{until} is before {self.now}")
        while (due := self.due) is not None and due <= until:
            self._run(due)
            self._completed()
        self._run(until)

    def _run(self, until: datetime) -> None:
        one = self.running
        if one is not None:
            units = one.settings.flow * ((until - self.now) // SECOND)
            if one.settings.volume:
                units = min(units, one.remaining)
            left = one.remaining - units if one.settings.volume else 0
            self._set(one, segment=one.segment + units, total=one.total + units, remaining=left)
            if one.source == CLINICIAN and (first := self.channels.get(PRIMARY)):
                self._set(first, total=first.total + units)
            self.delivered += units
        self.now = until

    def _set(self, channel: Channel, **changed: object) -> Channel:
        made = dataclasses.replace(channel, **changed)  # type: ignore[arg-type]
        self.channels[channel.source] = made
        return made

    # --- delivery -----------------------------------------------------------------------------------------------------

    def load(self, source: str, settings: Settings) -> None:
        """Set a source anew: its counters begin at zero."""
        self.channels[source] = Channel(source, settings, remaining=settings.volume * SECONDS)

    def unload(self) -> None:
        """What hangs there is taken off, and its settings are gone."""
        assert not self.active, "what delivers is stopped first"
        self.channels, self.halted = {}, ""

    def start(self, source: str) -> None:
        """Let a source deliver."""
        one = self.channels[source]
        status = DELIVERING if one.settings.volume else KEEPING_OPEN
        for other in [other for other in self.channels.values() if other.status == TRANSITIONING]:
            self._set(other, status=NOT_DELIVERING, reason=SWITCHING)
        self._set(self.channels[source], status=status, reason="", segment=0)
        self.active, self._since = source, self.now
        self._tell(START, source)

    def stop(self, reason: str = BY_CLINICIAN) -> None:
        """Stop what delivers; `resume` lets it go on."""
        self.halted = self.active
        self._halt(STOP, NOT_DELIVERING, reason, "stopped")

    def resume(self) -> None:
        """Let what was stopped go on."""
        self.start(self.halted)

    def _halt(self, event: str, status: str, reason: str, ended: str, *, told: bool = True) -> None:
        one = self.running
        assert one is not None, "only what delivers is stopped"
        made = self._set(one, status=status, reason=reason)
        self._note_run(made, ended)
        self.active = ""
        if told:
            self._tell(event, made.source, flow=made.settings.flow if status == TRANSITIONING else 0)

    def _note_run(self, one: Channel, ended: str) -> None:
        assert self._since is not None, "what delivers was started"
        self.runs.append(Run(self.patient, one.source, one.settings, self._since, self.now, one.segment, ended))

    def change(self, settings: Settings) -> None:
        """Another rate for what delivers: the counters and what remains stay."""
        one = self.running
        assert one is not None, "only what delivers changes its rate"
        self._halt(STOP, TRANSITIONING, "", "changed")
        self._set(self.channels[one.source], settings=settings)
        self.start(one.source)

    def bolus(self, settings: Settings) -> None:
        """A clinician's bolus, from the container of the infusion that it interrupts."""
        self._halt(STOP, TRANSITIONING, "", "changed")
        self.load(CLINICIAN, settings)
        self.start(CLINICIAN)

    def piggyback(self, settings: Settings) -> None:
        """A second bag runs first; then the primary goes on."""
        self._halt(STOP, NOT_DELIVERING, SWITCHING, "changed")
        self.load(SECONDARY, settings)
        self.start(SECONDARY)

    def _completed(self) -> None:
        one = self.running
        assert one is not None, "only what delivers completes"
        if one.source == CLINICIAN:
            self._halt(STOP, TRANSITIONING, "", "complete")
            self.start(PRIMARY)
        elif one.source == SECONDARY:
            self._halt(COMPLETE, NOT_DELIVERING, SWITCHING, "complete")
            self.start(PRIMARY)
        else:
            self._primary_completed(one.settings)

    def _primary_completed(self, settings: Settings) -> None:
        if settings.keeps_open:
            self._halt(COMPLETE, TRANSITIONING, "", "complete")
            slow = dataclasses.replace(settings, flow=KVO_FLOW, volume=0, dose_rate=None, rate_unit="")
            self._set(self.channels[PRIMARY], settings=slow)
            self.start(PRIMARY)
        else:
            self._halt(COMPLETE, NOT_DELIVERING, ALARMING, "complete")
        self.alarm("end-of-infusion")

    # --- alarms -------------------------------------------------------------------------------------------------------

    def alarm(self, code: str, *, stops: bool = False) -> None:
        """An alarm begins; one that stops the pump stops it at once."""
        if code in self.alarms:
            return
        if stops and self.active:
            self.stop(ALARMING)
        self._alarms += 1
        self._phase(Alarm(code, self._alarms, "start", self.now))

    def silence(self, code: str) -> None:
        """The sound of an alarm is paused."""
        self._phase(dataclasses.replace(self.alarms[code], phase="update"))

    def clear(self, *codes: str) -> None:
        """Alarms end, all where none is named."""
        for code in codes or tuple(self.alarms):
            self._phase(dataclasses.replace(self.alarms[code], phase="end"))
            del self.alarms[code]

    def _phase(self, alarm: Alarm) -> None:
        self.alarms[alarm.code] = alarm
        one = self.active or next(iter(self.channels), "")
        self._tell(ALARM, one, alarm=alarm)

    # --- power and patient --------------------------------------------------------------------------------------------

    @property
    def battery(self) -> int:
        """Percent of charge."""
        if self._plugged is None:
            return self._charge
        passed = self.now - self._plugged
        if self.plugged:
            return min(FULL, self._charge + passed // CHARGES)
        return max(1, self._charge - passed // DRAINS)

    def plug(self, plugged: bool) -> None:
        """Put it on mains or on battery."""
        self._charge, self._plugged, self.plugged = self.battery, self.now, plugged

    def switch_on(self, patient: Person | None) -> None:
        """Switched on, for a patient or for nobody yet."""
        self.is_on = True
        if patient is not None:
            self.assign(patient)

    def assign(self, patient: Person) -> None:
        """The pump is told whose it is."""
        self.patient = patient
        self._tell(PATIENT)

    def switch_off(self) -> None:
        """Stopped, and its settings gone; the last thing it says is that it is off."""
        if self.active:
            self.stop(POWERED_OFF)
        self.clear()
        for one in tuple(self.channels.values()):
            self._set(one, reason=POWERED_OFF)
        self.snapshot()
        self._forget()

    def fail(self) -> None:
        """Power is lost at once: nothing more is told."""
        if self.active:
            self._halt(STOP, NOT_DELIVERING, POWERED_OFF, "failed", told=False)
        self.alarms.clear()
        self._forget()

    def _forget(self) -> None:
        self.unload()
        self.is_on, self.patient = False, None

    # --- what is told -------------------------------------------------------------------------------------------------

    def snapshot(self) -> None:
        """Tell of all that it shows."""
        self._tell(SNAPSHOT)

    def view(self, flow: int = 0) -> View:
        """What it shows now; `flow` where a source in transition still states one."""
        one = self.running
        current = one.settings.flow if one is not None else flow
        active = self.active or (self._told_last if flow else "")
        channels = tuple(self.channels.values())
        return View(self.now, self.patient, current > 0, current, active, channels, self.battery)

    @property
    def _told_last(self) -> str:
        return next((one.source for one in self.channels.values() if one.status == TRANSITIONING), "")

    def _tell(self, kind: str, source: str = "", *, alarm: Alarm | None = None, flow: int = 0) -> None:
        self._told.append(Told(kind, self.view(flow), source, alarm))

    def drain(self) -> list[Told]:
        """What was told since it was asked last."""
        found, self._told = self._told, []
        return found

    def truth(self) -> list[Run]:
        """Every run, the one that goes on as far as it has come."""
        one = self.running
        if one is None or self._since is None:
            return list(self.runs)
        return [*self.runs, Run(self.patient, one.source, one.settings, self._since, self.now, one.segment, "running")]
