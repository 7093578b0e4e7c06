"""What people decide: withdraw, supersede, assign, link; quarantine, parked, reread; each signed, each replans."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bridge.cli import reread
from tests.adapters.hl7_messages import continuous
from tests.cli.shell import AS_OF, FIXTURES, Shell, journey, made
from tests.servers.faulty import FaultyServer, running_faulty, status

AT = ("--as-of", AS_OF)
YES = ("--yes", *AT)
SIGNED = ("--actor", "A. Nurse", "--reason", "told so")
REAL = {'"simulated": true': '"simulated": false'}


def charted(shell: Shell) -> None:
    shell("import", *journey(), "--apply", *AT)


def running(shell: Shell, patient: str) -> list[str]:
    """The ids of running deliveries of one patient."""
    found = [b for b in shell.resources().values() if b["resourceType"] == "MedicationAdministration"]
    return [b["id"] for b in found if b["status"] == "in-progress" and patient in json.dumps(b["subject"])]


@pytest.mark.parametrize(
    "command",
    [
        ["withdraw", "aaaa"], ["supersede", "aaaa", "bbbb"], ["assign", "aaaa", "1"], ["link", "S", "1"],
        ["quarantine", "drop", "aaaa"], ["parked", "skip", "1"],
    ],
)  # fmt: skip
def test_a_decision_asks_who_and_why(site: Shell, command: list[str]) -> None:
    assert "--actor" in site(*command, status=2).err
    assert "--reason" in site(*command, "--actor", "A. Nurse", status=2).err
    assert "--reason" in site(*command, "--actor", "A. Nurse", "--reason", "  ", status=2).err


def test_an_export_is_named_by_its_hash_or_its_file(site: Shell) -> None:
    site("import", *journey())
    sha256 = next(r["sha256"] for r in site.json("import", journey()[1])["rows"])
    assert "export-unknown" in site("withdraw", "abcdef", *SIGNED, status=2).err
    assert "export-name" in site("withdraw", "not hex", *SIGNED, status=2).err
    assert site.json("withdraw", sha256, *SIGNED)["decision"] == 1
    assert "export-withdrawn" in site("withdraw", journey()[1], *SIGNED, status=2).err


def test_withdraw_retracts(site: Shell) -> None:
    charted(site)
    assert "decision 1 is stored" in site("withdraw", FIXTURES / "02-ada-refill.json", *SIGNED).out
    plan = site.json("plan", *AT)["destinations"][0]
    assert plan["sums"]["retract"] > 5
    assert "A. Nurse" in plan["plans"][0]["decision"]
    before = site.resources()
    site("apply", *YES)
    gone = [n for n, b in site.resources().items() if b.get("status") == "entered-in-error" and n in before]
    assert len(gone) >= plan["sums"]["retract"] - 3
    assert site.json("plan", *AT)["empty"] is True


def test_withdrawing_all_leaves_nothing_running(site: Shell) -> None:
    charted(site)
    assert running(site, "0048213")
    for file in journey()[:4]:
        site("withdraw", file, *SIGNED)
    site("apply", *YES, "--accept-large", *SIGNED)
    assert running(site, "0048213") == []


def test_supersede_takes_the_place(site: Shell) -> None:
    other = site.folder / "other.json"
    other.write_bytes(made("01-ada-implant.json", **{'"400.00"': '"410.00"'}))
    site("import", journey()[0], other, "--apply", *AT)
    assert any("disagree" in json.dumps(b) for b in site.resources().values())
    site("supersede", journey()[0], other, *SIGNED)
    site("apply", *YES)
    standing = [b for b in site.resources().values() if b.get("status") != "entered-in-error"]
    assert any("410.00" in json.dumps(b) for b in standing if b["resourceType"] == "MedicationRequest")
    assert "supersede-itself" in site("supersede", other, other, *SIGNED, status=2).err


def test_supersede_needs_two_exports_of_one_pump_and_patient(site: Shell) -> None:
    other = site.folder / "other.json"
    other.write_bytes(made("02-ada-refill.json", **{"0048213": "0077777"}))
    site("import", journey()[0], journey()[4], other)
    before = site.json("pumps")
    wrong = site("supersede", journey()[0], journey()[4], *SIGNED, status=2).err
    assert "supersede-other-pump" in wrong
    assert "withdraw" in wrong
    wrong = site("supersede", journey()[0], other, *SIGNED, status=2).err
    assert "supersede-other-patient" in wrong
    assert "assign" in wrong
    assert site.json("pumps") == before
    site("assign", other, "0048213", *SIGNED)
    site("supersede", journey()[0], other, *SIGNED)


@pytest.mark.parametrize("nonsense", ["", " ", "../x", "/", "12\n3", "0048213 ", "#1", "1" * 101])
def test_what_is_no_identifier_is_nobody(site: Shell, nonsense: str) -> None:
    site("import", journey()[0])
    for command in (["assign", str(journey()[0])], ["link", "JX100231"]):
        assert "patient-unreadable" in site(*command, nonsense, *SIGNED, status=2).err
    assert {row["patient"] for pump in site.json("pumps")["pumps"] for row in pump["courses"]} == {"0048213"}


def test_assign_moves_an_export_to_its_patient(site: Shell) -> None:
    charted(site)
    for file in journey()[:4]:
        site("assign", file, "0099999", *SIGNED)
    site("apply", *YES)
    assert running(site, "0048213") == []
    assert len(running(site, "0099999")) == 1
    pump = next(p for p in site.json("pumps")["pumps"] if p["serial"] == "JX100231")
    assert {c["patient"] for c in pump["courses"] if c["live"]} == {"0099999"}


def test_assign_knows_the_sites_systems(site: Shell) -> None:
    site("import", journey()[0])
    assert "system-unknown" in site("assign", journey()[0], "1", "--system", "NHS", *SIGNED, status=2).err
    site("assign", journey()[0], "1", "--system", "MRN", *SIGNED)


def test_link_gives_a_pump_its_patient(site: Shell) -> None:
    text = (FIXTURES / "01-ada-implant.json").read_text()
    body = json.loads(text)
    del body["patient"]
    (site.folder / "nameless.json").write_text(json.dumps(body))
    site("import", "nameless.json")
    site("plan", status=5)
    assert [row["code"] for row in site.json("parked", "list", status=5)["parked"]] == ["patient-not-stated"]
    assert "pump-unknown" in site("link", "NONE", "0048213", *SIGNED, status=2).err
    site("link", "JX100231", "0048213", *SIGNED)
    site("apply", *YES, status=None)
    assert len(running(site, "0048213")) == 1
    site("link", "Invented Pumps|IP-40|JX100231", "0048213", *SIGNED)


def test_one_serial_on_two_patients_parks_both(shell: Shell) -> None:
    shell.set_up()
    for name, patient in (("a.json", "0048213"), ("b.json", "0011111")):
        (shell.folder / name).write_bytes(made("01-ada-implant.json", **REAL, **{"0048213": patient}))
    found = shell.json("import", "a.json", "b.json", "--apply", *AT, status=5)
    assert {one["code"] for one in found["apply"]["open"]} == {"serial-on-two-patients"}
    shell("withdraw", "b.json", *SIGNED)
    assert shell.json("apply", *YES)["open"] == []
    assert len(running(shell, "0048213")) == 1


# --- quarantine ------------------------------------------------------------------------------------------------------


@pytest.fixture
def cut(site: Shell) -> Path:
    file = site.folder / "cut.json"
    file.write_bytes((FIXTURES / "04-ada-recovery.json").read_bytes()[:1500])
    return file


def test_what_is_in_quarantine_is_listed_and_shown(site: Shell, cut: Path) -> None:
    assert "nothing is in quarantine" in site("quarantine", "list").out
    site("import", cut, status=4)
    rows = site.json("quarantine", "list", status=4)["quarantined"]
    assert [row["name"] for row in rows] == ["cut.json"]
    assert rows[0]["pump"]["serial"] == "JX100231"
    shown = site("quarantine", "show", cut).out
    assert rows[0]["code"] in shown
    assert "remedy" in shown
    assert site.json("quarantine", "show", rows[0]["sha256"][:10])["sha256"] == rows[0]["sha256"]
    assert "not-quarantined" in site("quarantine", "show", journey()[0], status=2).err


def test_a_pump_with_an_unreadable_newer_export_is_unknown_until_it_is_dropped(site: Shell, cut: Path) -> None:
    site("import", *journey()[:3], "--apply", *AT)
    site("import", *journey()[3:4], "--apply", *AT)
    assert running(site, "0048213")
    newer = made("04-ada-recovery.json", **{"2025-06-19T17": "2025-06-19T23"})[:1500]
    cut.write_bytes(newer)
    site("import", cut, "--apply", *AT, status=4)
    assert running(site, "0048213") == []
    site("quarantine", "drop", cut, *SIGNED)
    site("apply", *YES)
    assert running(site, "0048213")
    assert site.json("quarantine", "list")["quarantined"] == []


def test_retry_reads_again(site: Shell, cut: Path) -> None:
    site("import", cut, status=4)
    assert [r["outcome"] for r in site.json("quarantine", "retry", status=4)["receipts"]] == ["quarantined"]
    big = site.folder / "pumpbridge.toml"
    big.write_text(big.read_text() + "\n[limits]\nexport_bytes = 1024\n")
    site("import", journey()[0], status=4)
    big.write_text(big.read_text().replace("\n[limits]\nexport_bytes = 1024\n", ""))
    assert site.json("import", journey()[0])["accepted"] == 1


# --- parked ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def drifted(site: Shell) -> str:
    """Somebody edits a file of the folder: its reference."""
    charted(site)
    file = sorted((site.folder / "charts").rglob("Observation-*.json"))[0]
    body = json.loads(file.read_text())
    body["status"] = "cancelled"
    file.write_text(json.dumps(body))
    return f"Observation/{body['id']}"


def test_verify_finds_what_somebody_else_changed_and_mend_overwrites_it(site: Shell, drifted: str) -> None:
    assert site.json("plan", *AT, "--exit-code")["empty"] is True
    site("plan", "--verify", *AT, status=5)
    row = site.json("parked", "list", status=5)["parked"][0]
    assert row["code"] == "contested"
    case = site.json("parked", "show", str(row["course"]))["parked"][0]
    assert [stuck["resource"] for stuck in case["stuck"]] == [drifted]
    assert {"element": "status", "old": "final", "new": "cancelled"} in case["stuck"][0]["theirs"]
    assert "ours final, theirs cancelled" in site("parked", "show", str(row["course"])).out
    site("apply", *YES, status=5)
    assert next(b for n, b in site.resources().items() if drifted.split("/")[1] in n)["status"] == "cancelled"
    assert "resource-unknown" in site("apply", *YES, "--mend", "Device/none", *SIGNED, status=2).err
    site("apply", *YES, "--mend", drifted, *SIGNED)
    assert next(b for n, b in site.resources().items() if drifted.split("/")[1] in n)["status"] == "final"
    assert site.json("plan", "--verify", *AT)["empty"] is True


def test_retry_of_a_parked_course(site: Shell, drifted: str) -> None:
    assert "nothing is parked" in site("parked", "list").out
    site("plan", "--verify", status=5)
    assert "not-parked" in site("parked", "show", "99", status=2).err
    assert len(site.json("parked", "retry")["retried"]) == 1
    site("plan", status=5)


def test_skip_leaves_theirs_alone(site: Shell, drifted: str) -> None:
    site("plan", "--verify", *AT, status=5)
    course = site.json("parked", "list", status=5)["parked"][0]["course"]
    site("parked", "skip", str(course), *SIGNED)
    assert site.json("apply", *YES)["open"] == []
    assert next(b for n, b in site.resources().items() if drifted.split("/")[1] in n)["status"] == "cancelled"


def test_skip_needs_something_to_skip(shell: Shell) -> None:
    shell.set_up("--name", "charts")
    shell("import", journey()[0])
    shell("plan", status=5)
    assert "nothing-to-skip" in shell("parked", "skip", "1", *SIGNED, status=2).err


# --- reread ----------------------------------------------------------------------------------------------------------


def test_reread_of_what_reads_the_same(site: Shell) -> None:
    charted(site)
    assert site.json("reread") == {"read": 11, "applied": False, "differing": []}
    assert "0 differ" in site("reread", journey()[0]).out


def test_another_zone_is_refused_until_all_is_placed_anew(site: Shell) -> None:
    config = site.folder / "pumpbridge.toml"
    (site.folder / "zoneless.hl7").write_bytes(continuous(at="20250610101500"))
    site("import", *journey(), "zoneless.hl7", "--apply")
    london = config.read_text()
    config.write_text(london.replace("Europe/London", "Asia/Tokyo"))
    for words in (["plan"], ["status"], ["import", journey()[0]], ["apply", "--yes"]):
        assert "placed in time by the zone Europe/London" in site(*words, status=7).err
    config.write_text(london)
    assert site.json("plan")["empty"]
    config.write_text(london.replace("Europe/London", "Asia/Tokyo"))
    assert "name none of them" in site("reread", journey()[0], "--apply", status=2).err
    (moved,) = site.json("reread")["differing"]
    assert [change["field"] for change in moved["changes"]] == ["session/position"]
    assert "placed in time by" in site("plan", status=7).err
    before = positions(site)
    site("reread", "--apply")
    assert positions(site) != before
    assert not site.json("plan")["empty"]
    config.write_text(london)
    site("reread", "--apply")
    assert positions(site) == before
    assert site.json("plan")["empty"]


def test_placing_anew_that_is_broken_off_is_to_be_done_again(site: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    config = site.folder / "pumpbridge.toml"
    for day in (10, 11):
        (site.folder / f"{day}.hl7").write_bytes(continuous(f"N-{day}", at=f"202506{day}101500"))
    site("import", "10.hl7", "11.hl7")
    london, before = config.read_text(), positions(site)
    config.write_text(london.replace("Europe/London", "Asia/Tokyo"))
    reads, left = reread.interpret, [1]

    def breaks_off(*arguments: Any) -> Any:
        if not left:
            raise KeyboardInterrupt
        left.pop()
        return reads(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(reread, "interpret", breaks_off)
        site("reread", "--apply", status=None)
        site("reread", "--apply", status=None)
    assert len(set(positions(site)) & set(before)) == 1
    assert "zone Europe/London, in part Asia/Tokyo, and" in site("plan", status=7).err
    config.write_text(london)
    assert "in part Asia/Tokyo" in site("plan", status=7).err
    site("reread", "--apply")
    assert positions(site) == before
    site("plan", status=None)


def positions(site: Shell) -> list[str]:
    """Where the exports stand in time."""
    with closing(sqlite3.connect(site.folder / "pumpbridge.sqlite")) as store:
        return [row[0] for row in store.execute("SELECT position FROM interrogation ORDER BY number")]


def test_reread_shows_what_differs_and_keeps_it_when_asked(site: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    charted(site)
    from adapters.session_json import SessionJson

    read = SessionJson.read
    newer = lambda self, content: read(self, content.replace(b'"25.00"', b'"25.50"'))  # noqa: E731
    monkeypatch.setattr(SessionJson, "read", newer)
    found = site.json("reread")
    assert [one["file"] for one in found["differing"]] == ["02-ada-refill.json"]
    change = found["differing"][0]["changes"][0]
    assert (change["stored"].split(",")[0], change["now"].split(",")[0]) == (
        "25.00 ug (reported)",
        "25.50 ug (reported)",
    ) or ("25.00" in change["stored"] and "25.50" in change["now"])
    assert site.json("plan", *AT)["empty"] is True
    site("reread", "--apply")
    plan = site.json("plan", *AT)["destinations"][0]["plans"][0]
    assert plan["causes"] == ["reread"]
    assert site.json("reread")["differing"] == []


# --- skip, at a server that refuses one resource ---------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with running_faulty(transactions=False) as running:
        yield running


def at_server(shell: Shell, server: FaultyServer) -> None:
    """A site whose only destination is this server."""
    shell.set_up()
    config = shell.folder / "pumpbridge.toml"
    config.write_text(
        f'{config.read_text().partition("[[destination]]")[0]}[[destination]]\nname = "ehr"\nkind = "fhir"\n'
        f'url = "{server.base_url}"\nmode = "live"\nenvironment = "test"\naccept_simulated = true\npatient = "create"\n'
    )


def test_skip_leaves_out_what_is_refused_and_sends_the_rest(shell: Shell, server: FaultyServer) -> None:
    at_server(shell, server)
    server.fail(status(422), method="PUT", path="^/Flag/", times=None)
    found = shell.json("import", journey()[0], "--apply", *AT, status=5)
    assert [one["status"] for one in found["apply"]["open"]] == ["parked"]
    case = shell.json("parked", "show", "1")["parked"][0]
    assert {stuck["resource"].partition("/")[0] for stuck in case["stuck"] if stuck["state"] == "refused"} == {"Flag"}
    skipped = shell.json("parked", "skip", "1", *SIGNED)["skipped"]
    assert [name.partition("/")[0] for name in skipped[0]["resources"]] == ["Flag"]
    assert shell.json("apply", *YES)["open"] == []
    assert server.stored("Flag") == []
    assert server.stored("Observation") != []
    assert shell.json("plan", *AT)["empty"] is True


def test_what_a_server_refused_says_what_to_do(shell: Shell, server: FaultyServer) -> None:
    at_server(shell, server)
    server.fail(status(404), method="PUT", path="^/Flag/", times=None)
    applied = shell.json("import", journey()[0], "--apply", *AT, status=5)["apply"]["open"]
    listed = shell.json("parked", "list", status=5)["parked"]
    shown = shell.json("parked", "show", "1")["parked"]
    for (one,) in (applied, listed, shown):
        assert one["code"] == "http-404"
        assert "parked retry" in one["detail"].partition("Remedy: ")[2]
    assert "Remedy: " in shell("plan", status=5).out


def test_a_redirect_is_called_one_wherever_it_comes(shell: Shell, server: FaultyServer) -> None:
    at_server(shell, server)
    shell("import", journey()[0])
    server.fail(status(302), method="POST", path="^/Patient/_search", times=None)
    done = shell("plan", status=6)
    assert "error redirect: " in done.err
    assert "is not followed" in done.err
