"""Hand-built facts of one invented hospital pump at one patient, and the case of them that is kept."""

from __future__ import annotations

import dataclasses
import re
from decimal import Decimal
from typing import Any

from bridge.chart.resource import Resource
from bridge.chart.write import write
from bridge.course.facts import OPEN, Source
from bridge.course.infusion_facts import (
    HospitalPumpFact,
    Infusion,
    InfusionAlarm,
    InfusionEvent,
    InfusionReading,
    ReadingCode,
    Told,
)
from bridge.course.pages import Course, Fact, Page
from bridge.hospital import Happening
from bridge.interrogation import Moment, Reading
from bridge.quantity import Quantity
from fhir_profiles.checks import check
from tests.chart.given import BINDING, SHA, at, bound


def said(value: Any, text: str | None = None, how: Any = None, where: str = "OBX[9]-5.1") -> Reading[Any]:
    """A reading of a message."""
    return Reading(value, str(value) if text is None else text, where, how)


def amount(text: str, how: Any = None, bound: Any = None) -> Reading[Quantity]:
    """A quantity in its own unit: `0.100 ug/kg/min`."""
    number, _, unit = text.partition(" ")
    return Reading(Quantity(Decimal(number), unit), text, "OBX[12]-5.1", how, bound)


def told(reading: Reading[Any], export: str = SHA["s1"]) -> Told[Any]:
    """What a message states."""
    return Told(reading, export)


def message(name: str, when: str) -> Source:
    """The session of one message."""
    return Source((SHA[name],), f"session 1.1 {when}", at(when), at(when))


M1 = message("s1", "2026-03-02 10:15")
M2 = message("s2", "2026-03-02 11:15")
M3 = message("s3", "2026-03-02 11:30")
PUMP = HospitalPumpFact(
    manufacturer=told(said("Invented Pumps")),
    model=told(said("IV-3")),
    serial=told(said("LV70001")),
    since=M1,
    source=M3,
    kind=told(said("MDC_DEV_PUMP_INFUS_LVP_VMD")),
    system_id=told(said("0011220000AB0001")),
)
NOREPINEPHRINE: dict[str, Any] = {
    "kind": told(said("MDC_DEV_PUMP_INFUSATE_SOURCE_PRIMARY")),
    "label": told(said("Primary")),
    "drug": told(said("Norepinephrine")),
    "concentration": told(amount("80.0 ug/mL")),
    "rate": told(amount("5.25 mL/h", "setting")),
    "dose_rate": told(amount("0.100 ug/kg/min", "setting")),
    "weight": told(amount("70.0 kg", "setting")),
    "volume_to_infuse": told(amount("50.00 mL", "setting")),
    "order": told(said("PO-7731")),
}


def infusion(discriminator: str = "1.1.2 20260302101500+0000", **changes: Any) -> Infusion:
    """An infusion that runs since the first message and was confirmed by the last."""
    fact = Infusion(
        discriminator, "1.1", "1.1.2", M1, M3, start=at("2026-03-02 10:15"), start_certainty="recorded",
        last_confirmed=at("2026-03-02 11:30"), **NOREPINEPHRINE,
    )  # fmt: skip
    return dataclasses.replace(fact, **changes)


def over(discriminator: str, end: str, status: Any = "stopped", reason: Any = "stopped", **changes: Any) -> Infusion:
    """An infusion that ended, as recorded by the pump."""
    ended = at(end)
    told_of = {"end_certainty": "recorded", "last_confirmed": ended, "latest": M2, **changes}
    return infusion(discriminator, status=status, reason=reason, end=ended, **told_of)


def reading(code: ReadingCode, stated: Reading[Any], address: str | None = None, **changes: Any) -> InfusionReading:
    """One value to observe, of the line or of its source."""
    of_source = {"address": address, "label": "Primary", "drug": "Norepinephrine"} if address else {}
    named = f"{code} {address or '1.1'} 20260302101500+0000"
    fact = InfusionReading(named, M1, code, "1.1", stated, SHA["s1"], at("2026-03-02 10:15"), **of_source)
    return dataclasses.replace(fact, **changes)


def happening(term: str | None, text: str | None = None, **facets: str) -> Happening:
    """What one event or alarm message tells."""
    stated: dict[str, Any] = {name: said(value) for name, value in facets.items()}
    return Happening(
        term=said(term) if term else None, text=said(text) if text else None,
        at=said(Moment(at("2026-03-02 11:00").utc.replace(tzinfo=None), "second", 0), "20260302110000+0000"), **stated,
    )  # fmt: skip


OCCLUSION = happening("MDC_EVT_FLUID_LINE_OCCL", "Occlusion downstream", phase="start", priority="PH", type="ST")


