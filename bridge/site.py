"""The site as a configuration describes it, opened: store, adapters, namespaces, destinations, reconcilers.

Promises: what is opened here is closed here; nothing is opened before it is asked for. This is the one place that
knows how configuration becomes running parts.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from bridge import __version__
from bridge.adapter import Adapter, find
from bridge.chart.capability import EVERYTHING, CapabilityPlan
from bridge.chart.dialect import Version
from bridge.clock import Clock, SystemClock
from bridge.config import (
    Config,
    FhirDestination,
    Hl7v2Destination,
    read_audiences,
    read_capabilities,
    read_namespace,
)
from bridge.destinations.fhir_capabilities import capabilities_of, is_known, kept, planned_from
from bridge.destinations.protocol import Destination
from bridge.errors import ConfigError, DestinationError, StoreError
from bridge.identity import Namespace
from bridge.owner import this_process
from bridge.place import Place, place_of
from bridge.reconcile import Consent, Reconciler
from bridge.store.open import open_store
from bridge.store.protocol import COMMONS, Store
from bridge.terms.findings import Moved


class Site:
    """A configured site; a context manager that closes what it opened."""

    def __init__(self, config: Config, clock: Clock | None = None, *, new_store: bool = False) -> None:
        self.config = config
        self.new_store = new_store
        self.clock = clock or SystemClock()
        self._destinations: dict[str, Destination] = {}
        self._store: Store | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every destination and the store."""
        for destination in self._destinations.values():
            destination.close()
        if self._store is not None:
            self._store.close()
        self._destinations, self._store = {}, None

    @property
    def store(self) -> Store:
        """The store; raises StoreError where it is missing, locked, newer, another site's or on a network."""
        if self._store is None and not self.new_store and not _holds_something(self.config.store.path):
            raise StoreError(
                "the store is not there", where=str(self.config.store.path), code="store-missing",
                remedy="mount its disk or correct [store] path; `pumpbridge init` makes a new, empty one",
            )  # fmt: skip
        if self._store is None:
            _refuse_unwritable(self.config.store.path)
            self._store = open_store(self.config.store.path, tuple(n.fingerprint for n in self.namespaces))
        return self._store

    @cached_property
    def adapters(self) -> dict[str, Adapter]:
        """The adapters by name."""
        return find(self.config.adapters.third_party)

    @cached_property
    def namespaces(self) -> tuple[Namespace, Namespace]:
        """The site's two permanent namespaces, for real and for simulated data."""
        site = self.config.site
        return (
            Namespace(read_namespace(site.namespace_file), site.prefix),
            Namespace(read_namespace(site.simulated_namespace_file), f"{site.prefix}sim"),
        )

    @cached_property
    def audiences(self) -> Moved:
        """The findings that the site's own file moves to another audience, or switches off; read once."""
        return read_audiences(self.config.findings.file)

    def place(self, name: str) -> Place:
        """How charts are bound to a destination, and when plans for it wait."""
        settings = self.config.destination_named(name)
        return place_of(
            self.config, settings, self.namespaces, __version__, self.store.content, self.audiences,
            self.capability(name),
        )  # fmt: skip

    def capability(self, name: str) -> CapabilityPlan:
        """What of a chart a destination takes: by the file that is configured, else as it said when it was last asked.

        Raises ConfigError or DestinationError where that is nothing.
        """
        settings = self.config.destination_named(name)
        if isinstance(settings, Hl7v2Destination):
            return EVERYTHING
        if settings.capabilities is not None:
            return _planned_by(settings.capabilities, settings.fhir_version)
        taken = self.store.taken(name) if isinstance(settings, FhirDestination) else ""
        return planned_from(taken, settings.fhir_version)

    def learner(self, name: str) -> Callable[[], Place] | None:
        """What asks a server which types it takes and gives its place then; None where that is known already."""
        settings = self.config.destination_named(name)
        if not isinstance(settings, FhirDestination) or settings.capabilities is not None:
            return None
        return None if is_known(self.store.taken(name), settings.fhir_version) else lambda: self.learnt(name)

    def learnt(self, name: str) -> Place:
        """Ask a FHIR server which types it takes, and keep that; its place as it is now. Raises DestinationError."""
        settings = self.config.destination_named(name)
        fhir = settings.fhir_version if isinstance(settings, FhirDestination) else "R4"
        said = kept(self.destination(name).capabilities(), fhir)
        planned_from(said, fhir)  # what takes nothing is not kept
        if said != self.store.taken(name):
            self.store.keep_taken(name, said)
            self.store.register(name, self.place(name).mapping, self.clock.now())
        return self.place(name)

    def destination(self, name: str) -> Destination:
        """The opened destination of this name."""
        if name not in self._destinations:
            self._destinations[name] = self._opened(name)
        return self._destinations[name]

    def forget(self, name: str) -> None:
        """Close a destination that was opened: whoever uses it next opens it anew, and asks it anew what it can do."""
        opened = self._destinations.pop(name, None)
        if opened is not None:
            opened.close()

    def _opened(self, name: str) -> Destination:
        settings = self.config.destination_named(name)
        if isinstance(settings, FhirDestination):
            from bridge.destinations.fhir_server import FhirServer

            return FhirServer.of(settings, f"{self.config.site.base}/sid/key")
        if isinstance(settings, Hl7v2Destination):
            from bridge.destinations.hl7v2 import Hl7v2Receiver

            return Hl7v2Receiver.of(settings)
        from bridge.destinations.folder import Folder

        return Folder(Path(settings.path), held=any(row.confirmed_hash for row in self.store.ledger(name, COMMONS)))

    def register(self, *, replaces: bool = False) -> None:
        """Make the configured destinations known to the store, with what decides their charts.

        Raises StoreError where the store's exports were placed by another zone, unless they are being placed anew
        (`replaces`).
        """
        if not replaces:
            self._refuse_other_zone()
        for settings in self.config.destinations:
            self.store.register(settings.name, self.place(settings.name).mapping, self.clock.now())

    def _refuse_other_zone(self) -> None:
        """Exports by two zones would stand in one course hours out of order."""
        zone, before = str(self.config.site.zone), self.store.placed_by()
        if not before:
            self.store.place_by(zone)
        elif before != zone:
            raise StoreError(
                f"the store's exports were placed in time by the zone {before}, and [site] zone is {zone}",
                where=str(self.config.store.path), code="store-other-zone",
                remedy=f"put it back, or stop the daemon and place all by {zone} with `pumpbridge reread --apply`",
            )  # fmt: skip

    def reconciler(
        self, name: str, *, owner: str = "", consent: Consent | None = None, as_of: datetime | None = None,
        settles: bool = False,
    ) -> Reconciler:  # fmt: skip
        """A reconciler for one destination, with the store's leases taken under `owner`.

        With `settles`, messages of a hospital pump that was charted just now gather; else what is due is due at once.
        """
        return Reconciler(
            self.store,
            self.place(name),
            self.destination(name),
            self.clock,
            owner or this_process(),
            consent,
            as_of,
            learn=self.learner(name),
            settle=timedelta(seconds=self.config.current.infusion_settle_seconds if settles else 0),
        )


