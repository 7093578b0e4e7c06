"""`course` and `findings` on a real store: what they tell, what they leave alone, and how they refuse."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from tests.cli.shell import AS_OF, COMMAND, Shell, environment, journey, made

AT = ("--as-of", AS_OF)
ADA = "JX100231"


@pytest.fixture
def filled(site: Shell) -> Shell:
    """A site with the journey's exports in its store."""
    site("import", *journey())
    return site


def one(shell: Shell, *arguments: str | Path) -> Any:
    """The one course of a document."""
    (found,) = shell.json("course", *arguments)["courses"]
    return found


# --- course ----------------------------------------------------------------------------------------------------------


def test_the_head_says_which_pump_as_of_when_and_how_old(filled: Shell) -> None:
    lines = filled("course", ADA, *AT).out.splitlines()
    assert lines[0].endswith("patient 0048213, pump Invented Pumps IP-40 JX100231, simulated")
    assert lines[1] == "as of 20 Jun 2025 11:00 UTC; last read 19 Jun 2025 17:05, 18 hours before"


def test_segments_gaps_boluses_and_refills(filled: Shell) -> None:
    shown = filled("course", ADA, *AT).out
    for words in (
        "400.00 micrograms/day", "baclofen 2000.0 micrograms/mL", "recorded", "stopped", "motor stall", "running",
        "last confirmed 19 Jun 2025 17:05", "25.00 micrograms", "25.4 mL", "NOT RECORDED", "Calculated by pumpbridge",
        "delivery-interrupted", "findings.md#delivery-interrupted",
    ):  # fmt: skip
        assert words in shown, words
    assert " OK" not in shown
    assert "mcg" not in shown


def test_the_document_says_the_same_with_exact_quantities(filled: Shell) -> None:
    found = one(filled, ADA, *AT)
    first, *_, last = found["segments"]
    daily = first["programme"]["doses"][0]["daily"]
    assert (daily["value"], daily["printed"], daily["how"]) == ("400.00 ug/d", "400.00 mcg/day", "setting")
    assert (first["status"], first["end"]) == ("completed", "2025-05-12T11:36:00+01:00")
    assert (last["status"], last["end"], last["last_confirmed"]) == ("running", None, "2025-06-19T17:05:00+01:00")
    assert [gap["reason"] for gap in found["gaps"]] == ["motor-stall"]
    assert found["refills"][0]["aspirated"] is None
    assert found["refills"][1]["aspirated"]["value"] == "25.4 mL"
    assert found["last_read_age"] == "18 hours"
    assert {finding["audience"] for finding in found["findings"]} <= {"ward", "clinic", "operator"}


def test_the_forecast_tells_its_arithmetic(filled: Shell) -> None:
    found = one(filled, ADA, *AT)["forecast"]
    assert found["label"] == "Calculated by pumpbridge, not the pump"
    assert {date["kind"] for date in found["dates"]} >= {"low", "empty"}
    assert all("truncated to the minute" in date["arithmetic"] for date in found["dates"])
    assert found["stated"]["low"]["value"] == "2025-12-28"
    assert "Forecast as of the reading of 19 Jun 2025 17:05" in filled("course", ADA, *AT).out


def test_no_calculated_value_where_the_site_wants_none(shell: Shell) -> None:
    shell.set_up()
    file = shell.folder / "pumpbridge.toml"
    file.write_text(file.read_text().replace("enabled = true    # values", "enabled = false    # values"))
    shell("import", *journey())
    shown = shell("course", ADA, *AT, "--plot", "--svg", "x.svg").out
    assert "Forecast: none" in shown
    assert 'class="dashed" d="M' not in (shell.folder / "x.svg").read_text().partition("Date (UTC)")[0]
    found = one(shell, ADA, *AT)
    assert (found["forecast"], found["refills"][1]["ratio"], found["gaps"][0]["not_delivered"]) == (None, None, None)


def test_time_alone_makes_old_news_unknown(filled: Shell) -> None:
    found = one(filled, ADA, "--as-of", "2027-01-01T00:00Z")
    assert (found["segments"][-1]["status"], found["segments"][-1]["certainty"]) == ("unknown", "unknown")
    assert found["last_read_age"] == "560 days"


