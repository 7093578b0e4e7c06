"""Short sessions of 2025 for tests of findings, each with what is asked about, and the findings of a code."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bridge.course.pages import Course
from bridge.course.remarks import Finding
from tests.course.building import continuous, course, every, export, found

SYNCHROMED = {"manufacturer": "Medtronic", "model": "8637-40", "serial": "TX000001"}
"""A real model, for what is known of its family; the serial is invented."""
AS_OF = datetime(2025, 12, 1, tzinfo=UTC)


def read(day: str, **parts: Any) -> dict[str, Any]:
    """An interrogation at 09:00 that finds the programme running and changes nothing."""
    return export(f"2025-{day}T09:00+00:00", parts.pop("state", found(continuous())), update="none", **parts)


def row(number: str, at: str, code: str, text: str = "") -> dict[str, Any]:
    """A row of the pump's log in 2025."""
    return {"number": number, "at": f"2025-{at}", "code": code, **({"text": text} if text else {})}


def life(*bodies: dict[str, Any]) -> Course:
    """The course of exports as of the end of 2025."""
    return course(*bodies, as_of=AS_OF)


def noticed_in(code: str, *bodies: dict[str, Any]) -> list[Finding]:
    """The findings of a code in the course of exports."""
    return [one for one in every(life(*bodies), Finding) if one.code == code]
