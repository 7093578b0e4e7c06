"""A process that accepts exports in a loop until it is killed: `python -m tests.crash.accepting STORE FIRST`.

It prints the SHA-256 of an export after its receipt, a line each: what is printed was acknowledged.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from bridge import log
from bridge.accept import Settings, accept_many
from bridge.store.open import open_store
from bridge.store.protocol import NewExport
from tests.unit.made_adapters import Plain


def exports(first: int) -> Iterator[NewExport]:
    """Exports without end, of twenty pumps; every seventh is refused."""
    for number in count(first):
        fields = {"serial": f"{number % 20}", "patient": "1", "label": "MRN", "note": f"{number}"}
        fields |= {"programmer": f"{number % 11}"} | ({"refuse": ""} if number % 7 == 0 else {})
        content = f"PLAIN {json.dumps(fields)}".encode()
        yield NewExport(hashlib.sha256(content).hexdigest(), content, "x", "crash", datetime.now(UTC))


def main(path: str, first: str) -> None:
    """Accept until killed."""
    log.configure("error")
    store = open_store(Path(path), ("real", "simulated"))
    store.register("folder", "m1", datetime.now(UTC))
    settings = Settings("Europe/London", "urn:mrn", {"MRN": "urn:mrn"})
    for receipt in accept_many(exports(int(first)), {"plain": Plain()}, store, settings):
        sys.stdout.write(receipt.sha256 + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