def _planned_by(file: Path, fhir: Version) -> CapabilityPlan:
    """The capability plan of a CapabilityStatement in a file; raises ConfigError where it tells of another server."""
    try:
        return planned_from(kept(capabilities_of(read_capabilities(file), fhir), fhir), fhir)
    except DestinationError as error:
        raise ConfigError(
            f"in this CapabilityStatement {error.message}", where=str(file), code="config-capabilities",
            remedy="save what the server answers to GET /metadata",
        ) from None  # fmt: skip


def _holds_something(path: Path) -> bool:
    """Whether there is a store at all: an unmounted disk leaves none, a damaged one an empty file."""
    return path.exists() and path.stat().st_size > 0


def _refuse_unwritable(path: Path) -> None:
    """Raises StoreError `store-mode` where its owner may not write the store: SQLite would make its side files so too,
    and they would stay so after the store itself was mended.
    """
    for file in (path.with_name(f"{path.name}{end}") for end in ("", "-wal", "-shm")):
        if _is_closed(file):
            read_only = os.statvfs(file).f_flag & os.ST_RDONLY
            raise StoreError(
                "the store cannot be written", where=str(file), code="store-mode",
                remedy="its disk is mounted read-only: see why, and mount it for writing" if read_only
                else f"as the user of the bridge, who must own it: chmod 600 {file}",
            )  # fmt: skip


def _is_closed(file: Path) -> bool:
    """Whether a file is there and may not be read and written; side files come and go with other processes."""
    try:
        mode = file.stat().st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) and (mode & 0o600 != 0o600 or not os.access(file, os.R_OK | os.W_OK)) and file.exists()


def open_site(config: Config, clock: Clock | None = None, *, new_store: bool = False) -> Site:
    """The site of a configuration; nothing is opened before it is used. `new_store`: make it where there is none."""
    return Site(config, clock, new_store=new_store)
