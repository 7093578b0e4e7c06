"""The readings behind fixtures/serial_capture, and how their files are written: `python -m tests.capture.cases`.

Invented people and serials; volumes, flows, doses and dates agree with each other.
"""

from __future__ import annotations

from pathlib import Path

from adapters.serial_capture import ADAPTER
from bridge.interrogation import dump
from tests.adapters.sessions import pretty
from tests.capture.answering import PUMP, SECTIONS, Reading
from tests.capture.transcripts import written

FOLDER = Path(__file__).parents[2] / "fixtures" / "serial_capture"
MAKER = PUMP[:2]

# 1.86 mL at the refill, 0.200 mL a day: 2.00 mL were reached 0.7 days before.
REFILL = Reading(
    sections={
        **SECTIONS,
        "pump": (*MAKER, "serial | JX300101", "firmware | 2.04", "capacity | 40.0 | mL", "implanted | 2021-03-16"),
        "patient": ("identifier | 0072001", "system | MRN", "family | Capture", "given | Ida",
                    "birth_date | 1961-07-09"),
        "refills": (
            "1/aspirated_at | 2025-06-02T09:04+01:00", "1/filled_at | 2025-06-02T09:06+01:00",
            "1/expected | 1.86 | mL | calculated", "1/aspirated | 1.9 | mL | aspirated", "1/filled | 40.0 | mL | typed",
            "1/drugs/1/name | Baclofen", "1/drugs/1/concentration | 2000.0 | mcg/mL", "1/drugs/1/lot | L2291",
        ),
        "alarms": ("alarm_status | none",),
        "reservoir": ("alarm_volume | 2.00 | mL", "low_date | 2025-12-09", "refill_by | 2025-12-02"),
    },
    identity=(*MAKER, "serial | JX300101"),
    words=(0b101, 0, 0),
    events=(
        "0211 | 2025-06-01T16:12 | low-reservoir | non-critical | LOW RESERVOIR 2.00 mL",
        "0212 | 2025-06-02T09:01 | alarm-silenced | information | ALARM SILENCED BY PROGRAMMER",
    ),
)  # fmt: skip

STALLED = Reading(
    token=0x21C0FFEE,
    sections={
        "session": ("start | 2025-06-17T14:20+01:00", "type | interrogation", "update | none"),
        "pump": (*MAKER, "serial | JX300102"),
        "patient": ("identifier | 0072002", "system | MRN", "family | Words", "given | Otto"),
        "states": (
            "1/tag | as-found", "1/volume | 22.6 | mL | calculated", "1/programme/mode | simple-continuous",
            "1/programme/flow | 0.180 | mL/day", "1/programme/doses/1/drug | Morphine",
            "1/programme/doses/1/daily | 4.50 | mg/day", "1/drugs/1/name | Morphine",
            "1/drugs/1/concentration | 25.0 | mg/mL",
        ),
    },
    identity=(*MAKER, "serial | JX300102"),
    words=(0b110, 0b1, 0b1),
    clocks=("pump | 2025-06-17T14:19", "programmer | 2025-06-17T14:20+01:00"),
    events=("0040 | 2025-06-17T11:47 | motor-stall | critical | MOTOR STALL OCCURRED",),
)  # fmt: skip

DENIED = tuple(
    f"{99 + day:04} | 2025-05-{day:02}T21:0{day % 10} | bolus-denied | information | LOCKOUT {day}"
    for day in range(1, 29)
)
LONG = Reading(
    token=0x00000007,
    page=320,
    window=2,
    sections={**REFILL.sections, "pump": (*MAKER, "serial | JX300103"), "patient": (
        "identifier | 0072003", "system | MRN", "family | Logbook", "given | Ulla")},
    identity=(*MAKER, "serial | JX300103"),
    words=(0b101, 0, 0),
    events=(*DENIED, *REFILL.events),
)  # fmt: skip

CASES = {
    "refill": (REFILL, b""),
    "stalled-by-words": (STALLED, b""),
    "noisy-long-log": (LONG, b"\x00\xff\xa5\x5a\x00"),
}


def contents(name: str) -> tuple[bytes, bytes]:
    """The transcript of a case, and what it is read as."""
    reading, noise = CASES[name]
    content = written(reading, noise=noise)
    (found,) = ADAPTER.read(content)
    return content, pretty(dump(found))


if __name__ == "__main__":
    for case in CASES:
        (FOLDER / case).mkdir(parents=True, exist_ok=True)
        for file, text in zip(("export.txt", "expected.json"), contents(case), strict=True):
            (FOLDER / case / file).write_bytes(text)
