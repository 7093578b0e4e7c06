"""The capability plan of a destination: which types of a chart are sent as they are, told as another type, or left out.

1. It is a pure function of which types can be created and updated there; a chart is one of its course and its binding.
2. A type that can be created but not updated is not taken: what was told there could be neither amended nor taken back.
3. What is told as another type has a key of its own (`delivery-as-observation`), so that a server that takes more one
   day gets the other resource and has this one retracted.
4. What is not sent is never referred to by a literal reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

# In order of preference, the types that can tell what one type says; a type that is not here is left out at once.
_TELL: dict[str, tuple[str, ...]] = {
    "Device": (),
    "Organization": (),
    "DocumentReference": (),
    "Medication": (),
    "Observation": (),
    "Procedure": ("Observation",),
    "DeviceUseStatement": ("Procedure", "Observation"),
    "DeviceUsage": ("Procedure", "Observation"),
    "DeviceAssociation": (),
    "MedicationRequest": ("Observation",),
    "MedicationAdministration": ("Observation",),
    "DetectedIssue": ("Observation",),
    "Flag": ("Communication", "Observation"),
    "Provenance": (),
}
_LOST: dict[str, str] = {
    "Device": "manufacturer, model and serial number stand where the pump is referred to; the summary says more of it",
    "DeviceAssociation": "the use of the pump and its implant say whose it is",
    "Organization": "only what is left out too refers to it",
    "DocumentReference": "values are traced in the bridge alone (`pumpbridge explain`)",
    "Medication": "the drug stands in words where it is given, filled in or programmed, and in the summary",
    "Provenance": "values name the report that they come from; who decided what is kept in the bridge's store",
}
_NOT_IN: dict[str, frozenset[str]] = {  # in R5 a Communication takes no words, only concepts and references
    "R4": frozenset(("DeviceUsage", "DeviceAssociation")),
    "R5": frozenset(("DeviceUseStatement", "Communication")),
}
_NOTHING = "nothing else there can tell it"
TYPES = frozenset((*_TELL, "Communication"))
"""Every type that a capability plan asks about."""


@dataclass(frozen=True, slots=True)
class Departure:
    """One type that is not sent as it is: the type that tells it there ('' where none does), why, and what is left."""

    type: str
    instead: str
    because: str
    left: str = ""

    def __str__(self) -> str:
        if self.instead:
            return f"{self.type} is told as {self.instead}: {self.because}"
        return f"{self.type} is left out: {self.because}; {self.left}"


@dataclass(frozen=True)
class CapabilityPlan:
    """What departs from sending everything as it is."""

    departures: tuple[Departure, ...] = ()

    @cached_property
    def _instead(self) -> dict[str, str]:
        return {one.type: one.instead for one in self.departures}

    def told_as(self, resource_type: str) -> str:
        """The type that tells what is of a type: itself, another one, or '' where it is left out."""
        return self._instead.get(resource_type, resource_type)

    @property
    def tells_nothing(self) -> bool:
        """Whether nothing of a chart arrives in any form."""
        left_out = {one.type for one in self.departures if not one.instead}
        return left_out >= _TELL.keys() - _NOT_IN["R4"] or left_out >= _TELL.keys() - _NOT_IN["R5"]

    def sends(self, resource_type: str) -> bool:
        """Whether a type is sent as it is."""
        return resource_type not in self._instead


EVERYTHING = CapabilityPlan()
"""The plan of a destination that takes every type."""


def decided(created: Iterable[str], updated: Iterable[str], fhir: str = "R4") -> CapabilityPlan:
    """The plan for a destination of a FHIR version where these types can be created and those updated."""
    creatable, updatable = frozenset(created) - _NOT_IN[fhir], frozenset(updated) - _NOT_IN[fhir]
    return CapabilityPlan(tuple(_departures(creatable, updatable, _NOT_IN[fhir])))


def _departures(created: frozenset[str], updated: frozenset[str], never: frozenset[str]) -> Iterator[Departure]:
    taken = created & updated
    for kind, others in _TELL.items():
        if kind in taken or kind in never:
            continue
        instead = next((other for other in others if other in taken), "")
        left = "" if instead else _LOST.get(kind, _NOTHING)
        yield Departure(kind, instead, _because(kind, created, updated), left)


def _because(kind: str, created: frozenset[str], updated: frozenset[str]) -> str:
    if kind in created and kind not in updated:
        return "it can be created there but not updated, so that it could be neither amended nor taken back"
    if kind in updated:
        return "it can be updated there but not created"
    return "the server does not take it"
