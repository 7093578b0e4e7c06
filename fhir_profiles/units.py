"""Which UCUM units a Quantity of ours may have, and the words that may stand beside each code.

Source: UCUM; the words are ours ("Units in words where people read": never "mcg", and "ug" is a code, not a word).
No validator checks UCUM codes against their text, so a text that contradicts its code is refused here. The units of
hospital pumps are those of the pinned table of terms (doses by weight, international units, millimoles); the words of
each are made of the words of its parts, so that no two of them can mean different things.
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
_PARTS = {
    "ng": "nanograms",
    "ug": "micrograms",
    "mg": "milligrams",
    "g": "grams",
    "U": "units",
    "[iU]": "international units",
    "m[iU]": "milli-international units",
    "mmol": "millimoles",
    "meq": "milliequivalents",
    "uL": "microlitres",
    "mL": "mL",
    "L": "L",
    "kg": "kg",
}
_PER = {"kg": "kg", "mL": "mL", "L": "L", "min": "minute", "h": "hour", "d": "day"}
_OF_HOSPITAL_PUMPS = (
    "L kg U [iU] m[iU] meq mmol ng ug/kg mg/kg [iU]/kg L/d L/h mL/d mL/h mL/min uL/h U/h U/kg/h [iU]/h [iU]/min "
    "[iU]/kg/h m[iU]/min m[iU]/kg/min meq/h mmol/h mmol/kg/h g/d g/h mg/d mg/h mg/min mg/kg/d mg/kg/h mg/kg/min ng/h "
    "ng/min ng/kg/h ng/kg/min ug/d ug/h ug/min ug/kg/d ug/kg/h ug/kg/min U/mL [iU]/mL m[iU]/mL g/mL g/L mg/mL mg/L "
    "ug/mL ug/L ng/mL meq/mL meq/L mmol/mL mmol/L"
).split()


def _of_parts(code: str) -> str:
    first, *per = code.split("/")
    return "/".join([_PARTS[first], *(_PER[part] for part in per)])


UNITS: dict[str, frozenset[str]] = {code: frozenset(words.split("|")) - {""} for code, words in _WORDS.items()}
UNITS |= {code: UNITS.get(code, frozenset()) | {_of_parts(code)} for code in _OF_HOSPITAL_PUMPS}


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
