"""The summary of one interrogation in words: what a person reads who has a minute.

Promises: says in this order which pump, what it does, what is in it, when it is due, what was done to it, its catheter
and whom to call; NOT RECORDED where nothing is stated; what the bridge calculated stands apart and says so. No advice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from bridge.chart import family, rate
from bridge.chart.forecast import DRY_BEFORE, TAKEN
from bridge.chart.sheet import Sheet
from bridge.chart.wording import (
    CALCULATED,
    NOT_RECORDED,
    alarm_words,
    amount,
    capital,
    centre,
    day,
    day_words,
    doses,
    drug_name,
    earlier,
    joined,
    missing,
    mixture_words,
    mode,
    plainly,
    said,
    said_as,
)
from bridge.course.facts import Known, Mixture
from bridge.course.forecast import DateKind, Foreseen
from bridge.course.panel import MixtureChange, SummaryFact
from bridge.interrogation import Reading, stated

CATHETER = "A normal interrogation does not exclude catheter failure (published case: PubMed 38435163)"
_UPDATE = {
    "none": "no update in this session",
    "completed": "update in this session completed",
    "not-completed": "UPDATE IN THIS SESSION DID NOT COMPLETE",
}
_DATES: dict[DateKind, str] = {"low": "low reservoir alarm", "empty": "empty", "refill-by": "refill by"}


def held(fact: SummaryFact) -> Mixture | None:
    """What is in the reservoir."""
    return fact.mixture.reading.value if fact.mixture else None


def words(sheet: Sheet, fact: SummaryFact, title: str) -> str:
    """The whole panel in words."""
    parts = [
        title,
        pump(sheet, fact),
        f"{_infusing_words(fact)}; alarm: {_alarm_words(fact)}; {_update_words(fact)}",
        _drug_words(fact),
        _reservoir_words(fact),
        f"Refill by: {said_as(fact.refill_by, day_words)}",
        *(_calculated(fact) if sheet.binding.calculated else ()),
        f"Replace pump by: {said_as(fact.replace_by, day_words)}; {_months_words(fact)}; {_service_words(fact)}",
        f"Last refill: {_outlived(fact, fact.last_fill)}",
        f"Last change: {_outlived(fact, fact.last_change)}",
        f"Last change of drug or concentration: {mixture_change(fact.last_mixture)}",
        f"Last MRI in the pump's log: {_outlived(fact, fact.last_mri)}",
        _catheter_words(fact),
        CATHETER,
    ]
    if fact.clock_offset is not None and sheet.binding.calculated:
        seconds = plainly(fact.clock_offset.quantity.value)
        parts.append(f"Pump clock minus programmer clock: {seconds} seconds (calculated by pumpbridge, not the pump)")
    return f"{'. '.join(parts)}. Centre: {centre(sheet.binding.centre)}."


def pump(sheet: Sheet, fact: SummaryFact) -> str:
    """Which pump it is, of which size, and whether it can be interrogated."""
    return f"{capital(identity(sheet, fact))}; {interrogated(sheet)}"


def identity(sheet: Sheet, fact: SummaryFact) -> str:
    """Maker, family, model, serial number and size of the pump."""
    known, of = sheet.pump, family.of(sheet.pump)
    size = said(fact.pump.capacity.reading) if fact.pump and fact.pump.capacity else NOT_RECORDED
    if known is None:
        return f"pump {NOT_RECORDED}"
    model = known.model if of is None or of.name in known.model else f"{of.name} {known.model}"
    return f"pump {known.manufacturer} {model}, serial {known.serial}, reservoir {size}"


def interrogated(sheet: Sheet) -> str:
    """Whether the pump can be interrogated, and with what, as its family's sources say."""
    of = family.of(sheet.pump)
    if of is None or of.has_telemetry is None:
        return f"whether it can be interrogated is {NOT_RECORDED}"
    if not of.has_telemetry:
        return f"t{family.telemetry_words(sheet.pump).rstrip('.')[1:]}"
    tools = of.fact("programmers")
    return f"can be interrogated{f' ({joined(list(tools.texts))})' if tools else ''}"


def _update_words(fact: SummaryFact) -> str:
    shown = said_as(fact.update, lambda code: _UPDATE.get(code, code))
    return shown if stated(fact.update) else f"update in this session: {shown}"


def _infusing_words(fact: SummaryFact) -> str:
    runs = stated(fact.infusing)
    return f"Infusing: {missing(fact.infusing)}" if runs is None else "Infusing" if runs else "NOT INFUSING"


