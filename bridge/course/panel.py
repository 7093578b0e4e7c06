"""The panel of one interrogation as a fact: what it states, what outlives its report, what is calculated from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bridge.course.clocks import Instant
from bridge.course.facts import CatheterFact, Derived, Known, Mixture, PumpFact, Source
from bridge.course.forecast import ForecastFact, ObservedFlow
from bridge.interrogation import Alarm, Programme, Reading
from bridge.quantity import Quantity


@dataclass(frozen=True, slots=True)
class MixtureChange:
    """The last change of what is in the reservoir; `found`: it was found changed at `at`, when it was is not known."""

    at: Instant
    old: Mixture
    new: Mixture
    export: str
    read: Instant
    found: bool = False


@dataclass(frozen=True, slots=True)
class SummaryFact:
    """What one interrogation says in one panel, completed from the course as of that interrogation."""

    discriminator: str
    source: Source
    programme: Programme | None
    mixture: Known[Mixture] | None
    infusing: Reading[bool] | None
    alarm_status: Reading[str] | None
    alarms: tuple[Alarm, ...]
    volume: Reading[Quantity] | None
    low_date: Reading[date] | None
    empty_date: Reading[date] | None
    refill_by: Reading[date] | None
    replace_by: Reading[date] | None
    months_to_eri: Reading[Quantity] | None
    eri: Reading[bool] | None
    last_fill: Known[Instant] | None
    last_change: Known[str] | None
    clock_offset: Derived | None
    catheter_tip: Known[str] | None
    programme_read: Instant | None = None  # of an earlier report: when it was last read, and the export that says it
    programme_export: str | None = None
    pump: PumpFact | None = None
    catheter: CatheterFact | None = None
    update: Reading[str] | None = None
    end_of_service: Reading[bool] | None = None
    last_mri: Known[Instant] | None = None
    last_mixture: MixtureChange | None = None
    forecast: ForecastFact | None = None
    observed: ObservedFlow | None = None
