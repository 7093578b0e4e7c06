"""What a hospital pump did at one patient, for `course`: its infusions and alarms, as tables and as facts.

Promises: quantities in the units they were stated in; what follows from messages and was not recorded is marked; what
is not known is said so.
"""

from __future__ import annotations

from typing import Any

from bridge.chart.infusion_words import REASONS, alarm_words, infused, plain_term, settings, source_words, value_of
from bridge.chart.wording import capital, joined, told
from bridge.cli.course_facts import at, in_time, value
from bridge.cli.output import line, table
from bridge.course.infusion_facts import HospitalPumpFact, Infusion, InfusionAlarm, Told
from bridge.course.pages import Course
from bridge.interrogation import stated
from bridge.plot.timeline import of_kind

NONE_KNOWN = "none in the messages"


def is_hospital_pump(course: Course) -> bool:
    """Whether a course is a hospital pump's."""
    return bool(of_kind(course, HospitalPumpFact))


def tables(course: Course) -> None:
    """The infusions and the alarms, each under its title."""
    infusions: list[Infusion] = in_time(of_kind(course, Infusion))
    columns = ("start", "end", "drug", "source", "settings", "delivered", "status", "reason")
    styles = ["yellow" if fact.status == "unknown" else "" for fact in infusions]
    _part("Infusions: what the pump dispensed", columns, [_row(fact) for fact in infusions], styles)
    alarms = of_kind(course, InfusionAlarm)
    raised: list[tuple[object, ...]] = [
        (alarm_words(one.told), one.since.words if one.since else "", one.until.words if one.until else "", one.status)
        for one in alarms
    ]
    _part("Alarms", ("alarm", "since", "until", "status"), raised, ["red" if _in_force(one) else "" for one in alarms])


def _part(title: str, columns: tuple[str, ...], rows: list[tuple[object, ...]], styles: list[str]) -> None:
    line()
    if not rows:
        line(f"{title}: {NONE_KNOWN}")
        return
    line(title, "bold")
    table(columns, rows, styles=styles)


def _in_force(fact: InfusionAlarm) -> bool:
    return fact.status == "in-force"


def _row(fact: Infusion) -> tuple[object, ...]:
    start = f"{fact.start.words}{' (first seen)' if fact.start_certainty == 'inferred' else ''}"
    end = f"last confirmed {fact.last_confirmed.words}"
    if fact.end is not None:
        end = f"{fact.end.words}{' (last seen)' if fact.end_certainty == 'inferred' else ''}"
    given = [told(one.reading) for one in (fact.volume, fact.dose) if one is not None]
    source = source_words(value_of(fact.label), value_of(fact.kind), fact.address)
    why = capital(REASONS[fact.reason]) if fact.reason else ""
    if fact.stated_reason is not None:
        why = f"{why} ({plain_term(fact.stated_reason.reading)})"
    delivered = joined(given) if given else ""
    return start, end, infused(fact), source, settings(fact), delivered, fact.status, why


def facts(course: Course) -> dict[str, Any]:
    """The infusions and alarms by code and with exact quantities."""
    return {
        "infusions": [_infusion(fact) for fact in in_time(of_kind(course, Infusion))],
        "alarms": [_alarm(fact) for fact in of_kind(course, InfusionAlarm)],
    }


def _infusion(fact: Infusion) -> dict[str, Any]:
    return {
        "start": at(fact.start),
        "start_certainty": fact.start_certainty,
        "end": at(fact.end),
        "end_certainty": fact.end_certainty,
        "last_confirmed": at(fact.last_confirmed),
        "status": fact.status,
        "reason": fact.reason,
        "stated_reason": _text(fact.stated_reason),
        "line": fact.line,
        "source": fact.address,
        "bolus": fact.bolus,
        "part_of": fact.part_of,
        "label": _text(fact.label),
        "drug": _text(fact.drug),
        "concentration": _value(fact.concentration),
        "rate": _value(fact.rate),
        "dose_rate": _value(fact.dose_rate),
        "weight": _value(fact.weight),
        "volume": _value(fact.volume),
        "dose": _value(fact.dose),
        "order": _text(fact.order),
        "exports": fact.exports,
    }


def _text(one: Told[str] | None) -> str | None:
    return value_of(one)


def _value(one: Told[Any] | None) -> dict[str, Any] | None:
    return None if one is None else value(one.reading)


def _alarm(fact: InfusionAlarm) -> dict[str, Any]:
    return {
        "term": stated(fact.told.term),
        "text": stated(fact.told.text),
        "priority": stated(fact.told.priority),
        "line": fact.line,
        "since": at(fact.since),
        "until": at(fact.until),
        "status": fact.status,
        "reason": fact.reason,
    }
