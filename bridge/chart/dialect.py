"""How the versions of FHIR spell a chart: what R4 and R5 spell differently, and nothing else (r4.py, r5.py).

Promises: a writer says what it means and asks the sheet's dialect how that is spelled, at the place where it is
written; no JSON of one version is ever made into that of another. What both versions spell alike stands in the
writers alone. Source: the StructureDefinitions of 4.0.1 and 5.0.0, docs/decisions.md.
"""

from __future__ import annotations

from typing import Literal, Protocol

from bridge.chart import r4, r5
from bridge.fhir_json import Json

Version = Literal["R4", "R5"]


class Dialect(Protocol):
    """Names of elements (in capitals), and elements made of what they hold."""

    USE: str
    """The kind of the resource that says that a patient has a pump."""
    USER: str
    """The element of it that names the patient."""
    ASSOCIATES: bool
    """Whether a Device cannot name its patient, so that a resource of its own does."""
    GIVEN: str
    """When an administration was."""
    DONE: str
    """When a Procedure was, at one time."""
    CONCERNED: str
    """Whose a DetectedIssue is."""
    AS_NEEDED: str
    """That a dosage is on request."""
    MEDICATION: str
    """The drug of an administration or request where it is named in words."""
    INGREDIENT: str
    """What an ingredient is."""
    STRENGTH: str
    """An ingredient's strength as a ratio."""
    COMMUNITY: str
    """The concept that says that a pump gave it at home."""
    INPATIENT: str
    """The concept that says that it was given in a hospital."""
    QUANTITY: str
    """A quantity that a Device's property has."""
    CODE: str
    """A concept that a Device's property has."""

    def several(self, concept: Json) -> Json | list[Json]:
        """A concept, where R5 takes several."""
        ...

    def referred(self, reference: Json) -> Json:
        """A reference, where R5 takes a concept too."""
        ...

    def device_names(self, model: str, in_words: str = "") -> Json:
        """The names of a Device: its model, and one that people recognise."""
        ...

    def software_name(self, name: str) -> Json:
        """The one name of a Device that is software."""
        ...

    def measured(self, quantity: Json) -> Json:
        """What a Device's property has, as a quantity."""
        ...

    def coded(self, concept: Json) -> Json:
        """What a Device's property has, as a concept."""
        ...

    def in_patient(self, subject: Json) -> Json:
        """Whose Device it is."""
        ...

    def telecom(self, points: list[Json]) -> Json:
        """How an organisation is reached."""
        ...

    def used(self, reference: Json) -> Json:
        """What was used up by a Procedure."""
        ...

    def ingredient(self, item: Json, strength: Json | None) -> Json:
        """An ingredient: what it is, and its strength as a ratio."""
        ...

    def medication(self, reference: Json) -> Json:
        """The drug of an administration or request, by reference to a Medication."""
        ...

    def medication_named(self, concept: Json) -> Json:
        """The drug of an administration or request, in words."""
        ...

    def reported(self, pump: Json) -> Json:
        """That a request was read from a pump, which carries it out."""
        ...

    def document(self, identifier: Json, period: Json, pump: Json) -> Json:
        """What a document is named by, which time it covers, and which pump it is of."""
        ...

    def document_identifiers(self, identifier: Json) -> tuple[Json, ...]:
        """What a document is named by, where that stands among its identifiers."""
        ...

    def size(self, count: int) -> int | str:
        """How many bytes an attachment has."""
        ...

    def decided(self, why: Json) -> Json:
        """A person's reason for what a Provenance tells of."""
        ...


DIALECTS: dict[Version, Dialect] = {"R4": r4, "R5": r5}
