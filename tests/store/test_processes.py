"""Several processes at one store: a lane is worked on by one of them at a time, and nothing is done twice or left."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bridge.identity import PumpIdentity
from bridge.store.open import open_store
from tests.store.samples import ADA, BEN, NOW, filed, new

ROOT = Path(__file__).parents[2]


def test_processes_share_the_work(tmp_path: Path) -> None:
    path, marks = tmp_path / "store.db", tmp_path / "marks"
    marks.mkdir()
    store = open_store(path, ("real", "simulated"))
    store.register("folder", "m1", NOW)
    pumps = [PumpIdentity("Invented Pumps", "IP-40", f"{n}") for n in range(40)]
    store.add([(new(f"{p.serial} {who}"), [filed(1, pump=p, patient=who)]) for p in pumps for who in (ADA, BEN)])
    command = [sys.executable, "-m", "tests.store.claiming", str(path), str(marks)]
    running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    finished = [int(line) for process in running for line in process.communicate(timeout=60)[0].split()]
    assert [process.returncode for process in running] == [0, 0, 0]
    assert sorted(finished) == list(range(81))
    assert store.backlog("folder").unapplied_courses == 0
    store.close()
