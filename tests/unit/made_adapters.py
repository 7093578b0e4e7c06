"""Small adapters of the tests' own: a JSON of a few fields, and ones that misbehave."""

from __future__ import annotations

import json
from datetime import datetime

from bridge.adapter import Hint
from bridge.errors import ExportError
from bridge.identity import PumpIdentity
from bridge.interrogation import Clocks, Interrogation, Moment, PatientStated, Programmer, Pump, Reading, Session


def said(text: str | None) -> Reading[str] | None:
    """A stated text, or absent."""
    return None if text is None else Reading(text or None, text or "?", "/invented")


def made(fields: dict[str, str | None]) -> Interrogation:
    """An interrogation from a few fields; an empty text is an unreadable one."""
    start = fields.get("start") or "2025-05-12 10:00"
    programmer = Programmer(model=said("CP-1"), serial=said(fields["programmer"])) if "programmer" in fields else None
    return Interrogation(
        session=Session(start=Reading(Moment(datetime.fromisoformat(start), "minute"), start, "/start")),
        clocks=Clocks(zone=said(fields.get("zone"))),
        patient=PatientStated(identifier=said(fields.get("patient")), system=said(fields.get("label"))),
        pump=Pump(
            manufacturer=said("Invented Pumps"), model=said("IP-40"), serial=said(fields.get("serial", "ZX000417"))
        ),
        programmer=programmer,
    )


class Plain:
    """Reads `PLAIN {json}`: an object of texts, or a list of them for several interrogations."""

    name = "plain"
    version = "1"
    media_type = "application/json"

    def recognises(self, content: bytes) -> bool:
        """By its first word."""
        return content.startswith(b"PLAIN ")

    def read(self, content: bytes) -> tuple[Interrogation, ...]:
        """The interrogations; refuses what has no serial."""
        rows = json.loads(content[6:])
        rows = rows if isinstance(rows, list) else [rows]
        if any("refuse" in row for row in rows):
            raise ExportError("no unit", code="unit-missing", where="/pump/capacity", remedy="export it again")
        return tuple(made(row) for row in rows)

    def hint(self, content: bytes) -> Hint | None:
        """The pump, where the text says that there is one."""
        if b"ZX000417" not in content:
            return None
        return Hint(PumpIdentity("Invented Pumps", "IP-40", "ZX000417"), datetime(2025, 5, 12, 10))


class Greedy(Plain):
    """Recognises what Plain recognises."""

    name = "greedy"


class Broken(Plain):
    """Fails in every way, with a patient in its error text."""

    name = "broken"

    def recognises(self, content: bytes) -> bool:
        """By its first word."""
        return content.startswith(b"BROKEN")

    def read(self, content: bytes) -> tuple[Interrogation, ...]:
        """Nothing, or an error that quotes the patient."""
        if content.startswith(b"BROKEN EMPTY"):
            return ()
        raise KeyError("Ada Testperson 0048213")

    def hint(self, content: bytes) -> Hint | None:
        """Fails too."""
        raise RecursionError("Ada Testperson 0048213")
