"""The log and the alarms of a simulated pump: numbered rows by the pump's own clock, some of them logged late.

Rows and boluses share one count, as in the pumps that number them. A row is numbered when the pump notices what it
tells of, which may be long after it happened; its time is when it happened, as the pump's clock then showed it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

CRITICAL, MINOR, INFORMATION = "critical", "non-critical", "information"

# code -> the words of the log and of the alarm (none: no alarm), and the severity
WORDS: dict[str, tuple[str, str, str]] = {
    "motor-stall": ("MOTOR STALL OCCURRED", "MOTOR STALL", CRITICAL),
    "motor-stall-recovered": ("MOTOR STALL RECOVERY OCCURRED", "", INFORMATION),
    "pump-stopped": ("PUMP STOPPED", "PUMP STOPPED OVER 48 HOURS", INFORMATION),
    "pump-started": ("PUMP STARTED", "", INFORMATION),
    "low-reservoir": ("LOW RESERVOIR OCCURRED", "LOW RESERVOIR", MINOR),
    "empty-reservoir": ("EMPTY RESERVOIR OCCURRED", "EMPTY RESERVOIR", CRITICAL),
    "eri-reached": ("ERI OCCURRED", "ERI", MINOR),
    "end-of-service": ("END OF SERVICE OCCURRED", "END OF SERVICE", CRITICAL),
    "low-battery-reset": ("LOW BATTERY RESET", "LOW BATTERY RESET", CRITICAL),
    "bolus-denied": ("PATIENT BOLUS DENIED", "", INFORMATION),
    "clock-changed": ("PUMP CLOCK CHANGED", "", INFORMATION),
    "mri-detected": ("MRI DETECTED", "", INFORMATION),
}
ROWS = 50
"""How many rows the pump keeps."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the log: its number, when by the pump's clock, and its code."""

    number: int
    shown: datetime
    code: str

    @property
    def words(self) -> str:
        """The words that are printed."""
        return WORDS[self.code][0]

    @property
    def severity(self) -> str:
        """How severe it is called."""
        return WORDS[self.code][2]


@dataclass(slots=True)
class Logbook:
    """The rows that the pump still holds, and the alarms in force by their codes."""

    last: int = 100
    rows: list[Row] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)

    def number(self) -> int:
        """The next number of the pump's own count."""
        self.last += 1
        return self.last

    def note(self, code: str, shown: datetime, *, alarm: bool = False) -> None:
        """Log a row, and raise its alarm."""
        self.rows = [*self.rows, Row(self.number(), shown, code)][-ROWS:]
        if alarm:
            self.raise_alarm(code)

    def raise_alarm(self, code: str) -> None:
        """An alarm is in force from here on."""
        if code not in self.alarms:
            self.alarms.append(code)

    def silence(self, *codes: str) -> None:
        """What raised these alarms is over."""
        self.alarms = [code for code in self.alarms if code not in codes]
