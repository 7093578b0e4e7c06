"""The numbers of the serial protocol that both ends share: kinds, sections, bits, error codes, fixed heads.

Source: docs/reference/serial-protocol.md, version 1. Pure data: nothing here writes a frame. Must not know what a
value means; the keys of a section's lines are the paths of the session format.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

VERSION = 1
MAX_LINE = 900  # bytes of one text line with its line end, so that any line fits any page
MAX_WINDOW = 16

# Big endian, without padding.
IDENTITY_HEAD = struct.Struct(">BBIIHIII")  # version, window, token, sections, events, oldest, newest, events CRC-32
SECTION_HEAD = struct.Struct(">IBHHI")  # token, code, page (from 0), pages, CRC-32 of the whole section
STATUS_BODY = struct.Struct(">IIIII")  # token, STATUS1, ALARM1, ALARM2, CRC-32 of these three
EVENTS_HEAD = struct.Struct(">IIIH")  # token, after, through, events in this page
CLOCKS_HEAD = struct.Struct(">II")  # token, CRC-32 of the lines
ERROR_HEAD = struct.Struct(">B")  # error code


class Ask(IntEnum):
    """The kinds of a request: all of them read, and there are no others."""

    IDENTIFY = 0x01
    READ_SECTION = 0x02
    READ_STATUS = 0x03
    READ_EVENTS = 0x04
    READ_CLOCKS = 0x05


class Answer(IntEnum):
    """The kinds of a response: that of the request with its highest bit set, or an error."""

    IDENTITY = 0x81
    SECTION = 0x82
    STATUS = 0x83
    EVENTS = 0x84
    CLOCKS = 0x85
    ERROR = 0xFF


class Fault(IntEnum):
    """Why a programmer does not answer a request."""

    NO_READING = 1
    STALE_TOKEN = 2
    NO_SUCH_SECTION = 3
    NO_SUCH_PAGE = 4
    BUSY = 5
    BAD_REQUEST = 6
    VERSION = 7
    UNKNOWN_KIND = 8


@dataclass(frozen=True, slots=True)
class SectionKind:
    """One section: its code, its name, the path of the session format under which its keys stand.

    `names` are the only first parts that a key may have; empty where every field of the path may be stated.
    """

    code: int
    name: str
    path: str
    names: tuple[str, ...] = ()


SECTIONS: tuple[SectionKind, ...] = (
    SectionKind(1, "interrogation", "", ("kind", "simulated")),
    SectionKind(2, "session", "session"),
    SectionKind(3, "pump", "pump"),
    SectionKind(4, "patient", "patient"),
    SectionKind(5, "catheter", "catheter"),
    SectionKind(6, "programmer", "programmer"),
    SectionKind(7, "states", "channels/1/states"),
    SectionKind(8, "reservoir", "channels/1/reservoir"),
    SectionKind(9, "refills", "channels/1/refills"),
    SectionKind(10, "boluses", "channels/1/boluses"),
    SectionKind(11, "patient_control", "channels/1/patient_control"),
    SectionKind(12, "alarms", "channels/1", ("alarm_status", "alarms")),
    SectionKind(13, "longevity", "longevity"),
)
SECTION_BY_CODE = {section.code: section for section in SECTIONS}
SECTION_BY_NAME = {section.name: section for section in SECTIONS}

EVENT_COLUMNS = ("number", "at", "code", "severity", "text")
IDENTITY_KEYS = ("manufacturer", "model", "serial")

# STATUS1: bit -> name. A clear bit states nothing.
STATUS_BITS = {0: "infusing", 1: "stopped", 2: "simulated", 3: "eri", 4: "end-of-service"}

# ALARM1: bit -> the alarm in force. ALARM2: the same bits, set where that alarm is silenced.
ALARM_BITS = {
    0: "motor-stall",
    1: "pump-stopped",
    2: "low-reservoir",
    3: "empty-reservoir",
    4: "eri-reached",
    5: "end-of-service",
    6: "memory-error",
    7: "low-battery-reset",
    8: "other",
}
