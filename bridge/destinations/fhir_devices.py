"""Whether a Device of the hospital's is a pump of ours: what is asked of a server, and what its answers mean.

Promises: pure. A Device is this pump by its printed UDI, by its serial number, or by an identifier that is its serial;
ours, and what was entered in error, do not count. Manufacturer, model, serial number or patient may veto, never choose.
An identifier alone is no serial number (an asset number looks the same): it needs a manufacturer or model that agrees.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from bridge.destinations.protocol import DeviceMatch, PumpSought
from bridge.fhir_json import Json

_WORD = re.compile(r"[^\W_]+(?:[-/.][^\W_]+)*")


def questions(sought: PumpSought, searches: frozenset[str]) -> list[dict[str, str]]:
    """The searches of Device that can find this pump there; none where the server offers none.

    A device identifier is that of a model, not of a pump: it is asked for within the patient only.
    """
    asked: list[dict[str, str]] = []
    if sought.udi and "udi-carrier" in searches:
        asked.append({"udi-carrier": sought.udi})
    if sought.device_identifier and sought.patient and {"udi-di", "patient"} <= searches:
        asked.append({"udi-di": sought.device_identifier, "patient": sought.patient})
    return asked + [{name: sought.serial} for name in ("identifier", "serial-number") if name in searches]


def matched_device(found: Iterable[Json], sought: PumpSought, our_system: str) -> DeviceMatch:
    """The one Device among these that is this pump, or why there is none."""
    theirs = {str(one.get("id")): one for one in found if _is_theirs(one, our_system) and _is(one, sought)}
    if len(theirs) != 1:
        return DeviceMatch("many" if theirs else "none")
    ((id, device),) = theirs.items()
    return DeviceMatch("contradicts") if _contradicts(device, sought) else DeviceMatch("one", f"Device/{id}")


def _is_theirs(device: Json, our_system: str) -> bool:
    named = device.get("resourceType") == "Device" and device.get("id") and device.get("status") != "entered-in-error"
    return bool(named) and all(one.get("system") != our_system for one in device.get("identifier") or ())


def _is(device: Json, sought: PumpSought) -> bool:
    return _is_surely(device, sought) or any(
        one.get("value") == sought.serial for one in device.get("identifier") or ()
    )


def _is_surely(device: Json, sought: PumpSought) -> bool:
    printed = [carrier.get("carrierHRF") for carrier in device.get("udiCarrier") or ()]
    return device.get("serialNumber") == sought.serial or bool(sought.udi and sought.udi in printed)


def _contradicts(device: Json, sought: PumpSought) -> bool:
    maker, models = device.get("manufacturer"), _models(device)
    if not _is_surely(device, sought) and not maker and not models:
        return True
    return (
        (bool(maker) and not _alike(maker, sought.manufacturer))
        or (bool(models) and not any(_alike(model, sought.model) for model in models))
        or device.get("serialNumber", sought.serial) != sought.serial
        or _is_anothers(device, sought.patient)
    )


def _models(device: Json) -> list[Any]:
    """What it says of its model: the number, and its names where one is that of a model."""
    names = [one for one in device.get("deviceName") or () if one.get("type") == "model-name"]
    return [model for model in (device.get("modelNumber"), *(one.get("name") for one in names)) if model]


def _alike(theirs: Any, ours: str) -> bool:
    """Whether all words of one stand in the other: "Invented Pumps, Ltd." and "Invented Pumps", not IP-4 and IP-40."""
    one, other = _words(str(theirs)), _words(ours)
    return bool(one and other) and (one <= other or other <= one)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))


def _is_anothers(device: Json, patient: str) -> bool:
    """Whether it is said to be in another patient than ours, where both are literal references."""
    said = str((device.get("patient") or {}).get("reference") or "").partition("/_history/")[0]
    return bool(patient and said) and "/".join(said.split("/")[-2:]) != patient