def test_looking_writes_nothing(filled: Shell) -> None:
    (store,) = filled.folder.rglob("*.sqlite")
    waiting, before = filled.json("status")["destinations"], store.read_bytes()
    filled("course", ADA, *AT, "--plot")
    filled("findings", *AT)
    assert store.read_bytes() == before
    assert filled.json("status")["destinations"] == waiting


def test_a_pump_is_named_as_elsewhere(filled: Shell) -> None:
    assert one(filled, f"Invented Pumps|IP-40|{ADA}", *AT)["pump"]["serial"] == ADA
    assert "pump-unknown" in filled("course", "NOSUCH", status=2).err
    assert "pump-unknown" in filled("course", "Invented Pumps|IP-40|NOSUCH", status=2).err
    assert "--as-of" in filled("course", ADA, "--as-of", "yesterday", status=2).err


def test_a_pump_with_two_patients_shows_both_or_the_one_that_is_named(filled: Shell) -> None:
    other = made("02-ada-refill.json", **{'"0048213"': '"0099999"'})
    (filled.folder / "other.json").write_bytes(other)
    filled("import", "other.json")
    assert [found["patient"] for found in filled.json("course", ADA, *AT)["courses"]] == ["0048213", "0099999"]
    assert one(filled, ADA, *AT, "--patient", "0099999")["patient"] == "0099999"
    assert "patient-unknown" in filled("course", ADA, *AT, "--patient", "1", status=2).err
    assert "course-ambiguous" in filled("course", ADA, *AT, "--svg", "x.svg", status=2).err


# --- its pictures ----------------------------------------------------------------------------------------------------


def test_the_picture_is_written_and_names_no_patient(filled: Shell) -> None:
    filled("course", ADA, *AT, "--svg", "ada.svg", "--json")
    content = (filled.folder / "ada.svg").read_bytes()
    title = etree.fromstring(content).findtext("{http://www.w3.org/2000/svg}title")
    assert title == "Course of pump Invented Pumps IP-40 JX100231, simulated"
    assert b"0048213" not in content
    filled("course", ADA, *AT, "--svg", "again.svg", "--json")
    assert (filled.folder / "again.svg").read_bytes() == content


def test_a_picture_that_cannot_be_written_is_a_usage_error(filled: Shell) -> None:
    assert "file-unwritable" in filled("course", ADA, *AT, "--svg", "no/such/folder.svg", status=2).err
    assert "course-empty" in filled("course", ADA, "--as-of", "2020-01-01T00:00Z", "--svg", "x.svg", status=2).err
    assert not (filled.folder / "x.svg").exists()


@pytest.mark.parametrize("columns", ["60", "140"])
def test_the_drawing_is_as_wide_as_it_may_be(filled: Shell, monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    lines = filled("course", ADA, *AT, "--plot").out.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("Programmed dose of baclofen"))
    ruler = next(line for line in lines[first:] if "┬" in line)
    assert len(ruler) == int(columns)
    assert any("×" in line for line in lines[first : first + 9])


