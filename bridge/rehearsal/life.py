"""The life of the rehearsal's simulated pump: what its programmer exports at each visit.

Implant, refill and a change of dose; later the motor stands for a day, and the next interrogation tells. Between refill
and change of dose the dose was changed once before: the report of that comes late. Everything lies in the last hundred
days, so that nothing is too old to be called current. Must not know a store or a server.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bridge.simulator.exports import FORMATS
from bridge.simulator.life import Life
from bridge.simulator.script import parsed

FORMAT = "session_json"
IMPLANTED, REFILLED, LATE, CHANGED, STALLED, RECOVERED, FOUND = 100, 70, 62, 55, 40, 39, 30
"""How many days ago."""
_SCRIPT = """
kind = "synchromed-40"
serial = {serial}
[patient]
identifier = {patient}
[implant]
at = {implanted}
concentration = 2000
daily = 240.00
[[fault]]
kind = "stall"
at = {stalled}
until = {recovered}
[[visit]]
at = {refilled}
do = "refill"
lot = "INV-0002"
[[visit]]
at = {late}
do = "adjust"
daily = 252.00
[[visit]]
at = {changed}
do = "adjust"
daily = 264.50
[[visit]]
at = {found}
"""


@dataclass(frozen=True, slots=True)
class Exports:
    """The exports by what they tell of."""

    implant: bytes
    refill: bytes
    late: bytes
    dose_change: bytes
    stall: bytes


def exports(patient: str, serial: str, now: datetime) -> Exports:
    """The exports of one pump's life; they name the patient by identifier only, so that nobody's name is compared."""
    days = {
        "implanted": IMPLANTED, "refilled": REFILLED, "late": LATE, "changed": CHANGED, "stalled": STALLED,
        "recovered": RECOVERED, "found": FOUND,
    }  # fmt: skip
    times = {name: f"{_at(now, days):%Y-%m-%dT%H:%M:%SZ}" for name, days in days.items()}
    plan = parsed(_SCRIPT.format(patient=json.dumps(patient), serial=json.dumps(serial), **times))
    life = Life(plan.implant, plan.faults)
    written = [FORMATS[FORMAT].write(_nameless(one.body)) for one in life.lived(plan.visits, plan.until)]
    return Exports(*written)


def _at(now: datetime, days: int) -> datetime:
    return now.astimezone(UTC).replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=days)


def _nameless(body: dict[str, object]) -> dict[str, object]:
    person = body["patient"]
    assert isinstance(person, dict), "every session names its patient"
    return {**body, "patient": {name: person[name] for name in ("identifier", "system")}}
