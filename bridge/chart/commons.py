"""What several charts share: the organisation, the programmers, and the bridge itself with its version.

Promises: sent first and in one lane; no patient in a key; every varying fact of a programmer is in its key, so that two
charts never fight over one; the bridge's key has no version: an upgrade amends it and moves no chart.
"""

from __future__ import annotations

from collections.abc import Iterable

from bridge.chart.elements import named, serial
from bridge.chart.resource import Binding, Resource
from bridge.chart.sheet import BRIDGE_KEY, ORGANISATION_KEY, bare
from bridge.chart.wording import NOT_RECORDED, centre
from bridge.errors import Bug
from bridge.fhir_json import Json

PAGE = "commons"


def write_commons(programmers: Iterable[str], binding: Binding, version: str) -> tuple[Resource, ...]:
    """The organisation, each programmer by its shared key, and the bridge of this version."""
    keys = sorted(set(programmers))
    return (_organisation(binding), *(_programmer(binding, key) for key in keys), _bridge(binding, version))


def _organisation(binding: Binding) -> Resource:
    body: Json = {"active": True, "name": binding.centre.name}
    if binding.centre.phone:
        body["telecom"] = [{"system": "phone", "value": binding.centre.phone, "use": "work"}]
    return bare(binding, "Organization", ORGANISATION_KEY, PAGE, f"{centre(binding.centre)}.", body)


def _programmer(binding: Binding, key: str) -> Resource:
    parts = [part.replace("%7C", "|").replace("%25", "%") for part in key.split("|")]
    if len(parts) != 6 or parts[0] != "programmer":
        raise Bug("a programmer's shared key does not read kind||manufacturer|model|serial|software")
    _, _, maker, model, number, software = parts
    body: Json = {"status": "active"}
    body |= {"manufacturer": maker} if maker else {}
    body |= {"serialNumber": number} if number else {}
    body |= {"deviceName": [{"name": model, "type": "model-name"}], "modelNumber": model} if model else {}
    body["type"] = named(binding.base, "clinician-programmer")
    body |= {"version": [{"type": {"text": "Application"}, "value": software}]} if software else {}
    said = [f"Clinician programmer {model}".rstrip(), f"serial {number or NOT_RECORDED}"]
    text = f"{', '.join(said)}, application {software or NOT_RECORDED}."
    numbered = (serial(binding.base, maker, number),) if number else ()
    return bare(binding, "Device", key, PAGE, text, body, identifiers=numbered)


def _bridge(binding: Binding, version: str) -> Resource:
    body: Json = {
        "status": "active",
        "deviceName": [{"name": "pumpbridge", "type": "user-friendly-name"}],
        "type": named(binding.base, "bridge-software"),
        "version": [{"type": {"text": "Software"}, "value": version}],
        "owner": {"reference": f"Organization/{binding.namespace.id(ORGANISATION_KEY)}"},
    }
    text = f"pumpbridge, software that keeps this chart, version {version}."
    return bare(binding, "Device", BRIDGE_KEY, PAGE, text, body)
