"""A document as our printed report of a SynchroMed programmer; its reader is adapters/synchromed_report.py."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from bridge.simulator.printing import (
    Block,
    Layout,
    Rows,
    Table,
    across,
    amount,
    day,
    moment,
    printed,
    rows_of,
    state_of,
    turned,
    with_seconds,
    yes_no,
)
from bridge.simulator.stated import Json

TITLE = "SYNCHROMED PROGRAMMER REPORT"
TYPES = {"implant": "Implant", "refill": "Refill", "adjust": "Adjust", "interrogation": "Interrogate"}
UPDATES = {"none": "None", "completed": "Completed", "not-completed": "Not completed"}
MODES = {
    "simple-continuous": "Simple Continuous", "flex": "Flex", "periodic-bolus": "Periodic Bolus",
    "minimum-rate": "Minimum Rate", "stopped": "Stopped",
}  # fmt: skip
NAMED = [
    ("manufacturer", "Manufacturer", str), ("model", "Model", str), ("serial", "Serial number", str),
    ("software", "Software", str),
]  # fmt: skip
PUMP = [
    *NAMED[:3], ("capacity", "Reservoir size", amount), ("tubing_volume", "Internal tubing volume", amount),
    ("implanted", "Implanted", day), ("explanted", "Explanted", day),
]  # fmt: skip
CATHETER = [*NAMED[:3], ("volume", "Volume", amount), ("tip", "Tip", str), ("implanted", "Implanted", day)]
RESERVOIR = [
    ("alarm_volume", "Alarm volume", amount), ("low_date", "Low reservoir alarm date", day),
    ("empty_date", "Empty date", day), ("refill_by", "Refill by", day),
]  # fmt: skip
LONGEVITY = [
    ("eri", "ERI reached", yes_no), ("months_to_eri", "Time to ERI", amount), ("replace_by", "Replace pump by", day),
    ("end_of_service", "End of service reached", yes_no),
]  # fmt: skip
CONTROL = [
    ("dose", "Dose per bolus", amount), ("duration", "Duration", amount), ("lockout", "Lockout", amount),
    ("per_day", "Boluses per day", str), ("given", "Boluses given", str), ("denied", "Requests denied", str),
]  # fmt: skip
BOLUS = [
    ("kind", "Kind", str.capitalize), ("number", "Event number", str), ("start", "Start", moment),
    ("end", "End", moment),
    ("outcome", "Outcome", str.capitalize), ("drug", "Drug", str), ("dose", "Delivered", amount),
    ("programmed", "Programmed", amount), ("volume", "Volume", amount), ("duration", "Duration", amount),
    ("remaining", "Remaining", amount),
]  # fmt: skip
STEP_COLUMNS = ("STEP", "START", "END", "DOSE", "RATE")
MOST_BOLUSES = 99


def report(body: Json) -> bytes:
    """The report of one session."""
    pump, person, session = body["pump"], body["patient"], body["session"]
    names = f"{pump['manufacturer']} {pump['model']} S/N {pump['serial']}"
    above = (across(TITLE, "Page {page} of {pages}"), across(names, f"Session {moment(session['start'])}"))
    footer = f"{turned(person)}    ID {person['identifier']}    Printed {moment(session['reported'])}"
    layout = Layout(above, (footer,), "END OF REPORT: {rows} events, {lines} lines", counted=("EVENTS",))
    return printed(layout, _blocks(body))


def _blocks(body: Json) -> Iterator[Block]:
    channel = body["channels"][0]
    yield "SESSION", _session(body)
    yield "CLOCKS", rows_of(body["clocks"], [
        ("pump", "Pump clock", with_seconds), ("programmer", "Programmer clock", with_seconds),
        ("host", "Host clock", with_seconds), ("zone", "Time zone", str),
    ])  # fmt: skip
    person = body["patient"]
    yield "PATIENT", [
        ("Name", f"{person['family']}, {person['given']}"), ("Patient ID", person["identifier"]),
        ("ID assigned by", person["system"]), ("Date of birth", day(person["birth_date"])),
    ]  # fmt: skip
    yield "PROGRAMMER", rows_of(body.get("programmer", {}), NAMED)
    yield "PUMP", rows_of(body["pump"], PUMP)
    yield "CATHETER", rows_of(body.get("catheter", {}), CATHETER)
    yield "PROGRAMMING", Table(("SETTING", "CURRENT", "NEW", "CHANGE"), list(_settings(body)))
    yield from _schedules(body)
    for number, bolus in enumerate(channel.get("boluses", [])[-MOST_BOLUSES:], 1):
        yield f"BOLUS {number}", rows_of(bolus, BOLUS)
    for refill in channel.get("refills", []):
        yield "REFILL", _refill(refill)
    yield "PATIENT CONTROL", rows_of(channel.get("patient_control", {}), CONTROL)
    yield "RESERVOIR", rows_of(channel.get("reservoir", {}), RESERVOIR)
    yield "LONGEVITY", rows_of(body.get("longevity", {}), LONGEVITY)
    yield from _happened(channel)


def _session(body: Json) -> Rows:
    updated = state_of(body, "as-left") if body["session"]["update"] == "completed" else state_of(body, "as-found")
    rows = rows_of(body["session"], [
        ("start", "Session start", moment), ("end", "Session end", moment), ("number", "Session number", str),
        ("type", "Session type", lambda code: TYPES.get(code, "Explant")), ("update", "Update", UPDATES.get),
        ("revision", "Revision", str), ("reported", "Report generated", moment),
    ])  # fmt: skip
    rows = [("Layout", "1"), ("Simulated data", yes_no(body["simulated"])), *rows]
    return rows + ([("Last updated", moment(updated["at"]))] if "at" in updated else [])


def _settings(body: Json) -> Iterator[tuple[str, str, str, str]]:
    found, new = state_of(body, "as-found"), state_of(body, "as-left", "pending")
    columns = [dict(_column(state)) for state in (found, new)]
    for label in sorted({*columns[0], *columns[1]}, key=_place):
        current, other = (column.get(label, "") for column in columns)
        yield label, current, other, _change(label, found, new) if current and other else ""


def _place(label: str) -> tuple[str, int]:
    first = ["Infusion mode", "Pump infusing", "Flow", "Reservoir volume"]
    parts = ["", " concentration", " lot", " daily dose"]
    if label in first:
        return "", first.index(label)
    return label[:6], parts.index(label[6:])


def _column(state: Json) -> Iterator[tuple[str, str]]:
    programme = state.get("programme", {})
    yield from rows_of(programme, [("mode", "Infusion mode", MODES.__getitem__), ("flow", "Flow", amount)])
    yield from rows_of(state, [("infusing", "Pump infusing", yes_no), ("volume", "Reservoir volume", amount)])
    for number, drug in enumerate(state.get("drugs", []), 1):
        name = f"Drug {number}"
        yield name, drug["name"]
        yield f"{name} concentration", amount(drug["concentration"])
        yield from [(f"{name} lot", drug["lot"])] if "lot" in drug else []
    for number, dose in enumerate(programme.get("doses", []), 1):
        yield f"Drug {number} daily dose", amount(dose["daily"])


def _change(label: str, found: Json, new: Json) -> str:
    if not label.endswith("daily dose"):
        return ""
    place = int(label[5]) - 1
    old, now = (state["programme"]["doses"][place]["daily"] for state in (found, new))
    change = Decimal(now["value"]) - Decimal(old["value"])
    return amount({"value": f"{change:f}", "unit": now["unit"]}, sign="+")


def _schedules(body: Json) -> Iterator[Block]:
    for column, tags in (("CURRENT", ("as-found",)), ("NEW", ("as-left", "pending"))):
        programme = state_of(body, *tags).get("programme", {})
        steps = [
            (str(number), step["start"], step["end"], amount(step["dose"]), "")
            for number, step in enumerate(programme.get("steps", []), 1)
        ]
        if steps:
            yield f"FLEX SCHEDULE, {column}", Table(STEP_COLUMNS, steps)
        yield f"PERIODIC BOLUS, {column}", rows_of(programme.get("periodic", {}), [
            ("dose", "Dose", amount), ("interval", "Interval", amount), ("duration", "Duration", amount),
        ])  # fmt: skip


def _refill(refill: Json) -> Rows:
    rows = rows_of(refill, [
        ("aspirated_at", "Emptied", moment), ("filled_at", "Filled", moment), ("expected", "Expected residual", amount),
        ("aspirated", "Actual residual", amount),
    ])  # fmt: skip
    if "aspirated" in refill and "expected" in refill:
        less = Decimal(refill["aspirated"]["value"]) - Decimal(refill["expected"]["value"])
        rows.append(("Actual minus expected", amount({"value": f"{less:f}", "unit": "mL"})))
    rows += rows_of(refill, [("filled", "Fill volume", amount)])
    for number, drug in enumerate(refill.get("drugs", []), 1):
        rows += [(f"Drug {number}", drug["name"]), (f"Drug {number} concentration", amount(drug["concentration"]))]
        rows += [(f"Drug {number} lot", drug["lot"])] if "lot" in drug else []
    return rows


def _happened(channel: Json) -> Iterator[Block]:
    if "alarm_status" in channel:
        yield "ALARM STATUS", [("Alarms in force", channel["alarm_status"].capitalize())]
    alarms = [(one["text"], one["severity"].capitalize(), yes_no(one["silenced"])) for one in channel.get("alarms", [])]
    if alarms:
        yield "ALARMS IN FORCE", Table(("ALARM", "SEVERITY", "SILENCED"), alarms)
    rows = [
        (one["number"], one["text"], "", moment(one["at"]), one["severity"].capitalize())
        for one in channel.get("events", [])
    ]
    yield "EVENTS", Table(("NO.", "EVENT", "CODE", "TIME", "SEVERITY"), rows)
