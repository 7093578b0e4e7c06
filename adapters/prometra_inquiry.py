"""The inquiry report of a Prometra or Prometra II, as text: our own layout, since no maker's layout is published.

Promises: units stay as printed (mg/day, mg/mL); `Next refill at 3.0 mL` is the date on which the anticipated volume is
3.0 mL with every allotted bolus taken; a REF that is not one of the five known ones is refused, and model, market and
reservoir must be those of the REF. A programme of 0.0 mg/day is a stopped one, never a rate of 0. What is read and
what is not: adapters/prometra_inquiry.md.
"""

from __future__ import annotations

from adapters.printed_checks import check_most, check_requests, check_stopped, check_update, days_between, ref_known
from adapters.printed_form import CHECKED, Layout, PrintedAdapter, Rows, running_lines
from adapters.printed_sections import (
    ALARM_STATUS,
    BOLUSES,
    CATHETER,
    CHANNEL,
    DRUGS_FILLED,
    EXPECTED,
    LONGEVITY,
    PATIENT,
    PATIENT_CONTROL,
    PROGRAMMER,
    PUMP_FIELDS,
    REFILL,
    TELEMETRY_PUMP_FIELDS,
    alarms,
    calculated,
    events,
    labels_of,
    report_of,
    setting,
    states,
)
from adapters.printed_values import day

TITLE = "PROMETRA INQUIRY REPORT"
STARTED = "Inquiry started"
NEXT_REFILL, DAYS_LEFT = "Next refill at 3.0 mL", "Days to next refill"

# REF -> what is printed beside it, and the reservoir in mL where it is known. Source: the maker's device labels.
REFS = {
    "11827": ({"Model": "Prometra", "Market": "US"}, 20),
    "13827": ({"Model": "Prometra II", "Market": "US"}, 20),
    "16827": ({"Model": "Prometra II", "Market": "US"}, 40),
    "91827": ({"Model": "Prometra", "Market": "EU"}, None),
    "93827": ({"Model": "Prometra II", "Market": "EU"}, None),
}
ALARMS = {
    "LOW RESERVOIR": "low-reservoir",
    "EMPTY RESERVOIR": "empty-reservoir",
    "FLOW STOPPED": "pump-stopped",
    "LOW BATTERY RESET": "low-battery-reset",
    "REPLACEMENT INDICATOR": "eri-reached",
    "END OF SERVICE": "end-of-service",
    "MEMORY ERROR": "memory-error",
}
EVENTS = {
    **ALARMS,
    "FLOW STARTED": "pump-started",
    "BOLUS DENIED": "bolus-denied",
    "ALARM SILENCED": "alarm-silenced",
    "CLOCK CHANGED": "clock-changed",
}

LAYOUT = Layout(
    title=TITLE,
    kind="session",
    running=running_lines(TITLE, "Inquiry"),
    start=("REPORT", STARTED),
    sections={
        "REPORT": report_of(STARTED, "Inquiry ended", "Inquiry number"),
        "PATIENT": PATIENT,
        "PUMP": Rows({
            **labels_of("pump", {**PUMP_FIELDS, **TELEMETRY_PUMP_FIELDS}), "Model": CHECKED, "Market": CHECKED,
        }),
        "CATHETER": CATHETER,
        "PROGRAMMER": PROGRAMMER,
        **states(("Reservoir volume", calculated)),
        "REFILL": Rows({**REFILL, **EXPECTED}),
        "DRUGS FILLED": DRUGS_FILLED,
        "PATIENT CONTROL": PATIENT_CONTROL,
        "BOLUSES": BOLUSES,
        "RESERVOIR": Rows({
            **labels_of(f"{CHANNEL}/reservoir", {
                NEXT_REFILL: ("refill_by", day), "Low reservoir alarm at": ("alarm_volume", setting),
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
        days_between(("REPORT", STARTED), ("RESERVOIR", NEXT_REFILL), ("RESERVOIR", DAYS_LEFT)),
        check_most,
        check_requests,
    ),
)  # fmt: skip
ADAPTER = PrintedAdapter("prometra_inquiry", LAYOUT)
