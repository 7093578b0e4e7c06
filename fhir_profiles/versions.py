"""The versions of FHIR that the bridge can write, each with its tables of elements and its library classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from fhir_profiles import elements, elements_r5, rules, rules_r5
from fhir_profiles.shapes import Rule

Version = Literal["R4", "R5"]


@dataclass(frozen=True, slots=True)
class Tables:
    """What may be written in one version: `elements.py` says how a line reads."""

    value_sets: dict[str, str]
    datatypes: dict[str, str]
    contained: dict[str, str]
    resource: str
    resources: dict[str, str]
    rules: dict[str, tuple[Rule, ...]]


TABLES: Mapping[Version, Tables] = {
    "R4": Tables(
        elements.VALUE_SETS, elements.DATATYPES, elements.CONTAINED, elements.RESOURCE, elements.RESOURCES,
        rules.RULES,
    ),
    "R5": Tables(
        elements_r5.VALUE_SETS, elements_r5.DATATYPES, elements_r5.CONTAINED, elements_r5.RESOURCE,
        elements_r5.RESOURCES, rules_r5.RULES,
    ),
}  # fmt: skip
