"""The summary of one interrogation: one panel that can be read alone.

Promises: every row stands even where nothing is stated (NOT RECORDED); what comes from an earlier report says that
report's date; a missing alarm state is missing and never "none". Source: law 17, docs/hazards.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from bridge.chart import rate
from bridge.chart.elements import absent, cited, cited_known, coded, concept, exports, named, quantity, reckoned
from bridge.chart.medication import drug_concept
from bridge.chart.observations import first, stated_value, status, volume_code
from bridge.chart.resource import Resource, Trace
from bridge.chart.sheet import Sheet
from bridge.chart.wording import (
    CALCULATED,
    NOT_RECORDED,
    alarm_words,
    capital,
    centre,
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
from bridge.course.facts import Known, Mixture, SummaryFact
from bridge.fhir_json import Json
from bridge.interrogation import Drug, Reading, stated
from bridge.quantity import Quantity
from bridge.terms.table import display


@dataclass(frozen=True, slots=True)
class Row:
    """One component: its codes, its text, its value, and where the value came from (below the component)."""

    codes: tuple[str, ...]
    text: str
    value: Json
    traces: tuple[Trace, ...] = ()


def summary(sheet: Sheet, fact: SummaryFact, page: str) -> Iterator[Resource]:
    """One interrogation as a panel."""
    read = fact.source.read
    title = f"{display('pump-summary')}, as read {read.words}"
    rows = list(_rows(sheet, fact))
    body: Json = {
        "status": status(fact.source),
        "category": [coded(sheet.base, "category-therapy")],
        "code": concept(sheet.base, title, "pump-summary"),
        "subject": sheet.subject,
        "effectiveDateTime": read.fhir,
        "device": sheet.reference("pump"),
        "component": [{"code": concept(sheet.base, row.text, *row.codes), **row.value} for row in rows],
    }
    traces = tuple(
        Trace(f"component[{n}].{trace.element}", trace.export, trace.where, trace.text, trace.arithmetic)
        for n, row in enumerate(rows)
        for trace in row.traces
    )
    known = (fact.mixture, fact.last_fill, fact.last_change, fact.catheter_tip)
    yield sheet.resource(
        "summary", fact.discriminator, page, _words(sheet, fact, title), body,
        rests_on=exports(fact.source.exports, [one.export for one in known if one]), traces=traces,
    )  # fmt: skip


def _rows(sheet: Sheet, fact: SummaryFact) -> Iterator[Row]:
    yield from _drug_rows(sheet.base, fact)
    yield from _programme_rows(sheet.base, fact)
    yield _infusing(sheet.base, fact)
    yield from _alarms(sheet.base, fact)
    yield _volume(sheet.base, fact)
    yield from _dates(sheet.base, fact)
    yield from _history(sheet.base, fact)
    yield from _longevity(sheet.base, fact)
    if fact.clock_offset is not None and sheet.binding.calculated:
        text = f"{display('clock-offset')}. {CALCULATED}"
        value = {"valueQuantity": quantity(fact.clock_offset.quantity)}
        yield Row(("clock-offset",), text, value, reckoned("valueQuantity", fact.clock_offset))
    tip = fact.catheter_tip
    yield _known(sheet.base, "catheter-tip", fact, tip, {"valueString": tip.reading.value} if tip else {})


# --- drug and programme ---------------------------------------------------------------------------------------------


def _drug_rows(base: str, fact: SummaryFact) -> Iterator[Row]:
    mixture, since = _mixture(fact), earlier(fact.mixture, fact.source)
    drugs = mixture.drugs if mixture else ()
    for drug in drugs or (Drug(),):
        of = f", {drug_name(drug.name)}" if len(drugs) > 1 else ""
        yield _drug(base, drug, since, mixture)
        codes = ("mdc-concentration", "drug-concentration")
        text = f"{display(codes[1])}{of}{since}"
        export = mixture.export if mixture else None
        traces = cited("valueQuantity", export, drug.concentration)
        yield Row(codes, _printed_too(text, drug.concentration), stated_value(base, drug.concentration), traces)


def _drug(base: str, drug: Drug, since: str, mixture: Mixture | None) -> Row:
    text = f"{display('drug')}{since}"
    if drug.name is None or drug.name.value is None:
        return Row(("drug",), text, {"dataAbsentReason": absent(base, drug.name)})
    named_drug = drug_concept(base, drug, text=f"{capital(drug_name(drug.name))}, intrathecal", first_only=True)
    traces = cited("valueCodeableConcept", mixture.export if mixture else None, drug.name)
    return Row(("drug",), text, {"valueCodeableConcept": named_drug}, traces)


def _programme_rows(base: str, fact: SummaryFact) -> Iterator[Row]:
    programme, since = fact.programme, _programme_since(fact)
    export = None if fact.programme_read else first(fact.source)
    rows = programme.doses if programme else ()
    codes = ("mdc-dose-rate", "programmed-daily-dose")
    for daily, name in [(dose.daily, dose.drug) for dose in rows] or [(None, None)]:
        of = f", {drug_name(name)}" if len(rows) > 1 else ""
        text = _printed_too(f"{display(codes[1])}{of}{since}", daily)
        yield Row(codes, text, stated_value(base, daily), cited("valueQuantity", export, daily))
    flow, flow_codes = programme.flow if programme else None, ("mdc-flow", "programmed-flow")
    text = _printed_too(f"{display('programmed-flow')}{since}", flow)
    yield Row(flow_codes, text, stated_value(base, flow), cited("valueQuantity", export, flow))
    how = programme.mode if programme else None
    yield _coded(base, "infusion-mode", how, "mode:", since, export)


def _programme_since(fact: SummaryFact) -> str:
    return f" (report of {day_words(_date_of(fact))})" if fact.programme_read else ""


def _date_of(fact: SummaryFact) -> date:
    assert fact.programme_read is not None, "asked before"
    return date.fromisoformat(fact.programme_read.printed[:10])


def _coded(base: str, row: str, reading: Reading[str] | None, prefix: str, since: str, export: str | None) -> Row:
    text = f"{display(row)}{since}"
    code = stated(reading)
    if code is None:
        return Row((row,), text, {"dataAbsentReason": absent(base, reading)})
    value = {"valueCodeableConcept": named(base, prefix + code)}
    return Row((row,), text, value, cited("valueCodeableConcept", export, reading))


def _printed_too(text: str, reading: Reading[Quantity] | None) -> str:
    if reading is None or reading.value is None:
        return text
    beside = said(reading).partition(" (printed as ")
    return f"{text}{beside[1]}{beside[2]}"


# --- state, volume, dates -------------------------------------------------------------------------------------------


def _infusing(base: str, fact: SummaryFact) -> Row:
    codes, text = ("mdc-infusing", "infusing-status"), display("infusing-status")
    runs = stated(fact.infusing)
    if runs is None:
        return Row(codes, text, {"dataAbsentReason": absent(base, fact.infusing)})
    value = {"valueCodeableConcept": named(base, "infusing" if runs else "not-infusing")}
    return Row(codes, text, value, cited("valueCodeableConcept", first(fact.source), fact.infusing))


def _alarms(base: str, fact: SummaryFact) -> Iterator[Row]:
    text, export = display("active-alarm"), first(fact.source)
    for alarm in fact.alarms:
        value = concept(base, capital(alarm_words(alarm)), f"alarm:{stated(alarm.code) or 'other'}")
        traces = cited("valueCodeableConcept", export, alarm.code or alarm.text)
        yield Row(("active-alarm",), text, {"valueCodeableConcept": value}, traces)
    if fact.alarms:
        return
    if stated(fact.alarm_status) == "none":
        value = named(base, "alarm:none")
        traces = cited("valueCodeableConcept", export, fact.alarm_status)
        yield Row(("active-alarm",), text, {"valueCodeableConcept": value}, traces)
        return
    active = stated(fact.alarm_status) == "active"
    why = concept(base, f"An alarm is in force; which is {NOT_RECORDED}", "absent-unknown")
    yield Row(("active-alarm",), text, {"dataAbsentReason": why if active else absent(base, fact.alarm_status)})


_VOLUME_TEXT = {
    "calculated": "Reservoir volume, calculated by the pump from its programme, not measured",
    "sensed": "Reservoir volume, sensed by the pump",
    "aspirated": "Reservoir volume, aspirated",
    "typed": "Reservoir volume, entered at the programmer",
    "reported": "Reservoir volume, reported by the pump",
}


def _volume(base: str, fact: SummaryFact) -> Row:
    if fact.volume is None:
        return Row(("reservoir-volume",), display("reservoir-volume"), stated_value(base, None))
    text = _VOLUME_TEXT.get(fact.volume.how or "", f"Reservoir volume; how it is known is {NOT_RECORDED}")
    traces = cited("valueQuantity", first(fact.source), fact.volume)
    return Row((volume_code(fact.volume),), _printed_too(text, fact.volume), stated_value(base, fact.volume), traces)


def _dates(base: str, fact: SummaryFact) -> Iterator[Row]:
    for code, reading, about in (
        ("low-reservoir-date", fact.low_date, ", calculated by the pump"),
        ("empty-date", fact.empty_date, ", calculated by the pump"),
        ("refill-by-date", fact.refill_by, ""),
        ("replace-by-date", fact.replace_by, ""),
    ):
        if code == "empty-date" and reading is None:
            continue
        text = f"{display(code)}{about if reading else ''}"
        yield Row((code,), text, stated_value(base, reading), cited("valueDateTime", first(fact.source), reading))


# --- what outlives its report, longevity ------------------------------------------------------------------------------


def _history(base: str, fact: SummaryFact) -> Iterator[Row]:
    fill, change = fact.last_fill, fact.last_change
    when = fill.reading.value if fill else None
    yield _known(base, "last-refill", fact, fill, {"valueDateTime": when.fhir} if when else {})
    what = change.reading.value if change else None
    yield _known(base, "last-change", fact, change, {"valueString": what} if what else {})


def _known(base: str, code: str, fact: SummaryFact, known: Known[Any] | None, value: Json) -> Row:
    if known is None or known.reading.value is None:
        return Row((code,), display(code), {"dataAbsentReason": absent(base, known.reading if known else None)})
    text = f"{display(code)}{earlier(known, fact.source)}"
    return Row((code,), text, value, cited_known(next(iter(value)), known))


def _longevity(base: str, fact: SummaryFact) -> Iterator[Row]:
    months = fact.months_to_eri
    traces = cited("valueQuantity", first(fact.source), months)
    yield Row(("months-to-eri",), display("months-to-eri"), stated_value(base, months), traces)
    if fact.eri is not None:
        reached = stated(fact.eri)
        value = {"dataAbsentReason": absent(base, fact.eri)} if reached is None else {"valueBoolean": reached}
        traces = cited("valueBoolean", first(fact.source), fact.eri)
        yield Row(("eri-status",), f"{display('eri-status')} reached", value, traces)


# --- words ---------------------------------------------------------------------------------------------------------


def _mixture(fact: SummaryFact) -> Mixture | None:
    return fact.mixture.reading.value if fact.mixture else None


def _words(sheet: Sheet, fact: SummaryFact, title: str) -> str:
    parts = [
        title,
        f"{_infusing_words(fact)}; alarm: {_alarm_words(fact)}",
        _drug_words(fact),
        _reservoir_words(fact),
        f"Refill by: {said_as(fact.refill_by, day_words)}",
        f"Replace pump by: {said_as(fact.replace_by, day_words)}; {_months_words(fact)}",
        f"Last refill: {_outlived(fact, fact.last_fill)}",
        f"Last change: {_outlived(fact, fact.last_change)}",
        f"Catheter tip {_outlived(fact, fact.catheter_tip)}",
    ]
    if fact.clock_offset is not None and sheet.binding.calculated:
        seconds = plainly(fact.clock_offset.quantity.value)
        parts.append(f"Pump clock minus programmer clock: {seconds} seconds (calculated by pumpbridge, not the pump)")
    return f"{'. '.join(parts)}. Centre: {centre(sheet.binding.centre)}."


def _infusing_words(fact: SummaryFact) -> str:
    runs = stated(fact.infusing)
    return f"Infusing: {missing(fact.infusing)}" if runs is None else "Infusing" if runs else "NOT INFUSING"


def _alarm_words(fact: SummaryFact) -> str:
    if fact.alarms:
        return joined([alarm_words(alarm) for alarm in fact.alarms])
    state = stated(fact.alarm_status)
    return "none" if state == "none" else f"in force, which is {NOT_RECORDED}" if state else missing(fact.alarm_status)


def _drug_words(fact: SummaryFact) -> str:
    mixture, programme = _mixture(fact), fact.programme
    drug = f"{capital(mixture_words(mixture))} intrathecal{earlier(fact.mixture, fact.source)}"
    if programme is None:
        return f"{drug}; programme {NOT_RECORDED}"
    flow = f" ({said(programme.flow)})" if programme.flow else ""
    if rate.is_admixture(programme, mixture):
        return f"{drug}: {doses(programme, mixture)}{flow}, {mode(programme)}{_programme_since(fact)}"
    daily = said(programme.doses[0].daily) if programme.doses else f"dose {NOT_RECORDED}"
    return f"{drug}, {daily}{flow}, {mode(programme)}{_programme_since(fact)}"


def _reservoir_words(fact: SummaryFact) -> str:
    known = {"calculated": ", calculated by the pump, not measured", "sensed": ", sensed by the pump"}
    how = known.get(fact.volume.how or "", "") if fact.volume else ""
    low = f"low reservoir alarm date {said_as(fact.low_date, day_words)}"
    empty = f"; empty reservoir date {said_as(fact.empty_date, day_words)}" if fact.empty_date else ""
    return f"Reservoir {said(fact.volume)}{how}; {low}{empty}"


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
