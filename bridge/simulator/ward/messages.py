"""What a simulated gateway sends of a pump: PCD-01 of all that it shows, PCD-10 of an event, PCD-04 of an alarm.

Promises: a message states the source on which its event happened, and what belongs to it, as the profile's scenarios
do; the time of a report is when it happened, that of the header when it was sent. Source of events and scenarios: IHE
Patient Care Device, Infusion Pump Event Communication, trial implementation 2015; of terms and numbers: mdc.csv.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bridge.simulator.ward.library import CLINICIAN, LVP, PRIMARY, SECONDARY
from bridge.simulator.ward.pump import (
    ALARM,
    COMPLETE,
    DELIVERING,
    PATIENT,
    SNAPSHOT,
    START,
    STOP,
    Alarm,
    Channel,
    Told,
    View,
)
from bridge.simulator.ward.rows import (
    Rows,
    dose,
    header,
    hundredths,
    joined,
    millilitres,
    moment,
    patient,
    report,
    text,
)

EVENTS = {
    START: "197288^MDC_EVT_PUMP_DELIV_START", STOP: "0^MDC_EVT_PUMP_DELIV_STOP",
    COMPLETE: "197292^MDC_EVT_PUMP_DELIV_COMP", PATIENT: "0^MDC_EVT_PATIENT_CHANGE",
}  # fmt: skip
CHANNELS = {
    PRIMARY: ("1.1.2", "70071^MDC_DEV_PUMP_INFUSATE_SOURCE_PRIMARY", "Primary"),
    SECONDARY: ("1.1.3", "70075^MDC_DEV_PUMP_INFUSATE_SOURCE_SECONDARY", "Secondary"),
    CLINICIAN: ("1.1.4", "70079^MDC_DEV_PUMP_INFUSATE_SOURCE_CLINICIAN_DOSE", "Clinician dose"),
}
ALARMS = {
    "occlusion": ("196940^MDC_EVT_FLUID_LINE_OCCL", "Occlusion downstream", "PH", "ST"),
    "air-in-line": ("0^MDC_EVT_FLUID_LINE_AIR", "Air in line", "PH", "ST"),
    "end-of-infusion": ("0^MDCX_EVT_END_OF_INFUSION", "End of infusion", "PM", "SP"),
    "battery-low": ("196802^MDC_EVT_BATT_LO", "Battery low", "PL", "ST"),
}
"""Term, words, priority and type of each alarm; two terms have no number that could be verified."""
DEVICES = {
    LVP: ("70049^MDC_DEV_PUMP_INFUS_LVP_MDS", "70050^MDC_DEV_PUMP_INFUS_LVP_VMD", "SIM-L1"),
    "SYRINGE": ("70053^MDC_DEV_PUMP_INFUS_SYRINGE_MDS", "70054^MDC_DEV_PUMP_INFUS_SYRINGE_VMD", "SIM-S1"),
}
MAKER = "Invented Pumps"


@dataclass(slots=True)
class Writer:
    """Writes one pump's messages, and numbers them."""

    serial: str
    device: str
    care_area: str
    written: int = 0
    _equipment: str = field(init=False)

    def __post_init__(self) -> None:
        self._equipment = f"{self.serial}^^00112200{int(self.serial[2:]):08X}^EUI-64"

    def message(self, told: Told, sent: datetime) -> bytes:
        """The message that tells of one thing."""
        self.written += 1
        if told.kind == ALARM and told.alarm is not None:
            return self._of_alarm(told, told.alarm, sent)
        view, rows = told.view, Rows()
        what, event = "69985^MDC_DEV_PUMP_INFUS_MDS", "R01"
        rows.device(DEVICES[self.device][0], "1.0.0.0", self._equipment)
        if told.kind != SNAPSHOT:
            _event(rows, told)
            what, event = "0^MDC_EVT_PUMP_DELIV", "R42"
        self._pump(rows, view)
        channels = view.channels if told.kind == SNAPSHOT else _concerned(told)
        if channels or told.kind == SNAPSHOT:
            _line(rows, view, told)
        for one in channels:
            _source(rows, one, told)
        order = next((one.settings.order for one in channels if one.source == (told.source or view.active)), "")
        head = report(f"{self.serial}-R{self.written:07}", what, view.at, order)
        return joined(header(event, self._number, sent), patient(view.patient), head, *rows.lines)

    @property
    def _number(self) -> str:
        return f"{self.serial}-{self.written:07}"

    def _pump(self, rows: Rows, view: View) -> None:
        weight = next((one.settings.weight for one in view.channels if one.settings.weight is not None), None)
        if weight is not None:
            rows.number("68063^MDC_ATTR_PT_WEIGHT", "1.0.0.5", f"{weight:f}", "kg", "MSET")
        rows.text("184516^MDC_PUMP_DRUG_LIBRARY_CARE_AREA", "1.0.0.6", self.care_area)
        rows.number("67996^MDC_ATTR_VAL_BATT_CHARGE", "1.0.0.7", str(view.battery), "%")
        self._unit(rows)

    def _unit(self, rows: Rows) -> None:
        rows.device(DEVICES[self.device][1], "1.1.0.0")
        rows.text("67880^MDC_ATTR_ID_MODEL", "1.1.0.1", f"{MAKER}^{DEVICES[self.device][2]}")

    def _of_alarm(self, told: Told, alarm: Alarm, sent: datetime) -> bytes:
        """Every phase has a number of its own, and names that of the start."""
        view, rows = told.view, Rows()
        rows.device(DEVICES[self.device][0], "1.0.0.0", self._equipment)
        self._unit(rows)
        _alarm(rows, alarm, self.device, view.at)
        number = f"{self.serial}-A{alarm.number:05}"
        head = report(f"{number}-{alarm.phase}", "196616^MDC_EVT_ALARM", view.at, parent=f"{number}-start")
        return joined(header("R40", self._number, sent), patient(view.patient), head, *rows.lines)


