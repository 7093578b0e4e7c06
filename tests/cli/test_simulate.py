"""`pumpbridge simulate`: what it writes is charted by the bridge, and refused where a destination did not opt in."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.shell import Shell
from tests.sources.mllp_serving import serving

SCRIPT = (
    "[implant]\nat = 2024-01-08T09:00:00Z\nconcentration = 2000\ndaily = 400\n[[visit]]\nat = 2024-02-08T09:00:00Z\n"
)


def test_a_hospital_is_written_and_charted(shell: Shell) -> None:
    facts = shell.json("simulate", "hospital", "--pumps", "3", "--years", "1", "--out", "exports", "--mess")
    files = sorted((shell.folder / "exports").iterdir())
    assert facts["exports"] == len(files) == sum(facts["by_family"].values())
    bundle = shell("chart", *files).facts
    tags = [[tag["code"] for tag in entry["resource"]["meta"]["tag"]] for entry in bundle["entry"]]
    assert tags == [["simulated"]] * len(tags)


def test_a_script_is_written_in_the_family_that_was_asked_for(shell: Shell) -> None:
    Path("life.toml").write_text(SCRIPT)
    given = ("--script", "life.toml", "--out", "out", "--truth")
    facts = shell.json("simulate", "exports", "--family", "synchromed_report", *given)
    assert facts["exports"] == ["20240108T0900.txt", "20240208T0900.txt"]
    assert (shell.folder / "out" / "truth.json").read_text().count('"background"') > 0
    done = shell("simulate", "exports", "--family", "session_xml", *given, status=2)
    assert "the folder is not empty" in done.err


def test_what_cannot_be_simulated_is_refused(shell: Shell) -> None:
    assert "no simulated pump" in shell("simulate", "hospital", "--family", "x", "--out", "out", status=2).err
    assert "say where it is to answer" in shell("simulate", "programmer", status=2).err
    Path("life.toml").write_text(SCRIPT)
    done = shell("simulate", "exports", "--script", "life.toml", "--family", "medstream_report", "--out", "o", status=2)
    assert "no export of that family" in done.err


def test_a_ward_is_written_and_charted(shell: Shell) -> None:
    given = ("--pumps", "4", "--hours", "12", "--truth", "truth.json")
    facts = shell.json("simulate", "ward", "--out", "messages", *given)
    files = sorted((shell.folder / "messages").iterdir())
    assert facts["messages"] == len(files) == sum(facts["by_transaction"].values())
    assert [len(one["delivered"]) > 0 for one in json.loads(Path("truth.json").read_text())["pumps"]] == [True] * 4
    shell.set_up()
    sums = shell.json("import", *files)
    assert sums["accepted"] == len(files)
    at = ("--as-of", "2026-03-02T20:05:00Z")
    applied = shell.json("apply", "--yes", *at)
    assert (applied["applied"], applied["open"]) == (4, [])
    shell("plan", "--exit-code", *at)
    assert list(Path("charts").rglob("MedicationAdministration-*.json"))
    shown = shell("simulate", "ward", "--out", "again", *given).out
    assert f"{len(files)} messages of {facts['patients']} patients" in shown
    assert [file.read_bytes() for file in files] == [f.read_bytes() for f in sorted(Path("again").iterdir())]


def test_a_ward_that_cannot_be_is_refused(shell: Shell) -> None:
    assert "say where the messages go" in shell("simulate", "ward", status=2).err
    assert "say where the messages go" in shell("simulate", "ward", "--out", "o", "--send", "h:1", status=2).err
    assert "leave it out, or --send them" in shell("simulate", "ward", "--out", "o", "--speed", "1", status=2).err
    assert not (shell.folder / "o").exists()
    for start in ("2026-03-02T08:00", "yesterday", "0001-01-01T00:00+14:00"):
        assert "no time with an offset" in shell("simulate", "ward", "--out", "o", "--start", start, status=2).err
    done = shell("simulate", "ward", "--out", "o", "--hours", "1", "--truth", "missing/truth.json", status=2)
    assert "the file cannot be written" in done.err


def test_a_ward_is_sent_and_what_is_refused_is_said(shell: Shell) -> None:
    with serving(shell.folder) as served:
        place = f"127.0.0.1:{served.address[1]}"
        given = ("--send", place, "--pumps", "2", "--hours", "4", "--start", "now")
        facts = shell.json("simulate", "ward", *given)
        assert facts["messages"] > 0
        assert facts["refused"] == {}
        other = ("--send", place, "--pumps", "2", "--hours", "4", "--start", "2026-03-02T08:00:00Z")
        assert "messages refused with CE" in shell("simulate", "ward", *other).out
    assert "nobody answers there" in shell("simulate", "ward", *given, status=6).err
