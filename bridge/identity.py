"""Opaque, repeatable keys and ids.

A key is six parts joined by `|`: kind, patient identifier as stated or assigned, manufacturer, model, serial,
discriminator. An id is a prefix and 40 hex digits of an HMAC over the key with the site's permanent namespace, so
that no patient number or serial can be read from it. Discriminators come from the pump (its event or session
number, else its printed time and ordinal), never from an inferred UTC, an adapter, a version or an arrival.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class PumpIdentity:
    """Manufacturer, model and serial exactly as read: together they are one pump."""

    manufacturer: str
    model: str
    serial: str

    def __str__(self) -> str:
        return "|".join(map(_part, (self.manufacturer, self.model, self.serial)))


def key(kind: str, patient: str = "", pump: PumpIdentity | None = None, discriminator: str = "") -> str:
    """The six-part key of one resource; `%` and `|` inside a part are percent-encoded."""
    return f"{_part(kind)}|{_whose(patient, pump)}|{_part(discriminator)}"


@lru_cache(maxsize=64)
def _whose(patient: str, pump: PumpIdentity | None) -> str:
    maker = (pump.manufacturer, pump.model, pump.serial) if pump else ("", "", "")
    return "|".join(_part(part) for part in (patient, *maker))


def shared_key(kind: str, manufacturer: str, model: str, serial: str, discriminator: str) -> str:
    """The key of what several pumps share (programmer, bridge, organisation): no patient in it."""
    return "|".join(_part(part) for part in (kind, "", manufacturer, model, serial, discriminator))


def parts_of(key: str) -> tuple[str, ...]:
    """The six parts of a key, as they were."""
    return tuple(part.replace("%7C", "|").replace("%25", "%") for part in key.split("|"))


def _part(text: str) -> str:
    return text.replace("%", "%25").replace("|", "%7C")


@dataclass(frozen=True, slots=True)
class Namespace:
    """The site's permanent secret; simulated data has one of its own (a server may never let HTEST go again)."""

    secret: bytes
    prefix: str

    def token(self, resource_key: str) -> str:
        """The 40 hex digits that stand in `identifier` and, after the prefix, in `id`."""
        return hmac.new(self.secret, resource_key.encode(), hashlib.sha256).hexdigest()[:40]

    def id(self, resource_key: str) -> str:
        """The resource id: prefix, hyphen, token; at most 64 characters of `[A-Za-z0-9.-]`."""
        return f"{self.prefix}-{self.token(resource_key)}"

    @property
    def fingerprint(self) -> str:
        """What a store remembers of its namespace, to refuse another."""
        return hashlib.sha256(b"pumpbridge namespace" + self.prefix.encode() + self.secret).hexdigest()[:16]
