"""The sections that printed layouts share: patient, pump, catheter, programmer, states, refill, tables.

Each is data for `printed_form`: labels, the fields of the session tree, how a text is read. Words that stand for codes
are our own layouts' words. Must not know a manufacturer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import TypeAlias

from adapters.printed import Said
from adapters.printed_form import CHECKED, TURN, Labels, Reader, Rows, Table, split_name
from adapters.printed_values import (
    NOT_RECORDED,
    code,
    contradiction,
    day,
    measured,
    moment,
    quantity,
    text,
    yes_no,
)
from adapters.session_tree import Cell, refusal
from bridge.errors import ExportError

Fields: TypeAlias = Mapping[str, tuple[str, Reader]]

CHANNEL = "channels/#1"
# Which states a report may print: the heading of each, and its code.
STATES = {"AS FOUND": "as-found", "AS LEFT": "as-left", "PENDING": "pending"}
PURPOSES = {
    "inquiry": "interrogation",
    "refill": "refill",
    "adjustment": "adjust",
    "implant": "implant",
    "explant": "explant",
}
UPDATES = {"none": "none", "completed": "completed", "not completed": "not-completed"}
DATA = {"simulated": "true", "recorded": "false"}
MODES = {
    "simple continuous": "simple-continuous",
    "multiple rates": "flex",
    "periodic bolus": "periodic-bolus",
    "minimum rate": "minimum-rate",
    "constant flow": "constant-flow",
    "stopped": "stopped",
}

_DURATION = re.compile(r"(?P<number>\S+) (?P<unit>[a-z]+)(?: \((?P<hours>[0-9]{2}):(?P<minutes>[0-9]{2})\))?")
_MINUTES = {"min": Decimal(1), "h": Decimal(60)}

setting = partial(quantity, how="setting")
calculated = partial(quantity, how="calculated")
sensed = partial(quantity, how="sensed")
aspirated = partial(quantity, how="aspirated")
typed = partial(quantity, how="typed")
reported = partial(quantity, how="reported")


def unconfirmed(message: str, where: str) -> ExportError:
    """The error for a value whose second statement is missing."""
    return refusal("value-unconfirmed", message, where, "print the report again: this layout states it twice")


def duration(said: Said) -> Cell | None:
    """`90 min (01:30)`: both must say the same; raises ExportError where they do not, or where one is missing."""
    match = _DURATION.fullmatch(said.text)
    if match is None or match["unit"] not in _MINUTES:
        return quantity(said, "setting")
    if match["hours"] is None:
        raise unconfirmed("a duration is printed in one way only", said.where)
    minutes = measured(match["number"], match["unit"], said.where).value * _MINUTES[match["unit"]]
    if minutes != int(match["hours"]) * 60 + int(match["minutes"]):
        raise contradiction("a duration does not say the same in its two ways", said.where)
    return Cell(match["number"], said.where, match["unit"], "setting", printed=said.text)


def family(said: Said) -> Cell | None:
    """The family name of `Family, Given`."""
    return None if said.text == NOT_RECORDED else Cell(split_name(said)[0], said.where, printed=said.text)


def given(said: Said) -> Cell | None:
    """The given names of `Family, Given`."""
    return None if said.text == NOT_RECORDED else Cell(split_name(said)[1], said.where, printed=said.text)


def word(words: Mapping[str, str]) -> Reader:
    """A reader of codes by their printed words."""
    return partial(code, words=words)


def known_or_other(words: Mapping[str, str]) -> Reader:
    """A reader of codes by their printed words; what is not listed is `other`, and its words are kept beside."""

    def read(said: Said) -> Cell | None:
        return code(said, {said.text: words.get(said.text, "other")}) if said.text else text(said)

    return read


def labels_of(above: str, fields: Fields) -> Labels:
    """Labels with one field each, all of one group."""
    return {label: ((f"{above}/{name}", read),) for label, (name, read) in fields.items()}


def report_of(started: str, ended: str, number: str) -> Rows:
    """The block REPORT; the three labels are the layout's own words."""
    session: Fields = {
        started: ("start", moment), ended: ("end", moment), number: ("number", text), "Revision": ("revision", text),
        "Printed": ("reported", moment), "Purpose": ("type", word(PURPOSES)), "Programming": ("update", word(UPDATES)),
    }  # fmt: skip
    clocks: Fields = {
        "Pump clock": ("pump", moment),
        "Programmer clock": ("programmer", moment),
        "Time zone": ("zone", text),
    }
    data: Labels = {"Layout": CHECKED, "Data": (("simulated", word(DATA)),)}
    return Rows({**data, **labels_of("session", session), **labels_of("clocks", clocks)})