def _event(rows: Rows, told: Told) -> None:
    at = f"|||{moment(told.view.at)}"
    rows.coded("68487^MDC_ATTR_EVT_COND", "1.0.0.3", f"{EVENTS[told.kind]}^MDC", at)
    if told.source:
        rows.text("68488^MDC_ATTR_EVT_SOURCE", "1.0.0.4", f"{CHANNELS[told.source][0]}.0", at)


def _concerned(told: Told) -> tuple[Channel, ...]:
    """The source of an event; beside a bolus the primary, whose container it comes from."""
    if not told.source:
        return ()
    found = told.view.channel(told.source)
    if told.source == CLINICIAN:
        return (told.view.channel(PRIMARY), found)
    return (found,)


def _line(rows: Rows, view: View, told: Told) -> None:
    rows.device("70067^MDC_DEV_PUMP_DELIVERY_INFO", "1.1.1.0")
    status = "infusing" if view.infusing else "not-infusing"
    rows.coded("184519^MDC_PUMP_INFUSING_STATUS", "1.1.1.1", f"^pump-status-{status}")
    rows.number("158014^MDC_FLOW_FLUID_PUMP_CURRENT", "1.1.1.2", hundredths(view.flow), "mL/h")
    active = told.source or view.active
    if active:
        rows.coded("158016^MDC_PUMP_ACTIVE_SOURCES", "1.1.1.3", f"^pump-source-info-{active}")


