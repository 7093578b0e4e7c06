"""Whether the steps of a programme cover the day (rule itp-7): each begins where the one before ends, once round.

A step is a dosage instruction with times of day. Programmes of single weekdays are looked at each by itself.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from fhir_profiles.problem import Json

_SECONDS = {"s": Decimal(1), "min": Decimal(60), "h": Decimal(3600), "d": Decimal(86400)}
_DAY = Decimal(86400)
Step = tuple[Decimal, Decimal]


def do_not_cover_a_day(request: Json) -> bool:
    """Whether the request has steps, and they leave a gap, overlap, or last more or less than 24 h."""
    days: dict[frozenset[str], list[Step]] = defaultdict(list)
    for instruction in request.get("dosageInstruction", ()):
        repeat = instruction.get("timing", {}).get("repeat", {})
        if "timeOfDay" in repeat:
            days[frozenset(repeat.get("dayOfWeek", ()))] += _steps(repeat)
    return any(not _covered(sorted(steps)) for steps in days.values())


def _steps(repeat: Json) -> list[Step]:
    unit = _SECONDS.get(repeat.get("durationUnit", ""), Decimal(0))
    length = Decimal(repeat.get("duration", 0)) * unit
    return [(_since_midnight(time), length) for time in repeat["timeOfDay"]]


def _since_midnight(time: str) -> Decimal:
    hours, minutes, seconds = time.split(":")
    return Decimal(hours) * 3600 + Decimal(minutes) * 60 + Decimal(seconds)


def _covered(steps: list[Step]) -> bool:
    ends = [start + length for start, length in steps]
    begins = [*(start for start, _ in steps[1:]), steps[0][0] + _DAY]
    return ends == begins
