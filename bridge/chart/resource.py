"""A resource that ought to exist at one destination, with where each of its values came from.

Promises: `body` is plain JSON with Decimals; `key` is the six-part key, `id` its opaque id; `traces` lead from an
element to a place in an export or to the arithmetic. Must not know courses or servers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from bridge.chart.capability import EVERYTHING, CapabilityPlan
from bridge.chart.dialect import Version
from bridge.fhir_json import Json
from bridge.identity import Namespace
from bridge.terms.findings import Moved


@dataclass(frozen=True, slots=True)
class Trace:
    """Where one element came from: a place in an export with its printed text, or the arithmetic of a derived value."""

    element: str
    export: str | None
    where: str
    text: str
    arithmetic: str | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a chart; `page` is the position of the course's page that it stands on."""

    key: str
    id: str
    page: str
    body: Json
    rests_on: tuple[str, ...] = ()
    traces: tuple[Trace, ...] = field(default=(), compare=False)

    @property
    def type(self) -> str:
        """The FHIR resource type."""
        return str(self.body["resourceType"])

    @property
    def reference(self) -> str:
        """The relative literal reference, Type/id."""
        return f"{self.type}/{self.id}"


@dataclass(frozen=True, slots=True)
class Centre:
    """The centre that looks after the pumps, as the site configured it."""

    name: str
    phone: str | None


@dataclass(frozen=True, slots=True)
class Binding:
    """What binds a course to one destination: the patient there, the site's names, and what that place takes.

    `base` is what the site's own identifier systems begin with. `patient` is the reference element that goes into every
    subject: {"reference": "Patient/…"} or an identifier-only reference. `pump` is the hospital's own Device of the pump
    (Device/id), or '' where ours is written. `mr_region` is whose MR labelling is told; '', each region's. `audiences`
    are the findings that the site moved. `attachment` gives the bytes of an export by SHA-256, or None where they are
    not to be sent. `dialect` is what a chart is there, `fhir` the version of FHIR that resources are spelled in; `zone`
    the site's IANA zone, for messages. `capability` is which types are sent there as they are;
    `profiles`, whether resources claim ours.
    """

    base: str
    namespace: Namespace
    centre: Centre
    patient: Json
    patient_key: str
    simulated: bool
    calculated: bool = True
    single_values: bool = True
    profiles: bool = False
    open_segment: bool = True
    pump: str = ""
    mr_region: str = ""
    dialect: Literal["fhir", "hl7v2"] = "fhir"
    fhir: Version = "R4"
    zone: str = "UTC"
    audiences: Moved = field(default_factory=dict)
    capability: CapabilityPlan = EVERYTHING
    attachment: Callable[[str], bytes | None] = lambda sha256: None
