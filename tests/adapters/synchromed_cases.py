"""The cases of our SynchroMed report as data; `python -m tests.adapters.synchromed_cases` writes their fixtures.

Invented people and serials; the numbers agree with each other. expected.json is what was read and looked at; writing it
again is a decision, so it is written only where it is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from adapters.synchromed_report import ADAPTER
from bridge.interrogation import dump
from tests.adapters.printing import Report, Table, as_pdf, twice
from tests.adapters.sessions import pretty
from tests.adapters.synchromed_printing import (
    ADA,
    ALARM_COLUMNS,
    BRAM,
    CLEO,
    END,
    LONGEVITY,
    NO_ALARM,
    case,
    dose_row,
    events,
    reservoir,
    row,
    running,
    session,
    settings,
    steps,
)

FOLDER = Path(__file__).parents[2] / "fixtures" / "synchromed_report"


def steady_state() -> Report:
    return case(
        ADA,
        ("JX500001", "40", "0.140"),
        session("Mar 17 2025 10:04", "Mar 17 2025 10:11", "0007", "Interrogate", "None",
                ("Last updated", "Jan 06 2025 00:00")),
        ("CATHETER", [
            ("Manufacturer", "Medtronic"), ("Model", "8780"), ("Serial number", "JC500001"), ("Length", "100 cm"),
            ("Trimmed", "11.5 cm"), ("Volume", twice("0.200", "mL")), ("Tip", "T10"), ("Implanted", "Feb 01 2023"),
        ]),
        ("PROGRAMMING", running("0.200", "400.0", "26.0", "2000")),
        reservoir("2.0", "Jul 15 2025", "Jul 25 2025", "Jul 10 2025"),
        LONGEVITY, NO_ALARM,
        ("EVENTS", events()),
    )  # fmt: skip


def milligrams() -> Report:
    """Scenario 1 again, printed in milligrams."""
    report = steady_state()
    blocks = dict(report.blocks)
    blocks["PROGRAMMING"] = settings(
        row("Infusion mode", "Simple Continuous"), row("Pump infusing", "Yes"), row("Flow", twice("0.200", "mL/day")),
        row("Reservoir volume", twice("26.0", "mL")), row("Drug 1", "baclofen"),
        row("Drug 1 concentration", twice("2.0", "mg/mL")), dose_row(1, "0.4", unit="mg/day"),
    )  # fmt: skip
    return Report(report.header, report.footer, blocks, END)


def flex_refill() -> Report:
    return case(
        BRAM,
        ("JX500002", "40", "0.140"),
        session("Apr 07 2025 09:52", "Apr 07 2025 10:22", "0004", "Refill", "Completed",
                ("Session end", "Apr 07 2025 10:20"), ("Last updated", "Apr 07 2025 10:06")),
        ("PROGRAMMING", settings(
            row("Infusion mode", "Simple Continuous", "Flex"), row("Pump infusing", "Yes", "Yes"),
            row("Flow", twice("0.200", "mL/day"), twice("0.165", "mL/day")),
            row("Reservoir volume", twice("23.2", "mL"), twice("40.0", "mL")),
            row("Drug 1", "baclofen", "baclofen"),
            row("Drug 1 concentration", twice("2000", "mcg/mL"), twice("2000", "mcg/mL")),
            row("Drug 1 lot", "", "INV-25A1"),
            dose_row(1, "400.0", "330.0"),
        )),
        ("FLEX SCHEDULE, NEW", steps(
            ("00:00", "06:00", "72.0", "12.0"), ("06:00", "07:00", "60.0", "60.0"),
            ("07:00", "22:00", "180.0", "12.0"), ("22:00", "24:00", "18.0", "9.0"),
        )),
        ("REFILL", [
            ("Emptied", "Apr 07 2025 10:00"), ("Filled", "Apr 07 2025 10:03"),
            ("Expected residual", twice("23.2", "mL")), ("Actual residual", twice("23.0", "mL")),
            ("Actual minus expected", twice("-0.2", "mL")), ("Fill volume", twice("40.0", "mL")),
            ("Drug 1", "baclofen"), ("Drug 1 concentration", twice("2000", "mcg/mL")), ("Drug 1 lot", "INV-25A1"),
        ]),
        ("BOLUS 1", [
            ("Kind", "Clinician"), ("Event number", "00412"), ("Start", "Apr 07 2025 10:06"),
            ("End", "Apr 07 2025 10:16"), ("Outcome", "Complete"), ("Drug", "baclofen"),
            ("Delivered", twice("25.00", "mcg")), ("Programmed", twice("25.00", "mcg")),
            ("Volume", twice("0.0125", "mL")), ("Duration", "10 min"),
        ]),
        reservoir("2.0", "Nov 23 2025", "Dec 05 2025", "Nov 18 2025"),
        LONGEVITY, NO_ALARM,
        ("EVENTS", events(
            ("PUMP STOPPED", "8201", "Apr 07 2025 10:05", "Information"),
            ("PUMP STARTED", "8202", "Apr 07 2025 10:06", "Information"),
        )),
    )  # fmt: skip


def bridge() -> Report:
    return case(
        CLEO,
        ("JX500003", "20", "0.140"),
        session("May 12 2025 11:24", "May 12 2025 11:40", "0011", "Refill", "Completed",
                ("Last updated", "May 12 2025 11:31")),
        ("PROGRAMMING", settings(
            row("Infusion mode", "Simple Continuous", "Simple Continuous"), row("Pump infusing", "Yes", "Yes"),
            row("Flow", twice("0.400", "mL/day"), twice("0.100", "mL/day")),
            row("Reservoir volume", twice("3.6", "mL"), twice("20.0", "mL")),
            row("Drug 1", "baclofen", "baclofen"),
            row("Drug 1 concentration", twice("500", "mcg/mL"), twice("2000", "mcg/mL")),
            dose_row(1, "200.0", "200.0"),
        )),
        ("BOLUS 1", [
            ("Kind", "Bridge"), ("Event number", "00090"), ("Start", "May 12 2025 11:31"), ("Outcome", "Running"),
            ("Drug", "baclofen"), ("Programmed", twice("170.0", "mcg")), ("Volume", twice("0.340", "mL")),
            ("Duration", "20.4 h"), ("Remaining", twice("0.340", "mL")),
        ]),
        ("REFILL", [
            ("Emptied", "May 12 2025 11:26"), ("Filled", "May 12 2025 11:29"),
            ("Expected residual", twice("3.6", "mL")), ("Actual residual", twice("3.8", "mL")),
            ("Actual minus expected", twice("0.2", "mL")), ("Fill volume", twice("20.0", "mL")),
        ]),
        reservoir("2.0", "Nov 05 2025", "Nov 25 2025", "Oct 31 2025"),
        NO_ALARM,
        ("EVENTS", events()),
    )  # fmt: skip


def implant_priming() -> Report:
    return case(
        ADA,
        ("JX500004", "20", "0.199"),
        session("Feb 03 2014 09:05", "Feb 03 2014 11:40", "0001", "Implant", "Completed",
                ("Last updated", "Feb 03 2014 11:32")),
        ("PROGRAMMING", settings(
            row("Infusion mode", "Stopped", "Simple Continuous"), row("Pump infusing", "No", "Yes"),
            row("Flow", "--", twice("0.250", "mL/day")), row("Reservoir volume", "--", twice("18.0", "mL")),
            row("Drug 1", "--", "baclofen"), row("Drug 1 concentration", "--", twice("1000", "mcg/mL")),
            dose_row(1, "", "250.0"),
        )),
        ("BOLUS 1", [
            ("Kind", "Priming"), ("Start", "Feb 03 2014 11:32"), ("End", "Feb 03 2014 11:55"), ("Outcome", "Complete"),
            ("Drug", "baclofen"), ("Delivered", twice("399", "mcg")), ("Programmed", twice("399", "mcg")),
            ("Volume", twice("0.399", "mL")), ("Duration", "23 min"),
        ]),
        reservoir("2.0", "Apr 06 2014", "Apr 14 2014", "Apr 01 2014"),
        NO_ALARM,
    )  # fmt: skip


def missed_refill() -> Report:
    return case(
        CLEO,
        ("JX500005", "20", "0.140"),
        session("Apr 26 2025 23:12", "Apr 26 2025 23:20", "0008", "Interrogate", "None"),
        ("PROGRAMMING", running("0.250", "500.0", "0.0", "2000")),
        reservoir("2.0", "Apr 16 2025", "Apr 24 2025", "Apr 11 2025"),
        ("ALARM STATUS", [("Alarms in force", "Active")]),
        ("ALARMS IN FORCE", Table(ALARM_COLUMNS, [
            ("LOW RESERVOIR", "Non-critical", "Yes"), ("EMPTY RESERVOIR", "Critical", "No"),
        ])),
        ("EVENTS", events(
            ("LOW RESERVOIR OCCURRED", "8236", "Apr 16 2025 00:00", "Non-critical"),
            ("ALARM SILENCED", "8301", "Apr 16 2025 20:15", "Information"),
            ("EMPTY RESERVOIR OCCURRED", "8237", "Apr 24 2025 00:00", "Critical"),
        )),
    )  # fmt: skip


def pending() -> Report:
    return _unfinished("Not completed", "0009")


def cancelled() -> Report:
    return _unfinished("Cancelled", "0010")


def _unfinished(update: str, number: str) -> Report:
    return case(
        BRAM,
        ("JX500006", "40", "0.140"),
        session("Jun 02 2025 10:15", "Jun 02 2025 10:29", number, "Adjust", update),
        ("PROGRAMMING", settings(
            row("Infusion mode", "Simple Continuous", "Simple Continuous"), row("Pump infusing", "Yes"),
            row("Flow", twice("0.200", "mL/day"), twice("0.160", "mL/day")),
            row("Reservoir volume", twice("31.4", "mL")), row("Drug 1", "baclofen", "baclofen"),
            row("Drug 1 concentration", twice("2000", "mcg/mL"), twice("2000", "mcg/mL")),
            dose_row(1, "400.0", "320.0"),
        )),
        NO_ALARM,
        ("EVENTS", events(("PUMP STOPPED", "8201", "Jun 02 2025 10:27", "Critical"))),
    )  # fmt: skip


def stopped() -> Report:
    return case(
        BRAM,
        ("JX500006", "40", "0.140"),
        session("Jun 04 2025 11:00", "Jun 04 2025 11:09", "0011", "Interrogate", "None"),
        ("PROGRAMMING", settings(
            row("Infusion mode", "Stopped"), row("Pump infusing", "No"), row("Reservoir volume", twice("31.4", "mL")),
            row("Drug 1", "baclofen"), row("Drug 1 concentration", twice("2000", "mcg/mL")),
        )),
        ("ALARM STATUS", [("Alarms in force", "Active")]),
        ("ALARMS IN FORCE", Table(ALARM_COLUMNS, [("PUMP STOPPED OVER 48 HOURS", "Critical", "No")])),
        ("EVENTS", events(("PUMP STOPPED", "8201", "Jun 02 2025 10:27", "Critical"))),
    )  # fmt: skip


def clock_fold() -> Report:
    return case(
        ADA,
        ("JX500007", "40", "0.140"),
        session("Oct 26 2025 01:30", "Oct 26 2025 01:41", "0012", "Adjust", "Completed",
                ("Last updated", "Oct 26 2025 01:36")),
        ("CLOCKS", [
            ("Pump clock", "Oct 26 2025 00:30:00"), ("Programmer clock", "Oct 26 2025 01:30:00"),
            ("Host clock", "Oct 26 2025 01:30:41"), ("Pump minus programmer", "-60 min"),
            ("Time zone", "Europe/London"),
        ]),
        ("PROGRAMMING", settings(
            row("Infusion mode", "Flex", "Flex"), row("Pump infusing", "Yes", "Yes"),
            row("Flow", twice("0.165", "mL/day"), twice("0.165", "mL/day")),
            row("Reservoir volume", twice("21.3", "mL"), twice("21.3", "mL")), row("Drug 1", "baclofen", "baclofen"),
            row("Drug 1 concentration", twice("2000", "mcg/mL"), twice("2000", "mcg/mL")),
            dose_row(1, "330.0", "330.0"),
        )),
        ("FLEX SCHEDULE, CURRENT", steps(
            ("00:00", "06:00", "72.0", "12.0"), ("06:00", "07:00", "60.0", "60.0"),
            ("07:00", "22:00", "180.0", "12.0"), ("22:00", "24:00", "18.0", "9.0"),
        )),
        ("FLEX SCHEDULE, NEW", steps(
            ("22:00", "06:00", "90.0", "11.25"), ("06:00", "07:00", "60.0", "60.0"),
            ("07:00", "22:00", "180.0", "12.0"),
        )),
        NO_ALARM,
        ("EVENTS", events(("PUMP CLOCK CHANGED", "8150", "Mar 30 2025 00:12", "Information"))),
    )  # fmt: skip


def admixture() -> Report:
    """Two drugs, a periodic bolus, patient control; values that are illegible or not recorded."""
    return case(
        CLEO,
        ("JX500008", "40", "0.140"),
        session("Aug 11 2025 14:02", "Aug 11 2025 14:20", "0021", "Adjust", "Completed",
                ("Last updated", "Aug 11 2025 14:15"), revision="2"),
        ("PROGRAMMING", settings(
            row("Infusion mode", "Minimum Rate", "Periodic Bolus"), row("Pump infusing", "Yes", "Yes"),
            row("Flow", twice("0.006", "mL/day"), "##"),
            row("Reservoir volume", twice("30.0", "mL"), twice("30.0", "mL")),
            row("Drug 1", "baclofen", "baclofen"),
            row("Drug 1 concentration", twice("1500", "mcg/mL"), twice("1500", "mcg/mL")),
            dose_row(1, "9.0", "300.0"),
            row("Drug 2", "morphine", "morphine"),
            row("Drug 2 concentration", twice("5.0", "mg/mL"), twice("5.0", "mg/mL")),
            dose_row(2, "0.030", "1.000", unit="mg/day"),
        )),
        ("PERIODIC BOLUS, NEW", [("Dose", twice("75.0", "mcg")), ("Interval", "6 h"), ("Duration", "5 min")]),
        ("PATIENT CONTROL", [
            ("Dose per bolus", twice("15.0", "mcg")), ("Duration", "3 min"), ("Lockout", "4 h"),
            ("Boluses per day", "4"), ("Boluses given", "17"), ("Requests denied", "3"),
        ]),
        ("LONGEVITY", [
            ("ERI reached", "Yes"), ("Time to ERI", "--"), ("Replace pump by", "Nov 09 2025"),
            ("End of service reached", "No"),
        ]),
        ("ALARM STATUS", [("Alarms in force", "Active")]),
        ("ALARMS IN FORCE", Table(ALARM_COLUMNS, [("ERI", "Non-critical", "Yes"), ("SERVICE CODE 17", "--", "No")])),
        ("EVENTS", events(
            ("PATIENT BOLUS DENIED", "8410", "Aug 09 2025 19:40", "Information"),
            ("ERI OCCURRED", "8240", "Aug 11 2025 03:00", "Non-critical"),
            ("PERSONAL THERAPY MANAGER LINKED WITH PUMP BY CLINIC", "8499", "##", "Information"),
            ("TELEMETRY SESSION", "", "Aug 11 2025 14:02", "--"),
        )),
    )  # fmt: skip


LOG = (
    ("PATIENT BOLUS DENIED", "8410", "Information"), ("TELEMETRY SESSION", "8100", "Information"),
    ("PERSONAL THERAPY MANAGER LINKED WITH PUMP BY CLINIC", "8499", "Information"),
    ("PUMP ALARM", "8235", "Non-critical"), ("ALARM SILENCED", "8301", "Information"),
)  # fmt: skip


def long_log(rows: int = 500, total: int | None = 3) -> Report:
    """Scenario 10 after a long log: a stall that was over 26 hours later."""
    begun = datetime(2025, 1, 6, 8, 0)
    log = [
        (LOG[number % len(LOG)][0], LOG[number % len(LOG)][1], _time(begun + timedelta(minutes=350 * number)),
         LOG[number % len(LOG)][2])
        for number in range(rows - 2)
    ]  # fmt: skip
    stall = [
        ("MOTOR STALL OCCURRED", "8220", "May 10 2025 14:02", "Critical"),
        ("MOTOR STALL RECOVERY OCCURRED", "8221", "May 11 2025 16:02", "Information"),
    ]
    return case(
        ADA, ("JX500009", "40", "0.140"),
        session("May 11 2025 18:30", "May 11 2025 18:41", "0030", "Interrogate", "None"),
        ("PROGRAMMING", running("0.200", "400.0", "15.0", "2000")),
        NO_ALARM,
        ("EVENTS", events(*log, *stall)),
        total=total,
    )  # fmt: skip


def _time(at: datetime) -> str:
    months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    return f"{months[at.month - 1]} {at:%d %Y %H:%M}"


CASES: dict[str, tuple[Callable[[], Report], str]] = {
    "steady-state": (steady_state, "txt"),
    "milligrams": (milligrams, "txt"),
    "flex-refill": (flex_refill, "pdf"),
    "bridge": (bridge, "txt"),
    "implant-priming": (implant_priming, "txt"),
    "missed-refill": (missed_refill, "pdf"),
    "pending": (pending, "txt"),
    "cancelled": (cancelled, "txt"),
    "stopped": (stopped, "txt"),
    "clock-fold": (clock_fold, "txt"),
    "admixture": (admixture, "pdf"),
    "event-log": (long_log, "txt"),
    "event-log-pdf": (long_log, "pdf"),
}


def content_of(name: str) -> bytes:
    """The file of a case, made again."""
    make, suffix = CASES[name]
    text = make().text()
    return as_pdf(text) if suffix == "pdf" else text.encode()


def main(names: Sequence[str] = ()) -> None:
    """Write the files of the cases, and expected.json where there is none."""
    for name in names or CASES:
        folder, content = FOLDER / name, content_of(name)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"export.{CASES[name][1]}").write_bytes(content)
        expected = folder / "expected.json"
        if not expected.exists():
            (found,) = ADAPTER.read(content)
            expected.write_bytes(pretty(dump(found)))


if __name__ == "__main__":
    main()
