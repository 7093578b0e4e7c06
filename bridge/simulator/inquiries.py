"""A document as our inquiry report of a Prometra or our status report of a MedStream.

The readers are adapters/prometra_inquiry.py and adapters/medstream_report.py. What a layout has no place for is left
out; an event or alarm that it has no words for is printed in the pump's own words, and is read as another one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from bridge.simulator.printing import (
    NOT_RECORDED,
    Block,
    Layout,
    Rows,
    Table,
    across,
    amount,
    both_ways,
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

STATES = {"AS FOUND": "as-found", "AS LEFT": "as-left", "PENDING": "pending"}
PURPOSES = {"interrogation": "inquiry", "adjust": "adjustment"}
UPDATES = {"not-completed": "not completed"}
MODES = {
    "simple-continuous": "simple continuous", "flex": "multiple rates", "periodic-bolus": "periodic bolus",
    "minimum-rate": "minimum rate", "constant-flow": "constant flow",
}  # fmt: skip
REFS = {
    "11827": ("Prometra", "US"), "13827": ("Prometra II", "US"), "16827": ("Prometra II", "US"),
    "91827": ("Prometra", "EU"), "93827": ("Prometra II", "EU"),
}  # fmt: skip
NAMED = [
    ("manufacturer", "Manufacturer", str), ("model", "Model", str), ("serial", "Serial number", str),
    ("software", "Software", str),
]  # fmt: skip
CATHETER = [*NAMED[:3], ("volume", "Volume", amount), ("tip", "Tip", str), ("implanted", "Implanted", day)]
BATTERY = [
    ("eri", "Replacement indicator reached", yes_no), ("months_to_eri", "Time to replacement indicator", amount),
    ("replace_by", "Replace pump by", day), ("end_of_service", "End of service reached", yes_no),
]  # fmt: skip
COMMON = {
    "low-reservoir": "LOW RESERVOIR", "empty-reservoir": "EMPTY RESERVOIR", "end-of-service": "END OF SERVICE",
    "clock-changed": "CLOCK CHANGED", "alarm-silenced": "ALARM SILENCED",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """What differs between the two layouts."""

    title: str
    started: str
    phrase: str
    programmer: str
    volume: str
    refill_by: str
    days: str
    codes: Mapping[str, str]
    milligrams: bool = False

    @property
    def amount(self) -> Any:
        """How doses and concentrations are printed."""
        return partial(amount, milligrams=self.milligrams)


PROMETRA = Words(
    "PROMETRA INQUIRY REPORT", "Inquiry", "Inquiry", "PROGRAMMER", "Reservoir volume", "Next refill at 3.0 mL",
    "Days to next refill",
    {**COMMON, "pump-stopped": "FLOW STOPPED", "pump-started": "FLOW STARTED", "low-battery-reset": "LOW BATTERY RESET",
     "eri-reached": "REPLACEMENT INDICATOR", "bolus-denied": "BOLUS DENIED"},
    milligrams=True,
)  # fmt: skip
MEDSTREAM = Words(
    "MEDSTREAM STATUS REPORT", "Session", "Session", "CONTROL UNIT", "Reservoir volume (sensed)", "Refill by",
    "Days to refill",
    {**COMMON, "pump-stopped": "PUMP STOPPED", "pump-started": "PUMP STARTED", "eri-reached": "BATTERY LOW"},
)  # fmt: skip


def prometra(body: Json) -> bytes:
    """The inquiry report of one session of a Prometra."""
    return _report(body, PROMETRA)


def medstream(body: Json) -> bytes:
    """The status report of one session of a MedStream."""
    return _report(body, MEDSTREAM)


def running(title: str, phrase: str, body: Json, start: str) -> Layout:
    """The running lines that these layouts and the worksheet share."""
    pump, person = body["pump"], body["patient"]
    facts = (
        f"Patient {person['identifier']}   Born {day(person['birth_date'])}   "
        f"Pump {pump['manufacturer']} REF {pump['model']} SN {pump['serial']}   {phrase} {start}"
    )
    above = (across(title, "Page {page} of {pages}"), facts)
    end = "END OF REPORT: {rows} table rows, {lines} lines"
    return Layout(above, (f"{turned(person)}   Confidential",), end, column=33)


def patient(body: Json) -> Rows:
    """The block PATIENT."""
    person = body["patient"]
    return [
        ("Name", f"{person['family']}, {person['given']}"), ("Patient ID", person["identifier"]),
        ("ID assigned by", person["system"]), ("Date of birth", day(person["birth_date"])),
    ]  # fmt: skip


def days_to(body: Json, until: str) -> str:
    """The days from the session to a date, `2 overdue` where it is past."""
    days = (date.fromisoformat(until) - date.fromisoformat(body["session"]["start"][:10])).days
    return str(days) if days >= 0 else f"{-days} overdue"


def _report(body: Json, words: Words) -> bytes:
    layout = running(words.title, words.phrase, body, moment(body["session"]["start"]))
    return printed(layout, _blocks(body, words))


def _blocks(body: Json, words: Words) -> Iterator[Block]:
    channel = body["channels"][0]
    yield "REPORT", _head(body, words)
    yield "PATIENT", patient(body)
    yield "PUMP", _pump(body["pump"])
    yield words.programmer, rows_of(body.get("programmer", {}), NAMED)
    yield "CATHETER", rows_of(body.get("catheter", {}), CATHETER)
    for title, tag in STATES.items():
        yield from _state(title, state_of(body, tag), words)
    for refill in channel.get("refills", []):
        yield from _refill(refill, words)
    yield "PATIENT CONTROL", _control(channel.get("patient_control", {}), words)
    boluses = [_bolus(one, words) for one in channel.get("boluses", [])]
    columns = ("NO.", "BOLUS", "START", "END", "OUTCOME", "DOSE", "VOLUME")
    yield "BOLUSES", Table(columns, boluses) if boluses else []
    yield "RESERVOIR", _reservoir(body, channel.get("reservoir", {}), words)
    yield from _alarms(channel, words)
    events = [
        (one["number"], moment(one["at"]), words.codes.get(one["code"], one["text"]), one["severity"])
        for one in channel.get("events", [])
    ]
    yield "EVENT LOG", Table(("NO.", "TIME", "EVENT", "SEVERITY"), events) if events else []
    yield "BATTERY", rows_of(body.get("longevity", {}), BATTERY)


def _head(body: Json, words: Words) -> Rows:
    rows: Rows = [("Layout", "1"), ("Data", "simulated" if body["simulated"] else "recorded")]
    rows += rows_of(body["session"], [
        ("number", f"{words.started} number", str), ("start", f"{words.started} started", moment),
        ("end", f"{words.started} ended", moment), ("type", "Purpose", lambda code: PURPOSES.get(code, code)),
        ("update", "Programming", lambda code: UPDATES.get(code, code)), ("revision", "Revision", str),
        ("reported", "Printed", moment),
    ])  # fmt: skip
    return rows + rows_of(body["clocks"], [
        ("pump", "Pump clock", with_seconds), ("programmer", "Programmer clock", with_seconds),
        ("zone", "Time zone", str),
    ])  # fmt: skip


def _pump(pump: Json) -> Rows:
    ref = pump["model"]
    rows = [("Manufacturer", pump["manufacturer"]), ("REF", ref)]
    if ref in REFS:
        rows += [("Model", REFS[ref][0]), ("Market", REFS[ref][1])]
    return rows + rows_of(pump, [
        ("serial", "Serial number", str), ("capacity", "Reservoir", amount), ("implanted", "Implanted", day),
        ("explanted", "Explanted", day),
    ])  # fmt: skip


def _state(title: str, state: Json, words: Words) -> Iterator[Block]:
    programme = state.get("programme", {})
    rows = rows_of(state, [("at", "At", moment), ("infusing", "Infusing", yes_no), ("volume", words.volume, amount)])
    yield (
        title,
        rows + rows_of(programme, [("mode", "Mode", lambda code: MODES.get(code, code)), ("flow", "Flow", amount)]),
    )
    drugs = [
        (drug["name"], words.amount(drug["concentration"]), words.amount(dose["daily"]), drug.get("lot", NOT_RECORDED))
        for drug, dose in zip(state.get("drugs", []), programme.get("doses", []), strict=True)
    ]
    yield f"DRUGS {title}", Table(("DRUG", "CONCENTRATION", "DAILY DOSE", "LOT"), drugs) if drugs else []
    steps = [(step["start"], step["end"], words.amount(step["dose"])) for step in programme.get("steps", [])]
    yield f"STEPS {title}", Table(("START", "END", "DOSE"), steps) if steps else []
    yield f"PERIODIC BOLUS {title}", rows_of(programme.get("periodic", {}), [
        ("dose", "Dose", words.amount), ("interval", "Interval", both_ways), ("duration", "Duration", both_ways),
    ])  # fmt: skip


def _refill(refill: Json, words: Words) -> Iterator[Block]:
    yield "REFILL", rows_of(refill, [
        ("aspirated_at", "Emptied", moment), ("expected", "Expected", amount), ("aspirated", "Withdrawn", amount),
        ("filled_at", "Filled", moment), ("filled", "Filled volume", amount),
    ])  # fmt: skip
    yield "DRUGS FILLED", drugs_filled(refill, words.amount)


def drugs_filled(refill: Json, concentration: Any) -> Table:
    """The table of the drugs of a filling."""
    rows = [
        (drug["name"], concentration(drug["concentration"]), drug.get("lot", NOT_RECORDED)) for drug in refill["drugs"]
    ]
    return Table(("DRUG", "CONCENTRATION", "LOT"), rows)


def _control(control: Json, words: Words) -> Rows:
    if not control:
        return []
    rows = rows_of(control, [
        ("dose", "Dose per bolus", words.amount), ("duration", "Drug bolus duration", both_ways),
        ("lockout", "Lockout duration", both_ways), ("per_day", "Allotted boluses per day", str),
    ])  # fmt: skip
    most = {**control["dose"], "value": _times(control["dose"]["value"], control["per_day"])}
    made = control["given"] + control["denied"]
    return [
        *rows, ("Most by bolus per day", words.amount(most)), ("Boluses given", str(control["given"])),
        ("Requests denied", str(control["denied"])), ("Requests made", str(made)),
    ]  # fmt: skip


def _times(value: str, count: int) -> str:
    return f"{Decimal(value) * count:f}"


def _bolus(one: Json, words: Words) -> tuple[str, ...]:
    end = moment(one["end"]) if "end" in one else NOT_RECORDED
    dose = words.amount(one["dose"]) if "dose" in one else NOT_RECORDED
    return one["number"], one["kind"], moment(one["start"]), end, one["outcome"], dose, amount(one["volume"])


def _reservoir(body: Json, reservoir: Json, words: Words) -> Rows:
    rows: Rows = []
    if "refill_by" in reservoir:
        by = reservoir["refill_by"]
        rows += [(words.refill_by, day(by)), (words.days, days_to(body, by))]
    return rows + rows_of(reservoir, [("alarm_volume", "Low reservoir alarm at", amount)])


def _alarms(channel: Json, words: Words) -> Iterator[Block]:
    yield "ALARM STATUS", rows_of(channel, [("alarm_status", "Alarms in force", str)])
    alarms = [
        (words.codes.get(one["code"], one["text"]), one["severity"], yes_no(one["silenced"]))
        for one in channel.get("alarms", [])
    ]
    yield "ALARMS", Table(("ALARM", "SEVERITY", "SILENCED"), alarms) if alarms else []
