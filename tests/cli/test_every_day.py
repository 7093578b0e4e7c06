"""`import`, `plan`, `apply`, `status`, `pumps` and `explain` on a real store and a real folder."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.cli.shell import AS_OF, FIXTURES, Shell, journey, made

AT = ("--as-of", AS_OF)
YES = ("--yes", *AT)


# --- import ----------------------------------------------------------------------------------------------------------


def test_the_sums_of_an_import_add_up(site: Shell) -> None:
    (site.folder / "x").mkdir()
    for file in journey()[:3]:
        (site.folder / "x" / file.name).write_bytes(file.read_bytes())
    site("import", journey()[0])
    (site.folder / "x" / "cut.json").write_bytes(journey()[5].read_bytes()[:700])
    (site.folder / "x" / "foreign.txt").write_text("hello")
    found = site.json("import", "x", status=4)
    assert (found["files"], found["accepted"], found["known"], found["quarantined"]) == (5, 2, 1, 2)
    rows = {Path(row["file"]).name: row for row in found["rows"]}
    assert rows["01-ada-implant.json"]["outcome"] == "already known"
    assert rows["foreign.txt"]["code"] == "format-unknown"
    assert set(rows["cut.json"]) == {"file", "sha256", "outcome", "code", "message", "where", "remedy"}
    assert rows["cut.json"]["where"]
    assert rows["cut.json"]["message"]
    assert len(rows["cut.json"]["sha256"]) == 12


def test_an_import_says_its_sums_and_what_waits(site: Shell) -> None:
    done = site("import", *journey())
    assert "11 files = 11 accepted + 0 already known + 0 quarantined" in done.out
    assert "folder: 3 courses and what they share to be planned; see" in done.out
    assert not (site.folder / "charts").exists()


def test_a_file_that_cannot_be_opened_is_refused_and_the_sums_add_up(site: Shell) -> None:
    (site.folder / "link.json").symlink_to(journey()[0])
    found = site.json("import", "link.json", journey()[1], status=4)
    assert (found["files"], found["accepted"], found["quarantined"], found["refused"]) == (2, 1, 0, 1)
    assert {row["code"] for row in found["rows"]} == {"file-link", ""}


def test_links_and_pipes_in_a_folder_are_said_and_counted(site: Shell) -> None:
    (site.folder / "x").mkdir()
    (site.folder / "x" / "1.json").write_bytes(journey()[0].read_bytes())
    (site.folder / "x" / "link.json").symlink_to(journey()[1])
    os.mkfifo(site.folder / "x" / "pipe.json")
    found = site.json("import", "x", status=4)
    assert (found["files"], found["accepted"], found["refused"]) == (3, 1, 2)
    assert {row["code"] for row in found["rows"]} == {"", "file-link", "file-not-regular"}
    assert "3 files = 0 accepted + 1 already known + 0 quarantined + 2 refused" in site("import", "x", status=4).out


def test_what_lies_in_quarantine_already_counts_where_it_is_shown(site: Shell) -> None:
    (site.folder / "empty.json").touch()
    for _ in range(2):
        done = site("import", "empty.json", status=4)
        assert "In quarantine" in done.out
        assert "export-empty" in done.out
        assert "1 file = 0 accepted + 0 already known + 1 quarantined" in done.out


def test_what_cannot_be_read_in_a_folder_leaves_the_rest_alone(site: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, file in zip(("a", "locked", "z"), journey(), strict=False):
        (site.folder / "x" / name).mkdir(parents=True)
        (site.folder / "x" / name / "1.json").write_bytes(file.read_bytes())
    closed, scan, opened = site.folder / "x" / "locked", os.scandir, os.open

    def scanned(folder: Any) -> Any:
        if Path(folder).name == closed.name:
            raise PermissionError(13, "Permission denied")
        return scan(folder)

    def refused(file: Any, *rest: Any, **more: Any) -> int:
        if str(file).endswith("z/1.json"):
            raise PermissionError(13, "Permission denied")
        return opened(file, *rest, **more)

    monkeypatch.setattr(os, "scandir", scanned)
    monkeypatch.setattr(os, "open", refused)
    found = site.json("import", "x", status=4)
    assert (found["files"], found["accepted"], found["refused"]) == (3, 1, 2)
    assert {row["code"]: row["remedy"] for row in found["rows"] if row["outcome"] == "refused"} == {
        "folder-unreadable": "let the user of the bridge read it",
        "file-unreadable": "let the user of the bridge read it",
    }
    said = site("import", "x", status=4).out
    assert "3 files = 0 accepted + 1 already known + 0 quarantined + 2 refused" in said


def test_a_path_that_is_not_there_is_a_usage_error(site: Shell) -> None:
    assert "path-missing" in site("import", "nowhere", status=2).err
    assert "--apply" in site("import", journey()[0], "--to", "folder", status=2).err
    assert "config-destination-unknown" in site("import", journey()[0], "--apply", "--to", "x", status=3).err


def test_import_and_apply_in_one(site: Shell) -> None:
    found = site.json("import", *journey(), "--apply", *AT)
    assert found["apply"]["confirmed"] == found["apply"]["created"] == len(site.resources())
    assert found["waiting"] == {"folder": {"to be planned": 0, "waiting for a person": 0, "parked": 0, "shared": []}}
    again = site.json("import", *journey(), "--apply", *AT)
    assert (again["known"], again["apply"]["confirmed"]) == (11, 0)


def test_one_bad_export_holds_no_other_up(site: Shell) -> None:
    (site.folder / "bad.json").write_bytes(journey()[0].read_bytes()[:-3])
    found = site.json("import", "bad.json", *journey(), "--apply", *AT, status=4)
    assert (found["apply"]["applied"], found["apply"]["shared"]) == (3, True)


# --- plan and apply --------------------------------------------------------------------------------------------------


def test_a_plan_sends_nothing_and_apply_does_just_that(site: Shell) -> None:
    site("import", *journey())
    planned = site.json("plan", *AT)
    sums = planned["destinations"][0]["sums"]
    assert planned["empty"] is False
    assert site.resources() == {}
    applied = site.json("apply", *YES)
    assert (applied["created"], applied["amended"], applied["retracted"]) == (sums["create"], 0, 0)
    wanted = {e["resource"] for p in planned["destinations"][0]["plans"] for e in p["entries"]}
    there = {f"{b['resourceType']}/{b['id']}" for b in site.resources().values()}
    assert {name for name in wanted if "Provenance" not in name} == {name for name in there if "Provenance" not in name}


def test_the_same_again_plans_nothing(site: Shell) -> None:
    site("import", *journey(), "--apply", *AT)
    site("import", *journey())
    assert site.json("plan", *AT, "--exit-code")["empty"] is True
    assert "nothing to do" in site("plan", *AT).out
    assert site.json("apply", *YES)["confirmed"] == 0


def test_exit_code_says_that_the_plan_is_not_empty(site: Shell) -> None:
    site("import", journey()[0])
    site("plan", "--exit-code", status=8)
    site("plan", "--exit-code", *AT, status=8)
    site("plan")


def test_a_stored_plan_is_applied_as_it_was_shown(site: Shell) -> None:
    site("import", *journey()[:4])
    planned = site.json("plan")["destinations"][0]["plans"]
    assert len(planned) == 2
    assert site.json("apply", "--yes")["confirmed"] == sum(len(plan["entries"]) for plan in planned)
    assert site.json("plan")["empty"] is True


def test_an_amendment_shows_each_element_from_old_to_new(site: Shell) -> None:
    site("import", *journey(), "--apply", *AT)
    site("import", FIXTURES / "corrected")
    plan = site.json("plan", *AT)["destinations"][0]["plans"][0]
    assert plan["causes"] == ["corrected"]
    changes = [change for entry in plan["entries"] if entry["action"] == "amend" for change in entry["changes"]]
    assert {"element": "valueQuantity.value", "old": "3.7", "new": "3.4"} in changes
    shown = site("plan", *AT).out
    assert "~ amend Observation/" in shown
    assert "valueQuantity.value: 3.7 -> 3.4" in shown
    assert "[corrected]" in shown


def test_as_of_shows_another_instant_and_keeps_nothing(site: Shell) -> None:
    site("import", *journey(), "--apply", *AT)
    later = site.json("plan", "--as-of", "2027-01-01T00:00Z")
    assert {cause for plan in later["destinations"][0]["plans"] for cause in plan["causes"]} == {"time"}
    assert later["destinations"][0]["sums"]["amend"] > 0
    assert site.json("plan", *AT)["empty"] is True
    assert site.json("status")["destinations"][0]["waiting"] == 0
    earlier = site.json("plan", "--as-of", "2025-04-01T00:00Z")
    assert earlier["empty"] is False


@pytest.mark.parametrize("time", ["yesterday", "2025-06-20T12:00", "2025-06-20"])
def test_as_of_needs_an_instant(site: Shell, time: str) -> None:
    assert "--as-of" in site("plan", "--as-of", time, status=2).err


def test_apply_asks_where_nobody_can_answer(site: Shell) -> None:
    site("import", journey()[0])
    assert "--yes" in site("apply", status=2).err
    assert site.resources() == {}


@pytest.mark.parametrize("flag", [["--accept-mapping"], ["--accept-large"], ["--mend", "Device/x"]])
def test_what_a_person_lets_through_is_signed(site: Shell, flag: list[str]) -> None:
    assert "--actor" in site("apply", *YES, *flag, status=2).err
    assert "--reason" in site("apply", *YES, *flag, "--actor", "A. Nurse", status=2).err


def test_held_is_applied_by_apply_only_and_a_shadow_never(shell: Shell) -> None:
    more = "".join(
        f'\n[[destination]]\nname = "{name}"\nkind = "folder"\npath = "{name}"\nmode = "{name}"\n'
        'environment = "test"\naccept_simulated = true\n'
        for name in ("held", "shadow")
    )
    shell.set_up(extra=more)
    found = shell.json("import", *journey(), "--apply", *AT)
    assert shell.resources() != {}
    assert shell.resources("held") == {}
    plans = {one["name"]: one for one in shell.json("plan")["destinations"]}
    assert {plan["waits"] for plan in plans["held"]["plans"]} == {"held"}
    assert {plan["waits"] for plan in plans["shadow"]["plans"]} == {"shadow"}
    assert "destination-shadow" in shell("apply", "--to", "shadow", *YES, status=2).err
    shell("apply", *YES)
    assert len(shell.resources("held")) == found["apply"]["created"]
    assert shell.resources("shadow") == {}


def test_a_mapping_change_waits_for_a_person(site: Shell) -> None:
    site("import", *journey(), "--apply", *AT)
    file = site.folder / "pumpbridge.toml"
    file.write_text(file.read_text().replace('organisation = "Invented Clinic"', 'organisation = "Renamed Clinic"'))
    plans = site.json("plan")["destinations"][0]["plans"]
    assert {plan["waits"] for plan in plans if plan["course"]} == {"mapping"}
    assert "--accept-mapping" in site("plan").out
    kept = site.json("apply", *YES)
    assert {report["status"] for report in kept["open"]} <= {"waiting"}
    signed = ("--actor", "A. Nurse", "--reason", "renamed")
    assert site.json("apply", *YES, "--accept-mapping", *signed)["open"] == []
    assert any("Renamed Clinic" in json.dumps(body) for body in site.resources().values())


def test_a_destination_that_does_not_answer(shell: Shell) -> None:
    server = (
        'kind = "fhir"\nurl = "http://127.0.0.1:9/fhir"\nmode = "live"\nenvironment = "test"\naccept_simulated = true'
    )
    shell.set_up(extra=f'\n[[destination]]\nname = "ehr"\n{server}\n')
    found = shell.json("import", *journey()[:2], "--apply", *AT, status=6)
    assert {(one["destination"], one["status"]) for one in found["apply"]["open"]} == {("ehr", "unreachable")}
    assert shell.resources() != {}
    shell("apply", *YES, "--to", "folder")
    shell("apply", *YES, "--to", "ehr", status=None)


# --- status, pumps, explain ------------------------------------------------------------------------------------------


def test_status_of_a_site_that_is_well(site: Shell) -> None:
    site("import", *journey(), "--apply", *AT, "--source", "clinic 3")
    found = site.json("status")
    assert (found["courses"], found["quarantined"]) == (3, 0)
    assert [source["name"] for source in found["sources"]] == ["clinic 3"]
    assert found["destinations"][0]["late"] is False
    assert "clinic 3" in site("status").out


def test_status_fails_when_a_source_is_silent(shell: Shell) -> None:
    shell.set_up(extra='\n[[status.expected]]\nsource = "clinic 3"\nmax_silence_hours = 72\n')
    found = shell.json("status", status=6)
    assert [source["silent"] for source in found["sources"]] == [True]
    shell("import", journey()[0], "--source", "clinic 3")
    shell("status")


def test_status_fails_when_an_export_waits_too_long(site: Shell) -> None:
    import sqlite3

    site("import", journey()[0])
    site("status")
    with sqlite3.connect(site.folder / "pumpbridge.sqlite") as database:
        database.execute("UPDATE progress SET unapplied_since = '2020-01-01T00:00:00.000000Z'")
    database.close()
    assert site.json("status", status=6)["destinations"][0]["late"] is True
    site("apply", *YES)
    site("status")


def test_status_fails_when_something_is_parked(shell: Shell) -> None:
    shell.set_up("--name", "charts")
    shell("import", journey()[0])
    shell("plan", status=5)
    assert shell.json("status", status=5)["destinations"][0]["parked"] == 1


def test_pumps_names_patients_and_newest_sessions(site: Shell) -> None:
    site("import", *journey())
    found = {pump["serial"]: pump for pump in site.json("pumps")["pumps"]}
    assert found["JX100231"]["courses"][0]["patient"] == "0048213"
    assert found["JX100231"]["newest_session"] == "2025-06-19 17:05"
    assert found["JX100231"]["exports"] == 4
    assert "JX200902" in site("pumps").out


def test_explain_leads_to_the_place_in_the_export(site: Shell) -> None:
    site("import", *journey(), "--apply", *AT)
    bolus = next(b for b in site.resources().values() if "Clinician bolus" in json.dumps(b) and "dosage" in b)
    name = f"{bolus['resourceType']}/{bolus['id']}"
    one = site.json("explain", name, "dosage.dose")["destinations"][0]
    assert one["state"] == "confirmed"
    assert one["exports"][0]["file"] == "02-ada-refill.json"
    origin = one["origins"][0]
    assert (origin["value"], origin["text"]) == ("25.00 micrograms", "25.00 mcg")
    assert origin["where"] == "/channels/0/boluses/0/dose"
    assert site.json("explain", name, "status")["destinations"][0]["origins"] == []
    assert "/channels/0/boluses/0/dose" in site("explain", name).out


def test_explain_shows_the_arithmetic_of_what_is_derived(site: Shell) -> None:
    site("import", *journey(), "--apply", *AT)
    lost = next(b for b in site.resources().values() if "not delivered" in json.dumps(b) and "valueQuantity" in b)
    one = site.json("explain", f"Observation/{lost['id']}", "valueQuantity")["destinations"][0]
    assert any(origin["arithmetic"] and "=" in origin["arithmetic"] for origin in one["origins"])


def test_explain_of_what_is_not_ours(site: Shell) -> None:
    assert "resource-unknown" in site("explain", "Observation/none", status=2).err


def test_explain_of_what_was_retracted_names_the_decision(site: Shell) -> None:
    site("import", *journey(), "--apply", *AT)
    bolus = next(b for b in site.resources().values() if "Clinician bolus" in json.dumps(b) and "dosage" in b)
    site("withdraw", FIXTURES / "02-ada-refill.json", "--actor", "A. Nurse", "--reason", "wrong patient")
    site("apply", *YES)
    one = site.json("explain", f"MedicationAdministration/{bolus['id']}")["destinations"][0]
    assert (one["state"], one["origins"]) == ("retracted", [])
    assert [(d["kind"], d["actor"]) for d in one["decisions"]] == [("withdraw", "A. Nurse")]


def test_real_data_does_not_need_the_test_destination(shell: Shell) -> None:
    shell.set_up("--name", "charts")
    (shell.folder / "real.json").write_bytes(made("01-ada-implant.json", **{'"simulated": true': '"simulated": false'}))
    found = shell.json("import", "real.json", "--apply")
    assert found["apply"]["open"] == []
    assert not any("HTEST" in json.dumps(body) for body in shell.resources().values())