def test_the_drawing_takes_the_encoding_of_its_reader(filled: Shell) -> None:
    few = environment(LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0", COLUMNS="80")
    drawn = filled.process("course", ADA, *AT, "--plot", env=few).stdout.partition("Segments:")[0]
    assert drawn.isascii()
    assert "\\u" not in drawn
    assert "# recorded by the pump" in drawn


@pytest.mark.parametrize(("more", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_terminal_gets_colour_unless_it_wants_none(filled: Shell, more: dict[str, str], coloured: bool) -> None:
    given = environment(TERM="xterm-256color", COLUMNS="120", **more)
    given = {name: value for name, value in given.items() if name != "NO_COLOR" or more}
    ours, theirs = pty.openpty()
    command = [*COMMAND, "findings", "--as-of", "2025-06-19T10:00+01:00"]
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, cwd=filled.folder, env=given):
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:
                break
            if not part:
                break
            shown += part
    os.close(ours)
    assert b"delivery-interrupted" in shown
    assert (b"\x1b[31m" in shown) is coloured


# --- findings --------------------------------------------------------------------------------------------------------


def test_findings_of_all_pumps_the_newest_first(filled: Shell) -> None:
    found = filled.json("findings", *AT)
    assert found["courses"] == 3
    noticed = [finding["noticed"] for finding in found["findings"]]
    assert noticed == sorted(noticed, reverse=True)
    stall = next(finding for finding in found["findings"] if finding["code"] == "delivery-interrupted")
    assert (stall["audience"], stall["severity"], stall["open"]) == ("ward", "high", False)
    assert stall["pump"]["serial"] == ADA
    assert stall["remedy"] == "docs/reference/findings.md#delivery-interrupted"
    assert len(stall["exports"]) == 1


def test_findings_of_one_pump_by_audience_and_open_ones_only(filled: Shell) -> None:
    stalled = ("--as-of", "2025-06-19T10:00+01:00")
    assert {f["pump"]["serial"] for f in filled.json("findings", ADA, *stalled)["findings"]} == {ADA}
    ward = filled.json("findings", *stalled, "--audience", "ward")["findings"]
    assert ward
    assert {finding["audience"] for finding in ward} == {"ward"}
    found = filled.json("findings", ADA, *stalled, "--open")["findings"]
    assert "delivery-interrupted" in {finding["code"] for finding in found if finding["until"] is None}
    assert all(finding["open"] for finding in found)
    later = filled.json("findings", ADA, *AT, "--open")["findings"]
    assert "delivery-interrupted" not in {finding["code"] for finding in later}


def test_what_is_for_the_operator_stands_here_and_is_never_sent(filled: Shell) -> None:
    filled("apply", "--yes", *AT)
    found = filled.json("findings", *AT, "--audience", "operator")["findings"]
    assert found
    sent = json.dumps(list(filled.resources().values()))
    assert not any(finding["code"] in sent for finding in found)
    assert found[0]["text"] in " ".join(filled("findings", *AT, "--audience", "operator", "--json").out.split())


def test_findings_say_their_sum_and_leave_with_nothing_wrong(filled: Shell) -> None:
    assert filled("findings", *AT).out.splitlines()[-1].endswith("findings in 3 courses")
    assert filled("findings", "JX200845", "--audience", "clinic", *AT).out.splitlines()[-1] == "0 findings in 1 course"
    assert filled("findings", "--audience", "everybody", status=2).out == ""
    assert "pump-unknown" in filled("findings", "NOSUCH", status=2).err


def test_nothing_at_all(site: Shell) -> None:
    assert site.json("findings") == {"courses": 0, "findings": []}
    assert "pump-unknown" in site("course", ADA, status=2).err


def test_a_picture_overwrites_older_pictures_only(filled: Shell) -> None:
    filled("course", ADA, *AT, "--svg", "ada.svg", "--json")
    filled("course", ADA, *AT, "--svg", "ada.svg", "--json")
    (filled.folder / "theirs.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (filled.folder / "empty").touch()
    (filled.folder / "link.svg").symlink_to("ada.svg")
    before = {file: file.read_bytes() for file in filled.folder.iterdir() if file.is_file()}
    for name in sorted({file.name for file in before} - {"ada.svg"}):
        assert "file-taken" in filled("course", ADA, *AT, "--svg", name, status=2).err
    assert "pumpbridge.toml" in {file.name for file in before}
    assert {file: file.read_bytes() for file in filled.folder.iterdir() if file.is_file()} == before


def test_the_sites_own_files_are_no_place_for_a_picture_even_where_they_hold_one(filled: Shell) -> None:
    filled("course", ADA, *AT, "--svg", "ada.svg", "--json")
    (store,) = filled.folder.rglob("*.sqlite")
    assert "file-taken" in filled("course", ADA, *AT, "--svg", f"{store}-wal", status=2).err
    assert not Path(f"{store}-wal").exists()
    config = filled.folder / "pumpbridge.toml"
    config.write_text(config.read_text() + '\n[findings]\nfile = "moved.toml"\n')
    (filled.folder / "moved.toml").write_text("")
    (filled.folder / "moved.toml").chmod(0o600)
    assert "belongs to the site" in filled("course", ADA, *AT, "--svg", "moved.toml", status=2).err
