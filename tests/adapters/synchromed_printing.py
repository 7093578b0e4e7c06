"""Prints our SynchroMed report: the blocks that every case has, and rows of settings, steps and events."""

from __future__ import annotations

from decimal import Decimal

from tests.adapters.printing import Report, Table, twice

SETTING_COLUMNS = (("SETTING", 24), ("CURRENT", 33), ("NEW", 33), ("CHANGE", 33))
STEP_COLUMNS = (("STEP", 6), ("START", 8), ("END", 8), ("DOSE", 26), ("RATE", 34))
EVENT_COLUMNS = (("NO.", 7), ("EVENT", 36), ("CODE", 8), ("TIME", 22), ("SEVERITY", 14))
ALARM_COLUMNS = (("ALARM", 30), ("SEVERITY", 16), ("SILENCED", 12))
END = "END OF REPORT: {rows} events, {lines} lines"

Rows = list[tuple[str, str]]
Setting = tuple[str, str, str, str]


def settings(*rows: Setting) -> Table:
    return Table(SETTING_COLUMNS, rows)


def dose_row(number: int, current: str, new: str = "", unit: str = "mcg/day") -> Setting:
    """The row of a daily dose, with its change where both are given."""
    change = twice(f"{Decimal(new) - Decimal(current):+}", unit) if current and new else ""
    return (
        f"Drug {number} daily dose",
        twice(current, unit) if current else "",
        twice(new, unit) if new else "",
        change,
    )


def row(label: str, current: str, new: str = "") -> Setting:
    return (label, current, new, "")


def steps(*rows: tuple[str, str, str, str]) -> Table:
    """Steps by start, end, dose in mcg and rate in mcg/h."""
    numbered = [
        (str(number), start, end, twice(dose, "mcg"), twice(rate, "mcg/h"))
        for number, (start, end, dose, rate) in enumerate(rows, 1)
    ]
    return Table(STEP_COLUMNS, numbered)


def events(*rows: tuple[str, str, str, str]) -> Table:
    """Events by text, code, time and severity, numbered."""
    return Table(EVENT_COLUMNS, [(f"{number:05}", *parts) for number, parts in enumerate(rows, 1)])


def case(
    person: tuple[str, str, str, str],
    pump: tuple[str, str, str],
    session: Rows,
    *blocks: tuple[str, Rows | Table],
    total: int | None = None,
) -> Report:
    """A report: family, given, number and birth date of the person; serial, size and tubing volume of the pump."""
    family, given, number, born = person
    serial, size, tubing = pump
    facts = dict(session)
    start, printed = facts["Session start"], facts["Report generated"]
    fixed: dict[str, Rows | Table] = {
        "SESSION": [("Layout", "1"), ("Simulated data", "Yes"), *session],
        "PATIENT": [
            ("Name", f"{family}, {given}"),
            ("Patient ID", number),
            ("ID assigned by", "MRN"),
            ("Date of birth", born),
        ],
        "PROGRAMMER": [
            ("Manufacturer", "Medtronic"),
            ("Model", "A810"),
            ("Serial number", "JP500001"),
            ("Software", "A810 2.0.1" if tubing == "0.140" else "8870 AAA"),
        ],
        "PUMP": [
            ("Manufacturer", "Medtronic"),
            ("Model", f"8637-{size}"),
            ("Serial number", serial),
            ("Reservoir size", twice(f"{size}.0", "mL")),
            ("Internal tubing volume", twice(tubing, "mL")),
        ],
    }
    header = (
        f"SYNCHROMED PROGRAMMER REPORT{'Page {page} of {total}':>68}",
        f"Medtronic 8637-{size} S/N {serial}{'Session ' + start:>64}",
    )
    footer = f"{given} {family.upper()}    ID {number}    Printed {printed}"
    return Report(header, (footer,), {**fixed, **dict(blocks)}, END, total)


def session(
    start: str, generated: str, number: str, kind: str, update: str, *more: tuple[str, str], revision: str = "1"
) -> Rows:
    return [
        ("Session start", start),
        ("Session number", number),
        ("Session type", kind),
        ("Update", update),
        ("Revision", revision),
        ("Report generated", generated),
        *more,
    ]


def one_drug(concentration: str, lot: str = "") -> list[Setting]:
    rows = [row("Drug 1", "baclofen"), row("Drug 1 concentration", twice(concentration, "mcg/mL"))]
    return [*rows, row("Drug 1 lot", lot)] if lot else rows


def running(flow: str, dose: str, volume: str, concentration: str, mode: str = "Simple Continuous") -> Table:
    """The table of settings of a session without an update."""
    return settings(
        row("Infusion mode", mode),
        row("Pump infusing", "Yes"),
        row("Flow", twice(flow, "mL/day")),
        row("Reservoir volume", twice(volume, "mL")),
        *one_drug(concentration),
        dose_row(1, dose),
    )


def reservoir(alarm: str, low: str, empty: str, refill_by: str) -> tuple[str, Rows]:
    return (
        "RESERVOIR",
        [
            ("Alarm volume", twice(alarm, "mL")),
            ("Low reservoir alarm date", low),
            ("Empty date", empty),
            ("Refill by", refill_by),
        ],
    )


LONGEVITY: tuple[str, Rows] = (
    "LONGEVITY",
    [
        ("ERI reached", "No"),
        ("Time to ERI", "58 months"),
        ("Replace pump by", "Feb 01 2030"),
        ("End of service reached", "No"),
    ],
)
NO_ALARM: tuple[str, Rows] = ("ALARM STATUS", [("Alarms in force", "None")])
ADA = ("Fictional", "Ada", "0075001", "Mar 04 1987")
BRAM = ("Erfunden", "Bram Jan", "0075002", "Dec 02 1959")
CLEO = ("Bedacht", "Cleo", "0075003", "Jul 21 1994")
