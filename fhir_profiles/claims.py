"""Which profile each resource of a chart claims: one, by its type and by what it is.

Promises: `profile_of` is total over what the bridge writes, and gives the canonical without a version, so that a new
version of the profiles is no new version of every resource; what is none of ours gives None. A resource is known by its
own coding (its kind), its category or its extension, never by its key: a body is enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fhir_profiles.problem import Json

CANONICAL = "https://pumpbridge.invalid"
_BASE = f"{CANONICAL}/StructureDefinition/"
_OWN = f"{CANONICAL}/CodeSystem/"
_BOLUS = f"{_BASE}bolus-kind"
_STATE = f"{_OWN}pump-observation", "delivery-state"
_MDC = "urn:iso:std:iso:11073:10101"

# Resource type; what tells its kind: the code of ours in type or code, `system/*` for any of a system, the category of
# an administration, `delivery-state` for an Observation that has such a component, `*` for any; the profile's id.
TABLE: tuple[tuple[str, str, str], ...] = (
    ("Device", "implanted-pump", "implanted-pump"),
    ("Device", "implanted-constant-flow-pump", "implanted-pump"),
    ("Device", "intrathecal-catheter", "intrathecal-catheter"),
    ("Device", "clinician-programmer", "clinician-programmer"),
    ("Device", "hospital-pump", "hospital-pump"),
    ("Device", "bridge-software", "bridge-software"),
    ("DeviceUseStatement", "*", "pump-use"),
    ("Medication", "*", "reservoir-drug"),
    ("MedicationRequest", "*", "pump-programme"),
    ("MedicationAdministration", "community", "pump-delivery"),
    ("MedicationAdministration", "community bolus", "pump-bolus"),
    ("MedicationAdministration", "inpatient", "infusion"),
    ("MedicationAdministration", "inpatient bolus", "infusion-bolus"),
    ("Procedure", "pump-implant", "pump-procedure"),
    ("Procedure", "pump-explant", "pump-procedure"),
    ("Procedure", "reservoir-fill", "pump-procedure"),
    ("Procedure", "programming", "pump-procedure"),
    ("Procedure", "pump-use", "use-told"),
    ("Observation", "delivery-state", "delivery-told"),
    ("Observation", "pump-summary", "pump-summary"),
    ("Observation", "reservoir-volume", "pump-volume"),
    ("Observation", "reservoir-volume-sensed", "pump-volume"),
    ("Observation", "reservoir-volume-aspirated", "pump-volume"),
    ("Observation", "fill-volume", "pump-volume"),
    ("Observation", "priming-volume", "pump-volume"),
    ("Observation", "bridge-volume", "pump-volume"),
    ("Observation", "programmed-daily-dose", "pump-dose"),
    ("Observation", "bolus-dose", "pump-dose"),
    ("Observation", "bridge-accounted", "pump-dose"),
    ("Observation", "low-reservoir-date", "pump-outlook"),
    ("Observation", "months-to-eri", "pump-outlook"),
    ("Observation", "infusing-status", "pump-infusing-status"),
    ("Observation", "alarm-event", "pump-event"),
    ("Observation", "pump-event", "pump-event"),
    ("Observation", "reservoir-volume-derived", "calculated-value"),
    ("Observation", "low-reservoir-date-derived", "calculated-value"),
    ("Observation", "empty-date-derived", "calculated-value"),
    ("Observation", "refill-by-derived", "calculated-value"),
    ("Observation", "observed-flow", "calculated-value"),
    ("Observation", "observed-daily-dose", "calculated-value"),
    ("Observation", "delivered-ratio", "calculated-value"),
    ("Observation", "delivered-dose", "calculated-value"),
    ("Observation", "dose-not-delivered", "calculated-value"),
    ("Observation", "drug", "infusion-reading"),
    ("Observation", "drug-concentration", "infusion-reading"),
    ("Observation", "infusion-reading/*", "infusion-reading"),
    ("Observation", "pump-programme", "words-told"),
    ("Observation", "procedure/*", "words-told"),
    ("Observation", "finding/*", "words-told"),
    ("Observation", "pump-alarm/*", "words-told"),
    ("Observation", "flag/*", "words-told"),
    ("Observation", "mdc/*", "words-told"),
    ("Communication", "*", "alert-told"),
    ("Flag", "intrathecal-pump-present", "pump-present"),
    ("Flag", "*", "pump-flag"),
    ("DetectedIssue", "chart-amended", "chart-amendment"),
    ("DetectedIssue", "finding/*", "pump-finding"),
    ("DocumentReference", "pump-session-report", "session-report"),
    ("Provenance", "*", "plan-provenance"),
    ("Organization", "*", "pump-centre"),
)
_CLAIMS = {(kind, what): f"{_BASE}{profile}" for kind, what, profile in TABLE}


def profile_of(body: Json) -> str | None:
    """The canonical of the profile that a resource claims; None for what the bridge does not write."""
    kind = str(body.get("resourceType"))
    return next((claim for what in (*_kinds(body), "*") if (claim := _CLAIMS.get((kind, what)))), None)


def _kinds(body: Json) -> Iterator[str]:
    """What a resource may be known by, the most telling first."""
    if body.get("resourceType") == "MedicationAdministration":
        bolus = any(one.get("url") == _BOLUS for one in body.get("extension", ()))
        yield from (f"{code} bolus" if bolus else code for _, code in _codings(body.get("category")))
        return
    if any(_codings(one.get("code")) == [_STATE] for one in body.get("component", ())):
        yield _STATE[1]
    codings = [*_codings(body.get("type")), *_codings(body.get("code"))]
    for system, code in codings:
        if system.startswith(_OWN):
            yield code
            yield f"{system.removeprefix(_OWN)}/*"
    yield from ("mdc/*" for system, _ in codings if system == _MDC)


def _codings(concept: object) -> Iterable[tuple[str, str]]:
    found = concept.get("coding", ()) if isinstance(concept, dict) else ()
    return [(str(coding.get("system", "")), str(coding.get("code", ""))) for coding in found]
