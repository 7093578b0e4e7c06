"""The status report of a MedStream pump, as text: our own layout, since no maker's layout is published.

Promises: the reservoir volume is *sensed* by the pump's fill level sensor, and is never called calculated; a volume
below what the sensor can tell is printed with `<` and kept as a bound. REF and reservoir must belong together. What is
read and what is not: adapters/medstream_report.md.
"""

from __future__ import annotations

from adapters.printed_checks import check_stopped, check_update, days_between, ref_known
from adapters.printed_form import CHECKED, Layout, PrintedAdapter, Rows, running_lines
from adapters.printed_sections import (
    ALARM_STATUS,
    BOLUSES,
    CATHETER,
    CHANNEL,
    DRUGS_FILLED,
    LONGEVITY,
    PATIENT,
    PROGRAMMER,
    PUMP_FIELDS,
    REFILL,
    TELEMETRY_PUMP_FIELDS,
    alarms,
    events,
    labels_of,
    report_of,
    sensed,
    setting,
    states,
)
from adapters.printed_values import day

TITLE = "MEDSTREAM STATUS REPORT"
STARTED = "Session started"
REFILL_BY, DAYS_LEFT = "Refill by", "Days to refill"

# REF -> what is printed beside it, and the reservoir in mL. Source: the maker's device labels; US variants not known.
REFS: dict[str, tuple[dict[str, str], int | None]] = {"91-4200": ({}, 20), "91-4201": ({}, 40)}
ALARMS = {
    "LOW RESERVOIR": "low-reservoir",
    "EMPTY RESERVOIR": "empty-reservoir",
    "PUMP STOPPED": "pump-stopped",
    "BATTERY LOW": "eri-reached",
    "END OF SERVICE": "end-of-service",
    "MEMORY ERROR": "memory-error",
}
EVENTS = {
    **ALARMS,
    "PUMP STARTED": "pump-started",
    "ALARM SILENCED": "alarm-silenced",
    "CLOCK CHANGED": "clock-changed",
}

LAYOUT = Layout(
    title=TITLE,
    kind="session",
    running=running_lines(TITLE, "Session"),
    start=("REPORT", STARTED),
    sections={
        "REPORT": report_of(STARTED, "Session ended", "Session number"),
        "PATIENT": PATIENT,
        "PUMP": Rows(labels_of("pump", {**PUMP_FIELDS, **TELEMETRY_PUMP_FIELDS})),
        "CATHETER": CATHETER,
        "CONTROL UNIT": PROGRAMMER,
        **states(("Reservoir volume (sensed)", sensed)),
        "REFILL": Rows(REFILL),
        "DRUGS FILLED": DRUGS_FILLED,
        "BOLUSES": BOLUSES,
        "RESERVOIR": Rows({
            **labels_of(f"{CHANNEL}/reservoir", {
                REFILL_BY: ("refill_by", day), "Low reservoir alarm at": ("alarm_volume", setting),
            }),
            DAYS_LEFT: CHECKED,
        }),
        "ALARM STATUS": ALARM_STATUS,
        "ALARMS": alarms(ALARMS),
        "EVENT LOG": events(EVENTS),
        "BATTERY": LONGEVITY,
    },
    checks=(
        ref_known(REFS),
        check_stopped,
        check_update,
        days_between(("REPORT", STARTED), ("RESERVOIR", REFILL_BY), ("RESERVOIR", DAYS_LEFT)),
    ),
)  # fmt: skip
ADAPTER = PrintedAdapter("medstream_report", LAYOUT)
