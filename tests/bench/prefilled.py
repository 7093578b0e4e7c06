"""A store that holds many exports already, made once by the real verbs and kept for later runs of the benchmark.

What is in it: one pump of 1,000 interrogations and 100 pumps of 100, accepted, folded, checked, applied to the folder
and confirmed like everything else; and the other pumps of 100 each, accepted and then parked through the store's own
verb, because confirming them too (700,000 resources) would take long and is not on the path that is measured: that path
meets every table by index, and exports, interrogations, changes, courses and due work are there in full. Two processes
accept, as fast as groups of one commit allow.

It is kept under a name that holds its seed, its size and a hash of the code that decides what a chart says: another
program would have to send everything anew. What an earlier program's name keeps is deleted at the end.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

from bridge import log
from bridge.accept import accept_many, settings_of
from bridge.charting import code_fingerprint
from bridge.clock import SystemClock
from bridge.config import load
from bridge.identity import PumpIdentity
from bridge.jobs import Job
from bridge.site import open_site
from bridge.store.protocol import NewExport
from bridge.workers import apply_all
from tests.bench import site
from tests.bench.exports import Export, lives, one_long_life
from tests.bench.measure import CORES

FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class Size:
    """How much is in the store: the long life's interrogations, pumps with a life each, and how many are confirmed."""

    long: int
    pumps: int
    per_pump: int
    confirmed: int

    @property
    def exports(self) -> int:
        """All of them."""
        return self.long + self.pumps * self.per_pump


FULL = Size(1_000, 990, 100, 100)
SMALL = Size(30, 12, 5, 4)


def prefilled(parent: Path, seed: int, size: Size) -> Path:
    """The kept site of this seed and size, made now where there is none; answers its configuration."""
    stem = f"pumpbridge-prefilled-{seed}-{size.exports}-"
    name = stem + code_fingerprint()
    kept = parent / name
    for other in set(parent.glob(f"{stem}*")) - {kept}:
        atexit.register(shutil.rmtree, other, ignore_errors=True)
    if not kept.exists():
        making = parent / f"{name}.{os.getpid()}"
        shutil.rmtree(making, ignore_errors=True)
        print(f"prefilling a store with {size.exports:,} exports, once", file=sys.stderr)
        _fill(site.made(making), seed, size)
        making.rename(kept)
    return kept / site.CONFIG


def copied(kept: Path, folder: Path) -> Path:
    """A copy that may be changed: files of charts are replaced, never changed, so they are shared as links."""
    shutil.copytree(kept.parent, folder, copy_function=_linked)
    return folder / kept.name


def _linked(source: str, target: str) -> None:
    place = Path(source)
    if place.parent.parent.name == "charts" and not place.name.startswith("manifest"):
        os.link(source, target)
    else:
        shutil.copy2(source, target)


def long_life(seed: int, count: int) -> Iterator[Export]:
    """The one pump with many interrogations."""
    return one_long_life(count, seed)


def long_pump(seed: int) -> PumpIdentity:
    """Which pump that is."""
    pump = json.loads(next(long_life(seed, 1)).content)["pump"]
    return PumpIdentity(pump["manufacturer"], pump["model"], pump["serial"])


def _fill(config: Path, seed: int, size: Size) -> None:
    accept_share(config, [seed], size.long, 0, 0)
    half = size.pumps // 2
    shares = ((config, [seed + 1], 0, half, size.per_pump), (config, [seed + 2], 0, size.pumps - half, size.per_pump))
    with ProcessPoolExecutor(CORES, mp_context=get_context("spawn")) as pool:
        for done in [pool.submit(accept_share, *share) for share in shares]:
            done.result()
    with open_site(load(config), new_store=True) as opened:
        opened.register()
        courses = [row.course for row in opened.store.courses()]
        for course in courses[size.confirmed + 1 :]:
            opened.store.park(FOLDER, course, "bench", "not on the measured path", now=opened.clock.now())
        sums = apply_all(opened, Job(config, (FOLDER,)), processes=CORES)
    if sums.open:
        raise RuntimeError(f"not confirmed: {next(iter(sums.open.values()))}")


def accept_share(config: Path, seeds: Sequence[int], long: int, pumps: int, per_pump: int) -> None:
    """What one of the processes accepts."""
    accept_exports(
        config, chain(*(chain(long_life(seed, long) if long else (), *lives(pumps, per_pump, seed)) for seed in seeds))
    )


def accept_exports(config: Path, exports: Iterable[Export]) -> None:
    """Accept exports into the store of a site, which is made where there is none."""
    log.configure("error")
    clock = SystemClock()
    items = (
        NewExport(hashlib.sha256(one.content).hexdigest(), one.content, one.name, "bench", clock.now())
        for one in exports
    )
    with open_site(load(config), new_store=True) as opened:
        for receipt in accept_many(items, opened.adapters, opened.store, settings_of(opened.config)):
            if receipt.outcome != "accepted":
                raise RuntimeError(f"not accepted: {receipt}")
