"""What a store promises to people who decide: each decision is a fact beside the exports, and makes its courses due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

from bridge.identity import PumpIdentity
from bridge.store.rows import Filed


class Decisions(Protocol):
    """What people decide; each is one commit, makes its courses due and answers the decision's number.

    Raises UsageError where there is no such export, or where it does not stand so that this can be decided.
    """

    def withdraw(self, sha256: str, actor: str, reason: str, now: datetime) -> int:
        """The export is not to be believed: none of its interrogations is live any more, and it supersedes nothing."""
        ...

    def assign(self, sha256: str, patient: str, system: str, actor: str, reason: str, now: datetime) -> int:
        """The export belongs to this patient, whatever it states; what it superseded with another comes back there."""
        ...

    def supersede(self, old: str, new: str, actor: str, reason: str, now: datetime) -> int:
        """The new export corrects the old one, which is not live any more; refused where pump or patient are others."""
        ...

    def link(self, pump: PumpIdentity, patient: str, system: str, actor: str, reason: str, now: datetime) -> int:
        """The pump is this patient's: exports that state none are his, and of two patients he is the one."""
        ...

    def drop(self, sha256: str, actor: str, reason: str, now: datetime) -> int:
        """The quarantined export does not matter: its pump is not unknown because of it."""
        ...

    def skip(
        self, destination: str, course: int, key: str, content: str, actor: str, reason: str, now: datetime
    ) -> int:
        """This content (hash) of a key is not sent to a destination until the chart changes it; unparks the course."""
        ...

    def record(
        self,
        kind: Literal["mend", "accept-mapping", "accept-large"],
        subject: str,
        actor: str,
        reason: str,
        now: datetime,
    ) -> int:
        """Keep that a person let something through; nothing else changes."""
        ...

    def reread(self, sha256: str, found: Sequence[Filed], now: datetime) -> int:
        """Replace an accepted export's interrogations by what its bytes read as now; answers how many changed."""
        ...

    def placed_by(self) -> str:
        """The site's zone by which exports were placed in time; '' where none is known yet."""
        ...

    def place_by(self, zone: str) -> None:
        """Exports are placed by this zone from now on; those that are there have been, or there are none."""
        ...
