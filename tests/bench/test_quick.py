"""Each benchmark runs, small and once, and writes its results; how fast it is, is not asked here."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.bench.exports import LAST, lives, one_pump_each

ROOT = Path(__file__).resolve().parents[2]
SERVERS = [pytest.param(name, marks=pytest.mark.server) for name in ("bench_hapi", "bench_rehearse")]


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "bench_capture",
        "bench_checks",
        "bench_delivered",
        "bench_er7",
        "bench_fold",
        "bench_folder",
        "bench_help",
        "bench_mllp",
        "bench_mllp_nth",
        "bench_nth",
        "bench_one",
        "bench_report",
        "bench_simulator",
        *SERVERS,
    ],
)
def test_it_runs_and_writes_its_results(name: str, tmp_path: Path) -> None:
    out = tmp_path / "results.jsonl"
    command = [sys.executable, "-m", f"tests.bench.{name}", "--quick", "--out", str(out), "--folder", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    results = [json.loads(line) for line in out.read_text().splitlines()]
    assert results
    assert all(row["bench"] == name and row["quick"] and row["value"] > 0 for row in results)
    assert all(row["conditions"]["cores"] and row["conditions"]["fsync_per_s"] for row in results)
    assert not list(tmp_path.glob("pumpbridge-bench-*")), "what it worked in is gone"


def test_the_same_seed_gives_the_same_exports() -> None:
    assert list(one_pump_each(5, 3)) == list(one_pump_each(5, 3))
    assert list(lives(2, 8, 3)) == list(lives(2, 8, 3))
    assert {export.content for export in one_pump_each(5, 3)}.isdisjoint(e.content for e in one_pump_each(5, 4))


def test_as_found_is_the_last_as_left_and_times_go_on() -> None:
    kinds: Counter[str] = Counter()
    for life in lives(20, 30, 5):
        said = [json.loads(export.content) for export in life]
        assert [export.at for export in life] == sorted({export.at for export in life})
        assert life[-1].at < LAST
        left = said[0]["channels"][0]["states"][-1]["programme"]
        for session in said[1:]:
            states = session["channels"][0]["states"]
            assert states[0]["tag"] == "as-found"
            assert states[0]["programme"] == left
            left = states[-1]["programme"]
            kinds[session["session"]["type"]] += 1
            kinds["alarm"] += session["channels"][0]["alarm_status"] == "active"
    assert set(kinds) == {"interrogation", "refill", "adjust", "alarm"}
