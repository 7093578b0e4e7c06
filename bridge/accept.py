"""VERB 1. accept: bytes in, one durable commit, then the receipt.

1. A receipt is given only after the commit that it speaks of.
2. An export is accepted whole or refused whole; a refusal names code, place and remedy, and the other exports go on.
3. The same bytes are one export: accepted again, they are known and change nothing, in quarantine too (until `retry`).
   The same content in other bytes is another export.
4. What an adapter throws never gets further than a refusal, and no text of a foreign error is kept.
5. The patient is the one that the export states; only an export that states none follows a person's `link`.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from bridge.adapter import Adapter, Hint, media_type_of, recognise
from bridge.course.sessions import placed
from bridge.course.shared import shared_device
from bridge.errors import ExportError
from bridge.interrogation import Interrogation, stated
from bridge.log import get
from bridge.store.protocol import Filed, Found, Intake, NewExport, Outcome, Refusal

if TYPE_CHECKING:
    from bridge.config import Config

log = get(__name__)
Refused = Callable[[NewExport], Refusal | None]
Told = Callable[[Sequence[NewExport]], None]
GROUP_ITEMS = 500
GROUP_SECONDS = 0.005
"""So long a receipt may wait for others that go into the same commit."""
IN_LINE, BEGINNING = 15, 12
"""Of so many exports a line of the log names so many digits each: the longest value that a line may have."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What accepting takes from the configuration: zone, identifier systems by printed label, and the size limit."""

    zone: str
    key_system: str
    patient_systems: Mapping[str, str]
    export_bytes: int = 20_000_000


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one export; for a quarantined one, known or new, also why, where in it, and what to do."""

    sha256: str
    outcome: Outcome
    code: str = ""
    where: str = ""
    remedy: str = ""


def settings_of(config: Config) -> Settings:
    """The part of the configuration that accepting needs."""
    site = config.site
    return Settings(str(site.zone), site.key_system, site.patient_systems, config.limits.export_bytes)


def accept(export: NewExport, adapters: Mapping[str, Adapter], store: Intake, settings: Settings) -> Receipt:
    """Read one export and store it in one commit; then the receipt. Raises StoreError, and nothing else."""
    return next(accept_many([export], adapters, store, settings))


def accept_many(
    exports: Iterable[NewExport], adapters: Mapping[str, Adapter], store: Intake, settings: Settings, *,
    group_seconds: float = GROUP_SECONDS, refused: Refused = lambda export: None,
) -> Iterator[Receipt]:  # fmt: skip
    """Accept exports in groups of one commit each (500 of them, or so long a reading); receipts in their order.

    `refused` says why a new export is not read at all, whatever is in it.
    """
    groups = accept_groups(
        exports, adapters, store, settings, group_seconds=group_seconds, refused=refused, told=log_each
    )
    return chain.from_iterable(groups)


def accept_groups(
    exports: Iterable[NewExport], adapters: Mapping[str, Adapter], store: Intake, settings: Settings, *,
    group_seconds: float, refused: Refused, told: Told,
) -> Iterator[list[Receipt]]:  # fmt: skip
    """The same, the receipts of each commit together; `told` logs what a commit accepted."""
    group: list[tuple[NewExport, Found | None]] = []
    until = 0.0
    for export in exports:
        until = until if group else time.monotonic() + group_seconds
        fresh = store.known(export.sha256) is None
        found = (refused(export) or interpret(export, adapters, store, settings)) if fresh else None
        group.append((export, found))
        if len(group) >= GROUP_ITEMS or time.monotonic() >= until:
            yield _committed(group, store, told)
            group = []
    if group:
        yield _committed(group, store, told)


def log_each(exports: Sequence[NewExport]) -> None:
    """One line of the log for each."""
    for export in exports:
        log.info("export_accepted", export=export.sha256, source=export.source)


def log_together(exports: Sequence[NewExport]) -> None:
    """One line of the log for all of a source, with the beginnings of their hashes; a single one has its own."""
    if len(exports) == 1:
        log_each(exports)
        return
    for source in dict.fromkeys(export.source for export in exports):
        of_source = [export for export in exports if export.source == source]
        for start in range(0, len(of_source), IN_LINE):
            some = of_source[start : start + IN_LINE]
            hashes = " ".join(export.sha256[:BEGINNING] for export in some)
            log.info("exports_accepted", source=source, count=len(some), exports=hashes)


def retry(export: NewExport, adapters: Mapping[str, Adapter], store: Intake, settings: Settings) -> Receipt:
    """Read a quarantined export again, in one commit; it leaves the quarantine or stays with its new reason."""
    found = interpret(export, adapters, store, settings)
    outcome = store.readd(export, found)
    log_each([export] if outcome == "accepted" else [])
    return _receipt(export, found, outcome, store)


def interpret(export: NewExport, adapters: Mapping[str, Adapter], store: Intake, settings: Settings) -> Found:
    """What an export says, ready to be stored, or why it is refused whole; nothing is stored yet."""
    if export.oversize or len(export.content) > settings.export_bytes:
        return _too_large(settings.export_bytes)
    if not export.content.strip():
        return Refusal("export-empty", "the file is empty", "the file", "export the session again", None, None)
    adapter: Adapter | None = None
    try:
        adapter = recognise(export.content, dict(adapters))
        sha1 = hashlib.sha1(export.content, usedforsecurity=False).hexdigest()
        media_type = media_type_of(adapter, export.content)
        return [_filed(item, adapter, media_type, sha1, store, settings) for item in _read(adapter, export.content)]
    except ExportError as error:
        return _refusal(error, _hint(adapter, export.content))
    except Exception as error:
        log.error("adapter_failed", export=export.sha256, error_type=type(error).__name__)
        return _refusal(_failed(type(error).__name__), _hint(adapter, export.content))


def patient_key(identifier: str, system: str, key_system: str) -> str:
    """The patient's part in keys: the identifier alone in the site's key system, else `system#identifier`."""
    return identifier if not identifier or system == key_system else f"{system}#{identifier}"


def _read(adapter: Adapter, content: bytes) -> tuple[Interrogation, ...]:
    found = adapter.read(content)
    if not found:
        raise _failed("nothing read")
    return found


def _filed(
    item: Interrogation, adapter: Adapter, media_type: str, sha1: str, store: Intake, settings: Settings
) -> Filed:
    pump = item.pump_identity
    if not (pump.manufacturer and pump.model and pump.serial):
        message = "the pump is not named by manufacturer, model and serial"
        raise ExportError(message, code="pump-unidentified", remedy="export it again with the pump's three names")
    if len(item.channels) > 1:
        raise ExportError(
            "an implanted pump has one line of delivery, and this export states several", code="channels-several",
            remedy="export each pump by itself",
        )  # fmt: skip
    patient, system = _patient(item, store, settings)
    session, position = placed(item, settings.zone)
    return Filed(
        interrogation=item,
        patient=patient,
        patient_system=system,
        pump=pump,
        simulated=item.is_simulated,
        session=session,
        position=position,
        programmer=shared_device(item),
        adapter=adapter.name,
        adapter_version=adapter.version,
        media_type=media_type,
        sha1=sha1,
    )


def _patient(item: Interrogation, store: Intake, settings: Settings) -> tuple[str, str]:
    """The patient as in keys, and the system; an unknown label stays as printed, an unreadable number is nobody's."""
    if item.patient.identifier is None:
        return store.linked_patient(item.pump_identity) or ("", "")
    identifier, label = stated(item.patient.identifier) or "", stated(item.patient.system) or ""
    if not identifier:
        return "", ""
    system = settings.patient_systems.get(label, label)
    return patient_key(identifier, system, settings.key_system), system


