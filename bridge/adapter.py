"""What an adapter is, and finding the one that reads an export.

An adapter recognises and reads one source format. It gets bytes, never a path; it returns interrogations or
raises ExportError with the place and the remedy; it guesses nothing and holds no state. Adapters are found by the
entry-point group `pumpbridge.adapters`; the bridge never imports one by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol

from bridge.errors import ConfigError, ExportError
from bridge.identity import PumpIdentity
from bridge.interrogation import Interrogation

GROUP = "pumpbridge.adapters"
OWN_DISTRIBUTION = "pumpbridge"


@dataclass(frozen=True, slots=True)
class Hint:
    """What can still be said of an export that cannot be read: which pump, and when by its own words."""

    pump: PumpIdentity | None
    local: datetime | None = None


class Adapter(Protocol):
    """One source format; a third party's adapter fulfils this and the shared conformance suite."""

    name: str
    version: str
    media_type: str

    def recognises(self, content: bytes) -> bool:
        """Whether the content is, or set out to be, of this format; judged by its head, never by a file name."""
        ...

    def read(self, content: bytes) -> tuple[Interrogation, ...]:
        """The interrogations of one export, at least one; raises ExportError (place and remedy named)."""
        ...

    def hint(self, content: bytes) -> Hint | None:
        """Pump and time of an export that `read` refuses, or None where its head does not say."""
        ...


def media_type_of(adapter: Adapter, content: bytes) -> str:
    """What the bytes of an export are: a report that an adapter reads as text may have come as a PDF."""
    return "application/pdf" if content.startswith(b"%PDF-") else adapter.media_type


def find(allowed_third_party: Iterable[str] = ()) -> dict[str, Adapter]:
    """The adapters by name: the bridge's own and the third-party ones that the configuration names.

    Raises ConfigError where a named one is not installed or cannot be loaded.
    """
    return _find(tuple(sorted(allowed_third_party)))


@cache
def _find(allowed: tuple[str, ...]) -> dict[str, Adapter]:
    found: dict[str, Adapter] = {}
    for point in entry_points(group=GROUP):
        own = point.dist is not None and point.dist.name == OWN_DISTRIBUTION
        if own or point.name in allowed:
            found[point.name] = _load(point)
    missing = set(allowed) - set(found)
    if missing:
        raise ConfigError(
            f"adapter {sorted(missing)[0]!r} is not installed",
            code="config-adapter-missing",
            remedy="install its package or remove it from [adapters] third_party",
        )
    return found


def _load(point: EntryPoint) -> Adapter:
    try:
        adapter: Adapter = point.load()
    except Exception as error:
        raise ConfigError(f"adapter {point.name!r} cannot be loaded: {error}", code="config-adapter-broken") from error
    return adapter


def recognise(content: bytes, adapters: dict[str, Adapter]) -> Adapter:
    """The one adapter that recognises the content; raises ExportError where none does, or two do."""
    names = [name for name, adapter in adapters.items() if adapter.recognises(content)]
    if len(names) == 1:
        return adapters[names[0]]
    if not names:
        raise ExportError(
            "no adapter recognises this file",
            code="format-unknown",
            remedy="see `pumpbridge adapters` for what is read",
        )
    raise ExportError(
        f"recognised by {' and '.join(sorted(names))}",
        code="format-ambiguous",
        remedy="remove one of these adapters from the configuration",
    )
