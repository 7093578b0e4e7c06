"""The layout of our SynchroMed report as data: headings, labels, columns, words, and what runs on every page.

Ours: no programmer's report with values and no schema of one is public. Its parts follow public descriptions (a report
with a running header, a wrong page total, one event table of hundreds of rows, times without zone and seconds; current
and new settings side by side on the programmer's last screen).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from adapters.printed import Running, Said
from adapters.printed_form import CHECKED, TURN, Labels, Rows, Section, Table
from adapters.printed_sections import (
    CATHETER,
    CHANNEL,
    PATIENT,
    PROGRAMMER,
    Fields,
    aspirated,
    calculated,
    known_or_other,
    labels_of,
    reported,
    setting,
    typed,
    word,
)
from adapters.printed_values import day, moment, quantity, text, yes_no

TITLE = "SYNCHROMED PROGRAMMER REPORT"
LAYOUT = "1"
_TIME = r"[A-Z][a-z]{2} [0-9]{2} [0-9]{4} [0-9]{1,2}:[0-9]{2}(?: [AP]M)?(?: [+-][0-9]{2}:[0-9]{2})?"
_PUMP = r"(?P<maker>\S+(?: \S+)*) (?P<model>\S+) S/N (?P<serial>\S+)"
_SESSION_START = rf"Session (?P<start>{_TIME})"
RUNNING = Running(
    header=(
        re.compile(rf"{TITLE} {{2,}}Page (?P<page>[0-9]{{1,3}}) of [0-9]{{1,3}}"),
        re.compile(rf"{_PUMP} {{2,}}{_SESSION_START}"),
    ),
    footer=(
        re.compile(rf"(?P<name>\S+(?: \S+)*) {{2,}}ID (?P<patient>\S+(?: \S+)*) {{2,}}Printed (?P<reported>{_TIME})"),
    ),
)
PIECES = (re.compile(_PUMP), re.compile(_SESSION_START))
END = re.compile(r"END OF REPORT: (?P<rows>[0-9]{1,5}) events, (?P<lines>[0-9]{1,5}) lines")
CURRENT, NEW = f"{CHANNEL}/states/#1", f"{CHANNEL}/states/#2"
COLUMNS = {"CURRENT": CURRENT, "NEW": NEW}
SETTING, CHANGE, DAILY_DOSE = "SETTING", "CHANGE", "daily dose"
DRUGS = 4

TYPES = {
    "Implant": "implant", "Refill": "refill", "Adjust": "adjust", "Interrogate": "interrogation", "Explant": "explant",
}  # fmt: skip
UPDATES = {"None": "none", "Completed": "completed", "Not completed": "not-completed", "Cancelled": "not-completed"}
MODES = {
    "Simple Continuous": "simple-continuous", "Flex": "flex", "Periodic Bolus": "periodic-bolus",
    "Minimum Rate": "minimum-rate", "Stopped": "stopped",
}  # fmt: skip
KINDS = {"Clinician": "clinician", "Patient": "patient", "Priming": "priming", "Bridge": "bridge"}
OUTCOMES = {"Complete": "complete", "Cancelled": "cancelled", "Running": "running"}
SEVERITIES = {"Critical": "critical", "Non-critical": "non-critical", "Information": "information"}
EVENTS = {
    "MOTOR STALL OCCURRED": "motor-stall", "MOTOR STALL RECOVERY OCCURRED": "motor-stall-recovered",
    "PUMP STOPPED": "pump-stopped", "PUMP STARTED": "pump-started",
    "LOW RESERVOIR OCCURRED": "low-reservoir", "EMPTY RESERVOIR OCCURRED": "empty-reservoir",
    "ERI OCCURRED": "eri-reached", "END OF SERVICE OCCURRED": "end-of-service",
    "CRITICAL MEMORY ERROR": "memory-error", "NON-CRITICAL MEMORY ERROR": "memory-error",
    "LOW BATTERY RESET": "low-battery-reset", "ALARM SILENCED": "alarm-silenced",
    "PATIENT BOLUS DENIED": "bolus-denied", "PUMP CLOCK CHANGED": "clock-changed", "MRI DETECTED": "mri-detected",
}  # fmt: skip
ALARMS = {
    "MOTOR STALL": "motor-stall", "PUMP STOPPED OVER 48 HOURS": "pump-stopped", "LOW RESERVOIR": "low-reservoir",
    "EMPTY RESERVOIR": "empty-reservoir", "ERI": "eri-reached", "END OF SERVICE": "end-of-service",
    "CRITICAL MEMORY ERROR": "memory-error", "NON-CRITICAL MEMORY ERROR": "memory-error",
    "LOW BATTERY RESET": "low-battery-reset",
}  # fmt: skip


def _rows(above: str, fields: Fields, *checked: str) -> Rows:
    return Rows({**labels_of(above, fields), **dict.fromkeys(checked, CHECKED)})


def _event() -> Table:
    """The event log. EVENT and CODE together are the text: no list of code numbers is public, so words alone count."""
    above = f"{CHANNEL}/events/{TURN}"
    rows = labels_of(above, {
        "NO.": ("number", text), "TIME": ("at", moment), "SEVERITY": ("severity", word(SEVERITIES)),
    })  # fmt: skip
    event = ((f"{above}/code", known_or_other(EVENTS)),)
    return Table(
        {"NO.": rows["NO."], "EVENT": event, "CODE": CHECKED, "TIME": rows["TIME"], "SEVERITY": rows["SEVERITY"]}
    )


def _alarms() -> Table:
    above = f"{CHANNEL}/alarms/{TURN}"
    rows = labels_of(above, {"SEVERITY": ("severity", word(SEVERITIES)), "SILENCED": ("silenced", yes_no)})
    return Table({"ALARM": ((f"{above}/code", known_or_other(ALARMS)), (f"{above}/text", text)), **rows})


def _steps(above: str) -> Table:
    fields: Fields = {
        "START": ("start", text),
        "END": ("end", text),
        "DOSE": ("dose", setting),
        "RATE": ("rate", setting),
    }
    return Table({"STEP": CHECKED, **labels_of(f"{above}/programme/steps/{TURN}", fields)})


def _periodic(above: str) -> Rows:
    fields: Fields = {"Dose": ("dose", setting), "Interval": ("interval", setting), "Duration": ("duration", setting)}
    return Rows(labels_of(f"{above}/programme/periodic", fields))


def drug_of(above: str) -> Labels:
    """The labels of one drug, after its number."""
    return labels_of(above, {"": ("name", text), " concentration": ("concentration", typed), " lot": ("lot", text)})


def _drugs(above: str) -> Labels:
    """The labels of up to four drugs in a block of rows."""
    numbers = range(1, DRUGS + 1)
    return {f"Drug {n}{label}": fields for n in numbers for label, fields in drug_of(f"{above}/drugs/#{n}").items()}


def settings_of(above: str) -> Labels:
    """The labels of the table of settings, for the state of one of its columns."""
    programme: Fields = {"Infusion mode": ("mode", word(MODES)), "Flow": ("flow", setting)}
    doses: Labels = {
        f"Drug {n} {DAILY_DOSE}": ((f"{above}/programme/doses/#{n}/daily", setting),) for n in range(1, DRUGS + 1)
    }
    state: Fields = {"Pump infusing": ("infusing", yes_no), "Reservoir volume": ("volume", calculated)}
    return {**labels_of(above, state), **labels_of(f"{above}/programme", programme), **_drugs(above), **doses}


_BOLUS: Fields = {
    "Kind": ("kind", word(KINDS)), "Event number": ("number", text), "Start": ("start", moment), "End": ("end", moment),
    "Outcome": ("outcome", word(OUTCOMES)), "Drug": ("drug", text), "Delivered": ("dose", reported),
    "Programmed": ("programmed", setting), "Volume": ("volume", calculated), "Duration": ("duration", setting),
    "Remaining": ("remaining", calculated),
}  # fmt: skip
_REPORT: Fields = {
    "Session start": ("start", moment), "Session end": ("end", moment), "Session number": ("number", text),
    "Session type": ("type", word(TYPES)), "Update": ("update", word(UPDATES)), "Revision": ("revision", text),
    "Report generated": ("reported", moment),
}  # fmt: skip
_REFILL: Fields = {
    "Emptied": ("aspirated_at", moment), "Filled": ("filled_at", moment), "Expected residual": ("expected", calculated),
    "Actual residual": ("aspirated", aspirated), "Fill volume": ("filled", typed),
}  # fmt: skip
SECTIONS: dict[str, Section] = {
    "SESSION": Rows({
        **labels_of("session", _REPORT), "Simulated data": (("simulated", yes_no),),
        "Layout": CHECKED, "Last updated": CHECKED,
    }),
    "CLOCKS": _rows("clocks", {
        "Pump clock": ("pump", moment), "Programmer clock": ("programmer", moment), "Host clock": ("host", moment),
        "Time zone": ("zone", text),
    }, "Pump minus programmer"),
    "PATIENT": PATIENT,
    "PROGRAMMER": PROGRAMMER,
    "PUMP": _rows("pump", {
        "Manufacturer": ("manufacturer", text), "Model": ("model", text), "Serial number": ("serial", text),
        "UDI": ("udi", text), "Firmware": ("firmware", text), "Reservoir size": ("capacity", quantity),
        "Internal tubing volume": ("tubing_volume", quantity), "Implanted": ("implanted", day),
        "Explanted": ("explanted", day),
    }),
    "CATHETER": CATHETER,
    **{f"FLEX SCHEDULE, {column}": _steps(above) for column, above in COLUMNS.items()},
    **{f"PERIODIC BOLUS, {column}": _periodic(above) for column, above in COLUMNS.items()},
    "PATIENT CONTROL": _rows(f"{CHANNEL}/patient_control", {
        "Dose per bolus": ("dose", setting), "Duration": ("duration", setting), "Lockout": ("lockout", setting),
        "Boluses per day": ("per_day", text), "Boluses given": ("given", text), "Requests denied": ("denied", text),
    }),
    "REFILL": Rows({
        **labels_of(f"{CHANNEL}/refills/#1", _REFILL), **_drugs(f"{CHANNEL}/refills/#1"),
        "Actual minus expected": CHECKED,
    }),
    "RESERVOIR": _rows(f"{CHANNEL}/reservoir", {
        "Alarm volume": ("alarm_volume", setting), "Low reservoir alarm date": ("low_date", day),
        "Empty date": ("empty_date", day), "Refill by": ("refill_by", day),
    }),
    "LONGEVITY": _rows("longevity", {
        "ERI reached": ("eri", yes_no), "Time to ERI": ("months_to_eri", reported),
        "Replace pump by": ("replace_by", day), "End of service reached": ("end_of_service", yes_no),
    }),
    "ALARM STATUS": _rows(CHANNEL, {"Alarms in force": ("alarm_status", word({"None": "none", "Active": "active"}))}),
    "ALARMS IN FORCE": _alarms(),
    "EVENTS": _event(),
    **{f"BOLUS {n}": Rows(labels_of(f"{CHANNEL}/boluses/#{n}", _BOLUS)) for n in range(1, 100)},
}  # fmt: skip
SETTINGS = "PROGRAMMING"
TITLES = re.compile("|".join(map(re.escape, (SETTINGS, *SECTIONS))))


def event_text(row: Mapping[str, Said]) -> Said | None:
    """The text of an event: its words, and the code number where one is printed."""
    words, number = row.get("EVENT"), row.get("CODE")
    return words.more(number.text) if words and number else words
