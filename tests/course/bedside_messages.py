"""Messages of a hospital pump for tests of its course, built as text and read by the real adapter.

Times are of 2 March 2026, UTC: "10:15" or "10:15:30".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from adapters.hl7v2_pcd import ADAPTER
from bridge.course.fold import Folded, News, Settings, fold
from bridge.course.hospital_pump import NOWHERE, Elsewhere
from bridge.course.infusion_facts import Infusion
from bridge.course.pages import Course
from bridge.course.sessions import Report, placed
from bridge.course.state import State
from bridge.findings.noticed import on_page
from tests.adapters.hl7_messages import FIXTURES, ML, ML_H, PATIENT, Rows, message, msh, obr, pump
from tests.course.building import SETTINGS, ZONE, every

OTHER = "PID|||0073311^^^MRN^MR||Sample^Ben||19550119|M"
KINDS = {
    "primary": ("1.1.2", "70071^MDC_DEV_PUMP_INFUSATE_SOURCE_PRIMARY"),
    "secondary": ("1.1.3", "70075^MDC_DEV_PUMP_INFUSATE_SOURCE_SECONDARY"),
    "clinician": ("1.1.4", "70079^MDC_DEV_PUMP_INFUSATE_SOURCE_CLINICIAN_DOSE"),
}
EVENTS = {
    "START": "197288^MDC_EVT_PUMP_DELIV_START", "STOP": "0^MDC_EVT_PUMP_DELIV_STOP",
    "COMP": "197292^MDC_EVT_PUMP_DELIV_COMP", "PATIENT": "0^MDC_EVT_PATIENT_CHANGE",
}  # fmt: skip
UG_ML = "264307^MDC_DIM_MICRO_G_PER_ML^MDC^ug/mL^ug/mL^UCUM"


def stamp(at: str) -> str:
    """A time of the day as HL7 prints it."""
    return f"20260302{at.replace(':', ''):0<6}+0000"


def clock(at: str) -> datetime:
    """The same as an instant."""
    return datetime.strptime(stamp(at), "%Y%m%d%H%M%S%z").astimezone(UTC)


@dataclass(frozen=True)
class Source:
    """What a message states of one source; what is '' it does not state."""

    rate: str = "5.25"
    kind: str = "primary"
    drug: str = "Norepinephrine"
    strength: str = "80.0"
    status: str = "delivering"
    why: str = ""
    segment: str = ""
    total: str = ""
    remaining: str = ""

    def add(self, rows: Rows, vmd: int) -> None:
        """Its rows."""
        place, term = KINDS[self.kind]
        place = f"1.{vmd}.{place.rpartition('.')[2]}"
        rows.device(term, f"{place}.0")
        rows.add("ST", "158012^MDC_PUMP_SOURCE_CHANNEL_LABEL", f"{place}.1", self.kind.title())
        numbers = (
            ("157784^MDC_FLOW_FLUID_PUMP", self.rate, ML_H, "MSET"),
            ("157760^MDC_CONC_DRUG", self.strength, UG_ML, ""),
            ("157992^MDC_VOL_FLUID_DELIV_SEGMENT", self.segment, ML, ""),
            ("157993^MDC_VOL_FLUID_DELIV_TOTAL", self.total, ML, ""),
            ("157872^MDC_VOL_FLUID_TBI_REMAIN", self.remaining, ML, ""),
        )
        if self.drug:
            rows.add("ST", "184514^MDC_DRUG_NAME_LABEL", f"{place}.2", self.drug)
        for number, (name, value, unit, how) in enumerate(numbers, 3):
            if value:
                rows.add("NM", name, f"{place}.{number}", value, unit, how=how)
        if self.status:
            code = "158005^MDC_PUMP_CURRENT_DELIVERY_STATUS"
            rows.add("CWE", code, f"{place}.10", f"^pump-delivery-status-{self.status}")
        if self.why:
            rows.add("CWE", "158006^MDC_PUMP_NOT_DELIVERING_REASON", f"{place}.11", f"^pump-stopped-{self.why}")


def told(*given: Any, **named: Any) -> Report:
    """One message as the store would hold it."""
    return reports(sent(*given, **named))[-1]


def sent(
    at: str, *sources: Source, event: str = "", of: str = "", infuses: bool | str | None = None, vmd: int = 1,
    patient: str = PATIENT, battery: str = "", weight: str = "", number: str = "1", flow: str = "",
) -> bytes:  # fmt: skip
    """One message: PCD-01, or PCD-10 with an event of the source whose kind is `of` (default: the first)."""
    rows = pump(Rows())
    if vmd != 1:
        rows.device("70050^MDC_DEV_PUMP_INFUS_LVP_VMD", f"1.{vmd}.0.0")
        rows.add("ST", "67880^MDC_ATTR_ID_MODEL", f"1.{vmd}.0.1", "Invented Pumps^IV-3", status="F")
    if weight:
        rows.add("NM", "68063^MDC_ATTR_PT_WEIGHT", "1.0.0.2", weight, "kg^kg^UCUM", how="MSET")
    if battery:
        rows.add("NM", "67996^MDC_ATTR_VAL_BATT_CHARGE", "1.0.0.5", battery, "%^%^UCUM")
    if event:
        rows.add("CWE", "68487^MDC_ATTR_EVT_COND", "1.0.0.3", f"{EVENTS[event]}^MDC", at=stamp(at))
        if sources:
            place = KINDS[of or sources[0].kind][0].rpartition(".")[2]
            rows.add("ST", "68488^MDC_ATTR_EVT_SOURCE", "1.0.0.4", f"1.{vmd}.{place}.0", at=stamp(at))
    running = any(one.status == "delivering" for one in sources) if infuses is None else infuses
    if sources or infuses is not None:
        rows.device("70067^MDC_DEV_PUMP_DELIVERY_INFO", f"1.{vmd}.1.0")
        status = running if isinstance(running, str) else "infusing" if running else "not-infusing"
        rows.add("CWE", "184519^MDC_PUMP_INFUSING_STATUS", f"1.{vmd}.1.1", f"^pump-status-{status}")
        if flow:
            rows.add("NM", "158014^MDC_FLOW_FLUID_PUMP_CURRENT", f"1.{vmd}.1.2", flow, ML_H)
    for one in sources:
        one.add(rows, vmd)
    head = msh("R42" if event else "R01", f"M-{number}")
    what = "0^MDC_EVT_PUMP_DELIV^MDC" if event else "69985^MDC_DEV_PUMP_INFUS_MDS^MDC"
    return message(head, patient, obr(stamp(at), f"R-{number}", what), *rows.rows)


def alarm(phase: str, at: str, number: str = "A1", *, state: str = "active", words: str = "Occlusion") -> Report:
    """PCD-04: one report of an alarm, named by the number of its first."""
    rows = pump(Rows())
    name = "196940^MDC_EVT_FLUID_LINE_OCCL^MDC"
    rows.add("CWE", "196616^MDC_EVT_ALARM", "1.1.0.0.1", name, status="F", at=stamp(at))
    facets = (("68481^MDC_ATTR_EVENT_PHASE", phase), ("68482^MDC_ATTR_ALARM_STATE", state),
              ("68484^MDC_ATTR_ALARM_PRIORITY", "PH"), ("68546^MDC_ATTR_ALERT_TEXT", words))  # fmt: skip
    for facet, (term, value) in enumerate(facets, 3):
        if value:
            rows.add("ST", term, f"1.1.0.0.{facet}", value, status="F")
    head = msh("R40", f"M-{number}-{phase}")
    order = obr(stamp(at), f"{number}-{phase}", "196616^MDC_EVT_ALARM^MDC", parent=number) if number else obr(
        stamp(at), f"{phase}-{at}", "196616^MDC_EVT_ALARM^MDC"
    )  # fmt: skip
    return reports(message(head, PATIENT, order, *rows.rows))[-1]


def reports(content: bytes) -> list[Report]:
    """A message's interrogations as the store would hold them."""
    sha256, sha1 = hashlib.sha256(content).hexdigest(), hashlib.sha1(content).hexdigest()
    return [
        Report(sha256, sha1, len(content), ADAPTER.media_type, *placed(one, ZONE), one) for one in ADAPTER.read(content)
    ]


