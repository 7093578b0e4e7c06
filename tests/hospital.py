"""A small hospital for tests: a real site with a real store and a real folder destination in a temporary folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bridge.accept import Receipt, accept_many, settings_of
from bridge.clock import FixedClock
from bridge.config import load
from bridge.fhir_json import read
from bridge.reconcile import Consent, Outcome, Tally
from bridge.site import Site
from bridge.store.protocol import LedgerRow, NewExport

JOURNEY = Path(__file__).parent.parent / "fixtures" / "journey"
NOW = datetime(2025, 9, 1, 8, tzinfo=UTC)


class Hospital:
    """One site; `destination` and `extra` are TOML lines for its destination and for the rest of its configuration."""

    def __init__(self, folder: Path, destination: str = "", extra: str = "", now: datetime = NOW) -> None:
        self.folder = folder
        self.clock = FixedClock(now)
        self.write_config(destination, extra)
        self.site = self.opened()

    def write_config(self, destination: str = "", extra: str = "") -> None:
        """Write the configuration and its secrets (again)."""
        for name in ("real.namespace", "simulated.namespace"):
            secret = self.folder / name
            secret.write_text(hashlib.sha256(name.encode()).hexdigest())
            secret.chmod(0o600)
        place = destination or 'kind = "folder"\npath = "charts"\nenvironment = "test"\naccept_simulated = true'
        config = self.folder / "pumpbridge.toml"
        config.write_text(
            '[site]\nzone = "Europe/London"\norganisation = "Invented Spasticity Clinic"\nphone = "+44 1632 960123"\n'
            'key_system = "https://hospital.invalid/sid/mrn"\n'
            'patient_systems = {MRN = "https://hospital.invalid/sid/mrn"}\n'
            'namespace_file = "real.namespace"\nsimulated_namespace_file = "simulated.namespace"\n'
            f'[store]\npath = "store.sqlite"\n{extra}\n[[destination]]\nname = "charts"\n{place}\n'
        )
        config.chmod(0o600)

    def opened(self) -> Site:
        """The site, opened anew; its destination registered."""
        site = Site(load(self.folder / "pumpbridge.toml"), self.clock, new_store=True)
        site.register()
        return site

    def reopen(self) -> None:
        """Close the site and open it again, as after a restart."""
        self.site.close()
        self.site = self.opened()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.site.close()

    def take(self, *exports: Path | dict[str, Any] | bytes) -> list[Receipt]:
        """Accept exports: files, bodies or bytes."""
        settings = settings_of(self.site.config)
        return list(accept_many(map(self._new, exports), self.site.adapters, self.site.store, settings))

    def _new(self, export: Path | dict[str, Any] | bytes) -> NewExport:
        content = export.read_bytes() if isinstance(export, Path) else export
        content = json.dumps(content).encode() if isinstance(content, dict) else content
        return NewExport(hashlib.sha256(content).hexdigest(), content, "export", "test", self.clock.now())

    def apply(self, **consent: Any) -> Tally:
        """Wake what time has changed, then plan and apply what is due."""
        self.site.store.wake("charts", self.clock.now())
        return self.site.reconciler("charts", consent=Consent(**consent)).run(apply=True)

    def plan(self) -> list[Outcome]:
        """Plan what is due, apply nothing."""
        self.site.store.wake("charts", self.clock.now())
        return self.site.reconciler("charts").run(apply=False).outcomes

    def course_of(self, receipt: Receipt) -> int:
        """The course that an export belongs to, or the first of them."""
        standing = self.site.store.standing(receipt.sha256)
        assert standing is not None, "it was accepted"
        return standing.courses[0]

    def rows(self, course: int) -> list[LedgerRow]:
        """The ledger of one course."""
        return self.site.store.ledger("charts", course)

    def chart(self, course: int) -> dict[str, dict[str, Any]]:
        """What the destination holds of one course, by key."""
        return {row.key: read(row.confirmed) for row in self.rows(course) if row.confirmed}

    def standing(self, course: int, type: str) -> list[dict[str, Any]]:
        """The resources of a type that are not entered in error."""
        found = [r for r in self.chart(course).values() if r["resourceType"] == type]
        return [r for r in found if r.get("status") != "entered-in-error"]


def journey(pattern: str = "*.json") -> Iterable[Path]:
    """The journey's exports in order."""
    return sorted(JOURNEY.glob(pattern))