def _hint(adapter: Adapter | None, content: bytes) -> Hint:
    try:
        return (adapter.hint(content) if adapter else None) or Hint(None)
    except Exception as error:
        log.error("adapter_failed", error_type=type(error).__name__)
        return Hint(None)


def _refusal(error: ExportError, hint: Hint) -> Refusal:
    return Refusal(error.code, error.message, error.where, error.remedy, hint.pump, hint.local)


def _too_large(limit: int) -> Refusal:
    remedy = "raise [limits] export_bytes and import it again, if it is an export at all"
    return Refusal("export-too-large", f"the file is larger than {limit} bytes", "", remedy, None, None)


def _failed(what: str) -> ExportError:
    remedy = "report this export's code and SHA-256 to whoever maintains the adapter, then `quarantine retry`"
    return ExportError(f"the adapter failed on this file ({what})", code="adapter-failed", remedy=remedy)


def _committed(group: Sequence[tuple[NewExport, Found | None]], store: Intake, told: Told) -> list[Receipt]:
    fresh = [(export, found) for export, found in group if found is not None]
    outcomes = list(store.add(fresh)) if fresh else []
    told([export for (export, _), outcome in zip(fresh, outcomes, strict=True) if outcome == "accepted"])
    left = iter(outcomes)
    return [_receipt(export, found, next(left) if found is not None else "known", store) for export, found in group]


def _receipt(export: NewExport, found: Found | None, outcome: Outcome, store: Intake) -> Receipt:
    if outcome == "accepted":
        return Receipt(export.sha256, outcome)
    if outcome == "quarantined" and isinstance(found, Refusal):
        log.warning("export_quarantined", export=export.sha256, code=found.code, source=export.source)
        return Receipt(export.sha256, outcome, found.code, found.where, found.remedy)
    standing = store.standing(export.sha256)
    assert standing is not None, "a committed export stands in the store"
    return Receipt(export.sha256, outcome, standing.code, standing.where, standing.remedy)
