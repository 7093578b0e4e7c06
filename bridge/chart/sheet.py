"""One chart's sheet of paper: who it is about, which pump, for which destination; makes keys, ids and references.

Promises: a reference is computed from a key, so it needs no resource at hand; none leads to a finding that this
destination does not get, and what it does not take is named by identifier and words (capability.py); the order of
KINDS is the order of sending (what is referred to stands first); KINDS is the one list of what a chart can hold, each
kind with one resource type: what is another type in R5 is another kind there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from bridge.chart import unsent
from bridge.chart.dialect import DIALECTS
from bridge.chart.elements import identifier, narrative, simulated_meta
from bridge.chart.resource import Binding, Resource, Trace
from bridge.errors import Bug
from bridge.fhir_json import Json, fixed
from bridge.identity import PumpIdentity, key, shared_key
from bridge.terms.findings import catalogue, entry
from fhir_profiles.claims import profile_of

KINDS: dict[str, str] = {
    "pump": "Device",
    "catheter": "Device",
    "association": "DeviceAssociation",
    "document": "DocumentReference",
    "implant": "Procedure",
    "explant": "Procedure",
    "use": "DeviceUseStatement",
    "usage": "DeviceUsage",
    "drug": "Medication",
    "fill": "Procedure",
    "programming": "Procedure",
    "programme": "MedicationRequest",
    "delivery": "MedicationAdministration",
    "bolus": "MedicationAdministration",
    "reservoir-volume": "Observation",
    "programmed-daily-dose": "Observation",
    "low-reservoir-date": "Observation",
    "months-to-eri": "Observation",
    "reservoir-volume-expected": "Observation",
    "reservoir-volume-aspirated": "Observation",
    "fill-volume": "Observation",
    "delivered-ratio": "Observation",
    "priming-volume": "Observation",
    "delivery-dose": "Observation",
    "bolus-dose": "Observation",
    "bridge-volume": "Observation",
    "bridge-accounted": "Observation",
    "infusion-reading": "Observation",
    "infusing-status": "Observation",
    "alarm-event": "Observation",
    "dose-not-delivered": "Observation",
    "reservoir-volume-derived": "Observation",
    "low-reservoir-date-derived": "Observation",
    "empty-date-derived": "Observation",
    "refill-by-derived": "Observation",
    "observed-flow": "Observation",
    "observed-daily-dose": "Observation",
    "summary": "Observation",
    **dict.fromkeys(catalogue(), "DetectedIssue"),
    "alarm-flag": "Flag",
    "finding-flag": "Flag",
    "pump-present": "Flag",
    "amendment": "DetectedIssue",
    "plan": "Provenance",
}
RANK = {kind: rank for rank, kind in enumerate(KINDS)}

_TOLD_AS = "-as-"

BRIDGE_KEY = shared_key("bridge", "", "pumpbridge", "", "")
ORGANISATION_KEY = shared_key("organisation", "", "", "", "")


class Sheet:
    """What all resources of one chart share."""

    __slots__ = ("_references", "base", "binding", "bridge", "dialect", "newer", "of_hospital", "pump", "subject")

    def __init__(
        self, binding: Binding, pump: PumpIdentity | None, newer: date | None = None, shared_pump: str = ""
    ) -> None:
        self.binding = binding
        self.dialect = DIALECTS[binding.fhir]
        self.pump = pump
        self.newer = newer  # the day on which a pump was implanted that is most likely there instead of this one
        self.of_hospital = bool(shared_pump)
        self.base = binding.base
        self.subject = fixed(binding.patient)
        self._references: dict[tuple[str, str], Json] = {}
        if binding.pump:
            self._references["pump", ""] = fixed({"reference": binding.pump})
        elif shared_pump:  # the key of a hospital pump's Device, which several patients' charts refer to
            self._references["pump", ""] = self.shared("Device", shared_pump)
        self.bridge = self.shared("Device", BRIDGE_KEY)

    def told_as(self, kind: str) -> str:
        """The type that tells what is of a kind at this destination; '' where it is left out."""
        return self.binding.capability.told_as(KINDS[kind])

    def sends(self, kind: str) -> bool:
        """Whether what is of a kind is sent as it is."""
        return self.binding.capability.sends(KINDS[kind])

    def key(self, kind: str, discriminator: str = "") -> str:
        """The six-part key of one of this chart's resources; what is told as another type has one of its own."""
        told = kind if self.sends(kind) else f"{kind}{_TOLD_AS}{self.told_as(kind).lower()}"
        return key(told, self.binding.patient_key, self.pump, discriminator)

    def reference(self, kind: str, discriminator: str = "") -> Json:
        """The reference to one of this chart's resources; raises Bug for a kind that no chart holds."""
        found = self._references.get((kind, discriminator))
        if found is None:
            if kind not in KINDS:
                raise Bug(f"no resource of a chart is of kind {kind!r}")
            found = self._references[kind, discriminator] = self._reference(kind, discriminator)
        return found

    def _reference(self, kind: str, discriminator: str) -> Json:
        told_as, resource_key = self.told_as(kind), self.key(kind, discriminator)
        if told_as:
            return fixed({"reference": f"{told_as}/{self.binding.namespace.id(resource_key)}"})
        if kind == "pump" and self.pump is not None:
            return unsent.pump(self.binding, self.pump)
        if kind == "document":
            return unsent.document(self.binding, discriminator)
        return unsent.other(self.binding, KINDS[kind], resource_key, kind.replace("-", " "))

    def finding(self, code: str, discriminator: str) -> Json | None:
        """The reference to a finding; None where the site switched it off, keeps it from charts, or it is left out."""
        return self.reference(code, discriminator) if self.gets(code) and self.told_as(code) else None

    def gets(self, code: str) -> bool:
        """Whether this destination gets findings of a code: those for the ward and the clinic."""
        return self.binding.audiences.get(code, entry(code).audience) in ("ward", "clinic")

    def shared(self, resource_type: str, shared: str) -> Json:
        """The reference to what several charts share, by its shared key."""
        if not self.binding.capability.sends(resource_type):
            return unsent.shared(self.binding, resource_type, shared)
        return fixed({"reference": f"{resource_type}/{self.binding.namespace.id(shared)}"})

    def cited(self, exports: Iterable[str], *, always: bool = False) -> list[Json]:
        """The exports that a value comes from, where no Provenance can say so; messages have no DocumentReference."""
        if self.binding.capability.sends("Provenance") and not always:
            return []
        if self.of_hospital:
            return [unsent.document(self.binding, sha256, "Message of the infusion pump") for sha256 in exports]
        return [self.reference("document", sha256) for sha256 in exports]

    def resource(
        self,
        kind: str,
        discriminator: str,
        page: str,
        text: str,
        body: Json,
        *,
        rests_on: tuple[str, ...] = (),
        traces: tuple[Trace, ...] = (),
        identifiers: tuple[Json, ...] = (),
    ) -> Resource:
        """A resource: its own elements below what every resource has; one that is left out has its own type."""
        told_as = self.told_as(kind) or KINDS[kind]
        return bare(
            self.binding, told_as, self.key(kind, discriminator), page, text, body, rests_on, traces, identifiers
        )


