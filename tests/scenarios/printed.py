"""The SynchroMed sessions of the scenarios as printed reports; `python -m tests.scenarios.printed` writes them.

A report is a second notation of the same session: the folder `printed` beside the exports holds it, and every moment is
asked of both. What the layout prints twice is printed here by `tests.adapters.printing`, not by what reads it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.adapters.printing import TWINS, Report, Table, twice
from tests.adapters.synchromed_printing import (
    ALARM_COLUMNS,
    END,
    EVENT_COLUMNS,
    SETTING_COLUMNS,
    STEP_COLUMNS,
)

FOLDER = Path(__file__).parents[2] / "fixtures" / "scenarios"
Body = dict[str, Any]
Rows = list[tuple[str, str]]

_TYPES = {"implant": "Implant", "refill": "Refill", "adjust": "Adjust", "interrogation": "Interrogate"}
_UPDATES = {"none": "None", "completed": "Completed", "not-completed": "Not completed"}
_MODES = {"simple-continuous": "Simple Continuous", "flex": "Flex"}


def printed(body: Body) -> str:
    """A session of a SynchroMed pump as our programmer report."""
    pump, person, session = body["pump"], body["patient"], body["session"]
    start = _time(session["start"])
    names = f"{pump['manufacturer']} {pump['model']} S/N {pump['serial']}"
    header = (
        f"SYNCHROMED PROGRAMMER REPORT{'Page {page} of {total}':>68}",
        f"{names}{'Session ' + start:>{100 - len(names)}}",
    )
    footer = f"{person['given']} {person['family'].upper()}    ID {person['identifier']}    "
    return Report(header, (f"{footer}Printed {_time(session['reported'])}",), dict(_blocks(body)), END).text()


def _time(text: str) -> str:
    return f"{datetime.fromisoformat(text):%b %d %Y %H:%M}"


def _day(text: str) -> str:
    return f"{datetime.fromisoformat(text):%b %d %Y}"


def _amount(quantity: dict[str, str]) -> str:
    value, unit = quantity["value"], quantity["unit"]
    return twice(value, unit) if unit in TWINS else f"{value} {unit}"


def _rows(place: Body, labels: dict[str, str]) -> Rows:
    return [(label, _said(place[name])) for name, label in labels.items() if name in place]


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, dict):
        return _amount(value)
    text = str(value)
    if len(text) == 16 and text[10] == "T":
        return _time(text)
    return _day(text) if len(text) == 10 and text[4] == "-" else text


def _blocks(body: Body) -> Iterator[tuple[str, Rows | Table]]:
    channel = body["channels"][0]
    states = channel.get("states", [])
    yield "SESSION", _session(body, states)
    yield "CLOCKS", _clocks(body["clocks"])
    yield "PATIENT", _patient(body["patient"])
    if "programmer" in body:
        yield "PROGRAMMER", _rows(body["programmer"], _IDENTITY)
    yield "PUMP", _rows(body["pump"], _PUMP)
    if "catheter" in body:
        yield "CATHETER", _rows(body["catheter"], _CATHETER)
    yield "PROGRAMMING", Table(SETTING_COLUMNS, _settings(states))
    yield from _schedules(states)
    for number, bolus in enumerate(channel.get("boluses", []), 1):
        yield f"BOLUS {number}", _bolus(bolus)
    for refill in channel.get("refills", []):
        yield "REFILL", _refill(refill)
    if "reservoir" in channel:
        yield "RESERVOIR", _rows(channel["reservoir"], _RESERVOIR)
    if "longevity" in body:
        yield "LONGEVITY", _rows(body["longevity"], _LONGEVITY)
    yield from _alarms(channel)
    yield "EVENTS", Table(EVENT_COLUMNS, [_event(one) for one in channel.get("events", [])])


_IDENTITY = {"manufacturer": "Manufacturer", "model": "Model", "serial": "Serial number", "software": "Software"}
_PUMP = {
    **_IDENTITY, "udi": "UDI", "capacity": "Reservoir size", "tubing_volume": "Internal tubing volume",
    "implanted": "Implanted", "explanted": "Explanted",
}  # fmt: skip
_CATHETER = {**_IDENTITY, "length": "Length", "volume": "Volume", "tip": "Tip", "implanted": "Implanted"}
_RESERVOIR = {
    "alarm_volume": "Alarm volume", "low_date": "Low reservoir alarm date", "empty_date": "Empty date",
    "refill_by": "Refill by",
}  # fmt: skip
_LONGEVITY = {
    "eri": "ERI reached", "months_to_eri": "Time to ERI", "replace_by": "Replace pump by",
    "end_of_service": "End of service reached",
}  # fmt: skip
_BOLUS = {
    "number": "Event number", "start": "Start", "end": "End", "drug": "Drug", "dose": "Delivered", "volume": "Volume",
    "duration": "Duration", "remaining": "Remaining",
}  # fmt: skip


def _session(body: Body, states: list[Body]) -> Rows:
    session = body["session"]
    rows = [("Layout", "1"), ("Simulated data", _said(body["simulated"])), ("Session start", _time(session["start"]))]
    rows += [("Session end", _time(session["end"]))] if "end" in session else []
    rows += [("Session number", session["number"])] if "number" in session else []
    rows += [("Session type", _TYPES.get(session["type"], "Explant")), ("Update", _UPDATES[session["update"]])]
    rows += [("Revision", str(session["revision"])), ("Report generated", _time(session["reported"]))]
    return rows + [("Last updated", _time(state["at"])) for state in states if "at" in state]


def _clocks(clocks: Body) -> Rows:
    return _rows(clocks, {"pump": "Pump clock", "programmer": "Programmer clock", "zone": "Time zone"})


def _patient(person: Body) -> Rows:
    rows = [("Name", f"{person['family']}, {person['given']}")]
    return rows + _rows(
        person, {"identifier": "Patient ID", "system": "ID assigned by", "birth_date": "Date of birth"}
    )  # fmt: skip


# --- settings ---------------------------------------------------------------------------------------------------------


def _settings(states: list[Body]) -> list[tuple[str, str, str, str]]:
    columns = [_column(_of(states, tags)) for tags in (("as-found",), ("as-left", "pending"))]
    labels = dict.fromkeys(label for column in columns for label in column)
    return [
        (label, columns[0].get(label, ""), columns[1].get(label, ""), _change(label, states))
        for label in sorted(labels, key=_ORDER.index)
    ]


def _of(states: list[Body], tags: tuple[str, ...]) -> Body:
    return next((state for state in states if state["tag"] in tags), {})


_ORDER = ["Infusion mode", "Pump infusing", "Flow", "Reservoir volume"] + [
    f"Drug {number}{what}" for number in range(1, 5) for what in ("", " concentration", " daily dose")
]


def _column(state: Body) -> dict[str, str]:
    programme, found = state.get("programme", {}), {}
    if "mode" in programme:
        found["Infusion mode"] = _MODES[programme["mode"]]
    found |= dict(_rows(state, {"infusing": "Pump infusing", "volume": "Reservoir volume"}))
    found |= dict(_rows(programme, {"flow": "Flow"}))
    for number, dose in enumerate(programme.get("doses", []), 1):
        found |= {f"Drug {number}": dose["drug"], f"Drug {number} daily dose": _amount(dose["daily"])}
    for number, drug in enumerate(state.get("drugs", []), 1):
        found |= {f"Drug {number}": drug["name"], f"Drug {number} concentration": _amount(drug["concentration"])}
    return found


def _change(label: str, states: list[Body]) -> str:
    """New minus current, where both are given."""
    if not label.endswith("daily dose"):
        return ""
    doses = [
        _of(states, tags).get("programme", {}).get("doses", []) for tags in (("as-found",), ("as-left", "pending"))
    ]
    place = int(label.split()[1]) - 1
    if any(len(found) <= place for found in doses):
        return ""
    old, new = (found[place]["daily"] for found in doses)
    return twice(f"{Decimal(new['value']) - Decimal(old['value']):+}", new["unit"])


def _schedules(states: list[Body]) -> Iterator[tuple[str, Table]]:
    for column, tags in (("CURRENT", ("as-found",)), ("NEW", ("as-left", "pending"))):
        steps = _of(states, tags).get("programme", {}).get("steps", [])
        rows = [
            (str(number), one["start"], one["end"], _amount(one["dose"]), _amount(one["rate"]))
            for number, one in enumerate(steps, 1)
        ]
        if rows:
            yield f"FLEX SCHEDULE, {column}", Table(STEP_COLUMNS, rows)


# --- what happened ----------------------------------------------------------------------------------------------------


def _bolus(bolus: Body) -> Rows:
    head = [("Kind", bolus["kind"].capitalize()), ("Outcome", bolus["outcome"].capitalize())]
    return [head[0], *_rows(bolus, _BOLUS)[:2], head[1], *_rows(bolus, _BOLUS)[2:]]


def _refill(refill: Body) -> Rows:
    rows = _rows(refill, {"aspirated_at": "Emptied", "filled_at": "Filled", "expected": "Expected residual"})
    rows += _rows(refill, {"aspirated": "Actual residual"})
    if "aspirated" in refill and "expected" in refill:
        left = Decimal(refill["aspirated"]["value"]) - Decimal(refill["expected"]["value"])
        rows.append(("Actual minus expected", twice(str(left), "mL")))
    rows += _rows(refill, {"filled": "Fill volume"})
    for number, drug in enumerate(refill.get("drugs", []), 1):
        rows += [(f"Drug {number}", drug["name"]), (f"Drug {number} concentration", _amount(drug["concentration"]))]
    return rows


def _alarms(channel: Body) -> Iterator[tuple[str, Rows | Table]]:
    if "alarm_status" in channel:
        yield "ALARM STATUS", [("Alarms in force", channel["alarm_status"].capitalize())]
    rows = [(one["text"], one["severity"].capitalize(), "No") for one in channel.get("alarms", [])]
    if rows:
        yield "ALARMS IN FORCE", Table(ALARM_COLUMNS, rows)


def _event(event: Body) -> tuple[str, str, str, str, str]:
    return event["number"], event["text"], "", _time(event["at"]), event["severity"].capitalize()


def is_synchromed(body: Body) -> bool:
    """Whether the layout is that of this pump."""
    return str(body["pump"]["model"]).startswith("8637")


def write() -> None:
    """Write every report of every scenario whose exports are all of a SynchroMed pump, in JSON."""
    for folder in sorted(path.parent for path in FOLDER.glob("*/expected.json")):
        bodies = {path.stem: json.loads(path.read_text()) for path in folder.glob("[!e]*.json")}
        refused = json.loads((folder / "expected.json").read_text()).get("refused", {})
        kept = {name: body for name, body in bodies.items() if is_synchromed(body) and name not in refused}
        for name, body in kept.items():
            (folder / "printed").mkdir(exist_ok=True)
            (folder / "printed" / f"{name}.txt").write_bytes(printed(body).encode())


if __name__ == "__main__":
    write()
