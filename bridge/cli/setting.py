"""The configuration and the site as a verb asks for them, and how people name an export, a pump or a course."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import unquote

from bridge import log
from bridge.adapter import Adapter
from bridge.adapter import find as find_adapters
from bridge.config import Config, find, load
from bridge.errors import ConfigError, UsageError
from bridge.identity import PumpIdentity
from bridge.site import Site, open_site
from bridge.store.protocol import CourseRow, Store

MOST_OF_IDENTIFIER = 100


def allowed_adapters(config: Path | None) -> tuple[str, ...]:
    """The third parties' adapters that the configuration allows; none where there is no file and none was named."""
    try:
        find(config)
    except ConfigError:
        if config is None:
            return ()
        raise
    return load(config).adapters.third_party


def offline_adapters(config: Path | None) -> dict[str, Adapter]:
    """The adapters for what needs no configuration: one that was not named may as well be broken."""
    if config is not None:
        return find_adapters(allowed_adapters(config))
    try:
        return find_adapters(allowed_adapters(None))
    except ConfigError:
        return find_adapters()


def site_of(config: Path | None, *, replaces: bool = False) -> Site:
    """The configured site, its destinations known to the store; a verb says what happens, so its log is quiet.

    `replaces`: the verb places exports anew, so it does not matter by which zone they were.
    """
    log.configure("error")
    site = open_site(load(config))
    site.register(replaces=replaces)
    return site


def destinations(config: Config, to: str | None) -> tuple[str, ...]:
    """The names of the destinations meant; raises ConfigError where there is none of that name, or none at all."""
    if to is not None:
        return (config.destination_named(to).name,)
    if not config.destinations:
        raise ConfigError(
            "no destination is configured", code="config-no-destination", remedy="add a [[destination]] table"
        )
    return tuple(destination.name for destination in config.destinations)


def export_named(store: Store, name: str) -> str:
    """The SHA-256 that a person means: the start of it, or the path of a file with the same bytes."""
    file = Path(name)
    if file.is_file():
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    return store.find_export(name)


def pump_named(store: Store, name: str) -> PumpIdentity:
    """The pump that a person means: MANUFACTURER|MODEL|SERIAL, or a serial that only one pump has."""
    parts = [unquote(part) for part in name.split("|")]
    if len(parts) == 3:
        return PumpIdentity(*parts)
    found = {row.pump for row in store.pumps() if row.pump.serial == name}
    if len(found) == 1:
        return found.pop()
    raise UsageError(
        "more than one pump has this serial" if found else "no pump has this serial",
        code="pump-ambiguous" if found else "pump-unknown",
        remedy="name it as MANUFACTURER|MODEL|SERIAL; see `pumpbridge pumps`",
    )


def patient_named(identifier: str) -> str:
    """The identifier that a person gives; raises UsageError for what no hospital prints as one.

    It begins and ends with a letter or a digit, has printable characters only, and at most 100 of them.
    """
    ends = identifier[:1].isalnum() and identifier[-1:].isalnum()
    if ends and identifier.isprintable() and len(identifier) <= MOST_OF_IDENTIFIER:
        return identifier
    raise UsageError(
        "this is no patient identifier", where="PATIENT", code="patient-unreadable",
        remedy="give it as printed: it begins and ends with a letter or a digit",
    )  # fmt: skip


def system_named(config: Config, name: str | None) -> str:
    """The identifier system of a label or URI; the site's own where none is given."""
    if name is None:
        return config.site.key_system
    known = config.site.patient_systems
    if name in known:
        return known[name]
    if name in known.values() or name == config.site.key_system:
        return name
    raise UsageError(
        "this identifier system is not known", where="--system",
        remedy="give a label or URI of [site.patient_systems]", code="system-unknown",
    )  # fmt: skip


def course_words(row: CourseRow) -> str:
    """A course as people name it: its patient and pump."""
    if row.course == 0:
        return "what courses share"
    patient = f"patient {row.patient}" if row.patient else "no patient stated"
    simulated = ", simulated" if row.simulated else ""
    return f"{patient}, pump {row.pump.manufacturer} {row.pump.model} {row.pump.serial}{simulated}"
