"""What a FHIR server says of itself in its CapabilityStatement, and how its silence is read.

`updateCreate` that is not stated counts as true: HAPI takes a client's id and does not say so; where a server does
not, its refusal of the first PUT says it. `conditionalUpdate`, `conditionalCreate`, searches and transactions must be
stated.
"""

from __future__ import annotations

from typing import Any

from bridge.chart.capability import EVERYTHING, TYPES, CapabilityPlan, decided
from bridge.config.values import FhirVersion
from bridge.destinations.protocol import Capabilities
from bridge.errors import DestinationError
from bridge.fhir_json import Json, canonical, read

_VERSIONS: dict[FhirVersion, str] = {"R4": "4.0", "R5": "5.0"}


def capabilities_of(statement: Json, fhir: FhirVersion = "R4") -> Capabilities:
    """The capabilities of a server; raises DestinationError where it is none of the version of FHIR that is written.

    Code `destination-not-r4` or `destination-not-r5`.
    """
    if statement.get("resourceType") != "CapabilityStatement" or version_of(statement.get("fhirVersion")) != fhir:
        raise DestinationError(
            f"the destination does not answer as a FHIR {fhir} server", code=f"destination-not-{fhir.lower()}"
        )
    rest = next(iter(_list(statement, "rest")), {})
    devices = [one for one in _list(rest, "resource") if one.get("type") == "Device"]
    written = [one for one in _list(rest, "resource") if "update" in _codes(one)]
    created = [one for one in _list(rest, "resource") if _is_creatable(one)]
    software = statement.get("software") or {}
    return Capabilities(
        transactions="transaction" in _codes(rest),
        client_ids=all(one.get("updateCreate") is not False for one in written),
        if_match=all(one.get("versioning") != "no-version" for one in written),
        conditional=bool(written) and all(one.get("conditionalUpdate") is True for one in written),
        types=frozenset(str(one.get("type")) for one in written),
        software=str(software.get("name", "")),
        version=str(software.get("version", "")),
        device_searches=frozenset(str(each.get("name")) for one in devices for each in _list(one, "searchParam")),
        created=frozenset(str(one.get("type")) for one in created),
        conditional_create=bool(written) and all(one.get("conditionalCreate") is True for one in written),
        found=frozenset(str(one.get("type")) for one in written if _is_found(one)),
        base=str((statement.get("implementation") or {}).get("url") or "").rstrip("/"),
    )


def kept(can: Capabilities, fhir: FhirVersion = "R4") -> str:
    """What of a server's capabilities decides what it is sent, as the store keeps it."""
    types = {"created": sorted(can.created & TYPES), "updated": sorted(can.types & TYPES)}
    return canonical({"fhir": fhir, **types}).decode()


def is_known(text: str, fhir: FhirVersion) -> bool:
    """Whether a server of this version has been asked: one of another has other types."""
    return bool(text) and read(text).get("fhir", "R4") == fhir


def planned_from(text: str, fhir: FhirVersion = "R4") -> CapabilityPlan:
    """The capability plan of what was kept; everything as it is where nobody has asked yet.

    Raises DestinationError `destination-takes-nothing` where none of a chart's types is taken.
    """
    if not is_known(text, fhir):
        return EVERYTHING
    said = read(text)
    plan = decided(said["created"], said["updated"], fhir)
    if plan.tells_nothing:
        raise DestinationError(
            "the destination takes none of the types of a chart", code="destination-takes-nothing",
            remedy="ask who runs it which types may be created and updated; its CapabilityStatement names none",
        )  # fmt: skip
    return plan


def _is_creatable(resource: Json) -> bool:
    """Whether one of the type can come to be: by create, or by an update to an id of ours."""
    codes = _codes(resource)
    return "create" in codes or ("update" in codes and resource.get("updateCreate") is not False)


def _is_found(resource: Json) -> bool:
    """Whether one resource of the type can be searched for by what we mark it with; `_tag` every type has."""
    names = {each.get("name") for each in _list(resource, "searchParam")}
    return resource.get("type") == "Provenance" or "identifier" in names


def version_of(stated: Any) -> FhirVersion | None:
    """The version of FHIR that charts can be written in, by its number as a server states it; None for another."""
    number = stated if isinstance(stated, str) else ""
    return next((name for name, begins in _VERSIONS.items() if number.startswith(begins)), None)


def _list(of: Json, name: str) -> list[Json]:
    return [one for one in of.get(name) or () if isinstance(one, dict)]


def _codes(of: Json) -> set[str]:
    return {str(one.get("code")) for one in _list(of, "interaction")}
