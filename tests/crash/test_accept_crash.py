"""kill -9 while exports are accepted: every acknowledged export is there, and none is there half."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bridge.store.open import open_store

ROOT = Path(__file__).parents[2]
ROUNDS = 20
SEED = 20250620


def killed(store: Path, first: int, seconds: float) -> list[str]:
    """Let a process accept for a random while after its first receipt, kill it, and answer what it acknowledged."""
    command = [sys.executable, "-m", "tests.crash.accepting", str(store), str(first)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        timer = threading.Timer(seconds, process.send_signal, [signal.SIGKILL])
        timer.start()
        lines += process.stdout.readlines()
        timer.join()
    assert process.returncode == -signal.SIGKILL
    return [line[:64] for line in lines if len(line) == 65]


@pytest.mark.crash
@pytest.mark.slow
def test_what_was_acknowledged_is_there_and_nothing_is_half_there(tmp_path: Path) -> None:
    path, chance = tmp_path / "store.db", random.Random(SEED)
    acknowledged: list[str] = []
    for _ in range(ROUNDS):
        before = len(acknowledged)
        acknowledged += killed(path, len(acknowledged) * 10, chance.uniform(0.0, 0.25))
        assert len(acknowledged) > before
        check(path, set(acknowledged))


def check(path: Path, acknowledged: set[str]) -> None:
    """Every acknowledged export is there, and everything that belongs to an export is there with it."""
    open_store(path, ("real", "simulated")).close()
    database = sqlite3.connect(path)
    try:
        stored = {sha256 for (sha256,) in database.execute("SELECT sha256 FROM export")}
        assert acknowledged <= stored
        for query in HALF:
            assert database.execute(query).fetchall() == [], query
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    finally:
        database.close()


HALF = (
    "SELECT number FROM export WHERE content IS NULL",
    "SELECT number FROM export WHERE state = 'accepted' AND number NOT IN (SELECT export FROM interrogation)",
    "SELECT number FROM export WHERE state = 'quarantined' AND number NOT IN (SELECT export FROM quarantine)",
    "SELECT number FROM export WHERE state = 'accepted'"
    " AND sha256 NOT IN (SELECT export FROM change WHERE export IS NOT NULL)",
    "SELECT number FROM course c WHERE live <> (SELECT sum(live) FROM interrogation WHERE course = c.number)",
    "SELECT number FROM course c WHERE change <> (SELECT max(number) FROM change WHERE course = c.number)",
    "SELECT number FROM course WHERE number NOT IN (SELECT course FROM due)",
)
"""What must find nothing: each finds what a half accepted export would leave."""
