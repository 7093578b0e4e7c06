"""A programmer of the tests: holds one reading and answers a request frame with response frames, as the document says.

It has an encoder of its own, written from docs/reference/serial-protocol.md and from nothing else.
"""

from __future__ import annotations

import binascii
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

CODES = {
    "interrogation": 1, "session": 2, "pump": 3, "patient": 4, "catheter": 5, "programmer": 6, "states": 7,
    "reservoir": 8, "refills": 9, "boluses": 10, "patient_control": 11, "alarms": 12, "longevity": 13,
}  # fmt: skip
PAGE = 1_024


def frame(sequence: int, kind: int, payload: bytes) -> bytes:
    body = struct.pack(">HBB", len(payload), sequence, kind) + payload
    return b"\xa5\x5a" + body + struct.pack(">H", binascii.crc_hqx(body, 0xFFFF))


def lines(*rows: str) -> list[bytes]:
    """Rows with blanks round a bar between their cells, as lines of a section."""
    return ["\t".join(cell.strip() for cell in row.split("|")).encode() + b"\n" for row in rows]


PUMP = ("manufacturer | Invented Pumps", "model | IP-40", "serial | JX300099")
SECTIONS: dict[str, tuple[str, ...]] = {
    "interrogation": ("kind | session", "simulated | true"),
    "session": ("start | 2025-06-02T09:00+01:00", "end | 2025-06-02T09:10+01:00", "number | 41", "type | refill"),
    "pump": (*PUMP, "capacity | 40.0 | mL"),
    "patient": ("identifier | 0071234", "system | MRN", "family | Sample", "given | Robin"),
    "catheter": ("model | IC-90", "length | 81.4 | cm", "volume | 0.179 | mL", "tip | T10"),
    "programmer": ("manufacturer | Invented Pumps", "model | PG-1", "serial | PX100007", "software | 3.2"),
    "states": (
        "1/tag | as-left", "1/at | 2025-06-02T09:10+01:00", "1/infusing | true", "1/volume | 40.00 | mL | calculated",
        "1/programme/mode | simple-continuous", "1/programme/flow | 0.200 | mL/day",
        "1/programme/doses/1/drug | Baclofen", "1/programme/doses/1/daily | 400.00 | mcg/day",
        "1/drugs/1/name | Baclofen", "1/drugs/1/concentration | 2000.0 | mcg/mL",
    ),
    "reservoir": ("alarm_volume | 2.00 | mL", "low_date | 2025-12-09"),
    "refills": ("1/filled_at | 2025-06-02T09:06+01:00", "1/expected | 4.18 | mL | calculated",
                "1/aspirated | 4.3 | mL | aspirated", "1/filled | 40.0 | mL"),
    "boluses": ("1/kind | clinician", "1/number | 7", "1/start | 2025-05-01T10:00", "1/dose | 25.00 | mcg"),
    "patient_control": ("dose | 10.0 | mcg", "per_day | 4"),
    "alarms": ("alarm_status | active", "alarms/1/code | low-reservoir", "alarms/1/severity | non-critical"),
    "longevity": ("months_to_eri | 31 | months | | <",),
}  # fmt: skip
CLOCKS = ("pump | 2025-06-02T08:58", "programmer | 2025-06-02T09:00+01:00", "zone | Europe/London")
EVENTS = ("0001 | 2025-05-30T08:12 | low-reservoir | non-critical | LOW RESERVOIR", "0002 | 2025-06-02T09:00 | other")


def log(count: int, first: int = 1) -> tuple[str, ...]:
    """An event log of so many rows."""
    return tuple(
        f"{number:05} | 2025-05-{number % 28 + 1:02}T{number % 24:02}:{number % 60:02} | other | information"
        f" | PATIENT BOLUS {'GIVEN' if number % 3 else 'REQUEST OVER LIMIT'} {number}"
        for number in range(first, first + count)
    )


@dataclass
class Reading:
    """What the programmer holds."""

    token: int = 0x5EED0001
    sections: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict(SECTIONS))
    events: Sequence[str] = EVENTS
    clocks: tuple[str, ...] = CLOCKS
    words: tuple[int, int, int] = (0b101, 0b100, 0)
    identity: tuple[str, ...] = PUMP
    window: int = 4
    page: int = PAGE

    def __post_init__(self) -> None:
        self._log = [(int(row.split("|")[0]), line) for row, line in zip(self.events, lines(*self.events), strict=True)]
        self._pages = {CODES[name]: self._paged(lines(*rows)) for name, rows in self.sections.items()}

    def _paged(self, rows: list[bytes]) -> list[bytes]:
        pages = [b""]
        for row in rows:
            if len(pages[-1]) + len(row) > self.page - 13:
                pages.append(b"")
            pages[-1] += row
        return pages

    def answer(self, request: bytes) -> bytes:
        """The response frame to a whole request frame."""
        sequence, kind = request[4], request[5]
        payload = request[6:-2]
        if kind == 1:
            return frame(sequence, 0x81, self.identified())
        if struct.unpack(">I", payload[:4])[0] != self.token:
            return error(sequence, 2)
        if kind == 2:
            return self._section(sequence, *struct.unpack(">BH", payload[4:]))
        if kind == 3:
            words = struct.pack(">III", *self.words)
            return frame(sequence, 0x83, struct.pack(">I", self.token) + words + struct.pack(">I", zlib.crc32(words)))
        if kind == 4:
            return frame(sequence, 0x84, self.page_of_events(*struct.unpack(">IH", payload[4:])))
        if kind == 5:
            text = b"".join(lines(*self.clocks))
            return frame(sequence, 0x85, struct.pack(">II", self.token, zlib.crc32(text)) + text)
        return error(sequence, 8)

    def identified(self) -> bytes:
        held = sum(1 << CODES[name] for name in self.sections)
        numbers = [number for number, _ in self._log] or [0]
        crc = zlib.crc32(b"".join(line for _, line in self._log))
        head = struct.pack(">BBIIHIII", 1, self.window, self.token, held, len(self._log), numbers[0], numbers[-1], crc)
        return head + b"".join(lines(*self.identity))

    def _section(self, sequence: int, code: int, page: int) -> bytes:
        pages = self._pages.get(code)
        if pages is None or page >= len(pages):
            return error(sequence, 3 if pages is None else 4)
        head = struct.pack(">IBHHI", self.token, code, page, len(pages), zlib.crc32(b"".join(pages)))
        return frame(sequence, 0x82, head + pages[page])

    def page_of_events(self, after: int, count: int) -> bytes:
        through = after + count
        rows: list[bytes] = []
        for number, line in self._log:
            if after < number <= after + count:
                if sum(map(len, rows)) + len(line) > self.page - 14:
                    through = number - 1
                    break
                rows.append(line)
        return struct.pack(">IIIH", self.token, after, through, len(rows)) + b"".join(rows)


def error(sequence: int, code: int) -> bytes:
    return frame(sequence, 0xFF, bytes((code,)) + b"no")


def requests_in(buffer: bytearray) -> list[bytes]:
    """Takes the whole request frames from a buffer; a programmer does not answer anything else."""
    found = []
    while (start := buffer.find(b"\xa5\x5a")) >= 0:
        del buffer[:start]
        if len(buffer) < 6 or len(buffer) < (size := 8 + struct.unpack(">H", buffer[2:4])[0]):
            break
        found.append(bytes(buffer[:size]))
        del buffer[:size]
    return found
