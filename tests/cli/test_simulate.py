"""`pumpbridge simulate`: what it writes is charted by the bridge, and refused where a destination did not opt in."""

from __future__ import annotations

from pathlib import Path

from tests.cli.shell import Shell

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
