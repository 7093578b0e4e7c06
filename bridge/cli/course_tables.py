"""The facts of a course as tables for people: units in words, and NOT RECORDED where something is missing."""

from __future__ import annotations

from bridge.chart.wording import (
    CALCULATED,
    NOT_RECORDED,
    alarm_words,
    amount,
    day_words,
    doses,
    mixture_words,
    mode,
    readable,
    said,
    said_as,
)
from bridge.cli import finding_list
from bridge.cli.course_facts import age, forecast, in_time, newest_first
from bridge.cli.folding import Looked
from bridge.cli.output import line, table
from bridge.cli.setting import course_words
from bridge.course.clocks import Instant, words
from bridge.course.facts import AlarmFact, BolusFact, Derived, FillFact, Gap, Segment
from bridge.course.forecast import ForecastFact
from bridge.course.remarks import Finding
from bridge.plot.timeline import last_read, of_kind

NONE_KNOWN = "none in the exports"
_DATES = {"low": "low reservoir alarm", "empty": "empty", "refill-by": "refill by"}
_TAKEN = {"": "", "none": ", no patient bolus taken", "all": ", every allotted patient bolus taken"}


def head(one: Looked) -> None:
    """Which pump, as of when, and how old the last reading is."""
    read = last_read(one.course)
    line(f"course {one.row.course}: {course_words(one.row)}", "bold")
    line(f"as of {words(one.as_of)} UTC; last read {_at(read)}{f', {age(one)} before' if read else ''}")


def tables(one: Looked) -> None:
    """Every part of the course, each under its title."""
    _segments(one)
    _gaps(one)
    _boluses(one)
    _refills(one)
    _alarms(one)
    _findings(one)
    _forecast(forecast(one))


def _part(title: str, columns: tuple[str, ...], rows: list[tuple[object, ...]], styles: list[str]) -> None:
    line()
    if rows:
        line(title, "bold")
        table(columns, rows, styles=styles)
    else:
        line(f"{title}: {NONE_KNOWN}")


def _segments(one: Looked) -> None:
    rows: list[tuple[object, ...]] = []
    facts = in_time(of_kind(one.course, Segment))
    for fact in facts:
        end = fact.end.words if fact.end else f"last confirmed {fact.last_confirmed.words}"
        rows.append(
            (fact.start.words, end, _dose(fact, one.calculated), mixture_words(fact.mixture), fact.certainty,
             fact.status, _plainly(fact.reason))
        )  # fmt: skip
    columns = ("start", "end", "programmed dose", "drug", "certainty", "status", "reason")
    styles = ["yellow" if fact.status == "unknown" else "" for fact in facts]
    _part("Segments: what the pump dispensed", columns, rows, styles)


def _dose(fact: Segment, calculated: bool) -> str:
    if fact.bridge:
        given = _derived(fact.bridge_dose, calculated)
        return f"bridge bolus, {said(fact.bridge_volume)}{f'; {given}' if given else ''}"
    text = f"{doses(fact.settings, None)}, {mode(fact.settings)}"
    if fact.line is None:
        return text
    line_words = "which mixture leaves the catheter is not known"
    if fact.line == "clearing":
        each = [f"{drug_name_of(name)}{_derived(dose, calculated)}" for name, dose in fact.line_doses if calculated]
        line_words = "; ".join(["the old mixture leaves the catheter", *each])
    return f"{text}; {line_words}"


def drug_name_of(name: str) -> str:
    """The name of a drug before its dose, or nothing."""
    return f"{readable(name)} " if name else ""


def _gaps(one: Looked) -> None:
    facts = in_time(of_kind(one.course, Gap))
    rows: list[tuple[object, ...]] = [
        (fact.start.words, _gap_end(fact), _plainly(fact.reason), _derived(fact.not_delivered, one.calculated))
        for fact in facts
    ]
    columns = ("start", "end", "reason", "programmed dose not delivered")
    _part("Gaps: the pump did not infuse", columns, rows, ["" if fact.closed else "red" for fact in facts])


def _gap_end(fact: Gap) -> str:
    if fact.end:
        return fact.end.words
    known = f"as read {fact.last_confirmed.words}"
    return f"{NOT_RECORDED}; over {known}" if fact.closed else f"no recovery {known}"


def _boluses(one: Looked) -> None:
    rows: list[tuple[object, ...]] = [
        (fact.start.words, _at(fact.end), fact.kind, mixture_words(fact.mixture), said(fact.dose),
         said(fact.programmed), said(fact.volume), fact.outcome or NOT_RECORDED)
        for fact in in_time(of_kind(one.course, BolusFact))
    ]  # fmt: skip
    columns = ("start", "end", "by the", "drug", "dose", "programmed", "volume", "outcome")
    _part("Boluses", columns, rows, [])


def _refills(one: Looked) -> None:
    facts = of_kind(one.course, FillFact)
    rows: list[tuple[object, ...]] = [
        (fact.at.words, said(fact.expected), said(fact.aspirated), said(fact.filled), mixture_words(fact.mixture),
         _derived(fact.ratio, one.calculated))
        for fact in facts
    ]  # fmt: skip
    columns = ("at", "expected", "aspirated", "filled", "with", "delivered ratio")
    _part("Refills", columns, rows, ["yellow" if fact.doubt else "" for fact in facts])


def _alarms(one: Looked) -> None:
    facts = of_kind(one.course, AlarmFact)
    rows: list[tuple[object, ...]] = [
        (alarm_words(fact.alarm), fact.since.words, fact.until.words if fact.until else "", fact.last_read.words)
        for fact in facts
    ]
    _part("Alarms", ("alarm", "since", "until", "last read"), rows, ["" if fact.until else "red" for fact in facts])


def _findings(one: Looked) -> None:
    found = newest_first(of_kind(one.course, Finding))
    line()
    if found:
        line("Findings", "bold")
        finding_list.show([("", fact) for fact in found])
    else:
        line("Findings: none")


def _forecast(fact: ForecastFact | None) -> None:
    line()
    if fact is None:
        line("Forecast: none")
        return
    line(f"Forecast as of the reading of {fact.at.words}. {CALCULATED}.", "bold")
    rows: list[tuple[object, ...]] = [("expected volume", _residual(fact), "", _arithmetic(fact.residual))]
    for kind, reading in (("low", fact.stated_low), ("empty", fact.stated_empty)):
        rows.append((f"{_DATES[kind]} (stated by the pump)", said_as(reading, day_words), "", ""))
    rows += [(_DATES[one.kind], one.at.words, _TAKEN[one.taken].strip(", "), one.arithmetic) for one in fact.dates]
    table(("what", "value", "patient boluses", "how calculated"), rows)
    if fact.dates_because:
        line(f"a date is missing: {fact.dates_because}")


def _residual(fact: ForecastFact) -> str:
    return amount(fact.residual.quantity) if fact.residual else f"none: {fact.residual_because}"


def _arithmetic(found: Derived | None) -> str:
    return found.arithmetic if found else ""


def _derived(found: Derived | None, calculated: bool) -> str:
    if found is None or not calculated:
        return ""
    return f"{amount(found.quantity)} ({CALCULATED})"


def _at(at: Instant | None) -> str:
    return at.words if at else NOT_RECORDED


def _plainly(code: str | None) -> str:
    return code.replace("-", " ") if code else ""