def kind_of(resource_key: str) -> str:
    """The kind in a key, whatever type tells it."""
    return resource_key.partition("|")[0].partition(_TOLD_AS)[0]


def marks(binding: Binding, resource_type: str, body: Json) -> Json:
    """What is said of a resource as such: that its data is invented; which profile it claims, where that is wanted."""
    claim = profile_of({"resourceType": resource_type, **body}) if binding.profiles else None
    return {**(simulated_meta() if binding.simulated else {}), **({"profile": [claim]} if claim else {})}


def bare(
    binding: Binding,
    resource_type: str,
    resource_key: str,
    page: str,
    text: str,
    body: Json,
    rests_on: tuple[str, ...] = (),
    traces: tuple[Trace, ...] = (),
    identifiers: tuple[Json, ...] = (),
) -> Resource:
    """A resource by its key: type, id, marks of simulated data, narrative and our identifier, then its elements."""
    token = binding.namespace.token(resource_key)
    name = f"{binding.namespace.prefix}-{token}"
    meta = marks(binding, resource_type, body)
    whole = {
        "resourceType": resource_type,
        "id": name,
        **({"meta": meta} if meta else {}),
        "text": narrative(text),
        "identifier": [identifier(binding.base, token), *identifiers],
        **body,
    }
    return Resource(resource_key, name, page, whole, rests_on, traces)