PATIENT = Rows({
    "Name": (("patient/family", family), ("patient/given", given)),
    **labels_of("patient", {
        "Patient ID": ("identifier", text), "ID assigned by": ("system", text), "Date of birth": ("birth_date", day),
    }),
})  # fmt: skip
PUMP_FIELDS: Fields = {
    "Manufacturer": ("manufacturer", text), "REF": ("model", text), "Serial number": ("serial", text),
    "Reservoir": ("capacity", quantity), "Implanted": ("implanted", day), "Explanted": ("explanted", day),
}  # fmt: skip
TELEMETRY_PUMP_FIELDS: Fields = {"UDI": ("udi", text), "Firmware": ("firmware", text)}
CATHETER = Rows(labels_of("catheter", {
    "Manufacturer": ("manufacturer", text), "Model": ("model", text), "Serial number": ("serial", text),
    "Length": ("length", quantity), "Trimmed": ("trimmed", quantity), "Volume": ("volume", quantity),
    "Tip": ("tip", text), "Implanted": ("implanted", day),
}))  # fmt: skip
PROGRAMMER = Rows(labels_of("programmer", {
    "Manufacturer": ("manufacturer", text), "Model": ("model", text), "Serial number": ("serial", text),
    "Software": ("software", text),
}))  # fmt: skip
LONGEVITY = Rows(labels_of("longevity", {
    "Replacement indicator reached": ("eri", yes_no), "Time to replacement indicator": ("months_to_eri", reported),
    "Replace pump by": ("replace_by", day), "End of service reached": ("end_of_service", yes_no),
}))  # fmt: skip
ALARM_STATUS = Rows({"Alarms in force": ((f"{CHANNEL}/alarm_status", word({"none": "none", "active": "active"})),)})


def state(title: str, volume: tuple[str, Reader]) -> dict[str, Rows | Table]:
    """The sections of one state; `volume` is the label of the reservoir volume and how it is known."""
    above = f"{CHANNEL}/states/#{STATES[title]}"
    programme: Fields = {"Mode": ("mode", word(MODES)), "Flow": ("flow", setting)}
    rows: Fields = {"At": ("at", moment), "Infusing": ("infusing", yes_no), volume[0]: ("volume", volume[1])}
    labels = {**labels_of(above, rows), **labels_of(f"{above}/programme", programme)}
    return {
        title: Rows(labels, mark=(f"{above}/tag", STATES[title])),
        f"DRUGS {title}": _drugs(above),
        f"STEPS {title}": Table(labels_of(f"{above}/programme/steps/{TURN}", {
            "START": ("start", text), "END": ("end", text), "DOSE": ("dose", setting),
        })),
        f"PERIODIC BOLUS {title}": Rows(labels_of(f"{above}/programme/periodic", {
            "Dose": ("dose", setting), "Interval": ("interval", duration), "Duration": ("duration", duration),
        })),
    }  # fmt: skip


def _drugs(above: str) -> Table:
    drug, dose = f"{above}/drugs/{TURN}", f"{above}/programme/doses/{TURN}"
    return Table({
        "DRUG": ((f"{drug}/name", text), (f"{dose}/drug", text)),
        "CONCENTRATION": ((f"{drug}/concentration", typed),),
        "DAILY DOSE": ((f"{dose}/daily", setting),),
        "LOT": ((f"{drug}/lot", text),),
    })  # fmt: skip


def states(volume: tuple[str, Reader]) -> dict[str, Rows | Table]:
    """The sections of all states."""
    return {name: section for title in STATES for name, section in state(title, volume).items()}


_REFILL = f"{CHANNEL}/refills/#1"
REFILL = labels_of(_REFILL, {
    "Emptied": ("aspirated_at", moment), "Withdrawn": ("aspirated", aspirated),
    "Filled": ("filled_at", moment), "Filled volume": ("filled", typed),
})  # fmt: skip
EXPECTED = labels_of(_REFILL, {"Expected": ("expected", calculated)})
DRUGS_FILLED = Table(labels_of(f"{_REFILL}/drugs/{TURN}", {
    "DRUG": ("name", text), "CONCENTRATION": ("concentration", typed), "LOT": ("lot", text),
}))  # fmt: skip
PATIENT_CONTROL = Rows({
    **labels_of(f"{CHANNEL}/patient_control", {
        "Dose per bolus": ("dose", setting), "Drug bolus duration": ("duration", duration),
        "Lockout duration": ("lockout", duration), "Allotted boluses per day": ("per_day", text),
        "Boluses given": ("given", text), "Requests denied": ("denied", text),
    }),
    "Most by bolus per day": CHECKED,
    "Requests made": CHECKED,
})  # fmt: skip
KINDS = {"patient": "patient", "clinician": "clinician", "priming": "priming"}
OUTCOMES = {"complete": "complete", "cancelled": "cancelled", "running": "running"}
BOLUSES = Table(labels_of(f"{CHANNEL}/boluses/{TURN}", {
    "NO.": ("number", text), "BOLUS": ("kind", word(KINDS)), "START": ("start", moment), "END": ("end", moment),
    "OUTCOME": ("outcome", word(OUTCOMES)), "DOSE": ("dose", reported), "VOLUME": ("volume", calculated),
}))  # fmt: skip
SEVERITIES = {"critical": "critical", "non-critical": "non-critical", "information": "information"}


def events(words: Mapping[str, str]) -> Table:
    """The event log; an event that is not listed is `other` with its words."""
    above = f"{CHANNEL}/events/{TURN}"
    columns: Fields = {"NO.": ("number", text), "TIME": ("at", moment), "SEVERITY": ("severity", word(SEVERITIES))}
    event = ((f"{above}/code", known_or_other(words)), (f"{above}/text", text))
    rows = labels_of(above, columns)
    return Table({"NO.": rows["NO."], "TIME": rows["TIME"], "EVENT": event, "SEVERITY": rows["SEVERITY"]})


def alarms(words: Mapping[str, str]) -> Table:
    """The alarms in force; one that is not listed is `other` with its words."""
    above = f"{CHANNEL}/alarms/{TURN}"
    rows = labels_of(above, {"SEVERITY": ("severity", word(SEVERITIES)), "SILENCED": ("silenced", yes_no)})
    return Table({"ALARM": ((f"{above}/code", known_or_other(words)), (f"{above}/text", text)), **rows})
