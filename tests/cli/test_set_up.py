"""`init`, `check` and `adapters`, and every way in which a configuration is refused."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from bridge.config import load
from tests.cli.shell import KEY_SYSTEM, Shell, journey

NAMES = ("--zone", "Europe/London", "--organisation", "Invented Clinic", "--key-system", KEY_SYSTEM)


def test_init_writes_a_site_that_loads(shell: Shell) -> None:
    shell("init", *NAMES)
    config = load(shell.folder / "pumpbridge.toml")
    assert (str(config.site.zone), config.site.organisation) == ("Europe/London", "Invented Clinic")
    assert config.destinations[0].environment == "production"
    for name in ("site.namespace", "simulated.namespace", "pumpbridge.sqlite"):
        assert (shell.folder / name).stat().st_mode & 0o777 == 0o600
    assert "# " in (shell.folder / "pumpbridge.toml").read_text()


def test_init_overwrites_nothing_and_keeps_secrets_from_a_backup(shell: Shell) -> None:
    (shell.folder / "site.namespace").write_text("ab" * 32)
    (shell.folder / "site.namespace").chmod(0o600)
    assert "kept" in shell("init", *NAMES).err
    assert (shell.folder / "site.namespace").read_text() == "ab" * 32
    assert "config-exists" in shell("init", *NAMES, status=3).err


@pytest.mark.parametrize("left_out", ["--organisation", "--key-system"])
def test_init_asks_for_what_it_cannot_know(shell: Shell, left_out: str) -> None:
    at = NAMES.index(left_out)
    done = shell("init", *NAMES[:at], *NAMES[at + 2 :], status=2)
    assert left_out in done.err
    assert not (shell.folder / "pumpbridge.toml").exists()


def test_init_refuses_a_zone_that_is_none(shell: Shell) -> None:
    assert "IANA" in shell("init", "--zone", "Mars/Olympus", *NAMES[2:], status=3).err
    assert list(shell.folder.iterdir()) == []


def test_check_says_that_the_configuration_can_be_used(site: Shell) -> None:
    found = site.json("check")
    assert found["status"] == 0
    assert [check["what"] for check in found["checks"]] == [
        "configuration", "namespaces", "store", "adapters", "destination folder"
    ]  # fmt: skip
    said = site("check").out
    assert said.splitlines()[-1] == "the configuration can be used as it is"
    assert "well" not in said


def test_check_never_says_ok_or_well_where_a_finding_is_switched_off(shell: Shell) -> None:
    shell.set_up(extra='\n[findings]\nfile = "moved.toml"\n')
    (shell.folder / "moved.toml").write_text('[audience]\ndelivery-interrupted = "off"\n')
    said = shell("check").out
    assert "delivery-interrupted IS SWITCHED OFF" in said
    assert not re.search(r"\b(ok|everything is well)\b", said, re.IGNORECASE)


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_what_is_no_file_is_not_waited_for(shell: Shell, kind: str) -> None:
    shell.set_up(extra='\n[findings]\nfile = "moved.toml"\n')
    for name in ("moved.toml", "site.namespace", "pumpbridge.toml"):
        file = shell.folder / name
        file.unlink(missing_ok=True)
        os.mkfifo(file, 0o600) if kind == "pipe" else file.mkdir(0o700)
        done = shell.process("check")
        assert done.returncode == 3
        assert ("config-missing" if name == "pumpbridge.toml" else "no regular file") in done.stdout + done.stderr
        if kind == "pipe":
            file.unlink()
        else:
            file.rmdir()
        if name == "moved.toml":
            file.write_text("")
        elif name == "site.namespace":
            file.write_text("0a" * 32)
        file.chmod(0o600) if file.exists() else None


def test_a_folder_that_held_charts_and_is_not_there_is_unreachable_and_not_made(site: Shell) -> None:
    site("import", journey()[0], "--apply")
    (site.folder / "charts").rename(site.folder / "elsewhere")
    for command in (["plan", "--verify"], ["apply", "--yes"]):
        site("withdraw", journey()[0], "--actor", "A. Nurse", "--reason", "told so") if command[0] == "apply" else None
        done = site(*command, status=6)
        assert "folder-unreachable" in done.out + done.err
        assert "mount it" in done.out + done.err
    assert [c["code"] for c in site.json("check", status=6)["checks"] if c["code"]] == ["folder-unreachable"]
    assert not (site.folder / "charts").exists()
    assert site.json("parked", "list")["parked"] == []
    (site.folder / "elsewhere").rename(site.folder / "charts")
    assert "parked" not in site("plan", "--verify", status=None).out


def test_a_disk_that_is_read_only_is_not_mended_by_chmod(site: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    (site.folder / "pumpbridge.sqlite").chmod(0o400)
    assert "chmod 600" in site("status", status=7).err
    found = os.statvfs(site.folder)
    read_only = os.statvfs_result((*found[:8], found.f_flag | os.ST_RDONLY, *found[9:]))
    monkeypatch.setattr(os, "statvfs", lambda path: read_only)
    said = site("status", status=7).err
    assert "mount it for writing" in said
    assert "chmod" not in said


def test_check_names_a_server_that_does_not_answer(shell: Shell) -> None:
    extra = '\n[[destination]]\nname = "ehr"\nkind = "fhir"\nurl = "http://127.0.0.1:9/fhir"\n'
    shell.set_up(extra=extra)
    found = shell.json("check", status=6)
    assert [(check["what"], check["status"]) for check in found["checks"] if check["code"]] == [("destination ehr", 6)]


def test_check_names_a_folder_that_cannot_be_written(shell: Shell) -> None:
    shell.set_up("--test", "--folder", "pumpbridge.toml/charts")
    assert [c["code"] for c in shell.json("check", status=6)["checks"] if c["code"]] == ["folder-unwritable"]


def test_check_names_a_serial_port_and_leaves_it_alone(shell: Shell) -> None:
    shell.set_up(extra='\n[[serial]]\nname = "theatre"\nport = "socket://127.0.0.1:9"\n')
    rows = {one["what"]: one for one in shell("check", "--json").facts["checks"]}
    assert rows["serial theatre"]["says"] == "socket://127.0.0.1:9, every 10 min; it is not asked now"
    assert rows["serial theatre"]["state"] == "usable"


def test_check_makes_and_names_the_inbox(shell: Shell) -> None:
    shell.set_up(extra='\n[inbox]\npath = "in"\ndone = "done"\nquarantine = "bad"\n')
    assert [c["code"] for c in shell.json("check")["checks"] if c["what"] == "inbox"] == [""]
    assert (shell.folder / "in").is_dir()


def test_no_configuration_is_said_so(shell: Shell) -> None:
    done = shell("status", status=3)
    assert "config-missing" in done.err
    assert "pumpbridge init" in done.err


def test_the_configuration_is_found_in_its_order(site: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    monkeypatch.chdir(other)
    site("status", status=3)
    monkeypatch.setenv("PUMPBRIDGE_CONFIG", str(tmp_path / "pumpbridge.toml"))
    site("status")
    site("status", "--config", other / "none.toml", status=3)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("\n[nonsense]\nx = 1\n", "config-unknown-key"),
        ("\n[current]\nmax_age_days = 0\n", "config-not-toml"),
        ("\nthis is no TOML", "config-not-toml"),
    ],
)
def test_a_wrong_configuration_is_refused(site: Shell, change: str, code: str) -> None:
    file = site.folder / "pumpbridge.toml"
    file.write_text(file.read_text() + change)
    assert code in site("status", status=3).err


def test_unsafe_modes_are_refused(site: Shell) -> None:
    (site.folder / "pumpbridge.toml").chmod(0o666)
    assert "chmod go-w" in site("status", status=3).err
    (site.folder / "pumpbridge.toml").chmod(0o644)
    (site.folder / "site.namespace").chmod(0o644)
    assert "chmod 600" in site("status", status=3).err
    (site.folder / "site.namespace").chmod(0o600)
    (site.folder / "pumpbridge.sqlite").chmod(0o644)
    assert "store-mode" in site("status", status=7).err


def test_a_store_that_cannot_be_written_is_refused_and_left_as_it_was(site: Shell) -> None:
    store = site.folder / "pumpbridge.sqlite"
    before = sorted(file.name for file in site.folder.iterdir())
    store.chmod(0o400)
    assert f"chmod 600 {store}" in site("status", status=7).err
    assert sorted(file.name for file in site.folder.iterdir()) == before
    store.chmod(0o600)
    side = store.with_name(f"{store.name}-shm")
    side.touch(0o400)
    assert f"chmod 600 {side}" in site("status", status=7).err
    side.unlink()
    assert site.json("status")["status"] == 0


def test_a_store_of_another_namespace_or_a_newer_version_is_refused(site: Shell) -> None:
    import sqlite3

    secret = site.folder / "site.namespace"
    secret.write_text("cd" * 32)
    assert "store-other-namespace" in site("status", status=7).err
    secret.write_text("0a" * 32)
    with sqlite3.connect(site.folder / "pumpbridge.sqlite") as database:
        database.execute("PRAGMA user_version = 9999")
    database.close()
    assert "store-newer" in site("status", status=7).err


def test_adapters_lists_what_is_read(shell: Shell) -> None:
    found = {row["name"]: row for row in shell.json("adapters")}
    assert {"session_json", "session_csv", "session_xml"} <= set(found)
    assert found["session_json"] == {
        "name": "session_json", "version": "1", "media_type": "application/json", "whose": "own",
        "package": "pumpbridge", "in_use": True,
    }  # fmt: skip
    assert "session_csv" in shell("adapters").out


def test_an_adapter_that_is_not_installed_is_a_fault_of_the_configuration(shell: Shell) -> None:
    shell.set_up(extra='\n[adapters]\nthird_party = ["acme"]\n')
    assert "config-adapter-missing" in shell("adapters", status=3).err
