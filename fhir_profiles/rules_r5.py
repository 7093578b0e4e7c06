"""The rules of R5: those of rules.py, with the elements named as R5 spells them, and what R5 alone has."""

from __future__ import annotations

import dataclasses

from fhir_profiles.problem import Json
from fhir_profiles.rules import RULES as R4
from fhir_profiles.shapes import Rule

_SPELLED = {
    "MedicationAdministration": {"effectivePeriod": "occurencePeriod", "medicationReference": "medication.reference"},
    "Procedure": {"performed[x]": "occurrence[x]"},
    "Medication.ingredient": {"strength": "strengthRatio"},
    "Infusate.ingredient": {"strength": "strengthRatio"},
}
_STATUS = "http://hl7.org/fhir/deviceassociation-status"
_STATUSES = frozenset(("implanted", "explanted", "entered-in-error", "attached", "unknown"))


def _status_unclear(association: Json) -> bool:
    """Whether its status is no single code of the value set that R5 binds it to."""
    codes = [(coding["system"], coding["code"]) for coding in association["status"].get("coding", ())]
    return [system for system, code in codes if code in _STATUSES] != [_STATUS] or len(codes) != 1


def _names_twice(device: Json) -> bool:
    return sum(name.get("display") is True for name in device.get("name", ())) > 1


def _concept_and_reference(either: Json) -> bool:
    """Whether it says two things, or nothing: R5 would take both, but a reader would not know which holds."""
    return ("concept" in either) == ("reference" in either)


ADDED: dict[str, tuple[Rule, ...]] = {
    "CodeableReference": (Rule("either", "", "is not either a concept or a reference", _concept_and_reference),),
    "Device": (Rule("dev-1", "name", "has more than one name that is displayed", _names_twice),),
    "DeviceAssociation": (
        Rule("association-status", "status", "is not one code of the value set that R5 binds it to", _status_unclear),
    ),
}


def _spelled(name: str, rule: Rule) -> Rule:
    first, dot, rest = rule.element.partition(".")
    return dataclasses.replace(rule, element=f"{_SPELLED.get(name, {}).get(first, first)}{dot}{rest}")


RULES = {
    name: (*(_spelled(name, rule) for rule in R4.get(name, ())), *ADDED.get(name, ()))
    for name in dict.fromkeys((*R4, *ADDED))
}
