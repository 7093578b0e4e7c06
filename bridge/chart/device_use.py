"""The pump in this patient: its use (R4 DeviceUseStatement, R5 DeviceUsage), and the Procedures of implant and explant
where an export states them.

Promises: the day of an implant is the stated one; a session of type explant without a stated day gives the day of that
session, and says so. An explant ends the use; it does not retract it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from bridge.chart import told
from bridge.chart.devices import value
from bridge.chart.elements import ABSENT_URL, cited_known, exports, named
from bridge.chart.resource import Resource
from bridge.chart.sheet import Sheet
from bridge.chart.wording import day_words
from bridge.course.facts import Known, PumpFact, Source
from bridge.fhir_json import Json


def use(sheet: Sheet, fact: PumpFact, page: str) -> Iterator[Resource]:
    """That this patient has, or had, this pump."""
    since, until = since_and_until(fact)
    dialect = sheet.dialect
    traces = (*cited_known("timingPeriod.start", fact.implanted), *cited_known("timingPeriod.end", fact.explanted))
    if not sheet.sends(dialect.USE):
        yield told.use(
            sheet, dialect.USE, "", page, words(fact, since, until), _timing(since, until)["timingPeriod"],
            over=until is not None, rests_on=rests_on(fact), traces=traces,
        )  # fmt: skip
        return
    body: Json = {"status": "completed" if until else "active", dialect.USER: sheet.subject}
    if since and sheet.told_as("implant"):
        body["derivedFrom"] = [sheet.reference("implant")]
    body |= _timing(since, until) | {"device": dialect.referred(sheet.reference("pump"))}
    yield sheet.resource(
        dialect.USE, "", page, words(fact, since, until), body,
        rests_on=rests_on(fact), traces=traces,
    )  # fmt: skip


def implant_and_explant(sheet: Sheet, fact: PumpFact, page: str) -> Iterator[Resource]:
    """The Procedures of the pump's implant and explant, each where an export states it."""
    for kind, concept, action, known, session in (
        ("implant", "pump-implant", "Implanted", fact.implanted, None),
        ("explant", "pump-explant", "Explanted", fact.explanted, fact.explant_session),
    ):
        on = _day(known, session)
        if on is None:
            continue
        body: Json = {
            "status": "completed",
            "code": named(concept),
            "subject": sheet.subject,
            sheet.dialect.DONE: on,
            "focalDevice": [{"action": {"text": action}, "manipulated": sheet.reference("pump")}],
        }
        stated = known is not None and known.reading.value is not None
        basis = "" if stated else " (day of the session; the date itself is NOT RECORDED)"
        text = f"Intrathecal pump {value(fact.model)} {action.lower()} {day_words(date.fromisoformat(on))}{basis}."
        of = exports([known.export] if known else [], session.exports if session else [])
        traces = cited_known(sheet.dialect.DONE, known)
        if sheet.sends(kind):
            yield sheet.resource(kind, "", page, text, body, rests_on=of, traces=traces)
        else:
            yield told.deed(sheet, kind, "", page, text, concept, on, of, traces)


def since_and_until(fact: PumpFact) -> tuple[str | None, str | None]:
    """The days of implant and explant, where they are known."""
    return _day(fact.implanted, None), _day(fact.explanted, fact.explant_session)


def _day(known: Known[date] | None, session: Source | None) -> str | None:
    if known is not None and known.reading.value is not None:
        return known.reading.value.isoformat()
    return session.start.printed[:10] if session else None


def _timing(since: str | None, until: str | None) -> Json:
    if since or until:
        return {"timingPeriod": ({"start": since} if since else {}) | ({"end": until} if until else {})}
    return {"timingPeriod": {"extension": [{"url": ABSENT_URL, "valueCode": "unknown"}]}}


def words(fact: PumpFact, since: str | None, until: str | None) -> str:
    """Which pump, and from when to when it was implanted."""
    pump = f"Pump {value(fact.model)} serial {value(fact.serial)}"
    began = day_words(date.fromisoformat(since)) if since else "NOT RECORDED"
    if until:
        return f"{pump} implanted {began}, explanted {day_words(date.fromisoformat(until))}."
    return f"{pump} implanted since {began}." if since else f"{pump} implanted; date of implant NOT RECORDED."


def rests_on(fact: PumpFact) -> tuple[str, ...]:
    """The exports that state implant and explant, or that there is this pump at all."""
    stated = [known.export for known in (fact.implanted, fact.explanted) if known]
    return exports(stated, fact.explant_session.exports if fact.explant_session else []) or (fact.serial.export,)
