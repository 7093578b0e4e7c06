"""What a destination promises to the sender: writes are idempotent by identity, and every answer is classified.

1. `send` never leaves an answer unclassified: what may have happened and may not have is `in_doubt`.
2. A write with `if_match` overwrites nothing that has another version.
3. `look` and `versions` show what is there now, never a cached search.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from bridge.fhir_json import Json
from bridge.store.protocol import Action

WRITTEN = frozenset(
    "Device DeviceUseStatement DeviceUsage DeviceAssociation Medication MedicationRequest MedicationAdministration "
    "Procedure Observation Flag DetectedIssue DocumentReference Provenance Organization Communication".split()
)
"""The types that the bridge writes, in one version of FHIR or another."""

Status = Literal["confirmed", "refused", "retry", "contested", "in_doubt", "blocked", "paused", "unreachable"]


@dataclass(frozen=True, slots=True)
class Write:
    """One resource on its way: canonical bytes, the version that it must still have there, and its identity."""

    type: str
    id: str
    body: bytes
    if_match: str | None
    identifier: tuple[str, str]  # system and value of our own identifier (a tag on Provenance)
    action: Action
    server_id: str = ""
    again: bool = False  # the same may have been sent before, and its answer lost


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one write. `retry`: a version conflict or a busy server, nothing was stored; `retry_after` in
    seconds; `paused`: 401 or 403; `detail`: OperationOutcome codes and expressions, never diagnostics with a patient.
    """

    status: Status
    version: str = ""
    server_id: str = ""
    code: str = ""
    detail: str = ""
    retry_after: float | None = None
    created: bool | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """What the destination holds under an id now."""

    version: str
    body: Json | None
    deleted: bool = False
    server_id: str = ""


@dataclass(frozen=True, slots=True)
class PatientMatch:
    """The answer of a patient search: exactly one active person, or why not."""

    status: Literal["one", "none", "many", "inactive", "merged"]
    reference: str | None = None
    birth_date: str = ""
    families: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PumpSought:
    """A pump that the hospital may have a Device of: as the exports name it, UDI as printed and its GTIN where they
    state one, and the patient's literal reference there where there is one.
    """

    manufacturer: str
    model: str
    serial: str
    udi: str = ""
    device_identifier: str = ""
    patient: str = ""


@dataclass(frozen=True, slots=True)
class DeviceMatch:
    """The answer of a search for a pump: exactly one Device of theirs that contradicts nothing, or why not.

    `unsearchable`: the destination offers no search that could find it.
    """

    status: Literal["one", "none", "many", "contradicts", "unsearchable"]
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the destination can do, read from its CapabilityStatement and no further assumed."""

    transactions: bool
    client_ids: bool
    if_match: bool
    conditional: bool
    types: frozenset[str]
    software: str
    version: str
    device_searches: frozenset[str] = frozenset()  # names of the parameters that find a Device
    created: frozenset[str] = frozenset()  # types of which one can be created; `types` are those that can be updated
    conditional_create: bool = False
    found: frozenset[str] = frozenset()  # types of which one can be searched for by our identifier (or tag)
    base: str = ""  # what the server calls its own base address, where it says so


class Destination(Protocol):
    """A place where charts go."""

    limit: int  # most writes of one send
    patience: float  # seconds after which a request that nobody waits for any more cannot be running there
    append_only: bool  # it keeps what it was told and cannot be asked: a doubt ends by telling it again

    @property
    def together(self) -> int:
        """Of how many courses plans may be stored, and answers recorded, in one commit; nothing is asked for it."""
        ...

    def capabilities(self) -> Capabilities:
        """Read once; raises DestinationError where it cannot be reached or is not the FHIR that is written."""
        ...

    def find_patient(self, system: str, value: str) -> PatientMatch: ...

    def find_pump(self, pump: PumpSought) -> DeviceMatch:
        """The Device of the hospital's that is this pump; never one of ours."""
        ...

    def create_patient(self, system: str, value: str) -> str:
        """Create a Patient (test servers only) and answer its reference."""
        ...

    def send(self, writes: Sequence[Write], *, course: str, server_ids: Mapping[str, str] = ...) -> list[Answer]:
        """Write at most `limit` resources of one course, all or nothing where the server can; an answer for each.

        `server_ids` maps our ids to the server's own where it gives its own.
        """
        ...

    def look(self, type: str, id: str, identifier: tuple[str, str], course: str = "") -> Stored | None:
        """What is there under our id (or, where the server gives its own, under our identifier); None: nothing.

        `course` spares a destination that keeps courses apart a search over all of them.
        """
        ...

    def versions(self, ids: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """The present version of each (type, id) that is there; absent ones are left out."""
        ...

    def close(self) -> None: ...
