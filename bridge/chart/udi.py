"""A UDI as printed: into a carrier where its device identifier can be read for sure, else kept as an identifier.

Source: GS1 application identifiers (01) GTIN-14, (21) serial; the GTIN's check digit, weights 3 and 1 from the right.
A carrier needs its device identifier, and its serial must be the pump's: what fails either is kept as text, unread.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bridge.fhir_json import Json

GS1 = "http://hl7.org/fhir/NamingSystem/gs1-di"
_ELEMENT = re.compile(r"\((\d{2,4})\)([^()]+)")


@dataclass(frozen=True, slots=True)
class Carrier:
    """What a printed UDI becomes: elements of the Device, or an identifier."""

    elements: Json = field(default_factory=dict)
    identifiers: tuple[Json, ...] = ()


def carrier(base: str, printed: str | None, serial_number: str) -> Carrier:
    """The UDI of a pump with that serial number."""
    if not printed:
        return Carrier()
    device = _device_identifier(printed, serial_number)
    if device is None:
        return Carrier(identifiers=({"system": f"{base}/sid/udi-printed", "value": printed},))
    return Carrier({"udiCarrier": [{"deviceIdentifier": device, "issuer": GS1, "carrierHRF": printed}]})


def _device_identifier(printed: str, serial_number: str) -> str | None:
    found = dict(_ELEMENT.findall(printed))
    device = found.get("01", "")
    if not (device.isascii() and device.isdigit() and len(device) == 14 and _checked(device)):
        return None
    return device if found.get("21", serial_number) == serial_number else None


def _checked(digits: str) -> bool:
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return total % 10 == 0
