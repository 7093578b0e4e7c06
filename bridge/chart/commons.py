"""What several charts share: the organisation, programmers, hospital pumps, and the bridge itself with its version.

Promises: sent first and in one lane; no patient in a key; every varying fact of a programmer is in its key, so that two
charts never fight over one; the bridge's key has no version: an upgrade amends it and moves no chart. A hospital pump
has one Device with what any message ever stated of its identity; nothing that changes while it runs stands in it, so
that a message of a known pump changes nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bridge.chart.dialect import DIALECTS
from bridge.chart.elements import named, serial
from bridge.chart.infusion_words import pump_words
from bridge.chart.resource import Binding, Resource
from bridge.chart.sheet import BRIDGE_KEY, ORGANISATION_KEY, bare
from bridge.chart.wording import NOT_RECORDED, centre
from bridge.course.shared import HOSPITAL_PUMP, hospital_pump
from bridge.errors import Bug
from bridge.fhir_json import Json
from bridge.identity import PumpIdentity, parts_of, shared_key
from bridge.terms.table import coding, display, mdc_coding

PAGE = "commons"
_EUI_64 = "urn:oid:1.2.840.10004.1.1.1.0.0.1.0.0.1.2680"  # the system that the device profiles of HL7 fix for it
_URI = "urn:ietf:rfc:3986"
Told = Sequence[tuple[str, str]]  # kind and system id, as messages of one pump state them


def write_commons(devices: Iterable[str], binding: Binding, version: str) -> tuple[Resource, ...]:
    """The organisation, each programmer and hospital pump by its shared keys, and the bridge of this version."""
    parts = [_parts(key) for key in sorted(set(devices))]
    programmers = [_programmer(binding, names) for names in parts if names[0] == "programmer"]
    pumps = _hospital_pumps(binding, [names for names in parts if names[0] == HOSPITAL_PUMP])
    if len(programmers) + sum(names[0] == HOSPITAL_PUMP for names in parts) < len(parts):
        raise Bug("what charts share is a programmer or a hospital pump")
    made = (_organisation(binding), *programmers, *pumps, _bridge(binding, version))
    return tuple(resource for resource in made if binding.capability.sends(resource.type))


def _parts(key: str) -> list[str]:
    parts = parts_of(key)
    if len(parts) != 6:
        raise Bug("a shared key does not read kind||manufacturer|model|serial|discriminator")
    return list(parts)


def _organisation(binding: Binding) -> Resource:
    body: Json = {"active": True, "name": binding.centre.name}
    if binding.centre.phone:
        phone = {"system": "phone", "value": binding.centre.phone, "use": "work"}
        body |= DIALECTS[binding.fhir].telecom([phone])
    return bare(binding, "Organization", ORGANISATION_KEY, PAGE, f"{centre(binding.centre)}.", body)


def _programmer(binding: Binding, names: Sequence[str]) -> Resource:
    _, _, maker, model, number, software = names
    dialect = DIALECTS[binding.fhir]
    body: Json = {"status": "active"}
    body |= {"manufacturer": maker} if maker else {}
    body |= {"serialNumber": number} if number else {}
    body |= dialect.device_names(model) | {"modelNumber": model} if model else {}
    body["type"] = dialect.several(named("clinician-programmer"))
    body |= {"version": [{"type": {"text": "Application"}, "value": software}]} if software else {}
    said = [f"Clinician programmer {model}".rstrip(), f"serial {number or NOT_RECORDED}"]
    text = f"{', '.join(said)}, application {software or NOT_RECORDED}."
    numbered = (serial(binding.base, maker, number),) if number else ()
    key = shared_key("programmer", maker, model, number, software)
    return bare(binding, "Device", key, PAGE, text, body, identifiers=numbered)


def _hospital_pumps(binding: Binding, rows: Sequence[Sequence[str]]) -> Iterator[Resource]:
    """Each pump once, with the kinds and system ids that its messages state; one that two pumps state names neither.

    Where pumps stand in a rack, messages may state the rack's system id for each of them.
    """
    pumps: dict[PumpIdentity, list[tuple[str, str]]] = {}
    for _, _, maker, model, number, told in rows:
        kind, _, system = told.partition(" ")
        pumps.setdefault(PumpIdentity(maker, model, number), []).append((kind, system))
    owners: dict[str, set[PumpIdentity]] = {}
    for pump, stated in pumps.items():
        for _, system in stated:
            owners.setdefault(system, set()).add(pump)
    for pump, stated in pumps.items():
        own = sorted({system for _, system in stated if system and len(owners[system]) == 1})
        yield _hospital_pump(binding, pump, sorted({kind for kind, _ in stated if kind}), own)


def _hospital_pump(binding: Binding, pump: PumpIdentity, kinds: Sequence[str], systems: Sequence[str]) -> Resource:
    codings = [found for kind in kinds if (found := mdc_coding(kind))]
    words = pump_words(" ".join(str(found.get("display", "")) for found in codings))
    body: Json = {"status": "active", "manufacturer": pump.manufacturer, "modelNumber": pump.model}
    dialect = DIALECTS[binding.fhir]
    kind = {"coding": [*codings, coding(HOSPITAL_PUMP)], "text": display(HOSPITAL_PUMP)}
    body |= dialect.device_names(pump.model) | {"type": dialect.several(kind)}
    identifiers = tuple(_system_id(system) for system in systems)
    if pump.serial not in systems:  # a pump without a serial number goes by its system id
        body["serialNumber"] = pump.serial
        identifiers = (serial(binding.base, pump.manufacturer, pump.serial), *identifiers)
    names = f"{words} {pump.manufacturer} {pump.model}, serial {pump.serial}"
    text = f"{names}; of the hospital, for one patient after another."
    return bare(binding, "Device", hospital_pump(pump), PAGE, text, body, identifiers=identifiers)


def _system_id(system: str) -> Json:
    """An EUI-64, or a UUID as a URI."""
    if "-" in system:
        return {"system": _URI, "value": f"urn:uuid:{system}"}
    return {"system": _EUI_64, "value": system}


def _bridge(binding: Binding, version: str) -> Resource:
    dialect = DIALECTS[binding.fhir]
    body: Json = {
        "status": "active",
        **dialect.software_name("pumpbridge"),
        "type": dialect.several(named("bridge-software")),
        "version": [{"type": {"text": "Software"}, "value": version}],
    }
    if binding.capability.sends("Organization"):
        body["owner"] = {"reference": f"Organization/{binding.namespace.id(ORGANISATION_KEY)}"}
    text = f"pumpbridge, software that keeps this chart, version {version}."
    return bare(binding, "Device", BRIDGE_KEY, PAGE, text, body)
