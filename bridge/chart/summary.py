"""The summary of one interrogation: one panel that can be read alone.

Promises: every row stands even where nothing is stated (NOT RECORDED); what comes from an earlier report says that
report's date; a missing alarm state is missing and never "none". Source: law 17, docs/hazards.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bridge.chart import family, summary_words
from bridge.chart.elements import absent, cited, cited_known, coded, concept, exports, named, quantity, reckoned
from bridge.chart.forecast import members
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
    drug_name,
    earlier,
    readable,
    said,
)
from bridge.course.facts import Known, Mixture
from bridge.course.panel import SummaryFact
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
    rows, linked = list(_rows(sheet, fact)), members(sheet, fact.forecast, fact.observed)
    body: Json = {
        "status": status(fact.source),
        "category": [coded("category-therapy")],
        "code": concept(title, "pump-summary"),
        "subject": sheet.subject,
        "effectiveDateTime": read.fhir,
        "note": [{"text": f"{summary_words.CATHETER}."}],
        "device": sheet.reference("pump"),
        **({"derivedFrom": basis} if (basis := sheet.cited(fact.source.exports)) else {}),
        **({"hasMember": linked} if linked else {}),
        "component": [{"code": concept(row.text, *row.codes), **row.value} for row in rows],
    }
    traces = tuple(
        Trace(f"component[{n}].{trace.element}", trace.export, trace.where, trace.text, trace.arithmetic)
        for n, row in enumerate(rows)
        for trace in row.traces
    )
    others = [fact.programme_export]
    known = (fact.mixture, fact.last_fill, fact.last_change, fact.last_mri, fact.catheter_tip, *_devices(fact))
    yield sheet.resource(
        "summary", fact.discriminator, page, summary_words.words(sheet, fact, title), body,
        rests_on=exports(fact.source.exports, [one.export for one in known if one], others), traces=traces,
    )  # fmt: skip


def _devices(fact: SummaryFact) -> tuple[Known[Any] | None, ...]:
    """What the panel tells of pump and catheter."""
    pump, catheter = fact.pump, fact.catheter
    of_pump = (pump.manufacturer, pump.model, pump.serial, pump.capacity) if pump else ()
    return (*of_pump, *((catheter.model, catheter.implanted) if catheter else ()))


def _rows(sheet: Sheet, fact: SummaryFact) -> Iterator[Row]:
    yield from _pump(sheet, fact)
    yield from _drug_rows(fact)
    yield from _programme_rows(fact)
    yield _infusing(fact)
    yield _coded("update-status", fact.update, "update:", "", first(fact.source))
    yield from _alarms(fact)
    yield _volume(fact)
    yield from _dates(fact)
    yield from _history(fact)
    yield from _longevity(fact)
    if fact.clock_offset is not None and sheet.binding.calculated:
        text = f"{display('clock-offset')}. {CALCULATED}"
        value = {"valueQuantity": quantity(fact.clock_offset.quantity)}
        yield Row(("clock-offset",), text, value, reckoned("valueQuantity", fact.clock_offset))
    yield from _catheter(fact)
    call = {"valueString": centre(sheet.binding.centre)}
    yield Row(("whom-to-call",), display("whom-to-call"), call, (_known_as("valueString", "the site's configuration"),))


def _pump(sheet: Sheet, fact: SummaryFact) -> Iterator[Row]:
    """Which pump it is, and whether it can be interrogated at all."""
    code, traces = "pump-identity", list[Trace]()
    value: Json = {"dataAbsentReason": absent(None)}
    if fact.pump is not None and sheet.pump is not None:
        value = {"valueString": readable(summary_words.identity(sheet, fact).removeprefix("pump "))}
        traces = [trace for one in _devices(fact)[:4] for trace in cited_known("valueString", one)]
    yield Row((code,), display(code), value, tuple(traces))
    yield _interrogated(sheet)


def _interrogated(sheet: Sheet) -> Row:
    code, of = "can-be-interrogated", family.of(sheet.pump)
    about = of.fact("telemetry") if of else None
    if of is None or about is None:
        return Row((code,), display(code), {"dataAbsentReason": absent(None)})
    text = f"{display(code)}: {summary_words.interrogated(sheet)}"
    told = f"what is known of {of.name}: {about.source} ({about.date})"
    return Row((code,), text, {"valueBoolean": about.flag}, (_known_as("valueBoolean", told),))


def _known_as(element: str, told: str) -> Trace:
    """Where a value came from that no export states."""
    return Trace(element, None, told, "")


def _catheter(fact: SummaryFact) -> Iterator[Row]:
    known, tip = fact.catheter, fact.catheter_tip
    model, implanted = (known.model, known.implanted) if known else (None, None)
    yield _known("catheter-model", fact, model, {"valueString": model.reading.value} if model else {})
    yield _known("catheter-tip", fact, tip, {"valueString": tip.reading.value} if tip else {})
    day = implanted.reading.value if implanted else None
    yield _known("catheter-implanted", fact, implanted, {"valueDateTime": day.isoformat()} if day else {})


# --- drug and programme ---------------------------------------------------------------------------------------------


def _drug_rows(fact: SummaryFact) -> Iterator[Row]:
    mixture, since = summary_words.held(fact), earlier(fact.mixture, fact.source)
    drugs = mixture.drugs if mixture else ()
    for drug in drugs or (Drug(),):
        of = f", {drug_name(drug.name)}" if len(drugs) > 1 else ""
        yield _drug(drug, since, mixture)
        codes = ("mdc-concentration", "drug-concentration")
        text = f"{display(codes[1])}{of}{since}"
        export = mixture.export if mixture else None
        traces = cited("valueQuantity", export, drug.concentration)
        yield Row(codes, _printed_too(text, drug.concentration), stated_value(drug.concentration), traces)


def _drug(drug: Drug, since: str, mixture: Mixture | None) -> Row:
    text = f"{display('drug')}{since}"
    if drug.name is None or drug.name.value is None:
        return Row(("drug",), text, {"dataAbsentReason": absent(drug.name)})
    named_drug = drug_concept(drug, text=f"{capital(drug_name(drug.name))}, intrathecal", first_only=True)
    traces = cited("valueCodeableConcept", mixture.export if mixture else None, drug.name)
    return Row(("drug",), text, {"valueCodeableConcept": named_drug}, traces)


def _programme_rows(fact: SummaryFact) -> Iterator[Row]:
    programme, since = fact.programme, summary_words.programme_since(fact)
    export = fact.programme_export if fact.programme_read else first(fact.source)
    rows = programme.doses if programme else ()
    codes = ("mdc-dose-rate", "programmed-daily-dose")
    for daily, name in [(dose.daily, dose.drug) for dose in rows] or [(None, None)]:
        of = f", {drug_name(name)}" if len(rows) > 1 else ""
        text = _printed_too(f"{display(codes[1])}{of}{since}", daily)
        yield Row(codes, text, stated_value(daily), cited("valueQuantity", export, daily))
    flow, flow_codes = programme.flow if programme else None, ("mdc-flow", "programmed-flow")
    text = _printed_too(f"{display('programmed-flow')}{since}", flow)
    yield Row(flow_codes, text, stated_value(flow), cited("valueQuantity", export, flow))
    how = programme.mode if programme else None
    yield _coded("infusion-mode", how, "mode:", since, export)


def _coded(row: str, reading: Reading[str] | None, prefix: str, since: str, export: str | None) -> Row:
    text = f"{display(row)}{since}"
    code = stated(reading)
    if code is None:
        return Row((row,), text, {"dataAbsentReason": absent(reading)})
    value = {"valueCodeableConcept": named(prefix + code)}
    return Row((row,), text, value, cited("valueCodeableConcept", export, reading))


def _printed_too(text: str, reading: Reading[Quantity] | None) -> str:
    if reading is None or reading.value is None:
        return text
    beside = said(reading).partition(" (printed as ")
    return f"{text}{beside[1]}{beside[2]}"


# --- state, volume, dates -------------------------------------------------------------------------------------------


def _infusing(fact: SummaryFact) -> Row:
    codes, text = ("mdc-infusing", "infusing-status"), display("infusing-status")
    runs = stated(fact.infusing)
    if runs is None:
        return Row(codes, text, {"dataAbsentReason": absent(fact.infusing)})
    value = {"valueCodeableConcept": named("infusing" if runs else "not-infusing")}
    return Row(codes, text, value, cited("valueCodeableConcept", first(fact.source), fact.infusing))


def _alarms(fact: SummaryFact) -> Iterator[Row]:
    text, export = display("active-alarm"), first(fact.source)
    for alarm in fact.alarms:
        value = concept(capital(alarm_words(alarm)), f"alarm:{stated(alarm.code) or 'other'}")
        traces = cited("valueCodeableConcept", export, alarm.code or alarm.text)
        yield Row(("active-alarm",), text, {"valueCodeableConcept": value}, traces)
    if fact.alarms:
        return
    if stated(fact.alarm_status) == "none":
        value = named("alarm:none")
        traces = cited("valueCodeableConcept", export, fact.alarm_status)
        yield Row(("active-alarm",), text, {"valueCodeableConcept": value}, traces)
        return
    active = stated(fact.alarm_status) == "active"
    why = concept(f"An alarm is in force; which is {NOT_RECORDED}", "absent-unknown")
    yield Row(("active-alarm",), text, {"dataAbsentReason": why if active else absent(fact.alarm_status)})


_VOLUME_TEXT = {
    "calculated": "Reservoir volume, calculated by the pump from its programme, not measured",
    "sensed": "Reservoir volume, sensed by the pump",
    "aspirated": "Reservoir volume, aspirated",
    "typed": "Reservoir volume, entered at the programmer",
    "reported": "Reservoir volume, reported by the pump",
}


def _volume(fact: SummaryFact) -> Row:
    if fact.volume is None:
        return Row(("reservoir-volume",), display("reservoir-volume"), stated_value(None))
    text = _VOLUME_TEXT.get(fact.volume.how or "", f"Reservoir volume; how it is known is {NOT_RECORDED}")
    traces = cited("valueQuantity", first(fact.source), fact.volume)
    return Row((volume_code(fact.volume),), _printed_too(text, fact.volume), stated_value(fact.volume), traces)


def _dates(fact: SummaryFact) -> Iterator[Row]:
    for code, reading, about in (
        ("low-reservoir-date", fact.low_date, ", calculated by the pump"),
        ("empty-date", fact.empty_date, ", calculated by the pump"),
        ("refill-by-date", fact.refill_by, ""),
        ("replace-by-date", fact.replace_by, ""),
    ):
        text = f"{display(code)}{about if reading else ''}"
        yield Row((code,), text, stated_value(reading), cited("valueDateTime", first(fact.source), reading))


# --- what outlives its report, longevity ------------------------------------------------------------------------------


def _history(fact: SummaryFact) -> Iterator[Row]:
    fill, change = fact.last_fill, fact.last_change
    when = fill.reading.value if fill else None
    yield _known("last-refill", fact, fill, {"valueDateTime": when.fhir} if when else {})
    what = change.reading.value if change else None
    yield _known("last-change", fact, change, {"valueString": what} if what else {})
    yield _mixture_change(fact)
    scan = fact.last_mri.reading.value if fact.last_mri else None
    yield _known("last-mri", fact, fact.last_mri, {"valueDateTime": scan.fhir} if scan else {})


def _mixture_change(fact: SummaryFact) -> Row:
    change, code = fact.last_mixture, "last-concentration-change"
    if change is None:
        return Row((code,), display(code), {"dataAbsentReason": absent(None)})
    strengths = [drug.concentration or drug.name for one in (change.old, change.new) for drug in one.drugs]
    exports_of = [one.export for one in (change.old, change.new) for _ in one.drugs]
    traces = [trace for n, one in enumerate(strengths) for trace in cited("valueString", exports_of[n], one)]
    value = {"valueString": readable(summary_words.mixture_change(change))}
    return Row((code,), display(code), value, tuple(traces))


def _known(code: str, fact: SummaryFact, known: Known[Any] | None, value: Json) -> Row:
    if known is None or known.reading.value is None:
        return Row((code,), display(code), {"dataAbsentReason": absent(known.reading if known else None)})
    text = f"{display(code)}{earlier(known, fact.source)}"
    return Row((code,), text, value, cited_known(next(iter(value)), known))


def _longevity(fact: SummaryFact) -> Iterator[Row]:
    months = fact.months_to_eri
    traces = cited("valueQuantity", first(fact.source), months)
    yield Row(("months-to-eri",), display("months-to-eri"), stated_value(months), traces)
    for code, reading in (("eri-status", fact.eri), ("end-of-service-status", fact.end_of_service)):
        reached = stated(reading)
        value = {"dataAbsentReason": absent(reading)} if reached is None else {"valueBoolean": reached}
        yield Row((code,), f"{display(code)} reached", value, cited("valueBoolean", first(fact.source), reading))
