"""Whole lives of pumps for property tests: what happens to one pump, and the exports that tell of it.

A life is drawn as a row of visits some hours or days apart: fillings, other doses, other concentrations (bridged or
not), stalls seen open and seen over, stops, sessions that do not complete, changes that nobody reports, corrected
reports. Numbers agree as a programmer's would: flow = dose / concentration; what is expected of the reservoir is what
the programme has left, and what is drawn off is that, more or less. A life may run dry and may be read late.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from bridge.quantity import EXACT
from tests.course.building import drugs, export, found, left, q

Body = dict[str, Any]
PUMP = {
    "manufacturer": "Invented Pumps", "model": "IP-20", "serial": "TX000001", "capacity": q("20.0", "mL"),
    "tubing_volume": q("0.140", "mL"),
}  # fmt: skip
CATHETER = {"model": "IC-1", "serial": "C-1", "volume": q("0.200", "mL")}
LINE = Decimal("0.340")
DOSES = ("100", "150.0", "200.00", "250", "400.0", "600")
STRENGTHS = ("500", "1000", "2000.0")
KINDS = (
    "look", "look", "refill", "refill", "adjust", "strength", "bridged", "stall", "stall", "recovery", "stop", "start",
    "not-completed", "unseen", "corrected",
)  # fmt: skip
AS_OF = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Pump:
    """A pump as it is while a life is drawn: its programme, its reservoir as it calculates it, its log."""

    now: datetime
    dose: str = "200.00"
    strength: str = "500"
    volume: Decimal = Decimal(0)
    runs: bool = True
    log: list[Body] = field(default_factory=list)
    exports: list[Body] = field(default_factory=list)

    @property
    def flow(self) -> Decimal:
        return EXACT.divide(Decimal(self.dose), Decimal(self.strength))

    @property
    def programme(self) -> Body:
        doses = [{"drug": "baclofen", "daily": q(self.dose, "mcg/day")}]
        return {"mode": "simple-continuous", "flow": q(f"{self.flow.normalize():f}", "mL/day"), "doses": doses}

    def passes(self, minutes: int) -> None:
        """Time, and what the programme takes in it."""
        self.now += timedelta(minutes=minutes)
        if self.runs:
            gone = EXACT.divide(EXACT.multiply(self.flow, Decimal(minutes)), Decimal(1440))
            self.volume = max(Decimal(0), EXACT.subtract(self.volume, gone))

    def at(self, minutes: int = 0) -> str:
        return (self.now + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M+00:00")

    def row(self, code: str) -> None:
        number = f"{len(self.log) + 1:04}"
        self.log.append({"number": number, "at": self.at(), "code": code, "text": code.upper()})

    def tells(self, *states: Body, **parts: Any) -> Body:
        """An export of now, with the log so far."""
        parts = {"pump": PUMP, "catheter": CATHETER, "events": list(self.log), **parts}
        body = export(self.at(), *states, **parts)
        self.exports.append(body)
        return body

    def as_found(self) -> Body:
        volume = q(f"{self.volume:.3f}", "mL", "calculated")
        return found(self.programme, infusing=self.runs, volume=volume, drugs=drugs(self.strength))

    def as_left(self) -> Body:
        return left(self.at(5), self.programme, infusing=self.runs, drugs=drugs(self.strength))


@st.composite
def lives(draw: st.DrawFn, visits: int = 7) -> list[Body]:
    """The exports of a life, in the order of the pump."""
    pump = Pump(datetime(2025, 1, 6, 9, 0, tzinfo=UTC))
    pump.dose, pump.strength = draw(st.sampled_from(DOSES)), draw(st.sampled_from(STRENGTHS))
    _filled(draw, pump, first=True)
    for kind in draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=visits)):
        pump.passes(draw(st.sampled_from((90, 600, 1440, 4 * 1440 + 7, 20 * 1440, 45 * 1440))))
        _VISITS[kind](draw, pump)
    return pump.exports


def _look(_draw: st.DrawFn, pump: Pump) -> None:
    pump.tells(pump.as_found(), update="none")


def _filled(draw: st.DrawFn, pump: Pump, *, first: bool = False, **parts: Any) -> None:
    refill: Body = {"filled_at": pump.at(5), "filled": q("20.0", "mL"), "drugs": drugs(pump.strength)}
    was = pump.as_found()
    if not first:
        noise = draw(st.sampled_from(("0", "0", "0.2", "-0.2", "6.0")))
        drawn = min(Decimal(20), max(Decimal(0), pump.volume + Decimal(noise)))
        refill |= {"expected": q(f"{pump.volume:.2f}", "mL"), "aspirated": q(f"{drawn:.1f}", "mL")}
    pump.volume = Decimal(20)
    was = parts.pop("was", was)
    states = [pump.as_left()] if first else [was, pump.as_left()]
    reservoir = {"alarm_volume": q("2.0", "mL")}
    pump.tells(*states, end=pump.at(10), update="completed", refills=[refill], reservoir=reservoir, **parts)
    pump.now += timedelta(minutes=10)


def _refill(draw: st.DrawFn, pump: Pump) -> None:
    _filled(draw, pump)


def _adjust(draw: st.DrawFn, pump: Pump) -> None:
    was = pump.as_found()
    pump.dose = draw(st.sampled_from(DOSES))
    pump.tells(was, pump.as_left(), end=pump.at(10), update="completed")
    pump.now += timedelta(minutes=10)


def _strength(draw: st.DrawFn, pump: Pump, *, bridged: bool = False) -> None:
    was, old = pump.as_found(), pump.strength
    pump.strength = draw(st.sampled_from(STRENGTHS))
    boluses = [_bridge(pump, old)] if bridged and pump.strength != old else []
    _filled(draw, pump, was=was, boluses=boluses)


def _bridged(draw: st.DrawFn, pump: Pump) -> None:
    _strength(draw, pump, bridged=True)


def _bridge(pump: Pump, old: str) -> Body:
    minutes = int(LINE * Decimal(old) / Decimal(pump.dose) * 1440)
    return {
        "kind": "bridge", "number": f"9{len(pump.exports):03}", "start": pump.at(5), "duration": q(str(minutes), "min"),
        "outcome": "running", "volume": q("0.340", "mL"), "dose": q(f"{LINE * Decimal(pump.strength):.1f}", "mcg"),
    }  # fmt: skip


def _stall(draw: st.DrawFn, pump: Pump) -> None:
    """A stall some hours before the visit; some are seen, others are told of by a later log."""
    if pump.runs:
        pump.runs = False
        pump.row("motor-stall")
        pump.passes(draw(st.sampled_from((30, 300))))
    if draw(st.booleans()):
        _look(draw, pump)


def _recovery(draw: st.DrawFn, pump: Pump) -> None:
    if not pump.runs and pump.log and pump.log[-1]["code"] == "motor-stall":
        pump.row("motor-stall-recovered")
        pump.runs = True
    pump.passes(60)
    _look(draw, pump)


def _stop(draw: st.DrawFn, pump: Pump) -> None:
    if pump.runs:
        pump.runs = False
        pump.row("pump-stopped")
    _look(draw, pump)


def _start(draw: st.DrawFn, pump: Pump) -> None:
    if not pump.runs and pump.log and pump.log[-1]["code"] == "pump-stopped":
        pump.row("pump-started")
        pump.runs = True
    pump.passes(60)
    _look(draw, pump)


def _not_completed(_draw: st.DrawFn, pump: Pump) -> None:
    pump.tells(pump.as_found(), update="not-completed")


def _unseen(draw: st.DrawFn, pump: Pump) -> None:
    """Somebody sets another dose, and no report of it ever comes."""
    pump.dose = draw(st.sampled_from(DOSES))


def _corrected(draw: st.DrawFn, pump: Pump) -> None:
    """The last report once more, with a higher revision: as it was, or with another volume drawn off."""
    last = pump.exports[-1]
    channel = dict(last["channels"][0])
    if "refills" in channel and "aspirated" in channel["refills"][0]:
        drawn = q(draw(st.sampled_from(("0.0", "7.5", "19.0"))), "mL")
        channel["refills"] = [{**channel["refills"][0], "aspirated": drawn}]
    session = {**last["session"], "revision": last["session"].get("revision", 0) + 1}
    pump.exports.append({**last, "session": session, "channels": [channel]})


_VISITS = {
    "look": _look, "refill": _refill, "adjust": _adjust, "strength": _strength, "bridged": _bridged, "stall": _stall,
    "recovery": _recovery, "stop": _stop, "start": _start, "not-completed": _not_completed, "unseen": _unseen,
    "corrected": _corrected,
}  # fmt: skip
