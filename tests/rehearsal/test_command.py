"""`pumpbridge rehearse` as a person types it: what it refuses, what it prints and writes, and how it is stopped."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
from fhir.resources.R4B import testreport

from bridge.rehearsal.rehearse import QUESTIONS
from tests.cli.shell import COMMAND, Shell
from tests.rehearsal.moods import moody, standing
from tests.servers.faulty import FaultyServer, lost_answer, slow_answer, status

PRODUCTION = '[[destination]]\nname = "chart"\nkind = "fhir"\nurl = "{url}"\n'
TEST = f'{PRODUCTION}environment = "test"\n'


def test_a_server_that_nobody_called_a_test_server_is_not_asked_anything(shell: Shell) -> None:
    with moody() as server:
        done = shell("rehearse", server.base_url, status=2)
        assert server.requests == []
    assert "error rehearsal-not-a-test-server" in done.err
    assert "--test-server" in done.err


@pytest.mark.parametrize("words", [("URL", "--test-server"), ("--to", "chart"), ("--to", "chart", "--test-server")])
def test_a_production_destination_is_refused_whatever_is_typed(shell: Shell, words: tuple[str, ...]) -> None:
    with moody() as server:
        shell.set_up(extra=PRODUCTION.format(url=server.base_url))
        done = shell("rehearse", *(server.base_url if word == "URL" else word for word in words), status=2)
        assert server.requests == []
    assert "error rehearsal-production" in done.err


def test_a_configuration_that_cannot_be_read_lets_nothing_through(shell: Shell) -> None:
    shell.set_up(extra="[nonsense]\n")
    with moody() as server:
        shell("rehearse", server.base_url, "--test-server", status=3)
        (shell.folder / "pumpbridge.toml").unlink()
        shell("rehearse", server.base_url, "--test-server", "--config", "elsewhere.toml", status=3)
        assert server.requests == []


def test_the_report_can_be_signed_and_is_written_for_programs(shell: Shell) -> None:
    with moody(checks_references=True) as server:
        done = shell(
            "rehearse", server.base_url, "--test-server", "--junit", "j.xml", "--testreport", "t.json"
        )  # fmt: skip
        assert standing(server) == []
    lines = done.out.splitlines()
    assert f"Rehearsal:   {server.base_url}" in lines
    assert "Server:      faulty 1" in lines
    assert "The rehearsal passed: 16 of 16 needed steps passed." in lines
    assert "Nothing of the rehearsal stays at the server." in lines
    assert lines[-1].startswith("Signature:      ____")
    assert "named under https://pumpbridge.invalid/rehearsal/" in done.err
    suite = ElementTree.parse(shell.folder / "j.xml").getroot()
    assert (suite.get("failures"), suite.get("errors"), suite.get("skipped")) == ("0", "0", "0")
    testreport.TestReport.model_validate_json((shell.folder / "t.json").read_bytes())
    assert sorted(file.name for file in shell.folder.iterdir()) == ["j.xml", "t.json"], "no store, no secret stays"


def test_a_configured_test_server_needs_no_word(shell: Shell) -> None:
    with moody() as server:
        shell.set_up(extra=TEST.format(url=server.base_url) + "bundle_limit = 10\n")
        before = (shell.folder / "pumpbridge.sqlite").read_bytes()
        facts = shell.json("rehearse", "--to", "chart")
        sizes = [len(seen.json()["entry"]) for seen in server.requests if (seen.method, seen.path) == ("POST", "/")]
        assert max(sizes) == 10, "it is rehearsed as it is set up"
    assert facts["verdict"] == "passed"
    assert facts["test_server_by"] == "[[destination]] chart"
    assert (shell.folder / "pumpbridge.sqlite").read_bytes() == before


def test_what_fails_is_status_5_and_what_is_not_there_6(shell: Shell) -> None:
    with moody() as server:
        server.fail(status(422), method="POST", path="^/$", times=None)
        server.fail(status(422), method="PUT", path="^/Device/", times=None)
        done = shell("rehearse", server.base_url, "--test-server", status=5)
        url = server.base_url
    assert "The rehearsal failed:" in done.out
    assert "  implant: failed" in done.out.splitlines()
    shell("rehearse", url, "--test-server", status=6)


def test_a_server_that_is_not_there_is_one_error_and_no_table(shell: Shell) -> None:
    with moody() as server:
        url = server.base_url
    done = shell("rehearse", url, "--test-server", "--junit", "j.xml", status=6)
    assert done.out == ""
    assert done.err.splitlines() == [
        "error destination-unreachable: no connection to the destination",
        f"  where:  {url}",
        "  remedy: see that the server runs and that its address and port are right; nothing is lost",
    ]
    told = shell("rehearse", url, "--test-server", "--json", status=6)
    assert told.err == done.err
    assert (told.facts["verdict"], len(told.facts["steps"])) == ("not reached", len(QUESTIONS))
    suite = ElementTree.parse(shell.folder / "j.xml").getroot()
    assert (suite.get("tests"), suite.get("errors")) == (str(len(QUESTIONS)), "13")


def test_a_server_that_takes_a_question_and_never_answers_is_one_error(shell: Shell) -> None:
    with moody() as server:
        server.fail(lost_answer(), path="^/metadata", times=None)
        done = shell("rehearse", server.base_url, "--test-server", status=6)
    assert done.out == ""
    assert done.err.startswith("error answer-lost: no whole answer (")
    assert "  remedy: see that a FHIR server answers there in time, then run it again" in done.err.splitlines()


def test_a_server_that_answers_nothing_but_its_first_question_has_the_table(shell: Shell) -> None:
    with moody() as server:
        server.fail(lost_answer(), path="^/(Patient|Observation)", times=None)
        done = shell("rehearse", server.base_url, "--test-server", status=5)
    assert "answer-lost: no whole answer" in done.out
    assert "The rehearsal failed: 1 of " in done.out
    assert "error " not in done.err


def test_reports_take_the_place_of_reports_only(shell: Shell) -> None:
    mine = shell.folder / "mine.xml"
    mine.write_text("<testsuite name='mine'/>")
    with moody() as server:
        shell("rehearse", server.base_url, "--test-server", "--junit", mine, status=2)
        shell("rehearse", server.base_url, "--test-server", "--junit", "no/where.xml", status=2)
        shell("rehearse", server.base_url, "--test-server", "--testreport", shell.folder, status=2)
        shell("rehearse", server.base_url, "--test-server", "--testreport", "x" * 256, status=2)
        one = shell(
            "rehearse", server.base_url, "--test-server", "--junit", "r", "--testreport", shell.folder / "r", status=2
        )  # fmt: skip
        assert "two reports cannot be one file" in one.err
        assert server.requests == []
        for _ in range(2):
            shell("rehearse", server.base_url, "--test-server", "--junit", "j.xml", "--testreport", "t.json")
    assert mine.read_text() == "<testsuite name='mine'/>"


def test_a_report_that_cannot_be_written_in_the_end_takes_nothing_from_the_table(shell: Shell) -> None:
    with moody() as server:
        done = shell("rehearse", server.base_url, "--test-server", "--junit", "/proc/j.xml", status=2)
        told = shell(
            "rehearse", server.base_url, "--test-server", "--json", "--junit", "/proc/j.xml",
            "--testreport", "t" * 255, status=2,
        )  # fmt: skip
    assert "error file-unwritable: the report cannot be written" in done.err
    assert "Nothing of the rehearsal stays at the server." in done.out
    assert told.facts["verdict"] == "passed"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_person_or_a_system_that_stops_it_finds_the_server_clean(tmp_path: Path, number: signal.Signals) -> None:
    with moody() as server:
        server.fail(slow_answer(0.05), method="GET", path="^/Observation/", times=None)
        command = [*COMMAND, "rehearse", server.base_url, "--test-server"]
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            wait_for(server, 60, process)
            process.send_signal(number)
            out, err = process.communicate(timeout=120)
        finally:
            process.kill()
            process.wait()
        assert standing(server) == []
    assert process.returncode == 130, err
    assert "stopped by a person" in out
    assert "Nothing of the rehearsal stays at the server." in out
    assert list(tmp_path.iterdir()) == []


def wait_for(server: FaultyServer, requests: int, process: subprocess.Popen[str]) -> None:
    """Until so many requests have come."""
    until = time.monotonic() + 60
    while len(server.requests) < requests:
        assert process.poll() is None, "it ended before"
        assert time.monotonic() < until
        time.sleep(0.01)
