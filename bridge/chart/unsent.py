"""How a chart refers to what its destination does not take: by identifier and in words, never by a literal reference.

Promises: pure; a pump, a programmer and a hospital's pump go by their serial number, an export by its SHA-256, anything
else by our own key; the words name it for people.
"""

from __future__ import annotations

from bridge.chart.elements import identifier, serial
from bridge.chart.resource import Binding
from bridge.fhir_json import Json, fixed
from bridge.identity import PumpIdentity, parts_of


def pump(binding: Binding, of: PumpIdentity) -> Json:
    """A pump of the patient's."""
    words = f"{of.manufacturer} {of.model}, serial {of.serial}"
    return _named("Device", serial(binding.base, of.manufacturer, of.serial), words)


def document(binding: Binding, sha256: str, words: str = "Pump programmer session report") -> Json:
    """An export, where no DocumentReference is taken, or it has none."""
    system = f"{binding.base}/sid/export-sha256"
    return _named("DocumentReference", {"system": system, "value": sha256}, words)


def shared(binding: Binding, resource_type: str, key: str) -> Json:
    """What several charts share: programmer, hospital pump, the bridge, the organisation."""
    kind, _, maker, model, number, _ = parts_of(key)
    if kind == "organisation":
        words = binding.centre.name
    elif kind == "bridge":
        words = model
    else:
        what = "Clinician programmer " if kind == "programmer" else f"{maker} "
        words = f"{what}{model}{f', serial {number}' if number else ''}".strip()
    numbered = serial(binding.base, maker, number) if number else identifier(binding.base, binding.namespace.token(key))
    return _named(resource_type, numbered, words)


def other(binding: Binding, resource_type: str, key: str, words: str) -> Json:
    """Anything else of a chart, by its key."""
    return _named(resource_type, identifier(binding.base, binding.namespace.token(key)), words)


def _named(resource_type: str, numbered: Json, words: str) -> Json:
    return fixed({"type": resource_type, "identifier": numbered, "display": words})
