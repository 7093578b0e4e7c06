"""Flags: there is an intrathecal pump; an alarm is in force; a finding that the ward must see.

Promises: one Flag a cause: an interrupted delivery or an empty reservoir and the alarm of it have one key, and the
chart keeps the one from the later page; the text carries the time of the reading; what is over is inactive with its
end, never gone. Once a newer pump was implanted, what was read of this one is inactive too, without an end: whether it
is over is not known. No advice on treatment, no "OK".
"""

from __future__ import annotations

from collections.abc import Iterator

from bridge.chart import family, told
from bridge.chart.elements import cited, coded, concept
from bridge.chart.observations import first
from bridge.chart.resource import Resource, Trace
from bridge.chart.sheet import Sheet
from bridge.chart.wording import NOT_RECORDED, alarm_words, centre, day, day_words, drug_name, span
from bridge.course.clocks import Instant
from bridge.course.facts import AlarmFact, PresenceFact
from bridge.course.remarks import Finding
from bridge.fhir_json import Json
from bridge.interrogation import Reading, stated
from bridge.terms.table import display

_OF_ALARMS = (  # an alarm may be of their cause
    "delivery-interrupted", "past-dry-date", "end-of-service", "pump-reset", "memory-error",
)  # fmt: skip
_OF_TWO_PUMPS = ("pump-replaced-not-stated", "two-pumps-in-patient")
_DETAIL = "http://hl7.org/fhir/StructureDefinition/flag-detail"


def presence(sheet: Sheet, fact: PresenceFact, page: str) -> Iterator[Resource]:
    """The static Flag: abrupt stop can be fatal, whom to call."""
    drug = drug_name(Reading(fact.drug_name, fact.drug_name, "")) if fact.drug_name else ""
    pump = f"intrathecal {drug} pump" if drug else "intrathecal pump"
    silent = f" {words}" if (words := family.telemetry_words(sheet.pump)) else ""
    if fact.until is not None:
        text = since = f"{pump[0].upper()}{pump[1:]}, explanted (read {day(fact.until)})."
    else:
        warning = f"If {drug or 'the drug'} stops abruptly, this can be fatal. Call {centre(sheet.binding.centre)}."
        silent += f" A newer pump was implanted on {day_words(sheet.newer)}." if sheet.newer else ""
        text = f"Implanted {pump}.{silent} {warning}"
        began = day_words(fact.since) if fact.since else f"date {NOT_RECORDED}"
        since = f"Implanted {pump} (since {began}).{silent} {warning}" if fact.since else text
    start = {"start": fact.since.isoformat()} if fact.since else {}
    end = {"end": fact.until.fhir} if fact.until else {}
    code = concept(text, "intrathecal-pump-present")
    yield _flag(sheet, "pump-present", "", page, since, "flag-safety", code, start | end, over=fact.until is not None)


def alarm(sheet: Sheet, fact: AlarmFact, page: str) -> Iterator[Resource]:
    """An alarm: active while it is in force, inactive when a later session shows it over."""
    over = fact.until is not None or sheet.newer is not None
    text = _alarm_text(sheet, fact) if fact.until else _of_this_pump(sheet, _alarm_text(sheet, fact))
    code = concept(text, f"alarm:{stated(fact.alarm.code) or 'other'}")
    detail = sheet.finding(fact.finding_code, fact.finding) if fact.finding else None
    yield _flag(
        sheet, "alarm-flag", fact.finding or fact.discriminator, page, text, "flag-clinical", code,
        _period(fact.since, fact.until), over=over, detail=detail, rests_on=fact.source.exports,
        traces=cited("code", first(fact.source), fact.alarm.code or fact.alarm.text),
    )  # fmt: skip


def _alarm_text(sheet: Sheet, fact: AlarmFact) -> str:
    words, read = alarm_words(fact.alarm), fact.last_read.words
    if fact.finding_code == "past-dry-date":  # since when the reservoir is dry may be calculated: the finding says it
        over, now = f" over: {words}, until", f": {words}, as read {read}. Call {centre(sheet.binding.centre)}."
        return f"Intrathecal pump alarm{f'{over} {fact.until.words} (read {read}).' if fact.until else now}"
    if fact.until is not None:
        return f"Intrathecal pump alarm over: {words}, {span(fact.since, fact.until)} (read {read})."
    stopped = fact.finding is not None and fact.finding_code == "delivery-interrupted"
    head = "Intrathecal pump NOT INFUSING" if stopped else "Intrathecal pump alarm"
    return f"{head}: {words} since {fact.since.words}, as read {read}. Call {centre(sheet.binding.centre)}."


def ward(sheet: Sheet, fact: Finding, page: str) -> Iterator[Resource]:
    """A finding for the ward; one whose cause an alarm may tell of too has the Flag of that alarm."""
    if fact.audience != "ward":
        return
    words, over = display(fact.code), fact.until is not None
    call = "" if over or sheet.of_hospital else f" Call {centre(sheet.binding.centre)}."
    pump = "Infusion pump" if sheet.of_hospital else "Intrathecal pump"
    text = f"{pump}{', over' if over else ''}: {words[:1].lower()}{words[1:]}. {fact.text}{call}"
    if not over and fact.code not in _OF_TWO_PUMPS:
        text, over = _of_this_pump(sheet, text), sheet.newer is not None
    shared = fact.code in _OF_ALARMS
    name = fact.discriminator if shared else f"{fact.code} {fact.discriminator}"
    yield _flag(
        sheet, "alarm-flag" if shared else "finding-flag", name, page, text, "flag-clinical",
        concept(text, fact.code), _period(fact.since, fact.until), over=over,
        detail=sheet.finding(fact.code, fact.discriminator), rests_on=fact.source.exports,
    )  # fmt: skip


def _of_this_pump(sheet: Sheet, text: str) -> str:
    """What was read of a pump, once a newer one was implanted: whether it still is so is not known."""
    if sheet.newer is None:
        return text
    return f"A newer pump was implanted on {day_words(sheet.newer)}. Of the one before it: {text}"


def _period(start: Instant, end: Instant | None) -> Json:
    return {"start": start.fhir, **({"end": end.fhir} if end else {})}


def _flag(
    sheet: Sheet, kind: str, discriminator: str, page: str, text: str, category: str, code: Json, period: Json,
    *, over: bool, detail: Json | None = None, rests_on: tuple[str, ...] = (), traces: tuple[Trace, ...] = (),
) -> Resource:  # fmt: skip
    if not sheet.sends(kind):
        return told.flag(
            sheet, kind, discriminator, page, text, code, period, over=over, detail=detail, rests_on=rests_on,
            traces=traces,
        )  # fmt: skip
    body: Json = {"extension": [{"url": _DETAIL, "valueReference": detail}]} if detail else {}
    body["status"] = "inactive" if over else "active"
    body |= {"category": [coded(category)], "code": code, "subject": sheet.subject}
    body |= {"period": period} if period else {}
    body["author"] = sheet.bridge
    return sheet.resource(kind, discriminator, page, text, body, rests_on=rests_on, traces=traces)
