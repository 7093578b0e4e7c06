"""The short form of a course and of its chart, in which the scenarios write down what they expect.

Instants are in UTC to the minute, or a day where only the day is certain; quantities keep their digits; what is not
known is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from bridge.chart.resource import Resource
from bridge.course import facts
from bridge.course.clocks import Instant
from bridge.course.forecast import ForecastFact, ObservedFlow
from bridge.course.pages import Course
from bridge.course.remarks import Finding
from bridge.interrogation import Drug, Programme, Reading, stated
from bridge.quantity import Quantity

Row = dict[str, Any]


def short(course: Course) -> dict[str, list[Row]]:
    """Everything of a course that scenarios speak of, each kind in the order of its instants."""
    kinds: dict[str, tuple[type[Any], Callable[[Any], Row]]] = {
        "segments": (facts.Segment, _segment), "gaps": (facts.Gap, _gap), "boluses": (facts.BolusFact, _bolus),
        "refills": (facts.FillFact, _refill), "primings": (facts.PrimingFact, _priming), "flows": (ObservedFlow, _flow),
        "findings": (Finding, _finding),
    }  # fmt: skip
    found = [fact for page in course.pages for fact in page.facts]
    return {name: in_order(row(one) for one in found if isinstance(one, kind)) for name, (kind, row) in kinds.items()}


def in_order(rows: Any) -> list[Row]:
    """Rows by their instants and what they are."""
    return sorted(rows, key=lambda row: (_begin(row), row.get("code", ""), str(sorted(row.items(), key=str))))


def _begin(row: Row) -> str:
    return str(row.get("from") or row.get("since") or row.get("at"))


def forecast(course: Course) -> Row:
    """The forecast of the newest session: residual and dates."""
    made = [fact for page in course.pages for fact in page.facts if isinstance(fact, ForecastFact)]
    last = made[-1]
    dates = {f"{one.kind} {one.taken}".rstrip(): instant(one.at) for one in last.dates}
    return _less({"residual": str(last.residual.quantity) if last.residual else None, **dates})


def instant(at: Instant | None) -> str | None:
    """An instant in UTC to the minute; its day where it is no more certain than that."""
    if at is None or len(at.fhir) == 10:
        return at.fhir if at else None
    return f"{at.utc.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def _less(row: Row) -> Row:
    return {name: value for name, value in row.items() if value not in (None, "", [], ())}


def _amount(reading: Reading[Quantity] | None) -> str | None:
    quantity = stated(reading)
    return str(quantity) if quantity is not None else None


def _doses(programme: Programme | None) -> str:
    return " + ".join(_amount(dose.daily) or "?" for dose in programme.doses) if programme else ""


def _drugs(mixture: facts.Mixture | None) -> str:
    return " + ".join(map(_drug, mixture.drugs)) if mixture else ""


def _drug(drug: Drug) -> str:
    return f"{stated(drug.name)} {_amount(drug.concentration)}"


def _segment(fact: facts.Segment) -> Row:
    doses = [f"{name} {dose.quantity}" for name, dose in fact.line_doses] if not fact.bridge else []
    return _less({
        "from": instant(fact.start), "to": instant(fact.end), "status": fact.status, "why": fact.reason,
        "certainty": fact.certainty, "dose": _doses(fact.settings), "drug": _drugs(fact.mixture),
        "last": instant(fact.last_confirmed), "bridge": _bridge(fact) if fact.bridge else None,
        "line": None if fact.bridge else fact.line, "line_doses": doses,
    })  # fmt: skip


def _bridge(fact: facts.Segment) -> Row:
    derived = {"dose": fact.bridge_dose, "given": fact.bridge_given}
    stated_ones = {"volume": _amount(fact.bridge_volume), "accounted": _amount(fact.bridge_accounted)}
    return _less({**stated_ones, **{name: str(one.quantity) for name, one in derived.items() if one}})


def _gap(fact: facts.Gap) -> Row:
    lost = str(fact.not_delivered.quantity) if fact.not_delivered else None
    return _less({
        "from": instant(fact.start), "to": instant(fact.end), "why": fact.reason, "closed": fact.closed,
        "not_delivered": lost,
    })  # fmt: skip


def _bolus(fact: facts.BolusFact) -> Row:
    return _less({
        "kind": fact.kind, "from": instant(fact.start), "to": instant(fact.end), "outcome": fact.outcome,
        "dose": _amount(fact.dose), "volume": _amount(fact.volume),
    })  # fmt: skip


def _refill(fact: facts.FillFact) -> Row:
    volumes = {name: _amount(getattr(fact, name)) for name in ("expected", "aspirated", "filled")}
    ratio = str(fact.ratio.quantity.value) if fact.ratio else None
    return _less({"at": instant(fact.at), **volumes, "ratio": ratio, "doubt": fact.doubt})


def _priming(fact: facts.PrimingFact) -> Row:
    return _less({"at": instant(fact.at), "volume": _amount(fact.volume)})


def _flow(fact: ObservedFlow) -> Row:
    doses = [f"{name} {dose.quantity}" for name, dose in fact.doses]
    return {"from": instant(fact.start), "to": instant(fact.end), "flow": str(fact.flow.quantity), "doses": doses}


def _finding(fact: Finding) -> Row:
    row = {"code": fact.code, "since": instant(fact.since), "until": instant(fact.until), "text": fact.text}
    return _less(row)


# --- the chart --------------------------------------------------------------------------------------------------------


def chart(resources: tuple[Resource, ...]) -> list[str]:
    """What of a chart says that something is given, is not, or is warned of: a line each."""
    return sorted(line for resource in resources for line in _line(resource.key.partition("|")[0], resource.body))


def _line(kind: str, body: Row) -> Iterator[str]:
    if body["resourceType"] == "MedicationAdministration":
        yield f"{kind} {body['status']} {_period(body['effectivePeriod'])}: {_dosage(body.get('dosage', {}))}"
    elif body["resourceType"] == "Flag":
        yield f"flag {body['status']} {body['code']['coding'][-1]['code']}"
    elif kind == "infusing-status":
        yield f"not-infusing {body['status']} {_period(body['effectivePeriod'])}"


def _period(period: Row) -> str:
    return f"{_utc(period['start'])} - {_utc(period.get('end', ''))}"


def _utc(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%dT%H:%MZ}" if "T" in text else text


def _dosage(dosage: Row) -> str:
    if "rateRatio" in dosage:
        return " per ".join(_value(dosage["rateRatio"][part]) for part in ("numerator", "denominator"))
    return _value(dosage.get("rateQuantity") or dosage.get("dose") or {})


def _value(quantity: Row) -> str:
    return f"{quantity['value']} {quantity['code']}" if quantity else "no dose"
