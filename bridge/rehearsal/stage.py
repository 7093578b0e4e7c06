"""Where a rehearsal plays: a site of its own, with store, secrets and namespaces in a folder that is deleted after it.

Promises: it is the product's own site (configuration file, store, adapters, destination, reconciler), and nothing of it
is the hospital's but the address, the token and how the destination is set; every namespace is fresh, so that ids of
two rehearsals, or of a rehearsal and a real site, are never the same. The sender's waits end with the rehearsal's time.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bridge.accept import Receipt, accept_many, settings_of
from bridge.chart.resource import Binding
from bridge.config import load
from bridge.destinations.protocol import Destination
from bridge.fhir_json import Json
from bridge.owner import this_process
from bridge.place import Place
from bridge.reconcile import Consent, Outcome, Reconciler
from bridge.rehearsal.asking import Patience
from bridge.rehearsal.target import Target
from bridge.simulator.life import ZONE
from bridge.site import Site, open_site
from bridge.store.protocol import COMMONS, LedgerRow, NewExport

NAME = "rehearsal"
BASE = "https://pumpbridge.invalid/rehearsal"
SECRETS = ("real.namespace", "simulated.namespace")
_FIXED = {
    "name": NAME, "kind": "fhir", "mode": "live", "environment": "test", "accept_simulated": True, "devices": "own",
}  # fmt: skip
_NOT_TAKEN = {*_FIXED, "patient", "start_horizon"}


@dataclass(frozen=True, slots=True)
class Held:
    """One row of the ledger with its course: what the destination has confirmed, or may have got."""

    course: int
    row: LedgerRow

    @property
    def reference(self) -> str:
        """Where it stands at the server."""
        return f"{self.row.type}/{self.row.server_id or self.row.id}"

    @property
    def ours(self) -> str:
        """Its reference by our id."""
        return f"{self.row.type}/{self.row.id}"


class Stage:
    """A site in a temporary folder; a context manager that takes everything with it when it ends."""

    def __init__(self, target: Target, patience: Patience) -> None:
        self.target, self.patience = target, patience
        self.token = secrets.token_hex(6)
        self.namespace = f"{BASE}/{self.token}"
        self.key_system = f"{self.namespace}/sid/key"
        self.patient = target.patient or (f"{self.namespace}/sid/mrn", f"RH{self.token}")
        self.serial = f"RH{self.token.upper()}"
        self._folder = TemporaryDirectory(prefix="pumpbridge-rehearsal-")
        try:
            self.site = self._opened()
        except BaseException:
            self._folder.cleanup()
            raise

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        self.site.close()
        self._folder.cleanup()

    def _opened(self) -> Site:
        folder = Path(self._folder.name)
        for name in SECRETS:
            (folder / name).touch(mode=0o600)
            (folder / name).write_text(secrets.token_hex(32))
        file = folder / "pumpbridge.toml"
        file.touch(mode=0o600)
        file.write_text(self._settings(), encoding="utf-8")
        site = open_site(load(file), new_store=True)
        site.register()
        return site

    def _settings(self) -> str:
        """The configuration: the destination as it is set up where it is, all else the rehearsal's."""
        system = self.patient[0]
        site = {
            "zone": ZONE, "organisation": "pumpbridge rehearsal", "key_system": system, "base": self.namespace,
            "prefix": f"rh{self.token}", "namespace_file": SECRETS[0], "simulated_namespace_file": SECRETS[1],
        }  # fmt: skip
        given = self.target.settings.model_dump(mode="json", exclude_none=True, exclude=_NOT_TAKEN)
        how = {"patient": "match" if self.target.patient else "create"}
        tables = [
            ("[site]", site), ("[site.patient_systems]", {"MRN": system}), ("[store]", {"path": "store.sqlite"}),
            ("[[destination]]", {**given, **_FIXED, **how}),
        ]  # fmt: skip
        return "\n".join(f"{head}\n{_lines(table)}" for head, table in tables)

    # --- the two verbs ---------------------------------------------------------------------------------------------

    def accept(self, content: bytes) -> Receipt:
        """Accept one export."""
        site = self.site
        sha256 = hashlib.sha256(content).hexdigest()
        export = NewExport(sha256, content, "export.json", NAME, site.clock.now())
        return next(accept_many([export], site.adapters, site.store, settings_of(site.config)))

    def reconcile(self) -> list[Outcome]:
        """Plan and apply what is due; what became of each course."""
        outcomes: list[Outcome] = []
        self.site.store.wake(NAME, self.site.clock.now())
        self.reconciler.run(apply=True, stop=lambda: not self.patience.left, on_outcome=outcomes.append)
        return outcomes

    @property
    def reconciler(self) -> Reconciler:
        """A reconciler to which a person has consented: everything here is simulated."""
        site, learn = self.site, self.site.learner(NAME)
        return Reconciler(
            site.store, labelled(site.place(NAME)), self.destination, site.clock, this_process(),
            Consent(held=True, mapping=True, large=True), sleep=self.patience.sleep,
            learn=(lambda: labelled(learn())) if learn else None,
        )  # fmt: skip

    @property
    def destination(self) -> Destination:
        """The server, as the product writes to it."""
        return self.site.destination(NAME)

    def departures(self) -> tuple[str, ...]:
        """What of a chart is told as another type there, or left out, in words; raises DestinationError."""
        return tuple(map(str, self.site.learnt(NAME).capability.departures))

    # --- what was sent ---------------------------------------------------------------------------------------------

    def held(self) -> list[Held]:
        """Every row of the ledger, what courses share first; of what may have been sent, too."""
        store = self.site.store
        courses = [COMMONS, *(row.course for row in store.courses())]
        rows = [(one, row) for one in courses for row in (*store.ledger(NAME, one), *store.notes(NAME, one))]
        return [Held(course, row) for course, row in rows]

    def identifier(self, row: LedgerRow) -> tuple[str, str]:
        """The identifier that a row's resource carries: what follows the prefix of its id."""
        return self.key_system, row.id.rsplit("-", 1)[-1]


def labelled(place: Place) -> Place:
    """The place where the site's own Organization and Device are test data as well: this site is invented."""

    def binding(simulated: bool, patient_key: str, patient: Json, pump: str) -> Binding:
        return replace(place.make_binding(simulated, patient_key, patient, pump), simulated=True)

    return replace(place, make_binding=binding)


def theirs_to_ours(held: Sequence[Held]) -> dict[str, str]:
    """Type/id there to Type/id of ours, where the server gives its own ids."""
    return {one.reference: one.ours for one in held if one.reference != one.ours}


def _lines(table: dict[str, Any]) -> str:
    """Keys and values as TOML, of which JSON's texts, numbers, truths and lists are a part."""
    return "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in table.items())
