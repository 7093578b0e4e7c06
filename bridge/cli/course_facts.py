"""The facts of a course as one JSON document: what the tables of `course` show, by code and with exact quantities.

Promises: a quantity is a string with the digits it was stated with; a value says how it is known and how it was
printed; what the bridge calculated carries its arithmetic; what is not stated is null.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from bridge.chart.wording import CALCULATED
from bridge.cli.folding import Looked
from bridge.course.clocks import Instant
from bridge.course.facts import AlarmFact, BolusFact, Derived, FillFact, Gap, Mixture, Segment
from bridge.course.forecast import ForecastFact
from bridge.course.remarks import Finding
from bridge.interrogation import Drug, Programme, Reading, stated
from bridge.plot.timeline import last_read, of_kind

Facts = dict[str, Any]
REMEDIES = "docs/reference/findings.md"


def facts(one: Looked) -> Facts:
    """Everything that `course` tells of one course."""
    course, row = one.course, one.row
    read = last_read(one.course)
    pump = {"manufacturer": row.pump.manufacturer, "model": row.pump.model, "serial": row.pump.serial}
    return {
        "course": row.course,
        "pump": pump,
        "patient": row.patient or None,
        "patient_system": row.patient_system or None,
        "simulated": row.simulated,
        "as_of": one.as_of,
        "last_read": at(read),
        "last_read_age": age(one) or None,
        "next_change": course.next_change,
        "segments": [_segment(fact, one.calculated) for fact in in_time(of_kind(course, Segment))],
        "gaps": [_gap(fact, one.calculated) for fact in in_time(of_kind(course, Gap))],
        "boluses": [_bolus(fact) for fact in in_time(of_kind(course, BolusFact))],
        "refills": [_refill(fact, one.calculated) for fact in of_kind(course, FillFact)],
        "alarms": [_alarm(fact) for fact in of_kind(course, AlarmFact)],
        "findings": [finding(fact) for fact in newest_first(of_kind(course, Finding))],
        "forecast": _forecast(forecast(one)),
    }


def age(one: Looked) -> str:
    """How old the last reading is: 3 days, 17 hours, less than an hour; '' where there is none."""
    read = last_read(one.course)
    if read is None:
        return ""
    hours = (one.as_of - read.utc) // timedelta(hours=1)
    if hours < 1:
        return "less than an hour"
    count, word = (hours // 24, "day") if hours >= 48 else (hours, "hour")
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def forecast(one: Looked) -> ForecastFact | None:
    """The forecast of the newest reading; None where derived values are switched off, or there is none."""
    return next(reversed(of_kind(one.course, ForecastFact)), None) if one.calculated else None


def in_time(items: Iterable[Any]) -> list[Any]:
    """What has a start, in the order of its beginning."""
    return sorted(items, key=lambda fact: fact.start.utc)


def newest_first(found: Iterable[Finding]) -> list[Finding]:
    """Findings, the newest noticed first."""
    return sorted(found, key=lambda one: (one.source.read.utc, one.since.utc, one.code), reverse=True)


# --- one fact each --------------------------------------------------------------------------------------------------


def _segment(fact: Segment, calculated: bool) -> Facts:
    return {
        "start": at(fact.start),
        "end": at(fact.end),
        "last_confirmed": at(fact.last_confirmed),
        "bridge": fact.bridge,
        "bridge_volume": value(fact.bridge_volume),
        "bridge_dose": derived(fact.bridge_dose, calculated),
        "programme": _programme(fact.settings),
        "line": fact.line,
        "line_doses": _line_doses(fact, calculated),
        "drugs": drugs(fact.mixture),
        "certainty": fact.certainty,
        "status": fact.status,
        "reason": fact.reason,
        "exports": fact.source.exports,
    }


def _line_doses(fact: Segment, calculated: bool) -> list[Facts]:
    return [{"drug": name or None, "dose": derived(dose, True)} for name, dose in fact.line_doses if calculated]


def _programme(programme: Programme) -> Facts:
    doses = [{"drug": stated(dose.drug), "daily": value(dose.daily)} for dose in programme.doses]
    return {"mode": stated(programme.mode), "flow": value(programme.flow), "doses": doses}


def _gap(fact: Gap, calculated: bool) -> Facts:
    return {
        "start": at(fact.start),
        "end": at(fact.end),
        "closed": fact.closed,
        "last_confirmed": at(fact.last_confirmed),
        "reason": fact.reason,
        "not_delivered": derived(fact.not_delivered, calculated),
        "exports": fact.sources or fact.source.exports,
    }


def _bolus(fact: BolusFact) -> Facts:
    return {
        "start": at(fact.start),
        "end": at(fact.end),
        "kind": fact.kind,
        "outcome": fact.outcome,
        "drugs": drugs(fact.mixture),
        "dose": value(fact.dose),
        "programmed": value(fact.programmed),
        "volume": value(fact.volume),
        "exports": fact.source.exports,
    }


def _refill(fact: FillFact, calculated: bool) -> Facts:
    return {
        "at": at(fact.at),
        "expected": value(fact.expected),
        "aspirated": value(fact.aspirated),
        "filled": value(fact.filled),
        "ratio": derived(fact.ratio, calculated),
        "drugs": drugs(fact.mixture),
        "exports": fact.source.exports,
    }


def _alarm(fact: AlarmFact) -> Facts:
    return {
        "code": stated(fact.alarm.code),
        "printed": fact.alarm.text.text if fact.alarm.text else None,
        "severity": stated(fact.alarm.severity),
        "since": at(fact.since),
        "until": at(fact.until),
        "last_read": at(fact.last_read),
    }


def finding(fact: Finding) -> Facts:
    """One finding, with where its section in the reference stands."""
    return {
        "code": fact.code,
        "audience": fact.audience,
        "severity": fact.severity,
        "noticed": at(fact.source.read),
        "since": at(fact.since),
        "until": at(fact.until),
        "open": fact.until is None,
        "text": fact.text,
        "remedy": remedy(fact.code),
        "exports": fact.source.exports,
    }


def remedy(code: str) -> str:
    """Where to read what a finding means and whom to call."""
    return f"{REMEDIES}#{code}"


def _forecast(fact: ForecastFact | None) -> Facts | None:
    if fact is None:
        return None
    return {
        "label": CALCULATED,
        "as_of_reading": at(fact.at),
        "residual": derived(fact.residual, True),
        "residual_because": fact.residual_because or None,
        "dates": [
            {"kind": one.kind, "patient_boluses": one.taken or None, "at": at(one.at), "arithmetic": one.arithmetic}
            for one in fact.dates
        ],
        "dates_because": fact.dates_because or None,
        "stated": {"low": value(fact.stated_low), "empty": value(fact.stated_empty)},
    }


# --- values ---------------------------------------------------------------------------------------------------------


def at(instant: Instant | None) -> str | None:
    """An instant with the precision that it has."""
    return instant.fhir if instant else None


def value(reading: Reading[Any] | None) -> Facts | None:
    """A stated value: exact, and as it was printed; `value` null where it cannot be read."""
    if reading is None:
        return None
    said = reading.value.isoformat() if isinstance(reading.value, date) else reading.value
    return {
        "value": None if said is None else str(said),
        "printed": reading.text,
        "how": reading.how,
        "bound": reading.bound,
    }


def derived(found: Derived | None, calculated: bool) -> Facts | None:
    """A calculated value with its arithmetic; null where there is none, or derived values are switched off."""
    if found is None or not calculated:
        return None
    return {"value": str(found.quantity), "label": CALCULATED, "arithmetic": found.arithmetic}


def drugs(mixture: Mixture | None) -> list[Facts]:
    """What is in the reservoir."""
    return [_drug(drug) for drug in mixture.drugs] if mixture else []


def _drug(drug: Drug) -> Facts:
    return {"name": stated(drug.name), "concentration": value(drug.concentration)}
