"""One chart's sheet of paper: who it is about, which pump, for which destination; makes keys, ids and references.

Promises: a reference is computed from a key, so it needs no resource at hand; none leads to a finding that this
destination does not get; the order of KINDS is the order of sending (what is referred to stands first); KINDS is the
one list of what a chart can hold.
"""

from __future__ import annotations

from datetime import date

from bridge.chart.elements import identifier, narrative, simulated_meta
from bridge.chart.resource import Binding, Resource, Trace
from bridge.errors import Bug
from bridge.fhir_json import Json, fixed
from bridge.identity import PumpIdentity, key, shared_key
from bridge.terms.findings import catalogue, entry

KINDS: dict[str, str] = {
    "pump": "Device",
    "catheter": "Device",
    "document": "DocumentReference",
    "implant": "Procedure",
    "explant": "Procedure",
    "use": "DeviceUseStatement",
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

BRIDGE_KEY = shared_key("bridge", "", "pumpbridge", "", "")
ORGANISATION_KEY = shared_key("organisation", "", "", "", "")


class Sheet:
    """What all resources of one chart share."""

    __slots__ = ("_references", "base", "binding", "bridge", "newer", "of_hospital", "pump", "subject")

    def __init__(
        self, binding: Binding, pump: PumpIdentity | None, newer: date | None = None, shared_pump: str = ""
    ) -> None:
        self.binding = binding
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

    def key(self, kind: str, discriminator: str = "") -> str:
        """The six-part key of one of this chart's resources."""
        return key(kind, self.binding.patient_key, self.pump, discriminator)

    def reference(self, kind: str, discriminator: str = "") -> Json:
        """The reference to one of this chart's resources; raises Bug for a kind that no chart holds."""
        found = self._references.get((kind, discriminator))
        if found is None:
            if kind not in KINDS:
                raise Bug(f"no resource of a chart is of kind {kind!r}")
            name = self.binding.namespace.id(self.key(kind, discriminator))
            found = self._references[kind, discriminator] = fixed({"reference": f"{KINDS[kind]}/{name}"})
        return found

    def finding(self, code: str, discriminator: str) -> Json | None:
        """The reference to a finding; None where the site switched it off, or keeps it from charts."""
        return self.reference(code, discriminator) if self.gets(code) else None

    def gets(self, code: str) -> bool:
        """Whether this destination gets findings of a code: those for the ward and the clinic."""
        return self.binding.audiences.get(code, entry(code).audience) in ("ward", "clinic")

    def shared(self, resource_type: str, shared: str) -> Json:
        """The reference to what several charts share, by its shared key."""
        return fixed({"reference": f"{resource_type}/{self.binding.namespace.id(shared)}"})

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
        """A resource: its own elements below what every resource has."""
        return bare(
            self.binding, KINDS[kind], self.key(kind, discriminator), page, text, body, rests_on, traces, identifiers
        )


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
    meta = {"meta": simulated_meta()} if binding.simulated else {}
    whole = {
        "resourceType": resource_type,
        "id": name,
        **meta,
        "text": narrative(text),
        "identifier": [identifier(binding.base, token), *identifiers],
        **body,
    }
    return Resource(resource_key, name, page, whole, rests_on, traces)