def _alarm_words(fact: SummaryFact) -> str:
    if fact.alarms:
        return joined([alarm_words(alarm) for alarm in fact.alarms])
    state = stated(fact.alarm_status)
    return "none" if state == "none" else f"in force, which is {NOT_RECORDED}" if state else missing(fact.alarm_status)


def _drug_words(fact: SummaryFact) -> str:
    mixture, programme = held(fact), fact.programme
    drug = f"{capital(mixture_words(mixture))} intrathecal{earlier(fact.mixture, fact.source)}"
    if programme is None:
        return f"{drug}; programme {NOT_RECORDED}"
    flow = f" ({said(programme.flow)})" if programme.flow else ""
    if rate.is_admixture(programme, mixture):
        return f"{drug}: {doses(programme, mixture)}{flow}, {mode(programme)}{programme_since(fact)}"
    daily = said(programme.doses[0].daily) if programme.doses else f"dose {NOT_RECORDED}"
    return f"{drug}, {daily}{flow}, {mode(programme)}{programme_since(fact)}"


def _reservoir_words(fact: SummaryFact) -> str:
    known = {"calculated": ", calculated by the pump, not measured", "sensed": ", sensed by the pump"}
    how = known.get(fact.volume.how or "", "") if fact.volume else ""
    low = f"low reservoir alarm date {said_as(fact.low_date, day_words)}"
    empty = f"; empty reservoir date {said_as(fact.empty_date, day_words)}"
    return f"Reservoir {said(fact.volume)}{how}; {low}{empty}"


def _calculated(fact: SummaryFact) -> Iterator[str]:
    """What the bridge reckoned as of this reading, apart from what is stated."""
    seen = fact.observed
    if seen is not None:
        by_drug = [f"{drug_name(Reading(name, name, ''))} {amount(dose.quantity)}" for name, dose in seen.doses]
        flow = joined([f"observed flow {amount(seen.flow.quantity)}", *by_drug])
        yield f"{CALCULATED}: {flow}, {day(seen.start)} to {day(seen.end)}"
    if fact.forecast is None:
        return
    residual = fact.forecast.residual
    left = amount(residual.quantity) if residual else f"none ({fact.forecast.residual_because})"
    yield f"{CALCULATED}: expected residual volume {left}"
    dates = [_foreseen(one) for one in fact.forecast.dates]
    because = fact.forecast.dates_because
    lacking = [f"{'no other' if dates else 'no'} date can be calculated ({because})"] if because else []
    yield f"{CALCULATED}: {'; '.join([*dates, *lacking])}{f'. {DRY_BEFORE}' if dates else ''}"


def _foreseen(one: Foreseen) -> str:
    return f"{_DATES[one.kind]} {one.at.words}{TAKEN[one.taken]}"


def _service_words(fact: SummaryFact) -> str:
    reached = said_as(fact.end_of_service, lambda value: "REACHED" if value else "not reached")
    return f"end of service: {reached}"


def mixture_change(change: MixtureChange | None) -> str:
    """The last change of what is in the reservoir: when, from what, to what."""
    if change is None:
        return NOT_RECORDED
    when = f"found changed {change.at.words}" if change.found else change.at.words
    return f"{when}, from {mixture_words(change.old)} to {mixture_words(change.new)}"


def _catheter_words(fact: SummaryFact) -> str:
    known = fact.catheter
    implanted = _outlived_day(fact, known.implanted if known else None)
    model = _outlived(fact, known.model if known else None)
    return f"Catheter {model}, tip {_outlived(fact, fact.catheter_tip)}, implanted or revised {implanted}"


def _outlived_day(fact: SummaryFact, known: Known[date] | None) -> str:
    if known is None or known.reading.value is None:
        return missing(known.reading if known else None)
    return f"{day_words(known.reading.value)}{earlier(known, fact.source)}"


def _months_words(fact: SummaryFact) -> str:
    reached = {True: "; elective replacement indicator reached", False: ""}.get(bool(stated(fact.eri)), "")
    if fact.months_to_eri is None:
        return f"time to elective replacement: {NOT_RECORDED}{reached}"
    return f"{said(fact.months_to_eri)} to elective replacement{reached}"


def _outlived(fact: SummaryFact, known: Known[Any] | None) -> str:
    if known is None or known.reading.value is None:
        return missing(known.reading if known else None)
    value = known.reading.value
    return f"{getattr(value, 'words', value)}{earlier(known, fact.source)}"


def programme_since(fact: SummaryFact) -> str:
    """Where the programme is of an earlier report: that report's date in brackets."""
    return f" (report of {day_words(_date_of(fact))})" if fact.programme_read else ""


def _date_of(fact: SummaryFact) -> date:
    assert fact.programme_read is not None, "asked before"
    return date.fromisoformat(fact.programme_read.printed[:10])
