"""How a simulated programmer states things: times, quantities, programmes and rows, as the session format has them.

A statement is plain data: texts, numbers, and `{"value", "unit", "how"}` for a quantity. Values are rounded here, once,
to the digits that programmers print; nothing is computed with what is rounded. Must not know sessions.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from bridge.quantity import EXACT
from bridge.simulator.boluses import Bolus, PatientControl
from bridge.simulator.logbook import INFORMATION, WORDS, Logbook
from bridge.simulator.regimen import Mixture, Regimen
from bridge.simulator.truth import PRIMING

Json = dict[str, Any]


def quantity(value: Decimal, places: int, unit: str, how: str = "") -> Json:
    """A value with so many digits after the point."""
    rounded = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN, context=EXACT)
    found = {"value": f"{rounded:f}", "unit": unit}
    return found | {"how": how} if how else found


def moment(at: datetime, zone: ZoneInfo) -> str:
    """An instant by the programmer's clock, to the minute, with its offset."""
    return at.astimezone(zone).isoformat(timespec="minutes")


def shown(wall: datetime) -> str:
    """What the pump's own clock shows, to the minute."""
    return wall.isoformat(timespec="minutes")


def day(at: datetime | date) -> str:
    """A date."""
    return f"{at:%Y-%m-%d}"


def regimen(one: Regimen, mixture: Mixture) -> Json:
    """A programme: its mode, flow, the daily dose of each drug, and its steps."""
    stated: Json = {"mode": one.mode, "flow": quantity(one.flow, 4, "mL/day", "setting")}
    if one.mode == "constant-flow":
        return stated | {"flow": quantity(one.flow, 1, "mL/day", "typed")}
    flow = EXACT.divide(one.daily, one.concentration)
    stated["doses"] = [
        {"drug": drug.name, "daily": quantity(EXACT.multiply(flow, drug.concentration), 2, "mcg/day", "setting")}
        for drug in mixture.drugs
    ]
    if one.steps:
        stated["steps"] = [
            {"start": _clock(step.start), "end": _clock(step.end), "dose": quantity(step.dose, 2, "mcg", "setting")}
            for step in one.steps
        ]
    if one.periodic is not None:
        stated["periodic"] = {
            "dose": quantity(one.periodic.dose, 2, "mcg", "setting"),
            "interval": minutes(one.periodic.interval), "duration": minutes(one.periodic.duration),
        }  # fmt: skip
    return stated


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def minutes(count: int) -> Json:
    """A duration that was set."""
    return {"value": str(count), "unit": "min", "how": "setting"}


def drugs(mixture: Mixture, *, lot: bool) -> list[Json]:
    """The drugs of a mixture, with their lot where it is told."""
    rows: list[Json] = [
        {"name": drug.name, "concentration": quantity(drug.concentration, 1, "mcg/mL", "typed")}
        for drug in mixture.drugs
    ]
    return [row | {"lot": mixture.lot} for row in rows] if lot and mixture.lot else rows


def bolus(one: Bolus, now: datetime, zone: ZoneInfo) -> Json:
    """A row of the boluses, as the pump tells of it at an instant."""
    running = one.outcome == "running"
    row: Json = {"kind": one.kind, "number": f"{one.number:04}", "start": moment(one.start, zone)}
    if not running:
        row["end"] = moment(one.ended or one.end, zone)
    row |= {"outcome": one.outcome, "drug": one.drug}
    if one.kind != PRIMING:
        row |= {} if running else {"dose": quantity(_share(one, one.dose), 2, "mcg", "reported")}
        row["programmed"] = quantity(one.programmed, 2, "mcg", "setting")
    row |= {"volume": quantity(one.volume, 4, "mL", "calculated"), "duration": minutes(one.minutes)}
    if one.outcome != "complete":
        given = one.until(now) if running else one.given
        row["remaining"] = quantity(EXACT.subtract(one.volume, given), 4, "mL", "calculated")
    return row


def _share(one: Bolus, dose: Decimal) -> Decimal:
    return EXACT.divide(EXACT.multiply(dose, one.given), one.volume) if one.volume else dose


def control(one: PatientControl) -> Json:
    """What the patient may ask for, and what was asked since the last session."""
    return {
        "dose": quantity(one.dose, 2, "mcg", "setting"), "duration": minutes(one.minutes),
        "lockout": minutes(one.lockout // timedelta(minutes=1)), "per_day": one.per_day, "given": one.counted,
        "denied": one.denied,
    }  # fmt: skip


def events(log: Logbook) -> list[Json]:
    """The rows that the pump still holds."""
    return [
        {"number": f"{row.number:04}", "at": shown(row.shown), "code": row.code, "text": row.words,
         "severity": row.severity}
        for row in log.rows
    ]  # fmt: skip


def alarms(log: Logbook) -> Json:
    """The alarms in force."""
    if not log.alarms:
        return {"alarm_status": "none"}
    rows = [{"code": code, "text": WORDS[code][1], "severity": _class(code), "silenced": False} for code in log.alarms]
    return {"alarm_status": "active", "alarms": rows}


def _class(code: str) -> str:
    severity = WORDS[code][2]
    return "critical" if severity == INFORMATION else severity
