"""What a test server can do, how it says so in its CapabilityStatement, and how it words a refusal."""

from dataclasses import dataclass
from typing import Any

Resource = dict[str, Any]

ALL_TYPES = (
    "Basic Binary Communication DetectedIssue Device DeviceMetric DeviceUseStatement DocumentReference Encounter "
    "Flag List Location Medication MedicationAdministration MedicationRequest MedicationStatement Observation "
    "Organization Patient Practitioner Procedure Provenance"
)
R5_TYPES = tuple(f"{ALL_TYPES} DeviceAssociation".replace("DeviceUseStatement", "DeviceUsage").split())
SEARCH_PARAMETERS = ("_id", "_tag", "identifier", "subject", "patient", "birthdate", "family", "udi-carrier", "udi-di")
ISSUE_CODES = {
    400: "invalid", 401: "login", 403: "forbidden", 404: "not-found", 405: "not-supported", 409: "conflict",
    410: "deleted", 412: "conflict", 413: "too-long", 415: "invalid", 422: "processing", 429: "throttled",
    503: "transient",
}  # fmt: skip


@dataclass(frozen=True)
class Capabilities:
    """What the server can do, and says so; without conditional create it ignores If-None-Exist, as real ones do."""

    transactions: bool = True
    batches: bool = True
    update_create: bool = True
    conditional_create: bool = True
    conditional_update: bool = True
    checks_references: bool = False
    unknown_id_status: int = 405  # a PUT to an id that never was, without update_create: 405 or 404
    stale_status: int = 412  # an If-Match that does not match: 412 or 409
    fhir: str = "4.0.1"
    types: tuple[str, ...] = tuple(ALL_TYPES.split())
    read_only: tuple[str, ...] = ()
    create_only: tuple[str, ...] = ()  # a PUT is refused
    statement: Resource | None = None  # what it says of itself, instead of what follows from the rest
    searches: tuple[str, ...] = SEARCH_PARAMETERS
    race_seconds: float = 0.0  # how long a conditional write takes between its search and its insert
    most_entries: int | None = None  # of a Bundle; a larger one is refused whole
    too_many_status: int = 400  # and so
    says_versions: bool = True  # ETag and the place that a write was stored at; without, only a read tells
    keeps_versions: bool = True  # without, no answer names one, and the statement says `no-version`
    caches_searches: bool = False  # the same search is answered as before, unless it says no-cache
    absolute_references: bool = False  # a relative one is refused
    keeps_digits: bool = True  # without, numbers go through a float: 18.00 comes back as 18.0
    keeps_order: bool = True  # without, lists of objects come back in another order


def capability_statement(can: Capabilities) -> Resource:
    """Return what the server says that it can do."""
    if can.statement is not None:
        return can.statement
    system = [("transaction", can.transactions), ("batch", can.batches)]
    rest = {
        "mode": "server",
        "resource": [resource_capability(can, kind) for kind in can.types],
        "interaction": [{"code": code} for code, able in system if able],
    }
    return {
        "resourceType": "CapabilityStatement", "status": "active", "date": "2024-01-01", "kind": "instance",
        "software": {"name": "faulty", "version": "1"}, "fhirVersion": can.fhir, "format": ["json"], "rest": [rest],
    }  # fmt: skip


def resource_capability(can: Capabilities, kind: str) -> Resource:
    codes = ["read", "search-type"]
    if kind not in can.read_only:
        codes += ["create"] if kind in can.create_only else ["create", "update", "delete"]
    return {
        "type": kind,
        "interaction": [{"code": code} for code in codes],
        "versioning": "versioned-update" if can.keeps_versions else "no-version",
        "updateCreate": can.update_create,
        "conditionalCreate": can.conditional_create,
        "conditionalUpdate": can.conditional_update,
        "searchParam": [{"name": name, "type": "token"} for name in can.searches],
    }


def outcome(status: int, words: str) -> Resource:
    """Return an OperationOutcome for a status."""
    severity = "information" if status < 400 else "error"
    code = ISSUE_CODES.get(status, "informational" if status < 400 else "exception")
    issue = {"severity": severity, "code": code, "diagnostics": words}
    return {"resourceType": "OperationOutcome", "issue": [issue]}
