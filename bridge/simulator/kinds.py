"""The kinds of pumps that can be simulated: who makes them, what is fixed in them, and which exports tell of them.

Model numbers, sizes and tubing volumes are those that are public for the family (bridge/families); serials, people and
programmers' serials are invented. Volumes in mL, flows in mL a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

SESSIONS = ("session_json", "session_csv", "session_xml")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of pump; `formats` are the names of the adapters that read its exports."""

    name: str
    manufacturer: str
    model: str
    capacity: Decimal
    tubing: Decimal
    alarm_volume: Decimal
    programmer: tuple[str, str, str]
    serials: str
    formats: tuple[str, ...]
    volume: str = "calculated"
    set_flow: Decimal | None = None
    bridges: bool = False

    @property
    def telemetry(self) -> bool:
        """Whether there is anything to interrogate."""
        return self.set_flow is None


def _synchromed(size: str) -> Kind:
    return Kind(
        f"synchromed-{size}", "Medtronic", f"8637-{size}", Decimal(size), Decimal("0.140"), Decimal("2.0"),
        ("Medtronic", "A810", "A810 2.0.1"), "JX", (*SESSIONS, "synchromed_report"), bridges=True,
    )  # fmt: skip


def _medstream(size: str, model: str) -> Kind:
    return Kind(
        f"medstream-{size}", "Codman", model, Decimal(size), Decimal("0.150"), Decimal("3.0"),
        ("Codman", "", "1.4"), "MSX", ("medstream_report",), volume="sensed",
    )  # fmt: skip


KINDS = {
    kind.name: kind
    for kind in (
        _synchromed("20"),
        _synchromed("40"),
        Kind(
            "prometra-20", "Flowonix", "13827", Decimal(20), Decimal("0.110"), Decimal("1.0"),
            ("Flowonix", "13828", "2.01"), "PRX", ("prometra_inquiry",),
        ),
        _medstream("20", "91-4200"),
        _medstream("40", "91-4201"),
        Kind(
            "constant-flow-20", "Tricumed", "ARCHIMEDES-20", Decimal(20), Decimal("0.120"), Decimal(0),
            ("", "", ""), "TCX", ("constant_flow_sheet",), set_flow=Decimal("0.5"),
        ),
    )
}  # fmt: skip
FORMATS = tuple(dict.fromkeys(name for kind in KINDS.values() for name in kind.formats))
"""Every format that an export of a simulated pump can have, by the name of its adapter."""


@dataclass(frozen=True, slots=True)
class Person:
    """An invented patient."""

    identifier: str
    family: str
    given: str
    born: str
    system: str = "MRN"


@dataclass(frozen=True, slots=True)
class Identity:
    """Which pump, catheter and programmer, and whose."""

    kind: Kind
    serial: str
    catheter_serial: str
    programmer_serial: str
    person: Person
