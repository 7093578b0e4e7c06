"""The pump in this patient: DeviceUseStatement, and the Procedures of implant and explant where an export states them.

Promises: the day of an implant is the stated one; a session of type explant without a stated day gives the day of that
session, and says so. An explant ends the use; it does not retract it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from bridge.chart.devices import value
from bridge.chart.elements import ABSENT_URL, cited_known, exports, named
from bridge.chart.resource import Resource
from bridge.chart.sheet import Sheet
from bridge.chart.wording import day_words
from bridge.course.facts import Known, PumpFact, Source
from bridge.fhir_json import Json


def use(sheet: Sheet, fact: PumpFact, page: str) -> Iterator[Resource]:
    """That this patient has, or had, this pump."""
    since, until = _day(fact.implanted, None), _day(fact.explanted, fact.explant_session)
    body: Json = {"status": "completed" if until else "active", "subject": sheet.subject}
    if since:
        body["derivedFrom"] = [sheet.reference("implant")]
    body |= _timing(since, until) | {"device": sheet.reference("pump")}
    yield sheet.resource(
        "use", "", page, _words(fact, since, until), body,
        rests_on=_rests_on(fact),
        traces=(*cited_known("timingPeriod.start", fact.implanted), *cited_known("timingPeriod.end", fact.explanted)),
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
            "performedDateTime": on,
            "focalDevice": [{"action": {"text": action}, "manipulated": sheet.reference("pump")}],
        }
        stated = known is not None and known.reading.value is not None
        basis = "" if stated else " (day of the session; the date itself is NOT RECORDED)"
        when = day_words(date.fromisoformat(on))
        yield sheet.resource(
            kind, "", page, f"Intrathecal pump {value(fact.model)} {action.lower()} {when}{basis}.", body,
            rests_on=exports([known.export] if known else [], session.exports if session else []),
            traces=cited_known("performedDateTime", known),
        )  # fmt: skip


def _day(known: Known[date] | None, session: Source | None) -> str | None:
    if known is not None and known.reading.value is not None:
        return known.reading.value.isoformat()
    return session.start.printed[:10] if session else None


def _timing(since: str | None, until: str | None) -> Json:
    if since or until:
        return {"timingPeriod": ({"start": since} if since else {}) | ({"end": until} if until else {})}
    return {"timingPeriod": {"extension": [{"url": ABSENT_URL, "valueCode": "unknown"}]}}


def _words(fact: PumpFact, since: str | None, until: str | None) -> str:
    pump = f"Pump {value(fact.model)} serial {value(fact.serial)}"
    began = day_words(date.fromisoformat(since)) if since else "NOT RECORDED"
    if until:
        return f"{pump} implanted {began}, explanted {day_words(date.fromisoformat(until))}."
    return f"{pump} implanted since {began}." if since else f"{pump} implanted; date of implant NOT RECORDED."


def _rests_on(fact: PumpFact) -> tuple[str, ...]:
    stated = [known.export for known in (fact.implanted, fact.explanted) if known]
    return exports(stated, fact.explant_session.exports if fact.explant_session else []) or (fact.serial.export,)
