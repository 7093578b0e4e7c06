"""What a programme, a deed, a finding, a Flag or the use of a pump says, where its own type is not taken.

A programme, a deed or a finding is told as an Observation in its own words; a Flag as a Communication, else as an
Observation; the use of a pump as a Procedure that lasts.

Promises: what is open is preliminary (a Communication in progress) and never final; what is not known to be over is not
said to be over; nothing is referred to by a literal reference that is not sent. Must not know destinations.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bridge.chart.elements import ABSENT_URL, cited, coded, concept, named
from bridge.chart.observations import stated_value, status
from bridge.chart.resource import Resource, Trace
from bridge.chart.sheet import Sheet
from bridge.chart.wording import drug_name, readable
from bridge.course.facts import ProgrammeFact
from bridge.course.remarks import Finding
from bridge.fhir_json import Json
from bridge.interrogation import stated
from bridge.terms.table import display

_UNKNOWN = [{"url": ABSENT_URL, "valueCode": "unknown"}]
_DERIVED = ("Observation", "DocumentReference")  # what an Observation may be derived from


def programme(
    sheet: Sheet, fact: ProgrammeFact, page: str, text: str, words: str, export: str | None, rests_on: tuple[str, ...]
) -> Resource:
    """A programme: its words with every step, and each daily dose, flow and mode."""
    over = fact.ended in ("replaced", "replaced-unknown", "explanted")
    when: Json = {"effectiveDateTime": (fact.start or fact.found).fhir}
    if over and fact.start is not None and fact.end is not None:
        when = {"effectivePeriod": {"start": fact.start.fhir, "end": fact.end.fhir}}
    rows, traces = _settings(fact, export)
    body: Json = {
        "status": status(fact.source) if over else "preliminary", "code": named("pump-programme"), **when,
        "valueString": readable(words), "device": sheet.reference("pump"), "component": rows,
    }  # fmt: skip
    return _observation(
        sheet, "programme", fact.discriminator, page, text, body, rests_on, traces, [export] if export else []
    )


def _settings(fact: ProgrammeFact, export: str | None) -> tuple[list[Json], tuple[Trace, ...]]:
    rows: list[Json] = []
    traces: tuple[Trace, ...] = ()
    doses, codes = fact.programme.doses, ("mdc-dose-rate", "programmed-daily-dose")
    for dose in doses:
        of = f", {drug_name(dose.drug)}" if len(doses) > 1 else ""
        traces += cited(f"component[{len(rows)}].valueQuantity", export, dose.daily)
        rows.append({"code": concept(f"{display(codes[1])}{of}", *codes), **stated_value(dose.daily)})
    if fact.programme.flow is not None:
        traces += cited(f"component[{len(rows)}].valueQuantity", export, fact.programme.flow)
        rows.append({"code": named("mdc-flow", "programmed-flow"), **stated_value(fact.programme.flow)})
    if mode := stated(fact.programme.mode):
        traces += cited(f"component[{len(rows)}].valueCodeableConcept", export, fact.programme.mode)
        rows.append({"code": named("infusion-mode"), "valueCodeableConcept": named(f"mode:{mode}")})
    return rows, traces


def deed(
    sheet: Sheet, kind: str, discriminator: str, page: str, text: str, code: str, at: str, rests_on: tuple[str, ...],
    traces: tuple[Trace, ...] = (),
) -> Resource:  # fmt: skip
    """What was done to a pump: an implant, an explant, a filling, a programming."""
    body: Json = {
        "status": "final", "code": named(code), "effectiveDateTime": at, "valueString": readable(text),
        "device": sheet.reference("pump"),
    }  # fmt: skip
    places = tuple(replace(trace, element="effectiveDateTime") for trace in traces)
    return _observation(sheet, kind, discriminator, page, text, body, rests_on, places, rests_on)


def use(
    sheet: Sheet, kind: str, discriminator: str, page: str, text: str, lasting: Json, *, over: bool,
    rests_on: tuple[str, ...], traces: tuple[Trace, ...],
) -> Resource:  # fmt: skip
    """That a patient has, or had, a pump; `lasting` is the Period of it."""
    if sheet.told_as(kind) != "Procedure":
        body: Json = {
            "status": "final" if over else "preliminary", "code": named("pump-use"), **_when(lasting, over=over),
            "valueString": readable(text), "device": sheet.reference("pump"),
        }  # fmt: skip
        return _observation(sheet, kind, discriminator, page, text, body, rests_on, (), rests_on)
    period = sheet.dialect.DONE.replace("DateTime", "Period")
    body = {
        "status": "completed" if over else "in-progress",
        "code": named("pump-use"),
        "subject": sheet.subject,
        period: lasting,
        "focalDevice": [{"manipulated": sheet.reference("pump")}],
    }
    places = tuple(replace(trace, element=trace.element.replace("timingPeriod", period)) for trace in traces)
    kept = tuple(trace for trace in places if trace.element.startswith(period))
    return sheet.resource(kind, discriminator, page, text, body, rests_on=rests_on, traces=kept)


def finding(sheet: Sheet, fact: Finding, page: str, text: str, refers: Sequence[Json]) -> Resource:
    """A finding; what it is about is its focus, and what of that an Observation may rest on its basis."""
    lasting = {"start": fact.since.fhir, **({"end": fact.until.fhir} if fact.until else {})}
    body: Json = {
        "status": "final" if fact.until else "preliminary", "code": named(fact.code),
        **_when(lasting, over=fact.until is not None), "valueString": readable(fact.text),
        "focus": [sheet.reference("pump"), *refers], "device": sheet.bridge, "component": [_severity(fact.severity)],
    }  # fmt: skip
    return _observation(
        sheet, fact.code, fact.discriminator, page, text, body, fact.source.exports, (), (), _basis(refers)
    )


def amendment(
    sheet: Sheet, discriminator: str, page: str, text: str, recorded: str, severity: str, taken_back: Sequence[str],
    exports: tuple[str, ...],
) -> Resource:  # fmt: skip
    """That the chart said something that it takes back now."""
    body: Json = {
        "status": "final", "code": named("chart-amended"), "effectiveDateTime": recorded,
        "valueString": readable(text), "device": sheet.bridge, "component": [_severity(severity)],
    }  # fmt: skip
    if taken_back:
        body["focus"] = [{"reference": one} for one in taken_back]
    documents = [sheet.reference("document", sha256) for sha256 in dict.fromkeys(exports)]
    return _observation(
        sheet, "amendment", discriminator, page, f"{display('chart-amended')}. {text}", body, exports, (), (), documents
    )


def flag(
    sheet: Sheet, kind: str, discriminator: str, page: str, text: str, code: Json, lasting: Json, *, over: bool,
    detail: Json | None = None, rests_on: tuple[str, ...] = (), traces: tuple[Trace, ...] = (),
) -> Resource:  # fmt: skip
    """What a Flag says, to the ward where a Communication is taken; `over`: it is not in force any more.

    Its code is kept and its text stands alone; what is not in force and has no end is not known to be over.
    """
    ended = over and "end" in lasting
    coding = {"coding": list(code["coding"]), "text": code["coding"][-1].get("display", readable(text))}
    if sheet.told_as(kind) == "Communication":
        body: Json = {
            "status": "completed" if ended else "unknown" if over else "in-progress",
            "category": [coded("category-alert")],
            "subject": sheet.subject,
            "topic": coding,
            **({"about": [detail]} if detail else {}),
            "sender": sheet.bridge,
            "payload": [{"contentString": readable(text)}],
        }
        places = tuple(replace(trace, element="topic") for trace in traces)
        return sheet.resource(kind, discriminator, page, text, body, rests_on=rests_on, traces=places)
    body = {
        "status": "final" if ended else "preliminary", "code": coding, **_when(lasting, over=ended),
        "valueString": readable(text), "device": sheet.bridge,
    }  # fmt: skip
    basis = _basis([detail]) if detail else []
    return _observation(sheet, kind, discriminator, page, text, body, rests_on, traces, (), basis)


def _when(lasting: Json, *, over: bool) -> Json:
    """A Period once it is over; the start of what lasts; without either, that it is not known."""
    if over and "start" in lasting:
        return {"effectivePeriod": lasting}
    at = lasting.get("start") or lasting.get("end")
    return {"effectiveDateTime": at} if at else {"effectivePeriod": {"extension": _UNKNOWN}}


def _severity(severity: str) -> Json:
    return {"code": named("finding-severity"), "valueString": severity}


def _basis(references: Iterable[Json]) -> list[Json]:
    """Those of the references that an Observation may be derived from."""
    return [one for one in references if str(one.get("reference", "")).partition("/")[0] in _DERIVED]


def _observation(
    sheet: Sheet, kind: str, discriminator: str, page: str, text: str, body: Json, rests_on: tuple[str, ...],
    traces: tuple[Trace, ...], exports: Iterable[str], basis: Sequence[Json] = (),
) -> Resource:  # fmt: skip
    whole: Json = {"category": [coded("category-therapy")], "subject": sheet.subject, **body}
    if found := list(basis) or sheet.cited(exports):
        whole["derivedFrom"] = found
    return sheet.resource(kind, discriminator, page, text, whole, rests_on=rests_on, traces=traces)
