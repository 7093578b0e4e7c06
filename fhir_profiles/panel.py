"""What an Observation must say of itself: that it was calculated, that it may still run; a summary, of everything.

Rules itp-derived, itp-told and itp-panel. Source: stated and derived never mix; old news is not current; silence is
never "no alarm".
"""

from __future__ import annotations

from fhir_profiles.pinned import OURS
from fhir_profiles.problem import Json

CALCULATED = "Calculated by pumpbridge, not the pump"
PANEL = frozenset(  # what every summary has a row for, and the codes of which it has one at least
    "pump-identity can-be-interrogated drug drug-concentration programmed-daily-dose programmed-flow infusion-mode "
    "infusing-status update-status active-alarm low-reservoir-date empty-date refill-by-date replace-by-date "
    "last-refill last-change last-concentration-change last-mri months-to-eri eri-status end-of-service-status "
    "catheter-model catheter-tip catheter-implanted whom-to-call".split()
)
VOLUMES = frozenset(("reservoir-volume", "reservoir-volume-sensed", "reservoir-volume-aspirated"))


def derived_unsaid(observation: Json) -> bool:
    """Whether what the bridge reckoned does not say so, or what it did not reckon does."""
    derived = f"{OURS}how-known", "derived"
    return (derived in _codings(observation.get("method", {}))) != (CALCULATED in observation["code"].get("text", ""))


def panel_short(observation: Json) -> bool:
    """Whether a summary lacks a row: what nobody stated has one that says so."""
    if (f"{OURS}pump-observation", "pump-summary") not in _codings(observation["code"]):
        return False
    rows = {code for component in observation.get("component", ()) for _, code in _codings(component["code"])}
    return not (rows >= PANEL and rows & VOLUMES)


def told_as_over(observation: Json) -> bool:
    """Whether a delivery that is told as an Observation is preliminary without being open, or the reverse."""
    states = {
        coding
        for component in observation.get("component", ())
        if (f"{OURS}pump-observation", "delivery-state") in _codings(component["code"])
        for coding in _codings(component.get("valueCodeableConcept", {}))
    }
    if not states or observation["status"] == "entered-in-error":
        return False
    is_open = any(code in ("in-progress", "unknown") for _, code in states)
    return bool(is_open != (observation["status"] == "preliminary"))


def _codings(concept: Json) -> set[tuple[str, str]]:
    return {(coding["system"], coding["code"]) for coding in concept.get("coding", ())}
