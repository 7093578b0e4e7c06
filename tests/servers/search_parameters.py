"""The searches that the test server answers: by id, tag, identifier, patient, the two that check a patient, UDI."""

from collections.abc import Callable

from tests.servers.capabilities import Resource


def token(codings: list[Resource], wanted: str, code: str) -> bool:
    """Tell whether `system|value`, `|value` or `value` is among identifiers or codings."""
    system, bar, value = wanted.rpartition("|")
    return any(item.get(code) == value and (not bar or item.get("system", "") == system) for item in codings)


PARAMETERS: dict[str, Callable[[Resource, str], bool]] = {
    "_id": lambda r, wanted: r["id"] == wanted,
    "_tag": lambda r, wanted: token(r.get("meta", {}).get("tag", []), wanted, "code"),
    "identifier": lambda r, wanted: token(r.get("identifier", []), wanted, "value"),
    "subject": lambda r, wanted: r.get("subject", {}).get("reference") == wanted,
    "patient": lambda r, wanted: any(
        r.get(name, {}).get("reference") == f"Patient/{wanted.removeprefix('Patient/')}"
        for name in ("subject", "patient")
    ),
    "udi-carrier": lambda r, wanted: any(
        c.get("carrierHRF", "").lower().startswith(wanted.lower()) for c in r.get("udiCarrier", [])
    ),
    "udi-di": lambda r, wanted: any(c.get("deviceIdentifier", "").startswith(wanted) for c in r.get("udiCarrier", [])),
    "birthdate": lambda r, wanted: r.get("birthDate") == wanted,
    "family": lambda r, wanted: any(n.get("family", "").lower().startswith(wanted.lower()) for n in r.get("name", [])),
}
CONTROLS = {"_count", "_elements", "_summary", "_format", "_total"}


def satisfies(resource: Resource, wanted: list[tuple[str, str]]) -> bool:
    """Tell whether a resource satisfies every parameter by any of its comma-separated values."""
    return all(any(PARAMETERS[name](resource, value) for value in values.split(",")) for name, values in wanted)