def fixture(*names: str) -> list[Report]:
    """The messages kept as fixtures."""
    return [one for name in names for one in reports((FIXTURES / name / "export.hl7").read_bytes())]


def folded(
    messages: Iterable[Report], as_of: str = "23:59", *, base: State | None = None, elsewhere: Elsewhere = NOWHERE,
    news: tuple[News, ...] = (), settings: Settings = SETTINGS,
) -> Folded:  # fmt: skip
    """The fold of messages as of a time of that day."""
    return fold(
        messages, clock(as_of), settings, patient="0048213", notice=on_page, base=base, news=news, elsewhere=elsewhere
    )


def course(*messages: Report, as_of: str = "23:59", elsewhere: Elsewhere = NOWHERE) -> Course:
    """The course of messages."""
    return folded(messages, as_of, elsewhere=elsewhere).course


def infusions(made: Course) -> list[Infusion]:
    """Its infusions in the order in which they began."""
    found: list[Infusion] = every(made, Infusion)
    return sorted(found, key=lambda one: (one.start.utc, one.discriminator))


def lines(made: Course) -> list[str]:
    """Each infusion in one line: source, rate, from, to, how it ended, and why."""
    return [_line(one) for one in infusions(made)]


def _line(one: Infusion) -> str:
    rate = one.rate.reading.text if one.rate else "no rate"
    start = f"{one.start.utc:%H:%M}{'' if one.start_certainty == 'recorded' else '?'}"
    end = f"{one.end.utc:%H:%M}{'' if one.end_certainty == 'recorded' else '?'}" if one.end else "open"
    return f"{one.address} {rate} {start}-{end} {one.status}{f' {one.reason}' if one.reason else ''}"