def _source(rows: Rows, one: Channel, told: Told) -> None:
    place, term, label = CHANNELS[one.source]
    settings = one.settings
    rows.device(term, f"{place}.0")
    if told.kind != SNAPSHOT and one.source != told.source:
        rows.number("157993^MDC_VOL_FLUID_DELIV_TOTAL", f"{place}.1", millilitres(one.total), "mL")
        return
    rows.text("158012^MDC_PUMP_SOURCE_CHANNEL_LABEL", f"{place}.2", label)
    rows.coded("158005^MDC_PUMP_CURRENT_DELIVERY_STATUS", f"{place}.3", f"^pump-delivery-status-{one.status}")
    rows.coded("158008^MDC_PUMP_PROGRAM_DELIVERY_MODE", f"{place}.4", "^pump-program-delivery-mode-continuous")
    if one.reason:
        rows.coded("158006^MDC_PUMP_NOT_DELIVERING_REASON", f"{place}.5", f"^pump-stopped-{one.reason}")
    rows.text("184514^MDC_DRUG_NAME_LABEL", f"{place}.6", text(settings.fluid.name))
    calculated = "ACALC" if settings.dose_rate is not None else "MSET"
    rows.number("157784^MDC_FLOW_FLUID_PUMP", f"{place}.7", hundredths(settings.flow), "mL/h", calculated)
    rows.number("157992^MDC_VOL_FLUID_DELIV_SEGMENT", f"{place}.8", millilitres(one.segment), "mL")
    rows.number("157993^MDC_VOL_FLUID_DELIV_TOTAL", f"{place}.9", millilitres(one.total), "mL")
    if settings.volume:
        _bounded(rows, one, place)
    if settings.fluid.strength is not None:
        _drug(rows, one, place)


def _bounded(rows: Rows, one: Channel, place: str) -> None:
    """The volume to be infused, what remains of it, and for how long."""
    seconds = -(-one.remaining // one.settings.flow)
    rows.number("157884^MDC_VOL_FLUID_TBI", f"{place}.10", hundredths(one.settings.volume), "mL", "MSET")
    rows.number("157872^MDC_VOL_FLUID_TBI_REMAIN", f"{place}.11", millilitres(one.remaining), "mL")
    if one.status == DELIVERING:
        rows.number("157916^MDC_TIME_PD_REMAIN", f"{place}.12", str(seconds), "s", "ACALC")


def _drug(rows: Rows, one: Channel, place: str) -> None:
    settings = one.settings
    rows.number("157760^MDC_CONC_DRUG", f"{place}.13", f"{settings.fluid.strength:f}", settings.fluid.per_ml, "MSET")
    if settings.dose_rate is not None:
        rows.number("157924^MDC_RATE_DOSE", f"{place}.14", f"{settings.dose_rate:f}", settings.rate_unit, "MSET")
    given = dose(one.segment, settings)
    rows.number("158003^MDC_DOSE_DRUG_DELIV_SEGMENT", f"{place}.15", given, settings.fluid.unit, "ACALC")


def _alarm(rows: Rows, alarm: Alarm, device: str, at: datetime) -> None:
    """The facets of an alarm: the fifth level of OBX-4."""
    term, words, priority, kind = ALARMS[alarm.code]
    rows.coded("196616^MDC_EVT_ALARM", "1.1.0.0.1", f"{term}^MDC", f"|||{moment(at)}")
    rows.coded("68480^MDC_ATTR_ALERT_SOURCE", "1.1.0.0.2", f"{DEVICES[device][1]}^MDC")
    sound = "audio-paused" if alarm.phase == "update" else "enabled"
    facets = (
        ("68481^MDC_ATTR_EVENT_PHASE", alarm.phase),
        ("68482^MDC_ATTR_ALARM_STATE", "inactive" if alarm.phase == "end" else "active"),
        ("68483^MDC_ATTR_ALARM_INACTIVATION_STATE", sound), ("68484^MDC_ATTR_ALARM_PRIORITY", priority),
        ("68485^MDC_ATTR_ALERT_TYPE", kind), ("68546^MDC_ATTR_ALERT_TEXT", words),
    )  # fmt: skip
    for place, (name, value) in enumerate(facets, 3):
        rows.text(name, f"1.1.0.0.{place}", value)
