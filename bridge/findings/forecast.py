"""Findings about dates that the pump states and that its programme does not give. Clinic audience.

Source: rules, arithmetic 4, and the recall Z-1338-2012 of software that showed wrong dates: a date is reckoned again,
and a disagreement is reported, never repaired. The stated date stays what it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from bridge.course.clocks import words
from bridge.course.forecast import DateKind, ForecastFact, Foreseen
from bridge.course.remarks import Finding
from bridge.findings.finding import finding
from bridge.interrogation import Reading, stated

TOLERANCE = 1  # day: the pump states a day, and its rounding is not known
CALCULATED = "Calculated by pumpbridge, not the pump"
_NAMES: dict[DateKind, tuple[str, str]] = {
    "low": ("low reservoir alarm date", "low-reservoir-date"),
    "empty": ("empty reservoir date", "empty-date"),
}
_TAKEN = {"": "", "none": " if no patient bolus is taken", "all": " if every patient bolus that is allowed is taken"}


def disagrees(fact: ForecastFact) -> Iterator[Finding]:
    """A stated alarm or empty date more than one day off that of the programme. Source: rules, arithmetic."""
    said: list[str] = []
    evidence = [("summary", fact.discriminator)]
    for kind, reading in (("low", fact.stated_low), ("empty", fact.stated_empty)):
        ours = tuple(one for one in fact.dates if one.kind == kind)
        day = _off(reading, ours)
        if day is None:
            continue
        name, code = _NAMES[ours[0].kind]
        by_programme = ", or ".join(f"{one.at.words}{_TAKEN[one.taken]}" for one in ours)
        said.append(f"The pump states the {name} {words(day)}; by its programme it is {by_programme}.")
        evidence += [(code, fact.discriminator)] if kind == "low" else []
        evidence += [(f"{code}-derived", fact.discriminator)] if not ours[0].taken else []
    if said:
        text = f"{' '.join(said)} {CALCULATED}. Neither date is replaced."
        yield finding("forecast-disagrees", fact.discriminator, fact.source, text, evidence=tuple(evidence), plain="")


def _off(reading: Reading[date] | None, ours: tuple[Foreseen, ...]) -> date | None:
    """The stated day, where it lies more than a day outside the span of the days that the programme gives."""
    day = stated(reading)
    days = sorted(date.fromisoformat(one.at.printed[:10]) for one in ours)
    if day is None or not days:
        return None
    early, late = (days[0] - day).days, (day - days[-1]).days
    return day if max(early, late) > TOLERANCE else None
