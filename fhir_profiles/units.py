"""Which UCUM units a Quantity of ours may have, and the words that may stand beside each code.

Source: UCUM; the words are ours ("Units in words where people read": never "mcg", and "ug" is a code, not a word).
No validator checks UCUM codes against their text, so a text that contradicts its code is refused here.
"""

from __future__ import annotations

from typing import Any

UCUM = "http://unitsofmeasure.org"

_WORDS = {
    "ug": "micrograms|microgram",
    "mg": "milligrams|milligram|mg",
    "g": "grams|gram|g",
    "mL": "mL|millilitres|milliliters",
    "uL": "microlitres|microliters",
    "ug/mL": "micrograms/mL|micrograms per mL",
    "mg/mL": "mg/mL|milligrams/mL|milligrams per mL",
    "ug/d": "micrograms/day|micrograms per day",
    "mg/d": "mg/day|milligrams/day|milligrams per day",
    "ug/h": "micrograms/hour|micrograms/h|micrograms per hour",
    "mg/h": "mg/hour|mg/h|milligrams/hour|milligrams per hour",
    "mL/d": "mL/day|millilitres/day|mL per day",
    "uL/d": "microlitres/day|microliters/day|microlitres per day",
    "mL/h": "mL/hour|mL/h|millilitres/hour|mL per hour",
    "cm": "cm|centimetres|centimeters",
    "mm": "mm|millimetres|millimeters",
    "s": "seconds|second|s",
    "min": "minutes|minute|min",
    "h": "hours|hour|h",
    "d": "days|day",
    "mo": "months|month",
    "a": "years|year",
    "%": "%|percent",
    "1": "",
}
UNITS: dict[str, frozenset[str]] = {code: frozenset(words.split("|")) - {""} for code, words in _WORDS.items()}


def unknown_unit(quantity: dict[str, Any]) -> bool:
    """Whether a stated value lacks a UCUM unit that a pump chart may hold."""
    return "value" in quantity and (quantity.get("system") != UCUM or quantity.get("code") not in UNITS)


def contradicting_unit(quantity: dict[str, Any]) -> bool:
    """Whether the words beside the code are missing, or mean something else; a plain number has none."""
    words = UNITS.get(quantity.get("code", ""))
    return words is not None and (quantity.get("unit") not in words if words else "unit" in quantity)


def mcg_in_unit(quantity: dict[str, Any]) -> bool:
    """Whether the abbreviation stands in the unit or its code; it has been read as mg."""
    return "mcg" in f"{quantity.get('unit', '')} {quantity.get('code', '')}".lower()
