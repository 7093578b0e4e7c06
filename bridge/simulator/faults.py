"""What befalls a simulated pump, by script: stalls, clocks, batteries, flows, and who asks for a bolus.

A fault is set once, before the life begins; the pump meets it when its time has come. What a fault does is the pump's
part (pump.py); a session that breaks off is an order of the programmer, and a noisy line is the line's (noise.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from bridge.simulator.pump import ONE, Pump
from bridge.simulator.regimen import minimum


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: when, of which kind, and until when where it passes.

    `lag`: how late the log tells of it; `recovery_lag`: how late of its end. `factor`: what leaves over what is
    programmed. `drift`: what the pump's clock gains in 30 days. `mri`: whether a scan caused it, and the log says so.
    """

    at: datetime
    kind: str
    until: datetime | None = None
    lag: timedelta = timedelta()
    recovery_lag: timedelta = timedelta()
    factor: Decimal = ONE
    drift: timedelta = timedelta()
    mri: bool = False


def befall(pump: Pump, fault: Fault) -> None:
    """Let a pump meet a fault when its time has come."""
    pump.later(fault.at, lambda: ACTS[fault.kind](pump, fault))


def _stall(pump: Pump, fault: Fault) -> None:
    if fault.mri:
        pump.note("mri-detected")
    pump.stall(fault.lag)
    if fault.until is not None:
        pump.later(fault.until, lambda: pump.recover(fault.recovery_lag))


def _flow(pump: Pump, fault: Fault) -> None:
    pump.factor = fault.factor
    if fault.until is not None:
        pump.later(fault.until, lambda: setattr(pump, "factor", ONE))


def _clock_lost(pump: Pump, fault: Fault) -> None:
    pump.clock.lose(pump.now)


def _clock_drift(pump: Pump, fault: Fault) -> None:
    pump.clock.drifts(pump.now, fault.drift)


def _reset(pump: Pump, fault: Fault) -> None:
    content = pump.reservoir.mixture
    if content is not None:
        pump.reset(minimum(content.primary.concentration))


def _eri(pump: Pump, fault: Fault) -> None:
    pump.note("eri-reached", alarm=True)


def _request(pump: Pump, fault: Fault) -> None:
    pump.request()


ACTS: dict[str, Callable[[Pump, Fault], None]] = {
    "stall": _stall,
    "flow": _flow,
    "clock-lost": _clock_lost,
    "clock-drift": _clock_drift,
    "low-battery-reset": _reset,
    "eri": _eri,
    "request": _request,
}
"""Every kind of fault, and what it does; `request` is a patient who asks for a bolus, which is no fault."""
