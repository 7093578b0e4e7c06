"""What a FHIR server says of itself in its CapabilityStatement, and how its silence is read.

`updateCreate` that is not stated counts as true: HAPI takes a client's id and does not say so; where a server does
not, its refusal of the first PUT says it. `conditionalUpdate` and transactions must be stated.
"""

from __future__ import annotations

from typing import Any

from bridge.destinations.protocol import Capabilities
from bridge.errors import DestinationError
from bridge.fhir_json import Json


def capabilities_of(statement: Json) -> Capabilities:
    """The capabilities of a server; raises DestinationError code `destination-not-r4` where it is not FHIR R4."""
    if statement.get("resourceType") != "CapabilityStatement" or not _is_r4(statement.get("fhirVersion")):
        raise DestinationError("the destination does not answer as a FHIR R4 server", code="destination-not-r4")
    rest = next(iter(_list(statement, "rest")), {})
    devices = [one for one in _list(rest, "resource") if one.get("type") == "Device"]
    written = [one for one in _list(rest, "resource") if "update" in _codes(one)]
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
    )


def _is_r4(version: Any) -> bool:
    return isinstance(version, str) and version.startswith("4.0")


def _list(of: Json, name: str) -> list[Json]:
    return [one for one in of.get(name) or () if isinstance(one, dict)]


def _codes(of: Json) -> set[str]:
    return {str(one.get("code")) for one in _list(of, "interaction")}
