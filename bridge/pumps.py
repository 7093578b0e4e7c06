"""Which Device a pump is at one destination: the hospital's own where exactly one is found, else ours.

Resolved again at each plan, as the patient is, and part of the text that a stored plan is compared by. Real pumps only:
simulated data never refers to a Device of the hospital's. Source: a Device of theirs is referenced, never written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from bridge import patients
from bridge.chart.udi import carrier
from bridge.charting import folded
from bridge.course.facts import PumpFact
from bridge.destinations.protocol import Destination, PumpSought
from bridge.errors import ParkedError
from bridge.patients import Linked
from bridge.place import Place
from bridge.store.protocol import OPEN_PAGE, CourseRow, Store

_OWN = 'or set devices = "own"'
_WHY = {
    "many": ("device-ambiguous", "more than one Device there can be this pump", "have the duplicates removed"),
    "contradicts": (
        "device-ambiguous",
        "the Device with this serial number or UDI there is not surely this pump: its manufacturer, model, serial "
        "number or patient contradicts, or it states too little",
        "have that record corrected",
    ),
    "unsearchable": (
        "device-not-searchable",
        "the destination offers no search of Device by identifier, serial-number, udi-carrier or udi-di",
        "have one offered",
    ),
}
ASKED_AGAIN = patients.ASKED_AGAIN | {code for code, _, _ in _WHY.values()}
"""Codes that may have passed by themselves: whoever keeps patients or Devices there may have acted."""

_BOTH = re.compile(r"(?P<patient>.*) (?P<pump>Device/[A-Za-z0-9\-.]{1,64})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Bound(Linked):
    """The patient of a course and, where it stands for ours, the hospital's Device of its pump (Device/id)."""

    pump: str = ""


def bound(
    linked: Linked, row: CourseRow, place: Place, destination: Destination, store: Store, as_of: datetime
) -> Bound:
    """The patient as linked, and the pump; raises ParkedError where it cannot be told which Device is the pump."""
    pump = ""
    if place.devices == "match" and row.live and not row.simulated:
        pump = _theirs(_sought(linked, row, place, store, as_of), destination)
    return Bound(linked.element, f"{linked.text} {pump}".rstrip(), linked.found, pump)


def parted(text: str) -> tuple[str, str]:
    """The patient and the pump ('' where it is ours) of the text of what a course was bound to."""
    both = _BOTH.fullmatch(text)
    return (both["patient"], both["pump"]) if both else (text, "")


def _sought(linked: Linked, row: CourseRow, place: Place, store: Store, as_of: datetime) -> PumpSought:
    """The pump with the UDI that the newest exports state; only the course's tail is folded for it."""
    done, _ = folded(store, row, OPEN_PAGE, as_of, place.fold)
    fact = next((fact for fact in done.course.pages[-1].facts if isinstance(fact, PumpFact)), None)
    udi = (fact.udi.reading.value or "") if fact is not None and fact.udi is not None else ""
    printed = carrier("", udi, row.pump.serial).elements.get("udiCarrier", [{}])
    return PumpSought(
        row.pump.manufacturer, row.pump.model, row.pump.serial, udi, printed[0].get("deviceIdentifier", ""),
        str(linked.element.get("reference", "")),
    )  # fmt: skip


def _theirs(sought: PumpSought, destination: Destination) -> str:
    found = destination.find_pump(sought)
    if found.status in _WHY:
        code, why, remedy = _WHY[found.status]
        raise ParkedError(why, code=code, remedy=f"{remedy}, then `pumpbridge parked retry`; {_OWN}")
    return found.reference