def alarm(discriminator: str = "A-1", since: str | None = "2026-03-02 11:00", **changes: Any) -> InfusionAlarm:
    """An alarm in force."""
    begun = at(since) if since else None
    fact = InfusionAlarm(discriminator, M2, "1.1", OCCLUSION, SHA["s2"], begun, at("2026-03-02 11:05"))
    return dataclasses.replace(fact, **changes)


def event(term: str | None, text: str | None = None) -> InfusionEvent:
    """An event that is no alarm."""
    return InfusionEvent(f"E {term}", M2, "1.1", at("2026-03-02 11:15"), happening(term, text), SHA["s2"])


def course(*facts: Fact, sealed: tuple[Fact, ...] = (), pump: HospitalPumpFact = PUMP) -> Course:
    """A course of one sealed page and an open one, with the pump on it."""
    pages = [Page("20260302T101500Z s1", sealed)] if sealed else []
    return Course("0048213", (*pages, Page(OPEN, (pump, *facts))), None, simulated=True)


STOPPED = over(
    "1.1.2 20260302101500+0000", "2026-03-02 11:15", volume=told(amount("5.25 mL"), SHA["s2"]),
    dose=told(amount("420 ug"), SHA["s2"]), stated_reason=told(said("pump-stopped-paused"), SHA["s2"]),
)  # fmt: skip
BOLUS = over(
    "1.1.3 20260302104000+0000", "2026-03-02 10:42", "completed", "volume-infused", bolus=True,
    part_of="1.1.2 20260302101500+0000", address="1.1.3", start=at("2026-03-02 10:40"), kind=told(said("70079")),
    label=None, rate=told(amount("60.0 mL/h")), dose_rate=None, volume=told(amount("2.00 mL"), SHA["s2"]),
    volume_to_infuse=told(amount("2.00 mL")),
)  # fmt: skip
SEALED: tuple[Fact, ...] = (
    STOPPED,
    BOLUS,
    over(
        "1.1.4 20260302100000+0000", "2026-03-02 10:10", "completed", "new-settings", address="1.1.4",
        start=at("2026-03-02 10:00"), start_certainty="inferred", end_certainty="inferred", kind=None, label=None,
        drug=None, concentration=None, rate=None, dose_rate=told(amount("7 ug/min")), weight=None, order=None,
    ),
    infusion(
        "1.1.5 20260302100000+0000", address="1.1.5", status="unknown", reason="too-old",
        concentration=told(amount("20 [iU]/L")), dose_rate=told(amount("0.4 m[iU]/kg/min")), weight=None,
    ),
    reading("rate", amount("5.25 mL/h", "setting"), "1.1.2"),
    reading("dose-rate", amount("0.100 ug/kg/min", "setting"), "1.1.2"),
    reading("drug", said("Norepinephrine"), "1.1.2"),
    reading("status", said("pump-status-infusing")),
    reading("patient-weight", amount("70.0 kg", "typed")),
    reading("care-area", said("Ward of the IT desk")),
    reading("volume-delivered-total", amount("12.50 mL", "sensed", ">"), "1.1.2"),
    reading("battery", Reading(None, "?? %", "OBX[19]-5.1")),
    reading("not-delivering", said("pump-stopped-paused"), "1.1.2"),
    reading("patient-doses-given", amount("3 1")),
    alarm("A-0", until=at("2026-03-02 11:04"), status="ended"),
    event("MDC_EVT_PUMP_DELIV_COMP"),
    event("MDCX_EVT_POWER_CHG", "Power off"),
)  # fmt: skip


def infusions() -> tuple[Course, Any]:
    """A stopped, a changed, an unknown and a running infusion, a bolus, values, alarms and events."""
    running = infusion("1.1.2 20260302113000+0000", start=at("2026-03-02 11:30"), source=M3)
    unknown = alarm("A-2", None, status="unknown", reason="another-patient", told=happening("MDCX_EVT_OTHER"))
    return course(running, alarm(), unknown, sealed=SEALED), BINDING


# --- charts of facts ---


def chart(*facts: Fact, **changes: Any) -> tuple[Resource, ...]:
    return write(course(*facts), bound(**changes))


def one(kind: str, *facts: Fact, **changes: Any) -> dict[str, Any]:
    """The body of the only resource of a kind."""
    (found,) = [resource for resource in chart(*facts, **changes) if resource.key.startswith(f"{kind}|")]
    assert check(found.body) == ()
    return found.body


def words(body: dict[str, Any]) -> str:
    return re.sub(r"<[^>]*>", "", body["text"]["div"]).replace("&quot;", '"')
